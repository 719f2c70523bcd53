"""Boards that cannot be trusted, boards beside other boards, boards unlike the usual: nothing is made up."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from matchcut.datasets.boards import Script
from matchcut.datasets.boards.films import moving_pictures
from matchcut.datasets.boards.odd import draw_odd, odd_board
from matchcut.observe.follow import Follower
from matchcut.observe.goals import goals_from
from matchcut.observe.learn import learn_layouts
from matchcut.observe.match_clock import ClockFit, fit_clock
from matchcut.observe.ocr import TextReader
from matchcut.observe.readings import BoardTrack, Reading
from matchcut.observe.scoreboard import BoardSettings, read_board
from media.make import rotation_matrix

Picture = NDArray[np.uint8]
Paint = Callable[[ImageDraw.ImageDraw, float], None]
"""Draws what stands on the picture at a second of the film."""

STEP_S = 3.0
FONT = ImageFont.load_default(15)


@pytest.fixture(scope="module")
def reader() -> TextReader:
    return TextReader()


def film(
    paint: Paint, seconds: float = 120.0, size: tuple[int, int] = (640, 360)
) -> list[tuple[float, Picture]]:
    shown = []
    for number, below in enumerate(moving_pictures(round(seconds / STEP_S), 7, 1 / STEP_S, size)):
        image = Image.fromarray(below)
        paint(ImageDraw.Draw(image), number * STEP_S)
        shown.append((number * STEP_S, np.asarray(image)))
    return shown


def read(
    shown: list[tuple[float, Picture]], reader: TextReader, places: int = 6
) -> tuple[BoardTrack, ClockFit]:
    """As `read_board` does, without a file between."""
    places = [round(k) for k in np.linspace(1, len(shown) - 3, places)]
    chosen = sorted({i + more for i in places for more in (0, 1)})
    layouts, notes = learn_layouts([shown[i][1] for i in chosen], [shown[i][0] for i in chosen], reader)
    follower = Follower(layouts, reader)
    readings = [r for t, image in shown if (r := follower.look(t, image)) is not None]
    teams = layouts[0].teams if layouts else ("", "")
    track = BoardTrack(tuple(readings), tuple(layouts), teams, duration=shown[-1][0], notes=tuple(notes))
    return track, fit_clock(track)


def label(draw: ImageDraw.ImageDraw, x: int, y: int, text: str, wide: int | None = None) -> None:
    """Letters on a plate."""
    high = 22
    wide = wide or round(FONT.getlength(text)) + 14
    draw.rectangle((x, y, x + wide, y + high), (15, 20, 70))
    draw.text((x + wide / 2, y + high / 2), text, (250, 250, 250), FONT, "mm")


def face(seconds: float) -> str:
    return f"{int(seconds) // 60:02d}:{int(seconds) % 60:02d}"


def board(
    draw: ImageDraw.ImageDraw,
    seconds: float,
    score: str = "0-0",
    start: float = 600.0,
    at: tuple[int, int] = (30, 20),
) -> None:
    """The match's own board: names, score and clock in a row."""
    x, y = at
    label(draw, x, y, "KOL", 46)
    label(draw, x + 46, y, score, 46)
    label(draw, x + 92, y, "SGE", 46)
    label(draw, x + 150, y, face(start + seconds), 60)


def teams_of(track: BoardTrack, fit: ClockFit) -> list[str | None]:
    return [goal.team for goal in goals_from(track, fit.clock)[0]]


# Other boards


RESULTS = ("EVE 1-0 WHU 23'", "TOT 2-2 AVL 23'", "NEW 0-3 WOL FT", "LEI 1-1 SOU 24'")


def test_other_results_are_not_this_match(reader: TextReader) -> None:
    def paint(draw: ImageDraw.ImageDraw, t: float) -> None:
        board(draw, t)
        text = RESULTS[int(t) // 9 % 4]
        label(draw, 60, 330, text if t < 60 else text.replace("1-0", "2-0").replace("2-2", "2-3"), 300)

    track, fit = read(film(paint), reader)
    assert track.teams == ("KOL", "SGE")
    assert fit.clock is not None
    assert {(r.home, r.away) for r in track.readings} == {(0, 0)}
    assert teams_of(track, fit) == []


def test_a_list_of_results_alone_is_no_board(reader: TextReader) -> None:
    """Each result comes with a clock that runs: only the names tell that it is not one match."""

    def paint(draw: ImageDraw.ImageDraw, t: float) -> None:
        one, two, score = (("EVE", "WHU", "1-0"), ("TOT", "AVL", "2-2"), ("NEW", "WOL", "0-3"))[int(t) // 9 % 3]
        for x, text in ((60, one), (106, score), (152, two), (210, face(1300 + t))):
            label(draw, x, 330, text, 60 if ":" in text else 46)

    track, fit = read(film(paint, 90), reader)
    assert track.readings == ()
    assert teams_of(track, fit) == []
    assert any("names change" in note for note in track.notes)


def test_a_picture_in_the_picture_keeps_its_goals(reader: TextReader) -> None:
    def paint(draw: ImageDraw.ImageDraw, t: float) -> None:
        board(draw, t)
        draw.rectangle((380, 180, 630, 340), (30, 90, 40))
        for x, text in ((390, "LIV"), (440, "0-0" if t < 45 else "1-0"), (490, "MCI")):
            label(draw, x, 190, text, 46)
        label(draw, 550, 190, face(633 + t), 60)

    track, fit = read(film(paint), reader)
    assert track.teams == ("KOL", "SGE")
    assert teams_of(track, fit) == []
    assert any("second clock" in note or "another" in note for note in track.notes)
    at = fit.clock.at(60.0) if fit.clock else None
    assert at is not None
    assert at.seconds == pytest.approx(660, abs=2)


def test_another_match_in_between(reader: TextReader) -> None:
    """A conference: the programme goes over to another match with its own board and back."""

    def paint(draw: ImageDraw.ImageDraw, t: float) -> None:
        if 40 <= t < 80:
            for x, text in ((400, "LIV"), (446, "2-0"), (492, "MCI"), (548, face(1833 + t))):
                label(draw, x, 20, text, 60 if ":" in text else 46)
        else:
            board(draw, t)

    track, fit = read(film(paint), reader, 6)
    assert {(r.home, r.away) for r in track.readings} == {(0, 0)}
    assert teams_of(track, fit) == []
    assert any("left aside" in note for note in track.notes)


# Half a board, and none


def test_a_clock_without_a_score(reader: TextReader) -> None:
    track, fit = read(film(lambda draw, t: label(draw, 40, 20, face(t + 300), 70), 60), reader)
    assert fit.clock is not None
    goals, notes = goals_from(track, fit.clock)
    assert goals == ()
    assert "no score was read off a board" in notes


def test_a_score_without_a_clock_and_an_advertisement(reader: TextReader) -> None:
    def paint(draw: ImageDraw.ImageDraw, t: float) -> None:
        label(draw, 40, 20, "KOL 0-0 SGE" if t < 30 else "KOL 1-0 SGE")
        label(draw, 300, 200, "BUY 2-1")
        label(draw, 500, 20, "20:45")

    track, fit = read(film(paint, 60), reader)
    assert track.layouts == ()
    assert fit.clock is None
    assert teams_of(track, fit) == []


def test_a_clock_in_a_hurry_is_none(reader: TextReader) -> None:
    """Time-lapse: eight seconds of match in one of film."""
    track, fit = read(film(lambda draw, t: board(draw, 8 * t, "0-0" if t < 30 else "2-1"), 60), reader)
    assert fit.clock is None
    assert teams_of(track, fit) == []


def test_a_clock_that_counts_down_gives_no_match_time(reader: TextReader) -> None:
    track, fit = read(film(lambda draw, t: board(draw, -t, start=2000), 60), reader)
    assert fit.clock is None
    assert any("counts down" in note for note in fit.notes)
    assert teams_of(track, fit) == []


# Boards that change, and that are hard to read


def test_letters_for_digits_and_slips(reader: TextReader) -> None:
    def paint(draw: ImageDraw.ImageDraw, t: float) -> None:
        score = "O-I" if int(t) % 2 else "0-1"
        if t in (30.0, 33.0, 81.0):
            score = "8-1"
        board(draw, t, score)
        if int(t) % 4 == 0:
            label(draw, 180, 20, face(600 + t).replace("0", "O").replace("1", "I"), 60)

    track, fit = read(film(paint), reader)
    assert fit.clock is not None
    at = fit.clock.at(100.0)
    assert at is not None
    assert at.seconds == pytest.approx(700, abs=2)
    assert teams_of(track, fit) == []


def test_another_layout_after_half_time(reader: TextReader) -> None:
    def paint(draw: ImageDraw.ImageDraw, t: float) -> None:
        if t < 96:
            board(draw, t, start=2700 - 80)
        elif t < 117:
            label(draw, 30, 20, "HT  KOL 0-0 SGE")
        else:
            for y, name, goals in ((20, "KOL", "0"), (42, "SGE", "1" if t > 160 else "0")):
                label(draw, 480, y, name, 50)
                label(draw, 530, y, goals, 26)
            label(draw, 556, 20, face(2700 + t - 117), 60)

    track, fit = read(film(paint, 216), reader, 6)
    assert len(track.layouts) == 2
    assert fit.clock is not None
    assert teams_of(track, fit) == ["SGE"]


def test_a_second_half_that_begins_at_0_again(reader: TextReader) -> None:
    """The word for the period tells the halves apart, though the first was joined late."""

    def paint(draw: ImageDraw.ImageDraw, t: float) -> None:
        second = t >= 105
        board(draw, t, start=-105 if second else 1200)
        label(draw, 250, 20, "2T" if second else "1T", 40)

    track, fit = read(film(paint, 210), reader, 6)
    assert {r.period for r in track.readings} >= {1, 2}
    assert fit.clock is not None
    assert [p.number for p in fit.clock.periods] == [1, 2]
    at = fit.clock.at(165.0)
    assert at is not None
    assert (at.period, at.seconds) == (2, pytest.approx(2760, abs=2))


def test_extra_time_has_three_digits(reader: TextReader) -> None:
    track, fit = read(film(lambda draw, t: board(draw, t, "1-1" if t < 60 else "2-1", start=6330)), reader)
    assert fit.clock is not None
    at = fit.clock.at(60.0)
    assert at is not None
    assert (at.period, str(at)) == (4, "106:30")
    assert teams_of(track, fit) == ["KOL"]


@pytest.mark.parametrize("seed", [1011, 1027])
def test_boards_unlike_the_usual(reader: TextReader, seed: int) -> None:
    """Names below the numbers; a column with minutes alone."""
    odd, script = odd_board(seed), Script(240.0, 0.0, 900.0, ((100.0, 1),), 5.0)
    shown = []
    for number, below in enumerate(moving_pictures(80, seed, 1 / 3)):
        image = Image.fromarray(below)
        draw_odd(image, odd, script.says(number * 3.0))
        shown.append((number * 3.0, np.asarray(image)))
    track, fit = read(shown, reader, 6)
    assert fit.clock is not None
    goals, _ = goals_from(track, fit.clock)
    assert [goal.time for goal in goals] == [pytest.approx(100, abs=10)]
    assert goals[0].team in (odd.teams[1], "away")


# Whole stories, by their readings


def shot(t: float, clock: float | None, home: int, away: int) -> Reading:
    return Reading(t, clock, None, home, away, 0.98)


def test_a_goal_in_what_was_cut_out_is_said_and_not_made() -> None:
    """A highlights film: scenes of half a minute, the score changes between two of them."""
    readings = []
    for scene, (clock, score) in enumerate([(600, (0, 0)), (1500, (0, 0)), (2500, (1, 0)), (4000, (1, 0))]):
        readings += [shot(scene * 30.0 + k, clock + k, *score) for k in range(0, 28, 2)]
    track = BoardTrack(tuple(readings), duration=120.0)
    fit = fit_clock(track)
    assert fit.clock is None
    goals, notes = goals_from(track, fit.clock)
    assert goals == ()
    assert any("leaps from" in note for note in notes)


def test_a_goal_within_a_scene_of_a_highlights_film() -> None:
    readings = []
    for scene, clock in enumerate((600, 1500, 2500, 4000)):
        scored = [int(scene > 1 or (scene == 1 and k >= 14)) for k in range(0, 40, 2)]
        readings += [shot(scene * 42.0 + 2 * n, clock + 2 * n, s, 0) for n, s in enumerate(scored)]
    goals, _ = goals_from(BoardTrack(tuple(readings), duration=170.0))
    assert [goal.time for goal in goals] == [pytest.approx(42 + 10, abs=8)]


@pytest.mark.parametrize("stands", [True, False])
def test_a_shoot_out_is_no_play(stands: bool) -> None:
    played = [shot(t, 7000.0 + t, 1, 1) for t in np.arange(0.0, 200.0, 4.0)]
    shots = [(1, 1), (2, 1), (2, 2), (3, 2), (3, 3), (4, 3), (5, 3)]
    after = [
        shot(600.0 + 60 * n + k, 7200.0 if stands else None, *score)
        for n, score in enumerate(shots)
        for k in range(0, 60, 4)
    ]
    track = BoardTrack((*played, *after), duration=1100.0)
    goals, notes = goals_from(track, fit_clock(track).clock)
    assert goals == ()
    assert any("shoot-out" in note for note in notes)


def test_a_goal_in_stoppage_time_with_a_standing_clock_counts() -> None:
    readings = [
        shot(t, min(5300.0 + t, 5400.0) if t < 104 else None, int(t > 200), 0) for t in range(0, 300, 4)
    ]
    goals, _ = goals_from(BoardTrack(tuple(readings), duration=300.0))
    assert len(goals) == 1


# Shapes


def write(
    path: Path, shown: list[tuple[float, Picture]], matrix: tuple[int, ...] | None = None, **how: str
) -> Path:
    """The film as H.264, a picture every `STEP_S` seconds."""
    with av.open(str(path), "w") as out:
        stream = out.add_stream(
            "libx264", rate=25, options={"crf": "20", "preset": "veryfast", "bf": "0", **how}
        )
        stream.height, stream.width = shown[0][1].shape[:2]
        stream.pix_fmt, stream.gop_size, stream.thread_count = "yuv420p", 2, 1
        stream.codec_context.time_base = Fraction(1, 1000)
        if matrix is not None:
            stream.set_display_matrix(matrix)
        for time, picture in shown:
            frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(picture), format="rgb24")
            frame.pts, frame.time_base = round(time * 1000), Fraction(1, 1000)
            out.mux(stream.encode(frame))
        out.mux(stream.encode(None))
    return path


def portrait(draw: ImageDraw.ImageDraw, t: float) -> None:
    board(draw, t, "0-0" if t < 36 else "0-1", at=(60, 90))


def turned(shown: list[tuple[float, Picture]]) -> Iterator[tuple[float, Picture]]:
    return ((t, np.rot90(picture)) for t, picture in shown)


@pytest.mark.parametrize("kind", ["upright", "turned", "interlaced"])
def test_portrait_and_interlaced_films(tmp_path: Path, kind: str) -> None:
    shown = film(portrait, 75, (640, 360) if kind == "interlaced" else (360, 640))
    path = tmp_path / "a.mp4"
    if kind == "turned":
        write(path, list(turned(shown)), rotation_matrix(90))
    elif kind == "interlaced":
        write(path, shown, flags="+ildct+ilme", **{"x264-params": "tff=1"})
    else:
        write(path, shown)
    track = read_board(path, BoardSettings(places=4))
    fit = fit_clock(track)
    assert track.teams == ("KOL", "SGE")
    assert fit.clock is not None
    assert teams_of(track, fit) == ["SGE"]


def test_layouts_with_a_period_survive_json(reader: TextReader) -> None:
    track = BoardTrack(
        layouts=(replace(learn_layouts(*_sample(), reader)[0][0]),), readings=(Reading(1.0, 2.0, period=2),)
    )
    assert track.layouts[0].period is not None
    assert BoardTrack.from_json(track.to_json()) == track


def _sample() -> tuple[list[Picture], list[float]]:
    shown = film(lambda draw, t: (board(draw, t), label(draw, 250, 20, "1. HZ", 60))[0], 36)
    return [picture for _, picture in shown], [t for t, _ in shown]
