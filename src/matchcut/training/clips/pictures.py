"""Training networks on pictures themselves: C3D, VideoMAE, and a vision tower whose last layers learn."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from matchcut.encoders.pictures import PictureSettings
from matchcut.encoders.store import FeatureKey, FeatureStore
from matchcut.errors import InputError
from matchcut.models.fusion import Answers, Clips
from matchcut.models.pictures import TowerFusion
from matchcut.models.settings import check, to_json
from matchcut.training.clips.samples import Sample, collate
from matchcut.training.clips.task import ClipTraining, names_digest, varied
from matchcut.training.drawing import jittered, order_of, places_of, steps_of, varied_pictures
from matchcut.training.loop import Share, seed_of
from matchcut.training.losses import class_loss, log_shares

Pictures = Callable[[str], NDArray[np.uint8]]
"""From a clip's name to its pictures, 8-bit (T, height, width, 3)."""


@dataclass(frozen=True)
class PictureTraining:
    """How pictures are varied in training.

    Attributes:
        frames: pictures a clip, evenly taken; 0 takes all.
        colour: brightness, contrast and saturation vary by up to this share.
        crop: up to this share of each side is cut off.

    Raises:
        SettingsError: a value is out of its range.
    """

    frames: int = 16
    colour: float = 0.0
    crop: float = 0.0

    def __post_init__(self) -> None:
        check("frames", self.frames, 0)
        for name in ("colour", "crop"):
            check(name, getattr(self, name), 0, 0.9)


def stored_pictures(store: FeatureStore, keys: Mapping[str, FeatureKey]) -> Pictures:
    """Pictures that `matchcut.encoders.spans.keep_pictures` kept, by clip.

    Raises:
        InputError: when asked for a clip whose pictures are not there, or no longer whole.
    """

    def read(name: str) -> NDArray[np.uint8]:
        found = store.array(keys[name]) if name in keys else None
        if found is None:
            raise InputError(f"{store.folder}: has no whole pictures of clip {name}", "Keep them again")
        return found

    return read


class PictureTask:
    """Classifying clips from pictures; see `matchcut.training.loop.Task`.

    Args:
        net: takes normalised pictures (B, T, 3, height, width) and gives logits (B, classes); a `TowerFusion`
            takes a batch's words and masks too.
        training, validation: clips; of a `Sample`, only a `TowerFusion` looks at more than name and class.
        pictures: where a clip's pictures are.
        look: how the network wants them.
        how, vary: the settings; ``vary.frames`` must be 0 for a `TowerFusion` to see every frame.
        classes: how many there are.
    """

    def __init__(
        self,
        net: nn.Module,
        training: Sequence[Sample],
        validation: Sequence[Sample],
        pictures: Pictures,
        look: PictureSettings,
        how: ClipTraining,
        vary: PictureTraining,
        classes: int,
    ) -> None:
        self.net, self.training, self.validation = net, training, validation
        self.pictures, self.look, self.how, self.vary, self.classes = pictures, look, how, vary, classes
        self.kinds = [sample.kind for sample in training]
        self.prior = log_shares([self.kinds.count(kind) for kind in range(classes)])

    def steps(self, epoch: int) -> int:
        return steps_of(len(self.training), self.how.batch) if self.training else 0

    def size(self, epoch: int, step: int) -> int:
        return len(Share(step, self.steps(epoch)).of(len(self.training)))

    def batch(self, epoch: int, step: int, share: Share, device: torch.device) -> tuple[Any, int]:
        order = order_of(self.how.seed, epoch, self.kinds, self.how.balanced)
        rng = np.random.default_rng(seed_of(self.how.seed, epoch, step, share.number))
        chosen = [self.training[place] for place in places_of(order, step, self.steps(epoch), share)]
        return (self._collate(chosen, device, rng) if chosen else None), len(chosen)

    def loss(self, net: nn.Module, batch: Any) -> Tensor:
        return class_loss(self._logits(net, batch), batch[2], self.how.smoothing, self.prior, self.how.adjust)

    def validate(self, net: nn.Module, device: torch.device) -> Mapping[str, float]:
        if not self.validation:
            return {}
        logits = self.answer(net, self.validation, device)
        truth = torch.tensor([sample.kind for sample in self.validation])
        known = truth >= 0
        right = float((logits.argmax(1) == truth)[known].float().mean()) if known.any() else 0.0
        return {"validation_loss": float(class_loss(logits, truth, 0.0)), "accuracy": right}

    def answer(self, net: nn.Module, samples: Sequence[Sample], device: torch.device | str = "cpu") -> Tensor:
        """Logits (N, classes) of clips, on the CPU."""
        found = []
        with torch.inference_mode():
            for at in range(0, len(samples), self.how.batch):
                batch = self._collate(samples[at : at + self.how.batch], device, None)
                found.append(self._logits(net, batch).float().cpu())
        return torch.cat(found)

    def describe(self) -> Mapping[str, Any]:
        return {
            "network": type(self.net).__name__,
            **{f"clips.{key}": value for key, value in to_json(self.how).items()},
            **{f"pictures.{key}": value for key, value in to_json(self.vary).items()},
            "data": names_digest(self.training, self.validation),
        }

    def _logits(self, net: nn.Module, batch: Any) -> Tensor:
        pixels, clips, _ = batch
        tower = isinstance(getattr(net, "module", net), TowerFusion)
        said = net(pixels, clips) if tower else net(pixels)
        found = said.classes if isinstance(said, Answers) else said
        assert isinstance(found, Tensor)
        return found

    def _collate(
        self, samples: Sequence[Sample], device: torch.device | str, rng: np.random.Generator | None
    ) -> tuple[Tensor, Clips, Tensor]:
        seen = [self._seen(sample.name, rng) for sample in samples]
        if rng is not None:
            samples = [varied(sample, self.how, rng) for sample in samples]
        clips, truths = collate(samples, 0, device)
        longest = max(len(each) for each in seen)
        shape = (len(seen), longest, 3, self.look.height, self.look.width)
        pixels, mask = np.zeros(shape, np.float32), np.zeros(shape[:2], np.bool_)
        for place, each in enumerate(seen):
            pixels[place, : len(each)] = self.look.normalised(each)
            mask[place, : len(each)] = True
        clips = clips._replace(video_mask=torch.from_numpy(mask).to(device))
        return torch.from_numpy(pixels).to(device), clips, truths.kinds

    def _seen(self, name: str, rng: np.random.Generator | None) -> NDArray[np.uint8]:
        pixels = self.pictures(name)
        if rng is not None:
            pixels = pixels[jittered(len(pixels), self.how.jitter, rng)]
            pixels = varied_pictures(pixels, self.vary.colour, self.vary.crop, rng)
        if self.vary.frames:
            # Evenly over the clip; a clip that is too short shows frames more than once.
            pixels = pixels[np.arange(self.vary.frames) * len(pixels) // self.vary.frames]
        return pixels
