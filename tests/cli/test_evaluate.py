"""``matchcut evaluate soccernet`` on small trees."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from matchcut.cli.main import main
from matchcut.datasets.soccernet import game_list
from matchcut.sport import soccer

GAMES = game_list("valid")
LABELS = {
    "annotations": [{"gameTime": "1 - 01:40", "label": "Goal", "position": "100000", "visibility": "visible"}]
}
FOUND = {
    "predictions": [
        {"gameTime": "1 - 1:41", "label": "Goal", "position": "101000", "half": "1", "confidence": "0.9"},
        {"gameTime": "2 - 1:41", "label": "Foul", "position": "101000", "half": "2", "confidence": "0.1"},
    ]
}


def save(folder: Path, name: str, game: str, value: object) -> None:
    path = folder / game / name
    path.parent.mkdir(parents=True)
    path.write_text(json.dumps(value), encoding="utf-8")


def trees(tmp_path: Path, labelled: list[str], predicted: list[str]) -> list[str]:
    for game in labelled:
        save(tmp_path / "labels", "Labels-v2.json", game, LABELS)
    for game in predicted:
        save(tmp_path / "found", "results_spotting.json", game, FOUND)
    return [
        "evaluate",
        "soccernet",
        "--labels",
        str(tmp_path / "labels"),
        "--predictions",
        str(tmp_path / "found"),
    ]


def test_the_json_has_soccernets_field_names(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*trees(tmp_path, GAMES[:2], GAMES[:2]), "--json"]) == 0
    value = json.loads(capsys.readouterr().out)
    goal = soccer.index("Goal")
    assert value["a_mAP_per_class"][goal] == 1
    assert value["a_mAP"] == pytest.approx(1 / 17)
    assert value["a_mAP_visible"] == pytest.approx(1 / 17)
    assert (value["a_mAP_unshown"], value["games"], value["metric"]) == (0, 2, "loose")
    assert value["classes"] == list(soccer.names)
    assert {"a_mAP_per_class_visible", "a_mAP_per_class_unshown"} <= set(value)
    assert "intervals" not in value


def test_intervals_and_the_score_floor(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    command = [*trees(tmp_path, GAMES[:1], GAMES[:1]), "--json", "--intervals"]
    assert main(command) == 0
    overall = json.loads(capsys.readouterr().out)["intervals"]["best_iou"]["overall"]
    assert overall["recall"] == pytest.approx(14 / 16)
    assert overall["precision"] == pytest.approx(14 / 32)
    assert main([*command, "--min-score", "0.5", "--window", "2"]) == 0
    shown = capsys.readouterr()
    value = json.loads(shown.out)
    assert value["intervals"]["best_iou"]["overall"]["precision"] == pytest.approx(1 / 3)
    assert value["intervals"]["best_iou"]["per_label"]["Foul"]["f1"] is None
    assert value["intervals"]["at"]["0.5"]["overall"]["recall"] == 0
    assert value["predictions_below_min_score"] == 1
    assert "1 prediction is below" in shown.err


def test_the_tables(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*trees(tmp_path, GAMES[:1], GAMES[:1]), "--metric", "at2", "--intervals"]) == 0
    shown = capsys.readouterr()
    for name in (*soccer.names, "average-mAP", "overall (events pooled)", "F1@0.7"):
        assert name in shown.out
    assert "17/13" not in shown.out  # a single tolerance is not scaled
    assert shown.err == "note: 99 games of the split have no labels and are left out\n"


def test_missing_and_surplus_games_are_counted(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    train = game_list("train")[0]
    assert main([*trees(tmp_path, GAMES[:3], [GAMES[0], train]), "--json"]) == 0
    shown = capsys.readouterr()
    value = json.loads(shown.out)
    assert [value[f"games_{name}"] for name in ("without_labels", "without_predictions", "ignored")] == [
        97,
        2,
        1,
    ]
    assert value["games"] == 3
    # one truth of three is found: recall 0, 0.1, 0.2, 0.3
    assert value["a_mAP_per_class"][soccer.index("Goal")] == pytest.approx(4 / 11)
    for words in (
        "97 games of the split have no labels",
        "2 games have no predictions",
        "1 game has predictions",
    ):
        assert words in shown.err
    assert len(shown.err.splitlines()) == 3


@pytest.mark.parametrize(
    ("labelled", "predicted", "more", "words"),
    [
        (0, 1, [], "holds predictions for 1 games"),
        (0, 0, ["--split", "train"], "none of split 'train'"),
        (0, 0, ["--split", "nonsense"], "no split 'nonsense'"),
        (0, 0, ["--metric", "at7"], "at7"),
        (0, 0, ["--min-score", "2"], "min-score"),
        (0, 0, ["--window", "0"], "window"),
    ],
)
def test_refusals(
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    labelled: int,
    predicted: int,
    more: list[str],
    words: str,
) -> None:
    assert main([*trees(tmp_path, [GAMES[labelled]], [GAMES[predicted]]), *more]) == 2
    shown = capsys.readouterr()
    assert words in shown.err
    assert shown.out == ""


def test_folders_that_hold_nothing_of_the_kind(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    command = trees(tmp_path, GAMES[:1], GAMES[:1])
    assert main([*command[:3], str(tmp_path / "none"), *command[4:]]) == 2
    assert main([*command[:3], str(tmp_path / "found"), *command[4:]]) == 2
    assert "Labels-v2.json" in capsys.readouterr().err


def test_broken_predictions(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    command = trees(tmp_path, GAMES[:1], GAMES[:1])
    path = tmp_path / "found" / GAMES[0] / "results_spotting.json"
    path.write_text(
        json.dumps({"predictions": [FOUND["predictions"][0] | {"confidence": "NaN"}]}), encoding="utf-8"
    )
    assert main(command) == 2
    assert "item 1" in capsys.readouterr().err
    path.write_text("{", encoding="utf-8")
    assert main(command) == 2
