"""Loudness against the standard's own figures, and against its filters run sample by sample."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from matchcut.observe.loudness import FLOOR_LUFS, Spectra, averaged, k_weighting, lufs, momentary


def sine(rate: int, level_db: float = 0.0, hertz: float = 997.0, seconds: float = 2.0) -> np.ndarray:
    t = np.arange(round(seconds * rate)) / rate
    return (10 ** (level_db / 20) * np.sin(2 * np.pi * hertz * t)).astype(np.float32)


@pytest.mark.parametrize(("rate", "tolerance"), [(48000, 0.01), (44100, 0.01), (32000, 0.02), (16000, 0.06)])
def test_the_standards_sine(rate: int, tolerance: float) -> None:
    """BS.1770-4: 997 Hz at 0 dBFS in one channel reads -3.01 LKFS; in two, 3.01 more."""
    tone = sine(rate)
    assert momentary([tone[None]], rate)[40] == pytest.approx(-3.01, abs=tolerance)
    assert momentary([np.stack([tone, tone])], rate)[40] == pytest.approx(0.0, abs=tolerance)
    assert momentary([np.stack([tone, 0 * tone])], rate)[40] == pytest.approx(-3.01, abs=tolerance)


@settings(max_examples=12, deadline=None)
@given(st.floats(-60, 0), st.sampled_from([22050, 44100, 48000]))
def test_a_decibel_is_a_decibel(level: float, rate: int) -> None:
    value = momentary([sine(rate, level, seconds=1.0)[None]], rate)[20]
    assert value == pytest.approx(-3.01 + level, abs=0.03)


def test_silence_has_a_floor() -> None:
    assert np.all(momentary([np.zeros((1, 48000), np.float32)], 48000) == FLOOR_LUFS)
    assert len(momentary([], 48000)) == 0


def test_the_standards_filters_at_48_khz() -> None:
    (shelf_b, shelf_a), (high_b, high_a) = k_weighting(48000)
    assert shelf_b == pytest.approx([1.53512485958697, -2.69169619040638, 1.19839281085285], abs=1e-7)
    assert shelf_a == pytest.approx([1, -1.69065929318241, 0.73248077421585], abs=1e-12)
    assert high_a == pytest.approx([1, -1.99004745483398, 0.99007225036621], abs=1e-12)
    assert high_b == pytest.approx([1, -2, 1], abs=1e-9)


@pytest.mark.parametrize("rate", [44100, 48000])
def test_noise_as_the_filters_measure_it(rate: int) -> None:
    noise = np.random.default_rng(3).normal(size=rate).astype(np.float32) * 0.1
    filtered = noise.astype(float)
    for b, a in k_weighting(rate):
        x1 = x2 = y1 = y2 = 0.0
        for i, x in enumerate(filtered):
            y = b[0] * x + b[1] * x1 + b[2] * x2 - a[1] * y1 - a[2] * y2
            x2, x1, y2, y1 = x1, x, y1, y
            filtered[i] = y
    a_second = Spectra(rate).frames_per_s
    at = 20 / a_second
    exact = lufs(np.array([(filtered[round((at - 0.2) * rate) : round((at + 0.2) * rate)] ** 2).mean()]))[0]
    assert momentary([noise[None]], rate)[20] == pytest.approx(exact, abs=0.1)


def test_a_step_is_where_it_is() -> None:
    rate = 48000
    sound = np.concatenate([np.zeros(rate, np.float32), sine(rate, -20)])
    spectra = Spectra(rate)
    level = momentary([sound[None]], rate)
    half = level[round(1.0 * spectra.frames_per_s)]  # half of the 400 ms around the step is tone
    assert half == pytest.approx(-23.01 - 3.01, abs=0.5)


@settings(max_examples=10, deadline=None)
@given(st.lists(st.integers(1, 9000), min_size=1, max_size=8))
def test_blocks_may_have_any_size(sizes: list[int]) -> None:
    rate = 16000
    sound = np.random.default_rng(1).normal(size=(2, sum(sizes))).astype(np.float32)
    whole = Spectra(rate).add(sound)
    spectra, start, parts = Spectra(rate), 0, []
    for size in sizes:
        parts.append(spectra.add(sound[:, start : start + size]))
        start += size
    assert np.allclose(np.concatenate(parts), whole, atol=1e-6)


def test_averages_at_the_ends_are_over_what_there_is() -> None:
    assert averaged(np.array([1.0, 2.0, 6.0]), 3).tolist() == [1.5, 3.0, 4.0]
    assert averaged(np.array([1.0, 2.0, 6.0, 7.0]), 2).tolist() == [1.5, 4.0, 6.5, 7.0]
