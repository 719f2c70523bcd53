"""The whole path of frames on the command line: practice images in, a model's folder out, asked and scored."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="needs the extra 'clip'")
pytest.importorskip("transformers", reason="needs the extra 'clip'")

from PIL import Image  # noqa: E402

from matchcut.cli.main import main  # noqa: E402
from matchcut.datasets.practice_frames import PracticeFrameSettings, write_practice_frames  # noqa: E402
from matchcut.encoders.dual import write_untrained_dual  # noqa: E402
from matchcut.encoders.text import load_text  # noqa: E402
from matchcut.encoders.vision import load_vision  # noqa: E402
from matchcut.errors import OutputError, ValidationError  # noqa: E402
from matchcut.export.retrievals import RetrievalSettings, Row, Thumbnail, write_retrievals  # noqa: E402
from matchcut.frames import evaluate_frames, predict_frames  # noqa: E402
from matchcut.training.frames.source import FrameModel  # noqa: E402

torch.set_num_threads(1)


@pytest.fixture(scope="module")
def images(tmp_path_factory: pytest.TempPathFactory) -> Path:
    how = PracticeFrameSettings(games=6, actions=8, replays=2, size=32, test_share=0.34, valid_share=0.17)
    return write_practice_frames(tmp_path_factory.mktemp("practice") / "images", how, seed=2)


@pytest.fixture(scope="module")
def clips(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("clips")
    return {kind: write_untrained_dual(folder / kind, kind) for kind in ("clip", "resnet")}


@pytest.fixture(scope="module")
def model(images: Path, clips: dict[str, Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("models") / "model"
    told = [
        "train", "frames", str(images), "-o", str(folder), "--encoder", str(clips["resnet"]),
        "--learning-rate", "1e-3", "--epochs", "2", "--loss", "multi-positive", "--augment", "fresh",
        "--optimizer", "momentum", "--seed", "3",
    ]  # fmt: skip
    assert main(told) == 0
    return folder


def test_a_trained_folder_is_an_encoder_with_a_card(model: Path, images: Path, capsys: Any) -> None:
    vision, text = load_vision(str(model)), load_text(str(model))
    assert vision.width == text.width == 24
    told = json.loads((model / "frames.json").read_text("utf-8"))
    assert told["synthetic"] is True
    assert told["loop"]["optimizer"] == "momentum"
    assert told["loop"]["batch"] == 8
    assert told["frames"]["loss"] == "multi-positive"
    assert told["fresh"]["rate"] > 0
    assert told["pictures_s"] > 0
    card = (model / "README.md").read_text("utf-8")
    assert "practice images (synthetic: no claim about soccer)" in card
    assert "training pictures a second on cpu" in card
    known = FrameModel.of(str(model))
    assert known is not None
    assert list(known.prompts) == list(told["prompts"])
    figures = json.loads((model / "figures.json").read_text("utf-8"))
    assert 0 <= figures["accuracy_interval"]["low"] <= figures["classification"]["accuracy"]
    assert (model / "confusion.svg").read_text("utf-8").startswith("<svg")
    with Image.open(model / "retrievals.png") as picture:
        assert picture.size[0] > 400
    # Scored again, from its folder alone, it has the same figures.
    capsys.readouterr()
    assert main(["evaluate", "frames", str(model), "--images", str(images), "--json"]) == 0
    again = json.loads(capsys.readouterr().out)
    assert again["classification"]["confusion"] == figures["classification"]["confusion"]
    for k in ("1", "5", "10"):
        assert again["text_to_image"]["recall_at"][k] == figures["text_to_image"]["recall_at"][k]


def test_training_again_goes_on_and_other_settings_are_refused(
    model: Path, images: Path, clips: dict[str, Path], tmp_path: Path, capsys: Any
) -> None:
    folder = tmp_path / "model"
    shutil.copytree(model, folder)
    told = [
        "train", "frames", str(images), "-o", str(folder), "--encoder", str(clips["resnet"]),
        "--learning-rate", "1e-3", "--epochs", "2", "--loss", "multi-positive", "--augment", "fresh",
        "--optimizer", "momentum", "--seed",
    ]  # fmt: skip
    before = (folder / "model.safetensors").read_bytes()
    assert main([*told, "3"]) == 0
    assert (folder / "model.safetensors").read_bytes() == before
    capsys.readouterr()
    assert main([*told, "4"]) == 2
    assert "other settings (frames.seed 3 became 4" in capsys.readouterr().err


def test_a_probe_and_zero_shot(images: Path, clips: dict[str, Path], tmp_path: Path, capsys: Any) -> None:
    folder = tmp_path / "probe"
    settings = tmp_path / "settings.json"
    settings.write_text(json.dumps({"probe": {"epochs": 20}}))
    told = ["train", "frames", str(images), "-o", str(folder), "--encoder", str(clips["clip"])]
    assert main([*told, "--method", "probe", "--augment", "ahead", "--settings", str(settings)]) == 0
    assert (folder / "probe.safetensors").exists()
    zero, _ = evaluate_frames(str(clips["clip"]), images, "valid")
    probe, _ = evaluate_frames(str(folder), images, "train")
    assert probe.classification.accuracy > zero.classification.accuracy
    assert main(["evaluate", "frames", str(clips["clip"]), "--images", str(images), "-o", str(tmp_path)]) == 0
    assert "macro accuracy" in capsys.readouterr().out
    assert (tmp_path / "retrievals.png").exists()


def test_pictures_are_told_and_odd_ones_left_out(model: Path, tmp_path: Path, capsys: Any) -> None:
    rng = np.random.default_rng(0)
    folder = tmp_path / "pictures"
    folder.mkdir()
    Image.fromarray(rng.integers(0, 255, (40, 60, 3), dtype=np.uint8)).save(folder / "plain.png")
    Image.fromarray(rng.integers(0, 255, (40, 60, 4), dtype=np.uint8), "CMYK").save(folder / "cmyk.jpg")
    Image.fromarray(rng.integers(0, 2**16, (40, 60), dtype=np.uint16)).save(folder / "sixteen.png")
    Image.new("RGB", (1, 1)).save(folder / "one.png")
    shown = [Image.new("RGB", (20, 20), colour) for colour in ("red", "blue")]
    shown[0].save(folder / "moving.gif", save_all=True, append_images=shown[1:])
    (folder / "broken.png").write_bytes((folder / "plain.png").read_bytes()[:200])
    done = predict_frames(str(model), [folder])
    assert {Path(row["picture"]).name for row in done.rows} == {"plain.png", "cmyk.jpg", "sixteen.png"}
    assert {Path(name).name for name, _ in done.failed} == {"one.png", "moving.gif", "broken.png"}
    assert all(sum(row["labels"].values()) == pytest.approx(1, abs=1e-4) for row in done.rows)
    assert main(["predict", "frames", str(model), str(folder), "-o", str(tmp_path / "out.json")]) == 0
    assert "one.png is left out" in capsys.readouterr().err
    assert len(json.loads((tmp_path / "out.json").read_text("utf-8"))["pictures"]) == 3
    assert main(["predict", "frames", str(model), str(folder / "one.png")]) == 2
    assert "no picture can be used" in capsys.readouterr().err
    (tmp_path / "empty").mkdir()
    assert main(["predict", "frames", str(model), str(tmp_path / "empty")]) == 2
    assert "no picture to look at" in capsys.readouterr().err


def test_clear_messages(images: Path, clips: dict[str, Path], tmp_path: Path, capsys: Any) -> None:
    prompts = tmp_path / "prompts.json"
    other = tmp_path / "bert"
    other.mkdir()
    (other / "config.json").write_text('{"model_type": "bert"}')
    out = str(tmp_path / "out")
    prompts.write_text(json.dumps({"prompts": {"Corner": [" "]}}))
    train = ["train", "frames", str(images), "-o", out]
    for told, message in (
        ([*train, "--encoder", str(other)], "is a 'bert' model"),
        ([*train, "--encoder", str(tmp_path / "nothing")], "not on this machine"),
        ([*train, "--encoder", str(clips["clip"]), "--prompts", str(prompts)], "empty prompt"),
        ([*train, "--encoder", str(clips["clip"]), "--resnet", str(clips["clip"])], "not a ResNet"),
        (
            ["evaluate", "frames", str(clips["clip"]), "--images", str(images), "--split", "challenge"],
            "no image",
        ),
        (["evaluate", "frames", str(other), "--images", str(images)], "is a 'bert' model"),
        (["train", "frames", str(tmp_path / "nowhere"), "-o", out], "no such folder"),
    ):
        assert main(told) == 2
        assert message in capsys.readouterr().err
    for given, message in (("[1]", "settings: names"), ('{"loop": 3}', "loop: names"), ('{"x": {}}', "of x")):
        (tmp_path / "settings.json").write_text(given)
        told = [*train, "--scratch", "tiny", "--epochs", "1", "--settings", str(tmp_path / "settings.json")]
        assert main(told) == 2
        assert message in capsys.readouterr().err
    assert main([*train, "--scratch", "tiny", "--encoder", str(clips["clip"])]) == 2
    assert "cannot both be begun with" in capsys.readouterr().err
    assert main(["evaluate", "frames", str(images), "--images", str(images)]) == 2
    assert "config.json is missing" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()
    (tmp_path / "half").mkdir()
    (tmp_path / "half/frames.json").write_text("[]")
    assert main(["predict", "frames", str(tmp_path / "half"), str(images)]) == 2
    capsys.readouterr()


def test_a_data_set_of_one_label(tmp_path: Path, clips: dict[str, Path], images: Path, capsys: Any) -> None:
    """Labels but one rewritten: there is nothing to tell apart."""
    folder = tmp_path / "one"
    shutil.copytree(images, folder)
    for path in folder.rglob("Labels-v3.json"):
        value = json.loads(path.read_text("utf-8"))
        for part in ("actions", "replays"):
            for image in value[part].values():
                image["imageMetadata"]["label"] = "Corner"
        path.write_text(json.dumps(value), "utf-8")
    told = ["train", "frames", str(folder), "-o", str(tmp_path / "out"), "--encoder", str(clips["clip"])]
    assert main(told) == 2
    assert "training pictures are of 'Corner'" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_random_weights_without_any_at_hand(images: Path, tmp_path: Path, capsys: Any) -> None:
    told = ["train", "frames", str(images), "--scratch", "tiny", "--epochs", "1"]
    assert main([*told, "-o", str(tmp_path / "model")]) == 0
    assert "practice images (synthetic)" in " ".join(capsys.readouterr().err.split())
    assert "Begun with: random weights (tiny)" in (tmp_path / "model/README.md").read_text("utf-8")
    assert load_vision(str(tmp_path / "model")).width == load_text(str(tmp_path / "model")).width
    # A place that cannot be written to is told before anything is learnt.
    (tmp_path / "file").write_text("")
    assert main([*told, "-o", str(tmp_path / "file/model")]) == 2
    assert "not a folder" in capsys.readouterr().err


def test_the_picture_of_retrievals(tmp_path: Path) -> None:
    thumb = Thumbnail(np.zeros((30, 50, 3), np.uint8), True, ("is Corner", "a " * 60))
    wrong = Thumbnail(np.zeros((50, 30, 3), np.uint8), False)
    sections = [("Best", [Row("corner", [thumb, wrong])]), ("Worst", [Row("", [wrong])])]
    how = RetrievalSettings()
    path = write_retrievals(tmp_path / "shown.png", sections, "A title", how)
    with Image.open(path) as opened:
        picture = np.asarray(opened)
    first = picture[:, : how.gap + how.width]
    blue = (first == (0x12, 0x52, 0x8C)).all(-1)
    red = (picture == (0xB3, 0x26, 0x1E)).all(-1)
    assert blue.any()  # a full frame
    assert red.any()
    assert blue.sum(1).max() > 50
    run = max(len(part) for part in "".join("#" if dot else " " for dot in red.any(0)).split())
    assert run < 60  # a broken one
    with pytest.raises(OutputError, match="written as a picture"):
        write_retrievals(tmp_path / "shown.txt", sections)
    with pytest.raises(ValidationError, match="no retrieval to show"):
        write_retrievals(tmp_path / "shown.png", [("Best", [])])
