"""Interval scores against a slow reading of their definition, and their properties."""

from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from matchcut.errors import ValidationError
from matchcut.events import Event, EventLog
from matchcut.metrics.intervals import Intervals, Rates, harmonic_mean, score_intervals
from matchcut.recording import Recording

LABELS = ["A", "B", "C"]
Row = tuple[int, int, float, float, float]
# Quarters: overlaps stay exact, and ties occur.
rows = st.lists(
    st.tuples(
        st.integers(0, 1),
        st.integers(0, 2),
        st.integers(0, 40),
        st.integers(0, 30),
        st.sampled_from([0.2, 0.5, 0.9]),
    ).map(lambda r: (r[0], r[1], r[2] / 4, (r[2] + r[3]) / 4, r[4])),
    max_size=14,
)


def columns(given: list[Row], shift: float = 0.0) -> Intervals:
    recording, label, start, end, score = list(zip(*given, strict=True)) or [()] * 5
    return Intervals.of(recording, label, np.array(start) + shift, np.array(end) + shift, score)


def iou(one: Row, other: Row) -> float:
    if one[:2] != other[:2]:
        return 0.0
    if one[2:4] == other[2:4]:
        return 1.0
    shared = max(0.0, min(one[3], other[3]) - max(one[2], other[2]))
    union = max(one[3], other[3]) - min(one[2], other[2]) if shared else 1.0
    return shared / union


def slow(truth: list[Row], found: list[Row]) -> tuple[float | None, float | None, float | None]:
    """The definition, word for word."""
    precision = [max((iou(p, t) for t in truth), default=0.0) for p in found]
    recall = [max((iou(p, t) for p in found), default=0.0) for t in truth]
    p = sum(precision) / len(precision) if precision else None
    r = sum(recall) / len(recall) if recall else None
    f1 = None if p is None and r is None else 2 * p * r / (p + r) if p and r else 0.0
    return p, r, f1


def slow_count(truth: list[Row], found: list[Row], threshold: float) -> int:
    """How many truths are found, each prediction choosing in the order of the scores."""
    free = list(range(len(truth)))
    count = 0
    for prediction in sorted(found, key=lambda p: (-p[4], p[2], p[3])):
        best = max(free, key=lambda t: iou(prediction, truth[t]), default=None)
        if best is not None and iou(prediction, truth[best]) >= threshold:
            free.remove(best)
            count += 1
    return count


def values(rates: Rates) -> tuple[float | None, float | None, float | None]:
    return rates.precision, rates.recall, rates.f1


@settings(max_examples=80, deadline=None)
@given(rows, rows)
def test_equals_the_definition(truth: list[Row], found: list[Row]) -> None:
    result = score_intervals(columns(truth), columns(found), LABELS)
    assert values(result.best_iou.overall) == pytest.approx(slow(truth, found))
    for number, name in enumerate(LABELS):
        of_truth, of_found = ([r for r in part if r[1] == number] for part in (truth, found))
        assert values(result.best_iou.per_label[name]) == pytest.approx(slow(of_truth, of_found))
    for threshold, rates in result.at.items():
        count = slow_count(truth, found, threshold)
        assert (rates.overall.recall or 0) * len(truth) == pytest.approx(count)
        assert (rates.overall.precision or 0) * len(found) == pytest.approx(count)


@settings(max_examples=40, deadline=None)
@given(rows, rows, st.sampled_from([0.0, 64.0, -1024.0]))
def test_bounds_symmetry_and_shift(truth: list[Row], found: list[Row], shift: float) -> None:
    result = score_intervals(columns(truth), columns(found), LABELS)
    overall = result.best_iou.overall
    assert all(value is None or 0 <= value <= 1 for value in values(overall))
    swapped = score_intervals(columns(found), columns(truth), LABELS).best_iou.overall
    assert (swapped.precision, swapped.recall, swapped.f1) == (overall.recall, overall.precision, overall.f1)
    assert score_intervals(columns(truth, shift), columns(found, shift), LABELS) == result
    counts = [(rates.overall.recall or 0) for rates in result.at.values()]
    assert counts == sorted(counts, reverse=True)


@settings(max_examples=30, deadline=None)
@given(rows.filter(bool))
def test_what_is_identical_scores_one(truth: list[Row]) -> None:
    assert values(score_intervals(columns(truth), columns(truth), LABELS).best_iou.overall) == (1, 1, 1)


def test_empty_cases() -> None:
    nothing, something = columns([]), columns([(0, 0, 1, 2, 0.5)])
    assert values(score_intervals(nothing, nothing, LABELS).best_iou.overall) == (None, None, None)
    assert values(score_intervals(something, nothing, LABELS).best_iou.overall) == (None, 0, 0)
    assert values(score_intervals(nothing, something, LABELS).best_iou.overall) == (0, None, 0)
    mean = score_intervals(nothing, something, LABELS).best_iou.mean
    assert values(mean) == (None, None, None)
    assert json.dumps(score_intervals(nothing, nothing, LABELS).to_json(), allow_nan=False)


def test_the_plain_mean_is_over_labels_with_truths() -> None:
    truth = columns([(0, 0, 0, 10, 1), (0, 1, 0, 10, 1)])
    found = columns([(0, 0, 0, 10, 1), (0, 2, 0, 10, 1)])
    result = score_intervals(truth, found, LABELS).best_iou
    assert values(result.mean) == (0.5, 0.5, 0.5)
    assert values(result.overall) == (0.5, 0.5, 0.5)
    assert result.per_label["C"].f1 == 0


def test_a_prediction_counts_once_and_the_best_score_chooses_first() -> None:
    truth = columns([(0, 0, 0, 10, 1)])
    found = columns([(0, 0, 0, 10, 0.2), (0, 0, 1, 11, 0.9)])
    at = score_intervals(truth, found, LABELS, [0.5]).at[0.5].overall
    assert (at.precision, at.recall) == (0.5, 1.0)
    # the higher score overlaps too little at 0.9, so the lower one takes the truth
    assert score_intervals(truth, found, LABELS, [0.9]).at[0.9].overall.recall == 1.0


def test_an_overlap_of_exactly_the_threshold_counts() -> None:
    at = score_intervals(columns([(0, 0, 0, 10, 1)]), columns([(0, 0, 0, 5, 1)]), LABELS, [0.5]).at
    assert at[0.5].overall.recall == 1.0


def test_windows_of_logs() -> None:
    events = [Event("Goal", 100, 90, 110), Event("Goal", 3, 0, 5, score=0.4)]
    log = EventLog(events, Recording("a"), "t")
    own = Intervals.of_logs([None, log], ["Foul", "Goal"])
    assert (own.recording.tolist(), own.label.tolist()) == ([1, 1], [1, 1])
    assert (own.start.tolist(), own.end.tolist(), own.score.tolist()) == ([0, 90], [5, 110], [0.4, 1])
    centred = Intervals.of_logs([log], ["Goal"], window_s=15)
    assert (centred.start.tolist(), centred.end.tolist()) == ([-4.5, 92.5], [10.5, 107.5])
    assert len(Intervals.of_logs([None], ["Goal"])) == 0


def test_refusals() -> None:
    one = columns([(0, 0, 1, 2, 0.5)])
    with pytest.raises(ValidationError, match="threshold"):
        score_intervals(one, one, LABELS, [0.0])
    with pytest.raises(ValidationError, match="numbered"):
        score_intervals(columns([(0, 2, 1, 2, 0.5)]), one, ["A"])
    with pytest.raises(ValidationError, match="start no later"):
        Intervals.of([0], [0], [2], [1])
    with pytest.raises(ValidationError, match="finite"):
        Intervals.of([0], [0], [2], [float("nan")])
    with pytest.raises(ValidationError, match="one length"):
        Intervals.of([0, 1], [0], [2], [3])


@given(st.floats(0, 1), st.floats(0, 1))
def test_harmonic_mean(one: float, other: float) -> None:
    f1 = harmonic_mean(one, other)
    assert 0 <= f1 <= max(one, other) + 1e-12
    assert f1 == harmonic_mean(other, one)
