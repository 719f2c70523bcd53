"""What probe says of media of many kinds, and of what is not media."""

from __future__ import annotations

import io
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from PIL import Image

from matchcut.errors import InputError
from matchcut.media.probe import probe
from matchcut.media.whole import promised_size
from media.make import Make, rotation_matrix, sound_only, video


def test_tells_what_is_inside(tmp_path: Path) -> None:
    info = probe(video(tmp_path / "a.mp4", Make(frames=60, rate=Fraction(30000, 1001), channels=2)))
    assert info.duration == pytest.approx(60 * 1001 / 30000, abs=0.03)
    assert info.video is not None
    assert info.audio is not None
    assert (info.video.width, info.video.height, info.video.rotation) == (192, 96, 0)
    assert info.video.rate == Fraction(30000, 1001)
    assert info.video.codec == "h264"
    assert info.video.key_frame_gap_s == pytest.approx(25 * 1001 / 30000, abs=0.01)
    assert (info.audio.rate, info.audio.channels, info.audio.codec) == (48000, 2, "aac")
    assert info.subtitles == ()


@pytest.mark.parametrize("name", ["a.mp4", "a.mkv", "a.ts"])
def test_a_start_time_is_not_duration(tmp_path: Path, name: str) -> None:
    info = probe(video(tmp_path / name, Make(frames=50, start=Fraction(10))))
    assert info.start_time == pytest.approx(10, abs=0.05)
    assert info.duration == pytest.approx(2, abs=0.06)


@pytest.mark.parametrize("degrees", [90, 180, 270])
def test_rotation(tmp_path: Path, degrees: int) -> None:
    info = probe(video(tmp_path / "a.mp4", Make(frames=5, sound=False, matrix=rotation_matrix(degrees))))
    assert info.video is not None
    assert info.video.rotation == degrees
    assert (info.video.width, info.video.height) == ((192, 96) if degrees == 180 else (96, 192))


def test_no_sound_and_no_picture(tmp_path: Path) -> None:
    assert probe(video(tmp_path / "a.mp4", Make(frames=5, sound=False))).audio is None
    info = probe(sound_only(tmp_path / "a.m4a", 1.0))
    assert info.video is None
    assert info.duration == pytest.approx(1.0, abs=0.03)


def test_cover_art_is_not_video(tmp_path: Path) -> None:
    path = tmp_path / "song.m4a"
    picture = Image.new("RGB", (64, 64))
    buffer = io.BytesIO()
    picture.save(buffer, "JPEG")
    with av.open(str(path), "w", format="mp4") as out:
        sound = out.add_stream("aac", rate=48000)
        cover = out.add_mux_stream("mjpeg", width=64, height=64)
        cover.disposition = av.stream.Disposition.attached_pic
        frame = av.AudioFrame.from_ndarray(np.zeros((2, 48000), np.float32), "fltp", "stereo")
        frame.sample_rate, frame.pts, frame.time_base = 48000, 0, Fraction(1, 48000)
        packet = av.Packet(buffer.getvalue())
        packet.stream, packet.pts, packet.dts, packet.time_base = cover, 0, 0, Fraction(1, 48000)
        packet.is_keyframe = True
        out.mux(packet)
        out.mux(sound.encode(frame))
        out.mux(sound.encode(None))
    with av.open(str(path)) as again:
        assert again.streams.video  # the file does hold a picture
    assert probe(path).video is None


def test_a_stream_that_does_not_say_how_long_it_is(tmp_path: Path) -> None:
    path = video(tmp_path / "a.mkv", Make(frames=50))
    broken = tmp_path / "live.h264"
    with av.open(str(path)) as whole, av.open(str(broken), "w", format="h264") as out:
        stream = whole.streams.video[0]
        copy = out.add_stream_from_template(stream)
        for packet in whole.demux(stream):
            if packet.size:
                packet.stream = copy
                out.mux(packet)
    assert probe(broken).duration == pytest.approx(2, abs=0.1)


@pytest.mark.parametrize(
    "name", ["half-time 1ª parte – São.mp4", "final20:45.mp4", "50% #1 [x].mkv", "-a b.mp4"]
)
def test_names_that_trip_others(tmp_path: Path, name: str) -> None:
    made = video(tmp_path / "plain.mkv" if name.endswith("mkv") else tmp_path / "plain.mp4", Make(frames=10))
    assert probe(made.rename(tmp_path / name)).video is not None


@pytest.mark.parametrize(("name", "share"), [("a.mp4", 0.02), ("a.mp4", 0.6), ("a.mp4", 0.97)])
def test_files_cut_off_before_their_index_are_refused(tmp_path: Path, name: str, share: float) -> None:
    data = video(tmp_path / name, Make(frames=50)).read_bytes()
    (tmp_path / name).write_bytes(data[: int(len(data) * share)])
    with pytest.raises(InputError, match="cut off|not a video or sound file"):
        probe(tmp_path / name)


def test_whole_files_promise_their_size(tmp_path: Path) -> None:
    for name in ("a.mp4", "a.mkv", "a.mov"):
        path = video(tmp_path / name, Make(frames=10))
        assert promised_size(path) == path.stat().st_size


@pytest.mark.parametrize(
    ("name", "data", "says"),
    [
        ("empty.mp4", b"", "the file is empty"),
        ("noise.mp4", bytes(range(256)) * 40, "not a video or sound file"),
        ("text.mp4", b"The corner is taken short. " * 50, "not a video|plain text"),
        ("list.mp4", b"#EXTM3U\n#EXT-X-TARGETDURATION:9\n#EXTINF:9,\n/etc/hosts\n", "outside the list"),
        ("lines.mp4", b"1\n00:00:01,000 --> 00:00:02,000\nGoal\n\n", "neither picture nor sound"),
    ],
)  # fmt: skip
def test_what_is_not_media(tmp_path: Path, name: str, data: bytes, says: str) -> None:
    (tmp_path / name).write_bytes(data)
    with pytest.raises(InputError, match=says):
        probe(tmp_path / name)


def test_missing_and_folder(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such file"):
        probe(tmp_path / "gone.mp4")
    with pytest.raises(InputError, match="folder"):
        probe(tmp_path)


def test_a_picture_is_not_a_video(tmp_path: Path) -> None:
    Image.new("RGB", (8, 8)).save(tmp_path / "a.png")
    with pytest.raises(InputError, match="picture"):
        probe(tmp_path / "a.png")
