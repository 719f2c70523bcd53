"""Places where the same kind of text stands on several frames."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from matchcut.observe.board_text import Kind, Token
from matchcut.observe.boxes import Box, median_box


@dataclass
class Slot:
    """Tokens of one kind that stand in one place in several frames."""

    kind: Kind
    found: list[tuple[int, Token]] = field(default_factory=list)

    @property
    def box(self) -> Box:
        return median_box(token.box for _, token in self.found)

    @property
    def frames(self) -> set[int]:
        return {i for i, _ in self.found}

    def common(self) -> str:
        """The text that stands there most often."""
        return Counter(token.text for _, token in self.found).most_common(1)[0][0]


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
            home = next(
                (s for s in slots if s.kind == token.kind and same_place(s.found[-1][1].box, token.box)), None
            )
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
