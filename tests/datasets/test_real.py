"""The real data: everything is read, and the packaged lists are the data's own."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from matchcut.datasets.echoes import EchoesArchive
from matchcut.datasets.soccernet import game_list, read_labels, read_predictions, write_predictions

pytestmark = pytest.mark.data


def test_the_packaged_lists_are_the_datas(data_folder: Path) -> None:
    lists = json.loads((data_folder / "soccernet-v2-splits.json").read_text(encoding="utf-8"))
    for split in ("train", "valid"):
        assert game_list(split) == lists[split]


def test_all_labels_are_read_and_survive_writing(data_folder: Path, tmp_path: Path) -> None:
    logs = read_labels(
        data_folder / "soccernet-v2-labels-train-valid.zip", game_list("train") + game_list("valid")
    )
    assert len(logs) == 400
    assert sum(len(log) for halves in logs.values() for log in halves.values()) == 87_907
    unshown = sum(
        event.visible is False for halves in logs.values() for log in halves.values() for event in log
    )
    assert unshown == 15_767
    back = read_predictions(write_predictions(tmp_path / "labels.zip", logs))
    assert back.keys() == logs.keys()
    for game, halves in logs.items():
        for half, log in halves.items():
            assert [(e.label, e.time) for e in back[game][half]] == [(e.label, e.time) for e in log]


def test_transcripts_of_every_version_are_read(data_folder: Path) -> None:
    with EchoesArchive(data_folder / "soccernet-echoes-train-valid.zip") as echoes:
        assert echoes.versions == ("whisper_v1", "whisper_v1_en", "whisper_v2", "whisper_v2_en", "whisper_v3")
        assert sorted(echoes.games) == sorted(game_list("train") + game_list("valid"))
        files = 0
        for game in game_list("valid")[::10]:
            for half in (1, 2):
                found = echoes.transcripts(game, half)
                assert {"whisper_v1", "whisper_v2", "whisper_v3"} <= found.keys()
                assert all(t.end < 3600 for t in found.values())
                assert all((t.language == "en") == version.endswith("_en") for version, t in found.items())
                files += len(found)
        assert files > 60
