"""``matchcut spot``: find the moments of a match."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from matchcut.cli import ui
from matchcut.cli.options import PATH, spot_settings, spotting_options


@click.command()
@click.argument("source", type=PATH)
@click.option(
    "--transcript", type=PATH, help="Subtitles or ASR output: SRT, WebVTT, Whisper or SoccerNet-Echoes JSON."
)
@click.option("-o", "--output", type=PATH, help="The analysis folder.  [default: SOURCE with .matchcut]")
@click.option("--json", "as_json", is_flag=True, help="Print the events as JSON instead of a table.")
@click.option(
    "--dry-run", is_flag=True, help="Only say what language models would be asked, and what it would cost."
)
@spotting_options
def spot(
    source: Path,
    transcript: Path | None,
    output: Path | None,
    as_json: bool,
    dry_run: bool,
    **options: Any,
) -> None:
    """Find the moments of a match and write them down.

    SOURCE is a video or a transcript alone. A video is looked at and listened to, and what is said is read too
    if it has subtitles inside, beside it, or given by --transcript. The folder written holds events.json,
    report.html and the evidence; ask, reel and report take it, and a run that was interrupted goes on from it.
    """
    from matchcut.analysis import OBSERVED, REPORT
    from matchcut.export.summary import summary
    from matchcut.export.table import events_table
    from matchcut.pipeline import analyse, default_folder

    folder, settings = output or default_folder(source), spot_settings(options)
    if dry_run:
        from matchcut.further_language import plan

        for line in plan(source, transcript, settings, folder):
            ui.say(line)
        return
    try:
        with ui.progress_bar(f"Spotting {source.name}") as progress:
            analysis = analyse(source, transcript, settings, folder, progress)
    except KeyboardInterrupt:
        if (folder / OBSERVED).is_dir():
            ui.say("\nWhat was observed so far is kept: the same command goes on from there.", err=True)
        raise
    ui.notes(analysis.notes)
    if as_json:
        ui.show_json(analysis.log.to_json())
        return
    ui.show(events_table(analysis.log))
    for line in summary(analysis.log, analysis.observed):
        ui.say(line)
    ui.say(f"{ui.count(len(analysis.log), 'event')}. See {folder / REPORT}")
    if analysis.observed is not None and analysis.observed.shots is not None and not settings.further:
        _tell_of_vision()


def _tell_of_vision() -> None:
    """One line on what a network that looks at the pictures would add, where its weights are not here."""
    from matchcut.encoders.weights import weights_ready

    found = weights_ready()
    if not found.ok:
        ui.note(
            "--with vision would also look for the actions in the pictures themselves; it needs CLIP's weights,"
            " which are not here (matchcut doctor tells how to get them)"
        )
