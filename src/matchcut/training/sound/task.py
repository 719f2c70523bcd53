"""The task that the loop trains a sound encoder with: what is near a patch of sound?"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from matchcut.encoders.learnt_sound import first_frame, rows_of
from matchcut.encoders.series import Series
from matchcut.metrics.multilabel import average_precision
from matchcut.models.settings import check, to_json
from matchcut.models.sound import SoundNet
from matchcut.models.sound_settings import SoundNetSettings
from matchcut.training.loop import Share, seed_of

_AT_ONCE = 256
_DB = 10.0  # a tenfold power is so many decibels

Floats = NDArray[np.float32]


@dataclass(frozen=True)
class SoundTraining:
    """How patches are drawn and varied.

    Attributes:
        seed: of drawing; the loop's.
        batch: patches a step; the loop's.
        steps: of an epoch.
        near: share of patches that are drawn around something that is to be told; the others lie anywhere.
        reach_s: how far from it.
        gain_db: the whole patch is made louder or softer by up to so much.
        shift_s: the sound is moved by up to so much against the truths.
        masks: how many stretches of time and how many of bands are blanked out, as SpecAugment does
            (arXiv 1904.08779).
        mask: the longest of them, as a share of the patch.

    Raises:
        SettingsError: a value is out of its range.
    """

    seed: int = 0
    batch: int = 64
    steps: int = 100
    near: float = 0.5
    reach_s: float = 5.0
    gain_db: float = 6.0
    shift_s: float = 0.25
    masks: int = 1
    mask: float = 0.2

    def __post_init__(self) -> None:
        for name in ("batch", "steps"):
            check(name, getattr(self, name), 1)
        check("near", self.near, 0, 1)
        for name in ("reach_s", "gain_db", "shift_s", "masks"):
            check(name, getattr(self, name), 0)
        check("mask", self.mask, 0, 0.9)


@dataclass(frozen=True)
class Heard:
    """A recording to learn from or to measure on.

    Attributes:
        name: for messages.
        mels: log-mel energies, a row a spectrum.
        truths: (output number, second).
        known: outputs that can be learnt from it, (outputs,): one without labels tells of sounds alone.
    """

    name: str
    mels: Series
    truths: tuple[tuple[int, float], ...]
    known: NDArray[np.bool_]


class Batch(NamedTuple):
    """Patches (N, frames, bands), what is near (N, radii, outputs), and of which of it that is known."""

    patches: Tensor
    near: Tensor
    known: Tensor


class SoundTask:
    """Telling what is near from patches of sound; see `matchcut.training.loop.Task`.

    Args:
        net: the network.
        training: recordings to draw from.
        validation: recordings to measure on; may be empty.
        how: the settings.
    """

    def __init__(
        self, net: SoundNet, training: Sequence[Heard], validation: Sequence[Heard], how: SoundTraining
    ) -> None:
        self.net: nn.Module = net
        self.network, self.how = net.how, how
        self.training, self.validation = training, validation
        self._silence = net.get_buffer("mean").numpy().copy()

    def steps(self, epoch: int) -> int:
        return self.how.steps if self.training else 0

    def size(self, epoch: int, step: int) -> int:
        return self.how.batch

    def batch(self, epoch: int, step: int, share: Share, device: torch.device) -> tuple[Any, int]:
        places = share.of(self.how.batch)
        if not len(places):
            return None, 0
        drawn = [self._drawn(np.random.default_rng(seed_of(self.how.seed, epoch, step, p))) for p in places]
        patches, near, known = (np.stack(part) for part in zip(*drawn, strict=True))
        return Batch(*(torch.from_numpy(part).to(device) for part in (patches, near, known))), len(drawn)

    def loss(self, net: nn.Module, batch: Any) -> Tensor:
        return near_loss(net(batch.patches)[1], batch.near, batch.known)

    def validate(self, net: nn.Module, device: torch.device) -> Mapping[str, float]:
        if not self.validation:
            return {}
        said, near, known = self.answer(net, self.validation, device)
        loss = near_loss(torch.from_numpy(said), torch.from_numpy(near), torch.from_numpy(known))
        found = [
            average_precision(
                near[rows, 0, output].astype(np.float64), said[rows, 0, output].astype(np.float64)
            )
            for output in range(said.shape[2])
            if (rows := known[:, output]).any() and near[rows, 0, output].any()
        ]
        each = [value for value in found if value is not None]
        return {"validation_loss": float(loss), "precision": float(np.mean(each)) if each else 0.0}

    def answer(
        self, net: nn.Module, recordings: Sequence[Heard], device: torch.device | str = "cpu"
    ) -> tuple[Floats, Floats, NDArray[np.bool_]]:
        """Logits and truths of every row of recordings, (N, radii, outputs), and what of them is known."""
        said: list[Floats] = []
        near: list[Floats] = []
        known: list[NDArray[np.bool_]] = []
        for heard in recordings:
            rows = rows_of(len(heard.mels.values), self.network)
            for at in range(0, rows, _AT_ONCE):
                some = range(at, min(at + _AT_ONCE, rows))
                patches = np.stack(
                    [patch_at(heard.mels, first_frame(row, self.network), self.network) for row in some]
                )
                with torch.inference_mode():
                    said.append(net(torch.from_numpy(patches).to(device))[1].float().cpu().numpy())
                near += [near_at(heard.truths, (row + 0.5) / self.network.rate, self.network) for row in some]
                known += [heard.known] * len(some)
        return np.concatenate(said), np.stack(near), np.stack(known)

    def describe(self) -> Mapping[str, Any]:
        names = sorted((h.name, len(h.mels.values), h.truths) for h in (*self.training, *self.validation))
        return {
            **{f"network.{key}": value for key, value in to_json(self.network).items()},
            **{f"sound.{key}": value for key, value in to_json(self.how).items()},
            "data": hashlib.sha256(repr(names).encode()).hexdigest()[:16],
        }

    def _drawn(self, rng: np.random.Generator) -> tuple[Floats, Floats, NDArray[np.bool_]]:
        heard = self.training[int(rng.integers(len(self.training)))]
        end = heard.mels.end
        second = float(rng.uniform(0, end))
        if heard.truths and rng.random() < self.how.near:
            second = heard.truths[int(rng.integers(len(heard.truths)))][1]
            second = float(np.clip(second + rng.uniform(-1, 1) * self.how.reach_s, 0, end))
        moved = second + rng.uniform(-1, 1) * self.how.shift_s
        first = round((moved - self.network.patch_s / 2) / self.network.hop_s)
        patch = varied(patch_at(heard.mels, first, self.network), self._silence, self.how, rng)
        return patch, near_at(heard.truths, second, self.network), heard.known


def near_loss(said: Tensor, near: Tensor, known: Tensor) -> Tensor:
    """Mean cross-entropy over what is known.

    Args:
        said: logits (N, radii, outputs).
        near: what is near.
        known: (N, outputs).
    """
    each = functional.binary_cross_entropy_with_logits(said, near, reduction="none")
    counted = known[:, None].expand_as(each).to(each.dtype)
    return (each * counted).sum() / counted.sum().clamp(min=1)


def patch_at(mels: Series, first: int, how: SoundNetSettings) -> Floats:
    """A patch of a recording, (frames, bands), its first or last spectrum repeated beyond the edges."""
    places = np.clip(np.arange(first, first + how.frames), 0, len(mels.values) - 1)
    block = np.asarray(mels.values[places[0] : places[-1] + 1], np.float32)
    found: Floats = block[places - places[0]]
    return found


def near_at(truths: Sequence[tuple[int, float]], second: float, how: SoundNetSettings) -> Floats:
    """Which outputs lie within each radius of a second, (radii, outputs)."""
    found = np.zeros((len(how.radii_s), len(how.outputs)), np.float32)
    for output, at in truths:
        found[np.asarray(how.radii_s) >= abs(at - second), output] = 1
    return found


def varied(patch: Floats, silence: Floats, how: SoundTraining, rng: np.random.Generator) -> Floats:
    """A patch louder or softer, with stretches of time and of bands blanked out.

    Args:
        patch: (frames, bands), log10 of power.
        silence: what stands in a blank, (bands,): the bands' mean.
    """
    found = patch + np.float32(rng.uniform(-1, 1) * how.gain_db / _DB)
    for _ in range(how.masks):
        for axis in (0, 1):
            size = found.shape[axis]
            long = int(rng.integers(0, int(how.mask * size) + 1))
            first = int(rng.integers(0, size - long + 1))
            if axis == 0:
                found[first : first + long] = silence
            else:
                found[:, first : first + long] = silence[first : first + long]
    return found
