"""Where players stand: the formation and how it shifts with the ball."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from matchcut.datasets.practice.script import END, MIDDLE

# (how far forward, how far across) in a 4-3-3, each in [-1, 1], for a team that plays to the right.
_SHAPE = np.array(
    [
        (-1.0, 0.0),
        (-0.55, -0.82),
        (-0.68, -0.28),
        (-0.68, 0.28),
        (-0.55, 0.82),
        (-0.18, 0.0),
        (0.08, -0.5),
        (0.08, 0.5),
        (0.62, -0.78),
        (0.78, 0.0),
        (0.62, 0.78),
    ]
)
KEEPER, STRIKERS = 0, (8, 9, 10)
"""Places in a team's line-up."""


def formation(ball_x: NDArray[np.float64], ball_y: NDArray[np.float64], attack: int) -> NDArray[np.float64]:
    """Where a team's eleven stand for each place of the ball, shape (T, 11, 2), metres.

    The block moves with the ball and closes in on it; the keeper stays between ball and goal.
    """
    along = ball_x[:, None] * attack
    x = 0.66 * along + 17.0 * _SHAPE[None, :, 0] - 3.0
    # Defenders stop at the edge of their box, forwards stay onside of the last line as a rule.
    x = np.clip(x, -END + 12, END - 11)
    y = MIDDLE + 0.45 * (ball_y[:, None] - MIDDLE) + 21.0 * _SHAPE[None, :, 1] * attack
    x[:, KEEPER] = np.clip(-END + 2.5 + 0.11 * (along[:, 0] + END), -END + 1.5, -END + 14)
    y[:, KEEPER] = MIDDLE + 0.1 * (ball_y - MIDDLE)
    return np.stack([x * attack, np.clip(y, 1.5, 66.5)], axis=-1)


def kick_off_places(attack: int) -> NDArray[np.float64]:
    """Where a team's eleven wait for a kick-off, shape (11, 2): all in their own half, outside the circle."""
    x = np.minimum(-10.5 + 24.0 * (_SHAPE[:, 0] - 0.3), -2.0)
    x[list(STRIKERS)] = (-3.0, -10.5, -3.0)
    x[KEEPER] = -END + 6
    y = MIDDLE + 24.0 * _SHAPE[:, 1]
    return np.stack([x * attack, y], axis=-1)
