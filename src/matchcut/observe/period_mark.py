"""The word for the period on a board: "1st", "2. HZ", "ET"."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from matchcut.observe import board_text
from matchcut.observe.board_text import tokens
from matchcut.observe.boxes import Box
from matchcut.observe.layout import Layout
from matchcut.observe.ocr import TextReader
from matchcut.observe.slots import Slot

Image = NDArray[np.uint8]

_EVERY_S = 45.0
_SURE = 0.7


class PeriodReader:
    """Reads the period off the boards of known layouts, now and then: it changes once in a match.

    Args:
        reader: the OCR.
    """

    def __init__(self, reader: TextReader) -> None:
        self._reader = reader
        self._next = 0.0
        self._layout: Layout | None = None

    def look(self, seconds: float, layout: Layout, image: Image) -> int | None:
        """The period that the board on a frame names; None if it names none or was read lately."""
        if layout.period is None or (seconds < self._next and layout is self._layout):
            return None
        self._layout = layout
        read = self._reader.read([layout.period.cut(image)])[0]
        if read.confidence < _SURE:
            return None
        line = board_text.line_of(layout.period, read)
        found = [board_text.period_number(token.text) for token in tokens(line) if token.kind == "period"]
        if len(found) != 1:
            return None
        self._next = seconds + _EVERY_S
        return found[0]


def period_box(slots: Sequence[Slot], clock: Box) -> Box | None:
    """Where a board names the period: near its clock, on most frames; None if nowhere."""
    near = []
    for slot in slots:
        box = slot.box
        across = max(box.left - clock.right, clock.left - box.right, 0.0)
        down = max(box.top - clock.bottom, clock.top - box.bottom, 0.0)
        if slot.kind == "period" and across < 6 * clock.height and down < 2 * clock.height:
            near.append((across + down, box))
    if not near:
        return None
    box = min(near, key=lambda entry: entry[0])[1]
    left, right = box.left - 0.35 * box.height, box.right + 0.35 * box.height
    if abs(box.centre[1] - clock.centre[1]) < 0.6 * clock.height:
        if clock.centre[0] > box.centre[0]:
            right = min(right, max(clock.left, box.right))
        else:
            left = max(left, min(clock.right, box.left))
    return Box(left, box.top, right, box.bottom)
