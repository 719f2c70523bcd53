"""The timeline of a broadcast: which shot fills which frames, and how one passes into the next."""

from __future__ import annotations

import bisect
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from matchcut.datasets.practice.script import Shot

WIPE_S, DISSOLVE_S = 0.8, 0.6
_SHORTEST_S = 0.7
_HIDING = ("replay", "screen")
_LONG = ("main", "tight", "replay", "field")
CLOSE_UPS = ("card", "flag", "board", "cheer", "portrait", "pitcher", "batter")


@dataclass(frozen=True, slots=True)
class Segment:
    """Frames ``first`` to ``last`` (not included) show one shot; None is the main camera."""

    first: int
    last: int
    shot: Shot | None

    @property
    def kind(self) -> str:
        """The shot's kind; "main" for the main camera."""
        return "main" if self.shot is None else self.shot.kind

    @property
    def view(self) -> str:
        """What a person would call it: "long", "close" (the pitch behind somebody) or "off" (no pitch)."""
        if self.kind in _LONG:
            return "long"
        return "close" if self.shot is not None and self.kind in CLOSE_UPS and on_grass(self.shot) else "off"

    @property
    def hides_board(self) -> bool:
        """Whether broadcasters take the scoreboard away meanwhile."""
        return self.kind in _HIDING


def on_grass(shot: Shot) -> bool:
    """Whether the pitch lies behind somebody in a close-up, not the stand."""
    if shot.kind in ("pitcher", "batter"):
        return shot.at < 0.5
    return shot.kind in ("flag", "card") or (shot.actor + int(shot.start)) % 3 > 0


@dataclass(frozen=True, slots=True)
class Change:
    """From one segment to the next: frames ``first`` to ``last`` (not included) show both; of a cut none does.

    ``kind`` is "cut", "dissolve" or "wipe".
    """

    first: int
    last: int
    kind: str


class Timeline:
    """The segments and changes of shots on a frame grid.

    Args:
        shots: of the script, with its edit done; where none is, the main camera shows the play.
        seed: of the script.
        rate: frames a second.
        frames: how many.
        jumps: seconds at which the recording jumps: a wipe passes there.
    """

    def __init__(
        self, shots: Sequence[Shot], seed: int, rate: float, frames: int, jumps: Sequence[float] = ()
    ) -> None:
        rng = np.random.default_rng([seed, 43])
        self.rate = rate
        self.style = int(rng.integers(3))
        """0 and 1: an animation passes before and after a replay; 2: replays are dissolved into."""
        at = sorted({round(jump * rate) for jump in jumps})
        self.segments = _segments(shots, rate, frames, at)
        self.changes = [
            self._change(a, b, b.first in at, rng)
            for a, b in zip(self.segments, self.segments[1:], strict=False)
        ]
        self._firsts = [segment.first for segment in self.segments]

    def _change(self, a: Segment, b: Segment, jump: bool, rng: np.random.Generator) -> Change:
        kind, luck = "cut", rng.random()
        if jump:
            kind = "wipe"
        elif (a.kind == "replay") != (b.kind == "replay"):
            kind = "dissolve" if self.style == 2 else "wipe"
        elif "screen" in (a.kind, b.kind) or (luck < 0.12 and b.kind != "tight"):
            kind = "dissolve"
        half = round({"cut": 0.0, "wipe": WIPE_S, "dissolve": DISSOLVE_S}[kind] * self.rate / 2)
        half = min(half, min(b.first - a.first, b.last - b.first) // 2)
        return Change(b.first - half, b.first + half, kind if half else "cut")

    def at(self, frame: int) -> tuple[Segment, Change | None, Segment | None]:
        """The segment of a frame; where it changes meanwhile, the change and the segment on its other side."""
        place = bisect.bisect_right(self._firsts, frame) - 1
        segment = self.segments[place]
        if place < len(self.changes) and frame >= self.changes[place].first:
            return segment, self.changes[place], self.segments[place + 1]
        if place and frame < self.changes[place - 1].last:
            return segment, self.changes[place - 1], self.segments[place - 1]
        return segment, None, None


def _segments(shots: Sequence[Shot], rate: float, frames: int, jumps: Sequence[int]) -> list[Segment]:
    """What is shown, the shot that began last first; scraps go to what was shown before."""
    owner = np.full(frames, -1)
    for number, shot in enumerate(shots):
        owner[max(round(shot.start * rate), 0) : max(round(shot.end * rate), 0)] = number
    edges = sorted({0, *(np.flatnonzero(np.diff(owner)) + 1).tolist(), *(j for j in jumps if 0 < j < frames)})
    runs: list[tuple[int, int, int]] = []
    for first, last in zip(edges, [*edges[1:], frames], strict=True):
        number = int(owner[first])
        if runs and last - first < _SHORTEST_S * rate:
            runs[-1] = (runs[-1][0], last, runs[-1][2])
        elif runs and runs[-1][2] == number and first not in jumps:
            runs[-1] = (runs[-1][0], last, number)
        else:
            runs.append((first, last, number))
    return [Segment(first, last, shots[n] if n >= 0 else None) for first, last, n in runs]
