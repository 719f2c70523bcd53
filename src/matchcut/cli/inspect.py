"""``matchcut inspect``: what was observed around a time."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from matchcut.cli import ui
from matchcut.cli.options import PATH, spot_settings, spotting_options

if TYPE_CHECKING:
    from matchcut.events import EventLog


@click.command()
@click.argument("source", type=PATH)
@click.argument("time")
@click.option("--clock", "by_clock", is_flag=True, help="TIME is by the match clock, e.g. 36:09 or 45+2:10.")
@click.option("--around", type=float, default=15.0, show_default=True, help="Seconds before and after TIME.")
@click.option("--frames", type=PATH, help="Also write the frames around TIME as this picture (.png or .jpg).")
@click.option("--video", type=PATH, help="The video to take the frames from, where SOURCE does not name it.")
@click.option("--json", "as_json", is_flag=True, help="Print everything as JSON.")
@spotting_options
def inspect(
    source: Path,
    time: str,
    by_clock: bool,
    around: float,
    frames: Path | None,
    video: Path | None,
    as_json: bool,
    **options: Any,
) -> None:
    """Print what was observed around a time, and what was made of it.

    SOURCE is an analysis folder, an events file, a video or a transcript; what is not analysed yet is analysed
    first. TIME is a time on the recording, such as 41:20, or with --clock on the match clock. What was not
    observed is said, with the reason.

    \b
    Examples:
      matchcut inspect final.matchcut 41:20
      matchcut inspect final.matchcut 45+2:10 --clock --frames goal.png
    """
    from matchcut.export.contact_sheet import write_contact_sheet
    from matchcut.export.inspection import inspection, moment
    from matchcut.export.inspection_text import inspection_table
    from matchcut.pipeline import open_analysis

    with ui.progress_bar(f"Reading {source.name}") as progress:
        analysis = open_analysis(source, spot_settings(options), progress)
    ui.notes(analysis.news)
    log, observed = analysis.log, analysis.observed
    at = moment(log, time, observed, by_clock=by_clock)
    seen = inspection(
        log, at, around, tracks=analysis.tracks, transcript=analysis.transcript, observed=observed
    )
    if as_json:
        ui.show_json(seen.to_json())
    else:
        ui.show(inspection_table(seen))
    if frames is not None:
        board = None if observed is None else observed.board
        write_contact_sheet(frames, _video(log, video), at, around, clock=seen.clock, board=board)
        ui.say(f"{frames}: the frames around it", err=True)


def _video(log: EventLog, given: Path | None) -> Path:
    """The video to take the frames from.

    Raises:
        InputError: nobody knows it.
    """
    from matchcut.errors import InputError

    media = given or log.recording.media
    if media is None:
        raise InputError(f"{log.recording.name}: names no video", "Give it with --video FILE")
    return media
