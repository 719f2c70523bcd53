"""How moments are taken from a temporal spotter's tracks, chosen on validation halves; and its worth."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from matchcut.sport import soccer
from matchcut.spotters.decoding import LEAST, LabelDecoding, moments
from matchcut.spotters.suppression import SUPPRESSIONS
from matchcut.tracks import ScoreTrack
from matchcut.training.commentary.measure import (
    Moments,
    Truths,
    as_truth,
    average_precision,
    best_iou,
)
from matchcut.training.commentary.tune import fit_calibration, fit_threshold

Decoding = Mapping[str, LabelDecoding]

CHOICES: dict[str, tuple[float, ...]] = {
    "square": (16.0, 25.0, 32.0, 40.0),
    "hard": (8.0, 12.0, 20.0, 30.0),
    "linear": (16.0, 32.0, 64.0),
    "gaussian": (16.0, 32.0, 64.0),
}
"""Kind of suppression → the distances in seconds that are tried."""

SMOOTH_S = (0.0, 0.7, 1.0, 1.5)
PLAIN = LabelDecoding(1.0, 25.0)
"""For measuring in the middle of a training, when nothing is chosen yet."""

_COARSE = 0.01
"""Peaks below this are passed over while settings are compared: most of the time goes into them."""


@dataclass(frozen=True)
class Fitted:
    """What was chosen.

    Attributes:
        suppression: the kind.
        decoding: for each label.
    """

    suppression: str
    decoding: dict[str, LabelDecoding]


def decoded(
    tracks: Sequence[ScoreTrack], decoding: Decoding, suppression: str, least: float = LEAST
) -> Moments:
    """All moments of the tracks, one a half, with scores that are not calibrated yet.

    Args:
        tracks: one a half.
        decoding: for each label.
        suppression: of `SUPPRESSIONS`.
        least: peaks below this are passed over.
    """
    weaken = SUPPRESSIONS[suppression]
    columns: list[tuple[NDArray[np.float64], ...]] = [(np.empty(0),) * 4]
    for number, track in enumerate(tracks):
        for label in track.labels:
            seconds, scores = moments(track.column(label), track.rate, decoding[label], weaken, least)
            same = np.ones(len(seconds))
            kind = soccer.index(label)
            columns.append((number * same, kind * same, np.maximum(seconds + track.start, 0), scores))
    half, label_, time, score = (np.concatenate(part) for part in zip(*columns, strict=True))
    return Moments(half.astype(np.int64), label_.astype(np.int64), time, score)


def spread(found: Moments) -> Moments:
    """The same with scores spread over the evaluator's fixed thresholds, as long as nothing is calibrated."""
    return Moments(found.half, found.label, found.time, np.sqrt(found.score))


def quick(tracks: Sequence[ScoreTrack], truths: Truths) -> dict[str, float]:
    """Loose and tight average-mAP with the usual decoding."""
    truth = as_truth(truths)
    found = spread(decoded(tracks, dict.fromkeys(soccer.names, PLAIN), "square", _COARSE))
    return {name: round(float(average_precision(truth, found, name).mean()), 5) for name in ("loose", "tight")}


def fit(tracks: Sequence[ScoreTrack], truths: Truths) -> Fitted:
    """Smoothing, kind and distance of suppression by loose average-mAP, then calibration and threshold.

    One smoothing, kind and distance serves all labels: one for each could fit noise (experiments/LOG.md).
    """
    truth = as_truth(truths)

    def worth(choice: tuple[str, LabelDecoding]) -> float:
        kind, how = choice
        found = spread(decoded(tracks, dict.fromkeys(soccer.names, how), kind, _COARSE))
        return float(average_precision(truth, found).mean())

    ways = [(kind, LabelDecoding(1.0, apart)) for kind, distances in CHOICES.items() for apart in distances]
    kind, how = max(ways, key=worth)
    kind, how = max(((kind, LabelDecoding(smooth, how.apart_s)) for smooth in SMOOTH_S), key=worth)
    decoding = dict.fromkeys(soccer.names, how)
    found = decoded(tracks, decoding, kind)
    decoding = fit_calibration(found, truth, decoding)
    return Fitted(kind, fit_threshold(found.scored(decoding), truth, decoding))


def figures(tracks: Sequence[ScoreTrack], truths: Truths, fitted: Fitted) -> dict[str, Any]:
    """What the tracks are worth with this decoding: loose, tight, F1 by best IoU, and loose by class."""
    truth = as_truth(truths)
    found = decoded(tracks, fitted.decoding, fitted.suppression).scored(fitted.decoding)
    return _measured(truth, found, fitted.decoding)


def cross_fitted(tracks: Sequence[ScoreTrack], truths: Truths, groups: Sequence[int]) -> dict[str, Any]:
    """As `figures`, each group of halves (0 or 1; a game's halves share one) decoded as fitted on the other."""
    parts: list[Moments] = []
    shown: list[NDArray[np.bool_]] = []
    for group in (0, 1):
        theirs = [place for place, of in enumerate(groups) if of != group]
        mine = np.array([place for place, of in enumerate(groups) if of == group], np.int64)
        fitted = fit([tracks[place] for place in theirs], [truths[place] for place in theirs])
        found = decoded([tracks[place] for place in mine], fitted.decoding, fitted.suppression)
        found = found.scored(fitted.decoding)
        least = np.array([fitted.decoding[name].min_score for name in soccer.names])
        parts.append(Moments(mine[found.half], found.label, found.time, found.score))
        shown.append(found.score >= least[found.label])
    columns = ("half", "label", "time", "score")
    everything = Moments(*(np.concatenate([getattr(part, name) for part in parts]) for name in columns))
    return _measured(as_truth(truths), everything, None, np.concatenate(shown))


def _measured(
    truth: Moments, found: Moments, decoding: Decoding | None, shown: NDArray[np.bool_] | None = None
) -> dict[str, Any]:
    if decoding is not None:
        least = np.array([decoding[name].min_score for name in soccer.names])
        shown = found.score >= least[found.label]
    assert shown is not None
    loose, tight = (average_precision(truth, found, metric) for metric in ("loose", "tight"))
    rates = best_iou(truth, found.keep(shown)).overall
    return {
        "loose": round(float(loose.mean()), 4),
        "tight": round(float(tight.mean()), 4),
        "f1_best_iou": round(rates.f1 or 0.0, 4),
        "per_class": {name: round(float(loose[n]), 4) for n, name in enumerate(soccer.names)},
    }


def only_soccer(labels: Sequence[str]) -> bool:
    """Whether the official metric can be taken of these labels."""
    return tuple(labels) == tuple(soccer.names)


__all__ = ["Fitted", "cross_fitted", "decoded", "figures", "fit", "quick", "spread"]
