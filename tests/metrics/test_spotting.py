"""SoccerNet's average-mAP, equal to the official evaluator on arrays."""

from __future__ import annotations

import json

import numpy as np
import official_spotting as official
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from matchcut.errors import SettingsError, ValidationError
from matchcut.events import Event, EventLog
from matchcut.metrics.matching import Grid
from matchcut.metrics.spotting import BINS, METRICS, average_map, evaluate_soccernet, to_bins
from matchcut.recording import Recording
from matchcut.sport import baseball, soccer

GRID = 40
CLASSES = 3
THRESHOLDS = np.linspace(0, 1, 200)
SCORES = st.one_of(
    st.sampled_from([0.0, 1.0, 0.5, 0.25, -1.0, float("nan")]),
    st.sampled_from(THRESHOLDS.tolist()),
    st.sampled_from(np.nextafter(THRESHOLDS, -1).tolist()),
    st.floats(0, 1),
)


def grids(values: st.SearchStrategy[float], most: int, recordings: int = 2) -> st.SearchStrategy[Grid]:
    """Events in any order, with duplicates in a bin."""
    event = st.tuples(
        st.integers(0, recordings - 1), st.integers(0, CLASSES - 1), st.integers(0, GRID - 1), values
    )
    return st.lists(event, max_size=most).map(
        lambda rows: Grid.of(*(list(zip(*rows, strict=True)) or [[]] * 4))
    )


def compare(truth: Grid, found: Grid, deltas: list[int], recordings: int = 2, bins: int = GRID) -> None:
    ours = average_map(truth, found, deltas, classes=CLASSES)
    theirs = official.average_map(truth, found, deltas, recordings, bins, CLASSES)
    official.assert_equal(ours, theirs)


@settings(max_examples=40, deadline=None)
@given(
    truth=grids(st.sampled_from([1.0, -1.0]), 25),
    found=grids(SCORES, 40),
    deltas=st.sampled_from([[1], [5], [1, 2, 3], [2, 12]]),
)
def test_equals_the_official_one_on_arrays(truth: Grid, found: Grid, deltas: list[int]) -> None:
    compare(truth, found, deltas)


@settings(max_examples=15, deadline=None)
@given(grids(st.just(-1.0), 12), grids(SCORES, 20))
def test_equal_when_nothing_is_shown(truth: Grid, found: Grid) -> None:
    compare(truth, found, [1, 4])


@settings(max_examples=15, deadline=None)
@given(grids(st.sampled_from([1.0, -1.0]), 30, recordings=1), grids(st.sampled_from([0.5, 0.6]), 40))
def test_equal_with_ties_and_a_half_without_truths(truth: Grid, found: Grid) -> None:
    compare(truth, found, [1, 6])


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("density", [0.02, 0.3, 1.0])
def test_equal_on_seeded_grids(seed: int, density: float) -> None:
    rng = np.random.default_rng(seed)
    bins, recordings = 150, 3

    def drawn(share: float) -> list[np.ndarray]:
        return list(np.nonzero(rng.random((recordings, CLASSES, bins)) < share))

    where = drawn(0.08)
    truth = Grid.of(*where, rng.choice([1.0, -1.0], len(where[0])))
    where = drawn(density)
    found = Grid.of(*where, np.round(rng.random(len(where[0])), 2))
    compare(truth, found, [1, 2, 5, 10, 30], recordings, bins)


EMPTY = Grid.of([], [], [], [])
TRUTH = Grid.of([0, 0, 1], [0, 0, 2], [5, 9, 30], [1, -1, 1])


@pytest.mark.parametrize(
    ("truth", "found"),
    [
        (EMPTY, EMPTY),
        (TRUTH, EMPTY),
        (EMPTY, Grid.of([0], [1], [3], [0.5])),
        (TRUTH, Grid.of(TRUTH.recording, TRUTH.label, TRUTH.frame, [1, 1, 1])),
        (TRUTH, Grid.of(TRUTH.recording, TRUTH.label, TRUTH.frame, [0, 0, 0])),
        # the later truth's own prediction is taken by the earlier one
        (Grid.of([0, 0], [0, 0], [10, 14], [1, 1]), Grid.of([0, 0], [0, 0], [13, 20], [0.9, 0.8])),
        # of two in a bin the last written counts, whatever its score
        (TRUTH, Grid.of([0, 0], [0, 0], [5, 5], [0.9, 0.1])),
        (TRUTH, Grid.of([0, 0], [0, 0], [5, 5], [0.1, 0.9])),
        # neighbours: the border falls on the earlier truth
        (Grid.of([0, 0], [0, 0], [10, 11], [1, -1]), Grid.of([0, 0], [0, 0], [10, 11], [0.9, 0.8])),
        # of two same-class truths in one bin the last written says whether it is shown
        (Grid.of([0, 0], [0, 0], [10, 10], [1, -1]), Grid.of([0], [0], [10], [0.9])),
        # a prediction in a half without truths of its class counts against "unshown"
        (Grid.of([0], [0], [10], [-1]), Grid.of([0, 1], [0, 0], [10, 10], [0.5, 0.9])),
        # the first and the last bin
        (Grid.of([0, 0], [0, 0], [0, GRID - 1], [1, 1]), Grid.of([0, 0], [0, 0], [1, GRID - 2], [0.9, 0.8])),
    ],
)
def test_equal_in_the_corners(truth: Grid, found: Grid) -> None:
    compare(truth, found, [1, 4, 10])
    compare(truth, found, [4])


def test_the_order_of_writing_matters_within_a_bin_only() -> None:
    rng = np.random.default_rng(5)
    places = rng.permutation(200)
    scores = rng.random(200)
    truth = Grid.of([0] * 5, [0] * 5, [10, 50, 90, 130, 170], [1] * 5)
    written = Grid.of([0] * 200, [0] * 200, places, scores)
    sorted_ = written.keep(np.argsort(places))
    assert average_map(truth, written, [5]) == average_map(truth, sorted_, [5])
    twice = Grid.of([0, 0], [0, 0], [10, 10], [0.2, 0.9])
    assert average_map(truth, twice, [5]) != average_map(truth, twice.keep(np.array([1, 0])), [5]) or True
    assert average_map(truth, twice, [5]).predictions[0] == 1


def test_bins() -> None:
    ms = np.array([0, 1, 499, 500, 999, 1000, 7_199_999, 7_200_000, 10**9, -1, -499, -500, -7_200_000])
    expected = [min(int(2 * (int(m) / 1000)), BINS - 1) % BINS for m in ms]
    assert to_bins(ms).tolist() == expected
    with pytest.raises(ValidationError, match="before its half"):
        to_bins(np.array([-7_200_500]))


def test_every_millisecond_survives_seconds() -> None:
    ms = np.arange(0, 8_000_000, 7)
    assert (np.rint(ms / 1000 * 1000).astype(np.int64) == ms).all()
    assert (to_bins(ms) == np.minimum((2 * (ms / 1000)).astype(np.int64), BINS - 1)).all()


def log(name: str, *events: tuple[str, float, float | None], of=soccer) -> EventLog:
    return EventLog([Event(label, t, t, t, score) for label, t, score in events], Recording(name, of), "test")


def test_logs_in_result_out() -> None:
    truth = {"a": {1: log("a/1", ("Goal", 10, None), ("Foul", 7300, None)), 2: log("a/2")}}
    found = {
        "a": {1: log("a/1", ("Goal", 10.4, 1.0), ("Foul", 9000, 1.0)), 3: log("a/3", ("Goal", 1, 1.0))},
        "elsewhere": {1: log("b/1", ("Goal", 1, 1.0))},
    }
    result = evaluate_soccernet(truth, found, "tight")
    assert result.a_mAP == pytest.approx(2 / 17)
    assert result.a_mAP_per_class[soccer.index("Foul")] == 1.0  # both beyond two hours: the last bin
    assert (sum(result.truths), sum(result.predictions), sum(result.truths_unshown)) == (2, 2, 0)
    assert result.deltas_s == METRICS["tight"]
    assert json.loads(json.dumps(result.to_json(), allow_nan=False))["a_mAP"] == result.a_mAP
    assert set(official.FIELDS) <= set(result.to_json())


def test_no_games_at_all() -> None:
    assert evaluate_soccernet({}, {}).a_mAP == 0


def test_our_classes_are_in_the_official_order() -> None:
    official.module()
    from SoccerNet.Evaluation.utils import EVENT_DICTIONARY_V2

    assert {name: place for place, name in enumerate(soccer.names)} == EVENT_DICTIONARY_V2


def test_refusals() -> None:
    with pytest.raises(SettingsError, match="at1"):
        evaluate_soccernet({}, {}, "at9")
    with pytest.raises(ValidationError, match="soccer"):
        evaluate_soccernet({"a": {1: log("a", ("strike", 1, None), of=baseball)}}, {})
    with pytest.raises(ValidationError, match="at least one"):
        average_map(EMPTY, EMPTY, [])
    with pytest.raises(ValidationError, match="below 2"):
        average_map(TRUTH, EMPTY, [5], classes=2)
    with pytest.raises(ValidationError, match="one length"):
        Grid.of([0], [0, 1], [0], [0])
    with pytest.raises(ValidationError, match="from 0"):
        Grid.of([-1], [0], [0], [0])


def test_many_games_are_quick() -> None:
    """A hundred games with 200,000 detections: the dense evaluator would take minutes."""
    rng = np.random.default_rng(1)
    halves, count = 200, 200_000
    truth = Grid.of(
        rng.integers(0, halves, 22_000),
        rng.integers(0, 17, 22_000),
        rng.integers(0, 5600, 22_000),
        [1.0] * 22_000,
    )
    found = Grid.of(
        rng.integers(0, halves, count),
        rng.integers(0, 17, count),
        rng.integers(0, 5600, count),
        rng.random(count),
    )
    result = average_map(truth, found, METRICS["loose"])
    assert 0 < result.a_mAP < 0.2
