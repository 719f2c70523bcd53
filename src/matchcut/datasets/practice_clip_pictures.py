"""What a practice clip shows: which way things go round is the class; which things they are is not enough.

Each label set is one object moving one way, again and again, from a random phase at a random pace. Its
opposite shows the very same pictures in the opposite order, so that whatever only counts what was seen (a mean
over frames) cannot tell the two apart:

==================================  =======================  ===================================
label set                           object                   moves
==================================  =======================  ===================================
ball                                a white ball             left to right
strike                              a white ball             right to left
swing, strike, hit, foul            a ball and a bat         upwards
swing, strike, hit, in play         a ball and a bat         downwards
swing, strike                       a bat                    left to right
strike, bunt                        a bat                    right to left
ball, hit by pitch                  a ball in a red picture  left to right
==================================  =======================  ===================================
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Image = NDArray[np.uint8]

LABEL_SETS: tuple[tuple[str, ...], ...] = (
    ("ball",),
    ("strike",),
    ("swing", "strike", "hit", "foul"),
    ("swing", "strike", "hit", "in play"),
    ("swing", "strike"),
    ("strike", "bunt"),
    ("ball", "hit by pitch"),
)
"""The label sets that practice clips have, spelled and ordered as MLB-YouTube does."""

_WHITE, _ORANGE = np.array([245, 245, 240.0]), np.array([240, 140, 30.0])
_RED = np.array([190, 40, 40.0])


@dataclass(frozen=True, slots=True)
class Motion:
    """How one kind of clip moves.

    Attributes:
        ball, bat, red: what is in the picture.
        axis: the direction, 0 downwards and 1 to the right.
        sign: 1 forwards, -1 backwards.
    """

    ball: bool
    bat: bool
    red: bool
    axis: Literal[0, 1]
    sign: Literal[1, -1]


_MOTIONS = (
    Motion(True, False, False, 1, 1),
    Motion(True, False, False, 1, -1),
    Motion(True, True, False, 0, -1),
    Motion(True, True, False, 0, 1),
    Motion(False, True, False, 1, 1),
    Motion(False, True, False, 1, -1),
    Motion(True, False, True, 1, 1),
)


def clip_pictures(
    kind: int | None, times: NDArray[np.float64], size: int, rng: np.random.Generator
) -> list[Image]:
    """The pictures of one clip.

    Args:
        kind: the place in `LABEL_SETS`; None shows the crowd: nothing to be seen.
        times: seconds from the clip's start, shape (T,).
        size: the side of the square picture, in pixels.
        rng: decides grass, phase, pace and noise.

    Returns:
        T images of shape (size, size, 3), RGB.
    """
    grass = np.array([40, 110, 50.0]) + rng.uniform(-18, 18, 3)
    if kind is None:
        patches = rng.uniform(30, 220, (8, 8, 3)).repeat(-(-size // 8), 0).repeat(-(-size // 8), 1)
        return [_noisy(patches[:size, :size], rng) for _ in times]
    motion = _MOTIONS[kind]
    phase, period = rng.uniform(0, 1), rng.uniform(1.5, 2.2)
    across = rng.uniform(0.35, 0.65)
    ground = np.empty((size, size, 3))
    ground[:] = _RED + rng.uniform(-15, 15, 3) if motion.red else grass
    pictures = []
    for time in times:
        place = (phase + motion.sign * time / period) % 1.0
        picture = ground.copy()
        y, x = (place, across) if motion.axis == 0 else (across, place)
        if motion.ball:
            _square(picture, y, x, 0.11, 0.11, _WHITE)
        if motion.bat:
            shift = 0.22 if motion.ball else 0.0
            _square(picture, y, min(x + shift, 1.0), 0.14, 0.05, _ORANGE)
        pictures.append(_noisy(picture, rng))
    return pictures


def _square(
    picture: NDArray[np.float64], y: float, x: float, high: float, wide: float, colour: NDArray[np.float64]
) -> None:
    size = len(picture)
    top, bottom = round((y - high) * size), round((y + high) * size)
    left, right = round((x - wide) * size), round((x + wide) * size)
    picture[max(top, 0) : max(bottom, 0), max(left, 0) : max(right, 0)] = colour


def _noisy(picture: NDArray[np.float64], rng: np.random.Generator) -> Image:
    size = len(picture)
    coarse = rng.normal(0, 8, (size // 4, size // 4, 1)).repeat(4, 0).repeat(4, 1)
    return np.clip(picture + coarse, 0, 255).astype(np.uint8)
