"""Frames at chosen moments: the right ones, whatever is left undecoded."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from matchcut.errors import InputError, SettingsError
from matchcut.media.frames import picture, read_frames
from matchcut.media.sample import frames_at, timed_frames_at
from media.make import Make, read_number, video

OPEN_GOP = {"x264-params": "open-gop=1:bframes=3:keyint=25:scenecut=0"}


@pytest.fixture(scope="module", params=["closed", "open", "matroska"])
def film(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    suffix = ".mkv" if request.param == "matroska" else ".mp4"
    options = OPEN_GOP if request.param == "open" else {"bf": "3"}
    path = tmp_path_factory.mktemp("sample") / f"film{suffix}"
    return video(path, Make(frames=150, rate=Fraction(25), sound=False, options=options))


def seen(path: Path, times: list[float]) -> list[int]:
    found = list(frames_at(path, times))
    assert [place for place, _ in found] == list(range(len(times)))
    return [read_number(picture(frame)) for _, frame in found]


@settings(deadline=None, max_examples=15)
@given(moments=st.lists(st.floats(0, 6.5), min_size=1, max_size=12).map(sorted))
def test_each_moment_has_the_frame_shown_then(film: Path, moments: list[float]) -> None:
    assert seen(film, moments) == [min(149, int(time * 25 + 0.0125)) for time in moments]


def test_sparse_moments_skip_whole_groups(film: Path) -> None:
    assert seen(film, [0.1, 3.3, 3.34, 5.9]) == [2, 82, 83, 147]


@settings(deadline=None, max_examples=15)
@given(moments=st.lists(st.floats(0, 5.9), min_size=1, max_size=6).map(sorted))
def test_each_frame_comes_with_its_own_second(film: Path, moments: list[float]) -> None:
    for place, second, frame in timed_frames_at(film, moments):
        assert second == pytest.approx(read_number(picture(frame)) / 25, abs=0.002)
        assert second <= moments[place] + 0.002


def test_moments_must_ascend_and_lie_in_the_recording(film: Path) -> None:
    with pytest.raises(SettingsError, match="ascend"):
        list(frames_at(film, [2.0, 1.0]))
    with pytest.raises(InputError, match=r"ends at 6\.0 s, before the moment 60\.0 s"):
        list(frames_at(film, [60.0]))


@pytest.mark.data
def test_the_same_frames_as_decoding_everything(data_folder: Path) -> None:
    path = data_folder / "broadcast-first-20-minutes.mp4"
    times = [100.0, 100.01, 100.5, 103.0, 107.9, 108.2]
    found = [picture(frame, 64) for _, frame in frames_at(path, times)]
    every = list(read_frames(path, 99.9, 108.5, width=64))
    for time, image in zip(times, found, strict=True):
        shown = [frame.image for frame in every if frame.time <= time + 0.0005][-1]
        assert np.array_equal(image, shown)
