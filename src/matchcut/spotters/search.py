"""Moments whose pictures fit a sentence, from features that are there already."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from matchcut.encoders.features import FrameFeatures
from matchcut.encoders.text import TextEncoder
from matchcut.errors import QuestionError, SettingsError
from matchcut.spotters.crowd import Crowd
from matchcut.spotters.joint import cues
from matchcut.spotters.vision import mean_direction

Floats = NDArray[np.float64]

_CROWD = re.compile(r"\b(roar\w*|cheer\w*|loud\w*|ecstatic|erupt\w*|celebrat\w*)\b", re.IGNORECASE)
_WHISTLE = re.compile(r"\bwhistl\w*\b", re.IGNORECASE)


@dataclass(frozen=True)
class SearchSettings:
    """How frames become moments.

    Attributes:
        join_s: frames no further apart than this may be of one moment.
        share: a moment goes on while its frames fit at least this share as well as its best one, counted from
            what is usual in the recording.
        apart_s: two moments are at least so far apart.
        around_s: a moment is shown from so long before its first frame to so long after its last.
        sound: what the sound counts beside the picture where a sentence names it.

    Raises:
        SettingsError: a value is out of its range.
    """

    join_s: float = 4.0
    share: float = 0.6
    apart_s: float = 3.0
    around_s: float = 2.0
    sound: float = 1.0

    def __post_init__(self) -> None:
        if min(self.join_s, self.apart_s, self.around_s, self.sound) < 0 or not 0 < self.share <= 1:
            raise SettingsError(f"a search's setting is out of its range: {self}", "Correct it")


@dataclass(frozen=True, slots=True)
class Match:
    """A moment that fits.

    Attributes:
        time: the second of the frame that fits best.
        start, end: what to show, in seconds.
        fit: how far it stands out from what is usual in the recording: 0 is usual, 1 is one usual deviation
            above it. It orders moments of one search; whether anything fits at all is for a person to see.
        cosine: between the best frame and the sentence.
        frames: how many frames it joins.
    """

    time: float
    start: float
    end: float
    fit: float
    cosine: float
    frames: int


def names_sound(sentence: str) -> tuple[str, ...]:
    """Which of "crowd" and "whistle" a sentence names.

    >>> names_sound("the crowd roaring"), names_sound("goalkeeper on the ground")
    (('crowd',), ())
    """
    found = (("crowd", _CROWD), ("whistle", _WHISTLE))
    return tuple(name for name, words in found if words.search(sentence))


def direction_of(text: TextEncoder, sentence: str) -> NDArray[np.float32]:
    """A sentence's direction, shape (D,); a long one is read in pieces.

    Raises:
        QuestionError: there is no sentence.
    """
    pieces = text.pieces(sentence)
    if not pieces:
        raise QuestionError("there is no sentence to look for", 'Give one, such as "goalkeeper on the ground"')
    return mean_direction(text, pieces)


def search(
    features: FrameFeatures,
    direction: NDArray[np.float32],
    *,
    top: int = 10,
    heard: Sequence[str] = (),
    crowd: Crowd | None = None,
    settings: SearchSettings = SearchSettings(),
) -> list[Match]:
    """The moments that fit best, the best first.

    Args:
        features: of the recording's frames.
        direction: the sentence's, from `direction_of`.
        top: how many at most.
        heard: of "crowd" and "whistle", what is to be heard as well; see `names_sound`.
        crowd: the recording's sound; without it pictures alone count.
        settings: how frames become moments.

    Raises:
        SettingsError: less than one moment is wanted.
    """
    if top < 1:
        raise SettingsError(f"cannot give {top} moments", "Ask for one or more")
    cosines = (features.directions @ direction).astype(np.float64)
    fits = standing_out(cosines)
    if crowd is not None and heard:
        rise, whistle, listened = cues(features.times, crowd)
        for cue, name in ((rise, "crowd"), (whistle, "whistle")):
            if name in heard:
                fits = fits + settings.sound * np.where(listened, _standard(cue), 0.0)
    found: list[Match] = []
    left = fits.copy()
    while len(found) < top and np.isfinite(left.max()):
        best = int(left.argmax())
        first, last = _extent(features.times, fits, left, best, settings)
        found.append(_match(features, cosines, fits, best, first, last, settings))
        near = (features.times >= features.times[first] - settings.apart_s) & (
            features.times <= features.times[last] + settings.apart_s
        )
        left[near] = -np.inf
    return found


def standing_out(values: Floats) -> Floats:
    """Values as distances from their median, in robust deviations (1.4826 × median absolute deviation)."""
    middle = float(np.median(values))
    spread = 1.4826 * float(np.median(np.abs(values - middle)))
    return (values - middle) / (spread if spread > 1e-9 else 1.0)


def _standard(values: Floats) -> Floats:
    spread = float(values.std())
    return (values - values.mean()) / spread if spread > 1e-9 else np.zeros(len(values))


def _extent(times: Floats, fits: Floats, left: Floats, best: int, how: SearchSettings) -> tuple[int, int]:
    """The first and the last frame of the moment around the best one."""
    least = how.share * fits[best] if fits[best] > 0 else fits[best]
    first = last = best
    while first > 0 and times[first] - times[first - 1] <= how.join_s and left[first - 1] >= least:
        first -= 1
    while last + 1 < len(times) and times[last + 1] - times[last] <= how.join_s and left[last + 1] >= least:
        last += 1
    return first, last


def _match(
    features: FrameFeatures,
    cosines: Floats,
    fits: Floats,
    best: int,
    first: int,
    last: int,
    how: SearchSettings,
) -> Match:
    times = features.times
    end = min(float(times[last]) + how.around_s, max(features.duration, float(times[last])))
    return Match(
        time=round(float(times[best]), 3),
        start=round(max(float(times[first]) - how.around_s, 0.0), 3),
        end=round(end, 3),
        fit=round(float(fits[best]), 3),
        cosine=round(float(cosines[best]), 4),
        frames=last - first + 1,
    )
