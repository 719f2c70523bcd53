"""The seed paper's tables, and ours beside them: losses, optimizers, augmentation, what learns.

    python experiments/soccer_frames/tables.py --out FOLDER [--seeds 0 1 2] [--runs NAME …]
    python experiments/soccer_frames/tables.py --out FOLDER --images DIR --encoder CHECKPOINT --rate 1e-5

Without ``--images`` practice images are generated: synthetic, labelled so in the tables, and no claim about
soccer. Their encoders are small ones of CLIP's and of ResNet's real architecture. No pretrained ones are so
small: each seed's is first trained on practice images of other games, with other sentences, of which three in
ten are wrong, as captions from the web are. That stands in for CLIP's own pretraining.

Runs that are in ``runs.csv`` already are not repeated, and a run that was stopped goes on. Two processes may
work on different seeds in one folder. RESULTS.md has the tables; ``draw.py`` draws the losses.
"""

from __future__ import annotations

import argparse
import csv
import statistics
import time
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from runs import CLAIMS, COLUMNS, RUNS

from matchcut import files
from matchcut.datasets.practice_frames import PracticeFrameSettings, write_practice_frames
from matchcut.datasets.soccernet_frames import read_soccernet_frames
from matchcut.encoders.dual import Dual, load_dual, save_dual, write_untrained_dual
from matchcut.sport import soccer
from matchcut.sport.prompts import Prompts, prompts_of
from matchcut.training.frames.measure import figures_of
from matchcut.training.frames.plan import FramePlan
from matchcut.training.frames.report import encodings, probe_scores, write_figures
from matchcut.training.frames.run import PAPER, fine_tune
from matchcut.training.frames.samples import Pictures
from matchcut.training.frames.source import frame_data
from matchcut.training.frames.task import FrameTraining

PRACTICE = PracticeFrameSettings(games=20, actions=30, size=48, test_share=0.35, valid_share=0.1)
PRETRAINING = PracticeFrameSettings(games=110, actions=30, size=48, test_share=0.01, valid_share=0.02)
WRONG = 0.3
"""The share of pretraining's sentences that are of another label."""

OTHER_TEMPLATES = ("a picture that shows a {}", "here one sees a {}", "{}", "what happens is a {}")


class Tables:
    """The data and the encoders that every run begins with."""

    def __init__(self, given: argparse.Namespace) -> None:
        self.given, self.out = given, given.out
        self.out.mkdir(parents=True, exist_ok=True)
        folder = given.images or self._practice("practice", PRACTICE, 0)
        self.source = read_soccernet_frames(folder)
        self.data = frame_data(self.source, prompts_of(soccer).for_labels(self.source.labels))
        self.pictures: dict[str, Pictures] = {}

    def _practice(self, name: str, how: PracticeFrameSettings, seed: int) -> Path:
        folder: Path = self.out / name
        if not (folder / "practice.json").exists():
            write_practice_frames(folder, how, seed)
        return folder

    def base(self, kind: str, seed: int) -> Dual:
        """The encoder that a seed's runs begin with."""
        if self.given.encoder:
            return load_dual(
                self.given.encoder, resnet=self.given.resnet if kind == "resnet" else None, seed=seed
            )
        folder = self.out / "bases" / f"{kind}-{seed}"
        if not (folder / "config.json").exists():
            self._pretrain(kind, seed, folder)
        return load_dual(str(folder))

    def _pretrain(self, kind: str, seed: int, folder: Path) -> None:
        source = read_soccernet_frames(self._practice("pretraining", PRETRAINING, 1000))
        own = prompts_of(soccer)
        data = frame_data(source, Prompts(OTHER_TEMPLATES, own.phrases).for_labels(self.source.labels))
        rng = np.random.default_rng(seed)
        train = [
            replace(sample, kind=int(rng.integers(len(data.kinds)))) if rng.random() < WRONG else sample
            for sample in data.parts["train"]
        ]
        data = replace(data, parts={**data.parts, "train": train})
        write_untrained_dual(self.out / "untrained" / f"{kind}-{seed}", kind, "small", seed)
        dual = load_dual(str(self.out / "untrained" / f"{kind}-{seed}"))
        loop = replace(PAPER, epochs=self.given.pretraining, batch=64, learning_rate=1e-3, seed=seed)
        plan = FramePlan("full", "fresh")
        done = fine_tune(
            dual, data, Pictures(data.read, dual.pictures), folder / "training",
            how=FrameTraining("multi-positive"), loop=loop, fresh=plan.fresh, device=self.given.device,
        )  # fmt: skip
        save_dual(folder, done.dual, "# Small encoder pretrained on practice images (synthetic)\n")

    def run(self, name: str, seed: int) -> dict[str, Any]:
        """One training and its figures on the test part."""
        how, began = RUNS[name], time.perf_counter()
        dual = self.base(how.kind, seed)
        pictures = self.pictures.setdefault(how.kind, Pictures(self.data.read, dual.pictures))
        folder, probe, rows, speed = self.out / "runs" / f"{name}-{seed}", None, [], None
        if how.method != "none":
            times = how.loop.get("times", 1)
            loop = {key: value for key, value in how.loop.items() if key != "times"}
            settings: dict[str, Any] = {
                "loop": {
                    **loop,
                    "seed": seed,
                    "learning_rate": self.given.rate * times,
                    "epochs": self.given.epochs,
                },
                "probe": {"seed": seed},
                # Every variant takes the same number of steps.
                "frames": {**how.frames, "pictures": len(self.data.parts["train"])},
            }
            plan = FramePlan(how.method, how.augment, settings)
            dual, probe, told = plan.train(
                dual, self.data, pictures, folder, self.given.device, lambda *_: None
            )
            speed, rows = told["pictures_s"], read_log(folder / "log.csv")
        encoded = encodings(dual, self.data, pictures, "test", self.given.device)
        figures = figures_of(encoded, probe_scores(encoded, probe), rounds=200)
        if seed == 0:
            write_figures(folder, encoded, figures, pictures, probe)
        best = min(rows, key=lambda row: row["validation_loss"])["epoch"] if rows else ""
        return {
            "run": name, "seed": seed, "accuracy": round(figures.classification.accuracy, 4),
            "macro_accuracy": round(figures.macro_accuracy, 4),
            "top_3": round(figures.classification.top_k[3], 4),
            "image_to_text_1": round(figures.image_to_text.recall_at[1], 4),
            "text_to_image_5": round(figures.text_to_image.recall_at[5], 4),
            "text_to_image_map": round(figures.text_to_image.mean_average_precision, 4),
            "best_epoch": int(best) if best != "" else "", "seconds": round(time.perf_counter() - began, 1),
            "pictures_s": speed or "",
        }  # fmt: skip


def read_log(path: Path) -> list[dict[str, float]]:
    """A training's log."""
    with path.open(newline="", encoding="utf-8") as stream:
        return [{key: float(value) for key, value in row.items() if value} for row in csv.DictReader(stream)]


def read_runs(path: Path) -> list[dict[str, Any]]:
    """The runs that are done."""
    if not path.exists():
        return []
    with path.open(newline="", encoding="utf-8") as stream:
        return [{**row, "seed": int(row["seed"])} for row in csv.DictReader(stream)]


def append(path: Path, row: Mapping[str, Any]) -> None:
    """Adds a run."""
    fresh = not path.exists()
    with path.open("a", newline="", encoding="utf-8") as stream:
        writer = csv.DictWriter(stream, COLUMNS, lineterminator="\n")
        if fresh:
            writer.writeheader()
        writer.writerow(row)


def of(rows: list[dict[str, Any]], name: str, column: str = "accuracy") -> dict[int, float]:
    """A run's figures by seed."""
    return {row["seed"]: float(row[column]) for row in rows if row["run"] == name and row[column] != ""}


def table(rows: list[dict[str, Any]], practice: bool) -> str:
    """The results as Markdown: mean and spread (highest less lowest) over the seeds, in %."""
    lines = [
        "Practice images (synthetic; no claim about soccer)." if practice else "SoccerNet-v3.", "",
        "| run | seeds | accuracy, mean | lowest–highest | macro | top-3 |"
        " image→text R@1 | text→image R@5 | text→image mAP |",
        "| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |",
    ]  # fmt: skip
    for name, run in RUNS.items():
        found = list(of(rows, name).values())
        if found:
            others = " | ".join(
                f"{100 * statistics.mean(of(rows, name, column).values()):.1f}" for column in COLUMNS[3:8]
            )
            lines.append(
                f"| {run.title} | {len(found)} | {100 * statistics.mean(found):.1f} | "
                f"{100 * min(found):.1f}–{100 * max(found):.1f} | {others} |"
            )
    for column, name in (
        ("accuracy", "accuracy"),
        ("text_to_image_map", "mean average precision, text to image"),
    ):
        lines += ["", *margins(rows, column, name)]
    return "\n".join(lines) + "\n"


def margins(rows: list[dict[str, Any]], column: str, name: str) -> list[str]:
    """The claims by one figure, over the seeds that both sides have."""
    lines = [
        f"Margins of {name}. A claim holds where the margin of the means is more than the larger spread"
        " (highest less lowest seed) of the two.",
        "",
        "| claim | margin | larger spread | by seed | holds |",
        "| --- | ---: | ---: | --- | --- |",
    ]
    for title, one, other in CLAIMS:
        a, b = of(rows, one, column), of(rows, other, column)
        both = sorted(a.keys() & b.keys())
        if both:
            pairs = [(a[seed], b[seed]) for seed in both]
            margin = statistics.mean(x - y for x, y in pairs)
            spread = max(max(values) - min(values) for values in zip(*pairs, strict=True))
            each = ", ".join(f"{100 * (x - y):+.1f}" for x, y in pairs)
            holds = "yes" if margin > spread else "no"
            lines.append(f"| {title} | {100 * margin:+.1f} | {100 * spread:.1f} | {each} | {holds} |")
    return lines


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--images", type=Path, help="SoccerNet-v3's images; practice images if not given")
    parser.add_argument("--encoder", help="a CLIP checkpoint; small ones trained here if not given")
    parser.add_argument("--resnet", default="microsoft/resnet-50", help="with --encoder: a ResNet checkpoint")
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2, 3, 4])
    parser.add_argument("--runs", nargs="+", choices=RUNS, default=list(RUNS))
    parser.add_argument("--epochs", type=int, default=10)
    parser.add_argument("--pretraining", type=int, default=6, help="epochs")
    parser.add_argument("--rate", type=float, default=3e-4, help="the paper's is 1e-5, for CLIP's own weights")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--device", default="auto")
    given = parser.parse_args()
    torch.set_num_threads(given.threads)
    tables, path = Tables(given), given.out / "runs.csv"
    for seed in given.seeds:
        for name in given.runs:
            if seed < RUNS[name].seeds and not any(
                row["run"] == name and row["seed"] == seed for row in read_runs(path)
            ):
                row = tables.run(name, seed)
                append(path, row)
                print(row, flush=True)
                files.write_text(given.out / "RESULTS.md", table(read_runs(path), given.images is None))


if __name__ == "__main__":
    main()
