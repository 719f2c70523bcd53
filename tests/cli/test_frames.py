"""The verb ``matchcut frames``, from start to end."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from matchcut.cli.main import cli
from matchcut.datasets.soccernet_frames import FRAMES, LABELS
from matchcut.errors import InputError


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    target = tmp_path_factory.mktemp("frames") / "practice [red]"
    done = CliRunner().invoke(cli, ["frames", "practice", str(target), "--games", "4", "--actions", "8"])
    assert done.exit_code == 0, done.output
    assert "(synthetic) of 32 actions in 4 games" in done.output
    return target


def test_counts_by_split(folder: Path, tmp_path: Path) -> None:
    out = tmp_path / "images.csv"
    done = CliRunner().invoke(cli, ["frames", "table", str(folder), "-o", str(out)])
    assert done.exit_code == 0, done.output
    assert "practice [red]: actions + replays" in done.output
    assert "train" in done.output
    rows = out.read_text().splitlines()
    assert rows[0].startswith("game,image,label,split,half")
    assert sum(",action," in row for row in rows[1:]) == 32


def test_what_is_left_out_is_listed(folder: Path) -> None:
    games = sorted(path.parent for path in folder.rglob(FRAMES))
    zip_there, labels_there = (games[0] / FRAMES).read_bytes(), (games[1] / LABELS).read_text()
    (games[0] / FRAMES).write_bytes(zip_there[:500])
    (games[1] / LABELS).write_text("{}")
    try:
        done = CliRunner().invoke(cli, ["frames", "table", str(folder), "--check", "pixels"])
        told = json.loads(CliRunner().invoke(cli, ["frames", "table", str(folder), "--json"]).stdout)
    finally:
        (games[0] / FRAMES).write_bytes(zip_there)
        (games[1] / LABELS).write_text(labels_there)
    assert done.exit_code == 0, done.output
    assert f"left out (broken): {games[0].relative_to(folder)}" in done.output
    assert f"left out (unlabelled): {games[1].relative_to(folder)}" in done.output
    assert [skip["kind"] for skip in told["skipped"]] == ["broken", "unlabelled"]
    assert told["left_out"]["unlabelled"] >= 8
    assert told["images"] == sum(
        part for split in told["counts"].values() for of in split.values() for part in of.values()
    )


def test_a_folder_of_something_else(tmp_path: Path) -> None:
    done = CliRunner().invoke(cli, ["frames", "table", str(tmp_path)])
    assert isinstance(done.exception, InputError)
