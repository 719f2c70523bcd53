"""Pictures to vectors: the vision tower of a CLIP or SigLIP checkpoint."""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from matchcut.encoders.pictures import PictureSettings
from matchcut.encoders.pretrained import DEFAULT, fingerprint, load_tower, picture_settings
from matchcut.errors import SettingsError, ValidationError
from matchcut.models.devices import device_named

if TYPE_CHECKING:
    import torch
    from torch import nn

Precision = Literal["auto", "float32", "bfloat16"]
Backend = Literal["torch", "onnx"]
Network = Callable[[NDArray[np.uint8]], NDArray[np.float32]]


@dataclass(frozen=True)
class VisionEncoder:
    """Encodes pictures. Made by `load_vision` or `vision_encoder`.

    Attributes:
        name: the checkpoint's, for people.
        identity: changes with any weight and with the picture settings; features of two are never mixed.
            Precision and backend are not in it: they move no vector by more than 0.001 of cosine.
        pictures: how frames are prepared.
        width: numbers a vector.
        precision, backend, device: what it runs in.
        batch: pictures a call.
        network: 8-bit pictures (N, height, width, 3) to vectors (N, width).
    """

    name: str
    identity: str
    pictures: PictureSettings
    width: int
    precision: str
    backend: str
    device: str
    batch: int
    network: Network

    def encode(self, pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Vectors of pictures that `PictureSettings.picture` prepared; not scaled to length one.

        Args:
            pixels: shape (N, height, width, 3), 8-bit RGB.

        Returns:
            shape (N, width).

        Raises:
            ValidationError: the pictures have another shape.
        """
        expected = (self.pictures.height, self.pictures.width, 3)
        if pixels.ndim != 4 or pixels.shape[1:] != expected or pixels.dtype != np.uint8:
            raise ValidationError(
                f"pictures need the shape (N, {', '.join(map(str, expected))}) in 8 bits, not {pixels.shape} "
                f"of {pixels.dtype}",
                "Prepare them with PictureSettings.picture",
            )
        parts = [self.network(pixels[at : at + self.batch]) for at in range(0, len(pixels), self.batch)]
        return np.concatenate(parts) if parts else np.empty((0, self.width), np.float32)


def load_vision(
    name: str = DEFAULT,
    *,
    download: bool = False,
    precision: Precision = "auto",
    backend: Backend = "torch",
    device: str = "auto",
    threads: int | None = None,
    batch: int | None = None,
    cache: Path | None = None,
) -> VisionEncoder:
    """The vision tower of a checkpoint.

    Args:
        name: a model on the hub, or a local folder.
        download: whether it may be fetched; otherwise only what is on this machine is used.
        precision: "auto" is bfloat16 on a GPU and on a CPU that computes it natively, else float32.
        backend: "torch", or "onnx" for onnxruntime on a CPU, in float32.
        device: "auto", "cpu", "cuda" …
        threads: of the CPU; all if None.
        batch: pictures a call; 32 on a CPU (more fall out of its caches), 256 elsewhere, if None.
        cache: where the exported network is kept for onnxruntime; None exports it each time.

    Raises:
        InputError: there are no such weights, or they are not usable.
        SettingsError: no such precision or backend.
        RequiresExtra: torch or transformers is not installed.
    """
    tower = load_tower(name, text=False, download=download)
    return vision_encoder(
        tower,
        picture_settings(name, download),
        name=name,
        precision=precision,
        backend=backend,
        device=device,
        threads=threads,
        batch=batch,
        cache=cache,
    )


def vision_encoder(
    net: nn.Module,
    pictures: PictureSettings,
    *,
    name: str = "vision",
    precision: Precision = "auto",
    backend: Backend = "torch",
    device: str = "auto",
    threads: int | None = None,
    batch: int | None = None,
    cache: Path | None = None,
) -> VisionEncoder:
    """An encoder around transformers' vision tower; see `load_vision`. The tower itself is left as it is."""
    import torch

    if (
        precision not in get_args(Precision)
        or backend not in get_args(Backend)
        or (batch is not None and batch < 1)
    ):
        raise SettingsError(
            f"no such way to encode: {precision}, {backend}, batches of {batch}",
            f"Precisions: {', '.join(get_args(Precision))}; backends: {', '.join(get_args(Backend))}",
        )
    where = device_named(device)
    size = batch if batch is not None else 32 if where == "cpu" else 256
    if backend == "onnx" and (where != "cpu" or precision == "bfloat16"):
        raise SettingsError("onnxruntime encodes on the CPU, in float32", "Leave device and precision out")
    if precision == "auto":
        precision = "bfloat16" if backend == "torch" and (where != "cpu" or cpu_has_bfloat16()) else "float32"
    identity = fingerprint(net, pictures)
    tower = _tower(net, pictures, torch.bfloat16 if precision == "bfloat16" else torch.float32)
    if backend == "onnx":
        from matchcut.encoders.vision_onnx import onnx_network

        network = onnx_network(tower, pictures, identity, threads, cache)
    else:
        if threads is not None:
            torch.set_num_threads(threads)
        network = _torch_network(tower, where)
    width = network(np.zeros((1, pictures.height, pictures.width, 3), np.uint8)).shape[1]
    return VisionEncoder(name, identity, pictures, width, precision, backend, where, size, network)


def cpu_has_bfloat16() -> bool:
    """Whether this processor multiplies bfloat16 numbers itself (x86 with AVX512-BF16 or AMX, on Linux)."""
    try:
        text = Path("/proc/cpuinfo").read_text("utf-8")
    except OSError:
        return False
    flags = next((line for line in text.splitlines() if line.startswith("flags")), "")
    return bool({"avx512_bf16", "amx_bf16"} & set(flags.split()))


def _tower(net: nn.Module, pictures: PictureSettings, dtype: torch.dtype) -> nn.Module:
    """The network as it encodes, apart from the one given."""
    from matchcut.encoders.clip_tower import ACTIVATIONS, ClipTower, PlainTower

    config: Any = net.config
    ours = str(config.model_type).startswith("clip") and config.hidden_act in ACTIVATIONS
    if ours:
        return ClipTower(net, pictures, dtype).eval()
    return PlainTower(copy.deepcopy(net), pictures).eval().to(dtype)


def _torch_network(tower: nn.Module, device: str) -> Network:
    import torch

    from matchcut.encoders.packed import pack

    tower = tower.to(device)
    if device == "cpu" and cpu_has_bfloat16():  # of layers in bfloat16 alone
        pack(tower)

    def run(pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
        with torch.inference_mode():
            found: NDArray[np.float32] = tower(torch.from_numpy(pixels).to(device)).float().cpu().numpy()
        return found

    return run
