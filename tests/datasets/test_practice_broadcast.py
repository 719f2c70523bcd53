"""Practice broadcasts: the board, the edit, the sound and the breaks are what their truth says."""

from __future__ import annotations

import itertools
from dataclasses import replace
from pathlib import Path

import av
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from matchcut.cli.practice import _FAULTS
from matchcut.datasets.boards import (
    FORMS,
    MORE_FORMS,
    STOPPAGES,
    Says,
    board_boxes,
    draw_board,
    random_board,
)
from matchcut.datasets.practice import (
    FAULTS,
    BroadcastTruth,
    PracticeSettings,
    practice_truth,
    random_settings,
    render_match,
)
from matchcut.datasets.practice.motion import set_in_motion
from matchcut.datasets.practice.picture import Painter, says
from matchcut.datasets.practice.sound import mix
from matchcut.datasets.practice.telling import broadcast_truth
from matchcut.errors import InputError, SettingsError

SMALL = PracticeSettings(width=320, height=180, frame_rate=12, sample_rate=16000, encoder_preset="ultrafast")
HALF_TIME = replace(SMALL, clock_start_s=2650.0, half_time_s=60.0)
OPENING = replace(SMALL, clock_start_s=0.0, opening_s=14.0)


def painter(seed: int, seconds: float, chosen: PracticeSettings) -> tuple[Painter, BroadcastTruth]:
    script = practice_truth(seed, seconds, chosen)[0]
    motion = set_in_motion(script, float(chosen.frame_rate))
    return Painter(script, motion, chosen), broadcast_truth(script, chosen)


# --- boards ----------------------------------------------------------------------------------


@given(
    seed=st.integers(0, 5000), form=st.sampled_from((*FORMS, *MORE_FORMS)), stoppage=st.sampled_from(STOPPAGES)
)
@settings(max_examples=40, deadline=None)
def test_every_board_is_drawn_where_it_says_and_nowhere_else(seed: int, form: str, stoppage: str) -> None:
    board = replace(random_board(seed), form=form, stoppage=stoppage, opacity=1.0)
    told = Says(2761.0, (2, 1), 1, 2700.0, 2)
    picture = Image.new("RGB", (640, 360), (1, 2, 3))
    draw_board(picture, board, told)
    drawn = np.any(np.asarray(picture) != (1, 2, 3), axis=2)
    inside = np.zeros_like(drawn)
    for left, top, right, bottom in board_boxes(board, told, 640, 360):
        assert 0 <= left < right <= 640
        assert 0 <= top < bottom <= 360
        inside[top:bottom, left:right] = True
    assert drawn.any()
    assert not (drawn & ~inside).any()
    again = Image.new("RGB", (640, 360), (1, 2, 3))
    draw_board(again, board, replace(told, score=(2, 2)))
    assert np.any(np.asarray(again) != np.asarray(picture))


def test_what_the_clock_does_past_45_minutes() -> None:
    def pictured(stoppage: str, clock_s: float, added: int) -> np.ndarray:
        picture = Image.new("RGB", (640, 360))
        board = replace(random_board(1), stoppage=stoppage, clock_style="mm:ss", form="inline")
        draw_board(picture, board, Says(clock_s, (0, 0), 1, 2700.0, added))
        return np.asarray(picture)

    assert np.array_equal(pictured("stands", 2710.0, 2), pictured("stands", 2790.0, 2))
    assert not np.array_equal(pictured("stands", 2710.0, 2), pictured("stands", 2710.0, 3))
    assert not np.array_equal(pictured("announced", 2710.0, 2), pictured("announced", 2711.0, 2))
    assert np.array_equal(pictured("runs on", 2710.0, 2), pictured("runs on", 2710.0, 5))


@pytest.mark.parametrize("seed", [3, 5, 7])
def test_the_board_stands_where_and_when_the_truth_says(seed: int) -> None:
    chosen = random_settings(seed, SMALL)
    chosen = replace(chosen, board=replace(chosen.board, opacity=1.0))
    paint, truth = painter(seed, 60.0, chosen)
    assert truth.board is not None
    assert truth.board.form == chosen.board.form
    steady = [s for s in truth.shots if s.end - s.start > 2]
    seen = away = 0
    for shot in steady:
        t = (shot.start + shot.end) / 2
        number = round(t * 12)
        frame = paint.frame(number)
        blank = Image.new("RGB", (320, 180))
        assert paint.board is not None
        told = says(paint.script, chosen, number / 12)
        draw_board(blank, paint.board, told)
        same = [
            np.array_equal(frame[top:bottom, left:right], np.asarray(blank)[top:bottom, left:right])
            for left, top, right, bottom in board_boxes(paint.board, told, 320, 180)
        ]
        assert all(same) == truth.board_shown(number / 12), (t, shot)
        seen, away = seen + all(same), away + (not all(same))
    assert seen > 3
    assert away or chosen.board_in_replays


# --- the edit --------------------------------------------------------------------------------


@given(seed=st.integers(0, 3000), seconds=st.floats(20, 200))
@settings(max_examples=15, deadline=None)
def test_shots_fill_the_film_and_passages_lie_between_them(seed: int, seconds: float) -> None:
    truth = broadcast_truth(practice_truth(seed, seconds, SMALL)[0], SMALL)
    assert truth.shots[0].start == 0
    assert truth.shots[-1].end == pytest.approx(seconds, abs=0.1)
    assert len(truth.passages) == len(truth.shots) - 1
    for before, after, passage in zip(truth.shots, truth.shots[1:], truth.passages, strict=False):
        assert before.end == after.start
        assert passage.start <= before.end <= passage.end
        assert (passage.start == passage.end) == (passage.kind == "cut")
        assert before.end - before.start > 0.6
    for replay in truth.replays:
        assert replay.of < replay.start
        passing = [
            p.kind for p in truth.passages if p.end >= replay.start - 0.1 and p.start <= replay.end + 0.1
        ]
        assert passing


def test_pictures_leap_at_cuts_and_nowhere_else() -> None:
    paint, truth = painter(4, 60.0, SMALL)
    frames = [paint.frame(n).astype(np.int16) for n in range(360)]
    leaps = np.array([np.abs(b - a).mean() for a, b in itertools.pairwise(frames)])
    cuts = {round(p.start * 12) - 1 for p in truth.passages if p.kind == "cut" and p.start < 29.9}
    soft = {
        n for p in truth.passages if p.kind != "cut" for n in range(int(p.start * 12) - 1, int(p.end * 12) + 2)
    }
    assert len(cuts) >= 2
    calm = [leaps[n] for n in range(len(leaps)) if n not in cuts and n not in soft]
    # A change of zoom keeps most of the grass; any other cut stands out further.
    assert min(leaps[n] for n in cuts) > 1.5 * np.median(calm)
    assert np.median([leaps[n] for n in cuts]) > 4 * np.median(calm)


def test_a_wipe_covers_the_picture_and_a_dissolve_mixes_it() -> None:
    for seed in range(12):
        paint, truth = painter(seed, 60.0, SMALL)
        soft = {p.kind: p for p in truth.passages if p.kind != "cut"}
        if len(soft) == 2:
            break
    wipe = soft["wipe"]
    middle = paint.frame(round((wipe.start + wipe.end) / 2 * 12)).astype(int)
    ends = [paint.frame(round(t * 12)).astype(int) for t in (wipe.start - 0.2, wipe.end + 0.2)]
    assert all((np.abs(middle - end).max(axis=2) > 24).mean() > 0.6 for end in ends)
    dissolve = soft["dissolve"]
    half = paint.frame(round((dissolve.start + dissolve.end) / 2 * 12)).astype(int)
    before, after = (paint.frame(round(t * 12)).astype(int) for t in (dissolve.start - 0.2, dissolve.end + 0.2))
    assert np.abs(half - (before + after) / 2).mean() < 0.6 * np.abs(before - after).mean()


# --- before and between the halves -----------------------------------------------------------


@given(seed=st.integers(0, 2000))
@settings(max_examples=8, deadline=None)
def test_an_opening_shows_line_ups_and_kicks_off_at_zero(seed: int) -> None:
    script, _, log = practice_truth(seed, 60.0, OPENING)
    truth = broadcast_truth(script, OPENING)
    first = log.where(labels="Kick-off")[0]
    assert first.time == pytest.approx(14.0, abs=0.01)
    assert truth.clock.periods[0].start == pytest.approx(14.0)
    assert truth.clock.at(5.0) is None
    line_ups = [text for text in truth.texts if text.kind == "line-up"]
    assert [len(text.lines) for text in line_ups] == [12, 12]
    assert {text.lines[0] for text in line_ups} == {team.name for team in script.teams}
    assert truth.board is not None
    assert truth.board.shown[0][0] > 8
    assert next(w.cause for w in truth.whistles) == "kick-off"


@given(seed=st.integers(0, 2000))
@settings(max_examples=8, deadline=None)
def test_half_time_comes_after_45_minutes_and_the_clock_is_away(seed: int) -> None:
    script = practice_truth(seed, 170.0, HALF_TIME)[0]
    truth = broadcast_truth(script, HALF_TIME)
    first, second = truth.clock.periods
    assert first.clock_at(first.end) > 2700
    assert (second.number, second.clock_start) == (2, 2700.0)
    blasts = [w for w in truth.whistles if w.cause == "half-time"]
    assert len(blasts) == 3
    assert blasts[0].start == pytest.approx(first.end, abs=0.01)
    assert blasts[-1].end - blasts[-1].start > 1
    between = says(script, HALF_TIME, first.end + 5)
    assert between.clock_s is None
    assert between.waiting == "HT"
    late = says(script, HALF_TIME, first.end - 0.5)
    assert late.added_min >= 1
    assert says(script, HALF_TIME, second.start + 1).added_min == 0
    assert any(text.kind == "half-time" for text in truth.texts)


# --- the sound -------------------------------------------------------------------------------


def test_whistles_sound_when_and_as_high_as_the_truth_says() -> None:
    script, said, _ = practice_truth(3, 60.0, SMALL)
    truth = broadcast_truth(script, SMALL)
    sound = mix(script, 16000, said)
    assert len(truth.whistles) >= 2

    def tone(t: float, hz: float) -> float:
        piece = sound[round(t * 16000) : round((t + 0.3) * 16000)]
        power = np.abs(np.fft.rfft(piece * np.hanning(len(piece)))) ** 2
        f = np.fft.rfftfreq(len(piece), 1 / 16000)
        return float(power[np.abs(f - hz) < 60].mean() / np.median(power[(f > 2800) & (f < 4700)]))

    for whistle in truth.whistles:
        assert 3000 < whistle.hz < 4000
        assert tone(whistle.start + 0.05, whistle.hz) > 50
        assert tone(whistle.start - 0.6, whistle.hz) < 20


def test_somebody_speaks_while_something_is_said() -> None:
    script, said, _ = practice_truth(3, 60.0, SMALL)
    alone, spoken = mix(script, 16000), mix(script, 16000, said)
    talking = np.zeros(len(alone), bool)
    for utterance in said:
        talking[round(utterance.start * 16000) : round(utterance.end * 16000)] = True
    change = np.abs(spoken - alone)
    assert change[talking].mean() > 0.02
    assert change[~talking].max() < 1e-6


def test_swells_are_where_the_crowd_is_loud() -> None:
    script = practice_truth(5, 180.0, SMALL)[0]
    truth = broadcast_truth(script, SMALL)
    sound = mix(script, 16000)
    assert {"goal", "shot", "card"} <= {s.cause for s in truth.swells}
    goal = next(s for s in truth.swells if s.cause == "goal")
    level = float(np.sqrt(np.mean(sound[round(goal.peak * 16000) : round((goal.peak + 2) * 16000)] ** 2)))
    assert level > 2 * float(np.sqrt(np.mean(sound**2)))


# --- the truth's file and the faults ---------------------------------------------------------


def test_the_truth_is_saved_and_loaded(tmp_path: Path) -> None:
    truth = broadcast_truth(practice_truth(2, 170.0, HALF_TIME)[0], HALF_TIME)
    assert BroadcastTruth.load(truth.save(tmp_path / "broadcast.json")) == truth
    (tmp_path / "other.json").write_text('{"version": 1, "sport": "soccer"}')
    with pytest.raises(InputError, match=r"other\.json"):
        BroadcastTruth.load(tmp_path / "other.json")
    with pytest.raises(InputError, match="version"):
        BroadcastTruth.from_json({"version": 99})


@pytest.mark.parametrize("fault", sorted(FAULTS))
def test_every_fault_can_be_rendered(fault: str, tmp_path: Path) -> None:
    chosen = replace(SMALL, faults=frozenset([fault]))
    if fault == "portrait":
        chosen = replace(chosen, width=180, height=320)
    usual, _ = painter(2, 24.0, SMALL)
    film = render_match(
        tmp_path, seed=2, duration_s=24.0, settings=replace(chosen, frame_rate=2, sample_rate=16000)
    )
    paint, truth = painter(2, 24.0, chosen)
    assert truth.faults == (fault,)
    with av.open(str(film.video)) as container:
        assert bool(container.streams.audio) == (fault != "no sound")
        assert sum(1 for _ in container.decode(video=0)) == 48
    shown = np.array([truth.board_shown(t) for t in np.arange(0.0, 24.0, 0.5)])
    if fault == "no board":
        assert truth.board is None
    elif fault == "board comes and goes":
        assert 0.1 < (~shown).mean() < 0.9
    elif fault == "countdown":
        assert truth.board is not None
        assert truth.board.counts_down
    elif fault == "jumping clock":
        jumps = [
            b.clock_start - a.clock_at(a.end)
            for a, b in zip(truth.clock.periods, truth.clock.periods[1:], strict=False)
        ]
        assert jumps
        assert all(abs(jump) > 1 for jump in jumps)
        assert sum(p.kind == "wipe" for p in truth.passages) >= len(jumps)
    elif fault == "portrait":
        assert paint.frame(5).shape == (320, 180, 3)
    elif fault == "no commentary":
        assert film.subtitles.read_text().strip() == ""
    elif fault in ("ticker", "picture in picture", "noise", "small board"):
        changed = np.any(paint.frame(120) != usual.frame(120), axis=2).mean()
        assert {"ticker": 0.05, "picture in picture": 0.05, "noise": 0.8, "small board": 0.005}[fault] < changed


def test_the_command_knows_every_fault() -> None:
    assert set(_FAULTS) == set(FAULTS)


@pytest.mark.parametrize(
    "wrong",
    [
        {"faults": frozenset(["fog"])},
        {"opening_s": 14.0},
        {"opening_s": 5.0, "clock_start_s": 0.0},
        {"half_time_s": 60.0},
        {"half_time_s": float("nan"), "clock_start_s": 2690.0},
        {"board": replace(random_board(0), form="round")},
        {"board": replace(random_board(0), stoppage="never")},
    ],
)
def test_settings_that_cannot_be_are_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(SettingsError):
        PracticeSettings(**wrong)  # type: ignore[arg-type]
