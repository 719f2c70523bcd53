"""Finding what behaves like a match clock.

A clock's reading advances by one second a second between frames (or counts down); a clock that shows minutes
alone keeps to one line over several minutes. The time of day, ages and prices do neither.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from matchcut.observe import board_text
from matchcut.observe.board_text import Token, tokens
from matchcut.observe.boxes import Box
from matchcut.observe.ocr import TextReader
from matchcut.observe.slots import Slot, places, slots_of

Image = NDArray[np.uint8]

_CLOCK_FACE = re.compile(r"[OQ\d]{1,2}\s?[:.;]\s?[OQ\d]{2}")
_CLOCKISH = re.compile(r"\d\s?[:.;]\s?\d\d|(?<![\d:.])\d{1,3}\s?['’′‘`]|^\d{1,3}$|[OQ\d]{1,2}[:.;][OQ\d]{2}")


@dataclass(frozen=True)
class ClockSlot:
    slot: Slot
    direction: int
    step_s: float
    points: dict[int, tuple[float, float]]  # frame: (recording second, clock), those in line alone
    offset_s: float


def clock_tokens(
    images: Sequence[Image], found: Sequence[Sequence[Box]], reader: TextReader
) -> list[list[Token]]:
    """The tokens of those places where something like a clock stands, frame by frame.

    A place is read on three frames; if no clock is among what is read there, the others are not.
    """
    frames: list[list[Token]] = [[] for _ in images]
    for group in places(found):
        first = [group[round(k)] for k in np.linspace(0, len(group) - 1, min(3, len(group)))]
        rest = [member for member in group if member not in first]
        hopeful = False
        for members in (first, rest):
            reads = reader.read([box.cut(images[i]) for i, box in members])
            for (i, box), read in zip(members, reads, strict=True):
                if read.confidence > 0.5:
                    frames[i] += tokens(board_text.line_of(box, read))
            long = group[0][1].width > 12 * group[0][1].height  # a ticker is full of numbers
            signs = _CLOCK_FACE if long else _CLOCKISH
            hopeful = hopeful or any(signs.search(read.text) for read in reads)
            if not hopeful:
                break
    return frames


def in_line(
    points: dict[int, tuple[float, float]], direction: int, step_s: float
) -> dict[int, tuple[float, float]]:
    """The points that lie on a common line of slope ``direction`` with another that shows another value."""
    slack = step_s + 0.8
    kept = {}
    for i, (t, c) in points.items():
        for j, (u, d) in points.items():
            if i != j and abs(c - d) >= step_s and abs((t - u) - direction * (c - d)) <= slack:
                kept[i] = (t, c)
                break
    return kept


def find_clocks(frames: Sequence[Sequence[Token]], times: Sequence[float]) -> list[ClockSlot]:
    """What behaves like a clock, best supported first, clocks with seconds before those without."""
    clocks = []
    for slot in slots_of([[_as_minutes(t) for t in found] for found in frames]):
        if slot.kind not in ("clock", "minutes"):
            continue
        read = board_text.clock_seconds if slot.kind == "clock" else board_text.minute_seconds
        step = 1.0 if slot.kind == "clock" else 60.0
        points = {i: (times[i], c) for i, token in slot.found if (c := read(token.text)) is not None}
        best: ClockSlot | None = None
        for direction in (1, -1):
            line = in_line(points, direction, step) if step == 1 else minutes_in_line(points, direction)
            if len(line) >= 2 and (best is None or len(line) > len(best.points)):
                offset = float(np.median([t - direction * (c + step / 2) for t, c in line.values()]))
                best = ClockSlot(slot, direction, step, line, offset)
        if best is not None and len(best.points) >= 0.4 * len(points):
            clocks.append(best)
    return sorted(clocks, key=lambda clock: (clock.step_s, -len(clock.points)))


def _as_minutes(token: Token) -> Token:
    """The stroke of 12' is easily lost, so a lone number may be a minute."""
    return replace(token, kind="minutes") if token.kind == "number" else token


def minutes_in_line(points: dict[int, tuple[float, float]], direction: int) -> dict[int, tuple[float, float]]:
    """The points of a clock without seconds: nearly all of them must lie on one line, over several minutes."""
    best: dict[int, tuple[float, float]] = {}
    for t, c in points.values():
        zero = t - direction * c
        for shift in (0.0, -20.0, -40.0):
            low = zero + shift
            inside = {i: (u, d) for i, (u, d) in points.items() if low - 2 <= u - direction * d <= low + 62}
            if len(inside) > len(best):
                best = inside
    enough = len(best) >= 5 and len(best) >= 0.8 * len(points)
    return best if enough and len({c for _, c in best.values()}) >= 3 else {}
