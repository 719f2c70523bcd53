"""What a temporal spotter is trained with: drawing, weights, mixup, precision, each read slowly beside it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="needs the extra 'train'")

from matchcut.encoders.series import Series  # noqa: E402
from matchcut.models.temporal_settings import SpotterNetSettings  # noqa: E402
from matchcut.models.temporal_spotter import SpotterNet, Stretches  # noqa: E402
from matchcut.spotters.stretches import Half  # noqa: E402
from matchcut.training.loop import Loop, Share  # noqa: E402
from matchcut.training.settings import LoopSettings  # noqa: E402
from matchcut.training.spotting.settings import SpotTraining  # noqa: E402
from matchcut.training.spotting.task import SpotTask, Truths, blended, output_weights  # noqa: E402

torch.set_num_threads(1)

CPU = torch.device("cpu")
WHOLE = Share(0, 1)
NETWORK = SpotterNetSettings(
    modalities=("video",), widths=(3,), width=8, layers=2, window_s=4.0, radii_s=(1.0, 3.0), outputs=4,
    dropout=0.0, entry_dropout=0.0, modality_dropout=0.0,
)  # fmt: skip
HOW = SpotTraining(batch=4, steps=3, chunk_s=20.0, edge_s=6.0, start_share=0.0, jitter_s=0.0, unknown_half=0.0)


def a_half(number: int, seconds: int) -> Half:
    """Its first number says which half a cell is of, its second which second it is."""
    rows = np.stack([np.full(seconds, number), np.arange(seconds), np.ones(seconds)], 1).astype(np.float32)
    truths = tuple((number % 3, float(at)) for at in range(3, seconds, 9))
    return Half(f"game {number}/1", 1, float(seconds), truths, {"video": (Series(rows, 1.0),)})


HALVES = [a_half(number, 50 + 5 * number) for number in range(6)]


def task_of(how: SpotTraining = HOW, **network: Any) -> SpotTask:
    torch.manual_seed(0)
    return SpotTask(SpotterNet(replace(NETWORK, **network)), HALVES, [], how, 2, lambda *_: {})


def cells_of(task: SpotTask, epoch: int, step: int, share: Share = WHOLE) -> list[tuple[int, list[int], int]]:
    """For each stretch: which half, its cells' seconds, and how many cells lie outside."""
    given = task.batch(epoch, step, share, CPU)[0][0]
    found = []
    for x, inside in zip(given.features[0], given.inside, strict=True):
        there = x[inside]
        found.append((int(there[0, 0]), there[:, 1].int().tolist(), int((~inside).sum())))
    return found


def test_by_half_every_half_comes_whole_and_once() -> None:
    task = task_of(replace(HOW, draw="half"))
    assert task.steps(0) == 2  # six halves, four a step: batches differ by one at most
    orders = []
    for epoch in range(3):
        drawn = [one for step in range(task.steps(epoch)) for one in cells_of(task, epoch, step)]
        assert sorted(number for number, _, _ in drawn) == list(range(6))
        for number, seconds, _ in drawn:
            assert seconds == list(range(50 + 5 * number))
        orders.append([number for number, _, _ in drawn])
    assert orders[0] != orders[1] != orders[2]
    assert task.size(0, 0) + task.size(0, 1) == 6


def test_by_chunk_stretches_are_cut_anywhere_and_to_length() -> None:
    task = task_of(replace(HOW, steps=40))
    assert (task.steps(0), task.size(0, 0)) == (40, 4)
    drawn = [one for step in range(40) for one in cells_of(task, 0, step)]
    assert {number for number, _, _ in drawn} == set(range(6))
    for _, seconds, outside in drawn:
        assert len(seconds) + outside == 20
        assert outside <= 6
        assert seconds == list(range(seconds[0], seconds[0] + len(seconds)))
    assert max(outside for *_, outside in drawn) == 6
    assert len({(number, seconds[0]) for number, seconds, _ in drawn}) > 80
    assert cells_of(task, 0, 0) != cells_of(task, 1, 0)
    begun = task_of(replace(HOW, start_share=1.0))
    assert {seconds[0] for _, seconds, _ in cells_of(begun, 0, 0)} == {0}


@pytest.mark.parametrize("draw", ["half", "chunk"])
@pytest.mark.parametrize("network", [{}, {"shift_s": 3.0}, {"context": True}])
def test_parts_of_a_batch_are_the_batch(draw: str, network: dict[str, Any]) -> None:
    """The same stretches, and losses whose mean, by samples, is the whole's: several processes learn as one."""
    task = task_of(replace(HOW, draw=draw), **network)
    parts = [Share(number, 2) for number in range(2)]
    drawn = [one[:2] for part in parts for one in cells_of(task, 0, 1, part)]
    assert drawn == [one[:2] for one in cells_of(task, 0, 1)]
    batch, size = task.batch(0, 1, WHOLE, CPU)
    whole = float(task.loss(task.net, batch).detach())
    total = 0.0
    for part in parts:
        piece, count = task.batch(0, 1, part, CPU)
        total += float(task.loss(task.net, piece).detach()) * count / size
    assert total == pytest.approx(whole, rel=1e-5)


def test_rare_outputs_weigh_more_in_the_loss() -> None:
    weights = output_weights(HALVES, 4, 0.5, {0: (3,)})
    counts = np.zeros(4)
    for half in HALVES:
        for label, _ in half.truths:
            counts[label] += 1
    counts[3] = counts[0]
    direct = np.sqrt(counts.max() / counts)
    assert weights.tolist() == pytest.approx((direct / direct.mean()).tolist())
    assert output_weights(HALVES, 4, 0.0, {}).tolist() == [1.0] * 4
    task = task_of(replace(HOW, rare_weight=0.5))
    batch, _ = task.batch(0, 0, WHOLE, CPU)
    given, (truths,), _ = batch
    with torch.no_grad():
        p = torch.sigmoid(task.net(given).near)
        each = -(truths.near * p.log() + (1 - truths.near) * (1 - p).log()) * task.weights
        slow = 10 * each.mean(dim=(2, 3))[given.inside].mean()
        assert float(task.loss(task.net, batch)) == pytest.approx(float(slow), rel=1e-4)
        plain = task_of(replace(HOW, rare_weight=0.0))
        assert abs(float(plain.loss(plain.net, batch)) - float(slow)) > 1e-3


def test_mixup_blends_features_and_losses_alike() -> None:
    generator = torch.Generator().manual_seed(0)
    x = torch.randn(2, 5, 3, generator=generator)
    there = torch.tensor([[True] * 5, [True, True, False, False, True]])
    inside = torch.tensor([[True] * 5, [True] * 4 + [False]])
    given = Stretches((x,), (there,), torch.rand(2, 5, 6, generator=generator), inside)
    near = (torch.rand(2, 5, 2, 4, generator=generator) > 0.7).float()
    empty = torch.zeros(2, 0)
    kept = torch.tensor([0.7, 0.9])
    mixed, (own, theirs) = blended(given, Truths(near, empty, empty, torch.ones(2)), kept)
    assert torch.allclose(mixed.features[0][0, 0], 0.7 * x[0, 0] + 0.3 * x[1, 0])
    assert torch.allclose(mixed.features[0][1, 1], 0.9 * x[1, 1] + 0.1 * x[0, 1])
    # Where one of the two has nothing, the other is heard as it is.
    assert torch.allclose(mixed.features[0][:, 2], x[0, 2])
    assert mixed.there[0].all()
    assert torch.allclose(mixed.clock[0], 0.7 * given.clock[0] + 0.3 * given.clock[1])
    assert mixed.inside.tolist() == [[True] * 4 + [False]] * 2
    assert (own.share.tolist(), theirs.share.tolist()) == (
        pytest.approx([0.7, 0.9]),
        pytest.approx([0.3, 0.1]),
    )
    assert torch.equal(own.near, near)
    assert torch.equal(theirs.near, near.flip(0))
    task = task_of()
    logits = task.net.eval()(mixed).near
    each = torch.nn.functional.binary_cross_entropy_with_logits
    slow = torch.zeros(())
    for row, (share, other) in enumerate(((0.7, 1), (0.9, 0))):
        for weight, truth in ((share, near[row]), (1 - share, near[other])):
            loss = each(logits[row], truth, reduction="none") * task.weights
            slow = slow + weight * loss.mean(dim=(1, 2))[:4].sum() / 8
    found = task.loss(task.net, (mixed, [own, theirs], None))
    assert float(found.detach()) == pytest.approx(10 * float(slow.detach()), rel=1e-5)


def test_mixup_is_on_only_if_asked() -> None:
    plain = task_of().batch(0, 0, WHOLE, CPU)[0]
    mixed = task_of(replace(HOW, mixup=0.5)).batch(0, 0, WHOLE, CPU)[0]
    assert (len(plain[1]), len(mixed[1])) == (1, 2)
    assert not torch.equal(plain[0].features[0], mixed[0].features[0])
    assert bool((mixed[1][0].share >= 0.5).all())
    assert torch.allclose(mixed[1][0].share + mixed[1][1].share, torch.ones(4))


@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
def test_the_forward_pass_has_the_precision_that_was_asked_for(precision: str, tmp_path: Path) -> None:
    task = task_of()
    seen, losses = set(), set()
    task.net.branches[0].near.register_forward_hook(lambda _, __, out: seen.add(out.dtype))
    loss = task.loss

    def watched(net: Any, batch: Any) -> Any:
        found = loss(net, batch)
        losses.add(found.dtype)
        return found

    task.loss = watched
    loop = LoopSettings(epochs=1, batch=4, learning_rate=0.01, precision=precision, average=0.9, patience=0)
    kept = Loop(task, loop, tmp_path, "cpu").run()
    assert seen == {getattr(torch, precision)}
    # Weights, their average and the loss stay whole.
    assert losses == {torch.float32}
    assert {p.dtype for net in (kept, task.net) for p in net.parameters()} == {torch.float32}


def test_the_context_aware_loss_counts_its_weight() -> None:
    """And by default so little that it costs nothing that was measured (decision 0223)."""
    assert SpotTraining().context_weight == 0.03
    found = {}
    for weight in (0.0, 0.03, 1.0):
        task = task_of(replace(HOW, context_weight=weight), context=True)
        batch, _ = task.batch(0, 0, WHOLE, CPU)
        found[weight] = float(task.loss(task.net, batch).detach())
    assert found[0.0] < found[0.03] < found[1.0]
    assert found[0.03] - found[0.0] == pytest.approx(0.03 * (found[1.0] - found[0.0]), rel=1e-3)
