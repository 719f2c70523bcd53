"""``matchcut report``: the web page."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from matchcut.cli import ui
from matchcut.cli.options import PATH, spot_settings, spotting_options


@click.command()
@click.argument("source", type=PATH)
@click.option("-o", "--output", type=PATH, required=True, help="The page to write, an HTML file.")
@click.option("--question", help="Show only the moments that this question asks for, with the answer on top.")
@spotting_options
def report(source: Path, output: Path, question: str | None, **options: Any) -> None:
    """Write a web page that shows what was found.

    SOURCE is an analysis folder, an events file, a video or a transcript. The page stands alone: mail it or
    open it offline.
    """
    from dataclasses import replace

    from matchcut.errors import OutputError
    from matchcut.pipeline import open_analysis
    from matchcut.pipeline import report as write
    from matchcut.questions import ask as answer_question

    if output.suffix.casefold() not in (".html", ".htm"):
        # Also keeps a slip from replacing the video with a page.
        raise OutputError(f"{output}: a report is a web page", "Give it a name that ends with .html")
    with ui.progress_bar(f"Reading {source.name}") as progress:
        analysis = open_analysis(source, spot_settings(options), progress)
    ui.notes(analysis.news)
    told = None
    if question:
        answer = answer_question(analysis.log, question)
        ui.say(f"Understood as: {answer.query.describe()}", err=True)
        analysis = replace(analysis, log=analysis.log.with_events(answer.events))
        told = (question, answer.text)
    write(analysis, output, told)
    ui.say(f"{output}: {ui.count(len(analysis.log), 'event')}, {output.stat().st_size / 1e6:.1f} MB")
