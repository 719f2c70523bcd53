"""Clips with their features and truths, and batches of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from matchcut.models.fusion import Clips


@dataclass(frozen=True, eq=False)
class Sample:
    """One clip.

    Attributes:
        name: of the clip.
        video: vectors of its frames, (T, D); T may be 0.
        words: vectors of what was said, (U, E); U may be 0.
        weights: what each piece of words counts, (U,).
        kind: number of its class; -1 if unknown.
        labels: 0 and 1, one a label, (L,); empty if unknown.
        pitch: number of the pitch's kind; -1 if unknown.
        speed: of the pitch, in the training clips' standard deviations from their mean; NaN if unknown.
    """

    name: str
    video: NDArray[np.float32]
    words: NDArray[np.float32]
    weights: NDArray[np.float32]
    kind: int = -1
    labels: NDArray[np.float32] = field(default_factory=lambda: np.empty(0, np.float32))
    pitch: int = -1
    speed: float = float("nan")


class Truths(NamedTuple):
    """What the heads should say, on the device: see `Sample`; ``labels_known`` is bool (B,)."""

    kinds: Tensor
    labels: Tensor
    labels_known: Tensor
    pitches: Tensor
    speeds: Tensor


def collate(samples: Sequence[Sample], labels: int, device: torch.device | str = "cpu") -> tuple[Clips, Truths]:
    """Samples as one padded batch."""
    video, video_mask = _padded([sample.video for sample in samples])
    words, words_mask = _padded([sample.words for sample in samples])
    weights, _ = _padded([sample.weights[:, None] for sample in samples])
    truth = np.zeros((len(samples), labels), np.float32)
    for row, sample in zip(truth, samples, strict=True):
        if len(sample.labels):
            row[:] = sample.labels
    arrays = (
        video, video_mask, words, words_mask, weights[..., 0],
        np.array([sample.kind for sample in samples]), truth,
        np.array([labels > 0 and len(sample.labels) > 0 for sample in samples]),
        np.array([sample.pitch for sample in samples]),
        np.array([sample.speed for sample in samples], np.float32),
    )  # fmt: skip
    tensors = [torch.from_numpy(array).to(device) for array in arrays]
    return Clips(*tensors[:5]), Truths(*tensors[5:])


def _padded(rows: Sequence[NDArray[np.float32]]) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
    longest = max(1, *(len(row) for row in rows))
    found = np.zeros((len(rows), longest, rows[0].shape[1]), np.float32)
    mask = np.zeros((len(rows), longest), np.bool_)
    for place, row in enumerate(rows):
        found[place, : len(row)] = row
        mask[place, : len(row)] = True
    return found, mask
