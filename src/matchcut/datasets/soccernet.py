"""SoccerNet-v2: labels and the leaderboard's predictions, in folder trees and zips.

A tree holds ``LEAGUE/SEASON/GAME/Labels-v2.json`` or ``…/results_spotting.json``. Times are milliseconds from
the half's start and survive reading and writing exactly; confidences keep every digit.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from matchcut.datasets.archives import Archive
from matchcut.datasets.games import (
    HALVES,
    LABELS,
    PREDICTIONS,
    SPLITS,
    chosen_games,
    game_list,
    members_by_game,
)
from matchcut.datasets.soccernet_write import write_predictions
from matchcut.datasets.spots import Spots, parse_spots
from matchcut.events import EventLog
from matchcut.sport import Sport, soccer

__all__ = [
    "HALVES",
    "LABELS",
    "PREDICTIONS",
    "SPLITS",
    "Spots",
    "game_list",
    "labelled_games",
    "read_labels",
    "read_predictions",
    "read_spots",
    "write_predictions",
]

_KEY = {LABELS: "annotations", PREDICTIONS: "predictions"}


def read_labels(
    path: Path | str, games: Iterable[str] | None = None, *, missing_ok: bool = False, of: Sport = soccer
) -> dict[str, dict[int, EventLog]]:
    """Labels as game → half → log; both halves of every game, the recording's name is ``GAME/HALF``.

    Args:
        path: a folder tree or a zip.
        games: read only these, in this order; all by default.
        missing_ok: leave games out that are not there, instead of refusing.
        of: decides which labels exist.

    Raises:
        InputError: a file cannot be used or a game is missing; the message names file, game and item.
    """
    return _logs(path, LABELS, games, missing_ok, of, "SoccerNet-v2")


def read_predictions(
    path: Path | str, games: Iterable[str] | None = None, *, missing_ok: bool = False, of: Sport = soccer
) -> dict[str, dict[int, EventLog]]:
    """Predictions as game → half → log, each event with its score; see `read_labels`."""
    return _logs(path, PREDICTIONS, games, missing_ok, of, Path(path).name)


def read_spots(
    path: Path | str,
    file_name: str,
    games: Iterable[str] | None = None,
    *,
    missing_ok: bool = False,
    of: Sport = soccer,
) -> Iterator[tuple[str, dict[int, Spots]]]:
    """Each game and its halves as columns in the order of the file: less memory than events, and exact ties.

    Args:
        path: a folder tree or a zip.
        file_name: `LABELS` or `PREDICTIONS`.
        games, missing_ok, of: as for `read_labels`.
    """
    with Archive(path) as archive:
        members = members_by_game(archive, file_name)
        for game in chosen_games(members, games, archive, file_name, missing_ok):
            member = members[game]
            # The official evaluator lets the last of doubled keys win; so do we, and twice as fast.
            yield (
                game,
                parse_spots(
                    archive.read_json(member, doubled_ok=True), _KEY[file_name], archive.where(member), of
                ),
            )


def labelled_games(path: Path | str, file_name: str = LABELS) -> list[str]:
    """The games that a tree or zip has labels (or predictions) of, sorted.

    Raises:
        InputError: it cannot be read or has none.
    """
    with Archive(path) as archive:
        return chosen_games(members_by_game(archive, file_name), None, archive, file_name, False)


def _logs(
    path: Path | str,
    file_name: str,
    games: Iterable[str] | None,
    missing_ok: bool,
    of: Sport,
    producer: str,
) -> dict[str, dict[int, EventLog]]:
    return {
        game: {half: spots.to_log(game, half, producer, of) for half, spots in halves.items()}
        for game, halves in read_spots(path, file_name, games, missing_ok=missing_ok, of=of)
    }
