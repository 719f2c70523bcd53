"""Where the ball and everybody are at every frame: the script turned into tracks."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from matchcut.datasets.practice.places import formation
from matchcut.datasets.practice.script import (
    ACTORS,
    END,
    FAR_ASSISTANT,
    FOURTH,
    MIDDLE,
    NEAR_ASSISTANT,
    REFEREE,
    Script,
)

Array = NDArray[np.float64]
_LIMIT = 9.3
_TOP_SPEED = 7.5
"""Metres a second that an actor makes at most on the way to an anchor, the shift of the play aside."""


@dataclass(frozen=True)
class Motion:
    """Tracks on the frame grid.

    Attributes:
        rate: frames a second; row ``i`` stands for second ``i / rate``.
        ball: shape (T, 3), metres.
        actors: shape (T, ACTORS, 2), metres.
        speed: shape (T, ACTORS, 2), metres a second.
    """

    rate: float
    ball: Array
    actors: Array
    speed: Array

    def row(self, t: float) -> tuple[Array, Array, Array]:
        """Ball, actors and speeds at any second, between the frames too."""
        place = min(max(t * self.rate, 0.0), len(self.ball) - 1.001)
        low = int(place)
        part = place - low
        ball = self.ball[low] * (1 - part) + self.ball[low + 1] * part
        actors = self.actors[low] * (1 - part) + self.actors[low + 1] * part
        return ball, actors, self.speed[low]


def smoothed(values: Array, seconds: float, rate: float) -> Array:
    """The values, shape (T, ...), averaged over time with a bell of this width."""
    sigma = seconds * rate
    reach = int(3 * sigma) + 1
    bell = np.exp(-0.5 * (np.arange(-reach, reach + 1) / sigma) ** 2)
    bell /= bell.sum()
    flat = values.reshape(len(values), -1)
    padded = np.pad(flat, ((reach, reach), (0, 0)), mode="edge")
    columns = [np.convolve(padded[:, c], bell, mode="valid") for c in range(flat.shape[1])]
    return np.stack(columns, axis=1).reshape(values.shape)


def set_in_motion(script: Script, rate: float) -> Motion:
    """The tracks of a script at ``rate`` frames a second."""
    times = np.arange(int(np.ceil(script.duration_s * rate)) + 1) / rate
    ball = _ball(script, times)
    actors = _free_run(script, times, ball, rate)
    actors = _to_anchors(script, times, actors)
    actors = _meet(script, times, _at_most(actors, _LIMIT, rate))
    actors = _no_crowding(actors)
    actors = smoothed(actors, 0.22, rate)
    return Motion(rate, ball, actors, np.gradient(actors, 1.0 / rate, axis=0))


def _ball(script: Script, times: Array) -> Array:
    touches = script.touches
    starts = np.array([touch.t for touch in touches])
    which = np.clip(np.searchsorted(starts, times, side="right") - 1, 0, len(touches) - 1)
    ball = np.zeros((len(times), 3))
    for number in np.unique(which):
        rows = which == number
        here = touches[number]
        there = touches[min(number + 1, len(touches) - 1)]
        span = max(there.t - here.t, 1e-6)
        part = np.clip((times[rows] - here.t) / span, 0.0, 1.0)
        # A pass along the ground is fastest when it is struck.
        eased = part if here.how != "roll" else part * (1.35 - 0.35 * part)
        if here.how == "rest":
            eased = np.where(part < 0.999, 0.0, 1.0)
        for axis, (a, b) in enumerate(((here.x, there.x), (here.y, there.y), (here.z, there.z))):
            ball[rows, axis] = a + (b - a) * eased
        if here.how == "loft":
            height = min(1.0 + 1.2 * span**2, 9.0)
            ball[rows, 2] += 4 * height * part * (1 - part)
    return ball


def _free_run(script: Script, times: Array, ball: Array, rate: float) -> Array:
    """Everybody where the shape of the play puts them, with a wander of their own."""
    rng = np.random.default_rng([script.seed, 77])
    slow = smoothed(ball[:, :2], 1.7, rate)
    actors = np.zeros((len(times), ACTORS, 2))
    for team in (0, 1):
        actors[:, team * 11 : team * 11 + 11] = formation(slow[:, 0], slow[:, 1], script.attack[team])
    phase = rng.uniform(0, 2 * np.pi, (2, ACTORS, 2))
    pace = rng.uniform(0.25, 0.6, (2, ACTORS, 2))
    wander = sum(np.sin(times[:, None, None] * pace[i] + phase[i]) for i in range(2))
    actors[:, :22] += 1.3 * wander[:, :22]
    # Whoever is near the ball closes in on it.
    near = np.exp(-((np.hypot(*(actors[:, :22] - slow[:, None]).transpose(2, 0, 1)) / 9.0) ** 2))[..., None]
    outfield = np.ones(22)
    outfield[[0, 11]] = 0.0
    actors[:, :22] += 0.35 * near * outfield[None, :, None] * (slow[:, None] - actors[:, :22])

    actors[:, REFEREE] = slow * (0.85, 0.8) + (0.0, 0.2 * MIDDLE + 6.0) + 0.8 * wander[:, REFEREE]
    # Each assistant keeps level with the last line of the team that defends that half.
    for assistant, sign, line in ((NEAR_ASSISTANT, 1, -1.2), (FAR_ASSISTANT, -1, 69.2)):
        defending = 0 if script.attack[0] == -sign else 1
        backs = actors[:, defending * 11 + 1 : defending * 11 + 5, 0] * sign
        level = np.clip(np.sort(backs, axis=1)[:, -1], 0, END)
        actors[:, assistant, 0] = level * sign
        actors[:, assistant, 1] = line
    actors[:, FOURTH] = (5.0, -3.4)
    return actors


def _to_anchors(script: Script, times: Array, actors: Array) -> Array:
    """Pulls each actor to its anchors; nearer in time pulls harder, and at the time itself it stands there."""
    pull = np.ones((*actors.shape[:2], 1))
    total = actors.copy()
    rate = 1.0 / (times[1] - times[0])
    for anchor in script.anchors:
        # Whoever has far to go sets off earlier.
        there = min(max(int(anchor.start * rate), 0), len(times) - 1)
        far = float(np.hypot(*(actors[there, anchor.actor] - (anchor.x, anchor.y))))
        ease = max(anchor.ease, 1.5 * far / _TOP_SPEED)
        first = max(int((anchor.start - ease) * rate), 0)
        last = min(int((anchor.end + ease) * rate) + 2, len(times))
        if first >= last:
            continue
        t = times[first:last]
        away = np.maximum(np.maximum(anchor.start - t, t - anchor.end), 0.0) / ease
        near = np.clip(1.0 - away, 0.0, 1.0)
        near = near * near * (3 - 2 * near)
        weight = (near / (1.0 - near + 2e-3))[:, None]
        total[first:last, anchor.actor] += weight * (anchor.x, anchor.y)
        pull[first:last, anchor.actor] += weight
    return total / pull


def _at_most(actors: Array, limit: float, rate: float) -> Array:
    """The tracks with nobody faster than ``limit`` metres a second: who is outrun comes later."""
    kept = actors.copy()
    longest = limit / rate
    for row in range(1, len(kept)):
        step = actors[row] - kept[row - 1]
        length = np.maximum(np.hypot(step[:, 0], step[:, 1]), 1e-9)
        kept[row] = kept[row - 1] + step * np.minimum(1.0, longest / length)[:, None]
    return kept


def _meet(script: Script, times: Array, actors: Array) -> Array:
    """Whoever would still come too late for a touch is moved over to it, gently, before and after."""
    moved = actors.copy()
    rate = 1.0 / (times[1] - times[0])
    for touch in script.touches:
        row = round(touch.t * rate)
        if touch.actor is None or row >= len(times):
            continue
        gap = np.array([touch.x - 0.5, touch.y]) - moved[row, touch.actor]
        far = float(np.hypot(*gap))
        if far < 1.2:
            continue
        reach = 0.6 + 0.32 * far
        first, last = max(int((touch.t - reach) * rate), 0), min(int((touch.t + reach) * rate) + 1, len(times))
        near = np.clip(1 - np.abs(times[first:last] - touch.t) / reach, 0, 1)
        near = near * near * (3 - 2 * near)
        moved[first:last, touch.actor] += near[:, None] * gap
    return moved


def _no_crowding(actors: Array) -> Array:
    """Nobody stands inside somebody else: pairs nearer than a metre are pushed apart."""
    moved = actors.copy()
    for one in range(22):
        gap = moved[:, one : one + 1] - moved[:, one + 1 : 23]
        distance = np.maximum(np.hypot(gap[..., 0], gap[..., 1]), 1e-3)
        push = np.clip(1.1 - distance, 0, None) / 2 / distance
        shift = gap * push[..., None]
        moved[:, one] += shift.sum(axis=1)
        moved[:, one + 1 : 23] -= shift
    return moved
