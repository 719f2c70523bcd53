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

_SAMPLE = 1 << 20
_HALF = re.compile(r"([12])_(?:asr|\d+p|HQ)", re.IGNORECASE)


def kind_of(path: Path) -> Kind:
    """Whether a path is an analysis folder, an events file, a transcript or a media file; by content.

    Raises:
        InputError: there is nothing there, or it is a folder of another kind.
    """
    if path.is_dir():
        if (path / "analysis.json").is_file():
            return "analysis"
        raise InputError(
            f"{path}: this folder is no analysis (it holds no analysis.json)",
            "Name a video, a transcript, an events file or a folder made by: matchcut spot",
        )
    try:
        with path.open("rb") as stream:
            head = stream.read(4096)
    except OSError as error:
        raise files.read_error(path, error) from error
    if not head:
        raise InputError(f"{path}: the file is empty", "Name a file with content")
    suffix = path.suffix.casefold()
    if suffix in {".srt", ".vtt"}:
        return "transcript"
    if suffix == ".csv" or suffix == ".tsv":
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
    """The transcript that lies beside a video under its name (``final.srt``, ``final.en.srt``), if any."""
    for suffix in SIDECAR_SUFFIXES:
        exact = media.with_suffix(suffix)
        if exact.is_file():
            return exact
    stem = media.stem + "."
    found = sorted(
        path
        for path in media.parent.iterdir()
        if path.name.startswith(stem) and path.suffix.casefold() in {".srt", ".vtt"} and path.is_file()
    )
    return found[0] if found else None


def half_of(path: Path) -> int | None:
    """The half that a file is by SoccerNet's naming (``1_asr.json``, ``2_720p.mkv``); None for other names.

    >>> half_of(Path("game/2_asr.json"))
    2
    """
    match = _HALF.fullmatch(path.stem)
    return int(match.group(1)) if match else None


def content_key(path: Path) -> str:
    """A key that changes when a file's content does: its size and three samples of it, hashed.

    Reading a whole match would take longer than analysing its commentary.

    Raises:
        InputError: it cannot be read.
    """
    try:
        size = path.stat().st_size
        digest = hashlib.sha256(str(size).encode())
        with path.open("rb") as stream:
            for offset in (0, max(0, size // 2 - _SAMPLE // 2), max(0, size - _SAMPLE)):
                stream.seek(offset)
                digest.update(stream.read(_SAMPLE))
    except OSError as error:
        raise files.read_error(path, error) from error
    return digest.hexdigest()
