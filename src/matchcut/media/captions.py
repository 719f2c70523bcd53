"""Captions drawn on the picture: white words on a dark plate, so that they can be read on any grass."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, cast

import numpy as np
from numpy.typing import NDArray

from matchcut.media.orientation import Orientation
from matchcut.text import one_line

if TYPE_CHECKING:
    from av.video.frame import VideoFrame
    from PIL.ImageFont import FreeTypeFont, ImageFont

_MOST_LINES = 3
_PLATE = 170  # opacity of the plate, of 255
_FONTS = (
    "NotoSans-Regular.ttf",
    "DejaVuSans.ttf",
    "NotoSansCJK-Regular.ttc",
    "Arial Unicode.ttf",
    "arial.ttf",
    "msgothic.ttc",
    "NotoSansArabic-Regular.ttf",
)


@dataclass(frozen=True, eq=False)
class _Plate:
    """What to lay over a part of the stored picture.

    Attributes:
        row, column: its top left corner, even.
        alpha, luma: shape (H, W), in [0, 1] and [0, 255], even sizes.
        chroma_alpha: shape (H/2, W/2).
    """

    row: int
    column: int
    alpha: NDArray[np.float32]
    luma: NDArray[np.float32]
    chroma_alpha: NDArray[np.float32]


class CaptionPainter:
    """Draws captions on 8-bit 4:2:0 frames in place.

    Args:
        width, height: of the stored picture, even.
        turn: which way up it is shown.
        full_range: whether luma goes from 0 to 255 rather than from 16 to 235.
    """

    def __init__(self, width: int, height: int, turn: Orientation, full_range: bool = False) -> None:
        self._size = turn.size(width, height)
        self._turn = turn
        self._white = 255.0 if full_range else 235.0
        self._black = 0.0 if full_range else 16.0
        self._plate = lru_cache(maxsize=8)(self._draw)

    def paint(self, frame: VideoFrame, text: str) -> None:
        """Draws the text near the lower edge; nothing if it is blank."""
        plate = self._plate(one_line(text))
        if plate is None:
            return
        frame.make_writable()
        alphas = (plate.alpha, plate.chroma_alpha, plate.chroma_alpha)
        for number, (view, alpha) in enumerate(zip(planes(frame), alphas, strict=True)):
            halved = 2 if number else 1
            top, left = plate.row // halved, plate.column // halved
            region = view[top : top + alpha.shape[0], left : left + alpha.shape[1]]
            # The plate is black and white, so its chroma is neutral.
            colour = 128.0 if number else plate.luma
            region[:] = np.rint(region * (1 - alpha) + colour * alpha).astype(np.uint8)

    def _draw(self, text: str) -> _Plate | None:
        if not text:
            return None
        image = self._turn.stored(_caption_image(text, *self._size))
        grey, alpha = image[..., 0], image[..., 1]
        rows, columns = np.flatnonzero(alpha.any(axis=1)), np.flatnonzero(alpha.any(axis=0))
        top, left = rows[0] // 2 * 2, columns[0] // 2 * 2
        bottom, right = (rows[-1] + 2) // 2 * 2, (columns[-1] + 2) // 2 * 2
        box = np.s_[top:bottom, left:right]
        cover = (alpha[box] / 255).astype(np.float32)
        luma = (self._black + grey[box] / 255 * (self._white - self._black)).astype(np.float32)
        chroma = cover.reshape(cover.shape[0] // 2, 2, cover.shape[1] // 2, 2).mean(axis=(1, 3))
        return _Plate(int(top), int(left), cover, luma, chroma)


def planes(frame: VideoFrame) -> list[NDArray[np.uint8]]:
    """Writable views on a frame's 8-bit planes, shape (H, W) each, without the padding of their rows."""
    return [
        np.frombuffer(cast(bytearray, plane), dtype=np.uint8).reshape(-1, plane.line_size)[
            : plane.height, : plane.width
        ]
        for plane in frame.planes
    ]


def _caption_image(text: str, width: int, height: int) -> NDArray[np.uint8]:
    """Grey and alpha, shape (height, width, 2): the text on its plate at the lower edge."""
    from PIL import Image, ImageDraw

    size = max(10, min(height // 16, width // 16))
    font = _font(text, size)
    draw = ImageDraw.Draw(Image.new("L", (1, 1)))
    lines = _wrap(text, font, width * 0.84)
    box = draw.multiline_textbbox((0, 0), "\n".join(lines), font=font, align="center", spacing=size // 4)
    pad = size // 2
    wide, high = box[2] - box[0], box[3] - box[1]
    left = (width - wide) / 2
    top = max(height - high - pad - height // 20, pad)
    alpha = Image.new("L", (width, height), 0)
    grey = Image.new("L", (width, height), 0)
    plate = (left - pad, top - pad, left + wide + pad, top + high + pad)
    ImageDraw.Draw(alpha).rounded_rectangle(plate, radius=pad, fill=_PLATE)
    for image in (alpha, grey):
        ImageDraw.Draw(image).multiline_text(
            (left - box[0], top - box[1]), "\n".join(lines), 255, font, align="center", spacing=size // 4
        )
    return np.stack([np.asarray(grey), np.asarray(alpha)], axis=-1)


def _wrap(text: str, font: FreeTypeFont | ImageFont, width: float) -> list[str]:
    """The text in at most three lines no wider than ``width`` pixels, an ellipsis for the rest."""
    lines = [""]
    for word in text.split(" "):
        longer = f"{lines[-1]} {word}".strip()
        if font.getlength(longer) <= width:
            lines[-1] = longer
            continue
        if lines[-1]:
            lines.append("")
        for letter in word:  # a word wider than the picture, or a script without blanks, breaks anywhere
            if font.getlength(lines[-1] + letter) > width and lines[-1]:
                lines.append("")
            lines[-1] += letter
        if len(lines) > _MOST_LINES:
            break
    if len(lines) <= _MOST_LINES:
        return lines
    last = lines[_MOST_LINES - 1]
    while last and font.getlength(last + "…") > width:
        last = last[:-1]
    return [*lines[: _MOST_LINES - 1], last + "…"]


@lru_cache(maxsize=32)
def _font(text: str, size: int) -> FreeTypeFont | ImageFont:
    """A font of this machine that has all the letters, else Pillow's own (boxes stand for what it lacks)."""
    from PIL import ImageFont

    own = ImageFont.load_default(size)
    if _covers(own, text):
        return own
    for name in _FONTS:
        try:
            font = ImageFont.truetype(name, size)
        except OSError:
            continue
        if _covers(font, text):
            return font
    return own


def _covers(font: FreeTypeFont | ImageFont, text: str) -> bool:
    """Whether the font draws each letter as something else than a character that no font has."""
    missing = bytes(font.getmask("\U0010fffd"))
    return all(bytes(font.getmask(letter)) != missing for letter in set(text) if letter != " ")
