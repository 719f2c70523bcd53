"""The features of a match's frames, at whatever times they were taken, and the file that keeps them."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from matchcut.encoders.store import FeatureKey, read_values, write_features
from matchcut.errors import InputError, ValidationError
from matchcut.tracks import FeatureTrack

_FRAMES = "frames-"


@dataclass(frozen=True)
class FrameFeatures:
    """What some frames of a recording look like to a network.

    `matchcut.tracks.FeatureTrack` has a regular grid; these have times of their own, since frames are taken
    where something changes.

    Attributes:
        times: seconds, ascending, shape (T,).
        vectors: shape (T, D), finite, of any length.
        asked: the seconds that were to be looked at: more than ``times`` where the recording ends before.
        encoder: the identity of the network.
        weights: names the files of the checkpoint, see `matchcut.encoders.weights`.
        name: the checkpoint's name or folder.
        content: of which content of the recording.
        duration: the recording's seconds.

    Raises:
        ValidationError: shapes that do not fit, times that do not ascend, numbers that are none.
    """

    times: NDArray[np.float64]
    vectors: NDArray[np.float32]
    asked: NDArray[np.float64]
    encoder: str
    weights: str
    name: str
    content: str
    duration: float

    def __post_init__(self) -> None:
        for key, kind in (("times", np.float64), ("asked", np.float64), ("vectors", np.float32)):
            object.__setattr__(self, key, np.asarray(getattr(self, key), kind))
        if self.vectors.ndim != 2 or self.times.shape != self.vectors.shape[:1] or not len(self.times):
            raise ValidationError(
                f"features need one vector a time, not {self.vectors.shape} and {self.times.shape}",
                "Encode again",
            )
        if not np.isfinite(self.vectors).all() or not (np.diff(self.times) >= 0).all():
            raise ValidationError("features must be finite, and their times ascend", "Encode again")

    def __len__(self) -> int:
        return len(self.times)

    @cached_property
    def directions(self) -> NDArray[np.float32]:
        """The vectors at length one, shape (T, D)."""
        length = np.linalg.norm(self.vectors, axis=1, keepdims=True)
        scaled: NDArray[np.float32] = self.vectors / np.maximum(length, 1e-12)
        return scaled

    def nearest(self, seconds: NDArray[np.float64]) -> NDArray[np.int64]:
        """The row of the frame nearest to each of some seconds."""
        after = np.clip(np.searchsorted(self.times, seconds), 1, max(len(self) - 1, 1))
        rows = np.minimum(np.stack([after - 1, after]), len(self) - 1)
        gaps = np.abs(self.times[rows] - seconds)
        nearer: NDArray[np.int64] = np.where(gaps[0] <= gaps[1], rows[0], rows[1]).astype(np.int64)
        return nearer

    def on_grid(self, rate: float) -> FeatureTrack:
        """The same on a regular grid, each row the frame nearest to it."""
        count = max(1, round(self.duration * rate))
        rows = self.nearest(np.arange(count) / rate)
        return FeatureTrack(self.vectors[rows], rate, self.encoder)


def features_path(folder: Path, weights: str) -> Path:
    """Where the features of some weights lie in a folder of features."""
    return folder / f"{_FRAMES}{weights[:16]}.safetensors"


def kept_features(folder: Path) -> list[Path]:
    """The feature files of a folder."""
    return sorted(folder.glob(f"{_FRAMES}*.safetensors")) if folder.is_dir() else []


def save_features(path: Path, features: FrameFeatures) -> Path:
    """Writes features, whole or not at all.

    Raises:
        OutputError: it cannot be written.
    """
    told = {
        "name": features.name,
        "weights": features.weights,
        "times": json.dumps(features.times.tolist()),
        "asked": json.dumps(features.asked.tolist()),
    }
    key = FeatureKey(features.encoder, features.content, 0.0, features.duration, 1.0)
    return write_features(path, key, features.vectors, **told)


def read_frames_features(path: Path) -> FrameFeatures:
    """Reads what `save_features` wrote.

    Raises:
        InputError: it is missing, damaged or something else.
    """
    values, head = read_values(path)
    key: dict[str, Any] = head["key"]
    notes: dict[str, str] = head["notes"]
    try:
        return FrameFeatures(
            times=np.array(json.loads(notes["times"])),
            vectors=values,
            asked=np.array(json.loads(notes["asked"])),
            encoder=str(key["encoder"]),
            weights=notes["weights"],
            name=notes["name"],
            content=str(key["source"]),
            duration=float(key["end"]),
        )
    except (KeyError, TypeError, ValueError, ValidationError) as error:
        raise InputError(
            f"{path}: holds no features of a match's frames",
            "Delete it; it is made anew",
        ) from error


def load_features(path: Path, weights: str, content: str) -> FrameFeatures | None:
    """Kept features, or None where there are none that can be trusted of these weights and this content."""
    if not path.is_file():
        return None
    try:
        found = read_frames_features(path)
    except InputError:
        return None
    return found if (found.weights, found.content) == (weights, content) else None
