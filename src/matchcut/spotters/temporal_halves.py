"""A temporal spotter over a whole broadcast: half by half where the match clock is known; see `halves`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from matchcut.clock import REGULAR_S
from matchcut.encoders.series import Series
from matchcut.recording import Recording
from matchcut.spotters.halves import LATEST_S, SHORTEST_S, whole_half
from matchcut.spotters.stretches import Half
from matchcut.spotters.temporal import TemporalSpotter
from matchcut.tracks import ScoreTrack

Sources = Mapping[str, Sequence[Series]]


def look_through(spotter: TemporalSpotter, sources: Sources, recording: Recording) -> ScoreTrack:
    """The spotter's belief over a recording; each half that it holds is looked at from its kick-off on.

    Args:
        spotter: the loaded model.
        sources: modality → features of the whole recording.
        recording: its clock says where the halves are.

    Raises:
        InputError: see `TemporalSpotter.track`.
    """
    ends = [series.end for found in sources.values() for series in found]
    duration = max(1.0, recording.duration if recording.duration is not None else max(ends, default=0.0))
    own = whole_half(recording)
    track = spotter.track(_half(recording.name, own, duration, sources))
    if own is not None or recording.clock is None:
        return track
    scores = track.scores.copy()
    for half in (1, 2):
        played = [period for period in recording.clock.periods if period.number == half]
        if not played:
            continue
        kick_off = played[0].recording_at(REGULAR_S[played[0].number][0])
        begins, end = max(played[0].start, 0.0), min(played[-1].end, duration)
        if end - begins < SHORTEST_S or begins - kick_off > LATEST_S:
            continue
        moved = {name: [series.moved(-kick_off) for series in found] for name, found in sources.items()}
        piece = spotter.track(_half(recording.name, half, end - kick_off, moved))
        inside = np.flatnonzero((track.times >= begins) & (track.times <= end))
        places = np.rint((track.times[inside] - kick_off - piece.start) * piece.rate).astype(np.int64)
        scores[inside] = piece.scores[np.clip(places, 0, len(piece) - 1)]
    return ScoreTrack(track.labels, scores, track.rate, track.source, track.start)


def _half(name: str, half: int | None, duration: float, sources: Sources) -> Half:
    there = {modality: tuple(found) for modality, found in sources.items() if found}
    return Half(name, half if half in (1, 2) else None, duration, (), there)
