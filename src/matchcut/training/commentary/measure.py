"""Figures on labelled halves: SoccerNet's average-mAP and F1 by best temporal IoU, from tracks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from matchcut.metrics.intervals import Intervals, LabelledRates, score_intervals
from matchcut.metrics.matching import Grid
from matchcut.metrics.spotting import average_map, metric_deltas, to_bins
from matchcut.sport import soccer
from matchcut.spotters.decoding import LabelDecoding, moments, probability
from matchcut.spotters.settings import FIRST_ROW_S, RATE

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Truths = Sequence[Sequence[tuple[int, float]]]
"""For each half, its truths as (class, second)."""

WINDOW_S = 15.0
"""The window that temporal IoU is taken of, centred on the moment; and how near a truth makes a moment true."""


@dataclass(frozen=True)
class Moments:
    """Moments of many halves as columns: number of the half, of the class, second, score."""

    half: Ints
    label: Ints
    time: Floats
    score: Floats

    def keep(self, which: NDArray[np.bool_]) -> Moments:
        """Those moments only."""
        return Moments(self.half[which], self.label[which], self.time[which], self.score[which])

    def scored(self, decoding: Mapping[str, LabelDecoding]) -> Moments:
        """The same with calibrated scores."""
        score = self.score.copy()
        for number, name in enumerate(soccer.names):
            mine = self.label == number
            score[mine] = probability(self.score[mine], decoding[name])
        return Moments(self.half, self.label, self.time, score)


def decode(tracks: Sequence[NDArray[np.float32]], decoding: Mapping[str, LabelDecoding]) -> Moments:
    """All moments of tracks of shape (T, 17), one a half, with scores that are not calibrated yet."""
    columns: list[tuple[Floats, ...]] = []
    for half, track in enumerate(tracks):
        for label, name in enumerate(soccer.names):
            seconds, scores = moments(track[:, label], RATE, decoding[name])
            same = np.ones(len(seconds))
            columns.append((half * same, label * same, seconds + FIRST_ROW_S, scores))
    half_, label_, time, score = (np.concatenate(part) for part in zip(*columns, strict=True))
    return Moments(half_.astype(np.int64), label_.astype(np.int64), time, score)


def as_truth(truths: Truths) -> Moments:
    """Truths as columns; their scores are 1."""
    rows = [(half, label, second, 1.0) for half, found in enumerate(truths) for label, second in found]
    table = np.array(rows, np.float64).reshape(-1, 4)
    return Moments(table[:, 0].astype(np.int64), table[:, 1].astype(np.int64), table[:, 2], table[:, 3])


def average_precision(truth: Moments, found: Moments, metric: str = "loose") -> Floats:
    """SoccerNet's average precision of each class, averaged over the metric's tolerances, shape (17,)."""
    result = average_map(to_grid(truth), to_grid(found), metric_deltas(metric), classes=len(soccer.names))
    return np.array(result.a_mAP_per_class)


def best_iou(truth: Moments, found: Moments) -> LabelledRates:
    """Precision, recall and F1 by best IoU of 15-second windows."""
    return score_intervals(_windows(truth), _windows(found), soccer.names, thresholds=()).best_iou


def summary(truth: Moments, found: Moments, shown: Moments) -> dict[str, Any]:
    """Loose and tight average-mAP of what was found, F1 by best IoU of what is shown; all of it by class."""
    loose, tight = (average_precision(truth, found, metric) for metric in ("loose", "tight"))
    rates = best_iou(truth, shown)
    return {
        "loose": round(float(loose.mean()), 4),
        "tight": round(float(tight.mean()), 4),
        "f1_best_iou": round(rates.overall.f1 or 0.0, 4),
        "precision_best_iou": round(rates.overall.precision or 0.0, 4),
        "recall_best_iou": round(rates.overall.recall or 0.0, 4),
        "truths": rates.overall.truths,
        "shown": rates.overall.predictions,
        "per_class": {
            name: {
                "loose": round(float(loose[number]), 4),
                "tight": round(float(tight[number]), 4),
                "f1_best_iou": round(rates.per_label[name].f1 or 0.0, 4),
                "truths": rates.per_label[name].truths,
                "shown": rates.per_label[name].predictions,
            }
            for number, name in enumerate(soccer.names)
        },
    }


def came_true(truth: Moments, found: Moments, within_s: float = WINDOW_S) -> NDArray[np.bool_]:
    """Whether each moment is an event of its own, shape (N,).

    The best moment of a class and half takes the nearest event of that class within so many seconds, then the
    next best takes the nearest of those that are left: of several moments around one event, one is right.
    """
    true = np.zeros(len(found.time), bool)
    kind, wanted = (part.half * len(soccer.names) + part.label for part in (found, truth))
    order = np.lexsort((-found.score, kind))
    for key in np.unique(wanted):
        mine = order[slice(*np.searchsorted(kind[order], [key, key + 1]))]
        there = truth.time[wanted == key].copy()
        near = np.abs(found.time[mine][:, None] - there[None]).min(axis=1, initial=np.inf) <= within_s
        for place in mine[near]:
            distance = np.abs(there - found.time[place])
            nearest = int(distance.argmin())
            if distance[nearest] <= within_s:
                true[place] = True
                there[nearest] = np.inf
    return true


def to_grid(moments_: Moments) -> Grid:
    """As the official evaluator sees them: through whole milliseconds."""
    milliseconds = np.rint(moments_.time * 1000).astype(np.int64)
    return Grid.of(moments_.half, moments_.label, to_bins(milliseconds), moments_.score)


def _windows(moments_: Moments) -> Intervals:
    half = WINDOW_S / 2
    return Intervals.of(
        moments_.half, moments_.label, moments_.time - half, moments_.time + half, moments_.score
    )
