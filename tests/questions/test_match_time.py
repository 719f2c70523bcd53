"""Questions by match time, of a recording whose clock was read off its board; teams and evidence in answers."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest

from matchcut.errors import QuestionError
from matchcut.events import Event, EventLog, Evidence
from matchcut.observe.match_clock import fit_clock
from matchcut.observe.readings import BoardTrack, Reading
from matchcut.questions import ask
from matchcut.recording import Recording
from matchcut.sport import soccer

RATE = 0.9975
KICK_OFF, FIRST_END = 312.4, 47.5 * 60
SECOND, SECOND_END = 4105.8, 94.2 * 60


def on_recording(clock_s: float, half: int) -> float:
    """The recording second at which the clock shows this."""
    return KICK_OFF + clock_s / RATE if half == 1 else SECOND + (clock_s - 2700) / RATE


def fitted() -> Recording:
    """A broadcast that begins five minutes before kick-off and was converted at another speed."""
    readings = []
    for half, start, end in ((1, 0.0, FIRST_END), (2, 2700.0, SECOND_END)):
        for t in np.arange(on_recording(start, half) + 1.3, on_recording(end, half), 7.7):
            origin, zero = (KICK_OFF, 0.0) if half == 1 else (SECOND, 2700.0)
            shown = float(np.floor(zero + (t - origin) * RATE))
            readings.append(Reading(float(t), shown, None, 0, 0, 0.97))
    duration = on_recording(SECOND_END, 2) + 200
    fit = fit_clock(BoardTrack(tuple(readings), (), ("BRA", "GER"), duration=duration))
    assert fit.clock is not None
    assert [p.number for p in fit.clock.periods] == [1, 2]
    assert fit.clock.periods[0].rate == pytest.approx(RATE, abs=2e-4)
    return Recording("match.mp4", soccer, duration, clock=fit.clock, teams=("BRA", "GER"))


RECORDING = fitted()


def log() -> EventLog:
    def goal(clock_s: float, half: int, team: str | None, label: str = "Goal") -> Event:
        told = (Evidence("scoreboard", "score 0-0 → 0-1", 0.98), Evidence("commentary", "no", against=True))
        return Event.around(
            label, on_recording(clock_s, half), soccer, score=0.9, team=team, evidence=told if team else ()
        )

    events = [
        Event.around("Foul", 100.0, soccer, score=0.4),
        goal(641, 1, "GER"),
        goal(2820, 1, None, "Corner"),
        goal(2840, 1, "BRA"),
        goal(2765, 2, "GER"),
        goal(5500, 2, "GER"),
        Event.around("Substitution", on_recording(FIRST_END, 1) + 400, soccer, score=0.8),
    ]
    return EventLog(events, RECORDING, "a test")


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        (
            "goals before half-time",
            ["A goal by GER occurs at (10:31, 10:50).", "by BRA occurs at (45+2:10, 45+2:29"],
        ),
        ("goals in stoppage time", ["A goal by BRA occurs at (45+2:10", "A goal by GER occurs at (90+1:30"]),
        ("goals in stoppage time of the first half", ["A goal by BRA occurs at (45+2:10"]),
        ("corners in first-half stoppage time", ["A corner occurs at (45+1:55"]),
        ("goals after 46:00", ["A goal by GER occurs at (45:55", "A goal by GER occurs at (90+1:30"]),
        ("goals in the second half", ["A goal by GER occurs at (45:55", "A goal by GER occurs at (90+1:30"]),
        ("goals in the 11th minute", ["A goal by GER occurs at (10:31"]),
        ("goals just before half-time", ["A goal by BRA occurs at (45+2:10"]),
        ("goals in the first five minutes of the second half", ["A goal by GER occurs at (45:55"]),
        ("goals in the last five minutes", ["A goal by GER occurs at (90+1:30"]),
        ("fouls", ["A foul occurs at (01:32, 01:47)."]),
        ("Brazil's goals", ["A goal by BRA occurs at (45+2:10"]),
        ("goals by Germany before half-time", ["A goal by GER occurs at (10:31"]),
        ("goals for germany in stoppage time", ["A goal by GER occurs at (90+1:30"]),
        ("home goals", ["A goal by BRA occurs at (45+2:10"]),
        ("the away team's last goal", ["A goal by GER occurs at (90+1:30"]),
        ("did Brazil score in the second half", []),
    ],
)
def test_questions_by_match_time(question: str, answer: list[str]) -> None:
    told = ask(log(), question)
    assert len(told.events) == len(answer), told.text
    for line, expected in zip(told.text.splitlines(), answer, strict=False):
        assert expected[:-1] in line, told.text


def test_the_clock_and_the_teams_survive_the_file() -> None:
    again = EventLog.from_json(json.loads(json.dumps(log().to_json())))
    assert again.recording == RECORDING
    assert ask(again, "goals in stoppage time").text == ask(log(), "goals in stoppage time").text
    assert ask(again, "goals by Brazil").query.teams == ("BRA",)


def test_why() -> None:
    told = ask(log(), "why was there a goal in the 11th minute?")
    assert told.text.splitlines() == [
        "A goal by GER occurs at (10:31, 10:50).",
        "  against it, commentary: no",
        "  scoreboard (0.98): score 0-0 → 0-1",
    ]
    assert told.query.why
    (event,) = told.to_json()["events"]
    assert event["team"] == "GER"
    assert [e["against"] for e in event["evidence"]] == [False, True]
    assert "does not say what it rests on" in ask(log(), "why the corner").text


def test_most_exciting_moments_come_in_the_order_of_their_excitement() -> None:
    def moment(time: float, label: str, score: float, thrill: float | None = None) -> Event:
        told = () if thrill is None else (Evidence("excitement", "number 1 of 3", thrill),)
        return Event.around(label, time, soccer, score=score, evidence=told)

    events = [
        moment(400, "Highlight", 0.6),
        moment(500, "Foul", 0.95, 0.55),
        moment(600, "Goal", 0.9, 0.8),
        moment(700, "Highlight", 0.85),
        moment(800, "Throw-in", 0.99),
    ]
    watched = EventLog(events, RECORDING, "a test")
    assert [e.time for e in ask(watched, "the most exciting moments").events] == [600, 700, 400, 500]
    assert [e.time for e in ask(watched, "the two most exciting moments").events] == [600, 700]
    assert [e.time for e in ask(watched, "highlights").events] == [400, 500, 600, 700]
    assert "An exciting moment occurs at" in ask(watched, "highlights").text
    assert [e.time for e in ask(watched, "fouls").events] == [500]


def test_teams_that_nobody_can_tell_apart() -> None:
    nameless = EventLog(log().events, replace(RECORDING, teams=("", "")), "a test")
    with pytest.raises(QuestionError, match="which of BRA, GER is the away team is not known"):
        ask(nameless, "away goals")
    with pytest.raises(QuestionError, match="does not know names"):
        ask(log(), "goals by Salah")
