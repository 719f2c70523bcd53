"""``matchcut doctor``: what is installed and what is missing."""

from __future__ import annotations

import click

from matchcut.cli import ui


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print it as JSON.")
@click.option(
    "--fetch-speech",
    metavar="MODEL",
    help="First fetch the weights of a Whisper model, such as small, from the Hugging Face hub.",
)
@click.option(
    "--fetch-clip",
    metavar="MODEL",
    help="First fetch the weights of a CLIP or SigLIP model, such as openai/clip-vit-base-patch32, from there.",
)
def doctor(as_json: bool, fetch_speech: str | None, fetch_clip: str | None) -> None:
    """Tell what is installed and what is missing."""
    from rich.table import Table
    from rich.text import Text

    from matchcut.checkup import checkup

    if fetch_speech is not None:
        from matchcut.observe.speech_weights import fetch

        found = fetch(fetch_speech)
        ui.note(f"the weights of {found.name} lie in {found.path}; licence: {found.licence}")
    if fetch_clip is not None:
        from matchcut.encoders.weights import fetch_weights

        got = fetch_weights(fetch_clip)
        ui.note(f"the weights of {got.model} lie in {got.path}; licence: {got.licence}")
    findings = checkup()
    if as_json:
        ui.show_json([vars(finding) for finding in findings])
        return
    table = Table("", "what", "found", "what to do")
    for finding in findings:
        mark = (
            "[green]ok[/]" if finding.ok else ("[red]missing[/]" if finding.needed else "[yellow]optional[/]")
        )
        # As text: "matchcut[train]" is no style.
        table.add_row(mark, *(Text(cell) for cell in (finding.what, finding.found, finding.remedy)))
    ui.show(table)
    if any(finding.needed and not finding.ok for finding in findings):
        raise SystemExit(2)
