"""Sound joined to pictures: what is heard around a moment moves what the picture there is taken for.

The same likelihood ratios that the fusion uses (`matchcut.spotters.numbers`), moment by moment instead of event
by event, so that a picture that could be a goal becomes one where the crowd rises, and is found at all:

    logit(joint) = logit(picture) + missing + (made - missing) * heard

``heard`` is, of the crowd, how exciting its greatest rise from 4 s before to 10 s after the moment is; of the
whistle, whether one is heard from 4 s before to 6 s after. ``made`` and ``missing`` are the weights of hearing
it and of not hearing it, for this recording: where it is heard all the time it tells nothing.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from matchcut.observe.loudness import FLOOR_LUFS
from matchcut.spotters.crowd import RISE_S, WHISTLE_S, Crowd, thrill
from matchcut.spotters.weighing import Rates
from matchcut.tracks import ScoreTrack

Floats = NDArray[np.float64]

_LEAST = 1e-4


def with_sound(pictures: ScoreTrack, crowd: Crowd) -> ScoreTrack:
    """A track of pictures with what was heard; labels that no sound goes with stay as they are.

    Args:
        pictures: what the pictures were taken for.
        crowd: the recording's sound.
    """
    rates = crowd.settings
    scores = pictures.scores.copy()
    rise, whistle, heard = cues(pictures.times, crowd)
    for column, label in enumerate(pictures.labels):
        moved = np.zeros(len(pictures))
        if label in rates.crowd:
            moved += _weights(rates.crowd[label].within(crowd.usual_rises), rise)
        if label in rates.whistle and len(crowd.whistles):
            moved += _weights(rates.whistle[label].within(crowd.usual_whistles), whistle)
        scores[:, column] = _moved(scores[:, column], np.where(heard, moved, 0.0))
    return ScoreTrack(pictures.labels, scores, pictures.rate, pictures.source, pictures.start)


def cues(times: Floats, crowd: Crowd) -> tuple[Floats, Floats, NDArray[np.bool_]]:
    """What is heard around some moments.

    Args:
        times: seconds, shape (T,).
        crowd: the recording's sound.

    Returns:
        How exciting the crowd's rise is and whether a whistle is heard, each in [0, 1], and whether anything
        was listened to; shape (T,) each.
    """
    sound = crowd.sound
    rises = np.array([_top(crowd.rise, sound.rate, time, RISE_S) for time in times])
    blown = np.zeros(len(times))
    if len(crowd.whistles):
        first = np.searchsorted(crowd.whistles, times + WHISTLE_S[0])
        last = np.searchsorted(crowd.whistles, times + WHISTLE_S[1], "right")
        blown = (last > first).astype(np.float64)
    level = np.array([_top(sound.loudness, sound.rate, time, RISE_S) for time in times])
    return thrill(rises), blown, level > FLOOR_LUFS + 1


def _top(values: NDArray[np.floating], rate: float, time: float, around: tuple[float, float]) -> float:
    here = values[max(round((time + around[0]) * rate), 0) : max(round((time + around[1]) * rate), 0)]
    return float(here.max()) if len(here) else -100.0


def _weights(rates: Rates, heard: Floats) -> Floats:
    moved: Floats = rates.missing + (rates.made - rates.missing) * heard
    return moved


def _moved(scores: NDArray[np.float32], weights: Floats) -> NDArray[np.float32]:
    clipped = np.clip(scores.astype(np.float64), _LEAST, 1 - _LEAST)
    odds = np.log(clipped / (1 - clipped)) + weights
    moved = np.where(weights == 0, scores, 1 / (1 + np.exp(-odds)))
    # What the picture gives nothing for is not made of sound alone.
    return np.where(scores <= _LEAST, scores, moved).astype(np.float32)
