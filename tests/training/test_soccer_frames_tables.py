"""The tables of the soccer frames' experiments, end to end on a handful of practice images."""

from __future__ import annotations

import csv
import os
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("torch", reason="needs the extra 'clip'")
pytest.importorskip("transformers", reason="needs the extra 'clip'")

from matchcut.datasets.practice_frames import PracticeFrameSettings, write_practice_frames
from matchcut.encoders.dual import write_untrained_dual

SCRIPT = Path(__file__).parents[2] / "experiments" / "soccer_frames" / "tables.py"


@pytest.mark.timeout(300)
def test_runs_are_done_once_and_told(tmp_path: Path) -> None:
    how = PracticeFrameSettings(games=3, actions=8, replays=1, size=32)
    images = write_practice_frames(tmp_path / "images", how)
    encoder = write_untrained_dual(tmp_path / "encoder")
    out = tmp_path / "out"

    def made(*runs: str) -> list[dict[str, str]]:
        command = [
            sys.executable, str(SCRIPT), "--out", str(out), "--images", str(images), "--encoder", str(encoder),
            "--seeds", "0", "--epochs", "1", "--device", "cpu", "--runs", *runs,
        ]  # fmt: skip
        done = subprocess.run(
            command, capture_output=True, text=True, env={**os.environ, "OMP_NUM_THREADS": "1"}
        )
        assert done.returncode == 0, done.stderr
        with (out / "runs.csv").open(newline="") as stream:
            return list(csv.DictReader(stream))

    first = made("zero-shot", "paper")
    assert [row["run"] for row in first] == ["zero-shot", "paper"]
    assert all(0 <= float(row["accuracy"]) <= 1 for row in first)
    again = made("paper", "others-fresh")
    assert again[:2] == first
    assert [row["run"] for row in again[2:]] == ["others-fresh"]
    assert "| claim |" in (out / "RESULTS.md").read_text(encoding="utf-8")
