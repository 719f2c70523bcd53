"""SoccerNet-v2's labels and predictions: read as they are, written so that nothing is lost."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from SoccerNet.Evaluation.ActionSpotting import predictions2vector
from SoccerNet.Evaluation.utils import EVENT_DICTIONARY_V2

from matchcut.clock import MatchTime
from matchcut.datasets.soccernet import (
    LABELS,
    PREDICTIONS,
    labelled_games,
    read_labels,
    read_predictions,
    read_spots,
    write_predictions,
)
from matchcut.errors import InputError, OutputError, ValidationError
from matchcut.events import Event, EventLog
from matchcut.recording import Recording
from matchcut.sport import soccer

GAME = "england_epl/2014-2015/2015-02-21 - 18-00 Köln 1 - 1 Burnley"
OTHER = "spain_laliga/2016-2017/2017-05-21 - 21-00 Malaga 0 - 2 Real Madrid"
LABEL = {
    "gameTime": "1 - 02:13",
    "label": "Ball out of play",
    "position": "133295",
    "team": "not applicable",
    "visibility": "visible",
}
PREDICTION = {
    "gameTime": "2 - 0:31",
    "label": "Goal",
    "position": "31500",
    "half": "2",
    "confidence": "0.6612345678901234",
}


def tree(root: Path, file_name: str, items: list[Any], game: str = GAME) -> Path:
    path = root / game / file_name
    path.parent.mkdir(parents=True, exist_ok=True)
    key = "annotations" if file_name == LABELS else "predictions"
    path.write_text(json.dumps({"UrlLocal": game, key: items}), encoding="utf-8")
    return root


def log(events: list[tuple[str, int, float]], half: int = 1) -> EventLog:
    return EventLog(
        [Event.around(label, ms / 1000, soccer, score=score) for label, ms, score in events],
        Recording(f"{GAME}/{half}"),
        "test",
    )


def test_labels(tmp_path: Path) -> None:
    unshown = {"gameTime": "2 - 00:10", "label": "Goal", "position": "10001", "team": "home"}
    logs = read_labels(tree(tmp_path, LABELS, [LABEL, {**unshown, "visibility": "not shown"}]))
    assert list(logs) == [GAME]
    first, second = logs[GAME][1], logs[GAME][2]
    assert first.events == (Event("Ball out of play", 133.295, 133.295 - 6, 133.295 + 6, visible=True),)
    assert second.events == (Event.around("Goal", 10.001, soccer, team="home", visible=False),)
    assert (first.recording.name, first.producer) == (f"{GAME}/1", "SoccerNet-v2")
    assert second.recording.clock is not None
    assert second.recording.clock.at(10.0) == MatchTime(2, 2710.0)


def test_the_clock_reaches_the_last_event(tmp_path: Path) -> None:
    late = {**LABEL, "position": "3231909"}
    clock = read_labels(tree(tmp_path, LABELS, [late]))[GAME][1].recording.clock
    assert clock is not None
    assert str(clock.at(3231.909)) == "45+8:51"


def test_halves_without_events_are_there_and_empty(tmp_path: Path) -> None:
    assert [len(x) for x in read_labels(tree(tmp_path, LABELS, []))[GAME].values()] == [0, 0]


def test_a_label_without_a_position_has_its_game_time(tmp_path: Path) -> None:
    item = {"gameTime": "2 - 44:09", "label": "Corner"}
    assert read_labels(tree(tmp_path, LABELS, [item]))[GAME][2][0].time == 2649.0


def test_predictions(tmp_path: Path) -> None:
    logs = read_predictions(tree(tmp_path, PREDICTIONS, [PREDICTION, {**PREDICTION, "confidence": 1}]))
    assert [e.score for e in logs[GAME][2]] == [0.6612345678901234, 1.0]
    assert len(logs[GAME][1]) == 0


def test_predictions_spelled_otherwise(tmp_path: Path) -> None:
    item = {"label": "Goal", "position": 31500.9, "half": 2, "confidence": 0.5}
    event = read_predictions(tree(tmp_path, PREDICTIONS, [item]))[GAME][2][0]
    assert (event.time, event.score) == (31.5, 0.5)


def test_columns_keep_the_order_of_the_file_as_the_evaluator_needs(tmp_path: Path) -> None:
    """Of two predictions in one bin the evaluator takes the last written, not the last in time."""
    items = [
        {**PREDICTION, "position": "31900", "confidence": "0.9"},
        {**PREDICTION, "position": "31600", "confidence": "0.2"},
    ]
    ((_, halves),) = read_spots(tree(tmp_path, PREDICTIONS, items), PREDICTIONS)
    spots = halves[2]
    assert spots.score is not None
    grid = np.full((14400, 17), -1.0)
    grid[spots.position_ms * 2 // 1000, spots.label] = spots.score
    _, official = predictions2vector({"predictions": items}, EVENT_DICTIONARY=EVENT_DICTIONARY_V2)
    np.testing.assert_array_equal(grid, official)
    assert grid.max() == 0.2


def test_games_are_chosen_and_missing_ones_named(tmp_path: Path) -> None:
    tree(tree(tmp_path, LABELS, [LABEL]), LABELS, [], OTHER)
    assert labelled_games(tmp_path) == [GAME, OTHER]
    assert list(read_labels(tmp_path, [OTHER, GAME])) == [OTHER, GAME]
    assert list(read_labels(tmp_path, [OTHER, "a/b/c"], missing_ok=True)) == [OTHER]
    with pytest.raises(InputError, match=r"has no Labels-v2\.json of 1 of 2 games, such as 'a/b/c'"):
        read_labels(tmp_path, [OTHER, "a/b/c"])
    with pytest.raises(InputError, match=r"holds no results_spotting\.json"):
        read_predictions(tmp_path)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"label": "Gaol"}, "item 2: soccer has no action 'Gaol'.*nearest are: Goal"),
        ({"label": "goal"}, "item 2: soccer has no action 'goal'"),
        ({"label": 3}, "item 2: the label must be text, not 3"),
        ({"label": ["Goal"]}, "item 2: the label must be text"),
        ({"confidence": "nan"}, "item 2: the confidence must be a number, not 'nan'"),
        ({"confidence": "1.0001"}, "item 2: the confidence must be from 0 to 1, not '1.0001'"),
        ({"confidence": -0.1}, "item 2: the confidence must be from 0 to 1"),
        ({"confidence": None}, "item 2: the confidence must be a number, not None"),
        ({"confidence": True}, "item 2: the confidence must be a number"),
        ({"half": "3"}, "item 2: the half must be 1 or 2, not '3'"),
        ({"half": 0}, "item 2: the half must be 1 or 2"),
        ({"half": [1]}, "item 2: the half must be 1 or 2"),
        ({"position": "soon"}, "item 2: the position must be a number, not 'soon'"),
        ({"position": "1_000"}, "item 2: the position must be a number"),
        ({"position": "-1"}, "item 2: the position must be milliseconds"),
        ({"position": 10**400}, "item 2: the position must be a number"),
        ({"position": "9" * 30}, "item 2: the position must be milliseconds"),
        ({"position": {}}, "item 2: the position must be a number"),
        ({"position": None, "gameTime": "now"}, "item 2: a game time is written as"),
        ({"team": 4}, "item 2: a team is text"),
        ({"visibility": []}, "item 2: visibility \\[\\]"),
        ({"visibility": "perhaps"}, 'item 2: visibility \'perhaps\'.*Write "visible" or "not shown"'),
    ],
)
def test_wrong_items_are_named(tmp_path: Path, change: dict[str, Any], message: str) -> None:
    root = tree(tmp_path, PREDICTIONS, [PREDICTION, {**PREDICTION, **change}])
    with pytest.raises(InputError, match=message) as caught:
        read_predictions(root)
    assert GAME in str(caught.value)
    assert PREDICTIONS in str(caught.value)


@pytest.mark.parametrize("key", ["label", "confidence"])
def test_missing_keys_are_named(tmp_path: Path, key: str) -> None:
    item = {k: v for k, v in PREDICTION.items() if k != key}
    with pytest.raises(InputError, match=f"item 1: '{key}' is missing"):
        read_predictions(tree(tmp_path, PREDICTIONS, [item]))


@pytest.mark.parametrize(
    "value", [[], {}, 3, None, "x", {"predictions": {}}, {"annotations": []}, {"segments": {}}]
)
def test_json_of_another_shape(tmp_path: Path, value: Any) -> None:
    tree(tmp_path, PREDICTIONS, [])
    (tmp_path / GAME / PREDICTIONS).write_text(json.dumps(value), encoding="utf-8")
    with pytest.raises(InputError, match="not SoccerNet's JSON"):
        read_predictions(tmp_path)


@pytest.mark.parametrize("item", [None, 3, "x", [], {}])
def test_items_of_another_shape(tmp_path: Path, item: Any) -> None:
    with pytest.raises(InputError, match="item 1"):
        read_predictions(tree(tmp_path, PREDICTIONS, [item]))


EVENTS = st.lists(
    st.tuples(
        st.sampled_from(soccer.names),
        st.one_of(st.integers(0, 3_600_000), st.integers(0, 86_400_000)),
        st.floats(0, 1),
    ),
    max_size=12,
)


@settings(max_examples=40, deadline=None)
@given(first=EVENTS, second=EVENTS)
def test_what_is_written_is_read_exactly(
    tmp_path_factory: pytest.TempPathFactory, first: Any, second: Any
) -> None:
    folder = tmp_path_factory.mktemp("round trip")
    logs = {GAME: {1: log(first), 2: log(second, 2)}}
    for out in (folder / "out.zip", folder / "out"):
        write_predictions(out, logs)
        back = read_predictions(out)
        assert {half: got.events for half, got in back[GAME].items()} == {
            half: want.events for half, want in logs[GAME].items()
        }


def test_the_written_file_is_the_leaderboards(tmp_path: Path) -> None:
    logs = {
        OTHER: {1: log([]), 2: log([])},
        GAME: {1: log([("Goal", 31_500, 0.66), ("Corner", 31_400, 1 / 3)])},
    }
    write_predictions(tmp_path / "out.zip", logs)
    with zipfile.ZipFile(tmp_path / "out.zip") as archive:
        assert archive.namelist() == [f"{GAME}/{PREDICTIONS}", f"{OTHER}/{PREDICTIONS}"]
        value = json.loads(archive.read(f"{GAME}/{PREDICTIONS}"))
    assert value == {
        "UrlLocal": GAME,
        "predictions": [
            {
                "gameTime": "1 - 00:31",
                "label": "Corner",
                "position": "31400",
                "half": "1",
                "confidence": "0.3333333333333333",
            },
            {"gameTime": "1 - 00:31", "label": "Goal", "position": "31500", "half": "1", "confidence": "0.66"},
        ],
    }


def test_the_same_logs_give_the_same_bytes(tmp_path: Path) -> None:
    logs = {GAME: {1: log([("Goal", 1, 0.5)]), 2: log([])}, OTHER: {1: log([]), 2: log([])}}
    write_predictions(tmp_path / "a.zip", logs)
    write_predictions(tmp_path / "b.zip", {OTHER: logs[OTHER], GAME: dict(reversed(logs[GAME].items()))})
    assert (tmp_path / "a.zip").read_bytes() == (tmp_path / "b.zip").read_bytes()


def test_numpy_scores_and_labels_of_persons_are_written_plainly(tmp_path: Path) -> None:
    events = [Event.around("Goal", 1.0, soccer, score=np.float64(0.25)), Event.around("Foul", 2.0, soccer)]
    write_predictions(tmp_path / "o", {GAME: {1: EventLog(events, Recording("x"), "y")}})
    assert [e.score for e in read_predictions(tmp_path / "o")[GAME][1]] == [0.25, 1.0]


@pytest.mark.parametrize("game", ["../x", "a/../../x", "", "a//b", "a/\x00", "C:/x", "a/./b", "a\nb"])
def test_names_that_are_no_games_are_refused(tmp_path: Path, game: str) -> None:
    with pytest.raises(ValidationError, match="no game's name"):
        write_predictions(tmp_path / "out", {game: {1: log([])}})
    assert list(tmp_path.iterdir()) == []


def test_an_interrupted_write_leaves_what_was_there(tmp_path: Path) -> None:
    for out in (tmp_path / "out.zip", tmp_path / "out"):
        write_predictions(out, {GAME: {1: log([("Goal", 1, 0.5)])}})
        early = EventLog([Event.around("Goal", -1.0, soccer, score=1.0)], Recording("x"), "y")
        with pytest.raises(ValidationError, match="lies before the half"):
            write_predictions(out, {GAME: {1: log([]), 2: early}})
        with pytest.raises(ValidationError, match="halves 1 and 2"):
            write_predictions(out, {GAME: {1: log([]), 3: log([])}})
        assert len(read_predictions(out)[GAME][1]) == 1
    assert sorted(path.name for path in tmp_path.iterdir()) == ["out", "out.zip"]


def test_a_folder_is_replaced_only_if_it_holds_these_predictions(tmp_path: Path) -> None:
    out = tmp_path / "out"
    both = {GAME: {1: log([])}, OTHER: {1: log([])}}
    write_predictions(out, both)
    write_predictions(out, both)
    with pytest.raises(OutputError, match=r"holds other files, such as .* and would be replaced"):
        write_predictions(out, {GAME: {1: log([])}})
    (out / "notes.txt").write_text("mine", encoding="utf-8")
    with pytest.raises(OutputError, match=r"notes\.txt"):
        write_predictions(out, both)
    assert (out / "notes.txt").read_text(encoding="utf-8") == "mine"


def test_places_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x", encoding="utf-8")
    with pytest.raises(OutputError, match=r"is a file that is no \.zip"):
        write_predictions(tmp_path / "file", {GAME: {1: log([])}})
    for out in (tmp_path / "file" / "out", tmp_path / "file" / "out.zip"):
        with pytest.raises(OutputError, match="cannot be written"):
            write_predictions(out, {GAME: {1: log([])}})
    assert (tmp_path / "file").read_text(encoding="utf-8") == "x"


def test_a_full_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: Any, **__: Any) -> Any:
        raise OSError(28, "No space left on device")

    write_predictions(tmp_path / "out", {GAME: {1: log([("Goal", 1, 0.5)])}})
    monkeypatch.setattr(Path, "write_text", full)
    with pytest.raises(OutputError, match="the disk is full"):
        write_predictions(tmp_path / "out", {GAME: {1: log([])}})
    assert len(read_predictions(tmp_path / "out")[GAME][1]) == 1
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


def test_ctrl_c_while_the_folders_change_places(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    out = write_predictions(tmp_path / "out", {GAME: {1: log([("Goal", 1, 0.5)])}})
    rename = Path.rename

    def stopped(self: Path, target: Path) -> Path:
        if self.name == "new":
            raise KeyboardInterrupt
        return rename(self, target)

    monkeypatch.setattr(Path, "rename", stopped)
    with pytest.raises(KeyboardInterrupt):
        write_predictions(out, {GAME: {1: log([])}})
    assert len(read_predictions(out)[GAME][1]) == 1
    assert [path.name for path in tmp_path.iterdir()] == ["out"]
