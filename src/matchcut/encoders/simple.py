"""Encoders without weights: a floor to compare with, and what practice clips are trained on in seconds."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from functools import cache
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from matchcut.encoders.pictures import PictureSettings
from matchcut.encoders.text import TextEncoder
from matchcut.encoders.vision import VisionEncoder

_WORD = re.compile(r"[^\W_]+")


def pixel_encoder(size: int = 12, batch: int = 256) -> VisionEncoder:
    """A picture's own pixels, ``size`` by ``size``, less their mean: 3 × size² numbers."""
    how = PictureSettings(size, size, size, 4, (0.5, 0.5, 0.5), (0.25, 0.25, 0.25))

    def run(pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
        return how.normalised(pixels).reshape(len(pixels), -1)

    return VisionEncoder(
        f"pixels {size}", f"pixels-{size}", how, 3 * size * size, "float32", "numpy", "cpu", batch, run
    )


def hashed_words(width: int = 128, longest: int = 8) -> TextEncoder:
    """Each word and each pair of neighbours as a fixed random direction, added up.

    Args:
        width: numbers a vector.
        longest: words that one vector stands for.
    """

    @cache
    def direction(token: str) -> NDArray[np.float32]:
        seed = int.from_bytes(hashlib.blake2b(token.encode(), digest_size=8).digest(), "big")
        return np.random.default_rng(seed).standard_normal(width).astype(np.float32)

    def vector(text: str) -> NDArray[np.float32]:
        words = _WORD.findall(text.casefold())
        tokens = [*words, *(" ".join(pair) for pair in pairwise(words))]
        return np.sum([direction(token) for token in tokens], axis=0) if tokens else np.zeros(width, np.float32)

    def run(texts: Sequence[str]) -> NDArray[np.float32]:
        return np.stack([vector(text) for text in texts]).astype(np.float32)

    return TextEncoder(
        f"hashed words {width}",
        f"hashed-words-{width}-{longest}",
        width,
        longest,
        256,
        lambda text: len(text.split()),
        run,
    )
