"""What the shots say of events: replays shown after them, close-ups of those who were in them."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from matchcut.clock import MatchClock
from matchcut.events import Event
from matchcut.observe.goals import when
from matchcut.observe.shots import Shot, ShotTrack
from matchcut.spotters.numbers import FusionSettings
from matchcut.spotters.weighing import Statement
from matchcut.tracks import ScoreTrack

SOURCE = "shots"
RATE = 2.0

REPLAY_S = (2.0, 50.0)
"""A replay of something begins so long after it."""
_MOST_PLAY_S = 15.0  # long shots between it and its replay
_CLOSE_S = (1.0, 16.0)
_CLOSE_SHARE = 0.6
_SURE = 0.5
_JOINED_S = 3.0  # shots of a replay so near to each other are one replay
_BEFORE_REPLAY_S = (15.0, 10.0)  # what a replay shows lies about so long before it, give or take


@dataclass(frozen=True, slots=True)
class Replay:
    """A stretch of replays: from, to, and how sure."""

    start: float
    end: float
    sure: float


class Views:
    """A recording's shots.

    Args:
        shots: what was seen.
        clock: the match clock, to name moments by.
        settings: what its statements count.
    """

    def __init__(self, shots: ShotTrack, clock: MatchClock | None, settings: FusionSettings) -> None:
        self.shots, self.clock, self.settings = shots.shots, clock, settings

    @property
    def knows_play(self) -> bool:
        """Whether a pitch was recognized, so that long shots of play are known."""
        return any(shot.kind == "long" for shot in self.shots)

    @cached_property
    def play(self) -> list[tuple[float, float]]:
        """The long shots of play, replays left out: (start, end) in seconds."""
        return [(s.start, s.end) for s in self.shots if s.kind == "long" and s.replay < _SURE]

    @cached_property
    def replays(self) -> list[Replay]:
        """The replays; shots of one replay that follow each other are one."""
        found: list[Replay] = []
        for shot in self.shots:
            if shot.replay < _SURE:
                continue
            if found and shot.start - found[-1].end <= _JOINED_S:
                last = found.pop()
                found.append(Replay(last.start, shot.end, max(last.sure, shot.replay)))
            else:
                found.append(Replay(shot.start, shot.end, shot.replay))
        return found

    def replay_after(self, seconds: float) -> Replay | None:
        """The replay that may show a moment again; if play went on before it, it shows something else."""
        found = next((r for r in self.replays if REPLAY_S[0] <= r.start - seconds <= REPLAY_S[1]), None)
        if found is None or self._played(seconds + REPLAY_S[0], found.start) > _MOST_PLAY_S:
            return None
        return found

    def _played(self, start: float, end: float) -> float:
        """Seconds of play in a stretch."""
        return sum(max(0.0, min(b, end) - max(a, start)) for a, b in self.play)

    def resumed(self, seconds: float, least_s: float, most_s: float) -> float | None:
        """When play is shown again, so long after a stop; None if it went on or is not shown in time."""
        after = [(a, b) for a, b in self.play if b > seconds + 8 and b - a >= 5]
        if not after or not least_s <= after[0][0] - seconds <= most_s:
            return None
        return after[0][0]

    def within_replay(self, seconds: float) -> bool:
        """Whether a moment lies within a replay: what happens there happened before."""
        return any(r.start <= seconds <= r.end for r in self.replays)

    def close_share(self, start: float, end: float) -> float:
        """The share of a stretch without a view of the play."""
        inside = self._inside(start, end)
        return sum(length for shot, length in inside if shot.kind in ("close", "off")) / max(end - start, 1e-6)

    def says(self, event: Event) -> list[Statement]:
        """What the shots say of an event that another source claims."""
        return [*self._replay(event), *self._close(event)]

    def track_of(self, duration: float) -> ScoreTrack:
        """How likely it is that something worth showing again happened, by the replays alone."""
        times = np.arange(max(round(duration * RATE), 1)) / RATE
        scores = np.zeros((len(times), 1), np.float32)
        for replay in self.replays:
            usual, spread = _BEFORE_REPLAY_S
            bell = 0.5 * replay.sure * np.exp(-0.5 * ((times - (replay.start - usual)) / spread) ** 2)
            scores[:, 0] = np.maximum(scores[:, 0], bell.astype(np.float32))
        return ScoreTrack(("Highlight",), scores, RATE, SOURCE)

    @cached_property
    def _ends(self) -> list[float]:
        return [shot.end for shot in self.shots]

    def _inside(self, start: float, end: float) -> list[tuple[Shot, float]]:
        """The shots that overlap a stretch, and for how long each does."""
        found = []
        for place in range(bisect_right(self._ends, start), len(self.shots)):
            shot = self.shots[place]
            if shot.start >= end:
                break
            found.append((shot, min(shot.end, end) - max(shot.start, start)))
        return found

    def _seen(self, start: float, end: float) -> bool:
        return sum(length for _, length in self._inside(start, end)) > 0.8 * (end - start)

    def _replay(self, event: Event) -> list[Statement]:
        rates = self.settings.replay.get(event.label)
        # Where no replay was ever told apart, that none is here says nothing.
        if rates is None or not self.replays or not self._seen(event.time, event.time + REPLAY_S[1]):
            return []
        found = self.replay_after(event.time)
        rates = rates.within(self._usual_replays)
        if found is None:
            return [Statement(SOURCE, "no replay is shown after it", rates.missing)]
        detail = f"replay at {when(found.start, self.clock)}"
        return [Statement(SOURCE, detail, rates.made * found.sure, round(found.sure, 3))]

    @cached_property
    def _usual_replays(self) -> float:
        """The share of all moments that a replay follows."""
        end = self.shots[-1].end if self.shots else 0.0
        moments = np.arange(0.0, end, 2.0)
        return float(np.mean([self.replay_after(t) is not None for t in moments])) if len(moments) else 0.0

    def _close(self, event: Event) -> list[Statement]:
        rates = self.settings.close.get(event.label)
        start, end = event.time + _CLOSE_S[0], event.time + _CLOSE_S[1]
        if rates is None or not self.knows_play or not self._seen(start, end):
            return []
        rates = rates.within(self._usual_close)
        if self.close_share(start, end) >= _CLOSE_SHARE:
            return [Statement(SOURCE, "close-ups after it", rates.made)]
        return [Statement(SOURCE, "play goes on in long shots after it", rates.missing)]

    @cached_property
    def _usual_close(self) -> float:
        end = self.shots[-1].end if self.shots else 0.0
        moments = np.arange(0.0, end, 2.0)
        span = _CLOSE_S[1] - _CLOSE_S[0]
        return float(np.mean([self.close_share(t, t + span) >= _CLOSE_SHARE for t in moments]))
