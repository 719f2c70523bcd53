"""``matchcut practice``: a labelled match to try things on."""

from __future__ import annotations

from pathlib import Path

import click

from matchcut.cli import ui
from matchcut.cli.options import PATH


@click.command()
@click.argument("folder", type=PATH)
@click.option(
    "--seed", default=0, show_default=True, type=click.IntRange(min=0), help="Another seed is another match."
)
@click.option("--duration", default=180.0, show_default=True, help="Length of the match piece, in seconds.")
def practice(folder: Path, seed: int, duration: float) -> None:
    """Render a labelled practice match.

    It has moving picture, crowd sound, commentary as subtitles, a scoreboard, and the truth. It is synthetic:
    nothing measured on it says anything about real matches.
    """
    from matchcut.datasets.practice import render_match
    from matchcut.events import EventLog

    with ui.progress_bar("Rendering a practice match") as progress:
        match = render_match(folder, seed=seed, duration_s=duration, progress=progress)
    ui.say(f"{match.video}: a practice match of {duration:.0f} s (synthetic), with its subtitles inside")
    ui.say(f"{match.subtitles}: the commentary")
    ui.say(f"{match.truth}: {len(EventLog.load(match.truth))} labelled moments")
