"""Training the commentary spotter on a tiny made-up match: it learns, resumes, exports and is calibrated."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="needs the extra 'train'")

from matchcut.encoders.fusion import pack  # noqa: E402
from matchcut.encoders.words import FEATURES, Vocabulary  # noqa: E402
from matchcut.errors import SettingsError  # noqa: E402
from matchcut.sport import soccer  # noqa: E402
from matchcut.spotters.commentary import CommentarySpotter  # noqa: E402
from matchcut.training.commentary.corpus import Corpus, Half, read_version  # noqa: E402
from matchcut.training.commentary.export import export_network  # noqa: E402
from matchcut.training.commentary.loop import Trainer, learning_rate, make_network  # noqa: E402
from matchcut.training.commentary.loss import output_weights, spotting_loss  # noqa: E402
from matchcut.training.commentary.measure import Moments, as_truth, average_precision, best_iou, came_true  # noqa: E402
from matchcut.training.commentary.samples import draw, fill_targets, outputs_of  # noqa: E402
from matchcut.training.commentary.settings import OUTPUTS, TrainingSettings  # noqa: E402
from matchcut.training.commentary.ship import export_members  # noqa: E402
from matchcut.training.commentary.tune import cross_fit, fit  # noqa: E402
from matchcut.training.commentary.vectors import word_vectors  # noqa: E402
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


@pytest.fixture(scope="module")
def trained(corpus: Corpus, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("training")
    Trainer(corpus.of("train"), words_of(corpus), TINY, 0, out / "network-0").run(say=lambda _: None)
    return out


def test_the_loss_falls(trained: Path) -> None:
    losses = [float(line.split(",")[1]) for line in (trained / "network-0/log.csv").read_text().split()[1:]]
    assert len(losses) == TINY.epochs
    assert losses[-1] < losses[0] * 0.8


def test_an_interrupted_training_ends_the_same(corpus: Corpus, trained: Path, tmp_path: Path) -> None:
    def trainer() -> Trainer:
        return Trainer(corpus.of("train"), words_of(corpus), TINY, 0, tmp_path)

    class Stop(Exception):
        pass

    def stop(_: str) -> None:
        raise Stop

    with pytest.raises(Stop):
        trainer().run(say=stop)
    resumed = trainer()
    assert resumed.epoch == 1
    resumed.run(say=lambda _: None)
    assert (tmp_path / "checkpoint.safetensors").read_bytes() == (
        trained / "network-0/checkpoint.safetensors"
    ).read_bytes()


def test_other_settings_do_not_go_on(corpus: Corpus, trained: Path) -> None:
    with pytest.raises(SystemExit, match="other settings"):
        Trainer(corpus.of("train"), words_of(corpus), replace(TINY, seed=9), 0, trained / "network-0")


def test_the_exported_network_says_the_same(corpus: Corpus, tmp_path: Path) -> None:
    import onnxruntime as ort

    torch.manual_seed(1)
    net = make_network(words_of(corpus), TINY)
    batch = draw(corpus.of("train"), replace(TINY, batch=1), np.random.default_rng(0))
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


def test_what_was_trained_can_be_loaded_and_spots(corpus: Corpus, trained: Path) -> None:
    Vocabulary(corpus.words).save(trained / "vocabulary.txt")
    folder = trained / "weights"
    folder.mkdir()
    export_members(trained, TINY, folder)
    spotter = CommentarySpotter.load(folder, threads=1)
    said = Transcript([Utterance(50, 52, "corner kick"), Utterance(80, 82, "passing it around")])
    assert spotter.track(said).scores.shape == (87, 17)


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


def test_the_learning_rate_rises_and_falls() -> None:
    rates = [learning_rate(step, TINY) for step in range(TINY.epochs * TINY.steps)]
    assert max(rates) == pytest.approx(TINY.learning_rate, rel=0.05)
    assert rates[0] < max(rates) / 10 > rates[-1]


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
    assert TrainingSettings.from_json(json.loads(json.dumps(TINY.to_json()))) == TINY
    with pytest.raises(SettingsError, match="no such"):
        TrainingSettings.from_json({"epoch": 3})
    with pytest.raises(SettingsError, match="kind"):
        TrainingSettings.from_json({"epochs": "many"})


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
