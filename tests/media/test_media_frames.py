"""Frames by presentation time: exact sets, sizes, orientation, damage, thumbnails."""

from __future__ import annotations

import io
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from matchcut.errors import InputError, SettingsError
from matchcut.media.frames import read_frames, thumbnails
from matchcut.media.opening import Damage
from media.make import Make, draw_number, read_number, rotation_matrix, sound_only, video

VFR = [Fraction(sum(20 if k % 3 else 70 for k in range(n)), 1000) for n in range(120)]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("frames")


@pytest.fixture(scope="module")
def plain(folder: Path) -> Path:
    return video(folder / "plain.mp4", Make(sound=False))


def test_the_bar_code_reads_itself() -> None:
    for number in (0, 1, 149, 1365, 2730, 4095):
        assert read_number(draw_number(number, 192, 96)) == number


@settings(max_examples=12, deadline=None)
@given(st.integers(0, 155), st.integers(1, 60))
def test_any_window_gives_just_its_frames(plain: Path, first: int, count: int) -> None:
    start, end = first / 25, (first + count) / 25
    got = [(round(f.time * 25), read_number(f.image)) for f in read_frames(plain, start, end)]
    assert got == [(n, n) for n in range(first, min(first + count, 150))]


@pytest.mark.parametrize(
    ("name", "make"),
    [
        ("a.mkv", Make(times=VFR, sound=False)),
        ("a.ts", Make(frames=100, rate=Fraction(30000, 1001))),
        ("a.mp4", Make(frames=100, start=Fraction(10), sound=False)),
        ("open.mp4", Make(frames=100, b_frames=3, sound=False, options={"x264-params": "open-gop=1"})),
        ("one-key.mp4", Make(frames=100, gop=300, sound=False)),
    ],
)
def test_times_are_those_of_presentation(tmp_path: Path, name: str, make: Make) -> None:
    path = video(tmp_path / name, make)
    whole = [(f.time, read_number(f.image)) for f in read_frames(path)]
    assert [number for _, number in whole] == list(range(len(make.shown())))
    spacing = np.diff([time for time, _ in whole])
    assert np.allclose(spacing, np.diff([float(t) for t in make.shown()]), atol=0.0011)
    window = [(f.time, read_number(f.image)) for f in read_frames(path, 1.0, 2.0)]
    assert window == [(t, n) for t, n in whole if 1.0 <= t < 2.0]


def test_sizes(plain: Path) -> None:
    def size(**wanted: int) -> tuple[int, ...]:
        return next(read_frames(plain, **wanted)).image.shape

    assert size() == (96, 192, 3)
    assert size(width=96) == (48, 96, 3)
    assert size(height=24) == (24, 48, 3)
    assert size(width=50, height=50) == (50, 50, 3)
    with pytest.raises(SettingsError):
        size(width=0)


@pytest.mark.parametrize("degrees", [90, 180, 270])
def test_turned_pictures_are_the_right_way_up(tmp_path: Path, degrees: int) -> None:
    path = video(tmp_path / "a.mp4", Make(frames=3, sound=False, matrix=rotation_matrix(degrees)))
    turned = next(read_frames(path)).image
    stored = np.rot90(turned, k=degrees // 90)  # anticlockwise: undoes a clockwise turn
    assert stored.shape == (96, 192, 3)
    assert read_number(stored) == 0
    assert np.abs(stored.astype(int) - draw_number(0, 192, 96)).mean() < 12


def test_key_frames_only(plain: Path) -> None:
    got = [read_number(f.image) for f in read_frames(plain, 0.5, key_frames_only=True)]
    assert got == [25, 50, 75, 100, 125]


def test_damage_is_skipped_and_counted(tmp_path: Path) -> None:
    path = video(tmp_path / "a.mp4", Make(frames=100, sound=False))
    data = bytearray(path.read_bytes())
    place = data.find(b"mdat")
    middle = place + (len(data) - place) // 3
    data[middle : middle + 300] = b"\xff" * 300
    path.write_bytes(data)
    damage = Damage()
    shown = [f.time for f in read_frames(path, damage=damage)]
    assert damage.packets > 0
    assert 60 < len(shown) < 100
    assert shown == sorted(shown)
    assert "damaged" in damage.notes(path)[0]
    assert Damage().notes(path) == ()


def test_sound_has_no_frames(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no picture"):
        next(read_frames(sound_only(tmp_path / "a.m4a", 1.0)))


def test_thumbnails(plain: Path) -> None:
    pictures = thumbnails(plain, [4.5, 0.0, 99.0, 2.0], width=192)
    assert pictures[2] is None
    seen = []
    for data in (pictures[1], pictures[3], pictures[0]):
        assert data is not None
        with Image.open(io.BytesIO(data)) as image:
            assert (image.format, image.size) == ("JPEG", (192, 96))
            seen.append(read_number(np.asarray(image.convert("RGB"))))
    # At most the frames that no other needs are left out.
    for number, wanted in zip(seen, (0, 50, 112), strict=True):
        assert wanted - 3 <= number <= wanted
