"""``matchcut find``: moments whose pictures fit a sentence."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from matchcut.cli import ui
from matchcut.cli.options import PATH

if TYPE_CHECKING:
    from matchcut.finding import Found


_SHOWN = ("time", "start", "end", "fit", "cosine", "frames")


@click.command()
@click.argument("source", type=PATH)
@click.argument("sentence")
@click.option("--top", type=click.IntRange(1, 500), default=10, show_default=True, help="Moments at most.")
@click.option(
    "-o", "--output", type=PATH, help="The page with pictures.  [default: found.html in the .matchcut folder]"
)
@click.option("--json", "as_json", is_flag=True, help="Print the moments as JSON; no page unless -o names one.")
@click.option("--reel", "film", type=PATH, help="Cut the moments into this film, an MP4.")
@click.option(
    "--vision-model",
    metavar="MODEL",
    help="CLIP or SigLIP model: a folder or a name on the hub.  [default: the one that encoded the match, else"
    " openai/clip-vit-base-patch32]",
)
@click.option("--download", is_flag=True, help="Fetch the model's weights where they are not here.")
def find(
    source: Path,
    sentence: str,
    top: int,
    output: Path | None,
    as_json: bool,
    film: Path | None,
    vision_model: str | None,
    download: bool,
) -> None:
    """Find the moments whose pictures fit a sentence.

    SOURCE is a video or an analysis folder. Its frames are encoded at the first search and kept; a run that was
    stopped goes on. A sentence that names the crowd's roar or a whistle is listened for as well.

    \b
    Example:
      matchcut find final.mp4 "goalkeeper on the ground" --reel saves.mp4
    """
    from matchcut.analysis import FEATURES, FOUND, OBSERVED
    from matchcut.finding import find as search

    try:
        with ui.progress_bar(f"Looking at {source.name}") as progress:
            found = search(source, sentence, top=top, model=vision_model, download=download, progress=progress)
    except KeyboardInterrupt:
        folder = source if source.is_dir() else source.parent / f"{source.stem}.matchcut"
        if any((folder / part).is_dir() for part in (OBSERVED, FEATURES)):
            ui.say("\nWhat was looked at so far is kept: the same command goes on from there.", err=True)
        raise
    ui.notes(found.notes)
    page = output or (None if as_json else found.folder / FOUND)
    if page is not None:
        _write_page(found, page)
    if as_json:
        ui.show_json(_plain(found))
    else:
        _print(found)
    if film is not None:
        _cut(found, film)
    if page is not None and not as_json:
        ui.say(f"{ui.count(len(found.matches), 'moment')}. See {page}")


def _plain(found: Found) -> dict[str, Any]:
    return {
        "sentence": found.sentence,
        "recording": found.name,
        "frames": len(found.features),
        "model": found.features.name,
        "load_s": round(found.load_s, 3),
        "search_s": round(found.search_s, 4),
        "moments": [{key: getattr(match, key) for key in _SHOWN} for match in found.matches],
    }


def _print(found: Found) -> None:
    from rich.table import Table

    from matchcut.clock import format_time, format_window

    table = Table(box=None, pad_edge=False)
    names = [*(("Match",) if found.clock else ()), "Time", "Window", "Fit", "Cosine", "Frames"]
    for name in names:
        table.add_column(name, justify="right")
    for match in found.matches:
        at = (str(found.clock.at(match.time) or "–"),) if found.clock else ()
        window = format_window(match.start, match.end)
        table.add_row(*at, format_time(match.time), window, f"{match.fit:+.1f}", f"{match.cosine:.3f}",
                      str(match.frames))  # fmt: skip
    ui.show(table)
    ui.say(
        f"{len(found.features)} frames searched in {found.search_s:.2f} s"
        f" (and {found.load_s:.1f} s to load the model's text network)."
    )


def _write_page(found: Found, path: Path) -> None:
    from matchcut.errors import OutputError
    from matchcut.export.found import Card, write_found
    from matchcut.media.frames import thumbnails

    if path.suffix.casefold() not in (".html", ".htm"):
        # Also keeps a slip from replacing the video with a page.
        raise OutputError(f"{path}: what was found is written as a page", "Give it a name that ends with .html")
    times = [match.time for match in found.matches]
    pictures = thumbnails(found.media, times, 320) if found.media is not None else [None] * len(times)
    cards = [Card(m.time, m.start, m.end, m.fit, jpeg) for m, jpeg in zip(found.matches, pictures, strict=True)]
    facts = [
        f"{len(found.features)} frames by {Path(found.features.name).name}",
        f"searched in {found.search_s:.2f} s",
    ]
    notes = found.notes if found.media is not None else (*found.notes, "the video is not at hand: no pictures")
    write_found(path, found.name, found.sentence, cards, clock=found.clock, facts=facts, notes=notes)


def _cut(found: Found, film: Path) -> None:
    from matchcut.cli.reel import cut_windows
    from matchcut.errors import InputError
    from matchcut.export.reel import merge_windows

    if found.media is None:
        raise InputError(f"{found.name}: its video is not at hand", "Put it back beside the folder")
    windows = merge_windows((m.start, m.end) for m in found.matches)
    cut_windows(found.media, windows, film, 0.0, captions=False)
