"""The match clock from a board's readings.

A clock that shows whole seconds and is read as ``c`` at recording second ``t`` says that its zero lies in
``(t - (c + 1) / rate, t - c / rate]``. The zero that the most readings agree on is found exactly by sweeping
over the ends of these intervals; some dozens of readings leave a few hundredths of a second. Readings that
disagree (misread digits, replays with another clock) do not pull at it. What is left over is searched again:
the second half has another zero, and so has a recording after a cut.

The rate is 1 in principle. Recordings that were converted drift, though (the World Cup broadcast that this was
built on by 2.7 seconds in 18 minutes), so the rate within a percent of 1 that most readings agree on is taken.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from matchcut.clock import MatchClock, Period, format_time
from matchcut.observe.layout import Layout
from matchcut.observe.readings import BoardTrack, Reading

Times = NDArray[np.float64]

_STARTS = {1: 0.0, 2: 2700.0, 3: 5400.0, 4: 6300.0, 5: 7200.0}
_SLACK_S = 0.15  # the board may be drawn a few frames late
_LEAST = 3  # readings that make a line
_LONG_S = 90.0  # a stretch of play that no highlights film shows uncut
_BREAK_S = 60.0  # the least length of an interval between periods
_SMALL_JUMP_S = 20.0  # a correction of the clock, or a piece lost from the recording


@dataclass(frozen=True, slots=True)
class ClockFit:
    """The match clock that a board's readings tell, and how far it can be trusted.

    Attributes:
        clock: None if there is none that can be trusted.
        agreeing: share of the readings that lie on it, 0 to 1.
        spread_s: how far its zero could be moved without any reading disagreeing, the widest of its pieces.
        notes: why there is no clock, or what is odd about it.
    """

    clock: MatchClock | None
    agreeing: float = 0.0
    spread_s: float = 0.0
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Piece:
    """A stretch of recording over which the clock ran without a jump."""

    zero: float
    spread: float
    rate: float
    members: tuple[Reading, ...]
    shift: float = 0.0  # what a clock that began again at 0 lacks

    @property
    def first(self) -> float:
        return self.members[0].seconds

    @property
    def last(self) -> float:
        return self.members[-1].seconds

    def shows(self, seconds: float) -> float:
        return (seconds - self.zero) * self.rate + self.shift

    def begins(self, clock: float) -> float:
        """The recording second at which it shows ``clock``."""
        return self.zero + (clock - self.shift) / self.rate


def clock_from(board: BoardTrack) -> MatchClock | None:
    """The match clock of a recording; None if the board tells none that can be trusted. See `fit_clock`."""
    return fit_clock(board).clock


def fit_clock(board: BoardTrack) -> ClockFit:
    """The match clock that a board's readings tell, with reasons where they tell none."""
    kinds = {(layout.direction, layout.step_s) for layout in board.layouts}
    if any(direction < 0 for direction, _ in kinds):
        return ClockFit(None, notes=("the clock on the board counts down; match time was not taken from it",))
    timed = [r for r in board.readings if r.clock_s is not None]
    if not board.readings:
        return ClockFit(None)  # that there is no board, or one without a clock, is said by who looked for it
    if len(timed) < _LEAST:
        return ClockFit(None, notes=("the board's clock was not read often enough to be trusted",))
    pieces = _without_strays(_pieces(timed, board.layouts))
    kept = sum(len(p.members) for p in pieces)
    agreeing = kept / len(timed)
    whole = timed[-1].seconds - timed[0].seconds
    long = [p for p in pieces if p.last - p.first >= min(_LONG_S, 0.5 * whole)]
    steady = sum(len(p.members) for p in long) / len(timed)
    if not pieces or agreeing < 0.5:
        return ClockFit(None, agreeing, notes=("the clock's readings do not agree with each other",))
    if steady < 0.6:
        return ClockFit(None, agreeing, notes=(_broken(pieces, whole),))
    numbered, notes = _numbered(pieces)
    periods = _periods(numbered, board, _left_at(pieces[-1], timed))
    return ClockFit(MatchClock(periods), agreeing, max(p.spread for p in pieces), tuple(notes))


def _broken(pieces: Sequence[_Piece], whole: float) -> str:
    """Why pieces are no continuous match."""
    runs, jumps = pieces[0].last - pieces[0].first, len(pieces) - 1
    how = f"runs on for {runs:.0f} of {whole:.0f} s only" if not jumps else f"jumps {jumps} times"
    return f"the clock {'jumps once' if jumps == 1 else how}: not one continuous match"


def _left_at(last: _Piece, timed: Sequence[Reading]) -> float | None:
    """When the clock had left the last piece: two readings of one other clock, too few for a piece."""
    for one, two in pairwise(r for r in timed if r.seconds > last.last):
        first, second = one.clock_s or 0.0, two.clock_s or 0.0
        steady = second > first and abs(second - first - (two.seconds - one.seconds)) <= 1
        if steady and abs(first - last.shows(one.seconds)) > _SMALL_JUMP_S:
            return one.seconds
    return None


def _pieces(timed: Sequence[Reading], layouts: Sequence[Layout]) -> list[_Piece]:
    """Lines through the readings, the best supported first taken out, then the next, in time order."""
    steps = np.array([layouts[r.layout].step_s if r.layout < len(layouts) else 1.0 for r in timed])
    times = np.array([r.seconds for r in timed])
    clocks = np.array([r.clock_s or 0.0 for r in timed])
    rate = _rate(times, clocks, steps)
    highs = times - clocks / rate + _SLACK_S
    lows = times - (clocks + steps) / rate - _SLACK_S
    left = np.ones(len(timed), bool)
    pieces: list[_Piece] = []
    for _ in range(60):
        if left.sum() < _LEAST:
            break
        index = np.nonzero(left)[0]
        low, high = lows[index], highs[index]
        zero, spread = _stabbed(low, high)
        inside = index[(low <= zero) & (zero <= high)]
        left[inside] = False
        for run in _runs(times[inside]):
            members = tuple(timed[i] for i in inside[run])
            if len(members) >= _LEAST and len({m.clock_s for m in members}) > 1:
                pieces.append(_Piece(zero, spread, rate, members))
        if len(inside) < _LEAST:
            break
    return sorted(pieces, key=lambda p: p.first)


def _rate(times: Times, clocks: Times, steps: Times) -> float:
    """Clock seconds in a recording second, by how many readings agree; 1 unless another is clearly better."""

    def agreeing(rate: float) -> int:
        low, high = times - (clocks + steps) / rate - _SLACK_S, times - clocks / rate + _SLACK_S
        zero, _ = _stabbed(low, high)
        return int(((low <= zero) & (zero <= high)).sum())

    least = agreeing(1.0)
    first, second = np.triu_indices(len(times), 1)
    if len(first) > 40_000:
        chosen = np.random.default_rng(0).choice(len(first), 40_000, replace=False)
        first, second = first[chosen], second[chosen]
    apart = times[second] - times[first]
    far = (apart > 120) & (apart < 2400)
    slopes = (clocks[second] - clocks[first])[far] / apart[far]
    slopes = slopes[np.abs(slopes - 1) < 0.01]
    if not len(slopes):
        return 1.0
    middle = float(np.median(slopes))
    tried = [middle + x for x in np.linspace(-0.002, 0.002, 41)]
    counts = [agreeing(rate) for rate in tried]
    if max(counts) < 1.05 * least + 2:
        return 1.0
    best = [rate for rate, count in zip(tried, counts, strict=True) if count == max(counts)]
    return round(float(np.median(best)), 6)


def _stabbed(low: Times, high: Times) -> tuple[float, float]:
    """The middle and the width of the place that lies in the most intervals."""
    ends = np.concatenate([low, high])
    steps = np.concatenate([np.ones(len(low)), -np.ones(len(high))])
    order = np.lexsort((-steps, ends))
    depth = np.cumsum(steps[order])
    best = int(depth.argmax())
    start, stop = float(ends[order][best]), float(ends[order][min(best + 1, len(ends) - 1)])
    return (start + stop) / 2, max(stop - start - 2 * _SLACK_S, 0.0)


def _runs(times: Times, gap_s: float = 900.0) -> list[slice]:
    """Stretches without a gap of a quarter of an hour: chance agreement hours later is no play."""
    cuts = np.nonzero(np.diff(times) > gap_s)[0] + 1
    edges = [0, *cuts.tolist(), len(times)]
    return [slice(a, b) for a, b in pairwise(edges)]


def _without_strays(pieces: list[_Piece]) -> list[_Piece]:
    """Drops small pieces that lie within larger ones: replays with their old clock, chance agreements."""
    kept: list[_Piece] = []
    for piece in sorted(pieces, key=lambda p: -len(p.members)):
        clashes = False
        for other in kept:
            inside = [m for m in piece.members if other.first < m.seconds < other.last]
            if inside and len(inside) < 0.3 * len(piece.members):
                piece = replace(piece, members=tuple(m for m in piece.members if m not in inside))
                inside = [m for m in piece.members if other.first < m.seconds < other.last]
            clashes |= bool(inside) or (piece.first < other.first and piece.last > other.last)
        if not clashes and len(piece.members) >= _LEAST:
            kept.append(piece)
    return sorted(kept, key=lambda p: p.first)


def _numbered(pieces: Sequence[_Piece]) -> tuple[list[tuple[int, _Piece]], list[str]]:
    """Each piece with the period that it belongs to, and notes on jumps within a period."""
    numbered: list[tuple[int, _Piece]] = []
    notes: list[str] = []
    for piece in pieces:
        named = _named(piece)
        start = piece.shows(piece.first)
        if not numbered:
            number = named or _first_period(start, piece.shows(piece.last))
            if named and start < _STARTS[number] - 60:  # a clock that begins again at 0
                piece = replace(piece, shift=_STARTS[number])
            numbered.append((number, piece))
            continue
        before, last = numbered[-1]
        ended = last.shows(last.last)
        jump = piece.begins(start) - last.begins(start)
        following = min(before + 1, 5)
        if named is not None and before < named <= 5:
            begins_at_0 = start < _STARTS[named] - 60
            numbered.append((named, replace(piece, shift=_STARTS[named]) if begins_at_0 else piece))
            continue
        began_again = start < ended - 600 and ended >= _STARTS[following] - 360 and start < 1200
        if began_again:
            piece = replace(piece, shift=_STARTS[following])
            numbered.append((following, piece))
        elif jump > _BREAK_S and start >= _STARTS[following] - 5 and ended >= _STARTS[following] - 900:
            numbered.append((following, piece))
        elif jump < 0 and last.shows(last.first) < _STARTS[following] and start >= _STARTS[following] + 300:
            numbered.append((following, piece))  # half-time was cut out of the recording
        else:
            if abs(jump) > _SMALL_JUMP_S:
                notes.append(
                    f"the clock jumps by {-jump:+.0f} s at {format_time(piece.first)} of the recording"
                )
            numbered.append((before, piece))
    return numbered, notes


def _named(piece: _Piece) -> int | None:
    """The period that the board names during a piece: more than once, and nearly without contradiction."""
    names = Counter(m.period for m in piece.members if m.period is not None)
    if not names:
        return None
    (number, count), total = names.most_common(1)[0], sum(names.values())
    return number if count >= min(2, len(piece.members) // 10 + 1) and count >= 0.75 * total else None


def _first_period(start: float, end: float) -> int:
    """The period of a piece that nothing precedes, by its clock; ten minutes may be stoppage time."""
    if start >= _STARTS[4]:
        return 4
    if start >= _STARTS[3] and end > _STARTS[3] + 660:
        return 3
    return 2 if start >= _STARTS[2] else 1


def _periods(numbered: Sequence[tuple[int, _Piece]], board: BoardTrack, left_at: float | None) -> list[Period]:
    """Periods from kick-off to the board's last sight, or until ``left_at``, when another clock was seen.

    Several have one number where the clock was corrected.
    """
    periods: list[Period] = []
    for place, (number, piece) in enumerate(numbered):
        follows = place > 0 and numbered[place - 1][0] == number
        regular = _STARTS[number]
        if follows:
            start = periods[-1].end
        else:
            start = piece.begins(regular)
            if piece.shows(piece.first) < regular:
                start = piece.first
            if periods:
                start = max(start, periods[-1].end)
        after = numbered[place + 1] if place + 1 < len(numbered) else None
        if after is not None and after[0] == number:
            end = (piece.last + after[1].first) / 2
        else:
            open_end = board.duration if left_at is None else left_at
            limit = open_end if after is None else after[1].begins(_STARTS[after[0]])
            is_last = after is None and left_at is None
            end = _ending(piece, number, max(limit, piece.last), board, is_last)
        start, end = round(start, 3), round(max(end, start), 3)
        shown = round(piece.shows(start), 3) + 0.0  # no minus zero
        periods.append(Period(number, start, end, shown, piece.rate))
    return periods


def _ending(piece: _Piece, number: int, limit: float, board: BoardTrack, is_last: bool) -> float:
    """When a period was over: the board's last sight with this clock, or the recording's end within it."""
    regular_end = _STARTS.get(number + 1, float("inf"))
    if is_last and piece.shows(piece.last) < regular_end - 5 and limit - piece.last < 300:
        return limit
    end = piece.last
    for reading in board.readings:  # a board that stands at 45:00 while stoppage time is played
        if reading.clock_s is None and end < reading.seconds <= min(end + 60, limit):
            end = reading.seconds
    return min(end + 2.0, limit)
