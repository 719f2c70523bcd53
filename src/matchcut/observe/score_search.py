"""Finding the score and the teams around a board's clock.

The score is what reads like one ("2-1"), or two lone numbers side by side or one above the other, in one place
on most frames and near the clock; the words beside its numbers are the teams.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from difflib import SequenceMatcher

import numpy as np
from numpy.typing import NDArray

from matchcut.observe import board_text
from matchcut.observe.board_text import Token
from matchcut.observe.boxes import Box, around
from matchcut.observe.ocr import DIGITS, TextReader
from matchcut.observe.slots import Slot, slots_of

Image = NDArray[np.uint8]


def score_boxes(slots: list[Slot], clock: Box, frames: int) -> tuple[Box, ...]:
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
    return (
        presence
        - 0.03 * across / clock.height
        - 0.08 * down / clock.height
        + 0.1 * min(box.height / clock.height, 2)
    )


def _named(box: Box, words: Sequence[Box]) -> float:
    """0.3 for a number with a word beside it on its row."""
    beside = any(
        abs(w.centre[1] - box.centre[1]) < 0.6 * max(w.height, box.height) and _gap(w, box)[0] < 4 * box.height
        for w in words
    )
    return 0.3 if beside else 0.0


def _pair(a: Box, b: Box) -> tuple[Box, Box] | None:
    """Two numbers side by side or one above the other, in reading order; None if they are neither."""
    if a == b or not 0.38 < a.height / b.height < 2.6:
        return None
    high = max(a.height, b.height)
    across, down = _gap(a, b)
    if abs(a.centre[1] - b.centre[1]) < 0.25 * high and a.right <= b.left + 0.3 * high and across < 22 * high:
        # One row, though a lone 1 is sometimes found with a closer box than other digits.
        top, bottom = min(a.top, b.top), max(a.bottom, b.bottom)
        return replace(a, top=top, bottom=bottom), replace(b, top=top, bottom=bottom)
    if not 0.5 < a.height / b.height < 2:
        return None
    if abs(a.centre[0] - b.centre[0]) < 1.2 * high and a.bottom <= b.top + 0.4 * high and down < 1.5 * high:
        # They stand in one column, known to about a character's width.
        left, right = min(a.left, b.left), max(a.right, b.right)
        return (
            Box(left, a.centre[1] - high / 2, right, a.centre[1] + high / 2),
            Box(left, b.centre[1] - high / 2, right, b.centre[1] + high / 2),
        )
    return None


def _gap(a: Box, b: Box) -> tuple[float, float]:
    """Horizontal and vertical distance of two boxes, 0 where they overlap."""
    return (
        max(a.left - b.right, b.left - a.right, 0.0),
        max(a.top - b.bottom, b.top - a.bottom, 0.0),
    )


def numbers_beside(
    words: Sequence[Slot], clock: Box, images: Sequence[Image], reader: TextReader, reach: float
) -> list[Slot]:
    """Numbers right or left of the words near the clock, at most ``reach`` heights away.

    A lone digit is easily overlooked; read together with its word it is not.
    """
    near = [
        w
        for w in words
        if _gap(w.box, clock)[0] < 8 * clock.height and _gap(w.box, clock)[1] < 3 * clock.height
    ]
    near.sort(key=lambda w: (-len(w.frames), sum(_gap(w.box, clock))))
    width = images[0].shape[1]
    found: list[Slot] = []
    for side in (1, -1):
        frames: list[list[Token]] = []
        for image in images:
            strips = [_strip(w.box, side * reach * w.box.height, width, clock) for w in near[:4]]
            reads = reader.read([strip.cut(image) for strip in strips])
            lines = [board_text.line_of(*pair) for pair in zip(strips, reads, strict=True)]
            frames.append([t for line in lines if (t := board_text.number_beside(line, side)) is not None])
        slots = [s for s in slots_of(frames) if len(s.frames) >= 0.5 * len(images)]
        found += slots
    return found


def numbers_over(words: Sequence[Slot], clock: Box, images: Sequence[Image], reader: TextReader) -> list[Slot]:
    """Numbers that stand alone right above or below the words near the clock."""
    near = [
        w
        for w in words
        if _gap(w.box, clock)[0] < 8 * clock.height and _gap(w.box, clock)[1] < 6 * clock.height
    ]
    near.sort(key=lambda w: (-len(w.frames), sum(_gap(w.box, clock))))
    frames: list[list[Token]] = [[] for _ in images]
    for word in near[:4]:
        high = word.box.height
        middle, row = word.box.centre
        for step in (1.2, 1.5, 1.8, -1.2, -1.5, -1.8):
            place = Box(middle - high, row + (step - 0.55) * high, middle + high, row + (step + 0.55) * high)
            if place.top < 0 or place.bottom > images[0].shape[0] or place.overlap(clock) > 0:
                continue
            reads = reader.read([place.cut(image) for image in images])
            for tokens, read in zip(frames, reads, strict=True):
                if board_text.number(read.text) is not None and read.confidence > 0.8:
                    tokens.append(Token("number", read.text, place, read.confidence))
    return [s for s in slots_of(frames) if len(s.frames) >= 0.5 * len(images)]


def _strip(word: Box, reach: float, width: float, clock: Box) -> Box:
    """A word's box and what stands beside it, to the right if ``reach`` is positive, up to the clock."""
    left, right = word.left + min(reach, 0.0), word.right + max(reach, 0.0)
    if abs(word.centre[1] - clock.centre[1]) < 0.6 * clock.height:
        if clock.centre[0] < word.centre[0]:
            left = max(left, min(clock.right, word.left))
        else:
            right = min(right, max(clock.left, word.right))
    return Box(max(left, 0.0), word.top, min(right, width), word.bottom)


def with_word(number: Box, words: Sequence[Slot], side: int) -> Box | None:
    """The box of a number and of the word left (1) or right (-1) of it; None if there is no such word."""
    row = [w.box for w in words if abs(w.box.centre[1] - number.centre[1]) < 0.5 * number.height]
    row = [box for box in row if (number.centre[0] - box.centre[0]) * side > 0]
    row = [box for box in row if _gap(box, number)[0] < 5 * number.height]
    if not row:
        return None
    word = min(row, key=lambda box: abs(box.centre[0] - number.centre[0]))
    return around([word, number]).grown(0.1 * number.height, 0)


def read_number(reader: TextReader, crop: Image, box: Box, side: int) -> tuple[str, float]:
    """The digits in a crop: alone (``side`` 0), or right (1) or left (-1) of a word; and their confidence."""
    read = reader.read([crop], None if side else DIGITS)[0]
    if not side:
        return read.text, read.confidence
    token = board_text.number_beside(board_text.line_of(box, read), side)
    return ("", 0.0) if token is None else (token.text, read.confidence)


_NO_NAME = re.compile(
    r"^(?:HZ|HALF|HALBZEIT|TEMPO|TIEMPO)\b\s*|\s*\b(?:HZ|HALF|HALBZEIT|TEMPO|TIEMPO)$", re.IGNORECASE
)


def _capitals(name: str) -> str:
    """A name in capitals has no small l in it, that is an I; and the word for the period is none of it."""
    name = _NO_NAME.sub("", name)
    others = name.replace("l", "")
    return name.replace("l", "I") if others.isupper() else name


def team_names(words: Sequence[Slot], score: tuple[Box, ...]) -> tuple[str, str]:
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
        return _capitals(row[0].common()) if row else ""

    names = _names_beside(score, beside)
    return names if any(names) else _names_over(words, score)


def names_stay(words: Sequence[Slot], score: tuple[Box, ...]) -> bool:
    """Whether what is written beside the score is the same on most pictures: a match's teams do not change."""
    near = [
        w for w in words if any(_gap(w.box, box)[0] < 4 * box.height and _on_row(w.box, box) for box in score)
    ]
    shares = []
    for slot in near:
        usual = slot.common().casefold()
        alike = [SequenceMatcher(None, usual, t.text.casefold()).ratio() > 0.6 for _, t in slot.found]
        shares.append(sum(alike) / len(alike))
    return not shares or max(shares) > 0.7


def _on_row(a: Box, b: Box) -> bool:
    return abs(a.centre[1] - b.centre[1]) < 0.6 * max(a.height, b.height)


def _names_beside(score: tuple[Box, ...], beside: Callable[..., str]) -> tuple[str, str]:
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


def _names_over(words: Sequence[Slot], score: tuple[Box, ...]) -> tuple[str, str]:
    """Names above or below the score's numbers: both on one side of it, or one above and one below."""

    def over(box: Box, side: int) -> str:
        column = [
            w
            for w in words
            if (w.box.centre[1] - box.centre[1]) * side > 0.5 * box.height
            and _gap(w.box, box)[1] < 1.5 * box.height
            and abs(w.box.centre[0] - box.centre[0]) < max(0.5 * w.box.width, 2 * box.height)
        ]
        column.sort(key=lambda w: abs(w.box.centre[1] - box.centre[1]))
        return _capitals(column[0].common()) if column else ""

    if len(score) == 1:
        return "", ""
    first, second = score
    if abs(first.centre[1] - second.centre[1]) > 0.5 * first.height:
        return over(first, -1), over(second, 1)
    above, below = (over(first, -1), over(second, -1)), (over(first, 1), over(second, 1))
    return above if all(above) else below if all(below) else ("", "")
