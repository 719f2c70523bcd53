"""Learnt sound: rows and patches, a tiny training, the folder, ONNX, and a spotter that listens by it."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner

torch = pytest.importorskip("torch", reason="needs the extra 'train'")

for room in (".", "../media"):
    sys.path.insert(0, str(Path(__file__).parent / room))

from make import Make, sound_only, video  # noqa: E402
from matches import game_name  # noqa: E402

from matchcut import pipeline  # noqa: E402
from matchcut.cli.main import cli  # noqa: E402
from matchcut.encoders.learnt_sound import (  # noqa: E402
    SoundEncoder,
    first_frame,
    load_sound,
    mel_frames,
    patches_of,
    rows_of,
)
from matchcut.encoders.series import Series  # noqa: E402
from matchcut.encoders.store import FeatureStore  # noqa: E402
from matchcut.errors import InputError, SettingsError  # noqa: E402
from matchcut.intake import SpotSettings  # noqa: E402
from matchcut.models.sound_settings import SoundNetSettings  # noqa: E402
from matchcut.sound_training import observed, train_sound  # noqa: E402
from matchcut.temporal_prediction import predict_split  # noqa: E402
from matchcut.temporal_training import train_spotter  # noqa: E402
from matchcut.training.sound.task import SoundTraining, near_at, patch_at, varied  # noqa: E402

torch.set_num_threads(1)

NET = SoundNetSettings(bands=16, channels=(4, 6), width=8, patch_s=1.0, outputs=("Goal",), radii_s=(1.0, 3.0))
SMALL: dict[str, dict[str, Any]] = {
    "network": {"bands": 16, "channels": [4, 6], "width": 8, "dropout": 0.0, "radii_s": [0.8]},
    "sound": {"steps": 30, "reach_s": 3.0, "shift_s": 0.05},
    "loop": {"epochs": 2, "batch": 16, "learning_rate": 0.02},
}
BEEPS = ((4.0, 11.0, 19.0, 26.0), (7.0, 15.0, 23.0), (3.0, 9.0, 21.0))


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three games of one half of 30 s; each beep is a goal."""
    place = tmp_path_factory.mktemp("data")
    for number, beeps in enumerate(BEEPS):
        folder = place / game_name(number)
        folder.mkdir(parents=True)
        sound_only(folder / "1.mkv", 30.0, beeps=beeps)
        rows = [
            {"gameTime": f"1 - 00:{int(at):02d}", "label": "Goal", "position": str(int(at * 1000))}
            for at in beeps
        ]
        rows = [{**row, "team": "home", "visibility": "visible"} for row in rows]
        (folder / "Labels-v2.json").write_text(json.dumps({"UrlLocal": game_name(number), "annotations": rows}))
    names = [game_name(number) for number in range(len(BEEPS))]
    (place / "splits.json").write_text(json.dumps({"train": names[:2], "valid": names[2:]}))
    (place / "test.json").write_text(json.dumps(names[2:]))
    return place


@pytest.fixture(scope="module")
def encoder(data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("with space") / "sound"
    (data / "settings.json").write_text(json.dumps(SMALL))
    options = ["--data", str(data), "--splits", str(data / "splits.json"), "--device", "cpu", "--onnx"]
    done = CliRunner().invoke(
        cli, ["train", "sound", *options, "--settings", str(data / "settings.json"), "-o", str(folder)]
    )
    assert done.exit_code == 0, done.output
    assert "trained on 2 labelled and 0 other recordings, chosen on 1" in done.output
    assert "network.onnx" in done.output
    return folder


def test_rows_are_the_same_however_the_sound_comes() -> None:
    levels = np.random.default_rng(0).standard_normal((1234, 16)).astype(np.float32)
    rows = rows_of(len(levels), NET)
    assert rows == 50  # 24.68 s
    wanted = [patch_at(Series(levels, 50.0), first_frame(row, NET), NET) for row in range(rows)]
    for size in (7, 100, 5000):
        blocks = (levels[at : at + size] for at in range(0, len(levels), size))
        assert np.array_equal(np.concatenate(list(patches_of(blocks, NET))), np.stack(wanted))
    assert first_frame(1, NET) == 12  # row 1 stands for 0.5 to 1 s; its patch for 0.25 to 1.25 s
    tiny = np.concatenate(list(patches_of(iter([levels[:3]]), NET)))
    assert tiny.shape == (1, 50, 16)
    assert np.array_equal(tiny[0, -1], levels[2])


def test_energies_of_a_recording(tmp_path: Path) -> None:
    path = sound_only(tmp_path / "a.mkv", 7.0, beeps=(2.0, 5.5))
    levels = np.concatenate(list(mel_frames(path, NET)))
    assert abs(len(levels) - 350) <= 3
    loud = np.flatnonzero(levels.max(1) > levels.max() - 1) * NET.hop_s
    assert all(min(abs(at - beep) for beep in (2.0, 5.5)) < 0.15 for at in loud)
    assert {round(float(at)) for at in loud} >= {2}


def test_patches_are_varied() -> None:
    patch = np.random.default_rng(1).standard_normal((50, 16)).astype(np.float32)
    how, silence = SoundTraining(masks=1, mask=0.2, gain_db=6.0), np.full(16, 99, np.float32)
    widest = [0, 0]
    for seed in range(40):
        found = varied(patch, silence, how, np.random.default_rng(seed))
        blank = found == 99
        widest = [max(widest[0], int(blank.all(1).sum())), max(widest[1], int(blank.all(0).sum()))]
        gain = (found - patch)[~blank]
        assert np.allclose(gain, gain[0], atol=1e-5)
        assert abs(gain[0]) <= 0.6
    assert widest == [10, 3]  # a fifth of the spectra, and of the bands
    assert near_at(((0, 5.0),), 7.0, NET).tolist() == [[0.0], [1.0]]


def test_what_was_learnt(encoder: Path, data: Path) -> None:
    """Beeps are goals: a row near one differs from the others, in a match that was not learnt from."""
    told = json.loads((encoder / "sound.json").read_text())
    assert told["training"]["figures"]["precision"] > 0.4
    assert "2 recordings" in (encoder / "README.md").read_text()
    film = data / game_name(2) / "1.mkv"
    vectors = load_sound(encoder, "torch").vectors(film).astype(np.float32)
    assert vectors.shape[1] == 8
    assert abs(len(vectors) - 60) <= 1
    rows = (np.arange(len(vectors)) + 0.5) / 2
    near = np.min([np.abs(rows - at) for at in BEEPS[2]], axis=0)
    usual = np.median(vectors, axis=0)
    away = np.linalg.norm(vectors - usual, axis=1)
    assert away[near < 0.4].min() > away[near > 2].max()


def test_onnx_runs_without_torch(encoder: Path, data: Path) -> None:
    film = data / game_name(2) / "1.mkv"
    torched = load_sound(encoder, "torch")
    code = (
        "import sys; from matchcut.encoders.learnt_sound import load_sound; "
        f"e = load_sound({str(encoder)!r}); v = e.vectors({str(film)!r}); "
        "assert 'torch' not in sys.modules; print(e.identity, float(abs(v).sum()))"
    )
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    identity, total = said.split()
    assert identity == torched.identity
    assert float(total) == pytest.approx(float(abs(torched.vectors(film)).sum()), rel=1e-3)
    patches = np.random.default_rng(0).standard_normal((5, 100, 16)).astype(np.float32)
    assert np.allclose(load_sound(encoder, "onnx").run(patches), torched.run(patches), rtol=1e-5, atol=1e-5)


def test_a_spotter_listens_by_it(encoder: Path, data: Path, tmp_path: Path) -> None:
    settings = {
        "network": {"width": 16, "layers": 2, "rate": 2.0, "window_s": 4.0, "radii_s": [1.0, 3.0]},
        "loop": {"epochs": 1, "batch": 4, "precision": "float32", "learning_rate": 0.02, "average": 0.8},
        "spotting": {"steps": 30, "chunk_s": 30.0, "jitter_s": 0.0},
    }
    named = f"sound=encoder:{encoder}"
    how: dict[str, Any] = {"splits": data / "splits.json", "device": "cpu", "settings": settings}
    done = train_spotter([data], tmp_path / "model", [named], **how)
    assert (done.training, done.validation) == (2, 1)
    model = str(done.folder)
    analysed = SpotSettings(sources=("temporal",), models={"temporal": model}, half=1, min_score=0.03)
    analysis = pipeline.analyse(data / game_name(2) / "1.mkv", settings=analysed)
    goals = [event.time for event in analysis.log if event.label == "Goal"]
    assert all(min(abs(at - wanted) for at in goals) < 2 for wanted in BEEPS[2])
    moved = tmp_path / "elsewhere"
    shutil.copytree(encoder, moved, ignore=shutil.ignore_patterns("training", "features"))
    split = str(data / "test.json")
    out = predict_split(model, [data], tmp_path / "out", split, modalities=[f"sound=encoder:{moved}"])
    assert out.halves == 2
    value = json.loads((moved / "sound.json").read_text())
    value["network"]["radii_s"] = [2.0]  # settings that weights of the same shape fit as well
    (moved / "sound.json").write_text(json.dumps(value))
    with pytest.raises(InputError, match="the spotter was trained on encoder:"):
        predict_split(model, [data], tmp_path / "out", split, modalities=[f"sound=encoder:{moved}"])
    with pytest.raises(SettingsError, match="gives 2 rows a second, not 4"):
        train_spotter([data], tmp_path / "other", [f"{named}@4"], **how)


def test_recordings_without_labels(data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    quiet = video(tmp_path / "quiet.mp4", Make(frames=20, rate=Fraction(10), sound=False))
    film = data / game_name(0) / "1.mkv"
    one = {**SMALL, "loop": {"epochs": 1, "batch": 4}, "sound": {"steps": 1}}
    done = train_sound([film, quiet], tmp_path / "out", settings=one, device="cpu")
    assert (done.labelled, done.unlabelled, done.validation, dict(done.figures)) == (0, 1, 0, {})
    assert any("has no sound and is left out" in note for note in done.notes)
    assert isinstance(load_sound(tmp_path / "out"), SoundEncoder)
    silence, store = sound_only(tmp_path / "silence.mkv", 8.0), FeatureStore(tmp_path / "store")
    assert observed(silence, store) == []
    monkeypatch.setattr("matchcut.sound_training.listen", lambda film: pytest.fail("listened twice"))
    assert observed(silence, store) == []
    with pytest.raises(InputError, match="no recording with sound to learn from"):
        train_sound([quiet], tmp_path / "none", settings=one, device="cpu")
    with pytest.raises(SettingsError, match="settings have no part 'nets'"):
        train_sound([film], tmp_path / "none", settings={"nets": {}})
    with pytest.raises(SettingsError, match="3 blocks need 8 spectra"):
        train_sound([film], tmp_path / "none", settings={"network": {"patch_s": 0.1}})


def test_folders_that_hold_none(encoder: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="holds no sound encoder"):
        load_sound(tmp_path)
    with pytest.raises(SettingsError, match="no such backend"):
        load_sound(encoder, "tensorflow")
    broken = tmp_path / "broken"
    shutil.copytree(encoder, broken, ignore=shutil.ignore_patterns("training", "features"))
    (broken / "network.onnx").write_bytes(b"nothing")
    with pytest.raises(InputError, match="not a network"):
        load_sound(broken)
    (broken / "network.onnx").unlink()
    (broken / "weights.safetensors").write_bytes(b"nothing")
    with pytest.raises(InputError, match="not the weights of this network"):
        load_sound(broken)
    (broken / "sound.json").write_text('{"version": 7}')
    with pytest.raises(InputError, match="no sound encoder's, or of another version"):
        load_sound(broken)
