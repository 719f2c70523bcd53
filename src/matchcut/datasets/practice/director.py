"""The director's hand: moves the ball, the players, the camera and the clock, one action at a time."""

from __future__ import annotations

import numpy as np

from matchcut.datasets.practice.places import KEEPER, STRIKERS, formation
from matchcut.datasets.practice.script import (
    END,
    MIDDLE,
    REFEREE,
    Anchor,
    Blow,
    Caption,
    Change,
    Cue,
    Happening,
    Pose,
    Screen,
    Script,
    Shot,
    Surge,
    Touch,
    team_of,
)


class Director:
    """Writes a script forward in time.

    Args:
        script: the script to fill.
        rng: where chance comes from.
        tempo: below 1, waits are shorter.
    """

    def __init__(self, script: Script, rng: np.random.Generator, tempo: float = 1.0) -> None:
        self.script = script
        self.rng = rng
        self.tempo = tempo
        self.t = 0.0
        self.side = int(rng.integers(2))
        self.x, self.y = float(rng.uniform(-8, 8)), float(rng.uniform(24, 44))
        self.actor: int | None = None
        self.touch(self.x, self.y, self.nearest(self.x, self.y, self.side), "roll")

    # --- chance and places -------------------------------------------------------------------

    def between(self, low: float, high: float) -> float:
        """A number in between, all equally likely."""
        return float(self.rng.uniform(low, high))

    def forward(self, team: int | None = None) -> int:
        """The direction that the team plays in (the side in possession if none is named)."""
        return self.script.attack[self.side if team is None else team]

    def nearest(self, x: float, y: float, team: int, *, but: int | None = None) -> int:
        """The outfield player of the team whose place in the formation is nearest to a point."""
        spots = formation(np.array([x]), np.array([y]), self.script.attack[team])[0]
        distance = np.hypot(*(spots - (x, y)).T)
        distance[KEEPER] = np.inf
        if but is not None and team_of(but) == team:
            distance[but % 11] = np.inf
        return team * 11 + int(distance.argmin())

    def keeper(self, team: int) -> int:
        """The team's goalkeeper."""
        return team * 11 + KEEPER

    def striker(self) -> int:
        """A forward of the side in possession."""
        return self.side * 11 + STRIKERS[int(self.rng.integers(3))]

    # --- the ball ----------------------------------------------------------------------------

    def touch(self, x: float, y: float, actor: int | None, how: str, z: float = 0.0) -> None:
        """The ball is here now, with this actor."""
        self.script.touches.append(Touch(self.t, x, y, z, actor, how))
        self.x, self.y, self.actor = x, y, actor
        if actor is not None:
            self.script.anchors.append(Anchor(actor, self.t, self.t, x - 0.5 * self.forward(), y))

    def pass_to(self, x: float, y: float, actor: int | None = None, how: str = "roll") -> int:
        """Plays the ball to a point, where a team-mate takes it; gives who."""
        distance = float(np.hypot(x - self.x, y - self.y))
        self.t += max(distance / (15.0 if distance < 25 else 19.0), 0.7)
        chosen = self.nearest(x, y, self.side, but=self.actor) if actor is None else actor
        loft = "loft" if distance > 26 else how
        if loft == "loft":
            last = self.script.touches[-1]
            self.script.touches[-1] = Touch(last.t, last.x, last.y, last.z, last.actor, "loft")
        self.touch(x, y, chosen, "carry")
        # A moment at the feet before the next pass, a step or two forward.
        self.t += self.between(0.8, 1.7)
        step = self.between(0.5, 4.0) * self.forward()
        self.touch(float(np.clip(x + step, -END + 3, END - 3)), y, chosen, "roll")
        return chosen

    def passing(self, seconds: float) -> None:
        """Quiet possession for about this long, with a change of sides now and then."""
        end = self.t + seconds
        while self.t < end:
            if self.rng.random() < 0.1:
                self.side = 1 - self.side
            ahead = self.between(-9, 13) * self.forward()
            x = float(np.clip(self.x + ahead, -38, 38))
            y = float(np.clip(self.y + self.between(-19, 19), 6, 62))
            self.pass_to(x, y)

    def work_to(self, depth: float, y: float) -> int:
        """Brings the ball in passes to ``depth`` metres into the opponents' half; gives who has it."""
        target = depth * self.forward()
        while (target - self.x) * self.forward() > 24:
            ahead = self.x + self.between(13, 20) * self.forward()
            self.pass_to(ahead, float(np.clip(self.y + self.between(-14, 14), 8, 60)))
        return self.pass_to(target, y)

    def fly(self, x: float, y: float, z: float, seconds: float, how: str, then: str = "roll") -> None:
        """Sends the ball from where it is to a point, with nobody there."""
        last = self.script.touches[-1]
        self.script.touches[-1] = Touch(last.t, last.x, last.y, last.z, last.actor, how)
        self.t += seconds
        self.touch(x, y, None, then, z)

    def wait(self, seconds: float) -> None:
        """A pause with the ball where it is, shorter when time is short."""
        self.t += seconds * self.tempo

    def place(self, x: float, y: float, *, seconds: float, actor: int) -> None:
        """The ball is brought to a spot and lies there for a while; the actor comes to take it."""
        last = self.script.touches[-1]
        self.script.touches[-1] = Touch(last.t, last.x, last.y, last.z, last.actor, "rest")
        gone = min(2.2, 0.4 * seconds)
        # While it is fetched, it goes unseen: bring it in a moment before it is needed.
        self.script.touches.append(Touch(self.t + gone, last.x, last.y, 0.0, None, "held"))
        self.script.touches.append(Touch(self.t + gone + 0.8, x, y, 0.0, None, "rest"))
        self.anchor(actor, self.t + gone + 0.8, self.t + seconds, x - 1.3 * self.forward(), y)
        self.t += seconds
        self.touch(x, y, actor, "roll")

    # --- everything else ---------------------------------------------------------------------

    def anchor(self, actor: int, start: float, end: float, x: float, y: float, ease: float = 2.5) -> None:
        """An actor stands at a place for a while."""
        self.script.anchors.append(Anchor(actor, start, max(end, start), x, y, ease))

    def pose(self, actor: int, kind: str, start: float, seconds: float) -> None:
        """An actor shows something."""
        self.script.poses.append(Pose(actor, start, start + seconds, kind))

    def happen(self, label: str, team: int | None = None, t: float | None = None) -> None:
        """A labelled moment (now, if none is given)."""
        self.script.happenings.append(Happening(label, self.t if t is None else t, team))

    def cue(
        self,
        kind: str,
        t: float | None = None,
        *,
        actor: int | None = None,
        team: int | None = None,
        **slots: str,
    ) -> None:
        """Something for the commentators; the names of the team, its rivals, their keeper, a player are added.

        The team is the side in possession if none is named.
        """
        moment = self.t if t is None else t
        side = self.side if team is None else team
        teams = self.script.teams
        names = {"team": teams[side].name, "rivals": teams[1 - side].name}
        names["keeper"] = self.script.name(self.keeper(1 - side), moment)
        if actor is not None:
            names["player"] = self.script.name(actor, moment)
        self.script.cues.append(Cue(moment, kind, {**names, **slots}))

    def whistle(self, t: float, cause: str, blasts: int = 1, long: bool = False) -> None:
        """The referee's whistle."""
        self.script.whistles.append(Blow(t, blasts, long, cause))

    def roar(self, strength: float, cause: str, t: float | None = None, fall_s: float = 3.0) -> None:
        """The crowd's excitement rises to ``strength`` and falls again."""
        self.script.surges.append(Surge(self.t if t is None else t, strength, fall_s, cause))

    def show(self, kind: str, start: float, seconds: float, actor: int = REFEREE, at: float = 0.0) -> None:
        """What the camera shows."""
        self.script.shots.append(Shot(start, start + seconds, kind, actor, at))

    def caption(self, start: float, seconds: float, badge: str, title: str, detail: str) -> None:
        """A lower-third graphic."""
        self.script.captions.append(Caption(start, start + seconds, badge, title, detail))

    def screen(self, start: float, seconds: float, screen: Screen) -> None:
        """A full-screen graphic."""
        self.script.screens.append(screen)
        self.show("screen", start, seconds, len(self.script.screens) - 1)

    def change(self, actor: int, player: int) -> None:
        """From now on this actor is another player."""
        self.script.changes.append(Change(self.t, actor, player))

    def flank(self) -> float:
        """A height on the pitch near one of the touchlines."""
        return MIDDLE + (1 if self.rng.random() < 0.5 else -1) * self.between(19, 26)
