"""Changes of the score on the board, and which of them are goals of play that the recording shows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from matchcut.clock import format_time
from matchcut.observe.readings import BoardTrack, Reading

Score = tuple[int, int]

_JUMP_S = 30.0  # a board is updated within this time, even over a replay
_NEAR_S = 90.0  # readings so near to a change say what its clock shows
_STANDS_S = 30.0  # a clock that is not seen running for so long around a change does not run
_REGULAR_END_S, _PLAY_END_S = 5400.0, 7200.0
_SHOOT_OUT = 4  # so many changes, each within …
_APART_S = 150.0  # … this time of the one before, while no clock runs, are a shoot-out


@dataclass(frozen=True, slots=True)
class ScoreChange:
    """The board's score went from one value to another.

    Attributes:
        before, after: home and away.
        last_before: the last recording second at which the board showed the old score.
        first_after: the first at which it showed the new one.
        readings: how many readings showed the new score until the next change.
        confidence: 0 to 1.
    """

    before: Score
    after: Score
    last_before: float
    first_after: float
    readings: int
    confidence: float

    @property
    def side(self) -> int | None:
        """0 if the first team scored once, 1 if the second did; None for any other change."""
        step = (self.after[0] - self.before[0], self.after[1] - self.before[1])
        return {(1, 0): 0, (0, 1): 1}.get(step)


def of_play(changes: Sequence[ScoreChange], board: BoardTrack) -> tuple[list[ScoreChange], list[str]]:
    """Those changes whose goals fell in play, and on this recording; notes on the others.

    Left out are changes between which the match clock leaps ahead (in a highlights film the goal may lie in
    what was cut out), and those of a penalty shoot-out: the clock has stopped for good, and the score goes on.
    """
    timed = [r for r in board.readings if r.clock_s is not None and _counts_up(r, board)]
    notes: list[str] = []
    kept: list[ScoreChange] = []
    for change in changes:
        leap = _leap(change, timed, board)
        if leap is None:
            kept.append(change)
            continue
        notes.append(
            f"the score went from {score_text(change.before)} to {score_text(change.after)} where the clock"
            f" leaps from {format_time(leap[0])} to {format_time(leap[1])}: the goal may not be shown"
        )
    shots = _shoot_out(kept, timed)
    if shots:
        first, last = shots[0], shots[-1]
        notes.append(
            f"the score went from {score_text(first.before)} to {score_text(last.after)} while the clock stood:"
            " a shoot-out, no goals of play"
        )
    return [change for change in kept if change not in shots], notes


def _counts_up(reading: Reading, board: BoardTrack) -> bool:
    return reading.layout >= len(board.layouts) or board.layouts[reading.layout].direction > 0


def _leap(change: ScoreChange, timed: Sequence[Reading], board: BoardTrack) -> tuple[float, float] | None:
    """What the clock showed before and after a change between which it leapt ahead; None if it did not."""
    before = [r for r in timed if change.last_before - _NEAR_S < r.seconds <= change.last_before + 1][-5:]
    after = [r for r in timed if change.first_after - 1 <= r.seconds < change.first_after + _NEAR_S][:5]
    if not before or not after:
        return None
    zero, later = (float(np.median([r.seconds - (r.clock_s or 0.0) for r in part])) for part in (before, after))
    step = max((layout.step_s for layout in board.layouts), default=1.0)
    if zero - later <= _JUMP_S + (step if step > 1 else 0.0):
        return None
    return change.last_before - zero, change.first_after - later


def _shoot_out(changes: Sequence[ScoreChange], timed: Sequence[Reading]) -> list[ScoreChange]:
    """The changes of a shoot-out: all behind the end of play while no clock runs."""
    standing: list[ScoreChange] = []
    for change in changes:
        earlier = [r for r in timed if r.seconds <= change.first_after]
        shown = max((r.clock_s or 0.0 for r in earlier[-5:]), default=0.0)
        runs = _runs([r for r in timed if abs(r.seconds - change.first_after) <= _STANDS_S])
        if runs or shown < _REGULAR_END_S - 120:
            standing = []
            continue
        standing.append(change)
    if not standing:
        return []
    close = all(b.first_after - a.first_after <= _APART_S for a, b in pairwise(standing))
    reached = [r.seconds for r in timed if (r.clock_s or 0.0) >= _PLAY_END_S - 60]
    over = bool(reached) and standing[0].first_after - reached[0] > 300
    return standing if over or (close and len(standing) >= _SHOOT_OUT) else []


def _runs(readings: Sequence[Reading]) -> bool:
    """Whether a clock runs in them, rather than stands."""
    return len({r.clock_s for r in readings}) > 1


def score_text(score: Score) -> str:
    """``2-1``"""
    return f"{score[0]}-{score[1]}"
