"""Pictures of a recording as a temporal spotter's features, by any encoder that `encoders` loads."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path

from matchcut.encoders.series import Series, mapped_series
from matchcut.encoders.spans import Span, encode_spans
from matchcut.encoders.store import FeatureStore
from matchcut.encoders.vision import VisionEncoder
from matchcut.errors import InputError

PREFIX = "encoder:"
PIXELS = "pixels"
"""The encoder without weights: small pictures, for practice."""


class Looking:
    """A picture encoder, loaded when it is first needed.

    Args:
        name: "encoder:" and a checkpoint's name or folder, or "encoder:pixels".
        rate: pictures a second.
        device: "auto", "cpu", "cuda" …
    """

    def __init__(self, name: str, rate: float, device: str = "auto") -> None:
        self.name, self.rate, self.device = name.removeprefix(PREFIX), rate, device

    @cached_property
    def encoder(self) -> VisionEncoder:
        """The loaded encoder.

        Raises:
            InputError: its weights are not here.
            RequiresExtra: what loads it is not installed.
        """
        if self.name == PIXELS:
            from matchcut.encoders.simple import pixel_encoder

            return pixel_encoder(8)
        from matchcut.encoders.vision import load_vision

        return load_vision(self.name, device=self.device)

    @property
    def told(self) -> str:
        """What a spotter's settings say of its features: name, rate and the weights' identity."""
        return f"{PREFIX}{self.name}@{self.rate:g} {self.encoder.identity}"

    def series(self, media: Path, store: FeatureStore) -> Series:
        """A recording's pictures as vectors, made once.

        Raises:
            InputError: the recording cannot be read.
            OutputError: the store is full.
        """
        span = Span(media, 0.0, None)
        done = encode_spans([span], self.encoder, store, self.rate)
        if done.failed:
            raise InputError(f"{media}: {done.failed[0][1]}", "Leave it out, or fetch it again")
        return mapped_series(store, done.keys[span])
