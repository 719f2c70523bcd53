"""Multi-label mean average precision: each class is ranked by itself over all clips.

Not to be mixed with SoccerNet's average-mAP (`metrics.spotting`), nor with mAP at a tolerance of frames
(`metrics.tolerance`): nothing is matched in time here.

**Average precision** is the mean, over the clips that have the class, of the precision at that clip's rank
(Zhu 2004; not interpolated). Clips of equal scores share the lowest rank among them, so that no order of the
file counts; without ties it is what every implementation gives.

Two means are told, because both are reported:

- ``map_all``: over all classes, one without examples counting 0, as the authors of MLB-YouTube average
  (arXiv 1804.03247).
- ``map_present``: over the classes that have examples.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from matchcut.errors import ValidationError


@dataclass(frozen=True, slots=True)
class MultilabelScore:
    """Average precision by class, and its means, in [0, 1].

    Attributes:
        average_precision: by class; None for one without examples.
        support: how many clips have each class.
        map_all, map_present: see the module; the second is None if no class has examples.
    """

    average_precision: dict[str, float | None]
    support: dict[str, int]
    map_all: float
    map_present: float | None

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        return {name: getattr(self, name) for name in self.__dataclass_fields__}


def multilabel_map(truth: ArrayLike, scores: ArrayLike, classes: Sequence[str]) -> MultilabelScore:
    """How well each class is ranked.

    Args:
        truth: 0 and 1, shape (N, C).
        scores: higher is surer, shape (N, C); probabilities or not.
        classes: the columns' names.

    >>> score = multilabel_map([[1, 0], [0, 0], [1, 0]], [[0.9, 0.2], [0.8, 0.1], [0.7, 0.3]], ["hit", "bunt"])
    >>> round(score.average_precision["hit"], 4), score.average_precision["bunt"], round(score.map_all, 4)
    (0.8333, None, 0.4167)

    Raises:
        ValidationError: the shapes differ, truth is not 0 and 1, or a score is not finite.
    """
    right, table = np.asarray(truth, dtype=np.float64), np.asarray(scores, dtype=np.float64)
    if right.ndim != 2 or right.shape != table.shape or right.shape[1] != len(classes):
        raise ValidationError(
            f"truth and scores must have one column a class ({len(classes)}) and one row a clip, "
            f"not {right.shape} and {table.shape}",
            "Pair them",
        )
    if not np.isin(right, (0, 1)).all():
        raise ValidationError("truth must be 0 or 1", "Give which clip has which class")
    if not np.isfinite(table).all():
        raise ValidationError("scores must be finite numbers", "Look for NaN in the model's output")
    found = {name: average_precision(right[:, i], table[:, i]) for i, name in enumerate(classes)}
    known = [value for value in found.values() if value is not None]
    return MultilabelScore(
        found,
        {name: int(right[:, i].sum()) for i, name in enumerate(classes)},
        float(sum(known) / len(found)) if found else 0.0,
        float(np.mean(known)) if known else None,
    )


def average_precision(truth: NDArray[np.float64], scores: NDArray[np.float64]) -> float | None:
    """One class's average precision; None if no clip has it. Shapes (N,)."""
    positives = truth.sum()
    if not positives:
        return None
    order = np.argsort(-scores, kind="stable")
    hits = np.cumsum(truth[order])
    last = np.append(np.diff(scores[order]) != 0, True)  # the last clip of each run of equal scores
    found, rank = hits[last], np.flatnonzero(last) + 1
    gained = np.diff(found, prepend=0.0)
    return float((gained * found / rank).sum() / positives)
