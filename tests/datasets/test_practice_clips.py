"""Practice clips: MLB-YouTube's shape, and labels that need the order in time."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from matchcut.datasets.mlb_youtube import (
    PAPER_CLASSES,
    Clip,
    clean,
    clip_table,
    find_sources,
    read_mlb_youtube,
)
from matchcut.datasets.practice_clip_pictures import LABEL_SETS, clip_pictures
from matchcut.datasets.practice_clips import PracticeClipSettings, write_practice_clips
from matchcut.errors import InputError, SettingsError

SMALL = PracticeClipSettings(videos=2, clips=14, size=32)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_practice_clips(tmp_path_factory.mktemp("practice"), SMALL, seed=3)


def test_it_reads_as_the_real_data_set(folder: Path) -> None:
    data = read_mlb_youtube(folder)
    assert (len(data.clips), len(data.videos), data.notes) == (28, 2, ())
    assert {clip.paper_class for clip in data.clips} <= set(PAPER_CLASSES)
    assert all(clip.end - clip.start == pytest.approx(7) for clip in data.clips)
    assert sum(len(stretch.actions) for stretch in data.stretches) == sum(len(c.labels) for c in data.clips)
    starts = {clip.video: [] for clip in data.clips}
    for clip in data.clips:
        starts[clip.video].append((clip.start, clip.end))
    for negative in data.negatives:
        assert all(negative.end <= a or negative.start >= b for a, b in starts[negative.video])
    assert json.loads((folder / "practice.json").read_text())["synthetic"] is True
    assert len(clip_table(data)) == 28


def test_clips_are_read_out_of_the_full_videos_by_time(folder: Path) -> None:
    data = read_mlb_youtube(folder)
    sources = find_sources(data.clips, folder)
    assert len(sources.found) == 28
    for source in sources.found[::9]:
        frames = list(source.frames())
        assert len(frames) == 56
        assert np.allclose([f.time for f in frames], np.arange(56) / 8, atol=2e-3)
        assert frames[0].image.std() > 5  # not the grey between clips


def test_the_same_seed_gives_the_same_manifests(folder: Path, tmp_path: Path) -> None:
    again = write_practice_clips(tmp_path / "a", SMALL, seed=3)
    other = write_practice_clips(tmp_path / "b", SMALL, seed=4)
    for name in ("segmented", "captions", "continuous", "negative"):
        file = f"mlb-youtube-{name}.json"
        assert (again / file).read_bytes() == (folder / file).read_bytes()
        assert (other / file).read_bytes() != (folder / file).read_bytes()


def test_opposites_show_the_same_pictures_in_the_other_order() -> None:
    """A mean over frames sees no difference between the classes of a pair; the order does."""
    times = np.arange(56) / 8
    for one, other in ((0, 1), (2, 3), (4, 5)):
        means, moves = [], []
        for kind in (one, other):
            drawn = [
                np.stack(clip_pictures(kind, times, 32, np.random.default_rng(seed))).astype(float)
                for seed in range(12)
            ]
            means.append(np.mean([clip.mean(axis=0) for clip in drawn], axis=0))
            moves.append(np.mean([_moved(clip) for clip in drawn]))
        assert np.abs(means[0] - means[1]).mean() < 4
        assert moves[0] * moves[1] < 0


def _moved(clip: np.ndarray) -> float:
    """How far the brightest spot goes to the right and down from frame to frame, jumps back left out."""
    red = clip[..., 0]
    spot = red > red.mean() + 2.5 * red.std()
    y, x = np.mgrid[: red.shape[1], : red.shape[2]]
    place = np.array([[y[s].mean(), x[s].mean()] for s in spot if s.any()])
    steps = np.diff(place, axis=0).sum(axis=1)
    return float(np.median(steps))


def test_noise_is_at_the_set_rates(tmp_path: Path) -> None:
    settings = PracticeClipSettings(
        videos=1, clips=120, size=16, frame_rate=1, hidden=0, wrong=0, missing=0.2, empty=0.1, foreign=0.3
    )
    data = read_mlb_youtube(write_practice_clips(tmp_path, settings, seed=1))
    captions = clean(data.captions["practice-00"])
    windows = int(max(clip.end for clip in data.clips) + 10) // 30 + 1
    shares = {kind: sum(c.kind == kind for c in captions) / windows for kind in ("foreign", "empty")}
    assert shares["foreign"] == pytest.approx(0.3, abs=0.12)
    assert shares["empty"] == pytest.approx(0.1, abs=0.08)
    assert 1 - len(captions) / windows == pytest.approx(0.2, abs=0.12)
    assert len({clip.labels for clip in data.clips}) == len(LABEL_SETS)


@pytest.mark.parametrize(
    "wrong", [{"videos": 0}, {"size": 30}, {"gap_s": 2}, {"hidden": 1.5}, {"missing": 0.6, "foreign": 0.6}]
)
def test_settings_out_of_range_are_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(SettingsError):
        PracticeClipSettings(**wrong)


def test_missing_broken_and_short_videos_are_skipped_and_listed(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "broken.mp4").write_bytes(b"not a video")
    whole = folder / "videos" / "practice-00.mp4"
    (tmp_path / "short.mp4").write_bytes(whole.read_bytes())
    clips = [
        Clip("A", "absent", 1, 8),
        Clip("B", "broken", 1, 8),
        Clip("C", "broken", 20, 27),
        Clip("D", "short", 10_000, 10_007),
        Clip("E", "short", 4, 11),
    ]
    sources = find_sources(clips, tmp_path)
    assert [source.clip.name for source in sources.found] == ["E"]
    assert [skipped.clip.name for skipped in sources.skipped] == ["A", "B", "C", "D"]
    notes = sources.notes()
    assert len(notes) == 3
    assert "1 clips were skipped" in notes[0]
    assert "absent.*" in notes[0]
    assert "2 clips" in notes[1]
    assert "ends before them" in notes[2]
    with pytest.raises(InputError, match="no such folder"):
        find_sources(clips, tmp_path / "nowhere")


def test_a_file_of_the_clips_name_wins_over_the_full_video(folder: Path, tmp_path: Path) -> None:
    data = (folder / "videos" / "practice-00.mp4").read_bytes()
    (tmp_path / "v.mp4").write_bytes(data)
    (tmp_path / "A.mp4").write_bytes(data)
    (source,) = find_sources([Clip("A", "v", 20, 27)], tmp_path).found
    assert (source.path.name, source.start, source.end) == ("A.mp4", 0.0, None)


def test_from_the_command_line(folder: Path, tmp_path: Path) -> None:
    from matchcut.cli.clips import clips

    def run(*words: object):
        return CliRunner().invoke(clips, [str(word) for word in words])

    made, csv = tmp_path / "made", tmp_path / "t.csv"
    assert run("practice", made, "--videos", 1, "--clips", 3).exit_code == 0
    assert run("table", folder, "-o", csv, "--videos", folder / "videos").exit_code == 0
    lines = csv.read_text().splitlines()
    assert lines[0].startswith("clip,video,start_s")
    assert lines[0].endswith(",pictures")
    assert len(lines) == 1 + 28 + 14
    assert "clips were skipped" in run("table", folder, "-o", csv, "--videos", made).stderr
    assert isinstance(run("table", tmp_path / "nowhere", "-o", csv).exception, InputError)
