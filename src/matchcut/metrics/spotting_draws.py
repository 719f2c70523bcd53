"""SoccerNet's average-mAP of recordings drawn at random, for bootstrap intervals: matched once, drawn often."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from matchcut.metrics.matching import Grid, collapsed, hits
from matchcut.metrics.spotting import RATE, above, area, levels, precision_of

Counts = NDArray[np.int64]


class DrawnMap:
    """Average-mAP of any selection of recordings, with repeats.

    Events are matched within their recordings. So what a selection is worth follows from each recording's
    counts of right and of all predictions above each threshold.

    Args:
        truth, predictions, deltas_s, classes, rate: as for `average_map`.
        recordings: how many there are.

    >>> truth = Grid.of([0, 1], [0, 0], [100, 900], [1, 1])
    >>> found = Grid.of([0, 1], [0, 0], [101, 400], [0.9, 0.4])
    >>> drawn = DrawnMap(truth, found, [5], 2, classes=1)
    >>> [round(drawn.worth(np.array(some)), 3) for some in ([0, 1], [0, 0], [1])]
    [0.545, 1.0, 0.0]
    """

    def __init__(
        self,
        truth: Grid,
        predictions: Grid,
        deltas_s: Sequence[float],
        recordings: int,
        *,
        classes: int = 17,
        rate: int = RATE,
    ) -> None:
        truth, predictions = collapsed(truth), collapsed(predictions)
        truth, predictions = truth.keep(truth.value != 0), predictions.keep(predictions.value >= 0)
        groups = recordings * classes
        level, kind = levels(predictions.value), predictions.recording * classes + predictions.label

        def apart(which: NDArray[np.bool_]) -> Counts:
            counts = above(kind[which], level[which], groups)
            return counts.reshape(recordings, classes, -1)

        found = hits(truth, predictions, [int(delta * rate // 2) for delta in deltas_s])
        self._all = apart(np.ones(len(predictions), bool))
        self._right = [apart(hit) for hit in found]
        wanted = np.bincount(truth.recording * classes + truth.label, minlength=groups)
        self._wanted = wanted.reshape(recordings, classes)

    def worth(self, drawn: Counts) -> float:
        """Average-mAP of these recordings, given by their places."""
        times = np.bincount(drawn, minlength=len(self._wanted))
        whole, wanted = np.tensordot(times, self._all, 1), times @ self._wanted
        rights = (np.tensordot(times, right, 1) for right in self._right)
        return area(np.stack([precision_of(right, whole, wanted) for right in rights]))[0]
