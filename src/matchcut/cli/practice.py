"""``matchcut practice``: a labelled match to try things on."""

from __future__ import annotations

from pathlib import Path

import click

from matchcut.cli import ui
from matchcut.cli.options import PATH

_FAULTS = (
    *("no board", "board comes and goes", "small board", "ticker", "picture in picture", "countdown"),
    *("jumping clock", "noise", "low bitrate", "portrait", "no sound", "no commentary"),
)


@click.command()
@click.argument("folder", type=PATH)
@click.option(
    "--seed", default=0, show_default=True, type=click.IntRange(min=0), help="Another seed is another match."
)
@click.option("--duration", default=180.0, show_default=True, help="Length of the match piece, in seconds.")
@click.option(
    "--sport",
    default="soccer",
    show_default=True,
    type=click.Choice(["soccer", "baseball"]),
    help="Which sport.",
)
@click.option(
    "--board",
    type=click.IntRange(min=0),
    help="Another number is another broadcaster's scoreboard: form, place, font.",
)
@click.option("--opening", is_flag=True, help="Begin with line-ups and kick-off (soccer).")
@click.option(
    "--half-time", is_flag=True, help="Stoppage time, half-time and second half in the middle (soccer)."
)
@click.option(
    "--fault", "faults", multiple=True, type=click.Choice(_FAULTS), help="Something difficult; may be repeated."
)
def practice(
    folder: Path,
    seed: int,
    duration: float,
    sport: str,
    board: int | None,
    opening: bool,
    half_time: bool,
    faults: tuple[str, ...],
) -> None:
    """Render a labelled practice broadcast.

    It has moving picture with scoreboard, cuts and replays, crowd, voice and whistles, commentary as subtitles,
    and the truth: the labelled moments, and everything that is shown and heard. It is synthetic: nothing
    measured on it says anything about real matches.
    """
    from dataclasses import replace

    from matchcut.datasets.practice import BroadcastTruth, PracticeSettings, random_settings, render_match
    from matchcut.events import EventLog
    from matchcut.sport import sport as sport_named

    settings = PracticeSettings(faults=frozenset(faults))
    if opening:
        settings = replace(settings, clock_start_s=0.0, opening_s=14.0)
    elif half_time:
        start = max(2700.0 - 0.4 * duration, 0.0)
        settings = replace(settings, clock_start_s=start, half_time_s=2700.0 - start + 0.05 * duration)
    if board is not None:
        settings = random_settings(board, settings)
    with ui.progress_bar("Rendering a practice match") as progress:
        match = render_match(
            folder, seed=seed, duration_s=duration, settings=settings, of=sport_named(sport), progress=progress
        )
    ui.say(f"{match.video}: a practice match of {duration:.0f} s (synthetic), with its subtitles inside")
    ui.say(f"{match.subtitles}: the commentary")
    ui.say(f"{match.truth}: {len(EventLog.load(match.truth))} labelled moments")
    told = BroadcastTruth.load(match.broadcast)
    seen = (("shot", told.shots), ("replay", told.replays), ("whistle", told.whistles))
    counts = ", ".join(ui.count(len(held), thing) for thing, held in seen)
    ui.say(f"{match.broadcast}: what is shown and heard: {counts}")
