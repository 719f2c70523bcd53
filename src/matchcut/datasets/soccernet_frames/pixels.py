"""An image's bytes as pixels: right side up and 8-bit RGB whatever was saved, or a clear message."""

from __future__ import annotations

import struct
import zlib
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from matchcut.errors import InputError

if TYPE_CHECKING:
    from PIL.Image import Image as Picture

MOST_PIXELS = 50_000_000
"""The most pixels of an image: 8K is 33 million. A few bytes can claim billions (a decompression bomb)."""
LEAST_SIDE = 8
"""The least width and height in pixels: of less nothing can be seen."""

_FORMATS = ("PNG", "JPEG", "WEBP", "GIF", "BMP")
_PNG = b"\x89PNG\r\n\x1a\n"
_SAVE = "Save it as an 8-bit RGB PNG, or leave it out"
_AGAIN = "Get the image again, or leave it out"


def check_image(data: bytes, where: str) -> tuple[int, int]:
    """Looks at an image's header alone.

    Args:
        data: the file's bytes.
        where: what to call it in messages.

    Returns:
        Width and height in pixels, as it is shown.

    Raises:
        InputError: it is no image, or one that `rgb_pixels` refuses by its header.
    """
    with _opened(data, where) as picture:
        width, height = picture.size
        return (height, width) if _orientation(picture) >= 5 else (width, height)


def rgb_pixels(data: bytes, where: str) -> NDArray[np.uint8]:
    """An image as it is shown, shape (H, W, 3), RGB.

    16-bit values are scaled down, a palette and CMYK are turned into RGB, what is transparent becomes black,
    and a picture that a camera marked as turned (EXIF) is turned.

    Raises:
        InputError: it is no whole image of a known format, or is animated, too small or absurdly large.
    """
    from PIL import ImageOps

    with _opened(data, where) as picture:
        try:
            picture.load()
            upright = ImageOps.exif_transpose(picture)
            return np.array(_rgb(upright), dtype=np.uint8)
        except MemoryError as error:
            raise InputError(f"{where}: is too large for the memory", _SAVE) from error
        except _broken() as error:
            raise InputError(f"{where}: the image is broken ({error})", _AGAIN) from error


def _opened(data: bytes, where: str) -> Picture:
    """The image, its header read and held against the limits; the rest is read later."""
    import io

    from PIL import Image, UnidentifiedImageError

    if data[:8] == _PNG and len(data) >= 24:
        # Before Pillow sees it, which warns of large ones on its own.
        width, height = struct.unpack(">II", data[16:24])
        _check_size(width, height, where)
    try:
        picture = Image.open(io.BytesIO(data), formats=_FORMATS)
        frames = getattr(picture, "n_frames", 1)
    except UnidentifiedImageError as error:
        raise InputError(f"{where}: is no {', '.join(_FORMATS)} image, or its head is broken", _SAVE) from error
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise InputError(f"{where}: claims more than {MOST_PIXELS // 10**6} million pixels", _AGAIN) from error
    except _broken() as error:
        raise InputError(f"{where}: the image is broken ({error})", _AGAIN) from error
    _check_size(*picture.size, where)
    if frames > 1:
        raise InputError(
            f"{where}: is animated ({frames} pictures), and which one is meant is not said",
            "Save the one that is meant as a PNG",
        )
    return picture


def _check_size(width: int, height: int, where: str) -> None:
    if width * height > MOST_PIXELS:
        raise InputError(
            f"{where}: claims {width} x {height} pixels, more than {MOST_PIXELS // 10**6} million", _AGAIN
        )
    if min(width, height) < LEAST_SIDE:
        raise InputError(
            f"{where}: has {width} x {height} pixels, and nothing can be seen in fewer than"
            f" {LEAST_SIDE} x {LEAST_SIDE}",
            "Leave it out",
        )


def _orientation(picture: Picture) -> int:
    try:
        return int(picture.getexif().get(0x0112, 1))
    except _broken():
        return 1


def _rgb(picture: Picture) -> Picture:
    from PIL import Image

    if picture.mode.startswith(("I", "F")):
        # Pillow's own way to 8 bits cuts off instead of scaling; 16-bit greys come as "I;16" or "I".
        values = np.asarray(picture).astype(np.int64)
        return Image.fromarray((values.clip(0, 65535) >> 8).astype(np.uint8)).convert("RGB")
    if picture.has_transparency_data:
        shown = picture.convert("RGBA")
        return Image.alpha_composite(Image.new("RGBA", shown.size, (0, 0, 0, 255)), shown).convert("RGB")
    return picture.convert("RGB")


def _broken() -> tuple[type[Exception], ...]:
    """What Pillow raises for damaged images: much, and none of it its own."""
    return (
        *(OSError, SyntaxError, ValueError, TypeError, EOFError, KeyError, IndexError, AttributeError),
        *(OverflowError, RuntimeError, AssertionError, NotImplementedError, struct.error, zlib.error),
    )
