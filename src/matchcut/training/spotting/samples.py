"""What a temporal spotter's cells are to say, and batches as tensors."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import torch
from numpy.typing import NDArray

from matchcut.models.temporal_spotter import Stretches
from matchcut.spotters.stretches import Stretch, stack

Floats = NDArray[np.float32]


def collate(stretches: Sequence[Stretch], widths: Mapping[str, int], device: torch.device) -> Stretches:
    """Stretches as one batch of tensors; see `stack`."""
    arrays = stack(stretches, widths)
    return Stretches(
        tuple(torch.from_numpy(part).to(device) for part in arrays.features),
        tuple(torch.from_numpy(part).to(device) for part in arrays.there),
        torch.from_numpy(arrays.clock).to(device),
        torch.from_numpy(arrays.inside).to(device),
    )


def near_targets(
    truths: Sequence[tuple[int, float]],
    cells: int,
    rate: float,
    radii_s: Sequence[float],
    outputs: int,
    relatives: Mapping[int, Sequence[int]],
) -> Floats:
    """Whether an event lies within each radius of each cell's middle, (T, R, C); its last cell by its share.

    Args:
        truths: (output, second from the first cell's beginning).
        relatives: output → further outputs that its events are truths of.
    """
    targets = np.zeros((cells, len(radii_s), outputs), np.float32)
    widths = np.asarray(radii_s, np.float32)
    reach = max(radii_s) + 1 / rate
    for label, at in truths:
        low, high = max(0, int((at - reach) * rate)), min(cells, int((at + reach) * rate) + 2)
        if low >= high:
            continue
        distance = np.abs((np.arange(low, high) + 0.5) / rate - at).astype(np.float32)
        near = np.clip((widths[None] - distance[:, None]) * np.float32(rate) + 0.5, 0, 1)
        for output in (label, *relatives.get(label, ())):
            np.maximum(targets[low:high, :, output], near, out=targets[low:high, :, output])
    return targets


def shift_targets(
    truths: Sequence[tuple[int, float]], cells: int, rate: float, reach_s: float, outputs: int
) -> Floats:
    """Seconds from each cell's middle to the nearest event within reach, (T, C); NaN where there is none."""
    targets = np.full((cells, outputs), np.nan, np.float32)
    for label, at in truths:
        low, high = max(0, int((at - reach_s) * rate)), min(cells, int((at + reach_s) * rate) + 2)
        if low >= high:
            continue
        away = (at - (np.arange(low, high) + 0.5) / rate).astype(np.float32)
        held = np.abs(targets[low:high, label])
        nearer = (np.abs(away) <= reach_s) & (np.isnan(held) | (np.abs(away) < held))
        targets[low:high, label] = np.where(nearer, away, targets[low:high, label])
    return targets
