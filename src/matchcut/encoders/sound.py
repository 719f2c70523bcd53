"""Sound as vectors: statistics of log-mel energies, without any weights.

Each row describes a short while: mean and deviation of the energies in bands that are as wide as hearing makes
them (the mel scale), and how much the whole rose since the last row. A small network on top learns the rest.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from matchcut.encoders.store import FeatureKey
from matchcut.errors import InputError
from matchcut.media.sound import read_sound
from matchcut.models.settings import check

Floats = NDArray[np.float32]


@dataclass(frozen=True)
class SoundSettings:
    """How sound becomes vectors.

    Attributes:
        rate: rows a second.
        bands: mel bands; a row has twice as many numbers, and one.
        samples: a second of sound.
        window_s, hop_s: of the spectra.

    Raises:
        SettingsError: a value is out of its range.
    """

    rate: float = 2.0
    bands: int = 32
    samples: int = 16_000
    window_s: float = 0.025
    hop_s: float = 0.0125

    def __post_init__(self) -> None:
        check("rate", self.rate, 0.1, 20)
        check("bands", self.bands, 2, 128)
        check("samples", self.samples, 4000)
        check("window_s", self.window_s, 0.005, 1)
        check("hop_s", self.hop_s, 0.001, self.window_s)

    @property
    def identity(self) -> str:
        """Names these features."""
        return "log-mel-1 " + " ".join(f"{value:g}" for value in asdict(self).values())

    @property
    def width(self) -> int:
        """Numbers a row."""
        return 2 * self.bands + 1


def sound_key(source: str, how: SoundSettings) -> FeatureKey:
    """Where a store keeps the sound of a source (`matchcut.files.content_key`)."""
    return FeatureKey(how.identity, source, 0.5 / how.rate, 0.0, how.rate)


def mel_filters(how: SoundSettings) -> Floats:
    """Triangular filters on the mel scale ``2595 log10(1 + f / 700)``, shape (bands, bins)."""
    size = round(how.window_s * how.samples)
    bins = np.arange(size // 2 + 1) * how.samples / size
    top = 2595 * np.log10(1 + how.samples / 2 / 700)
    edges = 700 * (10 ** (np.linspace(0, top, how.bands + 2) / 2595) - 1)
    up = (bins - edges[:-2, None]) / (edges[1:-1] - edges[:-2])[:, None]
    down = (edges[2:, None] - bins) / (edges[2:] - edges[1:-1])[:, None]
    filters = np.maximum(0, np.minimum(up, down))
    # A band narrower than the bins' distance would hear nothing: it takes the nearest bin.
    for band in np.flatnonzero(filters.sum(1) == 0):
        filters[band, int(np.abs(bins - edges[band + 1]).argmin())] = 1
    return filters.astype(np.float32)


def sound_vectors(path: Path | str, how: SoundSettings | None = None) -> NDArray[np.float16]:
    """A recording's sound, shape (T, 2 * bands + 1), in memory that does not grow with the sound itself.

    Raises:
        InputError: the file has no sound, or cannot be read.
    """
    settings = how or SoundSettings()
    filters = mel_filters(settings)
    rows: list[Floats] = []
    before = 0.0
    for _, samples in read_sound(path, settings.samples, 1 / settings.rate):
        row = _row(samples, filters, settings, before)
        before = float(row[: settings.bands].mean())
        rows.append(row)
    if not rows:
        raise InputError(f"{path}: has no sound", "Leave sound out of the modalities")
    return np.stack(rows).astype(np.float16)


def _row(samples: Floats, filters: Floats, how: SoundSettings, before: float) -> Floats:
    size, hop = round(how.window_s * how.samples), round(how.hop_s * how.samples)
    padded = np.pad(samples, (0, max(0, size - len(samples))))
    frames = np.lib.stride_tricks.sliding_window_view(padded, size)[::hop] * np.hanning(size)
    power = np.abs(np.fft.rfft(frames, axis=1)).astype(np.float32) ** 2
    levels = np.log10(power @ filters.T + 1e-8)
    mean = levels.mean(axis=0)
    rise = mean.mean() - before if before else 0.0
    return np.concatenate([mean, levels.std(axis=0), [rise]]).astype(np.float32)
