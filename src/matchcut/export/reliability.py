"""Reliability as a picture (SVG): how often predictions came true, beside how sure they were.

A bar a bin, from the diagonal's place (what the scores say) to the rate at which they came true; its number of
predictions stands below it. On the diagonal, scores mean what they say.
"""

from __future__ import annotations

from pathlib import Path

from matchcut import files
from matchcut.export.markup import Markup, element, one_line
from matchcut.metrics.calibration import Calibration

_SIDE, _LEFT, _TOP, _BELOW, _RIGHT = 360, 76, 64, 84, 28
_INK, _PAPER, _QUIET, _BAR, _LINE = "#1b2733", "#ffffff", "#5a6875", "#12528c", "#c9d3dc"


def reliability_svg(figures: Calibration, title: str = "") -> Markup:
    """The picture as an SVG element that stands alone.

    Args:
        figures: of `metrics.calibration`.
        title: above the picture.
    """
    width, height = _LEFT + _SIDE + _RIGHT, _TOP + _SIDE + _BELOW
    parts = [element("rect", {"width": width, "height": height, "fill": _PAPER})]
    if title:
        parts.append(_text(16, 26, one_line(title, 60), {"font-size": 16, "font-weight": 600}))
    error = "" if figures.ece is None else f"expected calibration error {figures.ece:.3f}"
    parts.append(_text(16, 48, error, {"fill": _QUIET}))
    for share in (0.0, 0.25, 0.5, 0.75, 1.0):
        x, y = _place(share, share)
        line = {"stroke": _LINE, "stroke-width": 1}
        parts.append(element("line", {"x1": _LEFT, "y1": y, "x2": _LEFT + _SIDE, "y2": y, **line}))
        parts.append(_text(_LEFT - 10, y + 5, f"{share:.0%}", {"text-anchor": "end", "font-size": 12}))
        parts.append(_text(x, _TOP + _SIDE + 18, f"{share:.0%}", {"text-anchor": "middle", "font-size": 12}))
    (x1, y1), (x2, y2) = _place(0, 0), _place(1, 1)
    diagonal = {"x1": x1, "y1": y1, "x2": x2, "y2": y2, "stroke": _QUIET, "stroke-dasharray": "5 4"}
    parts.append(element("line", diagonal))
    wide = _SIDE / max(1, len(figures.counts))
    for number, count in enumerate(figures.counts):
        said, came = figures.mean_score[number], figures.hit_rate[number]
        if said is None or came is None:
            continue
        left, top = _LEFT + number * wide, _place(0, came)[1]
        bar = {"x": left + 2, "y": top, "width": wide - 4, "height": _TOP + _SIDE - top, "fill": _BAR,
               "fill-opacity": 0.75}  # fmt: skip
        told = f"{count:,} predictions: said {said:.1%}, came true {came:.1%}"
        parts.append(element("g", None, element("title", None, told), element("rect", bar)))
        below = {"text-anchor": "middle", "font-size": 10, "fill": _QUIET}
        parts.append(_text(left + wide / 2, _TOP + _SIDE + 36, f"{count:,}", below))
    middle = {"text-anchor": "middle", "fill": _QUIET, "font-size": 12}
    axis = "probability that was said; below it, how many predictions"
    parts.append(_text(_LEFT + _SIDE / 2, _TOP + _SIDE + 62, axis, middle))
    side = f"rotate(-90 20 {_TOP + _SIDE / 2:g})"
    parts.append(_text(20, _TOP + _SIDE / 2, "came true", {**middle, "transform": side}))
    return element(
        "svg",
        {
            "xmlns": "http://www.w3.org/2000/svg",
            "viewBox": f"0 0 {width} {height}",
            "width": width,
            "height": height,
            "role": "img",
            "aria-label": one_line(title) or "Reliability",
            "font-family": "system-ui, -apple-system, 'Segoe UI', Roboto, sans-serif",
            "font-size": 14,
            "fill": _INK,
        },
        *parts,
    )


def write_reliability(path: Path | str, figures: Calibration, title: str = "") -> Path:
    """Writes the picture as an SVG file.

    Raises:
        OutputError: it cannot be written.
    """
    return files.write_text(path, reliability_svg(figures, title) + "\n")


def _place(said: float, came: float) -> tuple[float, float]:
    return _LEFT + said * _SIDE, _TOP + (1 - came) * _SIDE


def _text(x: float, y: float, text: str, style: dict[str, object]) -> Markup:
    return element("text", {"x": f"{x:g}", "y": f"{y:g}", **style}, text)
