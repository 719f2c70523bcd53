"""Loudness as ITU-R BS.1770-4 defines it, and the power in bands, from one short-time spectrum.

The sound is cut into frames of 50 ms, half overlapping, under a sine window, whose squares add up to one: so
the powers of the frames' spectra, weighted by the squared response of a filter, average to the power behind
that filter (Parseval). One transform thus serves the loudness, the bands of crowd and speech, and the whistle.
The window's leakage is felt below 60 Hz only.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

FRAMES_PER_S = 40
"""Spectra a second, each over twice the time between two."""
FLOOR_LUFS = -70.0
"""What is quieter counts as silence: the absolute gate of BS.1770-4."""
MOMENTARY_S = 0.4

Floats = NDArray[np.float64]
Powers = NDArray[np.float32]
Samples = NDArray[np.float32]

# BS.1770-4, tables 1 and 2: b and a of the shelf and the high-pass, for 48 kHz.
_SHELF = ((1.53512485958697, -2.69169618940638, 1.19839281085285), (1.0, -1.69065929318241, 0.73248077421585))
_HIGH_PASS = ((1.0, -2.0, 1.0), (1.0, -1.99004745483398, 0.99007225036621))


def k_weighting(rate: int) -> tuple[tuple[Floats, Floats], ...]:
    """The two filters of BS.1770-4 as (b, a) for any sample rate.

    The standard lists them for 48 kHz. They are taken back to the analogue plane by the bilinear transform,
    p = (1 - 1/z) / (1 + 1/z), and out again so that each keeps its corner frequency.

    >>> [round(float(x), 5) for x in k_weighting(48000)[0][0]]
    [1.53512, -2.6917, 1.19839]
    """
    filters = []
    for b, a in (_SHELF, _HIGH_PASS):
        above, below = _analogue(np.array(b)), _analogue(np.array(a))
        corner = math.sqrt(below[0] / below[2])
        ratio = math.tan(math.atan(corner) * 48000 / rate) / corner
        scale = ratio ** -np.arange(3.0)
        digital_b, digital_a = _digital(above * scale), _digital(below * scale)
        filters.append((digital_b / digital_a[0], digital_a / digital_a[0]))
    return tuple(filters)


def _analogue(c: Floats) -> Floats:
    """c0 + c1/z + c2/z² as a polynomial in p, lowest power first (a common factor left out)."""
    return np.array([c[0] + c[1] + c[2], 2 * (c[0] - c[2]), c[0] - c[1] + c[2]])


def _digital(p: Floats) -> Floats:
    """The inverse of `_analogue`, up to a factor."""
    return np.array([p[0] + p[1] + p[2], 2 * (p[0] - p[2]), p[0] - p[1] + p[2]])


def k_response(frequencies: Floats, rate: int) -> Floats:
    """The squared gain of K-weighting at frequencies in Hz."""
    z = np.exp(-2j * np.pi * frequencies / rate)
    gain = np.ones(len(frequencies))
    for b, a in k_weighting(rate):
        gain *= np.abs((b[0] + b[1] * z + b[2] * z**2) / (a[0] + a[1] * z + a[2] * z**2)) ** 2
    return gain


class Spectra:
    """Power spectra of a sound that comes in blocks; the last frame's half waits for the next block.

    Attributes:
        rate: samples a second.
        frames_per_s: spectra a second, near `FRAMES_PER_S` (a frame's length has small factors alone).
        hop: samples from one frame to the next.
        frequencies: of the columns, in Hz.

    Args:
        rate: samples a second.
    """

    def __init__(self, rate: int) -> None:
        self.rate = rate
        self.hop = _smooth(rate / FRAMES_PER_S)
        self.frames_per_s = rate / self.hop
        self._length = 2 * self.hop
        self.frequencies: Floats = np.arange(self.hop + 1, dtype=np.float64) * (rate / self._length)
        window = np.sin(np.pi * (np.arange(self._length) + 0.5) / self._length)
        # Parseval, both halves of the spectrum in one, and the window's squares averaging to one half.
        self._window = (window * (2 / self._length)).astype(np.float32)
        self._waiting: Samples | None = None

    @property
    def channels(self) -> int:
        """Of the blocks that came; 0 before the first."""
        return 0 if self._waiting is None else len(self._waiting)

    def add(self, block: Samples) -> Powers:
        """The spectra that a block of shape (channels, n) completes, shape (frames, frequencies).

        Each is the power of all channels together, one-sided, its columns adding up to the mean square.
        """
        if self._waiting is None:  # the first frame is centred on the recording's first sample
            self._waiting = np.zeros((len(block), self.hop), dtype=np.float32)
        sound = np.concatenate([self._waiting, block], axis=1)
        frames = max(0, sound.shape[1] // self.hop - 1)
        self._waiting = sound[:, frames * self.hop :]
        if not frames:
            return np.zeros((0, len(self.frequencies)), dtype=np.float32)
        pieces = np.lib.stride_tricks.sliding_window_view(sound, self._length, axis=1)[:, :: self.hop][
            :, :frames
        ]
        power = np.zeros((frames, len(self.frequencies)), dtype=np.float32)
        for channel in pieces:
            spectrum = np.fft.rfft(channel * self._window, axis=1).astype(np.complex64, copy=False)
            squares = spectrum.view(np.float32)
            squares *= squares
            power += squares[:, ::2]
            power += squares[:, 1::2]
        power[:, [0, -1]] *= np.float32(0.5)  # they stand for themselves alone
        return power


def _smooth(wanted: float) -> int:
    """The nearest whole number without other prime factors than 2, 3 and 5: the FFT is fast there."""
    powers: Iterator[int] = (2**a * 3**b * 5**c for a in range(12) for b in range(8) for c in range(6))
    return min(powers, key=lambda number: abs(number - wanted))


def lufs(power: Floats) -> Floats:
    """Loudness of K-weighted mean squares, channels added up (BS.1770-4, equation 2), at least `FLOOR_LUFS`.

    >>> lufs(np.array([1.0, 0.0])).round(3).tolist()
    [-0.691, -70.0]
    """
    quiet = 10 ** ((FLOOR_LUFS + 0.691) / 10)
    return -0.691 + 10 * np.log10(np.maximum(np.asarray(power, dtype=np.float64), quiet))


def averaged(values: Floats | Powers, width: int) -> Floats:
    """Means over ``width`` values around each; at the ends over those that there are."""
    sums = np.concatenate([[0.0], np.cumsum(values, dtype=np.float64)])
    places = np.arange(len(values))
    low = np.maximum(places - (width - 1) // 2, 0)
    high = np.minimum(places + width // 2 + 1, len(values))
    return np.asarray((sums[high] - sums[low]) / np.maximum(high - low, 1), dtype=np.float64)


def momentary(samples: Iterator[Samples] | list[Samples], rate: int) -> Floats:
    """Momentary loudness (400 ms) of a sound in LUFS, `FRAMES_PER_S` values a second.

    Args:
        samples: blocks of shape (channels, n), of mono or stereo.
        rate: samples a second.
    """
    spectra = Spectra(rate)
    weights = k_response(spectra.frequencies, rate).astype(np.float32)
    powers = [spectra.add(block) @ weights for block in samples]
    power = np.concatenate(powers) if powers else np.zeros(0)
    return lufs(averaged(power, round(MOMENTARY_S * spectra.frames_per_s)))
