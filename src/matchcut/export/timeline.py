"""The timeline picture: a lane a label, with what the spotters believed and what was found."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.resources import files as package_files
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from matchcut import files
from matchcut.clock import format_time
from matchcut.events import Event, EventLog
from matchcut.export.axis import Axis, recording_span
from matchcut.export.markup import Markup, element, joined, one_line
from matchcut.export.palette import SHAPES, ordered, style
from matchcut.sport import Sport
from matchcut.tracks import ScoreTrack

WIDTH = 1240
"""The picture's width, in its own units."""
SHOWN_FROM = 0.1
"""A label without events gets a lane if a track reaches this score."""

DRAWN_FROM = 0.05
"""Scores under this are drawn as nothing."""

Point = tuple[int, float]

_LEFT, _RIGHT, _LANE, _ROOM = 168.0, 1216.0, 34.0, 20.0
_DASHES = (None, "4 3", "1 3", "8 3 1 3")


def timeline_css() -> Markup:
    """The style sheet of the picture, with the groups' colours."""
    return Markup(package_files("matchcut.export").joinpath("timeline.css").read_text(encoding="utf-8"))


def timeline_svg(log: EventLog, tracks: Sequence[ScoreTrack] = (), *, links: bool = False) -> str:
    """The picture as SVG: complete in itself, light or dark as the reader's screen is.

    Score tracks are thinned to one point a unit of width by their maximum, so that every peak survives and a
    three-hour recording stays small.

    Args:
        log: its events become marks, higher up for a higher score, over a bar for the window to show.
        tracks: the first is drawn as an area, further ones as lines.
        links: make each mark a link to ``#eN`` on the page that holds the picture (N: its place in the log).

    Returns:
        one ``<svg>`` element.
    """
    axis = Axis(*recording_span(log, tracks), _LEFT, _RIGHT)
    labels = shown_labels(log, tracks)
    top = 52.0 if log.recording.clock else 14.0
    bottom = top + max(len(labels), 1) * _LANE
    lanes = [_lane(log, tracks, label, axis, top + place * _LANE, links) for place, label in enumerate(labels)]
    if not labels:
        lanes = [_text((_LEFT + _RIGHT) / 2, top + 22, "nothing was found", "quiet", "middle")]
    height = bottom + 24 + (18 if tracks else 0)
    name = one_line(log.recording.name, 120)
    counts = ", ".join(f"{label} {count}" for label, count in log.counts().items()) or "no events"
    return element(
        "svg",
        {
            "xmlns": "http://www.w3.org/2000/svg",
            "class": "timeline",
            "viewBox": f"0 0 {WIDTH} {height:g}",
            "width": WIDTH,
            "height": f"{height:g}",
            "role": "img",
            "aria-label": f"Timeline of {name}: {counts}",
            "font-family": "sans-serif",
            "font-size": 12,
        },
        element("style", None, timeline_css()),
        _frame(log, axis, top, bottom),
        *lanes,
        _legend(tracks, bottom + 38),
    )


def write_timeline(path: Path | str, log: EventLog, tracks: Sequence[ScoreTrack] = ()) -> Path:
    """Writes `timeline_svg` to a file, whole or not at all.

    Raises:
        OutputError: it cannot be written.
    """
    return files.write_text(path, timeline_svg(log, tracks) + "\n")


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
    parts: list[str] = []
    clock = log.recording.clock
    for period in clock.periods if clock else ():
        left, right = axis.x(period.start), axis.x(period.end)
        parts.append(
            element(
                "rect",
                {
                    "class": "shade",
                    "fill": "#f3f6f9",
                    "x": left,
                    "y": top - 22,
                    "width": round(right - left, 1),
                    "height": bottom - top + 22,
                },
            )
        )
        if right - left > 130:
            name = period.name[:1].upper() + period.name[1:]
            parts.append(_text(left + 4, top - 29, name, "period"))
    for x, text in axis.ticks():
        line = {"class": "grid", "stroke": "#d8dee4", "x1": x, "x2": x, "y1": top, "y2": bottom + 4}
        parts += [element("line", line), _text(x, bottom + 16, text, "quiet", "middle")]
    # Left of where "00:00" hangs over the axis.
    parts.append(_text(_LEFT - 28, bottom + 16, "Recording", "quiet", "end"))
    if clock:
        parts += [_text(x, top - 8, text, "quiet", "middle") for x, text in axis.clock_ticks(clock)]
        parts.append(_text(_LEFT - 28, top - 8, "Match clock", "quiet", "end"))
    return element("g", {"aria-hidden": "true"}, *parts)


def _lane(
    log: EventLog, tracks: Sequence[ScoreTrack], label: str, axis: Axis, top: float, links: bool
) -> Markup:
    """One label's row: name and count, curves, then the marks on top of them."""
    base = top + _LANE - 4
    events = [(place, event) for place, event in enumerate(log) if event.label == label]
    parts = [
        element("line", {"class": "grid", "stroke": "#d8dee4", "x1": 8, "x2": _RIGHT, "y1": base, "y2": base}),
        mark(log.sport, label, 16, base - 9),
        _text(30, base - 5, one_line(label, 20)),
        _text(_LEFT - 10, base - 5, str(len(events)) if events else "–", "quiet", "end"),
    ]
    for place, track in enumerate(tracks):
        if label in track.labels:
            stretches = curve(track.times, track.column(label), axis, base)
            if stretches:
                parts.append(_curve(stretches, place, base))
    parts += [_moment(log, place, event, axis, base, links) for place, event in events]
    return element("g", {"class": f"lane hue-{style(log.sport, label).hue}"}, *parts)


def _curve(stretches: list[list[Point]], place: int, base: float) -> Markup:
    """One track's scores: the first as an area, further ones as lines of different dashes."""
    lines = ["M" + "L".join(f"{x} {y:g}" for x, y in points) for points in stretches]
    if place:
        dashes = _DASHES[place % len(_DASHES)]
        return element("path", {"class": "curve", "d": "".join(lines), "stroke-dasharray": dashes})
    closed = (f"{line}V{base:g}H{points[0][0]}Z" for line, points in zip(lines, stretches, strict=True))
    return element("path", {"class": "area", "d": "".join(closed)})


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
    clock = log.recording.clock
    shown = clock.at(event.time) if clock else None
    when = f"{shown} (recording {format_time(event.time)})" if shown else format_time(event.time)
    score = "by a person" if event.score is None else f"{event.score:.0%}"
    return f"{event.label} · {when} · {score}"


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
    inside = (times >= axis.first) & (times <= axis.last)
    share = (times[inside] - axis.first) / (axis.last - axis.first)
    columns = np.rint(axis.left + share * (axis.right - axis.left)).astype(np.int64)
    if not columns.size:
        return []
    places, starts = np.unique(columns, return_index=True)
    peaks = np.maximum.reduceat(scores[inside], starts)
    heights = np.where(peaks < DRAWN_FROM, 0, np.rint(peaks * _ROOM * 5) / 5)
    # A stretch keeps the zeros beside it, so that it rises from the base line and falls back to it.
    high = np.pad(heights > 0, 1)
    drawn = high[1:-1] | high[:-2] | high[2:]
    cuts = np.flatnonzero(np.diff(drawn.astype(np.int8))) + 1
    stretches = []
    for part in np.split(np.arange(len(places)), cuts):
        if drawn[part[0]]:
            stretches.append(_thinned(places[part], heights[part], base))
    return stretches


def _thinned(places: NDArray[np.int64], heights: NDArray[np.float64], base: float) -> list[Point]:
    """The points without those inside level parts, which say nothing."""
    level = np.zeros(len(places), dtype=bool)
    level[1:-1] = (heights[1:-1] == heights[:-2]) & (heights[1:-1] == heights[2:])
    return list(zip(places[~level].tolist(), np.round(base - heights[~level], 1).tolist(), strict=True))


def _legend(tracks: Sequence[ScoreTrack], y: float) -> Markup:
    if not tracks:
        return Markup("")
    parts = ["Height: probability. "]
    for place, track in enumerate(tracks):
        parts.append(f"{'Area' if place == 0 else f'Line {place}'}: {one_line(track.source, 40)}. ")
    return _text(_LEFT, y, "".join(parts).rstrip(), "quiet")


def _text(x: float, y: float, text: str, kind: str | None = None, anchor: str | None = None) -> Markup:
    return element("text", {"class": kind, "x": f"{x:g}", "y": f"{y:g}", "text-anchor": anchor}, joined([text]))
