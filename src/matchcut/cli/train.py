"""``matchcut train``: networks on your own data."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from pathlib import Path
from typing import Any

import click

from matchcut.cli import ui
from matchcut.cli.options import PATH, encoder_options
from matchcut.errors import RequiresExtra


@click.group()
def train() -> None:
    """Train a network on your own data."""


@train.command()
@click.option("--labels", type=PATH, required=True, help="SoccerNet-v2 labels, a folder or a zip.")
@click.option("--echoes", type=PATH, required=True, help="SoccerNet-Echoes transcripts, a folder or a zip.")
@click.option("--splits", type=PATH, required=True, help="JSON with the game lists of train and valid.")
@click.option("-o", "--output", type=PATH, required=True, help="Folder for everything; a second run goes on.")
@click.option("--settings", type=PATH, help="JSON of training settings, where not the defaults.")
def commentary(labels: Path, echoes: Path, splits: Path, output: Path, settings: Path | None) -> None:
    """Train the commentary spotter; with SoccerNet's data this makes the weights that come with matchcut.

    An interrupted training goes on from its last epoch.
    """
    if importlib.util.find_spec("torch") is None:
        raise RequiresExtra("training a spotter", "train")
    given = {
        "--labels": labels,
        "--echoes": echoes,
        "--splits": splits,
        "--out": output,
        "--settings": settings,
    }
    options = [str(part) for name, value in given.items() if value is not None for part in (name, value)]
    done = subprocess.run([sys.executable, "-m", "matchcut.training.commentary", *options], check=False)
    raise SystemExit(done.returncode)


@train.command()
@click.option("--manifests", type=PATH, required=True, help="Folder of MLB-YouTube's JSON files.")
@click.option("--videos", type=PATH, help="Folder of its videos or cut clips; without it words alone are used.")
@click.option("-o", "--output", type=PATH, required=True, help="The model's folder; a second run goes on.")
@click.option("--store", type=PATH, help="Folder of features; in the model's if not given.")
@click.option("--settings", type=PATH, help="JSON of data, network, clips and loop, where not the defaults.")
@encoder_options
def clips(
    manifests: Path, videos: Path | None, output: Path, store: Path | None, settings: Path | None, **how: Any
) -> None:
    """Train a classifier of clips from their pictures and captions (MLB-YouTube's shape).

    The encoder "pixels" has no weights: small pictures and hashed words, for practice clips. Ctrl-C loses
    nothing; on several GPUs start it with: accelerate launch -m matchcut train clips …
    """
    if importlib.util.find_spec("torch") is None:
        raise RequiresExtra("training a classifier", "clip")
    from matchcut.clips import train_clip_classifier
    from matchcut.files import read_json

    given = read_json(settings) if settings is not None else {}
    with ui.progress_bar("Training") as progress:
        done = train_clip_classifier(
            manifests, output, videos=videos, settings=given, store=store, progress=progress, **how
        )
    ui.notes(done.notes)
    ui.say(f"{done.folder}: trained on {done.counts['train']} clips, chosen on {done.counts['valid']}")
    if done.figures is not None:
        ui.say(
            f"test, {done.figures.examples} clips: accuracy {100 * done.figures.accuracy:.1f} %, "
            f"weighted F1 {100 * done.figures.f1_weighted:.1f} %, macro F1 {100 * done.figures.f1_macro:.1f} %"
        )


@train.command()
@click.option(
    "--data",
    type=PATH,
    multiple=True,
    required=True,
    help="Folder or zip in SoccerNet's layout: labels, arrays, transcripts, media; may be repeated.",
)
@click.option(
    "--modalities",
    default="video",
    show_default=True,
    help="Of video, sound, words, with commas; video=NAME@RATE takes the arrays N_NAME.npy.",
)
@click.option(
    "--preset",
    default="convolutions",
    show_default=True,
    help="The network: convolutions, context, transformer, gru or vlad.",
)
@click.option(
    "--members", type=click.IntRange(1, 20), default=1, show_default=True, help="Networks to average."
)
@click.option("--splits", type=PATH, help="JSON of the game lists train and valid.  [default: SoccerNet's]")
@click.option("--store", type=PATH, help="Folder of features made on the way; in the spotter's if not given.")
@click.option("--settings", type=PATH, help="JSON of network, spotting and loop, where not the preset's.")
@click.option("--device", default="auto", help="auto, cpu, cuda …")
@click.option("--onnx", is_flag=True, help="Export the networks for onnxruntime too.")
@click.option("-o", "--output", type=PATH, required=True, help="The spotter's folder; a second run goes on.")
def spotter(
    data: tuple[Path, ...],
    modalities: str,
    output: Path,
    settings: Path | None,
    onnx: bool,
    **how: Any,
) -> None:
    """Train a temporal spotter on features of pictures, sound and words.

    Decoding is fitted on valid. predict soccernet --model and spot --model take the folder. Ctrl-C loses nothing.
    """
    if importlib.util.find_spec("torch") is None:
        raise RequiresExtra("training a spotter", "train")
    from matchcut.files import read_json
    from matchcut.temporal_training import export_spotter, train_spotter

    given = read_json(settings) if settings is not None else {}
    names = [name for name in modalities.split(",") if name.strip()]
    with ui.progress_bar("Training") as progress:
        done = train_spotter(data, output, names, settings=given, progress=progress, **how)
    ui.notes(done.notes)
    ui.say(f"{done.folder}: trained on {done.training} halves, fitted on {done.validation}")
    for title, row in (("fitted there", done.figures), ("cross-fitted", done.cross_fitted)):
        if row:
            ui.say(f"valid, {title}: loose {row['loose']:.3f}, tight {row['tight']:.3f} average-mAP")
    for path in export_spotter(output) if onnx else ():
        ui.say(f"{path}")
