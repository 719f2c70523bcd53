"""One picture of the frames around a moment, each with its times and the scoreboard enlarged."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from matchcut import files
from matchcut.clock import MatchClock, format_time
from matchcut.errors import InputError, OutputError
from matchcut.media.frames import Frame, read_frames
from matchcut.observe.boxes import around
from matchcut.observe.readings import BoardTrack

if TYPE_CHECKING:
    from PIL.Image import Image

FORMATS = {".png": "PNG", ".jpg": "JPEG", ".jpeg": "JPEG"}
"""The kinds of picture that can be written, by how their names end."""

_PAPER, _INK, _QUIET, _MARK = "#14181d", "#f0f3f6", "#9aa7b6", "#f0b429"


@dataclass(frozen=True, slots=True)
class SheetSettings:
    """How the sheet looks.

    Attributes:
        columns, rows: of frames; the middle one is the moment.
        longest: the longer side of one frame, in pixels.
        caption: the height of what stands under each.
        gap: between the frames.
    """

    columns: int = 5
    rows: int = 3
    longest: int = 400
    caption: int = 44
    gap: int = 8


def write_contact_sheet(
    path: Path | str,
    media: Path | str,
    time: float,
    around_s: float = 15.0,
    *,
    clock: MatchClock | None = None,
    board: BoardTrack | None = None,
    settings: SheetSettings = SheetSettings(),
) -> Path:
    """Writes the frames around a moment as one picture, whole or not at all.

    Args:
        path: the picture, a PNG or JPEG file.
        media: the video.
        time: the second on the recording; its frame is in the middle, framed.
        around_s: how many seconds before and after it to show.
        clock: names the frames by match time as well.
        board: where the scoreboard stands, to show it enlarged.
        settings: how the sheet looks.

    Raises:
        OutputError: the name does not end as a picture's does, or it cannot be written.
        InputError: the video cannot be read, or shows nothing then.
    """
    kind = FORMATS.get(Path(path).suffix.casefold())
    if kind is None:
        # Also keeps a slip from replacing the video with a picture.
        raise OutputError(f"{path}: frames are written as a picture", "Give it a name that ends with .png")
    count = settings.columns * settings.rows
    times = np.linspace(time - around_s, time + around_s, count)
    shown = [frame for at in times if at >= 0 and (frame := _frame_at(media, float(at), board)) is not None]
    if not shown:
        raise InputError(f"{media}: shows no picture around {format_time(time)}", "Give another time")
    middle = min(shown, key=lambda frame: abs(frame.time - time))
    sheet = _sheet(shown, middle, clock, board, settings)
    with files.replacing(path) as temporary, temporary.open("wb") as stream:
        sheet.save(stream, kind)
    return Path(path)


def _frame_at(media: Path | str, time: float, board: BoardTrack | None) -> Frame | None:
    """The first frame from a moment on, if one comes within a second, as large as the board was read."""
    width = board.size[0] if board is not None and board.size[0] > 0 else None
    return next(read_frames(media, time, time + 1.0, width=width), None)


def _sheet(
    shown: list[Frame],
    middle: Frame,
    clock: MatchClock | None,
    board: BoardTrack | None,
    settings: SheetSettings,
) -> Image:
    from PIL import Image, ImageDraw, ImageFont

    s = settings
    scale = s.longest / max(shown[0].image.shape[:2])
    height, width = (max(1, round(side * scale)) for side in shown[0].image.shape[:2])
    columns = min(s.columns, len(shown))
    rows = -(-len(shown) // columns)
    size = (columns * (width + s.gap) + s.gap, rows * (height + s.caption + s.gap) + s.gap)
    sheet = Image.new("RGB", size, _PAPER)
    pen = ImageDraw.Draw(sheet)
    large, small = ImageFont.load_default(17), ImageFont.load_default(13)
    for place, frame in enumerate(shown):
        x = s.gap + place % columns * (width + s.gap)
        y = s.gap + place // columns * (height + s.caption + s.gap)
        sheet.paste(Image.fromarray(frame.image).resize((width, height), Image.Resampling.LANCZOS), (x, y))
        if frame is middle:
            pen.rectangle((x - 3, y - 3, x + width + 2, y + height + s.caption - 1), outline=_MARK, width=3)
        at = clock.at(frame.time) if clock else None
        recording = format_time(frame.time)
        pen.text((x + 4, y + height + 3), str(at or recording), fill=_INK, font=large)
        pen.text((x + 4, y + height + 24), f"recording {recording}" if at else "", fill=_QUIET, font=small)
        crop = _board_crop(frame, board)
        if crop is not None:
            larger = min((s.caption - 8) / crop.shape[0], (width - 120) / crop.shape[1])
            room = (max(1, round(crop.shape[1] * larger)), max(1, round(crop.shape[0] * larger)))
            left = x + width - room[0] - 4
            enlarged = Image.fromarray(crop).resize(room, Image.Resampling.LANCZOS)
            sheet.paste(enlarged, (max(left, x), y + height + 4))
    return sheet


def _board_crop(frame: Frame, board: BoardTrack | None) -> NDArray[np.uint8] | None:
    """The part of a frame in which the board stands that was read nearest to it; None where none was."""
    if board is None or not board.layouts or board.size[0] <= 0:
        return None
    nearest = min(board.readings, key=lambda r: abs(r.seconds - frame.time), default=None)
    number = 0 if nearest is None or nearest.layout >= len(board.layouts) else nearest.layout
    layout = board.layouts[number]
    parts = [*layout.score, *([] if layout.clock is None else [layout.clock])]
    place = layout.region
    if parts:  # closer than the region, which has much air around it; the names stand beside the score
        place = around(parts).grown(3 * parts[0].height, 0.5 * parts[0].height)
    return place.scaled(frame.image.shape[1] / board.size[0]).cut(frame.image)
