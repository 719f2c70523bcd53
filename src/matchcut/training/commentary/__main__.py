"""Reproduces the shipped weights from the data: reading, word vectors, networks, export, decoding, figures."""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import torch

from matchcut import files
from matchcut.encoders.words import Vocabulary
from matchcut.spotters.settings import VOCABULARY
from matchcut.training.commentary.corpus import Corpus, read_corpus, read_splits
from matchcut.training.commentary.loop import Trainer
from matchcut.training.commentary.settings import TrainingSettings
from matchcut.training.commentary.vectors import word_vectors


def arguments() -> argparse.Namespace:
    """What the user asked for."""
    parser = argparse.ArgumentParser(prog="python -m matchcut.training.commentary", description=__doc__)
    parser.add_argument("--labels", type=Path, required=True, help="SoccerNet-v2 labels, folder or zip")
    parser.add_argument(
        "--echoes", type=Path, required=True, help="SoccerNet-Echoes transcripts, folder or zip"
    )
    parser.add_argument("--splits", type=Path, required=True, help="JSON: train and valid game lists")
    parser.add_argument("--out", type=Path, required=True, help="folder for everything; a second run goes on")
    parser.add_argument("--settings", type=Path, help="JSON of training settings, where not the defaults")
    parser.add_argument("--member", type=int, help=argparse.SUPPRESS)
    return parser.parse_args()


def prepare(given: argparse.Namespace, how: TrainingSettings) -> None:
    """Reads the data and makes vocabulary and word vectors, once."""
    out: Path = given.out
    if (out / "vectors.npy").exists():
        return
    corpus = read_corpus(given.labels, given.echoes, read_splits(given.splits))
    vocabulary = corpus.choose_vocabulary(how.least_games, how.most_words)
    corpus.encode(vocabulary)
    corpus.save(out / "corpus")
    vocabulary.save(out / VOCABULARY)
    vectors = word_vectors(corpus.of("train"), len(vocabulary), how.embedding, how.seed)
    with files.replacing(out / "vectors.npy") as temporary:
        np.save(temporary, vectors, allow_pickle=False)
    print(f"{len(corpus.halves)} halves, {len(vocabulary)} token ids", flush=True)


def train_member(given: argparse.Namespace, how: TrainingSettings) -> None:
    """Trains one network of the ensemble in this process."""
    out: Path = given.out
    corpus = Corpus.load(out / "corpus")
    vocabulary = Vocabulary.load(out / VOCABULARY)
    start = np.load(out / "vectors.npy", allow_pickle=False)
    folder = out / f"network-{given.member}"
    trainer = Trainer(corpus.of("train"), len(vocabulary), how, given.member, folder, start)
    trainer.run(say=lambda line: print(line, flush=True))


def main() -> None:
    """Everything, or one member where ``--member`` is given (the command calls itself so)."""
    given = arguments()
    how = TrainingSettings.from_json(files.read_json(given.settings) if given.settings else {})
    torch.set_num_threads(how.threads)
    if given.member is not None:
        train_member(given, how)
        return
    prepare(given, how)
    # Single-threaded processes side by side: they never wait for each other, on busy machines least of all.
    workers = [
        subprocess.Popen(
            [sys.executable, "-m", "matchcut.training.commentary", *sys.argv[1:], "--member", str(number)],
            env=os.environ | {"OMP_NUM_THREADS": str(how.threads)},
        )
        for number in range(how.members)
    ]
    if any(worker.wait() for worker in workers):
        raise SystemExit("a network's training stopped. Run the command again: it goes on from the last epoch.")
    from matchcut.training.commentary.ship import ship

    ship(given.out, given.echoes, how)


if __name__ == "__main__":
    main()
