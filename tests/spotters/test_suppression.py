"""Suppression on the line of time equals slow, direct readings; shipped decoding is what it was."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from matchcut.spotters.decoding import LabelDecoding, moments, weaken_neighbours
from matchcut.spotters.suppression import SUPPRESSIONS, hard_nms, soft_nms

PLACES = st.lists(st.integers(0, 300), min_size=0, max_size=40, unique=True)


def overlap(one: float, other: float, window: float) -> float:
    """Intersection over union of two windows of one length."""
    shared = max(0.0, min(one, other) + window / 2 - (max(one, other) - window / 2))
    return shared / (2 * window - shared)


def slow_soft(places: list[float], scores: list[float], window: float, sigma: float | None) -> list[float]:
    """The pseudo-code of arXiv 1704.04503, figure 3, with a list of those that are left."""
    final = list(scores)
    left = list(range(len(places)))
    while left:
        best = max(left, key=lambda i: (final[i], -i))
        left.remove(best)
        for i in left:
            iou = overlap(places[best], places[i], window)
            final[i] *= 1 - iou if sigma is None else math.exp(-(iou**2) / sigma)
    return final


def slow_hard(places: list[float], scores: list[float], apart: float) -> list[float]:
    final = [0.0] * len(places)
    for i in sorted(range(len(places)), key=lambda i: (-scores[i], i)):
        if all(not final[j] or abs(places[i] - places[j]) >= apart for j in range(len(places))):
            final[i] = scores[i]
    return final


def drawn(places: list[int], seed: int) -> tuple[np.ndarray, np.ndarray]:
    at = np.sort(np.array(places, np.float64)) / 2
    return at, np.random.default_rng(seed).uniform(0.01, 1, len(at))


@settings(max_examples=80, deadline=None)
@given(PLACES, st.integers(0, 99), st.sampled_from([3.0, 12.0, 60.0]))
def test_soft_nms_is_the_papers(places: list[int], seed: int, window: float) -> None:
    at, scores = drawn(places, seed)
    for sigma in (None, 0.5, 0.1):
        wanted = slow_soft(at.tolist(), scores.tolist(), window, sigma)
        assert np.allclose(soft_nms(at, scores, window, sigma), wanted, rtol=0, atol=1e-6)


@settings(max_examples=80, deadline=None)
@given(PLACES, st.integers(0, 99), st.sampled_from([0.5, 5.0, 40.0]))
def test_hard_nms_is_greedy(places: list[int], seed: int, apart: float) -> None:
    at, scores = drawn(places, seed)
    assert hard_nms(at, scores, apart).tolist() == slow_hard(at.tolist(), scores.tolist(), apart)


def test_equal_scores_are_taken_in_order_and_zeros_end() -> None:
    at = np.arange(400.0)
    found = hard_nms(at, np.full(400, 0.5), 2.0)
    assert np.flatnonzero(found).tolist() == list(range(0, 400, 2))
    assert soft_nms(at, np.zeros(400), 9.0).max() == 0


@pytest.mark.parametrize("kind", SUPPRESSIONS)
def test_the_best_is_never_weakened(kind: str) -> None:
    at, scores = drawn(list(range(30)), 1)
    found = SUPPRESSIONS[kind](at, scores, 8.0)
    assert found.max() == scores.max()
    assert (found <= scores).all()
    assert (SUPPRESSIONS[kind](at, scores, 0.0) == scores).all()


def test_moments_take_any_of_them() -> None:
    track = np.zeros(60)
    track[[10, 14, 40]] = 0.9, 0.5, 0.3
    how = LabelDecoding(0.0, 10.0)
    plain = moments(track, 2.0, how)
    assert plain[0].tolist() == [5.0, 7.0, 20.0]
    assert plain[1] == pytest.approx([0.9, 0.5 * 0.2**2, 0.3])
    assert (moments(track, 2.0, how, weaken_neighbours)[1] == plain[1]).all()
    assert moments(track, 2.0, how, hard_nms)[0].tolist() == [5.0, 20.0]
    assert moments(track, 2.0, how, hard_nms, 0.4)[0].tolist() == [5.0]
