"""The broadcaster's graphics: the scoreboard, lower thirds, and the sign of a replay."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from matchcut.clock import format_time
from matchcut.datasets.practice.script import Caption
from matchcut.datasets.practice.teams import Colour, Team

_DARK, _LIGHT, _PANEL = (16, 20, 34), (246, 247, 250), (232, 235, 240)


def _ink(ground: Colour) -> Colour:
    return (18, 20, 30) if 0.3 * ground[0] + 0.6 * ground[1] + 0.1 * ground[2] > 140 else (250, 250, 250)


@lru_cache(maxsize=4)
def _font(size: float) -> Any:
    from PIL import ImageFont

    return ImageFont.load_default(size=size)


@lru_cache(maxsize=8)
def scoreboard(home: Team, away: Team, goals: tuple[int, int], second: int, scale: float) -> Any:
    """The scoreboard at a whole second of the match clock: "NOR 0-0 SUD 34:21", RGB."""
    from PIL import Image, ImageDraw

    def px(value: float) -> int:
        return round(value * scale)

    board = Image.new("RGB", (px(196), px(24)), _DARK)
    draw = ImageDraw.Draw(board)
    font = _font(15 * scale)
    draw.rectangle([px(4), 0, px(50), px(24)], fill=_PANEL)
    draw.rectangle([0, 0, px(4), px(24)], fill=home.shirt)
    draw.text((px(27), px(12)), home.code, fill=_DARK, font=font, anchor="mm")
    draw.text((px(72), px(12)), f"{goals[0]}-{goals[1]}", fill=_LIGHT, font=font, anchor="mm")
    draw.rectangle([px(94), 0, px(140), px(24)], fill=_PANEL)
    draw.rectangle([px(140), 0, px(144), px(24)], fill=away.shirt)
    draw.text((px(117), px(12)), away.code, fill=_DARK, font=font, anchor="mm")
    draw.text((px(170), px(12)), format_time(second), fill=_LIGHT, font=font, anchor="mm")
    return board


@lru_cache(maxsize=16)
def lower_third(caption: Caption, scale: float) -> Any:
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
def replay_sign(scale: float) -> Any:
    """The sign in the corner while a replay runs, RGB."""
    from PIL import Image, ImageDraw

    picture = Image.new("RGB", (round(72 * scale), round(22 * scale)), (200, 24, 40))
    draw = ImageDraw.Draw(picture)
    draw.text((36 * scale, 11 * scale), "REPLAY", fill=_LIGHT, font=_font(14 * scale), anchor="mm")
    return picture
