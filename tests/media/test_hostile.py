"""Files that were cut off, are still growing, are damaged, or are lists of segments."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import av
import pytest

from matchcut.errors import InputError
from matchcut.media.cut import CutSettings, cut
from matchcut.media.frames import decoded, read_frames, thumbnails
from matchcut.media.opening import Damage, open_media
from matchcut.media.probe import probe
from matchcut.media.sound import read_sound
from media.make import Make, frame_times, numbers, read_number, video

MAKE = Make(frames=300, gop=25)
FRAGMENTS = {"movflags": "frag_keyframe+empty_moov+default_base_moof"}
SEGMENTS = {"hls_time": "2", "hls_list_size": "0", "hls_segment_type": "mpegts"}


def remux(source: Path, target: Path, options: dict[str, str] | None = None, kind: str | None = None) -> Path:
    """The same packets in another file, sound and picture side by side as recorders write them."""
    with av.open(str(source)) as old, av.open(str(target), "w", format=kind, options=options or {}) as new:
        streams = [new.add_stream_from_template(stream) for stream in old.streams]
        packets = [packet for packet in old.demux() if packet.dts is not None]
        for packet in sorted(packets, key=lambda p: float(p.dts * p.time_base)):
            packet.stream = streams[packet.stream.index]
            new.mux(packet)
    return target


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    folder = tmp_path_factory.mktemp("whole")
    made = video(folder / "made.mp4", MAKE)
    files = {
        "a.ts": remux(made, folder / "a.ts"),
        "a.mkv": remux(made, folder / "a.mkv"),
        "fast.mp4": remux(made, folder / "fast.mp4", {"movflags": "faststart"}),
        "plain.mp4": remux(made, folder / "plain.mp4"),
        "fragments.mp4": remux(made, folder / "fragments.mp4", FRAGMENTS),
    }
    return {name: path.read_bytes() for name, path in files.items()}


def read(path: Path) -> tuple[list[float], float, tuple[str, ...]]:
    """The times of all frames, how long the sound is, and what was said of it."""
    damage = Damage()
    times = [frame.time for frame in read_frames(path, width=32, damage=damage)]
    sound = sum(len(block) for _, block in read_sound(path, 8000, damage=damage)) / 8000
    return times, sound, damage.notes(path)


@pytest.mark.parametrize("name", ["a.ts", "a.mkv", "fast.mp4", "fragments.mp4"])
@pytest.mark.parametrize("share", [0.6, 0.8])
def test_what_is_there_of_a_cut_off_file_is_read(
    tmp_path: Path, whole: dict[str, bytes], name: str, share: float
) -> None:
    path = tmp_path / name
    path.write_bytes(whole[name][: int(share * len(whole[name]))])
    times, sound, notes = read(path)
    assert 2 < times[-1] < 11.5
    assert times[:-1] == pytest.approx([times[0] + n / 25 for n in range(len(times) - 1)], abs=0.002)
    assert sound == pytest.approx(times[-1], abs=1.5)
    info = probe(path)
    assert info.duration == pytest.approx(times[-1] + 0.04, abs=0.5)
    if name != "a.ts":  # a transport stream does not say how long it should be
        assert any("cut off" in note for note in notes)
        assert any("cut off" in note for note in info.notes)
    made = cut(path, [(0.5, 1.0)], tmp_path / "reel.mp4", settings=CutSettings(preset="ultrafast"))
    first, *_, last = numbers(made.out)
    assert first in range(10, 14)
    assert last - first in (11, 12)
    assert thumbnails(path, [1.0]) != [None]


def test_an_mp4_without_its_index_is_refused(tmp_path: Path, whole: dict[str, bytes]) -> None:
    (tmp_path / "a.mp4").write_bytes(whole["plain.mp4"][:-100])
    with pytest.raises(InputError, match=r"index.*finish the recording"):
        probe(tmp_path / "a.mp4")


def test_nothing_but_a_head_is_refused(tmp_path: Path, whole: dict[str, bytes]) -> None:
    (tmp_path / "a.mkv").write_bytes(whole["a.mkv"][:700])
    with pytest.raises(InputError, match="cut off|damaged beyond"):
        probe(tmp_path / "a.mkv")


@pytest.mark.parametrize("name", ["a.ts", "a.mkv", "fragments.mp4"])
def test_a_file_that_grows_while_it_is_read(tmp_path: Path, whole: dict[str, bytes], name: str) -> None:
    path = tmp_path / name
    data = whole[name]
    path.write_bytes(data[: len(data) // 2])
    damage = Damage()
    times = []
    for frame in read_frames(path, width=32, damage=damage):
        if not times:
            with path.open("ab") as file:
                file.write(data[len(data) // 2 : len(data) * 3 // 4])
        times.append(frame.time)
    assert times[-1] > 3
    assert any("still being written" in note for note in damage.notes(path))


def test_an_unfinished_download_is_said(tmp_path: Path, whole: dict[str, bytes]) -> None:
    path = tmp_path / "match.ts.part"
    path.write_bytes(whole["a.ts"][:60_000])
    assert any(".part" in note for note in probe(path).notes)


def noise(count: int) -> bytes:
    return random.Random(1).randbytes(count)


FILLS: dict[str, Callable[[int], bytes]] = {"zeros": bytes, "ones": lambda n: b"\xff" * n, "noise": noise}


@pytest.mark.parametrize("name", ["a.ts", "a.mkv", "plain.mp4", "fragments.mp4"])
@pytest.mark.parametrize("fill", list(FILLS))
def test_a_damaged_stretch_does_not_end_the_reading(
    tmp_path: Path, whole: dict[str, bytes], name: str, fill: str
) -> None:
    data = bytearray(whole[name])
    first, count = int(0.3 * len(data)), int(0.4 * len(data))
    if name == "plain.mp4":  # its index, at the end, is large beside these small pictures
        first, count = data.find(b"moov") // 4, data.find(b"moov") // 2
    data[first : first + count] = FILLS[fill](count)
    path = tmp_path / name
    path.write_bytes(data)
    times, sound, notes = read(path)
    assert times == sorted(times)
    assert times[-1] == pytest.approx(11.96, abs=0.1)
    assert sound == pytest.approx(12, abs=0.1)
    assert len(times) < 290
    assert any("damaged" in note or "holds nothing" in note for note in notes)


def test_a_damaged_fragment_is_passed_over(tmp_path: Path, whole: dict[str, bytes]) -> None:
    data = bytearray(whole["fragments.mp4"])
    third = [place for place in range(len(data)) if data[place : place + 4] == b"moof"][3]
    data[third + 4 : third + 8] = b"\xff\xff\x00\x00"  # the length of the header's first part
    path = tmp_path / "a.mp4"
    path.write_bytes(data)
    times, _, notes = read(path)
    assert times[-1] == pytest.approx(11.96, abs=0.1)
    assert 230 < len(times) < 290
    assert any("fragments are damaged" in note for note in notes)


def test_times_that_wrap_around(tmp_path: Path) -> None:
    """A transport stream's clock has 33 bits: 26 and a half hours."""
    start = Fraction(2**33, 90000) - 6
    path = video(tmp_path / "a.ts", Make(frames=300, start=start, sound=False))
    times = [frame.time for frame in read_frames(path, width=32)]
    assert times == pytest.approx([n / 25 for n in range(300)], abs=0.001)
    assert probe(path).duration == pytest.approx(12, abs=0.1)
    late = next(read_frames(path, 8.0))
    assert (late.time, read_number(late.image)) == (pytest.approx(8, abs=0.001), 200)


def test_two_recordings_glued_together(tmp_path: Path, whole: dict[str, bytes]) -> None:
    """The times leap back where the second begins: said, never passed on."""
    path = tmp_path / "a.ts"
    path.write_bytes(whole["a.ts"] * 2)
    times, sound, notes = read(path)
    assert max(a - b for a, b in pairwise(times)) <= 1
    assert sound < 13
    assert any("leap back" in note and "ffmpeg" in note for note in notes)


@pytest.mark.parametrize("name", ["a.ts", "a.mkv"])
def test_a_variable_frame_rate_behind_a_start_time(tmp_path: Path, name: str) -> None:
    rng = random.Random(4)
    times = [Fraction(0)]
    while len(times) < 80:
        times.append(times[-1] + Fraction(rng.choice((40, 40, 120, 1000)), 1000))
    path = video(tmp_path / name, Make(times=times, start=Fraction(3600), sound=False))
    assert [f.time for f in read_frames(path, width=32)] == pytest.approx([float(t) for t in times], abs=0.002)


# Segment lists


@pytest.fixture
def stream(tmp_path: Path, whole: dict[str, bytes]) -> Path:
    folder = tmp_path / "live #1"
    folder.mkdir()
    (tmp_path / "a.mkv").write_bytes(whole["plain.mp4"])
    return remux(tmp_path / "a.mkv", folder / "list.m3u8", SEGMENTS, "hls")


def test_a_segment_list_beside_its_segments(stream: Path, tmp_path: Path) -> None:
    times, sound, notes = read(stream)
    assert len(times) >= 295
    assert sound == pytest.approx(12, abs=0.2)
    assert notes == ()
    assert probe(stream).duration == pytest.approx(12, abs=0.2)
    made = cut(stream, [(7.0, 8.0)], tmp_path / "reel.mp4", settings=CutSettings(preset="ultrafast"))
    assert len(frame_times(made.out)) == 25
    first = numbers(made.out)[0]
    assert numbers(made.out) == [*range(first, first + 25)]
    assert {path.name for path in tmp_path.iterdir()} == {"a.mkv", "live #1", "reel.mp4"}


def test_other_forms_of_segments(tmp_path: Path, whole: dict[str, bytes]) -> None:
    (tmp_path / "a.mkv").write_bytes(whole["plain.mp4"])
    made = remux(tmp_path / "a.mkv", tmp_path / "low.m3u8", {**SEGMENTS, "hls_segment_type": "fmp4"}, "hls")
    text = "#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1000\ngone.m3u8\n#EXT-X-STREAM-INF:BANDWIDTH=500\nlow.m3u8\n"
    (tmp_path / "all.m3u8").write_text(text)
    for path in (made, tmp_path / "all.m3u8"):
        times, _, _ = read(path)
        assert times[-1] == pytest.approx(11.96, abs=0.1)


def test_a_live_list_is_read_to_what_is_there(stream: Path) -> None:
    text = stream.read_text().replace("#EXT-X-ENDLIST\n", "")
    stream.write_text(text)
    times, _, notes = read(stream)
    assert times[-1] > 11.5
    assert any("no end" in note for note in notes)
    (stream.parent / "list2.ts").unlink()
    times, _, notes = read(stream)
    assert times[-1] > 11.5
    assert any("1 of its" in note and "missing" in note for note in notes)


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("http://example.org/live/9.ts", "nothing is fetched"),
        ("//example.org/9.ts", "nothing is fetched"),
        ("file:///etc/hostname", "nothing is fetched"),
        ("/etc/hostname", "outside the list's folder"),
        ("../a.mkv", "outside the list's folder"),
        ("%2e%2e/a.mkv", "outside the list's folder"),
        ("link.ts", "outside the list's folder"),
    ],
)
def test_a_list_reaches_for_nothing_but_its_folder(stream: Path, name: str, says: str) -> None:
    (stream.parent / "link.ts").symlink_to(stream.parent.parent / "a.mkv")
    stream.write_text(stream.read_text().replace("list3.ts", name))
    with pytest.raises(InputError, match=says) as caught:
        probe(stream)
    assert caught.value.remedy


def test_a_key_elsewhere_and_a_list_in_a_list(stream: Path) -> None:
    text = stream.read_text()
    key = '#EXT-X-KEY:METHOD=AES-128,URI="https://example.org/key"\n#EXTINF'
    stream.write_text(text.replace("#EXTINF", key, 1))
    with pytest.raises(InputError, match="nothing is fetched"):
        probe(stream)
    (stream.parent / "list0.ts").write_text(text.replace("list", "../list"))
    stream.write_text(text)
    with pytest.raises(InputError):
        for name in range(1, 7):
            (stream.parent / f"list{name}.ts").unlink(missing_ok=True)
        probe(stream)


def test_nothing_of_a_list_is_there(stream: Path) -> None:
    for segment in stream.parent.glob("*.ts"):
        segment.unlink()
    with pytest.raises(InputError, match="none of the segments"):
        probe(stream)


# Fields


@pytest.mark.parametrize(("codec", "rate"), [("libx264", 25), ("mpeg2video", 25), ("libx264", 50)])
def test_interlaced_pictures_are_read(tmp_path: Path, codec: str, rate: int) -> None:
    path = tmp_path / "a.ts"
    with av.open(str(path), "w") as out:
        options = {"flags": "+ildct+ilme", **({"x264-params": "tff=1"} if codec == "libx264" else {})}
        stream = out.add_stream(codec, rate=rate, options=options)
        stream.width, stream.height, stream.pix_fmt, stream.gop_size = 192, 96, "yuv420p", 12
        for picture in numbered(60):
            frame = av.VideoFrame.from_ndarray(picture, format="rgb24").reformat(format="yuv420p", threads=1)
            out.mux(stream.encode(frame))
        out.mux(stream.encode(None))
    with open_media(path) as source:
        frames = list(decoded(source, 0.0, Damage()))
    assert any(frame.interlaced_frame for _, frame in frames)
    assert [float(t) for t, _ in frames] == pytest.approx([n / rate for n in range(60)], abs=0.001)
    keys = [f.time for f in read_frames(path, key_frames_only=True)]
    assert len(keys) >= 4


def numbered(count: int) -> Iterator:
    from media.make import draw_number

    return (draw_number(n, 192, 96) for n in range(count))


def test_one_damaged_piece_is_said_as_one() -> None:
    assert Damage(packets=1).notes("a.ts") == ("a.ts: 1 damaged piece of picture or sound was skipped",)
    assert Damage(packets=2).notes("a.ts") == ("a.ts: 2 damaged pieces of picture or sound were skipped",)
