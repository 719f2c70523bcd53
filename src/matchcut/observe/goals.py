"""Goals from the score on the board.

The true score is followed by the cheapest path (Viterbi): a reading that differs from it costs by how sure it
was, a step of the score costs more the less a match does it. So one misread digit is outvoted, a change must
last, and a score that is taken back (a disallowed goal) is seen as such.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from matchcut.clock import MatchClock
from matchcut.events import Event, Evidence
from matchcut.observe.readings import BoardTrack, Reading
from matchcut.sport import soccer
from matchcut.tracks import ScoreTrack

Score = tuple[int, int]

_GOAL, _TAKEN_BACK, _ANY_OTHER = 4.0, 7.0, 14.0  # what a step of the score costs; a sure misreading costs 3
_UPDATE_S = 5.0  # the usual time from the ball in the net to the board, where it is not hidden meanwhile
_LEAST = 3  # readings of a new score before it is believed


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


MomentOf = Callable[[ScoreChange], float]
"""Says when the goal fell that a change of the board tells; sound and shots can know better than the board."""


def moment_of_goal(
    change: ScoreChange, play: Sequence[tuple[float, float]] = (), rises: Sequence[float] = ()
) -> float:
    """The recording second of the goal that a change tells.

    The board is updated some seconds after the ball has crossed the line, or comes back updated after close-ups
    and replays. So: the end of the last long shot of play before the update, where shots are known; else the
    moment before it at which the crowd rose; else the usual time before the update, yet not after the last
    sight of the old score.

    Args:
        change: what the board did.
        play: long shots of play (start, end), from the shot detector.
        rises: moments at which the crowd grew suddenly louder.
    """
    update = (change.last_before + change.first_after) / 2
    usual = max(min(update - _UPDATE_S, change.last_before), 0.0)
    earliest = change.last_before - 60.0
    ended = [end for start, end in play if earliest < end and start < change.last_before and end - start >= 3]
    ended = [min(end, change.first_after) for end in ended]
    if ended:
        return max(max(ended) - 1.5, 0.0)
    loud = [t for t in rises if usual - 20.0 <= t <= change.first_after]
    return min(loud, key=lambda t: abs(t - usual)) if loud else usual


def score_changes(board: BoardTrack, clock: MatchClock | None = None) -> tuple[list[ScoreChange], list[str]]:
    """What happened to the score, in time order, and notes on what cannot be told.

    Readings whose clock contradicts the match clock (replays of earlier play) are left out.
    """
    readings = [r for r in board.readings if r.home is not None and _on_clock(r, clock)]
    scores = [(r.home or 0, r.away or 0) for r in readings]
    if not readings:
        return [], ["no score was read off a board"] if board.readings else []
    path = _cheapest(scores, [r.confidence for r in readings])
    changes: list[ScoreChange] = []
    notes: list[str] = []
    if path[0] != (0, 0):
        notes.append(f"the board shows {_text(path[0])} from the beginning: goals before it are not known")
    starts = [i for i in range(1, len(path)) if path[i] != path[i - 1]]
    for number, i in enumerate(starts):
        stop = starts[number + 1] if number + 1 < len(starts) else len(path)
        agreeing = [readings[j] for j in range(i, stop) if scores[j] == path[i]]
        earlier = [readings[j] for j in range(i) if scores[j] == path[i - 1]]
        if len(agreeing) < _LEAST or len(earlier) < 2:
            notes.append(
                f"the board seemed to change from {_text(path[i - 1])} to {_text(path[i])} at"
                f" {readings[i].seconds:.0f} s; seen too briefly to be believed"
            )
            continue
        sure = float(np.mean([r.confidence for r in agreeing]))
        sure *= 1 - 0.5 ** min(len(agreeing), len(earlier))
        changes.append(
            ScoreChange(
                path[i - 1], path[i], earlier[-1].seconds, agreeing[0].seconds, len(agreeing), round(sure, 3)
            )
        )
    return changes, notes


def _on_clock(reading: Reading, clock: MatchClock | None) -> bool:
    if clock is None or reading.clock_s is None:
        return True
    at = clock.at(reading.seconds)
    return at is None or abs(at.seconds - reading.clock_s) < 62 or abs(at.seconds % 2700 - reading.clock_s) < 62


def _cheapest(scores: Sequence[Score], sure: Sequence[float]) -> list[Score]:
    """The most plausible true scores behind the readings."""
    states = [score for score, _ in Counter(scores).most_common(40)]
    step = np.array([[_step_cost(a, b) for b in states] for a in states])
    seen = {score: i for i, score in enumerate(states)}
    cost = np.zeros(len(states))
    back: list[NDArray[np.intp]] = []
    for t, (score, confidence) in enumerate(zip(scores, sure, strict=True)):
        miss = np.full(len(states), 3.0 * min(max((confidence - 0.5) / 0.45, 0.1), 1.0))
        if score in seen:
            miss[seen[score]] = 0.0
        if t == 0:
            cost = miss
            continue
        through = cost[:, None] + step
        best = through.argmin(0)
        back.append(best)
        cost = through[best, np.arange(len(states))] + miss
    place = int(cost.argmin())
    path = [place]
    for best in reversed(back):
        place = int(best[place])
        path.append(place)
    return [states[i] for i in reversed(path)]


def _step_cost(before: Score, after: Score) -> float:
    if before == after:
        return 0.0
    step = (after[0] - before[0], after[1] - before[1])
    if step in ((1, 0), (0, 1)):
        return _GOAL
    return _TAKEN_BACK if step in ((-1, 0), (0, -1)) else _ANY_OTHER


def goals_from(
    board: BoardTrack, clock: MatchClock | None = None, moment: MomentOf = moment_of_goal
) -> tuple[tuple[Event, ...], tuple[str, ...]]:
    """The goals that the board tells, and notes on what was taken back or cannot be told.

    Args:
        board: what was read.
        clock: the match clock, where known; it tells the minute and keeps replays out.
        moment: when a goal fell, given how the board changed.
    """
    changes, notes = score_changes(board, clock)
    events: list[tuple[int, Event]] = []
    for change in changes:
        side = change.side
        if side is not None:
            events.append((side, _goal(change, side, max(moment(change), 0.0), board, clock)))
            continue
        step = (change.after[0] - change.before[0], change.after[1] - change.before[1])
        at = _when(change.first_after, clock)
        if step in ((-1, 0), (0, -1)):
            taken = [i for i, (s, _) in enumerate(events) if step[s] == -1]
            if taken:
                del events[taken[-1]]
            notes.append(
                f"the score went back from {_text(change.before)} to {_text(change.after)} at {at}: not a goal"
            )
        else:
            notes.append(
                f"the score jumped from {_text(change.before)} to {_text(change.after)} between"
                f" {_when(change.last_before, clock)} and {at}: the goals between were not seen"
            )
    return tuple(event for _, event in events), tuple(notes)


def _goal(change: ScoreChange, side: int, time: float, board: BoardTrack, clock: MatchClock | None) -> Event:
    names = board.teams
    team = names[side] or ("home", "away")[side]
    detail = f"score {_text(change.before)} → {_text(change.after)} at {_when(change.first_after, clock)}"
    if all(names):
        detail += f" ({names[0]} - {names[1]})"
    evidence = Evidence("scoreboard", detail, change.confidence)
    return Event.around("Goal", time, soccer, score=change.confidence, team=team, evidence=(evidence,))


def _when(seconds: float, clock: MatchClock | None) -> str:
    at = clock.at(seconds) if clock else None
    return f"{seconds:.0f} s of the recording" if at is None else str(at)


def _text(score: Score) -> str:
    return f"{score[0]}-{score[1]}"


def score_track(goals: Sequence[Event], duration: float, rate: float = 2.0, width_s: float = 2.0) -> ScoreTrack:
    """The goals as probabilities on a time grid: a bell of ``width_s`` around each moment."""
    times = np.arange(max(round(duration * rate), 1)) / rate
    scores = np.zeros((len(times), 1), np.float32)
    for goal in goals:
        bell = (1.0 if goal.score is None else goal.score) * np.exp(-0.5 * ((times - goal.time) / width_s) ** 2)
        scores[:, 0] = np.maximum(scores[:, 0], bell.astype(np.float32))
    return ScoreTrack(("Goal",), scores, rate, "scoreboard")
