"""What is said as sentence vectors on a time grid: words that need no commentary spotter."""

from __future__ import annotations

import hashlib
import json
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from matchcut.encoders.series import Series, stored_series
from matchcut.encoders.store import FeatureKey, FeatureStore
from matchcut.encoders.text import TextEncoder
from matchcut.encoders.words import grid_rows
from matchcut.spotters.looking import PREFIX
from matchcut.transcript import Transcript

HASHED = "hashed"
"""The encoder without weights: each word and pair of words in a fixed random direction, in any language."""

RATE = 1.0


class Sentences:
    """A text encoder, loaded when it is first needed.

    Args:
        name: "hashed", or "encoder:" and a checkpoint with a text tower.
    """

    def __init__(self, name: str) -> None:
        self.name = name

    @cached_property
    def encoder(self) -> TextEncoder:
        """The loaded encoder.

        Raises:
            InputError: its weights are not here.
            RequiresExtra: what loads it is not installed.
        """
        if self.name == HASHED:
            from matchcut.encoders.simple import hashed_words

            return hashed_words(128, 400)
        from matchcut.encoders.text import load_text

        return load_text(self.name.removeprefix(PREFIX))

    @property
    def told(self) -> str:
        """What a spotter's settings say of its features: the name and the weights' identity."""
        return f"{self.name} {self.encoder.identity}"

    def vectors(self, said: Transcript) -> NDArray[np.float32]:
        """One row a second: the mean of the utterances that are running; zeros in silence."""
        rows = grid_rows(said)
        found = np.zeros((rows, self.encoder.width), np.float32)
        counts = np.zeros(rows, np.float32)
        spoken = [utterance for utterance in said if utterance.text.strip() and utterance.start < rows]
        if spoken:
            # Texts longer than the encoder reads are rare in commentary: their beginning stands for them.
            for utterance, vector in zip(spoken, self.encoder.encode([u.text for u in spoken]), strict=True):
                first = max(int(utterance.start), 0)
                last = max(first + 1, min(int(np.ceil(utterance.end)), rows))
                found[first:last] += vector
                counts[first:last] += 1
        return np.asarray(found / np.maximum(counts, 1)[:, None], np.float32)

    def series(self, said: Transcript, store: FeatureStore | None) -> Series:
        """A transcript's vectors, kept in the store if there is one.

        Raises:
            OutputError: the store is full.
        """
        if store is None:
            return Series(self.vectors(said), RATE, 0.0, "words")
        content = hashlib.sha256(json.dumps(said.to_json(), sort_keys=True).encode()).hexdigest()
        key = FeatureKey(f"sentences {self.encoder.identity}", content, 0.5, 0.0, RATE)
        return stored_series(store, key, lambda: self.vectors(said).astype(np.float16), name=self.name)
