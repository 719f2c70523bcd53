"""Practice (synthetic) broadcasts, rendered: what fusion, displacement and the context-aware loss are worth.

matchcut practice MATCHES --soccernet 60 --duration 300 --one-modality
python experiments/temporal/rendered.py MATCHES -o experiments/temporal/rendered.csv --work FOLDER [--seeds 5]

Everything goes through the command line as for real matches: ``train spotter`` on films and transcripts in
SoccerNet's layout, ``predict soccernet --model``, ``evaluate soccernet``. A passage of play is to be seen, or
heard, or told. Each seed has matches of its own to test on: a fifth of all; another fifth is for choosing, the
rest is trained on. A second run goes on. No claim about real matches.
"""

from __future__ import annotations

import argparse
import csv
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import torch
from click.testing import CliRunner

from matchcut.cli.main import cli
from matchcut.datasets.practice import EVERYWHERE, practice_truth
from matchcut.datasets.practice_matches import FILM
from matchcut.datasets.soccernet import read_predictions
from matchcut.sport import soccer

MODALITIES = {"video": "video=encoder:pixels", "sound": "sound", "words": "words"}
FOLDS = 5

NETWORK: dict[str, Any] = {
    "width": 32,
    "layers": 6,
    "window_s": 16.0,
    "radii_s": [1.0, 3.0, 8.0],
    "modality_dropout": 0.3,
}
SPOTTING: dict[str, Any] = {
    "steps": 80,
    "chunk_s": 128.0,
    "edge_s": 10.0,
    "jitter_s": 0.0,
    "single": 0.0,
    "measure_every": 1,
}
LOOP: dict[str, Any] = {
    "epochs": 5,
    "batch": 6,
    "learning_rate": 0.01,
    "average": 0.98,
    "precision": "float32",
    "keep_every": 0,
}

Settings = Mapping[str, Mapping[str, Any]]
BARE = "early fusion"
WAYS: dict[str, Settings] = {
    BARE: {},
    "early fusion, no modality dropout": {"network": {"modality_dropout": 0.0}},
    "late fusion": {"network": {"fusion": "late"}},
    "displacement": {"network": {"shift_s": 3.0}},
    "transformer": {"network": {"trunk": "transformer", "layers": 2}},
    "transformer with displacement": {"network": {"trunk": "transformer", "layers": 2, "shift_s": 3.0}},
    "context-aware loss, weight 0.3": {"network": {"context": True}, "spotting": {"context_weight": 0.3}},
    "context-aware loss, weight 0.03": {"network": {"context": True}, "spotting": {"context_weight": 0.03}},
}
"""Ways of training on all three modalities; what is not named is as above."""

LONG: dict[str, Settings] = {
    "early fusion, 1,200 steps": {"loop": {"epochs": 15}},
    "context-aware loss, weight 0.3, 1,200 steps": {
        "network": {"context": True},
        "spotting": {"context_weight": 0.3},
        "loop": {"epochs": 15},
    },
}
"""The same for three times as long, on the first seeds."""

DROPPED = ("early fusion", "early fusion, no modality dropout", "late fusion")
"""Those that are also tested with a modality missing."""

SURE, NEAR_S = 0.3, 3.0
"""For the shares found: the least score of a detection, and how near it must be."""

MARK_HERE = "<!-- what follows is written by rendered.py -->"

Rows = Sequence[Mapping[str, Any]]


def run(*words: object) -> str:
    """A matchcut command; what it printed."""
    done = CliRunner().invoke(cli, [str(word) for word in words], catch_exceptions=False)
    if done.exit_code:
        raise SystemExit(f"matchcut {' '.join(map(str, words))}\n{done.output}")
    return done.stdout


def splits(matches: Path, seed: int, work: Path) -> Path:
    """Lists of games for a seed: a fifth to test on, the next to choose on, the others to train on."""
    lists = json.loads((matches / "splits.json").read_text(encoding="utf-8"))
    games = sorted(game for part in lists.values() for game in part)
    test, valid = seed % FOLDS, (seed + 1) % FOLDS
    found = {
        "train": [game for place, game in enumerate(games) if place % FOLDS not in (test, valid)],
        "valid": [game for place, game in enumerate(games) if place % FOLDS == valid],
        "test": [game for place, game in enumerate(games) if place % FOLDS == test],
    }
    work.mkdir(parents=True, exist_ok=True)
    for name, value in (("splits", found), ("test", found["test"]), ("valid", found["valid"])):
        (work / f"{name}.json").write_text(json.dumps(value), encoding="utf-8")
    return work


def trained(
    matches: Path, store: Path, work: Path, name: str, modalities: Sequence[str], how: Settings, seed: int
) -> Path:
    """The folder of a trained spotter."""
    folder = work / name.replace(" ", "-").replace(",", "")
    if not (folder / "figures.json").exists():
        settings = {
            "network": NETWORK | dict(how.get("network", {})),
            "spotting": SPOTTING | dict(how.get("spotting", {})),
            "loop": LOOP | dict(how.get("loop", {})) | {"seed": seed},
        }
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "given.json").write_text(json.dumps(settings), encoding="utf-8")
        given = ["--data", matches, "--splits", work / "splits.json", "--settings", folder / "given.json"]
        asked = ",".join(MODALITIES[one] for one in modalities)
        run(
            "train", "spotter", *given, "--modalities", asked, "--store", store, "--device", "cpu", "-o", folder
        )
    return folder


def worth(matches: Path, store: Path, work: Path, folder: Path, seen: Sequence[str]) -> dict[str, float]:
    """Loose and tight average-mAP on the test matches over the labels that there are, and shares found."""
    out = folder / f"test-{'-'.join(seen)}.zip"
    split = work / "test.json"
    if not out.exists():
        given = ["--model", folder, "--data", matches, "--store", store, "--split", split]
        run("predict", "soccernet", *given, "--modalities", ",".join(seen), "-o", out)
    found = {}
    for metric in ("loose", "tight"):
        given = ["--labels", matches, "--predictions", out, "--split", split, "--metric", metric]
        said = json.loads(run("evaluate", "soccernet", *given, "--json"))
        found[metric] = round(said["a_mAP"] * len(soccer.names) / len(EVERYWHERE), 4)
    return found | found_by_modality(matches, out)


@cache
def shown(matches: Path, game: str, half: int) -> list[tuple[str, float, str | None]]:
    """The labelled events of a half: label, second, the modality that it shows in."""
    made = json.loads((matches / "practice.json").read_text(encoding="utf-8"))
    number = int(game.rsplit("/", 1)[-1].split()[0])
    film = replace(FILM, one_modality=made["film"]["one_modality"], teams=number)
    script, _, log = practice_truth(2 * number + half - 1, made["half_s"], film)
    return [(e.label, e.time, script.sense(e.time)) for e in log if e.label in EVERYWHERE]


def found_by_modality(matches: Path, predictions: Path) -> dict[str, float]:
    """Modality → the share found of the events that show in it: of their label, near, and no faint guess."""
    near: dict[str, list[bool]] = {name: [] for name in MODALITIES}
    for game, halves in read_predictions(predictions).items():
        for half, log in halves.items():
            sure = [(e.label, e.time) for e in log if (e.score or 0) >= SURE]
            for label, at, modality in shown(matches, game, half):
                hit = any(of == label and abs(t - at) <= NEAR_S for of, t in sure)
                near[modality or ""].append(hit)
    return {f"found_{name}": round(float(np.mean(hits)), 3) for name, hits in near.items()}


def rows(
    matches: Path, store: Path, work: Path, seed: int, ways: Mapping[str, Settings]
) -> Iterator[dict[str, Any]]:
    """Ways of training, and what they are worth on the test matches; with `WAYS` each modality alone too."""
    here = splits(matches, seed, work / str(seed))
    everything = list(MODALITIES)

    def row(way: str, seen: str, folder: Path, modalities: Sequence[str]) -> dict[str, Any]:
        figures = json.loads((folder / "figures.json").read_text(encoding="utf-8"))
        found = {"way": way, "seen": seen, "seed": seed, **worth(matches, store, here, folder, modalities)}
        print(found, figures["seconds"], flush=True)
        return found | {"training_s": figures["training_seconds"]}

    for way, how in ways.items():
        folder = trained(matches, store, here, way, everything, how, seed)
        yield row(way, "all", folder, everything)
        for gone in everything if way in DROPPED else ():
            left = [one for one in everything if one != gone]
            yield row(way, f"all but {gone}", folder, left)
    for only in everything if ways is WAYS else ():
        folder = trained(matches, store, here, f"{only} alone", [only], {}, seed)
        yield row(f"{only} alone", only, folder, [only])


def table(found: Rows) -> str:
    """Every way's figures over the seeds, as Markdown."""
    heads = ("way", "has", "loose average-mAP", "tight average-mAP", "only seen", "only heard", "only told")
    lines = [f"| {' | '.join(heads)} |", f"|{' --- |' * len(heads)}"]
    for way, seen in dict.fromkeys((row["way"], row["seen"]) for row in found):
        both = [_of(found, way, seen, metric) for metric in ("loose", "tight")]
        said = [f"{values.mean():.3f} ± {values.std():.3f}" for values in both]
        shares = [f"{100 * _of(found, way, seen, f'found_{name}').mean():.0f} %" for name in MODALITIES]
        lines.append(f"| {way} | {seen} | {' | '.join([*said, *shares])} |")
    return "\n".join(lines)


def pairs() -> Iterator[tuple[str, tuple[str, str], tuple[str, str]]]:
    """What is compared: said, one way, the other."""
    for fused in DROPPED:
        for name in MODALITIES:
            yield f"{fused} over {name} alone", (fused, "all"), (f"{name} alone", name)
        for name in MODALITIES:
            yield f"{fused} without its {name}", (fused, f"all but {name}"), (fused, "all")
    without = "early fusion, no modality dropout"
    for name in MODALITIES:
        yield f"modality dropout, {name} missing", (BARE, f"all but {name}"), (without, f"all but {name}")
    yield "modality dropout, nothing missing", (BARE, "all"), (without, "all")
    yield "late over early fusion", ("late fusion", "all"), (BARE, "all")
    yield "displacement, convolutions", ("displacement", "all"), (BARE, "all")
    yield "displacement, transformer", ("transformer with displacement", "all"), ("transformer", "all")
    for way in (*WAYS, *LONG):
        if way.startswith("context"):
            plain = "early fusion, 1,200 steps" if way in LONG else BARE
            yield f"{way}, over cross-entropy", (way, "all"), (plain, "all")


def differences(found: Rows) -> str:
    """What one way has over another with the same seed and matches, as Markdown."""
    lines = ["| difference | loose | tight | seeds above 0 (loose, tight) |", "| --- | --- | --- | --- |"]
    there = {(row["way"], row["seen"]) for row in found}
    for said, one, other in pairs():
        if one not in there or other not in there:
            continue
        gaps = [_both(found, one, other, metric) for metric in ("loose", "tight")]
        shown = [f"{g.mean():+.3f} ± {g.std():.3f} ({g.min():+.3f} to {g.max():+.3f})" for g in gaps]
        above = ", ".join(f"{int((gap > 0).sum())} of {len(gap)}" for gap in gaps)
        lines.append(f"| {said} | {' | '.join(shown)} | {above} |")
    return "\n".join(lines)


def _both(found: Rows, one: tuple[str, str], other: tuple[str, str], metric: str) -> Any:
    """The differences on the seeds that both have."""
    left, right = (
        {row["seed"]: float(row[metric]) for row in found if (row["way"], row["seen"]) == way}
        for way in (one, other)
    )
    return np.array([left[seed] - right[seed] for seed in left if seed in right])


def _of(found: Rows, way: str, seen: str, metric: str) -> Any:
    return np.array([float(row[metric]) for row in found if (row["way"], row["seen"]) == (way, seen)])


def main() -> None:
    """Writes one row a way and seed, and tables below what a person wrote."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("matches", type=Path, help="what matchcut practice --soccernet wrote")
    parser.add_argument("-o", "--output", type=Path, required=True)
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--long", type=int, default=3, help="seeds of the long trainings")
    parser.add_argument("--work", type=Path, required=True, help="folder of spotters and features")
    given = parser.parse_args()
    torch.set_num_threads(1)
    store = given.work / "features"
    found: list[dict[str, Any]] = []
    for ways, seeds in ((WAYS, given.seeds), (LONG, given.long)):
        for seed in range(seeds):
            found += rows(given.matches, store, given.work, seed, ways)
            write(given.output, found)
    print(table(found), differences(found), sep="\n\n")


def write(output: Path, found: Rows) -> None:
    """The rows, and the tables beside them."""
    with output.open("w", newline="", encoding="utf-8") as stream:
        writer = csv.DictWriter(stream, list(found[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(found)
    page = output.with_suffix(".md")
    said = page.read_text(encoding="utf-8").split(MARK_HERE)[0] if page.exists() else ""
    seeds = len({row["seed"] for row in found})
    told = (
        f"Practice (synthetic), {seeds} seeds, each with test matches of its own: mean ± deviation; "
        "differences also from lowest to highest. The last columns are the shares found of the events that are "
        f"only to be seen, heard or told: a detection of the label within {NEAR_S:g} s, scored {SURE} or more."
    )
    page.write_text(f"{said}{MARK_HERE}\n{told}\n\n{table(found)}\n\n{differences(found)}\n", encoding="utf-8")


if __name__ == "__main__":
    main()
