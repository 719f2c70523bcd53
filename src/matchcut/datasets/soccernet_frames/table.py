"""The images as a table for people and spreadsheets."""

from __future__ import annotations

import csv
import io

from matchcut.datasets.soccernet_frames.images import SoccerNetFrames
from matchcut.datasets.tables import guarded

COLUMNS = ("game", "image", "label", "split", "half", "time_s", "shown_s", "kind", "action")


def image_table(frames: SoccerNetFrames) -> str:
    """One row an image as CSV, those left out below with the reason in the last column."""
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow((*COLUMNS, "left_out"))
    for image in frames.images:
        kind = "replay" if image.replay else "action"
        times = ["" if value is None else value for value in (image.half, image.time, image.shown)]
        texts = [guarded(text) for text in (image.game, image.name, image.label, image.split)]
        writer.writerow((*texts, *times, kind, guarded(image.action), ""))
    for skip in frames.skipped:
        empty = [""] * (len(COLUMNS) - 1)
        writer.writerow((guarded(skip.what), *empty, f"{skip.kind}: {guarded(skip.why)}"))
    return out.getvalue()


def count_rows(frames: SoccerNetFrames) -> list[tuple[str, ...]]:
    """A header, a row a label with its images in each split (replays behind a plus), and the sums."""
    actions, replays = frames.counts(replays=False), frames.counts(replays=True)

    def cells(labels: tuple[str, ...]) -> list[str]:
        sums = [
            (sum(actions[split][name] for name in labels), sum(replays[split][name] for name in labels))
            for split in frames.splits
        ]
        sums.append((sum(one for one, _ in sums), sum(other for _, other in sums)))
        return [f"{one} + {other}" for one, other in sums]

    rows = [("label", *frames.splits, "all")]
    rows += [(name, *cells((name,))) for name in frames.labels]
    return [*rows, ("all", *cells(frames.labels))]
