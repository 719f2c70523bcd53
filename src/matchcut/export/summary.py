"""A recording in a line or two: the score, and where its periods lie."""

from __future__ import annotations

from matchcut.clock import REGULAR_S, MatchClock, format_time
from matchcut.events import EventLog
from matchcut.export.markup import one_line
from matchcut.export.score_line import score_line
from matchcut.observe.observed import Observed


def summary(log: EventLog, observed: Observed | None = None) -> list[str]:
    """What the board and the clock tell of the whole, a sentence each; nothing where neither is known.

    >>> from matchcut.clock import MatchClock
    >>> from matchcut.recording import Recording
    >>> summary(EventLog([], Recording("x", clock=MatchClock.of_half(2, 2900)), "me"))
    ['Second half from 00:00 to 48:20 of the recording.']
    """
    board = None if observed is None else observed.board
    line = None if board is None else score_line(board, log.recording.clock)
    told = []
    if line is not None:
        home, away = (one_line(team, 40) or other for team, other in zip(line.teams, _NOBODY, strict=True))
        last, first = line.steps[-1], line.steps[0]
        since = "" if str(first) in ("0-0", str(last)) else f", {first} when the board was first seen"
        told.append(f"{home} {last} {away} by the scoreboard{since}.")
    return [*told, *_periods(log.recording.clock)]


_NOBODY = ("First team", "second team")


def _periods(clock: MatchClock | None) -> list[str]:
    told = []
    for period in clock.periods if clock else ():
        began = period.start >= 0 and abs(period.clock_start - REGULAR_S.get(period.number, (0.0, 0.0))[0]) < 1
        start = format_time(max(period.start, 0.0))
        shown = "" if began else f" ({clock.at(max(period.start, 0.0)) if clock else ''} on the clock)"
        name = period.name.capitalize()
        told.append(f"{name} from {start}{shown} to {format_time(period.end)} of the recording.")
    return told
