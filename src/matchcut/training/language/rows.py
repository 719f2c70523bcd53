"""Which samples share a row of tokens, and which rows a step: packed, and of like length."""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Sequence

import numpy as np

from matchcut.training.drawing import steps_of
from matchcut.training.loop import Share, seed_of

_WINDOW = 512  # samples that are packed together; more would always bring the same neighbours into a row
_BUCKET = 8  # batches that are sorted by length together


def rows_of(lengths: Sequence[int], context: int, packed: bool, seed: int) -> list[list[int]]:
    """Every sample once, in rows of at most ``context`` tokens.

    Samples are shuffled; of each window the longest are placed first, each into the fullest row that it fits
    into (best fit decreasing).

    Args:
        lengths: tokens of each sample, none above ``context``.
        packed: several samples a row; else one.
        seed: brings others together.

    >>> rows_of([5, 5, 9, 1], 10, True, 0)
    [[2, 3], [0, 1]]
    """
    order = np.random.default_rng(seed_of(seed, 11)).permutation(len(lengths)).tolist()
    if not packed:
        return [[place] for place in order]
    rows: list[list[int]] = []
    for at in range(0, len(order), _WINDOW):
        free: list[tuple[int, int]] = []  # tokens left, and the row's number, ascending
        for place in sorted(order[at : at + _WINDOW], key=lambda place: (-lengths[place], place)):
            fits = bisect_left(free, (lengths[place], -1))
            if fits == len(free):
                rows.append([])
                left, row = context, len(rows) - 1
            else:
                left, row = free.pop(fits)
            rows[row].append(place)
            insort(free, (left - lengths[place], row))
    return rows


def batches_of(totals: Sequence[int], batch: int, seed: int, epoch: int) -> list[list[int]]:
    """The rows of each step of an epoch: every row once, those of a step of like length, steps in random order.

    Args:
        totals: tokens of each row.
        batch: rows a step; steps differ by one at most.
        seed, epoch: another order for each.
    """
    if not totals:
        return []
    rng = np.random.default_rng(seed_of(seed, epoch, 12))
    order = rng.permutation(len(totals)).tolist()
    together = batch * _BUCKET
    alike = [
        row
        for at in range(0, len(order), together)
        for row in sorted(order[at : at + together], key=lambda row: (totals[row], row))
    ]
    steps = steps_of(len(totals), batch)
    cut = [[alike[place] for place in Share(step, steps).of(len(alike))] for step in range(steps)]
    return [cut[step] for step in rng.permutation(steps).tolist()]
