"""The timeline's rows for the score: a line for each team that climbs with its goals."""

from __future__ import annotations

from collections.abc import Iterator

from matchcut.clock import MatchClock
from matchcut.export.axis import Axis, moment_text
from matchcut.export.drawing import label, rule
from matchcut.export.markup import Markup, element, one_line
from matchcut.export.palette import SHAPES
from matchcut.export.score_line import ScoreLine, ScoreStep

ROW = 26.0
"""The height of one team's row."""

_CLIMB = 14.0  # how high a team's line may climb


def score_rows(line: ScoreLine, clock: MatchClock | None, axis: Axis, top: float) -> Markup:
    """A row for each team: a line that climbs with its score."""
    last = line.steps[-1]
    highest = max(3, *(max(step.home, step.away) for step in line.steps))
    parts: list[Markup] = []
    for row, (team, final, hue) in enumerate(
        zip(line.teams, (last.home, last.away), ("blue", "orange"), strict=True)
    ):
        base = top + (row + 1) * ROW - 3
        rise = _CLIMB / highest
        scores = [(step.home, step.away)[row] for step in line.steps]
        heights = [round(base - 3 - rise * score, 1) for score in scores]
        drawn = [
            rule(axis, base),
            label(30, base - 5, one_line(team, 20) or ("First team", "Second team")[row]),
            label(axis.left - 10, base - 5, str(final), "quiet", "end"),
            element("path", {"class": "score", "d": "".join(_line(line, heights, axis))}),
        ]
        changes = [
            (step, before, score, y)
            for before, step, score, y in zip([None, *scores], line.steps, scores, heights, strict=False)
            if score != before
        ]
        places = [axis.x(step.time) for step, *_ in changes]
        for (step, before, score, y), x, following in zip(changes, places, [*places[1:], 1e9], strict=True):
            if before is not None:
                drawn.append(_goal(step, score > before, clock, x, y))
            if following - x > 18:  # of goals close to each other the last has its number
                drawn.append(label(x + (9 if before is not None else 2), y - 3, str(score), "number"))
        parts.append(element("g", {"class": f"hue-{hue}"}, *drawn))
    return element("g", {"class": "observed"}, *parts)


def _line(line: ScoreLine, heights: list[float], axis: Axis) -> Iterator[str]:
    """The line of one team over each stretch during which the board was in sight."""
    times = [step.time for step in line.steps]
    ends = [*times[1:], float("inf")]
    for first, last in line.seen:
        drawn: float | None = None
        for begin, end, y in zip(times, ends, heights, strict=True):
            if end <= first or begin > last:
                continue
            x, right = axis.x(max(begin, first)), axis.x(min(end, last))
            if drawn is None:
                yield f"M{x:g} {y:g}"
                right = max(right, x + 0.5)  # a single sight is to be seen as well
            elif y != drawn:
                yield f"H{x:g}V{y:g}"
            drawn = y
        if drawn is not None:
            yield f"H{right:g}"


def _goal(step: ScoreStep, up: bool, clock: MatchClock | None, x: float, y: float) -> Markup:
    """The mark at a change of the score; one that was taken back points down."""
    what = f"board shows {step}" if up else f"board goes back to {step}"
    shape = SHAPES["star" if up else "down"]
    return element(
        "g",
        {"class": "step"},
        element("title", None, f"{moment_text(step.time, clock)}: {what}"),
        element("path", {"class": "mark", "d": f"M{x:g} {y:g}{shape}"}),
    )
