"""Linear layers whose weights lie as the CPU's matrix kernels want them.

torch hands oneDNN a plain matrix, which is put in order anew at every call; for pictures by the dozen that is
a tenth of the whole. The operators here are the ones that torch's own compiler puts in; they have no public
name, so where a torch lacks them, or they say anything else, the layers stay as they are.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional


class PackedLinear(nn.Module):
    """A linear layer for bfloat16 on a CPU; computes what it was made of.

    Args:
        given: in bfloat16, on the CPU.
        after: what is done to each number that comes out: "none" or "swish" (SiLU).
    """

    def __init__(self, given: nn.Linear, after: str = "none") -> None:
        super().__init__()
        self.after = after
        operators: Any = torch.ops.mkldnn
        self.bias, self.run = given.bias, operators._linear_pointwise
        self.weight = operators._reorder_linear_weight(given.weight.detach().contiguous())

    def forward(self, x: Tensor) -> Tensor:
        out: Tensor = self.run(x, self.weight, self.bias, self.after, [], "")
        return out


def pack(net: nn.Module) -> int:
    """Puts `PackedLinear` in the place of every linear layer that can be packed; returns how many."""
    count = 0
    for parent in list(net.modules()):
        for name, child in list(parent.named_children()):
            if type(child) is nn.Linear and child.weight.dtype == torch.bfloat16:
                silu = name == "fc1" and getattr(parent, "activation", None) is functional.silu
                packed = _packed(child, "swish" if silu else "none")
                if packed is not None:
                    setattr(parent, name, packed)
                    count += 1
                    if silu:
                        vars(parent)["activation"] = _as_it_is
    return count


def _as_it_is(x: Tensor) -> Tensor:
    """The activation of layers whose packed linear layer does it."""
    return x


def _packed(given: nn.Linear, after: str) -> PackedLinear | None:
    try:
        made = PackedLinear(given, after)
        with torch.inference_mode():
            x = torch.linspace(-1, 1, 2 * given.in_features, dtype=torch.bfloat16).view(2, -1)
            plain = functional.silu(given(x)) if after == "swish" else given(x)
            same = torch.allclose(made(x).float(), plain.float(), rtol=0.05, atol=0.05)
    except (AttributeError, RuntimeError, TypeError):  # NotImplementedError is a RuntimeError
        return None
    return made if same else None
