"""``Labels-v3.json``: which action each image shows, and when.

As SoccerNet-v3's own loader reads it::

    {"GameMetadata": {"UrlLocal": …, "list_actions": […], …},
     "actions": {"7.png": {"imageMetadata": {"label": …, "half": …, "position": …}, "linked_replays": […]}},
     "replays": {"7_1.png": {"imageMetadata": {"replayPosition": …}, "linked_action": "7.png"}}}

Positions are milliseconds from the half's start. The boxes and lines that stand there too are not read.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from matchcut import files
from matchcut.clock import parse_game_time
from matchcut.errors import InputError, MatchcutError
from matchcut.sport import Sport
from matchcut.text import one_line

LABELS = "Labels-v3.json"
FRAMES = "Frames-v3.zip"

_LATEST_S = 86_400.0
_REPLAY = re.compile(r"(.+)_\d+")


@dataclass(frozen=True, slots=True)
class Entry:
    """What the labels say of one image.

    Attributes:
        name: the image's name without suffix, such as "7" or "7_1".
        label: the action's.
        half: 1 or 2; None where nobody says.
        time: the action's moment in seconds from the half's start; None where nobody says.
        replay: whether it is a replay.
        action: the name of the action's image without suffix.
        shown: of a replay, the moment of this very picture in the broadcast, in seconds from the half's start.
    """

    name: str
    label: str
    half: int | None
    time: float | None
    replay: bool
    action: str
    shown: float | None


@dataclass(frozen=True)
class GameLabels:
    """The labels of one game.

    Attributes:
        entries: by the image's name without suffix, in the order of the file.
        unusable: (image, why) of entries that tell no action.
        game: the game that the file itself names; empty if it doesn't.
    """

    entries: dict[str, Entry]
    unusable: tuple[tuple[str, str], ...]
    game: str


def read_game_labels(path: Path, of: Sport) -> GameLabels:
    """The labels of one game.

    Args:
        path: ``Labels-v3.json``.
        of: decides which labels exist.

    Raises:
        InputError: it is not JSON, or of another shape.
    """
    value = files.parse_json(files.read_text(path), path, doubled_ok=True)
    actions = value.get("actions") if isinstance(value, dict) else None
    replays = value.get("replays", {}) if isinstance(value, dict) else None
    if not isinstance(actions, dict) or not isinstance(replays, dict):
        older = isinstance(value, dict) and "annotations" in value
        raise InputError(
            f'{path}: not SoccerNet-v3\'s labels (an object with the objects "actions" and "replays")',
            "These look like SoccerNet-v2's; v3's come with Frames-v3.zip" if older else "Name another file",
        )
    found: dict[str, Entry] = {}
    unusable: list[tuple[str, str]] = []
    for key, item in actions.items():
        try:
            found[stem(key)] = _action(stem(key), _metadata(item), of)
        except (MatchcutError, ValueError) as error:
            unusable.append((stem(key), _why(error)))
    for key, item in replays.items():
        try:
            found[stem(key)] = _replay(stem(key), item, found)
        except (MatchcutError, ValueError) as error:
            unusable.append((stem(key), _why(error)))
    head = value.get("GameMetadata")
    url = head.get("UrlLocal") if isinstance(head, dict) else None
    return GameLabels(found, tuple(unusable), url if isinstance(url, str) else "")


def stem(name: str) -> str:
    """An image's name without folders and suffix; "7_1" of "7_1.png"."""
    return PurePosixPath(name.replace("\\", "/")).stem


def _why(error: Exception) -> str:
    return error.problem if isinstance(error, MatchcutError) else str(error)


def _metadata(item: Any) -> Mapping[str, Any]:
    metadata = item.get("imageMetadata") if isinstance(item, dict) else None
    if not isinstance(metadata, dict):
        raise ValueError("has no imageMetadata")
    return metadata


def _action(name: str, told: Mapping[str, Any], of: Sport) -> Entry:
    label = told.get("label")
    if not isinstance(label, str) or not label.strip():
        raise ValueError("has no label")
    if label not in of.names:
        # Spelled otherwise is still known; what no sport has is not.
        label = of.label(label).name
    half, time = told.get("half"), _seconds(told, "position")
    if isinstance(told.get("gameTime"), str):
        half_there, time_there = parse_game_time(told["gameTime"])
        half, time = (half_there if half is None else half), (time_there if time is None else time)
    return Entry(name, label, _half(half), time, False, name, None)


def _replay(name: str, item: Any, actions: Mapping[str, Entry]) -> Entry:
    linked = item.get("linked_action") if isinstance(item, dict) else None
    action = stem(linked) if isinstance(linked, str) else ""
    if not action:
        match = _REPLAY.fullmatch(name)
        action = match[1] if match else ""
    if action not in actions or actions[action].replay:
        whose = one_line(repr(linked or action), 60)
        raise ValueError(f"is a replay of {whose}, and there is no such labelled action")
    of, told = actions[action], item.get("imageMetadata")
    shown = _seconds(told, "replayPosition") if isinstance(told, dict) else None
    return Entry(name, of.label, of.half, of.time, True, action, shown)


def _half(value: Any) -> int | None:
    if value is None:
        return None
    if str(value).strip() not in ("1", "2"):
        raise ValueError(f"the half is 1 or 2, not {one_line(repr(value), 40)}")
    return int(value)


def _seconds(told: Mapping[str, Any], key: str) -> float | None:
    value = told.get(key)
    if value is None:
        return None
    try:
        seconds = float(value) / 1000
    except (TypeError, ValueError, OverflowError):
        seconds = math.nan
    if isinstance(value, bool) or not 0 <= seconds <= _LATEST_S:
        raise ValueError(f"{key} is in milliseconds, not {one_line(repr(value), 40)}")
    return seconds
