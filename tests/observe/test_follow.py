"""Following a board on frames that are drawn one by one."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from matchcut.observe.boxes import Box
from matchcut.observe.follow import Follower, changed
from matchcut.observe.layout import Layout
from matchcut.observe.learn import learn_layouts
from matchcut.observe.ocr import TextReader


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
