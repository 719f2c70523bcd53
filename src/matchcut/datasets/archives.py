"""A folder tree or a zip, read alike."""

from __future__ import annotations

import os
import unicodedata
import zipfile
import zlib
from functools import cached_property
from pathlib import Path, PurePosixPath
from typing import Any

from matchcut import files
from matchcut.errors import InputError

LARGEST_MEMBER = 512 << 20
"""The most bytes that one file of an archive may unpack to; a damaged or hostile zip may claim more."""

_ENCRYPTED = 0x1
_UTF8_NAME = 0x800


class Archive:
    """The files of a folder tree or of a zip, by their paths inside it.

    Paths use ``/`` and composed Unicode letters (NFC) whatever system packed them, so that a game's name is
    found however it was stored. A zip stays open until `close`, or the end of the ``with`` block.

    Args:
        path: a folder, or a zip file whatever its suffix.

    Raises:
        InputError: there is nothing there, it is neither, or the zip is damaged.
    """

    def __init__(self, path: Path | str) -> None:
        self.path = Path(path)
        self._zip: zipfile.ZipFile | None = None
        if not self.path.is_dir():
            self._zip = open_zip(self.path)

    def __enter__(self) -> Archive:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Closes the zip; nothing can be read from it after."""
        if self._zip is not None:
            self._zip.close()

    @cached_property
    def _members(self) -> dict[str, zipfile.ZipInfo | Path]:
        return _zip_members(self._zip, self.path) if self._zip else _tree_members(self.path)

    @cached_property
    def names(self) -> tuple[str, ...]:
        """Every file's path inside, sorted.

        Raises:
            InputError: a folder cannot be read, or a path would lead out of the zip.
        """
        return tuple(sorted(self._members))

    def __contains__(self, name: object) -> bool:
        return name in self._members

    def read(self, name: str) -> bytes:
        """A file's bytes.

        Raises:
            InputError: it is not there, cannot be read, is encrypted or damaged.
        """
        member = self._members.get(name)
        if member is None:
            raise InputError(f"{self.path}: holds no {name}", "Check that the archive is complete")
        if isinstance(member, Path):
            return files.read_bytes(member)
        return self._unpack(name, member)

    def file(self, name: str) -> Path:
        """Where a folder's file lies on the disk: its name there may be of other letters (decomposed).

        Raises:
            InputError: it is not there, or this is a zip.
        """
        member = self._members.get(name)
        if not isinstance(member, Path):
            raise InputError(f"{self.path}: has no file {name} on the disk", "Name a folder that has")
        return member

    def read_json(self, name: str, *, doubled_ok: bool = False) -> Any:
        """A file's value as JSON; see `files.parse_json`.

        Raises:
            InputError: as `read`, or it is not JSON.
        """
        where = self.where(name)
        return files.parse_json(files.decode_text(self.read(name), where), where, doubled_ok=doubled_ok)

    def where(self, name: str) -> str:
        """How a message names a file inside: the archive's path and the file's."""
        return f"{self.path}/{name}"

    def _unpack(self, name: str, member: zipfile.ZipInfo) -> bytes:
        assert self._zip is not None
        if member.flag_bits & _ENCRYPTED:
            raise InputError(
                f"{self.where(name)}: is encrypted", "Unpack it with its password and name the folder"
            )
        if member.file_size > LARGEST_MEMBER:
            raise InputError(
                f"{self.where(name)}: would unpack to {member.file_size >> 20} MB", "Check the archive"
            )
        try:
            return self._zip.read(member)
        except (zipfile.BadZipFile, zlib.error, EOFError, OSError, ValueError, NotImplementedError) as error:
            raise InputError(
                f"{self.where(name)}: cannot be unpacked ({error})", "Copy or download the archive again"
            ) from error


def open_zip(path: Path) -> zipfile.ZipFile:
    """The zip, its list of members read.

    Raises:
        InputError: there is none, or it is not whole.
    """
    files.check_regular(path)
    try:
        return zipfile.ZipFile(path)
    except OSError as error:
        raise files.read_error(path, error) from error
    except (zipfile.BadZipFile, ValueError, NotImplementedError, OverflowError) as error:
        raise InputError(
            f"{path}: neither a folder nor a whole zip file ({error})",
            "Name a folder or a .zip; a zip that was cut off must be copied or downloaded again",
        ) from error


def _zip_members(archive: zipfile.ZipFile, path: Path) -> dict[str, zipfile.ZipInfo | Path]:
    """Of two members with one name the later counts, as for every unpacker."""
    members: dict[str, zipfile.ZipInfo | Path] = {}
    for info in archive.infolist():
        if not info.filename or info.is_dir():
            continue
        name = member_name(info)
        if leads_out(name):
            raise InputError(
                f"{path}: holds {info.filename!r}, a path that leads out of the archive",
                "Don't unpack it; get it from its source again",
            )
        members[name] = info
    return members


def leads_out(name: str) -> bool:
    """Whether a member's path would lie outside the folder that the zip were unpacked to.

    >>> leads_out("a/../../b.png"), leads_out("C:/b.png"), leads_out("a/b..png")
    (True, True, False)
    """
    return name.startswith("/") or ".." in PurePosixPath(name).parts or name[1:3] == ":/"


def member_name(info: zipfile.ZipInfo) -> str:
    """The stored name; packers that don't set the UTF-8 flag nearly always stored UTF-8 all the same."""
    name = info.filename
    if not info.flag_bits & _UTF8_NAME:
        try:
            name = name.encode("cp437").decode("utf-8")
        except UnicodeError:
            name = info.filename
    return unicodedata.normalize("NFC", name.replace("\\", "/"))


def _tree_members(root: Path) -> dict[str, zipfile.ZipInfo | Path]:
    """Every file below a folder, through links to folders, each folder once."""

    def fail(error: OSError) -> None:
        raise files.read_error(error.filename or root, error) from error

    members: dict[str, zipfile.ZipInfo | Path] = {}
    seen: set[str] = set()
    for folder, inner, names in os.walk(root, onerror=fail, followlinks=True):
        real = os.path.realpath(folder)
        if real in seen:
            inner.clear()
            continue
        seen.add(real)
        inner.sort()
        for name in names:
            path = Path(folder, name)
            members[unicodedata.normalize("NFC", path.relative_to(root).as_posix())] = path
    return members
