"""Whole splits of SoccerNet spotted by a trained temporal spotter, as a leaderboard file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from matchcut.clock import MatchClock
from matchcut.datasets.games import HALVES, game_list
from matchcut.datasets.soccernet_write import check_target, write_predictions
from matchcut.encoders.store import FeatureStore
from matchcut.errors import InputError, SettingsError
from matchcut.events import EventLog
from matchcut.prediction import Predicted
from matchcut.progress import Progress, silent
from matchcut.recording import Recording
from matchcut.spotters.sources import Matches, Wanted, length_of
from matchcut.spotters.stretches import Half
from matchcut.spotters.temporal import TemporalSpotter
from matchcut.spotters.temporal_settings import TemporalSettings


def predict_split(
    model: Path | str,
    data: Sequence[Path | str],
    out: Path | str,
    split: str = "valid",
    *,
    modalities: Sequence[str] = (),
    versions: Sequence[str] = (),
    store: Path | str | None = None,
    backend: str = "auto",
    progress: Progress = silent,
) -> Predicted:
    """Spots every half of a SoccerNet split with a trained spotter, as a leaderboard file.

    Args:
        model: the spotter's folder.
        data: folders and zips with its features; where they hold labels, only games that have some are spotted.
        out: a ``.zip`` or a folder.
        split: "train", "valid", "test", "challenge", "all", or a JSON file of game lists.
        modalities: as in training; those of the spotter by default.
        versions: use only these transcript versions; all by default.
        store: folder of features; in the model's if not given.
        backend: see `TemporalSpotter.load`.
        progress: told games done and games in all.

    Raises:
        InputError: a file cannot be used.
        OutputError: the result cannot be written.
    """
    spotter, target = TemporalSpotter.load(model, backend), Path(out)
    wanted = wanted_of(spotter.settings, modalities)
    matches = Matches(data, wanted, FeatureStore(store or Path(model) / "features"), versions)
    same_encoders(spotter.settings, matches.encoders())
    games = game_list(split)
    labelled = matches.labels(games)
    chosen = [game for game in games if game in labelled] if labelled else games
    check_target(target, chosen)
    predictions: dict[str, dict[int, EventLog]] = {}
    missing = []
    for number, game in enumerate(chosen):
        progress(number, len(chosen))
        found = {half: matches.sources(game, half) for half in HALVES}
        if not any(found.values()):
            missing.append(game)
            continue
        predictions[game] = {}
        for half, sources in found.items():
            name = f"{game}/{half}"
            length = length_of(name, sources)
            recording = Recording(name, duration=length, clock=MatchClock.of_half(half, length))
            track = spotter.track(Half(name, half, length, (), sources))
            predictions[game][half] = spotter.detections(track, recording)
    if not predictions:
        raise InputError(f"no game of split {split!r} has features", "Give their folders with --data")
    write_predictions(target, predictions)
    progress(len(chosen), len(chosen))
    logs = [log for halves in predictions.values() for log in halves.values()]
    total = sum(len(log) for log in logs)
    names = tuple(one.modality for one in wanted)
    return Predicted(target, len(predictions), len(logs), total, tuple(missing), names)


def wanted_of(settings: TemporalSettings, given: Sequence[str] = ()) -> list[Wanted]:
    """Which features stand for the spotter's modalities.

    Raises:
        SettingsError: a modality was asked for that it does not know.
    """
    asked = [Wanted.parse(name) for name in given]
    for one in asked:
        if one.modality not in settings.widths:
            known = ", ".join(settings.widths)
            raise SettingsError(f"the spotter knows no modality {one.modality!r}", f"It knows: {known}")
    if asked:
        return asked
    found = []
    for name in settings.widths:
        said = settings.encoders.get(name, "")
        found.append(Wanted.parse(f"{name}={said.split(' ')[0]}") if "@" in said else Wanted(name))
    return found


def same_encoders(settings: TemporalSettings, given: Mapping[str, str]) -> None:
    """Refuses features that were made by other encoders than those of the training.

    Raises:
        InputError: they were; which is said.
    """
    for name, said in given.items():
        trained = settings.encoders.get(name, said)
        if said and (" " in said or "@" not in said) and trained != said:
            raise InputError(
                f"{name}: the spotter was trained on {trained}, these features are of {said}",
                "Give features of the same encoder, or train anew",
            )
