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

Floats = NDArray[np.float32]
Times = NDArray[np.float64]
Flags = NDArray[np.bool_]


@dataclass(frozen=True)
class QuietSettings:
    """What counts as a transition between two views of the same grass, whose colours are nearly the same.

    Attributes:
        changed: share of colours that must differ all the same.
        moved: mean change of the blocks, of 255.
        outstanding: a cut's change of blocks is so many times the median change around it …
        steady: … and so many times what changes right before and after it, as a dissolve's way is.
        rest: largest rest of a dissolve's frames as mixtures.
    """

    changed: float = 0.12
    moved: float = 9.0
    outstanding: float = 6.0
    steady: float = 5.0
    rest: float = 0.15


@dataclass(frozen=True)
class TransitionSettings:
    """What counts as a transition.

    Attributes:
        leap: share of pixels that change their colour class from one frame to the next at a cut.
        outstanding: a cut's leap is so many times the median leap around it, and 0.1 more.
        blocks: mean change of the blocks at a cut, of 255.
        changed: share of colours that must differ between what is before and after any transition.
        covered: share of colours in which the middle of several leaps must differ from before and after, where
            those two are alike: an animation passes between two views of the same grass.
        covered_s: so long at least, or it was a camera's flash.
        join_s: leaps closer than this are one transition.
        mixture_rest: largest rest of a dissolve's frames as mixtures, relative to the distance of its ends.
        half_s: half-lengths of dissolves that are tried, in seconds.
        quiet: between views of the same colours.
    """

    leap: float = 0.25
    outstanding: float = 4.0
    blocks: float = 5.0
    changed: float = 0.2
    covered: float = 0.6
    covered_s: float = 0.35
    join_s: float = 0.5
    mixture_rest: float = 0.28
    half_s: tuple[float, ...] = (0.2, 0.35, 0.6)
    quiet: QuietSettings = QuietSettings()


@dataclass(frozen=True, slots=True, eq=False)
class Transition:
    """From one shot to the next.

    Attributes:
        start, end: seconds; of a cut, the last frame of the old shot and the first of the new one.
        kind: "cut", "dissolve", "wipe" (several leaps in a row: an animation passes over the picture) or
            "cover" (something passes, and what comes after looks as before: an animation between two views of
            the same grass, or somebody who walks past the camera).
        score: confidence in [0, 1].
        strip: blocks of pictures from before to after it, shape (n, 3, 9, 16), every `STRIP_S` seconds.
    """

    start: float
    end: float
    kind: str
    score: float
    strip: NDArray[np.uint8] = field(repr=False)


def colours(pictures: NDArray[np.uint8]) -> NDArray[np.uint16]:
    """How many pixels have each of 512 colours, eight steps a plane, finer where colours are common.

    Args:
        pictures: shape (n, 3, H, W).

    Returns:
        Shape (n, 512).
    """
    count = len(pictures)
    chroma = np.clip(pictures[:, 1:], 64, 191) - 64 >> 4
    index = (pictures[:, 0] >> 5).astype(np.int32) * 64 + chroma[:, 0].astype(np.int32) * 8 + chroma[:, 1]
    index += COLOURS * np.arange(count, dtype=np.int32)[:, None, None]
    found = np.bincount(index.ravel(), minlength=COLOURS * count)
    return found.reshape(count, COLOURS).astype(np.uint16)


def blocks(pictures: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Pictures of shape (n, 3, `HEIGHT`, `WIDTH`) as 16 × 9 blocks, shape (n, 3, 9, 16)."""
    wide, high = WIDTH // 16, HEIGHT // 9
    columns = sum(pictures[..., k::wide].astype(np.uint16) for k in range(wide))  # faster than over an axis
    sums = sum(np.asarray(columns)[:, :, k::high] for k in range(high))
    return (np.asarray(sums) // (wide * high)).astype(np.uint8)


class TransitionFinder:
    """Takes a recording's pictures one by one, in constant memory, and tells the transitions.

    They are looked at in spans of a minute of the recording, each with its surroundings: what is found does not
    depend on where one begins.

    Args:
        settings: what counts as one.
        start: transitions are told from this second on, a multiple of `SPAN_S`; pictures are wanted from
            `MARGIN_S` before it.
    """

    def __init__(self, settings: TransitionSettings = TransitionSettings(), start: float = 0.0) -> None:
        self._settings = settings
        self._times: list[float] = []
        self._pictures: list[Planes] = []
        self._from = start  # transitions before this second have been told

    def add(self, time: float, picture: Planes) -> list[Transition]:
        """Takes the next picture, of shape (3, `HEIGHT`, `WIDTH`); what can be told by now."""
        self._times.append(time)
        self._pictures.append(picture)
        found: list[Transition] = []
        while time >= self._from + SPAN_S + MARGIN_S:
            found += self._tell(self._from + SPAN_S)
        return found

    def finish(self) -> list[Transition]:
        """What is left to tell at the recording's end."""
        found: list[Transition] = []
        while self._times and self._times[-1] >= self._from:
            found += self._tell(self._from + SPAN_S)
        return found

    def _tell(self, until: float) -> list[Transition]:
        found: list[Transition] = []
        if len(self._times) >= 3:
            window = _Window(np.array(self._times), np.array(self._pictures), self._settings)
            found = [t for t in window.transitions() if self._from <= t.start < until]
        keep = int(np.searchsorted(self._times, until - MARGIN_S))
        del self._times[:keep], self._pictures[:keep]
        self._from = until
        return found


class _Window:
    """A stretch of pictures looked at together."""

    def __init__(self, times: Times, pictures: NDArray[np.uint8], settings: TransitionSettings) -> None:
        self.times = times
        self.colours = colours(pictures).astype(np.float32) / (WIDTH * HEIGHT)
        self.small = blocks(pictures)
        self.blocks = self.small.reshape(len(times), BLOCKS).astype(np.float32)
        self.settings = settings

    def transitions(self) -> Iterator[Transition]:
        """All transitions, in order."""
        mixed = self._mixtures()
        spans = [(a, b, "dissolve", score) for a, b, score in mixed]
        for leap in self._leaps():
            inside = [m for m in mixed if leap[0] < m[1] + 0.1 and leap[1] > m[0] - 0.1]
            if not inside:
                spans.append(leap)
        for start, end, kind, score in sorted(spans):
            yield Transition(start, end, kind, score, self._strip(start, end))

    def _leaps(self) -> list[tuple[float, float, str, float]]:
        """Sudden changes as (start, end, kind, score), those near each other joined."""
        s = self.settings
        leap = np.abs(np.diff(self.colours, axis=0)).sum(1) / 2
        moved = np.abs(np.diff(self.blocks, axis=0)).mean(1)
        usual = _running_median(leap, 31)
        wanted = np.maximum(s.leap, s.outstanding * usual + 0.1)
        groups: list[list[int]] = []
        hits = np.flatnonzero((leap > wanted) & (moved > s.blocks))
        for i in hits:
            if groups and self.times[i + 1] - self.times[groups[-1][-1] + 1] < s.join_s:
                groups[-1].append(int(i))
            else:
                groups.append([int(i)])
        found = []
        for group in groups:
            start, end = float(self.times[group[0]]), float(self.times[group[-1] + 1])
            changed = self._changed(start, end) > s.changed
            if changed or self._covered(start, end):
                strongest = max(float(leap[i] / wanted[i]) for i in group)
                kind = "cover" if not changed else "wipe" if end - start > 0.25 else "cut"
                found.append((start, end, kind, float(1 - 0.5 / strongest**2)))
        return found + self._quiet_cuts(leap, moved, self.times[hits + 1])

    def _quiet_cuts(self, leap: Floats, moved: Floats, known: Times) -> list[tuple[float, float, str, float]]:
        """Cuts between views of the same colours that stand alone: what leaps for longer is something else."""
        q = self.settings.quiet
        wanted = np.maximum(q.moved, q.outstanding * _running_median(moved, 31))
        leaps = np.flatnonzero((moved > wanted) & (leap > q.changed))
        moments = np.concatenate([known, self.times[leaps + 1]])
        found = []
        for i in leaps:
            start, end = float(self.times[i]), float(self.times[i + 1])
            alone = (np.abs(moments - end) < self.settings.join_s).sum() == 1
            if alone and self._stays(start, end):
                found.append((start, end, "cut", float(1 - 0.5 * (wanted[i] / moved[i]) ** 2)))
        return found

    def _stays(self, start: float, end: float) -> bool:
        """Whether the blocks differ for good, by more than they do in the 0.3 s before and after."""
        q = self.settings.quiet
        before = self.blocks[(self.times > start - 0.3) & (self.times <= start + 1e-6)]
        after = self.blocks[(self.times >= end - 1e-6) & (self.times < end + 0.3)]
        if min(len(before), len(after)) < 2:
            return False
        way = float(np.abs(before.mean(0) - after.mean(0)).mean())
        unrest = max(float(np.abs(side - side.mean(0)).mean()) for side in (before, after))
        return way > max(q.moved, q.steady * unrest)

    def _changed(self, start: float, end: float) -> float:
        """Share of colours that differ between the 0.3 s before and after: a camera's flash changes none."""
        before = (self.times > start - 0.3) & (self.times <= start + 1e-6)
        after = (self.times >= end - 1e-6) & (self.times < end + 0.3)
        return float(np.abs(np.median(self.colours[before], 0) - np.median(self.colours[after], 0)).sum() / 2)

    def _covered(self, start: float, end: float) -> bool:
        """Whether something quite unlike before and after fills the picture for a while."""
        if end - start < self.settings.covered_s:
            return False
        near, last = 0.3, len(self.times) - 1
        edges = np.searchsorted(self.times, [start - near, start + 1e-6, end - 1e-6, end + near]).clip(0, last)
        if min(edges[1] - edges[0], edges[3] - edges[2]) < 1:
            return False
        middle = self.colours[np.searchsorted(self.times, (start + end) / 2).clip(0, last)]
        sides = (self.colours[edges[0] : edges[1]], self.colours[edges[2] : edges[3]])
        unlike = [float(np.abs(middle - np.median(side, 0)).sum() / 2) for side in sides]
        return min(unlike) > self.settings.covered

    def _mixtures(self) -> list[tuple[float, float, float]]:
        """Dissolves as (start, end, score)."""
        first, last = np.ceil(10 * self.times[[0, -1]] + [1, -1])
        grid = np.arange(first, last) / 10
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
        other = (rest < self.settings.mixture_rest) & (changed > 0.35) & far
        q = self.settings.quiet
        alike = (rest < q.rest) & (changed > q.changed) & (length > BLOCKS * q.moved**2)
        # Where a camera goes on moving, each of its frames is a mixture too.
        outer = [np.searchsorted(self.times, grid + part * half).clip(0, last) for part in (-2, 2)]
        for near, beyond in zip((before, after), outer, strict=True):
            alike &= ((self.blocks[near] - self.blocks[beyond]) ** 2).sum(1) < length / q.steady**2
        clear = (other | alike) & rising & frames
        return np.where(clear, 1 - rest / self.settings.mixture_rest / 2, 0).astype(np.float32)

    def _strip(self, start: float, end: float) -> NDArray[np.uint8]:
        moments = np.arange(start - LEAD_S, end + LEAD_S + STRIP_S / 2, STRIP_S)
        places = np.searchsorted(self.times, moments).clip(0, len(self.times) - 1)
        return np.asarray(self.small[places], dtype=np.uint8)


def _running_median(values: Floats, width: int) -> Floats:
    """The median of ``width`` values around each, fewer at the ends."""
    padded = np.pad(values.astype(np.float32), width // 2, mode="reflect" if len(values) > width else "edge")
    return np.asarray(np.median(np.lib.stride_tricks.sliding_window_view(padded, width), axis=1), np.float32)
