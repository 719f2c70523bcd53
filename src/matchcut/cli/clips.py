"""``matchcut clips``: MLB-YouTube's clips as a table, and practice clips to try things on."""

from __future__ import annotations

from pathlib import Path

import click

from matchcut.cli import ui
from matchcut.cli.options import PATH


@click.group()
def clips() -> None:
    """Baseball clips: MLB-YouTube's, or generated ones in its shape."""


@clips.command()
@click.argument("folder", type=PATH)
@click.option("-o", "--output", type=PATH, required=True, help="The CSV file to write.")
@click.option(
    "--videos", type=PATH, help="A folder of videos, cut clips or GIFs: tells which clips have pictures."
)
@click.option("--store", type=PATH, help="With --videos: a folder of features; tells each clip's file in it.")
@click.option("--encoder", default="openai/clip-vit-base-patch32", show_default=True, help="With --store: its.")
@click.option("--rate", default=4.0, show_default=True, help="With --store: frames a second of its features.")
@click.option("--masked", is_flag=True, help="Leave captions in a wrong language out.")
def table(
    folder: Path,
    output: Path,
    videos: Path | None,
    store: Path | None,
    encoder: str,
    rate: float,
    masked: bool,
) -> None:
    """Write one row a clip: caption, labels, pitch, times and parts of both splits."""
    from matchcut import files
    from matchcut.datasets.mlb_youtube import clip_table, find_sources, read_mlb_youtube

    data = read_mlb_youtube(folder)
    for note in data.notes:
        ui.say(note, err=True)
    found = clip_table(data, masked=masked, negatives=True)
    if videos is not None:
        with ui.progress_bar("Looking for videos") as progress:
            sources = find_sources((*data.clips, *data.negatives), videos, progress)
        for note in sources.notes():
            ui.say(note, err=True)
        found["pictures"] = found["clip"].map({s.clip.name: str(s.path) for s in sources.found})
        if store is not None:
            from matchcut.clips import feature_paths

            paths = feature_paths(sources, store, encoder, rate)
            found["features"] = found["clip"].map({name: str(path) for name, path in paths.items()})
    files.write_text(output, found.to_csv(index=False))
    ui.say(f"{output}: {len(data.clips)} clips and {len(data.negatives)} negatives")


@clips.command()
@click.argument("folder", type=PATH)
@click.option(
    "--seed", default=0, show_default=True, type=click.IntRange(min=0), help="Another seed, other clips."
)
@click.option("--videos", default=12, show_default=True, help="How many full-length videos.")
@click.option("--clips", "count", default=80, show_default=True, help="How many clips each has.")
def practice(folder: Path, seed: int, videos: int, count: int) -> None:
    """Render practice clips with manifests in MLB-YouTube's shape.

    They are synthetic: nothing measured on them says anything about real baseball.
    """
    from matchcut.datasets.practice_clips import PracticeClipSettings, write_practice_clips

    settings = PracticeClipSettings(videos=videos, clips=count)
    with ui.progress_bar("Rendering practice clips") as progress:
        write_practice_clips(folder, settings, seed, progress)
    ui.say(f"{folder}: {videos * count} practice clips (synthetic) in {videos} videos")
