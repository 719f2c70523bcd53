"""The whole training: reading, word vectors, networks side by side, export, decoding, figures.

The folder holds ``corpus/``, ``vocabulary.txt`` and ``vectors.npy`` (what was read), ``training.json`` (the
settings), a ``network-N/`` each with the loop's files, and at the end ``weights/`` and ``figures.json``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch

from matchcut import files
from matchcut.encoders.words import Vocabulary
from matchcut.errors import InputError
from matchcut.models.settings import from_json, to_json
from matchcut.progress import Progress, part, silent
from matchcut.spotters.settings import VOCABULARY
from matchcut.training import state
from matchcut.training.commentary.corpus import CORPUS, Corpus, Half, read_corpus, read_splits
from matchcut.training.commentary.members import side_by_side
from matchcut.training.commentary.settings import TrainingSettings
from matchcut.training.commentary.ship import WEIGHTS, ship
from matchcut.training.commentary.task import NETWORK, CommentaryTask, loop_settings, make_network
from matchcut.training.commentary.vectors import word_vectors
from matchcut.training.loop import Loop

SETTINGS = "training.json"
_VECTORS = "vectors.npy"
_READ, _TRAINED = 0.08, 0.95


@dataclass(frozen=True)
class CommentaryTrained:
    """What `train_commentary` made.

    Attributes:
        folder: of the weights.
        training, validation: how many halves have words.
        figures: on validation, everything fitted on one half of the games and measured on the other.
        megabytes: of the weights.
    """

    folder: Path
    training: int
    validation: int
    figures: dict[str, Any]
    megabytes: float


def train_commentary(
    labels: Path,
    echoes: Path,
    splits: Path,
    output: Path,
    how: TrainingSettings | None = None,
    *,
    progress: Progress = silent,
) -> CommentaryTrained:
    """Trains a commentary spotter; one that was interrupted goes on from what is in the folder.

    Args:
        labels: SoccerNet-v2 labels, a folder or a zip.
        echoes: SoccerNet-Echoes transcripts, a folder or a zip.
        splits: JSON with the game lists of train and valid.
        output: folder for everything; the data are read into it once.
        how: the settings.
        progress: told how far it is.

    Raises:
        InputError: the data cannot be used; what the folder holds is damaged, or an earlier version's.
        SettingsError: a setting is wrong, or the folder holds a training with other settings.
        TrainingError: a network's training stopped; the others were stopped too, and everything was kept.
        OutputError: the folder cannot be written to.
    """
    how = how or TrainingSettings()
    loop_settings(how, 0)
    prepare(labels, echoes, splits, output, how, part(progress, 0, _READ))
    corpus = Corpus.load(output / CORPUS)
    learnt, measured = corpus.of("train"), corpus.of("valid")
    side_by_side(output, how, part(progress, _READ, _TRAINED))
    found = ship(output, echoes, how)
    progress(1, 1)
    counts = len(learnt), len(measured)
    return CommentaryTrained(output / WEIGHTS, *counts, found["cross_fitted"], found["megabytes"])


def prepare(
    labels: Path, echoes: Path, splits: Path, out: Path, how: TrainingSettings, progress: Progress = silent
) -> None:
    """Reads the data and makes vocabulary and word vectors, once; keeps the settings beside them.

    Raises:
        InputError: the data cannot be used.
        SettingsError: the folder was prepared with other settings.
    """
    told = out / SETTINGS
    if told.exists():
        state.same_settings(told, files.read_json(told), to_json(how))
    if (out / _VECTORS).exists():
        files.write_json(told, to_json(how))
        return
    corpus = read_corpus(labels, echoes, read_splits(splits), progress)
    _check_games(corpus.of("train"), "train", 1, splits)
    _check_games(corpus.of("valid"), "valid", 2, splits)
    vocabulary = corpus.choose_vocabulary(how.least_games, how.most_words)
    corpus.encode(vocabulary)
    corpus.save(out / CORPUS)
    vocabulary.save(out / VOCABULARY)
    vectors = word_vectors(corpus.of("train"), len(vocabulary), how.embedding, how.seed)
    files.write_json(told, to_json(how))
    with files.replacing(out / _VECTORS) as temporary:
        np.save(temporary, vectors, allow_pickle=False)


def _check_games(halves: Sequence[Half], split: str, least: int, splits: Path) -> None:
    """Decoding is fitted on one half of the valid games and measured on the other: one game is too few."""
    games = len({half.game for half in halves})
    if games < least:
        raise InputError(
            f"{splits}: {games} games of {split} have any words; at least {least} are needed",
            "Add games to the list, or their transcripts",
        )


def train_member(out: Path, how: TrainingSettings, member: int, progress: Progress = silent) -> None:
    """Trains one network of the ensemble, in this process; see `train_commentary` for what is raised.

    Args:
        out: the folder, prepared.
        how: the settings.
        member: which network; its random numbers come from ``seed + member``.
        progress: told of steps.
    """
    loop = loop_settings(how, member)
    torch.set_num_threads(how.threads)
    torch.manual_seed(loop.seed)
    net = make_network(len(Vocabulary.load(out / VOCABULARY)), how)
    net.words.weight.data.copy_(torch.from_numpy(np.load(out / _VECTORS, allow_pickle=False)))
    task = CommentaryTask(net, Corpus.load(out / CORPUS).of("train"), how, loop.seed)
    Loop(task, loop, out / NETWORK.format(member), "cpu").run(progress)


def kept_settings(out: Path) -> TrainingSettings:
    """The settings that the folder was prepared with."""
    return from_json(TrainingSettings, files.read_json(out / SETTINGS), f"{out / SETTINGS}")
