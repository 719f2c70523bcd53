"""The scoreboard of a broadcast: found by itself, then followed cheaply on key frames."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from matchcut.media.frames import decoded, picture
from matchcut.media.opening import Damage, Source, open_media
from matchcut.observe.follow import Follower
from matchcut.observe.layout import Layout, learn_layouts
from matchcut.observe.ocr import TextReader
from matchcut.observe.readings import BoardTrack, Reading, TextSeen
from matchcut.observe.texts import TextWatcher
from matchcut.progress import Progress, silent

Image = NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class BoardSettings:
    """How hard to look.

    Attributes:
        places: how many places of the recording the layouts are learnt from, two frames at each.
        widest: frames are scaled down to at most this many pixels' width.
        every_s: the least seconds between two looks.
        sparse_s: where key frames lie further apart than this, all frames are decoded.
        threads: processor threads of the OCR networks.
    """

    places: int = 12
    widest: int = 1280
    every_s: float = 1.5
    sparse_s: float = 8.0
    threads: int = 1


class BoardReader:
    """Reads boards and other standing text off frames that somebody else decodes, in time order.

    Args:
        layouts: from `find_layouts`.
        reader: the OCR.
    """

    def __init__(self, layouts: Iterable[Layout], reader: TextReader, *, notes: Iterable[str] = ()) -> None:
        self.layouts = tuple(layouts)
        self.notes = list(notes)
        self._follower = Follower(self.layouts, reader)
        self._watcher = TextWatcher(reader)
        self._readings: list[Reading] = []
        self._looks: list[float] = []
        self._size = (0, 0)

    def look(self, seconds: float, image: Image) -> Reading | None:
        """One frame, shape (H, W, 3), RGB, of the size that the layouts were learnt from."""
        self._looks.append(round(seconds, 3))
        self._size = (image.shape[1], image.shape[0])
        reading = self._follower.look(seconds, image)
        if reading is not None:
            self._readings.append(reading)
        self._watcher.look(seconds, image)
        return reading

    def track(self, duration: float) -> BoardTrack:
        """What was read so far."""
        texts: tuple[TextSeen, ...] = self._watcher.texts()
        teams = next((layout.teams for layout in self.layouts if any(layout.teams)), ("", ""))
        return BoardTrack(
            tuple(self._readings), self.layouts, teams, (), texts, tuple(self._looks), self._size, duration,
            tuple(self.notes),
        )  # fmt: skip


def read_board(
    path: Path | str, settings: BoardSettings | None = None, *, progress: Progress = silent
) -> BoardTrack:
    """Finds and reads the scoreboard of a video.

    A recording without a board, or whose board cannot be trusted, gives a track without readings and a note
    that says so.

    Args:
        path: the video.
        settings: how hard to look.
        progress: told the recording seconds that are done, and their whole.

    Raises:
        InputError: the file cannot be read or has no picture.
    """
    settings = settings or BoardSettings()
    reader = TextReader(settings.threads)
    with open_media(path) as source:
        duration = (source.container.duration or 0) / 1_000_000
    layouts, notes = find_layouts(path, settings, reader)
    board = BoardReader(layouts, reader, notes=notes)
    last = 0.0
    for seconds, image in frames_to_read(path, settings):
        board.look(seconds, image)
        last = seconds
        progress(min(seconds, duration), duration)
    duration = max(duration, last)
    progress(duration, duration)
    return board.track(duration)


def find_layouts(
    path: Path | str, settings: BoardSettings | None = None, reader: TextReader | None = None
) -> tuple[list[Layout], list[str]]:
    """The boards of a video, from pairs of frames spread over it, and notes.

    Raises:
        InputError: the file cannot be read or has no picture.
    """
    settings = settings or BoardSettings()
    reader = reader or TextReader(settings.threads)
    with open_media(path) as source:
        duration = (source.container.duration or 0) / 1_000_000
        sample = list(_sample(source, duration, settings))
    sample = [(t, image) for t, image in sample if image.shape == sample[0][1].shape]
    layouts, notes = learn_layouts([image for _, image in sample], [t for t, _ in sample], reader)
    if not layouts:
        notes.append("no scoreboard with a clock was found")
    return layouts, notes


def _sample(source: Source, duration: float, settings: BoardSettings) -> Iterator[tuple[float, Image]]:
    """Pairs of neighbouring frames from places spread evenly over the recording."""
    times: set[float] = set()
    for place in range(settings.places):
        wanted = duration * (place + 0.5) / settings.places
        count = 0
        first: float | None = None
        for time, frame in decoded(source, wanted, Damage(), skip="NONKEY"):
            if first is not None and time - first < 2:
                continue
            if float(time) in times:
                break
            first = float(time)
            times.add(first)
            yield first, _picture(frame, settings)
            count += 1
            if count == 2:
                break


def _picture(frame: object, settings: BoardSettings) -> Image:
    from av.video.frame import VideoFrame

    assert isinstance(frame, VideoFrame)
    width = picture_width(frame.width, settings)
    return picture(frame, width)


def picture_width(width: int, settings: BoardSettings) -> int | None:
    """The width to scale frames to; None to leave them."""
    return settings.widest if width > settings.widest else None


def frames_to_read(path: Path | str, settings: BoardSettings) -> Iterator[tuple[float, Image]]:
    """The frames to look at: key frames, or frames every so often where key frames are rare."""
    with open_media(path) as source:
        last: float | None = None
        for time, frame in decoded(source, 0.0, Damage(), skip="NONKEY"):
            if last is None or time - last >= settings.every_s:
                last = float(time)
                yield last, _picture(frame, settings)
