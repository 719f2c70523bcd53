"""The ladder of MLB-YouTube's experiments, end to end on a handful of practice clips."""

from __future__ import annotations

import csv
import os
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest

pytest.importorskip("torch", reason="needs the extra 'clip'")

SCRIPT = Path(__file__).parents[2] / "experiments" / "mlb_youtube" / "ladder.py"


def climb(out: Path, *rungs: str) -> list[dict[str, str]]:
    command = [
        sys.executable, str(SCRIPT), "--out", str(out), "--practice", "2", "24", "--seeds", "1",
        "--epochs", "1", "--batch", "8", "--pyramid", "8", "8", "8", "--rate", "1", "--device", "cpu",
        "--rungs", *rungs,
    ]  # fmt: skip
    done = subprocess.run(command, capture_output=True, text=True, env={**os.environ, "OMP_NUM_THREADS": "1"})
    assert done.returncode == 0, done.stderr
    with (out / "runs.csv").open(newline="") as stream:
        return list(csv.DictReader(stream))


@pytest.mark.timeout(300)
def test_two_rungs_and_a_baseline_are_climbed_once(tmp_path: Path) -> None:
    first = climb(tmp_path, "majority", "best", "best-video")
    assert [row["rung"] for row in first] == ["majority", "best", "best-video"]
    assert all(0 <= float(row["accuracy"]) <= float(row["accuracy_six"]) <= 1 for row in first)
    again = climb(tmp_path, "best", "c3d")
    assert again[:3] == first
    assert [row["rung"] for row in again[3:]] == ["c3d"]
    table = (tmp_path / "ladder.md").read_text(encoding="utf-8")
    assert table.startswith("Practice clips (synthetic; no claim about baseball).")
    assert "| fusion beats pictures alone | " in table
    assert "caption masking" not in table
    drawn = ElementTree.parse(tmp_path / "ladder.svg").getroot()
    assert len(drawn.findall(".//{http://www.w3.org/2000/svg}circle")) == 4
