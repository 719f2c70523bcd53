"""Retrieval: whether what a query asks for stands among the first things that are found.

Ties are counted against the ranking: of equal scores the irrelevant ones come first. So a ranking that knows
nothing gains nothing by giving everything the same score.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from matchcut.errors import ValidationError


@dataclass(frozen=True, slots=True)
class Retrieval:
    """What a ranking is worth; all but ``median_rank`` in [0, 1].

    Attributes:
        queries: how many have something to find.
        without: how many have not, and are left out.
        recall_at: by k: the share of queries with something relevant among the first k. Papers on images and
            texts call this recall@k.
        found_at: by k: of what is relevant to a query, at most k, the share among the first k; the mean.
        mean_average_precision: over queries, of the whole ranking.
        median_rank: of a query's first relevant thing, counted from 1.
    """

    queries: int
    without: int
    recall_at: dict[int, float]
    found_at: dict[int, float]
    mean_average_precision: float
    median_rank: float

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        return {
            name: {str(k): v for k, v in value.items()} if isinstance(value, dict) else value
            for name in self.__dataclass_fields__
            for value in (getattr(self, name),)
        }


def relevant_ranks(scores: ArrayLike, relevant: ArrayLike) -> list[NDArray[np.int64]]:
    """The ranks, from 1, of each query's relevant things, rising; ties are counted against them.

    Args:
        scores: (queries, things), finite; higher is nearer.
        relevant: bool (queries, things).

    >>> [ranks.tolist() for ranks in relevant_ranks([[0.9, 0.5, 0.5]], [[False, True, False]])]
    [[3]]

    Raises:
        ValidationError: shapes differ, or a score is not finite.
    """
    table, wanted = np.asarray(scores, np.float64), np.asarray(relevant, np.bool_)
    if table.ndim != 2 or table.shape != wanted.shape:
        raise ValidationError(
            f"scores and relevance need one shape (queries, things), not {table.shape} and {wanted.shape}",
            "Give one row a query",
        )
    if not np.isfinite(table).all():
        raise ValidationError("scores must be finite numbers", "Look for NaN in the model's output")
    order = np.lexsort((wanted, -table), axis=1)  # by score, then the irrelevant first
    ranked = np.take_along_axis(wanted, order, axis=1)
    return [np.flatnonzero(row) + 1 for row in ranked]


def retrieval(scores: ArrayLike, relevant: ArrayLike, at: Sequence[int] = (1, 5, 10)) -> Retrieval:
    """The figures of a ranking.

    Args:
        scores: (queries, things), finite; higher is nearer.
        relevant: bool (queries, things): what each query asks for; queries that ask for nothing that is there
            are left out.
        at: the k; at least 1.

    >>> figures = retrieval([[0.9, 0.1], [0.8, 0.3]], [[True, False], [False, True]], at=(1, 2))
    >>> figures.recall_at, figures.median_rank
    ({1: 0.5, 2: 1.0}, 1.5)

    Raises:
        ValidationError: shapes differ, a score is not finite, no query has anything to find, or k is below 1.
    """
    if min(at, default=1) < 1:
        raise ValidationError(f"k counts from 1, not {min(at)}", "Correct it")
    every = relevant_ranks(scores, relevant)
    ranks = [found for found in every if len(found)]
    if not ranks:
        raise ValidationError("no query has anything to find", "Give at least one relevant pair")
    first = np.array([found[0] for found in ranks])
    precision = [float((np.arange(1, len(found) + 1) / found).mean()) for found in ranks]
    return Retrieval(
        queries=len(ranks),
        without=len(every) - len(ranks),
        recall_at={k: float((first <= k).mean()) for k in at},
        found_at={k: float(np.mean([(f <= k).sum() / min(k, len(f)) for f in ranks])) for k in at},
        mean_average_precision=float(np.mean(precision)),
        median_rank=float(np.median(first)),
    )


def extremes(margins: ArrayLike, count: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The places of the best and of the worst, no place in both, best and worst first; of equals the earlier.

    >>> [places.tolist() for places in extremes([0.5, -2.0, 3.0], 5)]
    [[2, 0], [1]]

    Args:
        margins: (N,): how much each is in the right (above 0) or in the wrong.
        count: at most so many of each.
    """
    given = np.asarray(margins, np.float64)
    order = np.argsort(-given, kind="stable")
    best = [place for place in order if given[place] > 0][:count]
    worst = [place for place in np.argsort(given, kind="stable") if given[place] <= 0][:count]
    return np.array(best, np.int64), np.array(worst, np.int64)
