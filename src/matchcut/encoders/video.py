"""Some pictures in a row to one vector: the video encoders of transformers.

What stands for a window is what the architecture's own classifier reads: VideoMAE's mean over all patches
(arXiv 2203.12602), after the norm that comes with a fine-tuned checkpoint; the class token of TimeSformer
(arXiv 2102.05095) and of ViViT's first model (arXiv 2103.15691); X-CLIP's vector of the video in the common
space (arXiv 2208.02816). V-JEPA 2 (arXiv 2506.09985) has no such token: the mean over its encoder's patches.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args

import numpy as np
from numpy.typing import NDArray

from matchcut.encoders.pictures import PictureSettings
from matchcut.encoders.pretrained import (
    check_whole,
    fingerprint,
    need_transformers,
    quiet,
    told,
)
from matchcut.encoders.vision import Network, Precision, cpu_has_bfloat16
from matchcut.errors import InputError, ValidationError
from matchcut.models.devices import device_named
from matchcut.models.settings import check, choice

if TYPE_CHECKING:
    from torch import nn

WINDOW_S = 2.56
"""Seconds of a window where none are named: VideoMAE was tuned on 16 pictures, every fourth of 25 a second."""

KINDS = {
    "videomae": "VideoMAEModel",
    "timesformer": "TimesformerModel",
    "vivit": "VivitModel",
    "xclip": "XCLIPModel",
    "vjepa2": "VJEPA2Model",
}
"""Model type → transformers' class without a head."""

_TUNED = "VideoMAEForVideoClassification"
_PROCESSORS = ("video_preprocessor_config.json", "preprocessor_config.json")


@dataclass(frozen=True)
class VideoEncoder:
    """Encodes windows of pictures. Made by `load_video`.

    Attributes:
        name: the checkpoint's, for people.
        identity: changes with any weight, with the picture settings and with the window.
        pictures: how frames are prepared.
        width: numbers a vector.
        frames: pictures a window.
        window_s: seconds that they are spread over.
        precision, device: what it runs in.
        batch: windows a call.
        network: 8-bit pictures (N, frames, height, width, 3) to vectors (N, width).
    """

    name: str
    identity: str
    pictures: PictureSettings
    width: int
    frames: int
    window_s: float
    precision: str
    device: str
    batch: int
    network: Network

    def encode(self, pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Vectors of windows, shape (N, width).

        Args:
            pixels: shape (N, frames, height, width, 3), 8-bit RGB as `PictureSettings.picture` prepares it.

        Raises:
            ValidationError: the windows have another shape.
        """
        expected = (self.frames, self.pictures.height, self.pictures.width, 3)
        if pixels.ndim != 5 or pixels.shape[1:] != expected or pixels.dtype != np.uint8:
            raise ValidationError(
                f"windows need the shape (N, {', '.join(map(str, expected))}) in 8 bits, not {pixels.shape} "
                f"of {pixels.dtype}",
                "Prepare them with PictureSettings.picture",
            )
        parts = [self.network(pixels[at : at + self.batch]) for at in range(0, len(pixels), self.batch)]
        return np.concatenate(parts) if parts else np.empty((0, self.width), np.float32)


def load_video(
    name: str,
    *,
    window_s: float | None = None,
    download: bool = False,
    precision: Precision = "auto",
    device: str = "auto",
    batch: int | None = None,
) -> VideoEncoder:
    """A video encoder of transformers, from safetensors alone.

    Args:
        name: a model on the hub (``MCG-NJU/videomae-base-finetuned-kinetics``) or a local folder.
        window_s: the seconds that the checkpoint's number of pictures is spread over; `WINDOW_S` if None.
        download: whether it may be fetched; otherwise only what is on this machine is used.
        precision: "auto" is bfloat16 on a GPU and on a CPU that computes it natively, else float32.
        device: "auto", "cpu", "cuda" …
        batch: windows a call; 4 on a CPU, 16 elsewhere, if None.

    Raises:
        InputError: there are no such weights, they are not usable, or no video encoder's.
        SettingsError: no such precision, or a window that cannot be.
        RequiresExtra: torch or transformers is not installed.
    """
    need_transformers("encoding windows of pictures")
    import torch

    seconds = WINDOW_S if window_s is None else float(window_s)
    check("window", seconds, 0.01, 600)
    choice("precision", precision, get_args(Precision))
    where = device_named(device)
    if precision == "auto":
        precision = "bfloat16" if where != "cpu" or cpu_has_bfloat16() else "float32"
    net, config = _load(name, download)
    pictures = _pictures(name, config.model_type, download)
    frames, width = _shape(name, config)
    identity = fingerprint(net, config.model_type, pictures, frames)
    kind = torch.bfloat16 if precision == "bfloat16" else torch.float32
    tower = _Tower(net.to(kind), config.model_type, pictures, where)
    size = batch if batch is not None else 4 if where == "cpu" else 16
    told_of = f"{identity}-{frames}x{seconds:g}s"
    return VideoEncoder(name, told_of, pictures, width, frames, seconds, precision, where, size, tower.vectors)


def _load(name: str, download: bool) -> tuple[nn.Module, Any]:
    """The network without its head, in 32 bits, and its configuration."""
    import torch
    import transformers

    with quiet(), told(name, download):
        config: Any = transformers.AutoConfig.from_pretrained(name, local_files_only=not download)
        if config.model_type not in KINDS:
            raise InputError(
                f"{name}: is a {config.model_type!r} model, not a video encoder",
                f"Name a model of one of these kinds: {', '.join(KINDS)}",
            )
        tuned = config.model_type == "videomae" and _TUNED in (config.architectures or ())
        network = getattr(transformers, _TUNED if tuned else KINDS[config.model_type])
        local: dict[str, Any] = {"local_files_only": not download, "use_safetensors": True}
        net, found = network.from_pretrained(name, output_loading_info=True, dtype=torch.float32, **local)
    missing = {key for key in found["missing_keys"] if not key.startswith("pooler.")}  # ViViT's, not read here
    check_whole(name, {**found, "missing_keys": missing})
    for head in ("classifier", "pooler", "predictor"):  # what is not read needs no memory
        if getattr(net, head, None) is not None:
            setattr(net, head, torch.nn.Identity())
    whole: nn.Module = net.eval().requires_grad_(False)
    return whole, config


def _shape(name: str, config: Any) -> tuple[int, int]:
    """Pictures a window, a multiple of the tubelets' length, and numbers a vector."""
    seen = config.vision_config if config.model_type == "xclip" else config
    frames = seen.frames_per_clip if config.model_type == "vjepa2" else seen.num_frames
    tubelet = getattr(seen, "tubelet_size", 1)
    long = int(tubelet if isinstance(tubelet, int) else tubelet[0])
    if frames < long:
        raise InputError(f"{name}: {frames} pictures are fewer than its tubelets of {long}", "Get it again")
    width = config.projection_dim if config.model_type == "xclip" else config.hidden_size
    return frames // long * long, int(width)


def _pictures(name: str, kind: str, download: bool) -> PictureSettings:
    """What the checkpoint's processor does to a picture, read from its file.

    transformers' own video processors need torchvision; the settings are all that is wanted of them.
    """
    from transformers.utils.hub import cached_file

    local: dict[str, Any] = {"local_files_only": not download, "_raise_exceptions_for_missing_entries": False}
    given: Any = None
    with quiet(), told(name, download):
        for file in _PROCESSORS:
            path = cached_file(name, file, **local)
            if path is not None:
                given = json.loads(Path(path).read_text("utf-8"))
                break
    if not isinstance(given, Mapping):
        raise InputError(
            f"{name}: has no {_PROCESSORS[-1]}, so how it wants its pictures is not known",
            "Get the whole checkpoint",
        )
    with told(name, download):
        return PictureSettings.from_processor(_filled(given, kind), name)


def _filled(given: Mapping[str, Any], kind: str) -> dict[str, Any]:
    """A processor's settings with its class's defaults, and ViViT's offset as part of the mean."""
    usual = {"do_center_crop": True, "resample": 2, **given}
    if kind == "vivit":
        usual.setdefault("rescale_factor", 1 / 127.5)
    if kind == "vivit" and usual.get("offset", True):
        # Values go from -1 on before they are normalised: one more is taken off together with the mean.
        plain = not usual.get("do_normalize", True)
        usual["image_mean"] = [1 + (0.0 if plain else float(v)) for v in usual.get("image_mean", [0.5] * 3)]
        usual["image_std"] = [1.0] * 3 if plain else usual.get("image_std", [0.5] * 3)
        usual["do_normalize"] = True
    return usual


class _Tower:
    """A network behind the door of `VideoEncoder.network`."""

    def __init__(self, net: nn.Module, kind: str, how: PictureSettings, device: str) -> None:
        import torch

        self.net, self.kind, self.device = net.to(device), kind, device
        self.dtype = next(net.parameters()).dtype
        self.scale = (how.factor / torch.tensor(how.std)).to(device)
        self.shift = (-torch.tensor(how.mean) / torch.tensor(how.std)).to(device)

    def vectors(self, pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
        """(N, frames, height, width, 3), uint8 → (N, width)."""
        import torch

        with torch.inference_mode():
            values = torch.from_numpy(pixels).to(self.device).float() * self.scale + self.shift
            said = self._pooled(values.permute(0, 1, 4, 2, 3).to(self.dtype))
        found: NDArray[np.float32] = said.float().cpu().numpy()
        return found

    def _pooled(self, values: Any) -> Any:
        net: Any = self.net
        if self.kind == "xclip":
            return net.get_video_features(pixel_values=values).pooler_output
        if self.kind == "vjepa2":
            return net.get_vision_features(values).mean(1)
        said = net(pixel_values=values)
        if self.kind == "videomae":
            return said.logits if hasattr(said, "logits") else said.last_hidden_state.mean(1)
        return said.last_hidden_state[:, 0]


__all__ = ["KINDS", "WINDOW_S", "VideoEncoder", "load_video"]
