"""The referee's whistle: one or two steady, narrow tones between 2.8 and 4.7 kHz that stand out of the crowd.

Pea whistles sound near 2.8 to 3.4 kHz and tremble; pealess ones give two or three tones near 3.4 to 4.4 kHz.
The voice has lines there too, but many of them, and they glide; most are below 2.8 kHz. So a tone is measured
against the level that 15 % of the band's cells exceed (a whistle's own tones fill fewer), and it must keep its
pitch.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

LOW_HZ, HIGH_HZ, CELL_HZ = 1500.0, 5500.0, 40.0
CELLS = round((HIGH_HZ - LOW_HZ) / CELL_HZ)

Powers = NDArray[np.float32]
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class WhistleSettings:
    """What counts as a whistle.

    Attributes:
        low_hz, high_hz: where its tone may lie.
        stands_out_db: the tone over the band's 85th percentile, per hertz, on average.
        shortest_s, longest_s: its duration.
        wander_hz: how far its tone may stray from its median, on average.
        gap_s: shorter pauses belong to it, as do moments in which another tone is stronger.
        same_hz: blows so close to each other in pitch may come from one whistle.
        alone: factor on the confidence of a blow whose pitch no other has; it rises to 1 for the commonest
            pitch, the referee's, if five blows have it.
    """

    low_hz: float = 2800.0
    high_hz: float = 4700.0
    stands_out_db: float = 9.0
    shortest_s: float = 0.2
    longest_s: float = 3.0
    wander_hz: float = 40.0
    gap_s: float = 0.12
    same_hz: float = 80.0
    alone: float = 0.5


@dataclass(frozen=True, slots=True)
class Whistle:
    """One blow.

    Attributes:
        start, end: seconds on the recording.
        frequency: of its tone, in Hz.
        confidence: in [0, 1], from how far it stands out.
    """

    start: float
    end: float
    frequency: float
    confidence: float


class Cells:
    """Takes a spectrum's columns together to `CELLS` cells of 40 Hz.

    Args:
        frequencies: of the columns, in Hz, rising.
    """

    def __init__(self, frequencies: Floats) -> None:
        edges = np.searchsorted(frequencies, LOW_HZ + CELL_HZ * np.arange(CELLS + 1) - 1e-6)
        self._columns = slice(int(edges[0]), int(edges[-1]))
        self._starts = edges[:-1] - edges[0]
        self._counts = np.diff(edges).astype(np.float32)

    def __call__(self, power: Powers) -> Powers:
        """The mean power of each cell, shape (frames, `CELLS`), of spectra of shape (frames, columns)."""
        inside = np.pad(power[:, self._columns], ((0, 0), (0, 1)))  # so that each cell has a column to begin at
        sums = np.add.reduceat(inside, self._starts, axis=1)
        return np.where(self._counts > 0, sums / np.maximum(self._counts, 1), 0).astype(np.float32)


def tones(power: Powers, settings: WhistleSettings = WhistleSettings()) -> tuple[Powers, Powers]:
    """The strongest tone of each spectrum.

    Args:
        power: mean power of each cell, shape (frames, `CELLS`).

    Returns:
        How far it stands out, in dB, and its frequency in Hz; both of shape (frames,).
    """
    pairs = power[:, :-1] + power[:, 1:]
    edges = LOW_HZ + CELL_HZ * np.arange(1, CELLS)
    wanted = (edges >= settings.low_hz) & (edges <= settings.high_hz)
    best = np.where(wanted, pairs, 0).argmax(1)
    rows = np.arange(len(power))
    rank = int(0.85 * CELLS)
    usual = np.partition(power, rank, axis=1)[:, rank] + 1e-14
    frequency = LOW_HZ + (best + 0.5 + power[rows, best + 1] / (pairs[rows, best] + 1e-14)) * CELL_HZ
    stands_out = 10 * np.log10(pairs[rows, best] / 2 / usual + 1e-3)
    return stands_out.astype(np.float32), frequency.astype(np.float32)


def whistles(
    stands_out: Powers, frequency: Powers, frames_per_s: float, settings: WhistleSettings = WhistleSettings()
) -> tuple[Whistle, ...]:
    """The whistles in the tones of all spectra (see `tones`), in order."""
    s = settings
    places = np.flatnonzero(stands_out > s.stands_out_db - 5)
    if not len(places):
        return ()
    pause = np.diff(places) > 1 + s.gap_s * frames_per_s
    found: list[Whistle] = []
    for stretch in np.split(places, np.flatnonzero(pause) + 1):
        for run in _steady(stretch, frequency, s, frames_per_s):
            start, end = run[0] / frames_per_s, (run[-1] + 1) / frames_per_s
            strength = float(stands_out[run].mean())
            if s.shortest_s <= end - start <= s.longest_s and strength >= s.stands_out_db:
                sure = 1 - 0.6 * np.exp(-(strength - s.stands_out_db) / 4) * np.exp(
                    -(end - start - s.shortest_s)
                )
                found.append(Whistle(float(start), float(end), float(np.median(frequency[run])), float(sure)))
    return _agreeing(found, s)


def _steady(
    stretch: NDArray[np.int64], frequency: Powers, s: WhistleSettings, frames_per_s: float
) -> list[NDArray[np.int64]]:
    """The runs of frames in a stretch whose tone keeps its pitch, ends and moments of another tone cut off."""
    runs = []
    while len(stretch) >= s.shortest_s * frames_per_s:
        rounded = np.round(frequency[stretch] / s.wander_hz)
        usual = s.wander_hz * np.median(rounded[np.isin(rounded, _commonest(rounded))])
        near = stretch[np.abs(frequency[stretch] - usual) <= 2 * s.wander_hz]
        parts = np.split(near, np.flatnonzero(np.diff(near) > 1 + s.gap_s * frames_per_s) + 1)
        run = max(parts, key=len)
        if len(run) < 2:
            break
        filled = len(run) >= 0.6 * (run[-1] - run[0] + 1)
        if filled and float(np.abs(frequency[run] - np.median(frequency[run])).mean()) <= s.wander_hz:
            runs.append(run)
        stretch = stretch[(stretch > run[-1] + s.gap_s * frames_per_s)]
    return runs


def _commonest(values: NDArray[np.float32]) -> NDArray[np.float32]:
    """The commonest value, as an array of one."""
    kinds, counts = np.unique(values, return_counts=True)
    return kinds[[counts.argmax()]]


def _agreeing(found: list[Whistle], s: WhistleSettings) -> tuple[Whistle, ...]:
    """The blows with their confidence lowered where no others of the match have their pitch."""
    pitch = np.array([w.frequency for w in found])
    others = (np.abs(pitch[:, None] - pitch) <= s.same_hz).sum(1) - 1 if found else np.zeros(0)
    commonest = max(4, int(others.max(initial=0)))
    told = []
    for whistle, count in zip(found, others, strict=True):
        factor = s.alone + (1 - s.alone) * float(count) / commonest
        told.append(
            Whistle(
                round(whistle.start, 2),
                round(whistle.end, 2),
                round(whistle.frequency),
                round(whistle.confidence * factor, 3),
            )
        )
    return tuple(told)
