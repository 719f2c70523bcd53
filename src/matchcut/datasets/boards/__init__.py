"""Drawn scoreboards of many layouts, and short films with them, for tests, practice and measurements.

Everything here is drawn, nothing is real: what is measured on it says how many layouts the reader copes with,
not how well it reads real broadcasts.
"""

from __future__ import annotations

from matchcut.datasets.boards.board import (
    FORMS,
    MORE_FORMS,
    STOPPAGES,
    Board,
    Says,
    board_boxes,
    draw_board,
    draw_ticker,
)
from matchcut.datasets.boards.count import COUNT_FORMS, Tally, count_board_box, draw_count_board
from matchcut.datasets.boards.drawn import random_board
from matchcut.datasets.boards.films import Script, frames, random_script, write_video

__all__ = [
    "COUNT_FORMS",
    "FORMS",
    "MORE_FORMS",
    "STOPPAGES",
    "Board",
    "Says",
    "Script",
    "Tally",
    "board_boxes",
    "count_board_box",
    "draw_board",
    "draw_count_board",
    "draw_ticker",
    "frames",
    "random_board",
    "random_script",
    "write_video",
]
