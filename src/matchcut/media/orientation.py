"""Which way up a picture is shown: the display matrix that phones and cameras write."""

from __future__ import annotations

import struct
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from av.buffer import Buffer
    from av.video.frame import VideoFrame


@dataclass(frozen=True, slots=True)
class Orientation:
    """How to lay the stored picture out for the eye: first swap rows and columns, then mirror.

    Attributes:
        swap: rows become columns.
        flip_x, flip_y: mirrored left to right, top to bottom, after the swap.
        matrix: the nine integers of the display matrix that says so; empty if there is none.
    """

    swap: bool = False
    flip_x: bool = False
    flip_y: bool = False
    matrix: tuple[int, ...] = ()

    @property
    def rotation(self) -> int:
        """Degrees clockwise by which the stored picture is turned: 0, 90, 180 or 270 (mirroring left aside)."""
        if self.swap:
            return 90 if self.flip_x else 270
        return 180 if self.flip_y else 0

    def shown(self, image: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """The picture as it is shown, from the picture as it is stored; shape (H, W, ...)."""
        if self.swap:
            image = np.swapaxes(image, 0, 1)
        if self.flip_x:
            image = image[:, ::-1]
        if self.flip_y:
            image = image[::-1]
        return np.ascontiguousarray(image)

    def stored(self, image: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """The inverse of `shown`."""
        if self.flip_y:
            image = image[::-1]
        if self.flip_x:
            image = image[:, ::-1]
        if self.swap:
            image = np.swapaxes(image, 0, 1)
        return np.ascontiguousarray(image)

    def size(self, width: int, height: int) -> tuple[int, int]:
        """The size shown for a size stored, and the other way round."""
        return (height, width) if self.swap else (width, height)


def orientation(frame: VideoFrame) -> Orientation:
    """The orientation that a decoded frame carries (ISO/IEC 14496-12, 8.3.2: x' = ax + cy, y' = bx + dy)."""
    data = cast("Mapping[str, Buffer]", frame.side_data).get("DISPLAYMATRIX")  # PyAV's stubs know one key alone
    if data is None:
        return Orientation()
    matrix = struct.unpack("=9i", bytes(data)[:36])
    a, b, _, c, d = matrix[:5]
    if abs(b) > abs(a):
        return Orientation(True, c < 0, b < 0, matrix)
    return Orientation(False, a < 0, d < 0, matrix)
