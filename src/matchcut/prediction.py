"""Spotting a whole data set: every half of every game, written in its leaderboard's format."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from shutil import rmtree

from matchcut import files
from matchcut.clock import HALF_S, MatchClock
from matchcut.datasets.echoes import EchoesArchive
from matchcut.datasets.games import HALVES, game_list
from matchcut.datasets.soccernet import labelled_games
from matchcut.datasets.soccernet_write import check_target, write_predictions
from matchcut.errors import InputError, MatchcutError
from matchcut.events import EventLog
from matchcut.progress import Progress, silent
from matchcut.recording import Recording
from matchcut.spotters.commentary import CommentarySpotter


@dataclass(frozen=True)
class Predicted:
    """What `predict_soccernet` did.

    Attributes:
        out: the zip or folder written.
        games: how many games are in it.
        halves: how many halves were spotted.
        detections: how many detections they have together.
        missing: the games of the split that have no transcripts.
        versions: which transcript versions were used.
        notes: for people: machines that were lost.
    """

    out: Path
    games: int
    halves: int
    detections: int
    missing: tuple[str, ...]
    versions: tuple[str, ...]
    notes: tuple[str, ...] = ()


def predict_soccernet(
    echoes: Path | str,
    out: Path | str,
    split: str = "valid",
    labels: Path | str | None = None,
    versions: Sequence[str] = (),
    progress: Progress = silent,
) -> Predicted:
    """Spots every half of a SoccerNet split from its SoccerNet-Echoes transcripts.

    All versions of a half's transcript (recognizers, translations) are spotted and their tracks averaged.
    Finished games are kept beside ``out`` until the whole is written, so that an interrupted run goes on.

    Args:
        echoes: folder or zip with ``VERSION/LEAGUE/SEASON/GAME/N_asr.json``.
        out: a ``.zip`` or a folder, one ``results_spotting.json`` a game.
        split: "train", "valid", "test", "challenge", "all", or a JSON file of game lists.
        labels: folder or zip of labels; if given, only games that have labels are spotted.
        versions: use only these transcript versions; all by default.
        progress: told games done and games in all.

    Raises:
        InputError: a file cannot be used, a version does not exist, or no game of the split has a transcript.
        OutputError: the result cannot be written.
    """
    with EchoesArchive(echoes) as archive:
        return _predict(archive, Path(out), split, labels, versions, progress)


def _predict(
    archive: EchoesArchive,
    target: Path,
    split: str,
    labels: Path | str | None,
    versions: Sequence[str],
    progress: Progress,
) -> Predicted:
    chosen = tuple(versions) or tuple(archive.versions)
    for version in chosen:
        if version not in archive.versions:
            raise InputError(
                f"{archive.path}: has no transcript version {version!r}",
                f"It has: {', '.join(archive.versions)}",
            )
    games = archive.games if split == "all" else game_list(split)
    if labels is not None:
        labelled = set(labelled_games(labels))
        games = [game for game in games if game in labelled]
    present = [game for game in games if archive.has(game)]
    if not present:
        raise InputError(
            f"{archive.path}: holds no transcript of any game of split {split!r}",
            "Choose another --split or archive",
        )
    check_target(target, present)
    spotter = CommentarySpotter.load()
    work = _work_folder(target, (spotter.identity, *chosen))
    predictions: dict[str, dict[int, EventLog]] = {}
    for number, game in enumerate(present):
        progress(number, len(present))
        predictions[game] = _game(game, archive, chosen, spotter, work)
    write_predictions(target, predictions)
    rmtree(work, ignore_errors=True)
    progress(len(present), len(present))
    logs = [log for halves in predictions.values() for log in halves.values()]
    return Predicted(
        out=target,
        games=len(predictions),
        halves=len(logs),
        detections=sum(len(log) for log in logs),
        missing=tuple(game for game in games if not archive.has(game)),
        versions=chosen,
    )


def _game(
    game: str, archive: EchoesArchive, versions: Sequence[str], spotter: CommentarySpotter, work: Path
) -> dict[int, EventLog]:
    """One game's detections: those kept from an interrupted run, or made now and kept."""
    logs = {}
    for half in HALVES:
        said = [archive.transcript(game, half, v) for v in archive.versions_of(game, half) if v in versions]
        if not said:
            continue
        path = work / f"{_key([game, half, *(transcript.to_json() for transcript in said)])}.json"
        kept = _kept(path)
        if kept is not None:
            logs[half] = kept
            continue
        # Nobody speaks in some halves; that they begin with a kick-off is known all the same.
        duration = max(HALF_S, *(transcript.end for transcript in said))
        track = spotter.track_many(said, duration=duration, half=half)
        recording = Recording(f"{game}/{half}", duration=duration, clock=MatchClock.of_half(half, duration))
        logs[half] = spotter.detections(track, recording)
        files.write_json(path, logs[half].to_json(), indent=None)
    return logs


def _kept(path: Path) -> EventLog | None:
    try:
        return EventLog.load(path)
    except MatchcutError:
        return None


def _work_folder(target: Path, made_by: Sequence[str]) -> Path:
    """Where finished halves wait; named by what made them, so that other settings don't find them."""
    return target.with_name(f".{target.name}.{_key(made_by)[:12]}.unfinished")


def _key(value: Sequence[object]) -> str:
    """A name for what is made of this and nothing else: of other words, other detections."""
    return hashlib.sha256(json.dumps(value).encode()).hexdigest()[:24]
