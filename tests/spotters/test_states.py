"""The commentary spotter's hidden states: its very own, in one vector a second."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from matchcut.errors import InputError, SettingsError
from matchcut.spotters.commentary import WEIGHTS, CommentarySpotter
from matchcut.spotters.sources import words_series
from matchcut.spotters.states import CommentaryStates, with_output
from matchcut.transcript import Transcript, Utterance

SAID = Transcript(
    (Utterance(1.0, 4.0, "And that is a goal!"), Utterance(70.0, 73.0, "Corner kick from the left."))
)


def test_states_are_a_sum_over_words_and_silence_is_nothing() -> None:
    states = CommentaryStates.load()
    found = states.encode(SAID, 100.0)
    assert found.vectors.shape == (100, 3 * 128 + 4)
    assert (found.rate, found.start) == (1.0, 0.5)
    words = np.abs(found.vectors[:, :384]).sum(1)
    assert words[2] > 0
    assert words[20:60].max() == 0
    again = states.encode(SAID)
    assert np.allclose(again.vectors[:78, :384], found.vectors[:78, :384], atol=1e-6)


def test_the_last_layer_gives_the_spotters_own_scores() -> None:
    """The layer before the answers, through the first network's own last matrix, is its answer."""
    onnx = pytest.importorskip("onnx", reason="needs the extra 'train'")
    numpy_helper = pytest.importorskip("onnx.numpy_helper")
    spotter = CommentarySpotter.load()
    held = CommentaryStates.load(layer="context").encode(SAID, 100.0).vectors
    logits = []
    for number, name in enumerate(spotter.settings.networks):
        model = onnx.load(str(WEIGHTS / name))
        parts = {i.name: numpy_helper.to_array(i).astype(np.float32) for i in model.graph.initializer}
        mine = held[:, 160 * number : 160 * (number + 1)]
        logits.append(1 / (1 + np.exp(-(mine @ parts["net.leave.matrix"] + parts["net.leave.bias"]))))
    near = np.mean(logits, axis=0).reshape(100, len(spotter.settings.radii_s), -1)
    track = np.tensordot(near, np.array(spotter.settings.radius_weights), (1, 0)) @ spotter._listener._mixing
    assert np.abs(track - spotter.track(SAID, 100.0).scores).max() < 1e-4


def test_a_transcript_without_words_has_states_too(tmp_path: Path) -> None:
    series = words_series(Transcript(()), CommentaryStates.load())
    assert series.width == 388
    assert series.end == 60.0


def test_other_layers_and_weights_are_told(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="no such layer"):
        CommentaryStates.load(layer="ears")
    for path in WEIGHTS.iterdir():
        (tmp_path / path.name).write_bytes(
            path.read_bytes()[:5000] if path.suffix == ".onnx" else path.read_bytes()
        )
    with pytest.raises(InputError, match="has no layer 'phrases'"):
        CommentaryStates.load(tmp_path)
    assert with_output(b"x", "ab") == b"x" + bytes([0x3A, 6, 0x62, 4, 0x0A, 2]) + b"ab"
