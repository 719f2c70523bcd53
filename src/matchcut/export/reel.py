"""The moments of a log, one after the other in one film."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from matchcut.clock import MatchClock, format_time
from matchcut.errors import InputError, QuestionError, SettingsError
from matchcut.events import Event, EventLog
from matchcut.media.cut import CutSettings, cut
from matchcut.media.plan import Cue
from matchcut.media.probe import probe
from matchcut.progress import Progress, silent


@dataclass(frozen=True, slots=True)
class ReelPart:
    """One piece of a reel.

    Attributes:
        start, end: the seconds on the recording that it shows.
        at: the second of the reel at which it begins.
        events: what happens in it.
    """

    start: float
    end: float
    at: float
    events: tuple[Event, ...]


@dataclass(frozen=True, slots=True)
class ReelResult:
    """A reel that was cut.

    Attributes:
        out: the file.
        parts: in the order of the recording.
        duration: seconds.
        copied: whether the picture was copied rather than encoded anew.
        notes: what the user should know, a sentence each.
    """

    out: Path
    parts: tuple[ReelPart, ...]
    duration: float
    copied: bool
    notes: tuple[str, ...]


def reel(
    media: Path | str,
    events: EventLog | Sequence[Event],
    out: Path | str,
    *,
    pad_s: float = 0.0,
    merge_gap_s: float = 0.0,
    captions: bool = False,
    settings: CutSettings | None = None,
    progress: Progress = silent,
) -> ReelResult:
    """Cuts the windows of events out of a recording and joins them into one MP4, a chapter for each moment.

    Args:
        media: the recording that the events are of.
        events: their windows are shown in the recording's order; a log's match clock names the chapters.
        out: the MP4 to write, replaced when it is whole.
        pad_s: seconds to show before and after each window.
        merge_gap_s: windows no further apart than this become one; 0 merges those that touch or overlap.
        captions: whether to draw each moment's name on the picture.
        settings: how to encode.
        progress: told the seconds of reel that are done.

    Raises:
        QuestionError: there are no events.
        SettingsError: a padding or gap is negative.
        InputError: the recording cannot be read, or none of the events lies in it.
        OutputError: the reel cannot be written.
    """
    if not len(events):
        raise QuestionError(
            "there are no moments to cut", "Ask for other actions, a wider time range or a lower score"
        )
    for name, value in (("pad_s", pad_s), ("merge_gap_s", merge_gap_s)):
        if not 0 <= value < float("inf"):
            raise SettingsError(f"{name} is zero or more seconds, not {value}", "Give a number of seconds")
    duration = probe(media).duration
    windows = [(max(e.start - pad_s, 0.0), min(e.end + pad_s, duration), e) for e in events]
    shown = sorted((w for w in windows if w[0] < w[1]), key=lambda w: w[:2])
    if not shown:
        raise InputError(
            f"{media}: none of the {len(windows)} moments lies within its {format_time(duration)} "
            "and has a length",
            "Check that the events belong to this recording; --pad gives moments a length",
        )
    clock = events.recording.clock if isinstance(events, EventLog) else None
    cues = [Cue(start, end, title(event, clock)) for start, end, event in shown]
    merged = merge_windows([(start, end) for start, end, _ in shown], merge_gap_s)
    made = cut(
        media,
        merged,
        out,
        chapters=cues,
        captions=cues if captions else (),
        progress=progress,
        settings=settings,
    )
    parts = tuple(
        ReelPart(part.start, part.end, part.at, tuple(e for s, end, e in shown if first <= s and end <= last))
        for part, (first, last) in zip(made.parts, merged, strict=True)
    )
    lost = len(windows) - len(shown)
    notes = (f"{lost} moments lie outside the recording and were left out",) if lost else ()
    return ReelResult(made.out, parts, made.duration, made.copied, (*notes, *made.notes))


def merge_windows(windows: Iterable[tuple[float, float]], gap_s: float = 0.0) -> list[tuple[float, float]]:
    """The windows in order, those that overlap, touch or lie within ``gap_s`` of each other joined.

    >>> merge_windows([(20, 30), (0, 10), (5, 12), (31, 40)], gap_s=1)
    [(0, 12), (20, 40)]
    """
    merged: list[tuple[float, float]] = []
    for start, end in sorted(windows):
        if merged and start - merged[-1][1] <= gap_s:
            merged[-1] = (merged[-1][0], max(merged[-1][1], end))
        else:
            merged.append((start, end))
    return merged


def title(event: Event, clock: MatchClock | None = None) -> str:
    """What a chapter and a caption call a moment: by the match clock if known, else the recording's.

    >>> title(Event("Corner", 9, 4, 19), MatchClock.starting_at(2160, 180))
    'Corner 36:09'
    """
    shown = clock.at(event.time) if clock else None
    return f"{event.label} {shown or format_time(max(event.time, 0.0))}"
