"""Pens for practice frames: simple shapes through a camera, people, digits of seven strokes."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from PIL.ImageDraw import ImageDraw

Colour = tuple[int, int, int]
Point = tuple[float, float]
WHITE: Colour = (244, 244, 240)
DARK: Colour = (24, 26, 32)

_STROKES: dict[str, tuple[tuple[Point, Point], ...]] = {
    "top": (((0, 0), (1, 0)),),
    "upper left": (((0, 0), (0, 1)),),
    "upper right": (((1, 0), (1, 1)),),
    "middle": (((0, 1), (1, 1)),),
    "lower left": (((0, 1), (0, 2)),),
    "lower right": (((1, 1), (1, 2)),),
    "bottom": (((0, 2), (1, 2)),),
}
_ALL = tuple(_STROKES)
GLYPHS: dict[str, tuple[str, ...]] = {
    "0": tuple(s for s in _ALL if s != "middle"),
    "1": ("upper right", "lower right"),
    "3": tuple(s for s in _ALL if not s.endswith("left")),
    "4": ("upper left", "upper right", "middle", "lower right"),
    "6": tuple(s for s in _ALL if s != "upper right"),
    "7": ("top", "upper right", "lower right"),
    "8": _ALL,
    "9": tuple(s for s in _ALL if s != "lower left"),
    "O": tuple(s for s in _ALL if s != "middle"),
    "N": ("top", "upper left", "upper right", "lower left", "lower right"),
}
"""Strokes of each sign. "N" and "O" look the same in a mirror, so that "NO" in a mirror is "ON"."""


@dataclass(frozen=True, slots=True)
class Camera:
    """From a scene's coordinates (about -1 to 1, y downwards) to pixels.

    Attributes:
        x, y: the pixel of the scene's middle.
        scale: pixels a unit.
        turn: radians that the picture is turned by.
        shear: how far the scene leans.
        squeeze: the share of its width that is seen, from the side.
    """

    x: float
    y: float
    scale: float
    turn: float = 0.0
    shear: float = 0.0
    squeeze: float = 1.0

    def at(self, x: float, y: float) -> Point:
        """The pixel of a point."""
        across = self.squeeze * x + self.shear * y
        c, s = math.cos(self.turn), math.sin(self.turn)
        return self.x + self.scale * (c * across - s * y), self.y + self.scale * (s * across + c * y)


class Pen:
    """Draws a scene's shapes through a camera.

    Args:
        draw: what draws pixels.
        camera: where they are.
    """

    def __init__(self, draw: ImageDraw, camera: Camera) -> None:
        self.draw, self.camera = draw, camera

    def line(self, points: Sequence[Point], width: float, colour: Colour) -> None:
        """A line of a width in the scene's units."""
        pixels = max(1, round(width * self.camera.scale))
        self.draw.line([self.camera.at(x, y) for x, y in points], fill=colour, width=pixels)

    def shape(self, points: Sequence[Point], colour: Colour) -> None:
        """A filled polygon."""
        self.draw.polygon([self.camera.at(x, y) for x, y in points], fill=colour)

    def box(self, left: float, top: float, right: float, bottom: float, colour: Colour) -> None:
        """A filled rectangle."""
        self.shape([(left, top), (right, top), (right, bottom), (left, bottom)], colour)

    def disc(self, x: float, y: float, radius: float, colour: Colour) -> None:
        """A filled circle; at least a pixel wide."""
        column, row = self.camera.at(x, y)
        size = max(radius * self.camera.scale, 0.8)
        self.draw.ellipse([column - size, row - size, column + size, row + size], fill=colour)

    def ball(self, x: float, y: float) -> None:
        """The ball."""
        self.disc(x, y, 0.1, (40, 40, 40))
        self.disc(x, y, 0.085, WHITE)

    def glyphs(self, text: str, x: float, y: float, height: float, colour: Colour) -> None:
        """Signs of seven strokes, their upper left corner at (x, y)."""
        wide, half = 0.5 * height, height / 2
        for number, sign in enumerate(text):
            left = x + number * 1.5 * wide
            for name in GLYPHS[sign]:
                for (x0, y0), (x1, y1) in _STROKES[name]:
                    ends = [(left + x0 * wide, y + y0 * half), (left + x1 * wide, y + y1 * half)]
                    self.line(ends, 0.16 * height, colour)

    def person(
        self, x: float, foot: float, height: float, shirt: Colour, shorts: Colour, hands: Sequence[Point] = ()
    ) -> None:
        """Somebody who stands at (x, foot); hands are where the arms end (down by default)."""
        hip, neck, wide = foot - 0.45 * height, foot - 0.82 * height, 0.13 * height
        for side in (-0.6, 0.6):
            self.line([(x + side * wide, hip), (x + side * wide, foot)], 0.1 * height, shorts)
        self.box(x - wide, neck, x + wide, hip, shirt)
        self.disc(x, foot - 0.91 * height, 0.08 * height, (206, 160, 130))
        for side, hand in zip((-1, 1), hands or ((x - 1.6 * wide, hip), (x + 1.6 * wide, hip)), strict=False):
            self.line([(x + side * wide, neck + 0.05 * height), hand], 0.07 * height, shirt)


def vivid(rng: np.random.Generator) -> Colour:
    """A strong colour, any hue."""
    import colorsys

    channels = colorsys.hsv_to_rgb(rng.random(), rng.uniform(0.6, 1.0), rng.uniform(0.5, 1.0))
    red, green, blue = (round(255 * channel) for channel in channels)
    return red, green, blue
