"""Finding a vision-language checkpoint on this machine, through transformers."""

from __future__ import annotations

import contextlib
import hashlib
import importlib.util
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from matchcut.encoders.pictures import PictureSettings
from matchcut.errors import InputError, RequiresExtra

if TYPE_CHECKING:
    from torch import nn

DEFAULT = "openai/clip-vit-base-patch32"
"""The checkpoint that is used where none is named."""

_CLASSES = {
    "clip": ("CLIPVisionModelWithProjection", "CLIPTextModelWithProjection"),
    "siglip": ("SiglipVisionModel", "SiglipTextModel"),
    "siglip2": ("SiglipVisionModel", "SiglipTextModel"),
}
"""Model type -> transformers' classes of the vision and of the text tower."""

RESNET_CLIP = "resnet-clip"
"""The model type of CLIP with a ResNet in its ViT's place, as `matchcut.encoders.dual` writes it."""


def need_transformers(feature: str) -> None:
    """Refuses where torch or transformers is not installed.

    Raises:
        RequiresExtra: one of them is missing.
    """
    if any(importlib.util.find_spec(name) is None for name in ("torch", "transformers", "safetensors")):
        raise RequiresExtra(feature, "clip")


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """Keeps transformers from printing while it loads: what matters is raised instead."""
    from transformers.utils import logging

    control: Any = logging
    before = control.get_verbosity()
    control.set_verbosity_error()
    control.disable_progress_bar()
    try:
        yield
    finally:
        control.set_verbosity(before)


def load_tower(name: str, text: bool, download: bool = False) -> nn.Module:
    """One tower of a checkpoint, in evaluation mode, in 32 bits.

    Args:
        name: a model on the hub (``openai/clip-vit-base-patch32``) or a local folder.
        text: the text tower; else the vision tower.
        download: whether it may be fetched from the hub.

    Raises:
        InputError: it is not on this machine, is damaged, is of another kind, or lacks weights.
        RequiresExtra: transformers is not installed.
    """
    need_transformers("encoding pictures and words")
    import torch
    import transformers

    if Path(name).is_dir() and read_config(name).get("model_type") == RESNET_CLIP:
        return _load_resnet_clip(name, text)
    with quiet(), told(name, download):
        config = transformers.AutoConfig.from_pretrained(name, local_files_only=not download)
        kind = _bare(str(config.model_type))
        if kind not in _CLASSES:
            raise InputError(
                f"{name}: is a {config.model_type!r} model, not CLIP or SigLIP", "Name a CLIP or SigLIP model"
            )
        network = getattr(transformers, _CLASSES[kind][text])
        net, found = network.from_pretrained(
            name, local_files_only=not download, output_loading_info=True, dtype=torch.float32
        )
    check_whole(name, found)
    tower: nn.Module = net.eval().requires_grad_(False)
    return tower


def read_config(name: str, download: bool = False) -> dict[str, Any]:
    """A checkpoint's ``config.json``, whatever kind of model it is.

    Raises:
        InputError: it is not on this machine, or cannot be read.
    """
    from transformers import PreTrainedConfig

    with quiet(), told(name, download):
        found: dict[str, Any] = PreTrainedConfig.get_config_dict(name, local_files_only=not download)[0]
    return found


def check_whole(name: str, found: Mapping[str, Any]) -> None:
    """Refuses a checkpoint that left parts of a network without weights.

    Args:
        found: what transformers says of a loading.

    Raises:
        InputError: it did.
    """
    missing = sorted(found["missing_keys"]) + sorted(str(key) for key in found.get("mismatched_keys", ()))
    if missing:
        raise InputError(
            f"{name}: has no weights for {len(missing)} parts of the network ({missing[0]} …)",
            "Get the whole checkpoint",
        )


def _load_resnet_clip(name: str, text: bool) -> nn.Module:
    """One tower of a folder that `matchcut.encoders.dual.save_dual` wrote with a ResNet."""
    from safetensors.torch import load_file
    from transformers import CLIPTextConfig, CLIPTextModelWithProjection, ResNetConfig, ResNetModel

    from matchcut.models.dual import ResNetTower, new_projection

    given = read_config(name)
    with quiet(), told(name, False):
        if text:
            tower: Any = CLIPTextModelWithProjection(CLIPTextConfig(**given["text_config"]))
        else:
            body: Any = ResNetModel(ResNetConfig(**given["vision_config"]))
            tower = ResNetTower(body, new_projection(body.config.hidden_sizes[-1], given["projection_dim"]))
        weights = load_file(Path(name) / "model.safetensors")
        names = tower.state_dict().keys()
        found = tower.load_state_dict({k: v.float() if v.is_floating_point() else v
                                       for k, v in weights.items() if k in names}, strict=False)  # fmt: skip
    check_whole(name, {"missing_keys": found.missing_keys})
    net: nn.Module = tower.eval().requires_grad_(False)
    return net


def is_dual(kind: str) -> bool:
    """Whether a model type is one of those that `load_tower` takes."""
    return kind == RESNET_CLIP or _bare(kind) in _CLASSES


def _bare(kind: str) -> str:
    return kind.removesuffix("_model").removesuffix("_vision").removesuffix("_text")


def sees_pictures(kind: str) -> bool:
    """Whether a model type is one of transformers' networks on pictures: those that can classify them."""
    from transformers.models.auto.modeling_auto import MODEL_FOR_IMAGE_CLASSIFICATION_MAPPING_NAMES as KINDS

    return kind in KINDS


def load_plain(name: str, download: bool = False) -> nn.Module:
    """A network on pictures (DINOv2, ViT, Swin, ConvNeXt, ResNet …) without its head, from safetensors alone.

    Args:
        name: a model on the hub or a local folder.
        download: whether it may be fetched from the hub.

    Raises:
        InputError: it is not on this machine, is damaged, or lacks weights.
        RequiresExtra: transformers is not installed.
    """
    need_transformers("encoding pictures")
    import torch
    from transformers import AutoModel

    kind: Any = AutoModel
    local: dict[str, Any] = {"local_files_only": not download, "use_safetensors": True}
    with quiet(), told(name, download):
        net, found = kind.from_pretrained(name, output_loading_info=True, dtype=torch.float32, **local)
    missing = {key for key in found["missing_keys"] if not key.startswith("pooler.")}
    check_whole(name, {**found, "missing_keys": missing})
    if missing != set(found["missing_keys"]):
        net.pooler = None  # tuned checkpoints have none: their head reads the class token
    plain: nn.Module = net.eval().requires_grad_(False)
    return plain


def load_video_mae(name: str, download: bool = False) -> nn.Module:
    """VideoMAE's network (arXiv 2203.12602) without its decoder, in 32 bits.

    Args:
        name: a model on the hub or a local folder.
        download: whether it may be fetched from the hub.

    Raises:
        InputError: it is not on this machine, is damaged, or is another network.
        RequiresExtra: transformers is not installed.
    """
    need_transformers("VideoMAE")
    import torch
    from transformers import AutoConfig, VideoMAEModel

    local: dict[str, Any] = {"local_files_only": not download}
    kind: Any = VideoMAEModel
    with quiet(), told(name, download):
        config = AutoConfig.from_pretrained(name, **local)
        if config.model_type != "videomae":
            raise InputError(f"{name}: is a {config.model_type!r} model, not VideoMAE", "Name a VideoMAE model")
        net: nn.Module = kind.from_pretrained(name, dtype=torch.float32, **local)
    return net.eval()


def picture_settings(name: str, download: bool = False) -> PictureSettings:
    """What the checkpoint's processor does to pictures.

    Raises:
        InputError: there is no processor's file, or it does something unknown.
    """
    import transformers

    kind: Any = transformers.AutoImageProcessor
    with quiet(), told(name, download):
        processor = kind.from_pretrained(name, local_files_only=not download)
    return PictureSettings.from_processor(processor.to_dict(), name)


def load_tokenizer(name: str, download: bool = False) -> Any:
    """The checkpoint's tokenizer.

    Raises:
        InputError: it is not there.
    """
    from transformers import AutoTokenizer

    with quiet(), told(name, download):
        return AutoTokenizer.from_pretrained(name, local_files_only=not download)


def fingerprint(net: nn.Module, *more: object) -> str:
    """Sixteen hexadecimal digits that change with any weight, and with ``more``."""
    digest = hashlib.blake2b(repr(more).encode(), digest_size=8)
    for key, value in sorted(net.state_dict().items()):
        digest.update(key.encode())
        digest.update(value.detach().cpu().contiguous().numpy().data)
    return digest.hexdigest()


@contextlib.contextmanager
def told(name: str, download: bool) -> Iterator[None]:
    """Turns what transformers raises while it reads a checkpoint into errors with a remedy."""
    from safetensors import SafetensorError

    try:
        yield
    except InputError:
        raise
    except (OSError, ValueError, KeyError, TypeError, RuntimeError, SafetensorError) as error:
        reason = " ".join(str(error).split())[:160]
        if Path(name).is_dir():
            raise InputError(
                f"{name}: cannot be used as a checkpoint ({reason})", "Name a folder that transformers saved"
            ) from error
        if download:
            raise InputError(
                f"{name}: could not be fetched ({reason})", "Check the name and the network"
            ) from error
        raise InputError(
            f"the weights of {name} are not on this machine",
            "Name a local folder that holds them, or allow the download with --download",
        ) from error
