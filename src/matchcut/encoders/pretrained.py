"""Finding a vision-language checkpoint on this machine, through transformers."""

from __future__ import annotations

import contextlib
import hashlib
import importlib.util
from collections.abc import Iterator
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

    with quiet(), _told(name, download):
        config = transformers.AutoConfig.from_pretrained(name, local_files_only=not download)
        kind = str(config.model_type).removesuffix("_model").removesuffix("_vision").removesuffix("_text")
        if kind not in _CLASSES:
            raise InputError(
                f"{name}: is a {config.model_type!r} model, not CLIP or SigLIP", "Name a CLIP or SigLIP model"
            )
        network = getattr(transformers, _CLASSES[kind][text])
        net, told = network.from_pretrained(
            name, local_files_only=not download, output_loading_info=True, dtype=torch.float32
        )
    missing = sorted(told["missing_keys"]) + sorted(str(key) for key in told.get("mismatched_keys", ()))
    if missing:
        raise InputError(
            f"{name}: has no weights for {len(missing)} parts of the network ({missing[0]} …)",
            "Get the whole checkpoint",
        )
    tower: nn.Module = net.eval().requires_grad_(False)
    return tower


def picture_settings(name: str, download: bool = False) -> PictureSettings:
    """What the checkpoint's processor does to pictures.

    Raises:
        InputError: there is no processor's file, or it does something unknown.
    """
    import transformers

    kind: Any = transformers.AutoImageProcessor
    with quiet(), _told(name, download):
        processor = kind.from_pretrained(name, local_files_only=not download)
    return PictureSettings.from_processor(processor.to_dict(), name)


def load_tokenizer(name: str, download: bool = False) -> Any:
    """The checkpoint's tokenizer.

    Raises:
        InputError: it is not there.
    """
    from transformers import AutoTokenizer

    with quiet(), _told(name, download):
        return AutoTokenizer.from_pretrained(name, local_files_only=not download)


def fingerprint(net: nn.Module, *more: object) -> str:
    """Sixteen hexadecimal digits that change with any weight, and with ``more``."""
    digest = hashlib.blake2b(repr(more).encode(), digest_size=8)
    for key, value in sorted(net.state_dict().items()):
        digest.update(key.encode())
        digest.update(value.detach().cpu().contiguous().numpy().data)
    return digest.hexdigest()


@contextlib.contextmanager
def _told(name: str, download: bool) -> Iterator[None]:
    """Turns what transformers raises into errors with a remedy."""
    from safetensors import SafetensorError

    try:
        yield
    except InputError:
        raise
    except (OSError, ValueError, KeyError, RuntimeError, SafetensorError) as error:
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
