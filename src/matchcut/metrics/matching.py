"""Points on a grid and SoccerNet's way of matching them, for all recordings and classes at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from matchcut.errors import ValidationError

Ints = NDArray[np.int64]


@dataclass(frozen=True, eq=False, slots=True)
class Grid:
    """Events of many recordings as parallel columns.

    Attributes:
        recording: the number of the recording (for SoccerNet: the half), shape (N,), 0 or more.
        label: the number of the class, shape (N,), 0 or more.
        frame: the bin, shape (N,), 0 or more.
        value: a prediction's score; for a truth 1 if it is visible, -1 if it is not shown; shape (N,).
    """

    recording: Ints
    label: Ints
    frame: Ints
    value: NDArray[np.float64]

    @classmethod
    def of(cls, recording: ArrayLike, label: ArrayLike, frame: ArrayLike, value: ArrayLike) -> Grid:
        """Columns from anything that numpy takes, in the order in which the events were written.

        Raises:
            ValidationError: the columns differ in length, or a number is negative.
        """
        whole = [np.asarray(column, dtype=np.int64) for column in (recording, label, frame)]
        scores = np.asarray(value, dtype=np.float64)
        if len({column.shape for column in (*whole, scores)}) > 1 or scores.ndim != 1:
            shapes = ", ".join(str(column.shape) for column in (*whole, scores))
            raise ValidationError(f"the columns must be of one length, not {shapes}", "Give one value an event")
        if any(column.size and column.min() < 0 for column in whole):
            raise ValidationError("recordings, classes and bins are numbered from 0", "Correct the columns")
        return cls(whole[0], whole[1], whole[2], scores)

    def __len__(self) -> int:
        return len(self.frame)

    def keep(self, which: NDArray[np.bool_] | Ints) -> Grid:
        """Those events only: a mask, or their places."""
        return Grid(self.recording[which], self.label[which], self.frame[which], self.value[which])


def _keys(*grids: Grid) -> tuple[list[Ints], list[Ints], int]:
    """Numbers that order events by recording, class and bin; those of the groups alone; bins a group."""
    bins = 1 + max((int(grid.frame.max()) for grid in grids if len(grid)), default=0)
    classes = 1 + max((int(grid.label.max()) for grid in grids if len(grid)), default=0)
    groups = [grid.recording * classes + grid.label for grid in grids]
    return [group * bins + grid.frame for group, grid in zip(groups, grids, strict=True)], groups, bins


def collapsed(grid: Grid) -> Grid:
    """One event a recording, class and bin, the last written, sorted by these three."""
    (key,), _, _ = _keys(grid)
    _, from_end = np.unique(key[::-1], return_index=True)
    return grid.keep(len(grid) - 1 - from_end)


def nearest_truth(truth: Grid, predictions: Grid) -> NDArray[np.float64]:
    """The value of the truth nearest to each prediction in its recording and class; -1 if there is none.

    The border between two truths is the middle, rounded down, and belongs to the later one. Both grids are
    `collapsed`.
    """
    if not len(truth):
        return np.full(len(predictions), -1.0)
    (key, wanted), (group, wanted_group), bins = _keys(truth, predictions)
    border = np.where(group[1:] == group[:-1], (key[1:] + key[:-1]) // 2, group[1:] * bins)
    place = np.searchsorted(border, wanted, side="right")
    return np.where(group[place] == wanted_group, truth.value[place], -1.0)


def hits(truth: Grid, predictions: Grid, reaches: Sequence[int]) -> NDArray[np.bool_]:
    """Which predictions are taken by a truth, shape (reaches, predictions).

    In time order each truth takes the highest-scoring prediction of its recording and class that lies at most
    so many bins away and that no earlier truth has taken; of equal scores the earliest. Both grids are
    `collapsed`.
    """
    taken = np.zeros((len(reaches), len(predictions)), dtype=bool)
    if not len(truth) or not len(predictions):
        return taken
    (key, wanted), (group, _), bins = _keys(truth, predictions)
    # The best first, the earlier of equals; a rank is the higher the better, and no two are the same.
    order = np.argsort(-predictions.value, kind="stable")
    rank = np.empty(len(order), dtype=np.int64)
    rank[order] = np.arange(len(order))[::-1]
    by_rank = order[::-1]
    for row, reach in zip(taken, reaches, strict=True):
        first = np.searchsorted(wanted, np.maximum(key - reach, group * bins), side="left")
        last = np.searchsorted(wanted, np.minimum(key + reach, (group + 1) * bins - 1), side="right")
        seen = first < last
        _take(row, first[seen], last[seen], rank, by_rank)
    return taken


def _take(taken: NDArray[np.bool_], first: Ints, last: Ints, rank: Ints, by_rank: Ints) -> None:
    """Marks what truths take whose windows, none of them empty, are ``[first, last)``, both rising."""
    if not len(first):
        return
    # One more at the end, so that a window may end with the last prediction.
    best = np.maximum.reduceat(np.append(rank, -1), np.stack([first, last], axis=1).ravel())[::2]
    # In a chain of windows that touch, each truth has its first choice if no two choose the same.
    chain = np.append(0, np.cumsum(first[1:] >= last[:-1]))
    _, back, times = np.unique(best, return_inverse=True, return_counts=True)
    torn = np.zeros(chain[-1] + 1, dtype=bool)
    torn[chain[times[back] > 1]] = True
    disputed = torn[chain]
    taken[by_rank[best[~disputed]]] = True
    free = rank.copy()
    for start, end in zip(first[disputed].tolist(), last[disputed].tolist(), strict=True):
        window = free[start:end]
        choice = int(window.argmax())
        if window[choice] >= 0:
            window[choice] = -1
            taken[start + choice] = True
