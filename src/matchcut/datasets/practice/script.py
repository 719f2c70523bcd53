"""The script of a match: everything that happens, before anything is drawn.

Places are metres on the pitch: ``x`` along it from -52.5 to 52.5, ``y`` across it from 0 (the near touchline)
to 68 (the far one), ``z`` above it. Actors are numbered: 0-10 the home team, 11-21 the away team (the keeper
first), then the referee, the two assistants (near, far) and the fourth official.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

from matchcut.clock import MatchClock
from matchcut.datasets.practice.teams import Team

LENGTH, WIDTH = 105.0, 68.0
END = LENGTH / 2
MIDDLE = WIDTH / 2
REFEREE, NEAR_ASSISTANT, FAR_ASSISTANT, FOURTH = 22, 23, 24, 25
ACTORS = 26


def team_of(actor: int) -> int:
    """0 for the home team, 1 for the away team."""
    return actor // 11


@dataclass(frozen=True, slots=True)
class Touch:
    """The ball is here at this moment; ``how`` tells how it travels on to the next one.

    ``how`` is "roll", "loft", "shot", "carry" (at an actor's feet), "rest" (a dead ball) or "held" (in hands).
    """

    t: float
    x: float
    y: float
    z: float
    actor: int | None
    how: str


@dataclass(frozen=True, slots=True)
class Anchor:
    """An actor is at this place from ``start`` to ``end``, and takes ``ease`` seconds to get there and away."""

    actor: int
    start: float
    end: float
    x: float
    y: float
    ease: float = 2.5


@dataclass(frozen=True, slots=True)
class Pose:
    """An actor shows something.

    ``kind`` is "cheer", "card", "flag", "board", "throw", "kick", "fall", "slide", "dive-up" or "dive-down".
    """

    actor: int
    start: float
    end: float
    kind: str


@dataclass(frozen=True, slots=True)
class Shot:
    """What the camera shows from ``start`` to ``end``.

    ``kind`` is "tight" (nearer to the play), "replay" (slow, from the moment ``at``), a close-up ("card",
    "flag", "board", "cheer", "portrait" of ``actor``), "crowd", "bench" (of the team ``actor``), or "screen"
    (the full-screen graphic number ``actor``).
    """

    start: float
    end: float
    kind: str
    actor: int = REFEREE
    at: float = 0.0


@dataclass(frozen=True, slots=True)
class Caption:
    """A lower-third graphic: a coloured badge, a line, and a smaller line."""

    start: float
    end: float
    badge: str
    title: str
    detail: str


@dataclass(frozen=True, slots=True)
class Screen:
    """A full-screen graphic: a headline, and lines below it."""

    kind: str
    title: str
    lines: tuple[str, ...]


class Blow(NamedTuple):
    """The referee's whistle: when, how many blasts, whether the last is long, what for."""

    t: float
    blasts: int
    long: bool
    cause: str

    def blasts_at(self) -> list[tuple[float, float]]:
        """Start and end of each blast."""
        t, found = self.t, []
        for blast in range(self.blasts):
            seconds = 1.1 if self.long and blast == self.blasts - 1 else 0.45
            found.append((t, t + seconds))
            t += seconds + 0.25
        return found


class Surge(NamedTuple):
    """The crowd's excitement: when it rises, how far in (0, 1], how many seconds it falls for, what for."""

    t: float
    strength: float
    fall_s: float
    cause: str


@dataclass(frozen=True, slots=True)
class Sense:
    """From ``start`` to ``end`` what happens shows in one modality only: "video", "sound" or "words"."""

    start: float
    end: float
    modality: str


@dataclass(frozen=True, slots=True)
class Happening:
    """One labelled moment of the truth."""

    label: str
    t: float
    team: int | None


@dataclass(frozen=True, slots=True)
class Cue:
    """Something that a commentator should speak about, with the names for it."""

    t: float
    kind: str
    slots: dict[str, str]


@dataclass(frozen=True, slots=True)
class Change:
    """From ``t`` on, this actor is another player of the squad."""

    t: float
    actor: int
    player: int


@dataclass
class Script:
    """All that happens in one practice match; see the module for places and actors.

    Attributes:
        attack: the direction, +1 or -1 along ``x``, in which each team plays.
        score: the score at the first instant.
        scored: (moment, team) of each goal; ``shown`` gives when the scoreboard follows.
        surges: rises of the crowd's excitement.
        whistles: the referee's.
        screens: full-screen graphics, shown by shots of the kind "screen".
        kick_off: when the first half begins; 0 where the recording begins within it.
        half_time: when it is whistled off and when the second half is kicked off; None if neither happens.
        clock: what the match clock shows when; set when all else is written.
        passages: when each passage of play begins and ends.
        senses: where something shows in one modality only; elsewhere it shows in all.
    """

    teams: tuple[Team, Team]
    duration_s: float
    attack: tuple[int, int]
    score: tuple[int, int]
    seed: int
    touches: list[Touch] = field(default_factory=list)
    anchors: list[Anchor] = field(default_factory=list)
    poses: list[Pose] = field(default_factory=list)
    shots: list[Shot] = field(default_factory=list)
    captions: list[Caption] = field(default_factory=list)
    happenings: list[Happening] = field(default_factory=list)
    cues: list[Cue] = field(default_factory=list)
    changes: list[Change] = field(default_factory=list)
    scored: list[tuple[float, int]] = field(default_factory=list)
    shown: list[float] = field(default_factory=list)
    surges: list[Surge] = field(default_factory=list)
    whistles: list[Blow] = field(default_factory=list)
    screens: list[Screen] = field(default_factory=list)
    kick_off: float = 0.0
    half_time: tuple[float, float] | None = None
    clock: MatchClock = field(default_factory=lambda: MatchClock([]))
    passages: list[tuple[float, float]] = field(default_factory=list)
    senses: list[Sense] = field(default_factory=list)

    def sense(self, t: float) -> str | None:
        """The only modality in which this moment shows; None if it shows in all."""
        return next((sense.modality for sense in self.senses if sense.start <= t < sense.end), None)

    def player(self, actor: int, t: float) -> int:
        """The squad index of the player that this actor is at this moment."""
        current = actor % 11
        for change in self.changes:
            if change.actor == actor and change.t <= t:
                current = change.player
        return current

    def name(self, actor: int, t: float) -> str:
        """The name of the player that this actor is at this moment."""
        return self.teams[team_of(actor)].players[self.player(actor, t)]

    def number(self, actor: int, t: float) -> int:
        """The shirt number of the player that this actor is at this moment."""
        return self.teams[team_of(actor)].numbers[self.player(actor, t)]

    def score_at(self, t: float, *, on_screen: bool) -> tuple[int, int]:
        """The score at a moment, as it is or as the scoreboard shows it."""
        goals = [0, 0]
        for (moment, team), shown in zip(self.scored, self.shown, strict=True):
            if (shown if on_screen else moment) <= t:
                goals[team] += 1
        return self.score[0] + goals[0], self.score[1] + goals[1]
