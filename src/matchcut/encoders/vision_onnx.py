"""The vision tower in onnxruntime: exported once, kept beside the features, faster than torch on many CPUs."""

from __future__ import annotations

import contextlib
import importlib.util
import io
import logging
import tempfile
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from matchcut.encoders.pictures import PictureSettings
from matchcut.errors import InputError, RequiresExtra
from matchcut.files import replacing

if TYPE_CHECKING:
    from torch import nn

    from matchcut.encoders.vision import Network

_OPSET = 18


def onnx_network(
    tower: nn.Module, pictures: PictureSettings, identity: str, threads: int | None, cache: Path | None
) -> Network:
    """A function from 8-bit pictures to vectors, run by onnxruntime.

    Raises:
        InputError: the kept file is damaged.
        RequiresExtra: onnx or onnxscript, which the export needs, is not installed.
    """
    if cache is None:
        with tempfile.TemporaryDirectory() as folder:
            return _session(export_vision(tower, pictures, Path(folder) / "vision.onnx"), threads)
    path = cache / f"vision-{identity}.onnx"
    if not path.exists():
        export_vision(tower, pictures, path)
    return _session(path, threads)


def export_vision(tower: nn.Module, pictures: PictureSettings, path: Path) -> Path:
    """Writes the tower as ONNX: input ``pixels`` (N, height, width, 3) in 8 bits, output ``vectors``.

    Raises:
        RequiresExtra: onnx or onnxscript is not installed.
        OutputError: it cannot be written.
    """
    if any(importlib.util.find_spec(name) is None for name in ("onnx", "onnxscript")):
        raise RequiresExtra("encoding with onnxruntime", "clip")
    import torch

    pixels = torch.zeros((2, pictures.height, pictures.width, 3), dtype=torch.uint8)
    with _silence(), torch.inference_mode():
        program = torch.onnx.export(
            tower,
            (pixels,),
            input_names=["pixels"],
            output_names=["vectors"],
            dynamic_shapes=({0: torch.export.Dim("pictures")},),
            opset_version=_OPSET,
            dynamo=True,
        )
        assert program is not None
        with replacing(path) as temporary:
            program.save(temporary)
    return path


def _session(path: Path, threads: int | None) -> Network:
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    if threads is not None:
        options.intra_op_num_threads = threads
    try:
        session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    except Exception as error:  # onnxruntime's errors share no class of their own
        raise InputError(f"{path}: is not a usable network ({error})", "Delete it; it is made anew") from error

    def run(pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
        return np.asarray(session.run(None, {"pixels": pixels})[0], np.float32)

    return run


@contextlib.contextmanager
def _silence() -> Iterator[None]:
    """The exporter is talkative."""
    before = logging.root.manager.disable
    logging.disable(logging.WARNING)
    try:
        with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):
            warnings.simplefilter("ignore")
            yield
    finally:
        logging.disable(before)
