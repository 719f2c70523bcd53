"""The training data in memory: every transcript version of every half as numbers, and the truths."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from matchcut.datasets.echoes import EchoesArchive
from matchcut.datasets.soccernet import read_labels
from matchcut.encoders.words import UNKNOWN, Vocabulary, grid_rows, speak, speech_features, stem
from matchcut.errors import InputError
from matchcut.events import EventLog
from matchcut.files import read_json, replacing, write_json
from matchcut.progress import Progress, silent
from matchcut.sport import soccer
from matchcut.transcript import Transcript

Ints = NDArray[np.int32]

CORPUS = "corpus"
"""The data's folder, in that of the training."""

_ARRAYS = ("words", "stems", "marks", "times", "speech")


@dataclass
class Version:
    """One transcript of one half.

    Attributes:
        words: before `Corpus.encode`, places in the corpus's list of all words; after it token ids. Shape (N,).
        stems, marks: ids, shape (N,).
        times: seconds, shape (N,), in the order of the utterances.
        speech: shape (T, 4), half precision; see `speech_features`.
    """

    words: Ints
    stems: Ints
    marks: NDArray[np.uint8]
    times: NDArray[np.float32]
    speech: NDArray[np.float16]

    @property
    def rows(self) -> int:
        """Seconds of grid."""
        return len(self.speech)


@dataclass
class Half:
    """One half: its transcripts, and its truths as (class, second)."""

    game: str
    half: int
    split: str
    truths: list[tuple[int, float]]
    versions: dict[str, Version] = field(default_factory=dict)

    @property
    def rows(self) -> int:
        """Seconds of the longest transcript's grid."""
        return max(version.rows for version in self.versions.values())


@dataclass
class Corpus:
    """All halves, and every word that occurs in them."""

    halves: list[Half]
    words: list[str]

    def of(self, split: str) -> list[Half]:
        """The halves of a split that have any transcript."""
        return [half for half in self.halves if half.split == split and half.versions]

    def choose_vocabulary(self, least_games: int, most_words: int) -> Vocabulary:
        """The words said in at least so many training games, those of the most games first."""
        games: Counter[int] = Counter()
        said: dict[str, set[int]] = {}
        for half in self.of("train"):
            found = said.setdefault(half.game, set())
            for version in half.versions.values():
                found.update(np.unique(version.words).tolist())
        for found in said.values():
            games.update(sorted(found))
        ranked = sorted((-count, self.words[place]) for place, count in games.items() if count >= least_games)
        return Vocabulary([word for _, word in ranked[:most_words]])

    def encode(self, vocabulary: Vocabulary) -> None:
        """Turns the words of all versions from places into token ids."""
        places = {word: number + 2 for number, word in enumerate(vocabulary.words)}
        ids = np.array([places.get(word, UNKNOWN) for word in self.words], np.int32)
        for half in self.halves:
            for version in half.versions.values():
                version.words = ids[version.words]

    def save(self, folder: Path) -> None:
        """Writes everything as plain arrays, which `load` maps instead of reading: workers share them."""
        versions = [(half, name) for half in self.halves for name in sorted(half.versions)]
        for name in _ARRAYS:
            parts = [getattr(half.versions[version], name) for half, version in versions]
            with replacing(folder / f"{name}.npy") as temporary:
                np.save(temporary, np.concatenate(parts), allow_pickle=False)
        head = [
            {
                "game": half.game,
                "half": half.half,
                "split": half.split,
                "truths": half.truths,
                "versions": {
                    v: [len(half.versions[v].words), half.versions[v].rows] for v in sorted(half.versions)
                },
            }
            for half in self.halves
        ]
        write_json(folder / "corpus.json", head, indent=None)

    @classmethod
    def load(cls, folder: Path) -> Corpus:
        """The encoded corpus that `save` wrote; it no longer knows the words themselves."""
        arrays = {name: np.load(folder / f"{name}.npy", mmap_mode="r") for name in _ARRAYS}
        token = row = 0
        halves = []
        for item in read_json(folder / "corpus.json"):
            truths = [(int(label), float(second)) for label, second in item["truths"]]
            half = Half(item["game"], item["half"], item["split"], truths)
            for name, (tokens, rows) in item["versions"].items():
                part = {key: arrays[key][token : token + tokens] for key in _ARRAYS[:-1]}
                half.versions[name] = Version(**part, speech=arrays["speech"][row : row + rows])
                token, row = token + tokens, row + rows
            halves.append(half)
        return cls(halves, [])


def read_splits(path: Path) -> dict[str, list[str]]:
    """Split → games, from SoccerNet's JSON.

    Raises:
        InputError: it cannot be read, or has no list of games for train or for valid.
    """
    value = read_json(path)
    if not isinstance(value, dict) or not all(isinstance(value.get(name), list) for name in ("train", "valid")):
        raise InputError(f"{path}: has no lists of games", 'Write it as {"train": […], "valid": […]}')
    return {str(split): [str(game) for game in games] for split, games in value.items()}


def read_corpus(
    labels: Path, echoes: Path, splits: Mapping[str, Sequence[str]], progress: Progress = silent
) -> Corpus:
    """Reads every half of the splits with all its transcripts; about a minute and a half for 400 games.

    Raises:
        InputError: a file cannot be used.
    """
    games = [(split, game) for split, names in splits.items() for game in names]
    truths = read_labels(labels, games=[game for _, game in games])
    archive = EchoesArchive(echoes)
    places: dict[str, int] = {}
    halves = []
    for number, (split, game) in enumerate(games):
        progress(number, len(games))
        for half in (1, 2):
            found = Half(game, half, split, list(truths_of(truths[game][half])))
            for name, transcript in archive.transcripts(game, half).items():
                if len(transcript):
                    found.versions[name] = read_version(transcript, places)
            halves.append(found)
    progress(len(games), len(games))
    return Corpus(halves, list(places))


def read_version(transcript: Transcript, places: dict[str, int]) -> Version:
    """A transcript as numbers; words that are new are added to ``places``."""
    spoken = speak(transcript)
    words = np.array([places.setdefault(word, len(places)) for word in spoken.words], np.int32)
    return Version(
        words=words,
        stems=np.array([stem(word) for word in spoken.words], np.int32),
        marks=spoken.marks.astype(np.uint8),
        times=spoken.times.astype(np.float32),
        speech=speech_features(transcript, grid_rows(transcript)).astype(np.float16),
    )


def truths_of(log: EventLog) -> Iterator[tuple[int, float]]:
    """A log's events as (class, second)."""
    for event in log:
        yield soccer.index(event.label), event.time
