"""``matchcut predict``: a whole data set, for its leaderboard."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from matchcut.cli import ui
from matchcut.cli.options import PATH, encoder_options


@click.group()
def predict() -> None:
    """Spot a whole data set, for its leaderboard."""


@predict.command()
@click.option("--echoes", type=PATH, required=True, help="SoccerNet-Echoes transcripts, a folder or a zip.")
@click.option(
    "--labels", type=PATH, help="SoccerNet-v2 labels; if given, only games that have them are spotted."
)
@click.option(
    "--split",
    default="valid",
    show_default=True,
    help="train, valid, test, challenge, all, or a JSON file of game lists.",
)
@click.option("--version", "versions", multiple=True, help="Use only this transcript version; may be repeated.")
@click.option("-o", "--output", type=PATH, required=True, help="The leaderboard file: a .zip or a folder.")
def soccernet(echoes: Path, labels: Path | None, split: str, versions: tuple[str, ...], output: Path) -> None:
    """Spot a SoccerNet split from its SoccerNet-Echoes transcripts.

    An interrupted run goes on where it was.
    """
    from matchcut.prediction import predict_soccernet

    with ui.progress_bar(f"Spotting {split}") as progress:
        done = predict_soccernet(echoes, output, split, labels, versions, progress)
    if done.missing:
        ui.note(f"{len(done.missing)} games of the split have no transcript and are left out")
    ui.say(
        f"{done.out}: {done.games} games, {done.halves} halves, {done.detections} detections, "
        f"from {', '.join(done.versions)}"
    )


@predict.command()
@click.argument("model", type=PATH)
@click.argument("videos", nargs=-1, type=PATH)
@click.option("--manifests", type=PATH, help="A data set instead of files: MLB-YouTube's JSON files.")
@click.option("--videos", "folder", type=PATH, help="With --manifests: the folder of its videos.")
@click.option("--part", default="test", show_default=True, help="With --manifests: train, valid, test or all.")
@click.option("--split", type=click.Choice(["official", "video"]), help="The model's own if not given.")
@click.option("--caption", default="", help="What is said of the clips that are files.")
@click.option("--store", type=PATH, help="Folder of features; in the model's if not given.")
@click.option("-o", "--output", type=PATH, help="Write the predictions here as JSON.")
@encoder_options
@click.pass_context
def clips(
    context: click.Context,
    /,
    model: Path,
    videos: tuple[Path, ...],
    manifests: Path | None,
    folder: Path | None,
    output: Path | None,
    **how: Any,
) -> None:
    """Say what clips show: files that hold one clip each, or the clips of a data set.

    The encoder is the one that the model was trained with, unless another place of it is named.
    """
    from matchcut.clips import predict_clips

    if context.get_parameter_source("encoder") is not click.core.ParameterSource.COMMANDLINE:
        how["encoder"] = None
    with ui.going_on("What was encoded so far is kept"), ui.progress_bar("Encoding") as progress:
        done = predict_clips(model, videos, manifests=manifests, videos=folder, progress=progress, **how)
    ui.notes(why for clip, why in done.failed if not clip)
    ui.left_out([(clip, why) for clip, why in done.failed if clip], len(done.rows))
    if output is not None:
        ui.say(f"{done.save(output, model)}: {len(done.rows)} clips")
        return
    for row in done.rows:
        ui.say(f"{row['clip']}: {row['kind']} ({100 * row['kinds'][row['kind']]:.0f} %)")


@predict.command()
@click.argument("model")
@click.argument("pictures", nargs=-1, required=True, type=PATH)
@click.option("--prompts", "prompts_file", type=PATH, help="JSON of templates and phrases, where not our own.")
@click.option("-o", "--output", type=PATH, help="Write the predictions here as JSON.")
@click.option("--download", is_flag=True, help="Fetch the model's weights where they are not here.")
@click.option("--device", default="auto", help="auto, cpu, cuda …")
def frames(
    model: str, pictures: tuple[Path, ...], prompts_file: Path | None, output: Path | None, **how: Any
) -> None:
    """Say what pictures show: files, or folders of them; by a model trained here, or any CLIP."""
    from matchcut import files
    from matchcut.frames import predict_frames
    from matchcut.sport import soccer
    from matchcut.sport.prompts import read_prompts

    prompts = None if prompts_file is None else read_prompts(prompts_file, soccer)
    with ui.progress_bar("Encoding") as progress:
        done = predict_frames(model, pictures, prompts=prompts, progress=progress, **how)
    ui.notes(f"{name} is left out: {why}" for name, why in done.failed)
    if output is not None:
        files.write_json(output, {"version": 1, "model": model, "pictures": done.rows})
        ui.say(f"{output}: {ui.count(len(done.rows), 'picture')}")
        return
    for row in done.rows:
        ui.say(f"{row['picture']}: {row['label']} ({100 * row['labels'][row['label']]:.0f} %)")
