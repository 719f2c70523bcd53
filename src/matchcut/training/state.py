"""Checkpoints: one safetensors file with its JSON inside, so that the two never part."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from matchcut import files
from matchcut.errors import InputError, SettingsError

VERSION = 1
CHECKPOINT, BEST, LOG, PICTURE = "checkpoint.safetensors", "best.safetensors", "log.csv", "log.png"


@dataclass
class Place:
    """How far a training is.

    Attributes:
        epoch: whole epochs done.
        step: steps done of the epoch that runs.
        total: the sum of the losses of these steps.
        best: the best validation loss so far; None before the first.
        best_epoch: whose it is, counted from 1.
        rows: the log, a row an epoch.
        done: whether the training is over.
    """

    epoch: int = 0
    step: int = 0
    total: float = 0.0
    best: float | None = None
    best_epoch: int = 0
    rows: list[dict[str, float]] = field(default_factory=list)
    done: bool = False


def save_tensors(path: Path, tensors: Mapping[str, Tensor], head: Mapping[str, Any]) -> None:
    """Writes tensors with a JSON header as safetensors, whole or not at all."""
    from safetensors.torch import save

    # Written by Python: safetensors' own errors of a full disk are no OSErrors.
    plain = {key: value.detach().cpu().clone().contiguous() for key, value in tensors.items()}
    with files.replacing(path) as temporary:
        temporary.write_bytes(save(plain, {"matchcut": json.dumps(head)}))


def load_tensors(path: Path) -> tuple[dict[str, Tensor], dict[str, Any]]:
    """What `save_tensors` wrote.

    Raises:
        InputError: it is missing, cut off, of an earlier version or another kind of file.
    """
    from safetensors import SafetensorError
    from safetensors.torch import load

    data = files.read_bytes(path)
    try:
        size = int.from_bytes(data[:8], "little")
        told = json.loads(data[8 : 8 + size]).get("__metadata__", {})
        tensors = load(data)
        if "matchcut" not in told:
            raise InputError(
                f"{path}: does not say how it was made; an earlier version wrote it, or another program",
                "Name another folder, or delete this one to train anew",
            )
        return tensors, json.loads(told["matchcut"])
    except (SafetensorError, ValueError, AttributeError, TypeError, OverflowError) as error:
        raise InputError(
            f"{path}: is half-written or no checkpoint ({' '.join(str(error).split())[:100]})",
            "Delete it to begin anew, or name another folder",
        ) from error


def load_weights(net: nn.Module, weights: Mapping[str, Tensor], path: Path) -> None:
    """Gives the network its weights.

    Raises:
        InputError: they are another network's; the message names the first difference.
    """
    mine = net.state_dict()
    for key in sorted(mine.keys() | weights.keys()):
        ours = tuple(mine[key].shape) if key in mine else None
        theirs = tuple(weights[key].shape) if key in weights else None
        if ours != theirs:
            raise InputError(
                f"{path}: is a checkpoint of another network: {key} has the shape {theirs}, "
                f"where this one needs {ours}",
                "Name the folder of the same network, or an empty one",
            )
    net.load_state_dict(dict(weights))


def optimizer_tensors(net: nn.Module, optimizer: torch.optim.Optimizer) -> dict[str, Tensor]:
    """The optimizer's memory by parameter name."""
    found: dict[str, Tensor] = {}
    for name, parameter in net.named_parameters():
        for key, value in optimizer.state.get(parameter, {}).items():
            if isinstance(value, Tensor):
                found[f"{key}.{name}"] = value
    return found


def load_optimizer(net: nn.Module, optimizer: torch.optim.Optimizer, tensors: Mapping[str, Tensor]) -> None:
    """The opposite of `optimizer_tensors`."""
    names = dict(net.named_parameters())
    for full, value in tensors.items():
        key, name = full.split(".", 1)
        if name in names:
            where = value if key == "step" else value.to(names[name].device)
            optimizer.state[names[name]][key] = where


def same_settings(path: Path, kept: Mapping[str, Any], now: Mapping[str, Any]) -> None:
    """Refuses to go on with other settings than a training was begun with.

    Raises:
        SettingsError: they differ; the message says in what.
    """
    plain = json.loads(json.dumps(now))
    keys = sorted(kept.keys() | plain.keys())
    differing = [
        f"{key} {kept.get(key)} became {plain.get(key)}" for key in keys if kept.get(key) != plain.get(key)
    ]
    if differing:
        raise SettingsError(
            f"{path.parent}: holds a training with other settings ({'; '.join(differing)[:300]})",
            "Name another folder, or use the same settings",
        )


def write_log(folder: Path, rows: Sequence[Mapping[str, float]]) -> None:
    """The log as CSV and, where matplotlib is installed, as a picture."""
    columns = list(dict.fromkeys(key for row in rows for key in row))
    text = io.StringIO()
    writer = csv.DictWriter(text, columns, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    files.write_text(folder / LOG, text.getvalue())


def draw_log(folder: Path, rows: Sequence[Mapping[str, float]]) -> Path | None:
    """Draws losses and measures by epoch; None where matplotlib is not installed."""
    try:
        from matplotlib.figure import Figure
    except ImportError:
        return None
    figure = Figure(figsize=(8, 3.4), layout="constrained")
    left, right = figure.subplots(1, 2)
    epochs = [row["epoch"] for row in rows]
    for name in dict.fromkeys(key for row in rows for key in row):
        if name in ("epoch", "seconds", "learning_rate"):
            continue
        axis = left if "loss" in name else right
        axis.plot(epochs, [row.get(name) for row in rows], marker=".", label=name.replace("_", " "))
    for axis, title in ((left, "loss"), (right, "measures on validation")):
        axis.set_xlabel("epoch")
        axis.xaxis.get_major_locator().set_params(integer=True)
        axis.set_title(title)
        if axis.lines:
            axis.legend(fontsize=8)
        axis.grid(alpha=0.3)
    with files.replacing(folder / PICTURE) as temporary:
        figure.savefig(temporary, dpi=110)
    return folder / PICTURE
