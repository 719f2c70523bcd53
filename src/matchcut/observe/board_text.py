"""What the words and numbers of a board mean: clocks, scores, lone numbers, names, added time, periods."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

from matchcut.observe.boxes import Box
from matchcut.observe.ocr import Line, Text

Kind = Literal["clock", "minutes", "score", "number", "word", "added", "period"]

_LOOKS = str.maketrans("OoQDIl|ZSBG–—−;", "0000111258" + "6---:")
_LIKE = "0-9OoQDIl|ZSBG"
# 1st, 2nd half, H1, 2H, Q3; Spanish 1T, 2º T, 1er tiempo; German 1. HZ; French 1re MT; extra time.
_PERIOD = (
    r"[1-4I](?:ST|ND|RD|TH|H|Q)(?:\s?HALF|\s?HT)?|[HQP][1-4]|[12I]\s?[º°ª.]?\s?(?:T|TEMPO|TIEMPO|PT)"
    r"|[12I]\s?\.?\s?(?:HZ|HALBZEIT|MT|RE\s?MT|E\s?MT|ER\s?TIEMPO)|ET\s?[12]?|[12]\s?ET"
)
_PATTERNS: tuple[tuple[Kind, str], ...] = (
    ("added", r"(?<![\w+])\+\s?\d{1,2}(?!\d|[:.]\d)['’′]?"),
    ("period", rf"(?<![\w:.])(?:{_PERIOD})(?![\w:]|[.]\d)"),
    ("clock", rf"(?:(?<![\d:.])\d{{1,3}}|(?<![\w:.])[{_LIKE}]{{1,3}})\s?[:;.]\s?[{_LIKE}]{{2}}(?![\w:]|\.\d)"),
    ("minutes", r"(?<![\d:.])\d{1,3}\s?['’′‘`](?!\w)"),
    ("score", rf"(?<![\w:.-])[{_LIKE}]{{1,2}}\s?[-–—−:]\s?[{_LIKE}]{{1,2}}(?![\w:]|[.-]\d)"),
    ("number", r"(?<![\w:.'’-])[0-9OQ]{1,2}(?![\w:.'’-])"),
    ("word", r"[^\W\d_]{2,}(?:[ .&'’-]{1,2}[^\W\d_]{2,})*"),
)
_TOKEN = re.compile("|".join(f"(?P<{kind}>{pattern})" for kind, pattern in _PATTERNS), re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Token:
    """A part of a line that can mean something on a board.

    Attributes:
        kind: what it looks like.
        text: as it was read.
        box: where it stands, to about half a character.
        confidence: of the line it was read in.
    """

    kind: Kind
    text: str
    box: Box
    confidence: float


def tokens(line: Line) -> Iterator[Token]:
    """The meaningful parts of a line, left to right, with their places in it."""
    text = line.text
    for match in _TOKEN.finditer(text):
        kind: Kind = match.lastgroup  # type: ignore[assignment]
        first, last = match.start(), match.end()
        if kind in ("clock", "score") and not re.search(r"\d|[Oo]", match.group()):
            continue
        yield Token(kind, match.group(), _part(line, first, last), line.read.confidence)


_AFTER = re.compile(r"(?<=[^\W\d_])(?:\s?(?P<a>\d{1,2})|\s(?P<b>[OoQ]))(?!\w)")
_BEFORE = re.compile(r"(?<!\w)(?:(?P<a>\d{1,2})\s?|(?P<b>[OoQ])\s)(?=[^\W\d_]{2})")


def number_beside(line: Line, side: int) -> Token | None:
    """The number right (1) or left (-1) of a word, even if no blank was read between them."""
    match = (_AFTER if side > 0 else _BEFORE).search(line.text)
    if match is None:
        return None
    group = "a" if match["a"] else "b"
    box = _part(line, match.start(group), match.end(group))
    return Token("number", match[group], box.grown(0.15 * box.height, 0), line.read.confidence)


def _part(line: Line, first: int, last: int) -> Box:
    """Where characters ``first`` to ``last`` of a line stand."""
    places = line.read.places
    box = line.box
    if len(places) != len(line.text) or (first == 0 and last == len(places)):
        return box
    gaps = sorted(b - a for a, b in pairwise(places))
    usual = 0.75 * gaps[len(gaps) // 2] if gaps else 0.5

    def between(i: int) -> float:
        if i == 0:
            return min(max(places[0] - usual, 0.0), 1.0)
        if i == len(places):
            return min(places[-1] + usual, 1.0)
        return (places[i - 1] + places[i]) / 2

    left = box.left + between(first) * box.width
    right = box.left + between(last) * box.width
    return Box(left, box.top, max(right, left + 1), box.bottom)


def clock_seconds(text: str) -> float | None:
    """Seconds of a clock face; None if it is none.

    >>> clock_seconds("02:37"), clock_seconds("9O:O1"), clock_seconds("12:75")
    (157.0, 5401.0, None)
    """
    match = re.fullmatch(r"\s*(\d{1,3})\s?[:.]\s?(\d{2})\s*", text.translate(_LOOKS))
    if match is None or int(match[2]) > 59:
        return None
    return float(int(match[1]) * 60 + int(match[2]))


def minute_seconds(text: str) -> float | None:
    """Seconds at which a minute that is shown alone begins: football's 12th minute is 11:00 to 11:59."""
    match = re.fullmatch(r"\s*(\d{1,3})\s?['’′‘`]?\s*", text.translate(_LOOKS))
    return None if match is None or not 1 <= int(match[1]) <= 130 else (int(match[1]) - 1) * 60.0


def score_pair(text: str) -> tuple[int, int] | None:
    """The two numbers of a score.

    >>> score_pair("O-0"), score_pair("2 : 1"), score_pair("12:30")
    ((0, 0), (2, 1), None)
    """
    match = re.fullmatch(r"\s*(\d{1,2})\s?[-: ]\s?(\d{1,2})\s*", text.translate(_LOOKS))
    if match is None or (":" in text and len(match[2]) == 2):
        return None
    return int(match[1]), int(match[2])


def number(text: str) -> int | None:
    """A lone number of one or two digits, without leading zeros."""
    match = re.fullmatch(r"\s*(\d|[1-9]\d)\s*", text.translate(_LOOKS))
    return None if match is None else int(match[1])


def added_seconds(text: str) -> float | None:
    """Announced stoppage time: ``+2`` is 120 seconds."""
    match = re.search(r"\+\s?(\d{1,2})", text)
    return None if match is None else int(match[1]) * 60.0


def period_number(text: str) -> int | None:
    """The period that a board names: "1st", "2H", "Q3", "2. HZ", "1T".

    >>> period_number("2nd Half"), period_number("H1"), period_number("2. HZ"), period_number("GER")
    (2, 1, 2, None)
    """
    bare = text.strip().upper()
    if re.fullmatch(_PERIOD, bare) is None:
        return None
    digit = re.search(r"[1-4]", bare.replace("I", "1", 1) if bare.startswith("I") else bare)
    number = int(digit[0]) if digit else 1
    return 2 + number if "ET" in bare else number


def line_of(box: Box, read: Text) -> Line:
    """A crop that was read as a line in its place."""
    return Line(box, read)
