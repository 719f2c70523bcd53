"""The pitch: its colour, learnt from the match itself, and what each picture shows of it.

Grass differs from ground to ground and with the light, but in every match it is the greenish colour that
fills most of the picture over most of the time. Its two colour differences are taken as one normal distribution
around that peak; brightness may be anything that occurs there (stripes, shadow).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Views = NDArray[np.uint8]
"""Small pictures as luma and two colour differences, shape (T, 3, 18, 32)."""
Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

TOP_ROWS = 6
"""Rows of the upper third, which in a long shot hold the stand."""
SAMPLE = 2000
"""About so many pictures suffice to learn a colour from."""
ENOUGH = 0.1
"""A pitch fills at least this share of all pixels of a match."""
STANDING = 0.75
"""What looks the same in so many of a match's pictures stands on the screen: a board, a logo."""
STANDING_STEP = 20
"""So little (of 255) may its planes differ: the digits change."""
MOST_STANDING = 0.3
"""Where more of the picture stands still than this, it is the camera that does, and nothing is known."""


@dataclass(frozen=True)
class PitchColour:
    """The colour of one match's grass.

    Attributes:
        centre: the two colour differences (Cb, Cr), 128 being grey.
        spread: their covariance, shape (2, 2).
        luma: darkest and brightest that occurs.
    """

    centre: tuple[float, float]
    spread: tuple[tuple[float, float], tuple[float, float]]
    luma: tuple[float, float]

    def mask(self, views: Views) -> Flags:
        """Which pixels are grass, shape (T, 18, 32): within three standard deviations of the centre."""
        inverse = np.linalg.inv(np.array(self.spread))
        blue = views[:, 1].astype(np.float32) - np.float32(self.centre[0])
        red = views[:, 2].astype(np.float32) - np.float32(self.centre[1])
        off = inverse[0, 0] * blue**2 + 2 * inverse[0, 1] * blue * red + inverse[1, 1] * red**2
        lit = (views[:, 0] >= self.luma[0]) & (views[:, 0] <= self.luma[1])
        return np.asarray((off < 9) & lit, dtype=np.bool_)


def learn_pitch(views: Views) -> PitchColour | None:
    """The colour of the pitch in a match's pictures; None where nothing green fills enough of them."""
    views = views[:: max(1, len(views) // SAMPLE)]
    pairs = views[:, 1, TOP_ROWS:].astype(np.int32) * 256 + views[:, 2, TOP_ROWS:]
    counts = np.bincount(pairs.ravel(), minlength=256 * 256).reshape(256, 256).astype(np.float64)
    blue, red = np.mgrid[:256, :256].astype(np.float64)
    green = (blue < 125) & (red < 126) & (blue + red < 246)
    smooth = _smoothed(np.where(green, counts, 0))
    if smooth.max() <= 0:
        return None
    peak = np.unravel_index(int(smooth.argmax()), smooth.shape)
    centre, spread = np.array(peak, dtype=np.float64), np.eye(2) * 16.0
    for _ in range(5):  # the mean and covariance of what lies near, until they settle
        away = np.stack([blue - centre[0], red - centre[1]])
        off = np.einsum("iab,ij,jab->ab", away, np.linalg.inv(spread), away)
        weight = np.where(green & (off < 9), counts, 0)
        if (total := weight.sum()) <= 0:
            return None
        centre = np.array([(weight * blue).sum(), (weight * red).sum()]) / total
        away = np.stack([blue - centre[0], red - centre[1]])
        spread = np.einsum("iab,jab,ab->ij", away, away, weight) / total * 1.1 + np.eye(2)
        spread = np.clip(spread, -60, 60)
        if np.linalg.det(spread) <= 0:
            return None
    colour = PitchColour(
        (float(centre[0]), float(centre[1])),
        ((float(spread[0, 0]), float(spread[0, 1])), (float(spread[1, 0]), float(spread[1, 1]))),
        (0.0, 255.0),
    )
    grass = colour.mask(views)
    if grass.mean() < ENOUGH:
        return None
    dark, bright = np.percentile(views[:, 0][grass], [0.5, 99.5])
    return PitchColour(colour.centre, colour.spread, (float(dark) - 12, float(bright) + 12))


def _smoothed(counts: Floats) -> Floats:
    """Sums over 5 × 5 neighbours."""
    windows = np.lib.stride_tricks.sliding_window_view(np.pad(counts, 2), (5, 5))
    return np.asarray(windows.sum((2, 3)), dtype=np.float64)


@dataclass(frozen=True, eq=False)
class PitchViews:
    """What pictures show of the pitch; every attribute has the shape (T,).

    Attributes:
        grass: share of the picture that is grass.
        ground: share of the picture inside the outline of the grass. The part of a pitch that a camera sees is
            convex, so whatever lies inside the convex outline without being grass stands on it or before it.
        bulk: share of the ground that is covered by things at least three pixels (of 32 × 18) wide and high.
        tall: share of the ground that is covered by things at least four pixels high.
    """

    grass: Floats
    ground: Floats
    bulk: Floats
    tall: Floats


def standing(views: Views, colour: PitchColour) -> Flags:
    """Where a board or a logo stands on most pictures of a match, with the cells around it, shape (18, 32)."""
    views = views[:: max(1, len(views) // SAMPLE)]
    usual = np.median(views, axis=0).astype(np.int16)
    same = (np.abs(views.astype(np.int16) - usual).max(1) < STANDING_STEP).mean(0) >= STANDING
    # Not of the pitch's colour differences, however dark: ground that a steady camera shows looks the same too.
    found = same & ~colour.mask(usual[None].astype(np.uint8))[0]
    if found.mean() > MOST_STANDING:
        return np.zeros_like(found)
    rows, columns = found.shape
    wide = np.pad(found, 1)
    near = [wide[1 + y : 1 + y + rows, 1 + x : 1 + x + columns] for y in (-1, 0, 1) for x in (-1, 0, 1)]
    return np.asarray(np.any(near, axis=0), dtype=np.bool_)


def look(views: Views, colour: PitchColour, aside: Flags | None = None) -> PitchViews:
    """Measures pictures against the pitch's colour.

    Args:
        views: the pictures.
        colour: of the grass.
        aside: where things do not count, shape (18, 32): graphics before the picture.
    """
    parts = [_look(some, colour, aside) for some in np.array_split(views, max(1, len(views) // 200))]
    return PitchViews(*(np.concatenate(each) for each in zip(*parts, strict=True)))


def _look(views: Views, colour: PitchColour, aside: Flags | None) -> tuple[Floats, Floats, Floats, Floats]:
    grass = colour.mask(views)
    inside = _outline(grass)
    things = inside & ~grass if aside is None else inside & ~grass & ~aside
    size = np.maximum(inside.sum((1, 2)), 1)
    bulk, tall = _opened(_opened(things, 3, 1), 3, 2), _opened(things, 4, 1)
    return (
        grass.mean((1, 2)),
        inside.mean((1, 2)),
        bulk.sum((1, 2)) / size,
        tall.sum((1, 2)) / size,
    )


def _outline(grass: Flags) -> Flags:
    """The grass filled up to its convex outline, seen column by column, shape (T, 18, 32)."""
    solid = _opened(grass, 3, 1)
    rows, columns = solid.shape[1:]
    some = solid.any(1)
    top = np.where(some, solid.argmax(1), np.inf)
    bottom = np.where(some, rows - 1 - solid[:, ::-1].argmax(1), -np.inf)
    upper, lower = top.copy(), bottom.copy()
    at = np.arange(columns)
    for left in range(columns):
        for right in range(left + 2, columns):
            between = at[left + 1 : right]
            share = (between - left) / (right - left)
            for edge, hull, choose in ((top, upper, np.minimum), (bottom, lower, np.maximum)):
                ends = edge[:, [left, right]]
                line = ends[:, :1] * (1 - share) + ends[:, 1:] * share
                hull[:, left + 1 : right] = choose(hull[:, left + 1 : right], line)
    row = np.arange(rows)[None, :, None]
    return (row >= upper[:, None] - 0.01) & (row <= lower[:, None] + 0.01)


def _opened(flags: Flags, length: int, axis: int) -> Flags:
    """What belongs to runs of at least ``length`` along an axis."""
    windows = np.lib.stride_tricks.sliding_window_view(flags, length, axis=axis).all(-1)
    grown = np.zeros_like(flags)
    for shift in range(length):
        part = [slice(None)] * 3
        part[axis] = slice(shift, shift + windows.shape[axis])
        grown[tuple(part)] |= windows
    return grown
