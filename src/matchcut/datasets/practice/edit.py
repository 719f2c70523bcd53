"""The edit: what the camera shows while the ball is dead, and of what there is a replay.

The plot is written first and does not change; the edit has a chance of its own, so that the moments of a seed
stay what they are however they are shown.
"""

from __future__ import annotations

import numpy as np

from matchcut.datasets.practice.script import Script, Shot

_REPLAYED = {"Shots on target": 2.2, "Shots off target": 2.0, "Foul": 1.6, "Offside": 1.8, "Goal": 2.6}
"""What is shown again, and how many seconds before the moment it begins."""
_NEWS_S = 16.0
_LEAST_S, _REPLAY_S = 1.6, 3.6


def edit(script: Script) -> None:
    """Adds crowd, bench, faces and replays to the script's shots where the ball is dead for long enough."""
    rng = np.random.default_rng([script.seed, 41])
    shown: set[float] = {shot.at for shot in script.shots if shot.kind == "replay"}
    for start, end in _gaps(script):
        t = start
        told = [h for h in script.happenings if h.label in _REPLAYED and start - _NEWS_S < h.t < start]
        if told and told[-1].t not in shown and end - t >= _REPLAY_S and rng.random() < 0.8:
            moment = told[-1].t
            shown.add(moment)
            first = t + (rng.uniform(1.4, 2.0) if end - t > _REPLAY_S + 2.5 else 0.0)
            if first > t:
                script.shots.append(_aside(script, rng, t, first, moment))
            last = min(first + float(rng.uniform(5.0, 7.0)), end)
            script.shots.append(Shot(first, last, "replay", at=moment - _REPLAYED[told[-1].label]))
            t = last
        while end - t >= _LEAST_S:
            seconds = min(float(rng.uniform(1.8, 3.5)), end - t)
            if rng.random() < 0.75:
                script.shots.append(_aside(script, rng, t, t + seconds, t))
            t += seconds
    script.shots.sort(key=lambda shot: shot.start)


def _aside(script: Script, rng: np.random.Generator, start: float, end: float, about: float) -> Shot:
    """Somebody, the crowd or a bench."""
    kind = ("portrait", "portrait", "crowd", "bench")[int(rng.integers(4))]
    near = [touch.actor for touch in script.touches if touch.actor is not None and touch.t <= about][-6:]
    actor = int(near[int(rng.integers(len(near)))]) if near else int(rng.integers(22))
    return Shot(start, end, kind, actor // 11 if kind == "bench" else actor, float(rng.random()))


def _gaps(script: Script) -> list[tuple[float, float]]:
    """Stretches in which the ball is dead and nothing else is to be shown, with a moment left at both ends."""
    gaps: list[tuple[float, float]] = []
    since: float | None = None
    for touch in script.touches:
        if touch.how in ("rest", "held"):
            since = touch.t if since is None else since
        elif since is not None:
            gaps += _free(script, since + 1.0, touch.t - 1.3)
            since = None
    return [(a, b) for a, b in gaps if b - a >= _LEAST_S]


def _free(script: Script, start: float, end: float) -> list[tuple[float, float]]:
    """What the shots of the script leave of a stretch."""
    free, t = [], start
    for shot in sorted(script.shots, key=lambda shot: shot.start):
        if shot.end > t and shot.start < end:
            free.append((t, shot.start))
            t = max(t, shot.end)
    return [*free, (t, end)]
