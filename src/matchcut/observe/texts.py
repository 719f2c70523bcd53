"""Text that stands on the picture for a while: line-ups, substitutions, bookings, names.

Reading every frame would take longer than decoding it. But graphics stand still while the picture moves: where
strong edges lie in the same pixels on two looks in a row, and did not lie there all along (as boards and
watermarks do), something was faded in. Only such areas are given to the OCR.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from matchcut.observe.boxes import Box, areas, around
from matchcut.observe.ocr import TextReader
from matchcut.observe.readings import TextSeen

Image = NDArray[np.uint8]
Grey = NDArray[np.float32]

_CELL = 8  # small pixels to a side of the cells that edges are counted in
_SMALL = 320  # the width that edges are looked for at
_BUSY = 0.10  # share of a cell's pixels that are still edges, from which on it may hold text
_LASTING = 0.6  # a cell with edges in this share of the last looks belongs to the board or a watermark
_LEAST_CELLS = 10
_BUDGET = 0.12  # share of the looks that may be read


@dataclass
class _Standing:
    """Text that is still there: since when, which cells it fills, what it says."""

    start: float
    end: float
    cells: NDArray[np.bool_]
    lines: tuple[str, ...]


class TextWatcher:
    """Notices text that was faded in, on one frame after the other.

    Args:
        reader: the OCR.
        known: areas that somebody else reads: the boards.
    """

    def __init__(self, reader: TextReader, known: Sequence[Box] = ()) -> None:
        self._reader = reader
        self._known = tuple(known)
        self._before: Grey | None = None
        self._before_at = 0.0
        self._usual: Grey | None = None
        self._looks = 0
        self._reads = 0
        self._standing: list[_Standing] = []
        self._done: list[TextSeen] = []

    def look(self, seconds: float, image: Image) -> None:
        """One frame, shape (H, W, 3), RGB, in time order."""
        step = max(round(image.shape[1] / _SMALL), 1)
        grey = image[::step, ::step, 1].astype(np.float32)
        self._looks += 1
        before, before_at = self._before, self._before_at
        self._before, self._before_at = grey, seconds
        if before is None or before.shape != grey.shape:
            self._usual = None
            return
        busy = _still_edges(before, grey) > _BUSY
        for box in self._known:
            box.scaled(1 / (_CELL * step)).grown(0.5, 0.5).cut(busy)[:] = False
        if self._usual is None:
            self._usual = np.zeros(busy.shape, np.float32)
        self._follow(busy, seconds)
        fresh = busy & (self._usual < _LASTING)
        self._usual += 0.05 * (busy - self._usual)
        area = _text_area(fresh)
        if area is None or self._reads > 3 + _BUDGET * self._looks:
            return
        self._reads += 1
        lines = self._read(area.scaled(_CELL * step).grown(1.5 * _CELL * step, _CELL * step), image)
        cells = np.zeros_like(fresh)
        area.cut(cells)[:] = area.cut(fresh)
        self._usual[cells] = 1.0  # known now; not to be read again while it stands
        if lines:
            self._standing.append(_Standing(round(before_at, 3), round(seconds, 3), cells, lines))

    def texts(self) -> tuple[TextSeen, ...]:
        """What was seen so far, in time order."""
        seen = [*self._done, *(TextSeen(s.start, s.end, s.lines) for s in self._standing)]
        return tuple(sorted(seen, key=lambda text: text.start))

    def _follow(self, busy: NDArray[np.bool_], seconds: float) -> None:
        """Keeps what still stands, puts away what is gone."""
        kept = []
        for text in self._standing:
            if busy[text.cells].mean() >= 0.5:
                text.end = round(seconds, 3)
                kept.append(text)
                continue
            self._done.append(TextSeen(text.start, text.end, text.lines))
            if self._usual is not None:
                self._usual[text.cells] = 0.0
        self._standing = kept

    def _read(self, box: Box, image: Image) -> tuple[str, ...]:
        high, wide = image.shape[:2]
        box = Box(
            max(box.left, 0.0), max(box.top, 0.0), min(box.right, float(wide)), min(box.bottom, float(high))
        )
        scale = 1.0 if wide <= 720 else 640 / wide
        lines = [
            x for x in self._reader.lines(box.cut(image), scale) if x.read.confidence > 0.8 and len(x.text) > 2
        ]
        lines.sort(key=lambda line: (round(line.box.centre[1] / (0.6 * line.box.height)), line.box.left))
        return tuple(line.text for line in lines)


def _still_edges(before: Grey, now: Grey) -> Grey:
    """The share of each cell's pixels with a strong edge on both frames and hardly a change between them."""
    edges = np.zeros(now.shape, bool)
    edges[:, 1:] = (np.abs(np.diff(now, axis=1)) > 30) & (np.abs(np.diff(before, axis=1)) > 30)
    edges &= np.abs(now - before) < 14
    high, wide = len(edges) // _CELL, len(edges[0]) // _CELL
    tops, lefts = np.arange(0, high * _CELL, _CELL), np.arange(0, wide * _CELL, _CELL)
    rows = np.add.reduceat(edges[: high * _CELL].astype(np.float32), tops, axis=0)
    cells = np.add.reduceat(rows[:, : wide * _CELL], lefts, axis=1)
    return np.asarray(cells / _CELL**2, dtype=np.float32)


def _text_area(fresh: NDArray[np.bool_]) -> Box | None:
    """Where text was faded in, in cells; None if nowhere."""
    if int(fresh.sum()) < _LEAST_CELLS:
        return None
    joined = fresh.copy()
    for shift in (1, 2):  # letters of one line stand a little apart
        joined[:, shift:] |= fresh[:, :-shift]
        joined[:, :-shift] |= fresh[:, shift:]
    found = [box for box in areas(joined) if int(box.cut(fresh).sum()) >= _LEAST_CELLS // 2]
    wide = [box for box in found if box.width >= 5]
    return around(wide) if wide else None
