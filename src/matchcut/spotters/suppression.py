"""Suppression of moments near better ones of the same class, on the line of time.

A moment stands for a window of a given length around it. Two windows of length w whose middles are d apart
overlap by ``iou = max(0, w - d) / (w + d)``.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from matchcut.spotters.decoding import weaken, weaken_neighbours

Floats = NDArray[np.float64]

SIGMA = 0.5
"""Of "gaussian"; the paper's own."""


def hard_nms(places: Floats, scores: Floats, apart: float) -> Floats:
    """Scores with those set to 0 that lie nearer than ``apart`` to a better one that was kept.

    Args:
        places: ascending, shape (N,).
        scores: shape (N,).
        apart: in the unit of the places.
    """
    return weaken(places, scores, apart, lambda distance: (distance >= apart).astype(np.float64))


def soft_nms(places: Floats, scores: Floats, window: float, sigma: float | None = None) -> Floats:
    """Scores after Soft-NMS (arXiv 1704.04503): none is removed, neighbours of better ones are weakened.

    The best that is left is taken, and the others are multiplied with ``1 - iou`` (the linear penalty, with no
    overlap too small to count) or, with a sigma, with ``exp(-iou**2 / sigma)`` (the Gaussian one); and so on
    until all are taken.

    Args:
        places: ascending, shape (N,).
        scores: shape (N,).
        window: length of each moment's window, in the unit of the places.
        sigma: of the Gaussian penalty; the linear one if None.
    """

    def factor(distance: Floats) -> Floats:
        overlap = np.maximum(0.0, window - distance) / (window + distance)
        found: Floats = 1 - overlap if sigma is None else np.exp(-(overlap**2) / sigma)
        return found

    return weaken(places, scores, window, factor)


def _linear(places: Floats, scores: Floats, apart: float) -> Floats:
    return soft_nms(places, scores, apart)


def _gaussian(places: Floats, scores: Floats, apart: float) -> Floats:
    return soft_nms(places, scores, apart, SIGMA)


SUPPRESSIONS: dict[str, Callable[[Floats, Floats, float], Floats]] = {
    "square": weaken_neighbours,
    "hard": hard_nms,
    "linear": _linear,
    "gaussian": _gaussian,
}
"""Kind → what weakens (places, scores) within a distance; "square" is the commentary spotter's."""
