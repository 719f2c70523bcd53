"""SoccerNet's average-mAP: the official evaluator and ours side by side, and ours alone on what is larger.

    python benchmarks/spotting_metrics.py [--repeat 3] [--skip-large]

Made-up games: 220 truths and 2,000 detections a half, seeded. Timed are the computations on what was read,
loose (12 tolerances): `average_mAP` of the official evaluator on its dense arrays, and `average_map` on
columns; then both from the files on, `evaluate` and `evaluate_soccernet_files`. Medians of the repeats.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import json
import statistics
import tempfile
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any
from unittest import mock

import numpy as np

from matchcut.datasets.soccernet import game_list
from matchcut.evaluation import evaluate_soccernet_files
from matchcut.metrics.matching import Grid
from matchcut.metrics.spotting import METRICS, average_map
from matchcut.sport import soccer

FIELDS = ("a_mAP", "a_mAP_visible", "a_mAP_unshown")
HALF_BINS = 5400


def made_up(seed: int, halves: int, truths: int, detections: int) -> tuple[Grid, Grid]:
    """Truths and detections of many halves; one in ten detections lies near a truth."""
    rng = np.random.default_rng(seed)
    count, many = halves * truths, halves * detections
    classes = len(soccer.names)
    truth = Grid.of(
        np.repeat(np.arange(halves), truths),
        rng.integers(0, classes, count),
        rng.integers(0, HALF_BINS, count),
        rng.choice([1.0, 1.0, 1.0, -1.0], count),
    )
    recording = np.repeat(np.arange(halves), detections)
    label, frame = rng.integers(0, classes, many), rng.integers(0, HALF_BINS, many)
    near = rng.integers(0, count, many // 10)
    recording[: len(near)], label[: len(near)] = truth.recording[near], truth.label[near]
    frame[: len(near)] = np.maximum(truth.frame[near] + rng.integers(-4, 5, len(near)), 0)
    return truth, Grid.of(recording, label, frame, rng.random(many))


def write(folder: Path, games: list[str], truth: Grid, found: Grid) -> None:
    """The files of a grid, each event at the start of its bin."""
    for name, key, grid in (
        ("Labels-v2.json", "annotations", truth),
        ("results_spotting.json", "predictions", found),
    ):
        for number, game in enumerate(games):
            items = []
            for half in (1, 2):
                of_half = grid.keep(grid.recording == 2 * number + half - 1)
                for label, frame, value in zip(of_half.label, of_half.frame, of_half.value, strict=True):
                    item = {
                        "gameTime": f"{half} - {frame // 120:02d}:{frame // 2 % 60:02d}",
                        "label": soccer.names[label],
                        "position": str(frame * 500),
                    }
                    if key == "predictions":
                        item |= {"half": str(half), "confidence": repr(float(value))}
                    else:
                        item |= {"team": "home", "visibility": "visible" if value > 0 else "not shown"}
                    items.append(item)
            path = folder / key / game / name
            path.parent.mkdir(parents=True)
            path.write_text(json.dumps({"UrlLocal": game, key: items}), encoding="utf-8")


def timed(work: Callable[[], Any], repeat: int) -> tuple[float, Any]:
    """The median time of some runs, in seconds, and the last result."""
    times = []
    result = None
    for _ in range(repeat):
        start = time.perf_counter()
        result = work()
        times.append(time.perf_counter() - start)
    return statistics.median(times), result


@contextlib.contextmanager
def quiet() -> Any:
    """Without the official evaluator's progress bars and division warnings."""
    with warnings.catch_warnings(), np.errstate(all="ignore"), contextlib.redirect_stderr(io.StringIO()):
        warnings.simplefilter("ignore")
        yield


def side_by_side(games: list[str], repeat: int) -> None:
    """Both evaluators on ten games."""
    with quiet():
        from SoccerNet.Evaluation import ActionSpotting
    truth, found = made_up(0, 2 * len(games), 220, 2000)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write(folder, games, truth, found)
        labels, predictions = folder / "annotations", folder / "predictions"
        inner: list[float] = []
        core = ActionSpotting.average_mAP

        def watched(*args: Any, **more: Any) -> Any:
            start = time.perf_counter()
            result = core(*args, **more)
            inner.append(time.perf_counter() - start)
            return result

        with (
            quiet(),
            mock.patch.object(ActionSpotting, "getListGames", return_value=games),
            mock.patch.object(ActionSpotting, "average_mAP", watched),
        ):
            theirs_s, theirs = timed(
                lambda: ActionSpotting.evaluate(str(labels), str(predictions), metric="loose"), repeat
            )
        ours_s, ours = timed(lambda: evaluate_soccernet_files(labels, predictions), repeat)
    core_s, alone = timed(lambda: average_map(truth, found, METRICS["loose"]), max(repeat, 5))
    official_core_s = statistics.median(inner)
    print(f"{len(games)} games x 2,000 detections a half, loose, median of {repeat}")
    for what, slow, quick in (("computation", official_core_s, core_s), ("from files", theirs_s, ours_s)):
        print(f"  {what:<13} official {slow:8.3f} s   ours {quick:8.4f} s   {slow / quick:7.0f} x")
    for field in FIELDS:
        value, other = getattr(ours.spotting, field), float(theirs[field])
        print(f"  {field:<14} official {other:.12f}   ours {value:.12f}   difference {abs(value - other):.1e}")
    worst = max(
        float(np.max(np.abs(np.subtract(getattr(result, field), theirs[field]))))
        for field in theirs
        for result in (ours.spotting, alone)
    )
    print(f"  largest difference in any field, per class included: {worst:.1e}")


def large(halves: int, detections: int, repeat: int) -> None:
    """Ours alone."""
    truth, found = made_up(1, halves, 110, detections)
    seconds, result = timed(lambda: average_map(truth, found, METRICS["loose"]), repeat)
    print(
        f"{halves // 2} games x {detections:,} detections a half, loose, ours: {seconds:.2f} s "
        f"(a_mAP {result.a_mAP:.6f})"
    )


def main() -> None:
    """Runs and prints."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--skip-large", action="store_true")
    options = parser.parse_args()
    side_by_side(game_list("valid")[:10], options.repeat)
    if not options.skip_large:
        large(200, 2_000, options.repeat)
        large(200, 20_000, options.repeat)


if __name__ == "__main__":
    main()
