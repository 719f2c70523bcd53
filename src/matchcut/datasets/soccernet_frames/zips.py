"""Where a zip's images lie, and their bytes: nothing is unpacked to disk, nothing stays open."""

from __future__ import annotations

import struct
import zipfile
import zlib
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from matchcut import files
from matchcut.datasets.archives import leads_out, member_name, open_zip
from matchcut.errors import InputError
from matchcut.text import one_line

LARGEST_IMAGE = 64 << 20
"""The most bytes that one image's file may have; a frame of 1920 x 1080 without any packing has 6 MB."""
MOST_MEMBERS = 100_000
"""The most files that a game's zip may hold; SoccerNet-v3's hold about 85."""
SUFFIXES = (".png", ".jpg", ".jpeg", ".webp", ".gif", ".bmp")
"""What the names of images end with, in small letters."""

_HEADER = struct.Struct("<4s5H3L2H")
_AGAIN = "Copy or download the zip again"


@dataclass(frozen=True, slots=True)
class Place:
    """Where an image's bytes lie.

    Attributes:
        zip: the zip file.
        name: the image's name in it, with its folders.
        offset: of its header, in bytes.
        packed, size: bytes packed and unpacked.
        method: 0 stored, 8 deflated.
        crc: the checksum of the unpacked bytes (CRC-32).
    """

    zip: Path
    name: str
    offset: int
    packed: int
    size: int
    method: int
    crc: int

    def __str__(self) -> str:
        return f"{self.zip}/{one_line(self.name, 120)}"

    def read(self) -> bytes:
        """The image's file, unpacked in memory and held against its checksum.

        The zip is opened anew each time, which takes some microseconds: threads and forked processes share no
        position in a file, and a thousand zips need no thousand open files.

        Raises:
            InputError: the zip is gone, was changed, is cut off or damaged here.
        """
        data = self._unpack(self._packed(self.packed), self.size + 1)
        if len(data) != self.size or zlib.crc32(data) != self.crc:
            raise InputError(f"{self}: its bytes don't fit its checksum", _AGAIN)
        return data

    def read_head(self, size: int = 1 << 16) -> bytes:
        """The first bytes of the image's file, unchecked.

        Raises:
            InputError: as `read`.
        """
        return self._unpack(self._packed(min(self.packed, size)), min(self.size, size))

    def _packed(self, size: int) -> bytes:
        try:
            with self.zip.open("rb") as stream:
                stream.seek(self.offset)
                header = stream.read(_HEADER.size)
                if len(header) < _HEADER.size or header[:4] != b"PK\3\4":
                    raise InputError(f"{self}: is not where the zip's list says", _AGAIN)
                *_, name, extra = _HEADER.unpack(header)
                stream.seek(name + extra, 1)
                packed = stream.read(size)
        except OSError as error:
            raise files.read_error(self.zip, error) from error
        if len(packed) < size:
            raise InputError(f"{self}: is cut off", _AGAIN)
        return packed

    def _unpack(self, packed: bytes, most: int) -> bytes:
        """Unpacked bytes, no more than ``most``: a list that promised fewer than there are lied."""
        if self.method == zipfile.ZIP_STORED:
            return packed[:most]
        try:
            return zlib.decompressobj(-zlib.MAX_WBITS).decompress(packed, most)
        except zlib.error as error:
            raise InputError(f"{self}: cannot be unpacked ({error})", _AGAIN) from error


@dataclass(frozen=True)
class Listing:
    """What a zip holds.

    Attributes:
        places: an image's name without folders and suffix → where it lies.
        refused: (name, why) of members that are not read.
        strays: names of files that are no images.
    """

    places: dict[str, Place]
    refused: tuple[tuple[str, str], ...]
    strays: tuple[str, ...]


def list_zip(path: Path) -> Listing:
    """The images of a zip, whatever folder in it they lie in, by their names without the suffix.

    Raises:
        InputError: it is no whole zip, or holds absurdly many files.
    """
    with open_zip(path) as archive:
        members = archive.infolist()
    if len(members) > MOST_MEMBERS:
        raise InputError(
            f"{path}: holds {len(members)} files, more than {MOST_MEMBERS}", "Get it from its source"
        )
    places: dict[str, Place] = {}
    refused, strays = [], []
    for info in members:
        name = member_name(info)
        inner = PurePosixPath(name)
        if info.is_dir() or inner.name.startswith("._") or "__MACOSX" in inner.parts:
            continue  # what macOS packs beside each file
        why = _refusal(info, name)
        if why:
            refused.append((name, why))
        elif inner.suffix.lower() not in SUFFIXES:
            strays.append(name)
        elif inner.stem in places:
            refused.append((name, f"a second image of this name, beside {places[inner.stem].name}"))
        else:
            places[inner.stem] = Place(
                path,
                name,
                info.header_offset,
                info.compress_size,
                info.file_size,
                info.compress_type,
                info.CRC,
            )
    return Listing(places, tuple(refused), tuple(strays))


def _refusal(info: zipfile.ZipInfo, name: str) -> str:
    """Why a member is not read; empty if it is."""
    if leads_out(name):
        return "its path leads out of the zip"
    if info.flag_bits & 0x1:
        return "is encrypted; unpack the zip with its password and pack it without"
    if info.file_size > LARGEST_IMAGE:
        return f"would unpack to {info.file_size >> 20} MB"
    if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        return f"is packed by method {info.compress_type}, not stored or deflated; pack the zip again"
    if not info.file_size:
        return "is empty"
    return ""
