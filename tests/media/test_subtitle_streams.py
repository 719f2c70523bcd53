"""Subtitles inside MP4 and Matroska."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

import av
import pytest

from matchcut.errors import InputError, SettingsError
from matchcut.intake import SpotSettings, gather
from matchcut.media.probe import probe
from matchcut.media.subtitles import has_subtitles, read_subtitles
from media.make import Make, draw_number

LINES = [(0.5, 1.5, "Corner to Brazil"), (2.0, 3.25, "São Paulo, é golo!"), (3.5, 4.0, "yellow card & a word")]
HEAD = (
    b"[Script Info]\nScriptType: v4.00+\n[V4+ Styles]\nFormat: Name, Fontname\nStyle: Default,Arial\n"
    b"[Events]\nFormat: Layer, Start, End, Style, Name, MarginL, MarginR, MarginV, Effect, Text\n"
)


def recording(
    path: Path,
    streams: Sequence[tuple[str, str, int]],
    lines: Sequence[tuple[float, float, str]] = LINES,
    start: float = 0.0,
) -> Path:
    """A short video with subtitle streams of (codec, language, disposition)."""
    make = Make(frames=110)
    with av.open(str(path), "w") as out:
        picture = out.add_stream("libx264", rate=make.rate, options={"preset": "ultrafast"})
        picture.width, picture.height = make.width, make.height
        subtitles = []
        for codec, language, disposition in streams:
            stream = out.add_stream(codec)
            stream.metadata["language"] = language
            if disposition >= 0:
                stream.disposition = av.stream.Disposition(disposition)
            stream.codec_context.subtitle_header = HEAD
            subtitles.append(stream)
        packets = []
        for number in range(make.frames):
            frame = av.VideoFrame.from_ndarray(draw_number(number, make.width, make.height))
            frame.pts, frame.time_base = number + round(start * 25), Fraction(1, 25)
            packets += picture.encode(frame)
        packets += picture.encode(None)
        out.mux(packets[:1])  # the header is written now, and fixes the time bases
        for stream in subtitles:
            for number, (begin, end, text) in enumerate(lines):
                made = av.subtitles.subtitle.SubtitleSet.create(
                    f"{number},0,Default,,0,0,0,,{text}".encode(), 0, round((end - begin) * 1000), 0
                )
                packet = stream.codec_context.encode_subtitle(made)
                packet.stream = stream
                packet.time_base = stream.time_base
                packet.pts = packet.dts = round((begin + start) / stream.time_base)
                packet.duration = round((end - begin) / stream.time_base)
                packets.append(packet)
        for packet in sorted(packets[1:], key=lambda p: p.dts * p.time_base):
            out.mux(packet)
    return path


EVERY_CODEC = [("a.mp4", "mov_text"), ("a.mkv", "subrip"), ("a.mkv", "ass"), ("a.mkv", "webvtt")]


@pytest.mark.parametrize(("name", "codec"), EVERY_CODEC)
@pytest.mark.parametrize("start", [0.0, 10.0])
def test_every_text_codec(tmp_path: Path, name: str, codec: str, start: float) -> None:
    path = recording(tmp_path / name, [(codec, "por", -1)], start=start)
    info = probe(path)
    assert has_subtitles(info)
    assert [s.codec for s in info.subtitles] == [codec]
    said = read_subtitles(path)
    assert [u.text for u in said] == [text for _, _, text in LINES]
    assert [u.start for u in said] == pytest.approx([begin for begin, _, _ in LINES], abs=0.01)
    assert [u.end for u in said] == pytest.approx([end for _, end, _ in LINES], abs=0.01)
    assert said.language == "pt"


def test_the_default_is_chosen_among_several(tmp_path: Path) -> None:
    default = int(av.stream.Disposition.default)
    path = recording(tmp_path / "a.mkv", [("subrip", "ger", 0), ("subrip", "eng", default)])
    assert read_subtitles(path).language == "en"
    assert read_subtitles(path, 1).language == read_subtitles(path, "1").language == "de"
    assert read_subtitles(path, "deu").language == "de"
    with pytest.raises(InputError, match=r"no subtitle stream 5.*1 \(ger, subrip\)"):
        read_subtitles(path, 5)


def test_forced_streams_are_not_the_commentary(tmp_path: Path) -> None:
    forced = int(av.stream.Disposition.forced)
    path = recording(tmp_path / "a.mkv", [("subrip", "eng", forced), ("subrip", "fre", 0)])
    assert read_subtitles(path).language == "fr"


def test_an_open_choice_lists_them(tmp_path: Path) -> None:
    path = recording(tmp_path / "a.mkv", [("subrip", "ger", 0), ("ass", "eng", 0)])
    with pytest.raises(InputError, match=r"1 \(ger, subrip\), 2 \(eng, ass\).*--subtitles 1"):
        read_subtitles(path)
    with pytest.raises(InputError, match=r"--subtitles 1"):
        gather(path, None, SpotSettings())
    for wanted in ("2", "en"):
        _, said, notes = gather(path, None, SpotSettings(subtitles=wanted))
        assert said.language == "en"
        assert "the subtitles inside the video are used" in notes
    path.with_suffix(".srt").write_text("1\n00:00:01,000 --> 00:00:02,000\nCorner.\n")
    assert gather(path, None, SpotSettings(subtitles="1"))[1].language == "de", (
        "asked for: before the file beside"
    )
    with pytest.raises(SettingsError, match="as a file and as a stream"):
        gather(path, path.with_suffix(".srt"), SpotSettings(subtitles="1"))
    with pytest.raises(SettingsError, match="not a video"):
        gather(path.with_suffix(".srt"), None, SpotSettings(subtitles="1"))


def test_pictures_of_text_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.mkv"
    with av.open(str(path), "w") as out:
        picture = out.add_stream("libx264", rate=25)
        picture.width, picture.height = 64, 64
        bitmap = out.add_mux_stream("pgssub")
        packets = picture.encode(av.VideoFrame(64, 64, "yuv420p")) + picture.encode(None)
        out.mux(packets)
        packet = av.Packet(b"\x80\x00\x00")
        packet.stream, packet.pts, packet.dts, packet.time_base = bitmap, 0, 0, Fraction(1, 1000)
        out.mux(packet)
    assert not has_subtitles(probe(path))
    with pytest.raises(InputError, match="pictures, not text"):
        read_subtitles(path)
    with pytest.raises(InputError, match="pictures, not text"):
        read_subtitles(path, 1)


def test_none_and_empty(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no subtitles inside"):
        read_subtitles(recording(tmp_path / "a.mp4", []))
    with pytest.raises(InputError, match="no lines"):
        read_subtitles(recording(tmp_path / "b.mkv", [("subrip", "eng", -1)], lines=[]))


@pytest.mark.parametrize(("name", "codec"), EVERY_CODEC)
def test_captions_that_roll_are_told_once(tmp_path: Path, name: str, codec: str) -> None:
    shown = ["and that", r"and that\Nis a corner", r"is a corner\Nfor Brazil", r"for Brazil\Nand a goal"]
    lines = [(n * 0.5, n * 0.5 + 0.5, text) for n, text in enumerate(shown)]
    said = read_subtitles(recording(tmp_path / name, [(codec, "eng", -1)], lines=lines))
    assert [u.text for u in said] == ["and that", "is a corner", "for Brazil", "and a goal"]
    assert [u.start for u in said] == pytest.approx([0.0, 0.5, 1.0, 1.5], abs=0.01)
