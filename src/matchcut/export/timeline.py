"""The timeline picture: a lane a label, with what the spotters believed and what was found."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.resources import files as package_files
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from matchcut import files
from matchcut.events import Event, EventLog
from matchcut.export.axis import Axis, moment_text, recording_span
from matchcut.export.drawing import Point, area_path, columns, label, line_path, rule, stretches
from matchcut.export.lanes import clock_band, observed_lanes
from matchcut.export.markup import Markup, element, one_line
from matchcut.export.palette import SHAPES, ordered, style
from matchcut.observe.observed import Observed
from matchcut.sport import Sport
from matchcut.tracks import ScoreTrack

WIDTH = 1240
"""The picture's width, in its own units."""
SHOWN_FROM = 0.1
"""A label without events gets a lane if a track reaches this score."""

DRAWN_FROM = 0.05
"""Scores under this are drawn as nothing."""

_LEFT, _RIGHT, _LANE, _ROOM = 168.0, 1216.0, 34.0, 20.0
_DASHES = (None, "4 3", "1 3", "8 3 1 3")


def timeline_css() -> Markup:
    """The style sheet of the picture, with the groups' colours."""
    return Markup(package_files("matchcut.export").joinpath("timeline.css").read_text(encoding="utf-8"))


def timeline_svg(
    log: EventLog,
    tracks: Sequence[ScoreTrack] = (),
    *,
    observed: Observed | None = None,
    links: bool = False,
) -> str:
    """The picture as SVG: complete in itself, light or dark as the reader's screen is.

    Score tracks are thinned to one point a unit of width by their maximum, so that every peak survives and a
    three-hour recording stays small; so is what was observed.

    Args:
        log: its events become marks, higher up for a higher score, over a bar for the window to show.
        tracks: the first is drawn as an area, further ones as lines.
        observed: score, sound and shots become lanes above the labels'.
        links: make each mark a link to ``#eN`` on the page that holds the picture (N: its place in the log).

    Returns:
        one ``<svg>`` element.
    """
    axis = Axis(*recording_span(log, tracks), _LEFT, _RIGHT)
    labels = shown_labels(log, tracks)
    clock = log.recording.clock
    begin = 52.0 if clock else 14.0
    above = observed_lanes(observed, clock, axis, begin)
    top = above.bottom
    bottom = top + max(len(labels), 1) * _LANE
    lanes = [_lane(log, tracks, label, axis, top + place * _LANE, links) for place, label in enumerate(labels)]
    if not labels:
        lanes = [label((_LEFT + _RIGHT) / 2, top + 22, "nothing was found", "quiet", "middle")]
    legend = [*_legend(tracks), *above.legend]
    notes = [label(_LEFT, bottom + 38 + 16 * row, line, "quiet") for row, line in enumerate(legend)]
    height = bottom + 24 + 16 * len(legend) + (2 if legend else 0)
    name = one_line(log.recording.name, 120)
    counts = [f"{label} {count}" for label, count in log.counts().items()] or ["no events"]
    return element(
        "svg",
        {
            "xmlns": "http://www.w3.org/2000/svg",
            "class": "timeline",
            "viewBox": f"0 0 {WIDTH} {height:g}",
            "width": WIDTH,
            "height": f"{height:g}",
            "role": "img",
            "aria-label": f"Timeline of {name}: {', '.join([*counts, *above.told])}",
            "font-family": "sans-serif",
            "font-size": 12,
        },
        element("style", None, timeline_css()),
        _frame(log, axis, begin, bottom),
        above.drawing,
        *lanes,
        *notes,
    )


def write_timeline(
    path: Path | str, log: EventLog, tracks: Sequence[ScoreTrack] = (), *, observed: Observed | None = None
) -> Path:
    """Writes `timeline_svg` to a file, whole or not at all.

    Raises:
        OutputError: it cannot be written.
    """
    return files.write_text(path, timeline_svg(log, tracks, observed=observed) + "\n")


def shown_labels(log: EventLog, tracks: Sequence[ScoreTrack]) -> list[str]:
    """The labels that have something to show, in the order of their lanes."""
    shown = {event.label for event in log}
    for track in tracks:
        if len(track):
            peaks = track.scores.max(axis=0)
            shown |= {n for n, peak in zip(track.labels, peaks, strict=True) if peak >= SHOWN_FROM}
    return ordered(log.sport, shown)


def mark(of: Sport, label: str, x: float = 0.0, y: float = 0.0) -> Markup:
    """A label's shape, centred; its colour is the surrounding ``hue-…`` class's."""
    return element("path", {"class": "mark", "d": f"M{x:g} {y:g}{SHAPES[style(of, label).shape]}"})


def _frame(log: EventLog, axis: Axis, top: float, bottom: float) -> Markup:
    """Periods, grid lines and both axes."""
    clock = log.recording.clock
    parts = [*clock_band(clock, axis, top, bottom)]
    for x, text in axis.ticks():
        line = {"class": "grid", "stroke": "#d8dee4", "x1": x, "x2": x, "y1": top, "y2": bottom + 4}
        parts += [element("line", line), label(x, bottom + 16, text, "quiet", "middle")]
    # Left of where "00:00" hangs over the axis.
    parts.append(label(_LEFT - 28, bottom + 16, "Recording", "quiet", "end"))
    if clock:
        parts += [label(x, top - 8, text, "quiet", "middle") for x, text in axis.clock_ticks(clock)]
        parts.append(label(_LEFT - 28, top - 8, "Match clock", "quiet", "end"))
    return element("g", {"aria-hidden": "true"}, *parts)


def _lane(
    log: EventLog, tracks: Sequence[ScoreTrack], name: str, axis: Axis, top: float, links: bool
) -> Markup:
    """One label's row: name and count, curves, then the marks on top of them."""
    base = top + _LANE - 4
    events = [(place, event) for place, event in enumerate(log) if event.label == name]
    parts = [
        rule(axis, base),
        mark(log.sport, name, 16, base - 9),
        label(30, base - 5, one_line(name, 20)),
        label(_LEFT - 10, base - 5, str(len(events)) if events else "–", "quiet", "end"),
    ]
    for place, track in enumerate(tracks):
        if name in track.labels:
            drawn = curve(track.times, track.column(name), axis, base)
            if drawn:
                parts.append(_curve(drawn, place, base))
    parts += [_moment(log, place, event, axis, base, links) for place, event in events]
    return element("g", {"class": f"lane hue-{style(log.sport, name).hue}"}, *parts)


def _curve(drawn: list[list[Point]], place: int, base: float) -> Markup:
    """One track's scores: the first as an area, further ones as lines of different dashes."""
    if place:
        dashes = _DASHES[place % len(_DASHES)]
        return element("path", {"class": "curve", "d": line_path(drawn), "stroke-dasharray": dashes})
    return element("path", {"class": "area", "d": area_path(drawn, base)})


def _moment(log: EventLog, place: int, event: Event, axis: Axis, base: float, links: bool) -> Markup:
    """One event: its window as a bar, its moment as a mark at the height of its score."""
    x, left, right = axis.x(event.time), axis.x(event.start), axis.x(event.end)
    y = round(base - 3 - (0.5 if event.score is None else event.score) * _ROOM, 1)
    bar = {"class": "window", "x": left, "y": base - 1.5, "width": max(round(right - left, 1), 1), "height": 3}
    parts = [
        element("title", None, event_title(log, event)),
        element("rect", bar),
        element("path", {"class": "stem", "d": f"M{x:g} {base:g}V{y:g}"}),
        mark(log.sport, event.label, x, y),
    ]
    if links:
        return element("a", {"class": "moment", "data-e": place, "href": f"#e{place}", "tabindex": -1}, *parts)
    return element("g", {"class": "moment"}, *parts)


def event_title(log: EventLog, event: Event) -> str:
    """One event in one line: ``Corner · 36:09 (recording 41:20) · 87 %``."""
    score = "by a person" if event.score is None else f"{event.score:.0%}"
    return f"{event.label} · {moment_text(event.time, log.recording.clock)} · {score}"


def curve(
    times: NDArray[np.float64], scores: NDArray[np.float32], axis: Axis, base: float
) -> list[list[Point]]:
    """One label's scores as stretches of points, at most one a unit of width: the highest score in it.

    Where the scores stay under `DRAWN_FROM` nothing is drawn, which is why there are stretches.

    Args:
        times: recording seconds, shape (T,).
        scores: probabilities, shape (T,).
        axis: the horizontal scale; what lies outside it is left out.
        base: the vertical place of score 0.
    """
    places, peaks = columns(times, scores, axis, "max")
    heights = np.where(peaks < DRAWN_FROM, 0, np.rint(peaks * _ROOM * 5) / 5)
    return stretches(places, np.round(base - heights, 1), round(base, 1))


def _legend(tracks: Sequence[ScoreTrack]) -> list[str]:
    if not tracks:
        return []
    parts = ["Height: probability. "]
    for place, track in enumerate(tracks):
        parts.append(f"{'Area' if place == 0 else f'Line {place}'}: {one_line(track.source, 40)}. ")
    return ["".join(parts).rstrip()]
