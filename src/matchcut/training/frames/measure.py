"""What an image-text encoder is worth on labelled frames: figures, and rows for the picture of retrievals."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from matchcut.errors import InputError
from matchcut.export.retrievals import Row, Thumbnail
from matchcut.metrics.bootstrap import Interval, bootstrap
from matchcut.metrics.classification import Classification, classification_of_scores
from matchcut.metrics.retrieval import Retrieval, extremes, retrieval
from matchcut.training.frames.samples import FrameSample

AT = (1, 5, 10)
TOP = (1, 2, 3, 5)

Floats = NDArray[np.floating]


@dataclass(frozen=True, eq=False)
class Encodings:
    """Pictures and prompts as vectors of length one.

    Attributes:
        samples: the pictures.
        images: (N, D).
        texts: vectors of every prompt, (P, D).
        owner: each prompt's label number, (P,).
        kinds: the labels.
        prompts: each prompt's text.
        scale: what cosines are multiplied with before the softmax.
    """

    samples: Sequence[FrameSample]
    images: Floats
    texts: Floats
    owner: NDArray[np.int64]
    kinds: tuple[str, ...]
    prompts: tuple[str, ...]
    scale: float

    @property
    def truth(self) -> NDArray[np.int64]:
        """Each picture's label number, (N,)."""
        return np.array([sample.kind for sample in self.samples], np.int64)

    def labels(self) -> Floats:
        """Each label's averaged prompts, of length one, (labels, D)."""
        means = np.stack([self.texts[self.owner == kind].mean(0) for kind in range(len(self.kinds))])
        found: Floats = means / np.maximum(np.linalg.norm(means, axis=1, keepdims=True), 1e-12)
        return found

    def scores(self) -> Floats:
        """Probability of each label for each picture by its prompts (zero-shot classification), (N, labels)."""
        return softmax(self.scale * self.images @ self.labels().T)


def softmax(logits: Floats) -> Floats:
    """Along the last axis; sums to 1 in 64 bits."""
    given = logits.astype(np.float64)
    powers = np.exp(given - given.max(-1, keepdims=True))
    found: Floats = powers / powers.sum(-1, keepdims=True)
    return found


@dataclass(frozen=True)
class FrameFigures:
    """What was measured; shares in [0, 1].

    Attributes:
        classification: accuracy, per label, confusion, top-k, calibration.
        macro_accuracy: the mean of the recalls of the labels that have pictures.
        accuracy_interval, macro_interval: 95 % of a bootstrap ``by`` game, or by picture where there are fewer
            than five games.
        image_to_text: each picture asks for the prompts of its label, among all prompts.
        text_to_image: each prompt asks for the pictures of its label, among all pictures.
        by: what the bootstrap draws.
    """

    classification: Classification
    macro_accuracy: float
    accuracy_interval: Interval
    macro_interval: Interval
    image_to_text: Retrieval
    text_to_image: Retrieval
    by: str

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        return {
            "pictures": self.classification.examples,
            "macro_accuracy": self.macro_accuracy,
            "accuracy_interval": self.accuracy_interval.to_json() | {"by": self.by},
            "macro_interval": self.macro_interval.to_json() | {"by": self.by},
            "classification": self.classification.to_json(),
            "image_to_text": self.image_to_text.to_json(),
            "text_to_image": self.text_to_image.to_json(),
        }


def figures_of(given: Encodings, scores: Floats | None = None, rounds: int = 1000) -> FrameFigures:
    """The figures of a labelled part.

    Args:
        given: the vectors.
        scores: probabilities (N, labels) of a classifier of its own, such as a probe; the prompts' if None.
        rounds: of the bootstrap.

    Raises:
        InputError: there is no picture.
    """
    if not len(given.samples):
        raise InputError("there is no picture to measure on", "Name a part of the data that has some")
    said = given.scores() if scores is None else scores
    truth = given.truth
    right = said.argmax(1) == truth
    games = [sample.game for sample in given.samples]
    grouped = games if len(set(games)) >= 5 else None

    def macro(drawn: NDArray[np.int64]) -> float:
        size = len(given.kinds)
        support = np.bincount(truth[drawn], minlength=size)
        hits = np.bincount(truth[drawn], weights=right[drawn], minlength=size)
        return float((hits[support > 0] / support[support > 0]).mean())

    everything = np.arange(len(truth))
    cosines = given.images @ given.texts.T
    relevant = truth[:, None] == given.owner[None, :]
    return FrameFigures(
        classification_of_scores([given.kinds[kind] for kind in truth], said, given.kinds, top_k=TOP),
        macro(everything),
        bootstrap(lambda drawn: float(right[drawn].mean()), len(truth), grouped, rounds=rounds),
        bootstrap(macro, len(truth), grouped, rounds=rounds),
        retrieval(cosines, relevant, AT),
        retrieval(cosines.T, relevant.T, AT),
        "picture" if grouped is None else "game",
    )


def retrieval_rows(
    given: Encodings,
    pixels: Callable[[FrameSample], NDArray[np.uint8]],
    scores: Floats | None = None,
    queries: int = 3,
    across: int = 6,
) -> list[tuple[str, list[Row]]]:
    """The best and the worst, for `matchcut.export.retrievals.write_retrievals`.

    Args:
        given: the vectors.
        pixels: a sample's picture.
        scores: as `figures_of`.
        queries: labels shown as queries, so many best and so many worst, by average precision.
        across: pictures a row.
    """
    truth, cosines = given.truth, given.labels() @ given.images.T
    said = given.scores() if scores is None else scores
    asked = [kind for kind in range(len(given.kinds)) if (truth == kind).any()]
    worth = {
        kind: retrieval(cosines[[kind]], (truth == kind)[None], (1,)).mean_average_precision for kind in asked
    }
    ranked = sorted(asked, key=lambda kind: -worth[kind])
    best, worst = ranked[:queries], ranked[max(queries, len(ranked) - queries) :][::-1]

    def query(kind: int) -> Row:
        first = np.argsort(-cosines[kind], kind="stable")[:across]
        shown = [
            Thumbnail(
                pixels(given.samples[place]), bool(truth[place] == kind),
                (f"is {given.kinds[truth[place]]}", f"cosine {cosines[kind, place]:.2f}"),
            )
            for place in first
        ]  # fmt: skip
        text = given.prompts[int(np.flatnonzero(given.owner == kind)[0])]
        return Row(f"{given.kinds[kind]} (“{text}”): average precision {worth[kind]:.2f}", shown)

    def picture(place: int) -> Thumbnail:
        first = np.argsort(-said[place], kind="stable")[:2]
        told = [f"{given.kinds[kind]} {said[place, kind]:.0%}" for kind in first]
        kind = int(truth[place])
        captions = (f"is {given.kinds[kind]}", *(f"said {told_one}" for told_one in told))
        return Thumbnail(pixels(given.samples[place]), bool(first[0] == kind), captions)

    others = said.copy()
    others[np.arange(len(truth)), truth] = -np.inf
    surest, wrongest = extremes(said[np.arange(len(truth)), truth] - others.max(1), across)
    found = [
        ("Text to image: the labels found best, their first pictures", [query(kind) for kind in best]),
        ("Text to image: the labels found worst", [query(kind) for kind in worst]),
        ("Image to text: the pictures told most surely, and rightly", [Row("", [picture(i) for i in surest])]),
        ("Image to text: the pictures most surely told wrongly", [Row("", [picture(i) for i in wrongest])]),
    ]
    return [(title, rows) for title, rows in found if any(row.found for row in rows)]
