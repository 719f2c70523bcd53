"""``matchcut train sound``: a small network that makes features of sound."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import click

from matchcut.cli import ui
from matchcut.cli.options import PATH


@click.command()
@click.option(
    "--data",
    type=PATH,
    multiple=True,
    required=True,
    help="Folder or zip in SoccerNet's layout with labels and films, or a recording; may be repeated.",
)
@click.option("--splits", type=PATH, help="JSON of the game lists train and valid.  [default: SoccerNet's]")
@click.option("--store", type=PATH, help="Folder of log-mel energies; in the encoder's if not given.")
@click.option("--settings", type=PATH, help="JSON of network, sound and loop, where not the defaults.")
@click.option("--device", default="auto", help="auto, cpu, cuda …")
@click.option("--onnx", is_flag=True, help="Export the network, so that it runs without torch.")
@click.option("-o", "--output", type=PATH, required=True, help="The encoder's folder; a second run goes on.")
def sound(data: tuple[Path, ...], output: Path, settings: Path | None, onnx: bool, **how: Any) -> None:
    """Train an encoder of sound, for train spotter --modalities sound=encoder:FOLDER.

    It learns to tell from two seconds of sound which labels are near, and the whistles and cheers that matchcut
    hears by itself. Recordings without labels are learnt from by these alone. Ctrl-C loses nothing.
    """
    from matchcut.files import read_json
    from matchcut.sound_training import export_encoder, train_sound

    given = read_json(settings) if settings is not None else {}
    with ui.going_on("What was learnt so far is kept"), ui.progress_bar("Training") as progress:
        done = train_sound(data, output, settings=given, progress=progress, **how)
    if int(os.environ.get("RANK", "0")):
        return  # one of several processes: the first one tells
    ui.notes(done.notes)
    ui.say(
        f"{done.folder}: trained on {done.labelled} labelled and {done.unlabelled} other recordings,"
        f" chosen on {done.validation}"
    )
    for name, value in done.figures.items():
        ui.say(f"valid, {name.replace('_', ' ')}: {value:.4f}")
    if onnx:
        ui.say(f"{export_encoder(output)}")
