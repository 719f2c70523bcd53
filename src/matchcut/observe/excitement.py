"""Excitement: how far crowd and commentators rise above what has been usual for some minutes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from matchcut.errors import SettingsError
from matchcut.observe.loudness import FLOOR_LUFS, averaged
from matchcut.observe.sound import SoundTrack

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class ExcitementSettings:
    """How excitement is measured.

    Attributes:
        baseline_s: the running median is taken over so much around each moment.
        smooth_s: a rise is averaged over so much: a bang is no excitement.
        loudness_weight: how much of the rise of the whole counts beside the rise of the crowd.
        apart_s: two moments are at least so far apart.
    """

    baseline_s: float = 300.0
    smooth_s: float = 4.0
    loudness_weight: float = 0.5
    apart_s: float = 20.0


@dataclass(frozen=True, slots=True)
class ExcitingMoment:
    """A moment worth watching, by its sound.

    Attributes:
        time: second on the recording at which the excitement is greatest.
        start, end: where it rises above and falls below half of that.
        rise_db: how far above the usual, as `excitement` tells it.
        crowd_db, voice_db: how far the crowd and the voices alone are above their usual level then.
    """

    time: float
    start: float
    end: float
    rise_db: float
    crowd_db: float
    voice_db: float


def over_baseline(level: NDArray[np.float32], rate: float, baseline_s: float) -> Floats:
    """Levels in dB as the distance from their running median, silence left out; 0 where all is silent.

    Args:
        level: in LUFS, shape (T,).
        rate: values a second.
        baseline_s: seconds around each value that the median is taken over.
    """
    step = max(1, round(rate))  # one value a second is enough for a median over minutes
    if not len(level):
        return np.zeros(0)
    seconds = np.array([level[i : i + step].mean() for i in range(0, len(level), step)], dtype=np.float64)
    heard = np.where(seconds > FLOOR_LUFS + 1, seconds, np.nan)
    medians = _medians(heard, max(1, round(baseline_s / 2)), FLOOR_LUFS)
    usual = np.interp(np.arange(len(level)), np.arange(len(medians)) * step + (step - 1) / 2, medians)
    return np.where(level > FLOOR_LUFS + 1, level - usual, 0.0)


def _medians(values: Floats, half: int, otherwise: float) -> Floats:
    """The median of the ``2 * half + 1`` values around each, NaN left out; ``otherwise`` where all are NaN."""
    edge = np.full(half, np.nan)
    around = np.lib.stride_tricks.sliding_window_view(np.concatenate([edge, values, edge]), 2 * half + 1)
    ordered = np.sort(around, axis=1)  # NaN last
    count = (~np.isnan(ordered)).sum(axis=1)
    rows, last = np.arange(len(values)), np.maximum(count - 1, 0)
    middle: Floats = (ordered[rows, last // 2] + ordered[rows, (last + 1) // 2]) / 2
    return np.where(count > 0, middle, otherwise)


def excitement(track: SoundTrack, settings: ExcitementSettings = ExcitementSettings()) -> Floats:
    """How excited it sounds, in dB above the usual, shape (T,): by the crowd's rise and that of the whole.

    The voices alone do not count: a commentator pauses and speaks up all the time. They do within the whole.
    """
    s = settings
    rises = [
        over_baseline(level, track.rate, s.baseline_s) * weight
        for level, weight in ((track.crowd, 1 - s.loudness_weight), (track.loudness, s.loudness_weight))
    ]
    return averaged(rises[0] + rises[1], max(1, round(s.smooth_s * track.rate)))


def exciting_moments(
    track: SoundTrack, count: int = 6, settings: ExcitementSettings = ExcitementSettings()
) -> list[ExcitingMoment]:
    """The most exciting moments, the greatest first; fewer than ``count`` where it rises less often.

    Raises:
        SettingsError: the count is negative.
    """
    if count < 0:
        raise SettingsError(f"cannot give {count} moments", "Ask for 0 or more")
    rise = excitement(track, settings)
    crowd = averaged(over_baseline(track.crowd, track.rate, settings.baseline_s), round(track.rate))
    voice = averaged(over_baseline(track.voice, track.rate, settings.baseline_s), round(track.rate))
    left = rise.copy()
    apart = round(settings.apart_s * track.rate)
    moments: list[ExcitingMoment] = []
    while len(left) and len(moments) < count and (best := int(left.argmax())) >= 0 and left[best] > 0.5:
        low = np.flatnonzero(rise[:best] < rise[best] / 2)
        high = np.flatnonzero(rise[best:] < rise[best] / 2)
        start = int(low[-1]) + 1 if len(low) else 0
        end = best + int(high[0]) if len(high) else len(rise)
        moments.append(
            ExcitingMoment(
                best / track.rate,
                start / track.rate,
                end / track.rate,
                round(float(rise[best]), 1),
                round(float(crowd[best]), 1),
                round(float(voice[best]), 1),
            )
        )
        left[max(0, min(start, best - apart)) : max(end, best + apart)] = -np.inf
    return moments
