"""Token-based against CLIP-based spotting, side by side on the same one-minute chunks.

    python experiments/sparse_spotting/side_by_side.py --work FOLDER --practice

    python experiments/sparse_spotting/side_by_side.py --work FOLDER --labels LABELS.zip --echoes ECHOES.zip \\
        --videos VIDEOS --language mistralai/Mistral-7B-Instruct-v0.3 --clip openai/clip-vit-base-patch32 \\
        [--vlm Qwen/Qwen2-VL-2B-Instruct]

The first makes its own matches and models (`practice_matches`): what it finds says that the parts work and
how they compare on made-up matches, nothing of real ones. The second is the same on SoccerNet. Everything is
trained and asked by the product's own verbs (`approaches`); each thing that is finished stays in ``FOLDER``,
and a run that was stopped goes on. Writes ``side_by_side.csv`` (a row for each approach and seed) and the
tables of ``side_by_side.md``.

All approaches answer for the same halves, and are scored inside the same chunks (`same_halves`,
`table.by_chunk`). What counts as shown is decided for each on the validation games: the score with the best F1
in chunks there.
"""

from __future__ import annotations

import argparse
import csv
import io
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from functools import partial
from pathlib import Path
from statistics import mean

import numpy as np
import practice_matches
from approaches import APPROACHES, NEEDS, UNTRAINED, Approach, Data, Runs
from numpy.typing import NDArray
from table import by_chunk, markdown

from matchcut import files
from matchcut.datasets.chunks import Chunk
from matchcut.datasets.games import half_video
from matchcut.datasets.soccernet import read_predictions
from matchcut.datasets.soccernet_chunks import soccernet_chunks
from matchcut.evaluation import evaluate_soccernet_files
from matchcut.events import EventLog
from matchcut.metrics.bootstrap import bootstrap
from matchcut.metrics.intervals import LabelledRates, score_intervals
from matchcut.sport import soccer

LEVELS = (0.0, *(round(0.02 * n, 2) for n in range(1, 10)), *(round(0.05 * n, 2) for n in range(4, 20)))
"""Scores to choose what is shown from."""
COMPARED = (
    ("language", "keywords"),
    ("language", "commentary"),
    ("clip", "language"),
    ("spotter", "language"),
    ("fused-clip", "commentary"),
    ("fused-clip", "language"),
    ("fused-spotter", "spotter"),
)
"""Which differences are told."""


def same_halves(path: Path, chunks: Sequence[Chunk]) -> dict[str, EventLog]:
    """Predictions by recording, of exactly the halves that the chunks are of.

    Raises:
        SystemExit: a game of the chunks has no predictions.
    """
    wanted = {chunk.recording for chunk in chunks}
    logs = {
        f"{game}/{half}": log for game, halves in read_predictions(path).items() for half, log in halves.items()
    }
    if lacking := sorted(wanted - set(logs)):
        raise SystemExit(
            f"{path}: was not asked about {len(lacking)} halves, such as {lacking[0]}: not the same chunks"
        )
    return {name: log for name, log in logs.items() if name in wanted}


def rates_at(logs: Mapping[str, EventLog], chunks: Sequence[Chunk], floor: float) -> LabelledRates:
    """The interval measure by best IoU in chunks, of what has at least this score."""
    shown = {name: log.where(min_score=floor) for name, log in logs.items()}
    truth, found = by_chunk(shown, list(chunks))
    return score_intervals(truth, found, soccer.names, ()).best_iou


def best_level(logs: Mapping[str, EventLog], chunks: Sequence[Chunk]) -> float:
    """The score from which on showing is best by F1 in chunks; of equals the lowest."""
    return max(LEVELS, key=lambda level: (rates_at(logs, chunks, level).overall.f1 or 0.0, -level))


@dataclass(frozen=True)
class Scored:
    """One approach with one seed.

    Attributes:
        approach, seed: which.
        figures: by name.
        by_action: F1 by action.
        sums: of each game its best IoUs over what is shown, how much is shown, the same of truths: (games, 4).
    """

    approach: Approach
    seed: int
    figures: Mapping[str, float]
    by_action: Mapping[str, float]
    sums: NDArray[np.float64]

    def f1(self, games: NDArray[np.int64]) -> float:
        """F1 over games, which may be drawn several times."""
        found, shown, met, truths = self.sums[games].sum(0)
        return float(2 * found * met / max(found * truths + met * shown, 1e-9))


def sums_of(logs: Mapping[str, EventLog], chunks: Sequence[Chunk], floor: float) -> NDArray[np.float64]:
    """`Scored.sums`, games in the order of the chunks."""
    found = []
    for game in games_of(chunks):
        mine = [chunk for chunk in chunks if chunk.recording.startswith(f"{game}/")]
        rates = rates_at(logs, mine, floor).overall
        shown, truths = rates.predictions, rates.truths
        found.append([(rates.precision or 0.0) * shown, shown, (rates.recall or 0.0) * truths, truths])
    return np.array(found)


def score(
    approach: Approach, seed: int, path: Path, data: Data, parts: Mapping[str, Sequence[Chunk]]
) -> Scored:
    """Scores a file: what is shown is chosen on "valid", measured is "test"."""
    level = best_level(same_halves(path, parts["valid"]), parts["valid"])
    logs = same_halves(path, parts["test"])
    rates = rates_at(logs, parts["test"], level)
    maps = [
        evaluate_soccernet_files(data.labels, path, str(path.parents[1] / "test.json"), name).spotting.a_mAP
        for name in ("loose", "tight")
    ]
    minutes = sum(chunk.length for part in ("valid", "test") for chunk in parts[part]) / 60
    told = files.read_json(path.with_suffix(".json"))
    asking, training, weights = told["asking"], told["training"], told["weights"]
    whole = rates.overall
    figures = {
        "precision": whole.precision or 0.0, "recall": whole.recall or 0.0, "f1": whole.f1 or 0.0,
        "loose": maps[0] or 0.0, "tight": maps[1] or 0.0, "shown": whole.predictions, "level": level,
        "wall_s_a_minute": asking["wall_s"] / minutes, "cpu_s_a_minute": asking["cpu_s"] / minutes,
        "training_wall_s": training["wall_s"], "training_cpu_s": training["cpu_s"],
        "weights": weights["whole"], "learnt": weights["learnt"],
    }  # fmt: skip
    by_action = {name: rates.per_label[name].f1 or 0.0 for name in soccer.names}
    return Scored(approach, seed, figures, by_action, sums_of(logs, parts["test"], level))


def overall_table(rows: Sequence[Scored]) -> list[list[str]]:
    """The table for people: a row for each approach, means over the seeds and how far they lie apart."""
    head = ["approach", "goes by", "precision", "recall", "F1 (chunks)", "loose a-mAP", "tight a-mAP", "shown"]
    head += ["seconds a minute", "training, min", "trained / all weights, thousands"]
    found = [head]
    for approach in dict.fromkeys(row.approach for row in rows):
        mine = [row.figures for row in rows if row.approach == approach]

        def middle(name: str, mine: Sequence[Mapping[str, float]] = mine) -> float:
            return mean(one[name] for one in mine)

        measured = [
            spread([one[name] for one in mine]) for name in ("precision", "recall", "f1", "loose", "tight")
        ]
        weights = f"{middle('learnt') / 1000:,.0f} / {middle('weights') / 1000:,.0f}"
        costs = [f"{middle('cpu_s_a_minute'):.2f}", f"{middle('training_cpu_s') / 60:.1f}", weights]
        found.append([approach.name, approach.by, *measured, f"{middle('shown'):.0f}", *costs])
    return found


def spread(values: Sequence[float]) -> str:
    """A mean, and how far the values lie from it where there are several.

    >>> spread([0.25]), spread([0.2, 0.3])
    ('0.250', '0.250 ± 0.050')
    """
    middle = mean(values)
    return f"{middle:.3f}" + (f" ± {max(abs(v - middle) for v in values):.3f}" if len(values) > 1 else "")


def differences(rows: Sequence[Scored]) -> list[list[str]]:
    """F1 of one approach less another's, each with its first seed, and the interval over drawn games (95 %)."""
    first: dict[str, Scored] = {}
    for row in rows:
        first.setdefault(row.approach.key, row)
    found = [["F1 in chunks", "less that of", "difference [95 %, games drawn]"]]
    for one, other in ((first[a], first[b]) for a, b in COMPARED if a in first and b in first):
        interval = bootstrap(partial(_less, one, other), len(one.sums))
        found.append([one.approach.name, other.approach.name, str(interval)])
    return found


def _less(one: Scored, other: Scored, games: NDArray[np.int64]) -> float:
    return one.f1(games) - other.f1(games)


def action_table(rows: Sequence[Scored], chunks: Sequence[Chunk]) -> list[list[str]]:
    """F1 in chunks by action, means over the seeds; actions that never happen in the chunks are left out."""
    counts = {
        name: sum(one.label == name for chunk in chunks for one in chunk.truth or ()) for name in soccer.names
    }
    approaches = list(dict.fromkeys(row.approach for row in rows))
    found = [["action", *(one.name for one in approaches), "truths"]]
    for label in (name for name in soccer.names if counts[name]):
        means = (mean(row.by_action[label] for row in rows if row.approach == one) for one in approaches)
        found.append([label, *(f"{value:.3f}" for value in means), str(counts[label])])
    return found


def write(out: Path, rows: Sequence[Scored], chunks: Sequence[Chunk], told: str) -> None:
    """Writes ``side_by_side.csv``, and the tables of ``side_by_side.md`` between its marks."""
    text = io.StringIO()
    table = csv.writer(text, lineterminator="\n")
    table.writerow(["approach", "goes by", "seed", *rows[0].figures, *soccer.names])
    for row in rows:
        values = [f"{value:.5g}" if isinstance(value, float) else value for value in row.figures.values()]
        table.writerow(
            [
                row.approach.name,
                row.approach.by,
                row.seed,
                *values,
                *(f"{row.by_action[n]:.4f}" for n in soccer.names),
            ]
        )
    files.write_text(out / "side_by_side.csv", text.getvalue())
    tables = "\n\n".join(
        (
            told,
            markdown(overall_table(rows)),
            markdown(differences(rows)),
            "F1 by best IoU in chunks, by action:",
            markdown(action_table(rows, chunks)) + "\n",
        )
    )
    page = out / "side_by_side.md"
    begin, end = "<!-- tables -->\n", "<!-- end -->"
    old = (
        files.read_text(page)
        if page.exists()
        else f"# Token-based against CLIP-based spotting\n\n{begin}{end}\n"
    )
    files.write_text(page, old.partition(begin)[0] + begin + tables + end + old.partition(end)[2])
    print(tables)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "--work", type=Path, required=True, help="everything that is made; a second run goes on"
    )
    parser.add_argument(
        "--practice", action="store_true", help="on made-up matches, with small models of our own"
    )
    for name in ("labels", "echoes", "videos"):
        parser.add_argument(f"--{name}", type=Path, help="SoccerNet's; see matchcut train language")
    for name, usual in (("words", "train"), ("films", "train"), ("valid", "valid"), ("test", "test")):
        parser.add_argument(f"--{name}", default=usual, help="split")
    for name in ("language", "vlm", "clip"):
        parser.add_argument(f"--{name}", default="", help="base to fine-tune: a folder or a name on the hub")
    parser.add_argument(
        "--frames", type=Path, help="SoccerNet-v3's images for CLIP; else taken from the videos"
    )
    parser.add_argument(
        "--settings", type=Path, help='JSON: {"language": {…}, "vlm": …, "clip": …, "spotter": …}'
    )
    parser.add_argument("--seeds", default="0", help="such as 0,1")
    parser.add_argument("--language-seeds", help="of what needs a language model, where these are fewer")
    parser.add_argument("--only", default="", help="approaches by key, with commas; all if not given")
    parser.add_argument("-o", "--out", type=Path, default=Path(__file__).parent)
    given = parser.parse_args()
    seeds = _seeds(given.seeds)
    slow = _seeds(given.language_seeds or given.seeds)
    os.environ.setdefault("XDG_CACHE_HOME", str(given.work / "cache"))
    if given.practice:
        data = Data(**practice_matches.prepare(given.work, slow))
    elif given.labels and given.echoes and given.videos:
        settings = files.read_json(given.settings) if given.settings else {}
        held = {one.name: getattr(given, one.name) for one in fields(Data) if one.name != "settings"}
        data = Data(**held, settings=settings)
    else:
        parser.error("give --practice, or --labels, --echoes and --videos")
    parts = {
        part: _seen(soccernet_chunks(data.labels, data.echoes, getattr(data, part)).chunks, data.videos)
        for part in ("valid", "test")
    }
    files.write_json(given.work / "test.json", games_of(parts["test"]))
    rows = []
    for approach in APPROACHES:
        if given.only and approach.key not in given.only.split(","):
            continue
        for seed in _seeds_of(approach, seeds, slow):
            path = Runs(data, given.work, seed).predictions(approach)
            if path is not None:
                rows.append(score(approach, seed, path, data, parts))
                figures = {name: round(float(value), 4) for name, value in rows[-1].figures.items()}
                print(approach.name, seed, figures, flush=True)
    chunks = parts["test"]
    events = sum(len(chunk.truth or ()) for chunk in chunks)
    kind = "practice (synthetic)" if given.practice else "SoccerNet"
    halves = len({chunk.recording for chunk in chunks})
    counted = f"{halves} held-out halves, {len(chunks)} one-minute chunks, {events} events"
    told = f"{kind}: {counted}; seeds {given.seeds}"
    if slow != seeds:
        told += f" (with a language model {given.language_seeds})"
    told += "."
    write(given.out, rows, chunks, told)


def _seeds(text: str) -> list[int]:
    return [int(one) for one in text.split(",")]


def _seeds_of(approach: Approach, seeds: list[int], slow: list[int]) -> list[int]:
    """The seeds that an approach is trained with: one where nothing is trained."""
    if approach.key in UNTRAINED:
        return seeds[:1]
    return slow if {"language", "vlm"} & set(NEEDS.get(approach.key, ())) else seeds


def games_of(chunks: Sequence[Chunk]) -> list[str]:
    """The games that chunks are of, each once."""
    return list(dict.fromkeys(chunk.recording.rpartition("/")[0] for chunk in chunks))


def _seen(chunks: Sequence[Chunk], videos: Path) -> list[Chunk]:
    """The chunks of halves that have a video: all approaches are asked about these."""
    has = {name: half_video(videos, name) is not None for name in {chunk.recording for chunk in chunks}}
    return [chunk for chunk in chunks if has[chunk.recording]]


if __name__ == "__main__":
    main()
