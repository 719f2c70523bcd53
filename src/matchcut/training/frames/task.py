"""The tasks that the loop trains on frames: bringing pictures and prompts together, and a linear probe."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from matchcut.encoders.dual import Dual
from matchcut.errors import SettingsError
from matchcut.models.dual import DualEncoder, LearningSettings
from matchcut.models.settings import check, choice, to_json
from matchcut.training.drawing import order_of, places_of, steps_of
from matchcut.training.frames.augment import FreshAugmentation, fresh
from matchcut.training.frames.samples import (
    WAYS,
    FrameData,
    FrameSample,
    Pictures,
    PromptTokens,
    part_digest,
)
from matchcut.training.loop import Share, seed_of
from matchcut.training.losses import class_loss, contrastive_loss, multi_positive_loss

LOSSES = ("paper", "multi-positive")
"""A second picture of a label counts as a negative, as in the paper; or as a positive."""


@dataclass(frozen=True)
class FrameTraining:
    """How pictures and prompts are drawn and what is minimised.

    Attributes:
        loss: one of `LOSSES`.
        prompts: which of a label's prompts a step sees; one of `WAYS`.
        others: with "multi-positive": the prompts of labels of which a batch has no picture join as negatives.
        balanced: draw every label equally often.
        pictures: of an epoch, drawn from all; 0 sees every picture once.
        seed, batch: the loop's.

    Raises:
        SettingsError: a value is out of its range.
    """

    loss: str = "paper"
    prompts: str = "drawn"
    others: bool = False
    balanced: bool = False
    pictures: int = 0
    seed: int = 0
    batch: int = 8

    def __post_init__(self) -> None:
        choice("loss", self.loss, LOSSES)
        choice("way to use prompts", self.prompts, WAYS)
        check("batch", self.batch, 2)
        check("pictures", self.pictures, 0)
        if self.others and self.loss == "paper":
            raise SettingsError(
                "the paper's loss pairs each picture with one text; others have no place in it",
                "Leave others out, or use the loss multi-positive",
            )


class FrameTask:
    """Fine-tuning a dual encoder; see `matchcut.training.loop.Task`.

    Where the loop splits a batch (several processes, accumulation), each part is a contrast of its own.

    Args:
        dual: the encoder; what of it learns is chosen already.
        data: pictures and prompts.
        pictures: as the network sees them.
        how: the settings.
        learning: what was chosen, for the record.
        fresh: pictures are varied anew at each step; None leaves them as they are.
        record: what else decided the training pictures.
    """

    def __init__(
        self,
        dual: Dual,
        data: FrameData,
        pictures: Pictures,
        how: FrameTraining,
        learning: LearningSettings,
        fresh: FreshAugmentation | None = None,
        record: Mapping[str, Any] | None = None,
    ) -> None:
        self.net: nn.Module = dual.net
        self.dual, self.data, self.pictures, self.how = dual, data, pictures, how
        self.learning, self.fresh, self.record = learning, fresh, dict(record or {})
        self.training, self.validation = data.parts["train"], data.parts["valid"]
        self.kinds = [sample.kind for sample in self.training]
        self.seen = min(how.pictures, len(self.training)) or len(self.training)
        self.prompts = PromptTokens.of(data, dual)
        self._order: tuple[int, Any] = (-1, None)

    def steps(self, epoch: int) -> int:
        return steps_of(self.seen, self.how.batch) if self.training else 0

    def size(self, epoch: int, step: int) -> int:
        return len(Share(step, self.steps(epoch)).of(self.seen))

    def batch(self, epoch: int, step: int, share: Share, device: torch.device) -> tuple[Any, int]:
        if self._order[0] != epoch:
            order = order_of(self.how.seed, epoch, self.kinds, self.how.balanced)
            self._order = (epoch, order[: self.seen])
        places = places_of(self._order[1], step, self.steps(epoch), share)
        if not len(places):
            return None, 0
        rng = np.random.default_rng(seed_of(self.how.seed, epoch, step, share.number))
        kinds = np.array([self.kinds[place] for place in places])
        seen = [self._seen(int(place), epoch) for place in places]
        pixels = torch.from_numpy(self.dual.pictures.normalised(np.stack(seen))).to(device)
        spoken = np.concatenate([kinds, self._others(kinds)])
        chosen, weights = self.prompts.choose(spoken, self.how.prompts, rng)
        ids, mask = self.prompts.rows(chosen, device)
        arrays = (torch.from_numpy(array).to(device) for array in (weights, kinds, spoken))
        return (pixels, ids, mask, *arrays), len(places)

    def _seen(self, place: int, epoch: int) -> NDArray[np.uint8]:
        sample = self.training[place]
        found = self.pictures(sample.name)
        if self.fresh is None:
            return found
        return fresh(found, self.fresh, self.how.seed, epoch, place, self.data.kinds[sample.kind])

    def _others(self, kinds: NDArray[np.int64]) -> NDArray[np.int64]:
        """The labels that are none of a batch's, where they are wanted."""
        every = np.arange(len(self.data.kinds) if self.how.others else 0)
        return np.setdiff1d(every, kinds)

    def loss(self, net: nn.Module, batch: Any) -> Tensor:
        pixels, ids, mask, weights, kinds, spoken = batch
        images, texts, scale = net(pixels, ids, mask)
        # Several prompts are averaged as vectors of length one; one prompt stays what it is.
        words = weights @ functional.normalize(texts.float(), dim=-1)
        if self.how.loss == "paper":
            return contrastive_loss(images.float(), words, scale.float())
        return multi_positive_loss(images.float(), words, kinds, scale.float(), spoken)

    def validate(self, net: nn.Module, device: torch.device) -> Mapping[str, float]:
        if not self.validation:
            return {}
        dual: Any = getattr(net, "module", net)
        with torch.inference_mode():
            logits = self.logits(dual, self.validation, device)
        truth = torch.tensor([sample.kind for sample in self.validation])
        right = (logits.argmax(1) == truth).float()
        each = [float(right[truth == kind].mean()) for kind in sorted(set(truth.tolist()))]
        return {
            "validation_loss": float(class_loss(logits, truth, 0.0)),
            "accuracy": float(right.mean()),
            "macro_accuracy": sum(each) / len(each),
        }

    def logits(self, net: DualEncoder, samples: Sequence[FrameSample], device: torch.device | str) -> Tensor:
        """Scaled cosines of pictures with each label's averaged prompts, (N, labels), on the CPU."""
        images = image_vectors(net, self.pictures, samples, device)
        texts = label_vectors(net, self.prompts, device)
        return images @ texts.T * float(net.logit_scale.detach().exp().clamp(max=100))

    def describe(self) -> Mapping[str, Any]:
        texts = hashlib.sha256(repr([list(self.data.prompts[kind]) for kind in self.data.kinds]).encode())
        return {
            "network": self.dual.net.kind,
            **{f"learning.{key}": value for key, value in to_json(self.learning).items()},
            **{f"frames.{key}": value for key, value in to_json(self.how).items()},
            **{f"augmentation.{key}": value for key, value in self.record.items()},
            **{f"fresh.{key}": value for key, value in (to_json(self.fresh) if self.fresh else {}).items()},
            "prompts": texts.hexdigest()[:16],
            "data": part_digest(self.training, self.validation),
        }


def image_vectors(
    net: DualEncoder,
    pictures: Pictures,
    samples: Sequence[FrameSample],
    device: torch.device | str = "cpu",
    batch: int = 64,
) -> Tensor:
    """Vectors of length one, (N, D), on the CPU."""
    found = [torch.empty(0, net.width)]
    with torch.inference_mode():
        for at in range(0, len(samples), batch):
            seen = np.stack([pictures(sample.name) for sample in samples[at : at + batch]])
            pixels = torch.from_numpy(pictures.look.normalised(seen)).to(device)
            found.append(functional.normalize(net.images(pixels).float(), dim=-1).cpu())
    return torch.cat(found)


def text_vectors(
    net: DualEncoder, prompts: PromptTokens, device: torch.device | str = "cpu", batch: int = 128
) -> Tensor:
    """Vectors of all prompts, of length one, (prompts, D), on the CPU."""
    found = []
    with torch.inference_mode():
        for at in range(0, len(prompts.owner), batch):
            ids, mask = prompts.rows(np.arange(at, min(at + batch, len(prompts.owner))), device)
            found.append(functional.normalize(net.texts(ids, mask).float(), dim=-1).cpu())
    return torch.cat(found)


def label_vectors(net: DualEncoder, prompts: PromptTokens, device: torch.device | str = "cpu") -> Tensor:
    """The mean of each label's prompts' vectors, of length one, (labels, D), on the CPU."""
    every = text_vectors(net, prompts, device)
    means = [
        every[torch.from_numpy(prompts.owner == kind)].mean(0) for kind in range(int(prompts.owner.max()) + 1)
    ]
    return functional.normalize(torch.stack(means), dim=-1)


class ProbeTask:
    """A linear classifier on vectors that stay as they are.

    Args:
        net: takes (B, D), gives logits (B, labels).
        training, validation: vectors (N, D) and label numbers (N,) of each.
        seed, batch: the loop's.
    """

    def __init__(
        self,
        net: nn.Module,
        training: tuple[Tensor, NDArray[np.int64]],
        validation: tuple[Tensor, NDArray[np.int64]],
        seed: int,
        batch: int,
    ) -> None:
        self.net, self.training, self.validation = net, training, validation
        self.seed, self.size_of = seed, batch

    def steps(self, epoch: int) -> int:
        return steps_of(len(self.training[1]), self.size_of) if len(self.training[1]) else 0

    def size(self, epoch: int, step: int) -> int:
        return len(Share(step, self.steps(epoch)).of(len(self.training[1])))

    def batch(self, epoch: int, step: int, share: Share, device: torch.device) -> tuple[Any, int]:
        order = order_of(self.seed, epoch, self.training[1].tolist(), balanced=False)
        places = places_of(order, step, self.steps(epoch), share)
        truth = torch.from_numpy(self.training[1][places])
        return (self.training[0][places].to(device), truth.to(device)), len(places)

    def loss(self, net: nn.Module, batch: Any) -> Tensor:
        return class_loss(net(batch[0]), batch[1], 0.0)

    def validate(self, net: nn.Module, device: torch.device) -> Mapping[str, float]:
        vectors, kinds = self.validation
        if not len(kinds):
            return {}
        with torch.inference_mode():
            logits, truth = net(vectors.to(device)).cpu(), torch.from_numpy(kinds)
        right = float((logits.argmax(1) == truth).float().mean())
        return {"validation_loss": float(class_loss(logits, truth, 0.0)), "accuracy": right}

    def describe(self) -> Mapping[str, Any]:
        digest = hashlib.sha256(self.training[0].numpy().tobytes() + self.training[1].tobytes())
        return {"network": "linear probe", "data": digest.hexdigest()[:16]}
