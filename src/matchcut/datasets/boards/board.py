"""One scoreboard: how it looks, what it says, how it is drawn."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from PIL import Image as Pil
    from PIL import ImageFont

FORMS = ("inline", "clock first", "boxes", "each beside", "stacked", "stacked under", "wide")
"""How clock, teams and score follow each other; see `_rows`."""
MORE_FORMS = ("split", "apart")
"""The clock on a plate of its own: a little way off the score, or in the other corner."""
CLOCK_STYLES = ("mm:ss", "m:ss", "1st mm:ss", "minutes")
STOPPAGES = ("runs on", "announced", "stands")
"""What the clock does past 45:00: 46:12; 46:12 with "+2" beside it; or 45:00 with "+2"."""

_FOLDERS = ("/usr/share/fonts/truetype", "/usr/share/fonts", "/Library/Fonts", "C:/Windows/Fonts")
_FACES = (
    *("LiberationSans-Bold", "LiberationSans-Regular", "LiberationSansNarrow-Bold", "DejaVuSans-Bold"),
    *("DejaVuSansCondensed-Bold", "LiberationMono-Bold", "DejaVuSans", "LiberationSerif-Bold"),
)
_REGULAR_S = 2700.0

Colour = tuple[int, int, int]
Cell = tuple[str, str, bool]
"""What stands in a cell, the widest text that can stand there, whether it is the score."""
Corners = tuple[int, int, int, int]
"""Left, top, right, bottom in pixels."""
Rows = tuple[tuple[Cell, ...], ...]
"""The cells of a plate, row by row."""


@dataclass(frozen=True)
class Board:
    """One way to draw a scoreboard.

    Attributes:
        form: one of `FORMS` or `MORE_FORMS`.
        place: where it stands: 0 to 1 of the free width and height.
        size: height of its text in pixels of a picture 360 pixels high.
        face: font file; "" for Pillow's own.
        ink, paper, score_ink, score_paper: colours of text and background.
        opacity: 0 to 1.
        separator: between the numbers of the score.
        clock_style: one of `CLOCK_STYLES`.
        teams: home and away.
        ticker: a line of other results at the foot of the picture.
        counts_down: whether the clock runs backwards, from 45:00.
        shadow: a dark line under the letters.
        stoppage: one of `STOPPAGES`.
    """

    form: str
    place: tuple[float, float]
    size: int
    face: str
    ink: Colour
    paper: Colour
    score_ink: Colour
    score_paper: Colour
    opacity: float
    separator: str
    clock_style: str
    teams: tuple[str, str]
    ticker: bool = False
    counts_down: bool = False
    shadow: bool = False
    stoppage: str = "runs on"


@dataclass(frozen=True)
class Says:
    """What a board says at a moment.

    Attributes:
        clock_s: the match clock, stoppage time included; None while it is away (before kick-off, at half-time).
        score: home and away.
        period: from 1.
        regular_s: what the clock shows when the period's regular time is over.
        added_min: minutes of stoppage time that are announced; 0 for none.
        waiting: what stands in the clock's place while it is away.
    """

    clock_s: float | None
    score: tuple[int, int]
    period: int = 1
    regular_s: float = math.inf
    added_min: int = 0
    waiting: str = ""


def draw_board(picture: Pil.Image, board: Board, says: Says) -> None:
    """Draws the board on a picture, as it stands when it says this."""
    draw_plates(picture, board, _plates(board, says, picture.width, picture.height))


def draw_plates(picture: Pil.Image, board: Board, plates: Sequence[tuple[Corners, Rows]]) -> None:
    """Draws plates of cells in the board's colours, each where its corners are."""
    from PIL import Image

    for (left, top, right, bottom), rows in plates:
        plate = _plate(board, rows, picture.height)
        if board.opacity < 1:
            plate = Image.blend(picture.crop((left, top, right, bottom)), plate, board.opacity)
        picture.paste(plate, (left, top))


def board_boxes(board: Board, says: Says, width: int, height: int) -> list[Corners]:
    """Where the plates of the board stand on a picture of this size.

    There is one, or two (the clock's first) if the clock has its own, and one more for announced stoppage time.
    """
    return [place for place, _ in _plates(board, says, width, height)]


def _plates(board: Board, says: Says, width: int, height: int) -> list[tuple[Corners, Rows]]:
    """Each plate's corners and rows of cells."""
    plates = _main_plates(board, says, width, height)
    if says.added_min and says.clock_s is not None and board.stoppage != "runs on":
        added = (((f"+{says.added_min}", "+0", True),),)
        plates.append((_beside_clock(plates[0], added, board, width, height), added))
    return plates


def _beside_clock(plate: tuple[Corners, Rows], added: Rows, board: Board, width: int, height: int) -> Corners:
    """Where announced stoppage time is shown: beside the clock, else below it, or above on a board at the foot.

    The board itself stays where it is.
    """
    (left, top, _, _), rows = plate
    wide, high = _measure(board, added, height)
    row = next(r for r, cells in enumerate(rows) if any(_is_clock(cell) for cell in cells))
    place = next(i for i, cell in enumerate(rows[row]) if _is_clock(cell))
    widths = _widths(board, rows, height)[row]
    line = top + row * high
    end = left + sum(widths[: place + 1])
    if place == len(widths) - 1 and end + wide <= width:
        return end, line, end + wide, line + high
    if place == 0 and left - wide >= 0:
        return left - wide, line, left, line + high
    start = max(end - wide, 0)
    line = top - high if board.place[1] > 0.5 else top + len(rows) * high
    return start, line, start + wide, line + high


def _is_clock(cell: Cell) -> bool:
    return cell[1].startswith("00") and cell[0] != " "


def _main_plates(board: Board, says: Says, width: int, height: int) -> list[tuple[Corners, Rows]]:
    rows = _rows(board, says)
    if board.form not in MORE_FORMS:
        return [(corners(rows, board, board.place, width, height), rows)]
    clock, score = (rows[0],), (rows[1],)
    main = corners(score, board, board.place, width, height)
    if board.form == "apart":
        return [
            (corners(clock, board, (1 - board.place[0], board.place[1]), width, height), clock),
            (main, score),
        ]
    left, top, right, bottom = corners(clock, board, board.place, width, height)
    step = (bottom - top) * 7 // 5 * (1 if board.place[1] < 0.5 else -1)
    return [((left, top + step, right, bottom + step), clock), (main, score)]


def corners(rows: Rows, board: Board, place: tuple[float, float], width: int, height: int) -> Corners:
    """Where a plate with these cells stands; ``place`` is 0 to 1 of the free width and height."""
    wide, high = _measure(board, rows, height)
    left, top = round((width - wide) * place[0]), round((height - high) * place[1])
    return left, top, left + wide, top + high


def _row_height(board: Board, height: int) -> tuple[int, int]:
    """The height of a row of cells and the room beside a cell's text, in pixels."""
    scale = height / 360
    pad = round(board.size * scale * 0.45)
    return round(board.size * scale * 1.25) + pad, pad


@lru_cache(maxsize=256)
def _widths(board: Board, rows: Rows, height: int) -> tuple[tuple[int, ...], ...]:
    font = _font(board.face, round(board.size * height / 360))
    pad = _row_height(board, height)[1]
    return tuple(
        tuple(round(font.getlength(widest)) + 2 * pad if widest else pad for _, widest, _ in row)
        for row in rows
    )


def _measure(board: Board, rows: Rows, height: int) -> tuple[int, int]:
    return max(sum(row) for row in _widths(board, rows, height)), _row_height(board, height)[0] * len(rows)


@lru_cache(maxsize=32)
def _plate(board: Board, rows: Rows, height: int) -> Pil.Image:
    from PIL import Image, ImageDraw

    font = _font(board.face, round(board.size * height / 360))
    high = _row_height(board, height)[0]
    widths = _widths(board, rows, height)
    layer = Image.new("RGB", _measure(board, rows, height), board.paper)
    draw = ImageDraw.Draw(layer)
    for r, row in enumerate(rows):
        x = 0
        for (text, _, is_score), width in zip(row, widths[r], strict=True):
            if is_score:
                draw.rectangle((x, r * high, x + width - 1, (r + 1) * high - 1), fill=board.score_paper)
            middle = (x + width / 2, (r + 0.5) * high)
            if board.shadow:
                draw.text((middle[0] + 1, middle[1] + 1), text, fill=(40, 40, 40), font=font, anchor="mm")
            draw.text(middle, text, fill=board.score_ink if is_score else board.ink, font=font, anchor="mm")
            x += width
    return layer


def _rows(board: Board, says: Says) -> Rows:
    """The cells, row by row; the clock's row comes first where it has its own plate."""
    now = _clock_face(board, says)
    widest = "0" * max(len(now), 9 if board.clock_style == "1st mm:ss" else 0)
    time: Cell = (now, widest if len(widest) > 4 else "00:00", False)
    home, away = (str(x) for x in says.score)
    first, second = board.teams
    team1, team2 = (first, first, False), (second, second, False)
    both: Cell = (f"{home}{board.separator}{away}", f"0{board.separator}0", True)
    one, two = (home, "0", True), (away, "0", True)
    air: Cell = ("", "", False)
    forms: dict[str, Rows] = {
        "inline": ((team1, both, team2, air, time),),
        "clock first": ((time, air, team1, both, team2),),
        "boxes": ((team1, one, two, team2, air, time),),
        "each beside": ((time, air, team1, one, team2, two),),
        "stacked": ((time, team1, one), ((" ", time[1], False), team2, two)),
        "stacked under": ((team1, one), (team2, two), (time,)),
        "wide": ((team1, one, air, time, air, two, team2),),
        "split": ((time,), (team1, both, team2)),
        "apart": ((time,), (team1, both, team2)),
    }
    return forms[board.form]


def _clock_face(board: Board, says: Says) -> str:
    if says.clock_s is None:
        return says.waiting
    clock = min(says.clock_s, says.regular_s) if board.stoppage == "stands" else says.clock_s
    if board.counts_down:
        clock = max(_REGULAR_S - clock, 0.0)
    minutes, rest = divmod(int(clock + 1e-6), 60)
    return {
        "mm:ss": f"{minutes:02d}:{rest:02d}",
        "m:ss": f"{minutes}:{rest:02d}",
        "1st mm:ss": f"{'1st' if says.period == 1 else '2nd'} {minutes:02d}:{rest:02d}",
        "minutes": f"{minutes + 1}'",
    }[board.clock_style]


def draw_ticker(picture: Pil.Image, seconds: float) -> None:
    """Other matches' results, running along the foot of the picture."""
    from PIL import ImageDraw

    scale = picture.height / 360
    draw = ImageDraw.Draw(picture)
    top = picture.height - round(24 * scale)
    draw.rectangle((0, top, picture.width, picture.height), fill=(10, 10, 30))
    minute = 20 + int(seconds // 60)
    text = (
        f"EVE 1-0 WHU {minute}'     TOT 2-2 AVL {minute}'     NEW 0-3 WOL FT     LEI 1-1 SOU {minute + 1}'     "
        * 2
    )
    left = (20 - (seconds * 24) % 500) * scale
    draw.text((left, top + 5 * scale), text, fill=(240, 240, 240), font=_font("", round(13 * scale)))


@lru_cache(maxsize=64)
def _font(face: str, size: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    from PIL import ImageFont

    return ImageFont.truetype(face, size) if face else ImageFont.load_default(size)


@lru_cache(maxsize=1)
def _found_faces() -> tuple[str, ...]:
    found = []
    for name in _FACES:
        for folder in _FOLDERS:
            path = next(Path(folder).rglob(f"{name}.ttf"), None) if Path(folder).is_dir() else None
            if path is not None:
                found.append(str(path))
                break
    return tuple(found)
