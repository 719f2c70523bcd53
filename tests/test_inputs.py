"""What a path is, which transcript belongs to a video, and keys of contents."""

from __future__ import annotations

from pathlib import Path

import pytest

from matchcut.errors import InputError
from matchcut.inputs import content_key, half_of, kind_of, sidecar

CUE = "1\n00:00:01,000 --> 00:00:02,000\nCorner.\n"
SEGMENTS = '{"segments": [{"start": 1, "end": 2, "text": "Corner."}]}'
EVENTS = '{"events": [{"label": "Goal", "time": 3}]}'


@pytest.mark.parametrize(
    ("name", "content", "kind"),
    [
        ("a.srt", CUE, "transcript"),
        ("a.VTT", "WEBVTT\n", "transcript"),
        ("a.txt", CUE, "transcript"),
        ("a.json", SEGMENTS, "transcript"),
        ("a", SEGMENTS, "transcript"),
        ("a.json", EVENTS, "events"),
        ("a.json", '[{"label": "Goal", "time": 3}]', "events"),
        ("a.json", '[{"start": 1, "end": 2, "text": "x"}]', "transcript"),
        ("a.csv", "label,time\n", "events"),
        ("a.mp4", "\x00\x00\x00\x18ftyp", "media"),
    ],
)
def test_content_tells_what_a_file_is(tmp_path: Path, name: str, content: str, kind: str) -> None:
    path = tmp_path / name
    path.write_text(content)
    assert kind_of(path) == kind


def test_what_cannot_be_told_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no analysis"):
        kind_of(tmp_path)
    with pytest.raises(InputError, match="no such file"):
        kind_of(tmp_path / "none")
    with pytest.raises(InputError, match="too long"):
        kind_of(tmp_path / ("x" * 300))


def test_the_transcript_beside_a_video(tmp_path: Path) -> None:
    video = tmp_path / "final.mp4"
    video.write_bytes(b"x")
    assert sidecar(video) is None
    (tmp_path / "final.json").write_text(EVENTS)
    assert sidecar(video) is None, "the video's events are not its transcript"
    (tmp_path / "final.json").write_text(SEGMENTS)
    assert sidecar(video) == tmp_path / "final.json"
    (tmp_path / "final.json").unlink()
    (tmp_path / "finale.srt").write_text(CUE)
    (tmp_path / "final.en.SRT").write_text(CUE)
    assert sidecar(video) == tmp_path / "final.en.SRT"
    (tmp_path / "final.srt").write_text(CUE)
    assert sidecar(video) == tmp_path / "final.srt"


@pytest.mark.parametrize("size", [10, 5 << 20, 40 << 20])
def test_a_key_changes_with_the_content(tmp_path: Path, size: int) -> None:
    path = tmp_path / "x"
    path.write_bytes(bytes(size))
    before = content_key(path)
    assert content_key(path) == before
    place = size // 2 if size > 32 << 20 else size // 3  # of a large file samples alone are read
    with path.open("r+b") as stream:
        stream.seek(place)
        stream.write(b"!")
    assert content_key(path) != before
    with path.open("ab") as stream:
        stream.write(b"\x00")
    assert content_key(path) != before


def test_halves_by_their_names() -> None:
    names = ("1_asr.json", "2_720p.mkv", "1_HQ.mp4", "3_asr.json", "1_final.mp4")
    assert [half_of(Path(name)) for name in names] == [1, 2, 1, None, None]


def test_a_segment_list_changes_with_its_segments(tmp_path: Path) -> None:
    segment, listed = tmp_path / "a.ts", tmp_path / "live.m3u8"
    listed.write_text("#EXTM3U\n#EXTINF:4,\na.ts\n#EXTINF:4,\n" + "x" * 5000 + "\nb\0.ts\n")
    keys = {content_key(listed)}
    for content in (b"1", b"12"):
        segment.write_bytes(content)
        keys.add(content_key(listed))
        assert content_key(listed) in keys
    assert len(keys) == 3
