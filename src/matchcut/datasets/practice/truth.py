"""The truth of a practice broadcast for those who watch and listen: everything that was put into it."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from matchcut import files
from matchcut.clock import MatchClock
from matchcut.errors import InputError, ValidationError

VERSION = 1
_SHAPE = "Render the broadcast again"


@dataclass(frozen=True, slots=True)
class BoardTruth:
    """The scoreboard.

    Attributes:
        teams: home and away, as written on it.
        form, clock_style, stoppage: see `matchcut.datasets.boards`; "count" is a baseball board.
        boxes: its plates as (left, top, right, bottom) in pixels, the clock's first where it has its own.
        shown: stretches of the recording, (start, end), in which it stands on the picture.
        counts_down: whether its clock runs backwards.
    """

    teams: tuple[str, str]
    form: str
    clock_style: str
    stoppage: str
    boxes: tuple[tuple[int, int, int, int], ...]
    shown: tuple[tuple[float, float], ...]
    counts_down: bool = False


@dataclass(frozen=True, slots=True)
class ScoreTruth:
    """A change of the score: when it happened, when the board says so, what it is then, who scored."""

    time: float
    shown: float
    home: int
    away: int
    side: str


@dataclass(frozen=True, slots=True)
class CountTruth:
    """What a baseball board says from ``start`` on."""

    start: float
    balls: int
    strikes: int
    outs: int
    inning: int
    top: bool
    away: int
    home: int


@dataclass(frozen=True, slots=True)
class PitchTruth:
    """A pitch in baseball, and what looks like part of one.

    Attributes:
        start, end: from the wind-up to the umpire's sign.
        reach: when the ball is at the plate.
        outcome: "ball", "called strike", "miss", "foul", "in play", "bunt", "hit by pitch"; or, without a ball,
            "practice swing" or "feint".
        labels: MLB-YouTube's; empty for the last two.
    """

    start: float
    reach: float
    end: float
    outcome: str
    labels: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ShotTruth:
    """One shot, from the middle of the passage before to the middle of the next.

    Attributes:
        start, end: recording seconds.
        kind: "long" (the play), "close" (somebody before the pitch), "off" (no pitch in sight).
        shows: what the script calls it: "main", "tight", "replay", "portrait", "crowd", "screen" …
    """

    start: float
    end: float
    kind: str
    shows: str


@dataclass(frozen=True, slots=True)
class PassageTruth:
    """From one shot to the next: "cut", "dissolve" or "wipe"; a cut has no length."""

    start: float
    end: float
    kind: str


@dataclass(frozen=True, slots=True)
class ReplayTruth:
    """A replay; it shows what happened from the recording second ``of`` on, at this speed."""

    start: float
    end: float
    of: float
    speed: float


@dataclass(frozen=True, slots=True)
class WhistleTruth:
    """One blast of the referee's whistle, its tone, and what it was for."""

    start: float
    end: float
    hz: float
    cause: str


@dataclass(frozen=True, slots=True)
class SwellTruth:
    """The crowd grows louder: begins, is loudest, has died down; how strong in (0, 1], and what for."""

    start: float
    peak: float
    end: float
    strength: float
    cause: str


@dataclass(frozen=True, slots=True)
class TextTruth:
    """Text on the picture beside the board: "line-up", "half-time", "substitution", "booking", "goal"."""

    start: float
    end: float
    kind: str
    lines: tuple[str, ...]


@dataclass(frozen=True)
class BroadcastTruth:
    """What a practice broadcast shows and lets hear; all times in recording seconds.

    Attributes:
        sport: "soccer" or "baseball".
        duration: seconds.
        size: width and height of the picture.
        faults: what is difficult, by name.
        clock: the match clock as the broadcast has it; no periods in baseball.
        board: the scoreboard; None where there is none.
        opening_score: home and away at the first instant.
        scores, counts, pitches, shots, passages, replays, whistles, swells, texts: each in time order.
    """

    sport: str
    duration: float
    size: tuple[int, int]
    faults: tuple[str, ...]
    clock: MatchClock
    board: BoardTruth | None
    opening_score: tuple[int, int]
    scores: tuple[ScoreTruth, ...] = ()
    counts: tuple[CountTruth, ...] = ()
    pitches: tuple[PitchTruth, ...] = ()
    shots: tuple[ShotTruth, ...] = ()
    passages: tuple[PassageTruth, ...] = ()
    replays: tuple[ReplayTruth, ...] = ()
    whistles: tuple[WhistleTruth, ...] = ()
    swells: tuple[SwellTruth, ...] = ()
    texts: tuple[TextTruth, ...] = ()

    def score_at(self, seconds: float, *, on_screen: bool = False) -> tuple[int, int]:
        """Home and away, as they are or as the board has them."""
        score = self.opening_score
        for change in self.scores:
            if (change.shown if on_screen else change.time) <= seconds:
                score = change.home, change.away
        return score

    def board_shown(self, seconds: float) -> bool:
        """Whether the board stands on the picture."""
        return self.board is not None and any(a <= seconds < b for a, b in self.board.shown)

    def to_json(self) -> dict[str, Any]:
        """Plain values for JSON: the attributes by their names, and the version."""
        plain: dict[str, Any] = {"version": VERSION}
        for each in dataclasses.fields(self):
            value = getattr(self, each.name)
            if isinstance(value, MatchClock):
                plain[each.name] = value.to_json()
            elif isinstance(value, BoardTruth):
                plain[each.name] = dataclasses.asdict(value)
            elif each.name in _LISTS:
                plain[each.name] = [dataclasses.asdict(item) for item in value]
            else:
                plain[each.name] = value
        return plain

    @classmethod
    def from_json(cls, value: Any, name: str = "broadcast") -> BroadcastTruth:
        """The truth that `to_json` wrote.

        Raises:
            InputError: the value has another shape or version.
        """
        if not isinstance(value, Mapping) or value.get("version") != VERSION:
            raise InputError(f"{name}: not a broadcast's truth of version {VERSION}", _SHAPE)
        try:
            given = {key: _frozen(item) for key, item in value.items() if key != "version"}
            board = value["board"]
            given["board"] = None if board is None else BoardTruth(**_frozen_items(board))
            given["clock"] = MatchClock.from_json(value["clock"])
            for key, kind in _LISTS.items():
                given[key] = tuple(kind(**_frozen_items(item)) for item in value[key])
            return cls(**given)
        except (TypeError, KeyError, AttributeError, ValidationError) as error:
            raise InputError(f"{name}: not a broadcast's truth ({error})", _SHAPE) from error

    def save(self, path: Path | str) -> Path:
        """Writes it as JSON, whole or not at all.

        Raises:
            OutputError: it cannot be written.
        """
        return files.write_json(path, self.to_json())

    @classmethod
    def load(cls, path: Path | str) -> BroadcastTruth:
        """Reads what `save` wrote.

        Raises:
            InputError: it is missing or another kind of file.
        """
        return cls.from_json(files.read_json(path), str(path))


_LISTS: Mapping[str, Any] = {
    "scores": ScoreTruth,
    "counts": CountTruth,
    "pitches": PitchTruth,
    "shots": ShotTruth,
    "passages": PassageTruth,
    "replays": ReplayTruth,
    "whistles": WhistleTruth,
    "swells": SwellTruth,
    "texts": TextTruth,
}


def _frozen(value: Any) -> Any:
    """Lists as tuples, however deep."""
    return tuple(_frozen(item) for item in value) if isinstance(value, list) else value


def _frozen_items(value: Mapping[str, Any]) -> dict[str, Any]:
    return {key: _frozen(item) for key, item in value.items()}
