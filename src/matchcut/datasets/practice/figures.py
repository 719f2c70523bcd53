"""People: small figures for the main camera, and half-length ones for close-ups."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from matchcut.datasets.practice.teams import Colour

if TYPE_CHECKING:
    from PIL.Image import Image as Picture
    from PIL.ImageDraw import ImageDraw as Pen

Limb = Callable[[list[tuple[float, float]], Colour, float], None]

SKINS: tuple[Colour, ...] = ((232, 190, 160), (198, 146, 112), (150, 102, 74), (96, 64, 48))
HAIRS: tuple[Colour, ...] = ((40, 28, 22), (92, 60, 34), (176, 134, 74), (22, 20, 22))
_OVERSAMPLE = 4
_STRIDES = 8


@dataclass(frozen=True, slots=True)
class Look:
    """How somebody is dressed, and looks."""

    shirt: Colour
    shorts: Colour
    socks: Colour
    skin: Colour
    hair: Colour


OFFICIAL = Look((240, 225, 40), (24, 24, 28), (24, 24, 28), SKINS[1], HAIRS[0])
"""The referee and the assistants."""
OFFICIAL_DARK = Look((34, 34, 40), (24, 24, 28), (24, 24, 28), SKINS[1], HAIRS[0])
"""The same where a team plays in yellow."""


def stride(metres: float) -> int:
    """The phase of a run after this many metres; the figure of one phase looks the same."""
    return int(metres / 2.6 * _STRIDES) % _STRIDES


@lru_cache(maxsize=6000)
def figure(look: Look, height: int, pose: str, phase: int, right: bool) -> tuple[Picture, int, int]:
    """A person of this height in pixels: (RGBA picture, column of the feet, row of the feet).

    Args:
        look: clothes and face.
        height: pixels from foot to crown.
        pose: "stand", "run" or one of the poses of the script.
        phase: of the run, from `stride`.
        right: whether they face right.
    """
    from PIL import Image, ImageDraw

    big = height * _OVERSAMPLE
    canvas = Image.new("RGBA", (2 * big, int(1.6 * big)), (*look.shirt, 0))
    draw = ImageDraw.Draw(canvas)
    _limbs(draw, look, pose, phase, big)
    foot = (big, int(1.5 * big))
    turn = {"fall": 84, "slide": 62, "dive-up": -66, "dive-down": 66}.get(pose, 0)
    if turn:
        canvas = canvas.rotate(turn, center=foot, resample=Image.Resampling.BILINEAR)
    if not right and pose not in ("dive-up", "dive-down"):
        canvas = canvas.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
    small = canvas.resize((2 * height, int(1.6 * height)), Image.Resampling.BOX)
    box = small.getbbox() or (0, 0, 1, 1)
    return small.crop(box), height - box[0], int(1.5 * height) - box[1]


def _limbs(draw: Pen, look: Look, pose: str, phase: int, h: float) -> None:
    def at(x: float, y: float) -> tuple[float, float]:
        return h + x * h, 1.5 * h - y * h

    def limb(points: list[tuple[float, float]], colour: Colour, width: float) -> None:
        spots = [at(*p) for p in points]
        thick = width * h
        draw.line(spots, fill=colour, width=max(int(thick), 1))
        for x, y in spots:
            draw.ellipse([x - thick / 2, y - thick / 2, x + thick / 2, y + thick / 2], fill=colour)

    for side in (1, -1):
        knee, foot = _leg(pose, phase, side)
        limb([(0.03 * side, 0.5), knee], look.skin, 0.085)
        limb([((0.03 * side + knee[0]) / 2, (0.5 + knee[1]) / 2), (0.03 * side, 0.52)], look.shorts, 0.14)
        limb([knee, foot], look.socks, 0.075)
        limb([foot, (foot[0] + 0.06, foot[1])], (24, 24, 26), 0.055)
        if side == 1:
            _arm(limb, look, pose, phase, 1)
    limb([(0.0, 0.53), (0.015, 0.74)], look.shirt, 0.2)
    limb([(-0.045, 0.77), (0.055, 0.77)], look.shirt, 0.12)
    limb([(-0.04, 0.51), (0.04, 0.51)], look.shorts, 0.12)
    _arm(limb, look, pose, phase, -1)
    x, y = at(0.025, 0.915)
    r = 0.072 * h
    draw.ellipse([x - r, y - 1.15 * r, x + r, y + 1.15 * r], fill=look.skin)
    draw.pieslice([x - 1.08 * r, y - 1.3 * r, x + 1.02 * r, y + 0.8 * r], 150, 350, fill=look.hair)
    if pose == "card":
        draw.rectangle([*at(0.05, 1.36), *at(0.15, 1.22)], fill=(255, 221, 0))
    elif pose == "flag":
        draw.line([at(0.06, 1.2), at(0.06, 1.44)], fill=(60, 60, 60), width=max(int(0.02 * h), 1))
        draw.polygon([at(0.06, 1.44), at(0.26, 1.4), at(0.06, 1.28)], fill=(255, 70, 20))
    elif pose == "board":
        draw.rectangle([*at(-0.2, 1.42), *at(0.22, 1.17)], fill=(16, 16, 18))
        draw.rectangle([*at(-0.17, 1.39), *at(0.0, 1.2)], fill=(230, 40, 40))
        draw.rectangle([*at(0.03, 1.39), *at(0.19, 1.2)], fill=(40, 220, 70))


def _leg(pose: str, phase: int, side: int) -> tuple[tuple[float, float], tuple[float, float]]:
    """Knee and foot of one leg."""
    if pose == "kick" and side == 1:
        return (0.17, 0.38), (0.36, 0.3)
    if pose in ("run", "kick", "cheer", "slide"):
        angle = 2 * math.pi * phase / _STRIDES + (0 if side == 1 else math.pi)
        swing, lift = math.sin(angle), max(math.cos(angle), 0.0)
        knee = (0.17 * swing + 0.02, 0.27 + 0.03 * lift)
        return knee, (knee[0] - 0.03 + 0.1 * swing - 0.16 * lift, 0.03 + 0.17 * lift)
    spread = 0.1 if pose.startswith("dive") else 0.05
    return (spread * side * 0.8, 0.27), (spread * side, 0.03)


def _arm(limb: Limb, look: Look, pose: str, phase: int, side: int) -> None:
    shoulder = (0.07 * side + 0.01, 0.77)
    raised = pose in ("cheer", "throw", "dive-up", "dive-down", "board") or (
        pose in ("card", "flag") and side == 1
    )
    if raised:
        elbow, hand = (0.12 * side, 0.95), (0.09 * side, 1.15)
    elif pose in ("run", "kick", "slide"):
        swing = -math.sin(2 * math.pi * phase / _STRIDES) * side
        elbow, hand = (0.07 * side + 0.1 * swing, 0.63), (0.05 * side + 0.2 * swing + 0.05, 0.58)
    else:
        elbow, hand = (0.11 * side, 0.62), (0.1 * side + 0.02, 0.48)
    limb([elbow, hand], look.skin, 0.052)
    limb([shoulder, ((shoulder[0] + elbow[0]) / 2, (shoulder[1] + elbow[1]) / 2)], look.shirt, 0.085)
    limb([((shoulder[0] + elbow[0]) / 2, (shoulder[1] + elbow[1]) / 2), elbow], look.skin, 0.056)


def _darker(colour: Colour) -> Colour:
    red, green, blue = colour
    return int(0.82 * red), int(0.82 * green), int(0.82 * blue)


def portrait(look: Look, size: int, gesture: str, numbers: tuple[int, int]) -> Picture:
    """A half-length figure, RGBA, ``size`` pixels high and 1.2 times as wide, for a close-up.

    Args:
        look: clothes and face.
        size: pixels.
        gesture: "card", "flag", "board", "cheer" or "portrait".
        numbers: the shirt number (first; 0 for none), or the board's two numbers.
    """
    from PIL import Image, ImageDraw, ImageFont

    s = size * 2
    canvas = Image.new("RGBA", (int(1.2 * s), s), (*look.shirt, 0))
    draw = ImageDraw.Draw(canvas)

    def at(x: float, y: float) -> tuple[float, float]:
        return 0.6 * s + x * s, y * s

    def limb(points: list[tuple[float, float]], colour: Colour, width: float) -> None:
        spots = [at(*p) for p in points]
        draw.line(spots, fill=colour, width=int(width * s))
        for x, y in spots:
            draw.ellipse(
                [x - width * s / 2, y - width * s / 2, x + width * s / 2, y + width * s / 2], fill=colour
            )

    shade = _darker(look.shirt)
    both = gesture in ("cheer", "board")
    for side in (-1, 1):
        up = both or (gesture in ("card", "flag") and side == 1)
        elbow, hand = (
            ((0.31 * side, 0.42), (0.27 * side, 0.17)) if up else ((0.27 * side, 0.86), (0.25 * side, 1.1))
        )
        limb([elbow, hand], look.skin, 0.075)
        limb([(0.19 * side, 0.62), elbow], shade, 0.12)
    draw.polygon(
        [at(-0.21, 0.56), at(-0.08, 0.5), at(0.08, 0.5), at(0.21, 0.56), at(0.2, 1.02), at(-0.2, 1.02)],
        fill=look.shirt,
    )
    limb([(-0.19, 0.6), (0.19, 0.6)], look.shirt, 0.1)
    draw.polygon([at(0.1, 0.55), at(0.22, 0.58), at(0.2, 1.02), at(0.13, 1.02)], fill=shade)
    limb([(0, 0.44), (0, 0.52)], _darker(look.skin), 0.11)
    draw.ellipse([*at(-0.105, 0.17), *at(0.105, 0.46)], fill=look.skin)
    draw.pieslice([*at(-0.115, 0.145), *at(0.115, 0.42)], 178, 362, fill=look.hair)
    draw.ellipse([*at(-0.095, 0.22), *at(0.095, 0.36)], fill=look.skin)
    for side in (-1, 1):
        draw.ellipse([*at(0.045 * side - 0.016, 0.288), *at(0.045 * side + 0.016, 0.312)], fill=(250, 250, 250))
        draw.ellipse([*at(0.045 * side - 0.008, 0.29), *at(0.045 * side + 0.01, 0.312)], fill=(30, 24, 20))
        draw.line(
            [at(0.045 * side - 0.024, 0.272), at(0.045 * side + 0.024, 0.268)], fill=look.hair, width=s // 120
        )
        draw.ellipse([*at(0.108 * side - 0.015, 0.29), *at(0.108 * side + 0.015, 0.35)], fill=look.skin)
    nose = _darker(look.skin)
    draw.line([at(0.0, 0.3), at(0.012, 0.345), at(-0.008, 0.35)], fill=nose, width=s // 110)
    mouth = (110, 40, 40)
    if gesture == "cheer":
        draw.chord([*at(-0.042, 0.35), *at(0.042, 0.43)], 0, 180, fill=mouth)
    else:
        draw.line([at(-0.034, 0.396), at(0.034, 0.394)], fill=mouth, width=s // 110)
    big = ImageFont.load_default(size=0.15 * s)
    if gesture in ("cheer", "portrait") and numbers[0]:
        ink = (20, 20, 30) if sum(look.shirt) > 420 else (245, 245, 245)
        draw.text(at(-0.01, 0.8), str(numbers[0]), fill=ink, font=big, anchor="mm")
    elif gesture == "card":
        draw.polygon([at(0.2, 0.02), at(0.32, 0.0), at(0.34, 0.16), at(0.22, 0.18)], fill=(255, 221, 0))
    elif gesture == "flag":
        draw.line([at(0.27, 0.2), at(0.27, 0.0)], fill=(50, 50, 50), width=s // 60)
        draw.polygon([at(0.27, 0.0), at(0.52, 0.03), at(0.5, 0.14), at(0.27, 0.15)], fill=(255, 80, 20))
    elif gesture == "board":
        draw.rounded_rectangle([*at(-0.4, -0.02), *at(0.4, 0.185)], radius=s * 0.02, fill=(14, 14, 16))
        draw.text(at(-0.2, 0.085), str(numbers[0]), fill=(255, 60, 50), font=big, anchor="mm")
        draw.text(at(0.2, 0.085), str(numbers[1]), fill=(70, 255, 90), font=big, anchor="mm")
    return canvas.resize((int(1.2 * size), size), Image.Resampling.BOX)
