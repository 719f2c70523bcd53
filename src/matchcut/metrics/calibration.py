"""Whether scores mean what they say: reliability bins, expected calibration error, Brier score."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from matchcut.errors import ValidationError


@dataclass(frozen=True, slots=True)
class Calibration:
    """A reliability plot's figures.

    Attributes:
        edges: the borders of the bins over [0, 1], one more than bins; a bin holds its lower border, the last
            one both.
        counts: how many predictions each bin has.
        mean_score: their mean score; None in an empty bin.
        hit_rate: the share of them that are right; None in an empty bin.
        ece: expected calibration error: the mean distance between the two, weighted by the counts; None without
            predictions. (Naeini, Cooper and Hauskrecht, "Obtaining Well Calibrated Probabilities Using Bayesian
            Binning", AAAI 2015.)
        brier: the mean squared distance between score and outcome (Brier 1950); None without predictions.
    """

    edges: tuple[float, ...]
    counts: tuple[int, ...]
    mean_score: tuple[float | None, ...]
    hit_rate: tuple[float | None, ...]
    ece: float | None
    brier: float | None

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        return {
            name: list(value) if isinstance(value, tuple) else value
            for name in self.__dataclass_fields__
            for value in (getattr(self, name),)
        }


def calibration(scores: ArrayLike, outcomes: ArrayLike, bins: int = 10) -> Calibration:
    """How far scores are from the rates at which they come true.

    Args:
        scores: probabilities in [0, 1], shape (N,).
        outcomes: whether each came true, shape (N,), booleans or 0 and 1.
        bins: how many bins of equal width.

    >>> round(calibration([0.8, 0.8, 0.8, 0.8], [1, 1, 1, 0], bins=5).ece, 6)  # says 80 %, true in 75 %
    0.05

    Raises:
        ValidationError: the shapes differ, or a value is out of its range.
    """
    score, outcome = np.asarray(scores, dtype=np.float64), np.asarray(outcomes, dtype=np.float64)
    if score.ndim != 1 or score.shape != outcome.shape:
        raise ValidationError(
            f"scores and outcomes must be of one length, not {score.shape} and {outcome.shape}", "Pair them"
        )
    if bins < 1:
        raise ValidationError(f"a reliability plot has at least one bin, not {bins}", "Give more bins")
    if not ((score >= 0) & (score <= 1)).all():
        raise ValidationError("scores must be probabilities from 0 to 1", "Scale them")
    if not np.isin(outcome, (0, 1)).all():
        raise ValidationError("outcomes must be 0 or 1", "Give whether each prediction came true")
    edges = np.linspace(0, 1, bins + 1)
    place = np.minimum(np.searchsorted(edges, score, side="right") - 1, bins - 1)
    counts = np.bincount(place, minlength=bins)
    said = np.bincount(place, weights=score, minlength=bins).astype(np.float64)
    came = np.bincount(place, weights=outcome, minlength=bins).astype(np.float64)
    return Calibration(
        edges=tuple(edges.tolist()),
        counts=tuple(counts.tolist()),
        mean_score=_shares(said, counts),
        hit_rate=_shares(came, counts),
        ece=float(np.abs(said - came).sum() / len(score)) if len(score) else None,
        brier=float(np.mean((score - outcome) ** 2)) if len(score) else None,
    )


def _shares(total: NDArray[np.float64], counts: NDArray[np.int64]) -> tuple[float | None, ...]:
    return tuple(t / n if n else None for t, n in zip(total.tolist(), counts.tolist(), strict=True))
