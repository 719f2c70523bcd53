"""One network that spots events in features of several modalities on one time grid; any of them may be missing.

Each modality is standardised and projected. *Early* fusion adds the projections, and one trunk looks along
time; *late* fusion gives each modality a trunk and heads of its own and weighs their logits. A learnt vector
stands in for a modality where it is missing; in training, whole modalities are left out at random.

Shapes: B stretches, T cells, C outputs, R radii.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional

from matchcut.models.temporal_settings import CLOCK, SpotterNetSettings
from matchcut.models.temporal_trunks import TRUNKS

_RARE = -3.0


class Stretches(NamedTuple):
    """A batch.

    Attributes:
        features: one for each modality, (B, T, its width); what stands where the mask is False is ignored.
        there: one for each modality, bool (B, T).
        clock: (B, T, `CLOCK`).
        inside: bool (B, T): the cells that belong to the recording; the others are padding.
    """

    features: tuple[Tensor, ...]
    there: tuple[Tensor, ...]
    clock: Tensor
    inside: Tensor


class Said(NamedTuple):
    """What the network says of a batch.

    Attributes:
        near: logits (B, T, R, C): such an event lies within this radius.
        segments: logits (B, T, C) for the context-aware loss; None without that head.
        shift: (B, T, C), in seconds from the cell's middle to the event; None without that head.
    """

    near: Tensor
    segments: Tensor | None
    shift: Tensor | None


class Entry(nn.Module):
    """A modality's vectors standardised and projected; a learnt vector where it is missing."""

    def __init__(self, given: int, width: int, dropout: float) -> None:
        super().__init__()
        self.register_buffer("mean", torch.zeros(given))
        self.register_buffer("scale", torch.ones(given))
        self.drop = nn.Dropout(dropout)
        self.project = nn.Linear(given, width)
        self.absent = nn.Parameter(torch.randn(width) * 0.02)

    def forward(self, x: Tensor, there: Tensor) -> Tensor:
        x = torch.where(there.unsqueeze(-1), x, self.get_buffer("mean"))
        x = (x - self.get_buffer("mean")) * self.get_buffer("scale")
        projected = self.project(self.drop(x))
        return torch.where(there.unsqueeze(-1), projected, self.absent.to(projected.dtype))


class Branch(nn.Module):
    """From some modalities to logits: entries, trunk, heads."""

    def __init__(self, how: SpotterNetSettings, names: tuple[str, ...]) -> None:
        super().__init__()
        self.how, self.names = how, names
        width = how.width
        given = dict(zip(how.modalities, how.widths, strict=True))
        self.entries = nn.ModuleDict({name: Entry(given[name], width, how.entry_dropout) for name in names})
        self.clock = nn.Linear(CLOCK, width, bias=False)
        self.drop = nn.Dropout(how.dropout)
        cells = max(2, round(how.window_s * how.rate))
        self.trunk = TRUNKS[how.trunk](width, how.dropout, how.layers, cells)
        self.norm = nn.LayerNorm(width)
        extra = how.outputs if how.context else 0
        self.segments = nn.Linear(width, how.outputs) if how.context else None
        self.near = nn.Linear(width + extra, len(how.radii_s) * how.outputs)
        nn.init.constant_(self.near.bias, _RARE)  # events are rare: nothing need be unlearnt first
        self.shift = nn.Linear(width + extra, how.outputs) if how.shift_s else None

    def forward(self, given: Mapping[str, tuple[Tensor, Tensor]], clock: Tensor, inside: Tensor) -> Said:
        x = self.clock(clock)
        for name in self.names:
            x = x + self.entries[name](*given[name])
        x = self.drop(functional.gelu(x))
        x = self.norm(self.trunk(x, inside))
        segments = self.segments(x) if self.segments is not None else None
        if segments is not None:
            x = torch.cat([x, torch.sigmoid(segments).to(x.dtype)], -1)
        near = self.near(x).unflatten(-1, (len(self.how.radii_s), self.how.outputs))
        shift = torch.tanh(self.shift(x)).float() * self.how.shift_s if self.shift is not None else None
        return Said(near.float(), None if segments is None else segments.float(), shift)


class SpotterNet(nn.Module):
    """See the module's text."""

    def __init__(self, how: SpotterNetSettings) -> None:
        super().__init__()
        self.how = how
        groups = [how.modalities] if how.fusion == "early" else [(name,) for name in how.modalities]
        self.branches = nn.ModuleList(Branch(how, group) for group in groups)
        # What each branch counts, for each output: made positive by a softplus. One alone has nothing to learn
        # (and processes that train together wait for the gradient of whatever learns).
        self.trust = nn.Parameter(torch.zeros(len(groups), how.outputs), requires_grad=len(groups) > 1)

    def forward(self, batch: Stretches) -> Said:
        """What is said of every cell; of padding anything."""
        there = self._kept(batch.there) if self.training else batch.there
        clock = torch.where(batch.inside.unsqueeze(-1), batch.clock, 0.0)
        masks = [mask & batch.inside for mask in there]
        given = {
            name: (x, mask) for name, x, mask in zip(self.how.modalities, batch.features, masks, strict=True)
        }
        said = [branch(given, clock, batch.inside) for branch in self.branches]
        if len(said) == 1:
            only: Said = said[0]
            return only
        # A branch without its modality still hears the clock: it counts, but next to nothing.
        seen = torch.stack(masks).float().clamp(min=1e-3)
        weight = functional.softplus(self.trust)[:, None, None] * seen.unsqueeze(-1)
        weight = weight / weight.sum(0, keepdim=True)
        near = sum(w.unsqueeze(2) * part.near for w, part in zip(weight, said, strict=True))
        rest = [
            None if value[0] is None else sum(w * v for w, v in zip(weight, value, strict=True))
            for value in ([part.segments for part in said], [part.shift for part in said])
        ]
        return Said(near, rest[0], rest[1])

    def standardise(self, name: str, mean: Tensor, deviation: Tensor) -> None:
        """Sets what a modality's vectors are measured in.

        Args:
            name: the modality.
            mean, deviation: of each of its numbers on the training data; numbers that never vary count nothing.
        """
        scale = torch.where(deviation > 1e-6, 1 / deviation.clamp(min=1e-6), torch.zeros(()))
        for key, entry in self.named_modules():
            if isinstance(entry, Entry) and key.endswith(f"entries.{name}"):
                entry.get_buffer("mean").copy_(mean)
                entry.get_buffer("scale").copy_(scale)

    def _kept(self, there: tuple[Tensor, ...]) -> list[Tensor]:
        """The masks with whole modalities left out at random; a stretch keeps one that it has."""
        if len(there) == 1 or not self.how.modality_dropout:
            return list(there)
        had = torch.stack([mask.any(1) for mask in there])
        luck = torch.rand(had.shape, device=had.device)
        gone = (luck < self.how.modality_dropout / len(there)) & had
        # Whoever would lose everything keeps what had the most luck.
        best = (luck * had).argmax(0)
        lost = ~(had & ~gone).any(0)
        gone[best, torch.arange(had.shape[1], device=had.device)] &= ~lost
        return [mask & ~away.unsqueeze(1) for mask, away in zip(there, gone, strict=True)]
