"""Training the commentary spotter on a tiny made-up match: it learns, resumes, exports and is calibrated."""

from __future__ import annotations

import csv
import json
import shutil
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="needs the extra 'train'")
from safetensors.torch import save_file  # noqa: E402

from matchcut.encoders.fusion import pack  # noqa: E402
from matchcut.encoders.words import FEATURES  # noqa: E402
from matchcut.errors import InputError, SettingsError  # noqa: E402
from matchcut.models.commentary import PooledDropout  # noqa: E402
from matchcut.models.settings import from_json, to_json  # noqa: E402
from matchcut.sport import soccer  # noqa: E402
from matchcut.spotters.commentary import CommentarySpotter  # noqa: E402
from matchcut.training import state  # noqa: E402
from matchcut.training.commentary import members  # noqa: E402
from matchcut.training.commentary.corpus import Corpus, Half, read_version  # noqa: E402
from matchcut.training.commentary.export import export_network  # noqa: E402
from matchcut.training.commentary.loss import output_weights, spotting_loss  # noqa: E402
from matchcut.training.commentary.measure import Moments, as_truth, average_precision, best_iou, came_true  # noqa: E402
from matchcut.training.commentary.run import train_commentary, train_member  # noqa: E402
from matchcut.training.commentary.samples import draw, fill_targets, outputs_of  # noqa: E402
from matchcut.training.commentary.settings import OUTPUTS, TrainingSettings  # noqa: E402
from matchcut.training.commentary.ship import export_members  # noqa: E402
from matchcut.training.commentary.task import CommentaryTask, loop_settings, make_network  # noqa: E402
from matchcut.training.commentary.tune import cross_fit, fit  # noqa: E402
from matchcut.training.commentary.vectors import word_vectors  # noqa: E402
from matchcut.training.loop import Loop, Share, TrainingError  # noqa: E402
from matchcut.training.optimizers import make_optimizer, rate_at  # noqa: E402
from matchcut.transcript import Transcript, Utterance  # noqa: E402

# Threads cost more than they give on networks this small, and much more on a busy machine.
torch.set_num_threads(1)

TINY = TrainingSettings(
    members=1,
    epochs=3,
    steps=12,
    batch=4,
    crop_s=120,
    learning_rate=0.01,
    average=0.9,
    embedding=8,
    hidden=8,
    width=16,
    dilations=(1, 2),
    least_games=1,
    threads=1,
)

CALLS = {"Corner": "corner kick", "Goal": "what a goal", "Red card": "he is sent off"}


def match(number: int) -> tuple[Half, Transcript]:
    """A half of five minutes in which every event is called four seconds late."""
    random = np.random.default_rng(number)
    rows, truths = [], []
    for second in range(10, 290, 20):
        label = list(CALLS)[random.integers(3)]
        truths.append((soccer.index(label), float(second)))
        rows.append(Utterance(second + 4, second + 6, CALLS[label]))
        rows.append(Utterance(second + 12, second + 14, "passing it around"))
    return Half(f"game {number // 2}", number % 2 + 1, "train", truths, {}), Transcript(rows)


@pytest.fixture(scope="module")
def corpus() -> Corpus:
    places: dict[str, int] = {}
    halves = []
    for number in range(6):
        half, said = match(number)
        half.versions["all"] = read_version(said, places)
        halves.append(half)
    corpus = Corpus(halves, list(places))
    corpus.encode(corpus.choose_vocabulary(1, 100))
    return corpus


def words_of(corpus: Corpus) -> int:
    return len(corpus.words) + 2


def task_of(corpus: Corpus, how: TrainingSettings = TINY) -> CommentaryTask:
    torch.manual_seed(how.seed)
    return CommentaryTask(make_network(words_of(corpus), how), corpus.of("train"), how, how.seed)


def write_folder(folder: Path) -> dict[str, Path]:
    """The made-up matches as files in SoccerNet's layout; the last two games are valid."""
    for number in range(8):
        half, said = match(number)
        game = f"league/season/{half.game}"
        labels = folder / "labels" / game / "Labels-v2.json"
        labels.parent.mkdir(parents=True, exist_ok=True)
        told = json.loads(labels.read_text())["annotations"] if labels.exists() else []
        told += [
            {"gameTime": f"{half.half} - 00:00", "label": soccer.names[label], "position": str(int(at * 1000)),
             "team": "home", "visibility": "visible"}
            for label, at in half.truths
        ]  # fmt: skip
        labels.write_text(json.dumps({"UrlLocal": game, "annotations": told}))
        words = folder / "echoes" / "whisper_v1" / game / f"{half.half}_asr.json"
        words.parent.mkdir(parents=True, exist_ok=True)
        lines = {str(n): [row.start, row.end, row.text] for n, row in enumerate(said)}
        words.write_text(json.dumps({"segments": lines}))
    names = [f"league/season/game {number}" for number in range(4)]
    (folder / "splits.json").write_text(json.dumps({"train": names[:2], "valid": names[2:]}))
    return {name: folder / name for name in ("labels", "echoes")} | {"splits": folder / "splits.json"}


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    return write_folder(tmp_path_factory.mktemp("matches"))


@pytest.fixture(scope="module")
def trained(data: dict[str, Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """By the whole command, with a process for its one network."""
    from matchcut.cli.main import main

    out = tmp_path_factory.mktemp("training")
    settings = out / "mine.json"
    settings.write_text(json.dumps(to_json(TINY)))
    options = [str(part) for name, path in data.items() for part in (f"--{name}", path)]
    assert main(["train", "commentary", *options, "-o", str(out), "--settings", str(settings)]) == 0
    return out


def test_the_loss_falls(trained: Path) -> None:
    with (trained / "network-0/log.csv").open(newline="") as stream:
        losses = [float(row["training_loss"]) for row in csv.DictReader(stream)]
    assert len(losses) == TINY.epochs
    assert losses[-1] < losses[0] * 0.8


def test_what_was_trained_can_be_loaded_and_spots(trained: Path) -> None:
    spotter = CommentarySpotter.load(trained / "weights", threads=1)
    said = Transcript([Utterance(50, 52, "corner kick"), Utterance(80, 82, "passing it around")])
    assert spotter.track(said).scores.shape == (87, 17)
    assert spotter.settings.decoding["Corner"].slope != 1.0  # fitted
    figures = json.loads((trained / "figures.json").read_text())["cross_fitted"]
    assert figures["halves"] == 4
    # Three of the seventeen classes occur; chance finds next to nothing within five seconds.
    assert figures["loose"] > 0.25 * 3 / 17


@pytest.fixture(scope="module")
def whole(corpus: Corpus, tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """What an undisturbed training keeps."""
    folder = tmp_path_factory.mktemp("whole")
    Loop(task_of(corpus), loop_settings(TINY, 0), folder, "cpu").run()
    return (folder / "best.safetensors").read_bytes()


@pytest.mark.parametrize("stop", [TINY.steps, TINY.steps + 5])
def test_an_interrupted_training_ends_the_same(corpus: Corpus, whole: bytes, tmp_path: Path, stop: int) -> None:
    """After an epoch, and in the middle of one: dropout's pools are the same again."""
    seen: list[float] = []

    def progress(done: float, total: float) -> None:
        seen.append(done)
        if len(seen) == stop:
            signal.raise_signal(signal.SIGINT)

    how = loop_settings(TINY, 0)
    with pytest.raises(KeyboardInterrupt):
        Loop(task_of(corpus), how, tmp_path, "cpu").run(progress)
    resumed = Loop(task_of(corpus), how, tmp_path, "cpu")
    assert resumed.place.epoch * TINY.steps + resumed.place.step == stop
    resumed.run()
    assert (tmp_path / "best.safetensors").read_bytes() == whole


def test_what_the_folder_does_not_fit_is_told(
    trained: Path, data: dict[str, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SettingsError, match="other settings .*seed 0 became 9"):
        train_commentary(*data.values(), trained, replace(TINY, seed=9))
    out = tmp_path / "out"
    shutil.copytree(trained, out)
    kept = out / "network-0" / "checkpoint.safetensors"
    # As versions before the one loop wrote them.
    save_file({"net.leave.bias": torch.zeros(3)}, kept, {"epoch": "2"})
    with pytest.raises(InputError, match=r"checkpoint\.safetensors: .* an earlier version wrote it"):
        train_member(out, TINY, 0)
    assert members.main([str(out), "0"]) == 2
    assert "an earlier version wrote it" in json.loads(capsys.readouterr().out)["problem"]
    tensors, head = state.load_tensors(trained / "network-0" / "checkpoint.safetensors")
    state.save_tensors(kept, tensors, head | {"place": head["place"] | {"done": False}})
    with pytest.raises(InputError, match="not been trained to its end"):
        export_members(out, TINY, out / "weights")


@pytest.mark.parametrize(
    ("code", "message"),
    [
        ("print('out of luck'); sys.exit(7)", r"network-0: its process ended with 7 \(out of luck\)\. Run"),
        ("import json; print(json.dumps({'problem': 'no', 'remedy': 'Go'})); sys.exit(2)", r"^no\. Go\.$"),
        ("import os; os.kill(os.getpid(), 9)", r"ended with -9 \(without a word\)"),
    ],
)
def test_a_process_that_ends_early_stops_the_others(
    code: str, message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    started: list[subprocess.Popen[str]] = []

    def start(*_: object) -> subprocess.Popen[str]:
        does = "import time; time.sleep(60)" if started else f"import sys; print(1, flush=True); {code}"
        started.append(subprocess.Popen([sys.executable, "-c", does], stdout=subprocess.PIPE, text=True))
        return started[-1]

    monkeypatch.setattr(members, "_start", start)
    with pytest.raises(TrainingError, match=message):
        members.side_by_side(tmp_path, replace(TINY, members=2))
    assert started[1].returncode == -signal.SIGTERM


def test_lists_of_games_that_are_none_are_told(data: dict[str, Path], tmp_path: Path) -> None:
    wrong = tmp_path / "splits.json"
    names = json.loads(data["splits"].read_text())
    for content, message in (
        ({"train": names["train"]}, "no lists of games"),
        (names | {"valid": names["valid"][:1]}, "1 games of valid have any words; at least 2"),
        (names | {"train": []}, "0 games of train"),
    ):
        wrong.write_text(json.dumps(content))
        with pytest.raises(InputError, match=message):
            train_commentary(data["labels"], data["echoes"], wrong, tmp_path / "out", TINY)
    assert not (tmp_path / "out" / "vectors.npy").exists()


def test_crops_are_drawn_one_by_one(corpus: Corpus) -> None:
    """However many processes share a batch, each of its crops is the same."""
    task = task_of(corpus)
    (given, targets, inside), count = task.batch(1, 2, Share(0, 1), torch.device("cpu"))
    assert count == TINY.batch
    halves = [task.batch(1, 2, Share(part, 2), torch.device("cpu"))[0] for part in range(2)]
    assert torch.equal(targets, torch.cat([half[1] for half in halves]))
    assert torch.equal(inside, torch.cat([half[2] for half in halves]))
    assert torch.equal(given[-1], torch.cat([half[0][-1] for half in halves]))
    other = task.batch(1, 3, Share(0, 1), torch.device("cpu"))[0]
    assert not torch.equal(targets, other[1])


def test_dropouts_masks_depend_on_seeds_alone() -> None:
    small, large = torch.ones(100, 40), torch.ones(1 << 21, 2)

    def mask(*before: torch.Tensor, seed: int = 4) -> torch.Tensor:
        dropout = PooledDropout(0.25).train()
        dropout.renew(seed)
        for x in before:
            dropout(x)
        torch.manual_seed(1)
        return dropout(small)

    plain = mask()
    assert torch.equal(plain, mask(small, large))  # the pool has grown, and been used
    assert not torch.equal(plain, mask(seed=5))
    assert plain.unique().tolist() == pytest.approx([0.0, 4 / 3])
    assert float((plain == 0).float().mean()) == pytest.approx(0.25, abs=0.03)
    dropout = PooledDropout(0.25)
    assert dropout.eval()(small) is small


def test_words_are_forgotten_at_their_shares(corpus: Corpus) -> None:
    how = replace(TINY, word_dropout=0.3, stem_dropout=0.2, jitter_s=0.0)
    randoms = [np.random.default_rng(number) for number in range(200)]
    given = draw(corpus.of("train"), how, randoms).given
    spoken = given.words > 0
    assert float((given.words[spoken] == 1).mean()) == pytest.approx(0.5, abs=0.03)
    assert float((given.stems[spoken] == 0).mean()) == pytest.approx(0.5, abs=0.03)


def test_the_exported_network_says_the_same(corpus: Corpus, tmp_path: Path) -> None:
    import onnxruntime as ort

    torch.manual_seed(1)
    net = make_network(words_of(corpus), TINY)
    batch = draw(corpus.of("train"), TINY, [np.random.default_rng(0)])
    export_network(net, tmp_path / "net.onnx")
    assert b".py" not in (tmp_path / "net.onnx").read_bytes(), "no paths of the machine that trained it"
    named = batch.given.named()
    with torch.no_grad():
        expected = torch.sigmoid(net(*[torch.from_numpy(array) for array in named.values()]))[0].numpy()
    session = ort.InferenceSession(tmp_path / "net.onnx", providers=["CPUExecutionProvider"])
    np.testing.assert_allclose(session.run(None, named)[0], expected, atol=1e-4)
    # Other lengths than the example's, and a transcript without a word.
    empty = pack([], np.zeros((1, 333, FEATURES), np.float32)).named()
    assert session.run(None, empty)[0].shape == (333, len(TINY.radii_s), len(OUTPUTS))


def test_targets_are_one_within_the_radius_and_shared_with_relatives() -> None:
    targets = np.zeros((60, 2, len(OUTPUTS)), np.float32)
    red = soccer.index("Red card")
    fill_targets(targets, [(red, 130.5)], start=100, radii=(1.5, 8.0))
    assert targets[30, 0, red] == 1
    assert targets[:, 0, red].sum() == pytest.approx(3)
    assert targets[:, 1, red].sum() == pytest.approx(16, abs=1)
    for output in outputs_of(red):
        np.testing.assert_array_equal(targets[..., output], targets[..., red])
    assert {OUTPUTS[output] for output in outputs_of(red)} == {"Red card", "(sent off)", "(any card)"}


def test_rare_labels_weigh_more(corpus: Corpus) -> None:
    weights = output_weights(corpus.of("train"), 0.3)
    assert weights[soccer.index("Penalty")] > weights[soccer.index("Corner")]
    assert float(weights[: len(soccer.names)].mean()) == pytest.approx(1, abs=1e-5)


def test_seconds_outside_the_half_do_not_count() -> None:
    logits, targets = torch.zeros(1, 4, 1, 20), torch.zeros(1, 4, 1, 20)
    logits[0, 3] = 50.0
    inside = torch.tensor([[1.0, 1, 1, 0]])
    assert spotting_loss(logits, targets, inside, torch.ones(20)) == pytest.approx(10 * np.log(2))


def test_what_the_loop_is_asked_for(corpus: Corpus) -> None:
    """One cycle, and no decay of embeddings, norms and biases."""
    how = loop_settings(replace(TINY, learning_rate=2.0), 1)
    assert (how.seed, how.clip_norm, how.precision, how.average) == (1, 1.0, "bfloat16", TINY.average)
    total = TINY.epochs * TINY.steps
    rates = [rate_at(step, TINY.steps, how) for step in range(total)]
    assert rates[0] == pytest.approx(1 / 25)
    assert max(rates) == pytest.approx(1, rel=0.05)
    assert rates[-1] < 0.01
    assert rate_at(total, TINY.steps, how) == pytest.approx(1 / 1250)
    net = make_network(words_of(corpus), TINY)
    optimizer = make_optimizer(net, how)
    names = {id(parameter): name for name, parameter in net.named_parameters()}
    decayed, bare = ({names[id(p)] for p in group["params"]} for group in optimizer.param_groups)
    assert [group["weight_decay"] for group in optimizer.param_groups] == [TINY.weight_decay, 0.0]
    assert optimizer.param_groups[0]["betas"] == (0.9, 0.98)
    assert {"words.weight", "stems.weight", "marks.weight", "norm.weight", "leave.bias"} <= bare
    assert {"pairs.weight", "blocks.0.look.weight", "leave.weight"} <= decayed
    assert decayed | bare == set(names.values())


def test_words_said_together_get_like_vectors(corpus: Corpus) -> None:
    vectors = word_vectors(corpus.of("train"), words_of(corpus), 4, seed=0)
    assert vectors.shape == (words_of(corpus), 4)
    assert np.isfinite(vectors).all()
    np.testing.assert_array_equal(vectors, word_vectors(corpus.of("train"), words_of(corpus), 4, seed=0))


def test_a_corpus_survives_its_files(corpus: Corpus, tmp_path: Path) -> None:
    corpus.save(tmp_path)
    again = Corpus.load(tmp_path)
    assert [half.truths for half in again.halves] == [half.truths for half in corpus.halves]
    for one, other in zip(again.halves, corpus.halves, strict=True):
        for name in ("words", "stems", "marks", "times", "speech"):
            np.testing.assert_array_equal(
                getattr(one.versions["all"], name), getattr(other.versions["all"], name)
            )


def test_settings_refuse_what_they_do_not_know() -> None:
    assert from_json(TrainingSettings, json.loads(json.dumps(to_json(TINY)))) == TINY
    for wrong, message in (
        ({"epoch": 3}, "there is no epoch"),
        ({"epochs": "many"}, "needs a int"),
        ({"members": 0}, "members is at least 1"),
        ({"dropout": 1.0}, "dropout is from 0 to 0.99"),
        ({"radii_s": [1.0]}, "one weight a radius"),
    ):
        with pytest.raises(SettingsError, match=message):
            from_json(TrainingSettings, wrong)
    with pytest.raises(SettingsError, match="learning_rate"):
        loop_settings(TrainingSettings(learning_rate=-1.0), 0)


def test_decoding_is_fitted_to_tracks_that_see_everything() -> None:
    random = np.random.default_rng(0)
    truths, tracks = [], []
    for _ in range(4):
        track = random.random((400, 17)).astype(np.float32) * 0.02
        found = [(label, float(second)) for label in range(17) for second in random.integers(0, 40, 4) * 10]
        for label, second in found:
            track[int(second), label] = 0.5
        truths.append(found)
        tracks.append(track)
    fitted = fit(tracks, truths)
    assert set(fitted) == set(soccer.names)
    everything, shown = cross_fit(tracks, truths, [0, 0, 1, 1])
    truth = as_truth(truths)
    assert average_precision(truth, everything).mean() > 0.9
    assert (best_iou(truth, shown).overall.f1 or 0) > 0.8
    assert everything.score.max() > 0.5


def test_a_moment_comes_true_near_an_event_of_its_own() -> None:
    truth = as_truth([[(2, 100.0)]])
    label, time, score = (
        np.array([2, 2, 2, 3]),
        np.array([114.0, 101.0, 116.0, 100.0]),
        np.array([0.9, 0.8, 1, 1]),
    )
    assert came_true(truth, Moments(np.zeros(4, int), label, time, score)).tolist() == [
        True,
        False,
        False,
        False,
    ]
