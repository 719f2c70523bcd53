"""Frame-tolerance mAP, as E2E-Spot and T-DEED report it on tennis, diving, gymnastics and figure skating.

A different measure from SoccerNet's average-mAP (`matchcut.metrics.spotting`): frames of the video's own rate,
predictions choose in the order of their scores, the curve has no fixed thresholds and its area is not sampled
at eleven points. The figures of the two are never comparable.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from matchcut.metrics.matching import Grid


@dataclass(frozen=True, slots=True)
class ToleranceResult:
    """Average precision at a tolerance in frames.

    Attributes:
        tolerance: how many frames a prediction may be off, either way.
        mean: over the classes that have truths; None if none has.
        per_class: class number → average precision in [0, 1]; classes without truths are left out.
    """

    tolerance: int
    mean: float | None
    per_class: dict[int, float]

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        per_class = {str(label): value for label, value in self.per_class.items()}
        return {"tolerance": self.tolerance, "mean": self.mean, "per_class": per_class}


def tolerance_map(truth: Grid, predictions: Grid, tolerance: int) -> ToleranceResult:
    """Mean average precision at a frame tolerance (Hong et al., "Spotting Temporally Precise, Fine-Grained
    Events in Video", ECCV 2022).

    In the order of falling scores (of equals, as given), each prediction meets the nearest truth of its
    recording and class that is still free (of equals, the first given), and is right if that is at most
    ``tolerance`` frames away. The area lies under the precision that is the best at this recall or a higher
    one. Two truths in one frame count as two, but can be found only once.

    >>> truth = Grid.of([0, 0], [0, 0], [10, 50], [1, 1])
    >>> found = Grid.of([0, 0, 0], [0, 0, 0], [11, 30, 50], [0.9, 0.8, 0.7])
    >>> round(tolerance_map(truth, found, 1).mean, 4)  # right, wrong, right: (1 + 2/3) / 2
    0.8333
    """
    per_class = {}
    for label in np.unique(truth.label).tolist():
        wanted, found = truth.keep(truth.label == label), predictions.keep(predictions.label == label)
        right = _right(wanted, found.keep(np.argsort(-found.value, kind="stable")), tolerance)
        precision = np.cumsum(right)[right] / (np.flatnonzero(right) + 1)
        per_class[label] = float(np.maximum.accumulate(precision[::-1]).sum() / len(wanted))
    mean = float(np.mean(list(per_class.values()))) if per_class else None
    return ToleranceResult(tolerance, mean, per_class)


def _right(truth: Grid, ordered: Grid, tolerance: int) -> NDArray[np.bool_]:
    """Which predictions of one class, in the order in which they choose, find a truth."""
    right = np.zeros(len(ordered), dtype=bool)
    free = {
        recording: list(dict.fromkeys(truth.frame[truth.recording == recording].tolist()))
        for recording in np.unique(truth.recording).tolist()
    }
    for place, (recording, frame) in enumerate(
        zip(ordered.recording.tolist(), ordered.frame.tolist(), strict=True)
    ):
        left = free.get(recording)
        if not left:
            continue
        nearest = min(left, key=lambda other: abs(other - frame))
        if abs(nearest - frame) <= tolerance:
            left.remove(nearest)
            right[place] = True
    return right
