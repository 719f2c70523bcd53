"""Practice (synthetic) sound: is a spotter on learnt sound better than one on statistics of log-mel energies?

python experiments/temporal/sound.py -o experiments/temporal/sound.csv [--seeds 3] [--noise DB] [--work FOLDER]

Only sound and truth are made, no pictures: each seed has its own matches, trained on some, decoding fitted on
others, measured on the rest. No claim about real matches. Beside the rows a table is written as Markdown, below
what a person wrote there (sound.md).
"""

from __future__ import annotations

import argparse
import csv
import json
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import av
import numpy as np
import torch

from matchcut.datasets.practice.render import practice_truth
from matchcut.datasets.practice.settings import PracticeSettings
from matchcut.datasets.practice.sound import mix
from matchcut.datasets.soccernet import read_labels, read_predictions
from matchcut.metrics.spotting import evaluate_soccernet
from matchcut.sound_training import train_sound
from matchcut.temporal_prediction import predict_split
from matchcut.temporal_training import train_spotter

MATCHES = {"train": 6, "valid": 2, "test": 3}
HALF_S, RATE = 300.0, 16_000
SPOTTER: dict[str, dict[str, Any]] = {
    "network": {"width": 48, "layers": 6, "rate": 2.0, "window_s": 32.0, "radii_s": [1.0, 3.0, 8.0]},
    "loop": {"epochs": 6, "batch": 8, "learning_rate": 0.01, "precision": "float32", "average": 0.98},
    "spotting": {"steps": 60, "chunk_s": 128.0, "edge_s": 10.0, "jitter_s": 0.0, "measure_every": 100},
}
ENCODER: dict[str, dict[str, Any]] = {"loop": {"epochs": 6, "patience": 0}, "sound": {"steps": 100}}
MARK_HERE = "<!-- what follows is written by sound.py -->"


def write_sound(path: Path, samples: np.ndarray) -> None:
    """Sound alone, as AAC."""
    with av.open(f"file:{path}", "w") as out:
        stream = out.add_stream("aac", rate=RATE, layout="mono")
        stream.bit_rate = 64_000
        for at in range(0, len(samples), 1024):
            block = np.ascontiguousarray(samples[None, at : at + 1024], np.float32)
            frame = av.AudioFrame.from_ndarray(block, format="fltp", layout="mono")
            frame.sample_rate, frame.pts = RATE, at
            out.mux(stream.encode(frame))
        out.mux(stream.encode(None))


def noisy(samples: np.ndarray, noise_db: float | None, seed: int) -> np.ndarray:
    """The sound under pink noise that is so much stronger than all of it; as it is if None."""
    if noise_db is None:
        return samples
    spectrum = np.fft.rfft(np.random.default_rng([seed, 77]).standard_normal(len(samples)))
    spectrum /= np.sqrt(np.maximum(np.fft.rfftfreq(len(samples), 1 / RATE), 20.0))
    noise = np.fft.irfft(spectrum, len(samples))
    whole = samples + noise * (samples.std() / noise.std() * 10 ** (noise_db / 20))
    return np.asarray(whole * (0.9 / np.abs(whole).max()), np.float32)


def write_data(folder: Path, seed: int, noise_db: float | None) -> Path:
    """Matches in SoccerNet's layout, of two halves each, with lists of the split."""
    splits: dict[str, list[str]] = {}
    number = 0
    for part, count in MATCHES.items():
        for _ in range(count):
            game = f"practice_league/synthetic/{number:04d} Home - Away"
            place = folder / game
            place.mkdir(parents=True, exist_ok=True)
            splits.setdefault(part, []).append(game)
            if not (place / "Labels-v2.json").exists():
                seeds = {half: 1000 * seed + 2 * number + half for half in (1, 2)}
                rows = [row for half in (1, 2) for row in _half(place, half, seeds[half], noise_db)]
                (place / "Labels-v2.json").write_text(json.dumps({"UrlLocal": game, "annotations": rows}))
            number += 1
    (folder / "splits.json").write_text(json.dumps(splits))
    (folder / "test.json").write_text(json.dumps(splits["test"]))
    return folder


def _half(place: Path, half: int, seed: int, noise_db: float | None) -> Iterator[dict[str, str]]:
    how = PracticeSettings(sample_rate=RATE)
    script, said, log = practice_truth(seed, HALF_S, how)
    write_sound(place / f"{half}.mkv", noisy(mix(script, RATE, said), noise_db, seed))
    for event in log:
        at = round(event.time * 1000)
        clock = f"{half} - {at // 60_000:02d}:{at // 1000 % 60:02d}"
        told = {"gameTime": clock, "label": event.label, "position": str(at)}
        yield {**told, "team": "home", "visibility": "visible"}


def rows(seed: int, noise_db: float | None, only: str, work: Path) -> Iterator[dict[str, Any]]:
    """Each kind of features, and what a spotter on them is worth."""
    data = write_data(work / f"data-{seed}", seed, noise_db)
    films = sorted(path for game in json.loads((data / "splits.json").read_text())["train"]
                   for path in (data / game).glob("*.mkv"))  # fmt: skip
    how = {**ENCODER, "loop": {**ENCODER["loop"], "seed": seed}}
    ways = {"log-mel statistics": "sound"}
    seconds = {"log-mel statistics": 0.0}
    for way, given in (("learnt from labels", [data]), ("learnt from whistles and cheers alone", films)):
        if only and only not in way:
            continue
        folder = work / f"{way.replace(' ', '-')}-{seed}"
        began = time.process_time()
        done = train_sound(
            given, folder, settings=how, splits=data / "splits.json", store=work / "store", device="cpu"
        )
        seconds[way] = time.process_time() - began
        print(
            seed, way, done.labelled, done.unlabelled, dict(done.figures), f"{seconds[way]:.0f} s", flush=True
        )
        ways[way] = f"sound=encoder:{folder}"
    truth = read_labels(data, games=json.loads((data / "test.json").read_text()))
    for way, modality in ways.items():
        place = work / f"spotter-{way.replace(' ', '-')}-{seed}"
        settings = {**SPOTTER, "loop": {**SPOTTER["loop"], "seed": seed}}
        splits, store = data / "splits.json", work / "store"
        train_spotter([data], place, [modality], settings=settings, splits=splits, store=store, device="cpu")
        predict_split(place, [data], place / "out", str(data / "test.json"), store=store)
        found = read_predictions(place / "out")
        row: dict[str, Any] = {"way": way, "seed": seed}
        for metric in ("loose", "tight"):
            result = evaluate_soccernet(truth, found, metric)
            there = [value for value, count in zip(result.a_mAP_per_class, result.truths, strict=True) if count]
            row[metric] = round(float(np.mean(there)), 4)
        row |= {"classes": len(there), "truths": sum(result.truths), "encoder_s": round(seconds[way])}
        print(row, flush=True)
        yield row


def table(found: Sequence[dict[str, Any]]) -> str:
    """Every way's figures over the seeds, and what each has over the statistics on the same seed."""
    lines = [
        "| features | loose average-mAP | tight average-mAP | over statistics, loose (each seed) | tight |"
    ]
    lines.append("| --- | --- | --- | --- | --- |")
    plain = [row for row in found if row["way"] == "log-mel statistics"]
    for way in dict.fromkeys(row["way"] for row in found):
        mine = [row for row in found if row["way"] == way]
        said = []
        for name in ("loose", "tight"):
            values = np.array([row[name] for row in mine])
            said.append(f"{values.mean():.3f} ± {values.std():.3f}")
        for name in ("loose", "tight"):
            gaps = [row[name] - base[name] for row, base in zip(mine, plain, strict=True)]
            said.append(", ".join(f"{gap:+.3f}" for gap in gaps) if mine is not plain and any(gaps) else "")
        lines.append(f"| {way} | {' | '.join(said)} |")
    return "\n".join(lines)


def main() -> None:
    """Writes one row a way and seed."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("-o", "--output", type=Path, required=True)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--first", type=int, default=0, help="the first seed")
    parser.add_argument("--noise", type=float, help="pink noise, dB over the sound; none if not given")
    parser.add_argument("--only", default="", help="of the learnt ways those with this in their name")
    parser.add_argument("--work", type=Path, help="folder of everything; a second run goes on")
    given = parser.parse_args()
    torch.set_num_threads(1)
    work = given.work or Path(tempfile.mkdtemp())
    seeds = range(given.first, given.first + given.seeds)
    found = [row for seed in seeds for row in rows(seed, given.noise, given.only, work)]
    with given.output.open("w", newline="", encoding="utf-8") as stream:
        writer = csv.DictWriter(stream, list(found[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(found)
    page = given.output.with_suffix(".md")
    said = page.read_text(encoding="utf-8").split(MARK_HERE)[0] if page.exists() else ""
    counts = ", ".join(f"{count} {part}" for part, count in MATCHES.items())
    under = "" if given.noise is None else f", under pink noise {given.noise:g} dB above the sound"
    told = f"Practice (synthetic), {given.seeds} seeds of {counts} matches of 2 × {HALF_S:g} s{under}."
    page.write_text(f"{said}{MARK_HERE}\n{told} Mean ± deviation.\n\n{table(found)}\n", encoding="utf-8")
    print(table(found))


if __name__ == "__main__":
    main()
