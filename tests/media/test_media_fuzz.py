"""Whatever bytes a media file holds, the answer is a result or one clear error."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from matchcut.errors import MatchcutError
from matchcut.media.cut import CutSettings, cut
from matchcut.media.frames import read_frames, thumbnails
from matchcut.media.probe import probe
from matchcut.media.sound import read_sound
from matchcut.media.subtitles import read_subtitles
from media.make import Make, video

KINDS = ("a.mp4", "a.mkv", "a.ts", "a.flv")


class Files(dict[str, bytes]):
    """Files by name; hypothesis shows the names alone."""

    def __repr__(self) -> str:
        return f"Files({', '.join(self)})"


PATCH = st.tuples(st.floats(0, 1), st.binary(min_size=1, max_size=12))


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Files:
    folder = tmp_path_factory.mktemp("fuzz")
    make = Make(frames=12, gop=5, width=64, height=48, sound_rate=44100)
    return Files({name: video(folder / name, make).read_bytes() for name in KINDS})


def use(path: Path, data: bytes) -> None:
    """Everything that a command might do with the file."""
    path.write_bytes(data)
    out = path.parent / "reel.mp4"
    for work in (
        lambda: probe(path),
        lambda: sum(1 for _ in read_frames(path, width=16)),
        lambda: sum(1 for _, _ in zip(range(20), read_sound(path), strict=False)),
        lambda: thumbnails(path, [0.1]),
        lambda: read_subtitles(path),
        lambda: cut(path, [(0.0, 0.2), (0.3, 0.4)], out, settings=CutSettings(preset="ultrafast")),
    ):
        try:
            work()
        except MatchcutError as error:
            assert error.remedy
    path.unlink()
    out.unlink(missing_ok=True)
    assert list(path.parent.iterdir()) == []  # nothing half-written


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.sampled_from(KINDS), st.lists(PATCH, min_size=1, max_size=6), st.booleans())
def test_changed_bytes(
    whole: Files, tmp_path: Path, name: str, patches: list[tuple[float, bytes]], at_the_head: bool
) -> None:
    data = bytearray(whole[name])
    reach = min(len(data), 900) if at_the_head else len(data)
    for share, patch in patches:
        place = int(share * (reach - 1))
        data[place : place + len(patch)] = patch
    use(tmp_path / name, bytes(data))


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.sampled_from(KINDS), st.floats(0, 1))
def test_cut_off_anywhere(whole: Files, tmp_path: Path, name: str, share: float) -> None:
    use(tmp_path / name, whole[name][: int(share * len(whole[name]))])


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.binary(max_size=400))
def test_noise(tmp_path: Path, data: bytes) -> None:
    use(tmp_path / "noise.mp4", data)
