"""Which samples a step sees, and how they are varied: decided by seed, epoch and step alone."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from matchcut.training.loop import Share, seed_of


def steps_of(samples: int, batch: int) -> int:
    """Steps of an epoch. Batches differ by one sample at most, so that none is a remnant of one or two."""
    return max(1, round(samples / batch))


def order_of(seed: int, epoch: int, classes: Sequence[int], balanced: bool) -> NDArray[np.int64]:
    """The samples of an epoch in their order, as many as there are.

    Args:
        classes: of each sample; -1 where unknown.
        balanced: draw each class equally often, with replacement; else each sample comes once.
    """
    rng = np.random.default_rng(seed_of(seed, epoch, 7))
    if not balanced:
        return rng.permutation(len(classes))
    given = np.asarray(classes)
    groups = [np.flatnonzero(given == value) for value in np.unique(given[given >= 0])]
    if not groups:
        return rng.permutation(len(classes))
    # Every class in turn, so that each batch has all of them.
    turns = [rng.permutation(len(groups)) for _ in range(-(-len(classes) // len(groups)))]
    return np.array([rng.choice(groups[turn]) for turn in np.concatenate(turns)[: len(classes)]])


def places_of(order: NDArray[np.int64], step: int, steps: int, share: Share) -> NDArray[np.int64]:
    """The samples of a part of a step."""
    whole = order[Share(step, steps).of(len(order)).start : Share(step, steps).of(len(order)).stop]
    part = share.of(len(whole))
    return whole[part.start : part.stop]


def jittered(count: int, amount: float, rng: np.random.Generator) -> NDArray[np.int64]:
    """Which of ``count`` frames are kept, in order: a stretch at least ``1 - amount`` as long, with gaps.

    >>> jittered(8, 0.0, np.random.default_rng(0)).tolist()
    [0, 1, 2, 3, 4, 5, 6, 7]
    """
    if count < 2 or not amount:
        return np.arange(count)
    length = max(1, round(count * (1 - amount * rng.random())))
    first = int(rng.integers(count - length + 1))
    kept = np.arange(first, first + length)
    some = kept[rng.random(length) >= amount / 2]
    return some if len(some) else kept


def varied_pictures(
    pixels: NDArray[np.uint8], colour: float, crop: float, rng: np.random.Generator
) -> NDArray[np.uint8]:
    """A clip's pictures in another light and cut a little closer, all of them alike.

    Pictures are not mirrored: which way things go, and text, would be wrong.

    Args:
        pixels: (T, H, W, 3).
        colour: brightness, contrast and saturation vary by up to this share.
        crop: up to this share of each side is cut off, and what is left is scaled back.
    """
    height, width = pixels.shape[1:3]
    if crop:
        kept = 1 - crop * rng.random()
        rows, columns = max(1, round(height * kept)), max(1, round(width * kept))
        top, left = int(rng.integers(height - rows + 1)), int(rng.integers(width - columns + 1))
        down = top + (np.arange(height) * rows) // height
        across = left + (np.arange(width) * columns) // width
        pixels = pixels[:, down][:, :, across]
    if not colour:
        return pixels
    bright, contrast, saturation = 1 + colour * rng.uniform(-1, 1, 3).astype(np.float32)
    values = pixels.astype(np.float32)
    grey = values.mean(-1, keepdims=True)
    values = (grey + (values - grey) * saturation) * bright
    middle = values.mean()
    found: NDArray[np.uint8] = np.clip(middle + (values - middle) * contrast, 0, 255).astype(np.uint8)
    return found
