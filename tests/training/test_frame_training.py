"""Fine-tuning on frames: it learns, resumes to the same weights, and says what it cannot learn from."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="needs the extra 'clip'")
pytest.importorskip("transformers", reason="needs the extra 'clip'")

from made_up_frames import KINDS, draw, frames  # noqa: E402

from matchcut.encoders.dual import load_dual, write_untrained_dual  # noqa: E402
from matchcut.encoders.pictures import PictureSettings  # noqa: E402
from matchcut.errors import InputError, SettingsError  # noqa: E402
from matchcut.models.dual import LearningSettings  # noqa: E402
from matchcut.models.settings import to_json  # noqa: E402
from matchcut.training.frames.augment import AheadAugmentation, FreshAugmentation  # noqa: E402
from matchcut.training.frames.measure import Encodings, figures_of, retrieval_rows, softmax  # noqa: E402
from matchcut.training.frames.plan import FramePlan  # noqa: E402
from matchcut.training.frames.report import encodings, probe_scores  # noqa: E402
from matchcut.training.frames.run import PAPER, fine_tune, load_probe, train_probe  # noqa: E402
from matchcut.training.frames.samples import (  # noqa: E402
    FrameSample,
    Pictures,
    PromptTokens,
    only_usable,
    with_copies,
)
from matchcut.training.frames.task import FrameTask, FrameTraining  # noqa: E402
from matchcut.training.loop import Share  # noqa: E402
from matchcut.training.settings import OPTIMIZERS  # noqa: E402

torch.set_num_threads(1)

QUICK = replace(PAPER, epochs=3, learning_rate=2e-3)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> str:
    return str(write_untrained_dual(tmp_path_factory.mktemp("clip") / "clip", "clip", seed=0))


def test_the_defaults_are_the_papers() -> None:
    assert (PAPER.batch, PAPER.learning_rate, PAPER.epochs, PAPER.optimizer) == (8, 1e-5, 10, "adamw")
    assert set(OPTIMIZERS) == {"adamw", "sgd", "momentum", "adagrad"}
    assert FrameTraining().loss == "paper"


@pytest.mark.parametrize("loss", ["paper", "multi-positive"])
def test_it_learns(folder: str, loss: str, tmp_path: Path) -> None:
    data, dual = frames(48), load_dual(folder)
    pictures = Pictures(data.read, dual.pictures)
    before = figures_of(encodings(dual, data, pictures, "test"), rounds=5)
    how = FrameTraining(loss, others=loss != "paper")
    done = fine_tune(dual, data, pictures, tmp_path, how=how, loop=QUICK)
    figures = figures_of(encodings(done.dual, data, pictures, "test"), rounds=50)
    assert before.classification.accuracy < 0.7 < figures.classification.accuracy
    assert figures.text_to_image.mean_average_precision > before.text_to_image.mean_average_precision
    assert figures.by == "game"
    assert figures.accuracy_interval.low <= figures.classification.accuracy <= figures.accuracy_interval.high
    assert len(done.rows) == 3
    assert done.pictures_s is not None
    assert done.pictures_s > 0
    # A second run finds everything done.
    again = fine_tune(load_dual(folder), data, pictures, tmp_path, how=how, loop=QUICK)
    assert again.rows == done.rows
    assert again.pictures_s is None
    for key, value in again.dual.net.state_dict().items():
        assert torch.equal(value, done.dual.net.state_dict()[key])


@pytest.mark.parametrize("method", ["full", "layers", "lora"])
def test_a_stopped_training_goes_on_to_the_same_weights(folder: str, method: str, tmp_path: Path) -> None:
    if method == "lora":
        pytest.importorskip("peft")
    data = frames(24)
    loop = replace(QUICK, epochs=2, keep_every=1)
    learning, how = LearningSettings(method, rank=2), FrameTraining("multi-positive")

    def run(where: Path, stop: int | None) -> Any:
        dual = load_dual(folder)
        steps = 0

        def count(done: float, total: float) -> None:
            nonlocal steps
            steps += 1
            if steps == stop:
                raise KeyboardInterrupt

        return fine_tune(
            dual, data, Pictures(data.read, dual.pictures), where, how=how, learning=learning, loop=loop,
            fresh=FreshAugmentation(), progress=count,
        )  # fmt: skip

    whole = run(tmp_path / "whole", None)
    with pytest.raises(KeyboardInterrupt):
        run(tmp_path / "parts", 4)
    parts = run(tmp_path / "parts", None)
    for key, value in parts.dual.net.state_dict().items():
        assert torch.equal(value, whole.dual.net.state_dict()[key]), key


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_every_optimizer_takes_its_steps(folder: str, optimizer: str, tmp_path: Path) -> None:
    data, dual = frames(12), load_dual(folder)
    before = dual.net.visual_projection.weight.detach().clone()
    loop = replace(QUICK, epochs=1, optimizer=optimizer)
    done = fine_tune(dual, data, Pictures(data.read, dual.pictures), tmp_path, loop=loop)
    assert not torch.equal(done.dual.net.visual_projection.weight, before)


def test_a_probe_is_kept_and_read_again(folder: str, tmp_path: Path) -> None:
    data, dual = frames(48), load_dual(folder)
    pictures = Pictures(data.read, dual.pictures)
    weights = {key: value.clone() for key, value in dual.net.state_dict().items()}
    probe = train_probe(dual, data, pictures, tmp_path)
    encoded = encodings(dual, data, pictures, "test")
    scores = probe_scores(encoded, probe)
    assert scores is not None
    assert np.allclose(scores.sum(1), 1)
    assert figures_of(encoded, scores, rounds=5).classification.accuracy > 0.9
    assert all(torch.equal(value, weights[key]) for key, value in dual.net.state_dict().items())
    probe.save(tmp_path)
    again = load_probe(tmp_path)
    assert again is not None
    assert again.kinds == KINDS
    assert np.array_equal(again.scores(encoded.images), probe.scores(encoded.images))
    (tmp_path / "probe.safetensors").write_bytes(b"cut off")
    with pytest.raises(InputError, match="half-written"):
        load_probe(tmp_path)


def test_what_cannot_be_learnt_from_is_told(folder: str, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no prompt for green middle"):
        frames(prompts={KINDS[0]: ("a",), KINDS[1]: ("b",), KINDS[2]: (" ",)})
    one = [FrameSample(f"1/{n}", 1) for n in range(9)]
    data = frames(parts={"train": one, "valid": [], "test": []})
    dual = load_dual(folder)
    pictures = Pictures(data.read, dual.pictures)
    with pytest.raises(InputError, match="all 9 training pictures are of 'blue beside'"):
        fine_tune(dual, data, pictures, tmp_path)
    with pytest.raises(InputError, match="no training picture"):
        train_probe(dual, replace(data, parts={"train": [], "valid": [], "test": []}), pictures, tmp_path)
    with pytest.raises(InputError, match="no picture to measure on"):
        figures_of(encodings(dual, data, pictures, "test"))


def test_settings_of_another_training_are_refused(folder: str, tmp_path: Path) -> None:
    data = frames(12)

    def run(**how: Any) -> None:
        dual = load_dual(folder)
        loop = replace(QUICK, epochs=1)
        fine_tune(dual, data, Pictures(data.read, dual.pictures), tmp_path, loop=loop, **how)

    run()
    with pytest.raises(SettingsError, match="frames.loss paper became multi-positive"):
        run(how=FrameTraining("multi-positive"))
    with pytest.raises(SettingsError, match="fresh.rate"):
        run(fresh=FreshAugmentation())
    with pytest.raises(InputError, match="another network"):
        run(learning=LearningSettings("lora"))


def test_plans_refuse_what_they_do_not_know() -> None:
    for given, told in (
        ({"method": "half"}, "no such way to learn"),
        ({"augment": "later"}, "no such way to augment"),
        ({"given": {"loops": {}}}, "no settings of loops"),
        ({"given": {"frames": {"losses": 1}}}, "there is no losses"),
        ({"given": {"loop": {"optimizer": "lion"}}}, "no such optimizer"),
        ({"given": {"frames": {"others": True}}}, "others have no place"),
        ({"method": "probe", "augment": "fresh"}, "cannot vary"),
    ):
        with pytest.raises(SettingsError, match=told):
            FramePlan(**{"method": "full", "augment": "none", **given})
    kept = FramePlan("probe", "ahead", {"probe": {"epochs": 7}}).to_json()
    assert kept["loop"]["epochs"] == 7
    assert kept["ahead"] == to_json(AheadAugmentation())
    assert FramePlan("full", "none").loop == PAPER


def test_prompts_are_drawn_averaged_or_the_first(folder: str) -> None:
    data, dual = frames(12), load_dual(folder)
    tokens = PromptTokens.of(data, dual)
    kinds, rng = np.array([2, 0, 2, 2]), np.random.default_rng(0)
    chosen, share = tokens.choose(kinds, "first", rng)
    assert chosen.tolist() == [0, 4]
    assert share.tolist() == [[0, 1], [1, 0], [0, 1], [0, 1]]
    chosen, share = tokens.choose(kinds, "averaged", rng)
    assert chosen.tolist() == [0, 1, 4, 5]
    assert share[0].tolist() == [0, 0, 0.5, 0.5]
    drawn = [tokens.choose(kinds, "drawn", rng) for _ in range(20)]
    assert {len(chosen) for chosen, _ in drawn} >= {2, 3}
    assert all(share.sum(1).tolist() == [1] * 4 for _, share in drawn)
    ids, mask = tokens.rows(np.array([0]), "cpu")
    assert ids.shape == mask.shape == (1, int(mask.sum()))


def test_labels_that_a_batch_lacks_join_as_negatives(folder: str) -> None:
    data, dual = frames(12), load_dual(folder)
    for others, spoken in ((False, 2), (True, 4)):
        how = FrameTraining("multi-positive", others=others, batch=2)
        task = FrameTask(dual, data, Pictures(data.read, dual.pictures), how, LearningSettings())
        batch, size = task.batch(0, 0, Share(0, 1), torch.device("cpu"))
        kinds = set(batch[4].tolist())
        assert size == 2
        assert len(batch[5]) == (2 if not others else 2 + len(set(range(3)) - kinds))
        assert len(batch[5]) <= spoken
        assert torch.isfinite(task.loss(dual.net, batch))


def test_an_epoch_may_see_a_part_of_the_pictures(folder: str) -> None:
    data, dual = with_copies(frames(12), AheadAugmentation(), 0), load_dual(folder)
    assert len(data.parts["train"]) == 60
    pictures = Pictures(data.read, dual.pictures)
    task = FrameTask(dual, data, pictures, FrameTraining(pictures=12), LearningSettings())
    assert task.steps(0) == round(12 / 8)
    assert sum(task.size(0, step) for step in range(task.steps(0))) == 12
    name = data.parts["train"][13].name
    assert name.endswith("#2")
    assert np.array_equal(data.read(name), data.read(name))
    assert data.read(name).shape == draw("0/0").shape
    assert not np.array_equal(data.read(name), data.read(name.split("#")[0]))


def test_fresh_pictures_differ_by_epoch_and_not_by_chance(folder: str) -> None:
    data, dual = frames(12), load_dual(folder)
    pictures = Pictures(data.read, dual.pictures)
    task = FrameTask(dual, data, pictures, FrameTraining(), LearningSettings(), FreshAugmentation(rate=1.0))

    def first(epoch: int) -> Any:
        return task.batch(epoch, 0, Share(0, 1), torch.device("cpu"))[0][0]

    assert torch.equal(first(0), first(0))
    seen = [task._seen(0, epoch) for epoch in (0, 1)]
    assert not np.array_equal(*seen)
    assert np.array_equal(task._seen(0, 1), seen[1])


def test_odd_pictures_pass_or_are_left_out() -> None:
    pictures = Pictures(draw, PictureSettings(32, 32, 32), memory_mb=0)
    for shape in ((1, 1, 3), (1, 4000, 3), (3000, 2, 3), (9, 7, 3)):
        assert pictures.prepare(np.full(shape, 200, np.uint8)).shape == (32, 32, 3)
    for bad in (np.zeros((4, 4), np.uint8), np.zeros((4, 4, 3), np.uint16), np.zeros((0, 4, 3), np.uint8)):
        with pytest.raises(InputError, match="not an 8-bit RGB picture"):
            pictures.prepare(bad, "odd.png")

    def read(name: str) -> Any:
        if name == "0/3":
            raise InputError("0/3: the image is broken", "Get it again")
        return draw(name)

    data = frames(12, read=read)
    kept = only_usable(data, Pictures(read, PictureSettings(32, 32, 32)))
    assert len(kept.parts["train"]) == 11
    assert kept.notes == ("0/3 is left out: 0/3: the image is broken",)


def test_figures_of_known_vectors() -> None:
    samples = [FrameSample(f"{n}", kind) for n, kind in enumerate((0, 0, 1, 1))]
    images = np.array([[1, 0], [1, 0], [0, 1], [1, 0.1]], np.float32)
    images /= np.linalg.norm(images, axis=1, keepdims=True)
    texts = np.array([[1, 0], [0.9, 0.1], [0, 1]], np.float32)
    texts /= np.linalg.norm(texts, axis=1, keepdims=True)
    given = Encodings(samples, images, texts, np.array([0, 0, 1]), ("a", "b"), ("x", "y", "z"), 10.0)
    figures = figures_of(given, rounds=20)
    assert figures.classification.accuracy == 0.75
    assert figures.macro_accuracy == 0.75
    assert figures.classification.confusion == ((2, 0), (1, 1))
    assert figures.image_to_text.recall_at[1] == 0.75
    assert figures.text_to_image.queries == 3
    assert figures.by == "picture"
    assert given.scores().sum(1) == pytest.approx(1)
    assert softmax(np.array([[1000.0, 0.0]])).tolist() == [[1.0, 0.0]]
    rows = retrieval_rows(given, lambda sample: draw("0/0"), queries=1, across=2)
    assert [title.split(":")[0] for title, _ in rows] == [
        "Text to image", "Text to image", "Image to text", "Image to text",
    ]  # fmt: skip
    assert [thumb.right for thumb in rows[3][1][0].found] == [False]
