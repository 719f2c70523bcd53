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
from matchcut.observe.ocr import Text, TextReader
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
    images: Sequence[Image],
    found: Sequence[Sequence[Box]],
    reader: TextReader,
    known: dict[tuple[int, Box], Text] | None = None,
) -> list[list[Token]]:
    """The tokens of those places where something like a clock stands, frame by frame.

    A place is read on three frames; if no clock is among what is read there, the others are not.

    Args:
        images: the frames.
        found: where something is written on each.
        reader: the OCR.
        known: what was read before, by frame and box; it is not read again, and what is read is added.
    """
    known = {} if known is None else known
    frames: list[list[Token]] = [[] for _ in images]
    for group in places(found):
        first = [group[round(k)] for k in np.linspace(0, len(group) - 1, min(3, len(group)))]
        rest = [member for member in group if member not in first]
        hopeful = False
        for members in (first, rest):
            fresh = [member for member in members if member not in known]
            read_now = reader.read([box.cut(images[i]) for i, box in fresh])
            known.update(zip(fresh, read_now, strict=True))
            reads = [known[member] for member in members]
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


class _Looked:
    """What is written on some frames of a sample where a clock may stand."""

    def __init__(self, images: Sequence[Image], reader: TextReader, scale: float) -> None:
        self._images, self._reader, self._scale = images, reader, scale
        self._found: list[list[Box]] = [[] for _ in images]
        self._known: dict[tuple[int, Box], Text] = {}

    def at(self, frames: Sequence[int]) -> None:
        """Looks for writing on these frames too."""
        height = self._images[0].shape[0]
        found = self._reader.find_all([self._images[i] for i in frames], self._scale)
        for i, boxes in zip(frames, found, strict=True):
            self._found[i] = [b for b in boxes if b.height < 0.14 * height and b.width < 25 * b.height]

    def tokens(self) -> list[list[Token]]:
        """Frame by frame, what may be a clock."""
        return clock_tokens(self._images, self._found, self._reader, self._known)


def clocks_in(
    images: Sequence[Image], times: Sequence[float], reader: TextReader, scale: float
) -> list[ClockSlot]:
    """The clocks of a sample of frames, best supported first.

    Looking for writing takes ten times as long as reading it where it is known to stand. So a third of the
    frames is looked at first; where the clocks found there can be read, no more is looked for.
    """
    looked = _Looked(images, reader, scale)
    first = [i for i in range(len(images)) if i // 2 % 3 == 1]
    looked.at(first)
    clocks = find_clocks(looked.tokens(), times)
    rest = [i for i in range(len(images)) if i not in first]
    read = _read_again(clocks, rest, images, times, reader) if _sure(clocks) else {}
    looked.at([i for i in rest if i not in read])
    clocks = find_clocks([read.get(i, found) for i, found in enumerate(looked.tokens())], times)
    if clocks:
        return clocks
    # Small writing is found at a larger size only; most is not small.
    looked = _Looked(images, reader, scale * 1.6)
    looked.at([i for i in range(len(images)) if i // 2 % 2 == 0])
    return find_clocks(looked.tokens(), times)


def _sure(clocks: Sequence[ClockSlot]) -> bool:
    """Whether clocks are surely the board's: seconds run on several frames, and no frame shows two clocks."""
    frames = [i for clock in clocks for i in clock.slot.frames]
    return (
        bool(clocks) and clocks[0].step_s == 1 and len(clocks[0].points) >= 4 and len(frames) == len({*frames})
    )


def _read_again(
    clocks: Sequence[ClockSlot],
    frames: Sequence[int],
    images: Sequence[Image],
    times: Sequence[float],
    reader: TextReader,
) -> dict[int, list[Token]]:
    """What the clocks show on other frames, where it is in line with the rest; frame by frame."""
    read: dict[int, list[Token]] = {}
    for clock in (clock for clock in clocks if clock.step_s == 1):
        box, usual = clock.slot.box, len(clock.slot.common())
        left = [i for i in frames if i not in read]
        texts = reader.read([box.grown(0.6 * box.height, 0.1 * box.height).cut(images[i]) for i in left])
        told: dict[int, list[Token]] = {}
        points = dict(clock.points)
        for i, text in zip(left, texts, strict=True):
            shown = (
                [t for t in tokens(board_text.line_of(box, text)) if t.kind == "clock"]
                if text.confidence > 0.8
                else []
            )
            seconds = board_text.clock_seconds(shown[0].text) if len(shown) == 1 else None
            if seconds is not None:
                # Writing as long as ever stands where it was found; 10:00 takes more room than 9:59.
                more = 0.3 * box.height * max(len(shown[0].text) - usual, 0)
                told[i], points[i] = [replace(shown[0], box=box.grown(more, 0))], (times[i], seconds)
        line = in_line(points, clock.direction, clock.step_s)
        read.update({i: shown for i, shown in told.items() if i in line})
    return read
