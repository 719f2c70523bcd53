"""A confusion matrix as a picture (SVG): rows the truth, columns the predictions.

A cell is as dark as its share of its row, and says the count and the share, so that nothing hangs on colour.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from textwrap import wrap

from matchcut import files
from matchcut.errors import ValidationError
from matchcut.export.markup import Markup, element, one_line

_CELL, _LEFT, _TOP, _BELOW, _RIGHT = 76, 150, 96, 40, 84
_INK, _PAPER = "#1b2733", "#ffffff"


def confusion_svg(classes: Sequence[str], counts: Sequence[Sequence[int]], title: str = "") -> Markup:
    """The picture as an SVG element that stands alone.

    Args:
        classes: the names, in the order of rows and columns.
        counts: examples of each truth (row) by prediction (column).
        title: above the picture.

    Raises:
        ValidationError: the counts are not square, or not as many as the classes.
    """
    size = len(classes)
    if not size or len(counts) != size or any(len(row) != size for row in counts):
        raise ValidationError(f"a confusion matrix of {size} classes has {size} rows and columns", "Pair them")
    width, height = _LEFT + size * _CELL + _RIGHT, _TOP + size * _CELL + _BELOW
    parts = [element("rect", {"width": width, "height": height, "fill": _PAPER})]
    if title:
        parts.append(_text(16, 26, one_line(title, 90), {"font-size": 16, "font-weight": 600}))
    middle = _LEFT + size * _CELL / 2
    parts.append(_text(middle, _TOP - 52, "predicted", {"text-anchor": "middle", "fill": "#5a6875"}))
    parts.append(_text(16, _TOP - 14, "truth", {"fill": "#5a6875"}))
    parts.append(_text(_LEFT + size * _CELL + 12, _TOP - 14, "examples", {"fill": "#5a6875", "font-size": 12}))
    for i, (name, row) in enumerate(zip(classes, counts, strict=True)):
        x, y = _LEFT + i * _CELL, _TOP + i * _CELL
        parts += _above(x + _CELL / 2, name)
        parts.append(_text(_LEFT - 12, y + _CELL / 2 + 5, one_line(name, 17), {"text-anchor": "end"}))
        total = sum(row)
        parts.append(_text(_LEFT + size * _CELL + 12, y + _CELL / 2 + 5, f"{total:,}", {"fill": "#5a6875"}))
        parts += [_cell(_LEFT + j * _CELL, y, count, total, i == j) for j, count in enumerate(row)]
    parts.append(_text(_LEFT, height - 14, "Shade: share of the row.", {"fill": "#5a6875", "font-size": 12}))
    label = one_line(title) or "Confusion matrix"
    return element(
        "svg",
        {
            "xmlns": "http://www.w3.org/2000/svg",
            "viewBox": f"0 0 {width} {height}",
            "width": width,
            "height": height,
            "role": "img",
            "aria-label": label,
            "font-family": "system-ui, -apple-system, 'Segoe UI', Roboto, sans-serif",
            "font-size": 14,
            "fill": _INK,
        },
        *parts,
    )


def write_confusion(
    path: Path | str, classes: Sequence[str], counts: Sequence[Sequence[int]], title: str = ""
) -> Path:
    """Writes the picture as an SVG file.

    Raises:
        ValidationError: as `confusion_svg`.
        OutputError: it cannot be written.
    """
    return files.write_text(path, confusion_svg(classes, counts, title) + "\n")


def _above(middle: float, name: str) -> list[Markup]:
    """A column's name, on two lines where one is too narrow."""
    lines = wrap(one_line(name, 24), 12)[:2] or [""]
    style: dict[str, object] = {"text-anchor": "middle", "font-size": 12}
    first = _TOP - 14 * len(lines)
    return [_text(middle, first + 14 * row, one_line(line, 12), style) for row, line in enumerate(lines)]


def _in_lines(name: str) -> list[str]:
    """A name above a column, in two lines where it is too long for one and has a blank."""
    before, blank, after = name.rpartition(" ")
    return [before, after] if blank and len(name) > 12 else [name]


def _cell(x: float, y: float, count: int, total: int, right: bool) -> Markup:
    share = count / total if total else 0.0
    dark = share > 0.55
    ink = _PAPER if dark else _INK
    centre = x + _CELL / 2
    square = {
        "x": x + 1, "y": y + 1, "width": _CELL - 2, "height": _CELL - 2, "rx": 4,
        "fill": _shade(share), "stroke": _INK if right else None, "stroke-width": 1.5 if right else None,
    }  # fmt: skip
    texts = [_text(centre, y + _CELL / 2 + 1, f"{count:,}", {"text-anchor": "middle", "fill": ink})]
    if total:
        style = {"text-anchor": "middle", "font-size": 11, "fill": ink}
        texts.append(_text(centre, y + _CELL / 2 + 18, f"{share:.0%}", style))
    return element("g", None, element("rect", square), *texts)


def _shade(share: float) -> str:
    light, deep = (240, 244, 248), (18, 82, 140)
    mixed = (round(a + (b - a) * share) for a, b in zip(light, deep, strict=True))
    return "#" + "".join(f"{value:02x}" for value in mixed)


def _text(x: float, y: float, text: str, style: dict[str, object]) -> Markup:
    return element("text", {"x": f"{x:g}", "y": f"{y:g}", **style}, text)
