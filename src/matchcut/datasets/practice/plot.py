"""The plot: which passages of play a match has, and in which order."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from matchcut.clock import HALF_S, MatchClock, Period
from matchcut.datasets.practice import breaks, goals, passages
from matchcut.datasets.practice.director import Director
from matchcut.datasets.practice.edit import edit
from matchcut.datasets.practice.hiding import hide
from matchcut.datasets.practice.script import Script
from matchcut.datasets.practice.settings import PracticeSettings
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
    (goals.penalty, 55.0),
    (goals.goal, 50.0),
)
# What a full match must have and the passages bring by chance.
_CHANCE = {"Shots off target", "Clearance"}
_TEMPOS = (1.3, 1.15, 1.0, 0.9, 0.8, 0.7, 0.6, 0.5, 0.4)
_ATTEMPTS = 40


def write_script(seed: int, duration_s: float, settings: PracticeSettings | None = None) -> Script:
    """The script of one match; the same seed and length give the same script.

    From `FULL_S` on it holds every kind of moment that `_CORE` and a goal bring; a shorter one begins with the
    goal and holds what else there is room for.
    """
    chosen = settings or PracticeSettings()
    breaks_s = chosen.opening_s + (0.0 if chosen.half_time_s is None else breaks.INTERVAL_S + 8.0)
    if duration_s < FULL_S + breaks_s:
        script, _ = _attempt(seed, 0, duration_s, 0.7, chosen)
        return _finished(script, chosen)
    for attempt in range(_ATTEMPTS):
        for tempo in _TEMPOS:
            script, spare = _attempt(seed, attempt, duration_s, tempo, chosen)
            if spare >= 2.0 and {h.label for h in script.happenings if h.t < duration_s - 1} >= _CHANCE:
                return _finished(script, chosen)
    raise AssertionError(f"no order of play fits into {duration_s} s with seed {seed}")  # held by a test


def _attempt(
    seed: int, attempt: int, duration_s: float, tempo: float, settings: PracticeSettings
) -> tuple[Script, float]:
    """A script at this tempo, and the seconds that were left over when all that must come had come."""
    rng = np.random.default_rng([seed, attempt])
    direction = 1 if rng.random() < 0.5 else -1
    score = (int(rng.integers(0, 3)), int(rng.integers(0, 2)))
    teams = draw_teams(rng)
    if settings.teams is not None:
        teams = draw_teams(np.random.default_rng([settings.teams, 59]))
    script = Script(teams, duration_s, (direction, -direction), score, seed)
    scoring = goals.penalty if rng.random() < 0.25 else goals.goal
    order = [_CORE[i] for i in rng.permutation(len(_CORE))]
    # A goal comes neither first nor last in a full match, so that all that belongs to it fits.
    at = 1 + int(rng.integers(len(order) - 1)) if duration_s >= FULL_S else 0
    order.insert(at, scoring)

    d = Director(script, rng, tempo)
    if settings.opening_s:
        breaks.opening(d, settings.opening_s)
    d.passing(2.0 if duration_s < FULL_S else 4.0)
    for passage in order:
        _play(d, passage)
        _perhaps_half_time(d, settings)
        if d.t > duration_s:
            break
    spare = duration_s - d.t
    while d.t < duration_s:
        _perhaps_half_time(d, settings)
        room = duration_s - d.t
        fitting = [passage for passage, longest in _MORE if longest < room]
        d.passing(min(d.between(3, 8), room) if fitting else room)
        if fitting:
            _play(d, fitting[int(rng.integers(len(fitting)))])
    return script, spare


def _play(d: Director, passage: Passage) -> None:
    start = d.t
    passage(d)
    d.script.passages.append((start, d.t))


def _perhaps_half_time(d: Director, settings: PracticeSettings) -> None:
    """Half-time, if it is due."""
    if settings.half_time_s is not None and d.script.half_time is None and d.t >= settings.half_time_s:
        breaks.half_time(d)


def _finished(script: Script, settings: PracticeSettings) -> Script:
    """The script cut to its length, with the edit and the match clock."""
    script = _cut(script)
    script.clock = _clock(script, settings)
    edit(script)
    if settings.one_modality:
        hide(script)
    return script


def _clock(script: Script, settings: PracticeSettings) -> MatchClock:
    end, start = script.duration_s, settings.clock_start_s
    if "jumping clock" in settings.faults:
        return _jumping(script)
    if script.half_time is None or script.half_time[0] >= end:
        return MatchClock([Period(1, script.kick_off, end, start)])
    whistle, again = script.half_time
    periods = [Period(1, script.kick_off, whistle, start)]
    return MatchClock([*periods, *([Period(2, again, end, HALF_S)] if again < end else [])])


def _jumping(script: Script) -> MatchClock:
    """The clock of a highlights film: a dozen seconds from here and there, in the match's order."""
    rng = np.random.default_rng([script.seed, 47])
    edges = np.cumsum([0.0, *rng.uniform(9, 16, int(script.duration_s / 9) + 2)])
    edges = np.append(edges[edges < script.duration_s - 5], script.duration_s)
    shown = np.sort(rng.choice(np.arange(60, 5300, 30), len(edges) - 1, replace=False))
    return MatchClock(
        Period(1 if clock < HALF_S - 20 else 2, float(a), float(b), float(clock))
        for a, b, clock in zip(edges[:-1], edges[1:], shown, strict=True)
    )


def _cut(script: Script) -> Script:
    """Nothing happens after the end; every list is in the order of time."""
    end = script.duration_s
    script.happenings = sorted((h for h in script.happenings if h.t < end - 0.2), key=lambda h: h.t)
    script.cues = sorted((c for c in script.cues if c.t < end - 0.5), key=lambda c: c.t)
    script.touches.sort(key=lambda touch: touch.t)
    script.shots.sort(key=lambda shot: shot.start)
    pairs = [(s, n) for s, n in zip(script.scored, script.shown, strict=True) if s[0] < end - 0.2]
    script.scored, script.shown = [s for s, _ in pairs], [n for _, n in pairs]
    return script
