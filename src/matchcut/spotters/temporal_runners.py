"""What runs a temporal spotter's networks: torch with the weights, or onnxruntime with what was exported."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from matchcut import files
from matchcut.errors import InputError, RequiresExtra, SettingsError
from matchcut.spotters.stretches import Arrays
from matchcut.spotters.temporal_settings import TemporalSettings

if TYPE_CHECKING:
    from matchcut.models.temporal_spotter import SpotterNet

WEIGHTS, NETWORK = "weights-{}.safetensors", "network-{}.onnx"

Floats = NDArray[np.float32]
Runner = Callable[[Arrays], "tuple[Floats, Floats | None]"]
"""A batch to probabilities (B, T, R, C) and shifts in seconds (B, T, C), None without them."""


def load_net(folder: Path, settings: TemporalSettings, number: int) -> SpotterNet:
    """One member with its weights, in evaluation mode.

    Raises:
        InputError: the file is missing, damaged, or of another network.
        RequiresExtra: torch is not installed.
    """
    if importlib.util.find_spec("torch") is None:
        raise RequiresExtra("running a spotter whose networks were not exported (--onnx)", "train")
    from safetensors import SafetensorError
    from safetensors.torch import load

    from matchcut.models.temporal_spotter import SpotterNet

    path = folder / WEIGHTS.format(number)
    net = SpotterNet(settings.networks[number])
    try:
        net.load_state_dict(load(files.read_bytes(path)))
    except (SafetensorError, RuntimeError, ValueError) as error:
        reason = " ".join(str(error).split())[:120]
        raise InputError(f"{path}: not the weights of this network ({reason})", "Train it anew") from error
    return net.eval()


def torch_runner(net: SpotterNet) -> Runner:
    """A network of torch as a runner."""
    import torch

    from matchcut.models.temporal_spotter import Stretches

    def run(given: Arrays) -> tuple[Floats, Floats | None]:
        where = next(net.parameters()).device
        with torch.inference_mode():
            batch: Any = [
                tuple(torch.from_numpy(a).to(where) for a in part)
                if isinstance(part, tuple)
                else torch.from_numpy(part).to(where)
                for part in given
            ]
            said = net(Stretches(*batch))
            shift = None if said.shift is None else said.shift.float().cpu().numpy()
            return torch.sigmoid(said.near).cpu().numpy(), shift

    return run


def onnx_runner(path: Path, settings: TemporalSettings) -> Runner:
    """An exported network as a runner.

    Raises:
        InputError: the file is missing or no network.
        SettingsError: it takes other inputs.
    """
    import onnxruntime as ort

    options = ort.SessionOptions()
    options.log_severity_level = 3
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    try:
        session = ort.InferenceSession(files.read_bytes(path), options, providers=["CPUExecutionProvider"])
    except InputError:
        raise
    except Exception as error:  # onnxruntime's own kinds share no base class
        reason = str(error).splitlines()[0][:120]
        raise InputError(f"{path}: not a network ({reason})", "Export it again") from error
    names = [value.name for value in session.get_inputs()]
    if len(names) != 2 * len(settings.widths) + 2:
        raise SettingsError(f"{path}: takes other inputs than the settings say", "Export it again")

    def run(given: Arrays) -> tuple[Floats, Floats | None]:
        flat = [*given.features, *given.there, given.clock, given.inside]
        found = session.run(None, dict(zip(names, flat, strict=True)))
        return found[0], found[1] if len(found) > 1 else None

    return run
