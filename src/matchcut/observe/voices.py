"""Crowd and voices told apart by what is heard between the syllables.

A crowd is steady over a second or two; speech comes and goes two to eight times a second. So the quiet
moments of a window of 1.6 s tell the crowd (minimum statistics), and the power above it, between 300 and
3,400 Hz and in the rhythm of syllables, tells the voice. A commentator who shouts without a pause counts as
crowd, a chant with a hard rhythm in part as voice: bands alone cannot tell more.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from matchcut.observe.loudness import averaged, lufs

VOICE_HZ = (300.0, 3400.0)
WINDOW_S = 1.6
QUIET = 0.2
"""The share of a window's frames that are taken to hold no syllable."""
QUIET_DB = 0.4
"""The level of that share of a steady noise's frames of 50 ms lies so far below its mean."""
SYLLABLES_S = (0.06, 0.5)
"""What is faster or slower than this is no rhythm of syllables."""
RHYTHM_DB = (1.5, 4.0)
"""Strength of the rhythm in a crowd, which makes no voice, and in speech, which makes all of it one."""

Floats = NDArray[np.float64]
Powers = NDArray[np.float32]


def crowd_and_voice(
    whole: Powers, band: Powers, frames_per_s: float, places: NDArray[np.int64]
) -> tuple[Floats, Floats]:
    """The loudness of the crowd and of the voices, in LUFS.

    Args:
        whole: K-weighted power of each frame, shape (frames,).
        band: the part of it between 300 and 3,400 Hz.
        frames_per_s: frames a second.
        places: the frames to tell it for, shape (T,).
    """
    width = max(3, round(WINDOW_S * frames_per_s))
    steady = np.minimum(_quiet(whole, width, places), averaged(whole, width)[places])
    steady_band = np.minimum(_quiet(band, width, places), averaged(band, width)[places])
    rhythm = syllable_rhythm(band, frames_per_s)[places]
    share = np.clip((rhythm - RHYTHM_DB[0]) / (RHYTHM_DB[1] - RHYTHM_DB[0]), 0, 1)
    voice = np.maximum(averaged(band, width)[places] - steady_band, 0) * share
    return lufs(steady), lufs(voice)


def syllable_rhythm(band: Powers, frames_per_s: float) -> Floats:
    """How much a sound comes and goes in the rhythm of syllables: standard deviation over 2 s, in dB."""
    level = 10 * np.log10(np.asarray(band, dtype=np.float64) + 1e-9)
    fast, slow = (max(1, round(s * frames_per_s)) for s in SYLLABLES_S)
    swing = averaged(level, fast) - averaged(level, slow)
    return np.asarray(np.sqrt(averaged(swing**2, round(2 * frames_per_s))), dtype=np.float64)


def _quiet(power: Powers, width: int, places: NDArray[np.int64]) -> Floats:
    """The power that a window around each place keeps between its syllables."""
    padded = np.pad(power, (width // 2, width - width // 2), mode="edge")
    windows = np.lib.stride_tricks.sliding_window_view(padded, width)
    rank = int(QUIET * width)
    parts = [
        np.partition(windows[some], rank, axis=1)[:, rank]
        for some in np.array_split(places, max(1, len(places) // 4096))
    ]
    return np.concatenate(parts).astype(np.float64) * 10 ** (QUIET_DB / 10)
