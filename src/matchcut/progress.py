"""How long work tells how far it is; the command line draws it, a library caller may ignore it."""

from __future__ import annotations

from typing import Protocol


class Progress(Protocol):
    """Called now and then with the work done and the whole of it, in one unit (seconds, files, frames)."""

    def __call__(self, done: float, total: float) -> None: ...


def silent(done: float, total: float) -> None:
    """The progress of whoever does not want to know."""


def part(progress: Progress, first: float, last: float) -> Progress:
    """The progress of one part of the work, which takes it from ``first`` to ``last``, shares of 1.

    >>> shown = []
    >>> half = part(lambda done, total: shown.append(done / total), 0.5, 1.0)
    >>> half(5, 10), shown
    (None, [0.75])
    """

    def tell(done: float, total: float) -> None:
        share = min(max(done / total, 0.0), 1.0) if total > 0 else 1.0
        progress(first + (last - first) * share, 1.0)

    return tell
