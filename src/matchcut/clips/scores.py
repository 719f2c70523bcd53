"""Predicted clips scored against a data set's truth: figures with intervals, as JSON, tables and pictures."""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from matchcut import files
from matchcut.errors import InputError
from matchcut.metrics.bootstrap import Interval, bootstrap
from matchcut.metrics.classification import (
    Classification,
    classification_of_scores,
    confusion_counts,
    f1_of_counts,
)
from matchcut.metrics.multilabel import MultilabelScore, multilabel_map


@dataclass(frozen=True)
class ClipScores:
    """What predictions are worth.

    Attributes:
        figures: of the single-label answer.
        intervals: "accuracy", "f1_weighted", "f1_macro" and, with labels, "map_all" -> "clip" and "video" ->
            the interval by drawing single clips, or whole videos.
        labels: the multi-label figures; None where the model gives no labels.
        notes: what was left out, and which classes have no examples.
    """

    figures: Classification
    intervals: dict[str, dict[str, Interval]]
    labels: MultilabelScore | None
    notes: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        told = {
            name: {by: found.to_json() for by, found in each.items()} for name, each in self.intervals.items()
        }
        return {
            **self.figures.to_json(),
            "intervals": told,
            "multilabel": self.labels.to_json() if self.labels else None,
            "notes": list(self.notes),
        }

    def save(self, folder: Path | str) -> Path:
        """Writes ``figures.json``, ``classes.csv``, ``confusion.svg`` and ``reliability.svg``.

        Raises:
            OutputError: the folder cannot be written to.
        """
        from matchcut.export.confusion import write_confusion
        from matchcut.export.reliability import write_reliability

        target = Path(folder)
        title = f"{self.figures.examples:,} clips, accuracy {self.figures.accuracy:.1%}"
        files.write_json(target / "figures.json", self.to_json())
        files.write_text(target / "classes.csv", self._table())
        write_confusion(target / "confusion.svg", self.figures.classes, self.figures.confusion, title)
        if self.figures.calibration is not None:
            write_reliability(target / "reliability.svg", self.figures.calibration, title)
        return target

    def _table(self) -> str:
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow(("class", "support", "predicted", "precision", "recall", "f1"))
        for one in self.figures.per_class:
            writer.writerow((one.label, one.support, one.predicted, one.precision, one.recall, one.f1))
        return text.getvalue()


def evaluate_clips(manifests: Path | str, predictions: Path | str, *, rounds: int = 1000) -> ClipScores:
    """Predictions scored against a data set's truth.

    Args:
        manifests: the folder of JSON files.
        predictions: what `PredictedClips.save` wrote.
        rounds: draws of the bootstrap.

    Raises:
        InputError: a file cannot be used, no predicted clip is in the data set, or one is predicted twice.
    """
    from matchcut.datasets.mlb_youtube import ACTIONS, FINE_CLASSES, PAPER_CLASSES, multi_hot, read_mlb_youtube

    truth = {clip.name: clip for clip in read_mlb_youtube(manifests).clips}
    rows = _rows(files.read_json(predictions), predictions)
    known = [row for row in rows if row["clip"] in truth]
    if not known:
        raise InputError(
            f"{predictions}: none of its {len(rows)} clips is in the data set",
            "Name the manifests of the same clips",
        )
    twice = [name for name, count in Counter(row["clip"] for row in known).items() if count > 1]
    if twice:
        raise InputError(f"{predictions}: the clip {twice[0]} is predicted twice", "Predict each clip once")
    try:
        kinds = list(known[0]["kinds"])
        scores = np.array([[float(row["kinds"][kind]) for kind in kinds] for row in known])
        labelled = all(row["labels"] for row in known)
        labels = [[float(row["labels"][name]) for name in ACTIONS] for row in known] if labelled else []
    except (TypeError, KeyError, ValueError) as error:
        raise _other(predictions, error) from error
    if set(kinds) not in (set(FINE_CLASSES), set(PAPER_CLASSES)):
        raise InputError(
            f"{predictions}: its classes are {', '.join(kinds) or 'none'}",
            f"They must be {', '.join(PAPER_CLASSES)} or {', '.join(FINE_CLASSES)}",
        )
    fine = set(kinds) == set(FINE_CLASSES)
    clips = [truth[row["clip"]] for row in known]
    named = [clip.fine_class if fine else clip.paper_class for clip in clips]
    figures = classification_of_scores(named, scores, kinds)
    right = np.array([kinds.index(name) for name in named])
    measures = _single(right, scores.argmax(1), len(kinds))
    multi = None
    if labels:
        hot, said = multi_hot(clip.labels for clip in clips), np.array(labels)
        multi = multilabel_map(hot, said, ACTIONS)
        measures["map_all"] = lambda drawn: multilabel_map(hot[drawn], said[drawn], ACTIONS).map_all
    videos = [clip.video for clip in clips]
    intervals = {
        name: {
            "clip": bootstrap(measure, len(clips), rounds=rounds),
            "video": bootstrap(measure, len(clips), videos, rounds=rounds),
        }
        for name, measure in measures.items()
    }
    return ClipScores(figures, intervals, multi, _notes(figures, len(rows) - len(known)))


def _single(
    right: NDArray[np.int64], said: NDArray[np.int64], kinds: int
) -> dict[str, Callable[[NDArray[np.int64]], float]]:
    def counts(drawn: NDArray[np.int64]) -> NDArray[np.int64]:
        return confusion_counts(right[drawn], said[drawn], kinds)

    return {
        "accuracy": lambda drawn: float((right[drawn] == said[drawn]).mean()),
        "f1_weighted": lambda drawn: f1_of_counts(counts(drawn), weighted=True),
        "f1_macro": lambda drawn: f1_of_counts(counts(drawn), weighted=False),
    }


def _notes(figures: Classification, strange: int) -> tuple[str, ...]:
    found = []
    if strange:
        found.append(f"{strange} predicted clips are not among the data set's labelled ones, and are left out")
    if figures.without_examples:
        found.append(f"no example of: {', '.join(figures.without_examples)}; nothing is known of them")
    return tuple(found)


def _rows(value: Any, path: Path | str) -> list[dict[str, Any]]:
    try:
        rows = list(value["clips"])
        if not all(isinstance(row["clip"], str) for row in rows):
            raise TypeError("a clip without a name")
    except (TypeError, KeyError) as error:
        raise _other(path, error) from error
    return rows


def _other(path: Path | str, error: Exception) -> InputError:
    reason = f"{path}: is no file of clip predictions ({type(error).__name__}: {error})"
    return InputError(reason, "Make one with matchcut predict clips … -o FILE")
