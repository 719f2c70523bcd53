"""``matchcut predict``: a whole data set, for its leaderboard."""

from __future__ import annotations

from pathlib import Path

import click

from matchcut.cli import ui
from matchcut.cli.options import PATH


@click.group()
def predict() -> None:
    """Spot a whole data set, for its leaderboard."""


@predict.command()
@click.option("--echoes", type=PATH, required=True, help="SoccerNet-Echoes transcripts, a folder or a zip.")
@click.option(
    "--labels", type=PATH, help="SoccerNet-v2 labels; if given, only games that have them are spotted."
)
@click.option(
    "--split",
    default="valid",
    show_default=True,
    help="train, valid, test, challenge, all, or a JSON file of game lists.",
)
@click.option("--version", "versions", multiple=True, help="Use only this transcript version; may be repeated.")
@click.option("-o", "--output", type=PATH, required=True, help="The leaderboard file: a .zip or a folder.")
def soccernet(echoes: Path, labels: Path | None, split: str, versions: tuple[str, ...], output: Path) -> None:
    """Spot a SoccerNet split from its SoccerNet-Echoes transcripts.

    An interrupted run goes on where it was.
    """
    from matchcut.prediction import predict_soccernet

    with ui.progress_bar(f"Spotting {split}") as progress:
        done = predict_soccernet(echoes, output, split, labels, versions, progress)
    if done.missing:
        ui.note(f"{len(done.missing)} games of the split have no transcript and are left out")
    ui.say(
        f"{done.out}: {done.games} games, {done.halves} halves, {done.detections} detections, "
        f"from {', '.join(done.versions)}"
    )
