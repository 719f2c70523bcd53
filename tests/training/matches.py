"""A small data set in SoccerNet's layout: arrays in which every event can be seen."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from matchcut.sport import soccer

MINUTES = 4
WIDTH = 6
KINDS = ("Goal", "Corner", "Foul")


def game_name(number: int) -> str:
    return f"league/2020-2021/2020-01-{number + 1:02d} - 18-00 Home 0 - 0 Away"


def write_game(folder: Path, number: int, halves: Sequence[int] = (1, 2), seen: Sequence[str] = KINDS) -> None:
    """A game of two short halves: noise in 6 dimensions, one of which rises for each event that is seen."""
    rng = np.random.default_rng(number)
    place = folder / game_name(number)
    place.mkdir(parents=True, exist_ok=True)
    annotations = []
    for half in halves:
        rows = MINUTES * 60 * 2
        values = rng.standard_normal((rows, WIDTH)).astype(np.float32) * 0.3
        for at in np.arange(15, MINUTES * 60 - 10, 20) + rng.uniform(-4, 4):
            label = KINDS[int(rng.integers(len(KINDS)))]
            annotations.append(
                {
                    "gameTime": f"{half} - {int(at) // 60:02d}:{int(at) % 60:02d}",
                    "label": label,
                    "position": str(int(at * 1000)),
                    "team": "home",
                    "visibility": "visible",
                }
            )
            if label in seen:
                values[int(at * 2) : int(at * 2) + 2, KINDS.index(label)] += 3
        np.save(place / f"{half}_mine.npy", values)
    (place / "Labels-v2.json").write_text(
        json.dumps({"UrlLocal": game_name(number), "annotations": annotations})
    )


def write_data(folder: Path, games: int = 5, valid: int = 2) -> Path:
    """So many games and, in splits.json, the last of them as valid; in train.json none of them."""
    for number in range(games):
        write_game(folder, number)
    names = [game_name(number) for number in range(games)]
    splits = {"train": names[: games - valid], "valid": names[games - valid :]}
    (folder / "splits.json").write_text(json.dumps(splits))
    (folder / "train.json").write_text(json.dumps({**splits, "valid": []}))
    return folder


assert all(kind in soccer for kind in KINDS)
