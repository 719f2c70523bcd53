"""Following boards whose layout is known: crops alone, read again only when they change."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from matchcut.observe import board_text
from matchcut.observe.board_text import tokens
from matchcut.observe.boxes import Box
from matchcut.observe.layout import Layout
from matchcut.observe.ocr import DIGITS, TextReader
from matchcut.observe.period_mark import PeriodReader
from matchcut.observe.readings import Reading
from matchcut.observe.score_search import read_number

Image = NDArray[np.uint8]

_PERIOD_ENDS = (2700.0, 5400.0, 6300.0, 7200.0)
_SURE = 0.6  # the least confidence of a clock or score that counts as read
_LEAST_CHANGE = 9.0  # grey levels that a few columns may differ by when nothing was written anew, and
_NOISE = 2.2  # how many times the difference of the quieter columns besides
_ALIKE = 0.9  # the least correlation of two crops with the same writing, faint as it may be
_WRITTEN = 0.6  # of a crop's deviation that a part of it must have to hold writing
_CLOCK_EVERY_S = 10.0  # a clock that runs needs no reading on every look,
_STEADY_EVERY_S = 20.0  # and less, if it was read to run with the recording
_STEADY_READS = 3
_SCORE_EVERY_S = 30.0  # a score that seems unchanged is read again now and then
_TRUSTED_READS = 3  # so many fresh looks must agree before a crop that did not change is not read again


@dataclass
class _Seen:
    """The last crop of a part of the board, what was read there, and how often in a row."""

    crop: Image
    seconds: float
    text: str
    confidence: float
    agreed: int


@dataclass
class Follower:
    """Reads the boards of known layouts off one frame after the other, in time order."""

    layouts: Sequence[Layout]
    reader: TextReader
    current: int = 0
    _seen: dict[tuple[int, int], _Seen] = field(default_factory=dict)
    _clocks: list[tuple[float, float]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._period = PeriodReader(self.reader)

    def look(self, seconds: float, image: Image) -> Reading | None:
        """The board on a frame; None if there is none that can be read."""
        quick = self._unchanged(seconds, image)
        if quick is not None:
            return quick
        order = sorted(range(len(self.layouts)), key=lambda i: (i != self.current, i))
        for i in order:
            layout = self.layouts[i]
            read = self._clock(layout, image)
            if read is None:
                continue
            self.current = i
            clock, sure = read
            reading = Reading(round(seconds, 3), clock, confidence=round(sure, 3), layout=i)
            reading = self._with_score(reading, layout, image)
            reading = self._in_stoppage(reading, layout, image)
            reading = replace(reading, period=self._period.look(seconds, layout, image))
            self._clocks = [*self._clocks[-5:], (seconds, clock)]
            return reading
        # A board that was away may come back with another score, faded in: it is read anew.
        self._seen.clear()
        return None

    def _unchanged(self, seconds: float, image: Image) -> Reading | None:
        """A board that is surely still there: its score looks as before, and its clock was read lately."""
        layout = self.layouts[self.current] if self.layouts else None
        if (
            layout is None
            or layout.step_s >= 60
            or not self._clocks
            or seconds - self._clocks[-1][0] > (_STEADY_EVERY_S if self._steady(layout) else _CLOCK_EVERY_S)
        ):
            return None
        texts = [self._known(seconds, self.current, n, box, image) for n, box in enumerate(layout.score)]
        if not texts or any(text is None for text in texts):
            return None
        before = Reading(round(seconds, 3), None, confidence=1.0, layout=self.current)
        return self._scored(before, [text for text in texts if text is not None])

    def _steady(self, layout: Layout) -> bool:
        """Whether the clock ran with the recording when it was read lately."""
        lately = self._clocks[-_STEADY_READS:]
        offs = [t - layout.direction * clock for t, clock in lately]
        return len(lately) == _STEADY_READS and max(offs) - min(offs) <= 1.5

    def _known(
        self, seconds: float, layout: int, part: int, box: Box, image: Image
    ) -> tuple[str, float] | None:
        """What stands in a box, if the picture there is as it was when that was read often enough."""
        seen = self._seen.get((layout, part))
        if seen is None or seen.agreed < _TRUSTED_READS or seconds - seen.seconds > _SCORE_EVERY_S:
            return None
        crop = _crop(box, image)
        return None if changed(seen.crop, crop) else (seen.text, seen.confidence)

    def _clock(self, layout: Layout, image: Image) -> tuple[float, float] | None:
        if layout.clock is None:
            return None
        crop = layout.clock.cut(image)
        if crop.std() < 6:
            return None
        if layout.step_s >= 60:
            read = self.reader.read([crop], DIGITS + "'+:")[0]
            match = re.search(r"(?<!\d)\d{1,3}(?=['+]|$)", read.text)
            value = None if match is None or ":" in read.text else board_text.minute_seconds(match.group())
        else:
            read = self.reader.read([crop], DIGITS + ":.")[0]
            # Boards count to 130 minutes: further digits are the edges of something else.
            match = re.search(r"(?:1[0-2]\d|\d{1,2})[:.]\d{2}", read.text)
            value = None if match is None else board_text.clock_seconds(match.group())
        return None if value is None or read.confidence < _SURE else (value, read.confidence)

    def _with_score(self, reading: Reading, layout: Layout, image: Image) -> Reading:
        return self._scored(
            reading,
            [self._part(reading.seconds, reading.layout, n, box, image) for n, box in enumerate(layout.score)],
        )

    def _scored(self, reading: Reading, texts: Sequence[tuple[str, float]]) -> Reading:
        """The reading with the score that these parts of the board say."""
        sure = min((confidence for _, confidence in texts), default=0.0)
        if sure < _SURE:
            return reading
        if len(texts) == 1:
            pair = board_text.score_pair(texts[0][0])
        else:
            home, away = (board_text.number(text) for text, _ in texts)
            pair = None if home is None or away is None else (home, away)
        if pair is None:
            return reading
        return replace(reading, home=pair[0], away=pair[1], confidence=round(min(reading.confidence, sure), 3))

    def _part(self, seconds: float, layout: int, part: int, box: Box, image: Image) -> tuple[str, float]:
        """The text in one box; a crop that did not change since it was read surely is not read again."""
        known = self._known(seconds, layout, part, box, image)
        if known is not None:
            return known
        crop = _crop(box, image)
        seen = self._seen.get((layout, part))
        if len(self.layouts[layout].score) == 1:
            read = self.reader.read([crop], DIGITS + "-: ")[0]
            text, sure = read.text, read.confidence
        else:
            text, sure = read_number(self.reader, crop, box, self.layouts[layout].beside[part])
        agreed = seen.agreed + 1 if seen is not None and seen.text == text else 1
        self._seen[layout, part] = _Seen(crop.copy(), seconds, text, sure, agreed)
        return text, sure

    def _in_stoppage(self, reading: Reading, layout: Layout, image: Image) -> Reading:
        """Where the clock stands at the end of a period, the board says elsewhere how far stoppage time is."""
        clock = reading.clock_s
        if clock is None or clock not in _PERIOD_ENDS or layout.clock is None or layout.direction < 0:
            return reading
        if not any(c == clock and reading.seconds - t > 1.5 for t, c in self._clocks):
            return reading
        crop = layout.region.cut(image)
        scale = min(max(26 / layout.clock.height, 1.0), 3.0)
        added: float | None = None
        running: float | None = None
        for line in self.reader.lines(crop, scale):
            for token in tokens(line):
                if token.box.moved(layout.region.left, layout.region.top).overlap(layout.clock) > 0.4:
                    continue
                if token.kind == "added":
                    added = board_text.added_seconds(token.text)
                elif token.kind == "clock":
                    value = board_text.clock_seconds(token.text)
                    if value is not None and value < 1200:
                        running = value
        if running is not None:
            return replace(reading, clock_s=clock + running, added_s=added)
        # A clock that stands still tells nothing about time.
        return replace(reading, clock_s=None, added_s=added)


def _crop(box: Box, image: Image) -> Image:
    return box.grown(0.0, 0.08 * box.height).cut(image)


def changed(a: Image, b: Image) -> bool:
    """Whether two crops differ by more than noise anywhere: a digit's width of columns is enough.

    Grey levels tell in clear writing on a steady ground; in faint writing that lets the picture through, the
    form alone does.
    """
    if a.shape != b.shape:
        return True
    if _unlike(a.mean(2), b.mean(2)):
        return True
    columns = np.abs(a.astype(np.int16) - b.astype(np.int16)).mean((0, 2))
    width = max(min(a.shape[0] // 4, len(columns)), 1)
    most = np.convolve(columns, np.full(width, 1 / width), "valid").max()
    return bool(most > _LEAST_CHANGE + _NOISE * np.percentile(columns, 25))


def _unlike(a: NDArray[np.float64], b: NDArray[np.float64]) -> bool:
    """Whether the form of what is written differs in any digit's width of two grey crops."""
    high, wide = a.shape
    width = min(max(round(0.8 * high), 4), wide)
    places = np.unique(np.linspace(0, wide - width, max(round(2 * wide / width) - 1, 1)).round().astype(int))
    loudest = max(float(a.std()), float(b.std()))
    for place in places:
        first, second = (crop[:, place : place + width] for crop in (a, b))
        first, second = first - first.mean(), second - second.mean()
        size = float(np.sqrt((first**2).sum() * (second**2).sum()))
        # A window without writing shows noise alone, which is never alike.
        written = max(float(first.std()), float(second.std())) > _WRITTEN * loudest
        if written and float((first * second).sum()) < _ALIKE * size:
            return True
    return False
