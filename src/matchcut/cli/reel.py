"""``matchcut reel``: the moments that one asks for, cut and joined."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from matchcut.cli import ui
from matchcut.cli.options import PATH, TIME, spot_settings, spotting_options
from matchcut.errors import InputError, SettingsError
from matchcut.events import Event, EventLog


@click.command()
@click.argument("source", type=PATH)
@click.argument("question", required=False)
@click.option("-o", "--output", type=PATH, required=True, help="The film to write, an MP4.")
@click.option(
    "--window",
    "windows",
    type=(TIME, TIME),
    multiple=True,
    metavar="START END",
    help="Cut this window of the video instead of asking; may be given several times.",
)
@click.option("--pad", default=0.0, show_default=True, help="Seconds to add before and after each window.")
@click.option("--captions", is_flag=True, help="Burn each moment's name and time into the picture.")
@click.option("--video", type=PATH, help="The video to cut from, where SOURCE does not name it.")
@spotting_options
def reel(
    source: Path,
    question: str | None,
    output: Path,
    windows: tuple[tuple[float, float], ...],
    pad: float,
    captions: bool,
    video: Path | None,
    **options: Any,
) -> None:
    """Cut the moments that you ask for into one film.

    SOURCE is an analysis folder, an events file, or a video; without QUESTION every moment is cut.

    \b
    Examples:
      matchcut reel final.matchcut "every corner" -o corners.mp4
      matchcut reel final.mp4 --window 12:00 12:20 --window 36:09 36:24 -o two.mp4
    """
    if windows:
        if question:
            raise click.UsageError("give a question or --window, not both")
        cut_windows(video or source, windows, output, pad, captions)
        return
    from matchcut.pipeline import open_analysis
    from matchcut.questions import ask as answer_question

    with ui.progress_bar(f"Reading {source.name}") as progress:
        analysis = open_analysis(source, spot_settings(options), progress)
    ui.notes(analysis.news)
    events: Sequence[Event] = analysis.log.events
    if question:
        answer = answer_question(analysis.log, question)
        ui.say(f"Understood as: {answer.query.describe()}", err=True)
        ui.say(answer.text)
        events = answer.events
    cut_reel(analysis.log, events, output, video, pad, captions)


def cut_reel(
    log: EventLog,
    events: Sequence[Event],
    output: Path,
    video: Path | None = None,
    pad_s: float = 0.0,
    captions: bool = False,
) -> None:
    """Cuts events of a log into a film, with a progress bar, and says what was written.

    Raises:
        InputError: nobody knows which video to cut from.
    """
    from matchcut.export.reel import reel as write_reel

    media = video or log.recording.media
    if media is None:
        raise InputError(f"{log.recording.name}: names no video to cut from", "Give it with --video FILE")
    with ui.progress_bar(f"Cutting {output.name}") as progress:
        made = write_reel(
            media, log.with_events(events), output, pad_s=pad_s, captions=captions, progress=progress
        )
    ui.notes(made.notes)
    _say(output, len(made.parts), made.duration, made.copied)


def cut_windows(
    media: Path, windows: Sequence[tuple[float, float]], output: Path, pad_s: float, captions: bool
) -> None:
    """Cuts windows named by hand, in the order given, and says what was written."""
    from matchcut.clock import format_window
    from matchcut.media.cut import cut
    from matchcut.media.plan import Cue

    if not 0 <= pad_s < float("inf"):
        raise SettingsError(f"a padding is zero or more seconds, not {pad_s:g}", "Correct --pad")
    padded = [(max(start - pad_s, 0.0), end + pad_s) for start, end in windows]
    cues = [Cue(start, end, format_window(start, end)) for start, end in padded]
    with ui.progress_bar(f"Cutting {output.name}") as progress:
        made = cut(media, padded, output, chapters=cues, captions=cues if captions else (), progress=progress)
    ui.notes(made.notes)
    _say(output, len(made.parts), made.duration, made.copied)


def _say(output: Path, windows: int, duration: float, copied: bool) -> None:
    how = "picture copied without loss" if copied else "re-encoded"
    ui.say(f"{output}: {windows} window{'' if windows == 1 else 's'}, {duration:.1f} s, {how}.")
