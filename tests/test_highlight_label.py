"""The label of our own beside the data sets': logs hold it, leaderboards never see it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from matchcut.datasets.soccernet_write import write_predictions
from matchcut.errors import LabelError
from matchcut.events import Event, EventLog
from matchcut.export.palette import ordered, style
from matchcut.metrics.intervals import Intervals
from matchcut.metrics.spotting import evaluate_soccernet
from matchcut.recording import Recording
from matchcut.sport import HIGHLIGHT, SPORTS, Label, baseball, soccer


def log() -> EventLog:
    events = [Event.around("Highlight", 30, soccer, score=0.8), Event.around("Goal", 60, soccer, score=0.9)]
    return EventLog(events, Recording("final.mp4"), "a test")


@pytest.mark.parametrize("name", SPORTS)
def test_it_stands_beside_the_data_sets_labels(name: str) -> None:
    sport = SPORTS[name]
    assert len(sport.names) == {"soccer": 17, "baseball": 8}[name]
    assert HIGHLIGHT.name not in sport.names
    assert sport.all_names == (*sport.names, *(label.name for label in sport.extras))
    assert sport.extras[-1] is HIGHLIGHT
    assert HIGHLIGHT.name in sport
    assert sport.label("highlight") is HIGHLIGHT
    assert sport.index(HIGHLIGHT.name) >= len(sport.names)
    group = sport.words["exciting moments"]
    assert not isinstance(group, Label), "exciting moments are goals too"
    assert group is sport.words["highlights"]
    assert HIGHLIGHT.name in group.labels
    with pytest.raises(LabelError):
        sport.label("touchdown")


def test_a_log_holds_and_counts_it() -> None:
    assert log().counts() == {"Goal": 1, "Highlight": 1}
    assert EventLog.from_json(json.loads(json.dumps(log().to_json()))) == log()


def test_leaderboards_and_metrics_leave_it_out(tmp_path: Path) -> None:
    write_predictions(tmp_path / "out", {"a/b/c": {1: log()}})
    written = json.loads((tmp_path / "out/a/b/c/results_spotting.json").read_text())
    assert [item["label"] for item in written["predictions"]] == ["Goal"]
    goals = log().where("Goal")
    assert evaluate_soccernet({"g": {1: goals}}, {"g": {1: log()}}) == evaluate_soccernet(
        {"g": {1: goals}}, {"g": {1: goals}}
    )
    assert len(Intervals.of_logs([log()], soccer.names)) == 1


@pytest.mark.parametrize("sport", [soccer, baseball], ids=lambda sport: sport.name)
def test_it_has_a_look_of_its_own(sport: object) -> None:
    assert sport in SPORTS.values()
    of = soccer if sport is soccer else baseball
    looks = [(style(of, name).hue, style(of, name).shape) for name in of.all_names]
    assert len(set(looks)) == len(looks)
    assert set(ordered(of, set(of.all_names))) == set(of.all_names)
