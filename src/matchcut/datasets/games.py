"""SoccerNet's games: the official lists, and where a game's files lie in a tree or zip."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Iterator
from functools import cache
from importlib import resources
from pathlib import Path, PurePosixPath
from typing import Any

from matchcut import files
from matchcut.datasets.archives import Archive
from matchcut.errors import InputError, SettingsError

SPLITS = ("train", "valid", "test", "challenge")
"""The official splits: 300, 100, 100 and 50 games."""

LABELS = "Labels-v2.json"
"""The name of a game's file of labels."""
PREDICTIONS = "results_spotting.json"
"""The name of a game's file of predictions."""
HALVES = (1, 2)
"""The halves that SoccerNet has; every game that is read has both, if empty."""

GAME_PARTS = 3
"""A game's name is ``LEAGUE/SEASON/GAME``."""


def game_list(split: str | Path) -> list[str]:
    """The games of a split, in the official order, as ``LEAGUE/SEASON/GAME``.

    Args:
        split: "train", "valid", "test", "challenge"; "all" for all four after each other; or the path of a JSON
            file that holds a list of games, or several lists under any keys (SoccerNet's own nested lists too).

    >>> len(game_list("valid"))
    100

    Raises:
        SettingsError: there is no such split, nor such a file.
        InputError: the file holds something else.
    """
    name = str(split)
    if name in SPLITS or name == "all":
        return [game for part in SPLITS if name in (part, "all") for game in _official()[part]]
    if not Path(split).exists():
        raise SettingsError(
            f"there is no split {name!r}", f"Choose {', '.join(SPLITS)}, all, or a JSON file of game lists"
        )
    games = list(dict.fromkeys(normal(game) for game in listed_games(files.read_json(split), (), name)))
    if not games:
        raise InputError(f"{name}: lists no games", 'Write it as ["LEAGUE/SEASON/GAME", …]')
    return games


@cache
def _official() -> dict[str, list[str]]:
    text = resources.files("matchcut.datasets").joinpath("splits/soccernet-v2.json").read_text(encoding="utf-8")
    lists: dict[str, list[str]] = files.parse_json(text, "soccernet-v2.json")
    return {split: [normal(game) for game in games] for split, games in lists.items()}


def listed_games(value: Any, above: tuple[str, ...], name: str) -> Iterator[str]:
    """The games of nested lists; names that lack their league and season get them from the keys above.

    Args:
        value: lists of games, or objects of them, three deep at most.
        above: the keys that were gone through.
        name: what to call it in messages.

    Raises:
        InputError: it is something else.
    """
    if isinstance(value, dict) and len(above) < GAME_PARTS:
        for key, inner in value.items():
            yield from listed_games(inner, (*above, key), name)
    elif isinstance(value, list) and all(isinstance(game, str) for game in value):
        for game in value:
            yield game if game.count("/") >= GAME_PARTS - 1 else "/".join((*above, game))
    else:
        raise InputError(
            f"{name}: not a list of games ({str(value)[:60]!r})", 'Write it as ["LEAGUE/SEASON/GAME", …]'
        )


def normal(game: str) -> str:
    """A game's name as it is compared: composed letters, ``/``, none at the ends."""
    return unicodedata.normalize("NFC", game.replace("\\", "/")).strip("/")


def members_by_game(archive: Archive, file_name: str) -> dict[str, str]:
    """Where each game's file lies: game → path inside, under whatever folders the archive was packed with.

    Raises:
        InputError: a game is there twice.
    """
    found: dict[str, str] = {}
    for member in archive.names:
        path = PurePosixPath(member)
        if path.name != file_name:
            continue
        game = "/".join(path.parts[:-1][-GAME_PARTS:]) or archive.path.resolve().stem
        if game in found:
            raise InputError(
                f"{archive.path}: holds {game} twice, as {found[game]!r} and {member!r}",
                "Name one of its folders",
            )
        found[game] = member
    return found


def chosen_games(
    found: Iterable[str], games: Iterable[str] | None, archive: Archive, what: str, missing_ok: bool
) -> list[str]:
    """The games to read: all that were found, or those asked for.

    Raises:
        InputError: there are none, or one that was asked for is missing and that is not allowed.
    """
    present = list(found)
    if not present:
        raise InputError(
            f"{archive.path}: holds no {what}", f"Name a folder or zip with LEAGUE/SEASON/GAME/{what}"
        )
    if games is None:
        return present
    wanted = [normal(game) for game in games]
    has = set(present)
    missing = [game for game in wanted if game not in has]
    if missing and not missing_ok:
        raise InputError(
            f"{archive.path}: has no {what} of {len(missing)} of {len(wanted)} games, such as {missing[0]!r}",
            "Check the split, or that the archive is complete",
        )
    return [game for game in wanted if game in has]


MEDIA = ("{}_224p.mkv", "{}_720p.mkv", "{}.mkv", "{}.mp4", "{}_224p.mp4", "{}_720p.mp4")
"""How the videos of a game's halves are called."""


def half_video(folder: Path, recording: str) -> Path | None:
    """The video of ``GAME/HALF`` in a folder; None if there is none."""
    game, _, half = recording.rpartition("/")
    named = (folder / game / name.format(half) for name in MEDIA)
    return next((path for path in named if path.is_file()), None)
