"""One pass for all senses: stretches beside a single pass, interruptions, damage, and files as they come."""

from __future__ import annotations

import json
import shutil
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from matchcut.datasets.boards import Board, Script, draw_board
from matchcut.errors import InputError, SettingsError
from matchcut.observe import watch
from matchcut.observe.goals import goals_from
from matchcut.observe.observed import Observed
from matchcut.observe.watch import WatchSettings, observe, observe_keys
from media import make
from observe import stage

SECONDS, RATE, SOUND = 190, 5, 16000
INK, PAPER = (250, 250, 250), (20, 30, 90)
BOARD = Board("inline", (0.05, 0.05), 22, "", INK, PAPER, INK, PAPER, 1.0, "-", "mm:ss", ("BRA", "GER"))
SCRIPT = Script(SECONDS, kick_off=12.0, goals=((118.0, 1),), delay_s=5.0, hidden=((126.0, 133.0),))
WHISTLES = (12.0, 59.8, 150.0)
WHOLE = WatchSettings(stretch_s=1e6)
PARTS = WatchSettings(stretch_s=60.0)


def broadcast(path: Path) -> Path:
    """A match of four minutes with cuts, a board, a goal, a crowd and whistles."""
    from PIL import Image

    views = {"long": stage.long_shot, "close": stage.close_up, "off": stage.stand}
    rng = np.random.default_rng(4)
    with av.open(f"file:{path}", "w") as out:
        options = {"crf": "22", "preset": "ultrafast", "bf": "2", "sc_threshold": "0"}
        picture = out.add_stream("libx264", rate=RATE, options=options)
        picture.width, picture.height, picture.pix_fmt = 512, 288, "yuv420p"
        picture.gop_size = 12
        picture.codec_context.thread_count = 1
        sound = out.add_stream("aac", rate=SOUND)
        sound.layout = "mono"
        kind, seed, since = "long", 0, 0.0
        for number in range(SECONDS * RATE):
            t = number / RATE
            if t - since > 5 and (rng.random() < 0.03 or 58.9 < t < 60.1 or 119.9 < t < 120.9):
                kind, seed, since = str(rng.choice([k for k in views if k != kind])), seed + 1, t
            view = Image.fromarray(views[kind](t - since, seed=seed))
            image = view.resize((512, 288), Image.Resampling.BILINEAR)
            if t >= SCRIPT.kick_off and not any(a <= t < b for a, b in SCRIPT.hidden):
                draw_board(image, BOARD, SCRIPT.says(t))
            out.mux(picture.encode(av.VideoFrame.from_image(image)))
        out.mux(picture.encode(None))
        heard = np.tile(stage.crowd(19, SOUND, level=0.04), SECONDS // 19)
        heard *= 1 + 2 * np.exp(-(((np.arange(len(heard)) / SOUND - 119) / 3) ** 2))
        for at in WHISTLES:
            blow = stage.whistle(0.6, SOUND, level=0.08)
            heard[round(at * SOUND) :][: len(blow)] += blow
        for place in range(0, len(heard), 1024):
            frame = av.AudioFrame.from_ndarray(heard[None, place : place + 1024].copy(), "fltp", "mono")
            frame.sample_rate, frame.time_base, frame.pts = SOUND, Fraction(1, SOUND), place
            out.mux(sound.encode(frame))
        out.mux(sound.encode(None))
    return path


@pytest.fixture(scope="module")
def match(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return broadcast(tmp_path_factory.mktemp("watch") / "match.mp4")


@pytest.fixture(scope="module")
def parts(match: Path) -> Observed:
    return observe(match, settings=PARTS)


def assert_same(one: Observed, two: Observed) -> None:
    assert one.shots == two.shots
    assert one.board == two.board
    assert one.notes == two.notes
    assert (one.sound is None) == (two.sound is None)
    if one.sound is not None and two.sound is not None:
        assert one.sound.whistles == two.sound.whistles
        for name in ("loudness", "crowd", "voice"):
            assert np.array_equal(getattr(one.sound, name), getattr(two.sound, name))


def test_stretches_give_what_a_single_pass_gives(match: Path, parts: Observed) -> None:
    whole = observe(match, settings=WHOLE)
    assert whole.shots == parts.shots
    assert whole.shots is not None
    assert len(whole.shots.passages) > 8
    assert whole.board is not None
    assert parts.board is not None
    assert goals_from(whole.board)[0] == goals_from(parts.board)[0]
    assert [goal.team for goal in goals_from(parts.board)[0]] == ["GER"]
    assert whole.board.looks == parts.board.looks
    assert len(whole.board.readings) == len(parts.board.readings)
    assert [text.lines for text in whole.board.texts] == [text.lines for text in parts.board.texts]
    assert whole.sound is not None
    assert parts.sound is not None
    assert whole.sound.duration == parts.sound.duration
    for name in ("loudness", "crowd", "voice"):
        off = np.abs(getattr(whole.sound, name) - getattr(parts.sound, name))
        assert off.max() < 0.5
        assert np.percentile(off, 99) < 0.01
    assert [round(w.start, 1) for w in parts.sound.whistles] == list(WHISTLES)
    assert [round(w.start, 1) for w in whole.sound.whistles] == list(WHISTLES)


def test_the_number_of_threads_changes_nothing(match: Path, parts: Observed) -> None:
    alone = observe(match, settings=WatchSettings(stretch_s=60.0, threads=1))
    assert_same(alone, parts)


class Interrupt:
    """Stops the run like Ctrl-C once so much is done."""

    def __init__(self, share: float) -> None:
        self.share = share
        self.told: list[float] = []

    def __call__(self, done: float, total: float) -> None:
        self.told.append(done / total)
        if done >= self.share * total:
            raise KeyboardInterrupt


def test_an_interrupted_run_goes_on(
    match: Path, parts: Observed, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watch, "_NEWS_S", 0.01)
    for share in (0.3, 0.6):
        with pytest.raises(KeyboardInterrupt):
            observe(match, settings=PARTS, keep=tmp_path / "kept", progress=Interrupt(share))
    made = sorted((tmp_path / "kept" / "parts").rglob("*.npz"))
    assert made
    made[0].write_bytes(made[0].read_bytes()[:100])  # as if the disk had been full
    told: list[float] = []
    resumed = observe(match, settings=PARTS, keep=tmp_path / "kept", progress=lambda d, t: told.append(d / t))
    assert_same(resumed, parts)
    assert told[0] > 0.05
    assert told == sorted(told)
    assert told[-1] == 1
    assert not (tmp_path / "kept" / "parts").exists()


def test_what_is_kept_is_not_done_again(
    match: Path, parts: Observed, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    observe(match, ["sound"], settings=PARTS, keep=tmp_path)
    with monkeypatch.context() as patch:
        patch.setattr(watch, "hear", None)
        both = observe(match, ["sound", "shots"], settings=PARTS, keep=tmp_path)
        assert both.shots == parts.shots
        patch.setattr(watch, "look", None)
        again = observe(match, ["shots", "sound"], settings=PARTS, keep=tmp_path)
        assert_same(again, both)
    (tmp_path / "shots.json").write_text("{}")
    assert observe(match, ["shots"], settings=PARTS, keep=tmp_path).shots == parts.shots
    (tmp_path / "observed.json").write_text("nonsense")
    assert observe(match, ["shots"], settings=PARTS, keep=tmp_path).shots == parts.shots


def test_another_recording_is_observed_anew(match: Path, tmp_path: Path) -> None:
    first = make.video(tmp_path / "a.mp4", make.Make(frames=60))
    kept = observe(first, ["sound"], keep=tmp_path / "kept", content="a")
    other = observe(match, ["sound"], keep=tmp_path / "kept", content="b")
    assert kept.sound is not None
    assert other.sound is not None
    assert other.sound.duration > 100 > kept.sound.duration
    assert json.loads((tmp_path / "kept" / "observed.json").read_text())["keys"] == {
        "sound": observe_keys("b")["sound"]
    }


def test_a_disk_that_fails_leaves_no_false_key(
    match: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    observe(match, ["sound"], keep=tmp_path, content="a")

    def fail(self: Observed, folder: Path) -> None:
        raise OSError

    monkeypatch.setattr(Observed, "save", fail)
    with pytest.raises(OSError):
        observe(match, ["sound"], keep=tmp_path, content="b")
    assert json.loads((tmp_path / "observed.json").read_text())["keys"] == {}


def test_without_sound_picture_or_both(tmp_path: Path) -> None:
    mute = observe(make.video(tmp_path / "mute.mp4", make.Make(frames=60, sound=False)))
    assert mute.senses == ("scoreboard", "sound", "shots")
    assert any("has no sound" in note for note in mute.notes)
    dark = observe(make.sound_only(tmp_path / "sound.m4a"), keep=tmp_path / "kept")
    assert dark.sound is not None
    assert len(dark.sound) > 10
    assert any("has no picture" in note for note in dark.notes)
    (tmp_path / "words.mp4").write_bytes(b"not a video")
    with pytest.raises(InputError):
        observe(tmp_path / "words.mp4")


def test_a_container_that_cannot_seek(match: Path, parts: Observed, tmp_path: Path) -> None:
    path = tmp_path / "match.flv"
    with av.open(str(match)) as source, av.open(str(path), "w") as out:
        streams = {s.index: out.add_stream_from_template(s) for s in source.streams}
        for packet in source.demux():
            if packet.dts is not None:
                packet.stream = streams[packet.stream.index]
                out.mux(packet)
    seen = observe(path, ["shots", "sound"], settings=PARTS)
    assert seen.shots is not None
    assert parts.shots is not None
    assert [p.kind for p in seen.shots.passages] == [p.kind for p in parts.shots.passages]


def test_damage_is_skipped_and_told(match: Path, parts: Observed, tmp_path: Path) -> None:
    path = tmp_path / "hurt.mp4"
    shutil.copy(match, path)
    data = bytearray(path.read_bytes())
    rng = np.random.default_rng(0)
    for at in rng.integers(len(data) // 2, len(data) * 3 // 4, 4000):
        data[at] ^= 0xFF
    path.write_bytes(data)
    seen = observe(path, ["shots", "sound"], settings=PARTS)
    assert any("damaged" in note for note in seen.notes)
    assert seen.shots is not None
    assert parts.shots is not None
    early = [p for p in parts.shots.passages if p.end < 90]
    assert list(seen.shots.passages[: len(early)]) == early


def test_wrong_settings_are_refused(match: Path) -> None:
    with pytest.raises(SettingsError, match="smell"):
        observe(match, ["smell"])
    with pytest.raises(SettingsError, match="positive"):
        WatchSettings(stretch_s=0)
    assert observe_keys("a") != observe_keys("b")
