"""Goals from score readings, on readings that are made up."""

from __future__ import annotations

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from matchcut.clock import MatchClock
from matchcut.observe.goals import ScoreChange, goals_from, moment_of_goal, score_changes, score_track
from matchcut.observe.readings import BoardTrack, Reading


def board(scores: list[tuple[int, int]], every: float = 4.0, confidence: float = 0.98) -> BoardTrack:
    readings = [
        Reading(i * every, i * every, None, home, away, confidence) for i, (home, away) in enumerate(scores)
    ]
    return BoardTrack(tuple(readings), (), ("BRA", "GER"), duration=len(scores) * every)


def test_a_goal() -> None:
    goals, notes = goals_from(board([(0, 0)] * 30 + [(0, 1)] * 30), MatchClock.starting_at(0.0, 240))
    (goal,) = goals
    assert goal.label == "Goal"
    assert goal.team == "GER"
    assert 105 <= goal.time <= 120
    assert goal.evidence[0].detail == "score 0-0 → 0-1 at 02:00 (BRA - GER)"
    assert not notes


@given(st.integers(0, 10_000), st.floats(0.02, 0.15))
@settings(max_examples=25, deadline=None)
def test_misread_digits_make_no_goals(seed: int, share: float) -> None:
    rng = random.Random(seed)
    scores = [(1, 0)] * 60 + [(1, 1)] * 60
    wrong = [(rng.randrange(10), rng.randrange(10)) if rng.random() < share else score for score in scores]
    goals, _ = goals_from(board(wrong))
    assert [(g.team, 215 <= g.time <= 245) for g in goals] == [("GER", True)]


def test_a_goal_that_is_taken_back() -> None:
    goals, notes = goals_from(board([(0, 0)] * 20 + [(1, 0)] * 10 + [(0, 0)] * 20))
    assert not goals
    assert "not a goal" in notes[0]


def test_a_change_seen_too_briefly_is_not_believed() -> None:
    goals, _ = goals_from(board([(0, 0)] * 20 + [(0, 1)] * 2))
    assert not goals


def test_a_jump_is_said_and_not_invented() -> None:
    goals, notes = goals_from(board([(0, 1)] * 20 + [(0, 3)] * 20))
    assert not goals
    assert any("jumped from 0-1 to 0-3" in note for note in notes)


def test_goals_in_quick_succession() -> None:
    goals, _ = goals_from(board([(0, 1)] * 20 + [(0, 2)] * 6 + [(0, 3)] * 6 + [(0, 4)] * 20))
    assert len(goals) == 3


def test_a_replay_with_its_old_score_is_left_out() -> None:
    readings = list(board([(0, 0)] * 30 + [(1, 0)] * 60).readings)
    replay = [Reading(200.0 + i, 30.0 + i, None, 0, 0, 0.99) for i in range(12)]
    track = BoardTrack(tuple(sorted(readings + replay, key=lambda r: r.seconds)), (), ("A", "B"))
    goals, notes = goals_from(track, MatchClock.starting_at(0.0, 400))
    assert [g.team for g in goals] == ["A"]
    assert not notes


def test_the_moment_can_be_refined() -> None:
    change = ScoreChange((0, 0), (0, 1), 765.4, 769.1, 20, 0.99)
    assert moment_of_goal(change) == pytest.approx(762.25, abs=0.1)
    assert moment_of_goal(change, play=[(700, 740), (742, 765.4)]) == pytest.approx(763.9)
    assert moment_of_goal(change, rises=[300.0, 764.0]) == 764.0
    assert moment_of_goal(change, spoken=[(764.5, 0.9)]) == 764.5
    assert moment_of_goal(change, spoken=[(764.5, 0.1)]) == pytest.approx(762.25, abs=0.1)
    assert moment_of_goal(ScoreChange((0, 0), (0, 1), 1.0, 2.0, 5, 0.9)) >= 0
    goals, _ = goals_from(board([(0, 0)] * 9 + [(1, 0)] * 9), moment=lambda change: 7.0)
    assert goals[0].time == 7.0


def test_hints_that_agree_outvote_one_that_does_not() -> None:
    hidden = ScoreChange((0, 0), (0, 1), 105.0, 120.0, 20, 0.99)
    # Play that ended half a minute before the board last showed the old score was some other play.
    assert moment_of_goal(hidden, play=[(46, 75)], rises=[72.9, 98.4]) == 98.4
    # The crowd rises for a chance, and again for the goal, of which the commentary speaks.
    assert moment_of_goal(hidden, rises=[94.0, 101.0], spoken=[(94.5, 0.8)]) == pytest.approx(94.0, abs=0.6)
    assert moment_of_goal(hidden, rises=[94.0, 101.0], spoken=[(102.0, 0.8)]) == pytest.approx(101.5, abs=0.6)


@given(
    st.lists(st.floats(0, 300), max_size=5),
    st.lists(st.tuples(st.floats(0, 300), st.floats(0, 30)), max_size=5),
    st.lists(st.tuples(st.floats(0, 300), st.floats(0, 1)), max_size=5),
)
@settings(max_examples=40, deadline=None)
def test_a_goal_falls_before_the_board_knows_of_it(
    rises: list[float], play: list[tuple[float, float]], spoken: list[tuple[float, float]]
) -> None:
    change = ScoreChange((0, 0), (0, 1), 150.0, 180.0, 20, 0.99)
    shots = [(start, start + length) for start, length in play]
    assert 90.0 <= moment_of_goal(change, shots, rises, spoken) <= 180.0


def test_no_score_is_said() -> None:
    track = BoardTrack((Reading(1.0, 1.0), Reading(2.0, 2.0)))
    assert score_changes(track) == ([], ["no score was read off a board"])
    assert score_changes(BoardTrack()) == ([], [])


def test_track() -> None:
    goals, _ = goals_from(board([(0, 0)] * 30 + [(0, 1)] * 30))
    track = score_track(goals, 240)
    assert track.labels == ("Goal",)
    assert track.times[int(track.column("Goal").argmax())] == pytest.approx(goals[0].time, abs=0.5)
    assert not score_track((), 10).scores.any()
