"""Commentary spotter and another's predictions through the fusion of ``matchcut spot``, a whole split."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from matchcut.clock import HALF_S, MatchClock
from matchcut.datasets.echoes import EchoesArchive
from matchcut.datasets.games import HALVES, game_list
from matchcut.datasets.soccernet import read_predictions, write_predictions
from matchcut.datasets.soccernet_chunks import VERSIONS
from matchcut.events import EventLog
from matchcut.further_language import TRUST
from matchcut.recording import Recording
from matchcut.sport import soccer
from matchcut.spotters.commentary import CommentarySpotter
from matchcut.spotters.fuse import Commentary, Scored, fuse
from matchcut.tracks import ScoreTrack

LEAST = 0.01
"""Nearly everything is kept: average precision is measured on it."""


def scored(log: EventLog, duration: float, source: str) -> Scored:
    """Another's predictions as a further source, believed as little as a language model is."""
    scores = np.zeros((int(duration) + 1, len(soccer.names)), np.float32)
    for event in log:
        row, column = min(int(event.time), len(scores) - 1), soccer.index(event.label)
        scores[row, column] = max(scores[row, column], event.score or 0.0)
    return Scored(ScoreTrack(soccer.names, scores, 1.0, source, 0.5), tuple(log), TRUST)


def write(echoes: Path, other: Path | None, out: Path, source: str = "language") -> Path:
    """Fuses a split's halves and writes the predictions; without another's they are the spotter's alone."""
    spotter = CommentarySpotter.load()
    theirs = {} if other is None else read_predictions(other)
    logs: dict[str, dict[int, EventLog]] = {}
    with EchoesArchive(echoes) as archive:
        for game in game_list("valid"):
            for half in HALVES:
                said = archive.transcripts(game, half)
                duration = max(HALF_S, *(one.end for one in said.values()))
                clock = MatchClock.of_half(half, duration)
                recording = Recording(f"{game}/{half}", duration=duration, clock=clock)
                track = spotter.track_many(list(said.values()), duration, half)
                read = next(said[name] for name in VERSIONS if name in said)
                commentary = Commentary.of(spotter, track, recording, read)
                others = [scored(theirs[game][half], duration, source)] if game in theirs else []
                fusion = fuse(recording, commentary=commentary, others=others, min_score=LEAST)
                logs.setdefault(game, {})[half] = fusion.log
    return write_predictions(out, logs)
