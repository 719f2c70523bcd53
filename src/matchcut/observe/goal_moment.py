"""When a goal fell that the board tells of later: by the play, the crowd and what was said, whichever agree."""

from __future__ import annotations

import math
from collections.abc import Sequence

from matchcut.observe.score_changes import ScoreChange

_UPDATE_S = 5.0  # the usual time from the ball in the net to the board, where it is not hidden meanwhile
_SOON_S, _FADES_S = 8.0, 6.0  # so long before the board a goal is likely; earlier ones fade by e in so long
_EARLIEST_S = 60.0
_LEAST_PLAY_S = 3.0
_BEFORE_CUT_S = 1.5  # the picture leaves the play so long after the goal
_RISE, _PLAY, _EARLIER, _SPOKEN, _USUAL = 1.0, 1.0, 0.5, 1.2, 0.3  # what each kind of hint counts
_SPREAD_S = {"rise": 2.0, "play": 2.5, "spoken": 3.0}


def moment_of_goal(
    change: ScoreChange,
    play: Sequence[tuple[float, float]] = (),
    rises: Sequence[float] = (),
    spoken: Sequence[tuple[float, float]] = (),
) -> float:
    """The recording second of the goal that a change of the board tells.

    The board is updated some seconds after the ball has crossed the line, or comes back updated after close-ups
    and replays. Every hint votes for the seconds around it, and less the longer before the board's last sight
    of the old score it lies. The hint with the most votes wins; where there is none, it is the usual time
    before the update, yet not after the last sight of the old score.

    Args:
        change: what the board did.
        play: long shots of play (start, end), from the shot detector; a goal is at the end of one.
        rises: moments at which the crowd grew suddenly louder.
        spoken: moments at which the commentary tells a goal, with its probability.
    """
    update = (change.last_before + change.first_after) / 2
    usual = max(min(update - _UPDATE_S, change.last_before), 0.0)
    hints = [(t, _RISE, _SPREAD_S["rise"]) for t in rises]
    hints += [(t, weight, _SPREAD_S["play"]) for t, weight in _ends(change, play)]
    hints += [(t, _SPOKEN * sure, _SPREAD_S["spoken"]) for t, sure in spoken]
    hints = [hint for hint in hints if change.last_before - _EARLIEST_S <= hint[0] <= change.first_after]

    def votes(time: float) -> float:
        early = max(change.last_before - time - _SOON_S, 0.0)
        found = sum(weight * math.exp(-0.5 * ((time - t) / spread) ** 2) for t, weight, spread in hints)
        return found * math.exp(-early / _FADES_S)

    best = max(((votes(t), -place, t) for place, (t, _, _) in enumerate(hints)), default=(0.0, 0, usual))
    return max(best[2], 0.0) if best[0] > _USUAL else usual


def _ends(change: ScoreChange, play: Sequence[tuple[float, float]]) -> list[tuple[float, float]]:
    """The moments just before the picture left the play, the last of which counts most."""
    ended = [
        min(end, change.first_after) - _BEFORE_CUT_S
        for start, end in play
        if start < change.last_before and end - start >= _LEAST_PLAY_S
    ]
    return [(t, _PLAY if t == max(ended) else _EARLIER) for t in ended]
