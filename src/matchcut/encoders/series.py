"""Feature arrays as they lie on the disk, brought onto one time grid, without reading more than is asked for.

SoccerNet publishes one ``.npy`` a half (``1_ResNET_TF2_PCA512.npy``); our own stores hold ``.safetensors``.
Both are mapped into memory, so a training over hundreds of matches reads only the stretches that it draws.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from matchcut import files
from matchcut.encoders.store import FeatureKey, FeatureStore
from matchcut.errors import InputError
from matchcut.tracks import FeatureTrack

RATES = {"ResNET_TF2_PCA512": 2.0, "ResNET_TF2": 2.0, "baidu_soccer_embeddings": 1.0}
"""Rows a second of the arrays that SoccerNet publishes, by the name after the half's number."""

_KINDS = {"F16": "<f2", "F32": "<f4", "F64": "<f8"}


@dataclass(frozen=True)
class Series:
    """Vectors on a time grid, perhaps still on the disk.

    Attributes:
        values: shape (T, D), any kind of floating point; row ``t`` stands for the time from
            ``start + t / rate`` to ``start + (t + 1) / rate``.
        rate: rows a second, above 0.
        start: the recording second at which the first row's time begins.
        name: for messages: the file.

    Raises:
        InputError: the shape or the rate is wrong.
    """

    values: NDArray[Any]
    rate: float
    start: float = 0.0
    name: str = "features"

    def __post_init__(self) -> None:
        values = self.values
        if values.ndim != 2 or not values.shape[1] or values.dtype.kind != "f":
            raise InputError(
                f"{self.name}: features are numbers of shape (T, D), not {values.dtype} of {values.shape}",
                "Name a file of features, one row a time step",
            )
        if not len(values):
            raise InputError(f"{self.name}: holds no row", "Make its features anew")
        if not (math.isfinite(self.rate) and self.rate > 0 and math.isfinite(self.start)):
            raise InputError(f"{self.name}: {self.rate} rows a second cannot be", "Give a rate above 0")

    @property
    def width(self) -> int:
        """Numbers a row."""
        return int(self.values.shape[1])

    @property
    def end(self) -> float:
        """The recording second at which the last row's time ends."""
        return self.start + len(self.values) / self.rate

    def moved(self, seconds: float) -> Series:
        """The same, so many seconds later."""
        return replace(self, start=self.start + seconds)


def of_track(track: FeatureTrack, name: str = "features") -> Series:
    """A track in memory as a series."""
    return Series(track.vectors, track.rate, _begins(track.start, track.rate), name)


def _begins(start: float, rate: float) -> float:
    """When the first row's time begins: tracks give its middle, or 0 where they begin with the recording."""
    return start - min(max(start, 0.0), 0.5 / rate)


def read_array(path: Path | str, rate: float | None = None) -> Series:
    """A NumPy file of shape (T, D), mapped, never unpickled.

    Args:
        path: such as ``1_ResNET_TF2_PCA512.npy``.
        rate: rows a second; known for SoccerNet's own names (`RATES`).

    Raises:
        InputError: it is missing, cut off, no array of numbers, or its rate is not known.
    """
    source = Path(path)
    files.check_regular(source)
    known = RATES.get(source.stem.split("_", 1)[-1])
    if rate is None and known is None:
        raise InputError(
            f"{source}: how many rows a second it has is not known", "Give the rate, such as video=NAME@2"
        )
    try:
        values = np.load(source, mmap_mode="r", allow_pickle=False)
    except (ValueError, EOFError, OSError) as error:
        raise InputError(
            f"{source}: is cut off or no NumPy array of numbers ({' '.join(str(error).split())[:100]})",
            "Fetch or make it again",
        ) from error
    if not isinstance(values, np.ndarray):
        raise InputError(f"{source}: is a bundle of arrays", "Name a .npy file")
    return Series(values, float(rate if rate is not None else known or 0.0), 0.0, str(source))


def stored_series(
    store: FeatureStore, key: FeatureKey, make: Callable[[], NDArray[Any]], **notes: str
) -> Series:
    """The store's features of a key, mapped; made and stored first where they are not there or damaged.

    Args:
        store: where they lie or will lie.
        key: what they are made of; its start and rate are the series'.
        make: gives the array, (T, D).
        notes: for people, in the file's header.

    Raises:
        OutputError: the store is full or cannot be written to.
    """
    if store.array(key) is None:
        store.put(key, make(), **notes)
    return mapped_series(store, key)


def mapped_series(store: FeatureStore, key: FeatureKey) -> Series:
    """Features that are in the store, mapped."""
    path = store.path(key)
    return Series(_mapped(path), key.rate, _begins(key.start, key.rate), str(path))


def _mapped(path: Path) -> NDArray[Any]:
    """The one tensor of a store's file, whose checksum was looked at before."""
    with path.open("rb") as stream:
        size = int.from_bytes(stream.read(8), "little")
        head = json.loads(stream.read(size))["values"]
    offset = 8 + size + head["data_offsets"][0]
    if head["dtype"] not in _KINDS:
        raise InputError(f"{path}: holds pictures, not features", "Name a feature file")
    return np.memmap(path, _KINDS[head["dtype"]], "r", offset, tuple(head["shape"]))


def on_grid(
    series: Series, rate: float, first: int, rows: int
) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
    """A stretch of a grid whose cell ``c`` covers the seconds from ``c / rate`` to ``(c + 1) / rate``.

    A cell takes the mean of the series' rows that lie in it; where the series is slower than the grid, the row
    whose own stretch of time holds the cell's middle.

    Args:
        series: the features.
        rate: cells a second.
        first: the first cell; may lie before the recording.
        rows: how many.

    Returns:
        Vectors (rows, D), zeros where there is none; and where there is one, (rows,).

    Raises:
        InputError: a number in the stretch is NaN or infinite.
    """
    vectors = np.zeros((rows, series.width), np.float32)
    edges = (np.arange(first, first + rows + 1) / rate - series.start) * series.rate
    if series.rate > rate * 1.01:
        bounds = np.clip(np.ceil(edges - 1e-9), 0, len(series.values)).astype(np.int64)
        low, high = bounds[:-1], bounds[1:]
        there = high > low
        if there.any():
            begin = int(low[there][0])
            block = _finite(series, begin, int(high[there][-1]))
            # The cells follow each other without a gap, and the last sum runs to the block's end.
            sums = np.add.reduceat(block, low[there] - begin, axis=0)
            vectors[there] = sums / (high - low)[there, None]
        return vectors, there
    middles = np.floor((edges[:-1] + edges[1:]) / 2 + 1e-9).astype(np.int64)
    there = (middles >= 0) & (middles < len(series.values))
    if there.any():
        begin = int(middles[there][0])
        vectors[there] = _finite(series, begin, int(middles[there][-1]) + 1)[middles[there] - begin]
    return vectors, there


def _finite(series: Series, begin: int, end: int) -> NDArray[np.float32]:
    block = np.asarray(series.values[begin:end], np.float32)
    if not np.isfinite(block).all():
        row = begin + int(np.flatnonzero(~np.isfinite(block).all(axis=1))[0])
        raise InputError(
            f"{series.name}: row {row} (second {series.start + row / series.rate:g}) holds NaN or infinity",
            "Make its features anew, or leave the recording out",
        )
    return block
