"""Makes the two reading networks that matchcut ships from those of the ``rapidocr`` wheel.

    pip download --no-deps rapidocr==3.10.0 && unzip rapidocr-*.whl -d rapidocr-wheel
    python experiments/ocr/make_models.py rapidocr-wheel/rapidocr/models src/matchcut/observe/weights

What is changed, and only this (needs ``onnx``):
1. the recognizer's last layer keeps the rows of Latin letters, digits, punctuation and a few signs of boards;
2. weights are stored as 16-bit floats, with a cast back to 32 bits that onnxruntime folds when it loads them.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

SIGNS = "‘’“”–—•…′″▲△▼▽◀▶●○■□◆◇★☆①②③④⑤⑥⑦⑧⑨"


def kept(character: str) -> bool:
    """Whether boards of the leagues that we aim at write this character."""
    return len(character) == 1 and (0x20 < ord(character) < 0x180 or character in SIGNS)


def cut_alphabet(model: onnx.ModelProto) -> None:
    """Keeps blank (column 0), the wanted characters and the space (last column)."""
    entry = next(p for p in model.metadata_props if p.key == "character")
    characters = entry.value.split("\n")
    kept_at = [i for i, c in enumerate(characters) if kept(c)]
    columns = np.array([0, *(i + 1 for i in kept_at), len(characters) + 1])
    matmul = [node for node in model.graph.node if node.op_type == "MatMul"][-1]
    add = next(node for node in model.graph.node if node.op_type == "Add" and matmul.output[0] in node.input)
    names = {matmul.input[1], *add.input} - {matmul.output[0]}
    for tensor in model.graph.initializer:
        if tensor.name in names:
            values = numpy_helper.to_array(tensor)
            assert values.shape[-1] == len(characters) + 2, values.shape
            tensor.CopyFrom(numpy_helper.from_array(np.ascontiguousarray(values[..., columns]), tensor.name))
    entry.value = "\n".join(characters[i] for i in kept_at)
    del model.graph.value_info[:]
    model.graph.output[0].type.tensor_type.shape.dim[2].dim_value = len(columns)


def halve(model: onnx.ModelProto) -> None:
    """Stores every larger weight in 16 bits, cast back to 32 where it is used."""
    casts = []
    for tensor in model.graph.initializer:
        if tensor.data_type != TensorProto.FLOAT or np.prod(tensor.dims) < 64:
            continue
        values = numpy_helper.to_array(tensor).astype(np.float16)
        assert np.isfinite(values).all(), tensor.name
        name = tensor.name
        tensor.CopyFrom(numpy_helper.from_array(values, f"{name}_16"))
        casts.append(helper.make_node("Cast", [f"{name}_16"], [name], to=TensorProto.FLOAT))
    for cast in reversed(casts):
        model.graph.node.insert(0, cast)


def main(source: Path, target: Path) -> None:
    for name, made in (
        ("PP-OCRv6_det_small.onnx", "text_finder.onnx"),
        ("PP-OCRv6_rec_small.onnx", "text_reader.onnx"),
    ):
        model = onnx.load(source / name)
        if "rec" in name:
            cut_alphabet(model)
        halve(model)
        model.doc_string = f"{name} of PaddleOCR (Apache-2.0), modified by matchcut: see LICENSE-PaddleOCR.txt"
        onnx.checker.check_model(model)
        onnx.save(model, target / made)
        print(made, (target / made).stat().st_size)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
