"""What comes before and between the halves: line-ups and kick-off, half-time and kick-off again."""

from __future__ import annotations

from matchcut.datasets.practice.director import Director
from matchcut.datasets.practice.goals import kick_off
from matchcut.datasets.practice.places import kick_off_places
from matchcut.datasets.practice.script import MIDDLE, Screen, Touch

_LINE_UP_S = 4.0
INTERVAL_S = 24.0
"""Of the hour's quarter between the halves, so much is shown."""


def opening(d: Director, seconds: float) -> None:
    """The line-ups, one after the other, and the kick-off at this second."""
    d.script.touches[:] = [Touch(0.0, 0.0, MIDDLE, 0.0, None, "rest")]
    d.script.anchors.clear()
    d.x, d.y, d.actor = 0.0, MIDDLE, None
    _line_up(d, seconds)
    for side, team in enumerate(d.script.teams):
        start = 1.0 + side * _LINE_UP_S
        if start + _LINE_UP_S < seconds - 1.5:
            names = tuple(f"{team.numbers[i]} {team.players[i]}" for i in range(11))
            d.screen(start, _LINE_UP_S, Screen("line-up", team.name, names))
    d.roar(0.5, "kick-off", seconds - 0.5, 4.0)
    d.t = seconds - 7.0 * d.tempo
    kick_off(d, d.side, "first kick-off")
    d.script.kick_off = seconds


def half_time(d: Director) -> None:
    """The referee blows; a cut through the interval; the second half begins."""
    start = d.t
    d.whistle(start, "half-time", 3, long=True)
    d.cue("half-time", start + 0.4)
    d.roar(0.4, "half-time", start + 0.3, 3.0)
    d.place(d.x, d.y, seconds=2.5, actor=d.nearest(d.x, d.y, d.side))
    home, away = d.script.teams
    goals = d.script.score_at(start, on_screen=False)
    result = (f"{home.name} {goals[0]}", f"{away.name} {goals[1]}")
    d.screen(start + 5.5, 4.5, Screen("half-time", "HALF-TIME", result))
    d.show("crowd", start + 3.0, 2.5)
    d.t = start + INTERVAL_S - 7.0 * d.tempo
    kick_off(d, 1 - d.side, "second kick-off")
    d.script.half_time = (start, d.script.happenings[-1].t)


def _line_up(d: Director, until: float) -> None:
    """Everybody waits in their own half."""
    for side in (0, 1):
        for place, (x, y) in enumerate(kick_off_places(d.script.attack[side])):
            d.anchor(side * 11 + place, 0.0, until, float(x), float(y))
