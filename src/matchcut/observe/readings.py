"""What was read off a scoreboard over a whole recording."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from matchcut.errors import InputError
from matchcut.observe.layout import Layout

VERSION = 1


@dataclass(frozen=True, slots=True)
class Reading:
    """One look at a board that was there.

    Attributes:
        seconds: when, on the recording.
        clock_s: the match clock as shown, in seconds, stoppage time included; None if it could not be read.
        added_s: announced stoppage time ("+2" is 120), None where none is shown.
        home, away: the score; None where it could not be read.
        confidence: probability of the least sure part, 0 to 1.
        layout: which of the track's layouts.
        period: the period that the board names, None where it names none.
    """

    seconds: float
    clock_s: float | None
    added_s: float | None = None
    home: int | None = None
    away: int | None = None
    confidence: float = 1.0
    layout: int = 0
    period: int | None = None


@dataclass(frozen=True, slots=True)
class Count:
    """One look at a baseball board: what stood on it; None for what could not be read.

    Attributes:
        seconds: when, on the recording.
        balls, strikes, outs: the count and the outs.
        inning: from 1.
        top: whether it is the inning's upper half (the visitors bat).
        away, home: runs.
        confidence: probability of the least sure part, 0 to 1.
    """

    seconds: float
    balls: int | None = None
    strikes: int | None = None
    outs: int | None = None
    inning: int | None = None
    top: bool | None = None
    away: int | None = None
    home: int | None = None
    confidence: float = 1.0


@dataclass(frozen=True, slots=True)
class TextSeen:
    """Text that stood on the picture for a while: line-ups, substitutions, bookings, names.

    Attributes:
        start, end: first and last recording second at which it was seen.
        lines: what it says, top to bottom.
    """

    start: float
    end: float
    lines: tuple[str, ...]


@dataclass(frozen=True)
class BoardTrack:
    """Everything read off the boards of one recording.

    Attributes:
        readings: in time order, one for each look at which the board was there.
        layouts: the boards, most seen first; empty where none was found.
        teams: the names on the board, home (or first) and away; "" where unknown.
        counts: a baseball board's readings.
        texts: other text that stood still for a while.
        looks: recording seconds of all frames that were looked at, board or not.
        size: width and height of the frames.
        duration: of the recording, in seconds.
        notes: what a person should know: no board, several boards, a clock that counts down.
    """

    readings: tuple[Reading, ...] = ()
    layouts: tuple[Layout, ...] = ()
    teams: tuple[str, str] = ("", "")
    counts: tuple[Count, ...] = ()
    texts: tuple[TextSeen, ...] = ()
    looks: tuple[float, ...] = ()
    size: tuple[int, int] = (0, 0)
    duration: float = 0.0
    notes: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return {
            "version": VERSION,
            "readings": [asdict(r) for r in self.readings],
            "layouts": [layout.to_json() for layout in self.layouts],
            "teams": list(self.teams),
            "counts": [asdict(c) for c in self.counts],
            "texts": [{"start": t.start, "end": t.end, "lines": list(t.lines)} for t in self.texts],
            "looks": list(self.looks),
            "size": list(self.size),
            "duration": self.duration,
            "notes": list(self.notes),
        }

    @classmethod
    def from_json(cls, value: Any, name: str = "board") -> BoardTrack:
        """The track that `to_json` wrote.

        Raises:
            InputError: the value has another shape or is of a later version.
        """
        if not isinstance(value, Mapping) or value.get("version") != VERSION:
            raise InputError(
                f"{name}: not a board track of version {VERSION}", "Delete it; it will be made anew"
            )
        try:
            return cls(
                tuple(Reading(**r) for r in value["readings"]),
                tuple(Layout.from_json(layout) for layout in value["layouts"]),
                (str(value["teams"][0]), str(value["teams"][1])),
                tuple(Count(**c) for c in value["counts"]),
                tuple(TextSeen(t["start"], t["end"], tuple(t["lines"])) for t in value["texts"]),
                tuple(value["looks"]),
                (int(value["size"][0]), int(value["size"][1])),
                float(value["duration"]),
                tuple(value["notes"]),
            )
        except (KeyError, TypeError, ValueError, IndexError, AttributeError) as error:
            raise InputError(
                f"{name}: not a board track ({error})", "Delete it; it will be made anew"
            ) from error
