"""Folders of tiny, random weights of the commentary spotter: whole networks, drawn by hand."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from matchcut.encoders.words import FEATURES, Vocabulary
from matchcut.sport import soccer
from matchcut.spotters.decoding import LabelDecoding
from matchcut.spotters.settings import VOCABULARY, SpotterSettings

HIDDEN, WIDTH, RADII, RADII_S = 4, 6, 2, (2.0, 8.0)
WORDS = ("goal", "corner", "kick", "foul", "a", "from", "the", "left", "free", "and", "that", "is")


def whole_weights(folder: Path, members: int = 2) -> Path:
    """Networks whose layers have the names that the exporter gives: "view" and "layer_norm_10"."""
    folder.mkdir(parents=True, exist_ok=True)
    Vocabulary(WORDS).save(folder / VOCABULARY)
    names = [f"network-{number}.onnx" for number in range(members)]
    for number, name in enumerate(names):
        (folder / name).write_bytes(_network(number).SerializeToString())
    decoding = dict.fromkeys(soccer.names, LabelDecoding(0.0, 15.0, min_score=0.1))
    weights = (1 / RADII,) * RADII
    SpotterSettings(tuple(names), soccer.names, RADII_S, weights, {}, decoding, {"seed": 0}).save(folder)
    return folder


def _network(seed: int) -> onnx.ModelProto:
    rng = np.random.default_rng(seed)
    outputs = RADII * len(soccer.names)
    arrays = {
        "table": rng.standard_normal((len(WORDS) + 2, HIDDEN)),
        "enter": rng.standard_normal((HIDDEN + FEATURES, WIDTH)),
        "leave": rng.standard_normal((WIDTH, outputs)),
    }
    arrays["enter"][HIDDEN:] *= 0.01
    arrays["leave"] *= 3
    arrays["less"] = np.full(outputs, -8.0)  # silence says nothing
    held = [numpy_helper.from_array(array.astype(np.float32), name) for name, array in arrays.items()]
    shapes = {"one": [1], "hidden": [HIDDEN], "cube": [1, -1, HIDDEN], "said": [-1, RADII, len(soccer.names)]}
    held += [numpy_helper.from_array(np.array(shape), name) for name, shape in shapes.items()]
    nodes = [
        helper.make_node("Gather", ["table", "words"], ["vectors"]),
        helper.make_node("Unsqueeze", ["shares", "one"], ["share"]),
        helper.make_node("Mul", ["vectors", "share"], ["weighed"]),
        helper.make_node("Shape", ["features"], ["rows"], start=1, end=2),
        helper.make_node("Concat", ["rows", "hidden"], ["size"], axis=0),
        helper.make_node("ConstantOfShape", ["size"], ["empty"]),
        helper.make_node("Unsqueeze", ["cells", "one"], ["places"]),
        helper.make_node("ScatterND", ["empty", "places", "weighed"], ["grid"], reduction="add"),
        helper.make_node("Reshape", ["grid", "cube"], ["view"]),
        helper.make_node("Concat", ["view", "features"], ["both"], axis=2),
        helper.make_node("MatMul", ["both", "enter"], ["layer_norm_10"]),
        helper.make_node("MatMul", ["layer_norm_10", "leave"], ["product"]),
        helper.make_node("Add", ["product", "less"], ["logits"]),
        helper.make_node("Sigmoid", ["logits"], ["likely"]),
        helper.make_node("Reshape", ["likely", "said"], ["scores"]),
    ]
    integers = [
        helper.make_tensor_value_info(name, TensorProto.INT64, ["n"])
        for name in ("words", "stems", "marks", "cells")
    ]
    inputs = [
        *integers,
        helper.make_tensor_value_info("shares", TensorProto.FLOAT, ["n"]),
        helper.make_tensor_value_info("features", TensorProto.FLOAT, [1, "t", FEATURES]),
    ]
    scores = helper.make_tensor_value_info("scores", TensorProto.FLOAT, ["t", RADII, len(soccer.names)])
    graph = helper.make_graph(nodes, "tiny", inputs, [scores], held)
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=9)
