"""The items of SoccerNet's JSON files, checked: one row an event, in the order of the file."""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import compress
from typing import Any

import numpy as np
from numpy.typing import NDArray

from matchcut.clock import HALF_S, MatchClock, parse_game_time
from matchcut.datasets.games import HALVES
from matchcut.errors import InputError, ValidationError
from matchcut.events import Event, EventLog
from matchcut.recording import Recording
from matchcut.sport import Sport, soccer

LATEST_MS = 86_400_000
"""A position beyond a day is not in milliseconds, or not a position."""

_VISIBLE = {"visible": True, "not shown": False, None: None}
_NO_TEAM = ("not applicable", "", None)

Row = tuple[int, int, float | None, str | None, bool | None]


@dataclass(frozen=True, eq=False)
class Spots:
    """One half's labels or predictions, as columns, in the order of the file.

    The order is kept because SoccerNet's evaluator lets the last written of two predictions in one bin win.

    Attributes:
        position_ms: milliseconds from the half's start, shape (N,), int64.
        label: the place of the label in the sport's names, shape (N,), int64.
        score: the confidence in [0, 1], shape (N,), float64; None for labels.
        team: the team of each, None where there is none.
        visible: whether the broadcast shows it, None where nobody said.
    """

    position_ms: NDArray[np.int64]
    label: NDArray[np.int64]
    score: NDArray[np.float64] | None
    team: tuple[str | None, ...]
    visible: tuple[bool | None, ...]

    def __len__(self) -> int:
        return len(self.position_ms)

    def to_log(self, game: str, half: int, producer: str, of: Sport = soccer) -> EventLog:
        """The same as events in time order, of the recording ``GAME/HALF``, each with its usual window."""
        windows = [(label.name, label.before_s, label.after_s) for label in of.labels]
        scores = [None] * len(self) if self.score is None else self.score.tolist()
        events = []
        end = HALF_S
        for ms, label, score, team, visible in zip(
            self.position_ms.tolist(), self.label.tolist(), scores, self.team, self.visible, strict=True
        ):
            name, before, after = windows[label]
            time = ms / 1000
            last = time + after
            events.append(Event(name, time, max(time - before, 0.0), last, score, (), team, visible))
            end = max(end, last)
        return EventLog(events, Recording(f"{game}/{half}", of, clock=MatchClock.of_half(half, end)), producer)


def parse_spots(value: Any, key: str, where: str, of: Sport = soccer) -> dict[int, Spots]:
    """The halves of a file's value.

    Args:
        value: the parsed JSON.
        key: "annotations" for labels, "predictions" for predictions, which need a confidence.
        where: what to call the file in messages.
        of: decides which labels exist.

    Raises:
        InputError: it has another shape; the message names the item.
    """
    items = value.get(key) if isinstance(value, dict) else None
    if not isinstance(items, list):
        raise InputError(f'{where}: not SoccerNet\'s JSON (an object with a list "{key}")', _other(value, key))
    places = {name: place for place, name in enumerate(of.names)}
    scored = key == "predictions"
    usual = _usual(items, places) if scored else None
    if usual is not None:
        return usual
    rows: dict[int, list[Row]] = {half: [] for half in HALVES}
    for number, item in enumerate(items, 1):
        try:
            half = _half(item)
            rows[half].append(_row(item, places, scored))
        except (KeyError, TypeError, ValueError, AttributeError, OverflowError) as error:
            raise _bad_item(error, item, f"{where}: item {number}", of) from error
    return {half: _columns(found, scored) for half, found in rows.items()}


def _usual(items: list[Any], places: dict[str, int]) -> dict[int, Spots] | None:
    """The halves of predictions that are all spelled as the leaderboard's files usually are, else None.

    A million predictions are read this way, column by column; whatever is unusual, or wrong, goes the slow way,
    which says what is wrong with which item.
    """
    try:
        half = [item["half"] for item in items]
        position = [item["position"] for item in items]
        confidence = [item["confidence"] for item in items]
        label = np.array([places[item["label"]] for item in items], dtype=np.int64)
        team = [item.get("team") for item in items]
        visible = [_VISIBLE[item.get("visibility")] for item in items]
        digits, numbers = "".join(position), "".join(confidence)
        if not (set(half) <= {"1", "2"} and digits.isascii() and digits.isdigit() and numbers.isascii()):
            return None
        if max(map(len, position)) > 7 or "_" in numbers or not set(map(type, team)) <= {str, type(None)}:
            return None
        ms = np.array([int(text) for text in position], dtype=np.int64)
        score = np.array([float(text) for text in confidence], dtype=np.float64)
    except (KeyError, TypeError, ValueError, AttributeError):
        return None
    if not ((score >= 0) & (score <= 1)).all():
        return None
    known = [None if name in _NO_TEAM else name for name in team]
    second = np.array([value == "2" for value in half], dtype=bool)
    return {
        number: Spots(
            ms[of_half], label[of_half], score[of_half], *(_chosen(c, of_half) for c in (known, visible))
        )
        for number, of_half in zip(HALVES, (~second, second), strict=True)
    }


def _chosen(values: list[Any], which: NDArray[np.bool_]) -> tuple[Any, ...]:
    return tuple(compress(values, which.tolist()))


def _row(item: dict[str, Any], places: dict[str, int], scored: bool) -> Row:
    position = item.get("position")
    if type(position) is str and position.isascii() and position.isdigit() and len(position) < 8:
        ms = int(position)
    else:
        ms = _position(item, position)
    place = places[item["label"]]
    score = _confidence(item["confidence"]) if scored else None
    team = item.get("team")
    if team is not None and not isinstance(team, str):
        raise TypeError(f"a team is text, not {team!r:.60}")
    return ms, place, score, None if team in _NO_TEAM else team, _VISIBLE[item.get("visibility")]


def _half(item: dict[str, Any]) -> int:
    half = item.get("half")
    if half == "1":
        return 1
    if half == "2":
        return 2
    if half is None:
        half = parse_game_time(item["gameTime"])[0]
    if isinstance(half, bool) or str(half).strip() not in ("1", "2"):
        raise ValueError(f"the half must be 1 or 2, not {half!r:.60}")
    return int(half)


def _position(item: dict[str, Any], position: Any) -> int:
    """Whole milliseconds; the rare file without positions has seconds in its game time."""
    if position is None:
        return round(parse_game_time(item["gameTime"])[1] * 1000)
    ms = _number(position, "the position")
    if not 0 <= ms <= LATEST_MS:
        raise ValueError(f"the position must be milliseconds from the half's start, not {position!r:.60}")
    return int(ms)


def _confidence(value: Any) -> float:
    score = _number(value, "the confidence")
    if not 0.0 <= score <= 1.0:
        raise ValueError(f"the confidence must be from 0 to 1, not {value!r:.60}")
    return score


def _number(value: Any, what: str) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise TypeError(f"{what} must be a number, not {value!r:.60}")
    try:
        number = float(value)
    except (ValueError, OverflowError):
        number = math.nan
    # An underscore is Python's, not a number's.
    if math.isfinite(number) and "_" not in str(value):
        return number
    raise ValueError(f"{what} must be a number, not {value!r:.60}")


def _columns(rows: list[Row], scored: bool) -> Spots:
    ms, label, score, team, visible = zip(*rows, strict=True) if rows else ((), (), (), (), ())
    return Spots(
        np.array(ms, dtype=np.int64),
        np.array(label, dtype=np.int64),
        np.array(score, dtype=np.float64) if scored else None,
        team,
        visible,
    )


def _bad_item(error: Exception, item: Any, where: str, of: Sport) -> InputError:
    if not isinstance(item, dict):
        return InputError(f"{where}: must be an object, not {item!r:.60}", "Correct that item")
    if isinstance(error, ValidationError):
        return InputError(f"{where}: {error.problem}", error.remedy)
    label, visibility = item.get("label", ""), item.get("visibility")
    if not isinstance(label, str):
        return InputError(f"{where}: the label must be text, not {label!r:.60}", "Correct that item")
    if isinstance(error, KeyError) and error.args[0] == label:
        unknown = of.unknown(label)
        return InputError(f"{where}: {unknown.problem}", f"Spell it as the data set does. {unknown.remedy}")
    if not isinstance(visibility, str | None) or visibility not in _VISIBLE:
        return InputError(f"{where}: visibility {visibility!r:.60}", 'Write "visible" or "not shown"')
    reason = f"{error.args[0]!r} is missing" if isinstance(error, KeyError) else str(error)
    return InputError(f"{where}: {reason}", "Correct that item")


def _other(value: Any, key: str) -> str:
    if isinstance(value, dict):
        for kind, name in (
            ("annotations", "labels"),
            ("predictions", "predictions"),
            ("segments", "a transcript"),
        ):
            if kind != key and kind in value:
                return f"It holds {name}; name the file with {key}"
    return f'Write {{"UrlLocal": "LEAGUE/SEASON/GAME", "{key}": […]}}'
