"""An image-text dual encoder: CLIP (arXiv 2103.00020) with its ViT, or with a ResNet in the ViT's place.

Both are put together from transformers' own parts and call them as CLIP does, so that a checkpoint's tensors
have the same names in either: ``vision_model``, ``visual_projection``, ``text_model``, ``text_projection``,
``logit_scale``. What of it learns is chosen by `set_learning`: all of it, the last layers, or low-rank
additions (LoRA, arXiv 2106.09685) that `merged` adds to the weights afterwards.
"""

from __future__ import annotations

import copy
import importlib.util
import math
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn

from matchcut.errors import RequiresExtra, SettingsError
from matchcut.models.settings import check, choice

METHODS = ("full", "layers", "lora")
"""What learns: everything, the last layers, or low-rank additions to the weights."""

_SCALE = 1 / 0.07
_LARGEST = 100.0
_ADAPTED = ("q_proj", "k_proj", "v_proj", "out_proj", "fc1", "fc2", "convolution")


@dataclass(frozen=True)
class LearningSettings:
    """What of a dual encoder learns. The projections and the scale do so always.

    Attributes:
        method: one of `METHODS`.
        layers: of "layers": how many of each tower's last layers (a ResNet's last residual blocks).
        rank: of "lora": of the additions.
        alpha: of "lora": the additions are multiplied with ``alpha / rank``.

    Raises:
        SettingsError: a value is out of its range.
    """

    method: str = "full"
    layers: int = 1
    rank: int = 8
    alpha: int = 16

    def __post_init__(self) -> None:
        choice("way to learn", self.method, METHODS)
        check("layers", self.layers, 0)
        check("rank", self.rank, 1)
        check("alpha", self.alpha, 0)


class Pairing(NamedTuple):
    """What a dual encoder makes of pictures and texts.

    Attributes:
        images: vectors (B, D), of any length.
        texts: vectors (N, D), of any length.
        scale: what their cosines are multiplied with, at most 100.
    """

    images: Tensor
    texts: Tensor
    scale: Tensor


class ResNetTower(nn.Module):
    """transformers' ``ResNetModel`` and a projection, called as CLIP's vision towers are.

    Args:
        body: the network; its pooled output has one number a channel.
        projection: from the channels to the common space, without a bias.
    """

    def __init__(self, body: Any, projection: nn.Linear) -> None:
        super().__init__()
        self.vision_model, self.visual_projection, self.config = body, projection, body.config

    def forward(self, pixel_values: Tensor) -> SimpleNamespace:
        """Normalised pictures (B, 3, height, width) -> ``image_embeds`` (B, D)."""
        pooled = self.vision_model(pixel_values=pixel_values).pooler_output.flatten(1)
        return SimpleNamespace(image_embeds=self.visual_projection(pooled))


class DualEncoder(nn.Module):
    """Pictures and texts to one space.

    Args:
        vision_model: CLIP's vision transformer, or a ``ResNetModel``.
        visual_projection: to the common space.
        text_model: CLIP's text transformer.
        text_projection: to the common space.
        logit_scale: the logarithm of the scale.
    """

    def __init__(
        self,
        vision_model: Any,
        visual_projection: nn.Linear,
        text_model: Any,
        text_projection: nn.Linear,
        logit_scale: float = math.log(_SCALE),
    ) -> None:
        super().__init__()
        self.vision_model, self.visual_projection = vision_model, visual_projection
        self.text_model, self.text_projection = text_model, text_projection
        self.logit_scale = nn.Parameter(torch.tensor(float(logit_scale)))

    @property
    def kind(self) -> str:
        """What the image encoder is: ``"clip"`` for CLIP's ViT, or ``"resnet"``."""
        return "resnet" if str(self.vision_model.config.model_type) == "resnet" else "clip"

    @property
    def width(self) -> int:
        """Numbers a vector."""
        return self.text_projection.out_features

    def images(self, pixel_values: Tensor) -> Tensor:
        """Normalised pictures (B, 3, height, width) -> (B, D)."""
        pooled = self.vision_model(pixel_values=pixel_values).pooler_output.flatten(1)
        out: Tensor = self.visual_projection(pooled)
        return out

    def texts(self, input_ids: Tensor, attention_mask: Tensor) -> Tensor:
        """Tokens and where there are any, (N, T) each -> (N, D)."""
        pooled = self.text_model(input_ids=input_ids, attention_mask=attention_mask).pooler_output
        out: Tensor = self.text_projection(pooled)
        return out

    def forward(self, pixel_values: Tensor, input_ids: Tensor, attention_mask: Tensor) -> Pairing:
        """Vectors of both; see `images` and `texts`."""
        scale = self.logit_scale.exp().clamp(max=_LARGEST)
        return Pairing(self.images(pixel_values), self.texts(input_ids, attention_mask), scale)

    def train(self, mode: bool = True) -> DualEncoder:
        """Batch norms that don't learn keep their statistics too."""
        super().train(mode)
        for part in self.modules():
            if isinstance(part, nn.BatchNorm2d) and not part.weight.requires_grad:
                part.eval()
        return self


def new_projection(channels: int, width: int) -> nn.Linear:
    """A projection to the common space, random as CLIP begins with; drawn from torch's generator."""
    made = nn.Linear(channels, width, bias=False)
    nn.init.normal_(made.weight, std=channels**-0.5)
    return made


def set_learning(net: DualEncoder, how: LearningSettings) -> DualEncoder:
    """Chooses what of a network learns, in place; LoRA's additions are drawn from torch's generator.

    Raises:
        SettingsError: it has not so many layers.
        RequiresExtra: LoRA, and peft is not installed.
    """
    net.requires_grad_(how.method == "full")
    if how.method == "layers":
        for tower, norm in ((net.vision_model, "post_layernorm"), (net.text_model, "final_layer_norm")):
            layers = _layers(tower)
            if how.layers > len(layers):
                raise SettingsError(
                    f"a tower has {len(layers)} layers; {how.layers} cannot learn", "Choose fewer"
                )
            last = getattr(tower, norm, None)  # a ResNet has none
            for part in [*layers[len(layers) - how.layers :], *([] if last is None else [last])]:
                part.requires_grad_(True)
    if how.method == "lora":
        _add_lora(net, how)
    for projection in (net.visual_projection, net.text_projection):
        projection.requires_grad_(True)
    net.logit_scale.requires_grad_(True)
    return net


def _layers(tower: Any) -> list[nn.Module]:
    """A tower's layers in their order; a ResNet's residual blocks."""
    stages = getattr(tower.encoder, "stages", None)
    if stages is None:
        return list(tower.encoder.layers)
    return [block for stage in stages for block in stage.layers]


def _add_lora(net: DualEncoder, how: LearningSettings) -> None:
    if importlib.util.find_spec("peft") is None:
        raise RequiresExtra("training low-rank additions (LoRA)", "clip")
    from peft import LoraConfig, inject_adapter_in_model

    wanted = {name.rsplit(".", 1)[-1] for name, _ in net.named_modules()}
    targets = [name for name in _ADAPTED if name in wanted]
    config = LoraConfig(r=how.rank, lora_alpha=how.alpha, lora_dropout=0.0, target_modules=targets)
    inject_adapter_in_model(config, net)


def merged(net: DualEncoder) -> DualEncoder:
    """A copy in which LoRA's additions are part of the weights, on the CPU; the same vectors, plain layers."""
    whole = copy.deepcopy(net).cpu()
    for name, part in list(whole.named_modules()):
        base = getattr(part, "get_base_layer", None)
        if base is None:
            continue
        merge: Any = part
        merge.merge()
        parent, _, child = name.rpartition(".")
        setattr(whole.get_submodule(parent), child, base())
    return whole.requires_grad_(False).eval()


def learning_share(net: nn.Module) -> tuple[int, int]:
    """How many numbers learn, and how many there are."""
    every = list(net.parameters())
    return sum(p.numel() for p in every if p.requires_grad), sum(p.numel() for p in every)
