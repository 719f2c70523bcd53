"""The table of events for a terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from matchcut.clock import format_time
from matchcut.events import Event, EventLog
from matchcut.export.markup import one_line

if TYPE_CHECKING:
    from rich.table import Table


def events_table(log: EventLog) -> Table:
    """The events in time order: when, what, how sure, the window to show, and who says so.

    Every text goes in as data: square brackets are no styles, and control characters are taken out, so that a
    subtitle cannot steer the terminal. In a narrow terminal evidence and window are cut first.
    """
    from rich.box import SIMPLE_HEAD
    from rich.table import Table
    from rich.text import Text

    clock = log.recording.clock
    table = Table(box=SIMPLE_HEAD, show_edge=False, padding=(0, 1, 0, 0))
    if clock:
        table.add_column("Match", justify="right", no_wrap=True)
    table.add_column("Time", justify="right", no_wrap=True)
    table.add_column("Action", no_wrap=True)
    table.add_column("Score", justify="right", no_wrap=True)
    table.add_column("Window")
    table.add_column("Evidence")
    for event in log:
        cells = [format_time(event.time), action_text(event), score_text(event)]
        if clock:
            cells.insert(0, str(clock.at(event.time) or ""))
        # These texts, not their columns, refuse to wrap: so their columns are the first to give up width.
        rest = (window_text(event), evidence_text(event, limit=200))
        table.add_row(
            *(Text(one_line(cell)) for cell in cells),
            *(Text(cell, no_wrap=True, overflow="ellipsis") for cell in rest),
        )
    return table


def action_text(event: Event) -> str:
    """What happened, and by whom where that is known: ``Goal (GER)``."""
    return f"{event.label} ({event.team})" if event.team else event.label


def window_text(event: Event) -> str:
    """The window in recording time: ``36:09–36:24``."""
    return f"{format_time(event.start)}–{format_time(event.end)}"


def score_text(event: Event) -> str:
    """The score in percent; ``–`` for a person's label, which has none."""
    return "–" if event.score is None else f"{event.score:.0%}"


def evidence_text(event: Event, limit: int | None = None) -> str:
    """Who says so and what was observed, in one line: ``commentary: and that is a corner``.

    What the event rests on comes first, then what speaks against it, which must not be what is cut off.
    """
    first, others = event.evidence[:1], event.evidence[1:]
    said = (
        f"{'against: ' * e.against}{e.source}{': ' * bool(e.detail)}{e.detail}"
        for e in (*first, *sorted(others, key=lambda e: not e.against))
    )
    return one_line("; ".join(said), limit)
