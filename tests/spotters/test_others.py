"""Further spotters in the fusion, on matches that are made up."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from made_up import LENGTH, board, recording, said, shots, sound

from matchcut.errors import SettingsError, ValidationError
from matchcut.events import Event, EventLog, Evidence
from matchcut.observe.observed import Observed
from matchcut.observe.readings import BoardTrack, Count
from matchcut.recording import Recording
from matchcut.sport import baseball, soccer
from matchcut.spotters.fuse import Scored, Trust, fuse
from matchcut.spotters.others import usually
from matchcut.tracks import ScoreTrack

Claims = Sequence[tuple[str, float, float]]
GUESSED, MEASURED = Trust(), Trust(calibrated=True)


def seen(claims: Claims, source: str = "vision", usual: float = 0.0, trust: Trust = GUESSED) -> Scored:
    """A spotter that believes ``usual`` all the time, and these claims: (label, second, score)."""
    scores = np.full((round(LENGTH * 2), len(soccer.names)), usual, np.float32)
    for label, second, score in claims:
        at = round(second * 2)
        scores[at - 2 : at + 3, soccer.names.index(label)] = score
    events = tuple(
        Event.around(label, second, soccer, score=score, evidence=(Evidence(source, "it looks so", score),))
        for label, second, score in claims
    )
    return Scored(ScoreTrack(soccer.names, scores, 2.0, source), events, trust, f"{source} weights 1")


def only(log: EventLog, label: str) -> Event:
    (event,) = log.where(label)
    return event


def test_an_uncalibrated_source_alone_gives_no_sure_event_and_says_what_it_rests_on() -> None:
    fusion = fuse(recording(), others=[seen([("Corner", 300.0, 0.99), ("Foul", 500.0, 0.5)])])
    corner = only(fusion.log, "Corner")
    assert (corner.score or 0) <= 0.5
    assert [(e.source, e.detail, e.score) for e in corner.evidence] == [("vision", "it looks so", 0.99)]
    assert not len(fusion.log.where("Foul")), "a guess of 0.5 by one whom nobody measured is not shown"
    assert fusion.log.producer == "matchcut vision weights 1"
    assert [track.source for track in fusion.tracks] == ["vision"]
    assert any("1 of 1 events rests on vision alone" in note for note in fusion.notes)


def test_a_source_that_changes_nothing_says_so() -> None:
    fusion = fuse(recording(), others=[seen([("Foul", 500.0, 0.3)])])
    assert not len(fusion.log)
    assert any("vision changed nothing" in note for note in fusion.notes)


def test_a_measured_source_keeps_its_probability() -> None:
    fusion = fuse(recording(), others=[seen([("Corner", 300.0, 0.9)], trust=MEASURED)])
    assert only(fusion.log, "Corner").score == pytest.approx(0.9)
    assert not fusion.notes


def test_what_is_believed_all_the_time_tells_nothing() -> None:
    fusion = fuse(recording(), others=[seen([("Corner", 300.0, 0.9)], usual=0.85)])
    assert not len(fusion.log)
    heard = said([("Corner", 301.0, 0.5)])
    other = fuse(recording(), commentary=heard, others=[seen([("Corner", 300.0, 0.9)], usual=0.85)])
    much = fuse(recording(), commentary=heard, others=[seen([("Corner", 300.0, 0.9)])])
    assert (only(other.log, "Corner").score or 0) < (only(much.log, "Corner").score or 0)


@pytest.mark.parametrize("trust", [Trust(), MEASURED])
def test_support_raises_a_claim_and_stands_in_its_evidence(trust: Trust) -> None:
    heard = said([("Corner", 300.0, 0.6)])
    before = only(fuse(recording(), commentary=heard).log, "Corner")
    after = only(
        fuse(recording(), commentary=heard, others=[seen([("Corner", 306.0, 0.8)], trust=trust)]).log, "Corner"
    )
    assert (after.score or 0) > (before.score or 0)
    if trust.calibrated:
        assert {e.source for e in after.evidence} == {"commentary", "vision"}
    else:
        assert after.time == 300.0, "the surer one's moment"
        assert (after.evidence[-1].source, after.evidence[-1].detail) == ("vision", "it looks so")
        odds = (after.score or 0) / (1 - (after.score or 0)) / (0.6 / 0.4)
        assert odds <= np.e + 1e-6, "at most one unit of log-odds"


def test_of_two_claims_of_one_moment_the_surer_is_kept_and_the_other_speaks_for_it() -> None:
    weak = said([("Corner", 300.0, 0.2)])
    log = fuse(recording(), commentary=weak, others=[seen([("Corner", 306.0, 0.9)], trust=MEASURED)]).log
    corner = only(log, "Corner")
    assert corner.time == 306.0
    assert [e.source for e in corner.evidence] == ["vision", "commentary"]
    assert (corner.score or 0) > 0.9


def test_silence_speaks_against_only_where_it_looked_and_sees_such_events_elsewhere() -> None:
    heard = said([("Corner", 300.0, 0.6)])
    elsewhere = seen([("Corner", 900.0, 0.9)])
    doubted = only(fuse(recording(), commentary=heard, others=[elsewhere]).log.where(before=600.0), "Corner")
    assert (doubted.score or 0) < 0.6
    assert [e.source for e in doubted.evidence if e.against] == ["vision"]
    for other in (seen([]), seen([("Foul", 900.0, 0.9)]), replace(elsewhere, looked=((800.0, 1000.0),))):
        log = fuse(recording(), commentary=heard, others=[other]).log.where("Corner", before=600.0)
        assert only(log, "Corner").score == pytest.approx(0.6)


def test_one_detection_supports_one_claim() -> None:
    heard = said([("Foul", 300.0, 0.6), ("Foul", 310.0, 0.6)])
    log = fuse(recording(), commentary=heard, others=[seen([("Foul", 309.0, 0.9)])]).log.where("Foul")
    assert [any(e.source == "vision" and not e.against for e in event.evidence) for event in log] == [
        False,
        True,
    ]


def test_a_board_without_a_goal_contradicts_a_goal_that_was_only_seen() -> None:
    other = seen([("Goal", 700.0, 0.9)], trust=MEASURED)
    alone = only(fuse(recording(), others=[other]).log, "Goal")
    with_board = fuse(recording(), observed=Observed(board()), others=[other]).log.where("Goal")
    scores = [event.score or 0 for event in with_board]
    assert alone.score == pytest.approx(0.9)
    assert not scores or max(scores) < 0.5


def test_a_goal_on_the_board_takes_the_support_and_keeps_its_place() -> None:
    observed = Observed(board([(745.0, 1)]))
    bare = only(fuse(recording(), observed=observed).log, "Goal")
    goal = only(
        fuse(recording(), observed=observed, others=[seen([("Goal", bare.time + 4, 0.8)], trust=MEASURED)]).log,
        "Goal",
    )
    assert (goal.time, goal.team) == (bare.time, bare.team)
    assert (goal.score or 0) > (bare.score or 0)
    surer = seen([("Goal", bare.time + 4, 0.99)], trust=MEASURED)
    same = only(fuse(recording(), observed=observed, others=[surer]).log, "Goal")
    assert (same.time, same.team) == (bare.time, bare.team), "the board keeps its place beside a surer one"
    assert sum(e.source == "scoreboard" for e in same.evidence) == 1
    assert "vision" in {e.source for e in goal.evidence}


def test_what_a_source_has_heard_already_is_not_counted_twice() -> None:
    observed = Observed(sound=sound([(301.0, 9.0)]), shots=shots())
    claims: Claims = [("Penalty", 300.0, 0.6)]
    apart = seen(claims, trust=MEASURED)
    joint = replace(apart, rests_on=frozenset({"sound"}))
    counted = only(fuse(recording(), observed=observed, others=[apart]).log, "Penalty")
    once = only(fuse(recording(), observed=observed, others=[joint]).log, "Penalty")
    assert (counted.score or 0) > (once.score or 0)
    words = replace(apart, rests_on=frozenset({"commentary"}))
    heard = said([("Penalty", 302.0, 0.5)])
    both = only(fuse(recording(), commentary=heard, others=[apart]).log, "Penalty")
    same = only(fuse(recording(), commentary=heard, others=[words]).log, "Penalty")
    assert same.score == pytest.approx(0.6)
    assert (both.score or 0) > 0.7
    assert {e.source for e in same.evidence} == {"vision", "commentary"}


def test_a_pitch_that_the_board_counts_takes_the_support() -> None:
    counts = tuple(Count(10.0 * i, balls, 0, confidence=0.95) for i, balls in enumerate((0, 0, 0, 1, 1, 1)))
    observed = Observed(BoardTrack(counts=counts, teams=("BOS", "NYY"), duration=60.0))
    game = Recording("game.mp4", baseball, duration=60.0)
    bare = fuse(game, observed=observed).log
    (ball,) = bare.where("ball")
    scores = np.zeros((60, 1), np.float32)
    event = Event.around("ball", ball.time + 3, baseball, score=0.9)
    other = Scored(ScoreTrack(("ball",), scores, 1.0, "vision"), (event,), MEASURED)
    (both,) = fuse(game, observed=observed, others=[other]).log.where("ball")
    assert both.time == ball.time
    assert (both.score or 0) > (ball.score or 0)
    assert {e.source for e in both.evidence} == {"scoreboard", "vision"}


def test_two_further_sources_join_in_order() -> None:
    first, second = seen([("Corner", 300.0, 0.7)], trust=MEASURED), seen([("Corner", 303.0, 0.7)], "language")
    fusion = fuse(recording(), others=[first, second])
    corner = only(fusion.log, "Corner")
    assert {e.source for e in corner.evidence} == {"vision", "language"}
    assert (corner.score or 0) > 0.7
    assert fusion.log.producer == "matchcut vision weights 1 + language weights 1"


def test_min_score_counts_for_further_sources_too() -> None:
    other = seen([("Corner", 300.0, 0.2)], trust=MEASURED)
    assert not len(fuse(recording(), others=[other]).log)
    assert len(fuse(recording(), others=[other], min_score=0.1).log) == 1
    assert len(fuse(recording(), others=[replace(other, least={"Corner": 0.15})]).log) == 1


@pytest.mark.parametrize("name", ["commentary", "sound", "not a name", ""])
def test_names_that_are_taken_or_no_names_are_refused(name: str) -> None:
    with pytest.raises(ValidationError, match="cannot be called"):
        seen([], name)


def test_other_mistakes_are_refused() -> None:
    with pytest.raises(ValidationError, match="one name"):
        fuse(recording(), others=[seen([]), seen([])])
    with pytest.raises(ValidationError, match="no score"):
        Scored(seen([]).track, (Event.around("Goal", 5.0, soccer),))
    with pytest.raises(SettingsError):
        Trust(doubt=1.0)
    bare = Scored(seen([]).track, (Event.around("Goal", 5.0, soccer, score=0.5),))
    assert bare.detections[0].evidence == (Evidence("vision", "", 0.5),)
    assert usually(0.0, 15.0, 0.0) == 0.01


@settings(max_examples=30, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.sampled_from(("Goal", "Corner", "Foul")), st.floats(20, LENGTH - 20), st.floats(0.05, 0.99)
        ),
        max_size=8,
    ),
    st.booleans(),
    st.floats(0, 0.8),
)
def test_scores_stay_probabilities_and_guesses_stay_modest(claims: Claims, told: bool, usual: float) -> None:
    heard = said([("Goal", 400.0, 0.7), ("Corner", 800.0, 0.4)]) if told else None
    fusion = fuse(recording(), commentary=heard, others=[seen(claims, usual=usual)], min_score=0.0)
    for event in fusion.log:
        assert 0 <= (event.score or 0) <= 1
        if {e.source for e in event.evidence if not e.against} == {"vision"}:
            assert (event.score or 0) <= 0.5 + 1e-9
