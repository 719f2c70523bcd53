"""Rectangles in a picture, and the connected areas of a mask."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

Kind = TypeVar("Kind", bound=np.generic)


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle in pixels: ``left <= x < right``, ``top <= y < bottom``."""

    left: float
    top: float
    right: float
    bottom: float

    @property
    def width(self) -> float:
        return self.right - self.left

    @property
    def height(self) -> float:
        return self.bottom - self.top

    @property
    def centre(self) -> tuple[float, float]:
        return (self.left + self.right) / 2, (self.top + self.bottom) / 2

    @property
    def area(self) -> float:
        return max(self.width, 0.0) * max(self.height, 0.0)

    def scaled(self, factor: float) -> Box:
        """The same place in a picture ``factor`` times as large."""
        return Box(self.left * factor, self.top * factor, self.right * factor, self.bottom * factor)

    def moved(self, x: float, y: float) -> Box:
        return Box(self.left + x, self.top + y, self.right + x, self.bottom + y)

    def grown(self, x: float, y: float) -> Box:
        """Wider by ``x`` on both sides, higher by ``y`` on both."""
        return Box(self.left - x, self.top - y, self.right + x, self.bottom + y)

    def overlap(self, other: Box) -> float:
        """Intersection over union, 0 to 1."""
        shared = (
            Box(
                max(self.left, other.left),
                max(self.top, other.top),
                min(self.right, other.right),
                min(self.bottom, other.bottom),
            ).area
            if self.meets(other)
            else 0.0
        )
        union = self.area + other.area - shared
        return shared / union if union > 0 else 0.0

    def meets(self, other: Box) -> bool:
        """Whether the two share any area."""
        return (
            self.left < other.right
            and other.left < self.right
            and self.top < other.bottom
            and other.top < self.bottom
        )

    def cut(self, image: NDArray[Kind]) -> NDArray[Kind]:
        """The pixels of a picture (or other array of rows and columns) inside the box, at least one."""
        height, width = image.shape[:2]
        left = min(max(round(self.left), 0), width - 1)
        top = min(max(round(self.top), 0), height - 1)
        right = min(max(round(self.right), left + 1), width)
        bottom = min(max(round(self.bottom), top + 1), height)
        return image[top:bottom, left:right]

    def to_json(self) -> list[float]:
        """Plain values for JSON."""
        return [self.left, self.top, self.right, self.bottom]


def around(boxes: Iterable[Box]) -> Box:
    """The smallest box that holds all of them (at least one is needed)."""
    all_of_them = list(boxes)
    return Box(
        min(b.left for b in all_of_them),
        min(b.top for b in all_of_them),
        max(b.right for b in all_of_them),
        max(b.bottom for b in all_of_them),
    )


def median_box(boxes: Iterable[Box]) -> Box:
    """The box whose sides are the medians of theirs."""
    sides = np.median([(b.left, b.top, b.right, b.bottom) for b in boxes], axis=0)
    return Box(*(float(x) for x in sides))


def areas(mask: NDArray[np.bool_]) -> list[Box]:
    """The bounding boxes of a mask's connected areas (8 neighbours), by runs and union-find.

    >>> areas(np.array([[1, 1, 0, 0], [0, 0, 0, 1]], bool))
    [Box(left=0, top=0, right=2, bottom=1), Box(left=3, top=1, right=4, bottom=2)]
    """
    edges = np.diff(np.pad(mask, ((0, 0), (1, 1))).astype(np.int8), axis=1)
    rows, starts = np.nonzero(edges == 1)
    ends = np.nonzero(edges == -1)[1]
    runs = list(zip(rows.tolist(), starts.tolist(), ends.tolist(), strict=True))
    parent = list(range(len(runs)))

    def root(i: int) -> int:
        while parent[i] != i:
            parent[i] = parent[parent[i]]
            i = parent[i]
        return i

    above: list[int] = []
    current: list[int] = []
    for i, (row, start, end) in enumerate(runs):
        if current and runs[current[0]][0] != row:
            above = current if runs[current[0]][0] == row - 1 else []
            current = []
        current.append(i)
        for j in above:
            if runs[j][1] <= end and start <= runs[j][2]:
                parent[root(j)] = root(i)
    found: dict[int, list[int]] = {}
    for i, (row, start, end) in enumerate(runs):
        box = found.setdefault(root(i), [start, row, end, row + 1])
        box[0], box[2], box[3] = min(box[0], start), max(box[2], end), row + 1
    return [Box(*box) for box in found.values()]
