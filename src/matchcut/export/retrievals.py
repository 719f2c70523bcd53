"""What was found for which query, best and worst, as one picture of thumbnails.

Right and wrong are told by words and by the frame's form (a full line or a broken one), not by colour alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from matchcut import files
from matchcut.errors import OutputError, ValidationError
from matchcut.export.markup import one_line

if TYPE_CHECKING:
    from PIL.Image import Image

FORMATS = {".png": "PNG", ".jpg": "JPEG", ".jpeg": "JPEG"}
"""The kinds of picture that can be written, by how their names end."""

_PAPER, _INK, _QUIET, _RIGHT, _WRONG = "#ffffff", "#1b2733", "#5a6875", "#12528c", "#b3261e"


@dataclass(frozen=True, eq=False)
class Thumbnail:
    """One picture that was found.

    Attributes:
        pixels: 8-bit RGB (height, width, 3).
        right: whether it is what was asked for.
        captions: what stands below, a line each.
    """

    pixels: NDArray[np.uint8]
    right: bool
    captions: tuple[str, ...] = ()


@dataclass(frozen=True, eq=False)
class Row:
    """A query and what was found, best first."""

    title: str
    found: Sequence[Thumbnail]


@dataclass(frozen=True)
class RetrievalSettings:
    """How the picture looks, in pixels.

    Attributes:
        width, height: the room for one thumbnail.
        gap: between them.
        line: the height of a line of text.
    """

    width: int = 176
    height: int = 112
    gap: int = 14
    line: int = 16


def write_retrievals(
    path: Path | str,
    sections: Sequence[tuple[str, Sequence[Row]]],
    title: str = "",
    settings: RetrievalSettings = RetrievalSettings(),
) -> Path:
    """Writes the picture, whole or not at all.

    Args:
        path: a PNG or JPEG file.
        sections: headings and the rows under them.
        title: above everything.
        settings: how it looks.

    Raises:
        OutputError: the name does not end as a picture's does, or it cannot be written.
        ValidationError: there is nothing to show.
    """
    kind = FORMATS.get(Path(path).suffix.casefold())
    if kind is None:
        raise OutputError(f"{path}: retrievals are written as a picture", "Give it a name that ends with .png")
    if not any(row.found for _, rows in sections for row in rows):
        raise ValidationError("there is no retrieval to show", "Give rows with pictures")
    sheet = _sheet(sections, title, settings)
    with files.replacing(path) as temporary, temporary.open("wb") as stream:
        sheet.save(stream, kind)
    return Path(path)


def _sheet(sections: Sequence[tuple[str, Sequence[Row]]], title: str, how: RetrievalSettings) -> Image:
    from PIL import Image, ImageDraw, ImageFont

    every = [row for _, rows in sections for row in rows]
    wide = how.gap + max(len(row.found) for row in every) * (how.width + how.gap)
    wide = max(wide, 4 * (how.width + how.gap))
    heights = [_row_height(row, how) for row in every]
    high = sum(heights) + len(sections) * 3 * how.line + (3 * how.line if title else how.gap) + how.gap
    sheet = Image.new("RGB", (wide, high), _PAPER)
    pen = ImageDraw.Draw(sheet)
    large, medium = ImageFont.load_default(19), ImageFont.load_default(15)
    y = how.gap
    if title:
        pen.text((how.gap, y), one_line(title, wide // 9), fill=_INK, font=large)
        y += 2 * how.line + how.line // 2
    for heading, rows in sections:
        pen.line((how.gap, y, wide - how.gap, y), fill=_QUIET)
        pen.text((how.gap, y + how.line // 2), one_line(heading, wide // 8), fill=_INK, font=medium)
        y += 2 * how.line + how.line // 2
        for row in rows:
            _draw_row(sheet, pen, row, y, how)
            y += _row_height(row, how)
        y += how.line // 2
    return sheet


def _row_height(row: Row, how: RetrievalSettings) -> int:
    lines = 1 + max((len(each.captions) for each in row.found), default=0)
    return (2 * how.line if row.title else how.line // 2) + how.height + lines * how.line + how.line


def _draw_row(sheet: Image, pen: Any, row: Row, y: int, how: RetrievalSettings) -> None:
    from PIL import ImageFont

    small = ImageFont.load_default(13)
    if row.title:
        pen.text((how.gap, y), one_line(row.title, sheet.width // 7), fill=_INK, font=small)
        y += how.line + how.line // 2
    room = max(4, how.width // 7)
    for place, each in enumerate(row.found):
        x = how.gap + place * (how.width + how.gap)
        shown = _fitted(each.pixels, how)
        box = (x, y, x + shown.width + 5, y + shown.height + 5)
        sheet.paste(shown, (x + 3, y + 3))
        _frame(pen, box, each.right)
        below = y + how.height + how.line // 2
        told = "right" if each.right else "wrong"
        pen.text((x, below), told, fill=_RIGHT if each.right else _WRONG, font=small)
        for number, line in enumerate(each.captions):
            pen.text((x, below + (number + 1) * how.line), one_line(line, room), fill=_QUIET, font=small)


def _fitted(pixels: NDArray[np.uint8], how: RetrievalSettings) -> Image:
    """The picture in the room for a thumbnail, its shape kept."""
    from PIL import Image

    high, wide = pixels.shape[:2]
    scale = min((how.width - 6) / wide, (how.height - 6) / high)
    size = (max(1, round(wide * scale)), max(1, round(high * scale)))
    return Image.fromarray(pixels).resize(size, Image.Resampling.LANCZOS)


def _frame(pen: Any, box: tuple[int, int, int, int], right: bool) -> None:
    if right:
        pen.rectangle(box, outline=_RIGHT, width=3)
        return
    left, top, end, bottom = box
    for x in range(left, end, 10):
        for y in (top, bottom - 2):
            pen.rectangle((x, y, min(x + 5, end), y + 2), fill=_WRONG)
    for y in range(top, bottom, 10):
        for x in (left, end - 2):
            pen.rectangle((x, y, x + 2, min(y + 5, bottom)), fill=_WRONG)
