"""Matches that never were: what was read, heard and seen of them, made up."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from matchcut.events import Event, Evidence
from matchcut.observe.boxes import Box
from matchcut.observe.layout import Layout
from matchcut.observe.observed import Observed
from matchcut.observe.readings import BoardTrack, Reading, TextSeen
from matchcut.observe.shots import Shot, ShotTrack
from matchcut.observe.sound import RATE, SoundTrack
from matchcut.observe.whistle import Whistle
from matchcut.recording import Recording
from matchcut.sport import soccer
from matchcut.spotters.heard import Commentary
from matchcut.tracks import ScoreTrack
from matchcut.transcript import Transcript, Utterance

LENGTH = 1500.0
KICK_OFF = 100.0
BOX = Box(10, 10, 40, 20)


def recording(length: float = LENGTH) -> Recording:
    return Recording("made-up.mp4", duration=length)


def board(
    goals: Sequence[tuple[float, int]] = (),
    hidden: Sequence[tuple[float, float]] = (),
    taken_back: Sequence[tuple[float, int]] = (),
    texts: Sequence[TextSeen] = (),
    length: float = LENGTH,
    kick_off: float = KICK_OFF,
    teams: tuple[str, str] = ("BRA", "GER"),
) -> BoardTrack:
    """A board that is seen every four seconds from the kick-off on; goals as (second of the update, side)."""
    readings = []
    for t in np.arange(kick_off + 2.0, length, 4.0):
        if any(a <= t <= b for a, b in hidden):
            continue
        score = [0, 0]
        for second, side in goals:
            score[side] += t >= second
        for second, side in taken_back:
            score[side] -= t >= second
        clock = float(np.floor(t - kick_off))
        readings.append(Reading(float(t), clock, None, score[0], score[1], 0.98))
    return BoardTrack(tuple(readings), (), teams, (), tuple(texts), (), (640, 360), length)


def sound(
    rises: Sequence[tuple[float, float]] = (), whistles: Sequence[float] = (), length: float = LENGTH
) -> SoundTrack:
    """A crowd that hums, and rises by so many dB for eight seconds at some moments."""
    times = np.arange(round(length * RATE)) / RATE
    level = -30 + 0.5 * np.sin(times / 7)
    for second, rise in rises:
        level = level + rise * ((times >= second) & (times < second + 8))
    level = level.astype(np.float32)
    blows = tuple(Whistle(t, t + 0.5, 3800.0, 0.9) for t in whistles)
    return SoundTrack(level, level, level, blows)


def shots(pauses: Sequence[tuple[float, float, float]] = (), length: float = LENGTH) -> ShotTrack:
    """Long shots of play, with pauses (start, replay, end): close-ups from the start on, then a replay."""
    found: list[Shot] = []
    at = 0.0
    for start, replay, end in pauses:
        found += [Shot(at, start, "long", 0.9, 3.0), Shot(start, replay, "close", 0.9, 5.0)]
        found.append(Shot(replay, end, "close", 0.9, 5.0, replay=0.95))
        at = end
    return ShotTrack((*found, Shot(at, length, "long", 0.9, 3.0)), ())


def said(claims: Sequence[tuple[str, float, float]], length: float = LENGTH, speech: bool = True) -> Commentary:
    """A commentary that makes these claims (label, second, probability), talking all the time."""
    words = (
        [Utterance(t, t + 4.5, "and so it goes on") for t in np.arange(0, length - 5, 5.0)] if speech else []
    )
    detections = tuple(
        Event.around(label, time, soccer, score=score, evidence=(Evidence("commentary", "he says so", score),))
        for label, time, score in claims
    )
    scores = np.zeros((round(length), len(soccer.names)), np.float32)
    track = ScoreTrack(soccer.names, scores, 1.0, "commentary")
    return Commentary(track, detections, Transcript(words), dict.fromkeys(soccer.names, 0.3))


def film() -> BoardTrack:
    """A highlights film: the clock jumps every dozen seconds, and the score with it."""
    readings = []
    for n, start in enumerate((60.0, 700.0, 1300.0, 2000.0, 2600.0, 3300.0, 4100.0, 5000.0)):
        for i in range(4):
            readings.append(Reading(n * 14.0 + i * 3, start + i * 3, None, n // 2, n // 4, 0.98))
    return BoardTrack(tuple(readings), (), ("BRA", "GER"), duration=112.0)


def countdown() -> BoardTrack:
    """A board whose clock runs down."""
    track = board(goals=[(700, 0)])
    readings = tuple(replace(r, clock_s=2700 - (r.clock_s or 0)) for r in track.readings)
    return replace(track, readings=readings, layouts=(Layout(BOX, 1.0, -1, (BOX,), track.teams, BOX),))


def watched(
    board: BoardTrack | None = None, sound: SoundTrack | None = None, shots: ShotTrack | None = None
) -> Observed:
    return Observed(board, sound, shots)
