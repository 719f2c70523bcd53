"""The one loop: it learns, resumes to the same bits, stops well, and refuses what is not its own."""

from __future__ import annotations

import csv
import errno
import os
import signal
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="needs the extra 'train'")

from matchcut.errors import InputError, OutputError, SettingsError  # noqa: E402
from matchcut.models.settings import from_json, to_json  # noqa: E402
from matchcut.training import state  # noqa: E402
from matchcut.training.drawing import jittered, order_of, places_of, steps_of, varied_pictures  # noqa: E402
from matchcut.training.loop import Loop, Share, TrainingError  # noqa: E402
from matchcut.training.losses import class_loss, contrastive_loss, label_loss, log_shares, speed_loss  # noqa: E402
from matchcut.training.optimizers import make_optimizer, rate_at  # noqa: E402
from matchcut.training.settings import OPTIMIZERS, LoopSettings  # noqa: E402

torch.set_num_threads(1)

HOW = LoopSettings(epochs=3, batch=8, learning_rate=0.01, patience=0)


class Line:
    """A task of a few numbers: dropout, batch norm and noise make every random number count."""

    def __init__(self, seed: int = 0, width: int = 6, dropout: float = 0.3, samples: int = 40) -> None:
        torch.manual_seed(seed)
        norm: Any = torch.nn.BatchNorm1d(width) if dropout else torch.nn.Identity()
        self.net = torch.nn.Sequential(
            torch.nn.Linear(4, width), norm, torch.nn.Dropout(dropout), torch.nn.Linear(width, 2)
        )
        made = torch.Generator().manual_seed(1)
        self.x = torch.randn(samples, 4, generator=made)
        self.y = (self.x.sum(1) > 0).long()
        self.noise, self.broken, self.stop = dropout > 0, -1, -1
        self.count = 0
        self.worse = False

    def steps(self, epoch: int) -> int:
        return len(self.x) // 8

    def size(self, epoch: int, step: int) -> int:
        return 8

    def batch(self, epoch: int, step: int, share: Share, device: Any) -> tuple[Any, int]:
        order = order_of(0, epoch, self.y.tolist(), balanced=False)
        places = places_of(order, step, self.steps(epoch), share)
        self.count += 1
        if self.count == self.stop:
            os.kill(os.getpid(), signal.SIGINT)
        x = self.x[places] + (0.1 * torch.randn(len(places), 4) if self.noise else 0)
        return (x * (float("nan") if self.count == self.broken else 1), self.y[places]), len(places)

    def loss(self, net: Any, batch: Any) -> Any:
        return torch.nn.functional.cross_entropy(net(batch[0]), batch[1])

    def validate(self, net: Any, device: Any) -> dict[str, float]:
        with torch.inference_mode():
            loss = float(torch.nn.functional.cross_entropy(net(self.x), self.y))
        return {"validation_loss": loss + (10 * self.count if self.worse else 0)}

    def describe(self) -> dict[str, Any]:
        return {"width": self.net[0].out_features}


def weights(net: Any) -> list[bytes]:
    return [value.numpy().tobytes() for value in net.state_dict().values()]


@pytest.mark.parametrize(
    "how",
    [
        HOW,
        replace(HOW, accumulate=2, average=0.9, schedule="cosine", clip_norm=0.1),
        replace(HOW, optimizer="momentum", precision="bfloat16"),
        replace(HOW, optimizer="adagrad", keep_every=2),
    ],
)
@pytest.mark.parametrize("stop", [1, 7, 10])
def test_interrupted_in_an_epoch_is_as_good_as_uninterrupted(
    tmp_path: Path, how: LoopSettings, stop: int
) -> None:
    whole = Loop(Line(), how, tmp_path / "whole", "cpu")
    wanted = weights(whole.run())
    task = Line()
    task.stop = stop * how.accumulate
    with pytest.raises(KeyboardInterrupt):
        Loop(task, how, tmp_path / "cut", "cpu").run()
    resumed = Loop(Line(seed=9), how, tmp_path / "cut", "cpu")
    assert resumed.place.epoch * 5 + resumed.place.step == stop
    assert weights(resumed.run()) == wanted
    assert [row["training_loss"] for row in resumed.place.rows] == [
        r["training_loss"] for r in whole.place.rows
    ]


@pytest.mark.parametrize("where", ["a batch", "validation"])
def test_broken_data_stop_it_and_when_they_are_mended_it_goes_on(tmp_path: Path, where: str) -> None:
    class Broken(Line):
        def batch(self, *place: Any) -> Any:
            found = super().batch(*place)
            if where == "a batch" and self.count == 8:
                raise InputError("a file: row 3 holds NaN", "Make it anew")
            return found

        def validate(self, *given: Any) -> Any:
            if where == "validation" and self.count == 10:
                raise InputError("a file: row 3 holds NaN", "Make it anew")
            return super().validate(*given)

    wanted = weights(Loop(Line(), HOW, tmp_path / "whole", "cpu").run())
    with pytest.raises(InputError, match="row 3 holds NaN"):
        Loop(Broken(), HOW, tmp_path / "cut", "cpu").run()
    resumed = Loop(Line(), HOW, tmp_path / "cut", "cpu")
    assert (resumed.place.epoch, resumed.place.step) == ((1, 2) if where == "a batch" else (1, 5))
    assert weights(resumed.run()) == wanted


def test_a_folder_that_cannot_be_is_told_at_once(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    task = Line()
    for folder in (tmp_path / "file", tmp_path / "file" / "within"):
        with pytest.raises(OutputError, match="cannot be written"):
            Loop(task, HOW, folder, "cpu")
    assert not task.count


@pytest.mark.parametrize("device", ["quark", "cuda:99", "meta:x"])
def test_a_device_that_is_not_there_is_told(device: str, tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=f"there is no device '{device}' here"):
        Loop(Line(), HOW, tmp_path, device)


def test_a_full_disk_is_told_and_leaves_what_was_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """safetensors writes by itself and has an error of its own; ours goes through Python."""
    Loop(Line(), replace(HOW, epochs=1), tmp_path, "cpu").run()
    before = (tmp_path / "checkpoint.safetensors").read_bytes()

    def full(self: Path, data: bytes) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(OutputError, match="the disk is full"):
        state.save_tensors(tmp_path / "checkpoint.safetensors", {"a": torch.zeros(9)}, {})
    monkeypatch.undo()
    assert (tmp_path / "checkpoint.safetensors").read_bytes() == before
    assert not list(tmp_path.glob(".writing-*"))


def test_it_learns_logs_and_draws(tmp_path: Path) -> None:
    Loop(Line(dropout=0.0), replace(HOW, epochs=20), tmp_path, "cpu").run()
    with (tmp_path / "log.csv").open(newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert len(rows) == 20
    assert float(rows[-1]["validation_loss"]) < 0.5 * float(rows[0]["validation_loss"])
    assert (tmp_path / "log.png").read_bytes().startswith(b"\x89PNG")
    assert not [path for path in tmp_path.iterdir() if path.suffix in (".pt", ".pth", ".pkl", ".bin")]


def test_parts_of_a_batch_add_up_to_it(tmp_path: Path) -> None:
    one = Loop(Line(dropout=0.0), HOW, tmp_path / "a", "cpu").run()
    four = Loop(Line(dropout=0.0), replace(HOW, accumulate=4), tmp_path / "b", "cpu").run()
    for a, b in zip(one.parameters(), four.parameters(), strict=True):
        assert torch.allclose(a, b, atol=1e-5)


def test_a_loss_that_is_no_number_stops_and_keeps_the_last_good(tmp_path: Path) -> None:
    task = Line()
    task.broken = 8
    with pytest.raises(
        TrainingError, match=r"became nan in epoch 2, step 3; the last good checkpoint is .*Lower"
    ):
        Loop(task, HOW, tmp_path, "cpu").run()
    resumed = Loop(Line(), HOW, tmp_path, "cpu")
    assert resumed.place.epoch == 1
    wanted = weights(Loop(Line(), HOW, tmp_path / "whole", "cpu").run())
    assert weights(resumed.run()) == wanted


def test_spoilt_weights_are_never_kept(tmp_path: Path) -> None:
    class Spoilt(Line):
        def loss(self, net: Any, batch: Any) -> Any:
            loss = super().loss(net, batch)
            if self.count == 5:  # the last step of the epoch: the loss is fine, its gradient is not
                loss.register_hook(lambda gradient: gradient * float("nan"))
            return loss

    with pytest.raises(TrainingError, match=r"epoch 1, step 5; nothing was kept yet"):
        Loop(Spoilt(), HOW, tmp_path, "cpu").run()
    assert not list(tmp_path.glob("*.safetensors"))


def test_it_stops_early_and_gives_back_the_best(tmp_path: Path) -> None:
    task = Line()
    task.worse = True
    loop = Loop(task, replace(HOW, epochs=9, patience=2), tmp_path, "cpu")
    found = weights(loop.run())
    assert (loop.place.epoch, loop.place.best_epoch, loop.place.done) == (3, 1, True)
    first = Loop(Line(), replace(HOW, epochs=1, schedule="step"), tmp_path / "one", "cpu").run()
    assert found == weights(first)


def test_the_epoch_kept_is_of_the_measure_that_was_chosen(tmp_path: Path) -> None:
    class Sure(Line):
        """Gets better at answering and ever worse in loss."""

        def validate(self, net: Any, device: Any) -> dict[str, float]:
            return super().validate(net, device) | {"accuracy": min(0.9, 0.1 * self.count)}

    for choose, epoch in (("validation_loss", 1), ("accuracy", 2)):
        task = Sure()
        task.worse = True
        loop = Loop(task, replace(HOW, choose=choose), tmp_path / choose, "cpu")
        loop.run()
        assert loop.place.best_epoch == epoch
    loop = Loop(Line(), replace(HOW, choose="accuracy"), tmp_path / "none", "cpu")
    loop.run()
    assert loop.place.best_epoch == HOW.epochs
    with pytest.raises(SettingsError, match="no such measure"):
        LoopSettings(choose="luck")


def test_a_folder_of_another_training_is_refused(tmp_path: Path) -> None:
    Loop(Line(), HOW, tmp_path, "cpu").run()
    before = (tmp_path / "checkpoint.safetensors").read_bytes()
    with pytest.raises(
        InputError, match=r"checkpoint of another network: 0\.bias has the shape \(6,\).*\(7,\)"
    ):
        Loop(Line(width=7), HOW, tmp_path, "cpu")
    with pytest.raises(SettingsError, match=r"learning_rate 0\.01 became 0\.02"):
        Loop(Line(), replace(HOW, learning_rate=0.02), tmp_path, "cpu")
    assert (tmp_path / "checkpoint.safetensors").read_bytes() == before
    (tmp_path / "checkpoint.safetensors").write_bytes(before[:200])
    with pytest.raises(InputError, match="half-written or no checkpoint"):
        Loop(Line(), HOW, tmp_path, "cpu")


def test_a_checkpoint_from_before_a_setting_goes_on(tmp_path: Path) -> None:
    Loop(Line(), replace(HOW, epochs=1), tmp_path, "cpu").run()
    path = tmp_path / "checkpoint.safetensors"
    tensors, head = state.load_tensors(path)
    older = {key: value for key, value in head["loop"].items() if key not in ("beta2", "undecayed")}
    state.save_tensors(path, tensors, head | {"loop": older})
    assert Loop(Line(), replace(HOW, epochs=1), tmp_path, "cpu").place.done
    with pytest.raises(SettingsError, match=r"beta2 0\.999 became 0\.9"):
        Loop(Line(), replace(HOW, epochs=1, beta2=0.9), tmp_path, "cpu")


def test_the_average_of_the_weights_is_what_is_kept(tmp_path: Path) -> None:
    """Against the formula: kept = min(average, (n + 1) / (n + 10)) of the n-th step, n from 0."""
    seen: list[Any] = []

    class Watched(Line):
        def batch(self, *given: Any) -> Any:
            seen.append([parameter.detach().clone() for parameter in self.net.parameters()])
            return super().batch(*given)

    how = replace(HOW, epochs=2, average=0.4)
    task = Watched(dropout=0.0)
    kept = Loop(task, how, tmp_path, "cpu").run()
    seen.append([parameter.detach().clone() for parameter in task.net.parameters()])
    wanted = seen[0]
    for step, now in enumerate(seen[1:]):
        share = min(0.4, (step + 1) / (step + 10))
        wanted = [share * mean + (1 - share) * new for mean, new in zip(wanted, now, strict=True)]
    for found, mean, last in zip(kept.parameters(), wanted, seen[-1], strict=True):
        assert torch.allclose(found, mean, atol=1e-6)
        assert not torch.allclose(found, last, atol=1e-4)


def test_rates_and_optimizers() -> None:
    how = LoopSettings()
    assert (how.learning_rate, how.batch, how.epochs, how.factor, how.every) == (5e-5, 128, 20, 0.7, 5)
    assert [round(rate_at(epoch * 3, 3, how), 4) for epoch in (0, 5, 10, 15)] == [1, 0.7, 0.49, 0.343]
    cosine = [rate_at(step, 10, replace(how, schedule="cosine")) for step in range(200)]
    assert max(cosine) == pytest.approx(1, abs=0.06)
    assert cosine[-1] < 0.001
    cycle = [rate_at(step, 10, replace(how, schedule="one-cycle")) for step in range(201)]
    assert (cycle[0], cycle[20], cycle[200]) == pytest.approx((1 / 25, 1, 1 / 1250))
    assert np.argmax(cycle) == 20
    assert max(np.abs(np.diff(cycle))) < 0.08
    for name in OPTIMIZERS:
        assert make_optimizer(Line().net, replace(how, optimizer=name)).param_groups[1]["weight_decay"] == 0
    net = Line().net
    made = make_optimizer(net, replace(how, undecayed=("3.",), beta2=0.9))
    assert [len(group["params"]) for group in made.param_groups] == [1, 5]
    assert made.param_groups[0]["params"][0] is net[0].weight
    assert made.defaults["betas"] == (0.9, 0.9)
    with pytest.raises(SettingsError, match="no part of the network learns"):
        make_optimizer(Line().net.requires_grad_(False), how)
    assert from_json(LoopSettings, to_json(how)) == how
    for bad in ({"optimizer": "adam"}, {"batch": 0}, {"epochs": 1.5}, {"rate": 1}, {"average": 1.0}):
        with pytest.raises(SettingsError):
            from_json(LoopSettings, bad)
    with pytest.raises(SettingsError, match="float16 trains on a GPU"):
        Loop(Line(), replace(HOW, precision="float16"), Path("nowhere"), "cpu")


def test_losses_follow_their_formulas() -> None:
    torch.manual_seed(0)
    logits, truth = torch.randn(5, 3), torch.tensor([0, 2, 1, -1, 2])
    spread = torch.full((5, 3), 0.1 / 3)
    spread[torch.arange(5), truth.clamp(min=0)] += 0.9
    direct = -(spread * logits.log_softmax(1)).sum(1)[truth >= 0].mean()
    assert class_loss(logits, truth, 0.1) == pytest.approx(float(direct), abs=1e-6)
    prior = log_shares([8, 1, 0])
    assert prior.exp().tolist() == pytest.approx([8 / 9.5, 1 / 9.5, 0.5 / 9.5])
    adjusted = class_loss(logits, truth, 0.1, prior, 1.0)
    assert adjusted == pytest.approx(float(class_loss(logits + prior, truth, 0.1)), abs=1e-6)
    assert class_loss(logits, torch.full((5,), -1)) == 0
    assert label_loss(logits, torch.zeros(5, 3), torch.zeros(5, dtype=torch.bool)) == 0
    assert speed_loss(torch.tensor([1.0, 5.0]), torch.tensor([1.5, float("nan")])) == pytest.approx(0.125)


def test_the_contrastive_loss_is_transformers_own() -> None:
    transformers = pytest.importorskip("transformers", reason="needs the extra 'clip'")
    one, other = torch.randn(6, 8), torch.randn(6, 8)
    cosines = torch.nn.functional.normalize(one, dim=1) @ torch.nn.functional.normalize(other, dim=1).T * 14.0
    wanted = transformers.models.clip.modeling_clip.image_text_contrastive_loss(cosines)
    assert contrastive_loss(one, other, torch.tensor(14.0)) == pytest.approx(float(wanted), abs=1e-5)


def test_drawing() -> None:
    classes = [0] * 90 + [1] * 9 + [2]
    plain, balanced = order_of(3, 1, classes, False), order_of(3, 1, classes, True)
    assert sorted(plain) == list(range(100))
    counts = np.bincount(np.array(classes)[balanced])
    assert counts.max() - counts.min() <= 1
    assert not np.array_equal(plain, order_of(3, 2, classes, False))
    steps = steps_of(100, 32)
    parts = [places_of(plain, step, steps, Share(part, 2)) for step in range(steps) for part in range(2)]
    assert np.array_equal(np.concatenate(parts), plain)
    rng = np.random.default_rng(0)
    for _ in range(50):
        kept = jittered(20, 0.4, rng)
        assert len(kept) >= 1
        assert (np.diff(kept) > 0).all()
        assert 0 <= kept[0] <= kept[-1] < 20
    pixels = np.random.default_rng(1).integers(0, 256, (3, 8, 10, 3), dtype=np.uint8)
    assert np.array_equal(varied_pictures(pixels, 0, 0, rng), pixels)
    other = varied_pictures(np.repeat(pixels[:1], 3, 0), 0.4, 0.3, rng)
    assert other.shape == pixels.shape
    assert np.array_equal(other[0], other[2])  # all frames of a clip alike
    assert not np.array_equal(other[0], pixels[0])
