"""How moments are taken from tracks and what their scores mean: few numbers, fitted on the valid split.

Smoothing, suppression and the threshold for showing are one number each for all labels; calibration has two
numbers a label. `cross_fit` fits on one half of the games and applies to the other, for honest figures.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from matchcut.sport import soccer
from matchcut.spotters.decoding import LabelDecoding
from matchcut.training.commentary.measure import (
    Moments,
    Truths,
    as_truth,
    average_precision,
    best_iou,
    came_true,
    decode,
)

SMOOTH_S = (0.0, 0.7, 1.0)
APART_S = (16.0, 25.0, 32.0, 40.0)
THRESHOLDS = np.round(np.arange(0.1, 0.71, 0.05), 3)
_PRIOR = 20.0
"""How many moments' worth of faith the pooled calibration has in a label's own."""

Decoding = Mapping[str, LabelDecoding]


def fit(tracks: Sequence[NDArray[np.float32]], truths: Truths) -> dict[str, LabelDecoding]:
    """Decoding, calibration and threshold for every label, fitted on these halves."""
    truth = as_truth(truths)
    decoding = fit_suppression(tracks, truths)
    found = decode(tracks, decoding)
    decoding = fit_calibration(found, truth, decoding)
    return fit_threshold(found.scored(decoding), truth, decoding)


def fit_suppression(tracks: Sequence[NDArray[np.float32]], truths: Truths) -> dict[str, LabelDecoding]:
    """The smoothing and the distance that give the best loose average-mAP, the same for all labels.

    A pair for each label would gain 0.0002 (experiments/LOG.md) and could fit noise.
    """
    truth = as_truth(truths)
    choices = [LabelDecoding(smooth, apart) for smooth in SMOOTH_S for apart in APART_S]
    worth = []
    for how in choices:
        found = decode(tracks, dict.fromkeys(soccer.names, how))
        # Before calibration the square root spreads low scores over the evaluator's fixed thresholds.
        spread = Moments(found.half, found.label, found.time, np.sqrt(found.score))
        worth.append(average_precision(truth, spread).mean())
    return dict.fromkeys(soccer.names, choices[int(np.argmax(worth))])


def fit_calibration(found: Moments, truth: Moments, decoding: Decoding) -> dict[str, LabelDecoding]:
    """Logistic calibration (Platt) of each label's scores, drawn towards that of all labels together."""
    true = came_true(truth, found)
    shared = _platt(found.score, true, (1.0, 0.0), 0.0)
    fitted = {}
    for number, name in enumerate(soccer.names):
        mine = found.label == number
        slope, intercept = _platt(found.score[mine], true[mine], shared, _PRIOR)
        fitted[name] = replace(decoding[name], slope=max(slope, 0.05), intercept=intercept)
    return fitted


def fit_threshold(scored: Moments, truth: Moments, decoding: Decoding) -> dict[str, LabelDecoding]:
    """The lowest probability shown: that which gives the best F1 by best IoU over the events of all labels.

    One threshold serves all labels. Each label's own suits the measure no better, and would show a user
    ten thousand unlikely throw-ins.
    """
    worth = [best_iou(truth, scored.keep(scored.score >= least)).overall.f1 or 0.0 for least in THRESHOLDS]
    least = float(THRESHOLDS[int(np.argmax(worth))])
    return {name: replace(how, min_score=least) for name, how in decoding.items()}


def cross_fit(
    tracks: Sequence[NDArray[np.float32]], truths: Truths, groups: Sequence[int]
) -> tuple[Moments, Moments]:
    """Moments scored by what was fitted on the other group of halves: all of them, and those worth showing.

    Args:
        tracks, truths: one a half.
        groups: 0 or 1 for each half; the halves of one game share a group.
    """
    parts: list[Moments] = []
    shown: list[NDArray[np.bool_]] = []
    for group in (0, 1):
        theirs = [place for place, of in enumerate(groups) if of != group]
        mine = np.array([place for place, of in enumerate(groups) if of == group], np.int64)
        fitted = fit([tracks[place] for place in theirs], [truths[place] for place in theirs])
        found = decode([tracks[place] for place in mine], fitted).scored(fitted)
        least = np.array([fitted[name].min_score for name in soccer.names])
        parts.append(Moments(mine[found.half], found.label, found.time, found.score))
        shown.append(found.score >= least[found.label])
    columns = ("half", "label", "time", "score")
    everything = Moments(*(np.concatenate([getattr(part, name) for part in parts]) for name in columns))
    return everything, everything.keep(np.concatenate(shown))


def _platt(
    scores: NDArray[np.float64], true: NDArray[np.bool_], prior: tuple[float, float], faith: float
) -> tuple[float, float]:
    """Slope and intercept by Newton's method, drawn to ``prior`` with the weight of ``faith`` moments."""
    clipped = np.clip(scores, 1e-7, 1 - 1e-7)
    logit = np.log(clipped / (1 - clipped))
    design = np.stack([logit, np.ones_like(logit)], axis=1)
    centre = np.array(prior)
    weights = centre.copy()
    for _ in range(50):
        guess = 1 / (1 + np.exp(-np.clip(design @ weights, -40, 40)))
        slope = design.T @ (true - guess) - faith * 0.25 * (weights - centre)
        curve = (design * (guess * (1 - guess))[:, None]).T @ design + np.eye(2) * (faith * 0.25 + 1e-6)
        step = np.linalg.solve(curve, slope)
        weights = weights + np.clip(step, -1, 1)
        if np.abs(step).max() < 1e-8:
            break
    return float(weights[0]), float(weights[1])
