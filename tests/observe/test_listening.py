"""Excitement, sound tracks on disk, and real and broken files."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import av
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from matchcut.errors import InputError, SettingsError, ValidationError
from matchcut.observe.excitement import excitement, exciting_moments, over_baseline
from matchcut.observe.sound import SoundTrack, listen
from matchcut.observe.whistle import Whistle
from media import make
from observe import stage


def track(level: np.ndarray) -> SoundTrack:
    return SoundTrack(level, level, np.full_like(level, -70))


def test_swells_are_found_the_greatest_first() -> None:
    t = np.arange(0, 1200, 0.1)
    level = -22 + 4 * t / 1200 + np.random.default_rng(0).normal(0, 0.5, len(t))  # the stadium fills slowly
    for at, height in ((300, 6), (700, 9), (1000, 4)):
        level += height * np.exp(-(((t - at) / 5) ** 2))
    moments = exciting_moments(track(level), 3)
    assert [round(m.time, -1) for m in moments] == [700, 300, 1000]
    assert moments[0].rise_db == pytest.approx(8.0, abs=1.5)
    assert all(m.start < m.time < m.end for m in moments)
    assert moments[0].end - moments[0].start < 20


def test_nothing_happens_in_silence_or_in_an_even_sound() -> None:
    assert exciting_moments(track(np.full(3000, -70.0))) == []
    assert exciting_moments(track(np.full(3000, -20.0))) == []
    assert exciting_moments(track(np.zeros(0))) == []
    with pytest.raises(SettingsError, match="-1"):
        exciting_moments(track(np.zeros(9)), -1)


def test_silence_does_not_pull_the_baseline_down() -> None:
    level = np.full(6000, -20.0)
    level[1000:4000] = -70
    rise = over_baseline(level.astype(np.float32), 10, 300)
    assert np.abs(rise).max() < 0.1


@settings(max_examples=20, deadline=None)
@given(st.floats(-12, 12), st.integers(0, 2**31))
def test_gain_changes_no_excitement(gain: float, seed: int) -> None:
    level = np.random.default_rng(seed).uniform(-40, -20, 600)
    assert np.allclose(excitement(track(level)), excitement(track(level + gain)), atol=1e-3)


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 40), st.integers(0, 2**31))
def test_moments_are_apart_and_in_order(count: int, seed: int) -> None:
    level = np.random.default_rng(seed).uniform(-30, -20, 900)
    moments = exciting_moments(track(np.convolve(level, np.ones(20) / 20, "same")), count)
    assert len(moments) <= count
    assert [m.rise_db for m in moments] == sorted((m.rise_db for m in moments), reverse=True)
    times = sorted(m.time for m in moments)
    assert all(b - a >= 19.9 for a, b in pairwise(times))


def test_a_track_survives_the_disk(tmp_path: Path) -> None:
    levels = np.random.default_rng(0).uniform(-40, -10, (3, 50)).astype(np.float32)
    before = SoundTrack(*levels, whistles=(Whistle(1.0, 1.5, 3700.0, 0.9),), notes=("a note",))
    after = SoundTrack.load(before.save(tmp_path / "sound.npz"))
    assert np.array_equal(after.loudness, before.loudness)
    assert np.array_equal(after.voice, before.voice)
    assert (after.whistles, after.notes, after.rate) == (before.whistles, before.notes, before.rate)
    assert after.duration == 5.0
    assert after.times[-1] == pytest.approx(4.9)


def test_wrong_tracks_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ValidationError, match="crowd"):
        SoundTrack(np.zeros(3), np.zeros(2), np.zeros(3))
    with pytest.raises(ValidationError, match="finite"):
        SoundTrack(np.zeros(3), np.zeros(3), np.array([0, np.nan, 0]))
    with pytest.raises(ValidationError, match="rate"):
        SoundTrack(np.zeros(3), np.zeros(3), np.zeros(3), rate=0)
    for text in (b"", b"PK nonsense", b"{}"):
        (tmp_path / "bad.npz").write_bytes(text)
        with pytest.raises(InputError, match="not a sound track"):
            SoundTrack.load(tmp_path / "bad.npz")


def write(path: Path, sound: np.ndarray, rate: int = 48000) -> Path:
    with av.open(f"file:{path}", "w") as out:
        stream = out.add_stream("pcm_s16le", rate=rate)
        stream.layout = "stereo" if len(sound) == 2 else "mono"
        data = (np.clip(sound, -1, 1) * 32767).astype(np.int16).T.reshape(1, -1)
        for start in range(0, data.shape[1], 1024 * len(sound)):
            piece = np.ascontiguousarray(data[:, start : start + 1024 * len(sound)])
            frame = av.AudioFrame.from_ndarray(piece, "s16", "stereo" if len(sound) == 2 else "mono")
            frame.sample_rate, frame.pts = rate, start // len(sound)
            out.mux(stream.encode(frame))
        out.mux(stream.encode(None))
    return path


@pytest.mark.parametrize(("rate", "channels"), [(48000, 1), (44100, 2), (22050, 1), (96000, 2)])
def test_a_file_is_as_loud_as_it_is(tmp_path: Path, rate: int, channels: int) -> None:
    t = np.arange(3 * rate) / rate
    tone = 0.1 * np.sin(2 * np.pi * 997 * t)
    heard = listen(write(tmp_path / "tone.wav", np.tile(tone, (channels, 1)), rate))
    expected = -23.01 + 3.01 * (channels - 1)
    assert heard.loudness[10:20] == pytest.approx(np.full(10, expected), abs=0.1)
    assert heard.duration == pytest.approx(3.0, abs=0.2)
    assert heard.notes == ()


def test_a_match_is_heard_end_to_end(tmp_path: Path) -> None:
    rate = 32000
    sound = stage.crowd(60, rate, level=0.03) + stage.voice(60, rate, level=0.02)
    swell = 1 + 2.5 * np.exp(-(((np.arange(len(sound)) / rate - 40) / 3) ** 2))
    sound = sound * swell
    blow = stage.whistle(0.5, rate, level=0.05)
    sound[10 * rate : 10 * rate + len(blow)] += blow
    told: list[tuple[float, float]] = []
    heard = listen(write(tmp_path / "match.wav", sound[None], rate), lambda *p: told.append(p))
    (moment,) = exciting_moments(heard, 1)
    assert moment.time == pytest.approx(40, abs=2)
    assert moment.crowd_db > 5
    assert [round(w.start) for w in heard.whistles] == [10]
    assert told[-1][0] == pytest.approx(told[-1][1], rel=0.05)
    assert [a for a, _ in told] == sorted(a for a, _ in told)


def test_files_without_sound_or_with_silence(tmp_path: Path) -> None:
    mute = listen(make.video(tmp_path / "mute.mp4", make.Make(frames=30, sound=False)))
    assert len(mute) == 0
    assert "no sound" in mute.notes[0]
    assert exciting_moments(mute) == []
    silent = listen(write(tmp_path / "silent.wav", np.zeros((2, 48000))))
    assert silent.notes == ("the sound is silent throughout",)
    with pytest.raises(InputError, match="no such file"):
        listen(tmp_path / "nothing.mp4")


def test_damage_is_survived_and_told(tmp_path: Path) -> None:
    path = make.sound_only(tmp_path / "hurt.aac", 8.0, beeps=(1.0, 7.0))
    data = bytearray(path.read_bytes())
    for at in range(len(data) // 3, len(data) // 3 + 2000, 7):
        data[at] ^= 0xA5
    path.write_bytes(data)
    heard = listen(path)
    assert np.isfinite(heard.loudness).all()
    assert heard.loudness.max() > -30
    assert any("damaged" in note for note in heard.notes)
