"""From the seed paper's model to the best one, each step switched on alone; writes the table.

    python experiments/mlb_youtube/ladder.py --out FOLDER [--seeds 5] [--rungs NAME …] [--epochs 12]
    python experiments/mlb_youtube/ladder.py --out FOLDER --manifests DIR --videos DIR --encoder CHECKPOINT

Without ``--manifests`` practice clips are generated: synthetic, labelled so in the table, and no claim about
baseball. Their encoders have no weights (small pictures; hashed words), since what is compared is what stands
behind the encoders. Runs that are in ``runs.csv`` already are not repeated.
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
from numpy.typing import NDArray
from report import read_runs, write_report
from rungs import PRACTICE, RUNGS, Rung

from matchcut.datasets.mlb_youtube import PAPER_CLASSES, MlbYouTube, multi_hot, read_mlb_youtube
from matchcut.datasets.practice_clips import write_practice_clips
from matchcut.encoders.simple import hashed_words, pixel_encoder
from matchcut.encoders.store import FeatureStore
from matchcut.metrics.classification import classification_of_scores
from matchcut.metrics.multilabel import multilabel_map
from matchcut.models.fusion import FusionSettings
from matchcut.training.caption_words import paper_scores
from matchcut.training.clips.prepare import ClipData, DataSettings, prepare_clips
from matchcut.training.clips.run import answers, train_clips
from matchcut.training.clips.task import ClipTraining
from matchcut.training.settings import LoopSettings

COLUMNS = (
    "rung", "seed", "accuracy", "f1_weighted", "f1_macro", "accuracy_six", "map_all", "epochs", "seconds"
)  # fmt: skip


class Ladder:
    """The data, prepared once for each choice of words, and the runs so far."""

    def __init__(self, given: argparse.Namespace) -> None:
        self.given, self.out = given, given.out
        self.out.mkdir(parents=True, exist_ok=True)
        self.manifests = given.manifests or self._practice()
        self.videos = given.videos or self.manifests / "videos"
        self.data: MlbYouTube = read_mlb_youtube(self.manifests)
        self.store = FeatureStore(self.out / "store")
        self.prepared: dict[DataSettings, ClipData] = {}
        if given.encoder:
            from matchcut.encoders.text import load_text
            from matchcut.encoders.vision import load_vision

            self.encoders: Any = (load_vision(given.encoder), load_text(given.encoder))
        else:
            self.encoders = (pixel_encoder(8), hashed_words(256))

    def _practice(self) -> Path:
        folder: Path = self.out / "practice"
        if not (folder / "practice.json").exists():
            videos, clips = self.given.practice
            write_practice_clips(folder, replace(PRACTICE, videos=videos, clips=clips))
        return folder

    def samples(self, rung: Rung) -> ClipData:
        how = replace(DataSettings(rate=self.given.rate, words="all", classes="fine"), **rung.data)
        if how not in self.prepared:
            self.prepared[how] = prepare_clips(self.data, self.videos, how, *self.encoders, self.store)
        return self.prepared[how]

    def run(self, name: str, seed: int) -> dict[str, Any]:
        """One training and its figures on the test part."""
        rung, began = RUNGS[name], time.perf_counter()
        data, given = self.samples(rung), self.given
        loop = LoopSettings(
            seed=seed, epochs=given.epochs, batch=given.batch, learning_rate=given.rate_of_learning,
            schedule="cosine", patience=0,
        )  # fmt: skip
        said = self._train(name, rung, data, replace(loop, **rung.loop), self.out / "runs" / f"{name}-{seed}")
        test = data.parts["test"]
        figures = classification_of_scores([data.kinds[s.kind] for s in test], said["classes"], data.kinds)
        by_name = {clip.name: clip for clip in self.data.clips}
        six = said["classes"] if rung.data.get("classes") == "paper" else paper_scores(said["classes"])
        right = [
            by_name[s.name].paper_class == PAPER_CLASSES[place]
            for s, place in zip(test, six.argmax(1), strict=True)
        ]
        labels: float | str = ""
        if "labels" in said:
            truth = multi_hot(by_name[sample.name].labels for sample in test)
            labels = round(multilabel_map(truth, said["labels"], data.labels).map_all, 4)
        return {
            "rung": name, "seed": seed, "accuracy": round(figures.accuracy, 4),
            "f1_weighted": round(figures.f1_weighted, 4), "f1_macro": round(figures.f1_macro, 4),
            "accuracy_six": round(statistics.mean(right), 4), "map_all": labels, "epochs": loop.epochs,
            "seconds": round(time.perf_counter() - began, 1),
        }  # fmt: skip

    def _train(
        self, name: str, rung: Rung, data: ClipData, loop: LoopSettings, folder: Path
    ) -> dict[str, NDArray[Any]]:
        """Probabilities on the test part, by head."""
        test, given = data.parts["test"], self.given
        if name == "majority":
            kinds = [sample.kind for sample in data.parts["train"]]
            share = np.bincount(kinds, minlength=len(data.kinds)) / len(kinds)
            return {"classes": np.tile(share, (len(test), 1))}
        if rung.pictures:
            from picture_rungs import run_pictures

            loop = replace(loop, choose="accuracy", learning_rate=min(loop.learning_rate, 1e-3))
            return {
                "classes": run_pictures(
                    rung.pictures, data, self.data.clips, self.videos, self.store, loop, folder, given.device
                )
            }
        network = FusionSettings(
            pyramid=tuple(given.pyramid), heads=4, dense=(given.pyramid[-1],) * 2, **rung.network
        )
        net = train_clips(
            data, network, ClipTraining(**rung.clips), loop, folder,
            pretraining=rung.pretraining, device=given.device,
        )  # fmt: skip
        return answers(net, test)


def append(path: Path, row: Mapping[str, Any]) -> None:
    """Adds a run; two processes may work on different rungs of one folder."""
    fresh = not path.exists()
    with path.open("a", newline="", encoding="utf-8") as stream:
        writer = csv.DictWriter(stream, COLUMNS, lineterminator="\n")
        if fresh:
            writer.writeheader()
        writer.writerow(row)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--manifests", type=Path, help="MLB-YouTube's JSON files; practice clips if not given")
    parser.add_argument("--videos", type=Path, help="the folder of its videos")
    parser.add_argument(
        "--encoder", help="a CLIP or SigLIP checkpoint; small encoders without weights if not given"
    )
    parser.add_argument(
        "--practice", type=int, nargs=2, default=[PRACTICE.videos, PRACTICE.clips],
        metavar=("VIDEOS", "CLIPS"), help="how many practice videos are made, and clips in each",
    )  # fmt: skip
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--rungs", nargs="+", choices=RUNGS, default=list(RUNGS))
    parser.add_argument("--epochs", type=int, default=12)
    parser.add_argument("--batch", type=int, default=64)
    parser.add_argument("--rate", type=float, default=3.0, help="frames a second")
    parser.add_argument("--rate-of-learning", type=float, default=2e-3)
    parser.add_argument("--pyramid", type=int, nargs=3, default=[96, 96, 96])
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--device", default="auto")
    given = parser.parse_args()
    torch.set_num_threads(given.threads)
    ladder, path = Ladder(given), given.out / "runs.csv"
    for seed in range(given.seeds):
        for name in given.rungs:
            if not any(row["rung"] == name and row["seed"] == seed for row in read_runs(path)):
                row = ladder.run(name, seed)
                append(path, row)
                print(row, flush=True)
                write_report(given.out, given.manifests is None)


if __name__ == "__main__":
    main()
