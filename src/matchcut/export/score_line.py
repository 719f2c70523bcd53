"""The score over the time of a recording, as the board showed it, and when the board was in sight."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from matchcut.clock import MatchClock
from matchcut.observe.goals import score_changes
from matchcut.observe.readings import BoardTrack, Count

HIDDEN_S = 6.0
"""A board that was looked for and not seen for longer than this was hidden."""
SPARSE = 3.0
"""Two sights further apart than this many times the usual say nothing of the time between them."""


@dataclass(frozen=True, slots=True)
class ScoreStep:
    """From this recording second on the board showed this score."""

    time: float
    home: int
    away: int

    def __str__(self) -> str:
        return f"{self.home}-{self.away}"


@dataclass(frozen=True, slots=True)
class ScoreLine:
    """A score over time.

    Attributes:
        teams: home (or first) and away, "" where unknown.
        steps: in time order, the first being the score at the board's first sight.
        seen: stretches of the recording during which the board was in sight, in order.
    """

    teams: tuple[str, str]
    steps: tuple[ScoreStep, ...]
    seen: tuple[tuple[float, float], ...]

    def at(self, seconds: float) -> ScoreStep | None:
        """The last score shown by then; None before the first."""
        return next((step for step in reversed(self.steps) if step.time <= seconds), None)


def score_line(board: BoardTrack, clock: MatchClock | None = None) -> ScoreLine | None:
    """The score that a board told; None if no score was read off one.

    Single misreadings are outvoted, see `matchcut.observe.goals.score_changes`.

    Args:
        board: what was read.
        clock: the match clock, where known; it keeps replays with an old score out.
    """
    if board.counts:
        steps = _runs(board.counts)
        sights = [count.seconds for count in board.counts]
    else:
        steps = _goals(board, clock)
        sights = [reading.seconds for reading in board.readings]
    return ScoreLine(board.teams, steps, in_sight(sights, board.looks)) if steps else None


def _goals(board: BoardTrack, clock: MatchClock | None) -> tuple[ScoreStep, ...]:
    scored = [r for r in board.readings if r.home is not None and r.away is not None]
    if not scored:
        return ()
    changes, _ = score_changes(board, clock)
    usual = Counter((r.home or 0, r.away or 0) for r in scored).most_common(1)[0][0]
    first = changes[0].before if changes else usual
    later = (ScoreStep(change.first_after, *change.after) for change in changes)
    return (ScoreStep(scored[0].seconds, *first), *later)


def _runs(counts: Sequence[Count]) -> tuple[ScoreStep, ...]:
    """Each score that two looks in a row agree on."""
    steps: list[ScoreStep] = []
    before: tuple[int, int] | None = None
    for count in counts:
        if count.home is None or count.away is None:
            continue
        now = (count.home, count.away)
        if now == before and (not steps or (steps[-1].home, steps[-1].away) != now):
            steps.append(ScoreStep(count.seconds, *now))
        before = now
    return tuple(steps)


def in_sight(sights: Sequence[float], looks: Sequence[float]) -> tuple[tuple[float, float], ...]:
    """The stretches over which something was seen whenever somebody looked.

    A single look without it is a slip of the reading, unless it stands for more than `HIDDEN_S`.

    Args:
        sights: the seconds at which it was seen, in order.
        looks: those at which somebody looked, in order; where they are not known, the distance tells.
    """
    usual = sorted(b - a for a, b in pairwise(looks))
    longest = max(HIDDEN_S, SPARSE * usual[len(usual) // 2] if usual else 0.0)
    stretches: list[tuple[float, float]] = []
    for seconds in sights:
        if stretches:
            start, last = stretches[-1]
            missed = bisect_left(looks, seconds - 1e-3) - bisect_right(looks, last + 1e-3)
            if seconds - last <= (HIDDEN_S if missed > 0 else longest):
                stretches[-1] = (start, seconds)
                continue
        stretches.append((seconds, seconds))
    return tuple(stretches)
