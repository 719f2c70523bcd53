"""Learning where a scoreboard stands and how it is laid out, from what is written on a sample of frames.

Nothing is assumed about place, colours or font. A clock is what behaves like one: a reading that advances by one
second a second between frames (or counts down, or shows minutes alone). Around it, what reads like a score, or
two lone numbers side by side or one above the other, is the score; the words beside these are the teams.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from matchcut.observe import board_text
from matchcut.observe.board_text import Kind, Token, tokens
from matchcut.observe.boxes import Box, around, median_box
from matchcut.observe.ocr import TextReader

Image = NDArray[np.uint8]

_CLOCKISH = re.compile(r"\d\s?[:.;]\s?\d\d|(?<![\d:.])\d{1,3}\s?['’′‘`]|^\d{1,3}$|[OQ\d]{1,2}[:.;][OQ\d]{2}")


@dataclass(frozen=True, slots=True)
class Layout:
    """Where the parts of one scoreboard stand, in pixels of the frames that it was learnt from.

    Attributes:
        clock: the box of the clock; None on a board without one.
        step_s: what one step of the clock is worth: 1, or 60 where it shows minutes alone.
        direction: 1 for a clock that counts up, -1 down.
        score: one box that holds both numbers, or two with one each; empty where none was found.
        beside: for each box of the score 1 or -1 where it holds a name too and the number stands right or left
            of it, else 0.
        teams: the names beside the score, home (left or above) first; "" where unknown.
        region: the whole board with some air around it.
        offset_s: recording second at which the clock would show 0, by the sample.
        seen: on how many sampled frames.
    """

    clock: Box | None
    step_s: float
    direction: int
    score: tuple[Box, ...]
    teams: tuple[str, str]
    region: Box
    offset_s: float = 0.0
    seen: int = 0
    beside: tuple[int, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return {
            "clock": None if self.clock is None else self.clock.to_json(),
            "step_s": self.step_s,
            "direction": self.direction,
            "score": [box.to_json() for box in self.score],
            "teams": list(self.teams),
            "region": self.region.to_json(),
            "offset_s": self.offset_s,
            "seen": self.seen,
            "beside": list(self.beside),
        }

    @classmethod
    def from_json(cls, value: Any) -> Layout:
        """The layout that `to_json` wrote."""
        return cls(
            None if value["clock"] is None else Box(*value["clock"]),
            float(value["step_s"]),
            int(value["direction"]),
            tuple(Box(*box) for box in value["score"]),
            (str(value["teams"][0]), str(value["teams"][1])),
            Box(*value["region"]),
            float(value["offset_s"]),
            int(value["seen"]),
            tuple(int(side) for side in value["beside"]),
        )


@dataclass
class Slot:
    """Tokens of one kind that stand in one place in several frames."""

    kind: Kind
    found: list[tuple[int, Token]] = field(default_factory=list)
    beside: int = 0

    @property
    def box(self) -> Box:
        return median_box(token.box for _, token in self.found)

    @property
    def frames(self) -> set[int]:
        return {i for i, _ in self.found}

    def common(self) -> str:
        """The text that stands there most often."""
        return Counter(token.text for _, token in self.found).most_common(1)[0][0]


@dataclass(frozen=True)
class _Clock:
    slot: Slot
    direction: int
    step_s: float
    points: dict[int, tuple[float, float]]  # frame: (recording second, clock), those in line alone
    offset_s: float


def same_place(a: Box, b: Box) -> bool:
    """Whether two boxes could hold one text whose length changes: same row and height, one edge in common."""
    high = max(a.height, b.height)
    if abs(a.centre[1] - b.centre[1]) > 0.35 * high or min(a.height, b.height) < 0.6 * high:
        return False
    near = 0.8 * high
    ends = (a.left - b.left, a.right - b.right, a.centre[0] - b.centre[0])
    return min(abs(x) for x in ends) < near and max(a.left, b.left) < min(a.right, b.right)


def slots_of(frames: Sequence[Sequence[Token]]) -> list[Slot]:
    """The tokens of all frames, sorted by kind and place."""
    slots: list[Slot] = []
    for i, found in enumerate(frames):
        for token in found:
            home = next((s for s in slots if s.kind == token.kind and same_place(s.found[-1][1].box, token.box)), None)
            if home is None:
                slots.append(home := Slot(token.kind))
            home.found.append((i, token))
    return slots


def places(found: Sequence[Sequence[Box]]) -> list[list[tuple[int, Box]]]:
    """Boxes of several frames sorted by place (same row, much overlap): lists of (frame, box).

    Places that hold something on one frame alone are left out: no board is seen only once.
    """
    groups: list[list[tuple[int, Box]]] = []
    for i, boxes in enumerate(found):
        for box in boxes:
            home = next((g for g in groups if any(_one_row(box, other) for _, other in g[-3:])), None)
            if home is None:
                groups.append(home := [])
            home.append((i, box))
    return [group for group in groups if len({i for i, _ in group}) > 1]


def _one_row(a: Box, b: Box) -> bool:
    shared = min(a.right, b.right) - max(a.left, b.left)
    return (
        abs(a.centre[1] - b.centre[1]) < 0.35 * max(a.height, b.height)
        and min(a.height, b.height) > 0.5 * max(a.height, b.height)
        and shared > 0.5 * min(a.width, b.width)
    )


def _clock_like(images: Sequence[Image], found: Sequence[Sequence[Box]], reader: TextReader) -> list[list[Token]]:
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
            hopeful = hopeful or any(_CLOCKISH.search(read.text) for read in reads)
            if not hopeful:
                break
    return frames


def in_line(points: dict[int, tuple[float, float]], direction: int, step_s: float) -> dict[int, tuple[float, float]]:
    """The points that lie on a common line of slope ``direction`` with another that shows another value."""
    slack = step_s + 0.8
    kept = {}
    for i, (t, c) in points.items():
        for j, (u, d) in points.items():
            if i != j and abs(c - d) >= step_s and abs((t - u) - direction * (c - d)) <= slack:
                kept[i] = (t, c)
                break
    return kept


def find_clocks(frames: Sequence[Sequence[Token]], times: Sequence[float]) -> list[_Clock]:
    """What behaves like a clock, best supported first, clocks with seconds before those without."""
    clocks = []
    for slot in slots_of([[_as_minutes(t) for t in found] for found in frames]):
        if slot.kind not in ("clock", "minutes"):
            continue
        read = board_text.clock_seconds if slot.kind == "clock" else board_text.minute_seconds
        step = 1.0 if slot.kind == "clock" else 60.0
        points = {i: (times[i], c) for i, token in slot.found if (c := read(token.text)) is not None}
        best: _Clock | None = None
        for direction in (1, -1):
            line = in_line(points, direction, step) if step == 1 else minutes_in_line(points, direction)
            if len(line) >= 2 and (best is None or len(line) > len(best.points)):
                offset = float(np.median([t - direction * (c + step / 2) for t, c in line.values()]))
                best = _Clock(slot, direction, step, line, offset)
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


def learn_layouts(images: Sequence[Image], times: Sequence[float], reader: TextReader) -> tuple[list[Layout], list[str]]:
    """The scoreboards of a sample of frames, the most seen first, and notes on what was left aside.

    Args:
        images: frames of one size, shape (H, W, 3), RGB, in time order; neighbours in time help.
        times: their recording seconds.
        reader: the OCR.
    """
    if len(images) < 2:
        return [], []
    height, width = images[0].shape[:2]
    scale = max(1.0, min(640 / width, 2.0)) if width < 640 else min(1.0, 960 / width)
    clocks: list[_Clock] = []
    for closer in (1.0, 1.6):  # small writing is found at a larger size only; most is not small
        found = [reader.find(image, scale * closer) for image in images]
        found = [[b for b in boxes if b.height < 0.14 * height and b.width < 25 * b.height] for boxes in found]
        clocks = find_clocks(_clock_like(images, found, reader), times)
        if clocks or width > 1000:
            break
    layouts: list[Layout] = []
    notes: list[str] = []
    taken: set[int] = set()
    for clock in clocks:
        fresh = {i: p for i, p in clock.points.items() if i not in taken}
        if len(fresh) < max(2, 0.5 * len(clock.points)):
            note = "a second clock stands beside the board; it is not the match's"
            notes += [note] if clock.step_s == 1 and note not in notes else []
            continue
        if len(clock.points) < 3 and not any(abs(clock.offset_s - other.offset_s) < 15 for other in layouts):
            continue
        layout = _layout_around(clock, images, reader)
        if layouts and layout.teams != ("", "") and not _same_teams(layout.teams, layouts[0].teams):
            notes.append(f"a board of another match was left aside: {' - '.join(layout.teams)}")
            continue
        taken |= clock.slot.frames
        layouts.append(layout)
    return layouts, notes


def _same_teams(a: tuple[str, str], b: tuple[str, str]) -> bool:
    pairs = [(x.casefold(), y.casefold()) for x, y in zip(a, b, strict=True) if x and y]
    return not pairs or any(x[:3] == y[:3] for x, y in pairs)


def _layout_around(clock: _Clock, images: Sequence[Image], reader: TextReader) -> Layout:
    """Looks closer at the surroundings of a clock: score and teams."""
    box = clock.slot.box
    height, width = images[0].shape[:2]
    high = box.height
    near = Box(
        max(box.left - 20 * high, 0.0), max(box.top - 4.5 * high, 0.0),
        min(box.right + 20 * high, float(width)), min(box.bottom + 4.5 * high, float(height)),
    )  # fmt: skip
    chosen = sorted(clock.points)
    chosen = [chosen[round(k)] for k in np.linspace(0, len(chosen) - 1, min(6, len(chosen)))]
    frames: list[list[Token]] = []
    chosen = list(dict.fromkeys(chosen))
    for i in chosen:
        crop = near.cut(images[i])
        scale = min(max(26 / high, 1.0), 3.0)
        lines = reader.lines(crop, scale)
        frames.append([replace(t, box=t.box.moved(near.left, near.top)) for line in lines for t in tokens(line)])
    slots = [s for s in slots_of(frames) if len(s.frames) >= 0.4 * len(frames)]
    words = [s for s in slots if s.kind == "word"]
    score: tuple[Box, ...] = ()
    for reach in (0.0, 2.5, 4.5):
        more = _numbers_beside(words, box, [images[i] for i in chosen], reader, reach) if reach else []
        slots += [s for s in more if not any(s.box.meets(o.box) for o in slots if o.kind != "word")]
        score = _score_boxes(slots, box, len(frames))
        if score:
            break
    clock_box = _longest(clock.slot)
    parts = [clock_box, *score]
    teams = _teams(words, score)
    beside = tuple(_origin(part, slots) for part in score)
    score = tuple(_with_word(part, words, side) for part, side in zip(score, beside, strict=True))
    region = around(parts).grown(8 * high, 1.5 * high)
    return Layout(
        clock=_apart(clock_box, score),
        step_s=clock.step_s,
        direction=clock.direction,
        score=score,
        teams=teams,
        region=Box(max(region.left, 0.0), max(region.top, 0.0), min(region.right, width), min(region.bottom, height)),
        offset_s=clock.offset_s,
        seen=len(clock.points),
        beside=beside,
    )


def _numbers_beside(
    words: Sequence[Slot], clock: Box, images: Sequence[Image], reader: TextReader, reach: float
) -> list[Slot]:
    """Numbers right or left of the words near the clock, at most ``reach`` heights away.

    A lone digit is easily overlooked; read together with its word it is not.
    """
    near = [w for w in words if _gap(w.box, clock)[0] < 8 * clock.height and _gap(w.box, clock)[1] < 3 * clock.height]
    near.sort(key=lambda w: (-len(w.frames), sum(_gap(w.box, clock))))
    height, width = images[0].shape[:2]
    found: list[Slot] = []
    for side in (1, -1):
        frames: list[list[Token]] = []
        for image in images:
            strips = [_strip(w.box, side * reach * w.box.height, width) for w in near[:4]]
            reads = reader.read([strip.cut(image) for strip in strips])
            lines = [board_text.line_of(*pair) for pair in zip(strips, reads, strict=True)]
            frames.append([t for line in lines if (t := board_text.number_beside(line, side)) is not None])
        slots = [s for s in slots_of(frames) if len(s.frames) >= 0.5 * len(images)]
        found += [replace(slot, beside=side) for slot in slots]
    return found


def _origin(part: Box, slots: Sequence[Slot]) -> int:
    """Whether a part of the score was found by itself (0) or beside a word."""
    numbers = [s for s in slots if s.kind in ("number", "score") and s.box.meets(part)]
    return min(numbers, key=lambda s: abs(s.box.centre[1] - part.centre[1])).beside if numbers else 0


def _with_word(number: Box, words: Sequence[Slot], side: int) -> Box:
    """The box of a number and of the word that it stands beside; of the number alone if ``side`` is 0."""
    if not side:
        return number
    row = [w.box for w in words if abs(w.box.centre[1] - number.centre[1]) < 0.5 * number.height]
    row = [box for box in row if (number.centre[0] - box.centre[0]) * side > 0] or [number]
    word = min(row, key=lambda box: abs(box.centre[0] - number.centre[0]))
    return around([word, number]).grown(0.1 * number.height, 0)


def _strip(word: Box, reach: float, width: float) -> Box:
    """A word's box and what stands beside it, to the right if ``reach`` is positive."""
    left, right = word.left + min(reach, 0.0), word.right + max(reach, 0.0)
    return Box(max(left, 0.0), word.top, min(right, width), word.bottom)


def _longest(slot: Slot) -> Box:
    """Where the slot's text stands when it is longest (12:34 rather than 9:59)."""
    longest = max(len(token.text) for _, token in slot.found)
    return median_box(token.box for _, token in slot.found if len(token.text) == longest)


def _apart(clock: Box, score: tuple[Box, ...]) -> Box:
    """The clock's box with room for one more digit, but not into the score."""
    left, right = clock.left - 0.5 * clock.height, clock.right + 0.5 * clock.height
    for box in score:
        if abs(box.centre[1] - clock.centre[1]) < 0.6 * clock.height:
            if box.centre[0] < clock.centre[0]:
                left = max(left, min((box.right + clock.left) / 2, clock.left))
            else:
                right = min(right, max((box.left + clock.right) / 2, clock.right))
    return Box(left, clock.top, right, clock.bottom)


def _gap(a: Box, b: Box) -> tuple[float, float]:
    """Horizontal and vertical distance of two boxes, 0 where they overlap."""
    return (
        max(a.left - b.right, b.left - a.right, 0.0),
        max(a.top - b.bottom, b.top - a.bottom, 0.0),
    )


def _score_boxes(slots: list[Slot], clock: Box, frames: int) -> tuple[Box, ...]:
    """The score's box, or the two of its numbers, by presence, closeness and steadiness."""
    words = [s.box for s in slots if s.kind == "word"]
    best: tuple[float, tuple[Box, ...]] = (0.2, ())
    for slot in slots:
        if slot.kind != "score":
            continue
        values = [v for _, t in slot.found if (v := board_text.score_pair(t.text)) is not None]
        if not values or max(max(v) for v in values) > 25:
            continue
        worth = _worth(slot.box, clock, len(slot.frames) / frames) + _named(slot.box, words) + 0.3
        if worth > best[0]:
            best = worth, (slot.box,)
    numbers = [s for s in slots if s.kind == "number" and not s.box.meets(clock)]
    numbers = [s for s in numbers if all((board_text.number(t.text) or 0) <= 25 for _, t in s.found)]
    for first in numbers:
        for second in numbers:
            pair = _pair(first.box, second.box)
            if pair is None:
                continue
            presence = min(len(first.frames), len(second.frames)) / frames
            worth = _worth(around(pair), clock, presence) + sum(_named(b, words) for b in pair) / 2
            if worth > best[0]:
                best = worth, pair
    return best[1]


def _worth(box: Box, clock: Box, presence: float) -> float:
    across, down = _gap(box, clock)
    return presence - 0.03 * across / clock.height - 0.08 * down / clock.height + 0.1 * min(box.height / clock.height, 2)


def _named(box: Box, words: Sequence[Box]) -> float:
    """0.3 for a number with a word beside it on its row."""
    beside = any(
        abs(w.centre[1] - box.centre[1]) < 0.6 * max(w.height, box.height) and _gap(w, box)[0] < 4 * box.height
        for w in words
    )
    return 0.3 if beside else 0.0


def _pair(a: Box, b: Box) -> tuple[Box, Box] | None:
    """Two numbers side by side or one above the other, in reading order; None if they are neither."""
    if a == b or not 0.7 < a.height / b.height < 1.43:
        return None
    high = max(a.height, b.height)
    across, down = _gap(a, b)
    if abs(a.centre[1] - b.centre[1]) < 0.3 * high and a.right <= b.left + 0.3 * high and across < 22 * high:
        return a, b
    if abs(a.centre[0] - b.centre[0]) < 1.2 * high and a.bottom <= b.top + 0.4 * high and down < 1.5 * high:
        # They stand in one column, known to about a character's width.
        left, right = min(a.left, b.left), max(a.right, b.right)
        return replace(a, left=left, right=right), replace(b, left=left, right=right)
    return None


def _teams(words: Sequence[Slot], score: tuple[Box, ...]) -> tuple[str, str]:
    """The names beside the score's numbers."""
    if not score:
        return "", ""

    def beside(box: Box, side: int, stop: float | None = None) -> str:
        row = [
            w
            for w in words
            if abs(w.box.centre[1] - box.centre[1]) < 0.6 * max(w.box.height, box.height)
            and (w.box.centre[0] - box.centre[0]) * side > 0
            and _gap(w.box, box)[0] < 7 * box.height
            and (stop is None or (w.box.centre[0] - stop) * side < 0)
        ]
        row.sort(key=lambda w: abs(w.box.centre[0] - box.centre[0]))
        return row[0].common() if row else ""

    if len(score) == 1:
        return beside(score[0], -1), beside(score[0], 1)
    first, second = score
    if abs(first.centre[1] - second.centre[1]) > 0.5 * first.height:  # one above the other
        left = beside(first, -1), beside(second, -1)
        return left if any(left) else (beside(first, 1), beside(second, 1))
    between = beside(second, -1, stop=first.centre[0])
    right = beside(second, 1)
    if between and not right:
        return beside(first, -1), between
    return beside(first, -1), right
