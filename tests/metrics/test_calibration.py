"""Reliability figures against hand-made and slow ones."""

from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from matchcut.errors import ValidationError
from matchcut.events import Event, EventLog
from matchcut.metrics.calibration import calibration
from matchcut.metrics.spotting import outcomes
from matchcut.recording import Recording


@settings(max_examples=50, deadline=None)
@given(st.lists(st.tuples(st.floats(0, 1), st.booleans()), min_size=1, max_size=40), st.integers(1, 12))
def test_equals_a_slow_reading(pairs: list[tuple[float, bool]], bins: int) -> None:
    result = calibration([p[0] for p in pairs], [p[1] for p in pairs], bins)
    assert sum(result.counts) == len(pairs)
    ece = 0.0
    for number in range(bins):
        low, high = result.edges[number], result.edges[number + 1]
        held = [p for p in pairs if low <= p[0] < high or (number == bins - 1 and p[0] == 1)]
        assert result.counts[number] == len(held)
        if held:
            said, came = (sum(float(p[i]) for p in held) / len(held) for i in (0, 1))
            assert (result.mean_score[number], result.hit_rate[number]) == pytest.approx((said, came))
            ece += abs(said - came) * len(held) / len(pairs)
        else:
            assert result.mean_score[number] is None
    assert result.ece == pytest.approx(ece)
    assert result.brier == pytest.approx(sum((s - o) ** 2 for s, o in pairs) / len(pairs))


def test_honest_scores_are_calibrated() -> None:
    rng = np.random.default_rng(0)
    scores = rng.random(50_000)
    honest = calibration(scores, rng.random(50_000) < scores)
    boastful = calibration(np.sqrt(scores), rng.random(50_000) < scores)
    assert honest.ece is not None
    assert boastful.ece is not None
    assert honest.ece < 0.01 < 0.1 < boastful.ece


def test_no_predictions() -> None:
    result = calibration([], [], 3)
    assert (result.counts, result.ece, result.brier) == ((0, 0, 0), None, None)
    assert json.loads(json.dumps(result.to_json(), allow_nan=False))["hit_rate"] == [None] * 3


@pytest.mark.parametrize(
    ("scores", "came", "bins", "words"),
    [
        ([0.5], [1, 0], 10, "one length"),
        ([1.5], [1], 10, "probabilities"),
        ([float("nan")], [1], 10, "probabilities"),
        ([0.5], [2], 10, "0 or 1"),
        ([0.5], [1], 0, "at least one bin"),
    ],
)
def test_refusals(scores: list[float], came: list[int], bins: int, words: str) -> None:
    with pytest.raises(ValidationError, match=words):
        calibration(scores, came, bins)


def test_outcomes_by_soccernets_matching() -> None:
    def log(*events: tuple[float, float | None]) -> dict[str, dict[int, EventLog]]:
        return {"g": {1: EventLog([Event("Goal", t, t, t, s) for t, s in events], Recording("r"), "t")}}

    scores, came = outcomes(log((10, None), (60, None)), log((11, 0.3), (12, 0.6), (70, 0.9)), 5)
    assert (scores.tolist(), came.tolist()) == ([0.3, 0.6, 0.9], [False, True, False])
