"""Parts of networks that look along time; padding never reaches what is not padding."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn


def sinusoids(length: int, width: int, like: Tensor) -> Tensor:
    """Sinusoidal positions (arXiv 1706.03762, section 3.5), shape (length, width).

    Args:
        length: positions 0 to ``length - 1``.
        width: even.
        like: a tensor whose device and type are taken.
    """
    place = torch.arange(length, device=like.device, dtype=torch.float32)[:, None]
    pace = torch.exp(torch.arange(0, width, 2, device=like.device) * (-math.log(10_000.0) / width))
    angles = place * pace
    return torch.stack([angles.sin(), angles.cos()], -1).flatten(1)[:, :width].to(like.dtype)


def masked_mean(x: Tensor, mask: Tensor) -> Tensor:
    """The mean over the rows that count, (B, T, D) and bool (B, T) -> (B, D); zeros where none does."""
    weights = mask.unsqueeze(-1).to(x.dtype)
    # What stands in the padding may be anything, infinities and NaN too.
    kept = torch.where(mask.unsqueeze(-1), x, torch.zeros((), dtype=x.dtype, device=x.device))
    return kept.sum(1) / weights.sum(1).clamp(min=1)


def valid_first(x: Tensor, mask: Tensor) -> tuple[Tensor, Tensor]:
    """The same rows with the padding moved to the end, in their order; and the mask of that."""
    order = torch.argsort((~mask).to(torch.uint8), dim=1, stable=True)
    return x.gather(1, order.unsqueeze(-1).expand_as(x)), mask.gather(1, order)


class MeanOverTime(nn.Module):
    """Masked mean pooling: (B, T, width), (B, T) -> (B, width)."""

    def __init__(self, width: int, dropout: float) -> None:
        super().__init__()

    def forward(self, x: Tensor, mask: Tensor) -> Tensor:
        return masked_mean(x, mask)


class TransformerOverTime(nn.Module):
    """Transformer layers over the frames with a class token of their own, read at that token.

    Each frame enters together with the one before it. Attention has to find out by itself which frame came just
    before; with a few hundred clips it did not, and told order no better than a mean does.
    """

    def __init__(self, width: int, dropout: float, layers: int = 2, heads: int = 4) -> None:
        super().__init__()
        self.token = nn.Parameter(torch.randn(1, 1, width) * 0.02)
        self.join = nn.Linear(2 * width, width)
        layer = nn.TransformerEncoderLayer(
            width, heads, 2 * width, dropout, "gelu", batch_first=True, norm_first=True
        )
        self.layers = nn.TransformerEncoder(layer, layers, nn.LayerNorm(width), enable_nested_tensor=False)

    def forward(self, x: Tensor, mask: Tensor) -> Tensor:
        x, mask = valid_first(x, mask)
        x = torch.where(mask.unsqueeze(-1), x, torch.zeros((), dtype=x.dtype, device=x.device))
        before = torch.cat([x[:, :1], x[:, :-1]], 1)
        x = x + self.join(torch.cat([x, before], -1))
        x = x + sinusoids(x.shape[1], x.shape[2], x)
        x = torch.cat([self.token.expand(len(x), -1, -1), x], 1)
        seen = torch.cat([mask.new_ones(len(x), 1), mask], 1)
        out: Tensor = self.layers(x, src_key_padding_mask=~seen)[:, 0]
        return out


class GruOverTime(nn.Module):
    """A gated recurrent network in both directions, averaged over the frames that count."""

    def __init__(self, width: int, dropout: float) -> None:
        super().__init__()
        self.gru = nn.GRU(width, width // 2, batch_first=True, bidirectional=True)
        self.drop = nn.Dropout(dropout)

    def forward(self, x: Tensor, mask: Tensor) -> Tensor:
        x, mask = valid_first(x, mask)
        lengths = mask.sum(1).clamp(min=1).cpu()
        packed = nn.utils.rnn.pack_padded_sequence(x, lengths, batch_first=True, enforce_sorted=False)
        hidden, _ = nn.utils.rnn.pad_packed_sequence(
            self.gru(packed)[0], batch_first=True, total_length=x.shape[1]
        )
        return masked_mean(self.drop(hidden), mask)


TEMPORAL: dict[str, type[nn.Module]] = {
    "mean": MeanOverTime,
    "transformer": TransformerOverTime,
    "gru": GruOverTime,
}
"""How a sequence of frames becomes one vector."""
