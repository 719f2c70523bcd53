"""The broadcaster's graphics: lower thirds, full screens, the sign of a replay, the animation around it."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from matchcut.datasets.practice.script import Caption, Screen
from matchcut.datasets.practice.teams import Colour

if TYPE_CHECKING:
    from PIL.Image import Image as Picture
    from PIL.ImageFont import FreeTypeFont, ImageFont

_DARK, _LIGHT, _PANEL = (16, 20, 34), (246, 247, 250), (232, 235, 240)
_LEAGUES = (
    ("MOORLAND LEAGUE", (190, 20, 40), (250, 240, 240)),
    ("LINDEN CUP", (20, 60, 150), (250, 220, 60)),
    ("NINE ELMS TROPHY", (10, 110, 90), (240, 250, 245)),
)


def _ink(ground: Colour) -> Colour:
    return (18, 20, 30) if 0.3 * ground[0] + 0.6 * ground[1] + 0.1 * ground[2] > 140 else (250, 250, 250)


@lru_cache(maxsize=16)
def _font(size: float) -> FreeTypeFont | ImageFont:
    from PIL import ImageFont

    return ImageFont.load_default(size=size)


@lru_cache(maxsize=16)
def lower_third(caption: Caption, scale: float) -> Picture:
    """A caption at the lower edge: a badge, a title, a smaller line; RGBA."""
    from PIL import Image, ImageDraw

    def px(value: float) -> int:
        return round(value * scale)

    picture = Image.new("RGBA", (px(280), px(46)), (*_DARK, 225))
    draw = ImageDraw.Draw(picture)
    badge = {"YELLOW": (255, 221, 0), "GOAL": (240, 60, 60), "SUB": (40, 170, 90)}.get(caption.badge, _PANEL)
    draw.rectangle([0, 0, px(6), px(46)], fill=badge)
    if caption.badge == "YELLOW":
        draw.rounded_rectangle([px(20), px(8), px(40), px(38)], radius=px(2), fill=badge)
    elif caption.badge == "SUB":
        draw.polygon([(px(22), px(20)), (px(38), px(20)), (px(30), px(8))], fill=(60, 220, 110))
        draw.polygon([(px(22), px(27)), (px(38), px(27)), (px(30), px(39))], fill=(240, 70, 60))
    else:
        draw.rectangle([px(6), 0, px(58), px(46)], fill=badge)
        draw.text((px(32), px(23)), caption.badge, fill=_ink(badge), font=_font(15 * scale), anchor="mm")
    size = 15 * scale
    draw.text((px(68), px(14)), caption.title, fill=_LIGHT, font=_font(size), anchor="lm")
    detail = size if caption.badge == "SUB" else 12 * scale
    draw.text((px(68), px(33)), caption.detail, fill=(190, 198, 214), font=_font(detail), anchor="lm")
    return picture


@lru_cache(maxsize=2)
def replay_sign(scale: float) -> Picture:
    """The sign in the corner while a replay runs, RGB."""
    from PIL import Image, ImageDraw

    picture = Image.new("RGB", (round(72 * scale), round(22 * scale)), (200, 24, 40))
    draw = ImageDraw.Draw(picture)
    draw.text((36 * scale, 11 * scale), "REPLAY", fill=_LIGHT, font=_font(14 * scale), anchor="mm")
    return picture


@lru_cache(maxsize=4)
def full_screen(screen: Screen, width: int, height: int, league: int) -> Picture:
    """A graphic that fills the picture, RGB: the headline, and the lines below it in one or two columns."""
    from PIL import Image, ImageDraw

    name, ground, ink = _LEAGUES[league % len(_LEAGUES)]
    scale = height / 360
    picture = Image.new("RGB", (width, height), tuple(c // 3 for c in ground))
    draw = ImageDraw.Draw(picture)
    draw.rectangle([0, 0, width, 62 * scale], fill=ground)
    draw.text((28 * scale, 31 * scale), screen.title, fill=ink, font=_font(30 * scale), anchor="lm")
    draw.text((width - 28 * scale, 31 * scale), name, fill=ink, font=_font(13 * scale), anchor="rm")
    few = len(screen.lines) <= 4
    size, step = (30, 56) if few else (18, 40)
    for number, line in enumerate(screen.lines):
        column, row = (0, number) if few else divmod(number, 6)
        place = (40 + 300 * column) * scale, (104 + step * row) * scale
        draw.text(place, line, fill=_LIGHT, font=_font(size * scale), anchor="lm")
    return picture


def animation(picture: Picture, part: float, league: int) -> None:
    """Draws the animation that passes over the picture before and after a replay.

    Args:
        picture: drawn on; in the middle third of the animation it is wholly covered.
        part: how much of it has passed, 0 to 1.
        league: which of the designs.
    """
    from PIL import ImageDraw

    name, ground, ink = _LEAGUES[league % len(_LEAGUES)]
    width, height = picture.size
    draw = ImageDraw.Draw(picture)
    cover = min(1.0, 3 * part, 3 * (1 - part))
    if league % 3 == 1:
        # Shutters close from above and below, and open again.
        for y in range(6):
            top = y * height / 6
            draw.rectangle([0, top, width, top + cover * height / 6], fill=ground if y % 2 else ink)
    else:
        # A slanted panel comes in from the left and leaves to the right.
        slant = 0.25 * height
        left = -slant if part < 2 / 3 else -slant + (1 - cover) * (width + 2 * slant)
        right = width + slant if part > 1 / 3 else -slant + cover * (width + 2 * slant)
        corners = [(left + slant, 0), (right + slant, 0), (right - slant, height), (left - slant, height)]
        draw.polygon(corners, fill=ground)
        for stripe in (0.25, 0.7):
            at = left + stripe * (right - left)
            edges = [(at + slant, 0), (at + 1.3 * slant, 0), (at - 0.7 * slant, height), (at - slant, height)]
            draw.polygon(edges, fill=ink)
    if cover > 0.9:
        font = _font(round(0.09 * height))
        wide = font.getlength(name)
        x, middle, low = width / 2, height / 2, 0.1 * height
        draw.rectangle([x - 0.6 * wide, middle - low, x + 0.6 * wide, middle + low], fill=ink)
        draw.text((x, middle), name, fill=ground, font=font, anchor="mm")
