"""Sound by its timestamps, in constant memory."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from matchcut.errors import InputError, SettingsError
from matchcut.media.opening import Damage, open_media
from matchcut.media.sound import SoundCursor, read_sound
from media.make import Make, onsets, sound_only, tone, video

BEEPS = (0.5, 2.25, 3.0)


def whole(path: Path, rate: int = 48000, **more: float) -> np.ndarray:
    return np.concatenate([block for _, block in read_sound(path, rate, **more)])


@pytest.mark.parametrize("name", ["a.mp4", "a.mkv", "a.ts"])
@pytest.mark.parametrize("start", [0, 7])
def test_beeps_sound_when_they_should(tmp_path: Path, name: str, start: int) -> None:
    path = video(tmp_path / name, Make(frames=100, beeps=BEEPS, start=Fraction(start)))
    # A broadcast's sound may begin a little before its picture; both are placed by the container's start.
    lead = float(_first_picture(path))
    assert onsets(whole(path)) == pytest.approx([b + lead for b in BEEPS], abs=0.005)


def _first_picture(path: Path) -> Fraction:
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        return next(container.decode(stream)).pts * stream.time_base - Fraction(container.start_time, 1_000_000)


def test_blocks_follow_each_other(tmp_path: Path) -> None:
    path = sound_only(tmp_path / "a.m4a", 3.3, (1.0,))
    blocks = list(read_sound(path, 16000, 0.5))
    assert [time for time, _ in blocks] == pytest.approx([n / 2 for n in range(len(blocks))])
    assert all(len(block) == 8000 and block.dtype == np.float32 for _, block in blocks[:-1])
    assert sum(len(block) for _, block in blocks) == pytest.approx(3.3 * 16000, abs=1100)


@pytest.mark.parametrize("rate", [8000, 44100, 48000])
def test_resampling_moves_nothing(tmp_path: Path, rate: int) -> None:
    path = sound_only(tmp_path / "a.wav", 2.0, (0.5, 1.5), codec="pcm_s16le")
    got = whole(path, rate)
    assert len(got) == 2 * rate
    # A band-limited copy of the tone, sample for sample.
    wanted = tone(2 * rate, rate, (0.5, 1.5))
    assert np.corrcoef(got, wanted)[0, 1] > 0.98


def test_a_gap_is_silence_and_nothing_shifts(tmp_path: Path) -> None:
    path = tmp_path / "gap.mkv"
    with av.open(str(path), "w") as out:
        stream = out.add_stream("pcm_s16le", rate=48000)
        stream.layout = "mono"
        samples = (tone(48000 * 4, 48000, (0.5, 3.0)) * 32767).astype(np.int16)
        for place in range(0, len(samples), 4800):
            if 48000 <= place < 96000:
                continue  # one second was never recorded
            frame = av.AudioFrame.from_ndarray(samples[None, place : place + 4800], "s16", "mono")
            frame.sample_rate, frame.pts, frame.time_base = 48000, place, Fraction(1, 48000)
            out.mux(stream.encode(frame))
        out.mux(stream.encode(None))
    got = whole(path)
    assert len(got) == 4 * 48000
    assert onsets(got) == pytest.approx([0.5, 3.0], abs=0.003)
    assert not got[50000:95000].any()


def test_a_cursor_goes_to_any_sample(tmp_path: Path) -> None:
    path = video(tmp_path / "a.mp4", Make(frames=150, beeps=(1.0, 4.0)))
    reference = whole(path)
    with open_media(path) as source:
        cursor = SoundCursor(source, 48000, "mono", Damage())
        for start in (4.0, 0.0, 0.9, 3.999, 2.5):
            cursor.seek(start)
            first, second = cursor.read(10_000)[0], cursor.read(5000)[0]
            place = round(start * 48000)
            assert np.abs(np.append(first, second) - reference[place : place + 15000]).max() < 0.02
        cursor.seek(5.9)
        tail = cursor.read(48000)
        assert tail.shape == (1, 48000)
        assert not tail[0, 24000:].any()


def test_no_sound_and_bad_settings(tmp_path: Path) -> None:
    path = video(tmp_path / "a.mp4", Make(frames=5, sound=False))
    with pytest.raises(InputError, match="no sound"):
        next(read_sound(path))
    with pytest.raises(SettingsError):
        next(read_sound(path, rate=0))


@pytest.mark.parametrize("layout", ["5.1", "7.1", "hexadecagonal"])
def test_many_channels_are_mixed_down(tmp_path: Path, layout: str) -> None:
    path = tmp_path / "many.mkv"
    with av.open(str(path), "w") as out:
        stream = out.add_stream("pcm_f32le" if layout == "hexadecagonal" else "aac", rate=48000)
        stream.layout = layout
        count = stream.layout.nb_channels
        for number in range(48):
            samples = tone(1024, 48000, [0.0]) if number % 4 == 0 else np.zeros(1024, np.float32)
            packed = np.ascontiguousarray(np.repeat(samples, count)[None, :])
            frame = av.AudioFrame.from_ndarray(packed, "flt", layout)
            frame.sample_rate, frame.pts, frame.time_base = 48000, number * 1024, Fraction(1, 48000)
            for part in av.AudioResampler(format=stream.codec_context.format.name).resample(frame):
                out.mux(stream.encode(part))
        out.mux(stream.encode(None))
    sound = np.concatenate([block for _, block in read_sound(path)], axis=-1)
    assert abs(sound.shape[-1] - 48 * 1024 / 3) < 16000 * 0.1
    assert np.abs(sound).max() > 0.05
    assert np.isfinite(sound).all()
