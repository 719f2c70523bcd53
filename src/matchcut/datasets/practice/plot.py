"""The plot: which passages of play a match has, and in which order."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from matchcut.datasets.practice import passages
from matchcut.datasets.practice.director import Director
from matchcut.datasets.practice.script import Script
from matchcut.datasets.practice.teams import draw_teams

Passage = Callable[[Director], None]

FULL_S = 180.0
"""From this length on, a match has everything in `_CORE`."""

_CORE: tuple[Passage, ...] = (
    passages.throw_in,
    passages.offside,
    passages.free_kick_shot,
    passages.substitution,
    passages.save_and_corner,
)
# What else may come, and how many seconds it takes at most.
_MORE: tuple[tuple[Passage, float], ...] = (
    (passages.throw_in, 20.0),
    (passages.shot_wide, 24.0),
    (passages.foul_indirect, 24.0),
    (passages.save_and_corner, 36.0),
    (passages.offside, 28.0),
    (passages.substitution, 26.0),
    (passages.penalty, 55.0),
    (passages.goal, 50.0),
)
# What a full match must have and the passages bring by chance.
_CHANCE = {"Shots off target", "Clearance"}
_TEMPOS = (1.3, 1.15, 1.0, 0.9, 0.8, 0.7, 0.6, 0.5, 0.4)
_ATTEMPTS = 40


def write_script(seed: int, duration_s: float) -> Script:
    """The script of one match; the same seed and length give the same script.

    From `FULL_S` on it holds every kind of moment that `_CORE` and a goal bring; a shorter one begins with the
    goal and holds what else there is room for.
    """
    if duration_s < FULL_S:
        script, _ = _attempt(seed, 0, duration_s, 0.7)
        return _cut(script)
    for attempt in range(_ATTEMPTS):
        for tempo in _TEMPOS:
            script, spare = _attempt(seed, attempt, duration_s, tempo)
            if spare >= 2.0 and {h.label for h in script.happenings if h.t < duration_s - 1} >= _CHANCE:
                return _cut(script)
    raise AssertionError(f"no order of play fits into {duration_s} s with seed {seed}")  # held by a test


def _attempt(seed: int, attempt: int, duration_s: float, tempo: float) -> tuple[Script, float]:
    """A script at this tempo, and the seconds that were left over when all that must come had come."""
    rng = np.random.default_rng([seed, attempt])
    direction = 1 if rng.random() < 0.5 else -1
    score = (int(rng.integers(0, 3)), int(rng.integers(0, 2)))
    script = Script(draw_teams(rng), duration_s, (direction, -direction), score, seed)
    scoring = passages.penalty if rng.random() < 0.25 else passages.goal
    order = [_CORE[i] for i in rng.permutation(len(_CORE))]
    # A goal comes neither first nor last in a full match, so that all that belongs to it fits.
    at = 1 + int(rng.integers(len(order) - 1)) if duration_s >= FULL_S else 0
    order.insert(at, scoring)

    d = Director(script, rng, tempo)
    d.passing(2.0 if duration_s < FULL_S else 4.0)
    for passage in order:
        passage(d)
        if d.t > duration_s:
            break
    spare = duration_s - d.t
    while d.t < duration_s:
        room = duration_s - d.t
        fitting = [passage for passage, longest in _MORE if longest < room]
        d.passing(min(d.between(3, 8), room) if fitting else room)
        if fitting:
            fitting[int(rng.integers(len(fitting)))](d)
    return script, spare


def _cut(script: Script) -> Script:
    """Nothing happens after the end; every list is in the order of time."""
    end = script.duration_s
    script.happenings = sorted((h for h in script.happenings if h.t < end - 0.2), key=lambda h: h.t)
    script.cues = sorted((c for c in script.cues if c.t < end - 0.5), key=lambda c: c.t)
    script.touches.sort(key=lambda touch: touch.t)
    script.shots.sort(key=lambda shot: shot.start)
    pairs = [(s, n) for s, n in zip(script.scored, script.shown, strict=True) if s[0] < end]
    script.scored, script.shown = [s for s, _ in pairs], [n for _, n in pairs]
    return script
