"""``matchcut convert``: events and subtitles from one format to another."""

from __future__ import annotations

from pathlib import Path

import click

from matchcut.cli import ui
from matchcut.cli.options import PATH
from matchcut.errors import InputError, OutputError


@click.command()
@click.argument("source", type=PATH)
@click.argument("target", type=PATH)
@click.option("--half", type=click.IntRange(1, 2), help="Which half of a SoccerNet file to take.")
@click.option("--subtitles", help="Which subtitle stream of a video to take: its number, or its language.")
@click.option("--repair", is_flag=True, help="Mend broken subtitles instead of refusing them.")
def convert(source: Path, target: Path, half: int | None, subtitles: str | None, repair: bool) -> None:
    """Turn events or subtitles into another format.

    The ending of TARGET chooses it. Events (events.json, CSV, Labels-v2.json, results_spotting.json) become
    .json or .csv; transcripts (SRT, WebVTT, Whisper and SoccerNet-Echoes JSON, a video's own subtitles) become
    .srt, .vtt or .json.
    """
    from matchcut import files, inputs
    from matchcut.datasets.subtitles import write_srt, write_vtt
    from matchcut.datasets.tables import read_events, write_csv
    from matchcut.datasets.transcripts import read_transcript
    from matchcut.events import EventLog
    from matchcut.media.subtitles import read_subtitles

    if target.exists() and target.samefile(source):
        raise OutputError(f"{target}: is the file that is converted", "Name another file")
    kind, suffix = inputs.kind_of(source), target.suffix.casefold()
    if kind in ("events", "analysis"):
        log = EventLog.load(source / "events.json") if kind == "analysis" else read_events(source, half=half)
        if suffix == ".json":
            log.save(target)
        elif suffix == ".csv":
            write_csv(log, target)
        else:
            raise _unknown(target, "events", ".json, .csv")
        ui.say(f"{target}: {ui.count(len(log), 'event')}")
        return
    said = read_subtitles(source, subtitles) if kind == "media" else read_transcript(source, repair=repair)
    if suffix == ".srt":
        write_srt(said, target)
    elif suffix == ".vtt":
        write_vtt(said, target)
    elif suffix == ".json":
        files.write_json(target, said.to_json())
    else:
        raise _unknown(target, "a transcript", ".srt, .vtt, .json")
    ui.say(f"{target}: {len(said)} utterances")


def _unknown(target: Path, what: str, endings: str) -> InputError:
    return InputError(
        f"{target}: {what} cannot be written as {target.suffix or 'a file without an ending'}",
        f"Choose one of the endings {endings}",
    )
