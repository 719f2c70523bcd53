"""Which games train and which test: whole games, by SoccerNet-v3's lists, a file, folders, or a rule."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from functools import cache
from importlib import resources
from pathlib import Path, PurePosixPath

from matchcut import files
from matchcut.datasets.games import GAME_PARTS, SPLITS, game_list, listed_games, normal
from matchcut.errors import InputError, SettingsError

SPLITS_FILE = "splits.json"
"""A file of this name beside the leagues decides, where no other way is asked for."""
WAYS = ("auto", "official", "v2", "folders", "hash")

_TEST, _VALID = 0.1375, 0.275
"""Shares of SoccerNet-v3's: 55 of 400 games each."""


@cache
def official_splits() -> Mapping[str, str]:
    """SoccerNet-v3's own split of each game: 290 train, 55 valid, 55 test, 43 challenge.

    >>> list(official_splits().values()).count("test")
    55
    """
    text = resources.files("matchcut.datasets").joinpath("splits/soccernet-v3-frames.json").read_text("utf-8")
    return _by_game(files.parse_json(text, "soccernet-v3-frames.json"), "soccernet-v3-frames.json")


def read_splits(path: Path | str) -> dict[str, str]:
    """The split of each game by a file: ``{"train": ["LEAGUE/SEASON/GAME", …], …}``, or lists nested as v2's.

    Raises:
        InputError: it is of another shape, or a game is in two splits.
    """
    value = files.read_json(path)
    if not isinstance(value, dict) or not value:
        raise InputError(
            f"{path}: no lists of games by split", 'Write it as {"train": ["LEAGUE/SEASON/GAME", …], "test": …}'
        )
    return _by_game(value, str(path))


def hash_split(game: str) -> str:
    """A split by the game's name alone, the same for every copy of it and whatever other games there are.

    The first eight bytes of the SHA-256 of the name (composed letters, UTF-8) as a number from 0 to 1: below
    0.1375 test, below 0.275 valid, else train; SoccerNet-v3's shares.

    >>> hash_split("england_epl/2014-2015/2015-02-21 - 18-00 Chelsea 1 - 1 Burnley")
    'train'
    """
    share = int.from_bytes(hashlib.sha256(normal(game).encode()).digest()[:8]) / 2**64
    return "test" if share < _TEST else "valid" if share < _VALID else "train"


def split_games(root: Path, places: Mapping[str, str], how: str | Path = "auto") -> tuple[dict[str, str], str]:
    """The split of each game, and in words where it is from.

    Args:
        root: the folder of the data set.
        places: game → a path of its in the folder, such as ``train/LEAGUE/SEASON/GAME/Labels-v3.json``.
        how: one of `WAYS`, or the path of a file. "auto" takes the first that is there of: ``splits.json`` in
            the folder; folders above the leagues named by split; SoccerNet-v3's lists, if they name any of
            the games; the rule of `hash_split`.

    Returns:
        A split for each game; games that no list names are left out.

    Raises:
        SettingsError: there is no such way, nor such a file.
        InputError: the file cannot be used, or the folders name no splits.
    """
    games = list(places)
    folders = {game: _folder(place) for game, place in places.items()}
    if how == "auto":
        how = _first_way(root, folders)
    if how == "official":
        return _listed(games, official_splits()), "SoccerNet-v3's own lists"
    if how == "v2":
        return _listed(games, {g: s for s in SPLITS for g in game_list(s)}), "SoccerNet-v2's lists"
    if how == "folders":
        found = {game: split for game, split in folders.items() if split}
        if not found:
            raise InputError(
                f"{root}: no folder above its leagues is named as a split", f"Name them {', '.join(SPLITS)}"
            )
        return found, "the folders' names"
    if how == "hash":
        return {game: hash_split(game) for game in games}, "a rule on the games' names (SHA-256)"
    if not Path(how).exists():
        raise SettingsError(
            f"there is no way of splitting {str(how)!r}", f"Choose {', '.join(WAYS)}, or a file"
        )
    return _listed(games, read_splits(how)), str(how)


def _first_way(root: Path, folders: Mapping[str, str]) -> str | Path:
    if (root / SPLITS_FILE).is_file():
        return root / SPLITS_FILE
    if any(folders.values()):
        return "folders"
    return "official" if any(game in official_splits() for game in folders) else "hash"


def _folder(place: str) -> str:
    """The split that a folder above the league is named by; empty if none is."""
    above = PurePosixPath(place).parts[: -GAME_PARTS - 1]
    return next((part.lower() for part in reversed(above) if part.lower() in SPLITS), "")


def _listed(games: Sequence[str], split_of: Mapping[str, str]) -> dict[str, str]:
    return {game: split_of[game] for game in games if game in split_of}


def _by_game(lists: Mapping[str, object], name: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for split, listed in lists.items():
        for game in map(normal, listed_games(listed, (), name)):
            if found.setdefault(game, split) != split:
                raise InputError(
                    f"{name}: {game!r} is in two splits, {found[game]} and {split}", "Take it out of one"
                )
    return found
