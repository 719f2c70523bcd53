"""Encoders of pictures by name, of whatever kind: of each picture alone, or of windows of pictures."""

from __future__ import annotations

from typing import Any

from matchcut.encoders.pretrained import (
    is_dual,
    load_plain,
    need_transformers,
    picture_settings,
    read_config,
    sees_pictures,
)
from matchcut.encoders.video import KINDS, VideoEncoder, load_video
from matchcut.encoders.vision import Precision, VisionEncoder, load_vision, vision_encoder
from matchcut.errors import SettingsError

Looker = VisionEncoder | VideoEncoder
"""What makes vectors of a recording's pictures: of each alone, or of windows of them."""


def load_looker(
    name: str,
    *,
    window_s: float | None = None,
    download: bool = False,
    precision: Precision = "auto",
    device: str = "auto",
    **how: Any,
) -> Looker:
    """An encoder of pictures (CLIP, SigLIP, DINOv2, ViT, ConvNeXt …) or, if it is one, of windows of pictures.

    Args:
        name: a model on the hub, or a local folder.
        window_s: seconds of a window, for video encoders; `WINDOW_S` if None.
        download: whether it may be fetched; otherwise only what is on this machine is used.
        precision, device, how: see `load_vision`.

    Raises:
        InputError: there are no such weights, or they are not usable.
        SettingsError: a window was asked of an encoder that looks at one picture at a time.
        RequiresExtra: torch or transformers is not installed.
    """
    need_transformers("encoding pictures")
    kind = str(read_config(name, download).get("model_type"))
    if kind not in KINDS:
        no_window(name, window_s)
        if is_dual(kind) or not sees_pictures(kind):  # what is no encoder is told there
            return load_vision(name, download=download, precision=precision, device=device, **how)
        net, pictures = load_plain(name, download), picture_settings(name, download)
        return vision_encoder(net, pictures, name=name, precision=precision, device=device, **how)
    if how.get("backend", "torch") != "torch":
        raise SettingsError(f"{name}: video encoders run by torch alone", "Leave the backend out")
    return load_video(name, window_s=window_s, download=download, precision=precision, device=device)


def no_window(name: str, window_s: float | None) -> None:
    """Refuses a window for an encoder that has none.

    Raises:
        SettingsError: one was asked for.
    """
    if window_s is not None:
        raise SettingsError(
            f"{name}: looks at one picture at a time, not at {window_s:g} seconds of them",
            f"Leave the window out, or name a video encoder ({', '.join(KINDS)})",
        )
