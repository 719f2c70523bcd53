"""Learnable pooling over a window around every cell of a time grid: NetVLAD, and NetVLAD++'s two halves."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional


class SlidingVlad(nn.Module):
    """NetVLAD (arXiv 1511.07247, equation 4) of the cells around every cell.

    With soft assignments ``a_k(x) = softmax_k(w_k x + b_k)``, the descriptor of a window is
    ``V_k = sum_i a_k(x_i) (x_i - c_k)``; each ``V_k`` is scaled to length one ("intra-normalisation"), and then
    all of them together.

    Args:
        width: numbers a cell.
        clusters: K.
        before, after: the window of cell t holds the cells from ``t - before`` to ``t + after``, ends included;
            negative numbers leave the cell itself and its neighbours out.
    """

    def __init__(self, width: int, clusters: int, before: int, after: int) -> None:
        super().__init__()
        self.before, self.after = before, after
        self.assign = nn.Linear(width, clusters)
        self.centres = nn.Parameter(torch.randn(clusters, width) * width**-0.5)

    def forward(self, x: Tensor, mask: Tensor) -> Tensor:
        """Descriptors (B, T, K * width) of (B, T, width); cells outside the mask (B, T) are in no window."""
        share = torch.softmax(self.assign(x).float(), -1) * mask.unsqueeze(-1)
        whole = share.unsqueeze(-1) * x.float().unsqueeze(-2)
        sums = self._windows(whole.flatten(2)).view(whole.shape)
        pooled = sums - self._windows(share).unsqueeze(-1) * self.centres.float()
        pooled = functional.normalize(pooled, dim=-1)
        return functional.normalize(pooled.flatten(2), dim=-1)

    def _windows(self, x: Tensor) -> Tensor:
        """The sum over each cell's window, (B, T, N) in and out."""
        span = self.before + self.after + 1
        # A negative pad cuts off: where the window ends before its own cell, the last cells are in none.
        padded = functional.pad(x.transpose(1, 2), (self.before, self.after))
        return (functional.avg_pool1d(padded, span, 1) * span).transpose(1, 2)


class PastAndFuture(nn.Module):
    """NetVLAD++ (arXiv 2104.06779): one vocabulary for what came before, another for what comes after.

    Args:
        width: numbers a cell, in and out.
        dropout: share of the descriptor dropped.
        clusters: of both halves together.
        cells: of both halves together; the cell itself is the first of the future.
    """

    def __init__(self, width: int, dropout: float, clusters: int, cells: int) -> None:
        super().__init__()
        half = max(1, cells // 2)
        self.past = SlidingVlad(width, clusters // 2, half, -1)
        self.future = SlidingVlad(width, clusters // 2, 0, half - 1)
        self.drop = nn.Dropout(dropout)
        self.leave = nn.Linear(clusters // 2 * 2 * width, width)

    def forward(self, x: Tensor, mask: Tensor) -> Tensor:
        """(B, T, width) and bool (B, T) to (B, T, width)."""
        x = x * mask.unsqueeze(-1)
        seen = torch.cat([self.past(x, mask), self.future(x, mask)], -1)
        out: Tensor = self.leave(self.drop(seen))
        return out
