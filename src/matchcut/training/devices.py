"""Where the loop computes: this process alone, or several GPUs started by ``accelerate launch``."""

from __future__ import annotations

import contextlib
import importlib.util
import os
from typing import Any

import torch
from torch import Tensor, nn

from matchcut.errors import RequiresExtra, SettingsError
from matchcut.models.devices import device_named

_TYPES = {"bfloat16": torch.bfloat16, "float16": torch.float16}


class Alone:
    """One process on one device.

    Args:
        precision: see `LoopSettings`.
        device: "auto", "cpu", "cuda" …

    Attributes:
        rank, world: which of how many processes this is.
    """

    rank, world = 0, 1

    def __init__(self, precision: str, device: str = "auto") -> None:
        self.device = torch.device(device_named(device))
        if precision == "float16" and self.device.type == "cpu":
            raise SettingsError("float16 trains on a GPU", "Use --precision bfloat16 or float32")
        self.precision = precision
        self.scaler = torch.amp.GradScaler(self.device.type, enabled=precision == "float16")

    def prepare(self, net: nn.Module, optimizer: torch.optim.Optimizer) -> tuple[nn.Module, Any]:
        """The network on its device, with what it takes for several processes to train it together."""
        return net.to(self.device), optimizer

    def autocast(self) -> contextlib.AbstractContextManager[Any]:
        """The forward pass's precision."""
        if self.precision == "float32":
            return contextlib.nullcontext()
        return torch.autocast(self.device.type, dtype=_TYPES[self.precision])

    def backward(self, loss: Tensor) -> None:
        """Adds the loss's gradients."""
        scaled: Any = self.scaler.scale(loss)
        scaled.backward()

    def step(self, net: nn.Module, optimizer: torch.optim.Optimizer, clip_norm: float) -> None:
        """Moves the weights along the gradients, shortened to ``clip_norm`` if that is above 0."""
        self.scaler.unscale_(optimizer)
        if clip_norm:
            torch.nn.utils.clip_grad_norm_(net.parameters(), clip_norm)
        self.scaler.step(optimizer)
        self.scaler.update()

    def mean(self, value: float) -> float:
        """The mean over the processes."""
        return value

    def wait(self) -> None:
        """Until every process is here."""


class Together(Alone):
    """One of several processes, by ``accelerate``."""

    def __init__(self, precision: str) -> None:
        from accelerate import Accelerator

        names = {"float32": "no", "bfloat16": "bf16", "float16": "fp16"}
        self.accelerator = Accelerator(mixed_precision=names[precision])
        self.scaler = self.accelerator.scaler or torch.amp.GradScaler("cpu", enabled=False)
        self.precision = precision
        self.device = self.accelerator.device
        self.rank, self.world = self.accelerator.process_index, self.accelerator.num_processes

    def prepare(self, net: nn.Module, optimizer: torch.optim.Optimizer) -> tuple[nn.Module, Any]:
        joined: Any = nn.SyncBatchNorm
        whole = joined.convert_sync_batchnorm(net) if self.device.type == "cuda" else net
        prepared = self.accelerator.prepare(whole, optimizer)
        return prepared[0], prepared[1]

    def autocast(self) -> contextlib.AbstractContextManager[Any]:
        kept: contextlib.AbstractContextManager[Any] = self.accelerator.autocast()
        return kept

    def backward(self, loss: Tensor) -> None:
        self.accelerator.backward(loss)

    def step(self, net: nn.Module, optimizer: torch.optim.Optimizer, clip_norm: float) -> None:
        if clip_norm:
            self.accelerator.clip_grad_norm_(net.parameters(), clip_norm)
        optimizer.step()

    def mean(self, value: float) -> float:
        given = torch.tensor(value, device=self.device, dtype=torch.float32)
        return float(self.accelerator.reduce(given, reduction="mean"))

    def wait(self) -> None:
        self.accelerator.wait_for_everyone()


def place(precision: str, device: str = "auto") -> Alone:
    """`Together` where ``accelerate launch`` or ``torchrun`` started several processes, else `Alone`.

    Raises:
        RequiresExtra: there are several and accelerate is not installed.
    """
    if int(os.environ.get("WORLD_SIZE", "1")) == 1:
        return Alone(precision, device)
    if importlib.util.find_spec("accelerate") is None:
        raise RequiresExtra("training on several GPUs", "clip")
    return Together(precision)
