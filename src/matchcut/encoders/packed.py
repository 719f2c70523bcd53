"""Linear layers whose weights lie as the CPU's matrix kernels want them.

torch hands oneDNN a plain matrix, which is put in order anew at every call; for pictures by the dozen that is
a tenth of the whole. The operators here are the ones that torch's own compiler puts in; they have no public
name, so where a torch lacks them, or they say anything else, the layers stay as they are.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn


class PackedLinear(nn.Module):
    """A linear layer for bfloat16 on a CPU; computes what it was made of.

    Args:
        given: in bfloat16, on the CPU.
    """

    def __init__(self, given: nn.Linear) -> None:
        super().__init__()
        operators: Any = torch.ops.mkldnn
        self.bias, self.run = given.bias, operators._linear_pointwise
        self.weight = operators._reorder_linear_weight(given.weight.detach().contiguous())

    def forward(self, x: Tensor) -> Tensor:
        out: Tensor = self.run(x, self.weight, self.bias, "none", [], "")
        return out


def pack(net: nn.Module) -> int:
    """Puts `PackedLinear` in the place of every linear layer that can be packed; returns how many."""
    count = 0
    for parent in list(net.modules()):
        for name, child in list(parent.named_children()):
            if type(child) is nn.Linear and child.weight.dtype == torch.bfloat16:
                packed = _packed(child)
                if packed is not None:
                    setattr(parent, name, packed)
                    count += 1
    return count


def _packed(given: nn.Linear) -> PackedLinear | None:
    try:
        made = PackedLinear(given)
        with torch.inference_mode():
            x = torch.linspace(-1, 1, 2 * given.in_features, dtype=torch.bfloat16).view(2, -1)
            same = torch.allclose(made(x).float(), given(x).float(), rtol=0.05, atol=0.05)
    except (AttributeError, RuntimeError, TypeError):  # NotImplementedError is a RuntimeError
        return None
    return made if same else None
