"""Reels: a log's moments, padded, merged, named and cut."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import av
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from matchcut.clock import MatchClock
from matchcut.errors import InputError, QuestionError, SettingsError
from matchcut.events import Event, EventLog
from matchcut.export.reel import merge_windows, reel, title
from matchcut.recording import Recording
from media.make import Make, numbers, onsets, samples_of, video

WINDOWS = st.lists(
    st.tuples(st.integers(0, 500), st.integers(1, 60)).map(lambda w: (w[0] / 4, (w[0] + w[1]) / 4)), max_size=20
)


@pytest.fixture(scope="module")
def match(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return video(tmp_path_factory.mktemp("reel") / "match – 1ª parte.mp4", Make(frames=200, beeps=(2.0, 6.0)))


def log(*events: Event, clock: MatchClock | None = None) -> EventLog:
    return EventLog(events, Recording("match", clock=clock), "test")


CORNER = Event("Corner", 2.0, 1.5, 2.5)
GOAL = Event("Goal", 2.6, 2.4, 3.0)
FOUL = Event("Foul", 6.0, 5.5, 6.5)


@given(WINDOWS, st.sampled_from([0.0, 0.5, 3.0]))
def test_merged_windows(windows: list[tuple[float, float]], gap: float) -> None:
    merged = merge_windows(windows, gap)
    assert all(later[0] - earlier[1] > gap for earlier, later in pairwise(merged))
    assert all(any(a <= s and e <= b for a, b in merged) for s, e in windows)
    assert {a for a, _ in merged} <= {s for s, _ in windows}
    assert {b for _, b in merged} <= {e for _, e in windows}
    assert merge_windows(merged, gap) == merged
    assert merge_windows(reversed(windows), gap) == merged
    # Nothing is shown that no window covers and no gap excuses.
    for a, b in merged:
        marks = sorted({a, b, *(x for w in windows for x in w if a <= x <= b)})
        for x, y in pairwise(marks):
            assert y - x <= gap or any(s <= x and y <= e for s, e in windows)


def test_moments_are_cut_and_named(match: Path, tmp_path: Path) -> None:
    events = log(FOUL, CORNER, GOAL, clock=MatchClock.starting_at(2160, 8))
    made = reel(match, events, tmp_path / "reel.mp4")
    assert numbers(made.out) == [*range(38, 75), *range(138, 163)]
    assert [part.events for part in made.parts] == [(CORNER, GOAL), (FOUL,)]
    assert [part.at for part in made.parts] == pytest.approx([0.0, 1.48])
    assert made.duration == pytest.approx(2.48)
    assert not made.copied
    assert made.notes == ()
    # The part begins with the first frame of its window, 0.02 s after the window does.
    assert onsets(samples_of(made.out)) == pytest.approx([0.48, 1.96], abs=0.004)
    with av.open(str(made.out)) as container:
        found = [(float(c["start"] * c["time_base"]), c["metadata"]["title"]) for c in container.chapters()]
    assert [name for _, name in found] == ["Corner 36:02", "Goal 36:02", "Foul 36:06"]
    assert [start for start, _ in found] == pytest.approx([0.0, 0.88, 1.48], abs=0.001)


def test_padding_and_gaps(match: Path, tmp_path: Path) -> None:
    made = reel(match, [CORNER, FOUL], tmp_path / "reel.mp4", pad_s=2.0)
    assert [(p.start, p.end) for p in made.parts] == [(0.0, pytest.approx(8.0))]  # merged, clamped
    made = reel(match, [CORNER, FOUL], tmp_path / "reel.mp4", merge_gap_s=3.0)
    assert len(made.parts) == 1
    made = reel(match, [CORNER, FOUL], tmp_path / "reel.mp4", merge_gap_s=2.9)
    assert len(made.parts) == 2


def test_whole_seconds_are_copied(match: Path, tmp_path: Path) -> None:
    made = reel(match, [Event("Foul", 1.5, 1.0, 2.0), Event("Corner", 5, 4, 6)], tmp_path / "reel.mp4")
    assert made.copied
    assert numbers(made.out) == [*range(25, 50), *range(100, 150)]


def test_captions(match: Path, tmp_path: Path) -> None:
    def pictures(captions: bool) -> list[np.ndarray]:
        made = reel(match, [CORNER], tmp_path / f"{captions}.mp4", captions=captions)
        with av.open(str(made.out)) as container:
            return [frame.to_ndarray().astype(int) for frame in container.decode(video=0)]

    for bare, drawn in zip(pictures(False), pictures(True), strict=True):
        assert np.abs(bare - drawn)[60:96].max() > 60  # words near the lower edge
        assert np.abs(bare - drawn)[:40].max() < 60  # and nowhere else


def test_moments_outside_the_recording(match: Path, tmp_path: Path) -> None:
    late = Event("Goal", 4000, 3990, 4010)
    made = reel(match, [CORNER, late], tmp_path / "reel.mp4")
    assert len(made.parts) == 1
    assert "1 moments lie outside" in made.notes[0]
    with pytest.raises(InputError, match="none of the 1 moments lies within"):
        reel(match, [late], tmp_path / "none.mp4")
    assert not (tmp_path / "none.mp4").exists()


def test_nothing_to_cut(match: Path, tmp_path: Path) -> None:
    with pytest.raises(QuestionError, match="no moments"):
        reel(match, log(), tmp_path / "reel.mp4")
    with pytest.raises(SettingsError):
        reel(match, [CORNER], tmp_path / "reel.mp4", pad_s=-1)
    with pytest.raises(InputError):
        reel(tmp_path / "gone.mp4", [CORNER], tmp_path / "reel.mp4")


def test_titles_without_a_clock() -> None:
    assert title(Event("Corner", 95.9, 90, 100)) == "Corner 01:35"


@pytest.mark.data
def test_a_real_broadcast(data_folder: Path, tmp_path: Path) -> None:
    source = data_folder / "broadcast-first-20-minutes.mp4"
    made = reel(source, [Event("Foul", 613, 611.3, 614.3)], tmp_path / "reel.mp4", captions=True)
    with av.open(str(made.out)) as container:
        assert sum(1 for _ in container.decode(video=0)) == pytest.approx(90, abs=1)
    assert made.duration == pytest.approx(3.0, abs=0.04)
