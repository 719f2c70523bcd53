"""The whole path of clips: practice videos in, a model's folder out, predictions, scores; and the real GIFs."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="needs the extra 'clip'")
pytest.importorskip("transformers", reason="needs the extra 'clip'")

from matchcut.cli.main import main  # noqa: E402
from matchcut.clips import encode_videos, predict_clips, train_clip_classifier  # noqa: E402
from matchcut.datasets.mlb_youtube import FINE_CLASSES, read_mlb_youtube  # noqa: E402
from matchcut.datasets.practice_clips import PracticeClipSettings, write_practice_clips  # noqa: E402
from matchcut.encoders.simple import pixel_encoder  # noqa: E402
from matchcut.encoders.untrained import write_untrained_clip  # noqa: E402
from matchcut.errors import InputError, SettingsError  # noqa: E402
from matchcut.models.fusion import FusionNet, FusionSettings  # noqa: E402
from matchcut.spotters.clips import ClipClassifier, ClipModelSettings  # noqa: E402
from matchcut.training.clips.samples import Sample, collate  # noqa: E402
from matchcut.training.clips.task import ClipTask, ClipTraining, PairTask, varied  # noqa: E402
from matchcut.training.loop import Loop  # noqa: E402
from matchcut.training.settings import LoopSettings  # noqa: E402

torch.set_num_threads(1)

SETTINGS = {
    "data": {
        "rate": 2.0,
        "words": "weighted",
        "classes": "fine",
        "labels": True,
        "pitches": True,
        "speed": True,
    },
    "network": {"pyramid": [24, 16, 16], "heads": 2, "dense": [16, 16], "temporal": "gru"},
    "clips": {"balanced": True, "adjust": 0.5, "caption_dropout": 0.2, "jitter": 0.2, "noise": 0.05},
    "loop": {"epochs": 2, "batch": 16, "learning_rate": 0.003},
    "pretraining": 1,
}


@pytest.fixture(scope="module")
def practice(tmp_path_factory: pytest.TempPathFactory) -> Path:
    how = PracticeClipSettings(videos=4, clips=14, size=32, frame_rate=4)
    return write_practice_clips(tmp_path_factory.mktemp("practice"), how, seed=3)


@pytest.fixture(scope="module")
def model(practice: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("model") / "model"
    done = train_clip_classifier(practice, folder, videos=practice / "videos", settings=SETTINGS)
    assert sum(done.counts.values()) == 56
    assert done.figures is not None
    return folder


def test_a_model_is_a_folder_without_pickles(model: Path) -> None:
    assert {"README.md", "settings.json", "weights.safetensors"} <= {path.name for path in model.iterdir()}
    assert not [p for p in model.rglob("*") if p.suffix in (".pt", ".pth", ".pkl", ".bin", ".npy")]
    told = json.loads((model / "settings.json").read_text())
    assert tuple(told["kinds"]) == FINE_CLASSES
    assert told["vision"] == "pixels-8"
    assert "accuracy" in (model / "README.md").read_text()
    assert (model / "training" / "log.csv").exists()


def test_from_the_command_line(
    practice: Path, model: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    settings = tmp_path / "settings.json"
    settings.write_text(json.dumps(SETTINGS))
    videos, out = str(practice / "videos"), str(tmp_path / "found.json")
    train = ["train", "clips", "--manifests", str(practice), "--videos", videos, "-o", str(model)]
    assert main([*train, "--encoder", "pixels", "--settings", str(settings)]) == 0
    assert "trained on" in capsys.readouterr().out  # nothing was left to do
    assert main(["encode", videos, "-o", str(tmp_path / "store"), "--rate", "0.1", "--encoder", "pixels"]) == 0
    assert "4 encoded" in capsys.readouterr().out
    data = ["--manifests", str(practice), "--videos", videos]
    assert main(["predict", "clips", str(model), *data, "-o", out]) == 0
    rows = json.loads(Path(out).read_text())["clips"]
    known = {clip.name for clip in read_mlb_youtube(practice).clips}
    assert rows
    assert {row["clip"] for row in rows} <= known
    for row in rows:
        assert sum(row["kinds"].values()) == pytest.approx(1, abs=1e-4)
        assert 60 < row["speed_mph"] < 120
    capsys.readouterr()
    assert main(["evaluate", "clips", "--manifests", str(practice), "--predictions", out, "--json"]) == 0
    figures = json.loads(capsys.readouterr().out)
    assert figures["examples"] == len(rows)
    assert 0 <= figures["multilabel"]["map_all"] <= 1
    assert main(["evaluate", "clips", "--manifests", str(practice), "--predictions", out]) == 0
    assert "accuracy" in capsys.readouterr().out


def test_the_same_answers_from_python_as_while_training(practice: Path, model: Path) -> None:
    one = predict_clips(model, manifests=practice, videos=practice / "videos")
    other = predict_clips(model, manifests=practice, videos=practice / "videos")
    assert one.rows == other.rows
    everything = predict_clips(model, manifests=practice, videos=practice / "videos", part="all")
    assert len(everything.rows) == 56


def test_a_film_alone_is_a_clip(practice: Path, model: Path, tmp_path: Path) -> None:
    film = sorted((practice / "videos").iterdir())[0]
    (tmp_path / "broken.mp4").write_bytes(b"nothing")
    done = predict_clips(model, [film, tmp_path / "broken.mp4"], caption="swing and a miss")
    assert [row["clip"] for row in done.rows] == [film.name]
    assert len(done.failed) == 1


def test_bad_models_and_inputs(
    practice: Path, model: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(InputError, match="holds no trained clip classifier"):
        predict_clips(tmp_path, [practice / "videos"])
    with pytest.raises(InputError, match="no video to work on"):
        predict_clips(model, [])
    with pytest.raises(SettingsError, match="no such part: 'exam'"):
        predict_clips(model, manifests=practice, videos=practice / "videos", part="exam")
    with pytest.raises(SettingsError, match="no settings of lop"):
        train_clip_classifier(practice, tmp_path, settings={"lop": {}})
    with pytest.raises(SettingsError, match="there is no epoch"):
        train_clip_classifier(practice, tmp_path, settings={"loop": {"epoch": 3}})
    with pytest.raises(InputError, match="none of 56 clips can be used"):
        train_clip_classifier(practice, tmp_path / "x", videos=tmp_path)
    other = ClipClassifier.load(model)
    encoder = replace(pixel_encoder(8), identity="pixels-9", name="pixels 9")
    with pytest.raises(InputError, match=r"trained on features of pixels 8 \(pixels-8\), not of pixels 9"):
        other.check_encoders(encoder, None)
    with pytest.raises(InputError, match="vectors have 3 numbers"):
        other.answer([np.zeros((2, 3), np.float32)], [np.zeros((0, 256), np.float32)])
    # Without the manifests' videos a model's folder of another training is left as it was.
    different = {**SETTINGS, "loop": {**SETTINGS["loop"], "epochs": 5}}
    before = (model / "weights.safetensors").read_bytes()
    with pytest.raises(SettingsError, match="other settings"):
        train_clip_classifier(practice, model, videos=practice / "videos", settings=different)
    assert (model / "weights.safetensors").read_bytes() == before
    assert main(["predict", "clips", str(tmp_path / "none"), "a.gif"]) == 2
    assert "matchcut train clips" in capsys.readouterr().err


def test_mixed_up_or_cut_weights(model: Path, tmp_path: Path) -> None:
    cut = tmp_path / "cut"
    shutil.copytree(model, cut, ignore=shutil.ignore_patterns("features", "training"))
    weights = (cut / "weights.safetensors").read_bytes()
    (cut / "weights.safetensors").write_bytes(weights[:300])
    with pytest.raises(InputError, match="is damaged"):
        ClipClassifier.load(cut)
    small = FusionSettings(4, 4, (8, 8, 8), 2, dense=(8, 8))
    ClipClassifier(FusionNet(small), ClipModelSettings({}, ("a",) * 6)).save(tmp_path / "other")
    shutil.copy(tmp_path / "other" / "weights.safetensors", cut)
    with pytest.raises(InputError, match="another network's weights"):
        ClipClassifier.load(cut)


def samples(count: int = 24) -> list[Sample]:
    rng = np.random.default_rng(0)
    found = []
    for number in range(count):
        words = rng.standard_normal((number % 3, 4)).astype(np.float32)
        video = rng.standard_normal((3 + number % 4, 5)).astype(np.float32)
        found.append(Sample(f"{number}", video, words, np.ones(len(words), np.float32), number % 2))
    return found


def test_tasks_vary_clips_by_seed_epoch_and_step_alone() -> None:
    how = ClipTraining(batch=8, caption_dropout=0.5, jitter=0.5, noise=0.1)
    net = FusionNet(FusionSettings(5, 4, (8, 8, 8), 2, dense=(8, 8), classes=2))
    from matchcut.training.loop import Share

    one, other = (ClipTask(net, samples(), [], how) for _ in range(2))
    other.batch(0, 2, Share(0, 1), torch.device("cpu"))
    a, b = (task.batch(1, 1, Share(0, 1), torch.device("cpu"))[0][0] for task in (one, other))
    assert all(torch.equal(x, y) for x, y in zip(a, b, strict=True))
    none = varied(samples()[5], ClipTraining(caption_dropout=0.95), np.random.default_rng(1))
    assert len(none.words) == 0
    given = samples()[5]
    moved = varied(given, ClipTraining(scenery=0.5), np.random.default_rng(1)).video - given.video
    assert np.allclose(moved, moved[:1], atol=1e-6)
    assert np.abs(moved[0]).min() > 0
    clips, truths = collate(samples(3), 0)
    assert clips.video_mask.sum(1).tolist() == [3, 4, 5]
    assert truths.kinds.tolist() == [0, 1, 0]


def test_pretraining_brings_words_and_pictures_together(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    told = []
    for number in range(48):
        shared = rng.standard_normal((1, 5)).astype(np.float32)
        words = shared[:, :4] + 0
        told.append(Sample(f"{number}", np.repeat(shared, 3, 0), words, np.ones(1, np.float32)))
    net = FusionNet(FusionSettings(5, 4, (16, 16, 16), 2, dense=(8, 8), classes=2, dropout=0.0))
    task = PairTask(net, told[:32], told[32:], ClipTraining(batch=16))
    loop = Loop(task, LoopSettings(epochs=25, batch=16, learning_rate=0.01, patience=0), tmp_path, "cpu")
    loop.run()
    assert loop.place.rows[-1]["validation_loss"] < 0.7 * loop.place.rows[0]["validation_loss"]


@pytest.mark.data
def test_the_real_gifs_from_file_to_prediction(data_folder: Path, model: Path, tmp_path: Path) -> None:
    """Random weights: that it runs from end to end, not what it says."""
    gifs = data_folder / "mlb-youtube" / "clips"
    checkpoint = write_untrained_clip(tmp_path / "clip")
    done = encode_videos([gifs], tmp_path / "store", encoder=str(checkpoint))
    assert (done.made, done.failed) == (8, [])
    assert done.frames == sum(
        max(1, int(np.ceil(track * 4 - 1e-6))) for track in (4.92, 2.28, 3.96, 3.2, 3.28, 3.28, 4.76, 3.16)
    )
    assert encode_videos([gifs], tmp_path / "store", encoder=str(checkpoint)).kept == 8
    found = predict_clips(model, [gifs], store=tmp_path / "features")
    assert len(found.rows) == 8
    assert {row["kind"] for row in found.rows} <= set(FINE_CLASSES)
