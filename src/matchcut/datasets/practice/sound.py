"""The sound: a crowd that swells with the play, the whistle, and the ball being kicked."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from matchcut.datasets.practice.scene import excitement
from matchcut.datasets.practice.script import Script

Array = NDArray[np.float64]
_CONTROL_RATE = 50.0
_BLOCK_S = 10
_KICKS = {"roll": 0.10, "loft": 0.22, "shot": 0.4}


def mix(script: Script, sample_rate: int) -> NDArray[np.float32]:
    """The whole sound, shape (N,), mono, each sample in (-1, 1)."""
    count = round(script.duration_s * sample_rate)
    rng = np.random.default_rng([script.seed, 11])
    sound = _crowd(script, count, sample_rate, rng)
    for blow in script.whistles:
        for start, end in blow.blasts_at():
            _add(sound, _whistle(end - start, sample_rate), start, sample_rate)
    thump = _thump(sample_rate)
    for touch in script.touches:
        if touch.actor is not None and touch.how in _KICKS:
            _add(sound, _KICKS[touch.how] * thump, touch.t, sample_rate)
    return np.tanh(sound, out=sound)


def _add(sound: NDArray[np.float32], piece: Array, t: float, sample_rate: int) -> None:
    start = round(t * sample_rate)
    if 0 <= start < len(sound):
        part = piece[: len(sound) - start]
        sound[start : start + len(part)] += part


def _crowd(script: Script, count: int, sample_rate: int, rng: np.random.Generator) -> NDArray[np.float32]:
    """A murmur that is always there, and a roar of higher voices that follows the excitement."""
    frames = int(count / sample_rate * _CONTROL_RATE) + 2
    level = excitement(script, frames, _CONTROL_RATE)
    breaths = np.arange(0, frames, 25)
    depth = 1 + 0.15 * rng.standard_normal(len(breaths))
    low = _voices(count, sample_rate, 180.0, 900.0, rng)
    high = _voices(count, sample_rate, 450.0, 2600.0, rng)
    crowd = np.empty(count, dtype=np.float32)
    # Block by block: the steps between take ten times the memory of the sound.
    for start in range(0, count, _BLOCK_S * sample_rate):
        samples = np.arange(start, min(start + _BLOCK_S * sample_rate, count))
        at = samples * (_CONTROL_RATE / sample_rate)
        excited = np.interp(at, np.arange(frames), level)
        # A slow clap under it all, as supporters do.
        beat = np.clip(np.sin(2 * np.pi * samples / sample_rate / 0.62), 0, 1) ** 8
        strength = 0.05 * np.interp(at, breaths, depth) * (1 + 0.12 * beat) * (1 + 1.2 * excited)
        murmur, roar = low[samples % len(low)], high[samples % len(high)]
        crowd[samples] = strength * murmur + 0.42 * excited**1.7 * roar
    return crowd


def _voices(count: int, sample_rate: int, low: float, high: float, rng: np.random.Generator) -> Array:
    """Noise with the spectrum of many voices, about 1 strong; ten seconds of it, to be laid end to end."""
    length = min(10 * sample_rate, max(count, sample_rate))
    spectrum = np.fft.rfft(rng.standard_normal(length))
    f = np.fft.rfftfreq(length, 1 / sample_rate)
    spectrum *= np.sqrt(1 / (1 + (low / np.maximum(f, 1.0)) ** 4) / (1 + (f / high) ** 4))
    # A piece made from a spectrum fits on to itself without a seam.
    piece = np.fft.irfft(spectrum, length)
    return np.asarray(piece / piece.std(), dtype=np.float64)


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
