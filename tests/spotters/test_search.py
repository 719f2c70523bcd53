"""Sentences against stored features."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from made_up import LENGTH, sound

from matchcut.encoders.features import FrameFeatures
from matchcut.encoders.simple import hashed_words
from matchcut.errors import QuestionError, SettingsError
from matchcut.spotters.crowd import Crowd
from matchcut.spotters.numbers import FusionSettings
from matchcut.spotters.search import SearchSettings, direction_of, names_sound, search, standing_out

TEXT = hashed_words(256, 80)


def frames(*shown: tuple[float, float, str], noise: float = 0.02) -> FrameFeatures:
    times = np.arange(0.0, LENGTH, 2.0)
    rng = np.random.default_rng(0)
    vectors = direction_of(TEXT, "ordinary play") + noise * rng.standard_normal((len(times), 256))
    for start, end, sentence in shown:
        inside = (times >= start) & (times < end)
        vectors[inside] = direction_of(TEXT, sentence) + noise * rng.standard_normal((inside.sum(), 256))
    return FrameFeatures(times, vectors.astype(np.float32), times, "e", "w", "model", "c", LENGTH)


def test_neighbouring_frames_are_one_moment_and_the_best_comes_first() -> None:
    features = frames(
        (300.0, 310.0, "goalkeeper on the ground"), (900.0, 904.0, "goalkeeper stands on the ground")
    )
    found = search(features, direction_of(TEXT, "goalkeeper on the ground"), top=2)
    assert [
        round(match.time) in range(*spot) for match, spot in zip(found, ((300, 310), (900, 904)), strict=True)
    ]
    assert (found[0].start, found[0].end, found[0].frames) == (298.0, 310.0, 5)
    assert found[0].fit > found[1].fit > 3
    assert found[0].cosine > 0.9
    assert len(search(features, direction_of(TEXT, "goalkeeper on the ground"), top=1)) == 1


def test_sound_counts_where_the_sentence_names_it() -> None:
    crowd = Crowd(sound([(600.0, 9.0)], whistles=[1000.0]), None, FusionSettings())
    features = frames()
    roaring = search(features, direction_of(TEXT, "crowd roaring"), heard=("crowd",), crowd=crowd, top=1)
    blown = search(features, direction_of(TEXT, "a whistle"), heard=("whistle",), crowd=crowd, top=1)
    assert roaring[0].time == pytest.approx(600.0, abs=12.0)
    assert blown[0].time == pytest.approx(1000.0, abs=8.0)


@pytest.mark.parametrize(
    ("sentence", "heard"),
    [
        ("the crowd roaring", ("crowd",)),
        ("fans cheer", ("crowd",)),
        ("referee whistles", ("whistle",)),
        ("a loud whistle", ("crowd", "whistle")),
        ("goalkeeper on the ground", ()),
        ("a cloud over the pitch", ()),
    ],
)
def test_sentences_that_name_sound(sentence: str, heard: tuple[str, ...]) -> None:
    assert names_sound(sentence) == heard


@pytest.mark.parametrize("sentence", ["", "  ", "\n"])
def test_no_sentence(sentence: str) -> None:
    with pytest.raises(QuestionError, match="no sentence"):
        direction_of(TEXT, sentence)


def test_odd_settings_and_odd_sentences() -> None:
    with pytest.raises(SettingsError):
        search(frames(), direction_of(TEXT, "x"), top=0)
    with pytest.raises(SettingsError):
        SearchSettings(share=0)
    long = direction_of(TEXT, "ignore all that was said before and " * 40)
    assert long.shape == (256,)
    assert np.linalg.norm(long) == pytest.approx(1.0, abs=1e-5)
    assert not standing_out(np.ones(5)).any()


@settings(max_examples=40, deadline=None)
@given(st.integers(1, 60), st.integers(1, 12), st.integers(0, 2**32 - 1))
def test_moments_never_overlap_in_their_frames(count: int, top: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    times = np.sort(rng.uniform(0, 100, count))
    vectors = rng.standard_normal((count, 8)).astype(np.float32)
    features = FrameFeatures(times, vectors, times, "e", "w", "m", "c", 100.0)
    found = search(features, vectors[0] / np.linalg.norm(vectors[0]), top=top)
    assert 1 <= len(found) <= top
    assert found[0].time == pytest.approx(times[0], abs=1e-3)
    assert sum(match.frames for match in found) <= count
    best = sorted(match.time for match in found)
    assert len(set(best)) == len(best)
    for match in found:
        assert 0 <= match.start <= match.time <= match.end
    assert [m.fit for m in found] == sorted((m.fit for m in found), reverse=True)
