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


class Coarse:
    """The moments of all tracks under many settings, each decoded once for all groups.

    Args:
        tracks: one a half.
        truths: of each half.
    """

    def __init__(self, tracks: Sequence[ScoreTrack], truths: Truths) -> None:
        self.tracks, self.truths = tracks, truths
        self._held: dict[tuple[str, LabelDecoding], Moments] = {}

    def worth(self, choice: tuple[str, LabelDecoding], which: Sequence[int]) -> float:
        """Loose average-mAP of some of the halves under one kind of suppression and decoding."""
        if choice not in self._held:
            kind, how = choice
            found = decoded(self.tracks, dict.fromkeys(soccer.names, how), kind, _COARSE)
            self._held[choice] = spread(found)
        held, places = self._held[choice], np.full(len(self.tracks), -1)
        places[list(which)] = np.arange(len(which))
        mine = held.keep(places[held.half] >= 0)
        renumbered = Moments(places[mine.half], mine.label, mine.time, mine.score)
        truth = as_truth([self.truths[place] for place in which])
        return float(average_precision(truth, renumbered).mean())


def fit(
    tracks: Sequence[ScoreTrack],
    truths: Truths,
    which: Sequence[int] | None = None,
    coarse: Coarse | None = None,
) -> Fitted:
    """Smoothing, kind and distance of suppression by loose average-mAP, then calibration and threshold.

    One smoothing, kind and distance serves all labels: one for each could fit noise (experiments/LOG.md).

    Args:
        tracks, truths: one a half.
        which: the halves to fit on; all by default.
        coarse: of the same tracks, where several groups are fitted on.
    """
    some = list(range(len(tracks))) if which is None else list(which)
    compared = coarse or Coarse(tracks, truths)
    ways = [(kind, LabelDecoding(1.0, apart)) for kind, distances in CHOICES.items() for apart in distances]
    kind, how = max(ways, key=lambda way: compared.worth(way, some))
    smoothed = [(kind, LabelDecoding(smooth, how.apart_s)) for smooth in SMOOTH_S]
    kind, how = max(smoothed, key=lambda way: compared.worth(way, some))
    decoding = dict.fromkeys(soccer.names, how)
    truth = as_truth([truths[place] for place in some])
    found = decoded([tracks[place] for place in some], decoding, kind)
    decoding = fit_calibration(found, truth, decoding)
    return Fitted(kind, fit_threshold(found.scored(decoding), truth, decoding))


def figures(tracks: Sequence[ScoreTrack], truths: Truths, fitted: Fitted) -> dict[str, Any]:
    """What the tracks are worth with this decoding: loose, tight, F1 by best IoU, and loose by class."""
    truth = as_truth(truths)
    found = decoded(tracks, fitted.decoding, fitted.suppression).scored(fitted.decoding)
    return _measured(truth, found, fitted.decoding)


def cross_fitted(
    tracks: Sequence[ScoreTrack], truths: Truths, groups: Sequence[int], coarse: Coarse | None = None
) -> dict[str, Any]:
    """As `figures`, of what `cross_moments` gives."""
    everything, shown = cross_moments(tracks, truths, groups, coarse)
    return _measured(as_truth(truths), everything, None, shown)


def cross_moments(
    tracks: Sequence[ScoreTrack], truths: Truths, groups: Sequence[int], coarse: Coarse | None = None
) -> tuple[Moments, NDArray[np.bool_]]:
    """All moments, each group of halves (0 or 1; a game's halves share one) decoded as fitted on the other.

    Returns:
        The moments with calibrated scores, and which of them are worth showing.
    """
    compared = coarse or Coarse(tracks, truths)
    parts: list[Moments] = []
    shown: list[NDArray[np.bool_]] = []
    for group in (0, 1):
        theirs = [place for place, of in enumerate(groups) if of != group]
        mine = np.array([place for place, of in enumerate(groups) if of == group], np.int64)
        fitted = fit(tracks, truths, theirs, compared)
        found = decoded([tracks[place] for place in mine], fitted.decoding, fitted.suppression)
        found = found.scored(fitted.decoding)
        least = np.array([fitted.decoding[name].min_score for name in soccer.names])
        parts.append(Moments(mine[found.half], found.label, found.time, found.score))
        shown.append(found.score >= least[found.label])
    columns = ("half", "label", "time", "score")
    everything = Moments(*(np.concatenate([getattr(part, name) for part in parts]) for name in columns))
    return everything, np.concatenate(shown)


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


__all__ = ["Coarse", "Fitted", "cross_fitted", "cross_moments", "decoded", "figures", "fit", "quick", "spread"]
