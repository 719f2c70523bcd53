"""Recordings in short chunks, each with what was said and what happened in it: what language models are given.

Drawn in the manner of the paper on token-based spotting: minutes of a half, each with its commentary, and for
each action that happens in a chunk the windows in which it does. A **pair** is one chunk and one action; it
holds all windows of that action in the chunk. Pairs of actions that do not happen there can be drawn too
(`draw_pairs`).
"""

from __future__ import annotations

import csv
import io
import math
import random
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from matchcut import files
from matchcut.errors import InputError, SettingsError
from matchcut.events import Event, EventLog
from matchcut.transcript import Transcript, Utterance


@dataclass(frozen=True)
class ChunkSettings:
    """How recordings are cut.

    Attributes:
        length_s: a chunk's seconds, from 5 to 3600.
        overlap_s: how much of a chunk the next one repeats; less than the length.
        window_s: a truth's window, centred on its moment; 0 takes the window that the log gives it.
        shortest_s: a last piece shorter than this is joined to the chunk before it.

    Raises:
        SettingsError: a value is out of its range.
    """

    length_s: float = 60.0
    overlap_s: float = 0.0
    window_s: float = 15.0
    shortest_s: float = 5.0

    def __post_init__(self) -> None:
        if not 5 <= self.length_s <= 3600:
            raise SettingsError(
                f"a chunk lasts from 5 to 3600 seconds, not {self.length_s:g}", "Correct --length"
            )
        if not 0 <= self.overlap_s <= self.length_s - 1:
            raise SettingsError(
                f"chunks overlap by 0 to {self.length_s - 1:g} s, not {self.overlap_s:g}",
                "Correct --overlap",
            )
        if not 0 <= self.window_s < math.inf or not 0 <= self.shortest_s < math.inf:
            raise SettingsError(f"a window lasts 0 seconds or more, not {self.window_s:g}", "Correct --window")


@dataclass(frozen=True, slots=True)
class Happening:
    """One action that happens in a chunk, in seconds from the chunk's start.

    Attributes:
        label: the action, as the sport spells it.
        time: the moment, at or after 0 and before the chunk's end.
        start, end: its window; cut at the chunk's edges.
    """

    label: str
    time: float
    start: float
    end: float


@dataclass(frozen=True)
class Chunk:
    """A stretch of a recording with what was said and what happened.

    Attributes:
        recording: the recording's name, ``GAME/HALF`` for SoccerNet's.
        start, end: seconds on the recording.
        lines: what was said, times in seconds from the chunk's start. A line that runs over an edge is in both
            chunks: in the later one it begins at 0, in the earlier one it may end after the chunk.
        truth: what happened; None where nobody labelled the recording.
        sport: the sport's name.
        language: of the transcript; None if nobody knows.
    """

    recording: str
    start: float
    end: float
    lines: tuple[Utterance, ...]
    truth: tuple[Happening, ...] | None = None
    sport: str = "soccer"
    language: str | None = None

    @property
    def length(self) -> float:
        """Its seconds."""
        return self.end - self.start

    @property
    def name(self) -> str:
        """What to call it: the recording and the chunk's seconds."""
        return f"{self.recording} {self.start:g}-{self.end:g}"

    @property
    def actions(self) -> tuple[str, ...]:
        """The actions that happen in it, each once, in the order of their first moments."""
        return tuple(dict.fromkeys(one.label for one in self.truth or ()))


@dataclass(frozen=True)
class Pair:
    """One chunk and one action to look for in it.

    Attributes:
        chunk: where.
        label: the action.
        windows: where it happens in the chunk, in time order; none in a drawn negative.
    """

    chunk: Chunk
    label: str
    windows: tuple[Happening, ...]


def edges(duration: float, settings: ChunkSettings) -> list[tuple[float, float]]:
    """Where the chunks of a recording begin and end, in seconds; every second is in at least one.

    >>> edges(130, ChunkSettings())
    [(0.0, 60.0), (60.0, 120.0), (120.0, 130.0)]
    >>> edges(123, ChunkSettings(overlap_s=15))
    [(0.0, 60.0), (45.0, 105.0), (90.0, 123.0)]
    """
    step = settings.length_s - settings.overlap_s
    duration = float(duration)
    found: list[tuple[float, float]] = []
    start = 0.0
    while start < duration:
        # Without overlap this is the next one's start to the last bit: no moment falls in between.
        end = min((len(found) + 1) * step + settings.overlap_s, duration)
        if found and end - start < settings.shortest_s:
            found[-1] = (found[-1][0], end)
        else:
            found.append((start, end))
        if end >= duration:
            break
        start = len(found) * step
    return found


def cut_chunks(
    recording: str,
    transcript: Transcript,
    log: EventLog | None = None,
    duration: float | None = None,
    settings: ChunkSettings | None = None,
    sport: str = "soccer",
) -> list[Chunk]:
    """The chunks of one recording, in time order.

    Args:
        recording: its name.
        transcript: what was said, from the recording's start.
        log: what happened; None where nobody knows.
        duration: the recording's seconds, later words left out; the end of the last words if nobody knows.
        settings: how to cut.
        sport: the sport's name.

    An event belongs to the chunk that holds its moment (with overlap: to each that does).
    """
    settings = settings or ChunkSettings()
    events = () if log is None else log.events
    words = transcript.end if duration is None else duration
    end = max(words, *(event.time + 1e-3 for event in events), 0.0)
    return [
        Chunk(
            recording,
            first,
            last,
            _lines(transcript, first, last),
            None if log is None else _truth(events, first, last, last >= end, settings.window_s),
            sport,
            transcript.language,
        )
        for first, last in edges(end, settings)
    ]


def _lines(transcript: Transcript, first: float, last: float) -> tuple[Utterance, ...]:
    """What is said in a chunk; a line that only touches its edge is not."""
    return tuple(
        Utterance(max(u.start - first, 0.0), u.end - first, u.text)
        for u in transcript
        if (u.end > first or u.start == u.end == first) and u.start < last
    )


def _truth(
    events: Iterable[Event], first: float, last: float, is_last: bool, window_s: float
) -> tuple[Happening, ...]:
    found = []
    for event in events:
        if not (first <= event.time < last or (is_last and event.time == last)):
            continue
        start, end = event.start, event.end
        if window_s:
            start, end = event.time - window_s / 2, event.time + window_s / 2
        found.append(
            Happening(event.label, event.time - first, max(start, first) - first, min(end, last) - first)
        )
    return tuple(found)


def draw_pairs(
    chunks: Iterable[Chunk], labels: Sequence[str], negatives: float = 0.0, seed: int = 0
) -> Iterator[Pair]:
    """Chunk-action pairs: one for each action that happens in a chunk, and some that do not.

    Args:
        chunks: with truth.
        labels: the actions that count; others are passed over.
        negatives: how many pairs of actions that do not happen are drawn for each that does, on average over
            many chunks; they are drawn evenly over chunks and actions.
        seed: draws others.

    Raises:
        SettingsError: the share is below 0 or not finite.
        InputError: a chunk has no truth.
    """
    if not 0 <= negatives < math.inf:
        raise SettingsError(f"a share of negatives is 0 or more, not {negatives}", "Correct --negatives")
    held = list(chunks)
    for chunk in held:
        if chunk.truth is None:
            raise InputError(f"{chunk.recording}: has no labels to draw pairs from", "Give --labels")
    happening = [[label for label in chunk.actions if label in set(labels)] for chunk in held]
    positive = sum(map(len, happening))
    absent = len(held) * len(labels) - positive
    share = min(negatives * positive / absent, 1.0) if absent else 0.0
    for chunk, here in zip(held, happening, strict=True):
        truth = chunk.truth or ()
        for label in here:
            yield Pair(chunk, label, tuple(one for one in truth if one.label == label))
        # Each chunk has its own dice: another overlap or split leaves the other chunks' draws as they were.
        dice = random.Random(f"{seed} {chunk.name}")
        for label in labels:
            drawn = dice.random() < share
            if drawn and label not in here:
                yield Pair(chunk, label, ())


def write_table(path: Path | str, chunks: Iterable[Chunk]) -> Path:
    """Writes one row a chunk as CSV: recording, start, end, language, lines, words, and the truth's labels.

    ``actions`` is ``Corner 2; Goal 1``, each with how often it happens there; empty where nothing does.

    Raises:
        OutputError: it cannot be written.
    """
    text = io.StringIO()
    rows = csv.writer(text, lineterminator="\n")
    rows.writerow(["recording", "start", "end", "language", "lines", "words", "events", "actions"])
    for chunk in chunks:
        counts = Counter(one.label for one in chunk.truth or ())
        words = sum(len(u.text.split()) for u in chunk.lines)
        named = "; ".join(f"{label} {count}" for label, count in sorted(counts.items()))
        times = (f"{chunk.start:g}", f"{chunk.end:.3f}".rstrip("0").rstrip("."))
        rows.writerow(
            [chunk.recording, *times, chunk.language or "", len(chunk.lines), words, counts.total(), named]
        )
    return files.write_text(path, text.getvalue())
