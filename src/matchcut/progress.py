"""How long work tells how far it is; the command line draws it, a library caller may ignore it."""

from __future__ import annotations

from typing import Protocol


class Progress(Protocol):
    """Called now and then with the work done and the whole of it, in one unit (seconds, files, frames)."""

    def __call__(self, done: float, total: float) -> None: ...


def silent(done: float, total: float) -> None:
    """The progress of whoever does not want to know."""
