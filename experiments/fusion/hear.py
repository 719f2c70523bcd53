"""What the shipped commentary spotter hears in SoccerNet's valid games, kept for `measure.py`.

    python experiments/fusion/hear.py ECHOES_ZIP LABELS_ZIP OUT.json

Each half is heard in one transcript version (the first of the archive that has it): users have one transcript.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from matchcut.clock import HALF_S, MatchClock
from matchcut.datasets.echoes import EchoesArchive
from matchcut.datasets.games import HALVES, game_list
from matchcut.datasets.soccernet import labelled_games, read_labels
from matchcut.recording import Recording
from matchcut.spotters.commentary import CommentarySpotter


def main(echoes: str, labels: str, out: str) -> None:
    """Writes one row a half: the game, what was labelled, what was detected, seconds with words."""
    spotter = CommentarySpotter.load(threads=1)
    rows = []
    truth = read_labels(labels)
    with EchoesArchive(echoes) as archive:
        games = [
            game for game in game_list("valid") if game in set(labelled_games(labels)) and archive.has(game)
        ]
        for number, game in enumerate(games):
            for half in HALVES:
                versions = archive.versions_of(game, half)
                if not versions:
                    continue
                said = archive.transcript(game, half, versions[0])
                duration = max(HALF_S, said.end)
                track = spotter.track(said, duration=duration, half=half)
                recording = Recording(game, duration=duration, clock=MatchClock.of_half(half, duration))
                rows.append(
                    {
                        "game": game,
                        "half": half,
                        "duration": duration,
                        "version": versions[0],
                        "truth": [[e.label, e.time, e.visible] for e in truth[game].get(half, ())],
                        "found": [
                            [e.label, e.time, round(e.score or 0.0, 5)]
                            for e in spotter.detections(track, recording)
                            if (e.score or 0) >= 0.003
                        ],
                        "spoken": [[round(u.start, 1), round(u.end, 1)] for u in said],
                    }
                )
            print(number + 1, "of", len(games), game, flush=True)
    Path(out).write_text(json.dumps(rows))


if __name__ == "__main__":
    main(*sys.argv[1:])
