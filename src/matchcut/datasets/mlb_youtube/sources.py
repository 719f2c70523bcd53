"""Where a clip's pictures are: in the full-length video, in a file cut out of it, or in a GIF."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from matchcut.datasets.mlb_youtube.clips import Clip
from matchcut.errors import InputError
from matchcut.media.frames import Frame, read_frames
from matchcut.media.probe import probe
from matchcut.progress import Progress, silent

SUFFIXES = (".mp4", ".mkv", ".webm", ".mov", ".avi", ".m4v", ".flv", ".ts", ".gif")
"""The files that are taken for videos or clips; of several of one name, the first kind in this order."""


@dataclass(frozen=True, slots=True)
class ClipSource:
    """Where the pictures of a clip are.

    Attributes:
        clip: which.
        path: the file.
        start: the second of the file at which the clip begins.
        end: at which it ends; None for a file that holds the clip alone.
    """

    clip: Clip
    path: Path
    start: float
    end: float | None

    def frames(self, *, width: int | None = None, height: int | None = None) -> Iterator[Frame]:
        """The clip's frames; their times count from the clip's start.

        Raises:
            InputError: the file cannot be read, or has no frame in that time.
        """
        found = False
        for frame in read_frames(self.path, self.start, self.end, width=width, height=height):
            found = True
            yield Frame(frame.time - self.start, frame.image)
        if not found:
            raise InputError(
                f"{self.path}: has no picture of clip {self.clip.name} ({self.start:.1f} s on)",
                "Check that it is the full-length video of the data set",
            )


@dataclass(frozen=True, slots=True)
class Skipped:
    """A clip that cannot be used, and why."""

    clip: Clip
    why: str


@dataclass(frozen=True)
class Sources:
    """Where clips were found.

    Attributes:
        found: in the order of the clips.
        skipped: those without pictures, with the reason.
    """

    found: tuple[ClipSource, ...]
    skipped: tuple[Skipped, ...]

    def notes(self) -> tuple[str, ...]:
        """A sentence for every reason, with how many clips it cost; empty if none was skipped."""
        reasons: dict[str, int] = {}
        for one in self.skipped:
            reasons[one.why] = reasons.get(one.why, 0) + 1
        return tuple(f"{count} clips were skipped: {why}" for why, count in reasons.items())


def find_sources(clips: Iterable[Clip], folder: Path | str, progress: Progress = silent) -> Sources:
    """Looks for ``CLIP.*`` (the clip alone, as a video or GIF) and then for ``VIDEO.*`` in a folder and below
    it.

    A clip whose file is missing, unreadable or too short is skipped, with the reason; nothing is raised for it.

    Args:
        clips: what to look for.
        folder: of full-length videos, of cut clips, or of both.
        progress: told the files opened.

    Raises:
        InputError: the folder does not exist.
    """
    base = Path(folder)
    if not base.is_dir():
        raise InputError(f"{base}: there is no such folder", "Name the folder that holds the videos")
    wanted = list(clips)
    files = _files(base)
    chosen = {clip.name: files.get(clip.name) or files.get(clip.video) for clip in wanted}
    lengths: dict[Path, float | str] = {}
    paths = sorted({path for path in chosen.values() if path is not None})
    for number, path in enumerate(paths):
        lengths[path] = _length(path)
        progress(number + 1, len(paths))
    found: list[ClipSource] = []
    skipped: list[Skipped] = []
    for clip in wanted:
        source = _source(clip, chosen[clip.name], base, lengths)
        if isinstance(source, ClipSource):
            found.append(source)
        else:
            skipped.append(Skipped(clip, source))
    return Sources(tuple(found), tuple(skipped))


def _source(clip: Clip, path: Path | None, base: Path, lengths: dict[Path, float | str]) -> ClipSource | str:
    if path is None:
        return f"{base} has no file {clip.video}.* (the full-length video)"
    length = lengths[path]
    if isinstance(length, str):
        return length
    if path.stem == clip.name and path.stem != clip.video:
        return ClipSource(clip, path, 0.0, None)
    if length < clip.end - 1.0:  # the last second may be missing at the end of a broadcast
        return f"{path} ends before them, after {length:.0f} s"
    return ClipSource(clip, path, clip.start, clip.end)


def _files(base: Path) -> dict[str, Path]:
    rank = {suffix: number for number, suffix in enumerate(SUFFIXES)}
    found: dict[str, Path] = {}
    for path in sorted(base.rglob("*")):
        if path.suffix.lower() in rank and path.is_file():
            known = found.get(path.stem)
            if known is None or rank[path.suffix.lower()] < rank[known.suffix.lower()]:
                found[path.stem] = path
    return found


def _length(path: Path) -> float | str:
    try:
        info = probe(path)
    except InputError as error:
        return error.problem
    return info.duration if info.video is not None else f"{path}: has no picture"
