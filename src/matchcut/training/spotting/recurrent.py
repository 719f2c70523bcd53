"""Gated recurrent networks as ONNX has them: weights in its order, padding left out by lengths."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from matchcut.errors import SettingsError
from matchcut.models.temporal_spotter import SpotterNet
from matchcut.models.temporal_trunks import Recurrent


class OnnxRecurrent(nn.Module):
    """A `Recurrent` trunk as it is exported: each layer one ONNX ``GRU``. It computes in an export only.

    ONNX leaves out what lies behind each sequence's length, in both directions; what belongs to the recording
    is therefore moved to the front, in its order, and what was found is put back. Its gates are update, reset,
    candidate, where torch has reset, update, candidate; ``linear_before_reset`` is torch's formula.

    Args:
        trunk: trained; it is not changed.
    """

    def __init__(self, trunk: Recurrent) -> None:
        super().__init__()
        gru = trunk.gru
        self.layers, self.hidden = gru.num_layers, gru.hidden_size
        for layer in range(self.layers):
            kept = [
                {
                    kind: _onnx_order(getattr(gru, f"{kind}_l{layer}{end}").detach())
                    for kind in ("weight_ih", "weight_hh", "bias_ih", "bias_hh")
                }
                for end in ("", "_reverse")
            ]
            self.register_buffer(f"into_{layer}", torch.stack([way["weight_ih"] for way in kept]))
            self.register_buffer(f"over_{layer}", torch.stack([way["weight_hh"] for way in kept]))
            both = [torch.cat([way["bias_ih"], way["bias_hh"]]) for way in kept]
            self.register_buffer(f"bias_{layer}", torch.stack(both))

    def forward(self, x: Tensor, mask: Tensor) -> Tensor:
        """(B, T, width) and bool (B, T) to (B, T, width)."""
        there = mask.long()
        count = there.sum(1, keepdim=True)
        # Where each cell goes: those of the recording first, the padding behind them.
        place = torch.where(mask, there.cumsum(1) - 1, count + (1 - there).cumsum(1) - 1)
        spread = place.unsqueeze(-1).expand_as(x)
        looked = torch.zeros_like(x).scatter(1, spread, x).transpose(0, 1)
        lengths = count.squeeze(1).clamp(min=1).to(torch.int32)
        for layer in range(self.layers):
            looked = self._layer(looked, lengths, layer)
        back = looked.transpose(0, 1).gather(1, spread)
        return x + back * mask.unsqueeze(-1)

    def _layer(self, x: Tensor, lengths: Tensor, layer: int) -> Tensor:
        """(T, B, N) to (T, B, 2 * hidden), both directions side by side."""
        given = [self.get_buffer(f"{name}_{layer}") for name in ("into", "over", "bias")]
        found = torch.onnx.ops.symbolic(
            "GRU",
            (x, *given, lengths),
            {"hidden_size": self.hidden, "direction": "bidirectional", "linear_before_reset": 1},
            dtype=x.dtype,
            shape=(x.shape[0], 2, x.shape[1], self.hidden),
            version=14,
        )
        return found.transpose(1, 2).flatten(2)


def _onnx_order(gates: Tensor) -> Tensor:
    """Rows of three gates, from torch's order to ONNX's."""
    reset, update, candidate = gates.chunk(3)
    return torch.cat([update, reset, candidate])


def with_onnx_gru(net: SpotterNet) -> SpotterNet:
    """The network with its recurrent trunks in their ONNX form, in place; its other parts stay as they are.

    Raises:
        SettingsError: torch is too old to put ONNX's own operators into an export.
    """
    if net.how.trunk == "gru" and not hasattr(torch.onnx, "ops"):
        raise SettingsError("exporting recurrent networks needs torch 2.8 or later", "Update torch")
    for branch in net.branches:
        if isinstance(branch.trunk, Recurrent):
            branch.trunk = OnnxRecurrent(branch.trunk)
    return net
