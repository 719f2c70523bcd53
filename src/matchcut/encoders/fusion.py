"""Several transcripts of one recording as one input of the commentary network.

Recognizers err in different places. Their words are therefore added up on one grid, each transcript weighing
the same, before the network looks at the whole: cheaper than running the whole network once for each.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from matchcut.encoders.words import (
    FEATURES,
    SPEECH_FEATURES,
    Vocabulary,
    grid_rows,
    place_features,
    speak,
    speech_features,
)
from matchcut.transcript import Transcript

IntArray = NDArray[np.int64]
FloatArray = NDArray[np.float32]

GAP = 2
"""Padding tokens after each transcript: the network's convolutions never join two of them."""


@dataclass(frozen=True)
class TokenRow:
    """The tokens of one transcript within a grid.

    Attributes:
        words, stems, marks: ids, each of shape (N,); see `matchcut.encoders.words`.
        cells: shape (N,), the grid cell of each token.
        share: how much the transcript weighs among those of its recording; they add up to 1.
    """

    words: IntArray
    stems: IntArray
    marks: IntArray
    cells: IntArray
    share: float


@dataclass(frozen=True)
class NetworkInput:
    """The arrays that the network takes, under the names of its inputs.

    Attributes:
        words, stems, marks, cells: int64 (N,).
        shares: float32 (N,).
        features: float32 (B, T, 10).
    """

    words: IntArray
    stems: IntArray
    marks: IntArray
    cells: IntArray
    shares: FloatArray
    features: FloatArray

    def named(self) -> dict[str, NDArray[np.generic]]:
        """Name → array."""
        return {name: getattr(self, name) for name in self.__dataclass_fields__}


def pack(rows: Iterable[TokenRow], features: FloatArray) -> NetworkInput:
    """The tokens of any number of transcripts one after another, with gaps between them."""
    gap = np.zeros(GAP, np.int64)
    columns: dict[str, list[IntArray]] = {name: [gap] for name in ("words", "stems", "marks", "cells")}
    shares: list[FloatArray] = [np.zeros(GAP, np.float32)]
    for row in rows:
        for name, column in columns.items():
            column += [getattr(row, name), gap]
        shares += [np.full(len(row.words), row.share, np.float32), np.zeros(GAP, np.float32)]
    ids = {name: np.concatenate(column) for name, column in columns.items()}
    return NetworkInput(**ids, shares=np.concatenate(shares), features=features)


def fuse(
    transcripts: Sequence[Transcript],
    vocabulary: Vocabulary,
    duration: float | None = None,
    half: int | None = None,
) -> NetworkInput:
    """The input for one recording, of one-second cells.

    Args:
        transcripts: of the same recording, at least one; words beyond the grid are left out.
        vocabulary: the network's.
        duration: the recording's seconds, where they are known; the grid is at least as long.
        half: 1 or 2 where the recording is that half of a match from its kick-off on.
    """
    rows = max(grid_rows(transcript, duration) for transcript in transcripts)
    share = 1 / len(transcripts)
    features = np.zeros((rows, FEATURES), np.float32)
    features[:, SPEECH_FEATURES:] = place_features(0, rows, half)
    tokens = []
    for transcript in transcripts:
        # As in training, each transcript's silence is counted within its own length.
        own = speech_features(transcript, grid_rows(transcript))[:rows]
        features[: len(own), :SPEECH_FEATURES] += own * np.float32(share)
        spoken = speak(transcript)
        inside = (spoken.times >= 0) & (spoken.times < rows)
        words, stems = vocabulary.encode(spoken)
        cells = spoken.times[inside].astype(np.int64)
        tokens.append(TokenRow(words[inside], stems[inside], spoken.marks[inside], cells, share))
    return pack(tokens, features[None])
