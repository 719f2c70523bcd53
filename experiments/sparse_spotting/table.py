"""The paper's two tables, with our rows beside its: overall, and by action.

    python experiments/sparse_spotting/table.py --labels LABELS.zip --echoes ECHOES.zip --work FOLDER \\
        [--row "NAME=PREDICTIONS.zip" …] [--fuse "NAME=PREDICTIONS.zip" …] [-o experiments/sparse_spotting]

``FOLDER`` holds the predictions of the rows that need no server and is filled as needed; each further row is
what ``matchcut predict language`` (or anything else) wrote. Writes ``overall.csv``, ``by_action.csv`` and the
tables of ``README.md`` between its two marks. ``--fuse`` adds a row of the commentary spotter and such a file,
fused as ``matchcut spot`` does.

Two protocols. **Chunks**: minutes of a half, as the paper's, windows of 15 s with the moment in the middle, cut
at the chunk's edges, matched inside a chunk. **Halves**: the same windows whole, matched inside a half, as the
model card of the commentary spotter reports.
"""

from __future__ import annotations

import argparse
import csv
import re
from pathlib import Path

import fused
import keywords
import numpy as np

from matchcut.clock import HALF_S, MatchClock
from matchcut.datasets.chunks import Chunk
from matchcut.datasets.echoes import EchoesArchive
from matchcut.datasets.games import HALVES, game_list
from matchcut.datasets.soccernet import read_predictions, write_predictions
from matchcut.datasets.soccernet_chunks import VERSIONS, soccernet_chunks
from matchcut.evaluation import evaluate_soccernet_files
from matchcut.events import EventLog
from matchcut.metrics.intervals import Intervals, LabelledRates, score_intervals
from matchcut.prediction import predict_soccernet
from matchcut.recording import Recording
from matchcut.sport import soccer
from matchcut.spotters.commentary import CommentarySpotter

WINDOW_S = 15.0
SHOWN = {"commentary": 0.3}
"""The lowest score that counts as shown, for files that hold every peak; others hold what they show."""
PAPER = {"overall": 0.1138, "Goal": 0.3333, "Shots on target": 0.1792}
"""F1 by best IoU of the best of the paper's four approaches, as far as it is known here."""
NOT_RUN = (
    (
        "1 fine-tuned video-language model",
        "matchcut train language Qwen/Qwen2-VL-2B-Instruct …, then matchcut spot --with vlm (needs the videos)",
    ),
    (
        "2 language model as it is, zero-shot",
        "matchcut predict language --model mistralai/Mistral-7B-Instruct-v0.3 --echoes … -o zero.zip",
    ),
    (
        "2 the same, few-shot",
        "matchcut predict language --model mistralai/Mistral-7B-Instruct-v0.3 --shots 3 --echoes … -o few.zip",
    ),
    (
        "3 fine-tuned language model",
        "matchcut train language mistralai/Mistral-7B-Instruct-v0.3 … -o FOLDER,"
        " then matchcut predict language --model FOLDER …",
    ),
    (
        "4 reasoning API",
        "matchcut predict language --model … --llm-settings SETTINGS.json,"
        ' with {"server": {"effort": "medium"}} in it',
    ),
    (
        "CLIP-based spotting on the same chunks (on practice matches: side_by_side.md)",
        "side_by_side.py --labels … --echoes … --videos … --language … --clip openai/clip-vit-base-patch32",
    ),
    ("fused: commentary spotter and language model", 'table.py --fuse "language model=zero.zip"'),
)


def commentary_one(echoes: Path, out: Path) -> None:
    """The commentary spotter on the one transcript of a half that language models are given."""
    spotter = CommentarySpotter.load()
    logs: dict[str, dict[int, EventLog]] = {}
    with EchoesArchive(echoes) as archive:
        for game in game_list("valid"):
            for half in HALVES:
                version = next(v for v in VERSIONS if v in archive.versions_of(game, half))
                said = archive.transcript(game, half, version)
                duration = max(HALF_S, said.end)
                clock = MatchClock.of_half(half, duration)
                recording = Recording(f"{game}/{half}", duration=duration, clock=clock)
                logs.setdefault(game, {})[half] = spotter.detections(
                    spotter.track(said, duration, half), recording
                )
    write_predictions(out, logs)


def by_chunk(logs: dict[str, EventLog], chunks: list[Chunk]) -> tuple[Intervals, Intervals]:
    """Truth and predictions as windows inside chunks, cut at their edges."""
    places = {name: number for number, name in enumerate(soccer.names)}
    starts: dict[str, list[tuple[float, int]]] = {}
    truth, found = [], []
    for number, chunk in enumerate(chunks):
        starts.setdefault(chunk.recording, []).append((chunk.start, number))
        truth += [(number, places[t.label], t.start, t.end, 1.0) for t in chunk.truth or ()]
    for name, begun in starts.items():
        edges = np.array([start for start, _ in begun])
        for event in logs.get(name, ()):
            if event.label not in places:
                continue
            number = begun[int(np.searchsorted(edges, event.time, "right")) - 1][1]
            chunk = chunks[number]
            start = max(event.time - WINDOW_S / 2, chunk.start) - chunk.start
            end = min(event.time + WINDOW_S / 2, max(chunk.end, event.time)) - chunk.start
            found.append((number, places[event.label], start, max(end, start), event.score or 0.0))
    one, other = (Intervals.of(*np.array(rows, np.float64).reshape(-1, 5).T) for rows in (truth, found))
    return one, other


def row_of(
    path: Path, labels: Path, chunks: list[Chunk], floor: float
) -> tuple[list[str], LabelledRates, LabelledRates]:
    """Figures of one file of predictions: the row of the overall table, and by action in chunks and halves."""
    logs = {
        f"{game}/{half}": log.where(min_score=floor)
        for game, halves in read_predictions(path).items()
        for half, log in halves.items()
    }
    truth, found = by_chunk(logs, chunks)
    inside = score_intervals(truth, found, soccer.names, ()).best_iou
    whole = evaluate_soccernet_files(labels, path, "valid", "loose", WINDOW_S, floor).intervals
    assert whole is not None
    maps = [evaluate_soccernet_files(labels, path, "valid", name).spotting.a_mAP for name in ("loose", "tight")]
    rates = [inside.overall.precision, inside.overall.recall, inside.overall.f1, whole.best_iou.overall.f1]
    figures = [f"{value or 0:.4f}" for value in (*rates, *maps)]
    return [*figures, str(inside.overall.predictions)], inside, whole.best_iou


def markdown(rows: list[list[str]]) -> str:
    """Rows as a table, the first its head."""
    lines = ["| " + " | ".join(row) + " |" for row in rows]
    return "\n".join([lines[0], "|" + " --- |" * len(rows[0]), *lines[1:]])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--labels", type=Path, required=True)
    parser.add_argument("--echoes", type=Path, required=True)
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--row", action="append", default=[], help="NAME=PREDICTIONS.zip")
    parser.add_argument("--fuse", action="append", default=[], help="NAME=PREDICTIONS.zip")
    parser.add_argument("-o", "--out", type=Path, default=Path(__file__).parent)
    given = parser.parse_args()
    made = {
        "keywords": lambda path: keywords.write(given.echoes, path),
        "commentary_one": lambda path: commentary_one(given.echoes, path),
        "commentary": lambda path: predict_soccernet(given.echoes, path, "valid", given.labels),
    }
    for name, make in made.items():
        if not (given.work / f"{name}.zip").exists():
            make(given.work / f"{name}.zip")
    files = [
        ("keyword baseline", given.work / "keywords.zip", 0.0),
        ("commentary spotter, one transcript", given.work / "commentary_one.zip", SHOWN["commentary"]),
        (
            "**commentary spotter (default)**, all transcripts",
            given.work / "commentary.zip",
            SHOWN["commentary"],
        ),
    ]
    for row in given.row:
        name, _, path = row.rpartition("=")
        files.append((name, Path(path), 0.0))
    alone = given.work / "fused-alone.zip"
    if not alone.exists():
        fused.write(given.echoes, None, alone)
    files.append(("the fusion of the commentary spotter alone (control)", alone, SHOWN["commentary"]))
    for row in ("keywords=" + str(given.work / "keywords.zip"), *given.fuse):
        name, _, path = row.rpartition("=")
        made_of = given.work / f"fused-{re.sub('[^a-z0-9]+', '-', name.casefold())}.zip"
        if not made_of.exists():
            fused.write(given.echoes, Path(path), made_of)
        files.append((f"fused: commentary spotter and {name}", made_of, SHOWN["commentary"]))
    chunks = list(soccernet_chunks(given.labels, given.echoes, "valid").chunks)
    head = [
        "approach",
        "precision",
        "recall",
        "F1 (chunks)",
        "F1 (halves)",
        "loose a-mAP",
        "tight a-mAP",
        "shown",
    ]
    overall = [head, ["the paper's best of four", "", "", f"{PAPER['overall']:.4f}", "", "", "", ""]]
    actions: dict[str, tuple[LabelledRates, LabelledRates]] = {}
    for name, path, floor in files:
        figures, inside, whole = row_of(path, given.labels, chunks, floor)
        overall.append([name, *figures])
        actions[name] = (inside, whole)
    listed = [[name, *["not run here"] * 6, command] for name, command in NOT_RUN]
    table = [["action", "the paper's best", *actions, "truths"]]
    for label in (*soccer.names, "overall"):
        rates = [
            pair[0].overall if label == "overall" else pair[0].per_label[label] for pair in actions.values()
        ]
        shown = [f"{rate.f1 or 0:.4f}" for rate in rates]
        known = f"{PAPER[label]:.4f}" if label in PAPER else ""
        table.append([label, known, *shown, str(rates[0].truths)])
    for file, rows in (("overall.csv", overall), ("by_action.csv", table)):
        with (given.out / file).open("w", encoding="utf-8", newline="") as stream:
            csv.writer(stream, lineterminator="\n").writerows(
                [[c.replace("*", "") for c in row] for row in rows]
            )
    not_run = markdown([["not run here", "command"], *[[row[0], f"`{row[-1]}`"] for row in listed]])
    text = f"\n{markdown(overall)}\n\n{not_run}\n\nF1 by best IoU in chunks, by action:\n\n{markdown(table)}\n"
    readme = given.out / "README.md"
    old = readme.read_text("utf-8")
    readme.write_text(
        re.sub(r"(<!-- tables -->).*(<!-- end -->)", lambda m: m[1] + text + m[2], old, flags=re.S), "utf-8"
    )
    print(text)


if __name__ == "__main__":
    main()
