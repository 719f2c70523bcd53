"""Draws losses by epoch of the runs that ``tables.py`` made, and writes them as a table.

    python experiments/soccer_frames/draw.py FOLDER [-o experiments/soccer_frames]

A line is the mean over seeds, the band reaches from the lowest to the highest.
"""

from __future__ import annotations

import argparse
import csv
import io
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure
from tables import read_log

from matchcut import files

AUGMENTATION = {
    "paper": ("images as they are (basic)", "#1b2733", "-"),
    "paper-ahead": ("copies made ahead (augmented)", "#b3261e", "--"),
    "paper-fresh": ("fresh augmentation", "#12528c", "-."),
}
OPTIMIZERS = {
    "paper": ("AdamW", "#1b2733", "-"),
    "sgd": ("SGD", "#b3261e", "--"),
    "momentum": ("SGD with momentum", "#12528c", "-."),
    "adagrad": ("Adagrad", "#2e7d32", ":"),
    "sgd-own": ("SGD, rate × 100", "#e57368", "--"),
    "momentum-own": ("momentum, rate × 10", "#6ea0cc", "-."),
    "adagrad-own": ("Adagrad, rate × 10", "#81c784", ":"),
}
PANELS = (
    ("training_loss", "training loss, AdamW", AUGMENTATION),
    ("validation_loss", "validation loss, AdamW", AUGMENTATION),
    ("accuracy", "validation accuracy, AdamW", AUGMENTATION),
    ("training_loss", "training loss, images as they are", OPTIMIZERS),
    ("validation_loss", "validation loss, images as they are", OPTIMIZERS),
    ("accuracy", "validation accuracy, images as they are", OPTIMIZERS),
)


def logs(folder: Path, run: str) -> list[list[dict[str, float]]]:
    """A run's logs, a seed each; those that are not done yet are left out."""
    found = [read_log(path) for path in sorted((folder / "runs").glob(f"{run}-[0-9]/log.csv"))]
    longest = max((len(rows) for rows in found), default=0)
    return [rows for rows in found if len(rows) == longest]


def table(folder: Path) -> str:
    """Losses by run and epoch: mean, lowest and highest over the seeds."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    columns = ("training_loss", "validation_loss", "accuracy")
    writer.writerow(
        ("run", "seeds", "epoch", *(f"{c}_{part}" for c in columns for part in ("mean", "low", "high")))
    )
    for run in dict.fromkeys((*AUGMENTATION, *OPTIMIZERS, "many", "others", "others-fresh", "lora", "layers")):
        found = logs(folder, run)
        for epoch in range(len(found[0]) if found else 0):
            values = [[rows[epoch][column] for rows in found] for column in columns]
            told = [f"{part:.4f}" for each in values for part in (np.mean(each), min(each), max(each))]
            writer.writerow((run, len(found), epoch + 1, *told))
    return text.getvalue()


def draw(folder: Path, target: Path) -> None:
    """Writes the picture."""
    figure = Figure(figsize=(14, 8), layout="constrained")
    for axis, (column, title, runs) in zip(figure.subplots(2, 3).flat, PANELS, strict=True):
        for run, (name, colour, style) in runs.items():
            found = logs(folder, run)
            if not found:
                continue
            values = np.array([[row[column] for row in rows] for rows in found])
            epochs = np.arange(1, values.shape[1] + 1)
            label = f"{name} ({len(found)} seeds)"
            axis.plot(epochs, values.mean(0), color=colour, linestyle=style, marker=".", label=label)
            axis.fill_between(epochs, values.min(0), values.max(0), color=colour, alpha=0.12, linewidth=0)
        axis.set_title(title)
        axis.set_xlabel("epoch")
        axis.grid(alpha=0.3)
        axis.legend(fontsize=8)
    figure.suptitle(
        "Practice images (synthetic): the paper's loss by epoch; mean over seeds, lowest to highest"
    )
    with files.replacing(target) as temporary:
        figure.savefig(temporary, dpi=90)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, help="what tables.py was given as --out")
    parser.add_argument("-o", "--output", type=Path, default=Path(__file__).parent)
    given = parser.parse_args()
    files.write_text(given.output / "losses.csv", table(given.folder))
    draw(given.folder, given.output / "losses.png")


if __name__ == "__main__":
    main()
