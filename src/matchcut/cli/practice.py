"""``matchcut practice``: a labelled match to try things on."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from matchcut.cli import ui
from matchcut.cli.options import PATH
from matchcut.errors import SettingsError

if TYPE_CHECKING:
    from matchcut.datasets.practice import PracticeSettings

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
    "--soccernet",
    "matches",
    type=click.IntRange(1, 1000),
    metavar="MATCHES",
    help="So many small matches of two halves each, in SoccerNet's layout, with lists of a split (soccer).",
)
@click.option(
    "--one-modality",
    is_flag=True,
    help="What happens is only to be seen, only to be heard or only told, by turns (soccer; no scoreboard).",
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
    matches: int | None,
    one_modality: bool,
    faults: tuple[str, ...],
) -> None:
    """Render a labelled practice broadcast.

    It has moving picture with scoreboard, cuts and replays, crowd, voice and whistles, commentary as subtitles,
    and the truth: the labelled moments, and everything that is shown and heard. It is synthetic: nothing
    measured on it says anything about real matches.

    With --soccernet the folder can be trained and measured on (train spotter --data FOLDER --splits
    FOLDER/splits.json); --duration is that of a half, and a second run goes on, or adds matches. With
    --one-modality as well, six labels that show everywhere are labelled.
    """
    from dataclasses import replace

    from matchcut.datasets.practice import BroadcastTruth, PracticeSettings, random_settings, render_match
    from matchcut.events import EventLog
    from matchcut.sport import sport as sport_named

    apart = one_modality and sport == "soccer"
    given = frozenset(faults) | ({"no board"} if apart else frozenset())
    settings = PracticeSettings(faults=given, one_modality=apart)
    if matches is not None:
        if sport != "soccer" or board is not None or opening or half_time:
            raise SettingsError(
                "matches in SoccerNet's layout are of soccer, a half a film, without a board",
                "Leave --sport, --board, --opening and --half-time out",
            )
        _soccernet(folder, seed, duration, matches, settings)
        return
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


def _soccernet(folder: Path, seed: int, half_s: float, matches: int, settings: PracticeSettings) -> None:
    """Many matches, small, in SoccerNet's layout."""
    from dataclasses import replace

    from matchcut.datasets.practice import EVERYWHERE
    from matchcut.datasets.practice_matches import FILM, PracticeMatchesSettings, write_practice_matches

    film = replace(FILM, faults=FILM.faults | settings.faults, one_modality=settings.one_modality)
    labels = EVERYWHERE if settings.one_modality else ()
    how = PracticeMatchesSettings(matches, half_s, labels, film)
    with ui.going_on("Matches that are whole are kept"), ui.progress_bar("Rendering matches") as progress:
        lists = write_practice_matches(folder, how, seed, progress)
    parts = ", ".join(f"{len(games)} {name}" for name, games in lists.items())
    ui.say(f"{folder}: {matches} practice matches (synthetic) in SoccerNet's layout: {parts}")
