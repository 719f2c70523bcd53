"""Practice frames: SoccerNet-v3's layout, the same each time, and labels that a mirror changes."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from matchcut.datasets.practice_frame_drawing import GLYPHS
from matchcut.datasets.practice_frame_pictures import Shot, draw_shot
from matchcut.datasets.practice_frame_subjects import MIRRORED, SUBJECTS, match_of
from matchcut.datasets.practice_frames import PracticeFrameSettings, write_practice_frames
from matchcut.datasets.soccernet_frames import LABELS, SoccerNetFrames, read_soccernet_frames
from matchcut.errors import SettingsError
from matchcut.sport import soccer
from matchcut.training.frames.augment import NOT_MIRRORED

SMALL = PracticeFrameSettings(games=6, actions=24)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_practice_frames(tmp_path_factory.mktemp("practice"), SMALL, seed=5)


@pytest.fixture(scope="module")
def frames(folder: Path) -> SoccerNetFrames:
    return read_soccernet_frames(folder, check="pixels")


def digests(folder: Path) -> dict[str, str]:
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def test_it_reads_as_the_real_data_set(folder: Path, frames: SoccerNetFrames) -> None:
    assert (frames.skipped, frames.notes, frames.splits) == ((), (), ("train", "valid", "test"))
    assert sum(not image.replay for image in frames.images) == 6 * 24
    assert set(frames.labels) <= set(SUBJECTS) <= set(soccer.names)
    assert len(frames.labels) >= 8
    assert all(frames.pixels(image).shape == (64, 64, 3) for image in frames.images[:20])
    of = {(image.game, image.action): image for image in frames.images if not image.replay}
    for image in frames.images:
        first = of[image.game, image.action]
        assert (image.label, image.time, image.half) == (first.label, first.time, first.half)
        assert (image.shown is not None) == image.replay
    assert json.loads((folder / "practice.json").read_text())["synthetic"] is True
    value = json.loads(next(folder.rglob(LABELS)).read_text())
    assert value["GameMetadata"]["synthetic"] is True
    assert value["GameMetadata"]["list_actions"] == list(value["actions"])


def test_the_same_settings_and_seed_give_the_same_files(folder: Path, tmp_path: Path) -> None:
    assert digests(write_practice_frames(tmp_path / "a", SMALL, seed=5)) == digests(folder)
    other = digests(write_practice_frames(tmp_path / "b", SMALL, seed=6))
    assert set(other.values()).isdisjoint(digests(folder).values())


def test_no_two_images_are_the_same(frames: SoccerNetFrames) -> None:
    assert len({frames.pixels(image).tobytes() for image in frames.images}) == len(frames.images)
    assert frames.copies() == ()


def test_batches_of_eight_often_hold_two_images_of_one_label(frames: SoccerNetFrames) -> None:
    rng = np.random.default_rng(0)
    labels = [image.label for image in frames.of("train")]
    doubled = [max(Counter(rng.choice(labels, 8, replace=False)).values()) > 1 for _ in range(300)]
    assert np.mean(doubled) > 0.9


def shown(label: str, seed: int, mirror: bool = False) -> np.ndarray:
    """The subject alone, on one ground, as a close view has it."""
    match = match_of(np.random.default_rng(seed))
    pixels = draw_shot(
        label, match, Shot("close", True, False), 0.0, 64, seed, np.random.default_rng([seed, 1])
    )
    return pixels[:, ::-1] if mirror else pixels


@pytest.mark.parametrize("label", list(SUBJECTS))
def test_the_subject_is_what_tells_labels_apart(label: str) -> None:
    """All the rest is drawn from the same values: only the subject differs, and nothing where it is hidden."""
    match = match_of(np.random.default_rng(3))
    other = next(name for name in SUBJECTS if name != label)

    def draw(name: str, hidden: bool) -> np.ndarray:
        shot = Shot("close", False, hidden)
        return draw_shot(name, match, shot, 60.0, 64, 9, np.random.default_rng(8)).astype(int)

    assert np.array_equal(draw(label, True), draw(other, True))
    assert np.abs(draw(label, False) - draw(other, False)).max() > 60


def test_a_mirror_makes_another_label_of_some() -> None:
    assert {MIRRORED[MIRRORED[label]] for label in MIRRORED} == set(MIRRORED)
    assert set(MIRRORED) <= set(NOT_MIRRORED)
    # "N" and "O" are their own mirror images, so that "ON" in a mirror is "NO".
    swapped = {"left": "right", "right": "left"}
    for sign in "NO":
        strokes = {" ".join(swapped.get(word, word) for word in stroke.split()) for stroke in GLYPHS[sign]}
        assert strokes == set(GLYPHS[sign])


def test_flags_point_to_their_side() -> None:
    """With all else random, the mean of many pictures leans to the side of the flag, and a mirror turns it."""
    seeds = range(60)
    right = np.mean([shown("Throw-in", s) for s in seeds], axis=0)
    left = np.mean([shown("Ball out of play", s) for s in seeds], axis=0)
    lean = (right - left)[..., 0]
    assert lean[:, 40:].mean() - lean[:, :24].mean() > 3


@pytest.mark.parametrize("size", [16, 33, 100])
def test_any_size_can_be_drawn(size: int, tmp_path: Path) -> None:
    how = PracticeFrameSettings(games=3, actions=3, size=size)
    found = read_soccernet_frames(write_practice_frames(tmp_path, how))
    assert {found.pixels(image).shape for image in found.images} == {(size, size, 3)}


@pytest.mark.parametrize(
    "how",
    [
        {"games": 2},
        {"actions": 0},
        {"size": 8},
        {"size": 100_000_000},
        {"replays": -1},
        {"hidden": 1.5},
        {"zoom": 2.0},
        {"test_share": 0.6, "valid_share": 0.5},
    ],
)
def test_settings_out_of_range(how: dict[str, float]) -> None:
    with pytest.raises(SettingsError):
        PracticeFrameSettings(**how)


def test_a_seed_below_zero(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="zero or more"):
        write_practice_frames(tmp_path, SMALL, seed=-1)
