"""``matchcut encode``: videos, GIFs and clips to stored features."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from matchcut.cli import ui
from matchcut.cli.options import PATH, TIME, encoder_options, spread_options, spread_settings


@click.command()
@click.argument("videos", nargs=-1, required=True, type=PATH)
@click.option(
    "-o", "--store", type=PATH, required=True, help="Folder of features; what is in it is not made again."
)
@click.option(
    "--rate", type=click.FloatRange(0.01, 60), default=4.0, show_default=True, help="Frames a second."
)
@click.option("--start", type=TIME, default=0.0, help="Begin at this time of each video.")
@click.option("--end", type=TIME, help="Stop at this time of each video.")
@click.option(
    "--window",
    "window_s",
    type=click.FloatRange(0.01, 600),
    help="With a video encoder: seconds of pictures that each vector is made of.  [default: 2.56]",
)
@click.option("--sound", is_flag=True, help="Make features of their sound too, for train spotter.")
@encoder_options
@spread_options
@click.option("--json", "as_json", is_flag=True, help="Print JSON: where the features of each video lie.")
def encode(
    videos: tuple[Path, ...],
    store: Path,
    rate: float,
    start: float,
    end: float | None,
    sound: bool,
    as_json: bool,
    **options: Any,
) -> None:
    """Encode videos and GIFs with a CLIP or SigLIP network, once.

    --encoder takes transformers' other vision networks, too (DINOv2, ViT, ConvNeXt …), and video encoders:
    VideoMAE, TimeSformer, ViViT, X-CLIP and V-JEPA 2, such as MCG-NJU/videomae-base-finetuned-kinetics. --rate
    then counts windows a second.

    A folder stands for the videos in it. An interrupted run goes on where it was; what cannot be read is left
    out and listed. With --ray the recordings are spread over this machine's processes or, with --ray-address,
    over the machines of a cluster; videos and store then lie in folders that all of them share.
    """
    from matchcut.clips import encode_videos

    spread, how = spread_settings(options)
    with ui.going_on("What was encoded so far is kept"), ui.progress_bar("Encoding") as progress:
        done = encode_videos(
            videos, store, rate=rate, start=start, end=end, sound=sound, spread=spread, progress=progress, **how
        )
    ui.notes(done.notes)
    ui.left_out([(str(span), why) for span, why in done.failed], done.made + done.kept)
    if as_json:
        ui.show_json({str(span.path): str(path) for span, path in done.paths.items()})
        return
    ui.say(f"{store}: {done.made} encoded ({done.frames} frames), {done.kept} there already")
