"""From a score track to moments: smoothing, peaks, suppression near better ones, and what a score means."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

from matchcut.errors import SettingsError
from matchcut.events import Event
from matchcut.recording import Recording
from matchcut.tracks import ScoreTrack

Floats = NDArray[np.float64]

LEAST = 1e-3
"""Peaks below this are noise: at one in a thousand they change no figure and cost time."""


@dataclass(frozen=True)
class LabelDecoding:
    """How one label's moments are taken from its track.

    Attributes:
        smooth_s: standard deviation of the Gaussian that smooths the track, in seconds; 0 for none.
        apart_s: a peak nearer than this to a higher one is weakened: times (distance / apart_s)².
        slope, intercept: calibration, ``probability = logistic(slope * logit(peak) + intercept)``.
        min_score: moments below this probability are not shown unless the user says otherwise.
    """

    smooth_s: float
    apart_s: float
    slope: float = 1.0
    intercept: float = 0.0
    min_score: float = 0.3

    def __post_init__(self) -> None:
        if self.smooth_s < 0 or self.apart_s < 0 or self.slope <= 0 or not 0 <= self.min_score <= 1:
            raise SettingsError(f"a decoding's setting is out of its range: {self}", "Install matchcut again")

    def to_json(self) -> dict[str, float]:
        """Plain values."""
        return asdict(self)

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> LabelDecoding:
        """Reads what `to_json` wrote.

        Raises:
            SettingsError: a key is unknown or missing.
        """
        known = {field.name for field in fields(cls)}
        if set(value) != known:
            raise SettingsError(
                f"a decoding has the keys {sorted(known)}, not {sorted(value)}", "Install matchcut again"
            )
        return cls(**{key: float(number) for key, number in value.items()})


def smooth(scores: NDArray[np.floating[Any]], deviation: float) -> Floats:
    """A track smoothed by a Gaussian whose standard deviation is given in rows; the ends are continued."""
    values = np.asarray(scores, np.float64)
    reach = int(3 * deviation) + 1
    if deviation <= 0 or not len(values):
        return values
    kernel = np.exp(-0.5 * (np.arange(-reach, reach + 1) / deviation) ** 2)
    return np.convolve(np.pad(values, reach, mode="edge"), kernel / kernel.sum(), "valid")


def peaks(scores: Floats) -> NDArray[np.int64]:
    """The rows that are higher than the next and no lower than the last, of any height above 0."""
    around = np.pad(scores, 1, constant_values=-1.0)
    high = (scores >= around[:-2]) & (scores > around[2:]) & (scores > 0)
    return np.flatnonzero(high).astype(np.int64)


def weaken(places: Floats, scores: Floats, reach: float, factor: Callable[[Floats], Floats]) -> Floats:
    """Scores after greedy suppression: the best first, as it stands after those before it, each weakening those
    within reach that are still to be taken.

    Args:
        places: ascending, shape (N,).
        scores: shape (N,).
        reach: how near is too near, in the unit of the places.
        factor: what a score is multiplied with at these distances, each in [0, 1].
    """
    left = np.array(scores, np.float64)
    if reach <= 0 or len(left) < 2:
        return left
    first = np.searchsorted(places, places - reach, "right")
    last = np.searchsorted(places, places + reach, "left")
    near = np.arange(int((last - first).max())) + first[:, None]
    weaker = factor(np.abs(places[np.minimum(near, len(left) - 1)] - places[:, None]))
    waiting, left = left, np.zeros_like(left)
    while waiting[best := int(waiting.argmax())] > 0:
        left[best] = waiting[best]
        begin, end = first[best], last[best]
        waiting[begin:end] *= weaker[best, : end - begin]
        waiting[best] = -1.0  # taken
    return left


def weaken_neighbours(places: Floats, scores: Floats, apart: float) -> Floats:
    """Scores after soft suppression: times ``(distance / apart)²`` for each better one near; see `weaken`."""

    def square(distance: Floats) -> Floats:
        found: Floats = np.minimum(distance / apart, 1.0) ** 2
        return found

    return weaken(places, scores, apart, square)


def moments(
    scores: NDArray[np.floating[Any]],
    rate: float,
    how: LabelDecoding,
    weakened: Callable[[Floats, Floats, float], Floats] = weaken_neighbours,
    least: float = LEAST,
) -> tuple[Floats, Floats]:
    """One label's moments in time order: seconds from the track's first row, and scores after suppression.

    Args:
        scores: the label's track.
        rate: rows a second.
        how: the label's decoding.
        weakened: what weakens peaks near better ones; see `matchcut.spotters.suppression.SUPPRESSIONS`.
        least: peaks below this are passed over.
    """
    track = smooth(scores, how.smooth_s * rate)
    rows = peaks(track)
    rows = rows[track[rows] >= least]
    seconds = rows / rate
    kept = weakened(seconds, track[rows], how.apart_s)
    alive = kept >= least
    return seconds[alive], kept[alive]


def probability(scores: Floats, how: LabelDecoding) -> Floats:
    """What a peak's score means: the probability that an event of its own lies within 15 s of it."""
    clipped = np.clip(scores, 1e-7, 1 - 1e-7)
    logit = np.log(clipped / (1 - clipped))
    result: Floats = 1 / (1 + np.exp(-(how.slope * logit + how.intercept)))
    return result


def detected(
    track: ScoreTrack,
    recording: Recording,
    decoding: Mapping[str, LabelDecoding],
    weakened: Callable[[Floats, Floats, float], Floats] = weaken_neighbours,
) -> Iterator[Event]:
    """Every moment of a track as an event with a calibrated score, label by label, within the recording.

    Args:
        track: labels that it lacks are passed over.
        recording: what it is of; labels that its sport lacks are passed over.
        decoding: for each label.
        weakened: see `moments`.
    """
    for label, how in decoding.items():
        if label not in track.labels or label not in recording.sport:
            continue
        seconds, scores = moments(track.column(label), track.rate, how, weakened)
        for second, score in zip(seconds, probability(scores, how), strict=True):
            time = max(round(float(track.start + second), 3), 0.0)
            if recording.duration is not None:
                time = min(time, recording.duration)
            yield Event.around(label, time, recording.sport, score=float(score))
