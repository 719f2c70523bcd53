"""A spotter of pictures, sound and words, from rendered matches to the evaluator, by the command line."""

from __future__ import annotations

import json
from pathlib import Path
from zipfile import ZipFile

import pytest
from click.testing import CliRunner

from matchcut.cli.main import cli

torch = pytest.importorskip("torch")
torch.set_num_threads(1)

SETTINGS = {
    "network": {"width": 8, "layers": 2, "window_s": 4.0, "radii_s": [1.0, 4.0]},
    "spotting": {"steps": 12, "chunk_s": 8.0, "edge_s": 1.0, "jitter_s": 0.0},
    "loop": {"epochs": 1, "batch": 2, "learning_rate": 0.01, "average": 0.0, "precision": "float32"},
}


def _run(*words: object, code: int = 0) -> str:
    done = CliRunner().invoke(cli, [str(word) for word in words])
    assert done.exit_code == code, (done.output, done.exception)
    return f"{done.output}{done.exception or ''}"


def _detections(path: Path) -> list[tuple[str, str, str]]:
    found = []
    with ZipFile(path) as archive:
        for name in archive.namelist():
            rows = json.loads(archive.read(name))["predictions"]
            found += [(row["label"], row["position"], row["confidence"]) for row in rows]
    return found


def test_pictures_sound_and_words_and_a_modality_that_is_missing(tmp_path: Path) -> None:
    data, model, store = tmp_path / "matches", tmp_path / "model", tmp_path / "store"
    said = _run("practice", data, "--soccernet", 2, "--duration", 26, "--one-modality")
    assert "1 train, 1 valid, 0 test" in said
    assert "synthetic" in said
    given = tmp_path / "settings.json"
    given.write_text(json.dumps(SETTINGS), encoding="utf-8")
    places = ("--data", data, "--store", store)
    modalities = ("--modalities", "video=encoder:pixels,sound,words")
    splits = ("--splits", data / "splits.json", "--settings", given, "--device", "cpu")
    assert "trained on" in _run("train", "spotter", *places, *modalities, *splits, "-o", model)

    # Its own modalities, by the encoders that it was trained on; then one of them missing.
    ask = ("predict", "soccernet", "--model", model, *places, "--split", data / "valid.json")
    whole, fewer = tmp_path / "whole.zip", tmp_path / "fewer.zip"
    assert "from video, sound, words" in _run(*ask, "-o", whole)
    assert "from video, sound, words" in _run(*ask, "--modalities", "video,sound,words", "-o", fewer)
    assert _detections(whole) == _detections(fewer)
    assert "from sound, words" in _run(*ask, "--modalities", "sound,words", "-o", fewer)
    assert _detections(whole)
    assert _detections(fewer)
    assert _detections(whole) != _detections(fewer)

    # Words alone do not tell how long a half is: its film does.
    _run(*ask, "--modalities", "words", "-o", fewer)
    assert max(int(position) for _, position, _ in _detections(fewer)) <= 70_000

    scored = ("evaluate", "soccernet", "--labels", data, "--predictions", whole)
    value = json.loads(_run(*scored, "--split", data / "valid.json", "--metric", "loose", "--json"))
    assert 0 <= value["a_mAP"] <= 1
    told = _run(*ask, "--modalities", "smell", "-o", fewer, code=1)
    assert "knows no modality 'smell'" in told
