"""Whole broadcasts joined from the valid games' halves: heard whole, half by half, and each half alone.

    python experiments/commentary/joined_halves.py

Prints loose and tight average-mAP over the 200 halves. Between and before the halves nobody speaks:
SoccerNet-Echoes holds the halves alone. docs/decisions/0004 has the figures.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from matchcut.clock import HALF_S, MatchClock, Period
from matchcut.datasets.echoes import EchoesArchive
from matchcut.datasets.soccernet import read_labels
from matchcut.recording import Recording
from matchcut.spotters.commentary import CommentarySpotter
from matchcut.spotters.halves import hear
from matchcut.spotters.settings import RATE
from matchcut.tracks import ScoreTrack
from matchcut.training.commentary.corpus import read_splits, truths_of
from matchcut.training.commentary.figures import moments_of
from matchcut.training.commentary.measure import as_truth, average_precision
from matchcut.transcript import Transcript

DATA = Path(__file__).parents[3] / "shared" / "data"
BEFORE_S, BREAK_S, AFTER_S = 420.0, 960.0, 120.0
HALVES = (1, 2)


def half_of(track: ScoreTrack, start: float, length: float) -> ScoreTrack:
    """A half's own track, from a broadcast's."""
    rows = np.arange(int(np.ceil(length * track.rate))) + 0.5
    at = rows / track.rate + start
    if track.rate == RATE:
        columns = [np.interp(at, track.times, scores) for scores in track.scores.T]
        scores = np.stack(columns, axis=1).astype(np.float32)
    else:  # displaced: lone rows
        nearest = np.rint((at - track.start) * track.rate).astype(int)
        scores = track.scores[np.clip(nearest, 0, len(track) - 1)]
    return ScoreTrack(track.labels, scores, track.rate, track.source, 0.5 / track.rate)


def main() -> None:
    games = read_splits(DATA / "soccernet-v2-splits.json")["valid"]
    logs = read_labels(DATA / "soccernet-v2-labels-train-valid.zip", games=games)
    spotter = CommentarySpotter.load(threads=1)
    rows: dict[str, list] = {"whole": [], "half by half": [], "each half alone": []}
    truths = []
    with EchoesArchive(DATA / "soccernet-echoes-train-valid.zip") as archive:
        for game in games:
            said = {half: archive.transcripts(game, half) for half in HALVES}
            lasts = {half: max(HALF_S, *(t.end for t in said[half].values()), 0.0) for half in HALVES}
            starts = {1: BEFORE_S, 2: BEFORE_S + lasts[1] + BREAK_S}
            joined = []
            for version in sorted({*said[1], *said[2]}):
                parts = [said[half][version].moved(starts[half]) for half in HALVES if version in said[half]]
                joined.append(Transcript(utterance for part in parts for utterance in part))
            clock = MatchClock(
                Period(half, starts[half], starts[half] + lasts[half], (half - 1) * HALF_S) for half in HALVES
            )
            recording = Recording(game, duration=starts[2] + lasts[2] + AFTER_S)
            whole = hear(spotter, joined, recording)
            apart = hear(spotter, joined, Recording(game, duration=recording.duration, clock=clock))
            for half in HALVES:
                truths.append(list(truths_of(logs[game][half])))
                for name, track in (("whole", whole), ("half by half", apart)):
                    rows[name].append(half_of(track, starts[half], lasts[half]))
                heard = [transcript for transcript in said[half].values() if len(transcript)]
                rows["each half alone"].append(spotter.track_many(heard, lasts[half], half))
    truth = as_truth(truths)
    for name, tracks in rows.items():
        found = moments_of(tracks, spotter)
        figures = (average_precision(truth, found, metric).mean() for metric in ("loose", "tight"))
        print(name, *(f"{figure:.4f}" for figure in figures), flush=True)


if __name__ == "__main__":
    main()
