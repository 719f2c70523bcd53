"""Retrieval figures: against slow direct ones, and what must hold of any ranking."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from matchcut.errors import ValidationError
from matchcut.metrics.retrieval import extremes, relevant_ranks, retrieval


@st.composite
def tables(draw: Any) -> tuple[Any, Any]:
    shape = (draw(st.integers(1, 6)), draw(st.integers(1, 9)))
    # Few values, so that ties are common.
    scores = draw(hnp.arrays(np.float64, shape, elements=st.sampled_from([-1.0, 0.0, 0.25, 2.0])))
    wanted = draw(hnp.arrays(np.bool_, shape))
    wanted[0, draw(st.integers(0, shape[1] - 1))] = True
    return scores, wanted


def slow_ranks(row: Any, wanted: Any) -> list[int]:
    """One by one: what is nearer, and the irrelevant that are as near."""
    found = []
    for i in np.flatnonzero(wanted):
        nearer = sum(1 for j in range(len(row)) if row[j] > row[i])
        ties = sum(1 for j in range(len(row)) if row[j] == row[i] and not wanted[j])
        earlier = sum(1 for j in found if row[j[1]] == row[i])
        found.append((nearer + ties + earlier + 1, i))
    return sorted(rank for rank, _ in found)


@settings(max_examples=60, deadline=None)
@given(tables())
def test_figures_equal_direct_ones(table: Any) -> None:
    scores, wanted = table
    ranks = [slow_ranks(*pair) for pair in zip(scores, wanted, strict=True)]
    assert [found.tolist() for found in relevant_ranks(scores, wanted)] == ranks
    figures = retrieval(scores, wanted, at=(1, 3, 20))
    some = [found for found in ranks if found]
    assert figures.queries == len(some)
    assert figures.without == len(ranks) - len(some)
    for k in (1, 3, 20):
        assert figures.recall_at[k] == pytest.approx(np.mean([found[0] <= k for found in some]))
        shares = [sum(rank <= k for rank in found) / min(k, len(found)) for found in some]
        assert figures.found_at[k] == pytest.approx(np.mean(shares))
    precision = [np.mean([(i + 1) / rank for i, rank in enumerate(found)]) for found in some]
    assert figures.mean_average_precision == pytest.approx(np.mean(precision))


@settings(max_examples=40, deadline=None)
@given(tables(), st.randoms(use_true_random=False))
def test_order_of_things_does_not_matter_and_k_only_helps(table: Any, random: Any) -> None:
    scores, wanted = table
    figures = retrieval(scores, wanted, at=(1, 2, 5))
    order = list(range(scores.shape[1]))
    random.shuffle(order)
    assert retrieval(scores[:, order], wanted[:, order], at=(1, 2, 5)) == figures
    assert figures.recall_at[1] <= figures.recall_at[2] <= figures.recall_at[5]
    assert retrieval(2 * scores + 1, wanted, at=(1, 2, 5)) == figures
    assert figures.found_at[1] == figures.recall_at[1]


def test_knowing_nothing_gains_nothing() -> None:
    wanted = np.eye(5, dtype=bool)
    figures = retrieval(np.zeros((5, 5)), wanted, at=(1, 4, 5))
    assert figures.recall_at == {1: 0.0, 4: 0.0, 5: 1.0}
    assert figures.median_rank == 5
    assert retrieval(wanted.astype(float), wanted).mean_average_precision == 1.0


def test_plain_values() -> None:
    value = retrieval([[1.0, 0.0]], [[False, True]], at=(1, 2)).to_json()
    assert value["recall_at"] == {"1": 0.0, "2": 1.0}
    assert value["queries"] == 1


@pytest.mark.parametrize(
    ("scores", "wanted", "told"),
    [
        ([[1.0, 2.0]], [[True]], "one shape"),
        ([[float("nan")]], [[True]], "finite"),
        ([[1.0]], [[False]], "anything to find"),
    ],
)
def test_refused(scores: Any, wanted: Any, told: str) -> None:
    with pytest.raises(ValidationError, match=told):
        retrieval(scores, wanted)


def test_k_counts_from_one() -> None:
    with pytest.raises(ValidationError, match="counts from 1"):
        retrieval([[1.0]], [[True]], at=(0,))


@settings(max_examples=40, deadline=None)
@given(st.lists(st.floats(-3, 3), max_size=20), st.integers(0, 8))
def test_extremes_never_meet(margins: list[float], count: int) -> None:
    best, worst = extremes(margins, count)
    assert not set(best.tolist()) & set(worst.tolist())
    assert len(best) == min(count, sum(m > 0 for m in margins))
    assert len(worst) == min(count, sum(m <= 0 for m in margins))
    assert sorted((margins[i] for i in best), reverse=True) == [margins[i] for i in best]
