"""Boards read off drawn broadcasts, and off the real one."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from matchcut.datasets.boards import Board, Script, frames, write_video
from matchcut.errors import InputError
from matchcut.observe.baseball import board_changes, parse_board, plays_from
from matchcut.observe.goals import goals_from
from matchcut.observe.match_clock import fit_clock
from matchcut.observe.readings import BoardTrack, Count
from matchcut.observe.scoreboard import read_board
from matchcut.sport import baseball

INK, PAPER = (250, 250, 250), (20, 30, 90)
BOARD = Board("inline", (0.05, 0.05), 14, "", INK, PAPER, INK, PAPER, 1.0, "-", "mm:ss", ("BRA", "GER"))
SCRIPT = Script(84.0, kick_off=12.0, goals=((44.0, 1),), delay_s=5.0, hidden=((51.0, 57.0),))


def video(folder: Path, board: Board, script: Script, size: tuple[int, int] = (640, 360)) -> Path:
    return write_video(folder / "match.mp4", frames(board, script, 5, size=size))


@pytest.mark.parametrize(
    "board",
    [
        BOARD,
        replace(BOARD, form="stacked", place=(0.95, 0.9), ink=(10, 10, 10), paper=(240, 240, 220)),
    ],
    ids=["inline", "stacked"],
)
def test_a_board_is_found_and_read(tmp_path: Path, board: Board) -> None:
    told: list[float] = []
    path = video(tmp_path, board, SCRIPT)
    track = read_board(path, progress=lambda done, total: told.append(done / total))
    assert told[-1] == 1
    assert track.teams == ("BRA", "GER")
    fit = fit_clock(track)
    assert fit.clock is not None
    assert fit.clock.periods[0].start == pytest.approx(12, abs=0.7)
    for t in (20.0, 50.0, 80.0):
        at = fit.clock.at(t)
        assert at is not None
        assert at.seconds == pytest.approx(t - 12, abs=1)
    goals, _ = goals_from(track, fit.clock)
    assert [g.team for g in goals] == ["GER"]
    assert goals[0].time == pytest.approx(44, abs=8)
    assert BoardTrack.from_json(track.to_json()) == track


def test_no_board(tmp_path: Path) -> None:
    script = replace(SCRIPT, kick_off=1000.0, seconds=40.0)
    track = read_board(video(tmp_path, BOARD, script))
    assert track.readings == ()
    assert any("no scoreboard" in note for note in track.notes)
    assert fit_clock(track).clock is None
    assert goals_from(track)[0] == ()


def test_a_ticker_alone_is_no_board(tmp_path: Path) -> None:
    script = replace(SCRIPT, kick_off=1000.0, seconds=40.0)
    track = read_board(video(tmp_path, replace(BOARD, ticker=True), script))
    assert fit_clock(track).clock is None
    assert goals_from(track)[0] == ()


def test_a_clock_that_counts_down(tmp_path: Path) -> None:
    script = Script(60.0, goals=(), hidden=())
    track = read_board(video(tmp_path, replace(BOARD, counts_down=True), script))
    fit = fit_clock(track)
    assert fit.clock is None
    assert "counts down" in fit.notes[0]


def test_a_file_with_one_key_frame(tmp_path: Path) -> None:
    pictures = frames(BOARD, replace(SCRIPT, seconds=40.0), 5)
    track = read_board(write_video(tmp_path / "match.mp4", pictures, key_every=1000))
    assert len(track.looks) >= 18
    assert fit_clock(track).clock is not None


def test_portrait_and_tiny(tmp_path: Path) -> None:
    track = read_board(video(tmp_path, replace(BOARD, size=8), replace(SCRIPT, seconds=20.0), size=(180, 320)))
    assert goals_from(track)[0] == ()


def test_standing_text_is_kept(tmp_path: Path) -> None:
    def with_caption() -> Iterator[NDArray[np.uint8]]:
        font = ImageFont.load_default(18)
        for number, image in enumerate(frames(BOARD, replace(SCRIPT, seconds=60.0), 5)):
            picture = Image.fromarray(image)
            if 30 <= number < 46:
                draw = ImageDraw.Draw(picture)
                draw.rectangle((120, 260, 520, 320), (30, 30, 120))
                draw.text((140, 264), "SUBSTITUTION GERMANY", (255, 255, 255), font)
                draw.text((140, 290), "KHEDIRA FOR KROOS", (255, 255, 255), font)
            yield np.asarray(picture)

    track = read_board(write_video(tmp_path / "match.mp4", with_caption()))
    seen = [text for text in track.texts if any("KHEDIRA" in line for line in text.lines)]
    assert seen
    assert 26 <= seen[0].start <= 37
    assert seen[0].end <= 48


def test_a_file_that_is_no_video(tmp_path: Path) -> None:
    path = tmp_path / "x.mp4"
    path.write_bytes(b"no video at all")
    with pytest.raises(InputError):
        read_board(path)


def test_a_track_of_another_version() -> None:
    with pytest.raises(InputError, match="not a board track"):
        BoardTrack.from_json({"version": 99})
    with pytest.raises(InputError, match="not a board track"):
        BoardTrack.from_json({"version": 1, "readings": [{"nonsense": 1}]})


def baseball_frames(states: list[tuple[int, int, int, int]]) -> Iterator[NDArray[np.uint8]]:
    """Eight frames of each (balls, strikes, outs, runs at home) over a moving picture."""
    rng = np.random.default_rng(2)
    font = ImageFont.load_default(15)
    field = rng.integers(40, 140, (360, 1400, 3), dtype=np.uint8)
    for number, (balls, strikes, outs, runs) in enumerate(s for s in states for _ in range(8)):
        picture = Image.fromarray(field[:, number * 7 % 700 :][:, :640].copy())
        draw = ImageDraw.Draw(picture)
        draw.rectangle((30, 20, 400, 48), (15, 15, 40))
        for x, text in ((40, "NYY 3"), (110, f"BOS {runs}"), (190, "TOP 5"), (270, f"{balls}-{strikes}")):
            draw.text((x, 24), text, (255, 255, 255), font)
        draw.text((320, 24), f"{outs} OUT", (255, 255, 255), font)
        yield np.asarray(picture)


def test_a_baseball_board(tmp_path: Path) -> None:
    counts = [(0, 0), (1, 0), (1, 1), (2, 1), (0, 0), (0, 1), (0, 1)]
    states = [(b, s, int(i > 3), 2 + int(i > 5)) for i, (b, s) in enumerate(counts)]
    path = write_video(tmp_path / "game.mp4", baseball_frames(states))
    track = read_board(path, of=baseball)
    assert track.teams == ("BOS", "NYY")
    kinds = [change.kind for change in board_changes(track.counts)]
    assert kinds == ["ball", "strike", "ball", "out", "strike", "run"]
    plays, notes = plays_from(track)
    assert [event.label for event in plays] == kinds
    assert {event.team for event in plays if event.label == "run"} < {"BOS", "NYY"}
    assert plays[0].time == pytest.approx(8 - 3, abs=5)
    assert any("0-0" in note for note in notes)


def test_a_baseball_board_in_words() -> None:
    count, runs = parse_board(["BOT 9", "3-2", "2 OUTS", "LAD 10 SF 4"])
    assert (count.inning, count.top, count.balls, count.strikes, count.outs) == (9, False, 3, 2, 2)
    assert runs == {"LAD": 10, "SF": 4}


def test_the_third_out_is_told_by_the_change_of_sides() -> None:
    before = [Count(float(t), 1, 2, 2, 3, True) for t in range(3)]
    after = [Count(60.0 + t, 0, 0, 0, 3, False) for t in range(3)]
    assert [change.kind for change in board_changes([*before, *after])] == ["inning", "out"]


def test_a_misread_count_is_no_pitch() -> None:
    counts = [Count(float(t), 1, 1, 0) for t in range(5)]
    counts.insert(3, Count(2.5, 3, 1, 0))
    assert board_changes(counts) == ()


@pytest.mark.data
def test_the_world_cup_broadcast(data_folder: Path) -> None:
    """Clock faces as a person read them, off no key frames; the ball crosses the line at 763.8 s."""
    track = read_board(data_folder / "broadcast-first-20-minutes.mp4")
    assert track.teams == ("BRA", "GER")
    fit = fit_clock(track)
    assert fit.clock is not None
    read = {150.58: 9, 413.91: 271, 677.32: 534, 801.41: 658, 981.29: 837, 1091.57: 947, 1195.25: 1051}
    for seconds, face in read.items():
        at = fit.clock.at(seconds)
        assert at is not None
        assert -0.2 < at.seconds - face < 1.2
    assert fit.clock.periods[0].start == pytest.approx(141.4, abs=1)
    goals, _ = goals_from(track, fit.clock)
    assert [(g.team, abs(g.time - 763.8) < 5) for g in goals] == [("GER", True)]
    assert any("GERMANY" in text.lines for text in track.texts)
