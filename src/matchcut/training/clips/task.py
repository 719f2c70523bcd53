"""The tasks that the loop trains on clips: classifying them, and first bringing pictures and words together."""

from __future__ import annotations

import hashlib
import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from matchcut.models.fusion import Answers, Clips, FusionNet
from matchcut.models.settings import check, to_json
from matchcut.models.temporal import masked_mean
from matchcut.training.clips.samples import Sample, Truths, collate
from matchcut.training.drawing import jittered, order_of, places_of, steps_of
from matchcut.training.loop import Share, seed_of
from matchcut.training.losses import class_loss, contrastive_loss, label_loss, log_shares, speed_loss


@dataclass(frozen=True)
class ClipTraining:
    """How clips are drawn, varied and scored in training; each can be switched on alone.

    Attributes:
        seed: of drawing and varying.
        batch: clips a step; the loop's.
        smoothing: of the class labels.
        balanced: draw every class equally often.
        adjust: how much logits are adjusted by the classes' shares (0 not at all, 1 fully).
        caption_dropout: share of clips whose words are hidden.
        jitter: up to this share of the frames is left out, at the ends and between.
        noise: standard deviation of noise on frames' vectors, as a share of their own.
        scenery: as noise, but the same in all frames of a clip: what never moves tells clips apart, and a
            network that may learn single clips by heart looks neither at order nor at words.
        labels_weight, pitch_weight, speed_weight: of the other heads' losses.

    Raises:
        SettingsError: a value is out of its range.
    """

    seed: int = 0
    batch: int = 128
    smoothing: float = 0.1
    balanced: bool = False
    adjust: float = 0.0
    caption_dropout: float = 0.0
    jitter: float = 0.0
    noise: float = 0.0
    scenery: float = 0.0
    labels_weight: float = 1.0
    pitch_weight: float = 0.2
    speed_weight: float = 0.2

    def __post_init__(self) -> None:
        for name in ("smoothing", "caption_dropout", "jitter"):
            check(name, getattr(self, name), 0, 0.95)
        for name in ("adjust", "noise", "scenery", "labels_weight", "pitch_weight", "speed_weight"):
            check(name, getattr(self, name), 0)
        check("batch", self.batch, 1)


class ClipTask:
    """Classifying clips from stored features; see `matchcut.training.loop.Task`.

    Args:
        net: the network.
        training, validation: clips; validation may be empty.
        how: the settings.
    """

    def __init__(
        self, net: FusionNet, training: Sequence[Sample], validation: Sequence[Sample], how: ClipTraining
    ) -> None:
        self.net: nn.Module = net
        self.fusion, self.training, self.validation, self.how = net, training, validation, how
        self.kinds = [sample.kind for sample in training]
        counts = Counter(self.kinds)
        self.prior = log_shares([counts[kind] for kind in range(max(1, net.how.classes))])
        self._order: tuple[int, Any] = (-1, None)

    def steps(self, epoch: int) -> int:
        return steps_of(len(self.training), self.how.batch) if self.training else 0

    def size(self, epoch: int, step: int) -> int:
        return len(Share(step, self.steps(epoch)).of(len(self.training)))

    def batch(self, epoch: int, step: int, share: Share, device: torch.device) -> tuple[Any, int]:
        if self._order[0] != epoch:
            self._order = (epoch, order_of(self.how.seed, epoch, self.kinds, self.how.balanced))
        places = places_of(self._order[1], step, self.steps(epoch), share)
        rng = np.random.default_rng(seed_of(self.how.seed, epoch, step, share.number))
        chosen = [varied(self.training[place], self.how, rng) for place in places]
        return (collate(chosen, self.fusion.how.labels, device) if chosen else None), len(chosen)

    def loss(self, net: nn.Module, batch: Any) -> Tensor:
        clips, truths = batch
        return self._loss(net(clips), truths, training=True)

    def _loss(self, said: Answers, truths: Truths, training: bool) -> Tensor:
        how = self.how
        parts: list[Tensor] = []
        if said.classes is not None:
            adjust, smoothing = (how.adjust, how.smoothing) if training else (0.0, 0.0)
            parts.append(class_loss(said.classes, truths.kinds, smoothing, self.prior, adjust))
        if said.labels is not None:
            parts.append(how.labels_weight * label_loss(said.labels, truths.labels, truths.labels_known))
        if said.pitches is not None:
            parts.append(how.pitch_weight * class_loss(said.pitches, truths.pitches, 0.0))
        if said.speed is not None:
            parts.append(how.speed_weight * speed_loss(said.speed, truths.speeds))
        return torch.stack(parts).sum()

    def validate(self, net: nn.Module, device: torch.device) -> Mapping[str, float]:
        if not self.validation:
            return {}
        total, right, known = 0.0, 0, 0
        with torch.inference_mode():
            for at in range(0, len(self.validation), 256):
                some = self.validation[at : at + 256]
                clips, truths = collate(some, self.fusion.how.labels, device)
                said = net(clips)
                total += float(self._loss(said, truths, training=False)) * len(some)
                if said.classes is not None:
                    right += int((said.classes.argmax(1) == truths.kinds).sum())
                    known += int((truths.kinds >= 0).sum())
        found = {"validation_loss": total / len(self.validation)}
        return found | ({"accuracy": right / known} if known else {})

    def describe(self) -> Mapping[str, Any]:
        return {
            **{f"network.{key}": value for key, value in to_json(self.fusion.how).items()},
            **{f"clips.{key}": value for key, value in to_json(self.how).items()},
            "data": names_digest(self.training, self.validation),
        }


class Pair(nn.Module):
    """The fusion network's two pyramids, each pooled to one vector; what contrastive pretraining trains."""

    def __init__(self, fusion: FusionNet, width: int = 128) -> None:
        super().__init__()
        self.fusion = fusion
        given = fusion.how.pyramid[-1]
        self.see, self.hear = nn.Linear(given, width), nn.Linear(given, width)
        self.scale = nn.Parameter(torch.tensor(math.log(1 / 0.07)))

    def forward(self, clips: Clips) -> tuple[Tensor, Tensor, Tensor]:
        """Vectors of pictures and of words, (B, width) each, and the scale of their cosines."""
        seen, heard = self.fusion.apart(clips)
        video, words = (masked_mean(x, mask) for x, mask in (seen, heard))
        return self.see(video), self.hear(words), self.scale.exp().clamp(max=100)


class PairTask(ClipTask):
    """Contrastive pretraining between clips and what is said of them; clips without words are left out."""

    def __init__(
        self, fusion: FusionNet, training: Sequence[Sample], validation: Sequence[Sample], how: ClipTraining
    ) -> None:
        both = [[s for s in part if len(s.video) and len(s.words)] for part in (training, validation)]
        super().__init__(fusion, both[0], both[1], replace(how, caption_dropout=0.0, balanced=False))
        self.net = Pair(fusion)

    def loss(self, net: nn.Module, batch: Any) -> Tensor:
        return contrastive_loss(*net(batch[0]))

    def validate(self, net: nn.Module, device: torch.device) -> Mapping[str, float]:
        if len(self.validation) < 2:
            return {}
        with torch.inference_mode():
            clips, _ = collate(self.validation[:512], self.fusion.how.labels, device)
            return {"validation_loss": float(contrastive_loss(*net(clips)))}


def varied(sample: Sample, how: ClipTraining, rng: np.random.Generator) -> Sample:
    """A sample as one step sees it."""
    if how.caption_dropout and rng.random() < how.caption_dropout:
        sample = replace(sample, words=sample.words[:0], weights=sample.weights[:0])
    if how.jitter:
        sample = replace(sample, video=sample.video[jittered(len(sample.video), how.jitter, rng)])
    own = float(sample.video.std()) if sample.video.size else 0.0
    for share, shape in ((how.noise, sample.video.shape), (how.scenery, (1, sample.video.shape[1]))):
        if share and own:
            noise = rng.standard_normal(shape, np.float32) * np.float32(share * own)
            sample = replace(sample, video=sample.video + noise)
    return sample


def names_digest(*parts: Sequence[Sample]) -> str:
    """Changes with which clips are in which part."""
    names = [[sample.name for sample in part] for part in parts]
    return hashlib.sha256(repr(names).encode()).hexdigest()[:16]
