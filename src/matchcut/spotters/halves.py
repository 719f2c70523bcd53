"""The commentary of a whole broadcast, heard half by half where the match clock is known.

The spotter was trained on halves, each from its kick-off on, and where in a half something is said tells it
a lot.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from matchcut.clock import HALF_S, REGULAR_S, Period
from matchcut.recording import Recording
from matchcut.spotters.commentary import CommentarySpotter
from matchcut.spotters.settings import RATE
from matchcut.tracks import ScoreTrack
from matchcut.transcript import Transcript

SHORTEST_S, LATEST_S = 600.0, 120.0
"""A half is heard as one if the recording holds at least so much of it, and begins at most so long after its
kick-off: the spotter never heard halves that begin with silence."""


def whole_half(recording: Recording) -> int | None:
    """The half that the whole recording is, from its kick-off on; None if it is something else."""
    periods = recording.clock.periods if recording.clock else ()
    whole = len(periods) == 1 and periods[0].start == 0 and periods[0].clock_start in (0.0, HALF_S)
    return periods[0].number if whole else None


def hear(spotter: CommentarySpotter, transcripts: Sequence[Transcript], recording: Recording) -> ScoreTrack:
    """As `CommentarySpotter.track_many`, with each half that the recording holds heard on its own.

    Args:
        spotter: the loaded weights.
        transcripts: of the whole recording.
        recording: its clock says where the halves are.
    """
    track = spotter.track_many(transcripts, recording.duration, whole_half(recording))
    if whole_half(recording) is not None or recording.clock is None or not len(track):
        return track
    scores = track.scores.copy()
    for half in (1, 2):
        played = [period for period in recording.clock.periods if period.number == half]
        if not played:
            continue
        kick_off, end = _kick_off(played[0]), min(played[-1].end, track.times[-1])
        begins = max(played[0].start, 0.0)
        if end - begins < SHORTEST_S or begins - kick_off > LATEST_S:
            continue
        inside = np.flatnonzero((track.times >= begins) & (track.times <= end))
        said = [transcript.between(max(kick_off, 0.0), end).moved(-kick_off) for transcript in transcripts]
        piece = spotter.track_many(said, end - kick_off, half)
        at = track.times[inside] - kick_off
        if piece.rate > RATE:  # displaced: lone rows, of which a mean with their neighbours leaves half
            nearest = np.rint((at - piece.start) * piece.rate).astype(np.int64)
            scores[inside] = piece.scores[np.clip(nearest, 0, len(piece) - 1)]
            continue
        for column in range(len(track.labels)):
            scores[inside, column] = np.interp(at, piece.times, piece.scores[:, column])
    return ScoreTrack(track.labels, scores, track.rate, track.source, track.start)


def _kick_off(first: Period) -> float:
    """The recording second of the half's kick-off; negative where the recording begins after it."""
    return first.recording_at(REGULAR_S[first.number][0])
