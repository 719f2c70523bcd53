"""Passages that end with a goal, and the kick-off after it."""

from __future__ import annotations

from matchcut.datasets.practice.director import Director
from matchcut.datasets.practice.passages import foul
from matchcut.datasets.practice.places import kick_off_places
from matchcut.datasets.practice.script import END, MIDDLE

SPOT = END - 11.0


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
    d.roar(0.9, "penalty", d.t, 3.0)
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
    d.whistle(d.t - 1.5, "penalty")
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
    d.roar(1.0, "goal", scored, 9.0)
    _celebrate(d, shooter, scored, shot)
    kick_off(d, 1 - side)


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


def kick_off(d: Director, team: int, cue: str = "kick-off") -> None:
    """The team starts (again, after a goal of the other) from the centre spot."""
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
    d.whistle(end - 0.3, "kick-off")
    d.happen("Kick-off", team)
    d.cue(cue, actor=taker)
    d.pass_to(-9.0 * d.forward(), MIDDLE + d.between(-6, 6), team * 11 + 5)
