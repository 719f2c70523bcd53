"""Classification figures beside scikit-learn's."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from matchcut.errors import ValidationError
from matchcut.export.confusion import confusion_svg, write_confusion
from matchcut.metrics.bootstrap import bootstrap
from matchcut.metrics.classification import (
    classification,
    classification_of_scores,
    confusion_counts,
    f1_of_counts,
)
from matchcut.metrics.multilabel import average_precision, multilabel_map

CLASSES = ("ball", "strike", "foul", "in play", "bunt")
FEW = settings(max_examples=40, deadline=None)


@FEW
@given(st.lists(st.tuples(st.sampled_from(CLASSES[:4]), st.sampled_from(CLASSES)), min_size=1, max_size=60))
def test_same_figures_as_scikit_learn(pairs: list[tuple[str, str]]) -> None:
    from sklearn import metrics as theirs

    truth, predicted = [a for a, _ in pairs], [b for _, b in pairs]
    ours = classification(truth, predicted, CLASSES)
    assert ours.accuracy == pytest.approx(theirs.accuracy_score(truth, predicted))
    assert np.array_equal(ours.confusion, theirs.confusion_matrix(truth, predicted, labels=CLASSES))
    counts = np.array(ours.confusion)
    for average in ("weighted", "macro"):
        expected = theirs.precision_recall_fscore_support(truth, predicted, average=average, zero_division=0)
        found = [getattr(ours, f"{name}_{average}") for name in ("precision", "recall", "f1")]
        assert found == pytest.approx(expected[:3])
        assert f1_of_counts(counts, weighted=average == "weighted") == pytest.approx(expected[2])
    each = theirs.precision_recall_fscore_support(truth, predicted, labels=CLASSES, zero_division=0)
    assert [f.support for f in ours.per_class] == each[3].tolist()
    assert [f.f1 or 0 for f in ours.per_class] == pytest.approx(each[2])
    assert set(ours.without_examples) == set(CLASSES) - set(truth)


@FEW
@given(st.integers(0, 2**31), st.integers(2, 40), st.booleans())
def test_top_k_and_ranking_as_scikit_learn(seed: int, examples: int, ties: bool) -> None:
    from sklearn import metrics as theirs

    rng = np.random.default_rng(seed)
    scores = rng.random((examples, 5))
    right = rng.integers(0, 5, examples)
    ours = classification_of_scores([CLASSES[i] for i in right], scores, CLASSES)
    for k, share in ours.top_k.items():
        assert share == pytest.approx(theirs.top_k_accuracy_score(right, scores, k=k, labels=range(5)))
    if ties:
        scores = np.round(scores, 1)
    truth = (rng.random((examples, 5)) < 0.4).astype(float)
    score = multilabel_map(truth, scores, CLASSES)
    for i, name in enumerate(CLASSES):
        if truth[:, i].any():
            expected = theirs.average_precision_score(truth[:, i], scores[:, i])
            assert score.average_precision[name] == pytest.approx(expected)
        else:
            assert score.average_precision[name] is None
    known = [value for value in score.average_precision.values() if value is not None]
    assert score.map_all == pytest.approx(sum(known) / 5)


def test_scores_tell_calibration_and_first_of_equals() -> None:
    ours = classification_of_scores(["ball", "strike"], [[0.5, 0.5], [0.8, 0.2]], ("ball", "strike"))
    assert (ours.accuracy, ours.top_k) == (0.5, {1: 0.5, 2: 1.0})
    assert ours.calibration is not None
    assert ours.calibration.ece == pytest.approx(0.65)
    assert ours.to_json()["per_class"]["strike"]["precision"] is None


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: classification([], []), "no example"),
        (lambda: classification(["a"], ["a", "b"]), "1 truths but 2"),
        (lambda: classification(["walk"], ["ball"], CLASSES), "'walk'"),
        (lambda: classification(["a"], ["a"], ("a", "a")), "twice"),
        (lambda: classification_of_scores(["ball"], [[np.nan] * 5], CLASSES), "finite"),
        (lambda: classification_of_scores(["ball"], [[0.1] * 4], CLASSES), "shape"),
        (lambda: multilabel_map([[1, 0]], [[1, 0, 0]], ("a", "b")), "column"),
        (lambda: multilabel_map([[2]], [[1]], ("a",)), "0 or 1"),
        (lambda: multilabel_map([[1]], [[np.inf]], ("a",)), "finite"),
        (lambda: bootstrap(lambda drawn: 0.0, 0), "needs examples"),
        (lambda: bootstrap(lambda drawn: 0.0, 2, ["a"]), "2 examples but 1"),
        (lambda: confusion_svg(["a"], [[1, 2]]), "1 rows"),
    ],
)
def test_bad_input_is_refused(call, message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        call()


def test_average_precision_without_a_clip_is_unknown() -> None:
    assert average_precision(np.zeros(3), np.arange(3.0)) is None


def test_groups_widen_the_interval() -> None:
    """Where all clips of a video stand or fall together, drawing clips alone is far too sure."""
    groups = np.repeat(np.arange(10), 50)
    right = (groups < 6).astype(float)
    clips = bootstrap(lambda drawn: right[drawn].mean(), 500)
    videos = bootstrap(lambda drawn: right[drawn].mean(), 500, groups.tolist())
    assert clips.value == videos.value == pytest.approx(0.6)
    assert videos.high - videos.low > 3 * (clips.high - clips.low)
    assert bootstrap(lambda drawn: right[drawn].mean(), 500) == clips


def test_interval_covers_about_as_often_as_it_says() -> None:
    inside = 0
    for seed in range(60):
        right = np.random.default_rng(seed).random(200) < 0.7
        found = bootstrap(lambda drawn, right=right: right[drawn].mean(), 200, rounds=200, seed=seed)
        inside += found.low <= 0.7 <= found.high
    assert 50 <= inside <= 60


def test_confusion_picture_says_every_count(tmp_path) -> None:
    import xml.etree.ElementTree as ET

    counts = confusion_counts(np.array([0, 0, 1, 1, 1]), np.array([0, 1, 1, 1, 0]), 3).tolist()
    path = write_confusion(tmp_path / "c.svg", ["ball", "in <play>", "bunt"], counts, "A & B")
    root = ET.parse(path).getroot()
    texts = [node.text for node in root.iter("{http://www.w3.org/2000/svg}text")]
    assert {"A & B", "in <play>", "50%", "67%", "2", "3"} <= set(texts)
