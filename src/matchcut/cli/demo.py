"""``matchcut demo``: everything, on a practice match."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from matchcut.cli import ui
from matchcut.cli.options import PATH

if TYPE_CHECKING:
    from matchcut.events import EventLog

NEAR_S = 15
"""A moment found this near to a true one of its label counts as right."""

QUESTION = "Give me all the highlights of free-kicks"


@click.command()
@click.option("-o", "--output", type=PATH, default=Path("demo"), show_default=True, help="Where to put it all.")
@click.option(
    "--seed", default=7, show_default=True, type=click.IntRange(min=0), help="Another seed is another match."
)
@click.option("--duration", default=180.0, show_default=True, help="Length of the match piece, in seconds.")
def demo(output: Path, seed: int, duration: float) -> None:
    """Show everything on a practice match.

    Renders a labelled broadcast, finds its moments, asks, cuts a reel and writes a report. The match is
    synthetic: what is found in it says nothing about real ones.
    """
    from dataclasses import replace

    from matchcut.analysis import REPORT
    from matchcut.cli.reel import cut_reel
    from matchcut.datasets.practice import render_match
    from matchcut.events import EventLog
    from matchcut.export.summary import summary
    from matchcut.export.table import events_table
    from matchcut.pipeline import analyse
    from matchcut.pipeline import report as write_report
    from matchcut.questions import ask

    with ui.progress_bar("Rendering a practice match") as progress:
        match = render_match(output, seed=seed, duration_s=duration, progress=progress)
    ui.say(f"A practice match (synthetic): {match.video}\n")

    folder = output / "practice.matchcut"
    with ui.progress_bar("Finding its moments") as progress:
        analysis = analyse(match.video, match.subtitles, folder=folder, progress=progress)
    ui.show(events_table(analysis.log))
    for line in summary(analysis.log, analysis.observed):
        ui.say(line)
    ui.say(agreement(analysis.log, EventLog.load(match.truth)))

    answer = ask(analysis.log, QUESTION)
    ui.say(f"\n> {QUESTION}\n{answer.text}\n")
    reel = output / "free-kicks.mp4"
    if answer.events:
        cut_reel(analysis.log, answer.events, reel)
    page = write_report(
        replace(analysis, notes=("a practice match: synthetic",)), folder / REPORT, (QUESTION, answer.text)
    )
    ui.say(f"{page}: the report; open it in a browser.")


def agreement(found: EventLog, truth: EventLog) -> str:
    """A sentence on how the moments found agree with a practice match's truth."""

    def near(some: EventLog, others: EventLog) -> int:
        return sum(any(e.label == o.label and abs(e.time - o.time) <= NEAR_S for o in others) for e in some)

    sources = sorted({evidence.source for event in found for evidence in event.evidence})
    by = ", by " + ", ".join(sources) if sources else ""
    return (
        f"{near(found, truth)} of these {len(found)} are right within {NEAR_S} s, and {near(truth, found)} of "
        f"the match's {len(truth)} labelled moments were found{by} (synthetic)."
    )
