"""SoccerNet's average-mAP, equal to the official evaluator to the last quirk, and sparse instead of dense.

The measure (Giancola et al., "SoccerNet", CVPRW 2018; Deliège et al., "SoccerNet-v2", CVPRW 2021), as its
evaluator (PyPI ``SoccerNet``, ``Evaluation.ActionSpotting``) computes it. What a reader of the papers would not
guess:

- A half is a grid of 14,400 bins, two a second. A position goes to bin ``int(2 * ms / 1000)``, one after two
  hours to the last bin. Two same-class events of one bin collapse; the last written wins.
- A tolerance delta is the width of the full window: "5 s" means at most 2.5 s early or late.
- Truths choose, not predictions: in time order, each takes the highest score that is still free in its window
  (the earliest of equals).
- The curve has 200 fixed thresholds from 0 to 1, so the scale of the scores matters, not only their order.
- A class without truths counts as 0 in the mean.
- "Visible" and "unshown" share the matching. A prediction belongs to that side on which the nearest truth
  of its class and half stands; without any such truth it counts against "unshown".
- "Unshown" is scaled by 17/13 (four classes are never unshown), but neither per class nor for a single delta.

Not to be mixed up with `matchcut.metrics.tolerance.tolerance_map`, which E2E-Spot and T-DEED report.
"""

# The result's fields bear the official names, in mixed case.
# ruff: noqa: N815

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from matchcut.errors import SettingsError, ValidationError
from matchcut.events import EventLog
from matchcut.metrics.matching import Grid, collapsed, hits, nearest_truth
from matchcut.sport import soccer

BINS = 14_400
"""The bins of a half: two hours at two a second."""
RATE = 2
"""Bins a second."""
HALVES = (1, 2)
"""The halves that are scored; the evaluator passes over any other."""

METRICS: dict[str, tuple[int, ...]] = {
    "loose": tuple(range(5, 65, 5)),
    "tight": (1, 2, 3, 4, 5),
    **{f"at{delta}": (delta,) for delta in range(1, 6)},
}
"""Each metric's tolerances: the widths of the full windows, in seconds."""

_THRESHOLDS = np.linspace(0, 1, 200)
_RECALLS = np.arange(11) / 10
_UNSHOWN_SCALE = (17, 13)

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class SpottingResult:
    """Average-mAP, under the official evaluator's names; in [0, 1], but see ``a_mAP_unshown``.

    Attributes:
        a_mAP: mean over classes, averaged over the tolerances (trapezoid).
        a_mAP_per_class: the same for each class, in the order of the class numbers.
        a_mAP_visible, a_mAP_per_class_visible: scored on the truths that the broadcast shows.
        a_mAP_unshown, a_mAP_per_class_unshown: scored on the others; the mean is scaled by 17/13.
        deltas_s: the tolerances, in seconds.
        truths, truths_unshown, predictions: how many of each class were scored, after bins collapsed.
    """

    a_mAP: float
    a_mAP_per_class: tuple[float, ...]
    a_mAP_visible: float
    a_mAP_per_class_visible: tuple[float, ...]
    a_mAP_unshown: float
    a_mAP_per_class_unshown: tuple[float, ...]
    deltas_s: tuple[float, ...]
    truths: tuple[int, ...]
    truths_unshown: tuple[int, ...]
    predictions: tuple[int, ...]

    def to_json(self) -> dict[str, Any]:
        """Plain values: the six fields of the official evaluator, the tolerances and the counts."""
        return {
            name: list(value) if isinstance(value, tuple) else value
            for name in self.__dataclass_fields__
            for value in (getattr(self, name),)
        }


def average_map(
    truth: Grid, predictions: Grid, deltas_s: Sequence[float], *, classes: int = 17, rate: int = RATE
) -> SpottingResult:
    """SoccerNet's average-mAP of events on a grid.

    Args:
        truth: the events; a value above 0 is visible, below 0 "not shown".
        predictions: their values are the scores; a negative score or NaN is no prediction, as for the official
            evaluator.
        deltas_s: widths of the full windows, in seconds.
        classes: how many classes there are.
        rate: bins a second.

    >>> truth = Grid.of([0, 0], [2, 2], [100, 900], [1, 1])
    >>> found = Grid.of([0, 0], [2, 2], [101, 400], [0.9, 0.4])
    >>> average_map(truth, found, [5]).a_mAP_per_class[2]  # one of two found: six of the eleven recall levels
    0.5454545454545454

    Raises:
        ValidationError: there are no tolerances, or a class number is out of range.
    """
    if not len(deltas_s):
        raise ValidationError("average-mAP needs at least one tolerance", "Give deltas_s, such as [5]")
    truth, predictions = collapsed(truth), collapsed(predictions)
    for name, grid in (("truth", truth), ("predictions", predictions)):
        if len(grid) and grid.label.max() >= classes:
            raise ValidationError(
                f"{name}: class numbers must be below {classes}, not {grid.label.max()}",
                "Check the labels or give classes",
            )
    truth, predictions = truth.keep(truth.value != 0), predictions.keep(predictions.value >= 0)
    side = nearest_truth(truth, predictions)
    among = (np.ones(len(side), dtype=bool), side > 0.5, side < -0.5)
    shown = _tally(truth.label[truth.value > 0], classes)
    unshown = _tally(truth.label[truth.value < 0], classes)
    level = levels(predictions.value)
    found = [above(predictions.label[kept], level[kept], classes) for kept in among]
    curves = np.empty((3, len(deltas_s), classes))
    for place, hit in enumerate(hits(truth, predictions, [int(delta * rate // 2) for delta in deltas_s])):
        for kind, (kept, wanted) in enumerate(zip(among, (shown + unshown, shown, unshown), strict=True)):
            true = kept & hit
            right = above(predictions.label[true], level[true], classes)
            curves[kind, place] = precision_of(right, found[kind], wanted)
    (a_map, per_class), (visible, visible_per_class), (hidden, hidden_per_class) = map(area, curves)
    if len(deltas_s) > 1:
        hidden = hidden * _UNSHOWN_SCALE[0] / _UNSHOWN_SCALE[1]
    return SpottingResult(
        a_map,
        per_class,
        visible,
        visible_per_class,
        hidden,
        hidden_per_class,
        deltas_s=tuple(float(delta) for delta in deltas_s),
        truths=tuple((shown + unshown).tolist()),
        truths_unshown=tuple(unshown.tolist()),
        predictions=tuple(_tally(predictions.label, classes).tolist()),
    )


def evaluate_soccernet(
    truth: Mapping[str, Mapping[int, EventLog]],
    predictions: Mapping[str, Mapping[int, EventLog]],
    metric: str = "loose",
) -> SpottingResult:
    """SoccerNet's average-mAP of predictions against labels.

    Events of one class and bin that differ in time collapse to the latest: an ``EventLog`` is in time order.
    To score files in their own order, as the official evaluator does, see `matchcut.evaluation`.

    Args:
        truth: game → half → log; its games are the ones scored.
        predictions: game → half → log; games and halves that are missing have none, others are passed over.
        metric: "loose", "tight", or "at1" … "at5".

    Raises:
        SettingsError: there is no such metric.
        ValidationError: a log is not of soccer, or an event is more than two hours before its half.
    """
    deltas = metric_deltas(metric)
    return average_map(*_grids(truth, predictions), deltas, classes=len(soccer.names))


def outcomes(
    truth: Mapping[str, Mapping[int, EventLog]],
    predictions: Mapping[str, Mapping[int, EventLog]],
    delta_s: float,
) -> tuple[Floats, NDArray[np.bool_]]:
    """Every prediction's score and whether it is right by SoccerNet's matching, as for a reliability plot.

    Args:
        truth, predictions: as for `evaluate_soccernet`.
        delta_s: the width of the full window.

    Returns:
        Scores and outcomes, each of shape (predictions after bins collapsed,).
    """
    wanted, found = (collapsed(grid) for grid in _grids(truth, predictions))
    return found.value, hits(wanted, found, [int(delta_s * RATE // 2)])[0]


def metric_deltas(metric: str) -> tuple[int, ...]:
    """The tolerances of a metric, in seconds.

    Raises:
        SettingsError: there is no such metric.
    """
    if metric not in METRICS:
        raise SettingsError(f"there is no metric {metric!r}", f"Choose one of: {', '.join(METRICS)}")
    return METRICS[metric]


def to_bins(position_ms: NDArray[np.int64]) -> NDArray[np.int64]:
    """The bins of positions in milliseconds, rounded towards zero; those after two hours go to the last.

    >>> to_bins(np.array([0, 499, 500, 7_300_000])).tolist()
    [0, 0, 1, 14399]

    The official grid lets a position before the half count back from its end (an index below zero), and so does
    this.

    Raises:
        ValidationError: a position is more than two hours before the half, where the official evaluator breaks.
    """
    bins = np.minimum(np.sign(position_ms) * (np.abs(position_ms) * RATE // 1000), BINS - 1)
    if bins.size and bins.min() < -BINS:
        raise ValidationError(
            f"an event lies {-position_ms.min() / 1000:.0f} s before its half, more than two hours",
            "Check whether its times count from the half's start",
        )
    wrapped: NDArray[np.int64] = np.where(bins < 0, bins + BINS, bins)
    return wrapped


def _grids(
    truth: Mapping[str, Mapping[int, EventLog]], predictions: Mapping[str, Mapping[int, EventLog]]
) -> tuple[Grid, Grid]:
    recordings = [(game, half) for game in truth for half in HALVES]
    return (
        _grid([truth[game].get(half) for game, half in recordings], scored=False),
        _grid([predictions.get(game, {}).get(half) for game, half in recordings], scored=True),
    )


def _grid(logs: Sequence[EventLog | None], *, scored: bool) -> Grid:
    recording, label, time, value = [], [], [], []
    place = {name: number for number, name in enumerate(soccer.names)}
    for number, log in enumerate(logs):
        if log is None:
            continue
        if log.sport.name != soccer.name:
            raise ValidationError(
                f"{log.recording.name} is of {log.sport.name}; SoccerNet's metric is for soccer",
                "Score it with matchcut.metrics.tolerance or intervals",
            )
        log = log.with_events(event for event in log if event.label in place)  # no data set has highlights
        recording += [number] * len(log)
        label += [place[event.label] for event in log.events]
        time.append(log.times)
        value.append(log.scores if scored else np.array([-1.0 if e.visible is False else 1.0 for e in log]))
    # Through whole milliseconds, in which the files are written: 0.3 s * 1000 is not 300 in floating point.
    position = np.rint(np.concatenate(time or [np.empty(0)]) * 1000).astype(np.int64)
    return Grid.of(recording, label, to_bins(position), np.concatenate(value or [np.empty(0)]))


def _tally(label: NDArray[np.int64], classes: int) -> NDArray[np.int64]:
    return np.bincount(label, minlength=classes)


def levels(scores: Floats) -> NDArray[np.int64]:
    """How many of the evaluator's thresholds each score reaches, shape (N,)."""
    return np.searchsorted(_THRESHOLDS, scores, side="right").astype(np.int64)


def above(label: NDArray[np.int64], level: NDArray[np.int64], classes: int) -> NDArray[np.int64]:
    """How many reach each threshold, shape (classes, 200); level: how many thresholds each reaches."""
    width = len(_THRESHOLDS) + 1
    reached = np.bincount(label * width + level, minlength=classes * width).reshape(classes, width)
    return reached[:, ::-1].cumsum(axis=1)[:, ::-1][:, 1:]


def precision_of(right: NDArray[np.int64], found: NDArray[np.int64], wanted: NDArray[np.int64]) -> Floats:
    """11-point interpolated average precision of each class; what has no predictions or truths has 0."""
    precision = np.divide(right, found, out=np.zeros(right.shape), where=found > 0)
    recall = np.divide(right, wanted[:, None], out=np.zeros(right.shape), where=wanted[:, None] > 0)
    reached = recall[:, :, None] >= _RECALLS
    best: Floats = np.where(reached, precision[:, :, None], 0.0).max(axis=1).sum(axis=-1) / len(_RECALLS)
    return best


def area(curve: Floats) -> tuple[float, tuple[float, ...]]:
    """The mean over classes, and each class, averaged over the tolerances; curve is (deltas, classes)."""

    columns = np.column_stack([curve.mean(axis=1), curve])
    if len(columns) > 1:
        columns = ((columns[:-1] + columns[1:]) / 2).sum(axis=0, keepdims=True) / (len(columns) - 1)
    mean, *per_class = columns[0].tolist()
    return mean, tuple(per_class)
