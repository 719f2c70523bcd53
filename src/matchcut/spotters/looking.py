"""Pictures of a recording as a temporal spotter's features: each alone, or windows of them, by any encoder."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path

from matchcut.encoders.looking import Looker, load_looker, no_window
from matchcut.encoders.series import Series, mapped_series
from matchcut.encoders.spans import Span
from matchcut.encoders.store import FeatureStore
from matchcut.encoders.vision import VisionEncoder
from matchcut.encoders.windows import encode_pictures
from matchcut.errors import InputError

PREFIX = "encoder:"
PIXELS = "pixels"
"""The encoder without weights: small pictures, for practice."""


class Looking:
    """An encoder of pictures or of windows of them, loaded when it is first needed.

    Args:
        name: "encoder:" and a checkpoint's name or folder, or "encoder:pixels".
        rate: vectors a second.
        device: "auto", "cpu", "cuda" …
        window_s: seconds of a window, for video encoders; their usual ones if None.
        download: whether weights may be fetched; otherwise only what is on this machine is used.
    """

    def __init__(
        self,
        name: str,
        rate: float,
        device: str = "auto",
        window_s: float | None = None,
        download: bool = False,
    ) -> None:
        self.name, self.rate, self.device = name.removeprefix(PREFIX), rate, device
        self.window_s, self.download = window_s, download

    @cached_property
    def encoder(self) -> Looker:
        """The loaded encoder.

        Raises:
            InputError: its weights are not here, or are of no encoder of pictures.
            SettingsError: it has no windows, and was asked for some.
            RequiresExtra: what loads it is not installed.
        """
        if self.name == PIXELS:
            from matchcut.encoders.simple import pixel_encoder

            no_window(self.name, self.window_s)
            return pixel_encoder(8)
        return load_looker(self.name, window_s=self.window_s, download=self.download, device=self.device)

    @property
    def told(self) -> str:
        """What a spotter's settings say of its features: name, rate, window and the weights' identity."""
        one = self.encoder
        window = "" if isinstance(one, VisionEncoder) else f"/{one.window_s:g}"
        return f"{PREFIX}{self.name}@{self.rate:g}{window} {one.identity}"

    def series(self, media: Path, store: FeatureStore) -> Series:
        """A recording's pictures as vectors, made once.

        Raises:
            InputError: the recording cannot be read.
            OutputError: the store is full.
        """
        span = Span(media, 0.0, None)
        done = encode_pictures([span], self.encoder, store, self.rate)
        if done.failed:
            raise InputError(f"{media}: {done.failed[0][1]}", "Leave it out, or fetch it again")
        return mapped_series(store, done.keys[span])
