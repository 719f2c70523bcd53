"""Baseball's board: teams and runs, inning, outs, balls and strikes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from matchcut.datasets.boards.board import Board, Corners, Rows, corners, draw_plates

if TYPE_CHECKING:
    from PIL import Image as Pil

COUNT_FORMS = ("bar", "two rows", "stack")
"""How its parts follow each other."""


@dataclass(frozen=True)
class Tally:
    """What a baseball board says: the count, the outs, the inning and its half, the runs."""

    balls: int = 0
    strikes: int = 0
    outs: int = 0
    inning: int = 1
    top: bool = True
    away: int = 0
    home: int = 0


def draw_count_board(picture: Pil.Image, board: Board, tally: Tally) -> None:
    """Draws the board; its form is one of `COUNT_FORMS`, its teams are home and away."""
    rows = _rows(board, tally)
    draw_plates(picture, board, [(corners(rows, board, board.place, *picture.size), rows)])


def count_board_box(board: Board, tally: Tally, width: int, height: int) -> Corners:
    """Where the board stands on a picture of this size."""
    return corners(_rows(board, tally), board, board.place, width, height)


def _rows(board: Board, tally: Tally) -> Rows:
    home, away = board.teams
    first = (f"{away} {tally.away}", f"{away} 00", False)
    second = (f"{home} {tally.home}", f"{home} 00", False)
    inning = (f"{'TOP' if tally.top else 'BOT'} {tally.inning}", "TOP 00", False)
    outs = (f"{tally.outs} OUT" + ("" if tally.outs == 1 else "S"), "0 OUTS", False)
    count = (f"{tally.balls}-{tally.strikes}", "0-0", True)
    air = ("", "", False)
    forms: dict[str, Rows] = {
        "bar": ((first, second, air, inning, air, count, air, outs),),
        "two rows": ((first, inning, count), (second, outs, air)),
        "stack": ((first,), (second,), (inning, count), (outs,)),
    }
    return forms[board.form]
