"""Spoken words on a time grid: what the commentary spotter reads.

A transcript becomes one row of word tokens, each with its own second, and a few numbers for every second that
do not depend on the language (whether somebody speaks, for how long nobody has, where in the half we are).
Training and run time share this module, so that a network never meets text that was cut up in another way.
"""

from __future__ import annotations

import math
import re
import unicodedata
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from matchcut import files
from matchcut.errors import InputError
from matchcut.transcript import Transcript, Utterance

PAD, UNKNOWN = 0, 1
"""Token ids with a meaning of their own; the vocabulary's words follow."""

STEMS = 8192
"""Stem ids run from 1 to 8191 (0: none): a hash of a word's first letters, so that forms of one word share."""

SPEECH_FEATURES, PLACE_FEATURES = 4, 6
FEATURES = SPEECH_FEATURES + PLACE_FEATURES
"""Numbers a second: those of `speech_features`, then those of `place_features`."""

LONGEST_ROWS = 12 * 3600
"""A grid never grows beyond twelve hours: a single wrong time must not eat the memory."""

REPEAT = "<rep>"
"""Stands for an utterance that says the same as the two before it: recognizers get caught in loops."""

TAIL_S = 5
"""Seconds of grid after the last speech: commentators fall silent after the final whistle's last event."""

_STEM_LETTERS = 5
# Scripts written without blanks (Japanese, Chinese, Korean, Thai) go letter by letter.
_TOKEN = re.compile(r"[!?]|\d+|[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af\u0e00-\u0e7f]|[^\W\d_]+")

IntArray = NDArray[np.int64]
FloatArray = NDArray[np.float32]


@dataclass(frozen=True)
class Spoken:
    """The words of one transcript, in the order of their utterances.

    Attributes:
        words: lower case, without accents; N of them.
        marks: shape (N,): 1 begins with a capital, plus 2 begins an utterance, plus 4 ends one.
        times: shape (N,), the second at which each is said.
    """

    words: tuple[str, ...]
    marks: IntArray
    times: NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.words)


def tokenize(text: str) -> list[tuple[str, bool, float]]:
    """The words of a text: each folded word, whether it begins with a capital, and where it stands, in [0, 1).

    >>> [word for word, _, _ in tokenize("¡Córner! L'arbitre…")]
    ['corner', '!', 'l', 'arbitre']
    """
    plain = text if text.isascii() else _without_accents(text)
    length = max(1, len(plain))
    return [(m.group().lower(), m.group()[0].isupper(), m.start() / length) for m in _TOKEN.finditer(plain)]


def _without_accents(text: str) -> str:
    return "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c))


def speak(transcript: Transcript) -> Spoken:
    """Every word of a transcript with its second.

    A word's time is its own where the transcript has it, else it is interpolated along the utterance's letters.
    """
    words: list[str] = []
    marks: list[int] = []
    times: list[float] = []
    before, repeats = None, 0
    for utterance in transcript:
        said = utterance.text.strip()
        repeats = repeats + 1 if said == before else 0
        before = said
        if repeats >= 2:
            words.append(REPEAT)
            marks.append(2)
            times.append(utterance.start)
            continue
        timed = _timed(utterance)
        for place, (word, capital, second) in enumerate(timed):
            words.append(word)
            marks.append(int(capital) + 2 * (place == 0) + 4 * (place == len(timed) - 1))
            times.append(second)
    return Spoken(tuple(words), np.array(marks, np.int64), np.array(times, np.float64))


def _timed(utterance: Utterance) -> list[tuple[str, bool, float]]:
    if utterance.words:
        return [
            (word, capital, timed.start)
            for timed in utterance.words
            for word, capital, _ in tokenize(timed.text)
        ]
    length = utterance.end - utterance.start
    return [(w, c, utterance.start + length * at) for w, c, at in tokenize(utterance.text)]


@lru_cache(maxsize=200_000)
def stem(word: str) -> int:
    """The stem id of a word, from 1 to ``STEMS - 1``; the same on every machine."""
    return zlib.crc32(word[:_STEM_LETTERS].encode("utf-8", "surrogatepass")) % (STEMS - 1) + 1


class Vocabulary:
    """The words that a network knows, and their token ids.

    Args:
        words: each once; the first has the id 2.
    """

    def __init__(self, words: Sequence[str]) -> None:
        self.words = tuple(words)
        self._ids = {word: place + 2 for place, word in enumerate(self.words)}

    def __len__(self) -> int:
        """How many token ids there are, padding and the unknown word included."""
        return len(self.words) + 2

    def encode(self, spoken: Spoken) -> tuple[IntArray, IntArray]:
        """Token ids and stem ids of the words, each of shape (N,)."""
        ids = np.array([self._ids.get(word, UNKNOWN) for word in spoken.words], np.int64)
        stems = np.array([stem(word) for word in spoken.words], np.int64)
        return ids, stems

    def save(self, path: Path) -> Path:
        """Writes one word a line."""
        return files.write_text(path, "\n".join(self.words) + "\n")

    @classmethod
    def load(cls, path: Path) -> Vocabulary:
        """Reads what `save` wrote.

        Raises:
            InputError: it is missing or not a list of different words.
        """
        words = files.read_text(path).split("\n")[:-1]
        if len(set(words)) != len(words) or not all(words):
            raise InputError(f"{path}: not a list of different words", "Install matchcut again")
        return cls(words)


def grid_rows(transcript: Transcript, duration: float | None = None) -> int:
    """How many one-second rows a transcript's grid needs: to the end of the recording and of the speech."""
    end = max(transcript.end + TAIL_S, duration or 0.0, 60.0)
    return int(min(math.ceil(end), LONGEST_ROWS))


def speech_features(transcript: Transcript, rows: int) -> FloatArray:
    """What is known of every second besides the words, in any language, shape (rows, 4).

    Columns: 0 utterances running (at most 2), 1 utterances begun (at most 3), 2 log seconds since speech,
    3 log seconds until speech.
    """
    features = np.zeros((rows, SPEECH_FEATURES), np.float32)
    starts = np.array([u.start for u in transcript], np.float64)
    ends = np.array([u.end for u in transcript], np.float64)
    first = np.clip(starts, 0, rows - 1).astype(np.int64)
    last = np.clip(np.ceil(ends), 0, rows - 1).astype(np.int64)
    change = np.zeros(rows + 1, np.float32)
    np.add.at(change, first, 1)
    np.add.at(change, last, -1)
    running = np.cumsum(change)[:rows]
    np.add.at(features[:, 1], first, 1)
    features[:, 0] = np.minimum(running, 2)
    features[:, 1] = np.minimum(features[:, 1], 3)
    row = np.arange(rows)
    since = np.maximum.accumulate(np.where(running > 0, row, -1))
    features[:, 2] = np.log1p(np.where(since >= 0, row - since, 30).clip(0, 60))
    until = np.minimum.accumulate(np.where(running > 0, row, 10**6)[::-1])[::-1]
    features[:, 3] = np.log1p((until - row).clip(0, 60))
    return features


def place_features(first: int, rows: int, half: int | None) -> FloatArray:
    """Where in the match each second lies, shape (rows, 6); zeros where nobody knows.

    Columns, where the recording is one half of a match from its kick-off on: 0 ones, 1 the share of 45 minutes
    gone, 2-4 how near the kick-off is at three scales, 5 +½ in the first half, -½ in the second.

    Args:
        first: the second of the first row.
        rows: one-second rows.
        half: 1 or 2; None where the place in the match is unknown.
    """
    features = np.zeros((rows, PLACE_FEATURES), np.float32)
    if half in (1, 2):
        second = first + np.arange(rows) + 0.5
        features[:, 0] = 1
        features[:, 1] = second / 2700
        for column, scale in ((2, 10), (3, 60), (4, 400)):
            features[:, column] = np.exp(-second / scale)
        features[:, 5] = 1.5 - half
    return features
