"""Practice (synthetic) features, each event to be seen in one modality only: what fusion and heads are worth.

python experiments/temporal/practice.py -o experiments/temporal/practice.csv [--seeds 5] [--work FOLDER]

Nothing is rendered: the arrays are noise, and an event leaves the mark of its class in the pictures, in the
crowd's sound or in the words, drawn at random, a few seconds late in the words. With an *aftermath* marks fade
over ten seconds, as celebrations do, so that there is context to learn from. No claim about real matches.
Beside the rows, a table and differences are written as Markdown, below what a person wrote there (practice.md).
"""

from __future__ import annotations

import argparse
import csv
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
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
NOISE, MARK, FADING, AFTERMATH = 0.5, 1.6, 10.0, 0.4
NARROW = (-10.0, -5.0, 10.0, 15.0)
"""K1 to K4 of the context-aware loss that fit this practice's pace; the usual ones reach 40 s."""

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

MARK_HERE = "<!-- what follows is written by practice.py -->"

Halves = tuple[list[Half], list[Half]]


def halves(seed: int, aftermath: float = 0.0) -> Halves:
    """Training and validation; the marks of the classes are the same in both.

    Args:
        seed: of everything.
        aftermath: what is left of a mark just after it, falling to nothing in `FADING` seconds.
    """
    rng = np.random.default_rng(seed)
    marks = {name: rng.standard_normal((len(KINDS), width)) for name, (_, width) in MODALITIES.items()}
    made = [_half(f"half {number}", marks, rng, aftermath) for number in range(TRAINING + VALIDATION)]
    return made[:TRAINING], made[TRAINING:]


def _half(name: str, marks: Mapping[str, Any], rng: np.random.Generator, aftermath: float) -> Half:
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
        fading = values[seen][row + 2 : row + int(FADING * rate)]
        fading += aftermath * MARK * np.linspace(1, 0, len(fading))[:, None] * marks[seen][kind]
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

    def trained(name: str, made: list[Half] = training, spotting: SpotTraining = SPOTTING, **more: Any) -> Any:
        network = replace(NETWORK, **more)
        loop = replace(LOOP, seed=seed)
        began = time.process_time()
        done = train_member(made, [], network, spotting, loop, work / f"{name}-{seed}", {}, device="cpu")
        print(f"{name} {seed}: {time.process_time() - began:.0f} s", flush=True)
        return done.net

    def row(way: str, seen: str, figures: Mapping[str, float]) -> dict[str, Any]:
        return {"way": way, "seen": seen, "seed": seed, **{k: round(v, 4) for k, v in figures.items()}}

    for fusion in ("early", "late"):
        for dropout in (0.3, 0.0) if fusion == "early" else (0.3,):
            way = f"{fusion} fusion{'' if dropout else ', no modality dropout'}"
            net = trained(way.replace(" ", "-").replace(",", ""), fusion=fusion, modality_dropout=dropout)
            yield row(way, "all", worth(net, validation))
            for gone in MODALITIES:
                yield row(way, f"all but {gone}", worth(net, without(validation, gone)))
    for only in MODALITIES:
        net = trained(f"only-{only}", modalities=(only,), widths=(1,))
        yield row(f"{only} alone", only, worth(net, validation))
    for way, more in (
        ("displacement", {"shift_s": 3.0}),
        ("transformer", {"trunk": "transformer", "layers": 2}),
        ("transformer with displacement", {"trunk": "transformer", "layers": 2, "shift_s": 3.0}),
    ):
        yield row(way, "all", worth(trained(way.replace(" ", "-").replace(",", ""), **more), validation))
    cuts = {"plain": NARROW, "wide": SPOTTING.context_s, "narrow": NARROW}
    ways = (("plain", 0.0), ("wide", 0.3), ("narrow", 0.3), ("wide", 0.03), ("narrow", 0.03))
    for left in (0.0, AFTERMATH):
        made, other = halves(seed, left)
        for which, weight in ways:
            if not weight and not left:
                continue  # that is early fusion
            way = f"context-aware loss, {which}, weight {weight:g}" if weight else "cross-entropy alone"
            spotting = replace(SPOTTING, context_s=cuts[which], context_weight=weight)
            name = f"context-{which}-{weight}-{left}"
            net = trained(name, made, spotting, context=weight > 0)
            yield row(way, "with aftermath" if left else "all", worth(net, other))


Rows = Sequence[Mapping[str, Any]]


def table(found: Rows) -> str:
    """Every way's figures over the seeds, as Markdown."""
    lines = ["| way | seen | loose average-mAP | tight average-mAP |", "| --- | --- | --- | --- |"]
    for way, seen in dict.fromkeys((row["way"], row["seen"]) for row in found):
        values = {name: _of(found, way, seen, name) for name in ("loose", "tight")}
        said = [f"{v.mean():.3f} ± {v.std():.3f}" for v in values.values()]
        lines.append(f"| {way} | {seen} | {' | '.join(said)} |")
    return "\n".join(lines)


def differences(found: Rows) -> str:
    """What one way has over another on the same seed's data, as Markdown."""
    plain, after = ("early fusion", "all"), ("cross-entropy alone", "with aftermath")
    pairs: list[tuple[str, tuple[str, str], tuple[str, str]]] = []
    for fused in ("early fusion", "early fusion, no modality dropout", "late fusion"):
        pairs += [(f"{fused} over {m} alone", (fused, "all"), (f"{m} alone", m)) for m in MODALITIES]
        pairs += [(f"{fused} without its {m}", (fused, f"all but {m}"), (fused, "all")) for m in MODALITIES]
    name, bare = "early fusion, no modality dropout", "early fusion"
    pairs += [
        (f"modality dropout, {m} missing", (bare, f"all but {m}"), (name, f"all but {m}")) for m in MODALITIES
    ]
    pairs += [("modality dropout, nothing missing", (bare, "all"), (name, "all"))]
    pairs += [("displacement, convolutions", ("displacement", "all"), plain)]
    pairs += [("displacement, transformer", ("transformer with displacement", "all"), ("transformer", "all"))]
    for way, seen in dict.fromkeys((row["way"], row["seen"]) for row in found):
        if way.startswith("context"):
            told = f"{way}, over cross-entropy{' (aftermath)' if seen == after[1] else ''}"
            pairs += [(told, (way, seen), after if seen == after[1] else plain)]
    lines = ["| difference | loose | tight | seeds above 0 (loose, tight) |", "| --- | --- | --- | --- |"]
    for said, one, other in pairs:
        gaps = [_of(found, *one, name) - _of(found, *other, name) for name in ("loose", "tight")]
        shown = [f"{gap.mean():+.3f} ({gap.min():+.3f} to {gap.max():+.3f})" for gap in gaps]
        above = ", ".join(f"{int((gap > 0).sum())} of {len(gap)}" for gap in gaps)
        lines.append(f"| {said} | {' | '.join(shown)} | {above} |")
    return "\n".join(lines)


def _of(found: Rows, way: str, seen: str, name: str) -> Any:
    return np.array([row[name] for row in found if (row["way"], row["seen"]) == (way, seen)])


def main() -> None:
    """Writes one row a way and seed."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("-o", "--output", type=Path, required=True)
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--work", type=Path, help="folder of checkpoints; a second run goes on")
    given = parser.parse_args()
    torch.set_num_threads(1)
    work = given.work or Path(tempfile.mkdtemp())
    found = [row for seed in range(given.seeds) for row in rows(seed, work)]
    with given.output.open("w", newline="", encoding="utf-8") as stream:
        writer = csv.DictWriter(stream, list(found[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(found)
    page = given.output.with_suffix(".md")
    said = page.read_text(encoding="utf-8").split(MARK_HERE)[0] if page.exists() else ""
    told = f"Practice (synthetic), {given.seeds} seeds: mean ± deviation; differences from lowest to highest."
    written = f"{said}{MARK_HERE}\n{told}\n\n{table(found)}\n\n{differences(found)}\n"
    page.write_text(written, encoding="utf-8")
    print(table(found), differences(found), sep="\n\n")


if __name__ == "__main__":
    main()
