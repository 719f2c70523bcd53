"""``matchcut ask``: moments by everyday English."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from matchcut.cli import ui
from matchcut.cli.options import PATH, spot_settings, spotting_options

if TYPE_CHECKING:
    from matchcut.language.asking import Asker


@click.command()
@click.argument("source", type=PATH)
@click.argument("question")
@click.option("--json", "as_json", is_flag=True, help="Print query, text and events as JSON.")
@click.option("--reel", "reel_path", type=PATH, help="Also cut the moments into this film.")
@click.option("--video", type=PATH, help="The video to cut from, where SOURCE does not name it.")
@click.option("--llm", is_flag=True, help="Let the --language-model understand what the grammar does not.")
@spotting_options
def ask(
    source: Path,
    question: str,
    as_json: bool,
    reel_path: Path | None,
    video: Path | None,
    llm: bool,
    **options: Any,
) -> None:
    """Ask for moments in everyday English.

    SOURCE is an analysis folder, an events file, a video or a transcript; what is not analysed yet is analysed
    first. How the question was understood is printed before the answer. With --llm, a question that is not
    understood is put to the language model that the environment names; the answer is made from the log alone.

    \b
    Examples:
      matchcut ask final.matchcut "Give me all the highlights of free-kicks"
      matchcut ask final.matchcut "How many corners in the second half?"
    """
    from matchcut.cli.reel import cut_reel
    from matchcut.pipeline import open_analysis
    from matchcut.questions import answer as answer_query
    from matchcut.questions import understand

    asker = _asker(options) if llm else None
    with ui.progress_bar(f"Reading {source.name}") as progress:
        analysis = open_analysis(source, spot_settings(options), progress)
    ui.notes(analysis.news)
    if asker is None:
        query = understand(analysis.log, question)
    else:
        from matchcut.language.understand import understand_with

        query = understand_with(asker, analysis.log, question)
    answer = answer_query(analysis.log, query)
    if as_json:
        ui.show_json(answer.to_json())
    else:
        ui.say(f"Understood as: {answer.query.describe()}", err=True)
        ui.say(answer.text)
    if reel_path is not None:
        cut_reel(analysis.log, answer.events, reel_path, video)


def _asker(options: dict[str, Any]) -> Asker:
    """Who understands what the grammar does not; what was said of it is no longer said of the analysis.

    Raises:
        SettingsError: no model is named, or a cap has no price.
    """
    from matchcut.language_setup import answers_folder, read_setup

    setup = read_setup(
        options["language_model"],
        options["llm_settings"],
        prices=options["prices"],
        max_cost=options["max_cost"],
    )
    if "language" not in (options["sources"] or ""):
        options.update(language_model=None, llm_settings=None, prices=None, max_cost=None)
    return setup.asker(answers_folder())
