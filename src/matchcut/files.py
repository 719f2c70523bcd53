"""Reading and writing files so that nothing is lost and every failure has a remedy.

Everything matchcut writes goes to a temporary file beside the target first and is renamed when it is whole:
a full disk, a crash or Ctrl-C leaves what was there before.
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import json
import os
import secrets
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from matchcut.errors import InputError, OutputError

TEMPORARY = ".writing-"
"""How the names of temporary files and folders begin."""

_WHOLE, _SAMPLE = 64 << 20, 1 << 20

_READ_REMEDY = {
    errno.ENOENT: ("there is no such file", "Check the path"),
    errno.ENOTDIR: ("a part of the path is a file, not a folder", "Check the path"),
    errno.EISDIR: ("this is a folder, not a file", "Name a file in it"),
    errno.ENAMETOOLONG: ("the name is too long", "Check the path"),
    errno.EACCES: ("reading it is not permitted", "Change its permissions (chmod u+r)"),
}
_WRITE_REMEDY = {
    errno.ENOSPC: ("the disk is full", "Free some space or name another place"),
    errno.EDQUOT: ("your disk quota is used up", "Free some space or name another place"),
    errno.EACCES: ("writing there is not permitted", "Name a place that you may write to"),
    errno.EPERM: ("writing there is not permitted", "Name a place that you may write to"),
    errno.EROFS: ("that file system is read-only", "Name a place that you may write to"),
    errno.EISDIR: ("there is a folder of that name", "Name a file"),
    errno.ENOTDIR: ("a part of the path is a file, not a folder", "Name another place"),
    errno.EEXIST: ("a file of that name is in the way", "Name another place"),
    errno.ENAMETOOLONG: ("the name is too long", "Choose a shorter one"),
}


def read_error(path: Path | str, error: OSError) -> InputError:
    """The error to raise for a file that the system would not let us read."""
    why, remedy = _READ_REMEDY.get(error.errno or 0, (error.strerror or str(error), "Check the file"))
    return InputError(f"{path}: cannot be read: {why}", remedy)


def write_error(path: Path | str, error: OSError) -> OutputError:
    """The error to raise for a file that the system would not let us write."""
    why, remedy = _WRITE_REMEDY.get(error.errno or 0, (error.strerror or str(error), "Name another place"))
    return OutputError(f"{path}: cannot be written: {why}", remedy)


def check_regular(path: Path | str) -> None:
    """Refuses a pipe or a device: nothing can be read from it twice, and reading may wait for ever.

    Raises:
        InputError: it is one, or the system says nothing about it.
    """
    try:
        mode = Path(path).stat().st_mode
    except OSError as error:
        raise read_error(path, error) from error
    if not (stat.S_ISREG(mode) or stat.S_ISDIR(mode)):
        raise InputError(
            f"{path}: is a pipe or a device, not a file", "Save what it gives to a file, and name that"
        )


def read_bytes(path: Path | str) -> bytes:
    """The file's bytes.

    Raises:
        InputError: it does not exist or cannot be read.
    """
    check_regular(path)
    try:
        return Path(path).read_bytes()
    except OSError as error:
        raise read_error(path, error) from error


def content_key(path: Path | str) -> str:
    """A key that changes when a file's content does: all of it hashed or, if large, its size and three samples.

    Reading a whole match would take longer than looking for a clip of it.

    Raises:
        InputError: it cannot be read.
    """
    check_regular(path)
    try:
        size = Path(path).stat().st_size
        digest = hashlib.sha256(str(size).encode())
        with Path(path).open("rb") as stream:
            if size <= _WHOLE:
                digest.update(stream.read())
            else:
                for offset in (0, size // 2 - _SAMPLE // 2, size - _SAMPLE):
                    stream.seek(offset)
                    digest.update(stream.read(_SAMPLE))
    except OSError as error:
        raise read_error(path, error) from error
    return digest.hexdigest()


def decode_text(data: bytes, name: Path | str) -> str:
    """Bytes as text: UTF-8 (with or without a byte-order mark), or UTF-16 with its mark.

    Raises:
        InputError: it is another encoding, or not text at all; the message gives the offset.
    """
    encoding = "utf-16" if data[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError as error:
        raise InputError(
            f"{name}: not UTF-8 text (byte {error.start} is 0x{data[error.start]:02x})",
            "Save it as UTF-8, for example with: iconv -f WINDOWS-1252 -t UTF-8",
        ) from error
    if "\x00" in text:
        raise InputError(f"{name}: holds zero bytes, so it is not a text file", "Name a text file")
    return text


def read_text(path: Path | str) -> str:
    """The file's text; see `decode_text`."""
    return decode_text(read_bytes(path), path)


def parse_json(text: str, name: Path | str, *, nan_ok: bool = False, doubled_ok: bool = False) -> Any:
    """The value of a JSON text. Doubled keys are refused, and so are ``NaN`` and ``Infinity``: JSON has none.

    Args:
        text: the whole file.
        name: what to call it in messages.
        doubled_ok: let the last of doubled keys count, as Python's own reader does; twice as fast.
        nan_ok: read ``NaN`` and ``Infinity`` as floats all the same, for files of programs that write them.

    Raises:
        InputError: it is empty, cut off, or not JSON; the message gives line and column.
    """

    def unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        value = dict(pairs)
        if len(value) != len(pairs):
            keys = [key for key, _ in pairs]
            doubled = next(key for key in value if keys.count(key) > 1)
            raise InputError(f"{name}: an object has the key {doubled!r} twice", "Leave one of them out")
        return value

    def refuse(constant: str) -> float:
        if nan_ok:
            return float(constant)
        raise InputError(f"{name}: holds {constant}, which is not a number in JSON", "Write it as a number")

    if not text.strip():
        raise InputError(f"{name}: the file is empty", "Name a file with content")
    try:
        return json.loads(text, parse_constant=refuse, object_pairs_hook=None if doubled_ok else unique)
    except json.JSONDecodeError as error:
        raise InputError(
            f"{name}: not JSON (line {error.lineno}, column {error.colno}: {error.msg})",
            "Check whether it was cut off or is another kind of file",
        ) from error
    except ValueError as error:
        # Python refuses to build an integer of more than a few thousand digits.
        raise InputError(f"{name}: holds a number that is too long to be read", "Check the file") from error
    except RecursionError as error:
        raise InputError(f"{name}: nested too deeply to be read", "Check the file") from error


def read_json(path: Path | str) -> Any:
    """The value of a JSON file; see `parse_json`."""
    return parse_json(read_text(path), path)


@contextlib.contextmanager
def replacing(path: Path | str) -> Iterator[Path]:
    """A temporary path beside ``path`` that takes its place when the block ends well, and goes when it doesn't.

    The temporary name keeps the suffix, since writers choose their format by it. Folders are made as needed.
    Where ``path`` is a link, what it points to is replaced.

    Raises:
        OutputError: it cannot be written; what was there stays.
    """
    target = Path(path)
    temporary: Path | None = None
    try:
        if target.is_symlink():
            target = target.resolve()  # the link stays; what it points to is replaced
        target.parent.mkdir(parents=True, exist_ok=True)
        if target.is_dir():
            raise IsADirectoryError(errno.EISDIR, "is a folder", str(target))
        # The name is known before the file is there: a stop in between leaves nothing behind.
        temporary = target.with_name(f"{TEMPORARY}{secrets.token_hex(6)}{target.suffix}")
        temporary.touch(0o600, exist_ok=False)
        yield temporary
        # Private while it is written; a result should be as readable as any file the user makes.
        mask = os.umask(0)
        os.umask(mask)
        temporary.chmod(0o666 & ~mask)
        temporary.replace(target)
    except OSError as error:
        raise write_error(target, error) from error
    finally:
        if temporary is not None:
            with contextlib.suppress(OSError):
                temporary.unlink(missing_ok=True)


def write_bytes(path: Path | str, data: bytes) -> Path:
    """Writes the file whole or not at all; see `replacing`."""
    with replacing(path) as temporary:
        temporary.write_bytes(data)
    return Path(path)


def write_text(path: Path | str, text: str) -> Path:
    """Writes UTF-8 text whole or not at all; see `replacing`. Half a surrogate pair becomes a question mark."""
    return write_bytes(path, text.encode("utf-8", "replace"))


def write_json(path: Path | str, value: Any, indent: int | None = 2) -> Path:
    """Writes JSON whole or not at all; NaN and infinities are refused (``ValueError``)."""
    return write_text(path, json.dumps(value, indent=indent, ensure_ascii=False, allow_nan=False) + "\n")
