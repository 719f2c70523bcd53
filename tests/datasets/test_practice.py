"""Practice matches: the script holds what it promises, and the film shows and says it."""

from __future__ import annotations

import tracemalloc
from pathlib import Path

import av
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from matchcut.datasets.boards import Says, board_boxes, draw_board
from matchcut.datasets.practice import PracticeMatch, PracticeSettings, practice_truth, render_match
from matchcut.datasets.practice.motion import set_in_motion
from matchcut.datasets.practice.picture import Painter, board_of, says
from matchcut.datasets.practice.script import Script
from matchcut.datasets.practice.sound import mix
from matchcut.datasets.transcripts import read_transcript
from matchcut.errors import OutputError, SettingsError
from matchcut.events import Event, EventLog
from matchcut.media.subtitles import read_subtitles

SEEDS = st.integers(0, 10_000)
SMALL = PracticeSettings(width=320, height=180, frame_rate=12, sample_rate=16000, encoder_preset="ultrafast")
SHORT_S = 24.0
PROMISED = {
    "Goal": 1,
    "Kick-off": 1,
    "Direct free-kick": 1,
    "Indirect free-kick": 1,
    "Corner": 1,
    "Foul": 1,
    "Yellow card": 1,
    "Substitution": 1,
    "Offside": 1,
    "Shots on target": 1,
    "Shots off target": 1,
    "Throw-in": 1,
    "Clearance": 1,
    "Ball out of play": 3,
}
CAUSES = {
    "Goal": ({"Shots on target"}, 3.0),
    "Kick-off": ({"Goal"}, 60.0),
    "Yellow card": ({"Foul"}, 15.0),
    "Throw-in": ({"Ball out of play"}, 30.0),
    "Corner": ({"Ball out of play"}, 30.0),
    "Clearance": ({"Ball out of play"}, 30.0),
    "Direct free-kick": ({"Foul"}, 40.0),
    "Indirect free-kick": ({"Foul", "Offside"}, 40.0),
    "Penalty": ({"Foul"}, 40.0),
}


@pytest.fixture(scope="module")
def match(tmp_path_factory: pytest.TempPathFactory) -> PracticeMatch:
    """One small rendered match that begins with a goal."""
    folder = tmp_path_factory.mktemp("a match – später")
    return render_match(folder, seed=2, duration_s=SHORT_S, settings=SMALL)


# --- the truth -------------------------------------------------------------------------------


@given(seed=SEEDS)
@settings(max_examples=40, deadline=None)
def test_every_seed_has_what_is_promised_and_causes_come_first(seed: int) -> None:
    _, _, log = practice_truth(seed)
    counts = log.counts()
    assert all(counts.get(label, 0) >= least for label, least in PROMISED.items()), counts
    for event in log:
        assert 0 <= event.start <= event.time <= event.end <= 180
        if event.label in CAUSES:
            causes, within = CAUSES[event.label]
            before = [e for e in log if e.label in causes and 0 < event.time - e.time <= within]
            assert before, f"seed {seed}: {event.label} at {event.time} comes out of nowhere"


@given(seed=SEEDS, duration=st.floats(8, 640))
@settings(max_examples=25, deadline=None)
def test_any_length_works_and_nothing_passes_the_end(seed: int, duration: float) -> None:
    script, said, log = practice_truth(seed, duration)
    assert all(event.end <= duration for event in log)
    assert said.end <= duration
    assert all(later.t >= earlier.t for earlier, later in zip(script.touches, script.touches[1:], strict=False))
    goals = sum(script.score_at(duration, on_screen=False)) - sum(script.score)
    assert goals == log.counts().get("Goal", 0)


@given(seed=SEEDS)
@settings(max_examples=25, deadline=None)
def test_commentary_is_dense_in_order_and_inside(seed: int) -> None:
    _, said, _ = practice_truth(seed)
    assert 35 <= len(said) <= 75
    previous = 0.0
    for utterance in said:
        assert previous <= utterance.start < utterance.end <= 180
        assert utterance.text.strip()
        assert "{" not in utterance.text
        previous = utterance.end


@given(seed=st.integers(0, 1000))
@settings(max_examples=10, deadline=None)
def test_the_commentary_names_the_players_that_are_on_the_pitch(seed: int) -> None:
    script, said, log = practice_truth(seed)
    names = {name for team in script.teams for name in team.players}
    spoken = {word.strip(".,!?'s") for u in said for word in u.text.split()} & names
    assert len(spoken) >= 5
    goal = log.where(labels="Goal")[0]
    after = " ".join(u.text for u in said.between(goal.time, goal.time + 12)).casefold()
    assert any(word in after for word in ("goal", "scores", "scored", "it's in", "it's there"))


def test_the_same_seed_is_the_same_match_and_another_is_not() -> None:
    one, again, other = (practice_truth(seed) for seed in (5, 5, 6))
    assert one[2] == again[2]
    assert one[1] == again[1]
    assert one[0].touches == again[0].touches
    assert one[2].events != other[2].events


def test_noise_loses_and_mishears_words() -> None:
    clean = practice_truth(1)[1]
    noisy = practice_truth(1, settings=PracticeSettings(lost_words=0.3, misheard_words=0.2))[1]
    words = [sum(len(u.text.split()) for u in said) for said in (clean, noisy)]
    assert 0.55 < words[1] / words[0] < 0.85
    known = {word for u in clean for word in u.text.split()}
    assert any(word not in known for u in noisy for word in u.text.split())
    silence = practice_truth(1, settings=PracticeSettings(lost_words=1.0))[1]
    assert len(silence) == 0


@pytest.mark.parametrize("duration", [0.0, -3.0, 7.9, 661.0, float("nan"), float("inf")])
def test_a_length_out_of_range_is_refused(duration: float, tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="a seed is zero or more"):
        render_match(tmp_path, seed=-1, duration_s=10)
    with pytest.raises(SettingsError, match="lasts 8 to 660 s"):
        render_match(tmp_path, duration_s=duration)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    "wrong",
    [{"width": 641}, {"frame_rate": 0}, {"lost_words": 1.5}, {"clock_start_s": 2700.0}, {"sample_rate": 1}],
)
def test_wrong_settings_are_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(SettingsError):
        PracticeSettings(**wrong)  # type: ignore[arg-type]


# --- the play --------------------------------------------------------------------------------


def _script_and_ball(seed: int) -> tuple[Script, list[Event], np.ndarray, np.ndarray]:
    script, _, log = practice_truth(seed)
    motion = set_in_motion(script, 25.0)
    return script, list(log), motion.ball, motion.actors


@pytest.mark.parametrize("seed", [0, 1, 2, 3])
def test_the_ball_is_where_the_labels_say(seed: int) -> None:
    _, events, ball, actors = _script_and_ball(seed)
    for event in events:
        x, y, _ = ball[round(event.time * 25)]
        nearest = np.hypot(*(actors[round(event.time * 25), :22] - (x, y)).T).min()
        if event.label == "Goal":
            assert abs(x) > 51.5
            assert abs(y - 34) < 3.66
        elif event.label == "Corner":
            assert abs(x) > 51
            assert min(y, 68 - y) < 2
            assert nearest < 3
        elif event.label == "Throw-in":
            assert min(abs(y), abs(68 - y)) < 2
            assert nearest < 3
        elif event.label == "Ball out of play":
            assert abs(x) > 51.5 or not 0 <= y <= 68
        elif event.label == "Kick-off":
            assert np.hypot(x, y - 34) < 1
            assert nearest < 3
        elif event.label == "Penalty":
            assert abs(abs(x) - 41.5) < 1


@given(seed=SEEDS)
@settings(max_examples=8, deadline=None)
def test_nobody_runs_faster_than_people_can(seed: int) -> None:
    script, _, _ = practice_truth(seed)
    motion = set_in_motion(script, 12.0)
    speed = np.hypot(*motion.speed[:, :22].transpose(2, 0, 1))
    assert np.percentile(speed, 99) < 10.5
    assert np.isfinite(motion.ball).all()
    assert np.abs(motion.ball[:, 0]).max() < 62


@pytest.mark.parametrize("seed", [0, 4])
def test_whoever_touches_the_ball_is_there(seed: int) -> None:
    script, _, _, actors = _script_and_ball(seed)
    gaps = [
        np.hypot(*(actors[round(touch.t * 25), touch.actor] - (touch.x, touch.y)))
        for touch in script.touches
        if touch.actor is not None and touch.t < 179
    ]
    assert np.percentile(gaps, 90) < 2.0


# --- the film --------------------------------------------------------------------------------


def test_the_film_has_picture_sound_and_words(match: PracticeMatch) -> None:
    with av.open(str(match.video)) as film:
        video, audio = film.streams.video[0], film.streams.audio[0]
        assert (video.codec_context.name, audio.codec_context.name) == ("h264", "aac")
        assert film.streams.subtitles[0].codec_context.name == "mov_text"
        frames = [frame.to_ndarray(format="rgb24") for frame in film.decode(video)]
        film.seek(0)
        seconds = sum(frame.samples for frame in film.decode(audio)) / audio.rate
    assert len(frames) == round(SHORT_S * SMALL.frame_rate)
    assert frames[0].shape == (180, 320, 3)
    assert seconds == pytest.approx(SHORT_S, abs=0.2)
    grass = (frames[0][..., 1] > 90) & (frames[0][..., 0] < 100) & (frames[0][..., 2] < 100)
    assert grass.mean() > 0.3
    assert np.abs(frames[0].astype(int) - frames[-1].astype(int)).mean() > 3


def test_the_words_inside_the_film_are_those_of_the_file(match: PracticeMatch) -> None:
    inside, beside = read_subtitles(match.video), read_transcript(match.subtitles)
    assert [u.text for u in inside] == [u.text for u in beside]
    assert [(u.start, u.end) for u in inside] == [pytest.approx((u.start, u.end), abs=0.002) for u in beside]
    assert len(inside) >= 5


def test_the_truth_is_an_events_file_with_the_clock(match: PracticeMatch) -> None:
    log = EventLog.load(match.truth)
    assert log == practice_truth(2, SHORT_S, SMALL)[2]
    assert log.recording.clock == match.clock
    moment = match.clock.at(10.0)
    assert moment is not None
    assert str(moment) == "34:10"


def test_rendering_again_gives_the_same_film(match: PracticeMatch, tmp_path: Path) -> None:
    told: list[tuple[float, float]] = []
    again = render_match(
        tmp_path,
        seed=2,
        duration_s=SHORT_S,
        settings=SMALL,
        progress=lambda done, total: told.append((done, total)),
    )
    assert again.truth.read_bytes() == match.truth.read_bytes()
    assert again.subtitles.read_bytes() == match.subtitles.read_bytes()
    with av.open(str(again.video)) as one, av.open(str(match.video)) as other:
        for mine, theirs in zip(one.decode(video=0), other.decode(video=0), strict=True):
            assert np.array_equal(mine.to_ndarray(), theirs.to_ndarray())
    assert told[-1] == (SHORT_S, SHORT_S)
    assert [done for done, _ in told] == sorted(done for done, _ in told)


def test_the_scoreboard_follows_the_match_clock_and_the_goal() -> None:
    script, _, log = practice_truth(2, SHORT_S, SMALL)
    painter = Painter(script, set_in_motion(script, 12.0), SMALL)
    goal, shown = script.scored[0], script.shown[0]
    assert log.where(labels="Goal")[0].time == pytest.approx(goal[0], abs=0.001)
    assert 3 < shown - goal[0] < 8
    board = board_of(script, SMALL)
    assert board is not None
    for t in (0.0, 7.5, goal[0] + 1, shown + 0.5):
        number = round(t * 12)
        told = says(script, SMALL, number / 12)
        assert told.clock_s == pytest.approx(SMALL.clock_start_s + number / 12, abs=0.001)
        score = script.score if number / 12 < shown else script.score_at(t, on_screen=False)
        assert told.score == score
        if painter.timeline.at(number)[0].hides_board:
            continue
        left, top, right, bottom = board_boxes(board, told, 320, 180)[0]
        drawn = Image.new("RGB", (320, 180))
        draw_board(drawn, board, Says(told.clock_s, score))
        seen = painter.frame(number)[top:bottom, left:right]
        assert np.array_equal(seen, np.asarray(drawn)[top:bottom, left:right]), t


def test_the_crowd_is_louder_at_a_goal_than_before() -> None:
    script, _, log = practice_truth(4)
    sound = mix(script, 16000)
    assert sound.shape == (180 * 16000,)
    assert np.abs(sound).max() <= 1
    goal = log.where(labels="Goal")[0].time

    def loudness(start: float, end: float) -> float:
        return float(np.sqrt(np.mean(sound[int(start * 16000) : int(end * 16000)] ** 2)))

    assert loudness(0, 180) > 0.01
    assert loudness(goal + 0.5, goal + 4) > 2.5 * loudness(max(goal - 8, 0), goal - 3)


def test_a_folder_that_cannot_be_made_is_an_error_with_a_remedy(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(OutputError):
        render_match(tmp_path / "file", seed=1, duration_s=8.0, settings=SMALL)
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def test_the_command_renders_and_says_what_it_wrote(tmp_path: Path) -> None:
    from click.testing import CliRunner

    from matchcut.cli.practice import practice

    done = CliRunner().invoke(practice, [str(tmp_path / "out"), "--seed", "3", "--duration", "8"])
    assert done.exit_code == 0, done.output
    assert "synthetic" in done.output
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == [
        "broadcast.json",
        "practice.mp4",
        "practice.srt",
        "truth.json",
    ]


def test_sound_takes_little_more_memory_than_itself() -> None:
    script = practice_truth(0)[0]
    tracemalloc.start()
    try:
        sound = mix(script, 16000)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 4 * sound.nbytes
