"""What is minimised: weighted binary cross-entropy over seconds, radii and outputs."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from matchcut.sport import soccer
from matchcut.training.commentary.corpus import Half
from matchcut.training.commentary.samples import outputs_of
from matchcut.training.commentary.settings import OUTPUTS

_SCALE = 10.0


def output_weights(halves: Sequence[Half], power: float) -> Tensor:
    """A weight for each output, higher for rarer ones, shape (outputs,); the labels' weights average 1."""
    counts = np.zeros(len(OUTPUTS))
    for half in halves:
        for label, _ in half.truths:
            counts[list(outputs_of(label))] += 1
    weights = (counts.max() / np.maximum(counts, 1)) ** power
    return torch.tensor(weights / weights[: len(soccer.names)].mean(), dtype=torch.float32)


def spotting_loss(logits: Tensor, targets: Tensor, inside: Tensor, weights: Tensor) -> Tensor:
    """The mean over the seconds inside the halves.

    Args:
        logits, targets: (B, T, radii, outputs).
        inside: (B, T), 1 where a second counts.
        weights: (outputs,).
    """
    each = functional.binary_cross_entropy_with_logits(logits, targets, reduction="none") * weights
    per_second = each.sum(dim=(2, 3)) * inside
    return _SCALE * per_second.sum() / (inside.sum().clamp(min=1) * logits.shape[2] * logits.shape[3])
