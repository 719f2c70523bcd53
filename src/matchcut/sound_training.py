"""Sound encoders trained on labelled matches and on recordings that nobody labelled, to a folder."""

from __future__ import annotations

import importlib.util
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from matchcut import files
from matchcut.clips.encoding import SUFFIXES
from matchcut.datasets.games import HALVES
from matchcut.encoders.store import FeatureKey, FeatureStore
from matchcut.errors import InputError, RequiresExtra, SettingsError
from matchcut.models.settings import from_json, to_json
from matchcut.models.sound_settings import SoundNetSettings
from matchcut.observe.excitement import exciting_moments
from matchcut.observe.sound import listen
from matchcut.progress import Progress, part, silent
from matchcut.sport import soccer
from matchcut.spotters.sources import Matches, Wanted, lacks
from matchcut.temporal_training import game_lists

if TYPE_CHECKING:
    from matchcut.training.settings import LoopSettings
    from matchcut.training.sound.task import Heard, SoundTraining

OBSERVED = ("Whistle", "Cheer")
"""What matchcut itself hears in any recording, and an encoder learns beside the labels."""

LOOP: dict[str, Any] = {
    "epochs": 20,
    "batch": 64,
    "learning_rate": 2e-3,
    "weight_decay": 0.02,
    "schedule": "cosine",
    "patience": 0,
}
"""The loop's settings, where not its own defaults."""

_READ = 0.3
_ARCHIVE = ".zip"


@dataclass(frozen=True)
class SoundTrained:
    """What `train_sound` did.

    Attributes:
        folder: of the encoder.
        labelled, unlabelled: recordings that it learnt from.
        validation: recordings that the epoch was chosen on.
        figures: of the epoch that was kept; empty without validation.
        notes: what was left out.
    """

    folder: Path
    labelled: int
    unlabelled: int
    validation: int
    figures: Mapping[str, float]
    notes: tuple[str, ...]


def train_sound(
    data: Sequence[Path | str],
    output: Path | str,
    *,
    settings: Mapping[str, Mapping[str, Any]] | None = None,
    splits: Path | str | None = None,
    store: Path | str | None = None,
    device: str = "auto",
    progress: Progress = silent,
) -> SoundTrained:
    """Trains a sound encoder; a training that was interrupted goes on from what is in the folder.

    It learns which labels lie near a patch of sound, and which sounds that matchcut hears itself (`OBSERVED`).

    Args:
        data: folders and zips in SoccerNet's layout with labels and films; or recordings, and folders of them,
            without labels.
        output: the encoder's folder.
        settings: "network", "sound" and "loop", where not the defaults.
        splits: JSON with the game lists "train" and "valid"; SoccerNet's own by default.
        store: folder of log-mel energies; in the output folder by default.
        device: "auto", "cpu", "cuda" …
        progress: told how far it is.

    Raises:
        InputError: the data cannot be used.
        SettingsError: a setting is wrong, or the folder holds a training with other settings.
        OutputError: the folder or the store cannot be written to.
        RequiresExtra: torch is not installed.
    """
    if importlib.util.find_spec("torch") is None:
        raise RequiresExtra("training a sound encoder", "train")
    from matchcut.training.sound.run import made_now, save_sound, train_net

    target = Path(output)
    network, how, loop = _settings(settings or {})
    kept = FeatureStore(store or target / "features")
    places, films = _places(data)
    lists = game_lists(splits)
    matches = Matches(places, [Wanted("sound")], kept)
    notes: list[str] = []
    gather = _Gathering(matches, network, kept, notes)
    training = gather.labelled(lists["train"], part(progress, 0, 0.6 * _READ))
    validation = gather.labelled(lists["valid"], part(progress, 0.6 * _READ, 0.8 * _READ))
    if not training and not validation:
        films += [film for place in places if place.is_dir() for film in _films(place)]
    unlabelled = gather.unlabelled(films, part(progress, 0.8 * _READ, _READ))
    if not training and not unlabelled:
        raise InputError(
            "there is no recording with sound to learn from",
            "Give --data folders with Labels-v2.json and films of the training games, or recordings",
        )
    net, rows = train_net(
        [*training, *unlabelled],
        validation,
        network,
        how,
        loop,
        target / "training",
        device=device,
        progress=part(progress, _READ, 1),
    )
    measured = [row for row in rows if "validation_loss" in row]
    best: dict[str, float] = min(measured, key=lambda row: row["validation_loss"], default={})
    figures = {name: best[name] for name in best if name in ("validation_loss", "precision")}
    record = {
        "recordings": len(training) + len(unlabelled),
        "labelled": len(training),
        "validation": len(validation),
        "figures": figures,
        "sound": to_json(how),
        "loop": to_json(loop),
        "made": made_now(),
    }
    save_sound(net, target, record, notes)
    return SoundTrained(target, len(training), len(unlabelled), len(validation), figures, tuple(notes))


def export_encoder(folder: Path | str) -> Path:
    """Exports a sound encoder to ONNX, beside its weights; it then runs by onnxruntime, without torch.

    Raises:
        InputError: the folder is no sound encoder's.
        RequiresExtra: the exporter is not installed.
    """
    if importlib.util.find_spec("onnxscript") is None:
        raise RequiresExtra("exporting a sound encoder", "train")
    from matchcut.training.sound.run import export_sound

    return export_sound(Path(folder))


class _Gathering:
    """Recordings with what is to be told of them."""

    def __init__(
        self, matches: Matches, network: SoundNetSettings, store: FeatureStore, notes: list[str]
    ) -> None:
        self.matches, self.network, self.store, self.notes = matches, network, store, notes

    def labelled(self, games: Sequence[str], progress: Progress) -> list[Heard]:
        """The halves of games that have labels and a film with sound."""
        found, silent_ones = [], 0
        labels = self.matches.labels(games)
        for number, (game, logs) in enumerate(labels.items()):
            progress(number, len(labels))
            for half in HALVES:
                truths = [
                    (soccer.index(e.label), e.time) for e in logs.get(half, ()) if e.label in soccer.names
                ]
                film = self.matches.media(game, half)
                if film is None or not truths or lacks(film, "sound"):
                    silent_ones += film is None or bool(truths)
                    continue
                found.append(self._heard(f"{game}/{half}", film, truths, True))
        progress(1, 1)
        if silent_ones:
            self.notes.append(f"{silent_ones} labelled halves have no film with sound and are left out")
        return found

    def unlabelled(self, films: Iterable[Path], progress: Progress) -> list[Heard]:
        """Recordings of which only the observed sounds are known."""
        found, wanted = [], list(dict.fromkeys(films))
        for number, film in enumerate(wanted):
            progress(number, len(wanted))
            if lacks(film, "sound"):
                self.notes.append(f"{film} has no sound and is left out")
                continue
            found.append(self._heard(film.name, film, [], False))
        progress(1, 1)
        return found

    def _heard(self, name: str, film: Path, truths: list[tuple[int, float]], labelled: bool) -> Heard:
        from matchcut.training.sound.run import mels_of
        from matchcut.training.sound.task import Heard

        mels = mels_of(film, self.network, self.store)
        for number, second in observed(film, self.store):
            truths = [*truths, (len(soccer.names) + number, second)]
        known = np.ones(len(self.network.outputs), np.bool_)
        known[: len(soccer.names)] = labelled
        return Heard(name, mels, tuple(truths), known)


def observed(film: Path, store: FeatureStore) -> list[tuple[int, float]]:
    """What matchcut itself hears in a recording, listened to once: (number in `OBSERVED`, second).

    Raises:
        InputError: the film cannot be read.
        OutputError: the store is full.
    """
    key = FeatureKey("whistles-and-cheers-1", files.content_key(film))
    kept = store.array(key)
    if kept is None:
        sound = listen(film)
        loud = exciting_moments(sound, int(sound.duration // 60) + 1)
        found = [(0, blow.start) for blow in sound.whistles] + [(1, moment.time) for moment in loud]
        kept = np.array(found, np.float32).reshape(-1, 2)
        store.put(key, kept, name=film.name)
    return [(int(number), round(float(second), 2)) for number, second in kept]


def _places(data: Sequence[Path | str]) -> tuple[list[Path], list[Path]]:
    """Folders and zips, and recordings that were named one by one."""
    given = [Path(place) for place in data]
    films = [place for place in given if not place.is_dir() and place.suffix.lower() != _ARCHIVE]
    return [place for place in given if place not in films], films


def _films(place: Path) -> list[Path]:
    return sorted(path for path in place.rglob("*") if path.suffix.lower() in SUFFIXES)


def _settings(
    given: Mapping[str, Mapping[str, Any]],
) -> tuple[SoundNetSettings, SoundTraining, LoopSettings]:
    from matchcut.training.settings import LoopSettings
    from matchcut.training.sound.task import SoundTraining

    unknown = sorted(set(given) - {"network", "sound", "loop"})
    if unknown:
        raise SettingsError(f"settings have no part {unknown[0]!r}", "There are: network, sound, loop")
    network = from_json(SoundNetSettings, given.get("network", {}), "network")
    how = from_json(SoundTraining, given.get("sound", {}), "sound")
    loop = from_json(LoopSettings, LOOP | dict(given.get("loop", {})), "loop")
    return replace(network, outputs=(*soccer.names, *OBSERVED)), how, loop
