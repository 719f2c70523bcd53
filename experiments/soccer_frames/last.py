"""Test accuracy after the last epoch, beside that of the epoch that was chosen by validation.

    python experiments/soccer_frames/last.py FOLDER [-o experiments/soccer_frames]

The validation part is small, so which epoch is kept is partly luck; the last epoch is not chosen by anything.
"""

from __future__ import annotations

import argparse
import csv
import io
import statistics
from pathlib import Path

import torch
from runs import RUNS
from tables import Tables, of, read_runs

from matchcut import files
from matchcut.models.dual import set_learning
from matchcut.training import state
from matchcut.training.frames.measure import figures_of
from matchcut.training.frames.plan import FramePlan
from matchcut.training.frames.report import encodings
from matchcut.training.frames.samples import Pictures

CLAIMS = (
    ("paper-fresh", "paper"),
    ("paper-fresh", "paper-ahead"),
    ("paper-ahead", "paper"),
    ("many", "paper"),
    ("many-fresh", "paper-fresh"),
    ("others", "paper"),
    ("others-fresh", "paper-fresh"),
    ("others-fresh", "paper-ahead"),
)


def accuracy(tables: Tables, name: str, seed: int) -> float | None:
    """Test accuracy of a run's last weights; None where nothing was trained, or it is not done."""
    path = tables.out / "runs" / f"{name}-{seed}" / state.CHECKPOINT
    run = RUNS[name]
    if run.method in ("none", "probe") or not path.exists():
        return None
    tensors, head = state.load_tensors(path)
    if not head["place"]["done"]:
        return None
    dual = tables.base(run.kind, seed)
    set_learning(dual.net, FramePlan(run.method, run.augment).network)
    weights = {key.removeprefix("net."): value for key, value in tensors.items() if key.startswith("net.")}
    state.load_weights(dual.net, weights, path)
    pictures = tables.pictures.setdefault(run.kind, Pictures(tables.data.read, dual.pictures))
    encoded = encodings(dual, tables.data, pictures, "test", "cpu")
    return round(figures_of(encoded, rounds=1).classification.accuracy, 4)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, help="what tables.py was given as --out; practice images")
    parser.add_argument("-o", "--output", type=Path, default=Path(__file__).parent)
    given = parser.parse_args()
    torch.set_num_threads(1)
    told = argparse.Namespace(out=given.folder, images=None, encoder=None)
    tables, rows = Tables(told), []
    for row in read_runs(given.folder / "runs.csv"):
        found = accuracy(tables, row["run"], row["seed"])
        if found is not None:
            rows.append({"run": row["run"], "seed": row["seed"], "chosen": row["accuracy"], "last": found})
    text = io.StringIO()
    writer = csv.DictWriter(text, ("run", "seed", "chosen", "last"), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    files.write_text(given.output / "last.csv", text.getvalue())
    for one, other in CLAIMS:
        a, b = of(rows, one, "last"), of(rows, other, "last")
        pairs = [(a[seed], b[seed]) for seed in sorted(a.keys() & b.keys())]
        if pairs:
            margin = statistics.mean(x - y for x, y in pairs)
            spread = max(max(values) - min(values) for values in zip(*pairs, strict=True))
            print(f"{one} over {other}: {100 * margin:+.1f}, spread {100 * spread:.1f}, {len(pairs)} seeds")


if __name__ == "__main__":
    main()
