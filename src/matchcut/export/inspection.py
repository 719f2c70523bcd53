"""Everything that is known about one moment of a recording, from what was observed to what was made of it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from matchcut.clock import MatchClock, MatchTime, format_time, parse_match_time, parse_time
from matchcut.errors import InputError, SettingsError
from matchcut.events import EventLog
from matchcut.export.axis import recording_span
from matchcut.export.gaps import gaps
from matchcut.export.heard import SoundThen, heard
from matchcut.export.readout import with_clock
from matchcut.export.score_line import score_line
from matchcut.observe.observed import Observed
from matchcut.observe.readings import Count, Reading, TextSeen
from matchcut.observe.shots import Passage, Shot
from matchcut.observe.whistle import Whistle
from matchcut.tracks import ScoreTrack
from matchcut.transcript import Transcript, Utterance

BELIEVED_FROM = 0.02
"""Labels that a spotter gives less than this are not named."""
MOST_BELIEVED = 5
"""How many labels of one spotter are named."""
LONGEST_AROUND_S = 3600.0


@dataclass(frozen=True, slots=True)
class ScoreThen:
    """A score on the board.

    Attributes:
        teams: home (or first) and away, "" where unknown.
        home, away: the score.
        since: the recording second of the first look that showed it.
    """

    teams: tuple[str, str]
    home: int
    away: int
    since: float


@dataclass(frozen=True, slots=True)
class Belief:
    """What a spotter believed of one label: the highest score in the window, and when it was."""

    source: str
    label: str
    score: float
    time: float


@dataclass(frozen=True)
class Inspection:
    """What is known about the time around a moment.

    Attributes:
        recording: its name.
        time: the second on the recording.
        start, end: the window that was looked at.
        clock: the match clock, where it is known.
        match_time: the moment by it; None outside play.
        score: what the board had shown by then; ``changes``: what it came to show within the window.
        readings: looks at which a board was there; ``counts`` for baseball.
        looks: how many frames of the window were looked at for a board.
        shots, passages: that overlap the window.
        sound: None where nothing is known.
        whistles, said, texts: that overlap the window.
        found: the events whose windows overlap it.
        believed: by spotter, then from the surest on.
        missing: what was not observed, and why, a sentence each.
    """

    recording: str
    time: float
    start: float
    end: float
    clock: MatchClock | None
    match_time: MatchTime | None
    score: ScoreThen | None
    changes: tuple[ScoreThen, ...]
    readings: tuple[Reading, ...]
    counts: tuple[Count, ...]
    looks: int
    shots: tuple[Shot, ...]
    passages: tuple[Passage, ...]
    sound: SoundThen | None
    whistles: tuple[Whistle, ...]
    said: tuple[Utterance, ...]
    texts: tuple[TextSeen, ...]
    found: EventLog
    believed: tuple[Belief, ...]
    missing: tuple[str, ...]

    def to_json(self) -> dict[str, Any]:
        """Plain values for JSON; times in seconds on the recording."""
        at = self.match_time
        return {
            "recording": self.recording,
            "time": self.time,
            "start": self.start,
            "end": self.end,
            "match_time": None
            if at is None
            else {"period": at.period, "seconds": round(at.seconds, 3), "text": str(at)},
            "score": None if self.score is None else asdict(self.score),
            "score_changes": [asdict(change) for change in self.changes],
            "board": {"looks": self.looks, "readings": [asdict(r) for r in self.readings or self.counts]},
            "shots": [asdict(shot) for shot in self.shots],
            "passages": [asdict(passage) for passage in self.passages],
            "sound": None if self.sound is None else asdict(self.sound),
            "whistles": [asdict(whistle) for whistle in self.whistles],
            "said": [{"start": u.start, "end": u.end, "text": u.text} for u in self.said],
            "texts": [asdict(text) for text in self.texts],
            "events": self.found.to_json()["events"],
            "believed": [asdict(belief) for belief in self.believed],
            "not_observed": list(self.missing),
        }


def inspection(
    log: EventLog,
    time: float,
    around: float = 15.0,
    *,
    tracks: Sequence[ScoreTrack] = (),
    transcript: Transcript | None = None,
    observed: Observed | None = None,
) -> Inspection:
    """What is known about a moment.

    Args:
        log: the events.
        time: the second on the recording; see `moment`.
        around: how many seconds before and after it to look at.
        tracks: what the spotters believed.
        transcript: what was said.
        observed: what was read, heard and seen.

    Raises:
        SettingsError: ``around`` is no length, or longer than `LONGEST_AROUND_S`.
        InputError: the recording has no such moment.
    """
    if not 0 < around <= LONGEST_AROUND_S:
        raise SettingsError(
            f"the time around a moment is above 0 and at most {LONGEST_AROUND_S:.0f} s, not {around:g}",
            "Give another",
        )
    log = with_clock(log, observed)
    name, clock = log.recording.name, log.recording.clock
    _, last = recording_span(log, tracks)
    if observed is not None:
        last = max(last, observed.board.duration if observed.board else 0.0)
    told = format_time(time) if math.isfinite(time) else f"second {time}"
    if not (math.isfinite(time) and time >= 0) or (log.recording.duration is not None and time > last):
        raise InputError(f"{name}: has no {told}; it ends at {format_time(last)}", "Give another time")
    start, end = max(time - around, 0.0), time + around
    if log.recording.duration is not None:
        end = min(end, last)
    seen = observed or Observed()
    board, shots, sound = seen.board, seen.shots, seen.sound
    line = None if board is None else score_line(board, clock)
    step = None if line is None else line.at(time)
    steps = () if line is None else line.steps
    scores = {s: ScoreThen(line.teams, s.home, s.away, s.time) for s in steps if line is not None}

    def within(first: float, final: float) -> bool:
        return final >= start and first <= end

    sounded = None if sound is None else heard(sound, time, start, end)
    readings = tuple(r for r in (board.readings if board else ()) if start <= r.seconds <= end)
    counts = tuple(c for c in (board.counts if board else ()) if start <= c.seconds <= end)
    looks = 0 if board is None else sum(start <= look <= end for look in board.looks)
    return Inspection(
        recording=name,
        time=time,
        start=start,
        end=end,
        clock=clock,
        match_time=None if clock is None else clock.at(time),
        score=None if step is None else scores[step],
        changes=tuple(scores[s] for s in steps[1:] if start <= s.time <= end),
        readings=readings,
        counts=counts,
        looks=looks,
        shots=tuple(s for s in (shots.shots if shots else ()) if s.end > start and s.start < end),
        passages=tuple(p for p in (shots.passages if shots else ()) if within(p.start, p.end)),
        sound=sounded,
        whistles=tuple(w for w in (sound.whistles if sound else ()) if within(w.start, w.end)),
        said=() if transcript is None else transcript.between(start, end).utterances,
        texts=tuple(t for t in (board.texts if board else ()) if within(t.start, t.end)),
        found=log.where(keep=lambda event: within(event.start, event.end)),
        believed=_believed(tracks, start, end),
        missing=gaps(
            log,
            observed,
            transcript,
            tracks,
            time=time,
            sights=len(readings) + len(counts),
            looks=looks,
            heard=sounded is not None,
        ),
    )


def moment(log: EventLog, text: str, observed: Observed | None = None, *, by_clock: bool = False) -> float:
    """The second on the recording that a time as people write it means.

    Args:
        log: of which recording.
        text: such as "41:20"; by the match clock "36:09" or "45+2:10".
        observed: its clock serves where the recording has none.
        by_clock: whether the match clock is meant.

    Raises:
        ValidationError: it is written as no time.
        InputError: the match clock is not known, or the recording does not have that moment.
    """
    if not by_clock:
        return parse_time(text)
    seconds, period = parse_match_time(text)
    name, clock = log.recording.name, with_clock(log, observed).recording.clock
    if clock is None:
        why = observed.clock.notes if observed is not None and observed.clock is not None else ()
        raise InputError(
            f"{name}: its match clock is not known{': ' if why else ''}{'; '.join(why)}",
            "Leave --clock out and give the time on the recording, or tell the clock with --kick-off",
        )
    at = clock.to_recording(seconds, period)
    if at is None or at < 0:
        held = ", ".join(f"{clock.at(p.start) or '–'} to {clock.at(p.end) or '–'}" for p in clock.periods)
        raise InputError(
            f"{name}: the match clock never shows {text} in it (it shows {held or 'nothing'})",
            "Give another time",
        )
    return at


def _believed(tracks: Sequence[ScoreTrack], start: float, end: float) -> tuple[Belief, ...]:
    found: list[Belief] = []
    for track in tracks:
        rows = np.flatnonzero((track.times >= start) & (track.times <= end))
        if not rows.size or not track.labels:
            continue
        scores = track.scores[rows]
        for column in np.argsort(-scores.max(axis=0), kind="stable")[:MOST_BELIEVED]:
            best = int(scores[:, column].argmax())
            score = round(float(scores[best, column]), 3)
            if score >= BELIEVED_FROM:
                at = round(float(track.times[rows[best]]), 3)
                found.append(Belief(track.source, track.labels[column], score, at))
    return tuple(found)
