"""The other views of a baseball game: the whole field with a ball in play, faces, bench and crowd."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

from matchcut.datasets.practice import figures
from matchcut.datasets.practice.baseball.game import Game, Pitch
from matchcut.datasets.practice.figures import Look
from matchcut.datasets.practice.script import Shot
from matchcut.datasets.practice.teams import Colour, Team

if TYPE_CHECKING:
    from PIL.Image import Image as Picture
    from PIL.ImageDraw import ImageDraw as Pen

_POSTS = (
    (0.0, 19.0),
    (14.0, 30.0),
    (-14.0, 30.0),
    (22.0, 24.0),
    (-22.0, 24.0),
    (0.0, 84.0),
    (40.0, 70.0),
    (-40.0, 70.0),
)
_TROUSERS = (235, 235, 238)
GRASS, DIRT, WALL = (58, 128, 50), (164, 118, 76), (24, 66, 54)


class Elsewhere:
    """Draws what is seen of a game but for the pitch itself.

    Args:
        game: what happens.
        width, height: of the picture.
    """

    def __init__(self, game: Game, width: int, height: int) -> None:
        self.game, self.width, self.height = game, width, height
        self.scale = height / 360
        self._kept: dict[tuple[str, float], Picture] = {}
        self._skins = np.random.default_rng([game.seed, 63]).integers(0, 4, 64)

    def look(self, team: Team, place: int) -> Look:
        """How a player is dressed: cap of the team's colour."""
        skin, hair = int(self._skins[place]), int(self._skins[place + 20])
        return Look(team.shirt, _TROUSERS, _darker(team.shirt), figures.SKINS[skin], figures.HAIRS[hair])

    def keep(self, key: tuple[str, float], make: Callable[[], Picture]) -> Picture:
        """A picture that is drawn once; the last few are kept."""
        if key not in self._kept:
            if len(self._kept) > 6:
                del self._kept[next(iter(self._kept))]
            self._kept[key] = make()
        return self._kept[key]

    def field(self, pitch: Pitch, t: float) -> Picture:
        """The whole field from behind the plate, with a ball in play."""
        from PIL import ImageDraw

        picture = self.keep(("field", 0.0), self._field_ground).copy()
        draw = ImageDraw.Draw(picture)
        part = min(max((t - pitch.reach) / (2.2 if np.hypot(*pitch.spot) > 20 else 1.0), 0.0), 1.0)
        fielding, batting = self.game.fielding(pitch.before), self.game.batting(pitch.before)
        nearest = min(
            range(len(_POSTS)),
            key=lambda i: np.hypot(_POSTS[i][0] - pitch.spot[0], _POSTS[i][1] - pitch.spot[1]),
        )
        for number, (x, y) in enumerate(_POSTS):
            if number == nearest:
                miss = 0.0 if pitch.caught else 5.0
                x += (pitch.spot[0] - x) * part
                y += (pitch.spot[1] - miss - y) * part
            self._small(picture, self.look(fielding, 1 + number), (x, y), number == nearest and part < 1, t)
        run = min((t - pitch.reach) / 4.0, 1.0) * 27.4
        self._small(picture, self.look(batting, 3 + pitch.batter), (0.71 * run, 0.71 * run), True, t)
        x, y = pitch.spot[0] * part, pitch.spot[1] * part
        high = 4 * 14 * part * (1 - part)
        column, row = self._at(x, y)
        s = 2.6 * self.scale
        draw.ellipse([column - s, row - high * self.scale * 2 - s, column + s, row - high * self.scale * 2 + s],
                     fill=(252, 252, 250))  # fmt: skip
        return picture

    def _at(self, x: float, y: float) -> tuple[float, float]:
        """Column and row of a place on the field, metres right of and beyond home plate."""
        depth = 1 / (1 + y / 70)
        return (320 + x * 7.2 * depth) * self.scale, (80 + 262 * (depth - 0.42) / 0.58) * self.scale

    def _small(self, picture: Picture, look: Look, place: tuple[float, float], runs: bool, t: float) -> None:
        high = round(34 / (1 + place[1] / 70) * self.scale)
        dressed = Look(look.shirt, look.shorts, look.shorts, look.skin, look.socks)
        sprite, x, y = figures.figure(
            dressed, high, "run" if runs else "stand", int(t * 10) % 8 if runs else 0, True
        )
        column, row = self._at(*place)
        picture.paste(sprite, (round(column) - x, round(row) - y), sprite)

    def _field_ground(self) -> Picture:
        from PIL import Image, ImageDraw

        s, rng = self.scale, np.random.default_rng([self.game.seed, 71])
        picture = Image.new("RGB", (self.width, self.height), GRASS)
        picture.paste(people(rng, self.width, round(62 * s), self.game.teams, s), (0, 0))
        draw = ImageDraw.Draw(picture)
        draw.rectangle([0, 62 * s, self.width, 82 * s], fill=WALL)
        for band in range(7):
            tone = tuple(int((1.0 + 0.06 * (band % 2)) * c) for c in GRASS)
            draw.rectangle(
                [0, (82 + 40 * band) * s, self.width, (122 + 40 * band) * s], fill=(tone[0], tone[1], tone[2])
            )
        infield = [self._at(*p) for p in ((0, -3), (26, 21), (20, 36), (0, 46), (-20, 36), (-26, 21))]
        draw.polygon(infield, fill=DIRT)
        inner = [self._at(*p) for p in ((0, 4), (15, 19.5), (0, 35), (-15, 19.5))]
        draw.polygon(inner, fill=GRASS)
        ellipse(draw, tuple(v / s for v in self._at(0, 18.4)), (44, 14), DIRT, s)
        for side in (-1, 1):
            draw.line(
                [self._at(0, 0), self._at(side * 70, 70)], fill=(240, 240, 236), width=max(round(1.5 * s), 1)
            )
        for base in ((0, 0), (19.4, 19.4), (0, 38.8), (-19.4, 19.4)):
            x, y = self._at(*base)
            draw.rectangle([x - 3 * s, y - 1.5 * s, x + 3 * s, y + 1.5 * s], fill=(248, 248, 248))
        return picture

    def drift(self, shot: Shot, t: float) -> Picture:
        """A face, the bench or the crowd, with a slow pan."""
        still = self.keep((shot.kind, shot.start), lambda: self._still(shot))
        shift = round(20 * self.scale * min(max((t - shot.start) / (shot.end - shot.start), 0.0), 1.0))
        return still.crop((shift, 0, shift + self.width, self.height))

    def _still(self, shot: Shot) -> Picture:
        from PIL import Image, ImageFilter

        width = self.width + round(20 * self.scale)
        pitch = self.game.pitches[shot.actor]
        batting, fielding = self.game.batting(pitch.before), self.game.fielding(pitch.before)
        rng = np.random.default_rng([self.game.seed, int(1000 * shot.start)])
        crowd = people(rng, width, self.height, self.game.teams, 4 * self.scale)
        if shot.kind == "crowd":
            return crowd
        if shot.kind == "bench":
            picture = Image.new("RGB", (width, self.height), (46, 58, 70))
            for seat in range(5):
                person = figures.portrait(
                    self.look(batting, 8 + seat), round(0.55 * self.height), "portrait", (0, 0)
                )
                picture.paste(person, (round(seat * width / 5), round(0.3 * self.height)), person)
            return picture
        own = fielding if shot.kind == "pitcher" else batting
        number = own.numbers[1] if shot.kind == "pitcher" else own.numbers[pitch.batter]
        back = GRASS if shot.at < 0.5 else None
        picture = (
            Image.new("RGB", (width, self.height), back)
            if back
            else crowd.filter(ImageFilter.GaussianBlur(8 * self.scale))
        )
        look = self.look(own, 1 if shot.kind == "pitcher" else 3 + pitch.batter)
        capped = Look(look.shirt, look.shorts, look.shorts, look.skin, look.socks)
        person = figures.portrait(capped, round(0.95 * self.height), "portrait", (number, 0))
        picture.paste(person, (round(0.34 * width), round(0.09 * self.height)), person)
        return picture


def ellipse(draw: Pen, middle: tuple[float, ...], size: tuple[float, float], colour: Colour, s: float) -> None:
    """A filled ellipse in a picture 360 high, drawn ``s`` times as large."""
    (x, y), (w, h) = middle, size
    draw.ellipse([(x - w / 2) * s, (y - h / 2) * s, (x + w / 2) * s, (y + h / 2) * s], fill=colour)


def people(rng: np.random.Generator, width: int, height: int, teams: tuple[Team, Team], s: float) -> Picture:
    """Rows of heads and coats."""
    from PIL import Image

    rows, seats = max(round(height / (7 * s)), 1), max(round(width / (6 * s)), 1)
    coats = np.array(
        [teams[0].shirt, teams[1].shirt, (60, 66, 84), (120, 118, 122), (180, 170, 150), (90, 60, 52)]
    )
    grid = np.zeros((2 * rows, 2 * seats, 3))
    coat = coats[rng.integers(0, len(coats), (rows, seats))] * rng.uniform(0.5, 1.0, (rows, seats, 1))
    skin = np.array([196.0, 152.0, 124.0]) * rng.uniform(0.5, 1.0, (rows, seats, 1))
    grid[1::2, 0::2], grid[1::2, 1::2] = coat, 0.8 * coat
    grid[0::2, 0::2], grid[0::2, 1::2] = skin, (44, 48, 58)
    return Image.fromarray(grid.astype(np.uint8)).resize((width, height), Image.Resampling.NEAREST)


def _darker(colour: Colour) -> Colour:
    return int(0.6 * colour[0]), int(0.6 * colour[1]), int(0.6 * colour[2])
