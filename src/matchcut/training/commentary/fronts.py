"""Surgery on exported networks: fronts cut from whole commentary networks, and matrices in sixteen bits."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path
from shutil import copyfile
from typing import TYPE_CHECKING

import numpy as np

from matchcut import files
from matchcut.errors import InputError
from matchcut.spotters.settings import VOCABULARY, FrontSettings, read_settings
from matchcut.spotters.states import LAYERS
from matchcut.training.commentary.export import without_notes

if TYPE_CHECKING:
    from onnx import ModelProto

FRONT = "front-{}.onnx"

_MATRIX = 1024
"""What has fewer numbers stays as it is: means, scales and biases weigh next to nothing."""


def cut_fronts(weights: Path, folder: Path, layer: str = "phrases") -> FrontSettings:
    """Writes fronts, their vocabulary and settings; fronts that were cut before are copied.

    Args:
        weights: of a commentary spotter, of either kind.
        folder: where they go.
        layer: of `LAYERS`, where whole networks are cut.

    Raises:
        InputError: a file is missing, or a network has no such layer.
    """
    given = read_settings(weights)
    copyfile(weights / VOCABULARY, folder / VOCABULARY)
    if isinstance(given, FrontSettings):
        for name in given.networks:
            copyfile(weights / name, folder / name)
        given.save(folder)
        return given
    names = []
    for number, name in enumerate(given.networks):
        names.append(FRONT.format(number))
        with files.replacing(folder / names[-1]) as temporary:
            temporary.write_bytes(_cut(weights / name, LAYERS[layer]))
    same = {_digest(folder, names): _digest(weights, given.networks)}
    settings = FrontSettings(tuple(names), layer, same, given.training)
    settings.save(folder)
    return settings


def _digest(folder: Path, names: Sequence[str]) -> str:
    """As `CommentaryStates` names its weights."""
    digest = hashlib.sha256(files.read_bytes(folder / VOCABULARY))
    for name in names:
        digest.update(files.read_bytes(folder / name))
    return digest.hexdigest()[:16]


def _cut(path: Path, output: str) -> bytes:
    """A network that ends at one of its values; its inputs stay, needed or not."""
    import onnx
    from onnx import TensorProto, helper

    model = onnx.load_model_from_string(files.read_bytes(path))
    graph = model.graph
    needed, kept = {output}, []
    for node in reversed(graph.node):
        if needed & set(node.output):
            needed |= set(node.input)
            kept.append(node)
    if not kept:
        raise InputError(f"{path}: has no value {output!r}", "Use the weights that train commentary writes")
    matrices = [tensor for tensor in graph.initializer if tensor.name in needed]
    ends = [helper.make_tensor_value_info(output, TensorProto.FLOAT, None)]
    front = helper.make_graph(kept[::-1], "front", graph.input, ends, matrices)
    cut = helper.make_model(
        front, opset_imports=model.opset_import, functions=model.functions, ir_version=model.ir_version
    )
    data: bytes = without_notes(cut).SerializeToString()
    return data


def in_sixteen_bits(model: ModelProto) -> ModelProto:
    """The network with its matrices stored in sixteen bits, in place; it computes in thirty-two.

    Convolutions, linear and recurrent layers alike: each matrix is cast where it is used.
    """
    from onnx import TensorProto, helper, numpy_helper

    casts = []
    for tensor in model.graph.initializer:
        if tensor.data_type != TensorProto.FLOAT or len(tensor.dims) < 2 or np.prod(tensor.dims) < _MATRIX:
            continue
        name, small = tensor.name, f"{tensor.name}_small"
        tensor.CopyFrom(numpy_helper.from_array(numpy_helper.to_array(tensor).astype(np.float16), small))
        casts.append(helper.make_node("Cast", [small], [name], to=TensorProto.FLOAT))
    nodes = [*casts, *model.graph.node]
    del model.graph.node[:]
    model.graph.node.extend(nodes)
    return model
