"""The first minutes of a real broadcast: its cuts against labels by hand, and its kick-off whistle."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from matchcut.media.opening import Damage, open_media
from matchcut.media.rough import Shrinker, rough_frames
from matchcut.media.sound import SoundCursor
from matchcut.observe.shots import ShotFinder
from matchcut.observe.sound import Ears
from matchcut.observe.transitions import HEIGHT, WIDTH

LABELS = Path(__file__).parents[2] / "benchmarks" / "broadcast_cuts.json"
UNTIL = 150.0


@pytest.fixture(scope="module")
def broadcast(data_folder: Path) -> Path:
    return data_folder / "broadcast-first-20-minutes.mp4"


@pytest.mark.data
def test_passages_of_a_labelled_minute(broadcast: Path) -> None:
    shrink, finder = Shrinker(WIDTH, HEIGHT), ShotFinder()
    for seen in rough_frames(broadcast):
        if seen.time > UNTIL:
            break
        finder.add(seen.time, shrink(seen.frame))
    track = finder.finish(UNTIL)
    minute = next(m for m in json.loads(LABELS.read_text())["minutes"] if m["end"] < UNTIL)
    found = [p for p in track.passages if minute["start"] < p.start < minute["end"]]
    assert len(found) == len(minute["passages"])
    for passage, (start, end, kind) in zip(found, minute["passages"], strict=True):
        assert passage.kind == kind
        assert start - 0.3 <= (passage.start + passage.end) / 2 <= end + 0.3
    kick_off = track.at(144.0)
    assert kick_off is not None
    assert kick_off.kind == "long"


@pytest.mark.data
def test_the_kick_off_whistle(broadcast: Path) -> None:
    with open_media(broadcast) as source:
        cursor = SoundCursor(source, 44100, "stereo", Damage())
        cursor.seek(130.0)
        ears = Ears(44100)
        ears.add(cursor.read(20 * 44100))
    track = ears.finish()
    blows = [w for w in track.whistles if 10.5 < w.start < 12.5]
    assert blows
    assert all(3600 < w.frequency < 4300 for w in blows)
    assert -30 < track.loudness.mean() < -12
