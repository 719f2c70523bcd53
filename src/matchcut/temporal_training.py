"""Temporal spotters trained on data sets in SoccerNet's layout, from arrays and transcripts to a folder."""

from __future__ import annotations

import importlib.util
import os
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from matchcut import files
from matchcut.datasets.games import HALVES, game_list
from matchcut.encoders.store import FeatureStore
from matchcut.errors import InputError, RequiresExtra, SettingsError
from matchcut.models.settings import from_json
from matchcut.models.temporal_settings import SpotterNetSettings
from matchcut.progress import Progress, part, silent
from matchcut.sport import soccer
from matchcut.spotters.sources import Matches, Wanted, length_of
from matchcut.spotters.stretches import Half
from matchcut.spotters.temporal_settings import TemporalSettings
from matchcut.temporal_prediction import same_encoders, wanted_of

if TYPE_CHECKING:
    from matchcut.training.settings import LoopSettings
    from matchcut.training.spotting.settings import SpotTraining

PRESETS: dict[str, dict[str, Any]] = {
    "displacement": {"trunk": "convolutions", "width": 160, "layers": 10, "window_s": 64.0, "shift_s": 4.0},
    "convolutions": {"width": 160, "layers": 10, "window_s": 64.0},
    "transformer": {"width": 128, "layers": 4, "shift_s": 4.0},
    "gru": {"width": 160, "layers": 2},
    "vlad": {"width": 96, "layers": 1, "window_s": 30.0},
    "context": {"trunk": "convolutions", "width": 160, "layers": 10, "window_s": 64.0, "context": True},
}
"""Name → settings of a network that was measured (experiments/temporal)."""

LOOP: dict[str, Any] = {
    "epochs": 12,
    "batch": 8,
    "learning_rate": 1e-3,
    "weight_decay": 0.02,
    "schedule": "cosine",
    "patience": 0,
    "precision": "bfloat16",
    "average": 0.998,
    "keep_every": 100,
}
"""The loop's settings, where not its own defaults."""

_READ = 0.1


@dataclass(frozen=True)
class SpotterTrained:
    """What `train_spotter` did.

    Attributes:
        folder: of the spotter.
        training, validation: how many halves.
        figures: on validation, decoding fitted there; empty without validation, and in all but the first of
            several processes.
        cross_fitted: the same, each half of the games decoded as fitted on the other.
        notes: what was left out.
    """

    folder: Path
    training: int
    validation: int
    figures: Mapping[str, Any]
    cross_fitted: Mapping[str, Any]
    notes: tuple[str, ...]


def train_spotter(
    data: Sequence[Path | str],
    output: Path | str,
    modalities: Sequence[str],
    *,
    preset: str = "displacement",
    members: int = 1,
    settings: Mapping[str, Mapping[str, Any]] | None = None,
    splits: Path | str | None = None,
    store: Path | str | None = None,
    device: str = "auto",
    download: bool = False,
    progress: Progress = silent,
) -> SpotterTrained:
    """Trains a temporal spotter; a training that was interrupted goes on from what is in the folder.

    Args:
        data: folders and zips in SoccerNet's layout: labels, arrays, transcripts, media.
        output: the spotter's folder.
        modalities: such as "video=ResNET_TF2_PCA512", "sound", "words"; see `Wanted`.
        preset: of `PRESETS`.
        members: networks that differ in their random numbers, and are averaged.
        settings: "network", "spotting" and "loop", where not the presets.
        splits: JSON with the game lists "train" and "valid"; SoccerNet's own by default.
        store: folder of features made on the way; in the output folder by default.
        device: "auto", "cpu", "cuda" …
        download: whether encoders' weights may be fetched; otherwise only what is on this machine is used.
        progress: told how far it is.

    Raises:
        InputError: the data cannot be used.
        SettingsError: a setting is wrong, or the folder holds a training with other settings.
        OutputError: the folder or the store cannot be written to.
    """
    from matchcut.training.spotting.run import train_member

    began = time.perf_counter()
    target = Path(output)
    wanted = [Wanted.parse(name) for name in modalities]
    names = [one.modality for one in wanted]
    if len(set(names)) < len(names):
        raise SettingsError(f"a modality is named twice: {', '.join(modalities)}", "Name each once")
    network, how, loop = _settings(preset, settings or {}, tuple(names))
    matches = Matches(data, wanted, FeatureStore(store or target / "features"), download=download)
    lists = game_lists(splits)
    notes: list[str] = []
    training = labelled_halves(matches, lists["train"], "train", notes, part(progress, 0, 0.8 * _READ))
    validation = labelled_halves(matches, lists["valid"], "valid", notes, part(progress, 0.8 * _READ, _READ))
    if not training:
        raise InputError(
            "no training match has both labels and features",
            "Give --data folders or zips with Labels-v2.json and the features of the training games",
        )
    notes += absent_classes(training)
    nets, rows, seconds = [], [], 0.0
    for number in range(members):
        share = part(progress, _READ + 0.9 * number / members, _READ + 0.9 * (number + 1) / members)
        one = train_member(
            training,
            validation,
            network,
            how,
            replace(loop, seed=loop.seed + number),
            target / f"training-{number}",
            matches.encoders(),
            device=device,
            progress=share,
        )
        nets.append(one.net)
        rows.append(one.rows)
        seconds += one.seconds
    if int(os.environ.get("RANK", "0")):
        # One of several processes: the first one writes the folder.
        return SpotterTrained(target, len(training), len(validation), {}, {}, tuple(notes))
    record = {"log": rows, "training_seconds": round(seconds), "preset": preset}
    return finish(nets, matches.encoders(), training, validation, how, loop, target, record, notes, began)


def finish(
    nets: Sequence[Any],
    encoders: Mapping[str, str],
    training: Sequence[Half],
    validation: Sequence[Half],
    how: SpotTraining,
    loop: LoopSettings,
    target: Path,
    record: Mapping[str, Any],
    notes: Sequence[str],
    began: float,
) -> SpotterTrained:
    """Fits the decoding of trained networks on validation, measures, and writes the spotter's folder."""
    from matchcut.training.spotting.run import describe, settings_of
    from matchcut.training.spotting.ship import fit_and_save

    chosen = settings_of([net.how for net in nets], encoders, how.chunk_s)
    told = describe(how, loop, **record, training_halves=len(training))
    figures, crossed = fit_and_save(nets, chosen, validation, target, told, notes)
    files.write_json(
        target / "figures.json",
        {"figures": figures, "cross_fitted": crossed, "seconds": round(time.perf_counter() - began), **record},
    )
    return SpotterTrained(target, len(training), len(validation), figures, crossed, tuple(notes))


def export_spotter(folder: Path | str) -> list[Path]:
    """Exports a spotter's networks to ONNX, beside its weights; it then runs by onnxruntime, without torch.

    Raises:
        InputError: the folder is no spotter's.
        RequiresExtra: the exporter is not installed.
    """
    if importlib.util.find_spec("onnxscript") is None:
        raise RequiresExtra("exporting a spotter", "train")
    from matchcut.training.spotting.ship import export

    return export(folder)


def join_spotters(
    folders: Sequence[Path | str], output: Path | str, data: Sequence[Path | str], **how: Any
) -> SpotterTrained:
    """One spotter of the networks of several, which must know the same features, with decoding fitted anew.

    Args:
        folders: of spotters.
        output: the new spotter's folder.
        data: as for `train_spotter`; the validation halves are needed alone.
        how: "modalities", "splits" and "store", as for `train_spotter`; the spotters' own features by default.

    Raises:
        InputError: the features are not those of the spotters.
        SettingsError: the spotters do not belong together.
    """
    from matchcut.spotters.temporal_runners import load_net
    from matchcut.training.spotting.ship import fit_and_save

    given = [(Path(folder), TemporalSettings.load(Path(folder))) for folder in folders]
    first = given[0][1]
    networks = tuple(net for _, one in given for net in one.networks)
    for folder, one in given:
        if one.encoders != first.encoders or one.outputs != first.outputs or one.chunk_s != first.chunk_s:
            raise SettingsError(
                f"{folder}: was trained on other features, labels or lengths than {given[0][0]}",
                "Join spotters that were trained alike",
            )
    joined = replace(first, networks=networks)
    nets = [load_net(folder, one, number) for folder, one in given for number in range(len(one.networks))]
    wanted = wanted_of(first, how.get("modalities", ()))
    matches = Matches(data, wanted, FeatureStore(how.get("store") or Path(output) / "features"))
    notes: list[str] = []
    validation = labelled_halves(matches, game_lists(how.get("splits"))["valid"], "valid", notes)
    same_encoders(first, matches.encoders())
    record = {
        "joined": [folder.name for folder, _ in given],
        "trainings": [dict(one.training) for _, one in given],
    }
    figures, crossed = fit_and_save(nets, joined, validation, Path(output), record, notes)
    files.write_json(Path(output) / "figures.json", {"figures": figures, "cross_fitted": crossed})
    return SpotterTrained(Path(output), 0, len(validation), figures, crossed, tuple(notes))


def labelled_halves(
    matches: Matches, games: Sequence[str], split: str, notes: list[str], progress: Progress = silent
) -> list[Half]:
    """The halves of games that have labels; what was left out is noted.

    A half without any of the modalities stays: the clock alone can be learnt from it. A half without a single
    event is left out, since nobody seems to have labelled it.
    """
    labels = matches.labels(games)
    halves: list[Half] = []
    empty = bare = 0
    for number, (game, logs) in enumerate(labels.items()):
        progress(number, len(labels))
        for half in HALVES:
            truths = tuple(
                (soccer.index(e.label), e.time) for e in logs.get(half, ()) if e.label in soccer.names
            )
            if not truths:
                empty += 1
                continue
            sources = matches.sources(game, half)
            bare += not sources
            name = f"{game}/{half}"
            last = max(at for _, at in truths)
            length = length_of(name, sources, last, matches.film_s(game, half))
            halves.append(Half(name, half, length, truths, sources))
    progress(1, 1)
    missing = len(games) - len(labels)
    for count, what in (
        (missing, "games have no labels and are left out"),
        (empty, "halves have no event in their labels and are left out"),
        (bare, "halves have none of the modalities: only the clock speaks of them"),
    ):
        if count:
            notes.append(f"{split}: {count} {what}")
    if halves and bare == len(halves):
        raise InputError(
            f"{split}: no half has any of the modalities {', '.join(w.modality for w in matches.wanted)}",
            "Check --data and --modalities: arrays are video=NAME@RATE, films need video=encoder:NAME",
        )
    return halves


def absent_classes(training: Sequence[Half]) -> list[str]:
    """A note on the classes that nobody can learn from these halves."""
    there = {label for half in training for label, _ in half.truths}
    absent = [name for number, name in enumerate(soccer.names) if number not in there]
    return [f"no training half has {', '.join(absent)}: they will never be found"] if absent else []


def game_lists(given: Path | str | None) -> dict[str, list[str]]:
    """The games of "train" and "valid": of a JSON file, or SoccerNet's own where none is given.

    Raises:
        InputError: the file has no list of training games.
    """
    if given is None:
        return {"train": game_list("train"), "valid": game_list("valid")}
    value = files.read_json(Path(given))
    if not isinstance(value, dict) or "train" not in value:
        raise InputError(f"{given}: has no list of training games", 'Write it as {"train": […], "valid": […]}')
    return {part: [str(game) for game in value.get(part, ())] for part in ("train", "valid")}


def _settings(
    preset: str, given: Mapping[str, Mapping[str, Any]], modalities: tuple[str, ...]
) -> tuple[SpotterNetSettings, SpotTraining, LoopSettings]:
    from matchcut.training.settings import LoopSettings
    from matchcut.training.spotting.settings import SpotTraining

    if preset not in PRESETS:
        raise SettingsError(f"there is no preset {preset!r}", f"There are: {', '.join(PRESETS)}")
    unknown = sorted(set(given) - {"network", "spotting", "loop"})
    if unknown:
        raise SettingsError(f"settings have no part {unknown[0]!r}", "There are: network, spotting, loop")
    own = {"trunk": preset, **PRESETS[preset], **given.get("network", {})}
    own |= {"modalities": modalities, "widths": (1,) * len(modalities)}
    network = from_json(SpotterNetSettings, own, "network")
    how = from_json(SpotTraining, given.get("spotting", {}), "spotting")
    loop = from_json(LoopSettings, LOOP | dict(given.get("loop", {})), "loop")
    return network, how, loop
