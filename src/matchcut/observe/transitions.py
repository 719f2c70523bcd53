"""Where one shot gives way to the next: cuts at once, dissolves and wipes over some frames.

Each frame is kept as two small descriptions: a histogram of 512 colours, which a moving camera changes little,
and 16 × 9 blocks of colour, which tell where things are. A cut is a leap of both that stands out from
its neighbourhood. A dissolve is a stretch in which each frame is a mixture of the frames before and after it,
in rising proportion: x = (1 - a) before + a after; camera moves leave a large rest when fitted so.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from matchcut.media.rough import Planes

WIDTH, HEIGHT = 64, 36
"""The size of the pictures to give."""
COLOURS = 512
BLOCKS = 3 * 9 * 16
SPAN_S = 60.0
"""So much is looked at together …"""
MARGIN_S = 2.0
"""… and so much more at each end, to see what surrounds a transition."""
STRIP_S = 0.1
"""Pictures are kept of each transition at this distance …"""
LEAD_S = 1.4
"""… from so long before it until so long after it."""

_POOL = np.repeat(np.eye(16, dtype=np.float32), WIDTH // 16, axis=0) * (9 * 16 / (WIDTH * HEIGHT))

Floats = NDArray[np.float32]
Times = NDArray[np.float64]
Flags = NDArray[np.bool_]


@dataclass(frozen=True)
class TransitionSettings:
    """What counts as a transition.

    Attributes:
        leap: share of pixels that change their colour class from one frame to the next at a cut.
        outstanding: a cut's leap is so many times the median leap around it, and 0.1 more.
        blocks: mean change of the blocks at a cut, of 255.
        changed: share of colours that must differ between what is before and after any transition.
        join_s: leaps closer than this are one transition.
        mixture_rest: largest rest of a dissolve's frames as mixtures, relative to the distance of its ends.
        half_s: half-lengths of dissolves that are tried, in seconds.
    """

    leap: float = 0.25
    outstanding: float = 4.0
    blocks: float = 5.0
    changed: float = 0.2
    join_s: float = 0.5
    mixture_rest: float = 0.28
    half_s: tuple[float, ...] = (0.2, 0.35, 0.6)


@dataclass(frozen=True, slots=True, eq=False)
class Transition:
    """From one shot to the next.

    Attributes:
        start, end: seconds; of a cut, the last frame of the old shot and the first of the new one.
        kind: "cut", "dissolve" or "wipe" (several leaps in a row: an animation passes over the picture).
        score: confidence in [0, 1].
        strip: blocks of pictures from before to after it, shape (n, 3, 9, 16), every `STRIP_S` seconds.
    """

    start: float
    end: float
    kind: str
    score: float
    strip: NDArray[np.uint8] = field(repr=False)


def colours(picture: Planes) -> NDArray[np.uint16]:
    """How many pixels have each of 512 colours: eight steps a plane, finer where colours are common."""
    chroma = np.clip(picture[1:], 64, 191) - 64 >> 4
    index = (picture[0] >> 5).astype(np.int64) * 64 + chroma[0].astype(np.int64) * 8 + chroma[1]
    return np.bincount(index.ravel(), minlength=COLOURS).astype(np.uint16)


def blocks(picture: Planes) -> NDArray[np.uint8]:
    """The picture as 16 × 9 blocks, shape (3, 9, 16)."""
    columns = picture.astype(np.float32) @ _POOL  # far faster than a mean over two axes
    return np.asarray(columns.reshape(3, 9, HEIGHT // 9, 16).sum(2), dtype=np.uint8)


class TransitionFinder:
    """Takes a recording's pictures one by one, in constant memory, and tells the transitions.

    Args:
        settings: what counts as one.
    """

    def __init__(self, settings: TransitionSettings = TransitionSettings()) -> None:
        self._settings = settings
        self._times: list[float] = []
        self._colours: list[NDArray[np.uint16]] = []
        self._blocks: list[NDArray[np.uint8]] = []
        self._from = 0.0  # transitions before this second have been told

    def add(self, time: float, picture: Planes) -> list[Transition]:
        """Takes the next picture, of shape (3, `HEIGHT`, `WIDTH`); what can be told by now."""
        self._times.append(time)
        self._colours.append(colours(picture))
        self._blocks.append(blocks(picture))
        until = self._from + SPAN_S
        return self._tell(until) if time >= until + MARGIN_S else []

    def finish(self) -> list[Transition]:
        """What is left to tell at the recording's end."""
        return self._tell(np.inf)

    def _tell(self, until: float) -> list[Transition]:
        if len(self._times) < 3:
            return []
        window = _Window(np.array(self._times), np.array(self._colours), np.array(self._blocks), self._settings)
        found = [t for t in window.transitions() if self._from <= t.start < until]
        if np.isfinite(until):
            keep = int(np.searchsorted(self._times, until - MARGIN_S))
            del self._times[:keep], self._colours[:keep], self._blocks[:keep]
            self._from = until
        return found


class _Window:
    """A stretch of pictures looked at together."""

    def __init__(
        self, times: Times, counts: NDArray[np.uint16], small: NDArray[np.uint8], settings: TransitionSettings
    ) -> None:
        self.times = times
        self.colours = counts.astype(np.float32) / (WIDTH * HEIGHT)
        self.small = small
        self.blocks = small.reshape(len(small), BLOCKS).astype(np.float32)
        self.settings = settings

    def transitions(self) -> Iterator[Transition]:
        """All transitions, in order."""
        mixed = self._mixtures()
        spans = [(a, b, "dissolve", score) for a, b, score in mixed]
        for a, b, score in self._leaps():
            inside = [m for m in mixed if a < m[1] + 0.1 and b > m[0] - 0.1]
            if not inside:
                spans.append((a, b, "wipe" if b - a > 0.25 else "cut", score))
        for start, end, kind, score in sorted(spans):
            yield Transition(start, end, kind, score, self._strip(start, end))

    def _leaps(self) -> list[tuple[float, float, float]]:
        """Sudden changes as (start, end, score), those near each other joined."""
        s = self.settings
        leap = np.abs(np.diff(self.colours, axis=0)).sum(1) / 2
        moved = np.abs(np.diff(self.blocks, axis=0)).mean(1)
        usual = _running_median(leap, 31)
        wanted = np.maximum(s.leap, s.outstanding * usual + 0.1)
        groups: list[list[int]] = []
        for i in np.flatnonzero((leap > wanted) & (moved > s.blocks)):
            if groups and self.times[i + 1] - self.times[groups[-1][-1] + 1] < s.join_s:
                groups[-1].append(int(i))
            else:
                groups.append([int(i)])
        found = []
        for group in groups:
            start, end = float(self.times[group[0]]), float(self.times[group[-1] + 1])
            if self._changed(start, end) > s.changed:
                strongest = max(float(leap[i] / wanted[i]) for i in group)
                found.append((start, end, float(1 - 0.5 / strongest**2)))
        return found

    def _changed(self, start: float, end: float) -> float:
        """Share of colours that differ between the 0.3 s before and after: a camera's flash changes none."""
        before = (self.times > start - 0.3) & (self.times <= start + 1e-6)
        after = (self.times >= end - 1e-6) & (self.times < end + 0.3)
        return float(np.abs(np.median(self.colours[before], 0) - np.median(self.colours[after], 0)).sum() / 2)

    def _mixtures(self) -> list[tuple[float, float, float]]:
        """Dissolves as (start, end, score)."""
        grid = np.arange(self.times[0] + 0.1, self.times[-1] - 0.1, 0.1)
        hits = np.zeros(len(grid), dtype=np.float32)
        for half in self.settings.half_s:
            hits = np.maximum(hits, self._mixture_scores(grid, half))
        found: list[tuple[float, float, float]] = []
        for at, score in zip(grid[hits > 0], hits[hits > 0], strict=True):
            if found and at - found[-1][1] < 0.45:
                found[-1] = (found[-1][0], float(at), max(found[-1][2], float(score)))
            else:
                found.append((float(at), float(at), float(score)))
        return [(a - 0.1, b + 0.1, score) for a, b, score in found]

    def _mixture_scores(self, grid: Times, half: float) -> Floats:
        """For each moment of the grid, how surely it is the middle of a dissolve of twice ``half`` seconds."""
        last = len(self.times) - 1
        places = [
            np.searchsorted(self.times, grid + half * part).clip(0, last) for part in (-1, -0.5, 0, 0.5, 1)
        ]
        before, after = places[0], places[-1]
        way = self.blocks[after] - self.blocks[before]
        length = np.maximum((way**2).sum(1), 1.0)
        rest = np.zeros(len(grid), dtype=np.float32)
        shares = []
        for place in places[1:-1]:
            step = self.blocks[place] - self.blocks[before]
            share = (step * way).sum(1) / length
            rest += ((step - share[:, None] * way) ** 2).sum(1) / length / 3
            shares.append(share)
        rest = np.sqrt(rest)
        changed = np.abs(self.colours[after] - self.colours[before]).sum(1) / 2
        first, middle, third = shares
        rising = (first > 0.02) & (middle > first + 0.08) & (third > middle + 0.04) & (middle < 0.92)
        frames = np.all(np.diff(np.stack(places), axis=0) > 0, axis=0)  # five different frames are needed
        far = np.sqrt(length / BLOCKS) > 6.0
        clear = (rest < self.settings.mixture_rest) & (changed > 0.35) & rising & frames & far
        return np.where(clear, 1 - rest / self.settings.mixture_rest / 2, 0).astype(np.float32)

    def _strip(self, start: float, end: float) -> NDArray[np.uint8]:
        moments = np.arange(start - LEAD_S, end + LEAD_S + STRIP_S / 2, STRIP_S)
        places = np.searchsorted(self.times, moments).clip(0, len(self.times) - 1)
        return np.asarray(self.small[places], dtype=np.uint8)


def _running_median(values: Floats, width: int) -> Floats:
    """The median of ``width`` values around each, fewer at the ends."""
    padded = np.pad(values.astype(np.float32), width // 2, mode="reflect" if len(values) > width else "edge")
    return np.asarray(np.median(np.lib.stride_tricks.sliding_window_view(padded, width), axis=1), np.float32)
