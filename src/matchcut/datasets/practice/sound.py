"""The sound: a crowd that swells with the play, the whistle, and the ball being kicked."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from matchcut.datasets.practice.picture import excitement
from matchcut.datasets.practice.script import Script

Array = NDArray[np.float64]
_CONTROL_RATE = 50.0
_KICKS = {"roll": 0.10, "loft": 0.22, "shot": 0.4}


def mix(script: Script, sample_rate: int) -> NDArray[np.float32]:
    """The whole sound, shape (N,), mono, each sample in (-1, 1)."""
    count = round(script.duration_s * sample_rate)
    rng = np.random.default_rng([script.seed, 11])
    sound = _crowd(script, count, sample_rate, rng)
    for moment, blasts, long in script.whistles:
        t = moment
        for blast in range(blasts):
            seconds = 1.1 if long and blast == blasts - 1 else 0.45
            _add(sound, _whistle(seconds, sample_rate), t, sample_rate)
            t += seconds + 0.15
    thump = _thump(sample_rate)
    for touch in script.touches:
        if touch.actor is not None and touch.how in _KICKS:
            _add(sound, _KICKS[touch.how] * thump, touch.t, sample_rate)
    limited: NDArray[np.float32] = np.tanh(sound).astype(np.float32)
    return limited


def _add(sound: Array, piece: Array, t: float, sample_rate: int) -> None:
    start = round(t * sample_rate)
    if 0 <= start < len(sound):
        part = piece[: len(sound) - start]
        sound[start : start + len(part)] += part


def _crowd(script: Script, count: int, sample_rate: int, rng: np.random.Generator) -> Array:
    """A murmur that is always there, and a roar of higher voices that follows the excitement."""
    frames = int(count / sample_rate * _CONTROL_RATE) + 2
    level = excitement(script, frames, _CONTROL_RATE)
    at = np.arange(count) * (_CONTROL_RATE / sample_rate)
    excited = np.interp(at, np.arange(frames), level)
    breath = np.interp(at, np.arange(0, frames, 25), 1 + 0.15 * rng.standard_normal(len(range(0, frames, 25))))
    murmur = _voices(count, sample_rate, 180.0, 900.0, rng)
    roar = _voices(count, sample_rate, 450.0, 2600.0, rng)
    # A slow clap under it all, as supporters do.
    beat = np.clip(np.sin(2 * np.pi * np.arange(count) / sample_rate / 0.62), 0, 1) ** 8
    murmur *= 0.05 * breath * (1 + 0.12 * beat) * (1 + 1.2 * excited)
    crowd: Array = murmur + 0.42 * excited**1.7 * roar
    return crowd


def _voices(count: int, sample_rate: int, low: float, high: float, rng: np.random.Generator) -> Array:
    """Noise with the spectrum of many voices, about 1 strong; ten seconds of it, laid end to end."""
    length = min(10 * sample_rate, max(count, sample_rate))
    spectrum = np.fft.rfft(rng.standard_normal(length))
    f = np.fft.rfftfreq(length, 1 / sample_rate)
    spectrum *= np.sqrt(1 / (1 + (low / np.maximum(f, 1.0)) ** 4) / (1 + (f / high) ** 4))
    # A piece made from a spectrum fits on to itself without a seam.
    piece = np.fft.irfft(spectrum, length)
    piece /= piece.std()
    return np.resize(np.asarray(piece, dtype=np.float64), count)


def _whistle(seconds: float, sample_rate: int) -> Array:
    """Two close high tones with the flutter of the pea."""
    t = np.arange(int(seconds * sample_rate)) / sample_rate
    flutter = 1 + 0.012 * np.sin(2 * np.pi * 38 * t)
    tone = np.sin(2 * np.pi * 2850 * t * flutter) + 0.7 * np.sin(2 * np.pi * 3120 * t)
    shape = np.clip(np.minimum(t / 0.02, (seconds - t) / 0.06), 0, 1)
    whistle: Array = 0.2 * shape * tone * (0.8 + 0.2 * np.sin(2 * np.pi * 38 * t))
    return whistle


def _thump(sample_rate: int) -> Array:
    t = np.arange(int(0.16 * sample_rate)) / sample_rate
    thump: Array = np.exp(-t / 0.035) * np.sin(2 * np.pi * (105 - 260 * t) * t) + 0.2 * np.exp(-t / 0.004)
    return thump
