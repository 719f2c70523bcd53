"""Writes docs/cli.md from the commands' own help; the tests check that it is fresh.

Run: python docs/generate.py
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import click

from matchcut.cli.main import VERBS, cli

TARGET = Path(__file__).with_name("cli.md")


def helps(command: click.Command, name: str, parent: click.Context | None = None) -> Iterator[tuple[str, str]]:
    """A command's and its subcommands' names and help texts."""
    width = {"terminal_width": 100, "max_content_width": 100}
    # With the program's own settings: a command keeps the help option of the first context it was called in.
    context = click.Context(command, info_name=name, parent=parent, **width, **command.context_settings)
    yield context.command_path, command.get_help(context)
    if isinstance(command, click.Group):
        names = VERBS if command is cli else command.list_commands(context)
        for inner in names:
            found = command.get_command(context, inner)
            assert found is not None
            yield from helps(found, inner, context)


def page() -> str:
    """The whole page."""
    parts = ["# Every command\n\nMade by `python docs/generate.py` from the commands' own help.\n"]
    parts += [f"## {path}\n\n```\n{text.rstrip()}\n```\n" for path, text in helps(cli, "matchcut")]
    return "\n".join(parts)


if __name__ == "__main__":
    TARGET.write_text(page(), encoding="utf-8")
