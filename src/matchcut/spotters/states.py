"""The commentary spotter's hidden states as features: what its networks make of the words, second by second.

Temporal spotters take them as their modality "words". The layer "phrases" is what the word convolutions leave
on the one-second grid, before the network looks along time: it is a sum over words, so the mean over several
transcripts is what the spotter itself would see of them all. "context" is what its last layer sees.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from matchcut import files
from matchcut.encoders.fusion import fuse
from matchcut.encoders.series import Series, of_track, stored_series
from matchcut.encoders.store import FeatureKey, FeatureStore
from matchcut.encoders.words import SPEECH_FEATURES, Vocabulary
from matchcut.errors import InputError
from matchcut.models.settings import choice
from matchcut.spotters.settings import (
    FIRST_ROW_S,
    RATE,
    VOCABULARY,
    WEIGHTS,
    FrontSettings,
    read_settings,
)
from matchcut.tracks import FeatureTrack
from matchcut.transcript import Transcript

if TYPE_CHECKING:
    from onnxruntime import InferenceSession

LAYERS = {"phrases": "view", "context": "layer_norm_10"}
"""Layer → the name that the exported networks give it."""


class CommentaryStates:
    """What the commentary spotter's networks hold of a transcript. Made by `load`.

    Args:
        networks: with the layer among their outputs.
        vocabulary: the words they know.
        layer: of `LAYERS`.
        identity: names these weights and this layer; of fronts, the whole networks that they were cut from.
        threads: how many networks may run at once.
    """

    def __init__(
        self,
        networks: Sequence[InferenceSession],
        vocabulary: Vocabulary,
        layer: str,
        identity: str,
        threads: int = 1,
    ) -> None:
        self._networks, self._vocabulary = tuple(networks), vocabulary
        self.layer, self.identity = layer, identity
        self._pool = ThreadPoolExecutor(threads)

    @classmethod
    def load(cls, folder: Path | None = None, layer: str = "phrases", threads: int = 1) -> CommentaryStates:
        """Loads weights.

        Args:
            folder: a commentary spotter's, of whole networks or of fronts; that of the package by default.
            layer: of `LAYERS`; fronts have but the one that they end with.
            threads: how many networks may run at once; the states do not depend on it.

        Raises:
            InputError: a file is missing, damaged, or has no such layer.
            SettingsError: there is no layer of this name.
        """
        import onnxruntime as ort

        choice("layer of the commentary spotter", layer, LAYERS)
        place = WEIGHTS if folder is None else Path(folder)
        vocabulary = Vocabulary.load(place / VOCABULARY)
        options = ort.SessionOptions()
        options.log_severity_level = 3
        options.intra_op_num_threads = 1  # as in `CommentarySpotter`: sums over words stay the same
        settings = read_settings(place)
        ends = settings.layer if isinstance(settings, FrontSettings) else None
        digest = hashlib.sha256(files.read_bytes(place / VOCABULARY))
        networks = []
        for name in settings.networks:
            data = files.read_bytes(place / name)
            digest.update(data)
            try:
                wider = data if layer == ends else with_output(data, LAYERS[layer])
                networks.append(ort.InferenceSession(wider, options, providers=["CPUExecutionProvider"]))
            except Exception as error:  # onnxruntime's own kinds share no base class
                reason = str(error).splitlines()[0][:150]
                what = "not a network" if layer == ends else f"has no layer {layer!r} that can be read"
                raise InputError(
                    f"{place / name}: {what} ({reason})", "Use the weights that come with matchcut"
                ) from error
        named = digest.hexdigest()[:16]
        if isinstance(settings, FrontSettings):
            named = settings.same_states.get(named, named)
        return cls(networks, vocabulary, layer, f"commentary-{layer} {named}", threads)

    def encode(self, transcript: Transcript, duration: float | None = None) -> FeatureTrack:
        """One row a second: the networks' states side by side, then the four numbers of `speech_features`.

        Args:
            transcript: what was said.
            duration: the recording's seconds, where they are known.
        """
        import onnxruntime as ort

        given = fuse([transcript], self._vocabulary, duration)
        name = LAYERS[self.layer]
        asked = ort.RunOptions()
        asked.only_execute_path_to_fetches = True  # what comes after the layer is not computed

        def run(network: InferenceSession) -> NDArray[np.float32]:
            found = network.run([name], given.named(), asked)[0]
            return np.asarray(found, np.float32).reshape(given.features.shape[1], -1)

        states = list(self._pool.map(run, self._networks))
        speech = given.features[0, :, :SPEECH_FEATURES]
        vectors = np.concatenate([*states, speech], axis=1)
        return FeatureTrack(vectors, RATE, self.identity, FIRST_ROW_S)


def words_series(
    said: Transcript, states: CommentaryStates, store: FeatureStore | None = None, name: str = "words"
) -> Series:
    """A transcript as the commentary spotter's hidden states, kept in the store if there is one.

    In sixteen bits with a store and without: the same words are the same features.
    """
    if store is None:
        series = of_track(states.encode(said), name)
        return replace(series, values=series.values.astype(np.float16))
    content = hashlib.sha256(json.dumps(said.to_json(), sort_keys=True).encode()).hexdigest()
    key = FeatureKey(states.identity, content, 0.5, 0.0, 1.0)
    return stored_series(store, key, lambda: states.encode(said).vectors.astype(np.float16), name="words")


def with_output(model: bytes, name: str) -> bytes:
    """An ONNX model with one more output.

    A message of Protocol Buffers followed by another of its kind reads as both merged: so a model that has
    nothing but a graph with this output is put behind it.

    Args:
        model: the file's bytes.
        name: of a value inside the graph.
    """
    value = _field(1, name.encode())  # ValueInfoProto.name
    return model + _field(7, _field(12, value))  # ModelProto.graph, GraphProto.output


def _field(number: int, content: bytes) -> bytes:
    """A field of the kind "length and content"; lengths below 128 suffice here."""
    assert number < 16
    assert len(content) < 128
    return bytes([number << 3 | 2, len(content)]) + content
