"""Whistles and voices in a made-up crowd; figures from it say nothing about real matches."""

from __future__ import annotations

import numpy as np
import pytest

from matchcut.observe.sound import Ears, SoundTrack
from matchcut.observe.whistle import Whistle
from observe import stage

RATE = 32000


def hear(sound: np.ndarray, rate: int = RATE) -> SoundTrack:
    ears = Ears(rate)
    for start in range(0, len(sound), 8 * rate):
        ears.add(sound[None, start : start + 8 * rate].astype(np.float32))
    return ears.finish()


def blown(snr_db: float, seconds: float = 60.0) -> tuple[np.ndarray, list[tuple[float, float]]]:
    """A crowd, a voice half of the time, and whistles of two kinds ``snr_db`` over the crowd's power."""
    sound = stage.crowd(seconds, RATE) + stage.voice(seconds, RATE)
    truth = []
    for number, at in enumerate(np.arange(2.0, seconds - 2, 4.0)):
        length = (0.3, 0.5, 0.9)[number % 3]
        blow = stage.whistle(length, RATE, ("pealess", "pea")[number % 2], 0.05 * 10 ** (snr_db / 20))
        sound[round(at * RATE) :][: len(blow)] += blow
        truth.append((float(at), float(at) + length))
    return sound, truth


def hits(found: tuple[Whistle, ...], truth: list[tuple[float, float]]) -> tuple[float, float]:
    """Precision and recall; a whistle is found if one of its sound overlaps it."""
    right = [any(w.start < b and w.end > a for a, b in truth) for w in found]
    caught = [any(w.start < b and w.end > a for w in found) for a, b in truth]
    return sum(right) / max(len(right), 1), sum(caught) / len(caught)


@pytest.mark.parametrize("snr_db", [0.0, -6.0])
def test_whistles_in_crowd_and_voice(snr_db: float) -> None:
    sound, truth = blown(snr_db)
    precision, recall = hits(hear(sound).whistles, truth)
    assert precision >= 0.9
    assert recall >= 0.9


def test_a_whistle_is_where_it_is() -> None:
    sound = stage.crowd(6, RATE)
    blow = stage.whistle(0.6, RATE)
    sound[3 * RATE : 3 * RATE + len(blow)] += blow
    (found,) = hear(sound).whistles
    assert found.start == pytest.approx(3.0, abs=0.06)
    assert found.end == pytest.approx(3.6, abs=0.06)
    assert 3650 < found.frequency < 4200


def test_no_whistle_in_crowd_voice_or_silence() -> None:
    assert hear(stage.crowd(60, RATE, seed=5)).whistles == ()
    assert len(hear(stage.voice(60, RATE, seed=5) + stage.crowd(60, RATE, seed=6, level=0.02)).whistles) <= 1
    assert hear(np.zeros(5 * RATE)).whistles == ()
    long = stage.whistle(8.0, RATE)
    assert hear(long + stage.crowd(8, RATE)).whistles == ()


def test_a_low_sampling_rate_has_no_whistle_but_a_loudness() -> None:
    track = hear(stage.crowd(4, 4000), 4000)
    assert track.whistles == ()
    assert track.loudness.max() > -40


def test_a_crowd_is_crowd() -> None:
    track = hear(stage.crowd(20, RATE))
    assert np.abs(track.crowd - track.loudness)[20:-20].mean() < 1.0
    assert (track.voice[20:-20] < track.crowd[20:-20] - 6).mean() > 0.95


def test_a_voice_is_told_from_the_crowd() -> None:
    quiet = stage.crowd(20, RATE, level=0.02)
    with_voice = quiet + stage.voice(20, RATE, level=0.08)
    alone, both = hear(quiet), hear(with_voice)
    inside = slice(20, -20)
    # The voice lifts the whole by far more than what is taken for crowd.
    assert (both.loudness - alone.loudness)[inside].mean() > 6
    assert np.median((both.crowd - alone.crowd)[inside]) < 3
    assert np.median((both.voice - both.crowd)[inside]) > 3
