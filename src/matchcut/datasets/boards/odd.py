"""Boards unlike the usual ones, to see how the reader does on what it was not built on.

Grids of cells of different sizes, badges and flags between them, boards that let the picture through, letters
without a plate, words for the period in several languages, full names.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Literal

import numpy as np
from numpy.typing import NDArray

from matchcut.datasets.boards.board import Colour, Corners, Says, _font, _found_faces
from matchcut.datasets.boards.films import Script, moving_pictures

if TYPE_CHECKING:
    from PIL import Image as Pil

ODD_FORMS = (
    *("column", "names over", "names under", "clock above", "clock below", "clock left", "clock right"),
    *("big score", "badges", "one line"),
)
PERIODS = (("1st", "2nd"), ("1H", "2H"), ("1T", "2T"), ("1. HZ", "2. HZ"), ("1ST HALF", "2ND HALF"))
"""What boards call the halves."""
CLOCKS = ("mm:ss", "m:ss", "mm:ss", "named", "named behind", "minutes")

_SHORT = (
    *("KOL", "HSV", "SGE", "WOB", "LEV", "BMG", "OL", "OM", "LIL", "NAP", "ROM", "LAZ", "MIL", "INT"),
    *("SEV", "VAL", "ATM", "BET", "NYC", "LAG", "SEA", "POL", "CRO", "DEN", "SWE", "URU", "KOR", "AUS"),
)
_FULL = (
    *("Liverpool", "Everton", "Real Madrid", "Sevilla", "Juventus", "Torino", "Hamburg", "Bremen", "Uruguay"),
    *("Croatia", "Man City", "West Ham", "St Pauli", "Porto"),
)

Style = Literal["name", "score", "clock", "badge", "air"]
Cell = tuple[str, str, Style, float]
"""Text, the widest text that can stand there, what it is, and its size beside the others'."""
Grid = tuple[tuple[Cell, ...], ...]
_AIR: Cell = ("", "", "air", 1.0)


@dataclass(frozen=True)
class OddBoard:
    """One way to draw a board.

    Attributes:
        form: one of `ODD_FORMS`.
        place: where it stands: 0 to 1 of the free width and height.
        size: height of its text in pixels of a picture 360 pixels high.
        face: font file; "" for Pillow's own.
        inks, papers: colours of names, score and clock.
        opacity: 0 to 1; 0 for letters with an outline on the bare picture.
        separator: between the numbers of the score where they share a cell.
        clock: one of `CLOCKS`.
        periods: what it calls the halves.
        teams: home and away.
        badges: whether coloured badges stand beside the names.
    """

    form: str
    place: tuple[float, float]
    size: int
    face: str
    inks: tuple[Colour, Colour, Colour]
    papers: tuple[Colour, Colour, Colour]
    opacity: float
    separator: str
    clock: str
    periods: tuple[str, str]
    teams: tuple[str, str]
    badges: bool


def odd_board(seed: int) -> OddBoard:
    """A board of random form, place and colours."""
    rng = random.Random(seed * 7919 + 5)
    inks, papers = [], []
    for _ in range(3):
        dark: Colour = (rng.randrange(90), rng.randrange(90), rng.randrange(90))
        light: Colour = (rng.randrange(190, 256), rng.randrange(190, 256), rng.randrange(190, 256))
        ink, paper = (light, dark) if rng.random() < 0.6 else (dark, light)
        inks.append(ink)
        papers.append(paper)
    if rng.random() < 0.5:  # one pair of colours for all
        inks, papers = [inks[0]] * 3, [papers[0]] * 3
    opacity = rng.choice((1.0, 1.0, 1.0, 0.85, 0.6, 0.0))
    if opacity == 0:
        inks = [(255, 255, 255)] * 3
    home, away = rng.sample(_FULL if rng.random() < 0.3 else _SHORT, 2)
    return OddBoard(
        form=rng.choice(ODD_FORMS),
        place=rng.choice([(0.03, 0.06), (0.97, 0.06), (0.5, 0.04), (0.04, 0.92), (0.5, 0.95), (0.96, 0.5)]),
        size=rng.choice((11, 12, 13, 14, 16, 19)),
        face=rng.choice(["", *_found_faces()]),
        inks=(inks[0], inks[1], inks[2]),
        papers=(papers[0], papers[1], papers[2]),
        opacity=opacity,
        separator=rng.choice(("-", " - ", ":", " : ", "–")),
        clock=rng.choice(CLOCKS),
        periods=rng.choice(PERIODS),
        teams=(home, away),
        badges=rng.random() < 0.4,
    )


def odd_frames(
    board: OddBoard, script: Script, seed: int, size: tuple[int, int] = (640, 360)
) -> Iterator[NDArray[np.uint8]]:
    """The pictures, shape (H, W, 3), one a second."""
    from PIL import Image

    for number, picture in enumerate(moving_pictures(round(script.seconds), seed, size=size)):
        image = Image.fromarray(picture)
        if number >= script.kick_off and not any(a <= number < b for a, b in script.hidden):
            draw_odd(image, board, script.says(number))
        yield np.asarray(image)


def draw_odd(picture: Pil.Image, board: OddBoard, says: Says) -> None:
    """Draws the board on a picture, as it stands when it says this."""
    from PIL import ImageChops

    plate, mask = _plate(board, _grid(board, says), picture.height)
    left = round((picture.width - plate.width) * board.place[0])
    top = round((picture.height - plate.height) * board.place[1])
    corners: Corners = (left, top, left + plate.width, top + plate.height)
    if board.opacity > 0:
        opaque = mask.point([round(v * board.opacity) for v in range(256)])
        letters = _plate(board, _grid(board, says), picture.height, True)[1]
        mask = ImageChops.lighter(opaque, letters)
    picture.paste(plate, corners, mask)


def _grid(board: OddBoard, says: Says) -> Grid:
    clock = says.clock_s or 0.0
    minutes, rest = divmod(int(clock + 1e-6), 60)
    period = board.periods[says.period - 1]
    face = {
        "mm:ss": f"{minutes:02d}:{rest:02d}",
        "m:ss": f"{minutes}:{rest:02d}",
        "named": f"{period} {minutes:02d}:{rest:02d}",
        "named behind": f"{minutes:02d}:{rest:02d} {period}",
        "minutes": f"{minutes + 1}'",
    }[board.clock]
    one, two = (str(n) for n in says.score)
    name1: Cell = (board.teams[0], board.teams[0], "name", 1.0)
    name2: Cell = (board.teams[1], board.teams[1], "name", 1.0)
    s1: Cell = (one, "0", "score", 1.0)
    s2: Cell = (two, "0", "score", 1.0)
    both: Cell = (f"{one}{board.separator}{two}", f"0{board.separator}0", "score", 1.0)
    time: Cell = (face, max(face, "00:00", key=len), "clock", 1.0)
    badge: Cell = ("", "00", "badge", 1.0)
    b: tuple[Cell, ...] = (badge,) if board.badges else ()
    forms: dict[str, Grid] = {
        "column": ((name1,), (s1,), (s2,), (name2,), (time,)),
        "names over": ((name1, _AIR, name2), (s1, time, s2)),
        "names under": ((s1, time, s2), (name1, _AIR, name2)),
        "clock above": ((time,), (*b, name1, both, name2, *b)),
        "clock below": ((*b, name1, s1, s2, name2, *b), (time,)),
        "clock left": ((_sized(time, 1.3), *b, name1, s1), (_AIR, *b, name2, s2)),
        "clock right": ((*b, name1, s1, _sized(time, 1.3)), (*b, name2, s2, _AIR)),
        "big score": ((name1, _sized(s1, 1.6), _sized(s2, 1.6), name2, _sized(time, 0.85)),),
        "badges": ((badge, name1, both, name2, badge, _AIR, time),),
        "one line": ((time, _AIR, *b, name1, s1, _AIR, s2, name2, *b),),
    }
    return forms[board.form]


def _sized(cell: Cell, size: float) -> Cell:
    text, widest, style, _ = cell
    return text, widest, style, size


@lru_cache(maxsize=64)
def _plate(board: OddBoard, grid: Grid, height: int, letters: bool = False) -> tuple[Pil.Image, Pil.Image]:
    """The board, and what of it covers the picture: the plates, or the letters alone."""
    from PIL import Image, ImageDraw

    unit = board.size * height / 360
    pad = round(0.45 * unit)
    fonts = {cell[3]: _font(board.face, round(unit * cell[3])) for row in grid for cell in row}
    highs = [round(unit * max(cell[3] for cell in row) * 1.25) + pad for row in grid]
    wides = [[round(fonts[c[3]].getlength(c[1])) + 2 * pad if c[1] else pad for c in row] for row in grid]
    aligned = len({len(row) for row in grid}) == 1
    if aligned:
        columns = [max(column) for column in zip(*wides, strict=True)]
        wides = [columns] * len(grid)
    whole = max(sum(row) for row in wides)
    plate = Image.new("RGB", (whole, sum(highs)))
    mask = Image.new("L", plate.size, 0)
    draw, cover = ImageDraw.Draw(plate), ImageDraw.Draw(mask)
    colours = {"name": 0, "score": 1, "clock": 2, "air": 0, "badge": 0}
    y = 0
    for row, high, widths in zip(grid, highs, wides, strict=True):
        x = (whole - sum(widths)) // 2
        for (text, _, style, scale), wide in zip(row, widths, strict=True):
            ink, paper = board.inks[colours[style]], board.papers[colours[style]]
            area = (x, y, x + wide - 1, y + high - 1)
            if board.opacity > 0 and not (style == "air" and aligned):
                draw.rectangle(area, fill=paper)
                if not letters:
                    cover.rectangle(area, fill=255)
            if style == "badge":
                middle, reach = (x + wide // 2, y + high // 2), high // 3
                round_box = (middle[0] - reach, middle[1] - reach, middle[0] + reach, middle[1] + reach)
                draw.ellipse(round_box, fill=(200, 30, 40), outline=(240, 220, 60), width=max(reach // 3, 1))
                cover.ellipse(round_box, fill=255)
            else:
                at, edge = (x + wide / 2, y + high / 2), int(board.opacity == 0)
                font = fonts[scale]
                for pen, fill in ((draw, ink), (cover, 255)):
                    line = (0, 0, 0) if pen is draw else 255
                    pen.text(at, text, fill, font, "mm", stroke_width=edge, stroke_fill=line)
            x += wide
        y += high
    return plate, mask
