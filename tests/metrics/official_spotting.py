"""Running the official evaluator on what the tests generate."""

from __future__ import annotations

import contextlib
import io
import json
import warnings
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any
from unittest import mock

import numpy as np
import pytest

from matchcut.metrics.matching import Grid
from matchcut.metrics.spotting import SpottingResult
from matchcut.sport import soccer

FIELDS = (
    "a_mAP",
    "a_mAP_per_class",
    "a_mAP_visible",
    "a_mAP_per_class_visible",
    "a_mAP_unshown",
    "a_mAP_per_class_unshown",
)
Item = tuple[int, str, int, float]
"""Half, label, milliseconds, and the score (or the visibility as 1 and -1)."""


def module() -> Any:
    """The official module, or a skip where it is not installed."""
    with quiet():
        return pytest.importorskip("SoccerNet.Evaluation.ActionSpotting")


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """Its divisions by zero, its unclosed files and its progress bars are its own affair, and stay here."""
    with warnings.catch_warnings(), np.errstate(all="ignore"), contextlib.redirect_stderr(io.StringIO()):
        warnings.simplefilter("ignore")
        yield


def dense(grid: Grid, recordings: int, bins: int, classes: int, empty: float) -> list[np.ndarray]:
    """One array (bins, classes) a recording, written in the order given."""
    arrays = [np.full((bins, classes), empty) for _ in range(recordings)]
    for recording, label, frame, value in zip(grid.recording, grid.label, grid.frame, grid.value, strict=True):
        arrays[recording][frame, label] = value
    return arrays


def closest(target: np.ndarray) -> np.ndarray:
    """The side (visible or not) of each bin, as `evaluate` fills it in before it calls `average_mAP`."""
    out = np.full(target.shape, -1.0)
    for c in range(target.shape[1]):
        at = np.flatnonzero(target[:, c])
        for bin_ in range(len(target)) if len(at) else ():
            # The last truth whose border with the one before lies at or below this bin.
            reached = [g for g, before in zip(at[1:], at[:-1], strict=True) if (g + before) // 2 <= bin_]
            out[bin_, c] = target[reached[-1] if reached else at[0], c]
    return out


def average_map(
    truth: Grid, predictions: Grid, deltas: Sequence[int], recordings: int, bins: int, classes: int
) -> dict[str, Any]:
    """`average_mAP` on dense arrays."""
    official = module()
    targets = dense(truth, recordings, bins, classes, 0.0)
    with quiet():
        values = official.average_mAP(
            targets,
            dense(predictions, recordings, bins, classes, -1.0),
            [closest(target) for target in targets],
            framerate=2,
            deltas=np.array(deltas),
        )
    return dict(zip(FIELDS, values, strict=True))


def evaluate(labels: Path, predictions: Path, games: Sequence[str], metric: str) -> dict[str, Any]:
    """`evaluate` on files, on these games."""
    official = module()
    with quiet(), mock.patch.object(official, "getListGames", return_value=list(games)):
        result: dict[str, Any] = official.evaluate(str(labels), str(predictions), metric=metric)
    return result


def assert_equal(ours: SpottingResult, theirs: Mapping[str, Any]) -> None:
    """Every field within 1e-9."""
    for field in FIELDS:
        np.testing.assert_allclose(getattr(ours, field), theirs[field], rtol=0, atol=1e-9, err_msg=field)


def write(folder: Path, truth: Mapping[str, Sequence[Item]], found: Mapping[str, Sequence[Item]]) -> None:
    """Both kinds of file, in the order given, as SoccerNet writes them: ``labels/`` and ``predictions/``."""
    for game, items in truth.items():
        annotations = [
            {
                "gameTime": f"{half} - {ms // 60000:02d}:{ms // 1000 % 60:02d}",
                "label": label,
                "position": str(ms),
                "team": "home",
                "visibility": "visible" if value > 0 else "not shown",
            }
            for half, label, ms, value in items
        ]
        save(folder / "labels" / game / "Labels-v2.json", {"UrlLocal": game, "annotations": annotations})
    for game, items in found.items():
        predictions = [
            {
                "gameTime": f"{half} - {ms // 60000}:{ms // 1000 % 60:02d}",
                "label": label,
                "position": str(ms),
                "half": str(half),
                "confidence": repr(score),
            }
            for half, label, ms, score in items
        ]
        save(
            folder / "predictions" / game / "results_spotting.json",
            {"UrlLocal": game, "predictions": predictions},
        )


def save(path: Path, value: Any) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(value), encoding="utf-8")


def zipped(folder: Path) -> Path:
    """A zip of the tree beside it."""
    target = folder.with_suffix(".zip")
    with zipfile.ZipFile(target, "w") as archive:
        for path in sorted(folder.rglob("*.json")):
            archive.write(path, path.relative_to(folder).as_posix())
    return target


def random_items(
    rng: np.random.Generator, count: int, *, scored: bool, last_ms: int = 2_850_000, labels: int = 17
) -> list[Item]:
    """Made-up events of both halves, in no order."""
    value = rng.random(count) if scored else rng.choice([1.0, 1.0, 1.0, -1.0], count)
    return [
        (int(half), soccer.names[label], int(ms), float(v))
        for half, label, ms, v in zip(
            rng.integers(1, 3, count),
            rng.integers(0, labels, count),
            rng.integers(0, last_ms, count),
            value,
            strict=True,
        )
    ]
