"""What holds for every verb: names are data, and whatever the system refuses is a message."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

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
    assert "name too long" in capsys.readouterr().err


def test_every_metric_is_offered() -> None:
    assert tuple(METRICS) == OFFERED
