"""``matchcut frames``: SoccerNet-v3's images counted and listed, and practice images to try things on."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from matchcut.cli import ui
from matchcut.cli.options import PATH

if TYPE_CHECKING:
    from matchcut.datasets.soccernet_frames import SoccerNetFrames

_SHOWN = 20


@click.group()
def frames() -> None:
    """Soccer images: SoccerNet-v3's, or generated ones in its layout."""


@frames.command()
@click.argument("folder", type=PATH)
@click.option("-o", "--output", type=PATH, help="A CSV file to write, one row an image.")
@click.option(
    "--splits",
    default="auto",
    show_default=True,
    help="What decides each game's split: official (SoccerNet-v3's lists), v2, folders (their names), hash (a"
    " rule on the game's name), a JSON file of lists, or auto: the first that is there.",
)
@click.option(
    "--check",
    type=click.Choice(["names", "headers", "pixels"]),
    default="headers",
    show_default=True,
    help="How far to look at each image: pixels reads all of it.",
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON instead of a table.")
def table(folder: Path, output: Path | None, splits: str, check: str, as_json: bool) -> None:
    """Count the images of each label by split, and list those left out and why.

    Actions and their replays are counted apart, with a plus between.
    """
    from matchcut import files
    from matchcut.datasets.soccernet_frames import CHECKS, image_table, read_soccernet_frames

    way = next(each for each in CHECKS if each == check)
    with ui.progress_bar("Looking at images") as progress:
        found = read_soccernet_frames(folder, splits=splits, check=way, progress=progress)
    if output is not None:
        files.write_text(output, image_table(found))
    if as_json:
        ui.show_json(found.to_json())
        return
    _show(folder, found)
    if output is not None:
        ui.say(f"{output}: {ui.count(len(found.images), 'image')}")


def _show(folder: Path, found: SoccerNetFrames) -> None:
    from rich.table import Table

    from matchcut.datasets.soccernet_frames import count_rows

    head, *rows = count_rows(found)
    shown = Table()
    for number, name in enumerate(head):
        shown.add_column(name, justify="right" if number else "left")
    for row in rows:
        shown.add_row(*row, end_section=row is rows[-2])
    ui.say(f"{folder}: actions + replays; split by {found.split_by}")
    ui.show(shown)
    for skip in found.skipped[:_SHOWN]:
        ui.say(f"left out ({skip.kind}): {skip.what}: {skip.why}", err=True)
    if len(found.skipped) > _SHOWN:
        ui.say(f"… and {len(found.skipped) - _SHOWN} more; --output lists all", err=True)
    ui.notes(found.notes)


@frames.command()
@click.argument("folder", type=PATH)
@click.option(
    "--seed", default=0, show_default=True, type=click.IntRange(min=0), help="Another seed, other images."
)
@click.option("--games", default=24, show_default=True, help="How many games; each is in one split.")
@click.option("--actions", default=30, show_default=True, help="How many actions each has.")
@click.option("--size", default=64, show_default=True, help="The side of the square images in pixels.")
def practice(folder: Path, seed: int, games: int, actions: int, size: int) -> None:
    """Render practice images in SoccerNet-v3's layout.

    They are synthetic: nothing measured on them says anything about real soccer.
    """
    from matchcut.datasets.practice_frames import PracticeFrameSettings, write_practice_frames

    settings = PracticeFrameSettings(games=games, actions=actions, size=size)
    with ui.progress_bar("Rendering practice images") as progress:
        write_practice_frames(folder, settings, seed, progress)
    ui.say(f"{folder}: practice images (synthetic) of {games * actions} actions in {games} games")
