"""What moves the weights, and how fast: the optimizers and schedules of `LoopSettings`."""

from __future__ import annotations

import math

import torch
from torch import nn

from matchcut.errors import SettingsError
from matchcut.training.settings import LoopSettings

_WARM = 0.1
_FIRST, _LAST = 1 / 25, 1 / 1250


def rate_at(step: int, steps: int, how: LoopSettings) -> float:
    """What the learning rate is multiplied with, at a step of the whole training.

    Args:
        step: counted from the training's first.
        steps: of an epoch.
        how: the settings.

    >>> [round(rate_at(epoch * 10, 10, LoopSettings()), 3) for epoch in (0, 4, 5, 10)]
    [1.0, 1.0, 0.7, 0.49]
    """
    if how.schedule == "constant":
        return 1.0
    if how.schedule == "step":
        return float(how.factor ** (step // steps // how.every))
    total = how.epochs * steps
    warm = max(1.0, _WARM * total)
    rising = step < warm
    if how.schedule == "one-cycle":
        share = step / warm if rising else (step - warm) / max(1.0, total - warm)
        low, high = (_FIRST, 1.0) if rising else (1.0, _LAST)
        return low + (high - low) * (1 - math.cos(math.pi * min(share, 1.0))) / 2
    if rising:
        return (step + 1) / (warm + 1)
    return (1 + math.cos(math.pi * (step - warm) / max(1.0, total - warm))) / 2


def make_optimizer(net: nn.Module, how: LoopSettings) -> torch.optim.Optimizer:
    """The optimizer of the settings, over what of the network learns.

    Raises:
        SettingsError: nothing does.
    """
    learning = {name: p for name, p in net.named_parameters() if p.requires_grad}
    decayed = [p for name, p in learning.items() if p.ndim > 1 and not name.startswith(how.undecayed)]
    chosen = {id(p) for p in decayed}
    groups = [
        {"params": decayed, "weight_decay": how.weight_decay},
        {"params": [p for p in learning.values() if id(p) not in chosen], "weight_decay": 0.0},
    ]
    groups = [group for group in groups if group["params"]]
    if not groups:
        raise SettingsError("no part of the network learns", "Unfreeze some layers")
    if how.optimizer == "adamw":
        return torch.optim.AdamW(groups, lr=how.learning_rate, betas=(0.9, how.beta2))
    if how.optimizer == "adagrad":
        return torch.optim.Adagrad(groups, lr=how.learning_rate)
    return torch.optim.SGD(groups, lr=how.learning_rate, momentum=0.9 if how.optimizer == "momentum" else 0.0)
