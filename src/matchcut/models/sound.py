"""A small convolutional network on log-mel patches: what a moment sounds like, as a vector."""

from __future__ import annotations

from itertools import pairwise

import torch
from torch import Tensor, nn

from matchcut.models.sound_settings import SoundNetSettings

SEGMENTS = 4
"""A patch is summed up in so many pieces, so that its vector tells when in it something sounds."""


class SoundNet(nn.Module):
    """Blocks of convolution, normalisation and averaging, then mean and maximum over pieces of time.

    A short form of PANNs' CNNs (arXiv 1912.10211): blocks of 3 × 3 convolutions on log-mel energies, the mean
    over bands, maximum plus mean over time (there over the whole, here over each of `SEGMENTS` pieces), one
    hidden layer. What that layer says is the vector.
    """

    def __init__(self, how: SoundNetSettings) -> None:
        super().__init__()
        self.how = how
        self.register_buffer("mean", torch.zeros(how.bands))
        self.register_buffer("deviation", torch.ones(how.bands))
        layers: list[nn.Module] = []
        for before, after in zip((1, *how.channels), how.channels, strict=False):
            layers += [nn.Conv2d(before, after, 3, padding=1, bias=False), nn.BatchNorm2d(after)]
            layers += [nn.ReLU(), nn.AvgPool2d(2)]
        self.blocks = nn.Sequential(*layers)
        rows = how.frames // 2 ** len(how.channels)
        edges = [rows * number // min(SEGMENTS, rows) for number in range(min(SEGMENTS, rows) + 1)]
        self.pieces = tuple(slice(first, last) for first, last in pairwise(edges))
        self.hidden = nn.Linear(how.channels[-1] * len(self.pieces), how.width)
        self.dropout = nn.Dropout(how.dropout)
        self.near = nn.Linear(how.width, len(how.radii_s) * len(how.outputs))
        nn.init.constant_(self.near.bias, -3.0)  # nearly everything is nearly never near

    def standardise(self, mean: Tensor, deviation: Tensor) -> None:
        """Sets what the bands' energies are divided by, of shape (bands,) each."""
        self.get_buffer("mean").copy_(mean)
        self.get_buffer("deviation").copy_(deviation.clamp(min=1e-3))

    def vectors(self, patches: Tensor) -> Tensor:
        """Log-mel patches (N, frames, bands) → (N, width)."""
        values = (patches - self.get_buffer("mean")) / self.get_buffer("deviation")
        seen = self.blocks(values.unsqueeze(1)).mean(3)
        parts = [seen[:, :, piece].amax(2) + seen[:, :, piece].mean(2) for piece in self.pieces]
        said: Tensor = torch.relu(self.hidden(torch.cat(parts, 1)))
        return said

    def forward(self, patches: Tensor) -> tuple[Tensor, Tensor]:
        """Vectors, and logits of what is near, (N, radii, outputs)."""
        vectors = self.vectors(patches)
        near = self.near(self.dropout(vectors))
        return vectors, near.view(-1, len(self.how.radii_s), len(self.how.outputs))
