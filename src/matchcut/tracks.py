"""Values on a time grid: what an encoder saw, what a spotter believes."""

from __future__ import annotations

import io
import json
import math
import zipfile
import zlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from matchcut import files
from matchcut.errors import InputError, ValidationError


@dataclass(frozen=True)
class ScoreTrack:
    """One probability per label on a time grid: what a spotter believes before anyone decides.

    Attributes:
        labels: the columns' labels, C of them, each once.
        scores: shape (T, C), float32, each in [0, 1]; row ``t`` stands for second ``start + t / rate``.
        rate: rows a second, above 0.
        source: who believes it: "commentary", "vision" …
        start: the recording second of the first row.

    Raises:
        ValidationError: a shape, a range or a rate is wrong; the message gives expected and actual.
    """

    labels: tuple[str, ...]
    scores: NDArray[np.float32]
    rate: float
    source: str
    start: float = 0.0

    def __post_init__(self) -> None:
        scores = np.asarray(self.scores, dtype=np.float32)
        object.__setattr__(self, "scores", scores)
        object.__setattr__(self, "labels", tuple(self.labels))
        if scores.ndim != 2 or scores.shape[1] != len(self.labels):
            raise ValidationError(
                f"scores need the shape (T, {len(self.labels)}), one column a label, not {scores.shape}",
                "Give one row a time step",
            )
        if len(set(self.labels)) != len(self.labels):
            raise ValidationError(f"each label may stand once, not {self.labels}", "Remove the repeated ones")
        _check_grid(self.rate, self.start)
        if scores.size and not (scores.min() >= 0 and scores.max() <= 1):
            low, high = float(scores.min()), float(scores.max())
            raise ValidationError(f"scores are probabilities from 0 to 1, not {low} to {high}", "Scale them")

    def __len__(self) -> int:
        return int(self.scores.shape[0])

    @property
    def times(self) -> NDArray[np.float64]:
        """The recording second of each row, shape (T,)."""
        return self.start + np.arange(len(self)) / self.rate

    @property
    def duration(self) -> float:
        """Seconds that the rows cover."""
        return len(self) / self.rate

    def column(self, label: str) -> NDArray[np.float32]:
        """One label's scores, shape (T,).

        Raises:
            ValidationError: the track has no such label.
        """
        if label not in self.labels:
            raise ValidationError(f"the track has no label {label!r}", f"It has: {', '.join(self.labels)}")
        return self.scores[:, self.labels.index(label)]

    def save(self, path: Path | str) -> Path:
        """Writes the track as ``.npz`` (plain arrays, no pickles), whole or not at all.

        Raises:
            OutputError: it cannot be written.
        """
        head = json.dumps(
            {"labels": self.labels, "rate": self.rate, "start": self.start, "source": self.source}
        )
        with files.replacing(path) as temporary, temporary.open("wb") as stream:
            np.savez_compressed(stream, scores=self.scores, head=np.array(head))
        return Path(path)

    @classmethod
    def load(cls, path: Path | str) -> ScoreTrack:
        """Reads what `save` wrote.

        Raises:
            InputError: it is missing, cut off or another kind of file.
        """
        try:
            # From memory: numpy leaves a damaged file open.
            with np.load(io.BytesIO(files.read_bytes(path)), allow_pickle=False) as data:
                head = json.loads(str(data["head"]))
                return cls(tuple(head["labels"]), data["scores"], head["rate"], head["source"], head["start"])
        except (ValueError, KeyError, TypeError, EOFError, OSError, zipfile.BadZipFile, zlib.error) as error:
            raise InputError(
                f"{path}: not a score track ({error})", "Delete it; it will be made anew"
            ) from error


@dataclass(frozen=True)
class FeatureTrack:
    """Vectors on a time grid, with the encoder that made them.

    Attributes:
        vectors: shape (T, D), finite; row ``t`` stands for second ``start + t / rate``.
        rate: rows a second, above 0.
        encoder: which encoder with which settings, so that features of two are never mixed.
        start: the recording second of the first row.

    Raises:
        ValidationError: a shape, a value or a rate is wrong.
    """

    vectors: NDArray[np.float32]
    rate: float
    encoder: str
    start: float = 0.0

    def __post_init__(self) -> None:
        vectors = np.asarray(self.vectors, dtype=np.float32)
        object.__setattr__(self, "vectors", vectors)
        if vectors.ndim != 2:
            raise ValidationError(f"features need the shape (T, D), not {vectors.shape}", "Reshape them")
        if not np.isfinite(vectors).all():
            rows = int((~np.isfinite(vectors)).any(axis=1).sum())
            raise ValidationError(
                f"features must be finite; {rows} of {len(vectors)} rows are not", "Make them anew"
            )
        _check_grid(self.rate, self.start)

    def __len__(self) -> int:
        return int(self.vectors.shape[0])


def _check_grid(rate: float, start: float) -> None:
    if not (math.isfinite(rate) and rate > 0 and math.isfinite(start)):
        raise ValidationError(
            f"a track needs a rate above 0 and a finite start, not {rate}, {start}", "Set them"
        )
