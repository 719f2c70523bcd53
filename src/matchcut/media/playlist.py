"""Segment lists of streams (HLS, RFC 8216) whose segments lie beside them.

FFmpeg is never given the list itself, but a copy of it that names nothing outside the list's own folder and
has an end: so nothing is fetched from the network, no path climbs out, and nobody waits for a live stream to
go on.
"""

from __future__ import annotations

import re
import shutil
import tempfile
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from urllib.parse import unquote

from matchcut import files
from matchcut.errors import InputError

_LARGEST = 16 << 20
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:")
_URI = re.compile(r'URI="([^"]*)"')
_WIDTH = re.compile(r"[:,]BANDWIDTH=(\d+)")
_GROUP = re.compile(r'AUDIO="([^"]*)"')
_OF_A_SEGMENT = ("#EXTINF", "#EXT-X-BYTERANGE", "#EXT-X-PROGRAM-DATE-TIME", "#EXT-X-GAP", "#EXT-X-BITRATE")
_WITH_FILE = ("#EXT-X-KEY", "#EXT-X-MAP")
_OF_THE_LIST = (
    "#EXT-X-VERSION",
    "#EXT-X-TARGETDURATION",
    "#EXT-X-MEDIA-SEQUENCE",
    "#EXT-X-DISCONTINUITY",
)
_SAVE = "Save the stream with its segments (a downloader makes one file of it), and name that"


@dataclass
class LocalList:
    """A list made safe to read.

    Attributes:
        path: the copy to give to FFmpeg; it lies in a temporary folder, which `close` removes.
        notes: what is missing, a sentence each.
        missing: how many segments.
    """

    path: Path
    notes: list[str] = field(default_factory=list)
    missing: int = 0

    def close(self) -> None:
        """Removes the copy."""
        shutil.rmtree(self.path.parent, ignore_errors=True)


def is_segment_list(path: Path) -> bool:
    """Whether a file is such a list, by content.

    Raises:
        OSError: it cannot be read.
    """
    with path.open("rb") as file:
        head = file.read(4096)
    return head.removeprefix(b"\xef\xbb\xbf").startswith(b"#EXTM3U") and b"#EXT-X-" in head


def prepare(path: Path) -> LocalList:
    """A copy of a segment list that holds what lies in its folder and nothing else.

    Raises:
        InputError: it names something on the network or outside its folder, or nothing of it is there.
    """
    copy = LocalList(Path(tempfile.mkdtemp(prefix="matchcut-")) / "list.m3u8")
    try:
        _write(path, path.parent.resolve(), copy)
    except BaseException:
        copy.close()
        raise
    return copy


def _write(path: Path, folder: Path, copy: LocalList) -> None:
    lines = _lines(path)
    best = _best_variant(path, folder, lines)
    if best is None:
        text = _media_list(path, folder, lines, copy)
    else:
        # One picture alone, and the sound that goes with it: FFmpeg would read all of the variants.
        variant, group = best
        kept = ["#EXTM3U", "#EXT-X-VERSION:7"]
        chosen = [(line, "") for line in lines if group and line.startswith("#EXT-X-MEDIA:") and group in line]
        for number, (line, name) in enumerate([*chosen, variant]):
            uri = _URI.search(line) if not name else None
            if not name and (uri is None or "TYPE=AUDIO" not in line):
                continue
            inner = _beside(path, folder, name or (uri[1] if uri else ""))
            if inner is None:
                raise InputError(f"{path}: the list that it names is not there: {name or line}", _SAVE)
            beside = copy.path.with_name(f"part{number}.m3u8")
            files.write_text(beside, _media_list(inner, folder, _lines(inner), copy))
            kept.append(_URI.sub(f'URI="{beside.name}"', line))
            kept += [beside.name] if name else []
        text = "\n".join(kept) + "\n"
    files.write_text(copy.path, text)


def _lines(path: Path) -> list[str]:
    try:
        if path.stat().st_size > _LARGEST:
            raise InputError(f"{path}: too large for a segment list", "Name the video file itself")
    except OSError as error:
        raise files.read_error(path, error) from error
    return [line.strip() for line in files.read_text(path).splitlines() if line.strip()]


def _best_variant(path: Path, folder: Path, lines: list[str]) -> tuple[tuple[str, str], str] | None:
    """Of a list of lists the richest that is there, as (its tag, its name), and its group of sound."""
    found: list[tuple[int, str, str]] = []
    wanted = False
    for line, name in pairwise(lines):
        if line.startswith("#EXT-X-STREAM-INF") and not name.startswith("#"):
            wanted = True
            width = _WIDTH.search(line)
            if _beside(path, folder, name) is not None:
                found.append((int(width[1]) if width else 0, line, name))
    if not wanted:
        return None
    if not found:
        raise InputError(f"{path}: none of the lists that it names is there", _SAVE)
    _, line, name = max(found, key=lambda entry: entry[0])
    group = _GROUP.search(line)
    return (line, name), f'GROUP-ID="{group[1]}"' if group else ""


def _media_list(path: Path, folder: Path, lines: list[str], copy: LocalList) -> str:
    """The list with whole paths, without the segments that are not there, and with an end."""
    kept = ["#EXTM3U", "#EXT-X-PLAYLIST-TYPE:VOD"]
    pending: list[str] = []
    there = missing = 0
    for line in lines:
        if line.startswith(_WITH_FILE):
            uri = _URI.search(line)
            file = _beside(path, folder, uri[1]) if uri else None
            if uri and file is None:
                raise InputError(f"{path}: {uri[1]} is not there, and nothing can be read without it", _SAVE)
            pending.append(_URI.sub(lambda _, file=file: f'URI="{file}"', line))  # type: ignore[misc]
        elif line.startswith((*_OF_A_SEGMENT, *_OF_THE_LIST)):
            pending.append(line)
        elif not line.startswith("#"):
            segment = _beside(path, folder, line)
            if segment is None:
                missing += 1
                kept += [tag for tag in pending if not tag.startswith(_OF_A_SEGMENT)]
            else:
                there += 1
                kept += [*pending, str(segment)]
            pending = []
    if not there:
        raise InputError(f"{path}: none of the segments that it names is there", _SAVE)
    copy.missing += missing
    if missing:
        copy.notes.append(f"{missing} of its {there + missing} segments are missing; the others were read")
    if "#EXT-X-ENDLIST" not in lines:
        copy.notes.append("the list has no end, as that of a live stream; what it names so far was read")
    return "\n".join([*kept, "#EXT-X-ENDLIST", ""])


def _beside(path: Path, folder: Path, name: str) -> Path | None:
    """The file that a list names; None if it is not there.

    Raises:
        InputError: it lies elsewhere, or is another list.
    """
    if _SCHEME.match(name) or name.startswith(("//", "\\\\")):
        raise InputError(f"{path}: names {name[:80]}, which is not a file beside it; nothing is fetched", _SAVE)
    for spelling in (name, name.partition("?")[0], unquote(name.partition("?")[0])):
        file = (path.parent / spelling).resolve()
        if not file.is_relative_to(folder):
            raise InputError(f"{path}: names {name[:80]}, which lies outside the list's folder", _SAVE)
        if file.is_file() and not re.search(r'["\r\n]', str(file)):
            return file
    return None
