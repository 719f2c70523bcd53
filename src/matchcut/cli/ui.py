"""What the verbs share: progress with time left, notes, and tables."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import click

from matchcut.errors import InputError
from matchcut.progress import Progress
from matchcut.text import plain, with_escapes


def say(text: str, err: bool = False) -> None:
    """Prints text on standard output, or on standard error, whatever it holds."""
    click.echo(plain(text), err=err)


@contextlib.contextmanager
def progress_bar(title: str) -> Iterator[Progress]:
    """A bar with the share done and the time left, on standard error.

    Where standard error is no terminal (a log, a pipe) nothing is drawn.
    """
    from rich.console import Console
    from rich.progress import BarColumn, TaskProgressColumn, TextColumn, TimeRemainingColumn
    from rich.progress import Progress as Bar

    console = Console(stderr=True)
    # File names are data: a square bracket in one is no style.
    name = TextColumn("{task.description}", markup=False)
    columns = (name, BarColumn(), TaskProgressColumn(), TimeRemainingColumn())
    with Bar(*columns, console=console, disable=not console.is_terminal, transient=True) as bar:
        task = bar.add_task(plain(title), total=None)

        def update(done: float, total: float) -> None:
            bar.update(task, completed=done, total=total)

        yield update


def count(number: int, thing: str) -> str:
    """How many of a thing there are, in words that fit the number.

    >>> count(1, "event"), count(2, "event")
    ('1 event', '2 events')
    """
    return f"{number} {thing}{'' if number == 1 else 's'}"


def note(text: str) -> None:
    """One line for the user beside the result, on standard error."""
    say(f"note: {text}", err=True)


def notes(texts: Iterable[str]) -> None:
    """Several notes; each once."""
    for text in dict.fromkeys(texts):
        note(text)


def show(renderable: Any) -> None:
    """Prints a rich table on standard output; into a pipe it is wide enough to lose nothing."""
    from rich.console import Console

    console = Console()
    if not console.is_terminal:
        console = Console(width=320)
    # Drawn first: click knows what to do where nobody reads, which rich takes for a failure.
    with console.capture() as drawn:
        console.print(renderable)
    click.echo(drawn.get(), nl=False)


def show_json(value: Any) -> None:
    """Prints JSON on standard output; what could steer a terminal is written as an escape."""
    text = json.dumps(value, indent=2, ensure_ascii=False, allow_nan=False)
    click.echo(with_escapes(text))


def left_out(failed: Sequence[tuple[str, str]], usable: int) -> None:
    """Tells what could not be read; refuses to go on where nothing is left.

    Args:
        failed: (name, why).
        usable: how many were read.

    Raises:
        InputError: none was.
    """
    # The reason often begins with the name, too.
    told = [why if why.startswith(f"{name}: ") else f"{name}: {why}" for name, why in failed]
    notes(f"left out: {line}" for line in told)
    if failed and not usable:
        raise InputError(f"none of {count(len(failed), 'video')} could be read", "Check the paths")


@contextlib.contextmanager
def going_on(text: str) -> Iterator[None]:
    """Says on Ctrl-C that the same command goes on where this one is stopped."""
    try:
        yield
    except KeyboardInterrupt:
        say(f"\n{text}: the same command goes on from there.", err=True)
        raise
