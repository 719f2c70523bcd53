"""Pieces of a recording's features on one time grid: what a temporal spotter hears and sees."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from matchcut.encoders.series import Series, on_grid
from matchcut.encoders.words import PLACE_FEATURES

Floats = NDArray[np.float32]


@dataclass(frozen=True)
class Half:
    """One recording to learn from or to measure on.

    Attributes:
        name: ``GAME/HALF``, or a file.
        half: 1 or 2 where it is that half from its kick-off on; None where that is not known.
        duration: seconds.
        truths: (output number, second).
        sources: modality → its features; several where there are several versions of the same (transcripts),
            which count alike. A modality that is missing is not named.
    """

    name: str
    half: int | None
    duration: float
    truths: tuple[tuple[int, float], ...]
    sources: Mapping[str, tuple[Series, ...]]

    def cells(self, rate: float) -> int:
        """Cells of its grid."""
        return max(1, int(np.ceil(self.duration * rate)))


@dataclass(frozen=True)
class Stretch:
    """A piece of a half on the grid.

    Attributes:
        features: modality → (T, D).
        there: modality → bool (T,).
        clock: (T, 6), see `clock_cells`.
        inside: bool (T,).
        truths: (output number, second from the stretch's first cell's beginning).
    """

    features: dict[str, Floats]
    there: dict[str, NDArray[np.bool_]]
    clock: Floats
    inside: NDArray[np.bool_]
    truths: tuple[tuple[int, float], ...]


def stretch_of(
    half: Half,
    widths: Mapping[str, int],
    rate: float,
    first: int,
    cells: int,
    rng: np.random.Generator | None = None,
    shift_s: float = 0.0,
    single: float = 0.4,
    know_half: bool = True,
) -> Stretch:
    """A stretch of a half.

    Args:
        half: where it is taken from.
        widths: modality → numbers a cell; all that the network knows.
        rate: cells a second.
        first: its first cell; may lie before the half.
        cells: how many.
        rng: draws which of several versions of a modality are heard; all of them if None.
        shift_s: the features are moved by so many seconds against the truths.
        single: share of draws that hear one version only.
        know_half: whether the network is told where in the match the stretch lies.

    Raises:
        InputError: features hold NaN.
    """
    whole = half.cells(rate)
    place = np.arange(first, first + cells)
    inside = (place >= 0) & (place < whole)
    features: dict[str, Floats] = {}
    there: dict[str, NDArray[np.bool_]] = {}
    for name, width in widths.items():
        features[name] = np.zeros((cells, width), np.float32)
        counts = np.zeros(cells, np.int64)
        for series in _some(half.sources.get(name, ()), rng, single):
            moved = first - round(shift_s * rate)
            values, found = on_grid(series, rate, moved, cells)
            features[name] += values
            counts += found
        features[name] /= np.maximum(counts, 1)[:, None]
        there[name] = (counts > 0) & inside
    clock = clock_cells(first, cells, rate, half.half if know_half else None)
    clock[~inside] = 0
    begin = first / rate
    near = tuple((label, at - begin) for label, at in half.truths)
    return Stretch(features, there, clock, inside, near)


def _some(series: Sequence[Series], rng: np.random.Generator | None, single: float) -> Sequence[Series]:
    """One of the versions, or several, or all where nothing is drawn."""
    if rng is None or len(series) < 2:
        return series
    count = 1 if rng.random() < single else int(rng.integers(2, len(series) + 1))
    return [series[place] for place in rng.permutation(len(series))[:count]]


class Arrays(NamedTuple):
    """Stretches side by side; `matchcut.models.temporal_spotter.Stretches` as arrays."""

    features: tuple[Floats, ...]
    there: tuple[NDArray[np.bool_], ...]
    clock: Floats
    inside: NDArray[np.bool_]


def stack(stretches: Sequence[Stretch], widths: Mapping[str, int]) -> Arrays:
    """Stretches of one length, or of several with padding at their ends, as one batch."""
    rows = max(len(stretch.inside) for stretch in stretches)

    def joined(parts: Sequence[NDArray[np.generic]]) -> NDArray[np.generic]:
        return np.stack([np.pad(part, ((0, rows - len(part)), *((0, 0),) * (part.ndim - 1))) for part in parts])

    features = tuple(joined([s.features[name] for s in stretches]) for name in widths)
    there = tuple(joined([s.there[name] for s in stretches]) for name in widths)
    clock, inside = joined([s.clock for s in stretches]), joined([s.inside for s in stretches])
    return Arrays(features, there, clock, inside)  # type: ignore[arg-type]


def clock_cells(first: int, cells: int, rate: float, half: int | None) -> NDArray[np.float32]:
    """Shape (cells, 6); the columns are those of `matchcut.encoders.words.place_features`, zeros where unknown.

    Args:
        first: the first cell; cell ``c`` begins at second ``c / rate`` of the half.
        cells: how many.
        rate: cells a second.
        half: 1 or 2; None where the place in the match is unknown.

    >>> from matchcut.encoders.words import place_features
    >>> bool((clock_cells(5, 9, 1.0, 2) == place_features(5, 9, 2)).all())
    True
    """
    found = np.zeros((cells, PLACE_FEATURES), np.float32)
    if half in (1, 2):
        second = (first + np.arange(cells) + 0.5) / rate
        found[:, 0] = 1
        found[:, 1] = second / 2700
        for column, scale in ((2, 10), (3, 60), (4, 400)):
            found[:, column] = np.exp(-second / scale)
        found[:, 5] = 1.5 - half
    return found
