"""The commentary network: words and seconds in, one logit per second, radius and class out.

Words go through two gated convolutions (so that "free kick" is more than "free" and "kick"), are added up on a
one-second grid, weighted so that several transcripts of one recording count as one, and the grid goes through
dilated residual convolutions that see about two minutes to either side.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional

_POOL, _SPARE = 1 << 21, 1 << 13


class PooledDropout(nn.Module):
    """Dropout whose masks are cut at random places from a pool of random numbers.

    Drawing a fresh random number for every value took a fifth of the training time on a CPU. The places come
    from torch's generator, the pool from the seed of `renew` alone: no mask depends on those before it.
    """

    def __init__(self, share: float) -> None:
        super().__init__()
        self.share = share
        self._pool: Tensor | None = None
        self._seed = 0

    def renew(self, seed: int) -> None:
        """Makes the pool of this seed the one that masks are cut from."""
        if seed != self._seed:
            self._seed, self._pool = seed, None

    def forward(self, x: Tensor) -> Tensor:
        if not self.training or self.share == 0:
            return x
        size = x.numel()
        length = max(_POOL, 1 << (size + _SPARE).bit_length())
        if self._pool is None or len(self._pool) < length:
            # A longer pool begins with the shorter one of its seed: that it grew once changes no mask.
            generator = torch.Generator().manual_seed(self._seed)
            keep = torch.rand(length, generator=generator) >= self.share
            self._pool = keep.float() / (1 - self.share)
        self._pool = self._pool.to(x)
        offset = int(torch.randint(length - size, (1,)))
        return x * self._pool[offset : offset + size].view(x.shape)


class DilatedBlock(nn.Module):
    """A residual block that looks ``dilation`` seconds to either side; (B, T, width) in and out."""

    def __init__(self, width: int, dilation: int, dropout: float) -> None:
        super().__init__()
        self.dilation = dilation
        self.norm = nn.LayerNorm(width)
        self.look = nn.Linear(3 * width, width)
        self.mix = nn.Linear(width, width)
        self.dropout = PooledDropout(dropout)

    def forward(self, x: Tensor) -> Tensor:
        y = self.norm(x)
        step, rows = self.dilation, x.shape[1]
        padded = functional.pad(y, (0, 0, step, step))
        near = torch.cat([padded[:, :rows], y, padded[:, 2 * step : 2 * step + rows]], -1)
        out: Tensor = x + self.dropout(self.mix(functional.gelu(self.look(near))))
        return out


class CommentaryNet(nn.Module):
    """See the module's text.

    Args:
        words, stems: how many token and stem ids there are; id 0 of the words is padding.
        embedding: width of the word vectors.
        hidden: width of the words' convolutions.
        width: width of the temporal network.
        dilations: one residual block each, in seconds.
        features: numbers a second besides the words.
        radii, classes: the outputs' shape.
        dropout, embedding_dropout: shares dropped while training.
    """

    def __init__(
        self,
        words: int,
        stems: int,
        embedding: int,
        hidden: int,
        width: int,
        dilations: Sequence[int],
        features: int,
        radii: int,
        classes: int,
        dropout: float = 0.0,
        embedding_dropout: float = 0.0,
    ) -> None:
        super().__init__()
        self.radii, self.classes = radii, classes
        self.words = nn.Embedding(words, embedding)
        self.stems = nn.Embedding(stems, embedding)
        self.marks = nn.Embedding(8, embedding)
        nn.init.normal_(self.words.weight, std=0.5)
        nn.init.normal_(self.stems.weight, std=0.1)
        nn.init.normal_(self.marks.weight, std=0.1)
        self.drop_words = PooledDropout(embedding_dropout)
        self.pairs = nn.Linear(3 * embedding, 2 * hidden)
        self.phrases = nn.Linear(3 * hidden, 2 * hidden)
        self.enter = nn.Linear(hidden + features, width)
        self.drop = PooledDropout(dropout)
        self.blocks = nn.ModuleList(DilatedBlock(width, step, dropout) for step in dilations)
        self.norm = nn.LayerNorm(width)
        self.leave = nn.Linear(width, radii * classes)

    def forward(
        self, words: Tensor, stems: Tensor, marks: Tensor, cells: Tensor, shares: Tensor, features: Tensor
    ) -> Tensor:
        """Logits of "such an event lies within this radius of this second", shape (B, T, radii, classes).

        Args:
            words, stems, marks: int64 (N,), the tokens of all transcripts in one row, two padding tokens (id 0)
                after each, so that convolutions never join two transcripts.
            cells: int64 (N,), the grid cell of each token, ``batch * T + second``.
            shares: float (N,), one over the number of transcripts of that recording; 0 for padding.
            features: float (B, T, features).
        """
        batch, rows, _ = features.shape
        x = self.drop_words(self.words(words) + self.stems(stems) + self.marks(marks))
        x = x * (words > 0).unsqueeze(-1)
        x = self._gated(self._gated(x, self.pairs), self.phrases).float() * shares.unsqueeze(-1)
        grid = torch.zeros(batch * rows, x.shape[1]).index_add(0, cells, x).view(batch, rows, -1)
        y = self.drop(functional.gelu(self.enter(torch.cat([grid, features], -1))))
        for block in self.blocks:
            y = block(y)
        out: Tensor = self.leave(self.norm(y)).float()
        return out.view(batch, rows, self.radii, self.classes)

    @staticmethod
    def _gated(x: Tensor, linear: nn.Module) -> Tensor:
        edge = torch.zeros_like(x[:1])
        near = torch.cat([torch.cat([edge, x[:-1]]), x, torch.cat([x[1:], edge])], -1)
        return functional.glu(linear(near), -1)
