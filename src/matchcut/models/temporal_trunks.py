"""What looks along time in a temporal spotter: (B, T, width) and a mask (B, T) in, (B, T, width) out.

Cells outside the mask are padding: they change nothing in the others, whatever stands in them.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch.nn import functional

from matchcut.models.temporal import sinusoids, valid_first
from matchcut.models.temporal_pool import PastAndFuture


class DilatedLayer(nn.Module):
    """A residual layer that looks ``step`` cells to either side."""

    def __init__(self, width: int, step: int, dropout: float) -> None:
        super().__init__()
        self.step = step
        self.norm = nn.LayerNorm(width)
        self.look = nn.Linear(3 * width, width)
        self.mix = nn.Linear(width, width)
        self.drop = nn.Dropout(dropout)

    def forward(self, x: Tensor, mask: Tensor) -> Tensor:
        y = self.norm(x) * mask.unsqueeze(-1)
        step, rows = self.step, x.shape[1]
        padded = functional.pad(y, (0, 0, step, step))
        near = torch.cat([padded[:, :rows], y, padded[:, 2 * step : 2 * step + rows]], -1)
        out: Tensor = x + self.drop(self.mix(functional.gelu(self.look(near))))
        return out


class DilatedConvolutions(nn.Module):
    """Residual convolutions of growing dilation."""

    def __init__(self, width: int, dropout: float, steps: tuple[int, ...]) -> None:
        super().__init__()
        self.layers = nn.ModuleList(DilatedLayer(width, step, dropout) for step in steps)

    def forward(self, x: Tensor, mask: Tensor) -> Tensor:
        for layer in self.layers:
            x = layer(x, mask)
        return x


class AttentionLayer(nn.Module):
    """A transformer layer, norms first (arXiv 2002.04745)."""

    def __init__(self, width: int, heads: int, dropout: float) -> None:
        super().__init__()
        self.heads = heads
        self.norms = nn.ModuleList([nn.LayerNorm(width), nn.LayerNorm(width)])
        self.into = nn.Linear(width, 3 * width)
        self.out = nn.Linear(width, width)
        self.wide = nn.Linear(width, 2 * width)
        self.narrow = nn.Linear(2 * width, width)
        self.drop = nn.Dropout(dropout)

    def forward(self, x: Tensor, bias: Tensor) -> Tensor:
        batch, rows, width = x.shape
        query, key, value = self.into(self.norms[0](x)).view(batch, rows, 3, self.heads, -1).unbind(2)
        query, key, value = query.transpose(1, 2), key.transpose(1, 2), value.transpose(1, 2)
        looked = functional.scaled_dot_product_attention(query, key, value, bias.to(query.dtype))
        x = x + self.drop(self.out(looked.transpose(1, 2).reshape(batch, rows, width)))
        y = self.narrow(functional.gelu(self.wide(self.norms[1](x))))
        out: Tensor = x + self.drop(y)
        return out


class Transformer(nn.Module):
    """A transformer encoder over the cells, with sinusoidal positions."""

    def __init__(self, width: int, dropout: float, layers: int, heads: int) -> None:
        super().__init__()
        self.layers = nn.ModuleList(AttentionLayer(width, heads, dropout) for _ in range(layers))

    def forward(self, x: Tensor, mask: Tensor) -> Tensor:
        # Positions count from the first cell that is there: padding before it moves nothing.
        place = (mask.cumsum(1) - 1).clamp(min=0)
        x = x * mask.unsqueeze(-1) + sinusoids(x.shape[1], x.shape[2], x)[place]
        # A large number rather than infinity: where nothing is there at all, it must not become NaN.
        bias = torch.zeros_like(mask, dtype=x.dtype).masked_fill(~mask, -1e4)[:, None, None]
        for layer in self.layers:
            x = layer(x, bias)
        return x


class Recurrent(nn.Module):
    """Gated recurrent networks in both directions, added to what they were given."""

    def __init__(self, width: int, dropout: float, layers: int) -> None:
        super().__init__()
        self.gru = nn.GRU(width, width // 2, layers, batch_first=True, bidirectional=True)
        self.drop = nn.Dropout(dropout)

    def forward(self, x: Tensor, mask: Tensor) -> Tensor:
        whole = bool(mask.all())
        with torch.autocast(x.device.type, enabled=False):
            looked = self.gru(x.float())[0] if whole else self._masked(x.float(), mask)
        out: Tensor = x + self.drop(looked)
        return out

    def _masked(self, x: Tensor, mask: Tensor) -> Tensor:
        """The padding is moved to the end, left out, and what was found is put back where it belongs."""
        ordered, there = valid_first(x, mask)
        lengths = there.sum(1).clamp(min=1).cpu()
        packed = nn.utils.rnn.pack_padded_sequence(ordered, lengths, batch_first=True, enforce_sorted=False)
        looked, _ = nn.utils.rnn.pad_packed_sequence(
            self.gru(packed)[0], batch_first=True, total_length=x.shape[1]
        )
        place = (mask.cumsum(1) - 1).clamp(min=0)
        return looked.gather(1, place.unsqueeze(-1).expand_as(looked)) * mask.unsqueeze(-1)


def _pool(width: int, dropout: float, layers: int, cells: int) -> nn.Module:
    return PastAndFuture(width, dropout, 16, cells)


def _convolutions(width: int, dropout: float, layers: int, cells: int) -> nn.Module:
    # Powers of two up to the window, then from one again, as many as there are layers.
    top = max(1, cells.bit_length() - 1)
    return DilatedConvolutions(width, dropout, tuple(2 ** (place % top) for place in range(layers)))


def _transformer(width: int, dropout: float, layers: int, cells: int) -> nn.Module:
    return Transformer(width, dropout, layers, 4)


def _recurrent(width: int, dropout: float, layers: int, cells: int) -> nn.Module:
    return Recurrent(width, dropout, layers)


TRUNKS: dict[str, Callable[[int, float, int, int], nn.Module]] = {
    "vlad": _pool,
    "convolutions": _convolutions,
    "gru": _recurrent,
    "transformer": _transformer,
}
"""Name → maker of (width, dropout, layers, cells): "cells" is the window of "vlad", and for "convolutions" what
the widest dilation stays below."""
