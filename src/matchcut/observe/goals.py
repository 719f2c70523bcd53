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

from matchcut.clock import REGULAR_S, MatchClock, format_time
from matchcut.events import Event, Evidence
from matchcut.observe.goal_moment import moment_of_goal as moment_of_goal
from matchcut.observe.readings import BoardTrack, Reading
from matchcut.observe.score_changes import ScoreChange as ScoreChange
from matchcut.observe.score_changes import of_play, score_text
from matchcut.sport import soccer
from matchcut.tracks import ScoreTrack

Score = tuple[int, int]

_GOAL, _TAKEN_BACK, _ANY_OTHER = 4.0, 7.0, 14.0  # what a step of the score costs; a sure misreading costs 3
_LEAST = 3  # readings of a new score before it is believed


MomentOf = Callable[[ScoreChange], float]
"""Says when the goal fell that a change of the board tells; sound and shots can know better than the board."""


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
        notes.append(f"the board shows {score_text(path[0])} from the beginning: goals before it are not known")
    starts = [i for i in range(1, len(path)) if path[i] != path[i - 1]]
    for number, i in enumerate(starts):
        stop = starts[number + 1] if number + 1 < len(starts) else len(path)
        agreeing = [readings[j] for j in range(i, stop) if scores[j] == path[i]]
        earlier = [readings[j] for j in range(i) if scores[j] == path[i - 1]]
        if len(agreeing) < _LEAST or len(earlier) < 2:
            notes.append(
                f"the board seemed to change from {score_text(path[i - 1])} to {score_text(path[i])} at"
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
    kept, doubts = of_play(changes, board)
    return kept, [*notes, *doubts]


def _on_clock(reading: Reading, clock: MatchClock | None) -> bool:
    if clock is None or reading.clock_s is None:
        return True
    at = clock.at(reading.seconds)
    if at is None:
        return True
    begins = REGULAR_S.get(at.period, (0.0, 0.0))[0]  # the board may count each period from 0
    return min(abs(at.seconds - reading.clock_s), abs(at.seconds - begins - reading.clock_s)) < 62


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


@dataclass(frozen=True)
class BoardGoals:
    """What the score on a board tells.

    Attributes:
        goals: in time order.
        changes: of each goal, how the board changed.
        taken_back: goals that were not: the change to the score and the change back.
        jumps: changes that no single goal explains.
        notes: on what was taken back or cannot be told.
    """

    goals: tuple[Event, ...]
    changes: tuple[ScoreChange, ...]
    taken_back: tuple[tuple[ScoreChange, ScoreChange], ...]
    jumps: tuple[ScoreChange, ...]
    notes: tuple[str, ...]


def goals_from(
    board: BoardTrack, clock: MatchClock | None = None, moment: MomentOf = moment_of_goal
) -> tuple[tuple[Event, ...], tuple[str, ...]]:
    """The goals that the board tells, and notes; see `board_goals`."""
    told = board_goals(board, clock, moment)
    return told.goals, told.notes


def board_goals(
    board: BoardTrack, clock: MatchClock | None = None, moment: MomentOf = moment_of_goal
) -> BoardGoals:
    """The goals that the board tells, what was taken back, and what cannot be told.

    Args:
        board: what was read.
        clock: the match clock, where known; it tells the minute and keeps replays out.
        moment: when a goal fell, given how the board changed.
    """
    changes, notes = score_changes(board, clock)
    kept: list[ScoreChange] = []
    taken_back: list[tuple[ScoreChange, ScoreChange]] = []
    jumps: list[ScoreChange] = []
    for change in changes:
        if change.side is not None:
            kept.append(change)
            continue
        step = (change.after[0] - change.before[0], change.after[1] - change.before[1])
        at = when(change.first_after, clock)
        if step in ((-1, 0), (0, -1)):
            taken = [c for c in kept if c.side is not None and step[c.side] == -1]
            if taken:
                kept.remove(taken[-1])
                taken_back.append((taken[-1], change))
            notes.append(
                f"the score went back from {score_text(change.before)} to {score_text(change.after)} at {at}:"
                " not a goal"
            )
        else:
            jumps.append(change)
            notes.append(
                f"the score jumped from {score_text(change.before)} to {score_text(change.after)} between"
                f" {when(change.last_before, clock)} and {at}: the goals between were not seen"
            )
    goals = tuple(_goal(change, max(moment(change), 0.0), board, clock) for change in kept)
    return BoardGoals(goals, tuple(kept), tuple(taken_back), tuple(jumps), tuple(notes))


def _goal(change: ScoreChange, time: float, board: BoardTrack, clock: MatchClock | None) -> Event:
    names, side = board.teams, change.side or 0
    team = names[side] or ("home", "away")[side]
    detail = (
        f"score {score_text(change.before)} → {score_text(change.after)} at {when(change.first_after, clock)}"
    )
    if all(names):
        detail += f" ({names[0]} - {names[1]})"
    evidence = Evidence("scoreboard", detail, change.confidence)
    return Event.around("Goal", time, soccer, score=change.confidence, team=team, evidence=(evidence,))


def when(seconds: float, clock: MatchClock | None) -> str:
    """A moment as people name it: by the match clock, else by the recording."""
    at = clock.at(seconds) if clock else None
    return f"{format_time(seconds)} of the recording" if at is None else str(at)


def score_track(goals: Sequence[Event], duration: float, rate: float = 2.0, width_s: float = 2.0) -> ScoreTrack:
    """The goals as probabilities on a time grid: a bell of ``width_s`` around each moment."""
    times = np.arange(max(round(duration * rate), 1)) / rate
    scores = np.zeros((len(times), 1), np.float32)
    for goal in goals:
        bell = (1.0 if goal.score is None else goal.score) * np.exp(-0.5 * ((times - goal.time) / width_s) ** 2)
        scores[:, 0] = np.maximum(scores[:, 0], bell.astype(np.float32))
    return ScoreTrack(("Goal",), scores, rate, "scoreboard")
