"""What holds for every verb: names are data, and whatever the system refuses is a message."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from rich.table import Table
from rich.text import Text

from matchcut import checkup
from matchcut.cli import ui
from matchcut.cli.evaluate import METRICS as OFFERED
from matchcut.cli.main import main
from matchcut.metrics.spotting import METRICS


def test_square_brackets_in_names_are_no_styles(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    game = "league/season/game"
    for name, key in (("Labels-v2.json", "annotations"), ("results_spotting.json", "predictions")):
        path = tmp_path / key / game / name
        path.parent.mkdir(parents=True)
        path.write_text(json.dumps({key: []}), "utf-8")
    split = tmp_path / "mine [red] a[" / "b].json"
    split.parent.mkdir()
    split.write_text(json.dumps([game]), "utf-8")
    trees = ["--labels", str(tmp_path / "annotations"), "--predictions", str(tmp_path / "predictions")]
    assert main(["evaluate", "soccernet", *trees, "--split", str(split)]) == 0
    assert "mine [red]" in " ".join(capsys.readouterr().out.split())


def test_a_remedy_names_the_extra(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(checkup, "EXTRAS", {"no-such-package": ("train", "nothing")})
    assert main(["doctor"]) == 0
    assert "pip install 'matchcut[train]'" in capsys.readouterr().out


def test_progress_takes_any_name(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("TERM", "xterm")
    with ui.progress_bar("Cutting [/b].mp4") as progress:
        progress(1, 2)
    assert "[/b].mp4" in capsys.readouterr().err


def test_what_the_system_refuses_is_a_message(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    subtitles = tmp_path / "a.srt"
    subtitles.write_text("1\n00:00:01,000 --> 00:00:02,000\nCorner.\n")
    assert main(["spot", str(subtitles), "-o", str(tmp_path / ("x" * 300))]) == 2
    assert "name is too long" in capsys.readouterr().err


def test_every_metric_is_offered() -> None:
    assert tuple(METRICS) == OFFERED


def test_names_cannot_steer_the_terminal(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    subtitles = tmp_path / "a\x1b[31m\x9b\u202e.srt"
    subtitles.write_text("1\n00:00:01,000 --> 00:00:02,000\nCorner \x1b]0;x\x07\u202e kick.\n", "utf-8")
    for verb in (["spot"], ["spot", "--json"], ["ask", "corners"], ["convert", str(subtitles) + ".vtt"]):
        assert main([verb[0], str(subtitles), *verb[1:]]) == 0
    assert main(["spot", str(subtitles) + ".not"]) == 2
    printed = capsys.readouterr()
    assert not set("\x1b\x9b\x07\u202e") & set(printed.out + printed.err)
    assert "\\u001b[31m\\u009b" in printed.out  # whole in JSON, as escapes


def test_what_a_terminal_cannot_show_stops_nothing(tmp_path: Path) -> None:
    subtitles = tmp_path / "гол.srt"
    subtitles.write_text("1\n00:00:01,000 --> 00:00:02,000\nГол!\n", "utf-8")
    for more in ([], ["--json"]):
        done = subprocess.run(
            [sys.executable, "-m", "matchcut", "spot", subtitles, *more],
            env={**os.environ, "PYTHONIOENCODING": "ascii"},
            capture_output=True,
            check=False,
        )
        assert (done.returncode, b"Traceback" in done.stderr) == (0, False)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no /dev/full")
def test_an_output_that_takes_nothing_is_a_message() -> None:
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [sys.executable, "-m", "matchcut", "doctor", "--json"],
            stdout=full,
            stderr=subprocess.PIPE,
            check=False,
        )
    assert done.returncode == 2
    assert done.stderr.count(b"\n") == 1
    assert b"refused to read or write" in done.stderr


@pytest.mark.parametrize("verb", ["--help", "doctor"])
def test_a_reader_that_has_enough_is_no_failure(verb: str) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    with os.fdopen(writing, "w") as pipe:
        done = subprocess.run(
            [sys.executable, "-m", "matchcut", verb], stdout=pipe, stderr=subprocess.PIPE, check=False
        )
    assert (done.returncode, done.stderr) == (0, b"")


def test_no_verb_replaces_its_source(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    events = tmp_path / "Labels-v2.json"
    events.write_text(json.dumps({"annotations": [{"gameTime": "1 - 0:10", "label": "Goal"}]}))
    link = tmp_path / "link.json"
    link.symlink_to(events)
    before = events.read_bytes()
    assert main(["convert", str(events), str(events)]) == 2
    assert main(["convert", str(events), str(link)]) == 2
    assert main(["report", str(events), "-o", str(events)]) == 2
    assert capsys.readouterr().err.count("Labels-v2.json: ") == 2
    assert events.read_bytes() == before
    assert main(["report", str(events), "-o", str(tmp_path / "page.html")]) == 0


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_stop_leaves_nothing_half_written(tmp_path: Path, number: signal.Signals) -> None:
    old = tmp_path / "p" / "practice.mp4"
    old.parent.mkdir()
    old.write_text("old")
    work = subprocess.Popen(
        [sys.executable, "-m", "matchcut", "practice", old.parent, "--duration", "60"],
        stderr=subprocess.PIPE,
        # Started in the background, a shell has its children ignore some of these.
        preexec_fn=lambda: signal.signal(number, signal.SIG_DFL),
    )
    until = time.monotonic() + 30
    while len(list(old.parent.iterdir())) == 1 and time.monotonic() < until:
        time.sleep(0.05)
    work.send_signal(number)
    _, said = work.communicate(timeout=30)
    assert (work.returncode, b"stopped" in said) == (130, True)
    assert [path.name for path in old.parent.iterdir()] == ["practice.mp4"]
    assert old.read_text() == "old"


def test_a_stop_while_a_package_loads_is_a_stop(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def half_loaded() -> None:
        try:
            raise KeyboardInterrupt
        except KeyboardInterrupt as stop:
            raise ImportError("half loaded") from stop

    monkeypatch.setattr(checkup, "checkup", half_loaded)
    assert main(["doctor"]) == 130
    assert "stopped" in capsys.readouterr().err


def test_a_table_in_a_pipe_loses_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    table = Table("Evidence")
    table.add_row(Text("what was seen " * 20 + "end", no_wrap=True, overflow="ellipsis"))
    ui.show(table)
    assert "end" in capsys.readouterr().out
