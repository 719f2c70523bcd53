"""A practice frame: the subject of its label, among things that any label has."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from matchcut.datasets.practice_frame_drawing import WHITE, Camera, Pen, vivid
from matchcut.datasets.practice_frame_subjects import BLACK, SUBJECTS, Match

if TYPE_CHECKING:
    from PIL.Image import Image as Picture

LOOKS = ("wide", "close", "graphic")
_WORDS = ("VELOZ", "LINDEN", "HARBOUR", "PICA", "MOOR", "ELMS", "OAK", "TEA")


@dataclass(frozen=True, slots=True)
class Shot:
    """One image of an action.

    Attributes:
        look: one of `LOOKS`.
        replay: whether it is a replay: leaning, closer, blurred, without the scoreboard.
        hidden: whether the camera misses the subject.
    """

    look: str
    replay: bool
    hidden: bool


def draw_shot(
    label: str, match: Match, shot: Shot, clock_s: float, size: int, action: int, rng: np.random.Generator
) -> NDArray[np.uint8]:
    """One image, shape (size, size, 3), RGB.

    Args:
        label: one of `SUBJECTS`.
        match: the game's looks.
        shot: which image of the action.
        clock_s: what the scoreboard shows.
        size: pixels a side.
        action: decides what all images of the action have in common.
        rng: decides the rest.
    """
    from PIL import Image, ImageDraw, ImageFilter

    large = 2 * size
    picture = Image.fromarray(_ground(match, large, shot.look == "close", rng))
    draw = ImageDraw.Draw(picture)
    _boards(draw, large, rng)
    camera = _camera(shot, large, rng)
    _players(draw, match, large, 3 if shot.look == "close" else 8, rng)
    if not shot.hidden:
        if shot.look == "graphic":
            _panel(draw, camera, large, rng)
        SUBJECTS[label](Pen(draw, camera), match, np.random.default_rng(action))
    if not shot.replay:
        _scoreboard(draw, match, clock_s, large)
    elif rng.random() < 0.6:
        draw.text((0.86 * large, 0.02 * large), "R", fill=WHITE, font=_font(round(0.12 * large)))
    if shot.replay and rng.random() < 0.7:
        picture = picture.filter(ImageFilter.BoxBlur(float(rng.uniform(0.5, 2.5))))
    return _developed(picture.reduce(2), match.light * rng.uniform(0.85, 1.15), rng)


def _camera(shot: Shot, large: int, rng: np.random.Generator) -> Camera:
    low, high = {"wide": (0.17, 0.24), "close": (0.32, 0.46), "graphic": (0.15, 0.2)}[shot.look]
    scale = float(rng.uniform(low, high) * large) * (float(rng.uniform(1.0, 1.35)) if shot.replay else 1.0)
    # The subject stays in the picture.
    reach = max(0.5 - 0.95 * scale / large, 0.06)
    x, y = ((0.5 + rng.uniform(-reach, reach)) * large for _ in range(2))
    if shot.look == "graphic":
        y = 0.97 * large - scale
    turn, shear, squeeze = rng.normal(0, 0.03), rng.normal(0, 0.04), 1.0
    if shot.replay:
        turn, shear, squeeze = rng.normal(0, 0.07), rng.uniform(-0.3, 0.3), rng.uniform(0.7, 1.0)
    return Camera(float(x), float(y), scale, float(turn), float(shear), float(squeeze))


def _ground(match: Match, large: int, close: bool, rng: np.random.Generator) -> NDArray[np.uint8]:
    """Striped grass below, the crowd above."""
    down, across = np.mgrid[0:large, 0:large] / large
    lean = rng.uniform(-1, 1)
    bands = np.sign(np.sin(2 * np.pi * match.stripes[0] * (across + lean * down) + rng.uniform(0, 6)))
    ground = np.array(match.grass) + match.stripes[1] * bands[..., None]
    stand = int(rng.uniform(0.1, 0.35) * large) * (not close or rng.random() < 0.5)
    if stand:
        seats = rng.uniform(30, 200, (stand // 4 + 1, large // 4, 3)).repeat(4, 0).repeat(4, 1)
        ground[:stand] = 0.75 * seats[:stand, :large]
        edge = max(stand // 5, 3)
        ground[stand - edge : stand] = np.array(vivid(rng))
    return ground.clip(0, 255).astype(np.uint8)


def _boards(draw: Any, large: int, rng: np.random.Generator) -> None:
    """Advertisements and lines, anywhere: neither words, nor coloured boxes, nor lines tell a label."""
    for _ in range(int(rng.integers(1, 4))):
        x, y = rng.uniform(-0.1, 0.8) * large, rng.uniform(0, 0.9) * large
        wide, high = rng.uniform(0.1, 0.35) * large, rng.uniform(0.05, 0.12) * large
        draw.rectangle([x, y, x + wide, y + high], fill=vivid(rng))
        if rng.random() < 0.6:
            draw.text((x + 2, y), str(rng.choice(_WORDS)), fill=WHITE, font=_font(round(high)))
    for _ in range(int(rng.integers(0, 3))):
        ends = rng.uniform(-0.2, 1.2, 4) * large
        draw.line([float(end) for end in ends], fill=(220, 226, 220), width=2)


def _players(draw: Any, match: Match, large: int, most: int, rng: np.random.Generator) -> None:
    for _ in range(int(rng.integers(1, most))):
        shirt, shorts = match.kits[int(rng.integers(2))] if rng.random() < 0.85 else (BLACK, BLACK)
        camera = Camera(float(rng.uniform(0, large)), float(rng.uniform(0.25, 1) * large), 0.1 * large)
        hands = [(float(x), float(y)) for x, y in rng.uniform((-0.7, -1.4), (0.7, 0), (2, 2))]
        Pen(draw, camera).person(0, 0.5, float(rng.uniform(1, 2)), shirt, shorts, hands)
    if rng.random() < 0.4:
        Pen(draw, Camera(*(float(v) for v in rng.uniform(0.1, 0.9, 2) * large), 0.2 * large)).ball(0, 0)


def _panel(draw: Any, camera: Camera, large: int, rng: np.random.Generator) -> None:
    """A graphic of the broadcaster behind the subject."""
    reach = 1.15 * camera.scale
    box = [camera.x - reach, camera.y - reach, camera.x + reach, camera.y + reach]
    draw.rectangle(box, fill=vivid(rng) if rng.random() < 0.5 else (205, 208, 214))
    draw.rectangle([0, large - 5, large, large], fill=vivid(rng))


def _scoreboard(draw: Any, match: Match, clock_s: float, large: int) -> None:
    paper, ink = match.board
    draw.rectangle([2, 2, 0.62 * large, 0.12 * large], fill=paper)
    minutes, seconds = divmod(int(clock_s), 60)
    said = f"{match.teams[0]} {match.teams[1]} {minutes:02d}:{seconds:02d}"
    draw.text((5, 0.015 * large), said, fill=ink, font=_font(round(0.08 * large)))


@cache
def _font(size: int) -> Any:
    from PIL import ImageFont

    return ImageFont.load_default(size=max(size, 5))


def _developed(picture: Picture, light: float, rng: np.random.Generator) -> NDArray[np.uint8]:
    tint = (light * rng.uniform(0.92, 1.08, 3)).astype(np.float32)
    values = np.asarray(picture).astype(np.float32) * tint
    values += rng.normal(0, rng.uniform(2, 9), values.shape).astype(np.float32)
    return values.clip(0, 255).astype(np.uint8)
