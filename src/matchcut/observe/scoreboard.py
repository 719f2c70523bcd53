"""The scoreboard of a broadcast: found by itself, then followed cheaply on key frames."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
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


def read_board(
    path: Path | str, settings: BoardSettings | None = None, *, of: Sport = soccer, progress: Progress = silent
) -> BoardTrack:
    """Finds and reads the scoreboard of a video; see `matchcut.observe.watch.observe`.

    A recording without a board, or whose board cannot be trusted, gives a track without readings and a note
    that says so.

    Args:
        path: the video.
        settings: how hard to look.
        of: the sport: a baseball board has a count instead of a clock.
        progress: told the recording seconds that are done, and their whole.

    Raises:
        InputError: the file cannot be read, or nothing of its picture can be decoded.
    """
    from matchcut.observe.watch import WatchSettings, observe

    how = WatchSettings(settings or BoardSettings())
    track = observe(path, ["scoreboard"], of=of, settings=how, progress=progress).board
    return BoardTrack() if track is None else track


@dataclass(frozen=True)
class Learnt:
    """What a sample of frames told of a recording's boards.

    Attributes:
        layouts: of boards with a clock; empty where there is none.
        lines: a baseball board's lines.
        notes: what the search had to say.
    """

    layouts: tuple[Layout, ...] = ()
    lines: tuple[Box, ...] = ()
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class BoardPart:
    """What was read in a stretch of the recording.

    Attributes:
        readings, looks, texts: as in a `BoardTrack`.
        counts, runs, names: as in a `BaseballFollower`.
        size: width and height of the frames.
    """

    readings: tuple[Reading, ...] = ()
    looks: tuple[float, ...] = ()
    texts: tuple[TextSeen, ...] = ()
    counts: tuple[Count, ...] = ()
    runs: tuple[tuple[int, Mapping[str, int]], ...] = ()
    names: Mapping[str, int] = field(default_factory=dict)
    size: tuple[int, int] = (0, 0)


class BoardReader:
    """Reads boards and other standing text off frames that somebody else decodes, in time order.

    Args:
        learnt: from `learn_boards`.
        reader: the OCR.
        start: the recording second to tell from; what was seen shortly before it helps.
        settings: those that the boards were learnt with.
    """

    def __init__(
        self,
        learnt: Learnt,
        reader: TextReader,
        start: float = 0.0,
        settings: BoardSettings = BoardSettings(),
    ) -> None:
        self._start = start
        self._baseball = BaseballFollower(learnt.lines, reader) if learnt.lines else None
        self._follower = Follower(learnt.layouts, reader)
        known = [*(_board_area(layout) for layout in learnt.layouts), *learnt.lines]
        self._watcher = TextWatcher(reader, known)
        self._pictures = _Pictures(settings.widest)
        self._readings: list[Reading] = []
        self._looks: list[float] = []
        self._size = (0, 0)

    def add(self, seconds: float, frame: VideoFrame) -> None:
        """Looks at a decoded frame."""
        self.look(seconds, self._pictures(frame))

    def look(self, seconds: float, image: Image) -> Reading | None:
        """One frame, shape (H, W, 3), RGB, of the size that the layouts were learnt from."""
        self._size = (image.shape[1], image.shape[0])
        reading = self._follower.look(seconds, image)
        self._watcher.look(seconds, image)
        if seconds < self._start:
            return reading
        self._looks.append(round(seconds, 3))
        if reading is not None:
            self._readings.append(reading)
        if self._baseball is not None:
            self._baseball.look(seconds, image)
        return reading

    def part(self) -> BoardPart:
        """What was read so far."""
        texts = tuple(text for text in self._watcher.texts() if text.end >= self._start)
        part = BoardPart(tuple(self._readings), tuple(self._looks), texts, size=self._size)
        if self._baseball is None:
            return part
        told = self._baseball
        return replace(part, counts=tuple(told.counts), runs=tuple(told.runs), names=dict(told.names))


def board_of(parts: Sequence[BoardPart], learnt: Learnt, duration: float) -> BoardTrack:
    """What was read in a whole recording.

    Args:
        parts: what was read in its stretches, in order.
        learnt: from `learn_boards`.
        duration: of the recording, in seconds.
    """
    teams = next((layout.teams for layout in learnt.layouts if any(layout.teams)), ("", ""))
    counts: tuple[Count, ...] = ()
    readings = tuple(reading for part in parts for reading in part.readings)
    notes = list(learnt.notes)
    if learnt.lines:
        told = BaseballFollower(learnt.lines, TextReader())
        for part in parts:
            told.runs += [(len(told.counts) + place, dict(runs)) for place, runs in part.runs]
            told.counts += part.counts
            told.names.update(part.names)
        teams, counts = told.finish()
    if learnt.layouts and not readings:
        notes.append("the board that was found on the sample could not be read again")
    looks = tuple(seconds for part in parts for seconds in part.looks)
    size = next((part.size for part in reversed(parts) if part.looks), (0, 0))
    texts = _joined([part.texts for part in parts])
    return BoardTrack(readings, learnt.layouts, teams, counts, texts, looks, size, duration, tuple(notes))


def _joined(texts: Sequence[Sequence[TextSeen]]) -> tuple[TextSeen, ...]:
    """Texts of all stretches; one that stood from one into the next is one."""
    found: list[TextSeen] = []
    for here in texts:
        open_ends = list(found)
        for text in here:
            same = next((t for t in open_ends if t.end >= text.start and set(t.lines) & set(text.lines)), None)
            if same is None:
                found.append(text)
            else:
                open_ends.remove(same)
                longest = max(same.lines, text.lines, key=len)
                found[found.index(same)] = TextSeen(same.start, max(same.end, text.end), longest)
    return tuple(sorted(found, key=lambda text: text.start))


def _board_area(layout: Layout) -> Box:
    parts = [*layout.score, *([] if layout.clock is None else [layout.clock])]
    whole = around(parts)
    return whole.grown(3 * parts[0].height, 0.5 * parts[0].height)


def learn_boards(
    path: Path | str,
    duration: float,
    reader: TextReader,
    settings: BoardSettings = BoardSettings(),
    of: Sport = soccer,
    keys_only: bool = False,
) -> Learnt:
    """The boards of a video, learnt from frames spread over it.

    Args:
        path: the video.
        duration: seconds of it.
        reader: the OCR.
        settings: how hard to look.
        of: the sport: a baseball board has a count instead of a clock.
        keys_only: whether key frames suffice; see `keys_suffice`.

    Raises:
        InputError: the file cannot be read or has no picture.
    """
    with open_media(path) as source:
        sample = list(_sample(source, duration, settings, keys_only))
    sample = [(t, image) for t, image in sample if image.shape == sample[0][1].shape]
    images = [image for _, image in sample]
    if of.name == "baseball":
        lines = find_baseball_board(images, reader)
        return Learnt((), tuple(lines), () if lines else ("no baseball board was found",))
    layouts, notes = learn_layouts(images, [t for t, _ in sample], reader)
    if not layouts:
        notes.append("no scoreboard with a clock was found")
    return Learnt(tuple(layouts), (), tuple(notes))


def _sample(
    source: Source, duration: float, settings: BoardSettings, keys_only: bool
) -> Iterator[tuple[float, Image]]:
    """Pairs of frames some seconds apart from places spread evenly over the recording."""
    times: set[float] = set()
    skip: Skip = "NONKEY" if keys_only else "NONREF"
    pictures = _Pictures(settings.widest)
    for place in range(settings.places):
        wanted = duration * (place + 0.5) / settings.places
        first: float | None = None
        for time, frame in decoded(source, wanted, Damage(), skip=skip):
            if time < wanted - 30 or (first is not None and time - first < 2):
                continue
            if float(time) in times or (first is not None and time - first > 30):
                break
            times.add(float(time))
            yield float(time), pictures(frame)
            if first is not None:
                break
            first = float(time)


def keys_suffice(path: Path | str, duration: float, settings: BoardSettings = BoardSettings()) -> bool:
    """Whether a video has so many key frames that no board could come and go between two of them.

    Raises:
        InputError: the file cannot be read or has no picture.
    """
    count = 0
    with open_media(path) as source:
        for _ in decoded(source, duration / 2, Damage(), skip="NONKEY"):
            count += 1
            if count > 4:
                break
        stream = source.video
        entries = [] if stream is None else [e.timestamp for e in stream.index_entries if e.is_keyframe]
        if len(entries) > 1 and stream is not None:
            base = stream.time_base or Fraction(1, 1000)
            gap = float((max(entries) - min(entries)) * base) / (len(entries) - 1)
            return gap <= settings.sparse_s and len(entries) >= 12
    return count > 4 and duration > 60


class _Pictures:
    """Frames as RGB pictures of at most a width."""

    def __init__(self, widest: int) -> None:
        from av.video.reformatter import VideoReformatter

        self._widest, self._scaler = widest, VideoReformatter()

    def __call__(self, frame: VideoFrame) -> Image:
        shown = orientation(frame).size(frame.width, frame.height)[0]
        return picture(frame, self._widest if shown > self._widest else None, scaler=self._scaler)
