"""Every figure of the model card, from a folder of weights and the valid split.

python -m matchcut.training.commentary.figures --labels ZIP --echoes ZIP --splits JSON --out DIR [--weights DIR]
"""

from __future__ import annotations

import argparse
import csv
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from matchcut.clock import HALF_S
from matchcut.datasets.echoes import EchoesArchive
from matchcut.datasets.soccernet import read_labels
from matchcut.files import write_json
from matchcut.metrics.calibration import calibration
from matchcut.sport import soccer
from matchcut.spotters.commentary import CommentarySpotter
from matchcut.training.commentary.corpus import Half, read_splits, truths_of
from matchcut.training.commentary.measure import (
    Moments,
    as_truth,
    average_precision,
    best_iou,
    came_true,
    decode,
)
from matchcut.training.commentary.ship import Tracks, figures, groups_of
from matchcut.training.commentary.tune import cross_fit

TRANSLATED = "_en"
"""How the names of translated versions end."""

GROUPS = {
    "anything": ("nothing", "English", "other"),
    "any words": ("English", "other"),
    "English": ("English",),
    "other": ("other",),
}
"""Which halves a row is about, by what their commentary is told in."""


def told_in(archive: EchoesArchive, half: Half) -> str:
    """ "nothing", "English" or "other": SoccerNet-Echoes translates what is not English, and nothing else."""
    versions = archive.versions_of(half.game, half.half)
    if not any(len(archive.transcript(half.game, half.half, version)) for version in versions):
        return "nothing"
    return "other" if any(version.endswith(TRANSLATED) for version in versions) else "English"


def measured(tracks: Tracks, halves: Sequence[Half], spotter: CommentarySpotter) -> dict[str, Any]:
    """Figures with the decoding as it ships."""
    truth = as_truth([half.truths for half in halves])
    found = decode(tracks, spotter.settings.decoding).scored(spotter.settings.decoding)
    least = np.array([spotter.settings.decoding[name].min_score for name in soccer.names])
    rates = best_iou(truth, found.keep(found.score >= least[found.label])).overall
    loose, tight = (average_precision(truth, found, metric).mean() for metric in ("loose", "tight"))
    row = {"halves": len(halves), "loose": loose, "tight": tight, "f1_best_iou": rates.f1 or 0.0}
    return {key: value if isinstance(value, int) else round(float(value), 4) for key, value in row.items()}


def spot_everything(
    spotter: CommentarySpotter, archive: EchoesArchive, halves: Sequence[Half]
) -> dict[str, dict[int, NDArray[np.float32]]]:
    """Way of reading → number of the half → scores: all versions, each alone, all with the half unknown."""
    tracks: dict[str, dict[int, NDArray[np.float32]]] = {}
    for number, half in enumerate(halves):
        said = {name: t for name, t in archive.transcripts(half.game, half.half).items() if len(t)}
        heard = list(said.values())
        # As `matchcut predict soccernet` does it.
        duration = max(HALF_S, *(transcript.end for transcript in heard), 0.0)
        tracks.setdefault("all", {})[number] = spotter.track_many(heard, duration, half.half).scores
        unknown = spotter.track_many(heard, duration).scores
        tracks.setdefault("all, half unknown", {})[number] = unknown
        for name, transcript in said.items():
            tracks.setdefault(name, {})[number] = spotter.track(transcript, duration, half.half).scores
    return tracks


def table(
    spotter: CommentarySpotter,
    tracks: dict[str, dict[int, NDArray[np.float32]]],
    halves: Sequence[Half],
    told: Sequence[str],
) -> list[dict[str, Any]]:
    """For each way of reading: all halves, those with any words, those told in English, and the others."""
    rows = []
    for name, found in sorted(tracks.items()):
        for group, wanted in GROUPS.items():
            chosen = [number for number in found if told[number] in wanted]
            if chosen:
                kept = [found[number] for number in chosen]
                figures_ = measured(kept, [halves[number] for number in chosen], spotter)
                rows.append({"transcripts": name, "told in": group} | figures_)
    return rows


def plot_reliability(found: Moments, true: NDArray[np.bool_], path: Path) -> dict[str, Any]:
    """Draws how often moments of each probability came true; returns the plotted figures."""
    import matplotlib as mpl

    mpl.use("Agg")
    import matplotlib.pyplot as plt

    said = calibration(found.score, true, bins=20)
    figure, (top, bottom) = plt.subplots(
        2, 1, figsize=(6, 7), sharex=True, height_ratios=(3, 1), constrained_layout=True
    )
    top.plot([0, 1], [0, 1], color="0.7", lw=1, label="perfect")
    pairs = zip(said.mean_score, said.hit_rate, said.counts, strict=True)
    points = [(s, h, n) for s, h, n in pairs if s is not None and n >= 20]
    top.plot([s for s, _, _ in points], [h for _, h, _ in points], "o-", ms=4, label="all classes")
    for name in ("Goal", "Corner", "Throw-in", "Ball out of play", "Foul"):
        mine = found.label == soccer.index(name)
        own = calibration(found.score[mine], true[mine], bins=10)
        line = [
            (s, h)
            for s, h, n in zip(own.mean_score, own.hit_rate, own.counts, strict=True)
            if s is not None and n >= 20
        ]
        top.plot([s for s, _ in line], [h for _, h in line], lw=1, alpha=0.8, label=name)
    top.set_ylabel("share that is an event of its own within 15 s")
    title = f"valid, cross-fitted: expected calibration error {said.ece:.3f}"
    top.set_title(title)
    top.legend(fontsize=8)
    bottom.bar([s for s, _, _ in points], [n for _, _, n in points], width=0.04)
    bottom.set_yscale("log")
    bottom.set_ylabel("moments")
    bottom.set_xlabel("score")
    figure.savefig(path, dpi=110)
    plt.close(figure)
    return said.to_json()


def write_rows(path: Path, rows: Sequence[dict[str, Any]]) -> None:
    """Writes rows of the same keys as CSV."""
    with path.open("w", newline="", encoding="utf-8") as stream:
        writer = csv.DictWriter(stream, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def main() -> None:
    """Measures and writes ``figures.json``, ``versions.csv``, ``per_class.csv`` and ``reliability.png``."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    for name in ("labels", "echoes", "splits", "out"):
        parser.add_argument(f"--{name}", type=Path, required=True)
    parser.add_argument("--weights", type=Path, help="those of the package by default")
    given = parser.parse_args()
    spotter = CommentarySpotter.load(given.weights)
    games = read_splits(given.splits)["valid"]
    logs = read_labels(given.labels, games=games)
    halves = [
        Half(game, half, "valid", list(truths_of(logs[game][half])))
        for game, half in ((game, half) for game in games for half in (1, 2))
    ]
    with EchoesArchive(given.echoes) as archive:
        told = [told_in(archive, half) for half in halves]
        tracks = spot_everything(spotter, archive, halves)
    fused = [tracks["all"][number] for number in range(len(halves))]
    result: dict[str, Any] = {"weights": spotter.identity, "cross_fitted": figures(fused, halves)}
    result["as_shipped"] = rows = table(spotter, tracks, halves, told)
    truths = [half.truths for half in halves]
    found, _ = cross_fit(fused, truths, groups_of(halves))
    given.out.mkdir(parents=True, exist_ok=True)
    true = came_true(as_truth(truths), found)
    result["reliability"] = plot_reliability(found, true, given.out / "reliability.png")
    write_json(given.out / "figures.json", result)
    write_rows(given.out / "versions.csv", rows)
    per_class = result["cross_fitted"]["per_class"]
    write_rows(given.out / "per_class.csv", [{"class": name} | row for name, row in per_class.items()])
    print(json.dumps({k: v for k, v in result["cross_fitted"].items() if k != "per_class"}))
    for row in rows:
        print(row)


if __name__ == "__main__":
    main()
