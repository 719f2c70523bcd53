"""The ground: grass, lines, goals, boards and stands, drawn once for each zoom of the camera."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from matchcut.datasets.practice.camera import EYE, Camera
from matchcut.datasets.practice.script import END, MIDDLE, WIDTH
from matchcut.datasets.practice.teams import Colour

if TYPE_CHECKING:
    from PIL.ImageDraw import ImageDraw as Pen

Array = NDArray[np.floating[Any]]
Place = Callable[[float, float, float], tuple[float, float]]
_STRIP = 12
_BOARD_Y, _BOARD_X = 72.5, 58.5
_STAND_Y, _STAND_X = 75.0, 66.0
_SPONSORS = ("MOORLAND TEA", "Linden Oak", "VELOZ BIKES", "Harbour Mutual", "NINE ELMS AIR", "Pica Pica")
_BOARD_COLOURS = ((18, 44, 110), (230, 230, 225), (140, 20, 30), (20, 110, 80), (245, 190, 30), (35, 35, 40))


def draw_ground(camera: Camera, fans: tuple[Colour, Colour], seed: int) -> list[NDArray[np.uint8]]:
    """Two pictures of the whole ground, shape (H, W, 3), that differ in how the crowd moves."""
    rng = np.random.default_rng([seed, 5])
    rays = tuple(ray.astype(np.float32) for ray in camera.rays())
    pictures = [np.zeros((*rays[0].shape, 3), np.uint8) for _ in range(2)]
    # Strip by strip: what lies in the processor's cache is computed several times as fast.
    for top in range(0, len(rays[0]), _STRIP):
        dx, dy, dz = (ray[top : top + _STRIP] for ray in rays)
        reach = np.float32(EYE[2]) / np.maximum(-dz, np.float32(1e-6))
        x, y = dx * reach, np.float32(EYE[1]) + dy * reach
        behind = (y > _STAND_Y) | (np.abs(x) > _STAND_X) | (dz > -1e-6)
        ground = ~behind
        # Pixels a metre along the pitch, and across it, where it is foreshortened.
        along = np.float32(camera.focal) / reach[ground]
        grass = _grass(x[ground], y[ground], along, along * -dz[ground], rng).clip(0, 255)
        for phase, picture in enumerate(pictures):
            strip = picture[top : top + _STRIP]
            strip[ground] = grass
            if behind.any():
                strip[behind] = _stands(dx[behind], dy[behind], dz[behind], fans, seed, phase).clip(0, 255)
    return [_furniture(picture, camera) for picture in pictures]


def _grass(x: Array, y: Array, along: Array, across: Array, rng: np.random.Generator) -> Array:
    """Mown stripes, white lines, and the track around, shape (N, 3)."""
    band = np.clip(np.sin(x * np.pi / 5.25) * along * 0.9, -1, 1)
    cross = np.clip(np.sin(y * np.pi / 8.5) * across * 0.9, -1, 1)
    grain, dust = rng.standard_normal((2, *x.shape), dtype=np.float32)
    tone = 1.0 + 0.055 * band + 0.025 * cross + 0.02 * grain
    # Worn goalmouths and centre.
    for centre in (-END + 3, 0.0, END - 3):
        tone -= 0.05 * np.exp(-(((x - centre) / 6) ** 2) - ((y - MIDDLE) / 5) ** 2)
    picture = np.stack([62 * tone, 132 * tone, 52 * tone], axis=-1)
    white = _lines(x, y, along, across)[..., None]
    picture = picture * (1 - white) + np.array([236.0, 240.0, 232.0], np.float32) * white
    beyond = np.maximum(np.abs(x) - END - 3.5, np.maximum(-y - 3.0, y - WIDTH - 2.8))
    outside = np.clip(beyond * along, 0, 1)[..., None]
    track = np.array([70.0, 96.0, 66.0], np.float32) * (1 + 0.03 * dust)[..., None]
    grass: Array = picture * (1 - outside) + track * outside
    return grass


def _lines(x: Array, y: Array, along: Array, across: Array) -> Array:
    """How white each point is, in [0, 1]."""
    ax, ay = np.abs(x), np.abs(y - MIDDLE)
    far = 99.0
    outside = (ax > END + 0.07) | (ay > MIDDLE + 0.07)
    centre, spot, flag = (np.hypot(x, y - MIDDLE), np.hypot(ax - END + 11, ay), np.hypot(ax - END, ay - MIDDLE))
    # (distance in metres, the part of it that lies across the pitch, squared) of every kind of line.
    kinds: list[tuple[Array, Array | float]] = [
        (np.abs(ax - END) + far * outside, 0.0),
        (np.abs(ay - MIDDLE) + far * outside, 1.0),
        (ax + far * outside, 0.0),
        (np.abs(centre - 9.15), ((y - MIDDLE) / np.maximum(centre, 1)) ** 2),
        (np.maximum(np.minimum(centre, spot) - 0.15, 0), 0.5),
        (np.abs(spot - 9.15) + far * (ax > END - 16.5), (ay / np.maximum(spot, 1)) ** 2),
        (np.abs(flag - 1.0) + far * outside, 0.5),
    ]
    for depth, half in ((16.5, 20.16), (5.5, 9.16)):
        kinds.append((np.abs(ax - (END - depth)) + far * (ay > half + 0.06), 0.0))
        kinds.append((np.abs(ay - half) + far * ((ax < END - depth - 0.06) | (ax > END)), 1.0))
    white: Array = np.zeros(x.shape, np.float32)
    for distance, part in kinds:
        pixels = 1.0 / np.sqrt((1 - part) / along**2 + part / across**2)
        # Lines are 12 cm wide; where that is less than a pixel they are fainter, not thinner.
        half_width = np.maximum(0.06 * pixels, 0.5)
        strength = np.clip(0.12 * pixels, 0.5, 1.0)
        white = np.maximum(white, np.clip(half_width - distance * pixels + 0.5, 0, 1) * strength)
    return white


def _stands(dx: Array, dy: Array, dz: Array, fans: tuple[Colour, Colour], seed: int, phase: int) -> Array:
    """Three banks of seats with people in them, seen along each ray, shape (N, 3)."""
    best = np.full(dx.shape, np.inf, np.float32)
    row, seat = np.zeros(dx.shape, np.float32), np.zeros(dx.shape, np.float32)
    slope, base = 0.62, 1.2
    for bank in ("back", "left", "right"):
        if bank == "back":
            toward, offset = dy, EYE[1] - _STAND_Y
        else:
            toward, offset = dx * (1.0 if bank == "right" else -1.0), -_STAND_X
        # The bank rises as z = base + slope * (distance behind its front).
        along = (base + slope * offset - EYE[2]) / (dz - slope * toward - 1e-9)
        behind = offset + along * toward
        hit = (along > 0) & (behind > 0) & (along < best)
        best = np.where(hit, along, best)
        across = dx * along if bank == "back" else EYE[1] + dy * along
        row = np.where(hit, behind / 0.85, row)
        seat = np.where(hit, across / 0.62 + (37 if bank == "left" else 0), seat)
    return _people(row, seat, fans, seed, phase)


def _people(row: Array, seat: Array, fans: tuple[Colour, Colour], seed: int, phase: int) -> Array:
    which_row = np.floor(row).astype(np.int64)
    seat = seat + 0.5 * (which_row % 2)
    which_seat = np.floor(seat).astype(np.int64)
    random = np.random.default_rng([seed, 9]).random((64, 512))
    value = random[which_row % 64, which_seat % 512]
    other = random[(which_row + 17) % 64, (which_seat * 3 + 5) % 512]
    sway = 0.18 * np.sin(6.28 * other + phase * 3.0)
    up = row - which_row + 0.5 * sway
    side = seat - which_seat + sway
    head = (np.abs(side - 0.5) < 0.2) & (up > 0.5) & (up < 0.88)
    body = (np.abs(side - 0.5) < 0.36) & (up <= 0.55)
    coats = np.array(
        [fans[0], fans[0], fans[1], (60, 66, 84), (38, 40, 52), (120, 118, 122), (170, 164, 150), (96, 60, 52)],
        dtype=np.float32,
    )
    coat = coats[(value * 7.999).astype(int)] * (0.62 + 0.3 * other)[..., None]
    skin = np.array([196.0, 152.0, 124.0]) * (0.55 + 0.4 * value)[..., None]
    empty = np.array([46.0, 50.0, 62.0])
    picture = np.where(body[..., None], coat, empty)
    picture = np.where(head[..., None], skin, picture)
    # Gangways, and it grows dark under the roof.
    gangway = ((which_seat % 40) < 2)[..., None]
    picture = np.where(gangway, np.array([86.0, 88.0, 92.0]), picture)
    dark = np.clip(1.05 - row / 60, 0.25, 1.0)[..., None]
    return picture * dark


def _furniture(picture: NDArray[np.uint8], camera: Camera) -> NDArray[np.uint8]:
    """Boards, goals and corner flags on top of the ground."""
    from PIL import Image, ImageDraw

    image = Image.fromarray(picture)
    draw = ImageDraw.Draw(image, "RGBA")

    def at(x: float, y: float, z: float) -> tuple[float, float]:
        column, row, _ = camera.project(np.array(x), np.array(y), np.array(z))
        return float(column), float(row)

    _boards(draw, at, camera)
    for sign in (-1, 1):
        _goal(draw, at, sign, camera)
        for y in (0.0, WIDTH):
            foot, top = at(sign * END, y, 0), at(sign * END, y, 1.5)
            draw.line([foot, top], fill=(240, 230, 60), width=2)
            flag = at(sign * (END - 0.7), y, 1.25)
            draw.polygon([top, flag, at(sign * END, y, 1.0)], fill=(225, 60, 40))
    return np.asarray(image)


def _boards(draw: Pen, at: Place, camera: Camera) -> None:
    from PIL import ImageFont

    step = 13.0
    font = ImageFont.load_default(size=max(camera.focal * 0.0058, 6))
    for number in range(-5, 5):
        colour = _BOARD_COLOURS[number % len(_BOARD_COLOURS)]
        left, right = number * step, (number + 1) * step
        corners = [
            at(left, _BOARD_Y, 0),
            at(right, _BOARD_Y, 0),
            at(right, _BOARD_Y, 1.1),
            at(left, _BOARD_Y, 1.1),
        ]
        draw.polygon(corners, fill=colour)
        ink = (20, 20, 24) if sum(colour) > 380 else (245, 245, 245)
        draw.text(
            at((left + right) / 2, _BOARD_Y, 0.52), _SPONSORS[number % 6], fill=ink, font=font, anchor="mm"
        )
    for sign in (-1, 1):
        for number in range(7):
            near, far = number * 10.0 - 1, number * 10.0 + 9
            x = sign * _BOARD_X
            corners = [at(x, near, 0), at(x, far, 0), at(x, far, 1.1), at(x, near, 1.1)]
            draw.polygon(corners, fill=_BOARD_COLOURS[(number + 2) % 6])
    # The near edge: the technical areas.
    for x in (-14.0, 14.0):
        draw.line([at(x - 8, -1.5, 0), at(x + 8, -1.5, 0)], fill=(230, 230, 230, 120), width=1)


def _goal(draw: Pen, at: Place, sign: int, camera: Camera) -> None:
    low, high, top, deep = MIDDLE - 3.66, MIDDLE + 3.66, 2.44, 2.0
    line, back = sign * END, sign * (END + deep)
    net = (235, 238, 240, 90)
    for part in np.linspace(0, 1, 15):
        y = low + part * (high - low)
        draw.line([at(back, y, 0), at(back, y, 1.9)], fill=net, width=1)
        draw.line([at(line, y, top), at(back, y, 1.9)], fill=net, width=1)
    for part in np.linspace(0, 1, 6):
        draw.line([at(back, low, 1.9 * part), at(back, high, 1.9 * part)], fill=net, width=1)
        for y in (low, high):
            x_part = line + (back - line) * part
            draw.line([at(x_part, y, 0), at(x_part, y, top - 0.54 * part)], fill=net, width=1)
            draw.line([at(line, y, top * part), at(back, y, 1.9 * part)], fill=net, width=1)
    width = max(2, round(camera.focal / 620))
    draw.line(
        [at(line, high, 0), at(line, high, top), at(line, low, top), at(line, low, 0)],
        fill=(250, 250, 250),
        width=width,
    )
