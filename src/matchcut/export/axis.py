"""The time axis of a picture: which seconds it shows, where they lie, where its ticks stand."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from matchcut.clock import MatchClock, Period, format_time
from matchcut.events import EventLog
from matchcut.tracks import ScoreTrack

_STEPS_S = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400, 43200, 86400)
_LONGEST_S = 1e7  # times past four months are mistakes; a picture of them would show nothing else


@dataclass(frozen=True, slots=True)
class Axis:
    """Recording seconds to horizontal places.

    Attributes:
        first, last: the seconds at both ends, ``first < last``.
        left, right: the places of both ends.
    """

    first: float
    last: float
    left: float
    right: float

    def x(self, seconds: float) -> float:
        """The place of a recording second; what lies outside is held at the nearer end."""
        share = (min(max(seconds, self.first), self.last) - self.first) / (self.last - self.first)
        return round(self.left + share * (self.right - self.left), 1)

    def ticks(self, apart: float = 80.0) -> Iterator[tuple[float, str]]:
        """Places and texts of round recording times that stand at least ``apart`` from each other."""
        step = self._step(apart)
        for number in range(int(-(-self.first // step)), int(self.last // step) + 1):
            yield self.x(number * step), format_time(number * step)

    def clock_ticks(self, clock: MatchClock, apart: float = 64.0) -> Iterator[tuple[float, str]]:
        """Places and texts of round match times, period by period, none upon another."""
        step = self._step(apart)
        free = self.left - apart
        for period in clock.periods:
            for seconds, text in _clock_times(period, step, self):
                place = self.x(seconds)
                if place - free >= apart * 0.75:
                    free = place
                    yield place, text

    def _step(self, apart: float) -> float:
        wanted = (self.last - self.first) * apart / (self.right - self.left)
        return next((float(s) for s in _STEPS_S if s >= wanted), wanted)


def _clock_times(period: Period, step: float, axis: Axis) -> Iterator[tuple[float, str]]:
    """Recording seconds at which this period's clock shows a round time, stoppage time left out."""
    first, last = max(period.start, axis.first), min(period.end, axis.last)
    shown = period.clock_at(first)
    end = min(period.clock_end, period.clock_at(last))
    if end < shown:
        return
    for number in range(int(-(-shown // step)), int(end // step) + 1):
        yield period.recording_at(number * step), format_time(number * step)


def recording_span(log: EventLog, tracks: Sequence[ScoreTrack] = ()) -> tuple[float, float]:
    """The recording's first and last second: its duration if known, else as far as events and tracks reach."""
    if log.recording.duration:
        return 0.0, min(log.recording.duration, _LONGEST_S)
    starts = [0.0, *(e.start for e in log), *(t.start for t in tracks)]
    ends = [1.0, *(e.end for e in log), *(t.start + t.duration for t in tracks)]
    return max(min(starts), -_LONGEST_S), min(max(ends), _LONGEST_S)


def moment_text(seconds: float, clock: MatchClock | None) -> str:
    """A moment in words: ``10:46 (recording 13:09)``, the recording alone where no match clock is known."""
    shown = clock.at(seconds) if clock else None
    return f"{shown} (recording {format_time(seconds)})" if shown else format_time(seconds)
