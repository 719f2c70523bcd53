"""The contrastive losses: transformers' own value, a slow formula's, and when the two are one."""

from __future__ import annotations

import math
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

torch = pytest.importorskip("torch", reason="needs the extra 'clip'")

from matchcut.training.losses import contrastive_loss, multi_positive_loss  # noqa: E402

torch.set_num_threads(1)


def batch(seed: int, rows: int, others: int | None = None) -> tuple[Any, Any, Any]:
    made = torch.Generator().manual_seed(seed)
    one = torch.randn(rows, 6, generator=made, dtype=torch.float64)
    other = torch.randn(others or rows, 6, generator=made, dtype=torch.float64)
    return one, other, torch.tensor(1 + 20 * float(torch.rand(1, generator=made)), dtype=torch.float64)


def slowly(one: Any, other: Any, groups: list[int], scale: float, other_groups: list[int]) -> float:
    """The formula of the docstring, one number at a time."""

    def side(a: Any, b: Any, mine: list[int], theirs: list[int]) -> float:
        losses = []
        for i, row in enumerate(a):
            logits = [scale * float(row @ col) / (float(row.norm()) * float(col.norm())) for col in b]
            total = math.log(sum(math.exp(value) for value in logits))
            positive = [j for j in range(len(b)) if theirs[j] == mine[i]]
            if positive:
                losses.append(-sum(logits[j] - total for j in positive) / len(positive))
        return sum(losses) / len(losses)

    return (side(one, other, groups, other_groups) + side(other, one, other_groups, groups)) / 2


@settings(max_examples=25, deadline=None)
@given(st.lists(st.integers(0, 3), min_size=2, max_size=8), st.integers(0, 1000))
def test_many_positives_equal_the_formula(groups: list[int], seed: int) -> None:
    one, other, scale = batch(seed, len(groups))
    found = float(multi_positive_loss(one, other, torch.tensor(groups), scale))
    if len(set(groups)) == 1:
        assert found == 0
    else:
        assert found == pytest.approx(slowly(one, other, groups, float(scale), groups), rel=1e-9)


@settings(max_examples=25, deadline=None)
@given(
    st.lists(st.integers(0, 2), min_size=2, max_size=6),
    st.lists(st.integers(0, 5), max_size=5),
    st.integers(0, 1000),
)
def test_sides_of_different_sizes_equal_the_formula(mine: list[int], more: list[int], seed: int) -> None:
    theirs = [*mine, *more]  # every row of one side has a positive; the others may be negatives alone
    one, other, scale = batch(seed, len(mine), len(theirs))
    found = float(multi_positive_loss(one, other, torch.tensor(mine), scale, torch.tensor(theirs)))
    if len(set(theirs)) == 1:
        assert found == 0
    else:
        assert found == pytest.approx(slowly(one, other, mine, float(scale), theirs), rel=1e-9)


def test_without_mates_it_is_clips_loss_which_is_transformers_own() -> None:
    transformers = pytest.importorskip("transformers", reason="needs the extra 'clip'")
    one, other, scale = batch(3, 8)
    clip = transformers.models.clip.modeling_clip.image_text_contrastive_loss
    unit = torch.nn.functional.normalize
    expected = float(clip(scale * unit(other, dim=1) @ unit(one, dim=1).T))
    assert float(contrastive_loss(one, other, scale)) == pytest.approx(expected, rel=1e-9)
    assert float(multi_positive_loss(one, other, torch.arange(8), scale)) == pytest.approx(expected, rel=1e-9)


def test_with_one_text_a_label_the_two_losses_are_one_in_value_and_gradient() -> None:
    """A softmax cannot tell equal rows apart: what differs needs several texts a label."""
    groups = torch.tensor([0, 1, 0, 2, 2, 2, 1, 3])
    one, texts, scale = batch(5, 8)
    gradients = []
    for loss in (
        lambda a, b: contrastive_loss(a, b, scale),
        lambda a, b: multi_positive_loss(a, b, groups, scale),
    ):
        a, b = one.clone().requires_grad_(), texts[:4].clone().requires_grad_()
        value = loss(a, b[groups])
        value.backward()
        gradients.append((float(value.detach()), a.grad, b.grad))
    (paper, *moved), (many, *others) = gradients
    assert paper == pytest.approx(many, rel=1e-12)
    for x, y in zip(moved, others, strict=True):
        assert torch.allclose(x, y, atol=1e-12)
    # With a text of its own for each picture they are not.
    assert float(contrastive_loss(one, texts, scale)) != pytest.approx(
        float(multi_positive_loss(one, texts, groups, scale)), rel=1e-3
    )


def test_a_batch_of_one_label_moves_nothing() -> None:
    one, other, scale = batch(7, 4)
    one.requires_grad_()
    loss = multi_positive_loss(one, other, torch.full((4,), 2), scale)
    loss.backward()
    assert float(loss.detach()) == 0
    assert torch.equal(one.grad, torch.zeros_like(one))
    # The paper's loss goes on pushing the label's pictures away from each other's texts.
    assert float(contrastive_loss(one, other, scale).detach()) > 0


def test_a_perfect_batch_costs_only_what_cannot_be_had() -> None:
    """With n mates the share 1/n is the best that a softmax can give each: the loss is log n."""
    vectors = torch.eye(3, dtype=torch.float64)[[0, 0, 1, 1, 2, 2]]
    found = float(multi_positive_loss(vectors, vectors, torch.tensor([0, 0, 1, 1, 2, 2]), torch.tensor(50.0)))
    assert found == pytest.approx(math.log(2), abs=1e-9)
