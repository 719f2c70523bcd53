"""The commentary spotter's hidden states: its very own, in one vector a second."""

from __future__ import annotations

from pathlib import Path
from shutil import copytree

import numpy as np
import pytest

from matchcut.errors import InputError, SettingsError
from matchcut.spotters.commentary import WEIGHTS, CommentarySpotter
from matchcut.spotters.settings import read_settings
from matchcut.spotters.states import CommentaryStates, with_output, words_series
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


def test_the_last_layer_gives_the_spotters_own_scores(tmp_path: Path) -> None:
    """The layer before the answers, through each network's own last matrix, is its answer."""
    onnx = pytest.importorskip("onnx", reason="needs the extra 'train'")
    numpy_helper = pytest.importorskip("onnx.numpy_helper")
    from tiny_weights import RADII, WIDTH, whole_weights

    folder = whole_weights(tmp_path)
    spotter = CommentarySpotter.load(folder)
    held = CommentaryStates.load(folder, "context").encode(SAID, 100.0).vectors
    answers = []
    for number, name in enumerate(("network-0.onnx", "network-1.onnx")):
        model = onnx.load(str(folder / name))
        parts = {i.name: numpy_helper.to_array(i) for i in model.graph.initializer}
        mine = held[:, WIDTH * number : WIDTH * (number + 1)]
        answers.append(1 / (1 + np.exp(-(mine @ parts["leave"] + parts["less"]))))
    track = np.mean(answers, axis=0).reshape(100, RADII, -1).mean(1)
    assert np.abs(track - spotter.track(SAID, 100.0).scores).max() < 1e-5


def test_a_transcript_without_words_has_states_too(tmp_path: Path) -> None:
    series = words_series(Transcript(()), CommentaryStates.load())
    assert series.width == 388
    assert series.end == 60.0


def test_other_layers_and_weights_are_told(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="no such layer"):
        CommentaryStates.load(layer="ears")
    folder = copytree(WEIGHTS, tmp_path / "weights")
    for name in read_settings(folder).networks:
        (folder / name).write_bytes((folder / name).read_bytes()[:5000])
    with pytest.raises(InputError, match="has no layer 'phrases'|not a network"):
        CommentaryStates.load(folder)
    assert with_output(b"x", "ab") == b"x" + bytes([0x3A, 6, 0x62, 4, 0x0A, 2]) + b"ab"
