"""The table of events for a terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from matchcut.clock import format_time
from matchcut.events import Event, EventLog
from matchcut.export.markup import one_line

if TYPE_CHECKING:
    from rich.table import Table


def events_table(log: EventLog) -> Table:
    """The events in time order: when, what, the window to show, how sure, and who says so.

    Every text goes in as data: square brackets are no styles, and control characters are taken out, so that a
    subtitle cannot steer the terminal. The evidence is cut to the room there is.
    """
    from rich.box import SIMPLE_HEAD
    from rich.table import Table
    from rich.text import Text

    clock = log.recording.clock
    table = Table(box=SIMPLE_HEAD, pad_edge=False, expand=False)
    if clock:
        table.add_column("Match", justify="right", no_wrap=True)
    table.add_column("Time", justify="right", no_wrap=True)
    table.add_column("Action", overflow="fold", min_width=8)
    table.add_column("Window", no_wrap=True)
    table.add_column("Score", justify="right", no_wrap=True)
    table.add_column("Evidence", no_wrap=True, overflow="ellipsis", ratio=1)
    for event in log:
        cells = [format_time(event.time), event.label, window_text(event), score_text(event)]
        if clock:
            cells.insert(0, str(clock.at(event.time) or ""))
        cells.append(evidence_text(event, limit=200))
        table.add_row(*(Text(one_line(cell)) for cell in cells))
    return table


def window_text(event: Event) -> str:
    """The window in recording time: ``36:09–36:24``."""
    return f"{format_time(event.start)}–{format_time(event.end)}"


def score_text(event: Event) -> str:
    """The score in percent; ``–`` for a person's label, which has none."""
    return "–" if event.score is None else f"{event.score:.0%}"


def evidence_text(event: Event, limit: int | None = None) -> str:
    """Who says so and what was observed, in one line: ``commentary: and that is a corner``."""
    said = (f"{e.source}: {e.detail}" if e.detail else e.source for e in event.evidence)
    return one_line("; ".join(said), limit)
