"""The benchmark of an epoch runs on a CPU with next to nothing."""

from __future__ import annotations

import importlib.util
import json
import sys
from pathlib import Path

import pytest

pytest.importorskip("torch", reason="needs the extra 'train'")

SCRIPT = Path(__file__).parents[2] / "benchmarks" / "temporal.py"


def test_an_epoch_and_its_share_of_loading(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    spec = importlib.util.spec_from_file_location("temporal_benchmark", SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    script = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(script)
    options = ["--epoch", "3", "--minutes", "0.5", "--threads", "1", "--device", "cpu"]
    monkeypatch.setattr(sys, "argv", ["temporal.py", *options, "--folder", str(tmp_path)])
    script.main()
    row = json.loads(capsys.readouterr().out)
    assert len(list(tmp_path.glob("*_noise.npy"))) == 6
    assert (row["matches"], row["steps"], row["device"]) == (3, 1, "cpu, 1 threads")
    assert len(row["epoch_seconds"]) == 2
    assert all(0 < share < 1 for share in row["share_loading"])
