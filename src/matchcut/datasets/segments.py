"""What every speech recognizer's file comes to: segments, taken as they are where that is possible.

Recognizers overlap themselves, repeat themselves and run past the end. That is accepted and counted; a segment
whose times cannot be is left out and counted too.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from matchcut.errors import InputError
from matchcut.text import one_line
from matchcut.transcript import Transcript, Utterance, Word

LATEST_S = 86_400.0
"""Speech later than a day into a recording is a mistake."""

_NOISE_S = 1e-3  # neighbours that overlap by float noise do not overlap


@dataclass(frozen=True, slots=True)
class Segment:
    """One segment as a file gives it, unchecked: ``start`` and ``end`` in seconds, ``text``, timed words."""

    start: Any
    end: Any
    text: Any
    words: tuple[Word, ...] = ()


def to_transcript(segments: Iterable[Segment], language: str | None, source: str) -> Transcript:
    """The transcript of a recognizer's segments, with notes on what was odd.

    Raises:
        InputError: a time is not a number or a text is not text; the message gives the segment's place.
    """
    utterances: list[Utterance] = []
    blank = impossible = repeated = 0
    last = ""
    for number, segment in enumerate(segments, 1):
        if not isinstance(segment.text, str):
            raise InputError(
                f"{source}: segment {number}: its text is {segment.text!r:.60}", "Correct that segment"
            )
        start = seconds(segment.start, f"{source}: segment {number}: its start")
        end = seconds(segment.end, f"{source}: segment {number}: its end")
        text = one_line(segment.text)
        if not 0 <= start <= end <= LATEST_S:
            impossible += 1
        elif not text:
            blank += 1
        else:
            utterances.append(Utterance(start, end, text, segment.words))
            repeated += text == last
            last = text
    found = Transcript(utterances, language, source)
    notes = (
        _note(
            impossible,
            "segment has impossible times and was left out",
            "segments have impossible times and were left out",
        ),
        _note(blank, "segment has no text and was left out", "segments have no text and were left out"),
        _note(repeated, "segment repeats the one before it", "segments repeat the one before them"),
        overlap_note(found.utterances),
    )
    return Transcript(found.utterances, language, source, [note for note in notes if note])


def overlap_note(utterances: Iterable[Utterance]) -> str:
    """How many utterances begin before an earlier one ends, as a sentence; empty if none do."""
    latest = 0.0
    overlapping = 0
    for utterance in utterances:
        overlapping += utterance.start < latest - _NOISE_S
        latest = max(latest, utterance.end)
    return _note(overlapping, "utterance overlaps an earlier one", "utterances overlap earlier ones")


def seconds(value: Any, what: str) -> float:
    """A time as the file gives it: infinite where it is too large for a float, NaN where it is missing.

    Raises:
        InputError: it is no number.
    """
    if value is None:
        return math.nan
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise InputError(f"{what} must be a number of seconds, not {value!r:.60}", "Correct that segment")
    try:
        return float(value)
    except OverflowError:
        return math.inf


def _note(count: int, one: str, many: str) -> str:
    return f"{count:,} {one if count == 1 else many}" if count else ""
