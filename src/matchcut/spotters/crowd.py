"""What the sound says of events: the crowd's rises and the referee's whistle."""

from __future__ import annotations

from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from matchcut.clock import MatchClock
from matchcut.events import Event
from matchcut.observe.excitement import (
    ExcitementSettings,
    ExcitingMoment,
    excitement,
    exciting_moments,
    over_baseline,
)
from matchcut.observe.goals import when
from matchcut.observe.loudness import FLOOR_LUFS, averaged
from matchcut.observe.sound import SoundTrack
from matchcut.spotters.numbers import FusionSettings
from matchcut.spotters.weighing import Rates, Statement
from matchcut.tracks import ScoreTrack

SOURCE = "sound"

RISE_S = (-4.0, 10.0)  # when the crowd rises, seen from the moment
WHISTLE_S = (-4.0, 6.0)
_KICK_OFF_S = (-3.0, 3.0)
_LEAST_SURE = 0.4  # whistles below this are taken for voices
_MOST_MOMENTS = 200
_STEADY_S = 3.0  # a rise is averaged over so much
_SUDDEN_DB, _SUDDEN_S = 3.0, 3.0  # the crowd rises suddenly: by so much within so long

Floats = NDArray[np.float64]


class Crowd:
    """A recording's sound.

    Args:
        sound: what was heard.
        clock: the match clock, to name moments by.
        settings: what its statements count.
    """

    def __init__(self, sound: SoundTrack, clock: MatchClock | None, settings: FusionSettings) -> None:
        self.sound, self.clock, self.settings = sound, clock, settings

    @cached_property
    def rise(self) -> Floats:
        """How far the crowd is above its usual level, in dB, shape (T,)."""
        usual = ExcitementSettings().baseline_s
        steady = max(1, round(_STEADY_S * self.sound.rate))
        return averaged(over_baseline(self.sound.crowd, self.sound.rate, usual), steady)

    @cached_property
    def loud(self) -> Floats:
        """How far the whole is above its usual loudness, in dB, shape (T,)."""
        return over_baseline(self.sound.loudness, self.sound.rate, ExcitementSettings().baseline_s)

    @cached_property
    def excited(self) -> Floats:
        """How excited it sounds, in dB above the usual, shape (T,)."""
        return excitement(self.sound)

    @cached_property
    def moments(self) -> list[ExcitingMoment]:
        """Where it sounds excited, the greatest first."""
        return exciting_moments(self.sound, _MOST_MOMENTS)

    @cached_property
    def sudden(self) -> tuple[float, ...]:
        """The moments at which the crowd grew suddenly louder, in seconds."""
        step = round(_SUDDEN_S * self.sound.rate)
        if len(self.rise) <= step:
            return ()
        grown = self.rise[step:] - self.rise[:-step]
        found: list[float] = []
        for place in np.flatnonzero(grown >= _SUDDEN_DB):
            at = float((place + step) / self.sound.rate)
            if not found or at - found[-1] > 2 * _SUDDEN_S:
                found.append(at)
        return tuple(found)

    @cached_property
    def whistles(self) -> Floats:
        """When the referee blew, in seconds."""
        return np.array([w.start for w in self.sound.whistles if w.confidence >= _LEAST_SURE])

    def says(self, event: Event) -> list[Statement]:
        """What the sound says of an event that another source claims."""
        return [*self._crowd(event), *self._whistle(event)]

    def track_of(self) -> ScoreTrack:
        """How exciting it sounds over time, one row a second."""
        step = max(1, round(self.sound.rate))
        seconds = [self.excited[i : i + step].max() for i in range(0, len(self.excited), step)]
        scores = thrill(np.array(seconds)).astype(np.float32)[:, None]
        return ScoreTrack(("Highlight",), scores, self.sound.rate / step, SOURCE)

    def top(self, start: float, end: float) -> float:
        """The greatest excitement of a stretch, in dB above the usual; 0 where nothing is heard."""
        here = self.excited[max(round(start * self.sound.rate), 0) : max(round(end * self.sound.rate), 0)]
        return float(here.max()) if len(here) else 0.0

    def _heard(self, start: float, end: float) -> bool:
        """Whether a stretch of the sound is there, and not silent."""
        first, last = round(start * self.sound.rate), round(end * self.sound.rate)
        here = self.sound.loudness[max(first, 0) : last]
        return len(here) > 0 and last <= len(self.sound) and float(np.mean(here > FLOOR_LUFS + 1)) > 0.8

    def _crowd(self, event: Event) -> list[Statement]:
        rates = self.settings.crowd.get(event.label)
        start, end = max(event.time + RISE_S[0], 0.0), event.time + RISE_S[1]
        if rates is None or not self._heard(start, end):
            return []
        first, last = (round(t * self.sound.rate) for t in (start, end))
        top = first + int(self.rise[first:last].argmax())
        rates = rates.within(self.usual_rises)
        if self.rise[top] >= self.settings.crowd_db:
            at = when(top / self.sound.rate, self.clock)
            return [Statement(SOURCE, f"crowd {self.rise[top]:+.0f} dB at {at}", rates.made)]
        return self._missing(rates, "the crowd stays calm")

    @cached_property
    def usual_rises(self) -> float:
        """The share of all moments near which the crowd rises."""
        return self._share(np.flatnonzero(self.rise >= self.settings.crowd_db) / self.sound.rate, *RISE_S)

    @cached_property
    def usual_whistles(self) -> float:
        """The share of all moments near which a whistle is heard."""
        return self._share(self.whistles, *WHISTLE_S)

    def _share(self, times: Floats, before: float, after: float) -> float:
        """The share of all moments that have one of the times between ``before`` and ``after`` around them."""
        moments = np.arange(0.0, self.sound.duration, 1.0)
        if not len(moments) or not len(times):
            return 0.0
        first = np.searchsorted(times, moments + before)
        last = np.searchsorted(times, moments + after, "right")
        return float(np.mean(last > first))

    def _whistle(self, event: Event) -> list[Statement]:
        rates = self.settings.whistle.get(event.label)
        before, after = _KICK_OFF_S if event.label == "Kick-off" else WHISTLE_S
        # A recording in which no whistle is ever heard tells nothing by its silence.
        if rates is None or not len(self.whistles):
            return []
        if not self._heard(max(event.time + before, 0.0), event.time + after):
            return []
        near = [t for t in self.whistles if before <= t - event.time <= after]
        rates = rates.within(self.usual_whistles)
        if near:
            first = min(near, key=lambda t: abs(t - event.time))
            return [Statement(SOURCE, f"whistle at {when(first, self.clock)}", rates.made)]
        return self._missing(rates, "no whistle was heard")

    def _missing(self, rates: Rates, detail: str) -> list[Statement]:
        return [Statement(SOURCE, detail, rates.missing)]


def thrill(rise_db: Floats) -> Floats:
    """How exciting a rise of the sound is by itself, in [0, 1]: even at 4 dB, 0.88 at 8 dB."""
    return np.asarray(1 / (1 + np.exp(-(np.asarray(rise_db, np.float64) - 4.0) / 2.0)))
