"""Clips classified from the announcers' words alone: counts of words, weighed by their distance in time.

The plain **bag of words** counts every word of the captions that overlap a clip, and is the reference. The
better model knows that a caption is 30 s long and a pitch over in one: it takes each word's probable moment,
lets words weigh less the farther they are from the pitch, looks at pairs of words too, and leaves out what is
not English. Both are a logistic regression (softmax, L2), fitted by L-BFGS.

A clip without usable words gets the shares of the classes among the training clips without words.
"""

from __future__ import annotations

import itertools
import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from matchcut.datasets.mlb_youtube.clips import Clip
from matchcut.datasets.mlb_youtube.labels import FINE_ACTIONS, FINE_CLASSES, PAPER_CLASSES, multi_hot
from matchcut.datasets.mlb_youtube.words import Caption, WordWindow, align, weighted_words
from matchcut.errors import InputError, RequiresExtra, SettingsError

Captions = Mapping[str, Sequence[Caption]]
Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class WordSettings:
    """How words become features, and how the regression is fitted.

    Attributes:
        window: which words count and how much; None: all words of the captions that overlap the clip, alike.
        masked: leave captions out that are in a wrong language (a window always does).
        pairs: count pairs of neighbouring words too.
        min_clips: a word that fewer training clips have is not looked at.
        strength: the inverse of the L2 penalty, scikit-learn's C.

    Raises:
        SettingsError: a value is out of its range.
    """

    window: WordWindow | None = field(default_factory=lambda: WordWindow(10.0, 20.0, 0.0, 6.0))
    masked: bool = True
    pairs: bool = True
    min_clips: int = 5
    strength: float = 0.15

    def __post_init__(self) -> None:
        if self.min_clips < 1 or not (math.isfinite(self.strength) and self.strength > 0):
            raise SettingsError(
                f"min_clips is at least 1 and strength above zero, not {self.min_clips}, {self.strength}",
                "Correct them",
            )


BAG_OF_WORDS = WordSettings(window=None, masked=False, pairs=False, strength=0.1)
"""The plain reference."""


@dataclass(frozen=True, eq=False)
class WordModel:
    """A fitted model.

    Attributes:
        classes: the columns of what it predicts.
        settings: how words become features.
        vocabulary: the words and pairs that it looks at, with their rows.
        weights: shape (V + 1, C); the last row is the bias.
        wordless: the classes' shares for clips without words, shape (C,).
    """

    classes: tuple[str, ...]
    settings: WordSettings
    vocabulary: Mapping[str, int]
    weights: Floats
    wordless: Floats

    def predict(self, clips: Sequence[Clip], captions: Captions) -> Floats:
        """Probabilities of shape (N, C)."""
        found = [word_counts(clip, captions, self.settings) for clip in clips]
        logits = _logits(_sparse(found, self.vocabulary), self.weights)
        logits -= logits.max(axis=1, keepdims=True)
        scores = np.exp(logits)
        scores /= scores.sum(axis=1, keepdims=True)
        scores[[not counts for counts in found]] = self.wordless
        return np.asarray(scores)

    def strongest(self, label: str, count: int = 10) -> list[tuple[str, float]]:
        """The words that speak most for a class, with their weights above the mean of the classes."""
        column = self.weights[:-1, self.classes.index(label)] - self.weights[:-1].mean(axis=1)
        words = list(self.vocabulary)
        return [(words[i], float(column[i])) for i in np.argsort(-column)[:count]]


def word_counts(clip: Clip, captions: Captions, settings: WordSettings) -> dict[str, float]:
    """The clip's words and pairs with their summed weights; empty where nothing usable was said."""
    said = captions.get(clip.video, ())
    if settings.window is None:
        kinds = frozenset({"speech"} if settings.masked else {"speech", "empty", "foreign"})
        words = [(word, 1.0) for word in align(clip, said, (0.0,), kinds).text.split()]
    else:
        words = weighted_words(clip, said, settings.window)
    counts: dict[str, float] = {}
    folded = [(word.casefold().strip(".,!?\"'"), weight) for word, weight in words]
    for word, weight in folded:
        counts[word] = counts.get(word, 0.0) + weight
    if settings.pairs:
        for (first, a), (second, b) in itertools.pairwise(folded):
            pair = f"{first} {second}"
            counts[pair] = counts.get(pair, 0.0) + math.sqrt(a * b)
    return counts


def fit_words(
    clips: Sequence[Clip],
    labels: Sequence[str],
    captions: Captions,
    classes: Sequence[str],
    settings: WordSettings | None = None,
) -> WordModel:
    """Fits the regression on the clips that have words.

    A class without examples keeps a place, and is next to never predicted.

    Args:
        clips: to learn from.
        labels: each one's class.
        captions: cleaned, by video (`words.clean`).
        classes: all classes, in the order of the columns.
        settings: the better model's if None.

    Raises:
        InputError: there is no clip, or none has words.
        RequiresExtra: torch is not installed.
    """
    chosen = settings or WordSettings()
    found = [word_counts(clip, captions, chosen) for clip in clips]
    place = {name: number for number, name in enumerate(classes)}
    target = np.array([place[label] for label in labels], dtype=np.int64)
    spoken = np.array([bool(counts) for counts in found], dtype=bool)
    if not spoken.any():
        raise InputError(
            f"none of {len(clips)} clips has a caption to learn from",
            "Check that the captions are of these videos",
        )
    clips_with = Counter(word for counts in found for word in counts)
    kept = sorted(word for word, number in clips_with.items() if number >= chosen.min_clips)
    vocabulary = {word: row for row, word in enumerate(kept)}
    table = _sparse([counts for counts in found if counts], vocabulary)
    weights = _softmax_regression(table, target[spoken], len(place), chosen.strength)
    silent = target[~spoken] if (~spoken).any() else target
    shares = np.bincount(silent, minlength=len(place)).astype(np.float64) + 1e-3
    shares /= shares.sum()
    return WordModel(tuple(classes), chosen, vocabulary, weights, shares)


@dataclass(frozen=True, slots=True)
class _Sparse:
    """The cells that are not 0 of a table of counts; its last column is all 1, for the bias."""

    rows: NDArray[np.int64]
    columns: NDArray[np.int64]
    values: Floats
    shape: tuple[int, int]


def _sparse(found: Sequence[Mapping[str, float]], vocabulary: Mapping[str, int]) -> _Sparse:
    bias = len(vocabulary)
    cells = [
        (row, vocabulary[word], weight)
        for row, counts in enumerate(found)
        for word, weight in counts.items()
        if word in vocabulary
    ]
    cells += [(row, bias, 1.0) for row in range(len(found))]
    rows, columns, values = zip(*cells, strict=True) if cells else ((), (), ())
    return _Sparse(
        np.array(rows, dtype=np.int64),
        np.array(columns, dtype=np.int64),
        np.array(values, dtype=np.float64),
        (len(found), bias + 1),
    )


def _logits(table: _Sparse, weights: Floats) -> Floats:
    logits = np.zeros((table.shape[0], weights.shape[1]))
    np.add.at(logits, table.rows, table.values[:, None] * weights[table.columns])
    return logits


def _softmax_regression(table: _Sparse, target: NDArray[np.int64], classes: int, strength: float) -> Floats:
    """Minimises ``strength * summed cross-entropy + |W|² / 2``; the bias (last row) is free."""
    try:
        import torch
    except ImportError as error:
        raise RequiresExtra("fitting a model of the captions", "train") from error
    places = torch.from_numpy(np.stack([table.rows, table.columns]))
    x = torch.sparse_coo_tensor(
        places, torch.from_numpy(table.values), table.shape, check_invariants=True
    ).coalesce()
    across = x.t().coalesce()
    y = torch.nn.functional.one_hot(torch.from_numpy(target), classes).to(torch.float64)
    weights = torch.zeros((table.shape[1], classes), dtype=torch.float64)
    scale = 1.0 / table.shape[0]
    fit: Any = torch.optim.LBFGS(
        [weights], max_iter=200, history_size=10, tolerance_change=1e-8, line_search_fn="strong_wolfe"
    )

    def closure() -> torch.Tensor:
        logits = torch.sparse.mm(x, weights)
        logs = torch.log_softmax(logits, dim=1)
        loss = -(logs * y).sum() * strength + weights[:-1].square().sum() / 2
        slope = torch.sparse.mm(across, (logs.exp() - y) * strength)
        slope[:-1] += weights[:-1]
        weights.grad = slope * scale
        return loss * scale

    threads = torch.get_num_threads()
    torch.set_num_threads(1)  # the vectors are short: waking others costs a hundred times the work
    try:
        fit.step(closure)
    finally:
        torch.set_num_threads(threads)
    return np.asarray(weights.numpy(), dtype=np.float64)


def paper_scores(fine: Floats) -> Floats:
    """Probabilities of the fine classes (N, 7) as those of the paper's six (N, 6): the two strikes summed."""
    scores = np.zeros((len(fine), len(PAPER_CLASSES)))
    for column, name in enumerate(FINE_CLASSES):
        scores[:, PAPER_CLASSES.index("strike" if name.endswith("strike") else name)] += fine[:, column]
    return scores


def action_scores(fine: Floats) -> Floats:
    """Probabilities of the fine classes (N, 7) as those of the eight actions (N, 8)."""
    return fine @ multi_hot(FINE_ACTIONS[name] for name in FINE_CLASSES)
