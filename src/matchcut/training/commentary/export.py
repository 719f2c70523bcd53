"""From a trained network to the file that ships: eight-bit embeddings, sixteen-bit matrices, ONNX."""

from __future__ import annotations

import contextlib
import io
import logging
import warnings
from pathlib import Path
from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn

from matchcut.encoders.fusion import NetworkInput
from matchcut.encoders.words import FEATURES
from matchcut.files import replacing
from matchcut.models.commentary import CommentaryNet

if TYPE_CHECKING:
    from onnx import ModelProto

_OPSET = 18


class SmallEmbedding(nn.Module):
    """An embedding in eight bits, with one scale a row."""

    def __init__(self, weight: Tensor) -> None:
        super().__init__()
        scale = weight.abs().amax(1, keepdim=True).clamp(min=1e-6) / 127
        self.register_buffer("codes", (weight / scale).round().to(torch.int8))
        self.register_buffer("scale", scale.half())

    def forward(self, ids: Tensor) -> Tensor:
        return self.get_buffer("codes")[ids].float() * self.get_buffer("scale")[ids].float()


class SmallLinear(nn.Module):
    """A linear layer whose matrix is stored in sixteen bits; it computes in thirty-two."""

    def __init__(self, linear: nn.Linear) -> None:
        super().__init__()
        self.register_buffer("matrix", linear.weight.detach().half().t().contiguous())
        self.register_buffer("bias", linear.bias.detach().clone())

    def forward(self, x: Tensor) -> Tensor:
        return x @ self.get_buffer("matrix").float() + self.get_buffer("bias")


class Shipped(nn.Module):
    """One recording's probabilities, shape (T, radii, outputs)."""

    def __init__(self, net: CommentaryNet) -> None:
        super().__init__()
        self.net = net

    def forward(
        self, words: Tensor, stems: Tensor, marks: Tensor, cells: Tensor, shares: Tensor, features: Tensor
    ) -> Tensor:
        return torch.sigmoid(self.net(words, stems, marks, cells, shares, features))[0]


def shrink(module: nn.Module) -> None:
    """Replaces every embedding and linear layer by its small form, in place."""
    for name, child in module.named_children():
        if isinstance(child, nn.Embedding):
            setattr(module, name, SmallEmbedding(child.weight.detach()))
        elif isinstance(child, nn.Linear):
            setattr(module, name, SmallLinear(child))
        else:
            shrink(child)


def export_network(net: CommentaryNet, path: Path) -> Path:
    """Writes the network as ONNX, and leaves it shrunk.

    Args:
        net: trained; it computes with the shrunk weights afterwards.
        path: the file.
    """
    net.eval()
    shrink(net)
    tokens, rows = 40, 70
    # One tensor each: the exporter takes inputs that are one object for one input.
    ids = [torch.zeros(tokens, dtype=torch.int64) for _ in range(4)]
    example = (*ids, torch.zeros(tokens), torch.zeros(1, rows, FEATURES))
    # The smallest grid has sixty rows, and there are always two padding tokens.
    token, row = torch.export.Dim("tokens", min=2), torch.export.Dim("rows", min=60)
    shapes = (*({0: token} for _ in range(5)), {1: row})
    logging.getLogger("torch.onnx").setLevel(logging.ERROR)
    with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):
        warnings.simplefilter("ignore")
        program = torch.onnx.export(
            Shipped(net),
            example,
            dynamo=True,
            input_names=list(NetworkInput.__dataclass_fields__),
            output_names=["scores"],
            dynamic_shapes=shapes,
            opset_version=_OPSET,
            external_data=False,
            verbose=False,
        )
    assert program is not None
    with replacing(path) as temporary:
        temporary.write_bytes(without_notes(program.model_proto).SerializeToString())
    return path


def without_notes(model: ModelProto) -> ModelProto:
    """The same network without the exporter's notes, which name files of the machine that trained it."""
    for part in (model, model.graph, *model.graph.node, *model.graph.value_info, *model.graph.initializer):
        del part.metadata_props[:]
        part.ClearField("doc_string")
    for value in (*model.graph.input, *model.graph.output):
        del value.metadata_props[:]
    return model
