"""SoccerNet's average-mAP, equal to the official evaluator on files: trees, zips, and the real valid split."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import official_spotting as official
import pytest

from matchcut.datasets.soccernet import game_list, read_labels, read_predictions, write_predictions
from matchcut.evaluation import evaluate_soccernet_files
from matchcut.metrics.spotting import METRICS, evaluate_soccernet

GAMES = game_list("valid")
Items = dict[str, list[official.Item]]


def compare(folder: Path, truth: Items, found: Items, metric: str = "at5") -> None:
    """Trees by our files' reader, in their order."""
    official.write(folder, truth, found)
    labels, predictions = folder / "labels", folder / "predictions"
    ours = evaluate_soccernet_files(labels, predictions, "valid", metric)
    assert (ours.games, ours.unpredicted) == (len(truth), ())
    official.assert_equal(ours.spotting, official.evaluate(labels, predictions, [*truth], metric))


def made_up(seed: int, games: int, truths: int, count: int, last_ms: int = 2_850_000) -> tuple[Items, Items]:
    rng = np.random.default_rng(seed)
    truth = {game: official.random_items(rng, truths, scored=False, last_ms=last_ms) for game in GAMES[:games]}
    found = {
        # Half of them near truths, half anywhere.
        game: [
            (half, label, max(0, ms + int(rng.normal(0, 2500))), float(rng.random()))
            for half, label, ms, _ in items
        ]
        + official.random_items(rng, count, scored=True, last_ms=last_ms)
        for game, items in truth.items()
    }
    return truth, found


@pytest.mark.parametrize("metric", METRICS)
def test_every_metric_on_whole_games(tmp_path: Path, metric: str) -> None:
    compare(tmp_path, *made_up(1, 2, 200, 300), metric)


def test_crowded_games_with_colliding_bins_in_no_order(tmp_path: Path) -> None:
    """Many predictions share a bin, and files are not in time order: the last written wins."""
    truth, found = made_up(2, 1, 400, 3000, last_ms=400_000)
    rng = np.random.default_rng(0)
    for items in (*truth.values(), *found.values()):
        rng.shuffle(items)
    compare(tmp_path, truth, found)


def test_positions_beyond_two_hours_meet_in_the_last_bin(tmp_path: Path) -> None:
    compare(tmp_path, *made_up(3, 1, 60, 60, last_ms=9_000_000))


def test_labels_in_one_half_only(tmp_path: Path) -> None:
    truth, found = made_up(4, 2, 100, 100)
    compare(tmp_path, {game: [item for item in items if item[0] == 1] for game, items in truth.items()}, found)


@pytest.mark.parametrize("value", [1.0, -1.0])
def test_all_shown_or_none(tmp_path: Path, value: float) -> None:
    truth, found = made_up(5, 1, 150, 150)
    compare(tmp_path, {game: [(*item[:3], value) for item in items] for game, items in truth.items()}, found)


def test_no_predictions_and_no_labels(tmp_path: Path) -> None:
    truth, found = made_up(6, 2, 30, 30)
    compare(tmp_path, {GAMES[0]: [], GAMES[1]: truth[GAMES[1]]}, {GAMES[0]: found[GAMES[0]], GAMES[1]: []})


def test_ties_and_scores_on_thresholds(tmp_path: Path) -> None:
    truth, found = made_up(7, 1, 200, 400)
    steps = np.linspace(0, 1, 200)
    rng = np.random.default_rng(0)
    for scores in (steps, np.array([0.0, 1.0]), np.array([0.5])):
        tied = {g: [(*item[:3], float(rng.choice(scores))) for item in items] for g, items in found.items()}
        compare(tmp_path, truth, tied)


def test_logs_zips_and_written_predictions_agree(tmp_path: Path) -> None:
    """What we read as logs and write again scores the same by both evaluators."""
    truth, found = made_up(8, 2, 150, 400)
    official.write(tmp_path, truth, found)
    labels = official.zipped(tmp_path / "labels")
    log_labels, logs = read_labels(labels), read_predictions(official.zipped(tmp_path / "predictions"))
    written = write_predictions(tmp_path / "written.zip", logs)
    theirs = official.evaluate(labels, written, [*truth], "tight")
    official.assert_equal(evaluate_soccernet(log_labels, logs, "tight"), theirs)
    official.assert_equal(evaluate_soccernet_files(labels, written, metric="tight").spotting, theirs)


@pytest.mark.data
def test_the_whole_valid_split_with_made_up_predictions(data_folder: Path, tmp_path: Path) -> None:
    labels = data_folder / "soccernet-v2-labels-train-valid.zip"
    rng = np.random.default_rng(9)
    found: Items = {game: [] for game in GAMES}
    for game, halves in read_labels(labels, GAMES).items():
        for half, log in halves.items():
            for event in log:
                if rng.random() < 0.7:
                    ms = max(0, int(event.time * 1000 + rng.normal(0, 1500)))
                    found[game].append((half, event.label, ms, float(rng.beta(2, 2))))
        found[game] += official.random_items(rng, 100, scored=True)
    official.write(tmp_path, {}, found)
    predictions = official.zipped(tmp_path / "predictions")
    ours = evaluate_soccernet_files(labels, predictions, "valid", "tight")
    assert ours.games == 100
    assert ours.spotting.a_mAP > 0.15
    official.assert_equal(ours.spotting, official.evaluate(labels, predictions, GAMES, "tight"))
