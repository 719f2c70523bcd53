"""One recording analysed: what was found, and what it rests on, in a folder that can be copied and reopened."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from matchcut import files
from matchcut.datasets.transcripts import read_transcript
from matchcut.errors import InputError, NewerError, OutputError
from matchcut.events import EventLog
from matchcut.observe.observed import SENSES, Observed
from matchcut.tracks import ScoreTrack
from matchcut.transcript import Transcript

VERSION = 1
"""The version of the folder's layout."""

HEAD = "analysis.json"
EVENTS = "events.json"
TRANSCRIPT = "transcript.json"
TRACKS = "tracks"
OBSERVED = "observed"
REPORT = "report.html"
FEATURES = "features"
FOUND = "found.html"


@dataclass(frozen=True)
class Analysis:
    """Everything known about one recording.

    Attributes:
        log: the events.
        tracks: what each spotter believes over time.
        transcript: what was said, if anybody wrote it down.
        observed: what was read, heard and seen, if anybody looked.
        notes: what was mended, skipped or could not be used, one sentence each.
        keys: what the parts were made from (content hashes), to tell whether they are still true.
        folder: where it is kept; None if it is not.
        doubts: why it may no longer be true, one sentence each.
        fresh: it was made now, not read from a folder, so that nobody has seen its notes yet.
    """

    log: EventLog
    tracks: tuple[ScoreTrack, ...] = ()
    transcript: Transcript | None = None
    observed: Observed | None = None
    notes: tuple[str, ...] = ()
    keys: Mapping[str, str] = field(default_factory=dict)
    folder: Path | None = None
    doubts: tuple[str, ...] = ()
    fresh: bool = False

    @property
    def news(self) -> tuple[str, ...]:
        """What the user has not been told: the notes of a fresh analysis, the doubts about an old one."""
        return (*(self.notes if self.fresh else ()), *self.doubts)

    def save(self, folder: Path) -> Analysis:
        """Writes the folder; ``analysis.json`` comes last, so that a folder that has it is whole.

        Raises:
            OutputError: it cannot be written, or holds something else.
        """
        check_free(folder, self.log.recording.name)
        head = folder / HEAD
        try:
            head.unlink(missing_ok=True)
        except OSError as error:
            raise files.write_error(head, error) from error
        for track in self.tracks:
            track.save(folder / TRACKS / f"{track.source}.npz")
        if self.transcript is not None:
            files.write_json(folder / TRANSCRIPT, self.transcript.to_json(), indent=None)
        if self.observed is not None:
            self.observed.save(folder / OBSERVED)
        _portable(self.log, folder).save(folder / EVENTS)
        files.write_json(
            head,
            {
                "version": VERSION,
                "recording": self.log.recording.name,
                "tracks": [track.source for track in self.tracks],
                "transcript": self.transcript is not None,
                "observed": [] if self.observed is None else list(self.observed.senses),
                "notes": list(self.notes),
                "keys": dict(self.keys),
            },
        )
        return replace(self, folder=folder)

    @classmethod
    def load(cls, folder: Path) -> Analysis:
        """Reads what `save` wrote, wherever the folder stands now.

        Raises:
            InputError: a part is missing or damaged.
            NewerError: a newer release wrote it.
        """
        head = read_head(folder)
        try:
            log = read_log(folder)
            tracks = tuple(ScoreTrack.load(folder / TRACKS / f"{name}.npz") for name in head["tracks"])
            said = read_transcript(folder / TRANSCRIPT) if head["transcript"] else None
            senses = head.get("observed", [])
            observed = Observed.load(folder / OBSERVED, senses) if senses else None
        except NewerError:
            raise
        except InputError as error:
            raise InputError(error.problem, "Run matchcut spot again: it makes what is damaged anew") from error
        return cls(
            log=log,
            tracks=tracks,
            transcript=said,
            observed=observed,
            notes=tuple(head["notes"]),
            keys=head["keys"],
            folder=folder,
        )


def read_log(folder: Path) -> EventLog:
    """The events alone, with their files wherever they are now.

    Raises:
        InputError: the file is missing or damaged.
        NewerError: a newer release wrote it.
    """
    return _found_again(EventLog.load(folder / EVENTS), folder)


def read_head(folder: Path) -> dict[str, Any]:
    """The folder's ``analysis.json``, checked.

    Raises:
        InputError: it is missing or of another shape.
    """
    path = folder / HEAD
    try:
        head = files.read_json(path)
    except InputError as error:
        raise InputError(error.problem, "Delete the folder and run matchcut spot again") from error
    expected = {
        "version": int,
        "recording": str,
        "tracks": list,
        "transcript": bool,
        "notes": list,
        "keys": dict,
    }
    if (
        not isinstance(head, dict)
        or not all(isinstance(head.get(key), kind) for key, kind in expected.items())
        or not all(isinstance(name, str) and name.isidentifier() for name in head["tracks"])
        or not set(_listed(head.get("observed", []))) <= set(SENSES)
        or not all(isinstance(text, str) for text in (*head["notes"], *head["keys"].values()))
    ):
        raise InputError(
            f"{path}: not the head of an analysis", "Delete the folder and run matchcut spot again"
        )
    if head["version"] > VERSION:
        raise NewerError(
            f"{path}: version {head['version']}, this release reads up to {VERSION}", "Update matchcut"
        )
    return head


def _listed(value: object) -> list[str]:
    """A list of text, or one of something that nobody knows."""
    return [str(item) for item in value] if isinstance(value, list) else ["?"]


def check_free(folder: Path, recording: str) -> None:
    """Makes sure that writing this recording's analysis to a folder destroys nothing of the user's.

    Raises:
        OutputError: the folder holds other files, or the analysis of another recording.
    """
    if not folder.exists():
        return
    if not folder.is_dir():
        raise OutputError(f"{folder}: a file of that name is in the way", "Name another folder with -o")
    try:
        # A run that was killed may have left its temporary file; it is ours.
        held = {path.name for path in folder.iterdir() if not path.name.startswith(files.TEMPORARY)}
    except OSError as error:
        raise files.write_error(folder, error) from error
    if HEAD in held:
        other = read_head(folder)["recording"]
        if other != recording:
            raise OutputError(
                f"{folder}: holds the analysis of {other!r}, not of {recording!r}",
                "Name another folder with -o",
            )
    elif held - {EVENTS, TRANSCRIPT, TRACKS, OBSERVED, REPORT, FEATURES, FOUND}:
        raise OutputError(f"{folder}: holds other files", "Name a new or empty folder with -o")


def _portable(log: EventLog, folder: Path) -> EventLog:
    """The log with its files named relative to the folder, so that both can move together."""

    def relative(path: Path | None) -> Path | None:
        if path is None:
            return None
        try:
            return Path(os.path.relpath(path.resolve(), folder.resolve()))
        except ValueError:
            return path.resolve()

    recording = log.recording
    moved = replace(recording, media=relative(recording.media), transcript=relative(recording.transcript))
    return EventLog(log.events, moved, log.producer)


def _found_again(log: EventLog, folder: Path) -> EventLog:
    """The log with its files where they are now: relative to the folder, or beside it."""

    def find(path: Path | None) -> Path | None:
        if path is None:
            return None
        tried = (folder / path, folder.parent / path.name, folder / path.name)
        return next((p for p in tried if p.is_file()), tried[0])

    recording = log.recording
    moved = replace(recording, media=find(recording.media), transcript=find(recording.transcript))
    return EventLog(log.events, moved, log.producer)
