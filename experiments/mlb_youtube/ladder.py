"""From the seed paper's model to the best one, each step switched on alone; writes the table.

    python experiments/mlb_youtube/ladder.py --out FOLDER [--seeds 5] [--rungs NAME …] [--epochs 20]
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
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import torch

from matchcut import files
from matchcut.datasets.mlb_youtube import MlbYouTube, multi_hot, read_mlb_youtube
from matchcut.datasets.practice_clips import PracticeClipSettings, write_practice_clips
from matchcut.encoders.simple import hashed_words, pixel_encoder
from matchcut.encoders.store import FeatureStore
from matchcut.metrics.classification import classification_of_scores
from matchcut.metrics.multilabel import multilabel_map
from matchcut.models.fusion import FusionSettings
from matchcut.training.clips.prepare import ClipData, DataSettings, prepare_clips
from matchcut.training.clips.run import answers, train_clips
from matchcut.training.clips.task import ClipTraining
from matchcut.training.settings import LoopSettings

PRACTICE = PracticeClipSettings(
    videos=40, clips=60, size=48, gap_s=24.0, test_share=0.25, hidden=0.4, foreign=0.3
)
"""Two clips in five show the crowd, so words are needed; three captions in ten mislead, so masking is."""


@dataclass(frozen=True)
class Rung:
    """A step of the ladder: what differs from the paper's model."""

    title: str
    data: Mapping[str, Any] = field(default_factory=dict)
    network: Mapping[str, Any] = field(default_factory=dict)
    clips: Mapping[str, Any] = field(default_factory=dict)
    loop: Mapping[str, Any] = field(default_factory=dict)
    pretraining: int = 0


_WEIGHTED = {"words": "weighted"}
_GRU = {"temporal": "gru"}
_VARIED = {"caption_dropout": 0.1}


def best(title: str, words: str = "weighted", **network: str) -> Rung:
    """The best model, but for what is given."""
    return Rung(title, {"words": words}, _GRU | network, _VARIED)


RUNGS: Mapping[str, Rung] = {
    "paper": Rung("the paper's model: fusion, mean over time, every caption"),
    "video": Rung("its pictures alone", network={"modalities": "video"}),
    "words": Rung("its words alone", network={"modalities": "words"}),
    "masked": Rung("+ captions in a wrong language masked", data={"words": "masked"}),
    "weighted-all": Rung("+ words weighted by their distance in time", data={"words": "weighted-all"}),
    "weighted": Rung("+ weighted and masked", data=_WEIGHTED),
    "gru": Rung("+ gated recurrent network over time", network=_GRU),
    "transformer": Rung("+ transformer over time", network={"temporal": "transformer"}),
    "pretraining": Rung("+ contrastive pretraining", pretraining=5),
    "dropout": Rung("+ caption dropout", clips={"caption_dropout": 0.3}),
    "jitter": Rung("+ frames jittered in time", clips={"jitter": 0.3}),
    "balanced": Rung("+ class-balanced sampling", clips={"balanced": True}),
    "adjusted": Rung("+ logit adjustment", clips={"adjust": 1.0}),
    "heads": Rung(
        "+ labels, pitch type and speed as extra heads", data={"labels": True, "pitches": True, "speed": True}
    ),
    "best": best("best: weighted and masked words, recurrent, caption dropout"),
    "best-video": best("best, pictures alone", modalities="video"),
    "best-words": best("best, words alone", modalities="words"),
    "best-pooled": best("best, mean over time instead", temporal="mean"),
    "best-unmasked": best("best, words not masked", "weighted-all"),
    "words-unmasked": best("best, words alone, not masked", "weighted-all", modalities="words"),
}

CLAIMS = (
    ("fusion beats pictures alone", "best", "best-video"),
    ("fusion beats words alone", "best", "best-words"),
    ("temporal beats pooled", "best", "best-pooled"),
    ("caption masking beats none, fused", "best", "best-unmasked"),
    ("caption masking beats none, words alone", "best-words", "words-unmasked"),
)

COLUMNS = ("rung", "seed", "accuracy", "f1_weighted", "f1_macro", "map_all", "epochs", "seconds")


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
            write_practice_clips(folder, PRACTICE)
        return folder

    def samples(self, rung: Rung) -> ClipData:
        how = replace(DataSettings(rate=self.given.rate, words="all", classes="fine"), **rung.data)
        if how not in self.prepared:
            self.prepared[how] = prepare_clips(self.data, self.videos, how, *self.encoders, self.store)
        return self.prepared[how]

    def run(self, name: str, seed: int) -> dict[str, Any]:
        """One training and its figures on the test part."""
        rung, began = RUNGS[name], time.perf_counter()
        data = self.samples(rung)
        loop = LoopSettings(
            seed=seed, epochs=self.given.epochs, batch=self.given.batch,
            learning_rate=self.given.rate_of_learning, schedule="cosine", patience=0,
        )  # fmt: skip
        network = FusionSettings(
            pyramid=tuple(self.given.pyramid), heads=4, dense=(self.given.pyramid[-1],) * 2, **rung.network
        )
        net = train_clips(
            data, network, ClipTraining(**rung.clips), replace(loop, **rung.loop),
            self.out / "runs" / f"{name}-{seed}", pretraining=rung.pretraining, device=self.given.device,
        )  # fmt: skip
        test = data.parts["test"]
        said = answers(net, test)
        figures = classification_of_scores([data.kinds[s.kind] for s in test], said["classes"], data.kinds)
        labels = ""
        if "labels" in said:
            by_name = {clip.name: clip.labels for clip in self.data.clips}
            truth = multi_hot(by_name[sample.name] for sample in test)
            labels = round(multilabel_map(truth, said["labels"], data.labels).map_all, 4)
        return {
            "rung": name, "seed": seed, "accuracy": round(figures.accuracy, 4),
            "f1_weighted": round(figures.f1_weighted, 4), "f1_macro": round(figures.f1_macro, 4),
            "map_all": labels, "epochs": loop.epochs, "seconds": round(time.perf_counter() - began, 1),
        }  # fmt: skip


def read_runs(path: Path) -> list[dict[str, Any]]:
    """The runs that are done."""
    if not path.exists():
        return []
    with path.open(newline="", encoding="utf-8") as stream:
        return [{**row, "seed": int(row["seed"])} for row in csv.DictReader(stream)]


def append(path: Path, row: Mapping[str, Any]) -> None:
    """Adds a run; two processes may work on different rungs of one folder."""
    fresh = not path.exists()
    with path.open("a", newline="", encoding="utf-8") as stream:
        writer = csv.DictWriter(stream, COLUMNS, lineterminator="\n")
        if fresh:
            writer.writeheader()
        writer.writerow(row)


def of(rows: list[dict[str, Any]], name: str, column: str = "accuracy") -> list[float]:
    """A rung's figures, a seed each."""
    return [
        float(row[column])
        for row in sorted(rows, key=lambda row: row["seed"])
        if row["rung"] == name and row[column] != ""
    ]


def table(rows: list[dict[str, Any]], practice: bool) -> str:
    """The ladder as Markdown: mean and spread (highest less lowest) over the seeds."""
    head = "Practice clips (synthetic; no claim about baseball)." if practice else "MLB-YouTube."
    lines = [
        head, "",
        "| step | seeds | accuracy, mean | lowest–highest | weighted F1 | macro F1 | mAP of labels |",
        "| --- | ---: | ---: | ---: | ---: | ---: | ---: |",
    ]  # fmt: skip
    for name, rung in RUNGS.items():
        found = of(rows, name)
        if found:
            f1, macro, labels = (of(rows, name, key) for key in ("f1_weighted", "f1_macro", "map_all"))
            told = f"{100 * statistics.mean(labels):.1f}" if labels else ""
            lines.append(
                f"| {rung.title} | {len(found)} | {100 * statistics.mean(found):.1f} | "
                f"{100 * min(found):.1f}–{100 * max(found):.1f} | {100 * statistics.mean(f1):.1f} | "
                f"{100 * statistics.mean(macro):.1f} | {told} |"
            )
    lines += [
        "",
        "| claim | margin of the means | larger spread of the two | holds |",
        "| --- | ---: | ---: | --- |",
    ]
    for title, one, other in CLAIMS:
        a, b = of(rows, one), of(rows, other)
        if a and b:
            margin = statistics.mean(a) - statistics.mean(b)
            spread = max(max(a) - min(a), max(b) - min(b))
            holds = "yes" if margin > spread else "no"
            lines.append(f"| {title} | {100 * margin:.1f} | {100 * spread:.1f} | {holds} |")
    return "\n".join(lines) + "\n"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--manifests", type=Path, help="MLB-YouTube's JSON files; practice clips if not given")
    parser.add_argument("--videos", type=Path, help="the folder of its videos")
    parser.add_argument(
        "--encoder", help="a CLIP or SigLIP checkpoint; small encoders without weights if not given"
    )
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--rungs", nargs="+", choices=RUNGS, default=list(RUNGS))
    parser.add_argument("--epochs", type=int, default=20)
    parser.add_argument("--batch", type=int, default=32)
    parser.add_argument("--rate", type=float, default=4.0, help="frames a second")
    parser.add_argument("--rate-of-learning", type=float, default=1e-3)
    parser.add_argument("--pyramid", type=int, nargs=3, default=[192, 128, 128])
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
                files.write_text(given.out / "ladder.md", table(read_runs(path), given.manifests is None))


if __name__ == "__main__":
    main()
