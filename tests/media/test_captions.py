"""Captions can be read, whatever the text and whichever way up the picture is."""

from __future__ import annotations

import av
import numpy as np
import pytest

from matchcut.media.captions import CaptionPainter, planes
from matchcut.media.orientation import Orientation

TURNS = [
    Orientation(),
    Orientation(swap=True, flip_x=True),
    Orientation(flip_x=True, flip_y=True),
    Orientation(swap=True, flip_y=True),
    Orientation(flip_x=True),
]


def frame(width: int, height: int, luma: int = 120) -> av.VideoFrame:
    return av.VideoFrame.from_ndarray(np.full((height * 3 // 2, width), luma, dtype=np.uint8), format="yuv420p")


def painted(text: str, width: int = 320, height: int = 180, turn: Orientation = TURNS[0], luma: int = 120):
    picture = frame(width, height, luma)
    CaptionPainter(width, height, turn).paint(picture, text)
    return planes(picture)


@pytest.mark.parametrize("luma", [16, 120, 235])
def test_white_on_dark_on_any_picture(luma: int) -> None:
    rows = painted("Corner 36:09", luma=luma)[0][150:]
    assert rows.max() >= 230
    around = rows[(rows != luma) & (rows < 200)]
    assert np.median(around) < 110


@pytest.mark.parametrize("turn", TURNS)
def test_it_stands_at_the_lower_edge_as_shown(turn: Orientation) -> None:
    reference = painted("Goal", *turn.size(320, 180))[0]
    shown = turn.shown(painted("Goal", 320, 180, turn)[0])
    assert np.array_equal(shown, reference)
    assert (shown[: shown.shape[0] // 2] == 120).all()


@pytest.mark.parametrize("turn", TURNS)
def test_turning_back(turn: Orientation) -> None:
    image = np.arange(4 * 6, dtype=np.uint8).reshape(4, 6)
    assert np.array_equal(turn.stored(turn.shown(image)), image)


@pytest.mark.parametrize(
    "text",
    [
        "Удар 36:09", "ركلة حرة", "コーナーキック", "🟥 Red card",
        "\ud800 broken", "a\x00b\x1b[31m", "%s {0} \\N <b>",
        "word " * 200, "w" * 900, "\u0301\u0301", "\n\n",
    ],
)  # fmt: skip
@pytest.mark.parametrize("size", [(320, 180), (16, 16), (2, 2)])
def test_no_text_breaks_it(text: str, size: tuple[int, int]) -> None:
    luma, *_ = painted(text, *size)
    assert luma.shape == size[::-1]


def test_blank_text_draws_nothing() -> None:
    assert all((plane == 120).all() for plane in painted(" \n "))


def test_long_text_stays_in_the_picture() -> None:
    changed = painted("a long story about a free-kick " * 30, 320, 180)[0] != 120
    assert not changed[:, :8].any()
    assert not changed[:, -8:].any()
    assert not changed[:90].any()
