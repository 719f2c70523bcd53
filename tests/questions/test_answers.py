"""Answers rest on events of the log, and say so when there are none."""

from __future__ import annotations

import json
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from matchcut.clock import MatchClock, Period, format_window
from matchcut.errors import QuestionError
from matchcut.events import Event, EventLog
from matchcut.questions import Answer, EventQuery, Term, TimeRange, answer, ask, select
from matchcut.recording import Recording
from matchcut.sport import Sport, baseball, soccer

MATCH = MatchClock([Period(1, 100.0, 2900.0, 0.0), Period(2, 3800.0, 6700.0, 2700.0)])
"""Kick-off at 01:40 of the recording, 1:40 of stoppage time in the first half, 3:20 in the second."""


def log(*moments: tuple[str, float], clock: MatchClock | None = None, of: Sport = soccer) -> EventLog:
    events = [Event(label, time, max(time - 5, 0.0), time + 10) for label, time in moments]
    return EventLog(events, Recording("final.mp4", of, 7000.0, clock=clock), "a test")


def test_the_form_of_an_answer() -> None:
    kicks = log(("Direct free-kick", 2174), ("Goal", 300), ("Indirect free-kick", 3000))
    assert str(ask(kicks, "Give me all the highlights of free-kicks")) == (
        "A free-kick occurs at (36:09, 36:24).\nA free-kick occurs at (49:55, 50:10)."
    )
    assert str(ask(kicks, "offsides or goals")) == "A goal occurs at (04:55, 05:10)."
    assert ask(log(("Offside", 60)), "offsides").text == "An offside occurs at (00:55, 01:10)."
    assert ask(kicks, "what happened?").text.splitlines()[1] == "A direct free-kick occurs at (36:09, 36:24)."
    assert ask(kicks, "highlights").text == "A goal occurs at (04:55, 05:10)."


def test_one_moment_found_as_two_kinds_is_one() -> None:
    def found(*moments: tuple[str, float, float | None]) -> EventLog:
        events = [Event(label, at, at - 5, at + 10, score=score) for label, at, score in moments]
        return EventLog(events, Recording("final.mp4", soccer, 7000.0), "a test")

    kicks = found(("Direct free-kick", 102, 0.6), ("Indirect free-kick", 100, 0.4))
    assert ask(kicks, "free-kicks").text == "A free-kick occurs at (01:37, 01:52)."
    assert ask(kicks, "how many free-kicks?").text.startswith("There is 1 free-kick")
    assert len(ask(kicks, "indirect free-kicks").events) == 1
    assert len(ask(kicks, "what happened?").events) == 2
    assert len(ask(kicks, "direct free-kicks and indirect free-kicks").events) == 2
    apart = found(("Direct free-kick", 106, 0.6), ("Indirect free-kick", 100, 0.4))
    assert len(ask(apart, "free-kicks").events) == 2
    same = found(("Direct free-kick", 100, 0.6), ("Indirect free-kick", 100, 0.6))
    assert len(ask(same, "free-kicks").events) == 1
    labelled = found(("Direct free-kick", 102, None), ("Indirect free-kick", 100, None))
    assert len(ask(labelled, "free-kicks").events) == 2


def test_windows_are_by_the_match_clock_where_it_is_known() -> None:
    match = log(("Corner", 100 + 600), ("Corner", 100 + 2750), ("Corner", 3800 + 600), clock=MATCH)
    assert ask(match, "corners").windows == ("(09:55, 10:10)", "(45+0:45, 45+1:00)", "(54:55, 55:10)")
    assert ask(match, "corners in the first ten minutes of the recording").text == (
        "No corner was found in the first 10 minutes of the recording (final.mp4 has 00:00 to 116:40)."
    )


@pytest.mark.parametrize(
    ("question", "at"),
    [
        ("first half", "30:00 45+1:00"),
        ("second half", "46:00 75:00 90+2:00"),
        ("before half-time", "30:00 45+1:00"),
        ("after half-time", "46:00 75:00 90+2:00"),
        ("in stoppage time", "45+1:00 90+2:00"),
        ("in first-half stoppage time", "45+1:00"),
        ("after the 45th minute", "45+1:00 46:00 75:00 90+2:00"),
        ("after 45:30", "46:00 75:00 90+2:00"),
        ("before 45:00", "30:00"),
        ("between 40:00 and 50:00", "45+1:00 46:00"),
        ("in the last five minutes of the first half", "45+1:00"),
        ("in the last 15 minutes", "75:00 90+2:00"),
        ("in the last minute", "90+2:00"),
        ("in the first 46 minutes", "30:00 45+1:00 46:00"),
        ("in the first five minutes of the second half", "46:00"),
        ("in the 76th minute", "75:00"),
        ("in the 30th minute of the second half", "75:00"),
        ("after 90+1", "90+2:00"),
        ("around 75:30", "75:00"),
        ("in extra time", ""),
        ("after 20:00 of the recording", "30:00 45+1:00 46:00 75:00 90+2:00"),
        ("before 31:50 of the recording", "30:00"),
    ],
)
def test_match_time(question: str, at: str) -> None:
    moments = {"30:00": 1900, "45+1:00": 2860, "46:00": 3860, "75:00": 5600, "90+2:00": 6620}
    match = log(*(("Goal", time) for time in moments.values()), clock=MATCH)
    found = {event.time for event in ask(match, f"goals {question}").events}
    assert found == {moments[name] for name in at.split()}


def test_moments_outside_play_belong_to_the_nearest_period() -> None:
    match = log(("Foul", 95), ("Foul", 2950), ("Foul", 3700), ("Foul", 6900), clock=MATCH)
    assert [e.time for e in ask(match, "fouls in the first half").events] == [95, 2950]
    assert [e.time for e in ask(match, "fouls in the second half").events] == [3700, 6900]


def test_a_half_alone_and_a_piece_of_one() -> None:
    second = log(("Goal", 600), ("Goal", 2000), clock=MatchClock.of_half(2, 2800))
    assert ask(second, "goals after the 70th minute").windows == ("(78:15, 78:30)",)
    assert ask(second, "goals in the first half").text == (
        "No goal was found in the first half (final.mp4 has 45:00 to 91:40)."
    )
    piece = log(("Goal", 30), ("Goal", 170), clock=MatchClock.starting_at(2160, 180))
    assert [e.time for e in ask(piece, "goals in the first minute").events] == [30]
    assert [e.time for e in ask(piece, "goals in the last minute").events] == [170]


def test_without_a_match_clock_halves_are_refused_and_minutes_are_the_recordings() -> None:
    plain = log(("Goal", 600), ("Goal", 4500))
    for question in ("goals in the first half", "goals in stoppage time", "corners after the break"):
        with pytest.raises(QuestionError, match=r"match clock is not known.*--kick-off"):
            ask(plain, question)
    told = ask(plain, "goals after the 70th minute")
    assert [e.time for e in told.events] == [4500]
    assert "times are by the recording" in told.text
    assert "--half 2" in told.text


def test_order_and_count() -> None:
    corners = log(*(("Corner", 100.0 * n) for n in range(1, 6)))
    times = {
        "the first corner": [100],
        "the first two corners": [100, 200],
        "the last corner": [500],
        "the last two corners": [400, 500],
        "the third corner": [300],
        "the second to last corner": [400],
        "the second and third corner": [200, 300],
        "the sixth corner": [],
        "the last seven corners": [100, 200, 300, 400, 500],
    }
    for question, expected in times.items():
        assert [e.time for e in ask(corners, question).events] == expected, question
    assert ask(corners, "the sixth corner").text == (
        "No sixth corner was found in the whole recording: there are only 5."
    )
    assert "only 5 of the 7 asked for" in ask(corners, "the last seven corners").text


def test_counting_and_whether() -> None:
    match = log(("Corner", 136), ("Corner", 1000), ("Goal", 2000), ("Penalty", 50))
    assert ask(match, "how many corners?").text == "There are 2 corners: (02:11, 02:26), (16:35, 16:50)."
    assert ask(match, "how many goals?").text == "There is 1 goal: (33:15, 33:30)."
    assert ask(match, "how many goals and corners?").text.startswith("There are 3 goals and corners: ")
    assert ask(match, "how many fouls?").text == (
        "No foul was found in the whole recording (final.mp4 has 00:00 to 116:40)."
    )
    assert ask(match, "was there a penalty?").text == "Yes. A penalty occurs at (00:45, 01:00)."
    many = log(*(("Foul", 10.0 * n) for n in range(50)))
    assert ask(many, "how many fouls").text.endswith("(03:05, 03:20) and 30 more.")
    assert len(ask(many, "how many fouls").events) == 50


def test_what_the_labels_cannot_tell_is_said_and_not_claimed() -> None:
    game = log(("hit", 50), of=baseball)
    assert ask(game, "home runs").text == (
        "A hit occurs at (00:45, 01:00).\nNote: the labels do not tell home runs from other hits; "
        "these are all the hits and balls in play."
    )
    assert ask(game, "how many home runs").text.startswith("There is 1 hit: ")
    assert "No hit or ball in play was found" in ask(log(of=baseball), "home runs").text
    assert ask(log(("Shots on target", 60)), "saves").text.startswith("A shot on target occurs at ")


def test_scores() -> None:
    events = [Event("Goal", t, t, t + 1, score) for t, score in ((1.0, 0.3), (2.0, 0.9), (3.0, None))]
    scored = EventLog(events, Recording("a", soccer, 10.0), "x")
    assert [e.time for e in ask(scored, "goals above 0.5").events] == [2.0, 3.0]
    assert [e.time for e in ask(scored, "the two most certain goals").events] == [3.0, 2.0]
    assert "1 of these scores below 0.5" in ask(scored, "goals").text
    assert "doubtful" not in ask(scored, "goals you are sure of").text
    nothing = EventLog(events[:1], scored.recording, "x")
    assert "with a score of 0.80 or more" in ask(nothing, "goals you are sure of").text


def test_teams() -> None:
    def corner(time: float, team: str | None) -> Event:
        return Event("Corner", time, time, time + 1, team=team)

    recording = Recording("a", soccer, 10.0)
    teams = EventLog([corner(1, "home"), corner(2, "away"), corner(3, "Leeds United")], recording, "x")
    assert [e.time for e in ask(teams, "home corners").events] == [1]
    assert [e.time for e in ask(teams, "corners for leeds united").events] == [3]
    with pytest.raises(QuestionError, match="does not say which team"):
        ask(EventLog([corner(1, None)], recording, "x"), "away corners")


def test_the_answer_as_json() -> None:
    told = ask(log(("Corner", 136)), "corners")
    value = json.loads(json.dumps(told.to_json()))
    assert value["text"] == "A corner occurs at (02:11, 02:26)."
    assert value["understood"] == "corners (Corner), whole recording, in time order"
    assert value["events"] == [
        {"label": "Corner", "time": 136, "start": 131, "end": 146, "score": None, "window": "(02:11, 02:26)"}
    ]
    assert EventQuery.from_json(value["query"]) == told.query


def test_an_empty_log() -> None:
    empty = EventLog([], Recording("a.mp4", soccer), "x")
    assert (
        ask(empty, "everything").text == "No event was found in the whole recording (a.mp4 has 00:00 to 00:00)."
    )
    assert ask(empty, "the last ten minutes").events == ()


# --- for any log and any query ----------------------------------------------------------------------------

EVENTS = st.lists(
    st.builds(
        lambda label, time, score: Event(label, time, max(time - 5, 0.0), time + 10, score),
        st.sampled_from(soccer.names),
        st.floats(0, 6900),
        st.none() | st.floats(0, 1),
    ),
    max_size=25,
)
RANGES = st.builds(
    lambda low, length, periods, stoppage, first, last: TimeRange(
        after=low,
        before=None if low is None else low + length,
        periods=periods,
        stoppage=stoppage,
        first_s=first,
        last_s=last,
    ),
    st.none() | st.floats(0, 6000),
    st.floats(0, 3000),
    st.sampled_from([(), (1,), (2,), (1, 2), (3, 4)]),
    st.booleans(),
    st.none() | st.floats(0, 5400),
    st.none() | st.floats(0, 5400),
)
TERMS = st.lists(
    st.sampled_from([Term(x.singular, x.plural, (x.name,)) for x in soccer.labels]), max_size=3, unique=True
)


@st.composite
def queries(draw: st.DrawFn) -> EventQuery:
    order = draw(st.sampled_from([None, "first", "last", "surest"]))
    return EventQuery(
        terms=tuple(draw(TERMS)),
        times=draw(st.just(TimeRange()) | RANGES),
        order=order,
        skip=draw(st.integers(0, 3)) if order else 0,
        count=draw(st.integers(1, 5)) if order else None,
        asks=draw(st.sampled_from(["moments", "count", "whether"])),
        min_score=draw(st.none() | st.floats(0, 1)),
    )


@given(EVENTS, queries())
@settings(deadline=None, max_examples=200)
def test_an_answer_names_only_events_of_the_log(events: list[Event], query: EventQuery) -> None:
    match = EventLog(events, Recording("final.mp4", soccer, 7000.0, clock=MATCH), "x")
    told = answer(match, query)
    _check_selection(match, query, told)
    known = {format_window(e.start, e.end, MATCH, e.time) for e in told.events}
    assert set(re.findall(r"\([\d:+]+, [\d:+]+\)", told.text)) <= known
    assert not told.events or known
    assert EventQuery.from_json(query.to_json()) == query


def _check_selection(match: EventLog, query: EventQuery, told: Answer) -> None:
    labels = {label for term in query.terms for label in term.labels} or set(soccer.names)
    assert told.events == select(match, query)
    for event in told.events:
        assert event in match.events
        assert event.label in labels
        assert query.min_score is None or event.score is None or event.score >= query.min_score
        assert query.times.holds(event.time, match.recording, 7000.0)
        period = match.recording.clock and match.recording.clock.period_at(event.time)
        if query.times.periods and period:
            assert period.number in query.times.periods
    everything = select(match, EventQuery(query.terms, times=query.times, min_score=query.min_score))
    if query.order is None:
        assert told.events == everything
        assert [e.time for e in told.events] == sorted(e.time for e in told.events)
        return
    assert query.count is not None
    assert len(told.events) == min(query.count, max(len(everything) - query.skip, 0))
    if query.order == "first":
        assert told.events == everything[query.skip :][: query.count]
    elif query.order == "last":
        assert told.events == tuple(reversed(everything))[query.skip :][: query.count][::-1]
    else:
        scores = [1.0 if e.score is None else e.score for e in told.events]
        assert scores == sorted(scores, reverse=True)
