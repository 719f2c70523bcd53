"""The context-aware loss equals a slow, direct reading of its paper."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

torch = pytest.importorskip("torch", reason="needs the extra 'train'")

from matchcut.errors import SettingsError  # noqa: E402
from matchcut.training.context_loss import Context, context_loss, time_shifts  # noqa: E402

CUT = Context(-40.0, -20.0, 15.0, 45.0)


def by_formula(p: float, s: float, cut: Context) -> float:
    """Equations 1 and 2 of arXiv 1912.01326, one cell at a time."""
    k1, k2, k3, k4 = cut.far_before, cut.just_before, cut.just_after, cut.far_after
    if s <= k1:
        loss = -math.log(1 - p)
    elif s <= k2:
        loss = -math.log(1 - (k2 - s) / (k2 - k1) * p)
    elif s < 0:
        loss = 0.0
    elif s < k3:
        loss = -math.log((s + (k3 - s) * p) / k3)
    elif s < k4:
        loss = -math.log(1 - (s - k3) / (k4 - k3) * p)
    else:
        loss = -math.log(1 - p)
    if 0 <= s < k3:
        return max(0.0, loss + math.log(cut.hit))
    return max(0.0, loss + math.log(1 - cut.miss))


def shift_by_reading(time: float, events: list[float], cut: Context) -> float:
    """Which event a cell minds, case by case."""
    past = [time - at for at in events if at <= time]
    coming = [time - at for at in events if at > time]
    before, after = (min(past) if past else math.inf), (max(coming) if coming else -math.inf)
    if before < cut.just_after:
        chosen = before
    elif after > cut.just_before:
        chosen = after
    else:
        gone = min(1.0, (before - cut.just_after) / (cut.far_after - cut.just_after))
        near = min(1.0, (cut.just_before - after) / (cut.just_before - cut.far_before))
        chosen = before if gone < near else after
    return min(max(chosen, cut.far_before), cut.far_after)


def test_every_segment_equals_the_formula() -> None:
    shifts = np.concatenate([np.linspace(-60, 60, 241), [-40.0, -20.0, 0.0, 15.0, 45.0]])
    logits = np.linspace(-9, 9, 37)
    grid_s, grid_l = np.meshgrid(shifts, logits)
    found = context_loss(torch.tensor(grid_l), torch.tensor(grid_s), CUT).numpy()
    wanted = [
        by_formula(1 / (1 + math.exp(-lo)), s, CUT)
        for lo, s in zip(grid_l.ravel(), grid_s.ravel(), strict=True)
    ]
    assert np.abs(found.ravel() - wanted).max() < 1e-6
    in_floats = context_loss(torch.tensor(grid_l).float(), torch.tensor(grid_s).float(), CUT).numpy()
    assert np.abs(in_floats.ravel() - wanted).max() < 2e-5


@settings(max_examples=60, deadline=None)
@given(st.lists(st.integers(0, 400), max_size=8, unique=True))
def test_shifts_equal_the_reading(events: list[int]) -> None:
    times = np.arange(0, 400, 3.5)
    found = time_shifts(times, [float(at) for at in events], CUT)
    wanted = [shift_by_reading(float(t), [float(at) for at in events], CUT) for t in times]
    assert np.allclose(found, wanted, atol=1e-9)


def test_shifts_of_two_near_events() -> None:
    times = np.array([5.0, 14.0, 16.0, 25.0, 29.0, 31.0, 200.0])
    found = time_shifts(times, [0.0, 30.0], CUT)
    # Just after the first while it lasts; then just before the second; then after that; then far from both.
    assert found.tolist() == [5.0, 14.0, -14.0, -5.0, -1.0, 1.0, -40.0]
    assert time_shifts(times, [], CUT).tolist() == [-40.0] * 7


def test_just_before_nothing_is_asked() -> None:
    logits = torch.linspace(-5, 5, 9, requires_grad=True)
    loss = context_loss(logits, torch.full((9,), -3.0), CUT)
    loss.sum().backward()
    assert loss.abs().max() == 0
    assert logits.grad is not None
    assert logits.grad.abs().max() == 0


def test_gradients_stay_finite_at_the_ends() -> None:
    logits = torch.tensor([-200.0, 200.0, -200.0, 200.0], requires_grad=True)
    context_loss(logits, torch.tensor([0.0, 0.0, 90.0, -90.0]), CUT).sum().backward()
    assert logits.grad is not None
    assert torch.isfinite(logits.grad).all()


def test_cuts_must_be_in_order() -> None:
    with pytest.raises(SettingsError, match="not in order"):
        Context(-10, -20, 5, 9)
    with pytest.raises(SettingsError, match="scores from 0 to 1"):
        Context(hit=0)
