"""Shots of made-up broadcasts: passages, kinds, replays; and files as they come."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from matchcut.errors import InputError
from matchcut.observe.shots import Shot, ShotFinder, ShotTrack, find_shots, with_board_hidden
from matchcut.observe.transitions import MARGIN_S, SPAN_S, TransitionFinder
from media import make
from observe.stage import Film, close_up, long_shot, planes, stand


def tell(film: Film) -> ShotTrack:
    finder = ShotFinder()
    for time, picture in film.small():
        finder.add(time, picture)
    return finder.finish(film.seconds)


def assert_same(track: ShotTrack, film: Film, tolerance: float = 0.25) -> None:
    """Every passage is found once, with its kind, and no other."""
    found = [(p.kind, (p.start + p.end) / 2) for p in track.passages]
    wanted = [(kind, (a + b) / 2) for a, b, kind in film.passages]
    assert [kind for kind, _ in found] == [kind for kind, _ in wanted], (found, wanted)
    for (_, here), (_, there) in zip(found, wanted, strict=True):
        assert here == pytest.approx(there, abs=tolerance)


def match() -> Film:
    """Play, faces, the crowd; two replays between wipes."""
    film = Film().shot(long_shot, 20).shot(close_up, 4).shot(stand, 3).dissolve(long_shot, seed=3)
    film.shot(long_shot, 12, seed=3).wipe().shot(close_up, 6, seed=4).shot(long_shot, 4, seed=5, brightness=0.8)
    film.wipe().shot(long_shot, 25, seed=6).wipe().shot(close_up, 8, seed=7).wipe().shot(long_shot, 15, seed=8)
    return film


@pytest.fixture(scope="module")
def film() -> Film:
    return match()


@pytest.fixture(scope="module")
def track(film: Film) -> ShotTrack:
    return tell(film)


def test_passages(film: Film, track: ShotTrack) -> None:
    assert_same(track, film, 0.3)


def test_a_cut_is_exact(film: Film, track: ShotTrack) -> None:
    cuts = [p for p in track.passages if p.kind == "cut"]
    truth = [(a, b) for a, b, kind in film.passages if kind == "cut"]
    assert [(p.start, p.end) for p in cuts] == [pytest.approx(pair, abs=1e-6) for pair in truth]


def test_kinds(track: ShotTrack) -> None:
    assert [shot.kind for shot in track.shots] == [
        *("long", "close", "off", "long", "close", "long", "long", "close", "long")
    ]
    assert all(shot.confidence > 0.8 for shot in track.shots)


def test_replays(track: ShotTrack) -> None:
    assert [round(shot.replay) for shot in track.shots] == [0, 0, 0, 0, 1, 1, 0, 1, 0]


def test_shots_and_passages_cover_the_film(film: Film, track: ShotTrack) -> None:
    assert len(track.passages) == len(track.shots) - 1
    assert track.shots[0].start == 0
    assert track.shots[-1].end == pytest.approx(film.seconds)
    for shot, passage, following in zip(track.shots, track.passages, track.shots[1:], strict=False):
        assert shot.end == passage.start <= passage.end == following.start
    assert track.at(1.0) == track.shots[0]
    assert track.at(film.seconds + 1) is None


def test_a_pan_a_flash_and_a_lamp_are_no_cuts() -> None:
    film = Film().shot(lambda t: long_shot(8 * t), 6)
    film.pictures[70] = np.full_like(film.pictures[70], 250)  # a camera's flash fills one picture
    for number in range(100, 140):  # the light fades a little and comes back
        film.pictures[number] = (film.pictures[number] * (1 - (20 - abs(number - 120)) / 200)).astype(np.uint8)
    assert [p for p in tell(film).passages if p.kind == "cut"] == []


@settings(max_examples=8, deadline=None)
@given(st.lists(st.floats(1.2, 6), min_size=1, max_size=6), st.sampled_from([12, 25, 50]))
def test_any_cutting_rhythm(lengths: list[float], rate: int) -> None:
    film = Film(rate)
    for number, length in enumerate(lengths):
        film.shot((long_shot, close_up, stand)[number % 3], length, seed=number)
    assert_same(tell(film), film, 0.1)


def test_memory_stays_and_nothing_is_lost_or_doubled_between_spans() -> None:
    views = [planes(long_shot(0, 1)), planes(stand(0, 2))]
    finder, found, most = TransitionFinder(), [], 0
    cuts = np.arange(4, 400, 4.0)
    for number in range(int(400 * 12.5)):
        time = number / 12.5
        found += finder.add(time, views[int((cuts <= time).sum()) % 2])
        most = max(most, len(finder._times))
    found += finder.finish()
    assert [t.end for t in found] == pytest.approx(list(cuts), abs=0.081)
    assert most <= (SPAN_S + 3 * MARGIN_S) * 12.5


def test_without_a_pitch_kinds_are_unknown() -> None:
    track = tell(Film().shot(stand, 4).shot(stand, 4, seed=9))
    assert {shot.kind for shot in track.shots} == {"unknown"}
    assert "no pitch" in track.notes[0]


def test_one_picture_and_none() -> None:
    finder = ShotFinder()
    assert finder.finish(0.0).shots == ()
    finder = ShotFinder()
    finder.add(0.0, planes(long_shot()))
    assert len(finder.finish(0.04).shots) == 1


def test_a_track_survives_the_disk(track: ShotTrack, tmp_path: Path) -> None:
    assert ShotTrack.load(track.save(tmp_path / "shots.json")) == track
    for text in ("{}", '{"shots": [{"x": 1}], "passages": [], "notes": []}', "[]", ""):
        (tmp_path / "bad.json").write_text(text)
        with pytest.raises(InputError):
            ShotTrack.load(tmp_path / "bad.json")


def test_a_board_that_is_away_tells_a_replay() -> None:
    shots = (Shot(0, 10, "long", 1, 1), Shot(10, 20, "close", 1, 1, 0.2), Shot(20, 30, "long", 1, 1))
    track = ShotTrack(shots, ())
    assert [s.replay for s in with_board_hidden(track, [(9.5, 20.5)]).shots] == [0, 0.7, 0]
    assert with_board_hidden(track, [(10, 12)]) == track
    assert with_board_hidden(track, [(0, 300)]) == track


def short_film(rate: int = 25) -> Film:
    return Film(rate).shot(long_shot, 4).shot(close_up, 3).dissolve(stand).shot(stand, 3).shot(long_shot, 4)


def test_a_file_end_to_end(tmp_path: Path) -> None:
    film = short_film()
    told: list[tuple[float, float]] = []
    track = find_shots(film.write(tmp_path / "film.mp4"), lambda *p: told.append(p))
    assert_same(track, film)
    assert [s.kind for s in track.shots] == ["long", "close", "off", "long"]
    assert told[-1][1] == pytest.approx(film.seconds, abs=0.1)
    assert all(done <= total for done, total in told)


@pytest.mark.parametrize("rate", [10, 50])
def test_frame_rates(rate: int, tmp_path: Path) -> None:
    film = Film(rate).shot(long_shot, 3).shot(close_up, 2).shot(stand, 2)
    assert_same(find_shots(film.write(tmp_path / "film.mp4")), film, 0.15)


def test_interlaced_fields(tmp_path: Path) -> None:
    film = short_film()
    path = film.write(tmp_path / "film.ts", options={"x264-params": "tff=1:bframes=2", "flags": "+ildct+ilme"})
    assert_same(find_shots(path), film)


def test_variable_frame_rate(tmp_path: Path) -> None:
    film = short_film()
    rng = np.random.default_rng(0)
    steps = rng.choice([20, 40, 60], len(film.pictures))
    times = [Fraction(int(t), 1000) for t in np.concatenate([[0], np.cumsum(steps)[:-1]])]
    track = find_shots(film.write(tmp_path / "film.mp4", times))
    wanted = [float(times[round(b * 25)]) for _, b, kind in film.passages if kind == "cut"]
    assert [p.end for p in track.passages if p.kind == "cut"] == pytest.approx(wanted, abs=0.2)


def test_portrait(tmp_path: Path) -> None:
    how = make.Make(frames=50, width=96, height=192, sound=False, matrix=make.rotation_matrix(90))
    assert len(find_shots(make.video(tmp_path / "portrait.mp4", how)).shots) >= 1


@pytest.mark.parametrize(
    ("name", "how"),
    [
        ("a.mkv", {"codec": "mpeg4"}),
        ("a.ts", {"codec": "mpeg2video", "time_base": Fraction(1, 25)}),
        ("a.webm", {"codec": "libvpx-vp9", "sound": False}),
        ("a.mkv", {"pix_fmt": "yuv422p10le"}),
        ("a.mp4", {"pix_fmt": "yuvj420p"}),
        ("a.mkv", {"start": Fraction(7)}),
    ],
)
def test_codecs_and_pixel_formats(name: str, how: dict[str, object], tmp_path: Path) -> None:
    track = find_shots(make.video(tmp_path / name, make.Make(frames=40, **how)))
    assert track.shots[-1].end == pytest.approx(1.6, abs=0.1)


def test_a_black_picture(tmp_path: Path) -> None:
    finder = ShotFinder()
    for number in range(100):
        finder.add(number / 10, np.full((3, 36, 64), [[[16]], [[128]], [[128]]], dtype=np.uint8))
    (shot,) = finder.finish(10.0).shots
    assert (shot.kind, shot.motion) == ("unknown", 0.0)


def test_no_picture(tmp_path: Path) -> None:
    track = find_shots(make.sound_only(tmp_path / "sound.m4a"))
    assert (track.shots, track.passages) == ((), ())
    assert "no picture" in track.notes[0]


def test_damage_is_survived_and_told(tmp_path: Path) -> None:
    film = short_film()
    path = film.write(tmp_path / "hurt.ts")
    data = bytearray(path.read_bytes())
    rng = np.random.default_rng(0)
    for at in rng.integers(len(data) // 2, len(data) * 3 // 4, 300):
        data[at] ^= 0xFF
    path.write_bytes(data)
    track = find_shots(path)
    assert track.shots
    first = film.passages[0][1]
    assert any(abs(p.end - first) < 0.1 for p in track.passages)


def test_a_file_cut_off(tmp_path: Path) -> None:
    path = short_film().write(tmp_path / "film.ts")
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    assert find_shots(path).shots
