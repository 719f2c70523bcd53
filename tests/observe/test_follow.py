"""Following a board on frames that are drawn one by one."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from matchcut.observe.boxes import Box
from matchcut.observe.follow import Follower, changed
from matchcut.observe.layout import Layout
from matchcut.observe.learn import learn_layouts
from matchcut.observe.ocr import Text, TextReader


@pytest.fixture(scope="module")
def reader() -> TextReader:
    return TextReader()


def frame(number: int, texts: dict[tuple[int, int], str], size: int = 15) -> NDArray[np.uint8]:
    rng = np.random.default_rng(number // 5)
    picture = Image.fromarray(rng.integers(60, 110, (360, 640, 3), dtype=np.uint8))
    draw = ImageDraw.Draw(picture)
    for (x, y), text in texts.items():
        draw.rectangle((x - 6, y - 4, x + 9 * len(text) + 6, y + 20), (10, 10, 60))
        draw.text((x, y), text, (255, 255, 255), ImageFont.load_default(size))
    return np.asarray(picture)


def board(seconds: float, clock: str, score: str = "0-0", **more: str) -> NDArray[np.uint8]:
    texts = {(30, 20): "BRA", (75, 20): score, (120, 20): "GER", (180, 20): clock}
    texts |= {(30 if key == "added" else 180, 50): value for key, value in more.items()}
    return frame(int(seconds), texts)


def face(seconds: int) -> str:
    return f"{seconds // 60:02d}:{seconds % 60:02d}"


@pytest.fixture(scope="module")
def layout(reader: TextReader) -> Layout:
    times = [float(t) for t in range(0, 96, 8)]
    layouts, notes = learn_layouts([board(t, face(int(t) + 2400)) for t in times], times, reader)
    assert notes == []
    (found,) = layouts
    assert found.teams == ("BRA", "GER")
    return found


class Counting(TextReader):
    """Counts the frames in which writing is looked for, and the crops that are read."""

    frames = crops = 0

    def find_all(
        self, images: Sequence[NDArray[np.uint8]], scale: float = 1.0, threshold: float = 0.3
    ) -> list[list[Box]]:
        self.frames += len(images)
        return super().find_all(images, scale, threshold)

    def read(self, crops: Sequence[NDArray[np.uint8]], allowed: str | None = None) -> list[Text]:
        self.crops += len(crops)
        return super().read(crops, allowed)


@pytest.mark.parametrize("away", [(), (4, 5)])
def test_a_clock_that_is_sure_is_not_looked_for_again(away: tuple[int, ...]) -> None:
    """A third of the frames, and those on which it cannot be read, suffice to find it on all of them."""
    times = [float(t) for t in range(0, 96, 8)]
    images = [frame(i, {}) if i in away else board(t, face(int(t) + 580)) for i, t in enumerate(times)]
    reader = Counting()
    (found,), notes = learn_layouts(images, times, reader)
    assert notes == []
    assert found.teams == ("BRA", "GER")
    assert found.seen == len(times) - len(away)
    assert reader.frames == 4 + len(away)


def test_a_clock_that_was_found_once_is_looked_for_everywhere() -> None:
    times = [float(t) for t in range(0, 96, 8)]
    images = [frame(i, {}) if i in (2, 3) else board(t, face(int(t) + 580)) for i, t in enumerate(times)]
    reader = Counting()
    (found,), _ = learn_layouts(images, times, reader)
    assert found.seen >= len(times) - 3  # one may be misread
    assert reader.frames == len(times)


def test_a_steady_clock_is_read_less(layout: Layout) -> None:
    reader = Counting()
    follower = Follower([layout], reader)
    for t in range(0, 40, 2):
        follower.look(float(t), board(t, face(2400 + t)))
    before = reader.crops
    seen = [follower.look(float(t), board(t, face(2400 + t))) for t in range(40, 160, 2)]
    clocks = [r.clock_s - r.seconds for r in seen if r is not None and r.clock_s is not None]
    assert all(r is not None and (r.home, r.away) == (0, 0) for r in seen)
    assert 5 <= len(clocks) <= 8
    assert set(clocks) == {2400.0}
    assert reader.crops - before < 20


def test_score_and_clock(layout: Layout, reader: TextReader) -> None:
    follower = Follower([layout], reader)
    for t in range(0, 60, 4):
        score = "0-0" if t < 32 else "0-1"
        reading = follower.look(float(t), board(t, face(2400 + t), score))
        assert reading is not None
        assert (reading.home, reading.away) == ((0, 0) if t < 32 else (0, 1))
        assert reading.clock_s in (None, 2400 + t)


def test_a_board_that_vanishes(layout: Layout, reader: TextReader) -> None:
    follower = Follower([layout], reader)
    assert follower.look(0.0, board(0, "40:00")) is not None
    assert follower.look(20.0, frame(20, {})) is None
    assert follower.look(40.0, frame(40, {(150, 150): "FULL SCREEN"})) is None
    assert follower.look(60.0, board(60, "41:00")) is not None


def test_stoppage_time_beside_a_clock_that_stands(layout: Layout, reader: TextReader) -> None:
    follower = Follower([layout], reader)
    follower.look(0.0, board(0, "44:56"))
    shown = []
    for t in range(12, 60, 12):
        shown.append(follower.look(float(t), board(t, "45:00", added="+2", extra=face(t - 4))))
    later = shown[1:]  # that it stands is known from its second reading on
    assert [r.clock_s for r in later if r] == [2700 + t - 4 for t in range(24, 60, 12)]
    assert [r.added_s for r in later if r] == [120.0] * 3


def test_a_clock_that_stands_tells_no_time(layout: Layout, reader: TextReader) -> None:
    follower = Follower([layout], reader)
    clocks = [follower.look(float(t), board(t, "45:00")) for t in range(0, 60, 12)]
    assert [r.clock_s for r in clocks[1:] if r] == [None] * 4


def test_changes_are_told_from_noise() -> None:
    rng = np.random.default_rng(1)
    crop = np.full((16, 60, 3), 40, np.uint8)
    noisy = np.clip(crop + rng.normal(0, 6, crop.shape), 0, 255).astype(np.uint8)
    assert not changed(crop, noisy)
    other = noisy.copy()
    other[3:13, 30:35] = 250
    assert changed(crop, other)
    assert changed(crop, crop[:, :30])


def test_nothing_to_learn_from(reader: TextReader) -> None:
    assert learn_layouts([], [], reader) == ([], [])
    still = [board(0, "12:34")] * 6
    assert learn_layouts(still, [0.0, 4.0, 8.0, 12.0, 16.0, 20.0], reader)[0] == []
    assert Box(0, 0, 1, 1).area == 1
