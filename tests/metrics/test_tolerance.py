"""Frame-tolerance mAP against its formula."""

from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from matchcut.metrics.matching import Grid
from matchcut.metrics.tolerance import tolerance_map

Row = tuple[int, int, int, float]
rows = st.lists(
    st.tuples(st.integers(0, 1), st.integers(0, 1), st.integers(0, 12), st.sampled_from([0.1, 0.5, 0.9])),
    max_size=12,
)


def grid(given: list[Row]) -> Grid:
    return Grid.of(*(list(zip(*given, strict=True)) or [[]] * 4))


def slow(truth: list[Row], found: list[Row], tolerance: int) -> float:
    """One class, by the formula: the mean over truths of the best precision from where each was found."""
    free = list(dict.fromkeys(row[:3] for row in truth))
    curve = []
    right = 0
    for count, (recording, label, frame, _) in enumerate(sorted(found, key=lambda p: -p[3]), 1):
        near = sorted((abs(t[2] - frame), i) for i, t in enumerate(free) if t[:2] == (recording, label))
        if near and near[0][0] <= tolerance:
            del free[near[0][1]]
            right += 1
            curve.append(right / count)
    return sum(max(curve[place:]) for place in range(len(curve))) / len(truth)


@settings(max_examples=80, deadline=None)
@given(rows, rows, st.integers(0, 4))
def test_equals_the_formula(truth: list[Row], found: list[Row], tolerance: int) -> None:
    result = tolerance_map(grid(truth), grid(found), tolerance)
    for label in range(2):
        of_truth, of_found = ([r for r in part if r[1] == label] for part in (truth, found))
        if of_truth:
            assert result.per_class[label] == pytest.approx(slow(of_truth, of_found, tolerance))
        else:
            assert label not in result.per_class
    if result.per_class:
        assert result.mean == pytest.approx(np.mean(list(result.per_class.values())))
    else:
        assert result.mean is None


def test_perfect_predictions_score_one_and_late_ones_nothing() -> None:
    truth = Grid.of([0, 0, 1], [0, 1, 1], [5, 9, 30], [1, 1, 1])
    assert tolerance_map(truth, truth, 0).mean == 1
    late = Grid.of(truth.recording, truth.label, truth.frame + 2, truth.value)
    assert tolerance_map(truth, late, 1).mean == 0
    assert tolerance_map(truth, late, 2).mean == 1
    assert json.loads(json.dumps(tolerance_map(truth, late, 2).to_json()))["per_class"] == {"0": 1.0, "1": 1.0}


def test_a_prediction_whose_nearest_truth_is_too_far_is_wrong() -> None:
    """The nearest free truth is the one looked at; a taken one is passed over for the next."""
    truth = Grid.of([0, 0], [0, 0], [10, 12], [1, 1])
    found = Grid.of([0, 0], [0, 0], [10, 10], [0.9, 0.8])
    assert tolerance_map(truth, found, 1).mean == 0.5
    assert tolerance_map(truth, found, 2).mean == 1.0
