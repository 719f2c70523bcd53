"""CLIP's vision tower with less work for the same vectors.

The network is the one of arXiv 2103.00020 as transformers builds it; its weights are taken over:

- pictures come as 8-bit values: the processor's normalisation is folded into the patch embedding;
- the projections to queries, keys and values are one matrix;
- the last layer is worked out for the class token alone, since nothing else of it is read.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from matchcut.encoders.pictures import PictureSettings

_QUICK = 1.702
_FEW = 64
"""Up to so many tokens, attention written out is a third faster on a CPU than torch's own."""

ACTIVATIONS: dict[str, tuple[Callable[[Tensor], Tensor], float]] = {
    "quick_gelu": (functional.silu, _QUICK),
    "gelu": (functional.gelu, 1.0),
}
"""Name -> a function f and a factor c, so that the activation of x is f(c x) / c; c goes into the weights.

CLIP's quick GELU, x * sigmoid(1.702 x), is silu(1.702 x) / 1.702.
"""


def _scaled(given: nn.Linear, into: float, out: float) -> nn.Linear:
    """A copy of a linear layer that takes ``into`` and gives ``out`` times as much."""
    made = nn.Linear(given.in_features, given.out_features)
    with torch.no_grad():
        made.weight.copy_(given.weight * (out / into))
        made.bias.copy_(given.bias * out)
    return made


def _joined(parts: Sequence[nn.Linear]) -> nn.Linear:
    """Linear layers of one input as one layer, their outputs side by side."""
    made = nn.Linear(parts[0].in_features, sum(part.out_features for part in parts))
    with torch.no_grad():
        made.weight.copy_(torch.cat([part.weight for part in parts]))
        made.bias.copy_(torch.cat([part.bias for part in parts]))
    return made


class _Layer(nn.Module):
    def __init__(self, given: Any, heads: int, activation: str) -> None:
        super().__init__()
        attention = given.self_attn
        parts = (attention.q_proj, attention.k_proj, attention.v_proj)
        self.heads = heads
        self.activation, factor = ACTIVATIONS[activation]
        self.qkv = _joined(parts)
        self.out = copy.deepcopy(attention.out_proj)
        self.fc1 = _scaled(given.mlp.fc1, 1.0, factor)
        self.fc2 = _scaled(given.mlp.fc2, factor, 1.0)
        self.norm1, self.norm2 = copy.deepcopy((given.layer_norm1, given.layer_norm2))

    def forward(self, x: Tensor, last: bool) -> Tensor:
        """(B, tokens, width) -> the same, or (B, 1, width) for the last layer."""
        batch, tokens, width = x.shape
        joined = self.qkv(self.norm1(x)).view(batch, tokens, 3, self.heads, -1)
        q, k, v = joined.permute(2, 0, 3, 1, 4).unbind(0)
        if last:
            q, x = q[:, :, :1], x[:, :1]  # the class token
        if tokens <= _FEW and q.device.type == "cpu":
            seen = (q @ k.transpose(-1, -2) * q.shape[-1] ** -0.5).softmax(-1) @ v
        else:
            seen = functional.scaled_dot_product_attention(q, k, v)
        x = x + self.out(seen.transpose(1, 2).reshape(batch, -1, width))
        out: Tensor = x + self.fc2(self.activation(self.fc1(self.norm2(x))))
        return out


class ClipTower(nn.Module):
    """8-bit pictures -> vectors of CLIP's common space.

    Args:
        net: transformers' ``CLIPVisionModelWithProjection``; it stays as it is.
        how: the processor's settings.
        dtype: of the weights. Each layer is converted as it is made, so that there is never a second whole
            network in 32 bits.

    Raises:
        KeyError: the network's activation is none of `ACTIVATIONS`.
    """

    def __init__(self, net: Any, how: PictureSettings, dtype: torch.dtype = torch.float32) -> None:
        super().__init__()
        config, body = net.config, net.vision_model
        patches = body.embeddings.patch_embedding
        self.patch = int(config.patch_size)
        std, mean = torch.tensor(how.std), torch.tensor(how.mean)
        kernel = patches.weight.detach()
        # kernel . (value * factor - mean) / std = value . (factor * kernel / std) - kernel . (mean / std)
        shift = -(kernel * (mean / std).view(1, 3, 1, 1)).sum((1, 2, 3))
        scaled = kernel * (how.factor / std).view(1, 3, 1, 1)
        # Pixels lie as rows of (row, column, colour); 128 is taken off so that few bits do for them.
        shift = shift + 128 * scaled.sum((1, 2, 3))
        self.register_buffer("kernel", scaled.permute(0, 2, 3, 1).flatten(1).contiguous())
        places = body.embeddings.position_embedding.weight.detach()
        self.register_buffer("first", (body.embeddings.class_embedding.detach() + places[0]).view(1, 1, -1))
        self.register_buffer("places", places[1:] + shift)
        self.before, self.after, self.project = copy.deepcopy(
            (body.pre_layrnorm, body.post_layernorm, net.visual_projection)
        )
        self.layers = nn.ModuleList(
            _Layer(layer, config.num_attention_heads, config.hidden_act).to(dtype)
            for layer in body.encoder.layers
        )
        self.to(dtype)

    def forward(self, pixels: Tensor) -> Tensor:
        """(N, height, width, 3), uint8 -> (N, dimensions)."""
        count, high, wide, _ = pixels.shape
        size, kernel = self.patch, self.get_buffer("kernel")
        rows, columns = high // size, wide // size
        x = (pixels[:, : rows * size, : columns * size].to(kernel.dtype) - 128).view(
            count, rows, size, columns, size, 3
        )
        x = functional.linear(x.transpose(2, 3).reshape(count, rows * columns, -1), kernel)
        first = self.get_buffer("first").expand(count, -1, -1)
        x = self.before(torch.cat([first, x + self.get_buffer("places")], 1))
        for number, layer in enumerate(self.layers):
            x = layer(x, last=number == len(self.layers) - 1)
        out: Tensor = self.project(self.after(x[:, 0]))
        return out


class PlainTower(nn.Module):
    """Any other vision network of transformers behind the same door.

    Its vector is what it gives as that of the whole picture; where it gives none, the class token, or the mean
    over all places.
    """

    def __init__(self, net: Any, how: PictureSettings) -> None:
        super().__init__()
        self.net = net
        self.token = any(name.endswith("cls_token") for name, _ in net.named_parameters())
        self.register_buffer("scale", how.factor / torch.tensor(how.std))
        self.register_buffer("shift", -torch.tensor(how.mean) / torch.tensor(how.std))

    def forward(self, pixels: Tensor) -> Tensor:
        """(N, height, width, 3), uint8 -> (N, dimensions)."""
        kind = next(self.net.parameters()).dtype
        values = pixels.float() * self.get_buffer("scale").float() + self.get_buffer("shift").float()
        given = self.net(pixel_values=values.permute(0, 3, 1, 2).to(kind))
        for name in ("image_embeds", "pooler_output"):
            found: Tensor | None = getattr(given, name, None)
            if found is not None:
                return found.flatten(1)
        places: Tensor = given.last_hidden_state
        if places.ndim == 3:
            return places[:, 0] if self.token else places.mean(1)
        return places.mean((2, 3))
