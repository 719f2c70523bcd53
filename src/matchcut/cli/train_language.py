"""``matchcut train language`` and ``train merge``: language models fine-tuned and put together."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import Any

import click

from matchcut.cli import ui
from matchcut.cli.options import PATH
from matchcut.errors import RequiresExtra


@click.command()
@click.argument("base")
@click.option("-o", "--output", type=PATH, required=True, help="The adapter's folder; a second run goes on.")
@click.option("--examples", type=PATH, help="Conversations as JSON Lines, from: matchcut chunks prompts.")
@click.option("--valid-examples", type=PATH, help="The same to choose the best epoch by.")
@click.option("--labels", type=PATH, help="SoccerNet-v2 labels, a folder or a zip.")
@click.option("--echoes", type=PATH, help="SoccerNet-Echoes transcripts, a folder or a zip.")
@click.option("--videos", type=PATH, help="With --labels and --vision: folder of GAME/1_224p.mkv.")
@click.option("--split", default="train", show_default=True, help="With --labels: the games to learn from.")
@click.option("--valid-split", help="With --labels: the games to choose the best epoch by.")
@click.option("--games", type=click.IntRange(1), help="With --labels: so many games of each split at most.")
@click.option(
    "--match",
    "matches",
    type=(PATH, PATH),
    multiple=True,
    metavar="VIDEO EVENTS",
    help="A match of your own and its labelled events; may be repeated.",
)
@click.option(
    "--valid-match",
    "valid_matches",
    type=(PATH, PATH),
    multiple=True,
    metavar="VIDEO EVENTS",
    help="The same to choose the best epoch by.",
)
@click.option(
    "--vision", is_flag=True, help="Show the model pictures, too: a Qwen2-VL, Qwen2.5-VL or Qwen3-VL."
)
@click.option("--sport", default="soccer", show_default=True, help="With --match: soccer or baseball.")
@click.option("--store", type=PATH, help="Folder of pictures; in the adapter's if not given.")
@click.option("--download", is_flag=True, help="Fetch the base's weights where they are not here.")
@click.option(
    "--settings",
    type=PATH,
    help="JSON of load, lora, tuning, loop, prompt, stills, chunks and pairs, where not the defaults.",
)
def language(
    base: str,
    output: Path,
    examples: Path | None,
    valid_examples: Path | None,
    split: str,
    valid_split: str | None,
    matches: tuple[tuple[Path, Path], ...],
    valid_matches: tuple[tuple[Path, Path], ...],
    vision: bool,
    sport: str,
    store: Path | None,
    download: bool,
    settings: Path | None,
    **archives: Any,
) -> None:
    """Fine-tune a language model, or one that sees, to spot moments (LoRA).

    BASE is the model to start from: a local folder, or a name on the hub. The adapter's folder is what spot
    --with language --language-model and --with vlm --vlm-model take. Ctrl-C loses nothing.
    """
    if importlib.util.find_spec("torch") is None:
        raise RequiresExtra("fine-tuning a language model", "tune")
    from matchcut.files import read_json
    from matchcut.language_training import Archives, Sources, train_language

    labelled = archives["labels"] is not None or archives["echoes"] is not None
    train = Sources(examples, split if labelled else "", matches)
    valid = Sources(valid_examples, (valid_split or "") if labelled else "", valid_matches)
    with ui.progress_bar("Fine-tuning") as progress:
        done = train_language(
            base, output, train, valid, archives=Archives(**archives), see=vision,
            settings=read_json(settings) if settings is not None else {}, sport_name=sport, store=store,
            download=download, progress=progress,
        )  # fmt: skip
    ui.notes(done.notes)
    told = ", ".join(f"{name} {value:.4g}" for name, value in done.figures.items())
    ui.say(f"{done.folder}: {told}")


@click.command()
@click.argument("adapter")
@click.argument("target", type=PATH)
@click.option("--base", default="", help="Where the adapter's base lies, if not where it lay in training.")
@click.option("--precision", type=click.Choice(["bfloat16", "float32"]), default="bfloat16", show_default=True)
def merge(adapter: str, target: Path, base: str, precision: str) -> None:
    """Write a fine-tuned language model and its base as one model, for vLLM and others.

    The base is loaded unquantised into memory, on the CPU.
    """
    if importlib.util.find_spec("torch") is None:
        raise RequiresExtra("merging a language model", "tune")
    from matchcut.models.adapters import merge as merged

    ui.say(f"{merged(adapter, target, base=base, precision=precision)}: base and adapter as one model")
