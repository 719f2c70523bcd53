"""The task that the loop trains a temporal spotter with."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from matchcut.models.settings import to_json
from matchcut.models.temporal_spotter import Said, SpotterNet, Stretches
from matchcut.spotters.stretches import Half, Stretch, stretch_of
from matchcut.training.context_loss import Context, context_loss, time_shifts
from matchcut.training.loop import Share, seed_of
from matchcut.training.spotting.samples import collate, near_targets, shift_targets
from matchcut.training.spotting.settings import SpotTraining

Measure = Callable[[nn.Module, Sequence[Half]], Mapping[str, float]]
"""Average-mAP of a network on halves, by the names that stand in the log; "loose" decides."""

_SCALE = 10.0


class Truths(NamedTuple):
    """What a batch's cells are to say.

    Attributes:
        near: (B, T, R, C).
        shifts: (B, T, C) for the context-aware loss; empty without that head.
        away: (B, T, C), NaN where nothing is asked; empty without that head.
        share: (B,), what these truths count; the rest counts for the truths of the other of a blended pair.
    """

    near: Tensor
    shifts: Tensor
    away: Tensor
    share: Tensor


class Asked(NamedTuple):
    """What sums of losses are divided by: cells, and displacements."""

    cells: float
    shifts: float


class _Place(NamedTuple):
    """Where a stretch is cut: so many cells of a half from the first on; ``rng`` draws the rest."""

    half: Half
    first: int
    cells: int
    rng: np.random.Generator


class SpotTask:
    """Spotting in stretches of halves; see `matchcut.training.loop.Task`.

    Args:
        net: the network.
        training: halves with truths.
        validation: halves to measure on; may be empty.
        how: the settings.
        epochs: the loop's; the last is always measured.
        measure: gives the figures on validation.
        relatives: output → further outputs that its events are truths of.
    """

    def __init__(
        self,
        net: SpotterNet,
        training: Sequence[Half],
        validation: Sequence[Half],
        how: SpotTraining,
        epochs: int,
        measure: Measure,
        relatives: Mapping[int, Sequence[int]] | None = None,
    ) -> None:
        self.net: nn.Module = net
        self.network, self.how, self.epochs, self.measure = net.how, how, epochs, measure
        self.training, self.validation = training, validation
        self.relatives = relatives or {}
        self.widths = dict(zip(net.how.modalities, net.how.widths, strict=True))
        self.cut = Context(*how.context_s)
        self.weights = output_weights(training, net.how.outputs, how.rare_weight, self.relatives)
        self._epoch = 0

    def steps(self, epoch: int) -> int:
        if not self.training:
            return 0
        return (
            self.how.steps if self.how.draw == "chunk" else max(1, round(len(self.training) / self.how.batch))
        )

    def size(self, epoch: int, step: int) -> int:
        if self.how.draw == "chunk":
            return self.how.batch
        return len(Share(step, self.steps(epoch)).of(len(self.training)))

    def batch(self, epoch: int, step: int, share: Share, device: torch.device) -> tuple[Any, int]:
        self._epoch = epoch
        places = share.of(self.size(epoch, step))
        drawn = [self._drawn(epoch, step, place) for place in places]
        if not drawn:
            return None, 0
        given = collate(drawn, self.widths, device)
        truths = self._truths(drawn, given.inside.shape[1], device)
        if not self.how.mixup or len(drawn) < 2:
            return (given, [truths], self._asked(epoch, step, share, len(drawn))), len(drawn)
        rng = np.random.default_rng(seed_of(self.how.seed, epoch, step, share.number, 3))
        kept = torch.from_numpy(rng.beta(self.how.mixup, self.how.mixup, len(drawn)).astype(np.float32))
        return (*blended(given, truths, torch.maximum(kept, 1 - kept).to(device)), None), len(drawn)

    def loss(self, net: nn.Module, batch: Any) -> Tensor:
        given, truths, asked = batch
        said = net(given)
        parts = [self._loss(said, part, given.inside, asked) for part in truths]
        return torch.stack(parts).sum()

    def validate(self, net: nn.Module, device: torch.device) -> Mapping[str, float]:
        epoch = self._epoch + 1
        if not self.validation or (epoch % self.how.measure_every and epoch < self.epochs):
            return {}
        found = self.measure(net, self.validation)
        return {"validation_loss": 1 - found["loose"], **found}

    def describe(self) -> Mapping[str, Any]:
        return {
            **{f"network.{key}": value for key, value in to_json(self.network).items()},
            **{f"spotting.{key}": value for key, value in to_json(self.how).items()},
            "data": names_digest(self.training, self.validation),
        }

    def _place(self, epoch: int, step: int, place: int) -> _Place:
        """What is at a place of a batch: the same however many processes share the batch."""
        how, rate = self.how, self.network.rate
        rng = np.random.default_rng(seed_of(how.seed, epoch, step, place))
        if how.draw == "half":
            order = np.random.default_rng(seed_of(how.seed, epoch, 7)).permutation(len(self.training))
            half = self.training[order[Share(step, self.steps(epoch)).of(len(order))[place]]]
            return _Place(half, 0, half.cells(rate), rng)
        half = self.training[int(rng.integers(len(self.training)))]
        cells, edge = max(2, round(how.chunk_s * rate)), round(how.edge_s * rate)
        first = int(rng.integers(-edge, max(1 - edge, half.cells(rate) - cells + edge)))
        return _Place(half, 0 if rng.random() < how.start_share else first, cells, rng)

    def _drawn(self, epoch: int, step: int, place: int) -> Stretch:
        half, first, cells, rng = self._place(epoch, step, place)
        shift = float(rng.normal() * self.how.jitter_s)
        known = bool(rng.random() >= self.how.unknown_half)
        rate, single = self.network.rate, self.how.single
        return stretch_of(half, self.widths, rate, first, cells, rng, shift, single, known)

    def _asked(self, epoch: int, step: int, share: Share, count: int) -> Asked | None:
        """What a part of a batch divides its sums by, so that the parts' mean is the whole batch's mean.

        Args:
            epoch, step: which batch.
            share: which part of it; None is returned where that is all of it.
            count: stretches of the part.
        """
        if share.count == 1:
            return None
        network, rate, size = self.network, self.network.rate, self.size(epoch, step)
        cells = shifts = 0
        for half, first, length, _ in (self._place(epoch, step, place) for place in range(size)):
            low, high = max(0, -first), min(length, half.cells(rate) - first)
            cells += max(0, high - low)
            if network.shift_s:
                wide = self._wide([(label, at - first / rate) for label, at in half.truths])
                away = shift_targets(wide, length, rate, network.shift_s, network.outputs)
                shifts += int(np.isfinite(away[low : max(low, high)]).sum())
        return Asked(max(1, cells) * count / size, max(1, shifts) * count / size)

    def _wide(self, truths: Sequence[tuple[int, float]]) -> list[tuple[int, float]]:
        """Truths of all outputs, those that stand for several labels among them."""
        return [(o, at) for label, at in truths for o in (label, *self.relatives.get(label, ()))]

    def _truths(self, drawn: Sequence[Stretch], cells: int, device: torch.device) -> Truths:
        network, rate = self.network, self.network.rate
        near, shifts, away = [], [], []
        times = np.asarray((np.arange(cells) + 0.5) / rate, np.float64)
        for stretch in drawn:
            said = stretch.truths
            near.append(near_targets(said, cells, rate, network.radii_s, network.outputs, self.relatives))
            wide = self._wide(said)
            if network.context:
                per = [[at for of, at in wide if of == output] for output in range(network.outputs)]
                found = [time_shifts(times, events, self.cut) for events in per]
                shifts.append(np.stack(found, 1).astype(np.float32))
            if network.shift_s:
                away.append(shift_targets(wide, cells, rate, network.shift_s, network.outputs))
        nothing = np.zeros((len(drawn), 0), np.float32)
        parts = [np.stack(near), np.stack(shifts) if shifts else nothing, np.stack(away) if away else nothing]
        whole = torch.ones(len(drawn), device=device)
        first, second, third = (torch.from_numpy(part).to(device) for part in parts)
        return Truths(first, second, third, whole)

    def _loss(self, said: Said, truths: Truths, inside: Tensor, asked: Asked | None) -> Tensor:
        how = self.how
        counted = inside.float() * truths.share[:, None]
        cells = inside.sum().clamp(min=1) if asked is None else asked.cells
        weights = self.weights.to(counted.device)
        each = functional.binary_cross_entropy_with_logits(said.near, truths.near, reduction="none") * weights
        found = (each.mean(dim=(2, 3)) * counted).sum() / cells
        if said.segments is not None and how.context_weight:
            far = (context_loss(said.segments, truths.shifts, self.cut) * weights).mean(-1)
            found = found + how.context_weight * (far * counted).sum() / cells
        if said.shift is not None:
            there = torch.isfinite(truths.away) & inside.unsqueeze(-1)
            wanted = torch.where(there, truths.away, said.shift.detach())
            off = functional.smooth_l1_loss(said.shift, wanted, reduction="none") / self.network.shift_s
            off = off * there * truths.share[:, None, None]
            count = there.sum().clamp(min=1) if asked is None else asked.shifts
            found = found + how.shift_weight / _SCALE * off.sum() / count
        return _SCALE * found


def blended(given: Stretches, truths: Truths, kept: Tensor) -> tuple[Stretches, list[Truths]]:
    """A batch in which each stretch is blended with its neighbour; the loss is blended alike.

    Args:
        kept: (B,), each stretch's own share.
    """
    other = torch.roll(torch.arange(len(kept), device=kept.device), 1)
    features, masks = [], []
    for x, there in zip(given.features, given.there, strict=True):
        own, theirs = (kept[:, None] * there).unsqueeze(-1), ((1 - kept)[:, None] * there[other]).unsqueeze(-1)
        # Where only one of the two has the modality, it is heard undiminished.
        total = (own + theirs).clamp(min=1e-6)
        features.append((own * x + theirs * x[other]) / total)
        masks.append(there | there[other])
    share = kept[:, None, None]
    inside = given.inside & given.inside[other]
    clock = share * given.clock + (1 - share) * given.clock[other]
    theirs_too = Truths(truths.near[other], truths.shifts[other], truths.away[other], 1 - kept)
    return Stretches(tuple(features), tuple(masks), clock, inside), [
        truths._replace(share=kept),
        theirs_too,
    ]


def output_weights(
    halves: Sequence[Half], outputs: int, power: float, relatives: Mapping[int, Sequence[int]]
) -> Tensor:
    """A weight for each output, higher for rarer ones, (C,); they average 1. None occurs less than once."""
    counts = np.zeros(outputs)
    for half in halves:
        for label, _ in half.truths:
            counts[[label, *relatives.get(label, ())]] += 1
    weights = (counts.max() / np.maximum(counts, 1)) ** power if counts.any() else np.ones(outputs)
    return torch.tensor(weights / weights.mean(), dtype=torch.float32)


def names_digest(*parts: Sequence[Half]) -> str:
    """Changes with which halves, and which features of them, are in which part."""
    said = [[(half.name, sorted(half.sources), half.truths) for half in part] for part in parts]
    return hashlib.sha256(repr(said).encode()).hexdigest()[:16]
