"""Shots of made-up broadcasts: passages, kinds, replays; and files as they come."""

from __future__ import annotations

import dataclasses
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from matchcut.errors import InputError
from matchcut.observe.board_away import board_away
from matchcut.observe.boxes import Box
from matchcut.observe.layout import Layout
from matchcut.observe.readings import BoardTrack, Count, Reading, TextSeen
from matchcut.observe.replays import with_wipes
from matchcut.observe.shots import (
    Passage,
    Shot,
    ShotFinder,
    ShotTrack,
    find_shots,
    shots_of,
    with_board_hidden,
)
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


def clocked(looks: list[float], hidden: tuple[float, float], **fields: object) -> BoardTrack:
    """A board that is read at every look but those of a stretch; its clock runs."""
    layout = Layout(Box(0, 0, 40, 12), 1, 1, (), ("", ""), Box(0, 0, 60, 20))
    readings = tuple(Reading(t, 600 + t) for t in looks if not hidden[0] < t < hidden[1])
    return dataclasses.replace(BoardTrack(readings, (layout,), looks=tuple(looks)), **fields)


LOOKS = [float(t) for t in range(0, 60, 2)]


def cut(second: float) -> Passage:
    return Passage(second - 0.04, second, "cut", 1.0)


def three_shots(middle: str = "close") -> ShotTrack:
    shots = (Shot(0, 19.96, "long", 1, 1), Shot(20, 29.96, middle, 1, 1, 0.2), Shot(30, 60, "long", 1, 1))
    return ShotTrack(shots, (cut(20), cut(30)))


def marks(track: ShotTrack, board: BoardTrack) -> list[float]:
    return [shot.replay for shot in with_board_hidden(track, board_away(board)).shots]


def test_a_board_that_is_away_between_two_cuts_tells_a_replay() -> None:
    assert marks(three_shots(), clocked(LOOKS, (20, 30))) == [0, 0.7, 0]


@pytest.mark.parametrize(
    ("hidden", "why"),
    [
        ((23, 25), "one look is a slip of the reading"),
        ((21, 27), "the board comes back without a cut"),
        ((9, 17), "it goes and comes without one"),
        ((-1, 30), "it did not stand before"),
        ((20, 99), "it does not stand after"),
    ],
)
def test_a_board_that_is_not_read_tells_none(hidden: tuple[float, float], why: str) -> None:
    assert marks(three_shots(), clocked(LOOKS, hidden)) == [0, 0.2, 0], why


def test_what_else_hides_a_board_is_no_replay() -> None:
    away = clocked(LOOKS, (20, 30))
    line_up = TextSeen(22, 28, tuple("abcdefghijk"))
    assert marks(three_shots(), dataclasses.replace(away, texts=(line_up,))) == [0, 0.2, 0]
    assert marks(three_shots("off"), away) == [0, 0.2, 0]
    later = [dataclasses.replace(r, clock_s=2700 + r.seconds) for r in away.readings if r.seconds > 25]
    before = [r for r in away.readings if r.seconds < 25]
    assert marks(three_shots(), dataclasses.replace(away, readings=(*before, *later))) == [0, 0.2, 0]
    seldom = tuple(r for r in away.readings if r.seconds % 8 == 4 or 16 < r.seconds < 34)
    assert board_away(dataclasses.replace(away, readings=seldom)) == ()


def test_a_board_without_a_clock_tells_replays_too() -> None:
    counts = tuple(Count(t, balls=1, strikes=1) for t in LOOKS if not 20 < t < 30)
    assert marks(three_shots(), BoardTrack(counts=counts, looks=tuple(LOOKS))) == [0, 0.7, 0]


def watched(film: Film, board: BoardTrack | None) -> ShotTrack:
    finder = ShotFinder()
    for time, picture in film.small():
        finder.add(time, picture)
    return shots_of([finder.part()], film.seconds, board)


def test_two_wipes_around_a_hidden_board_need_no_third() -> None:
    film = Film().shot(long_shot, 12).wipe(0.4).shot(long_shot, 7, seed=4, brightness=0.9).wipe(0.4)
    finder = TransitionFinder()
    for time, picture in film.shot(long_shot, 12, seed=6).small():
        finder.add(time, picture)
    seen = [dataclasses.replace(t, kind="cut") for t in finder.finish()]  # as leaps they are cuts at times
    assert [t.kind for t in with_wipes(seen)] == ["cut", "cut"]
    assert [t.kind for t in with_wipes(seen, [(0, 1)])] == ["wipe", "wipe"]
    other = dataclasses.replace(seen[1], strip=seen[1].strip[::-1] // 2)
    assert [t.kind for t in with_wipes([seen[0], other], [(0, 1)])] == ["cut", "cut"]


def test_somebody_before_the_camera_is_no_transition() -> None:
    film = Film().shot(long_shot, 10)
    film.pictures[100:112] = [np.full_like(film.pictures[0], 120)] * 12
    assert watched(film, None).passages == ()


def test_a_board_on_the_grass_is_nobody_near() -> None:
    film = match()
    plain = [shot.kind for shot in tell(film).shots]
    for picture in film.pictures:
        high, wide = picture.shape[:2]
        picture[-high // 5 : -high // 12, wide // 4 : -wide // 4] = (200, 30, 40)
    assert [shot.kind for shot in tell(film).shots] == plain


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


def test_cuts_between_views_of_the_same_colours_are_seen_and_slow_crowds_are_none() -> None:
    def half(seconds: float = 0.0, left: bool = True) -> np.ndarray:
        picture = long_shot()
        picture[30:, : 64 if left else None][:, 0 if left else 98 :] = (10, 30, 5)
        return picture

    film = Film().shot(half, 4).shot(half, 4, left=False)
    assert [p.kind for p in tell(film).passages] == ["cut"]
    for rate in (12, 25):
        assert tell(Film(rate).shot(stand, 5, seed=2)).passages == ()
