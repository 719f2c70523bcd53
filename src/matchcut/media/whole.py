"""Whether a media file is all there: its own boxes say how long it should be."""

from __future__ import annotations

import os
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

_BOXES = {b"ftyp", b"moov", b"mdat", b"free", b"skip", b"wide", b"moof", b"mfra", b"sidx", b"styp", b"uuid"}
_EBML = b"\x1a\x45\xdf\xa3"
_SEGMENT = b"\x18\x53\x80\x67"


def promised_size(path: Path) -> int | None:
    """The bytes that an MP4's or a Matroska file's own structure promises; None if it does not say.

    A file that is shorter than this was cut off on its way.

    Raises:
        OSError: the file cannot be read.
    """
    with path.open("rb") as file:
        head = file.read(12)
        file.seek(0)
        if head[4:8] in _BOXES:
            return _boxes_end(file)
        if head[:4] == _EBML:
            return _segment_end(file)
    return None


def has_index(path: Path) -> bool:
    """Whether a file that was cut off can be read as far as it goes: an MP4 only behind its index ("moov").

    Raises:
        OSError: the file cannot be read.
    """
    with path.open("rb") as file:
        if file.read(12)[4:8] not in _BOXES:
            return True
        size = file.seek(0, os.SEEK_END)
        return any(kind == b"moov" and end <= size for kind, end in _boxes(file, size))


def _boxes_end(file: BinaryIO) -> int | None:
    """Where the last top-level box ends (ISO/IEC 14496-12, 4.2)."""
    place = 0
    for _, end in _boxes(file, file.seek(0, os.SEEK_END)):
        place = end
    return place or None


def _boxes(file: BinaryIO, size: int) -> Iterator[tuple[bytes, int]]:
    """The kinds and ends of the top-level boxes; the last may end behind the file's end."""
    place = 0
    while place + 8 <= size:
        file.seek(place)
        length, kind = struct.unpack(">I4s", file.read(8))
        if length == 1:
            wide = file.read(8)
            length = struct.unpack(">Q", wide)[0] if len(wide) == 8 else 16
        if length == 0 or (kind not in _BOXES and not kind.isalnum()):
            break  # "to the end of the file", or padding behind the last box
        if length < 8:
            break
        place += length
        yield kind, place


def _segment_end(file: BinaryIO) -> int | None:
    """Where the first segment ends (RFC 8794 sizes); None for a live recording, which leaves it open."""
    file.seek(4)
    header = _size(file)
    if header is None:
        return None
    file.seek(header, os.SEEK_CUR)
    if file.read(4) != _SEGMENT:
        return None
    length = _size(file)
    return None if length is None else file.tell() + length


def _size(file: BinaryIO) -> int | None:
    """An EBML element size: the leading zero bits say how many bytes it has; all ones mean unknown."""
    first = file.read(1)
    if not first or first[0] == 0:
        return None
    count = 9 - first[0].bit_length()
    value = first[0] & (0xFF >> count)
    rest = file.read(count - 1)
    for byte in rest:
        value = value << 8 | byte
    unknown = (1 << 7 * count) - 1
    return None if value == unknown or len(rest) < count - 1 else value
