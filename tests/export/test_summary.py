"""A recording in a line or two."""

from __future__ import annotations

from matchcut.clock import MatchClock, Period
from matchcut.events import Event, EventLog, Evidence
from matchcut.export.summary import summary
from matchcut.export.table import action_text, evidence_text
from matchcut.observe.observed import Observed
from matchcut.observe.readings import BoardTrack, Reading
from matchcut.recording import Recording

CLOCK = MatchClock([Period(1, 140.0, 2900.0, 0.0), Period(2, 3800.0, 6600.0, 2700.0)])


def board(*scores: tuple[float, int, int]) -> BoardTrack:
    readings = tuple(
        Reading(t + step, None, home=home, away=away) for t, home, away in scores for step in (0, 2, 4, 6)
    )
    return BoardTrack(readings, teams=("BRA", "GER"), looks=tuple(r.seconds for r in readings))


def test_score_and_periods() -> None:
    log = EventLog([], Recording("x", clock=CLOCK), "me")
    observed = Observed(board((200, 0, 0), (900, 0, 1), (4000, 1, 1)))
    assert summary(log, observed) == [
        "BRA 1-1 GER by the scoreboard.",
        "First half from 02:20 to 48:20 of the recording.",
        "Second half from 63:20 to 110:00 of the recording.",
    ]


def test_a_recording_that_begins_late_says_so() -> None:
    log = EventLog([], Recording("x", clock=MatchClock([Period(1, -600.0, 900.0, 0.0)])), "me")
    told = summary(log, Observed(board((10, 2, 0), (500, 3, 0))))
    assert told == [
        "BRA 3-0 GER by the scoreboard, 2-0 when the board was first seen.",
        "First half from 00:00 (10:00 on the clock) to 15:00 of the recording.",
    ]


def test_nothing_known_nothing_told() -> None:
    log = EventLog([], Recording("x"), "me")
    assert summary(log) == []
    assert summary(log, Observed(BoardTrack())) == []


def test_what_speaks_against_is_not_cut_off() -> None:
    told = (
        Evidence("commentary", "goal!", 0.9),
        Evidence("sound", "x" * 300),
        Evidence("scoreboard", "no", None, True),
    )
    event = Event("Goal", 10, 5, 15, 0.4, told, team="GER")
    assert evidence_text(event, 60).startswith("commentary: goal!; against: scoreboard: no; sound: xx")
    assert action_text(event) == "Goal (GER)"
