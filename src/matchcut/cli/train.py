"""``matchcut train``: networks on your own data."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from pathlib import Path

import click

from matchcut.cli.options import PATH
from matchcut.errors import RequiresExtra


@click.group()
def train() -> None:
    """Train a network on your own data."""


@train.command()
@click.option("--labels", type=PATH, required=True, help="SoccerNet-v2 labels, a folder or a zip.")
@click.option("--echoes", type=PATH, required=True, help="SoccerNet-Echoes transcripts, a folder or a zip.")
@click.option("--splits", type=PATH, required=True, help="JSON with the game lists of train and valid.")
@click.option("-o", "--output", type=PATH, required=True, help="Folder for everything; a second run goes on.")
@click.option("--settings", type=PATH, help="JSON of training settings, where not the defaults.")
def commentary(labels: Path, echoes: Path, splits: Path, output: Path, settings: Path | None) -> None:
    """Train the commentary spotter; with SoccerNet's data this makes the weights that come with matchcut.

    An interrupted training goes on from its last epoch.
    """
    if importlib.util.find_spec("torch") is None:
        raise RequiresExtra("training a spotter", "train")
    given = {
        "--labels": labels,
        "--echoes": echoes,
        "--splits": splits,
        "--out": output,
        "--settings": settings,
    }
    options = [str(part) for name, value in given.items() if value is not None for part in (name, value)]
    done = subprocess.run([sys.executable, "-m", "matchcut.training.commentary", *options], check=False)
    raise SystemExit(done.returncode)
