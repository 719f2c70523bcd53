"""Baseball players: the pitcher from behind, batter, catcher and umpire, as sprites of a few poses."""

from __future__ import annotations

import math
from functools import lru_cache
from typing import TYPE_CHECKING

from matchcut.datasets.practice.figures import Look

if TYPE_CHECKING:
    from PIL.Image import Image as Picture

Point = tuple[float, float]
_OVERSAMPLE = 3
SWING_STEPS = 8
"""Phases of a swing: 0 is the stance, 3 the contact, 7 the follow-through."""

# Joints as fractions of the height: hip, shoulder, two knees, two feet, two elbows, two hands.
_STAND = ((0.0, 0.5), (0.02, 0.78), (-0.08, 0.27), (0.09, 0.27), (-0.12, 0.02), (0.12, 0.02))
_ARMS: dict[str, tuple[Point, Point, Point, Point]] = {
    "set": ((-0.13, 0.66), (0.13, 0.66), (-0.02, 0.62), (0.03, 0.62)),
    "lift": ((-0.14, 0.72), (0.14, 0.7), (-0.02, 0.7), (0.03, 0.7)),
    "cock": ((-0.2, 0.78), (0.2, 0.76), (-0.34, 0.72), (0.2, 0.98)),
    "throw": ((-0.14, 0.66), (0.12, 0.86), (-0.1, 0.56), (-0.02, 0.94)),
    "follow": ((-0.14, 0.6), (0.06, 0.62), (-0.18, 0.5), (-0.12, 0.42)),
    "crouch": ((-0.14, 0.34), (0.14, 0.34), (-0.06, 0.4), (0.1, 0.42)),
    "ready": ((-0.13, 0.62), (0.13, 0.62), (-0.1, 0.46), (0.1, 0.46)),
    "strike": ((-0.13, 0.62), (0.2, 0.8), (-0.12, 0.46), (0.26, 1.02)),
    "foul": ((-0.2, 0.84), (0.2, 0.84), (-0.24, 1.04), (0.24, 1.04)),
}


_HANDS = (
    *((-0.1, 0.82), (-0.12, 0.84), (0.05, 0.72), (0.2, 0.62)),
    *((0.2, 0.58), (0.14, 0.6), (-0.02, 0.74), (-0.1, 0.8)),
)
"""Where the hands are in each phase of a swing."""


@lru_cache(maxsize=400)
def player(look: Look, height: int, pose: str, phase: int, mirrored: bool) -> tuple[Picture, int, int]:
    """A player of this height in pixels: (RGBA picture, column of the feet, row of the feet).

    Args:
        look: clothes and face.
        height: pixels from foot to crown when standing.
        pose: a key of the arms' table, or "bat" (see `SWING_STEPS`) or "bunt".
        phase: of a swing.
        mirrored: left and right exchanged.
    """
    from PIL import Image, ImageDraw

    h = height * _OVERSAMPLE
    canvas = Image.new("RGBA", (2 * h, int(1.5 * h)), (*look.shirt, 0))
    draw = ImageDraw.Draw(canvas)

    def at(p: Point) -> Point:
        return h + p[0] * h, 1.4 * h - p[1] * h

    def limb(a: Point, b: Point, colour: tuple[int, int, int], width: float) -> None:
        thick = width * h
        draw.line([at(a), at(b)], fill=colour, width=max(int(thick), 1))
        for x, y in (at(a), at(b)):
            draw.ellipse([x - thick / 2, y - thick / 2, x + thick / 2, y + thick / 2], fill=colour)

    hip, shoulder, left_knee, right_knee, left_foot, right_foot = _legs(pose)
    for knee, foot in ((left_knee, left_foot), (right_knee, right_foot)):
        limb(hip, knee, look.shorts, 0.12)
        limb(knee, foot, look.shorts, 0.09)
        limb(foot, (foot[0] + 0.03, foot[1]), (24, 24, 26), 0.06)
    limb(hip, shoulder, look.shirt, 0.22)
    lean = shoulder[0]
    arms = _bat_arms(pose, phase) if pose in ("bat", "bunt") else _ARMS[pose]
    down = 0.0 if pose not in ("crouch",) else -0.02
    for side, elbow, hand in ((-1, arms[0], arms[2]), (1, arms[1], arms[3])):
        joint = (lean + 0.09 * side, shoulder[1] + down)
        limb(joint, elbow, look.shirt, 0.085)
        limb(elbow, hand, look.skin, 0.06)
    if pose in ("bat", "bunt"):
        grip = arms[2]
        angle = _bat_angle(pose, phase)
        tip = grip[0] + 0.46 * math.cos(angle), grip[1] + 0.46 * math.sin(angle)
        middle = (grip[0] + tip[0]) / 2, (grip[1] + tip[1]) / 2
        limb(grip, middle, (150, 110, 60), 0.028)
        limb(middle, tip, (172, 128, 72), 0.045)
    head_x, head_y = at((lean + 0.01, shoulder[1] + 0.14))
    r = 0.075 * h
    draw.ellipse([head_x - r, head_y - 1.1 * r, head_x + r, head_y + 1.1 * r], fill=look.skin)
    draw.pieslice(
        [head_x - 1.1 * r, head_y - 1.35 * r, head_x + 1.1 * r, head_y + 0.75 * r], 165, 375, fill=look.socks
    )
    small = canvas.resize((2 * height, int(1.5 * height)), Image.Resampling.BOX)
    if mirrored:
        small = small.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
    box = small.getbbox() or (0, 0, 1, 1)
    return small.crop(box), height - box[0], int(1.4 * height) - box[1]


def _legs(pose: str) -> tuple[Point, Point, Point, Point, Point, Point]:
    """Hip, shoulder, knees and feet."""
    if pose == "crouch":
        return (0.0, 0.2), (0.02, 0.44), (-0.16, 0.24), (0.16, 0.24), (-0.13, 0.02), (0.13, 0.02)
    if pose == "lift":
        return (0.0, 0.5), (-0.03, 0.78), (-0.18, 0.56), (0.06, 0.27), (-0.14, 0.34), (0.06, 0.02)
    if pose in ("cock", "throw", "follow"):
        low = 0.06 if pose == "follow" else 0.0
        reach = -0.06 - 2 * low
        return (
            (0.0, 0.45 - low),
            (reach, 0.7 - 2 * low),
            (-0.2, 0.27),
            (0.16, 0.24),
            (-0.24, 0.02),
            (0.26, 0.03),
        )
    if pose == "ready":
        return (0.0, 0.42), (0.03, 0.66), (-0.1, 0.24), (0.11, 0.24), (-0.12, 0.02), (0.12, 0.02)
    return _STAND


def _bat_angle(pose: str, phase: int) -> float:
    """The bat's direction, in radians from the right: from behind the head over the plate to the shoulder."""
    if pose == "bunt":
        return 0.25
    return math.radians((110, 120, 60, -5, -30, -80, -170, -220)[phase])


def _bat_arms(pose: str, phase: int) -> tuple[Point, Point, Point, Point]:
    if pose == "bunt":
        return (-0.05, 0.6), (0.16, 0.62), (0.06, 0.6), (0.2, 0.63)
    hand = _HANDS[phase]
    return (hand[0] * 0.5 - 0.06, 0.68), (hand[0] * 0.5 + 0.1, 0.68), hand, (hand[0] + 0.02, hand[1] + 0.03)
