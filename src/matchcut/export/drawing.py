"""Small pieces of SVG, and values thinned to what a picture can show."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from matchcut.export.axis import Axis
from matchcut.export.markup import Markup, element, joined

Point = tuple[float, float]
Places = NDArray[np.int64]
Floats = NDArray[np.float64]


def label(x: float, y: float, text: str, kind: str | None = None, anchor: str | None = None) -> Markup:
    """A text at a place; ``anchor`` is SVG's: start, middle or end."""
    return element("text", {"class": kind, "x": f"{x:g}", "y": f"{y:g}", "text-anchor": anchor}, joined([text]))


def block(x: float, right: float, y: float, height: float, kind: str, fill: str) -> Markup:
    """A rectangle; ``fill`` serves viewers that know no style sheets."""
    size = {"x": x, "y": f"{y:g}", "width": round(max(right - x, 0.0), 1), "height": f"{height:g}"}
    return element("rect", {"class": kind, "fill": fill, **size})


def rule(axis: Axis, y: float) -> Markup:
    """The line that a lane stands on."""
    line = {"class": "grid", "stroke": "#d8dee4", "x1": 8, "x2": axis.right, "y1": f"{y:g}", "y2": f"{y:g}"}
    return element("line", line)


def columns(
    times: Floats, values: NDArray[np.floating], axis: Axis, by: Literal["max", "mean"]
) -> tuple[Places, Floats]:
    """One value for each unit of width that has any: the places and the values.

    Args:
        times: recording seconds, shape (T,), rising.
        values: shape (T,).
        axis: what lies outside it is left out.
        by: how the values of one place become one.
    """
    inside = (times >= axis.first) & (times <= axis.last)
    share = (times[inside] - axis.first) / (axis.last - axis.first)
    at = np.rint(axis.left + share * (axis.right - axis.left)).astype(np.int64)
    if not at.size:
        return at, np.zeros(0)
    places, starts, counts = np.unique(at, return_index=True, return_counts=True)
    held = values[inside].astype(np.float64)
    if by == "max":
        return places, np.maximum.reduceat(held, starts)
    return places, np.add.reduceat(held, starts) / counts


def stretches(places: Places, ys: Floats, base: float) -> list[list[Point]]:
    """Points of a curve, split where it lies on its base line, those inside level parts left out.

    A stretch keeps the base points beside it, so that it rises from the base line and falls back to it.
    """
    high = np.pad(ys != base, 1)
    drawn = high[1:-1] | high[:-2] | high[2:]
    cuts = np.flatnonzero(np.diff(drawn.astype(np.int8))) + 1
    parts = np.split(np.arange(len(places)), cuts)
    return [thinned(places[part], ys[part]) for part in parts if len(part) and drawn[part[0]]]


def thinned(places: Places, ys: Floats) -> list[Point]:
    """The points without those inside level parts, which say nothing."""
    level = np.zeros(len(places), dtype=bool)
    level[1:-1] = (ys[1:-1] == ys[:-2]) & (ys[1:-1] == ys[2:])
    return list(zip(places[~level].tolist(), np.round(ys[~level], 1).tolist(), strict=True))


def line_path(parts: Iterable[Sequence[Point]]) -> str:
    """The ``d`` of a path along each part's points."""
    return "".join("M" + "L".join(f"{x:g} {y:g}" for x, y in points) for points in parts)


def area_path(parts: Iterable[Sequence[Point]], base: float) -> str:
    """The ``d`` of the areas between each part's points and a base line."""
    return "".join(f"M{points[0][0]:g} {base:g}L{_flat(points)}V{base:g}Z" for points in parts)


def _flat(points: Sequence[Point]) -> str:
    return "L".join(f"{x:g} {y:g}" for x, y in points)
