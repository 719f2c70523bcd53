"""Fragmented MP4 files with a broken fragment, seen as if that were padding.

FFmpeg gives up at the first fragment header that it does not understand, whether it was damaged or only half
written when the recording stopped. Such a header is shown to it as free space (ISO/IEC 14496-12, 8.1.2): every
other byte stays where it was, so that no offset changes.
"""

from __future__ import annotations

import os
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

_KINDS = {b"ftyp", b"styp", b"moov", b"moof", b"mdat", b"free", b"skip", b"wide", b"sidx", b"mfra", b"uuid"}
_KINDS |= {b"emsg", b"prft", b"ssix", b"meta", b"pdin"}
_NESTED = {b"moof", b"traf"}
_CHUNK = 1 << 20
_LARGEST = 64 << 20  # a fragment's header is some kilobytes

Patches = dict[int, bytes]


class Mended:
    """A file that is read with some bytes replaced, and up to an end; what PyAV takes instead of a path."""

    def __init__(self, path: Path, patches: Patches, end: int) -> None:
        self._file = path.open("rb")
        self._patches = patches
        self._end = end
        self.name = str(path)

    def read(self, count: int = -1) -> bytes:
        """Up to ``count`` bytes from here on."""
        place = self._file.tell()
        left = max(self._end - place, 0)
        data = bytearray(self._file.read(left if count < 0 else min(count, left)))
        for at, patch in self._patches.items():
            for offset, byte in enumerate(patch, at - place):
                if 0 <= offset < len(data):
                    data[offset] = byte
        return bytes(data)

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        """Goes to a place, as a file does."""
        if whence == os.SEEK_END:
            return self._file.seek(self._end + offset)
        return self._file.seek(offset, whence)

    def tell(self) -> int:
        """Where it stands."""
        return self._file.tell()

    def close(self) -> None:
        """Closes the file."""
        self._file.close()


def mended(path: Path) -> Mended | None:
    """A view of a fragmented MP4 without what is broken; None for all that needs no mending.

    Raises:
        OSError: the file cannot be read.
    """
    with path.open("rb") as file:
        if file.read(12)[4:8] not in _KINDS:
            return None
        size = file.seek(0, os.SEEK_END)
        patches, end, fragments = _broken(file, size)
    return Mended(path, patches, end) if fragments and (patches or end < size) else None


def _broken(file: BinaryIO, size: int) -> tuple[Patches, int, int]:
    """What to put over broken fragments, where the last whole one ends, and how many are whole."""
    patches: Patches = {}
    fragments = place = 0
    while place + 8 <= size:
        length, kind = _header(file, place)
        if kind == b"moof" and place + length <= size and _is_whole(file, place, place + length):
            fragments += 1
        elif kind == b"moof" or kind not in _KINDS or length < 8:
            following = next(_fragments(file, place + 4, size), None)
            if following is None:
                return patches, place, fragments
            for at in range(place, following, _LARGEST):  # one box may be no longer than 4 GB
                patches[at] = struct.pack(">I4s", min(_LARGEST, following - at), b"free")
            place = following
            continue
        place += length
    return patches, size, fragments


def _header(file: BinaryIO, place: int) -> tuple[int, bytes]:
    file.seek(place)
    head = file.read(16)
    length, kind = struct.unpack(">I4s", head[:8])
    if length == 1 and len(head) == 16:
        length = struct.unpack(">Q", head[8:])[0]
    return (1 << 62 if length == 0 else length), kind


def _is_whole(file: BinaryIO, start: int, end: int) -> bool:
    """Whether the boxes inside one fill it exactly."""
    place = start + 8
    while place + 8 <= end:
        length, kind = _header(file, place)
        if length < 8 or (kind in _NESTED and not _is_whole(file, place, min(place + length, end))):
            return False
        place += length
    return place == end


def _fragments(file: BinaryIO, start: int, size: int) -> Iterator[int]:
    """Where whole fragments begin behind a place."""
    before, place = b"", start
    while place < size:
        file.seek(place)
        data = before + file.read(_CHUNK)
        base = place - len(before)
        found = data.find(b"moof")
        while found >= 0:
            at = base + found - 4
            if at >= start:
                length, _ = _header(file, at)
                if length < _LARGEST and at + length <= size and _is_whole(file, at, at + length):
                    yield at
            found = data.find(b"moof", found + 1)
        place += _CHUNK
        before = data[-7:]
