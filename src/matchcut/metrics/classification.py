"""Single-label classification: accuracy, precision, recall, F1, the confusion matrix, calibration, top-k.

Averages, as scikit-learn names them (and equal to its figures, with 0 where nothing can be divided):

- **weighted**: each class's figure weighs as many as the class has examples. The papers' "F1" is this one.
- **macro**: the plain mean over the classes that occur in the truth or among the predictions.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from matchcut.errors import ValidationError
from matchcut.metrics.calibration import Calibration, calibration

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class ClassFigures:
    """One class's figures, in [0, 1].

    Attributes:
        label: the class.
        support: how many examples it has.
        predicted: how often it was predicted.
        precision: None if it was never predicted.
        recall: None if it has no example.
        f1: None if it neither has an example nor was predicted.
    """

    label: str
    support: int
    predicted: int
    precision: float | None
    recall: float | None
    f1: float | None


@dataclass(frozen=True, slots=True)
class Classification:
    """What a classifier is worth on some examples.

    Attributes:
        examples: how many there are.
        accuracy: the share predicted rightly, as are all figures in [0, 1].
        precision_weighted, recall_weighted, f1_weighted: see the module.
        precision_macro, recall_macro, f1_macro: see the module.
        per_class: in the order of the classes.
        confusion: rows are the truth, columns the predictions: counts.
        top_k: the share whose truth is among the k highest scores, by k; empty without scores.
        calibration: of the winning class's probability; None without probabilities.
    """

    examples: int
    accuracy: float
    precision_weighted: float
    recall_weighted: float
    f1_weighted: float
    precision_macro: float
    recall_macro: float
    f1_macro: float
    per_class: tuple[ClassFigures, ...]
    confusion: tuple[tuple[int, ...], ...]
    top_k: dict[int, float]
    calibration: Calibration | None

    @property
    def classes(self) -> tuple[str, ...]:
        """The classes, in their order."""
        return tuple(figures.label for figures in self.per_class)

    @property
    def without_examples(self) -> tuple[str, ...]:
        """The classes of which the truth has none: nothing is known of them."""
        return tuple(figures.label for figures in self.per_class if not figures.support)

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        value: dict[str, Any] = {
            name: getattr(self, name)
            for name in self.__dataclass_fields__
            if name not in ("per_class", "confusion", "top_k", "calibration")
        }
        value["per_class"] = {
            f.label: {n: getattr(f, n) for n in ("support", "predicted", "precision", "recall", "f1")}
            for f in self.per_class
        }
        value["confusion"] = [list(row) for row in self.confusion]
        value["top_k"] = {str(k): share for k, share in self.top_k.items()}
        value["calibration"] = self.calibration.to_json() if self.calibration else None
        return value


def classification(
    truth: Sequence[str], predicted: Sequence[str], classes: Sequence[str] | None = None
) -> Classification:
    """The figures of predictions.

    Args:
        truth: each example's class.
        predicted: what was predicted for it.
        classes: all classes, in the order wanted; those that occur, sorted, if None.

    >>> figures = classification(["ball", "ball", "strike"], ["ball", "strike", "strike"])
    >>> round(figures.accuracy, 3), round(figures.f1_macro, 3), figures.confusion
    (0.667, 0.667, ((1, 1), (0, 1)))

    Raises:
        ValidationError: lengths differ, there is no example, or a class is unknown.
    """
    names = tuple(classes) if classes is not None else tuple(sorted({*truth, *predicted}))
    return _figures(names, _numbers(truth, names, "truth"), _numbers(predicted, names, "predictions"), None, ())


def classification_of_scores(
    truth: Sequence[str],
    scores: ArrayLike,
    classes: Sequence[str],
    *,
    probabilities: bool = True,
    top_k: Sequence[int] = (1, 2, 3),
) -> Classification:
    """The figures of scores; the highest of a row is the prediction (of equals the first).

    Args:
        truth: each example's class.
        scores: shape (N, C), columns as ``classes``; higher is surer.
        classes: all classes.
        probabilities: the scores are probabilities, so that calibration can be told.
        top_k: for which k to tell the share whose truth is among the k best; those above C are left out.

    Raises:
        ValidationError: shapes differ, a score is not finite, or probabilities are out of [0, 1].
    """
    names = tuple(classes)
    right = _numbers(truth, names, "truth")
    table = np.asarray(scores, dtype=np.float64)
    if table.shape != (len(right), len(names)):
        raise ValidationError(
            f"scores must have the shape {(len(right), len(names))}, not {table.shape}",
            "Give one row an example",
        )
    if not np.isfinite(table).all():
        raise ValidationError("scores must be finite numbers", "Look for NaN in the model's output")
    best = np.argmax(table, axis=1)
    kept = [k for k in top_k if 1 <= k <= len(names)]
    ranked = np.argsort(-table, axis=1, kind="stable")
    shares = {k: float(np.mean((ranked[:, :k] == right[:, None]).any(1))) for k in kept} if len(right) else {}
    sure = calibration(table.max(1), best == right) if probabilities and len(right) else None
    return _figures(names, right, best, sure, tuple(shares.items()))


def confusion_counts(truth: Ints, predicted: Ints, classes: int) -> Ints:
    """Counts of shape (classes, classes), rows the truth, columns the predictions."""
    flat = np.bincount(truth * classes + predicted, minlength=classes * classes)
    return flat.reshape(classes, classes).astype(np.int64)


def f1_of_counts(counts: NDArray[np.int64], *, weighted: bool) -> float:
    """Weighted or macro F1 of a confusion matrix."""
    *_, f1 = _rates(counts)
    support = counts.sum(1)
    if weighted:
        return float((f1 * support).sum() / max(int(support.sum()), 1))
    occurs = (support + counts.sum(0)) > 0
    return float(f1[occurs].mean()) if occurs.any() else 0.0


def _rates(counts: Ints) -> tuple[Floats, Floats, Floats]:
    hits = np.diag(counts).astype(np.float64)
    support, predicted = counts.sum(1), counts.sum(0)
    precision = hits / np.maximum(predicted, 1)
    recall = hits / np.maximum(support, 1)
    f1 = 2 * hits / np.maximum(support + predicted, 1)
    return precision, recall, f1


def _figures(
    names: tuple[str, ...],
    truth: Ints,
    predicted: Ints,
    sure: Calibration | None,
    top_k: tuple[tuple[int, float], ...],
) -> Classification:
    if len(truth) != len(predicted):
        raise ValidationError(
            f"{len(truth)} truths but {len(predicted)} predictions", "Give one prediction an example"
        )
    if not len(truth):
        raise ValidationError("there is no example to score", "Give at least one")
    counts = confusion_counts(truth, predicted, len(names))
    support, said = counts.sum(1), counts.sum(0)
    precision, recall, f1 = _rates(counts)
    occurs, weight = (support + said) > 0, support / support.sum()
    return Classification(
        examples=len(truth),
        accuracy=float(np.trace(counts) / len(truth)),
        precision_weighted=float((precision * weight).sum()),
        recall_weighted=float((recall * weight).sum()),
        f1_weighted=float((f1 * weight).sum()),
        precision_macro=float(precision[occurs].mean()),
        recall_macro=float(recall[occurs].mean()),
        f1_macro=float(f1[occurs].mean()),
        per_class=tuple(
            ClassFigures(
                name,
                int(support[i]),
                int(said[i]),
                float(precision[i]) if said[i] else None,
                float(recall[i]) if support[i] else None,
                float(f1[i]) if occurs[i] else None,
            )
            for i, name in enumerate(names)
        ),
        confusion=tuple(tuple(int(n) for n in row) for row in counts),
        top_k=dict(top_k),
        calibration=sure,
    )


def _numbers(labels: Sequence[str], classes: Sequence[str], called: str) -> Ints:
    place = {name: number for number, name in enumerate(classes)}
    if len(place) != len(classes):
        raise ValidationError("a class is named twice", "Leave one of them out")
    unknown = sorted({str(label) for label in labels if label not in place})
    if unknown:
        raise ValidationError(
            f"the {called} hold {unknown[0]!r}, which is none of {', '.join(classes)}",
            "Name all classes, or mend the labels",
        )
    return np.array([place[label] for label in labels], dtype=np.int64)
