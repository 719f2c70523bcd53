"""Stretches in which a board that stands before and after is away, as many broadcasters have it in replays."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from matchcut.observe.readings import BoardTrack

LONGEST_S = 60.0
"""Longer, and it is a break."""
LEAST_LOOKS, LEAST_S = 2, 3.0
"""Fewer looks without the board, or a shorter time, are slips of the reading."""
LEAST_READ = 0.6
"""A board that is read on fewer looks, longer stretches left aside, is missed by the reader too often."""
MOST_LINES = 8
"""More lines of text than this fill the screen: a line-up, a table of results."""
CLOCK_S = 5.0
"""The match clock runs on during a replay; where it is off by more afterwards, there was a break."""
NEAR_S = 20.0
"""The clock is not read at every look, but so soon before and after, unless it stands still."""
EDGE_S = 0.5
"""The animation before a replay may cover the board or stand beside it for so long."""


@dataclass(frozen=True, slots=True)
class Away:
    """A stretch without the board.

    Attributes:
        before, after: the looks before and after it, at which the board was there.
        first, last: its first and last look, seconds on the recording.
    """

    before: float
    first: float
    last: float
    after: float


class Span(Protocol):
    """Anything with a beginning and an end in seconds."""

    @property
    def start(self) -> float: ...
    @property
    def end(self) -> float: ...


def board_away(board: BoardTrack) -> tuple[Away, ...]:
    """When the board was away for a while, in order; empty where it cannot be told."""
    there = {round(r.seconds, 3) for r in board.readings} | {round(c.seconds, 3) for c in board.counts}
    looks = [(second, round(second, 3) in there) for second in board.looks]
    shown = [place for place, (_, read) in enumerate(looks) if read]
    found, missed = [], 0
    for a, b in itertools.pairwise(shown):
        stretch = Away(looks[a][0], looks[a + 1][0], looks[b - 1][0], looks[b][0])
        if b - a == 1 or stretch.last - stretch.first > LONGEST_S:
            continue
        missed += b - a - 1
        if b - a <= LEAST_LOOKS or stretch.after - stretch.before < LEAST_S:
            continue
        if not _filled(board, stretch) and _ran_on(board, stretch):
            found.append(stretch)
    return tuple(found) if len(shown) >= LEAST_READ * (len(shown) + missed) else ()


def _filled(board: BoardTrack, away: Away) -> bool:
    """Whether text fills the screen meanwhile."""
    return any(
        len(text.lines) > MOST_LINES and text.start < away.after and text.end > away.before
        for text in board.texts
    )


def _ran_on(board: BoardTrack, away: Away) -> bool:
    """Whether the match clock went on meanwhile, as far as there is one: it does not in half-time."""
    if not board.readings:
        return True
    read = [
        (r.seconds, r.clock_s - r.seconds * board.layouts[r.layout].direction)
        for r in board.readings
        if r.clock_s is not None and away.before - NEAR_S <= r.seconds <= away.after + NEAR_S
    ]
    before = [offset for second, offset in read if second <= away.before]
    after = [offset for second, offset in read if second >= away.after]
    slack = CLOCK_S + max(layout.step_s for layout in board.layouts)
    return bool(before and after) and abs(after[0] - before[-1]) <= slack


def ends(away: Away, passages: Sequence[Span]) -> tuple[int, int] | None:
    """The two passages between which the board was away, by their places; None where it went without one.

    Args:
        away: the stretch without the board.
        passages: between shots, in order. Of several the inner ones are meant.
    """
    first = [i for i, p in enumerate(passages) if away.before - EDGE_S <= p.start <= away.first + EDGE_S]
    last = [i for i, p in enumerate(passages) if away.last - EDGE_S <= p.end <= away.after + EDGE_S]
    return (first[-1], last[0]) if first and last and first[-1] < last[0] else None
