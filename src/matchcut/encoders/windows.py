"""Windows of pictures along a recording to features: each picture is decoded once, whatever windows it is in.

A window stands for a row of the time grid and is centred on the middle of the row's stretch of time. All
windows take their pictures from one fine grid, whose step divides the rows' distance; so the pictures' distance
is the one asked for but for a twentieth at most. Where a window reaches over the edge of what is encoded, or is
longer than the whole of it, the first or the last picture is repeated.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from matchcut.encoders.looking import Looker
from matchcut.encoders.pictures import grid
from matchcut.encoders.reading import LONGEST, Piece, Span, read_groups
from matchcut.encoders.spans import Encoded, Keys, Whole, encode_spans, missing
from matchcut.encoders.store import FeatureKey, FeatureStore
from matchcut.encoders.video import VideoEncoder
from matchcut.encoders.vision import VisionEncoder
from matchcut.progress import Progress, silent

_OFF = 0.05


@dataclass(frozen=True)
class Windows:
    """Which pictures the windows of a stretch are made of.

    Attributes:
        times: the moments whose pictures are needed, ascending.
        places: (rows, frames), which of them each window has, in order.
    """

    times: tuple[float, ...]
    places: NDArray[np.int64]


def windows(start: float, end: float, rate: float, frames: int, window_s: float) -> Windows:
    """The windows of a stretch.

    Args:
        start, end: recording seconds.
        rate: windows a second.
        frames: pictures a window.
        window_s: seconds of a window: ``frames`` times the distance of its pictures.

    >>> two = windows(0.0, 4.0, 1.0, 2, 1.0)
    >>> two.times, two.places.tolist()
    ((0.25, 0.75, 1.25, 1.75, 2.25, 2.75, 3.25, 3.75), [[0, 1], [2, 3], [4, 5], [6, 7]])
    >>> windows(0.0, 0.5, 1.0, 4, 2.0).places.tolist()
    [[0, 0, 0, 0]]
    """
    rows = np.arange(len(grid(start, end, rate)))
    fine, apart = _steps(window_s / frames * rate)
    step = 1 / (fine * rate)
    origin = start + 0.5 / rate - (frames - 1) / 2 * apart * step
    low, high = (int(np.ceil((edge - origin) / step - 1e-6)) for edge in (start, end))
    if high <= low:
        return Windows((start,), np.zeros((len(rows), frames), np.int64))
    wanted = np.clip(rows[:, None] * fine + np.arange(frames) * apart, low, high - 1)
    used, places = np.unique(wanted, return_inverse=True)
    times = np.maximum(origin + used * step, start)
    return Windows(tuple(float(time) for time in times), places.reshape(wanted.shape))


def _steps(distance: float) -> tuple[int, int]:
    """Steps of the fine grid between two windows, and between two of a window's pictures.

    Args:
        distance: of pictures, where that of windows is 1.

    >>> _steps(0.5), _steps(0.32), _steps(2.0)
    ((2, 1), (3, 1), (1, 2))
    """
    fine = 1
    while True:
        apart = max(1, round(distance * fine))
        if abs(apart / fine - distance) <= _OFF * distance:
            return fine, apart
        fine += 1


def encode_windows(
    spans: Sequence[Span],
    encoder: VideoEncoder,
    store: FeatureStore,
    rate: float = 2.0,
    progress: Progress = silent,
) -> Encoded:
    """As `encode_spans`, by an encoder of windows: one vector a row; the result's ``frames`` are windows."""
    plans: dict[Span, Windows] = {}

    def cut(span: Span, key: FeatureKey) -> Iterator[Piece]:
        plan = plans[span] = windows(key.start, key.end, key.rate, encoder.frames, encoder.window_s)
        whole = len(plan.times)
        for first in range(0, whole, LONGEST):
            yield Piece(span, plan.times[first : first + LONGEST], first, whole)

    keys, result = Keys(encoder.identity, rate), Encoded()
    todo = missing(spans, keys, store, result, cut)
    whole = Whole(result, store, progress, sum(piece.whole for piece in todo if not piece.first))
    sliding: dict[Span, _Sliding] = {}
    groups = read_groups(iter(todo), encoder.pictures, 1, in_turn=encoder.device == "cpu")
    for group in groups:
        for piece, pixels in whole.readable(group):
            along = sliding.setdefault(piece.span, _Sliding(plans[piece.span].places, encoder))
            whole.add(piece, along.add(pixels), name=encoder.name)
            if piece.first + len(piece.times) == piece.whole:
                del sliding[piece.span], plans[piece.span]
    progress(1, 1)
    return result


def encode_pictures(
    spans: Sequence[Span],
    encoder: Looker,
    store: FeatureStore,
    rate: float = 4.0,
    progress: Progress = silent,
) -> Encoded:
    """Features of spans by an encoder of either kind: `encode_spans` or `encode_windows`."""
    if isinstance(encoder, VisionEncoder):
        return encode_spans(spans, encoder, store, rate, progress)
    return encode_windows(spans, encoder, store, rate, progress)


class _Sliding:
    """The windows of one span as its pictures come; holds no more of them than a window and a piece need."""

    def __init__(self, places: NDArray[np.int64], encoder: VideoEncoder) -> None:
        self.places, self.encoder = places, encoder
        self.row = self.first = 0
        self.held: NDArray[np.uint8] | None = None

    def add(self, pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Vectors of the windows that are whole with these pictures."""
        held = pixels if self.held is None else np.concatenate([self.held, pixels])
        last = int(np.searchsorted(self.places[:, -1], self.first + len(held)))
        batch = self.encoder.batch
        parts = [
            self.encoder.encode(held[self.places[at : min(at + batch, last)] - self.first])
            for at in range(self.row, last, batch)
        ]
        self.row = max(self.row, last)
        needed = int(self.places[self.row, 0]) if self.row < len(self.places) else self.first + len(held)
        gone = min(needed - self.first, len(held))
        self.held, self.first = held[gone:].copy(), self.first + gone
        return np.concatenate(parts) if parts else np.empty((0, self.encoder.width), np.float32)


__all__ = ["Windows", "encode_pictures", "encode_windows", "windows"]
