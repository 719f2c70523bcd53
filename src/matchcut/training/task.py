"""What the one loop asks of whatever is to be learnt; see `matchcut.training.loop`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

import torch
from torch import Tensor, nn


class Share:
    """Which part of a batch is worked on: part ``number`` of ``count`` (over processes and accumulation)."""

    def __init__(self, number: int, count: int) -> None:
        self.number, self.count = number, count

    def of(self, size: int) -> range:
        """The places of the part in a batch of ``size``.

        >>> list(Share(1, 2).of(5))
        [2, 3, 4]
        """
        return range(size * self.number // self.count, size * (self.number + 1) // self.count)


class Task(Protocol):
    """What is learnt.

    Attributes:
        net: the network; what its ``state_dict`` holds is kept.
    """

    net: nn.Module

    def steps(self, epoch: int) -> int:
        """Batches of an epoch, at least one."""
        ...

    def size(self, epoch: int, step: int) -> int:
        """Samples of a whole batch."""
        ...

    def batch(self, epoch: int, step: int, share: Share, device: torch.device) -> tuple[Any, int]:
        """A part of a batch, and how many samples it has; decided by the arguments alone.

        Randomness comes from a generator seeded by ``epoch`` and ``step``, or from torch's own, which is.
        """
        ...

    def loss(self, net: nn.Module, batch: Any) -> Tensor:
        """The mean loss of a part of a batch."""
        ...

    def validate(self, net: nn.Module, device: torch.device) -> Mapping[str, float]:
        """Measures on what is not trained on; the settings' ``choose`` names the one that decides.

        May be empty: after every epoch (the last is kept), or after some (the best that was measured is).
        """
        ...

    def describe(self) -> Mapping[str, Any]:
        """Settings of network and data, as JSON: a checkpoint of others is refused."""
        ...
