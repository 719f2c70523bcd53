"""Passages of play: each makes something happen, in the order in which it happens on a pitch."""

from __future__ import annotations

from collections.abc import Callable

from matchcut.datasets.practice.director import Director
from matchcut.datasets.practice.places import kick_off_places
from matchcut.datasets.practice.script import END, FAR_ASSISTANT, FOURTH, MIDDLE, NEAR_ASSISTANT, REFEREE

POST = 3.66
SPOT = END - 11.0


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
    d.roar(0.35, fall_s=2.0)
    d.wait(2.0)


def offside(d: Director) -> None:
    """A pass to a forward beyond the last line, the flag, and the indirect free-kick for the defence."""
    d.work_to(d.between(12, 18), d.between(16, 52))
    runner, direction = d.striker(), d.forward()
    d.pass_to(d.between(37, 41) * direction, d.between(22, 46), runner)
    called = d.t
    d.roar(0.45, called - 0.8, 1.2)
    assistant = NEAR_ASSISTANT if direction > 0 else FAR_ASSISTANT
    d.pose(assistant, "flag", called - 0.7, 7.0)
    d.whistle(called)
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
    d.whistle(d.t + 0.5)
    d.roar(0.5, d.t + 0.2, 2.0)
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
    d.roar(0.45, fall_s=2.0)
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
    d.whistle(d.t - 1.6)
    d.roar(0.7, d.t + 0.2, 1.5)
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
    d.roar(0.75, d.t + 0.3, 2.0)
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
    d.roar(0.85, d.t + 0.4, 2.2)
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
    d.roar(0.6, d.t + 0.6, 2.0)
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


def goal(d: Director) -> None:
    """A goal from open play, its celebration and replay, and the kick-off."""
    d.work_to(d.between(32, 39), d.between(24, 44))
    shooter = d.actor if d.actor is not None else d.striker()
    _score(d, shooter)


def penalty(d: Director) -> None:
    """A foul in the box, the penalty, and what follows a goal."""
    d.work_to(d.between(38, 42), d.between(24, 44))
    foul(d)
    d.cue("penalty given", d.t + 0.8)
    d.roar(0.9, d.t, 3.0)
    direction, side = d.forward(), d.side
    end = d.t + 8.0 * d.tempo + 2.0
    taker, keeper = d.side * 11 + 9, d.keeper(1 - d.side)
    for actor in range(22):
        if actor not in (taker, keeper, d.keeper(side)):
            place = (END - 18 - d.between(0, 4)) * direction, MIDDLE + d.between(-15, 15)
            d.anchor(actor, end - 3, end + 0.6, *place, 4.0)
    d.anchor(keeper, end - 5, end, END * direction, MIDDLE)
    d.show("tight", end - 3.0, 4.5)
    d.place(SPOT * direction, MIDDLE, seconds=end - d.t, actor=taker)
    d.whistle(d.t - 1.5)
    d.happen("Penalty", side)
    d.cue("penalty", actor=taker)
    _score(d, taker)


def _score(d: Director, shooter: int) -> None:
    direction, side, keeper = d.forward(), d.side, d.keeper(1 - d.side)
    shot = d.t
    d.happen("Shots on target", side)
    d.pose(shooter, "kick", d.t - 0.1, 0.5)
    corner_y = MIDDLE + d.between(2.2, 3.2) * (1 if d.rng.random() < 0.5 else -1)
    height = d.between(0.3, 1.9)
    d.anchor(keeper, d.t, d.t, (END - 1.2) * direction, MIDDLE, 1.0)
    d.fly(END * direction, corner_y, height, abs(END * direction - d.x) / 25, "shot", "shot")
    scored = d.t
    d.happen("Goal", side)
    d.script.scored.append((scored, side))
    d.script.shown.append(scored + d.between(4.0, 7.0))
    missed = MIDDLE + 0.45 * (corner_y - MIDDLE)
    d.anchor(keeper, d.t, d.t + 1.5, (END - 1) * direction, missed, 0.6)
    d.pose(keeper, "dive-up" if corner_y > MIDDLE else "dive-down", d.t - 0.4, 2.2)
    d.fly((END + 1.7) * direction, corner_y, 0.5, 0.15, "shot", "loft")
    d.fly((END + 1.2) * direction, corner_y, 0.0, 0.4, "loft", "rest")
    home, away = d.script.score_at(scored, on_screen=False)
    d.cue("goal", scored, actor=shooter, score=_spoken_score(d, side, home, away))
    d.roar(1.0, scored, 9.0)
    _celebrate(d, shooter, scored, shot)
    _kick_off(d, 1 - side)


def _spoken_score(d: Director, scorer: int, home: int, away: int) -> str:
    def word(goals: int) -> str:
        words = ("nil", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
        return words[goals] if goals < len(words) else str(goals)

    mine, theirs = (home, away) if scorer == 0 else (away, home)
    if mine == theirs:
        return f"{word(mine)} all"
    ahead, behind = (scorer, 1 - scorer) if mine > theirs else (1 - scorer, scorer)
    more, fewer = word(max(mine, theirs)), word(min(mine, theirs))
    return f"{d.script.teams[ahead].name} {more}, {d.script.teams[behind].name} {fewer}"


def _celebrate(d: Director, shooter: int, scored: float, shot: float) -> None:
    direction, side = d.forward(), d.side
    x, y = (END - 4) * direction, 60.0 if d.y > MIDDLE else 8.0
    mates = [side * 11 + p for p in (5, 6, 7, 8, 9, 10) if side * 11 + p != shooter]
    d.anchor(shooter, scored + 3.0, scored + 9.0, x, y)
    d.pose(shooter, "cheer", scored + 0.6, 8.0)
    for place, mate in enumerate(mates):
        spot = x - (1.0 + 0.5 * place) * direction, y + (place - 2) * 0.9
        d.anchor(mate, scored + 4.0 + 0.2 * place, scored + 9.0, *spot, 3.0)
        d.pose(mate, "cheer", scored + 1.0 + 0.3 * place, 7.0)
    squad = d.script.teams[side]
    d.caption(
        scored + 7.5,
        5.0,
        "GOAL",
        f"{d.script.number(shooter, scored)}  {d.script.name(shooter, scored)}",
        squad.name,
    )
    d.show("cheer", scored + 3.4, 2.8, shooter)
    d.show("replay", scored + 8.0 * d.tempo, 7.0 * d.tempo, shooter, at=shot - 2.0 * d.tempo)
    d.cue("replay", scored + 9.0, actor=shooter)
    d.t = scored + 17.0 * d.tempo


def _kick_off(d: Director, team: int) -> None:
    """The side that conceded starts again from the centre spot."""
    d.side = team
    end = d.t + 7.0 * d.tempo
    taker = team * 11 + 9
    for side in (0, 1):
        for place, (x, y) in enumerate(kick_off_places(d.script.attack[side])):
            if side * 11 + place == taker:
                continue
            d.anchor(side * 11 + place, end - 5.5 * d.tempo, end + 0.3, float(x), float(y), 6.0)
    last = d.script.touches[-1]
    d.fly(last.x, last.y, 0.0, 2.0 * d.tempo, "rest", "held")
    d.fly(0.0, MIDDLE, 0.0, 1.5, "held", "rest")
    d.t = end
    d.touch(0.0, MIDDLE, taker, "roll")
    d.whistle(end - 0.3)
    d.happen("Kick-off", team)
    d.cue("kick-off", actor=taker)
    d.pass_to(-9.0 * d.forward(), MIDDLE + d.between(-6, 6), team * 11 + 5)
