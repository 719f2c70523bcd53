"""``matchcut ask``: moments by everyday English."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from matchcut.cli import ui
from matchcut.cli.options import PATH, spot_settings, spotting_options


@click.command()
@click.argument("source", type=PATH)
@click.argument("question")
@click.option("--json", "as_json", is_flag=True, help="Print query, text and events as JSON.")
@click.option("--reel", "reel_path", type=PATH, help="Also cut the moments into this film.")
@click.option("--video", type=PATH, help="The video to cut from, where SOURCE does not name it.")
@spotting_options
def ask(
    source: Path, question: str, as_json: bool, reel_path: Path | None, video: Path | None, **options: Any
) -> None:
    """Ask for moments in everyday English.

    SOURCE is an analysis folder, an events file, a video or a transcript; what is not analysed yet is analysed
    first. How the question was understood is printed before the answer.

    \b
    Examples:
      matchcut ask final.matchcut "Give me all the highlights of free-kicks"
      matchcut ask final.matchcut "How many corners in the second half?"
    """
    from matchcut.cli.reel import cut_reel
    from matchcut.pipeline import open_analysis
    from matchcut.questions import ask as answer_question

    with ui.progress_bar(f"Reading {source.name}") as progress:
        analysis = open_analysis(source, spot_settings(options), progress)
    ui.notes(analysis.news)
    answer = answer_question(analysis.log, question)
    if as_json:
        ui.show_json(answer.to_json())
    else:
        ui.say(f"Understood as: {answer.query.describe()}", err=True)
        ui.say(answer.text)
    if reel_path is not None:
        cut_reel(analysis.log, answer.events, reel_path, video)
