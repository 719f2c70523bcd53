"""The terminal's table shows every event at every width and lets no text steer the terminal."""

from __future__ import annotations

import io

import pytest
from hypothesis import given, settings
from pages import HOSTILE, hostile_log, logs
from rich.console import Console

from matchcut.clock import MatchClock
from matchcut.events import Event, EventLog, Evidence
from matchcut.export.table import events_table
from matchcut.recording import Recording
from matchcut.sport import soccer


def printed(log: EventLog, width: int = 100) -> str:
    stream = io.StringIO()
    Console(file=stream, width=width, force_terminal=True, color_system=None).print(events_table(log))
    return stream.getvalue()


def small_log(clock: MatchClock | None = None) -> EventLog:
    said = (Evidence("commentary", "and that [bold]is[/bold] a corner", 0.8),)
    found = [
        Event.around("Corner", 9, soccer, score=0.834, evidence=said),
        Event.around("Shots off target", 100, soccer),
    ]
    return EventLog(found, Recording("a.mp4", soccer, 180.0, clock=clock), "test")


def test_a_row_an_event() -> None:
    out = printed(small_log(MatchClock.starting_at(2160, 180)), 110)
    corner = next(line for line in out.splitlines() if "Corner" in line)
    for wanted in ("36:09", "00:09", "00:04–00:19", "83%", "commentary: and that [bold]is[/bold] a corner"):
        assert wanted in corner
    shot = next(line for line in out.splitlines() if "Shots off target" in line)
    assert shot.split()[-2:] == ["–", "01:32–01:47"]
    assert "Match" not in printed(small_log())


@pytest.mark.parametrize("width", [40, 60, 80, 200])
def test_narrow_terminals_keep_time_and_label(width: int) -> None:
    out = printed(small_log(MatchClock.starting_at(2160, 180)), width)
    assert all(len(line) <= width for line in out.splitlines())
    for wanted in ("36:09", "37:40", "00:09", "01:40", "Corner", "Shots off tar"):
        assert wanted in out


@pytest.mark.parametrize("text", HOSTILE, ids=lambda t: ascii(t[:12]))
def test_no_text_steers_the_terminal(text: str) -> None:
    out = printed(hostile_log(text))
    assert "\x1b" not in out
    assert "\x00" not in out
    out.encode("utf-8")


@settings(max_examples=40, deadline=None)
@given(logs())
def test_any_log_prints(log: EventLog) -> None:
    assert events_table(log).row_count == len(log)
    printed(log, 70)
