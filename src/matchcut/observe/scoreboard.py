"""The scoreboard of a broadcast: found by itself, then followed cheaply on key frames."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from matchcut.media.frames import Skip, decoded, picture
from matchcut.media.opening import Damage, Source, open_media
from matchcut.media.orientation import orientation
from matchcut.observe.baseball import BaseballFollower, find_baseball_board
from matchcut.observe.boxes import Box, around
from matchcut.observe.follow import Follower
from matchcut.observe.layout import Layout
from matchcut.observe.learn import learn_layouts
from matchcut.observe.ocr import TextReader
from matchcut.observe.readings import BoardTrack, Count, Reading, TextSeen
from matchcut.observe.texts import TextWatcher
from matchcut.progress import Progress, silent
from matchcut.sport import Sport, soccer

if TYPE_CHECKING:
    from av.video.frame import VideoFrame

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
        layouts: from `find_layouts`; empty where there is no board with a clock.
        reader: the OCR.
        lines: a baseball board's lines, from `find_baseball_board`.
        notes: what the search had to say.
    """

    def __init__(
        self,
        layouts: Iterable[Layout],
        reader: TextReader,
        *,
        lines: Sequence[Box] = (),
        notes: Iterable[str] = (),
    ) -> None:
        self.layouts = tuple(layouts)
        self._baseball = BaseballFollower(tuple(lines), reader) if lines else None
        self.notes = list(notes)
        self._follower = Follower(self.layouts, reader)
        self._watcher = TextWatcher(reader, [*(_board_area(layout) for layout in self.layouts), *lines])
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
        if self._baseball is not None:
            self._baseball.look(seconds, image)
        self._watcher.look(seconds, image)
        return reading

    def track(self, duration: float) -> BoardTrack:
        """What was read so far."""
        texts: tuple[TextSeen, ...] = self._watcher.texts()
        teams = next((layout.teams for layout in self.layouts if any(layout.teams)), ("", ""))
        counts: tuple[Count, ...] = ()
        if self._baseball is not None:
            teams, counts = self._baseball.finish()
        notes = list(self.notes)
        if self.layouts and not self._readings:
            notes.append("the board that was found on the sample could not be read again")
        return BoardTrack(
            tuple(self._readings), self.layouts, teams, counts, texts, tuple(self._looks), self._size, duration,
            tuple(notes),
        )  # fmt: skip


def _board_area(layout: Layout) -> Box:
    parts = [*layout.score, *([] if layout.clock is None else [layout.clock])]
    whole = around(parts)
    return whole.grown(3 * parts[0].height, 0.5 * parts[0].height)


def read_board(
    path: Path | str,
    settings: BoardSettings | None = None,
    *,
    of: Sport = soccer,
    damage: Damage | None = None,
    progress: Progress = silent,
) -> BoardTrack:
    """Finds and reads the scoreboard of a video.

    A recording without a board, or whose board cannot be trusted, gives a track without readings and a note
    that says so.

    Args:
        path: the video.
        settings: how hard to look.
        of: the sport: a baseball board has a count instead of a clock.
        damage: counts what had to be skipped.
        progress: told the recording seconds that are done, and their whole.

    Raises:
        InputError: the file cannot be read or has no picture.
    """
    settings = settings or BoardSettings()
    board, duration = find_board(path, settings, of)
    last = 0.0
    for seconds, image in frames_to_read(path, settings, damage):
        board.look(seconds, image)
        last = seconds
        progress(min(seconds, duration), duration)
    duration = max(duration, last)
    progress(duration, duration)
    return board.track(duration)


def find_board(
    path: Path | str, settings: BoardSettings | None = None, of: Sport = soccer
) -> tuple[BoardReader, float]:
    """A reader that knows the boards of a video, learnt from frames spread over it; and the video's duration.

    Raises:
        InputError: the file cannot be read or has no picture.
    """
    settings = settings or BoardSettings()
    reader = TextReader(settings.threads)
    with open_media(path) as source:
        duration = (source.container.duration or 0) / 1_000_000
        sample = list(_sample(source, duration, settings))
    sample = [(t, image) for t, image in sample if image.shape == sample[0][1].shape]
    images = [image for _, image in sample]
    if of.name == "baseball":
        lines = find_baseball_board(images, reader)
        return BoardReader(
            (), reader, lines=lines, notes=[] if lines else ["no baseball board was found"]
        ), duration
    layouts, notes = learn_layouts(images, [t for t, _ in sample], reader)
    if not layouts:
        notes.append("no scoreboard with a clock was found")
    return BoardReader(layouts, reader, notes=notes), duration


def _sample(source: Source, duration: float, settings: BoardSettings) -> Iterator[tuple[float, Image]]:
    """Pairs of frames some seconds apart from places spread evenly over the recording."""
    times: set[float] = set()
    skip = _skip(source, duration, settings)
    for place in range(settings.places):
        wanted = duration * (place + 0.5) / settings.places
        first: float | None = None
        for time, frame in decoded(source, wanted, Damage(), skip=skip):
            if time < wanted - 30 or (first is not None and time - first < 2):
                continue
            if float(time) in times or (first is not None and time - first > 30):
                break
            times.add(float(time))
            yield float(time), _picture(frame, settings)
            if first is not None:
                break
            first = float(time)


def _skip(source: Source, duration: float, settings: BoardSettings) -> Skip:
    """Key frames alone, unless the file has so few that a board could come and go between two of them."""
    count = 0
    for _ in decoded(source, duration / 2, Damage(), skip="NONKEY"):
        count += 1
        if count > 4:
            break
    stream = source.video
    entries = [] if stream is None else [e.timestamp for e in stream.index_entries if e.is_keyframe]
    if len(entries) > 1 and stream is not None:
        base = stream.time_base or Fraction(1, 1000)
        gap = float((max(entries) - min(entries)) * base) / (len(entries) - 1)
        return "NONKEY" if gap <= settings.sparse_s and len(entries) >= 12 else "NONREF"
    return "NONKEY" if count > 4 and duration > 60 else "NONREF"


def _picture(frame: VideoFrame, settings: BoardSettings) -> Image:
    shown = orientation(frame).size(frame.width, frame.height)[0]
    return picture(frame, settings.widest if shown > settings.widest else None)


def frames_to_read(
    path: Path | str, settings: BoardSettings, damage: Damage | None = None
) -> Iterator[tuple[float, Image]]:
    """The frames to look at, with their recording seconds: key frames, or all kinds where key frames are rare.

    Raises:
        InputError: the file cannot be read or has no picture.
    """
    with open_media(path) as source:
        duration = (source.container.duration or 0) / 1_000_000
        last: float | None = None
        for time, frame in decoded(source, 0.0, damage or Damage(), skip=_skip(source, duration, settings)):
            if last is None or time - last >= settings.every_s:
                last = float(time)
                yield last, _picture(frame, settings)
