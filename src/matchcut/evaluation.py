"""Scoring files of predictions as a data set's authors do."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from matchcut.datasets.soccernet import LABELS, PREDICTIONS, Spots, game_list, labelled_games, read_spots
from matchcut.errors import InputError, SettingsError
from matchcut.metrics.intervals import Intervals, IntervalsResult, score_intervals
from matchcut.metrics.matching import Grid
from matchcut.metrics.spotting import SpottingResult, average_map, metric_deltas, to_bins
from matchcut.sport import soccer


@dataclass(frozen=True, slots=True)
class Evaluation:
    """What `evaluate_soccernet_files` found.

    Attributes:
        split, metric: as asked for.
        games: how many games were scored.
        unlabelled: the games of the split that have no labels; they were left out.
        unpredicted: the games that have no predictions; they were scored as if nothing had been found.
        ignored: games with predictions that were not to be scored.
        below: how many predictions were left out for their low score.
        spotting: average-mAP.
        intervals: interval scores, if asked for.
    """

    split: str
    metric: str
    games: int
    unlabelled: tuple[str, ...]
    unpredicted: tuple[str, ...]
    ignored: tuple[str, ...]
    below: int
    spotting: SpottingResult
    intervals: IntervalsResult | None

    def to_json(self) -> dict[str, Any]:
        """Plain values: SoccerNet's own fields at the top, interval scores under "intervals"."""
        value = {
            "split": self.split,
            "metric": self.metric,
            "games": self.games,
            "games_without_labels": len(self.unlabelled),
            "games_without_predictions": len(self.unpredicted),
            "games_ignored": len(self.ignored),
            "predictions_below_min_score": self.below,
            "classes": list(soccer.names),
            **self.spotting.to_json(),
        }
        if self.intervals is not None:
            value["intervals"] = self.intervals.to_json()
        return value


def evaluate_soccernet_files(
    labels: Path | str,
    predictions: Path | str,
    split: str = "valid",
    metric: str = "loose",
    window_s: float | None = None,
    min_score: float = 0.0,
) -> Evaluation:
    """SoccerNet's average-mAP of prediction files, equal to the official evaluator, their order included.

    Args:
        labels: folder or zip of ``LEAGUE/SEASON/GAME/Labels-v2.json``.
        predictions: folder or zip of ``LEAGUE/SEASON/GAME/results_spotting.json``.
        split: "train", "valid", "test", "challenge", "all", or a JSON file of game lists.
        metric: "loose", "tight", or "at1" … "at5".
        window_s: if given, intervals are scored too, truths and predictions as windows of this length, centred
            on their moments (SoccerNet's files hold moments only).
        min_score: predictions below it are left out, for both measures.

    Raises:
        InputError: a file cannot be used; no game of the split has labels; none of those has predictions.
        SettingsError: there is no such metric or split, or a setting is out of its range.
    """
    deltas = metric_deltas(metric)
    if window_s is not None and not 0 < window_s < np.inf:
        raise SettingsError(f"a window is longer than 0 seconds, not {window_s}", "Give --window in seconds")
    if not 0 <= min_score <= 1:
        raise SettingsError(f"a score floor is from 0 to 1, not {min_score}", "Correct --min-score")
    asked = game_list(split)
    labelled, predicted = set(labelled_games(labels, LABELS)), labelled_games(predictions, PREDICTIONS)
    games = [game for game in asked if game in labelled]
    if not games:
        raise InputError(
            f"{labels}: holds labels of {len(labelled)} games, but of none of split {split!r}",
            "Choose another --split or other labels",
        )
    with_predictions = set(predicted) & set(games)
    if not with_predictions:
        raise InputError(
            f"{predictions}: holds predictions for {len(predicted)} games, such as {predicted[0]!r}, "
            f"but for none of the {len(games)} labelled games of split {split!r}",
            "Choose another --split or other predictions",
        )
    number = {game: place for place, game in enumerate(games)}
    wanted = _Columns.of(labels, LABELS, games, number)
    found = _Columns.of(predictions, PREDICTIONS, sorted(with_predictions), number)
    kept = found.value >= min_score
    below = int(len(kept) - kept.sum())
    found = found.keep(kept)
    return Evaluation(
        split=split,
        metric=metric,
        games=len(games),
        unlabelled=tuple(game for game in asked if game not in labelled),
        unpredicted=tuple(game for game in games if game not in with_predictions),
        ignored=tuple(game for game in predicted if game not in with_predictions),
        below=below,
        spotting=average_map(wanted.grid(), found.grid(), deltas, classes=len(soccer.names)),
        intervals=None
        if window_s is None
        else score_intervals(wanted.intervals(window_s), found.intervals(window_s), soccer.names),
    )


@dataclass(frozen=True, eq=False, slots=True)
class _Columns:
    """The items of many halves after each other, in the order of their files."""

    recording: NDArray[np.int64]
    label: NDArray[np.int64]
    position_ms: NDArray[np.int64]
    value: NDArray[np.float64]

    @classmethod
    def of(cls, path: Path | str, file_name: str, games: list[str], number: dict[str, int]) -> _Columns:
        recordings, halves = [], []
        for game, by_half in read_spots(path, file_name, games):
            for half, spots in by_half.items():
                recordings.append(np.full(len(spots), number[game] * len(by_half) + half - 1))
                halves.append(spots)
        return cls(
            np.concatenate(recordings),
            np.concatenate([spots.label for spots in halves]),
            np.concatenate([spots.position_ms for spots in halves]),
            np.concatenate([_values(spots) for spots in halves]),
        )

    def keep(self, which: NDArray[np.bool_]) -> _Columns:
        return _Columns(self.recording[which], self.label[which], self.position_ms[which], self.value[which])

    def grid(self) -> Grid:
        return Grid.of(self.recording, self.label, to_bins(self.position_ms), self.value)

    def intervals(self, window_s: float) -> Intervals:
        time = self.position_ms / 1000
        return Intervals.of(self.recording, self.label, time - window_s / 2, time + window_s / 2, self.value)


def _values(spots: Spots) -> NDArray[np.float64]:
    """Scores of predictions; 1 and -1 for truths that are shown and not."""
    if spots.score is not None:
        return spots.score
    return np.array([-1.0 if visible is False else 1.0 for visible in spots.visible], dtype=np.float64)
