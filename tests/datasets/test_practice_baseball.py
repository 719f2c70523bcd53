"""Practice baseball: the game keeps the rules, and the film shows and tells what the labels say."""

from __future__ import annotations

import itertools
from dataclasses import replace
from pathlib import Path

import av
import numpy as np
import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from matchcut.cli.practice import practice
from matchcut.datasets.boards import COUNT_FORMS, Tally, count_board_box, draw_count_board
from matchcut.datasets.practice import BroadcastTruth, PracticeSettings, random_settings
from matchcut.datasets.practice.baseball.game import LABELS, Game, write_game
from matchcut.datasets.practice.baseball.render import (
    FAULTS,
    GamePainter,
    game_broadcast,
    game_sound,
    game_truth,
)
from matchcut.errors import SettingsError
from matchcut.events import EventLog

SMALL = PracticeSettings(width=320, height=180, frame_rate=25, sample_rate=16000, encoder_preset="ultrafast")


def game_of(seed: int, seconds: float = 90.0) -> Game:
    return game_truth(seed, seconds, SMALL, "a.mp4", "a.srt")[0]


@given(seed=st.integers(0, 3000))
@settings(max_examples=40, deadline=None)
def test_the_count_keeps_the_rules(seed: int) -> None:
    game = write_game(seed, 300.0)
    assert len(game.pitches) > 10
    for (_, before), (_, after), pitch in zip(game.tallies, game.tallies[1:], game.pitches, strict=False):
        assert pitch.before == before
        assert 0 <= after.balls <= 3
        assert 0 <= after.strikes <= 2
        assert 0 <= after.outs <= 2
        assert after.away >= before.away
        assert after.home >= before.home
        batting = (after.away - before.away) if before.top else (after.home - before.home)
        assert (after.away - before.away) + (after.home - before.home) == batting
        if pitch.outcome == "foul":
            assert (after.balls, after.strikes) == (before.balls, min(before.strikes + 1, 2))
        if pitch.outcome == "ball" and before.balls < 3:
            assert (after.balls, after.strikes, after.outs) == (before.balls + 1, before.strikes, before.outs)
        if after.inning != before.inning or after.top != before.top:
            assert before.outs == 2
            assert after.outs == 0
    moments = [t for t, _ in game.tallies]
    assert moments == sorted(moments)
    assert all(b.release - a.reach > 3 for a, b in itertools.pairwise(game.pitches))


@given(seed=st.integers(0, 3000), seconds=st.floats(30, 120))
@settings(max_examples=20, deadline=None)
def test_labels_are_those_of_the_pitches_and_decoys_have_none(seed: int, seconds: float) -> None:
    game, said, log = game_truth(seed, seconds, SMALL, "a.mp4", "a.srt")
    truth = game_broadcast(game, SMALL)
    pitches = [p for p in truth.pitches if p.outcome in LABELS]
    assert sorted((e.label, e.time) for e in log) == sorted(
        (label, p.reach) for p in pitches for label in p.labels
    )
    decoys = [p for p in truth.pitches if p.outcome not in LABELS]
    assert all(p.labels == () for p in decoys)
    assert {p.outcome for p in decoys} <= {"practice swing", "feint"}
    for decoy in decoys:
        assert all(abs(decoy.reach - p.reach) > 1 for p in pitches)
    before = 0.0
    for utterance in said:
        assert before <= utterance.start < utterance.end <= seconds
        assert "{" not in utterance.text
        before = utterance.end


def test_the_same_seed_is_the_same_game() -> None:
    assert game_of(3) == game_of(3)
    assert game_of(3).pitches != game_of(4).pitches


def test_a_full_game_has_every_outcome() -> None:
    assert {p.outcome for seed in range(4) for p in write_game(seed, 600.0).pitches} == set(LABELS)


def test_the_ball_flies_and_the_bat_swings_in_the_order_that_the_label_says() -> None:
    game = game_of(6, 120.0)
    painter = GamePainter(game, SMALL)
    views = painter.views

    def moved(a: float, b: float, box: tuple[int, int, int, int]) -> float:
        one, two = (np.asarray(views.picture(None, t).crop(box)).astype(int) for t in (a, b))
        return float((np.abs(one - two).max(axis=2) > 24).mean())

    batter = (165, 40, 230, 120)
    swung = next(p for p in game.pitches if p.outcome == "miss")
    taken = next(p for p in game.pitches if p.outcome == "called strike")
    assert moved(swung.release, swung.reach + 0.05, batter) > 0.02
    assert moved(taken.release, taken.reach + 0.6, batter) < 0.01
    # The ball is on its way between hand and plate, and comes nearer to the plate.
    way = (100, 20, 205, 110)
    assert moved(taken.release + 0.2, taken.release - 0.1, way) > 0
    hit = next(p for p in game.pitches if p.outcome == "in play")
    shots = [s.shows for s in game_broadcast(game, SMALL).shots if s.start < hit.reach + 2 < s.end]
    assert shots == ["field"]


@pytest.mark.parametrize("form", COUNT_FORMS)
def test_count_boards_are_drawn_in_the_picture(form: str) -> None:
    for seed in range(8):
        settings_ = random_settings(seed)
        board = GamePainter(write_game(seed, 30.0), settings_).board
        assert board is not None
        board = replace(board, form=form, opacity=1.0)
        box = count_board_box(board, Tally(3, 2, 2, 11, False, 10, 9), 640, 360)
        assert 0 <= box[0] < box[2] <= 640
        assert 0 <= box[1] < box[3] <= 360
        pictures = []
        for tally in (Tally(3, 2), Tally(3, 1), Tally(2, 2)):
            picture = Image.new("RGB", (640, 360))
            draw_count_board(picture, board, tally)
            pictures.append(np.asarray(picture))
        assert not np.array_equal(pictures[0], pictures[1])
        assert not np.array_equal(pictures[0], pictures[2])


def test_a_hit_cracks_and_a_run_is_cheered() -> None:
    game, said, _ = game_truth(6, 120.0, SMALL, "a.mp4", "a.srt")
    sound = game_sound(game, SMALL, said)
    assert sound is not None
    assert sound.shape == (120 * 16000,)
    assert np.abs(sound).max() <= 1
    hit = next(p for p in game.pitches if "hit" in LABELS[p.outcome])
    at = round(hit.reach * 16000)
    assert np.abs(sound[at : at + 160]).max() > 2 * np.abs(sound[at - 1600 : at - 160]).std()


def test_the_command_renders_baseball(tmp_path: Path) -> None:
    arguments = [str(tmp_path), "--sport", "baseball", "--seed", "2", "--duration", "14", "--board", "4"]
    done = CliRunner().invoke(practice, arguments)
    assert done.exit_code == 0, done.output
    log, truth = EventLog.load(tmp_path / "truth.json"), BroadcastTruth.load(tmp_path / "broadcast.json")
    assert log.sport.name == truth.sport == "baseball"
    assert len(log) >= 1
    assert truth.board is not None
    assert truth.counts[0].start == 0
    with av.open(str(tmp_path / "practice.mp4")) as film:
        assert sum(1 for _ in film.decode(video=0)) == 14 * 25


def test_what_baseball_cannot_do_is_refused() -> None:
    with pytest.raises(SettingsError, match="lasts 12 to"):
        game_truth(1, 5.0, SMALL, "a", "b")
    with pytest.raises(SettingsError, match="countdown"):
        game_truth(1, 30.0, PracticeSettings(faults=frozenset(["countdown"])), "a", "b")
    assert "countdown" not in FAULTS
