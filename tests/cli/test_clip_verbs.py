"""The verbs of clips as a user meets them: every kind of model, every kind of bad input."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

torch = pytest.importorskip("torch", reason="needs the extra 'clip'")
pytest.importorskip("transformers", reason="needs the extra 'clip'")

from matchcut.cli.main import main  # noqa: E402
from matchcut.clips import evaluate_clips, predict_clips, train_clip_classifier  # noqa: E402
from matchcut.datasets.mlb_youtube import ACTIONS, read_mlb_youtube  # noqa: E402
from matchcut.datasets.practice_clips import PracticeClipSettings, write_practice_clips  # noqa: E402
from matchcut.encoders.untrained import write_untrained_clip  # noqa: E402
from matchcut.training.state import load_tensors  # noqa: E402

torch.set_num_threads(1)

SMALL: dict[str, Any] = {
    "data": {"rate": 2.0},
    "network": {"pyramid": [16, 16, 16], "heads": 2, "dense": [16, 16]},
    "loop": {"epochs": 1, "batch": 16},
}
C3D = {**SMALL, "network": {"size": 32, "width": 2, "dense": 8, "frames": 8}}
PLAIN = {name: SMALL[name] for name in ("data", "loop")}

Capture = pytest.CaptureFixture[str]


@pytest.fixture(scope="module")
def practice(tmp_path_factory: pytest.TempPathFactory) -> Path:
    how = PracticeClipSettings(videos=4, clips=12, size=32, frame_rate=4)
    return write_practice_clips(tmp_path_factory.mktemp("practice"), how, seed=5)


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_untrained_clip(tmp_path_factory.mktemp("clip") / "tiny")


@pytest.fixture(scope="module")
def model(practice: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("model") / "model"
    train_clip_classifier(practice, folder, videos=practice / "videos", settings=SMALL)
    return folder


def train(practice: Path, out: Path, *more: str, settings: Any = SMALL) -> int:
    path = out.parent / f"{out.name}.json"
    path.write_text(settings if isinstance(settings, str) else json.dumps(settings))
    given = ["train", "clips", "--manifests", str(practice), "-o", str(out), "--settings", str(path), *more]
    return main(given)


KINDS: dict[str, tuple[list[str], Any]] = {
    "video": (["--model", "video", "--encoder", "pixels"], SMALL),
    "words": (["--model", "words", "--classes", "fine"], PLAIN),
    "majority": (["--model", "majority"], PLAIN),
    "c3d": (["--model", "c3d"], C3D),
    "videomae": (["--model", "videomae", "--encoder", "untrained-tiny"], PLAIN),
    "unfrozen": (["--unfreeze", "1", "--encoder", "CHECKPOINT"], SMALL),
}


@pytest.mark.parametrize("name", KINDS)
def test_every_model_is_trained_predicts_and_is_scored(
    name: str, practice: Path, checkpoint: Path, tmp_path: Path, capsys: Capture
) -> None:
    options, settings = KINDS[name]
    options = [str(checkpoint) if option == "CHECKPOINT" else option for option in options]
    folder, found = tmp_path / "model", tmp_path / "found.json"
    assert train(practice, folder, "--videos", str(practice / "videos"), *options, settings=settings) == 0
    assert "test, " in capsys.readouterr().out
    assert not [p for p in folder.rglob("*") if p.suffix in (".pt", ".pth", ".pkl", ".bin", ".npy")]
    data = ["--manifests", str(practice), "--videos", str(practice / "videos")]
    assert main(["predict", "clips", str(folder), *data, "-o", str(found)]) == 0
    scores = evaluate_clips(practice, found, rounds=20)
    testing = [clip for clip in read_mlb_youtube(practice).clips if clip.subset == "testing"]
    assert scores.figures.examples == len(testing)
    film = str(sorted((practice / "videos").iterdir())[0])
    capsys.readouterr()
    if name in ("words", "majority"):
        assert main(["predict", "clips", str(folder), film]) == 2
        assert "Name a data set with --manifests" in capsys.readouterr().err
        assert scores.labels is not None
    else:
        assert main(["predict", "clips", str(folder), film]) == 0
        assert capsys.readouterr().out.startswith(Path(film).name)
    # What the folder holds is read whole or not at all.
    weights = folder / "weights.safetensors"
    weights.write_bytes(weights.read_bytes()[:-40])
    assert main(["predict", "clips", str(folder), *data]) == 2
    assert "is damaged" in capsys.readouterr().err


def test_majority_says_the_commonest_class_of_training(practice: Path, tmp_path: Path) -> None:
    train_clip_classifier(practice, tmp_path / "m", model="majority", settings={"data": {"classes": "fine"}})
    rows = predict_clips(tmp_path / "m", manifests=practice).rows
    clips = read_mlb_youtube(practice).clips
    learnt = [clip.fine_class for clip in clips if clip.subset == "training"]
    assert {row["kind"] for row in rows} == {max(set(learnt), key=learnt.count)}
    share = learnt.count(rows[0]["kind"]) / len(learnt)
    assert rows[0]["kinds"][rows[0]["kind"]] == pytest.approx(share, abs=1e-4)


def test_scores_are_shown_and_written(practice: Path, model: Path, tmp_path: Path, capsys: Capture) -> None:
    found, out = tmp_path / "found.json", tmp_path / "scores"
    rows = predict_clips(model, manifests=practice, videos=practice / "videos").rows
    rows = tuple({**row, "labels": {name: 0.1 * n for n, name in enumerate(ACTIONS)}} for row in rows)
    strange = {**rows[0], "clip": "not of the data set"}
    found.write_text(json.dumps({"clips": [*rows, strange]}))
    given = ["evaluate", "clips", "--manifests", str(practice), "--predictions", str(found), "--rounds", "30"]
    assert main([*given, "-o", str(out)]) == 0
    told = capsys.readouterr()
    for word in ("weighted", "macro", "by video", "Confusion", "map_all", "calibration error", "accuracy"):
        assert word in told.out
    assert "1 predicted clips are not among" in told.err
    names = {"figures.json", "classes.csv", "confusion.svg", "reliability.svg"}
    assert {path.name for path in out.iterdir()} == names
    figures = json.loads((out / "figures.json").read_text())
    assert set(figures["intervals"]) == {"accuracy", "f1_weighted", "f1_macro", "map_all"}
    for by in figures["intervals"].values():
        assert by["clip"]["low"] <= by["clip"]["value"] <= by["clip"]["high"]
    assert figures["calibration"]["ece"] is not None
    assert "expected calibration error" in (out / "reliability.svg").read_text()
    assert main([*given, "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == figures
    with_twice = {"clips": [*rows, rows[0]]}
    for value, message in (
        (with_twice, "is predicted twice"),
        ({"clips": 3}, "is no file of clip predictions"),
        ([1], "is no file of clip predictions"),
        ({"clips": [strange]}, "none of its 1 clips is in the data set"),
        ({"clips": [{"clip": rows[0]["clip"], "kinds": {"goal": 1.0}, "labels": {}}]}, "its classes are goal"),
        ({"clips": [{"clip": rows[0]["clip"]}]}, "KeyError: 'kinds'"),
    ):
        found.write_text(json.dumps(value))
        assert main(given) == 2
        assert message in capsys.readouterr().err


def test_missing_and_broken_videos_are_counted_and_listed(
    practice: Path, model: Path, tmp_path: Path, capsys: Capture
) -> None:
    videos = tmp_path / "videos"
    shutil.copytree(practice / "videos", videos)
    first, second, *_ = sorted(videos.iterdir())
    first.unlink()
    second.write_bytes(second.read_bytes()[:1500])
    assert train(practice, tmp_path / "m", "--videos", str(videos), "--encoder", "pixels") == 0
    told = capsys.readouterr()
    assert f"12 clips were skipped: {videos} has no file {first.stem}.*" in told.err
    assert f"12 clips were skipped: {second}: was cut off" in told.err
    assert "trained on" in told.out
    assert main(["encode", str(videos), "-o", str(tmp_path / "store"), "--encoder", "pixels"]) == 0
    told = capsys.readouterr()
    assert told.err.count(str(second)) == 1
    assert "2 encoded" in told.out
    assert main(["encode", str(second), "-o", str(tmp_path / "store"), "--encoder", "pixels"]) == 2
    assert "none of 1 video could be read" in capsys.readouterr().err
    assert main(["predict", "clips", str(model), str(tmp_path / "gone.mp4")]) == 2
    assert "gone.mp4: cannot be read" in capsys.readouterr().err
    for folder, message in (
        (tmp_path / "none", "there is no such folder"),
        (tmp_path / "m", "none of 48 clips"),
    ):
        assert train(practice, tmp_path / "n", "--videos", str(folder), "--encoder", "pixels") == 2
        assert message in capsys.readouterr().err


def test_the_table_tells_where_features_lie(practice: Path, model: Path, tmp_path: Path) -> None:
    pandas = pytest.importorskip("pandas", reason="needs the extra 'tables'")
    videos = str(practice / "videos")
    given = ["clips", "table", str(practice), "-o", str(tmp_path / "t.csv"), "--videos", videos]
    store = ["--store", str(model / "features"), "--encoder", "pixels"]
    for rate, there in (("2", True), ("3", False)):
        assert main([*given, *store, "--rate", rate]) == 0
        clips = pandas.read_csv(tmp_path / "t.csv", keep_default_na=False)
        labelled = clips[clips["label"] != "none"]
        assert len(labelled) == 48
        assert all((Path(path).is_file() if path else False) is there for path in labelled["features"])


def test_bad_manifests(practice: Path, tmp_path: Path, capsys: Capture) -> None:
    name = "mlb-youtube-segmented.json"
    good = json.loads((practice / name).read_text())
    first = next(iter(good))
    wrong = {**good, first: {**good[first], "labels": ["bal"]}}
    for text, message in (
        (json.dumps(wrong), "there is no action 'bal' in baseball. Did you mean 'ball'?\n"),
        ("[1, 2]", "expected an object of segmented clips, found list"),
        ('{"a": {"url": 3}}', "clip a: has no 'start', only url"),
        ("{broken", "not JSON (line 1"),
    ):
        (tmp_path / name).write_text(text)
        assert train(tmp_path, tmp_path / "m", "--model", "majority", settings=PLAIN) == 2
        assert message in capsys.readouterr().err
    assert not (tmp_path / "m").exists()


def test_a_class_without_examples_is_told(practice: Path, tmp_path: Path, capsys: Capture) -> None:
    shutil.copytree(practice, tmp_path / "p", ignore=shutil.ignore_patterns("videos"))
    path = tmp_path / "p" / "mlb-youtube-segmented.json"
    found = {name: one for name, one in json.loads(path.read_text()).items() if "ball" not in one["labels"]}
    path.write_text(json.dumps(found))
    for options in (["--model", "words"], ["--encoder", "pixels"]):
        assert train(tmp_path / "p", tmp_path / options[-1], *options) == 0
        assert "no training clip shows: ball" in capsys.readouterr().err


def test_bad_settings_change_nothing(practice: Path, model: Path, tmp_path: Path, capsys: Capture) -> None:
    for settings, message in (
        ({"loop": {"epoch": 3}}, "loop: there is no epoch. There are: "),
        ("[]", "settings are no JSON object"),
        ({"loop": 3}, "the settings of loop are no JSON object"),
        ({"pretraining": "some"}, "pretraining is a number of epochs"),
        ({"data": {"words": "all of them"}}, "no such way of choosing words"),
    ):
        assert train(practice, tmp_path / "m", "--encoder", "pixels", settings=settings) == 2
        assert message in capsys.readouterr().err
    for options, message in (
        (["--model", "video"], "learns from pictures. Name their folder with --videos"),
        (
            ["--videos", str(practice / "videos"), "--unfreeze", "1", "--encoder", "pixels"],
            "no layers to learn",
        ),
        (["--videos", str(practice / "videos"), "--model", "videomae"], "are not on this machine"),
        (["--videos", str(practice / "videos")], "are not on this machine"),
    ):
        assert train(practice, tmp_path / "m", *options, settings=PLAIN) == 2
        assert message in capsys.readouterr().err
    before = {path: path.read_bytes() for path in model.rglob("*") if path.is_file()}
    given = ["--videos", str(practice / "videos"), "--encoder", "pixels", "--seed", "7"]
    assert train(practice, model, *given) == 2
    assert "holds a training with other settings" in capsys.readouterr().err
    assert all(path.read_bytes() == data for path, data in before.items() if path.name != "model.json")


def test_a_loss_that_is_no_number(practice: Path, tmp_path: Path, capsys: Capture) -> None:
    mad = {**SMALL, "loop": {"batch": 8, "learning_rate": 1e30, "clip_norm": 0.0, "epochs": 3}}
    given = ["--videos", str(practice / "videos"), "--encoder", "pixels"]
    assert train(practice, tmp_path / "m", *given, settings=mad) == 2
    told = capsys.readouterr().err
    assert "the loss became" in told
    assert "Lower the learning rate" in told
    assert not (tmp_path / "m" / "weights.safetensors").exists()
    assert list((tmp_path / "m" / "features").iterdir())  # what was encoded stays


def test_half_written_features_are_made_anew(practice: Path, tmp_path: Path, capsys: Capture) -> None:
    store, videos = tmp_path / "store", str(practice / "videos")
    encode = ["encode", videos, "-o", str(store), "--encoder", "pixels", "--rate", "0.5"]
    assert main(encode) == 0
    path = next(store.rglob("*.safetensors"))
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    capsys.readouterr()
    assert main(encode) == 0
    assert "1 encoded" in capsys.readouterr().out
    assert path.read_bytes() == whole


def test_another_encoder_than_the_models(
    model: Path, practice: Path, checkpoint: Path, capsys: Capture
) -> None:
    given = ["predict", "clips", str(model), str(practice / "videos"), "--encoder", str(checkpoint)]
    assert main(given) == 2
    assert "the model was trained on features of pixels 8 (pixels-8), not of" in capsys.readouterr().err


def test_the_models_own_split_is_predicted(practice: Path, tmp_path: Path) -> None:
    train_clip_classifier(practice, tmp_path / "m", model="majority", settings={"data": {"split": "video"}})
    own = predict_clips(tmp_path / "m", manifests=practice).rows
    videos = {clip.video for clip in read_mlb_youtube(practice).clips if clip.name in {r["clip"] for r in own}}
    assert len(videos) == 1
    assert len(predict_clips(tmp_path / "m", manifests=practice, split="official").rows) != len(own)


@pytest.mark.skipif(os.name == "nt", reason="signals of POSIX")
def test_ctrl_c_in_an_epoch_loses_nothing(practice: Path, tmp_path: Path) -> None:
    long = {**SMALL, "loop": {"epochs": 5000, "batch": 8, "patience": 0, "learning_rate": 1e-5}}
    (tmp_path / "s.json").write_text(json.dumps(long))
    out = tmp_path / "m"
    given = [
        sys.executable, "-m", "matchcut", "train", "clips", "--manifests", str(practice), "--encoder", "pixels",
        "--videos", str(practice / "videos"), "-o", str(out), "--settings", str(tmp_path / "s.json"),
    ]  # fmt: skip
    log = out / "training" / "log.csv"
    env = os.environ | {"OMP_NUM_THREADS": "1"}
    process = subprocess.Popen(given, env=env, stderr=subprocess.PIPE, text=True, preexec_fn=_heed)
    until = time.monotonic() + 90
    while time.monotonic() < until and (not log.exists() or len(log.read_text().splitlines()) < 4):
        time.sleep(0.05)
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "the same command goes on from there" in said
    _, head = load_tensors(out / "training" / "checkpoint.safetensors")
    assert head["place"]["epoch"] == len(log.read_text().splitlines()) - 1 >= 3
    # The same command goes on; that it ends as it would have without the stop is tested with the loop.
    seen: list[tuple[float, float]] = []

    def stop(done: float, total: float) -> None:
        if total >= 5000:  # steps of the training, not pictures
            seen.append((done, total / 5000))
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        train_clip_classifier(practice, out, videos=practice / "videos", settings=long, progress=stop)
    (done, steps), place = seen[0], head["place"]
    assert done == place["epoch"] * steps + place["step"] + 1


def _heed() -> None:
    """Where tests run in the background, Ctrl-C would be ignored."""
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.mark.data
def test_the_real_gifs_by_the_command_line(
    data_folder: Path, model: Path, practice: Path, checkpoint: Path, tmp_path: Path, capsys: Capture
) -> None:
    """From file to features to prediction; random weights, so only that it runs from end to end."""
    gifs = data_folder / "mlb-youtube" / "clips"
    names = sorted(path.name for path in gifs.glob("*.gif"))
    assert len(names) == 8
    store = str(tmp_path / "store")
    assert main(["encode", str(gifs), "-o", store, "--encoder", str(checkpoint), "--json"]) == 0
    paths = json.loads(capsys.readouterr().out)
    assert sorted(Path(path).name for path in paths) == names
    assert all(Path(path).exists() for path in paths.values())
    assert main(["encode", str(gifs), "-o", store, "--encoder", str(checkpoint)]) == 0
    assert "0 encoded (0 frames), 8 there already" in capsys.readouterr().out
    unfrozen = tmp_path / "unfrozen"
    videos = ["--videos", str(practice / "videos")]
    assert train(practice, unfrozen, *videos, "--unfreeze", "1", "--encoder", str(checkpoint)) == 0
    for folder in (model, unfrozen):
        capsys.readouterr()
        assert main(["predict", "clips", str(folder), str(gifs), "--caption", "swing and a miss"]) == 0
        lines = capsys.readouterr().out.splitlines()
        assert [line.split(":")[0] for line in lines] == names
