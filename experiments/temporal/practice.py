"""Practice (synthetic) features, each event to be seen in one modality only: what fusion and heads are worth.

python experiments/temporal/practice.py -o experiments/temporal/practice.csv [--seeds 3] [--work FOLDER]

Arrays are noise; an event leaves the mark of its class in the pictures, in the sound or in the words, drawn at
random, a few seconds late in the words. Nothing here is a claim about real matches.
"""

from __future__ import annotations

import argparse
import csv
import tempfile
import time
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch

from matchcut.encoders.series import Series
from matchcut.models.temporal_settings import SpotterNetSettings
from matchcut.sport import soccer
from matchcut.spotters.stretches import Half
from matchcut.training.settings import LoopSettings
from matchcut.training.spotting import tune
from matchcut.training.spotting.run import settings_of, tracks_of, train_member
from matchcut.training.spotting.settings import SpotTraining

MODALITIES = {"video": (2.0, 16), "sound": (2.0, 8), "words": (1.0, 12)}
KINDS = ("Goal", "Corner", "Foul", "Offside", "Substitution", "Yellow card")
MINUTES, TRAINING, VALIDATION = 12, 16, 12
NOISE, MARK = 0.5, 1.6

NETWORK = SpotterNetSettings(
    modalities=tuple(MODALITIES),
    widths=(1, 1, 1),
    width=32,
    layers=6,
    window_s=16.0,
    radii_s=(1.0, 3.0, 8.0),
    modality_dropout=0.3,
)
SPOTTING = SpotTraining(steps=80, chunk_s=128.0, edge_s=10.0, jitter_s=0.0, single=0.0, measure_every=100)
LOOP = LoopSettings(epochs=5, batch=6, learning_rate=0.01, schedule="cosine", patience=0, average=0.98)

Halves = tuple[list[Half], list[Half]]


def halves(seed: int) -> Halves:
    """Training and validation; the marks of the classes are the same in both."""
    rng = np.random.default_rng(seed)
    marks = {name: rng.standard_normal((len(KINDS), width)) for name, (_, width) in MODALITIES.items()}
    made = [_half(f"half {number}", marks, rng) for number in range(TRAINING + VALIDATION)]
    return made[:TRAINING], made[TRAINING:]


def _half(name: str, marks: Mapping[str, Any], rng: np.random.Generator) -> Half:
    seconds = MINUTES * 60
    values = {
        modality: rng.standard_normal((int(seconds * rate), width)) * NOISE
        for modality, (rate, width) in MODALITIES.items()
    }
    truths = []
    for at in np.arange(20, seconds - 20, 15) + rng.uniform(-5, 5, len(np.arange(20, seconds - 20, 15))):
        kind, seen = int(rng.integers(len(KINDS))), list(MODALITIES)[int(rng.integers(3))]
        truths.append((soccer.index(KINDS[kind]), float(at)))
        rate = MODALITIES[seen][0]
        late = rng.uniform(1, 3) if seen == "words" else 0.0
        row = int((at + late) * rate)
        values[seen][row : row + 2] += MARK * marks[seen][kind]
    sources = {
        modality: (Series(values[modality].astype(np.float32), rate, 0.0, f"{name} {modality}"),)
        for modality, (rate, _) in MODALITIES.items()
    }
    return Half(name, 1, float(seconds), tuple(truths), sources)


def without(made: list[Half], *gone: str) -> list[Half]:
    """The same without some modalities."""
    return [replace(h, sources={k: v for k, v in h.sources.items() if k not in gone}) for h in made]


def worth(net: torch.nn.Module, made: list[Half]) -> dict[str, float]:
    """Loose and tight average-mAP over the classes that there are."""
    assert hasattr(net, "how")
    settings = settings_of([net.how], {}, SPOTTING.chunk_s)
    found = tune.quick(tracks_of(net, made, settings), [half.truths for half in made])
    return {name: value * len(soccer.names) / len(KINDS) for name, value in found.items()}


def rows(seed: int, work: Path) -> Iterator[dict[str, Any]]:
    """Every way of training, and what it is worth."""
    training, validation = halves(seed)

    def trained(name: str, **more: Any) -> torch.nn.Module:
        network = replace(NETWORK, **more)
        loop = replace(LOOP, seed=seed)
        began = time.process_time()
        done = train_member(training, [], network, SPOTTING, loop, work / f"{name}-{seed}", {}, device="cpu")
        print(f"{name} {seed}: {time.process_time() - began:.0f} s", flush=True)
        return done.net

    def row(way: str, seen: str, figures: Mapping[str, float]) -> dict[str, Any]:
        return {"way": way, "seen": seen, "seed": seed, **{k: round(v, 4) for k, v in figures.items()}}

    for fusion in ("early", "late"):
        for dropout in (0.3, 0.0) if fusion == "early" else (0.3,):
            way = f"{fusion} fusion{'' if dropout else ', no modality dropout'}"
            net = trained(way.replace(" ", "-"), fusion=fusion, modality_dropout=dropout)
            yield row(way, "all", worth(net, validation))
            for gone in MODALITIES:
                yield row(way, f"all but {gone}", worth(net, without(validation, gone)))
    for only in MODALITIES:
        net = trained(f"only-{only}", modalities=(only,), widths=(1,))
        yield row(f"{only} alone", only, worth(net, validation))
    for way, more in (
        ("displacement", {"shift_s": 3.0}),
        ("context-aware loss", {"context": True}),
        ("transformer", {"trunk": "transformer", "layers": 2}),
        ("transformer with displacement", {"trunk": "transformer", "layers": 2, "shift_s": 3.0}),
    ):
        yield row(way, "all", worth(trained(way.replace(" ", "-"), **more), validation))


def main() -> None:
    """Writes one row a way and seed."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("-o", "--output", type=Path, required=True)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--work", type=Path, help="folder of checkpoints; a second run goes on")
    given = parser.parse_args()
    torch.set_num_threads(1)
    work = given.work or Path(tempfile.mkdtemp())
    found = [row for seed in range(given.seeds) for row in rows(seed, work)]
    with given.output.open("w", newline="", encoding="utf-8") as stream:
        writer = csv.DictWriter(stream, list(found[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(found)
    for way, seen in dict.fromkeys((row["way"], row["seen"]) for row in found):
        mine = [row for row in found if (row["way"], row["seen"]) == (way, seen)]
        means = {name: np.mean([row[name] for row in mine]) for name in ("loose", "tight")}
        spread = {name: np.std([row[name] for row in mine]) for name in ("loose", "tight")}
        print(f"{way:32} {seen:14}", *(f"{n} {means[n]:.3f} ± {spread[n]:.3f}" for n in means))


if __name__ == "__main__":
    main()
