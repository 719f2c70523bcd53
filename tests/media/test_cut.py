"""Cuts: exact frames, sound in step, copies, chapters, captions, and nothing half-written."""

from __future__ import annotations

import errno
import os
import resource
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from matchcut.errors import InputError, MatchcutError, OutputError, SettingsError, ValidationError
from matchcut.export.reel import merge_windows
from matchcut.media.cut import CutResult, CutSettings, cut
from matchcut.media.opening import EDGE_S
from matchcut.media.plan import Cue, Part, chapter_list, edges
from matchcut.media.probe import probe
from media.make import (
    Make,
    flashes,
    frame_times,
    is_flash,
    numbers,
    onsets,
    read_number,
    rotation_matrix,
    samples_of,
    sound_only,
    video,
)

BEEPS = (1.0, 3.0, 3.6)
WINDOWS = [(0.5, 1.5), (2.9, 3.3), (3.35, 3.95)]
NTSC = Fraction(30000, 1001)
VFR = [Fraction(sum((20, 33, 40, 80)[k * 7 % 4] for k in range(n)), 1000) for n in range(100)]
KINDS: dict[str, Make] = {
    "plain.mp4": Make(frames=100, beeps=BEEPS),
    "ntsc.mkv": Make(frames=125, rate=NTSC, beeps=BEEPS),
    "start.mp4": Make(frames=100, beeps=BEEPS, start=Fraction(10), channels=2, sound_rate=44100),
    "start.mkv": Make(frames=100, beeps=BEEPS, start=Fraction(10)),
    "broadcast.ts": Make(frames=125, rate=NTSC, beeps=BEEPS, start=Fraction(3)),
    "vfr.mp4": Make(times=VFR, beeps=BEEPS),
    "odd.mp4": Make(frames=100, beeps=BEEPS, width=193, height=97, pix_fmt="yuv444p"),
    "open.mp4": Make(frames=100, beeps=BEEPS, b_frames=3, options={"x264-params": "open-gop=1"}),
    "vp8.webm": Make(frames=100, beeps=BEEPS, codec="libvpx", sound_codec="libopus"),
    "one key, São 20:45.mp4": Make(frames=100, beeps=BEEPS, gop=300),
}


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return video(tmp_path_factory.mktemp("cut") / "plain.mp4", Make(frames=150, beeps=(1.0, 3.0, 5.0)))


def wanted(source: Path, windows: Sequence[tuple[float, float]]) -> list[tuple[int, float]]:
    """The source frames that the windows hold, and when each was shown."""
    shown = list(zip(numbers(source), frame_times(source), strict=True))
    return [(n, t) for a, b in windows for n, t in shown if a - EDGE_S <= t < b - EDGE_S]


def check(source: Path, windows: Sequence[tuple[float, float]], made: CutResult) -> None:
    """Just the right frames at the right moments, and the sound in step."""
    expected = wanted(source, windows)
    assert numbers(made.out) == [n for n, _ in expected]
    parts = [next(p for p in made.parts if p.start - 0.001 <= t < p.end) for _, t in expected]
    places = [p.at + t - p.start for p, (_, t) in zip(parts, expected, strict=True)]
    assert np.allclose(frame_times(made.out), places, atol=0.0002)
    assert made.duration == pytest.approx(sum(p.length for p in made.parts))
    assert probe(made.out).duration == pytest.approx(made.duration, abs=0.025)


@pytest.mark.parametrize("name", KINDS)
def test_exact_frames_and_sound_in_step(tmp_path: Path, name: str) -> None:
    source = video(tmp_path / name, KINDS[name])
    made = cut(source, WINDOWS, tmp_path / "reel.mp4")
    check(source, WINDOWS, made)
    assert not made.copied
    sounds, sights = onsets(samples_of(made.out)), flashes(made.out)
    # Beeps and flashes fall apart by what they did in the source (a flash waits for a frame), not by the cut.
    heard, seen = onsets(samples_of(source)), flashes(source)
    assert len(sounds) == len(sights) == 3
    assert np.allclose(np.subtract(sights, sounds), np.subtract(seen, heard), atol=0.005)


def test_nothing_drifts_over_many_joins(tmp_path: Path) -> None:
    beeps = [0.2 + n / 2 for n in range(20)]
    source = video(tmp_path / "a.mp4", Make(frames=300, rate=NTSC, beeps=beeps, sound_rate=44100))
    windows = [(b - 0.0713, b + 0.1129) for b in beeps if b < 9.5]
    made = cut(source, windows, tmp_path / "reel.mp4")
    check(source, windows, made)
    sounds, sights = onsets(samples_of(made.out)), flashes(made.out)
    assert len(sounds) == len(sights) == len(windows)
    assert (
        np.abs(np.subtract(sounds, sights)).max() < 0.036
    )  # a frame, and no more at the end than at the start
    expected = [part.at + beep - part.start for part, beep in zip(made.parts, beeps, strict=False)]
    assert np.abs(np.subtract(sounds, expected)).max() < 0.004


@settings(max_examples=8, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 1400), st.integers(40, 500)), min_size=1, max_size=4))
def test_any_windows(plain: Path, given_: list[tuple[int, int]]) -> None:
    windows = merge_windows((a / 250, min((a + n) / 250, 6.0)) for a, n in given_)
    check(plain, windows, cut(plain, windows, plain.parent / "any.mp4"))


@pytest.mark.parametrize("name", ["a.mp4", "a.mkv", "late.mkv", "turned.mp4"])
def test_key_frame_windows_are_copied_exactly(tmp_path: Path, name: str) -> None:
    make = Make(
        frames=125,
        beeps=(1.2, 3.2),
        start=Fraction(10 if name == "late.mkv" else 0),
        matrix=rotation_matrix(180) if name == "turned.mp4" else None,
    )
    source = video(tmp_path / name, make)
    windows = [(1.0, 2.0), (3.0, 6.0)]
    made = cut(source, windows, tmp_path / "reel.mp4")
    assert made.copied
    if make.matrix is None:
        check(source, windows, made)
    originals, copies = pixels(source), pixels(made.out)
    assert len(copies) == 75
    for copy, original in zip(copies, originals[25:50] + originals[75:125], strict=True):
        assert np.array_equal(copy, original)
    assert onsets(samples_of(made.out)) == pytest.approx([0.2, 1.2], abs=0.004)
    assert rotation(made.out) == rotation(source)
    anew = cut(source, windows, tmp_path / "anew.mp4", settings=CutSettings(copy=False))
    assert not anew.copied
    assert len(pixels(anew.out)) == 75
    assert rotation(anew.out) == rotation(source)


def pixels(path: Path) -> list[np.ndarray]:
    with av.open(str(path)) as container:
        return [frame.to_ndarray() for frame in container.decode(container.streams.video[0])]


def rotation(path: Path) -> int:
    info = probe(path).video
    assert info is not None
    return info.rotation


@pytest.mark.parametrize(
    ("name", "make", "windows"),
    [
        ("open.mp4", KINDS["open.mp4"], [(1.0, 2.0)]),
        ("a.mp4", KINDS["plain.mp4"], [(1.0, 2.04)]),
        ("a.mp4", KINDS["plain.mp4"], [(1.0, 2.0), (2.04, 3.0)]),
        ("a.ts", Make(frames=75, sound=False), [(1.0, 2.0)]),
        ("a.webm", KINDS["vp8.webm"], [(0.0, 4.0)]),
    ],
)
def test_what_cannot_be_copied_exactly_is_encoded(
    tmp_path: Path, name: str, make: Make, windows: list[tuple[float, float]]
) -> None:
    source = video(tmp_path / name, make)
    made = cut(source, windows, tmp_path / "reel.mp4")
    assert not made.copied
    check(source, windows, made)


def test_a_picture_that_stands_still(tmp_path: Path) -> None:
    times = [Fraction(0), Fraction(1, 25), Fraction(3), Fraction(76, 25)]
    source = video(tmp_path / "still.mkv", Make(times=times, sound=False))
    made = cut(source, [(1.0, 1.5), (2.5, 3.02)], tmp_path / "reel.mp4")
    assert [(p.start, p.end) for p in made.parts] == [(1.0, 1.5), (2.5, pytest.approx(3.04))]
    assert numbers(made.out) == [1, 1, 2]
    assert frame_times(made.out) == pytest.approx([0.0, 0.5, 1.0], abs=0.001)


def test_no_sound(tmp_path: Path) -> None:
    source = video(tmp_path / "a.mp4", Make(frames=60, sound=False))
    made = cut(source, [(0.5, 1.0), (1.5, 1.7)], tmp_path / "reel.mp4")
    check(source, [(0.5, 1.0), (1.5, 1.7)], made)
    assert probe(made.out).audio is None


def test_sound_alone(tmp_path: Path) -> None:
    source = sound_only(tmp_path / "radio.m4a", 6.0, (1.0, 4.5))
    made = cut(source, [(0.9, 1.4), (4.2, 5.0)], tmp_path / "reel.m4a", chapters=[Cue(4.2, 5.0, "Goal")])
    assert onsets(samples_of(made.out)) == pytest.approx([0.1, 0.8], abs=0.004)
    assert made.duration == pytest.approx(1.3)
    assert probe(made.out).video is None


def test_what_the_source_looks_like_is_kept(tmp_path: Path) -> None:
    source = tmp_path / "a.mp4"
    with av.open(str(source), "w") as out:
        stream = out.add_stream("libx264", rate=25)
        stream.width, stream.height = 64, 48
        context = stream.codec_context
        context.sample_aspect_ratio = Fraction(4, 3)
        context.colorspace, context.color_primaries, context.color_trc, context.color_range = 1, 1, 1, 2
        for number in range(20):
            frame = av.VideoFrame.from_ndarray(np.full((72, 64), 40 + number, np.uint8), "yuv420p")
            frame.pts, frame.time_base, frame.color_range = number, Fraction(1, 25), 2
            out.mux(stream.encode(frame))
        out.mux(stream.encode(None))
    made = cut(source, [(0.2, 0.6)], tmp_path / "reel.mp4")
    with av.open(str(made.out)) as container:
        context = container.streams.video[0].codec_context
        assert context.sample_aspect_ratio == Fraction(4, 3)
        tags = (context.colorspace, context.color_primaries, context.color_trc, context.color_range)
        assert tags == (1, 1, 1, 2)
        first = next(container.decode(video=0))
        assert abs(float(np.asarray(first.to_ndarray())[:48].mean()) - 45) < 1.5  # full range stays full


def test_chapters_and_progress(plain: Path, tmp_path: Path) -> None:
    told: list[tuple[float, float]] = []
    cues = [Cue(0.5, 1.5, "Corner 36:09"), Cue(0.9, 1.5, "Goal\n36:20 São \ud800"), Cue(4.0, 5.0, "é" * 300)]
    made = cut(
        plain,
        [(0.48, 1.52), (4.0, 5.0)],
        tmp_path / "reel.mp4",
        chapters=cues,
        progress=lambda done, total: told.append((done, total)),
    )
    with av.open(str(made.out)) as container:
        found = [
            (c["start"] * c["time_base"], c["end"] * c["time_base"], c["metadata"]["title"])
            for c in container.chapters()
        ]
    assert [title for _, _, title in found] == ["Corner 36:09", "Goal 36:20 São \ufffd", "é" * 127]
    assert [float(start) for start, _, _ in found] == pytest.approx([0.0, 0.42, 1.04], abs=0.001)
    assert float(found[-1][1]) == pytest.approx(2.04, abs=0.001)
    assert told[-1] == pytest.approx((2.04, 2.04))
    assert [done for done, _ in told] == sorted(done for done, _ in told)
    assert len(told) > 4
    assert Path(made.out).read_bytes().find(b"moov") < Path(made.out).read_bytes().find(b"mdat")


def test_captions_are_drawn_while_they_last(plain: Path, tmp_path: Path) -> None:
    captions = [Cue(1.0, 1.4, "Corner 36:09 Ω 日本 \x07\ud800 " + "long " * 60), Cue(9.0, 10.0, "never")]
    made = cut(plain, [(0.8, 1.6)], tmp_path / "reel.mp4", captions=captions)
    bare = cut(plain, [(0.8, 1.6)], tmp_path / "bare.mp4")
    differ = [
        bool(np.abs(a.astype(int) - b).max() > 60)
        for a, b in zip(pixels(made.out), pixels(bare.out), strict=True)
    ]
    assert differ == [5 <= n < 15 for n in range(20)]
    # Even a copyable window is encoded anew when something is drawn on it.
    assert not cut(plain, [(1.0, 2.0)], tmp_path / "c.mp4", captions=captions).copied


class Stop:
    """Presses Ctrl-C once a second of reel is made."""

    def __call__(self, done: float, total: float) -> None:
        if done > 1:
            raise KeyboardInterrupt


def test_ctrl_c_leaves_what_was_there(plain: Path, tmp_path: Path) -> None:
    out = tmp_path / "reel.mp4"
    out.write_bytes(b"the old reel")
    for windows in ([(0.5, 5.5)], [(1.0, 4.0)]):  # encoded, copied
        with pytest.raises(KeyboardInterrupt):
            cut(plain, windows, out, progress=Stop())
        assert out.read_bytes() == b"the old reel"
        assert [p.name for p in tmp_path.iterdir()] == ["reel.mp4"]


def test_a_full_disk_leaves_what_was_there(plain: Path, tmp_path: Path) -> None:
    out = tmp_path / "reel.mp4"
    out.write_bytes(b"the old reel")
    fine = CutSettings(copy=False, crf=0)
    size = cut(plain, [(0.0, 6.0)], out, settings=fine).out.stat().st_size
    out.write_bytes(b"the old reel")
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    # At the header, in the middle, at the index, and while the index is moved to the front.
    for share in (0.001, 0.5, 0.98, 0.9999):
        resource.setrlimit(resource.RLIMIT_FSIZE, (int(size * share), hard))  # Python ignores SIGXFSZ
        try:
            with pytest.raises(OutputError, match="cannot be written"):
                cut(plain, [(0.0, 6.0)], out, settings=fine)
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        assert out.read_bytes() == b"the old reel"
        assert [p.name for p in tmp_path.iterdir()] == ["reel.mp4"]


def test_a_folder_that_may_not_be_written(plain: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))

    tmp_path.chmod(0o500)
    if os.access(tmp_path, os.W_OK):  # root may write everywhere
        monkeypatch.setattr("pathlib.Path.touch", refuse)
    try:
        with pytest.raises(OutputError, match="not permitted"):
            cut(plain, [(0, 1)], tmp_path / "reel.mp4")
    finally:
        tmp_path.chmod(0o700)
    assert list(tmp_path.iterdir()) == []


def test_outputs_that_make_no_sense(plain: Path, tmp_path: Path) -> None:
    before = plain.read_bytes()
    link = tmp_path / "link.mp4"
    link.symlink_to(plain)
    (tmp_path / "file").write_text("in the way")
    for out, says in (
        (plain, "the recording itself"),
        (link, "the recording itself"),
        (tmp_path / "reel.avi", "MP4"),
        (tmp_path / "reel", "MP4"),
        (tmp_path / "reel.m4a", "MP4"),
        (tmp_path / "file" / "reel.mp4", "cannot be written"),
    ):
        with pytest.raises(OutputError, match=says):
            cut(plain, [(0, 1)], out)
    assert plain.read_bytes() == before


@pytest.mark.parametrize(
    "windows",
    [[], [(2.0, 2.0)], [(3.0, 1.0)], [(50.0, 60.0)], [(-3.0, -1.0)], [(float("nan"), 2.0)], [(3.0001, 3.0002)]],
)
def test_windows_that_make_no_sense(plain: Path, tmp_path: Path, windows: list[tuple[float, float]]) -> None:
    with pytest.raises(ValidationError):
        cut(plain, windows, tmp_path / "reel.mp4")
    assert list(tmp_path.iterdir()) == []


def test_windows_are_clamped(plain: Path, tmp_path: Path) -> None:
    made = cut(plain, [(-5.0, 0.5), (5.7, 99.0)], tmp_path / "reel.mp4")
    assert numbers(made.out) == [*range(13), *range(143, 150)]


def test_damage_is_passed_over_and_told(tmp_path: Path) -> None:
    source = video(tmp_path / "a.mp4", Make(frames=100, beeps=(3.0,)))
    data = bytearray(source.read_bytes())
    place = data.find(b"mdat")
    data[place + 2000 : place + 2400] = b"\xff" * 400
    source.write_bytes(data)
    made = cut(source, [(0.0, 3.9)], tmp_path / "reel.mp4")
    assert "damaged" in made.notes[0]
    assert onsets(samples_of(made.out)) == pytest.approx([3.0], abs=0.01)


def test_a_recording_that_ends_before_anything_is_refused(tmp_path: Path) -> None:
    source = video(tmp_path / "a.mkv", Make(frames=50))
    source.write_bytes(source.read_bytes()[:-3000])
    with pytest.raises(InputError, match="cut off"):
        cut(source, [(0, 1)], tmp_path / "reel.mp4")


@pytest.mark.parametrize("bad", [{"crf": 99}, {"preset": "warp"}, {"audio_bit_rate": 3}])
def test_settings_are_checked(bad: dict[str, object]) -> None:
    with pytest.raises(SettingsError):
        CutSettings(**bad)  # type: ignore[arg-type]


@settings(max_examples=200, deadline=None)
@given(
    st.lists(st.fractions(0, 20, max_denominator=100), min_size=2, max_size=30, unique=True),
    st.floats(0, 20),
    st.floats(0.01, 10),
)
def test_edges_fall_on_frames_or_on_the_window(times: list[Fraction], start: float, length: float) -> None:
    first, after = edges(sorted(times), start, start + length, Fraction(1, 25))
    assert first <= after
    for found, bound in ((first, start), (after, start + length)):
        at_last = found == max(times) + Fraction(1, 25)
        assert found in times or found == Fraction(bound) or at_last or found == first


def test_chapters_keep_to_their_parts() -> None:
    parts = [Part(10.0, 20.0, 0.0), Part(30.0, 35.0, 10.0)]
    cues = [Cue(31, 33, "c"), Cue(8, 12, "a"), Cue(10, 11, "b"), Cue(22, 25, "lost")]
    assert chapter_list(cues, parts) == [(0.0, 11.0, "a · b"), (11.0, 15.0, "c")]
    assert chapter_list([Cue(12, 13, "late")], parts) == [(0.0, 15.0, "late")]
    assert chapter_list([], parts) == []


def test_every_failure_is_a_matchcut_error(tmp_path: Path) -> None:
    (tmp_path / "a.mp4").write_bytes(b"not a video")
    with pytest.raises(MatchcutError):
        cut(tmp_path / "a.mp4", [(0, 1)], tmp_path / "reel.mp4")


def test_the_helpers_read_what_they_draw(plain: Path) -> None:
    with av.open(str(plain)) as container:
        frames = [f.to_ndarray(format="rgb24", threads=1) for f in container.decode(video=0)]
    assert [read_number(f) for f in frames] == list(range(150))
    assert [n for n, f in enumerate(frames) if is_flash(f)][:3] == [25, 26, 27]
