"""``matchcut chunks``: labelled matches in short stretches, as a table or for language models to learn from."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from matchcut.cli import ui
from matchcut.cli.options import PATH

if TYPE_CHECKING:
    from matchcut.datasets.soccernet_chunks import SoccerNetChunks

F = TypeVar("F", bound=Callable[..., Any])


@click.group()
def chunks() -> None:
    """Labelled matches in one-minute stretches, for language models."""


def _drawing(command: F) -> F:
    """The options of both: which halves, and how they are cut."""
    for option in reversed(
        (
            click.option("--labels", type=PATH, required=True, help="SoccerNet-v2 labels, a folder or a zip."),
            click.option(
                "--echoes", type=PATH, required=True, help="SoccerNet-Echoes transcripts, a folder or a zip."
            ),
            click.option(
                "--split", default="train", show_default=True, help="train, valid, all, or a JSON file."
            ),
            click.option(
                "--version",
                "versions",
                multiple=True,
                help="Take only this transcript version; several: the first that a half has.",
            ),
            click.option("--length", default=60.0, show_default=True, help="Seconds of a chunk."),
            click.option("--overlap", default=0.0, show_default=True, help="Seconds that the next repeats."),
            click.option(
                "--window",
                default=15.0,
                show_default=True,
                help="Seconds of a truth's window, 0 for the usual.",
            ),
            click.option("-o", "--output", type=PATH, required=True, help="The file to write."),
        )
    ):
        command = option(command)
    return command


def _drawn(options: dict[str, Any]) -> SoccerNetChunks:
    from matchcut.datasets.chunks import ChunkSettings
    from matchcut.datasets.soccernet_chunks import VERSIONS, soccernet_chunks

    settings = ChunkSettings(options["length"], options["overlap"], options["window"])
    split = options["split"]
    with ui.progress_bar(f"Cutting {split}") as progress:
        found = soccernet_chunks(
            options["labels"],
            options["echoes"],
            split,
            settings,
            options["versions"] or VERSIONS,
            progress=progress,
        )
    if found.missing:
        ui.note(f"{len(found.missing)} games of {split} have no labels or no transcripts and are left out")
    taken = ", ".join(f"{name} {count}" for name, count in sorted(found.versions.items()))
    ui.note(f"{found.halves} halves ({taken}), {len(found.chunks)} chunks, {found.silent} without words")
    return found


@chunks.command()
@_drawing
def table(output: Path, **options: Any) -> None:
    """Write one row a chunk: recording, seconds, words, and which actions happen how often."""
    from matchcut.datasets.chunks import write_table

    found = _drawn(options)
    write_table(output, found.chunks)
    ui.say(f"{output}: {len(found.chunks)} chunks")


@chunks.command()
@_drawing
@click.option(
    "--style",
    type=click.Choice(["pair", "chunk"]),
    default="pair",
    show_default=True,
    help="One question for each action that happens in a chunk, or one for all of a chunk.",
)
@click.option("--times/--no-times", default=True, show_default=True, help="Say when each line was said.")
@click.option(
    "--negatives", default=0.0, show_default=True, help="With pairs: absent actions for each that happens."
)
@click.option("--silent", is_flag=True, help="Also chunks in which nobody speaks.")
@click.option("--seed", default=0, show_default=True, help="Draws other negatives.")
def prompts(
    output: Path, style: str, times: bool, negatives: float, silent: bool, seed: int, **options: Any
) -> None:
    """Write questions with their right answers, as JSON Lines in the chat format.

    Each line is {"messages": [system, user, assistant]}: what OpenAI's fine-tuning, TRL, Axolotl and
    LLaMA-Factory take.
    """
    from matchcut.language.examples import examples, write_jsonl
    from matchcut.language.prompts import PromptSettings

    how = PromptSettings(style, times, window_s=options["window"] or 15.0)
    found = _drawn(options)
    count = write_jsonl(output, examples(found.chunks, how, negatives, seed, silent))
    ui.say(f"{output}: {ui.count(count, 'example')}")
