"""The lanes of the timeline that show what was read, heard and seen, and the ground behind all lanes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

from matchcut.clock import MatchClock, format_time
from matchcut.export import score_lane, shots_lane, sound_lane
from matchcut.export.axis import Axis
from matchcut.export.drawing import block, label
from matchcut.export.markup import Markup, joined
from matchcut.export.score_line import score_line
from matchcut.observe.observed import Observed


@dataclass(frozen=True, slots=True)
class Lanes:
    """What was drawn.

    Attributes:
        drawing: one ``<g>`` for each sense that told something.
        bottom: where the next lane may begin.
        legend: how to read it, a line each.
        told: the same in short, for who does not see the picture.
    """

    drawing: Markup
    bottom: float
    legend: tuple[str, ...] = ()
    told: tuple[str, ...] = ()


def observed_lanes(observed: Observed | None, clock: MatchClock | None, axis: Axis, top: float) -> Lanes:
    """The lanes of what was observed; a sense that noticed nothing has none.

    Args:
        observed: what was read, heard and seen.
        clock: the match clock, to name the moments by.
        axis: the horizontal scale.
        top: where the first lane begins.
    """
    drawn: list[Markup] = []
    legend: list[str] = []
    told: list[str] = []
    if observed is None:
        return Lanes(joined(drawn), top)
    line = None if observed.board is None else score_line(observed.board, clock)
    if line is not None:
        drawn.append(score_lane.score_rows(line, clock, axis, top))
        top += 2 * score_lane.ROW + 4
        legend.append("Score: each team's line climbs with its goals; it is broken where the board was hidden.")
        told.append(f"score {line.steps[0]} to {line.steps[-1]}")
    if observed.sound is not None and len(observed.sound):
        drawing, meaning = sound_lane.sound_lane(observed.sound, clock, axis, top)
        drawn.append(drawing)
        top += sound_lane.HEIGHT
        legend.append(meaning)
        told.append("loudness")
    if observed.shots is not None and observed.shots.shots:
        drawn.append(shots_lane.shots_lane(observed.shots, axis, top))
        top += shots_lane.HEIGHT
        legend.append("Shots: high: long shot; middle: close-up; low: no pitch in sight. Line below: replay.")
        told.append(f"{len(observed.shots.shots)} shots")
    return Lanes(joined(drawn), top, tuple(legend), tuple(told))


def clock_band(clock: MatchClock | None, axis: Axis, top: float, bottom: float) -> Iterator[Markup]:
    """Behind the lanes: each period's ground, darker in stoppage time, and the breaks between."""
    periods = clock.periods if clock else ()
    high, name_y = bottom - top + 22, top - 29
    for period in periods:
        left, right = axis.x(period.start), axis.x(period.end)
        yield block(left, right, top - 22, high, "shade", "#f3f6f9")
        if right - left > 130:
            yield label(left + 4, name_y, period.name[:1].upper() + period.name[1:], "period")
        over = period.clock_at(period.end) - period.clock_end
        if over >= 1:
            yield block(
                axis.x(period.recording_at(period.clock_end)), right, top - 22, high, "stoppage", "#e3e9ef"
            )
            if right - left > 200:
                yield label(right - 2, name_y, f"+{format_time(over)}", "quiet", "end")
    for before, after in pairwise(periods):
        left, right = axis.x(before.end), axis.x(after.start)
        if before.number != after.number and right - left > 64:
            name = "Half-time" if (before.number, after.number) == (1, 2) else "Break"
            yield label((left + right) / 2, name_y, name, "quiet", "middle")
