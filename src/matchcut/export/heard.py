"""How one moment sounded, beside what is usual for some minutes around it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from matchcut.observe.excitement import ExcitementSettings, excitement, over_baseline
from matchcut.observe.loudness import FLOOR_LUFS, averaged
from matchcut.observe.sound import SoundTrack


@dataclass(frozen=True, slots=True)
class SoundThen:
    """How it sounded.

    Attributes:
        loudness: mean over the window, in LUFS.
        usual: the running median's mean over the window, in LUFS.
        crowd_db, voice_db: how far crowd and voices were above their usual at the moment itself, averaged
            over a second.
        rise_db, rise_at: the greatest excitement in the window, in dB above the usual, and when it was.
        silent: nothing was to be heard in the whole window.
    """

    loudness: float
    usual: float
    crowd_db: float
    voice_db: float
    rise_db: float
    rise_at: float
    silent: bool = False


def heard(sound: SoundTrack, time: float, start: float, end: float) -> SoundThen | None:
    """The sound around a moment; None where the track does not reach.

    Args:
        sound: of the whole recording.
        time: the moment, in seconds.
        start, end: the window around it.
    """
    first, last = round(start * sound.rate), min(round(end * sound.rate) + 1, len(sound))
    if first >= last:
        return None
    settings = ExcitementSettings()
    # Only what the running median around the window needs: a match is long.
    reach = round((settings.baseline_s + settings.smooth_s) * sound.rate)
    low = max(first - reach, 0)
    low -= low % max(1, round(sound.rate))  # the median goes by whole seconds from the track's beginning
    part = slice(low, last + reach)
    near = SoundTrack(sound.loudness[part], sound.crowd[part], sound.voice[part], rate=sound.rate)
    inside = slice(first - low, last - low)
    place = min(max(round(time * sound.rate) - low, 0), len(near) - 1)
    rise = excitement(near, settings)[inside]
    over = [
        averaged(over_baseline(level, sound.rate, settings.baseline_s), max(1, round(sound.rate)))
        for level in (near.crowd, near.voice)
    ]
    above = over_baseline(near.loudness, sound.rate, settings.baseline_s)[inside]
    loud = near.loudness[inside].astype(np.float64)
    best = int(rise.argmax())
    return SoundThen(
        loudness=round(float(loud.mean()), 1),
        usual=round(float((loud - above).mean()), 1),
        crowd_db=round(float(over[0][place]), 1),
        voice_db=round(float(over[1][place]), 1),
        rise_db=round(float(rise[best]), 1),
        rise_at=round((first + best) / sound.rate, 1),
        silent=bool(loud.max() <= FLOOR_LUFS + 1),
    )
