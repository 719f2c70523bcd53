"""Events files of every kind, told apart by content, and CSV written."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from matchcut.datasets.tables import COLUMNS, read_events, write_csv
from matchcut.errors import InputError
from matchcut.events import Event, EventLog, Evidence
from matchcut.recording import Recording
from matchcut.sport import baseball, soccer
from matchcut.text import one_line

EVENTS = [
    Event.around("Goal", 2169.25, soccer, score=0.75, team="home", visible=False),
    Event("Corner", 2300.0, 2290.0, 2310.5),
]
LOG = EventLog(EVENTS, Recording("final.mp4"), "test")


def read(tmp_path: Path, value: Any, **how: Any) -> EventLog:
    path = tmp_path / "a file.dat"
    path.write_text(value if isinstance(value, str) else json.dumps(value), encoding="utf-8", newline="")
    return read_events(path, **how)


def test_events_json(tmp_path: Path) -> None:
    assert read(tmp_path, LOG.to_json()) == LOG


def test_a_bare_list(tmp_path: Path) -> None:
    log = read(tmp_path, [{"label": "throw in", "time": 3.0}])
    assert log.events == (Event.around("Throw-in", 3.0, soccer),)
    assert read(tmp_path, [{"label": "bunt", "time": 3}], sport=baseball).sport is baseball


def test_the_files_own_sport_wins(tmp_path: Path) -> None:
    value = {"sport": "baseball", "events": [{"label": "bunt", "time": 3}]}
    assert read(tmp_path, value, sport=soccer).sport is baseball
    with pytest.raises(InputError, match="event 1: soccer has no action 'bunt'"):
        read(tmp_path, {"events": value["events"]})


@pytest.mark.parametrize("key", ["annotations", "predictions"])
def test_a_single_soccernet_file(tmp_path: Path, key: str) -> None:
    items = [
        {
            "gameTime": f"{half} - 00:01",
            "half": str(half),
            "label": "Goal",
            "position": "1500",
            "confidence": "0.5",
        }
        for half in (1, 2)
    ]
    value = {"UrlLocal": "l/s/game/", key: items}
    with pytest.raises(InputError, match=r"holds both halves.*Add --half 1 or --half 2"):
        read(tmp_path, value)
    log = read(tmp_path, value, half=2)
    assert (log.recording.name, log[0].time) == ("l/s/game/2", 1.5)
    assert log[0].score == (0.5 if key == "predictions" else None)
    assert read(tmp_path, {key: items[1:]}).recording.name == f"{tmp_path.name}/2"
    assert len(read(tmp_path, {key: []})) == 0
    with pytest.raises(InputError, match="halves 1 and 2, not 3"):
        read(tmp_path, value, half=3)


@pytest.mark.parametrize("mark", ["", "\ufeff"])
@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_csv_of_a_spreadsheet(tmp_path: Path, delimiter: str, newline: str, mark: str) -> None:
    rows = [
        '"Label";Time;start;END;score;comment',
        "free-kick shot;36:09;;;0.5;x",
        "Corner;95.5;90;1:40",
        ";;",
        "",
    ]
    log = read(tmp_path, mark + newline.join(rows).replace(";", delimiter))
    assert log.events == (
        Event("Corner", 95.5, 90.0, 100.0),
        Event.around("Direct free-kick", 2169.0, soccer, score=0.5),
    )
    assert log.recording.name == "a file.dat"


def test_decimal_commas(tmp_path: Path) -> None:
    log = read(tmp_path, "label;time;score\nGoal;95,5;0,25\n")
    assert (log[0].time, log[0].score) == (95.5, 0.25)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "whose first line names the columns label and time"),
        ("Goal,1", "whose first line names"),
        ("label\nGoal", "whose first line names"),
        ("label,time,time\nGoal,1,2", "two columns are named 'time'"),
        ("label,time\nGoal,soon", "line 2: a time is written as 36:09"),
        ("label,time\nGoal", "line 2: a time is written as"),
        ("label,time\nGoal,1\nGaol,2", "line 3: soccer has no action 'Gaol'.*Goal"),
        ("label,time\n,2", "line 2: soccer has no action ''"),
        ("label,time\nGoal,1,2", "line 2: 3 cells under 2 columns"),
        ("label,time,score\nGoal,1,nan", "line 2: a score is a probability"),
        ("label,time,score\nGoal,1,1.5", "line 2: a score is a probability"),
        ("label,time,score\nGoal,1,high", "line 2: a score is a number from 0 to 1, not 'high'"),
        ("label,time,start\nGoal,1,2", "line 2: an event needs start <= time <= end"),
        ("label,time,visible\nGoal,1,maybe", "line 2: visible is yes, no or empty, not 'maybe'"),
        ('label,time\n"Goal,1', "line 2: .*Check the quotes"),
        ("label,time\nGoal," + "9" * 400, "line 2: "),
        ('{"a": 1}', "JSON, but not events"),
        ('{"events": [', "not JSON"),
        ('{"events": [{"label": "Goal", "time": NaN}]}', "holds NaN"),
        ('{"events": [{"label": "Goal"}]}', "event 1: 'time' is missing"),
        ('{"events": [{"label": "Goal", "time": 1' + "0" * 400 + "}]}", "event 1: int too large"),
        ('{"events": [], "recording": {"duration": 1' + "0" * 400 + "}}", "recording: int too large"),
        ('{"events": [], "recording": {"frame_rate": "1e999999999"}}', "a frame rate is written as 25"),
    ],
)
def test_wrong_files(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        read(tmp_path, text)


def test_half_a_surrogate_pair_does_not_stop_writing(tmp_path: Path) -> None:
    log = read(tmp_path, '{"events": [{"label": "Goal", "time": 1, "team": "a\\ud800"}]}')
    assert read_events(log.save(tmp_path / "e.json"))[0].team == "a?"
    assert read_events(write_csv(log, tmp_path / "e.csv"))[0].team == "a\ufffd"


def cells(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def test_the_written_table(tmp_path: Path) -> None:
    log = LOG.with_events(
        [*EVENTS[1:], Event("Foul", 1e-5, 0, 1, evidence=(Evidence("commentary", "a foul"),))]
    )
    rows = cells(write_csv(log, tmp_path / "x.csv"))
    assert list(rows[0]) == list(COLUMNS)
    assert (rows[0]["time"], rows[0]["evidence"], rows[0]["score"]) == ("0.00001", "commentary: a foul", "")
    assert (rows[1]["at"], rows[1]["end"]) == ("38:20", "2310.5")


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "'=1", '=cmd|" /C calc"!A0', "'x"])
def test_no_cell_is_a_formula(tmp_path: Path, text: str) -> None:
    event = Event("Goal", 1, 0, 2, None, (Evidence(text, "x"),), team=text)
    path = write_csv(LOG.with_events([event]), tmp_path / "x.csv")
    (row,) = cells(path)
    assert row["team"] == f"'{text}"
    assert not row["evidence"].startswith(("=", "+", "-", "@"))
    assert read_events(path)[0].team == text


FLOATS = st.floats(0, 1e6) | st.floats(-1e3, 1e-3)


@settings(max_examples=80, deadline=None)
@given(
    rows=st.lists(
        st.tuples(
            st.sampled_from(soccer.names),
            st.tuples(FLOATS, FLOATS, FLOATS).map(sorted),
            st.none() | st.floats(0, 1),
            st.none() | st.text(max_size=8).map(one_line).filter(bool),
            st.sampled_from([None, True, False]),
        ),
        max_size=5,
    )
)
def test_what_is_written_is_read_exactly(tmp_path_factory: pytest.TempPathFactory, rows: list[Any]) -> None:
    events = [
        Event(label, t[1], t[0], t[2], score, team=team, visible=seen) for label, t, score, team, seen in rows
    ]
    path = tmp_path_factory.mktemp("csv") / "events.csv"
    assert read_events(write_csv(LOG.with_events(events), path)).events == LOG.with_events(events).events
