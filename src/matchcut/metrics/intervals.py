"""Temporal intervals: precision, recall and F1 by best overlap, and counted at overlap thresholds.

**Best IoU**, the measure of the paper that finds highlights in the commentary with a language model: precision
is the mean, over predictions, of the best IoU with a truth of the same label in the same recording; recall is
the mean, over truths, of the best IoU with such a prediction; F1 is their harmonic mean. Nothing is matched one
to one: two predictions may overlap the same truth.

**Counted** at a threshold, as temporal action detection does: in the order of falling scores (of equals, the
earlier first), each prediction takes the free truth that it overlaps most, if their IoU reaches the threshold.

Averages: ``overall`` pools the events of all labels (each event weighs the same); ``mean`` is the plain mean of
the labels' figures over the labels that have truths (each label weighs the same; precision without predictions
is 0 there).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from matchcut.errors import ValidationError
from matchcut.events import EventLog

THRESHOLDS = (0.3, 0.5, 0.7)
"""The overlaps at which intervals are counted."""

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True, eq=False, slots=True)
class Intervals:
    """Intervals of many recordings as parallel columns.

    Attributes:
        recording: the number of the recording, shape (N,).
        label: the number of the label, shape (N,).
        start, end: seconds, shape (N,), ``start <= end``.
        score: what predictions are ordered by when they are counted, shape (N,).
    """

    recording: Ints
    label: Ints
    start: Floats
    end: Floats
    score: Floats

    @classmethod
    def of(
        cls, recording: ArrayLike, label: ArrayLike, start: ArrayLike, end: ArrayLike, score: ArrayLike = 1.0
    ) -> Intervals:
        """Columns from anything that numpy takes; one score may serve all.

        Raises:
            ValidationError: the columns differ in length, or an interval is not finite or ends too early.
        """
        first, last = np.asarray(start, dtype=np.float64), np.asarray(end, dtype=np.float64)
        whole = [np.asarray(column, dtype=np.int64) for column in (recording, label)]
        scores = np.asarray(score, dtype=np.float64)
        scores = np.full(first.shape, scores) if scores.ndim == 0 else scores
        if len({column.shape for column in (*whole, first, last, scores)}) > 1 or first.ndim != 1:
            raise ValidationError(
                "the columns of intervals must be of one length", "Give one value an interval"
            )
        if not (np.isfinite(first).all() and np.isfinite(last).all() and (first <= last).all()):
            raise ValidationError(
                "an interval must be finite and start no later than it ends", "Correct the intervals"
            )
        return cls(whole[0], whole[1], first, last, scores)

    @classmethod
    def of_logs(
        cls, logs: Iterable[EventLog | None], labels: Sequence[str], window_s: float | None = None
    ) -> Intervals:
        """The events' windows, recordings numbered in the order given; None is a recording without events.

        Args:
            logs: one a recording.
            labels: decides the labels' numbers; events of other labels (highlights) are left out.
            window_s: replace each window by one of this length, centred on the moment.
        """
        place = {name: number for number, name in enumerate(labels)}
        rows = [
            (number, place[event.label], event.time, event.start, event.end, 1.0 if s is None else s)
            for number, log in enumerate(logs)
            for event in log or ()
            if event.label in place
            for s in (event.score,)
        ]
        recording, label, time, start, end, score = np.array(rows, dtype=np.float64).reshape(-1, 6).T
        if window_s is not None:
            start, end = time - window_s / 2, time + window_s / 2
        return cls.of(recording, label, start, end, score)

    def __len__(self) -> int:
        return len(self.start)

    def keep(self, which: NDArray[np.bool_] | Ints) -> Intervals:
        """Those intervals only: a mask, or their places."""
        return Intervals(*(getattr(self, name)[which] for name in self.__slots__))


@dataclass(frozen=True, slots=True)
class Rates:
    """Precision, recall and F1, in [0, 1]; None where there is nothing to take them of.

    Attributes:
        precision: None without predictions.
        recall: None without truths.
        f1: their harmonic mean; 0 if there are truths but no predictions or the reverse; None without either.
        truths, predictions: how many there were.
    """

    precision: float | None
    recall: float | None
    f1: float | None
    truths: int
    predictions: int

    @classmethod
    def of(cls, for_predictions: Floats, for_truths: Floats) -> Rates:
        """From the worth of each prediction and of each truth (an overlap, or 0 and 1)."""
        precision = float(for_predictions.mean()) if len(for_predictions) else None
        recall = float(for_truths.mean()) if len(for_truths) else None
        f1 = None if precision is None and recall is None else harmonic_mean(precision or 0.0, recall or 0.0)
        return cls(precision, recall, f1, len(for_truths), len(for_predictions))

    def to_json(self) -> dict[str, Any]:
        """Plain values; what is undefined is null."""
        return {name: getattr(self, name) for name in self.__dataclass_fields__}


@dataclass(frozen=True, slots=True)
class LabelledRates:
    """Rates for each label and for all.

    Attributes:
        per_label: in the order of the labels; labels without truths and predictions have None.
        overall: all labels' events pooled.
        mean: precision, recall and F1, each averaged over the labels that have truths.
    """

    per_label: dict[str, Rates]
    overall: Rates
    mean: Rates

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        per_label = {name: rates.to_json() for name, rates in self.per_label.items()}
        return {"overall": self.overall.to_json(), "mean": self.mean.to_json(), "per_label": per_label}


@dataclass(frozen=True, slots=True)
class IntervalsResult:
    """What `score_intervals` gives.

    Attributes:
        best_iou: by best overlap.
        at: threshold → rates counted at it.
    """

    best_iou: LabelledRates
    at: Mapping[float, LabelledRates]

    def to_json(self) -> dict[str, Any]:
        """Plain values, thresholds as text: ``{"best_iou": …, "at": {"0.5": …}}``."""
        return {
            "best_iou": self.best_iou.to_json(),
            "at": {f"{threshold:g}": rates.to_json() for threshold, rates in self.at.items()},
        }


def score_intervals(
    truth: Intervals,
    predictions: Intervals,
    labels: Sequence[str],
    thresholds: Sequence[float] = THRESHOLDS,
) -> IntervalsResult:
    """Precision, recall and F1 of intervals by best IoU and counted at thresholds.

    Args:
        truth, predictions: their labels are places in ``labels``.
        labels: the names.
        thresholds: overlaps above 0 and at most 1; one that is reached exactly counts.

    >>> truth = Intervals.of([0, 0], [0, 0], [10, 50], [20, 60])
    >>> found = Intervals.of([0], [0], [15], [25], [0.9])
    >>> rates = score_intervals(truth, found, ["Goal"]).best_iou.overall
    >>> round(rates.precision, 3), round(rates.recall, 3), round(rates.f1, 3)
    (0.333, 0.167, 0.222)

    Raises:
        ValidationError: a threshold is out of range, or a label's number.
    """
    for threshold in thresholds:
        if not 0 < threshold <= 1:
            raise ValidationError(
                f"an overlap threshold is above 0 and at most 1, not {threshold}", "Correct it"
            )
    for column in (truth.label, predictions.label):
        if column.size and not 0 <= column.min() <= column.max() < len(labels):
            raise ValidationError(
                f"labels must be numbered from 0 to {len(labels) - 1}, not {column.min()} to {column.max()}",
                "Check the labels",
            )
    # One row of worth for the best IoU, then one for each threshold.
    for_truth = np.zeros((1 + len(thresholds), len(truth)))
    for_found = np.zeros((1 + len(thresholds), len(predictions)))
    for of_truth, of_found in _groups(truth, predictions):
        overlap = _iou(truth.keep(of_truth), predictions.keep(of_found))
        for_truth[0, of_truth], for_found[0, of_found] = overlap.max(axis=1), overlap.max(axis=0)
        order = np.lexsort(
            (predictions.end[of_found], predictions.start[of_found], -predictions.score[of_found])
        )
        for row, threshold in enumerate(thresholds, 1):
            for one, other in _pairs(overlap, order, threshold):
                for_truth[row, of_truth[one]] = for_found[row, of_found[other]] = 1
    best, *counted = (
        _labelled(found, wanted, predictions.label, truth.label, labels)
        for found, wanted in zip(for_found, for_truth, strict=True)
    )
    return IntervalsResult(best, dict(zip(thresholds, counted, strict=True)))


def harmonic_mean(one: float, other: float) -> float:
    """F1 of precision and recall; 0 if either is 0.

    >>> harmonic_mean(0.5, 1.0)
    0.6666666666666666
    """
    return 2 * one * other / (one + other) if one > 0 and other > 0 else 0.0


def _groups(truth: Intervals, predictions: Intervals) -> Iterator[tuple[Ints, Ints]]:
    """The places of truths and of predictions that share a recording and a label, where there are both."""
    both = np.concatenate(
        [np.stack([truth.recording, truth.label]), np.stack([predictions.recording, predictions.label])], axis=1
    )
    _, number = np.unique(both, axis=1, return_inverse=True)
    number = number.reshape(-1)
    wanted, found = number[: len(truth)], number[len(truth) :]
    by_truth, by_found = np.argsort(wanted, kind="stable"), np.argsort(found, kind="stable")
    shared = np.intersect1d(wanted, found)
    yield from zip(
        _cut(by_truth, wanted[by_truth], shared), _cut(by_found, found[by_found], shared), strict=True
    )


def _cut(places: Ints, numbers: Ints, shared: Ints) -> list[Ints]:
    first, last = np.searchsorted(numbers, shared, "left"), np.searchsorted(numbers, shared, "right")
    return [places[one:other] for one, other in zip(first.tolist(), last.tolist(), strict=True)]


def _iou(truth: Intervals, predictions: Intervals) -> Floats:
    """Intersection over union, shape (truths, predictions); two equal moments without length overlap wholly."""
    start, end = truth.start[:, None], truth.end[:, None]
    shared = np.minimum(end, predictions.end) - np.maximum(start, predictions.start)
    union = (end - start) + (predictions.end - predictions.start) - np.maximum(shared, 0.0)
    same = (start == predictions.start) & (end == predictions.end)
    overlap: Floats = np.divide(np.maximum(shared, 0.0), union, out=np.zeros(shared.shape), where=union > 0)
    return np.where(same, 1.0, np.minimum(overlap, 1.0))


def _pairs(overlap: Floats, order: Ints, threshold: float) -> Iterator[tuple[int, int]]:
    """Which truth each prediction takes, one to one, the predictions in this order."""
    free = np.where(overlap >= threshold, overlap, -1.0)
    for prediction in order[(free[:, order] > 0).any(axis=0)].tolist():
        truth = int(free[:, prediction].argmax())
        if free[truth, prediction] > 0:
            free[truth, :] = -1.0
            yield truth, prediction


def _labelled(
    for_found: Floats, for_truth: Floats, found_label: Ints, truth_label: Ints, labels: Sequence[str]
) -> LabelledRates:
    per_label = {
        name: Rates.of(for_found[found_label == number], for_truth[truth_label == number])
        for number, name in enumerate(labels)
    }
    counted = [rates for rates in per_label.values() if rates.truths]
    precision, recall, f1 = (
        float(np.mean([getattr(rates, name) or 0.0 for rates in counted])) if counted else None
        for name in ("precision", "recall", "f1")
    )
    mean = Rates(precision, recall, f1, len(for_truth), len(for_found))
    return LabelledRates(per_label, Rates.of(for_found, for_truth), mean)
