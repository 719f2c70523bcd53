"""Dual encoders on this machine: read with both towers, made up, and written so that both load again.

A folder that `save_dual` wrote is what `load_vision`, `load_text` and `load_dual` take: CLIP's own layout
(``config.json``, ``model.safetensors``, tokenizer, ``preprocessor_config.json``), and for a ResNet in the
ViT's place the same with the configurations of both of its towers; and ``README.md``, the card.
"""

from __future__ import annotations

import copy
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from matchcut import files
from matchcut.encoders.pictures import PictureSettings
from matchcut.encoders.pretrained import (
    DEFAULT,
    RESNET_CLIP,
    check_whole,
    load_tokenizer,
    load_tower,
    need_transformers,
    picture_settings,
    quiet,
    read_config,
    told,
)
from matchcut.encoders.text import TextEncoder, text_encoder
from matchcut.encoders.untrained import write_untrained_clip
from matchcut.encoders.vision import VisionEncoder, vision_encoder
from matchcut.errors import InputError, SettingsError
from matchcut.models.dual import DualEncoder, ResNetTower, merged, new_projection

DEFAULT_RESNET = "microsoft/resnet-50"
"""The image encoder that stands in the ViT's place where none is named."""

RESNET_PICTURES = PictureSettings(224, 224, 256, 3, mean=(0.485, 0.456, 0.406), std=(0.229, 0.224, 0.225))
"""What ResNets on ImageNet are given: the shorter side scaled to 256, the middle 224 by 224 cut out."""

KINDS = ("clip", "resnet")

RESNETS: Mapping[str, Mapping[str, Any]] = {
    "tiny": {"embedding_size": 16, "hidden_sizes": [16, 32, 64], "depths": [1, 1, 1], "layer_type": "basic"},
    "small": {"embedding_size": 32, "hidden_sizes": [32, 64, 128], "depths": [1, 1, 1], "layer_type": "basic"},
    "base": {},
}
"""Size -> what differs from ResNet-50; see `matchcut.encoders.untrained.SIZES`."""


@dataclass(frozen=True)
class Dual:
    """A dual encoder with what prepares its pictures and texts.

    Attributes:
        net: the network.
        pictures: how frames are prepared.
        tokenizer: transformers' own.
        name: for people.
    """

    net: DualEncoder
    pictures: PictureSettings
    tokenizer: Any
    name: str

    def tokens(self, texts: Sequence[str]) -> tuple[Tensor, Tensor]:
        """Token numbers and where there are any, (N, T) each; what is too long is cut off."""
        longest = int(self.net.text_model.config.max_position_embeddings)
        given = self.tokenizer(
            list(texts), padding=True, truncation=True, max_length=longest, return_tensors="pt"
        )
        return given["input_ids"], given["attention_mask"]

    def vision(self, **how: Any) -> VisionEncoder:
        """The image encoder as every other one is used; ``how``: see `vision_encoder`."""
        net = merged(self.net)
        tower: nn.Module = (
            ResNetTower(net.vision_model, net.visual_projection)
            if net.kind == "resnet"
            else _tower("CLIPVisionModelWithProjection", net.vision_model.config, net)
        )
        return vision_encoder(tower.eval(), self.pictures, name=self.name, **how)

    def text(self, **how: Any) -> TextEncoder:
        """The text encoder; ``how``: see `text_encoder`."""
        net = merged(self.net)
        tower = _tower("CLIPTextModelWithProjection", net.text_model.config, net)
        return text_encoder(tower.eval(), self.tokenizer, name=self.name, **how)


def _tower(kind: str, config: Any, net: DualEncoder) -> nn.Module:
    """transformers' own tower with a network's weights; those of the other tower are left out."""
    import transformers

    tower: nn.Module = getattr(transformers, kind)(config)
    names = tower.state_dict().keys()
    tower.load_state_dict({key: value for key, value in net.state_dict().items() if key in names})
    return tower


def load_dual(name: str = DEFAULT, *, resnet: str | None = None, download: bool = False, seed: int = 0) -> Dual:
    """Both towers of a checkpoint, everything of it learning.

    Args:
        name: a CLIP model on the hub or in a local folder, or a folder that `save_dual` wrote.
        resnet: a ResNet (`DEFAULT_RESNET`) that takes the ViT's place; its projection begins at random.
        download: whether weights may be fetched from the hub.
        seed: of the projection.

    Raises:
        InputError: weights are not on this machine, damaged, or of another architecture.
        RequiresExtra: transformers is not installed.
    """
    need_transformers("training an image-text encoder")
    kind = str(read_config(name, download).get("model_type", ""))
    if not kind:
        raise InputError(
            f"{name}: cannot be used as a checkpoint: its config.json is missing or names no model",
            "Name a folder that transformers or matchcut train saved",
        )
    if kind not in ("clip", RESNET_CLIP):
        raise InputError(
            f"{name}: is a {kind!r} model; what is trained here is CLIP, with its ViT or a ResNet",
            "Name a CLIP model",
        )
    pictures, tokenizer, called = picture_settings(name, download), load_tokenizer(name, download), name
    net = _load_resnet_clip(name) if kind == RESNET_CLIP else _load_clip(name, download)
    if resnet is not None:
        body: Any = _load_resnet(resnet, download)
        torch.manual_seed(seed)
        projection = new_projection(body.config.hidden_sizes[-1], net.width)
        # CLIP's scale goes with its own pictures' vectors: a new image encoder begins with a new one.
        net = DualEncoder(body, projection, net.text_model, net.text_projection)
        pictures, called = _resnet_pictures(resnet), f"{resnet} + {name}"
    return Dual(net.requires_grad_(True), pictures, tokenizer, called)


def _load_clip(name: str, download: bool) -> DualEncoder:
    from transformers import CLIPModel

    whole: Any = _loaded(CLIPModel, name, download)
    parts = (whole.vision_model, whole.visual_projection, whole.text_model, whole.text_projection)
    return DualEncoder(*parts, logit_scale=float(whole.logit_scale.detach()))


def _load_resnet_clip(name: str) -> DualEncoder:
    vision: Any = load_tower(name, text=False)
    text: Any = load_tower(name, text=True)
    parts = (vision.vision_model, vision.visual_projection, text.text_model, text.text_projection)
    return DualEncoder(*parts, logit_scale=float(read_config(name)["logit_scale"]))


def _loaded(kind: Any, name: str, download: bool) -> Any:
    with quiet(), told(name, download):
        net, found = kind.from_pretrained(
            name, local_files_only=not download, output_loading_info=True, dtype=torch.float32
        )
    check_whole(name, found)
    return net.eval()


def _load_resnet(name: str, download: bool) -> Any:
    from transformers import ResNetModel

    kind = str(read_config(name, download).get("model_type"))
    if kind != "resnet":
        raise InputError(f"{name}: is a {kind!r} model, not a ResNet", f"Name one such as {DEFAULT_RESNET}")
    return _loaded(ResNetModel, name, download)


def _resnet_pictures(folder: str) -> PictureSettings:
    """A local ResNet's own processor where it has one, else what ImageNet's get."""
    if not (Path(folder) / "preprocessor_config.json").exists():
        return RESNET_PICTURES
    given = files.read_json(Path(folder) / "preprocessor_config.json")
    if "crop_pct" not in given:
        return PictureSettings.from_processor(given, folder)
    # ConvNeXt's processor, which ResNets came with: scaled to the size over this share, then cut out.
    side = int(given["size"]["shortest_edge"])
    return PictureSettings(side, side, int(side / float(given["crop_pct"])), int(given.get("resample", 3)),
                           tuple(given["image_mean"]), tuple(given["image_std"]))  # fmt: skip


def save_dual(folder: Path | str, dual: Dual, card: str) -> Path:
    """Writes a folder that `load_dual`, `load_vision` and `load_text` take; low-rank additions are merged in.

    Args:
        folder: made as needed.
        dual: what is kept.
        card: Markdown: what it is, of what it was made, what it is worth.

    Raises:
        OutputError: it cannot be written.
    """
    from safetensors.torch import save

    target, net = Path(folder), merged(dual.net)
    target.mkdir(parents=True, exist_ok=True)
    weights = {key: value.clone().contiguous() for key, value in net.state_dict().items()}
    with files.replacing(target / "model.safetensors") as temporary:
        temporary.write_bytes(save(weights, {"format": "pt"}))
    with quiet():
        dual.tokenizer.save_pretrained(target)
    files.write_json(target / "preprocessor_config.json", dual.pictures.to_processor())
    files.write_text(target / "README.md", card)
    # Last, so that a folder that was not finished is none.
    files.write_json(target / "config.json", _config(net))
    return target


def _config(net: DualEncoder) -> dict[str, Any]:
    given: dict[str, Any] = {
        "architectures": ["CLIPModel" if net.kind == "clip" else "ResNetClip"],
        "model_type": "clip" if net.kind == "clip" else RESNET_CLIP,
        "projection_dim": net.width,
        "logit_scale": float(net.logit_scale),
        "text_config": _plain(net.text_model.config) | {"projection_dim": net.width},
        "vision_config": _plain(net.vision_model.config) | {"projection_dim": net.width},
    }
    return given


def _plain(config: Any) -> dict[str, Any]:
    import json

    found: dict[str, Any] = json.loads(config.to_json_string(use_diff=False))
    return found


def untrained_dual(size: str = "small", resnet: str | None = None, seed: int = 0) -> Dual:
    """CLIP of random weights, to try things where no weights are at hand; it knows nothing.

    Args:
        size: "tiny", "small" or "base" (ViT-B/32).
        resnet: see `load_dual`.
        seed: of the weights.

    Raises:
        SettingsError: no such size.
        RequiresExtra: transformers is not installed.
    """
    with tempfile.TemporaryDirectory() as folder:
        dual = load_dual(str(write_untrained_clip(folder, size, seed)), resnet=resnet, seed=seed)
        # Apart from the file, which goes.
        net = copy.deepcopy(dual.net)
    name = f"random weights ({size})"
    return Dual(net, dual.pictures, dual.tokenizer, name if resnet is None else f"{resnet} + {name}")


def write_untrained_dual(folder: Path | str, kind: str = "clip", size: str = "tiny", seed: int = 0) -> Path:
    """Writes a dual encoder of random weights: the real architecture without a download.

    Args:
        folder: made as needed.
        kind: one of `KINDS`.
        size: "tiny", "small" or "base" (ViT-B/32; ResNet-50).
        seed: of the weights.

    Raises:
        SettingsError: no such kind or size.
        RequiresExtra: transformers is not installed.
    """
    if kind not in KINDS:
        raise SettingsError(f"no such kind of image encoder: {kind}", f"There are: {', '.join(KINDS)}")
    target = write_untrained_clip(folder, size, seed)
    if kind == "clip":
        return target
    from transformers import ResNetConfig, ResNetModel

    dual = load_dual(str(target))
    torch.manual_seed(seed)
    body: Any = ResNetModel(ResNetConfig(**RESNETS[size]))
    projection = new_projection(body.config.hidden_sizes[-1], dual.net.width)
    net = DualEncoder(body, projection, dual.net.text_model, dual.net.text_projection)
    pictures = RESNET_PICTURES if size == "base" else dual.pictures
    return save_dual(target, Dual(net, pictures, dual.tokenizer, str(target)), "# Random weights\n")
