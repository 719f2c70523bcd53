"""Whole splits of SoccerNet spotted by a trained temporal spotter, as a leaderboard file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path

from matchcut.clock import MatchClock
from matchcut.datasets.games import HALVES, game_list
from matchcut.datasets.soccernet_write import check_target, write_predictions
from matchcut.encoders.store import FeatureStore
from matchcut.errors import InputError, MatchcutError, SettingsError
from matchcut.events import EventLog
from matchcut.prediction import Predicted
from matchcut.progress import Progress, silent
from matchcut.recording import Recording
from matchcut.spotters.looking import PREFIX
from matchcut.spotters.sentences import HASHED
from matchcut.spotters.sources import Matches, Wanted, length_of
from matchcut.spotters.stretches import Half
from matchcut.spotters.temporal import TemporalSpotter
from matchcut.spotters.temporal_settings import TemporalSettings
from matchcut.spreading import SpreadSettings
from matchcut.spreading import spread as spread_over

Halves = dict[int, EventLog]
"""A game's detections by half."""


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
    spread: SpreadSettings | None = None,
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
        spread: how Ray spreads the games over processes and machines; None to work in this process.
        progress: told games done and games in all.

    Raises:
        InputError: a file cannot be used.
        OutputError: the result cannot be written.
    """
    target, places = Path(out), [Path(place).absolute() for place in data]
    make = partial(Spotting, Path(model).absolute(), places, modalities, versions, store, backend)
    spotting, games = make(), game_list(split)
    labelled = spotting.matches.labels(games)
    chosen = [game for game in games if game in labelled] if labelled else games
    check_target(target, chosen)
    notes: tuple[str, ...] = ()
    if spread is None:
        answers: list[Halves | MatchcutError] = []
        for number, game in enumerate(chosen):
            progress(number, len(chosen))
            answers.append(spotting(game))
    else:
        done = spread_over(chosen, make, spread, progress)
        answers, notes = list(done.results), done.notes
    for answer in answers:
        if isinstance(answer, MatchcutError):
            raise answer
    predictions = {
        game: found
        for game, found in zip(chosen, answers, strict=True)
        if found and not isinstance(found, MatchcutError)
    }
    missing = [game for game in chosen if game not in predictions]
    if not predictions:
        raise InputError(f"no game of split {split!r} has features", "Give their folders with --data")
    write_predictions(target, predictions)
    progress(len(chosen), len(chosen))
    logs = [log for halves in predictions.values() for log in halves.values()]
    total = sum(len(log) for log in logs)
    names = tuple(one.modality for one in spotting.matches.wanted)
    return Predicted(target, len(predictions), len(logs), total, tuple(missing), names, notes)


class Spotting:
    """What spots one game after another: a spotter, and where games' features are; see `predict_split`."""

    def __init__(
        self,
        model: Path,
        data: Sequence[Path],
        modalities: Sequence[str],
        versions: Sequence[str],
        store: Path | str | None,
        backend: str,
    ) -> None:
        self.spotter = TemporalSpotter.load(model, backend)
        wanted = wanted_of(self.spotter.settings, modalities)
        kept = FeatureStore(Path(store or model / "features").absolute())
        self.matches = Matches(data, wanted, kept, versions)
        same_encoders(self.spotter.settings, self.matches.encoders())

    def __call__(self, game: str) -> Halves:
        """A game's detections, half by half; none where the data do not know it."""
        if not self.matches.has(game):
            return {}
        # Nobody speaks in some halves; that they begin with a kick-off is known all the same.
        found = {half: self.matches.sources(game, half) for half in HALVES}
        logs = {}
        for half, sources in found.items():
            name = f"{game}/{half}"
            length = length_of(name, sources, film_s=self.matches.film_s(game, half))
            recording = Recording(name, duration=length, clock=MatchClock.of_half(half, length))
            track = self.spotter.track(Half(name, half, length, (), sources))
            logs[half] = self.spotter.detections(track, recording)
        return logs


def wanted_of(settings: TemporalSettings, given: Sequence[str] = ()) -> list[Wanted]:
    """Which features stand for the spotter's modalities.

    Args:
        settings: the spotter's.
        given: modalities as in training, all if none; one without a name means the spotter's own features.

    Raises:
        SettingsError: a modality was asked for that it does not know.
    """
    asked = [Wanted.parse(name) for name in given]
    for one in asked:
        if one.modality not in settings.widths:
            known = ", ".join(settings.widths)
            raise SettingsError(f"the spotter knows no modality {one.modality!r}", f"It knows: {known}")
    own: dict[str, Wanted] = {}
    for name in settings.widths:
        said = settings.encoders.get(name, "")
        first = said.rsplit(" ", 1)[0]  # the identity follows; a folder's name may have spaces
        named = "@" in first or first == HASHED or first.startswith(PREFIX)
        own[name] = Wanted.parse(f"{name}={first}") if named else Wanted(name)
    return [one if one.name else own[one.modality] for one in asked] or list(own.values())


def same_encoders(settings: TemporalSettings, given: Mapping[str, str]) -> None:
    """Refuses features that were made by other encoders than those of the training.

    Raises:
        InputError: they were; which is said.
    """
    for name, said in given.items():
        trained = settings.encoders.get(name, said)
        array, _, rate = said.rpartition("@")
        if array and " " not in said and trained.startswith(f"{array}@") and trained != said:
            raise InputError(
                f"{name}: the spotter was trained on {trained}; arrays of that name at {rate} rows a second"
                " are others",
                "Correct the rate, or name arrays of another rate otherwise",
            )
        if said and (" " in said or "@" not in said) and _essence(trained) != _essence(said):
            raise InputError(
                f"{name}: the spotter was trained on {trained}, these features are of {said}",
                "Give features of the same encoder, or train anew",
            )


def _essence(said: str) -> str:
    """What is said of an encoder but for where its files lie: the rate and the identity."""
    if not said.startswith(PREFIX):
        return said
    named, _, identity = said.rpartition(" ")
    return f"{named.rpartition('@')[2] if '@' in named else ''} {identity}"
