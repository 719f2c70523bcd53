"""What a path that the user named is, and which transcript belongs to a video."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path
from typing import Literal

from matchcut import files
from matchcut.errors import InputError

Kind = Literal["analysis", "events", "transcript", "media"]

SIDECAR_SUFFIXES = (".srt", ".vtt", ".json")
"""Transcripts that may lie beside a video under its name, in the order in which they are tried."""

_SUBTITLES = {".srt", ".vtt"}
_LISTS = {".m3u8", ".m3u"}
_SAMPLE = 1 << 20
_WHOLE = 32 << 20  # every transcript is smaller, and hashed in a moment
_HALF = re.compile(r"([12])_(?:asr|\d+p|HQ)", re.IGNORECASE)


def kind_of(path: Path) -> Kind:
    """Whether a path is an analysis folder, an events file, a transcript or a media file; by content.

    Raises:
        InputError: there is nothing there, or it is a folder of another kind.
    """
    try:
        # Even these questions can be refused: no permission, a name that is too long.
        if path.is_dir():
            if (path / "analysis.json").is_file():
                return "analysis"
            raise InputError(
                f"{path}: this folder is no analysis (it holds no analysis.json)",
                "Name a video, a transcript, an events file or a folder made by: matchcut spot",
            )
        files.check_regular(path)
        with path.open("rb") as stream:
            head = stream.read(4096)
    except OSError as error:
        raise files.read_error(path, error) from error
    if not head:
        raise InputError(f"{path}: the file is empty", "Name a file with content")
    suffix = path.suffix.casefold()
    if suffix in _SUBTITLES:
        return "transcript"
    if suffix in {".csv", ".tsv"}:
        return "events"
    if suffix == ".json" or head.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] in (b"{", b"["):
        return _kind_of_json(path)
    if b"-->" in head and b"\x00" not in head:
        return "transcript"
    return "media"


def _kind_of_json(path: Path) -> Kind:
    value = files.parse_json(files.read_text(path), path, nan_ok=True, doubled_ok=True)
    rows = value if isinstance(value, list) else None
    if isinstance(value, dict) and ("segments" in value or "transcription" in value):
        return "transcript"
    if isinstance(value, dict) and {"events", "annotations", "predictions"} & value.keys():
        return "events"
    if rows and isinstance(rows[0], dict):
        return "events" if "label" in rows[0] else "transcript"
    raise InputError(
        f"{path}: JSON, but neither events nor a transcript",
        'Name a file with "events", "annotations", "predictions" or "segments"',
    )


def sidecar(media: Path) -> Path | None:
    """The transcript that lies beside a video under its name (``final.srt``, ``final.en.srt``), if any.

    A ``final.json`` that is something else, such as the video's events, is passed over.
    """
    for suffix in SIDECAR_SUFFIXES:
        exact = media.with_suffix(suffix)
        if exact.is_file() and (suffix in _SUBTITLES or _is_transcript(exact)):
            return exact
    stem = media.stem + "."
    try:
        beside = sorted(media.parent.iterdir())
    except OSError:
        return None  # a folder that cannot be listed shows nothing
    named = (p for p in beside if p.name.startswith(stem) and p.suffix.casefold() in _SUBTITLES)
    return next((path for path in named if path.is_file()), None)


def _is_transcript(path: Path) -> bool:
    try:
        return kind_of(path) == "transcript"
    except InputError:
        return False


def half_of(path: Path) -> int | None:
    """The half that a file is by SoccerNet's naming (``1_asr.json``, ``2_720p.mkv``); None for other names.

    >>> half_of(Path("game/2_asr.json"))
    2
    """
    match = _HALF.fullmatch(path.stem)
    return int(match.group(1)) if match else None


def content_key(path: Path) -> str:
    """A key that changes when a file's content does: all of it hashed or, if large, its size and three samples.

    Of a list of segments the segments' sizes and times of change count too.

    Reading a whole match would take longer than analysing its commentary.

    Raises:
        InputError: it cannot be read.
    """
    files.check_regular(path)
    try:
        size = path.stat().st_size
        digest = hashlib.sha256(str(size).encode())
        with path.open("rb") as stream:
            if size <= _WHOLE:
                whole = stream.read()
                digest.update(whole)
                if path.suffix.casefold() in _LISTS:
                    digest.update(_segments(path, whole).encode())
            else:
                for offset in (0, size // 2 - _SAMPLE // 2, size - _SAMPLE):
                    stream.seek(offset)
                    digest.update(stream.read(_SAMPLE))
    except OSError as error:
        raise files.read_error(path, error) from error
    return digest.hexdigest()


def _segments(path: Path, content: bytes) -> str:
    """The files that a segment list names, with sizes and times of change, as far as they are there."""
    told = []
    for line in content.decode("utf-8", "replace").splitlines():
        named = path.parent / line.strip()
        try:
            if line.strip() and not line.startswith("#") and named.is_file():
                state = named.stat()
                told.append(f"{line.strip()} {state.st_size} {state.st_mtime_ns}")
        except (OSError, ValueError):
            continue  # names that no file can have
    return "\n".join(told)
