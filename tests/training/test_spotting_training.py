"""Temporal spotters from arrays to a folder, a leaderboard file and ONNX; and what is refused on the way."""

from __future__ import annotations

import csv
import json
import shutil
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="needs the extra 'train'")

sys.path.insert(0, str(Path(__file__).parent))

from matches import KINDS, MINUTES, WIDTH, game_name, write_data  # noqa: E402

from matchcut import temporal_training  # noqa: E402
from matchcut.datasets.soccernet import read_labels, read_predictions  # noqa: E402
from matchcut.encoders.series import Series  # noqa: E402
from matchcut.errors import InputError, SettingsError  # noqa: E402
from matchcut.metrics.spotting import evaluate_soccernet  # noqa: E402
from matchcut.spotters.stretches import Half  # noqa: E402
from matchcut.spotters.temporal import TemporalSpotter, displaced  # noqa: E402
from matchcut.temporal_prediction import predict_split  # noqa: E402
from matchcut.temporal_training import export_spotter, join_spotters, train_spotter  # noqa: E402
from matchcut.training.loop import Share  # noqa: E402
from matchcut.training.spotting.samples import near_targets, shift_targets  # noqa: E402
from matchcut.training.spotting.settings import SpotTraining  # noqa: E402
from matchcut.training.spotting.task import SpotTask  # noqa: E402

torch.set_num_threads(1)

NAME = "video=mine@2"
SMALL: dict[str, dict[str, Any]] = {
    "network": {"width": 16, "layers": 3, "rate": 2.0, "window_s": 4.0, "radii_s": (1.0, 3.0)},
    "loop": {"epochs": 4, "batch": 4, "learning_rate": 0.02, "average": 0.9, "precision": "float32"},
    "spotting": {"steps": 30, "chunk_s": 60.0, "edge_s": 10.0, "jitter_s": 0.0, "measure_every": 3},
}


def with_part(part: str, **values: Any) -> dict[str, dict[str, Any]]:
    return {**SMALL, part: {**SMALL[part], **values}}


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_data(tmp_path_factory.mktemp("soccernet"))


@pytest.fixture(scope="module")
def trained(data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("spotter")
    done = train_spotter([data], folder, [NAME], settings=SMALL, splits=data / "splits.json", device="cpu")
    # Three of the seventeen classes occur: 3/17 would be perfect.
    assert done.figures["loose"] > 0.8 * len(KINDS) / 17
    assert (done.training, done.validation) == (6, 4)
    assert any("will never be found" in note for note in done.notes)
    return folder


def test_a_folder_says_what_it_is(trained: Path) -> None:
    card = (trained / "README.md").read_text()
    assert "| video | 6 | mine@2 |" in card
    assert "cross-fitted" in card
    settings = json.loads((trained / "settings.json").read_text())
    assert settings["labels"][:2] == ["Penalty", "Kick-off"]
    with (trained / "training-0" / "log.csv").open() as stream:
        rows = list(csv.DictReader(stream))
    assert [bool(row["loose"]) for row in rows] == [False, False, True, True]


def test_a_split_is_spotted_as_a_leaderboard_file(trained: Path, data: Path, tmp_path: Path) -> None:
    games = tmp_path / "games.json"
    games.write_text(json.dumps(json.loads((data / "splits.json").read_text())["valid"]))
    done = predict_split(trained, [data], tmp_path / "out.zip", str(games))
    assert (done.games, done.halves, done.missing) == (2, 4, ())
    truth = read_labels(data, games=[game_name(3), game_name(4)])
    found = evaluate_soccernet(truth, read_predictions(tmp_path / "out.zip"))
    assert found.a_mAP > 0.8 * len(KINDS) / 17
    again = predict_split(trained, [data], tmp_path / "again.zip", str(games))
    assert again.out.read_bytes() == done.out.read_bytes()


def test_onnx_says_the_same(trained: Path, data: Path, tmp_path: Path) -> None:
    folder = tmp_path / "copy"
    shutil.copytree(trained, folder)
    half = a_half(data)
    plain = TemporalSpotter.load(folder, "torch").track(half)
    export_spotter(folder)
    fast = TemporalSpotter.load(folder)
    assert np.abs(fast.track(half).scores - plain.scores).max() < 1e-5
    assert fast.track(a_half(data, rows=37)).scores.shape == (37, 17)
    (folder / "network-0.onnx").write_bytes(b"no")
    with pytest.raises(InputError, match="not a network"):
        TemporalSpotter.load(folder)


def a_half(data: Path, rows: int | None = None, number: int = 4) -> Half:
    values = np.load(data / game_name(number) / "1_mine.npy")[:rows]
    return Half("a half", 1, len(values) / 2, (), {"video": (Series(values, 2.0),)})


def test_memory_and_scores_do_not_depend_on_the_pieces(trained: Path, data: Path) -> None:
    spotter = TemporalSpotter.load(trained, "torch")
    whole = spotter.track(a_half(data)).scores
    # Twice as long: the first part, away from the seam, is the same.
    one = a_half(data)
    values = np.concatenate([one.sources["video"][0].values] * 2)
    longer = Half("twice", 1, 2 * one.duration, (), {"video": (Series(values, 2.0),)})
    assert np.allclose(spotter.track(longer).scores[:400], whole[:400], atol=1e-5)


def test_a_stopped_training_goes_on_to_the_same_weights(
    data: Path, trained: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    batch, seen = SpotTask.batch, []

    def stopping(self: SpotTask, epoch: int, step: int, share: Share, device: Any) -> Any:
        seen.append(step)
        if len(seen) == 44:
            raise KeyboardInterrupt
        return batch(self, epoch, step, share, device)

    monkeypatch.setattr(SpotTask, "batch", stopping)
    given = with_part("loop", keep_every=5)
    with pytest.raises(KeyboardInterrupt):
        train_spotter([data], tmp_path, [NAME], settings=given, splits=data / "splits.json", device="cpu")
    monkeypatch.undo()
    train_spotter([data], tmp_path, [NAME], settings=given, splits=data / "splits.json", device="cpu")
    assert (tmp_path / "weights-0.safetensors").read_bytes() == (trained / "weights-0.safetensors").read_bytes()
    with pytest.raises(SettingsError, match="other settings"):
        train_spotter([data], tmp_path, [NAME], settings=SMALL, splits=data / "splits.json", device="cpu")


@pytest.mark.parametrize(
    ("preset", "part", "values"),
    [
        ("transformer", "spotting", {"draw": "half"}),
        ("gru", "spotting", {"mixup": 0.4}),
        ("vlad", "loop", {"precision": "bfloat16", "accumulate": 2}),
        ("context", "network", {"shift_s": 3.0}),
    ],
)
def test_every_preset_trains(
    preset: str, part: str, values: dict[str, Any], data: Path, tmp_path: Path
) -> None:
    given = with_part(part, **values)
    given["loop"] = {**given["loop"], "epochs": 1}
    given["spotting"] = {**given["spotting"], "steps": 2}
    done = train_spotter(
        [data], tmp_path, [NAME], preset=preset, settings=given, splits=data / "train.json", device="cpu"
    )
    spotter = TemporalSpotter.load(done.folder)
    track = spotter.track(a_half(data))
    assert track.duration == MINUTES * 60


def test_checkpoints_join_to_an_ensemble(trained: Path, data: Path, tmp_path: Path) -> None:
    (tmp_path / "both").mkdir()
    stale = [tmp_path / "both" / name for name in ("network-0.onnx", "network-1.onnx", "weights-2.safetensors")]
    for path in stale:
        path.write_bytes(b"of an earlier spotter")
    done = join_spotters([trained, trained], tmp_path / "both", [data], splits=data / "splits.json")
    assert not any(path.exists() for path in stale)  # they would be run in the new ones' place
    both = TemporalSpotter.load(done.folder)
    assert len(both.settings.networks) == 2
    half = a_half(data)
    assert np.allclose(both.track(half).scores, TemporalSpotter.load(trained).track(half).scores, atol=1e-6)
    other = tmp_path / "other"
    shutil.copytree(trained, other)
    value = json.loads((other / "settings.json").read_text())
    value["encoders"] = {"video": "another@2"}
    (other / "settings.json").write_text(json.dumps(value))
    with pytest.raises(SettingsError, match="other features"):
        join_spotters([trained, other], tmp_path / "no", [data])
    with pytest.raises(InputError, match="trained on mine@2; arrays of that name at 1 rows"):
        join_spotters(
            [trained], tmp_path / "no", [data], modalities=["video=mine@1"], splits=data / "splits.json"
        )
    with pytest.raises(InputError, match="trained on mine@2; arrays of that name at 5 rows"):
        predict_split(trained, [data], tmp_path / "no.zip", modalities=["video=mine@5"])


def test_words_and_pictures_together_and_either_missing(data: Path, tmp_path: Path) -> None:
    folder = broken(data, tmp_path)
    for number in range(5):
        place = folder / "whisper_v1" / game_name(number)
        place.mkdir(parents=True)
        lines = {str(n): [n * 9.0, n * 9.0 + 4, "A foul, and a corner."] for n in range(25)}
        (place / "1_asr.json").write_text(json.dumps({"segments": lines}))
    (folder / game_name(0) / "1_mine.npy").unlink()
    (folder / game_name(1) / "2_mine.npy").unlink()  # that half has no words either
    given = {"loop": {**SMALL["loop"], "epochs": 1}, "spotting": {**SMALL["spotting"], "steps": 2}}
    done = train_spotter(
        [folder],
        tmp_path / "out",
        [NAME, "words"],
        settings=given | {"network": {**SMALL["network"], "fusion": "late"}},
        splits=data / "train.json",
        device="cpu",
    )
    assert "train: 1 halves have none of the modalities: only the clock speaks of them" in done.notes
    spotter = TemporalSpotter.load(done.folder)
    assert spotter.settings.widths == {"video": 6, "words": 388}
    assert spotter.settings.encoders["words"].startswith("commentary-phrases ")
    assert len(list((tmp_path / "out" / "features").rglob("*.safetensors"))) == 1  # the same words, once
    split = str(folder / "splits.json")
    found = predict_split(done.folder, [folder], tmp_path / "out.zip", split, versions=["whisper_v9"])
    assert found.halves == 10  # of the two without pictures the clock speaks
    read = train_spotter(
        [folder],
        tmp_path / "read",
        ["words=hashed"],
        settings=given,
        splits=data / "train.json",
        device="cpu",
    )
    told = TemporalSpotter.load(read.folder).settings
    assert (told.widths, told.encoders["words"].split()[0]) == ({"words": 128}, "hashed")
    assert predict_split(read.folder, [folder], tmp_path / "read.zip", split).halves == 10
    with pytest.raises(SettingsError, match="knows no modality 'sound'"):
        predict_split(done.folder, [folder], tmp_path / "out.zip", split, modalities=["sound"])


# --- what is refused -----------------------------------------------------------------------------------------


def broken(data: Path, tmp_path: Path) -> Path:
    folder = tmp_path / "broken"
    shutil.copytree(data, folder)
    return folder


def training_on(folder: Path, out: Path, name: str = NAME) -> Any:
    given = {**with_part("loop", epochs=1), "spotting": {**SMALL["spotting"], "steps": 2}}
    return train_spotter([folder], out, [name], settings=given, splits=folder / "train.json", device="cpu")


def test_nan_is_told_with_file_and_row(data: Path, tmp_path: Path) -> None:
    folder = broken(data, tmp_path)
    for number in range(5):
        path = folder / game_name(number) / "1_mine.npy"
        values = np.load(path)
        values[100:] = np.nan
        np.save(path, values)
    with pytest.raises(InputError, match=r"1_mine\.npy: row 1\d\d .*NaN"):
        training_on(folder, tmp_path / "out")


def test_a_wrong_rate_is_told(data: Path, tmp_path: Path) -> None:
    folder = broken(data, tmp_path)
    path = folder / game_name(0) / "Labels-v2.json"
    value = json.loads(path.read_text())
    value["annotations"].append({**value["annotations"][0], "gameTime": "1 - 40:00", "position": "2400000"})
    path.write_text(json.dumps(value))
    with pytest.raises(InputError, match="lasts 4.0 minutes at its rate"):
        training_on(folder, tmp_path / "out")
    with pytest.raises(InputError, match="how many rows a second"):
        training_on(data, tmp_path / "out", "video=mine")
    with pytest.raises(InputError, match="lasts 0.4 minutes at its rate"):
        training_on(data, tmp_path / "out", "video=mine@20")


def test_arrays_of_two_encoders_are_told(data: Path, tmp_path: Path) -> None:
    folder = broken(data, tmp_path)
    np.save(folder / game_name(1) / "2_mine.npy", np.zeros((480, 9), np.float32))
    with pytest.raises(InputError, match="6 numbers a row in .* and 9 in"):
        training_on(folder, tmp_path / "out")


@pytest.mark.parametrize(("rows", "width", "told"), [(480, 9, "has 9 numbers a row"), (3, WIDTH, "too short")])
def test_validation_arrays_are_looked_at_before_the_training(
    rows: int, width: int, told: str, data: Path, tmp_path: Path
) -> None:
    folder = broken(data, tmp_path)
    np.save(folder / game_name(4) / "2_mine.npy", np.zeros((rows, width), np.float32))
    label = folder / game_name(4) / "Labels-v2.json"
    value = json.loads(label.read_text())
    first = [row for row in value["annotations"] if row["gameTime"].startswith("1")]
    early = {**first[0], "gameTime": "2 - 00:01", "position": "1000"}
    label.write_text(json.dumps({**value, "annotations": [*first, early]}))
    (folder / "train.json").write_text((folder / "splits.json").read_text())
    with pytest.raises(InputError, match=told):
        training_on(folder, tmp_path / "out")
    assert not list((tmp_path / "out").rglob("checkpoint.safetensors"))


@pytest.mark.parametrize("content", [b"", b"nonsense", b"\x93NUMPY\x01\x00"])
def test_files_that_are_no_arrays_are_told(content: bytes, data: Path, tmp_path: Path) -> None:
    folder = broken(data, tmp_path)
    (folder / game_name(0) / "1_mine.npy").write_bytes(content)
    with pytest.raises(InputError, match="no NumPy array"):
        training_on(folder, tmp_path / "out")


def test_pickles_are_never_opened(data: Path, tmp_path: Path) -> None:
    folder = broken(data, tmp_path)
    np.save(folder / game_name(0) / "1_mine.npy", np.array([{"a": 1}], dtype=object), allow_pickle=True)
    with pytest.raises(InputError, match="no NumPy array"):
        training_on(folder, tmp_path / "out")


def test_halves_without_labels_are_left_out_and_counted(data: Path, tmp_path: Path) -> None:
    folder = broken(data, tmp_path)
    (folder / game_name(0) / "Labels-v2.json").unlink()
    path = folder / game_name(1) / "Labels-v2.json"
    value = json.loads(path.read_text())
    value["annotations"] = [a for a in value["annotations"] if a["gameTime"].startswith("1")]
    path.write_text(json.dumps(value))
    done = training_on(folder, tmp_path / "out")
    assert done.training == 3
    assert "train: 1 games have no labels and are left out" in done.notes
    assert "train: 1 halves have no event in their labels and are left out" in done.notes


def test_nothing_to_train_on_is_told(data: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no half has any of the modalities sound"):
        training_on(data, tmp_path / "out", "sound=mine_too@2")
    (tmp_path / "splits.json").write_text(json.dumps({"train": ["a/b/c"], "valid": []}))
    with pytest.raises(InputError, match="no training match"):
        train_spotter([data], tmp_path / "x", [NAME], settings=SMALL, splits=tmp_path / "splits.json")
    with pytest.raises(SettingsError, match="no preset"):
        train_spotter([data], tmp_path / "x", [NAME], preset="lstm")
    with pytest.raises(SettingsError, match="names no modality"):
        train_spotter([data], tmp_path / "x", ["video=a@-1"])
    with pytest.raises(SettingsError, match="named twice"):
        train_spotter([data], tmp_path / "x", [NAME, NAME])


def test_features_of_another_dimension_or_none_are_told(trained: Path) -> None:
    spotter = TemporalSpotter.load(trained)
    wide = Half("wide", 1, 60.0, (), {"video": (Series(np.zeros((120, 9), np.float32), 2.0, name="w.npy"),)})
    with pytest.raises(InputError, match=r"w\.npy: has 9 numbers a row; the spotter's video has 6"):
        spotter.track(wide)
    short = Half("short", 1, 1.0, (), {"video": (Series(np.zeros((2, 6), np.float32), 2.0, name="s.npy"),)})
    with pytest.raises(InputError, match="too short"):
        spotter.track(short)
    with pytest.raises(InputError, match="none of the modalities"):
        spotter.track(Half("nothing", None, 60.0, (), {}))
    # Of a half from its kick-off on, the clock alone may speak.
    assert len(spotter.track(Half("nothing", 1, 60.0, (), {}))) == 120


def test_a_damaged_folder_is_told(trained: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="holds no trained spotter"):
        TemporalSpotter.load(tmp_path)
    folder = tmp_path / "copy"
    shutil.copytree(trained, folder)
    (folder / "weights-0.safetensors").write_bytes(b"\x00" * 40)
    with pytest.raises(InputError, match="not the weights"):
        TemporalSpotter.load(folder)
    value = json.loads((folder / "settings.json").read_text())
    (folder / "settings.json").write_text(json.dumps(value | {"colour": 1}))
    with pytest.raises(SettingsError, match="needs the keys"):
        TemporalSpotter.load(folder)


# --- targets and displacement --------------------------------------------------------------------------------


def test_targets_by_hand() -> None:
    near = near_targets([(1, 5.0)], 10, 1.0, (1.0, 3.0), 3, {1: (2,)})
    # Middles 4.5 and 5.5 lie half a second away: inside 1 s, by half a cell more at the edge.
    assert near[:, 0, 1].tolist() == [0, 0, 0, 0, 1, 1, 0, 0, 0, 0]
    assert near[:, 1, 1].tolist() == [0, 0, 1, 1, 1, 1, 1, 1, 0, 0]
    assert (near[:, :, 2] == near[:, :, 1]).all()
    assert near[:, :, 0].max() == 0
    away = shift_targets([(0, 5.0), (0, 8.0)], 10, 1.0, 2.0, 2)
    assert np.isnan(away[:, 1]).all()
    assert away[3:9, 0].tolist() == [1.5, 0.5, -0.5, -1.5, 0.5, -0.5]


def test_scores_go_where_their_events_lie() -> None:
    scores = np.zeros((20, 1), np.float32)
    shifts = np.zeros((20, 1), np.float32)
    scores[8:12, 0] = 0.5, 0.9, 0.7, 0.4
    shifts[8:12, 0] = 2.2, 1.2, 0.2, -0.8
    found = displaced(scores, shifts, 1.0)
    assert found.shape == (40, 1)
    assert int(found[:, 0].argmax()) == 21  # second 10.5 to 11
    assert found[21, 0] == np.float32(0.9)
    assert np.flatnonzero(found[:, 0]).tolist() == [21]


def test_settings_of_the_training_are_checked() -> None:
    for wrong in ({"draw": "match"}, {"context_s": (1.0,)}, {"single": 2.0}, {"mixup": -1.0}):
        with pytest.raises(SettingsError):
            SpotTraining(**wrong)


def test_the_presets_are_whole() -> None:
    for name in temporal_training.PRESETS:
        network, how, loop = temporal_training._settings(name, {}, ("video", "sound"))
        assert network.modalities == ("video", "sound")
        assert how.chunk_s > 0
        assert loop.average > 0.9
    assert WIDTH == 6
