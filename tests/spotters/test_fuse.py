"""All sources together, on matches that are made up."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from made_up import KICK_OFF, board, countdown, film, recording, said, shots, sound

from matchcut.clock import MatchClock, Period
from matchcut.events import Event, EventLog
from matchcut.observe.goals import board_goals
from matchcut.observe.observed import Observed
from matchcut.observe.readings import BoardTrack, Count, Reading, TextSeen
from matchcut.observe.shots import Shot, ShotTrack
from matchcut.recording import Recording
from matchcut.sport import baseball, soccer
from matchcut.spotters.fuse import fuse


def only(log: EventLog, label: str) -> Event:
    (event,) = log.where(label)
    return event


def score(log: EventLog, label: str) -> float:
    return only(log, label).score or 0.0


def against(event: Event) -> list[str]:
    return [e.source for e in event.evidence if e.against]


def test_without_any_source_there_is_nothing() -> None:
    fusion = fuse(recording())
    assert (len(fusion.log), fusion.tracks, fusion.notes) == (0, (), ())


def test_a_goal_with_all_that_tells_of_it() -> None:
    observed = Observed(board([(745.0, 1)]), sound([(741.0, 9.0)]), shots([(742.0, 760.0, 775.0)]))
    fusion = fuse(recording(), observed=observed, commentary=said([("Goal", 743.0, 0.93)]))
    goal = only(fusion.log, "Goal")
    assert goal.team == "GER"
    assert goal.time == pytest.approx(740.5, abs=1)
    assert (goal.score or 0) > 0.98
    details = {e.source: e.detail for e in goal.evidence if not e.against}
    assert goal.evidence[0].detail == "score 0-0 → 0-1 at 10:46 (BRA - GER)"
    assert {"scoreboard", "commentary", "sound", "shots", "excitement"} == set(details)
    assert any(e.source == "commentary" and e.score == 0.93 and e.detail == "he says so" for e in goal.evidence)
    assert any(e.detail.startswith("crowd +9 dB at 10:4") for e in goal.evidence)
    assert any(e.detail == "replay at 11:00" for e in goal.evidence)
    assert not against(goal)
    assert "Highlight" not in fusion.log.counts(), "the goal is the highlight"
    assert [track.source for track in fusion.tracks] == ["commentary", "scoreboard", "sound", "shots"]
    assert fusion.log.recording.teams == ("BRA", "GER")
    assert fusion.log.recording.clock is not None


def test_commentary_alone_keeps_its_own_scores() -> None:
    claims = [("Goal", 300.0, 0.6), ("Foul", 500.0, 0.35), ("Corner", 700.0, 0.2)]
    fusion = fuse(recording(), commentary=said(claims))
    assert [(e.label, e.score) for e in fusion.log] == [("Goal", 0.6), ("Foul", 0.35)], "a corner needs 0.3"
    assert fuse(recording(), commentary=said(claims), min_score=0.1).log.counts()["Corner"] == 1


def test_the_kick_off_is_where_the_clock_began() -> None:
    fusion = fuse(recording(), observed=Observed(board()), commentary=said([("Kick-off", 104.0, 0.8)]))
    kick_off = only(fusion.log, "Kick-off")
    assert kick_off.time == pytest.approx(KICK_OFF, abs=0.5)
    assert "kick-off of the first half" in kick_off.evidence[0].detail
    assert (kick_off.score or 0) > 0.95


def test_play_that_is_shown_again_after_a_goal_is_a_kick_off() -> None:
    observed = Observed(board([(745.0, 1)]), shots=shots([(742.0, 760.0, 795.0)]))
    log = fuse(recording(), observed=observed).log.where("Kick-off")
    assert [round(e.time) for e in log] == [100, 795]
    assert log[1].evidence[0].detail == "play is shown again at 11:35, 54 s after the goal"
    at_once = Observed(board([(745.0, 1)]), shots=shots([(742.0, 747.0, 752.0)]))
    assert len(fuse(recording(), observed=at_once).log.where("Kick-off")) == 1, "too soon after the goal"
    heard = said([("Kick-off", 803.0, 0.7)])
    both = fuse(recording(), observed=observed, commentary=heard).log.where("Kick-off")
    assert [round(e.time) for e in both] == [100, 795]
    assert (both[1].score or 0) > 0.8


def test_a_recording_that_begins_during_play_has_no_kick_off() -> None:
    track = board(kick_off=-600.0)
    assert "Kick-off" not in fuse(recording(), observed=Observed(track)).log.counts()


# --- contradictions --------------------------------------------------------------------------------------


def test_the_board_contradicts_a_goal() -> None:
    fusion = fuse(recording(), observed=Observed(board()), commentary=said([("Goal", 743.0, 0.93)]))
    goal = only(fusion.log, "Goal")
    assert 0.05 < (goal.score or 0) < 0.5
    told = [e for e in goal.evidence if e.against]
    assert [e.source for e in told] == ["scoreboard"]
    assert told[0].detail.startswith("score still 0-0 at 14:")


def test_a_board_that_is_hidden_or_was_not_seen_after_contradicts_nothing() -> None:
    hidden = board(hidden=[(600.0, 1100.0)])
    for track in (hidden, board(length=760.0)):
        heard = said([("Goal", 743.0, 0.7)], length=1500.0)
        assert score(fuse(recording(), observed=Observed(track), commentary=heard).log, "Goal") == 0.7


def test_one_goal_on_the_board_is_one_event() -> None:
    heard = said([("Goal", 742.0, 0.9), ("Goal", 790.0, 0.7)])
    log = fuse(recording(), observed=Observed(board([(745.0, 0)])), commentary=heard).log.where("Goal")
    first, second = log
    assert (first.score or 0) > 0.98
    assert (second.score or 0) < 0.1
    assert "no goal on the board but the one at" in second.evidence[-1].detail


def test_commentary_that_says_nothing_of_a_goal_speaks_against_it() -> None:
    observed = Observed(board([(745.0, 0)]))
    alone = score(fuse(recording(), observed=observed).log, "Goal")
    doubted = only(fuse(recording(), observed=observed, commentary=said([])).log, "Goal")
    assert against(doubted) == ["commentary"]
    assert 0.8 < (doubted.score or 0) < alone
    silent = fuse(recording(), observed=observed, commentary=said([], speech=False)).log
    assert score(silent, "Goal") == alone, "where nobody speaks, silence tells nothing"


def test_a_goal_taken_back_is_none_and_is_told() -> None:
    track = board([(745.0, 0)], taken_back=[(825.0, 0)])
    fusion = fuse(recording(), observed=Observed(track), commentary=said([("Goal", 741.0, 0.8)]))
    goal = only(fusion.log, "Goal")
    assert (goal.score or 0) < 0.3
    assert any("score back from 1-0 to 0-0" in e.detail and e.against for e in goal.evidence)
    assert any("not a goal" in note for note in fusion.notes)
    assert "Goal" not in fuse(recording(), observed=Observed(track)).log.counts()


def test_a_kick_off_in_the_middle_of_a_half() -> None:
    heard = said([("Kick-off", 900.0, 0.6)])
    doubted = [e for e in fuse(recording(), observed=Observed(board()), commentary=heard).log if e.time == 900]
    assert against(doubted[0]) == ["scoreboard"]
    after_goal = fuse(recording(), observed=Observed(board([(850.0, 0)])), commentary=heard).log
    assert [e.score for e in after_goal if e.time == 900] == [0.6]


def test_what_is_claimed_outside_of_play_is_doubted() -> None:
    clock = MatchClock([Period(1, 100, 2900, 0), Period(2, 3800, 6600, 2700)])
    claims = [("Foul", 30.0, 0.8), ("Foul", 1000.0, 0.8), ("Foul", 3400.0, 0.8), ("Foul", 6800.0, 0.8)]
    claims += [("Substitution", 3401.0, 0.8)]
    where = Recording("match.mp4", duration=7000, clock=clock)
    log = fuse(where, commentary=said(claims, length=7000.0)).log
    told = {e.time: [x.detail for x in e.evidence if x.against] for e in log}
    assert told[30.0] == ["00:30 of the recording lies before kick-off"]
    assert told[3400.0] == ["56:40 of the recording lies at half-time"]
    assert told[6800.0] == ["113:20 of the recording lies after the end"]
    assert told[1000.0] == told[3401.0] == []
    assert log[0].evidence[-1].source == "person", "the user gave this clock"


def test_a_clock_that_knows_one_half_alone_says_nothing_of_the_other() -> None:
    half = Recording("m.mp4", duration=7000, clock=MatchClock([Period(1, 100, 3700, 0)]))
    loud = Observed(sound=sound([(30.0, 9.0), (5000.0, 9.0)], length=7000.0))
    log = fuse(half, observed=loud, commentary=said([("Foul", 5400.0, 0.8)], length=7000.0)).log
    assert log.where("Foul")[0].score == 0.8
    assert [round(e.time, -2) for e in log.where("Highlight")] == [5000]


# --- support ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("label", "observed", "source"),
    [
        ("Shots on target", Observed(sound=sound([(600.0, 9.0)])), "sound"),
        ("Yellow card", Observed(sound=sound([(600.0, 9.0)])), "sound"),
        ("Foul", Observed(sound=sound(whistles=[600.5])), "sound"),
        ("Offside", Observed(sound=sound(whistles=[600.5])), "sound"),
        ("Shots off target", Observed(shots=shots([(601.0, 612.0, 620.0)])), "shots"),
        ("Yellow card", Observed(shots=shots([(601.0, 612.0, 620.0)])), "shots"),
        ("Substitution", Observed(board(texts=[TextSeen(620, 640, ("SUBSTITUTION", "HULK"))])), "scoreboard"),
        ("Yellow card", Observed(board(texts=[TextSeen(620, 640, ("DANTE", "YELLOW CARD"))])), "scoreboard"),
    ],
)
def test_what_fits_supports(label: str, observed: Observed, source: str) -> None:
    log = fuse(recording(), observed=observed, commentary=said([(label, 600.0, 0.5)])).log
    event = only(log, label)
    assert 0.5 < (event.score or 0) < 0.83, "modest"
    assert source in [e.source for e in event.evidence if not e.against]


def test_a_crowd_that_always_rises_tells_nothing() -> None:
    often = sound([(t, 9.0) for t in range(20, 1480, 25)])
    heard = said([("Shots on target", 600.0, 0.5)])
    log = fuse(recording(), observed=Observed(sound=often), commentary=heard).log
    assert score(log, "Shots on target") == pytest.approx(0.5, abs=0.1)


def test_silence_and_no_picture_tell_nothing() -> None:
    quiet = replace(sound(), loudness=sound().loudness * 0 - 70, crowd=sound().crowd * 0 - 70)
    heard = said([("Foul", 600.0, 0.5), ("Goal", 900.0, 0.5)])
    fusion = fuse(recording(), observed=Observed(sound=quiet, shots=ShotTrack((), ())), commentary=heard)
    assert [(e.label, e.score) for e in fusion.log] == [("Foul", 0.5), ("Goal", 0.5)]


@given(st.integers(0, 10_000), st.floats(0.01, 0.99), st.sampled_from(soccer.names))
@settings(max_examples=10, deadline=None)
def test_scores_are_probabilities_and_sources_may_come_in_any_order(seed: int, sure: float, label: str) -> None:
    rng = random.Random(seed)
    moments = [rng.uniform(120, 1300) for _ in range(6)]
    claims = [(label, round(t, 1), sure) for t in moments[:3]] + [("Goal", moments[3], 0.5)]
    observed = Observed(
        board([(t, rng.randrange(2)) for t in sorted(moments[2:4])]),
        sound([(t, rng.uniform(0, 12)) for t in moments], whistles=sorted(moments[1:3])),
    )
    fusion = fuse(recording(), observed=observed, commentary=said(claims), min_score=0.0)
    assert all(0 <= (e.score or 0) <= 1 for e in fusion.log)
    shuffled = rng.sample(claims, len(claims))
    assert fuse(recording(), observed=observed, commentary=said(shuffled), min_score=0.0).log == fusion.log


@given(st.floats(0.05, 0.95), st.booleans(), st.booleans(), st.booleans())
@settings(max_examples=8, deadline=None)
def test_more_support_is_never_less_likely(sure: float, loud: bool, blown: bool, shown: bool) -> None:
    heard = said([("Penalty", 600.0, sure)])

    def fused(loud: bool, blown: bool, shown: bool) -> float:
        rises = [(600.0, 9.0)] if loud else []
        # Another whistle and another replay, so that the recording is known to have them.
        heard_sound = sound(rises, whistles=[200.0, 600.0] if blown else [200.0])
        seen = shots([(300.0, 310.0, 320.0), *([(602.0, 615.0, 625.0)] if shown else [])])
        observed = Observed(sound=heard_sound, shots=seen)
        return score(fuse(recording(), observed=observed, commentary=heard, min_score=0.0).log, "Penalty")

    here = fused(loud, blown, shown)
    assert fused(True, blown, shown) >= here
    assert fused(loud, True, shown) >= here
    assert fused(loud, blown, True) >= here


@given(st.floats(0.0, 0.99), st.lists(st.floats(200, 1200), max_size=3, unique=True))
@settings(max_examples=8, deadline=None)
def test_a_board_without_goals_never_raises_a_goal(sure: float, moments: list[float]) -> None:
    heard = said([("Goal", t, sure) for t in moments])
    log = fuse(recording(), observed=Observed(board()), commentary=heard, min_score=0.0).log.where("Goal")
    assert len(log) == len(moments)
    assert all((e.score or 0) <= sure for e in log)


# --- the moment of a goal --------------------------------------------------------------------------------


def test_without_shots_the_commentary_tells_the_moment() -> None:
    hidden = board([(790.0, 0)], hidden=[(741.0, 800.0)])
    log = fuse(recording(), observed=Observed(hidden), commentary=said([("Goal", 742.0, 0.9)])).log
    goal = only(log, "Goal")
    assert (goal.time, goal.team) == (742.0, "BRA")
    unsure = fuse(recording(), observed=Observed(hidden), commentary=said([("Goal", 742.0, 0.2)])).log
    assert only(unsure, "Goal").time != 742.0


def test_without_commentary_the_crowd_tells_the_moment() -> None:
    observed = Observed(board([(752.0, 0)]), sound([(741.0, 9.0)]))
    goal = only(fuse(recording(), observed=observed).log, "Goal")
    assert goal.time == pytest.approx(741.0, abs=2.5)


# --- what is no match, and highlights --------------------------------------------------------------------


@pytest.mark.parametrize("track", [film(), countdown(), BoardTrack(duration=1500.0)])
def test_a_board_that_cannot_be_trusted_invents_nothing(track: BoardTrack) -> None:
    fusion = fuse(recording(), observed=Observed(track))
    assert len(fusion.log) == 0
    assert bool(fusion.notes) == bool(track.readings)


def test_without_board_and_pitch_nothing_is_exciting() -> None:
    unknown = ShotTrack((Shot(0.0, 1500.0, "unknown", 0.0, 3.0),), ())
    loud = sound([(600.0, 12.0)])
    assert len(fuse(recording(), observed=Observed(BoardTrack(), loud, unknown)).log) == 0
    assert fuse(recording(), observed=Observed(sound=loud)).log.counts() == {"Highlight": 1}


def test_exciting_moments_say_why() -> None:
    observed = Observed(board(), sound([(600.0, 9.0), (50.0, 15.0)]), shots([(604.0, 615.0, 625.0)]))
    fusion = fuse(recording(), observed=observed)
    highlight = only(fusion.log, "Highlight")
    assert highlight.time == pytest.approx(604, abs=5), "the noise before kick-off is none"
    assert [e.source for e in highlight.evidence] == ["sound", "shots"]
    assert highlight.evidence[0].detail.startswith("crowd +8 dB, loudness +8 dB at 08:2")
    assert highlight.evidence[1].detail == "replay at 08:35, close-ups after it"
    assert (highlight.score or 0) > 0.8


def test_a_louder_moment_is_more_exciting() -> None:
    log = fuse(recording(), observed=Observed(sound=sound([(300.0, 7.0), (600.0, 9.0), (900.0, 12.0)]))).log
    scores = [e.score or 0 for e in log.where("Highlight")]
    assert scores == sorted(scores)
    assert len(scores) == 3


def test_a_shot_is_the_highlight_that_it_is() -> None:
    heard = said([("Shots on target", 600.0, 0.8), ("Throw-in", 900.0, 0.8)])
    loud = sound([(600.0, 9.0), (900.0, 9.0)])
    log = fuse(recording(), observed=Observed(sound=loud), commentary=heard).log
    assert log.counts() == {"Shots on target": 1, "Throw-in": 1, "Highlight": 1}
    (rank,) = [e for e in only(log, "Shots on target").evidence if e.source == "excitement"]
    assert rank.detail.endswith("of 2 exciting moments")
    assert only(log, "Highlight").time > 850, "nobody cheers a throw-in"


def test_the_settings_of_the_user_hold() -> None:
    observed = Observed(board([(745.0, 1)]), sound([(300.0, 6.0)]))
    assert set(fuse(recording(), observed=observed, min_score=0.8).log.counts()) == {"Goal", "Kick-off"}
    heard = said([("Goal", 743.0, 0.93)])
    strict = fuse(recording(), observed=Observed(board()), commentary=heard, min_score=0.8)
    assert "Goal" not in strict.log.counts()
    assert any("was left out: score still 0-0" in note for note in strict.notes)


def test_goals_by_board() -> None:
    told = board_goals(board([(300.0, 0), (600.0, 1)], taken_back=[(700.0, 1)]))
    assert [g.team for g in told.goals] == ["BRA"]
    assert [(a.after, b.after) for a, b in told.taken_back] == [((1, 1), (1, 0))]
    jump = board_goals(BoardTrack(tuple(Reading(4.0 * i, 4.0 * i, None, 0, 3 * (i > 40)) for i in range(90))))
    assert len(jump.jumps) == 1
    assert not jump.goals


def test_baseball_by_its_board() -> None:
    counts = [Count(10.0 * i, balls, 0, confidence=0.95) for i, balls in enumerate((0, 0, 1, 1, 2, 2))]
    track = BoardTrack(counts=tuple(counts), teams=("BOS", "NYY"), duration=60.0)
    fusion = fuse(Recording("game.mp4", baseball, duration=60.0), observed=Observed(track))
    assert fusion.log.counts() == {"ball": 2}
    assert [track.source for track in fusion.tracks] == ["scoreboard"]
    assert any("does not tell how the batter's turn ended" in note for note in fusion.notes)
