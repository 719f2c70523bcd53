"""A piece of a baseball game: its pitches, written before anything is drawn.

Recording seconds throughout. What happens to a pitch shows only in the order of things: the ball comes, the bat
is swung or not, the ball stays or flies off, the umpire signs. A bat is also swung for practice between
pitches, and a pitcher sometimes lifts his leg without throwing.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from matchcut.datasets.boards import Tally
from matchcut.datasets.practice.script import Shot, Surge
from matchcut.datasets.practice.teams import Team, draw_teams

LABELS: dict[str, tuple[str, ...]] = {
    "ball": ("ball",),
    "called strike": ("strike",),
    "miss": ("strike", "swing"),
    "foul": ("strike", "swing", "hit", "foul"),
    "in play": ("strike", "swing", "hit", "in play"),
    "bunt": ("strike", "bunt"),
    "hit by pitch": ("ball", "hit by pitch"),
}
"""The labels of each outcome, as MLB-YouTube sets them."""
_CHANCES = (0.36, 0.17, 0.11, 0.16, 0.15, 0.03, 0.02)
WIND_UP_S, FLIGHT_S = 1.5, 0.55
"""From the leg's lift to the release, and from there to the plate."""


@dataclass(frozen=True, slots=True)
class Pitch:
    """One pitch.

    Attributes:
        release: when the ball leaves the hand.
        outcome: one of `LABELS`.
        aim: where it comes past the plate: metres inside and up from the middle of the strike zone.
        batter: the batter's place in the line-up of the side that bats.
        left_handed: where the batter stands.
        before: the tally as it comes.
        spot: where a ball in play flies, metres right of and beyond home plate.
        caught: whether that is caught.
    """

    release: float
    outcome: str
    aim: tuple[float, float]
    batter: int
    left_handed: bool
    before: Tally
    spot: tuple[float, float] = (0.0, 0.0)
    caught: bool = False

    @property
    def reach(self) -> float:
        """When the ball is at the plate: the moment of all its labels."""
        return self.release + FLIGHT_S

    @property
    def swings(self) -> bool:
        """Whether the bat is swung through."""
        return "swing" in LABELS[self.outcome]


@dataclass
class Game:
    """All that happens.

    Attributes:
        teams: home and away.
        pitches: in time order.
        tallies: what the board says from each moment on.
        practice_swings, feints: moments of what is none.
        shots: other views than the pitcher's back.
        surges: of the crowd.
        scored: (moment, shown, home, away, side) of runs.
    """

    teams: tuple[Team, Team]
    duration_s: float
    seed: int
    pitches: list[Pitch] = field(default_factory=list)
    tallies: list[tuple[float, Tally]] = field(default_factory=list)
    practice_swings: list[float] = field(default_factory=list)
    feints: list[float] = field(default_factory=list)
    shots: list[Shot] = field(default_factory=list)
    surges: list[Surge] = field(default_factory=list)
    scored: list[tuple[float, float, int, int, str]] = field(default_factory=list)

    def tally(self, t: float) -> Tally:
        """What the board says."""
        return [tally for since, tally in self.tallies if since <= t][-1]

    def batting(self, tally: Tally) -> Team:
        """The side that bats: the visitors first."""
        return self.teams[1 if tally.top else 0]

    def fielding(self, tally: Tally) -> Team:
        """The other side."""
        return self.teams[0 if tally.top else 1]


def write_game(seed: int, duration_s: float) -> Game:
    """The game of a seed: the same for the same seed and length."""
    rng = np.random.default_rng([seed, 61])
    game = Game(draw_teams(rng), duration_s, seed)
    tally = Tally(inning=int(rng.integers(1, 9)), top=bool(rng.random() < 0.5), away=int(rng.integers(0, 5)),
                  home=int(rng.integers(0, 5)))  # fmt: skip
    game.tallies.append((0.0, tally))
    runners, batter = 0, int(rng.integers(9))
    t = float(rng.uniform(3.0, 4.5))
    outcomes = _order(rng)
    while t < duration_s - 3.0:
        pitch = _pitch(t, outcomes.pop(0) if outcomes else _outcome(rng), batter, tally, seed, rng)
        game.pitches.append(pitch)
        after, runners, batter, runs = _after(pitch, runners, batter, rng)
        shown = (
            pitch.reach + float(rng.uniform(1.6, 3.2)) + (4.5 if pitch.outcome in ("in play", "bunt") else 0.0)
        )
        if runs:
            side = "away" if tally.top else "home"
            moment = pitch.reach + 3.5
            game.scored.append((moment, shown, after.home, after.away, side))
            game.surges.append(Surge(moment, 0.95, 5.0, "run"))
        game.tallies.append((shown, after))
        _cheer(game, pitch)
        t = _between(game, pitch, rng)
        tally = after
    return game


def _order(rng: np.random.Generator) -> list[str]:
    """Each outcome once, so that even a short game shows most; the rest comes by chance."""
    kinds = ["ball", "called strike", "miss", "foul", "in play"]
    return [kinds[i] for i in rng.permutation(len(kinds))]


def _outcome(rng: np.random.Generator) -> str:
    return list(LABELS)[int(rng.choice(len(LABELS), p=_CHANCES))]


def _pitch(t: float, outcome: str, batter: int, tally: Tally, seed: int, rng: np.random.Generator) -> Pitch:
    inside, up = rng.uniform(-0.25, 0.25), rng.uniform(-0.3, 0.3)
    if outcome == "ball":
        inside = (1 if rng.random() < 0.5 else -1) * rng.uniform(0.5, 0.8)
    elif outcome == "hit by pitch":
        inside = 1.0
    spot, caught = (0.0, 0.0), False
    if outcome == "in play":
        angle, far = rng.uniform(-0.7, 0.7), rng.uniform(35, 95)
        spot, caught = (float(far * np.sin(angle)), float(far * np.cos(angle))), bool(rng.random() < 0.6)
    elif outcome == "bunt":
        spot, caught = (float(rng.uniform(-8, 8)), float(rng.uniform(8, 14))), bool(rng.random() < 0.7)
    aim = float(inside), float(up)
    return Pitch(t, outcome, aim, batter, (batter + seed) % 3 == 0, tally, spot, caught)


def _after(pitch: Pitch, runners: int, batter: int, rng: np.random.Generator) -> tuple[Tally, int, int, int]:
    """The tally after a pitch, how many runners there are, who bats next, and the runs that it brought."""
    was = pitch.before
    balls, strikes, outs, runs = was.balls, was.strikes, was.outs, 0
    done = False
    if pitch.outcome in ("ball", "hit by pitch"):
        balls += 1
        if balls == 4 or pitch.outcome == "hit by pitch":
            runs, runners, done = int(runners == 3), min(runners + 1, 3), True
    elif pitch.outcome in ("in play", "bunt"):
        done = True
        if pitch.caught:
            outs += 1
        elif np.hypot(*pitch.spot) > 88:
            runs, runners = runners + 1, 0
        else:
            runs = int(runners > 0 and rng.random() < 0.4)
            runners = min(runners - runs + 1, 3)
    elif pitch.outcome == "foul":
        strikes = min(strikes + 1, 2)
    else:
        strikes += 1
        if strikes == 3:
            outs, done = outs + 1, True
    away, home = was.away + runs * was.top, was.home + runs * (not was.top)
    if done:
        balls, strikes, batter = 0, 0, (batter + 1) % 9
    inning, top = was.inning, was.top
    if outs == 3:
        balls, strikes, outs, runners = 0, 0, 0, 0
        inning, top = (inning, False) if top else (inning + 1, True)
    return Tally(balls, strikes, outs, inning, top, away, home), runners, batter, runs


def _cheer(game: Game, pitch: Pitch) -> None:
    strength = {"in play": 0.7, "miss": 0.4, "foul": 0.35, "bunt": 0.45}.get(pitch.outcome, 0.0)
    if strength:
        game.surges.append(Surge(pitch.reach + 0.3, strength, 2.0, pitch.outcome))


def _between(game: Game, pitch: Pitch, rng: np.random.Generator) -> float:
    """Fills the time to the next pitch with other views; gives when it is thrown."""
    t = pitch.reach + 2.2
    if pitch.outcome in ("in play", "bunt"):
        game.shots.append(Shot(pitch.reach + 0.5, pitch.reach + 5.8, "field", len(game.pitches) - 1))
        t = pitch.reach + 5.8
    if rng.random() < 0.35 and pitch.outcome in ("miss", "in play", "foul"):
        last = t + float(rng.uniform(3.2, 4.2))
        game.shots.append(Shot(t, last, "replay", len(game.pitches) - 1, pitch.release - 0.7))
        t = last
    for _ in range(int(rng.integers(0, 3))):
        seconds = float(rng.uniform(1.6, 3.0))
        kind = ("pitcher", "batter", "crowd", "bench")[int(rng.integers(4))]
        game.shots.append(Shot(t, t + seconds, kind, len(game.pitches) - 1, float(rng.random())))
        t += seconds
    t += 0.8
    if rng.random() < 0.35:
        game.practice_swings.append(t)
        t += 1.4
    if rng.random() < 0.12:
        game.feints.append(t)
        t += 2.4
    return t + WIND_UP_S + float(rng.uniform(0.6, 1.6))
