"""Passages of play: each makes something happen, in the order in which it happens on a pitch."""

from __future__ import annotations

from collections.abc import Callable

from matchcut.datasets.practice.director import Director
from matchcut.datasets.practice.script import END, FAR_ASSISTANT, FOURTH, MIDDLE, NEAR_ASSISTANT, REFEREE


def throw_in(d: Director, meanwhile: Callable[[Director], None] | None = None) -> None:
    """The ball goes over a touchline and is thrown in by the other side."""
    d.work_to(d.between(-5, 22), d.flank())
    near = d.y < MIDDLE
    last, x = d.actor, d.x + d.between(2, 6) * d.forward()
    d.fly(x, -1.6 if near else 69.6, 0.0, d.between(0.7, 1.1), "roll", "rest")
    d.happen("Ball out of play", d.side)
    d.side = 1 - d.side
    d.cue("out", actor=last, team=1 - d.side)
    d.wait(2.0)
    if meanwhile is not None:
        meanwhile(d)
    spot = -0.3 if near else 68.3
    thrower = d.nearest(x, 10 if near else 58, d.side)
    d.anchor(thrower, d.t + 1.5, d.t + 4.4, x, spot)
    d.t += 1.6
    d.touch(x, spot, thrower, "held", 1.9)
    d.pose(thrower, "throw", d.t - 0.2, 2.6)
    d.t += d.between(1.6, 2.4)
    d.touch(x, spot, thrower, "loft", 2.1)
    d.happen("Throw-in", d.side)
    d.cue("throw", actor=thrower)
    d.pass_to(x + d.between(-6, 9), spot + (9 if near else -9), how="loft")


def substitution(d: Director) -> None:
    """The ball is out; one player comes on for another at the halfway line, then the throw-in is taken."""
    throw_in(d, _swap)


def _swap(d: Director) -> None:
    team = int(d.rng.integers(2))
    off = team * 11 + int(d.rng.integers(5, 11))
    used = [change.player for change in d.script.changes if change.actor // 11 == team]
    on = next((player for player in range(11, 16) if player not in used), 15)
    squad, start = d.script.teams[team], d.t
    leaving, number = d.script.name(off, start), d.script.number(off, start)
    d.anchor(FOURTH, start - 4, start + 8, 0.0, -1.6, 1.0)
    d.pose(FOURTH, "board", start - 3, 9.0)
    d.anchor(off, start + 2.4, start + 4.4, 1.2, -0.4, 3.0)
    # The board shows who goes, then who comes.
    d.show("board", start + 0.2, 2.6, FOURTH, at=number + squad.numbers[on] / 100)
    d.t += 3.4
    d.change(off, on)
    d.happen("Substitution", team)
    d.cue("substitution", team=team, on=squad.players[on], off=leaving)
    d.caption(
        d.t - 0.4, 4.5, "SUB", f"ON   {squad.numbers[on]} {squad.players[on]}", f"OFF  {number} {leaving}"
    )
    d.roar(0.35, "substitution", fall_s=2.0)
    d.wait(2.0)


def offside(d: Director) -> None:
    """A pass to a forward beyond the last line, the flag, and the indirect free-kick for the defence."""
    d.work_to(d.between(12, 18), d.between(16, 52))
    runner, direction = d.striker(), d.forward()
    d.pass_to(d.between(37, 41) * direction, d.between(22, 46), runner)
    called = d.t
    d.roar(0.45, "offside", called - 0.8, 1.2)
    assistant = NEAR_ASSISTANT if direction > 0 else FAR_ASSISTANT
    d.pose(assistant, "flag", called - 0.7, 7.0)
    d.whistle(called, "offside")
    d.happen("Offside", d.side)
    d.cue("offside", actor=runner)
    d.show("flag", called + 1.3, 2.2, assistant)
    spot_x, spot_y = d.x, d.y
    d.side = 1 - d.side
    taker = d.side * 11 + int(d.rng.integers(2, 4))
    d.place(spot_x, spot_y, seconds=8.0 * d.tempo + 1.0, actor=taker)
    _indirect(d, taker)


def _indirect(d: Director, taker: int) -> None:
    d.happen("Indirect free-kick", d.side)
    d.cue("indirect", actor=taker)
    direction = d.forward()
    d.pass_to(d.x + d.between(22, 32) * direction, d.between(16, 52), how="loft")


def foul(d: Director) -> int:
    """An opponent brings the carrier down; gives who did it. The ball lies where it happened."""
    carrier = d.actor if d.actor is not None else d.striker()
    culprit = d.nearest(d.x + 2 * d.forward(), d.y, 1 - d.side)
    d.anchor(culprit, d.t + 0.5, d.t + 1.6, d.x + 1.9 * d.forward(), d.y - 0.3, 1.5)
    d.fly(d.x + 1.6 * d.forward(), d.y, 0.0, 0.6, "roll", "roll")
    d.anchor(carrier, d.t, d.t + 3.2, d.x - 0.6 * d.forward(), d.y, 1.5)
    d.pose(carrier, "fall", d.t, 3.0)
    d.pose(culprit, "slide", d.t - 0.3, 1.3)
    d.happen("Foul", 1 - d.side)
    d.whistle(d.t + 0.5, "foul")
    d.roar(0.5, "foul", d.t + 0.2, 2.0)
    d.cue("foul", actor=culprit, team=1 - d.side, other=d.script.name(carrier, d.t))
    d.fly(d.x + 0.9 * d.forward(), d.y, 0.0, 0.5, "roll", "rest")
    return culprit


def foul_indirect(d: Director) -> None:
    """A foul in midfield and a free-kick that is passed, not shot."""
    d.work_to(d.between(-12, 8), d.between(14, 54))
    foul(d)
    d.show("portrait", d.t + 1.2, 2.0, d.actor or d.striker())
    taker = d.nearest(d.x, d.y, d.side)
    d.place(d.x, d.y, seconds=7.0 * d.tempo + 1.0, actor=taker)
    _indirect(d, taker)


def book(d: Director, culprit: int) -> None:
    """The referee shows the culprit a yellow card."""
    team, x, y = culprit // 11, d.x, d.y
    d.anchor(culprit, d.t + 2.2, d.t + 6.0, x + 2.5 * d.forward(), y + 1.5, 1.5)
    d.anchor(REFEREE, d.t + 2.2, d.t + 6.0, x + 4.3 * d.forward(), y + 2.2, 1.5)
    d.wait(2.0)
    d.t += 1.5
    d.pose(REFEREE, "card", d.t - 0.3, 2.8)
    d.happen("Yellow card", team)
    d.show("card", d.t - 0.9, 3.0, REFEREE)
    d.cue("yellow", actor=culprit, team=team)
    squad = d.script.teams[team]
    name, number = d.script.name(culprit, d.t), d.script.number(culprit, d.t)
    d.caption(d.t + 0.4, 4.5, "YELLOW", f"{number}  {name}", squad.name)
    d.roar(0.45, "card", fall_s=2.0)
    d.wait(2.2)


def free_kick_shot(d: Director) -> None:
    """A foul before the box, a booking, a wall, a direct free-kick over the bar, and the goal kick."""
    d.work_to(d.between(24, 29), d.between(25, 43))
    culprit = foul(d)
    book(d, culprit)
    x, y, direction = d.x, d.y, d.forward()
    taker = d.nearest(x, y, d.side)
    ready = d.t + 2.0
    end = d.t + 7.0 * d.tempo + 1.5
    _wall(d, x, y, ready, end)
    d.show("tight", d.t + 1.0, end - d.t - 1.0 + 2.6)
    d.place(x, y, seconds=end - d.t, actor=taker)
    d.happen("Direct free-kick", d.side)
    d.cue("direct", actor=taker)
    d.whistle(d.t - 1.6, "free-kick")
    d.roar(0.7, "shot", d.t + 0.2, 1.5)
    if d.rng.random() < 0.5:
        _miss(d, taker, direction)
        return
    _saved(d, taker)
    d.touch(d.x, d.y, d.keeper(1 - d.side), "held", 1.0)
    _keeper_holds(d)


def _wall(d: Director, x: float, y: float, start: float, end: float) -> None:
    to_goal = END * d.forward() - x, MIDDLE - y
    length = (to_goal[0] ** 2 + to_goal[1] ** 2) ** 0.5
    ux, uy = to_goal[0] / length, to_goal[1] / length
    for place, player in enumerate((5, 6, 7, 3)):
        shift = (place - 1.5) * 0.75
        wall_x, wall_y = x + 9.2 * ux - uy * shift, y + 9.2 * uy + ux * shift
        d.anchor((1 - d.side) * 11 + player, start + 1.5, end + 0.5, wall_x, wall_y)


def shot_wide(d: Director) -> None:
    """An attempt that misses, and the goal kick."""
    d.work_to(d.between(24, 32), d.between(22, 46))
    _miss(d, d.actor if d.actor is not None else d.striker(), d.forward())


def _miss(d: Director, shooter: int, direction: int) -> None:
    d.happen("Shots off target", d.side)
    d.cue("miss", actor=shooter)
    d.roar(0.75, "shot", d.t + 0.3, 2.0)
    d.pose(shooter, "kick", d.t - 0.1, 0.5)
    high = d.rng.random() < 0.5
    y = MIDDLE + d.between(-3, 3) if high else MIDDLE + (1 if d.y < MIDDLE else -1) * d.between(4.6, 8)
    d.fly(END * direction, y, 3.6 if high else 0.7, abs(END * direction - d.x) / 24, "shot", "roll")
    d.happen("Ball out of play", d.side)
    d.fly((END + 5) * direction, y, 0.5, 0.4, "roll", "rest")
    d.show("portrait", d.t + 0.9, 2.2, shooter)
    goal_kick(d)


def goal_kick(d: Director) -> None:
    """The keeper of the side that did not have the ball kicks it up the pitch."""
    d.side = 1 - d.side
    keeper = d.keeper(d.side)
    x = -(END - 5.5) * d.forward()
    d.place(x, MIDDLE + 5 * (1 if d.y > MIDDLE else -1), seconds=6.5 * d.tempo + 2.0, actor=keeper)
    d.happen("Clearance", d.side)
    d.cue("goal kick", actor=keeper, keeper=d.script.name(keeper, d.t))
    d.pose(keeper, "kick", d.t - 0.1, 0.5)
    d.pass_to(x + d.between(48, 58) * d.forward(), d.between(18, 50), how="loft")


def _saved(d: Director, shooter: int) -> None:
    """A shot that the keeper reaches; the ball is at his hands."""
    direction, keeper = d.forward(), d.keeper(1 - d.side)
    d.happen("Shots on target", d.side)
    d.cue("save", actor=shooter)
    d.roar(0.85, "shot", d.t + 0.4, 2.2)
    d.pose(shooter, "kick", d.t - 0.1, 0.5)
    y = MIDDLE + d.between(1.4, 3.0) * (1 if d.rng.random() < 0.5 else -1)
    seconds = abs(END * direction - d.x) / 25
    d.anchor(keeper, d.t, d.t, (END - 0.8) * direction, MIDDLE, 0.9)
    d.fly((END - 0.6) * direction, y, 1.0, seconds, "shot", "roll")
    d.anchor(keeper, d.t, d.t + 0.9, (END - 0.6) * direction, y, 0.6)
    d.pose(keeper, "dive-up" if y > MIDDLE else "dive-down", d.t - 0.3, 1.5)


def _keeper_holds(d: Director) -> None:
    d.side = 1 - d.side
    d.wait(2.5)
    d.touch(d.x, d.y, d.keeper(d.side), "roll")
    d.pass_to(d.x + 19 * d.forward(), d.between(16, 52))


def save_and_corner(d: Director) -> None:
    """A shot, a save over the line, the corner, a header away or past the post."""
    d.work_to(d.between(28, 36), d.between(22, 46))
    _saved(d, d.actor if d.actor is not None else d.striker())
    direction, up = d.forward(), d.y > MIDDLE
    d.fly((END + 1.5) * direction, d.y + (2.5 if up else -2.5), 0.4, 0.4, "loft", "rest")
    d.happen("Ball out of play", 1 - d.side)
    d.cue("corner won", team=d.side)
    d.show("portrait", d.t + 1.2, 1.8, d.keeper(1 - d.side))
    corner(d, up)


def corner(d: Director, up: bool) -> None:
    """A corner from the far (``up``) or the near flag, met by a header."""
    direction, side = d.forward(), d.side
    taker = side * 11 + (7 if up else 6)
    x, y = (END - 0.4) * direction, 67.6 if up else 0.4
    end = d.t + 8.0 * d.tempo + 1.5
    crowd = [side * 11 + p for p in (2, 3, 8, 9, 10)] + [(1 - side) * 11 + p for p in (1, 2, 3, 4, 5, 6)]
    for actor in crowd:
        place = d.between(END - 12, END - 3) * direction, d.between(MIDDLE - 8, MIDDLE + 8)
        d.anchor(actor, end - 2.0, end + 2.0, *place, 4.0)
    d.show("tight", end - 2.4, 4.6)
    d.place(x, y, seconds=end - d.t, actor=taker)
    d.happen("Corner", side)
    d.cue("corner", actor=taker)
    d.roar(0.6, "corner", d.t + 0.6, 2.0)
    spot = (END - d.between(6, 10)) * direction, MIDDLE + d.between(-4, 4)
    if d.rng.random() < 0.4:
        header = side * 11 + 9
        d.fly(*spot, 2.0, 1.5, "loft")
        d.touch(*spot, header, "roll", 2.0)
        _miss(d, header, direction)
        return
    d.fly(*spot, 2.0, 1.5, "loft")
    d.side = 1 - side
    defender = d.side * 11 + 3
    d.touch(*spot, defender, "loft", 2.0)
    d.cue("headed away", actor=defender)
    d.pass_to(d.x + d.between(20, 25) * d.forward(), d.between(12, 56), how="loft")
