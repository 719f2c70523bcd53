"""The timeline's lane for the shots: what kind of view when, and which are replays."""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from matchcut.export.axis import Axis
from matchcut.export.drawing import label, rule
from matchcut.export.markup import Markup, element
from matchcut.observe.shots import ShotTrack

HEIGHT = 38.0
SURE_REPLAY = 0.5
"""Shots less likely than this to be replays are not marked."""

_HEIGHTS = {"long": 15.0, "close": 10.0, "off": 5.0, "unknown": 2.0}
_FILLS = {"long": "#1a7f37", "close": "#0969da", "off": "#8250df", "unknown": "#5f6b7a"}


def shots_lane(track: ShotTrack, axis: Axis, top: float) -> Markup:
    """A strip whose height and colour tell the kind; a line under it marks replays."""
    foot = top + 24
    kinds = _strip(track, axis)
    parts = [
        rule(axis, top + HEIGHT - 4),
        label(30, foot - 3, "Shots"),
        label(axis.left - 10, foot - 3, str(len(track.shots)), "quiet", "end"),
    ]
    for kind, height in _HEIGHTS.items():
        runs = [(x, right) for name, x, right in kinds if name == kind]
        if runs:
            drawn = "".join(f"M{x:g} {foot:g}v{-height:g}H{right:g}v{height:g}z" for x, right in runs)
            parts.append(element("path", {"class": f"shot {kind}", "fill": _FILLS[kind], "d": drawn}))
    again = [s for s in track.shots if s.replay >= SURE_REPLAY and s.end > axis.first and s.start < axis.last]
    runs = _joined([(axis.x(s.start), axis.x(s.end)) for s in again])
    if runs:
        drawn = "".join(f"M{x:g} {foot + 4:g}H{max(right, x + 1.5):g}" for x, right in runs)
        parts.append(element("path", {"class": "replay", "stroke": "#cf222e", "d": drawn}))
    return element("g", {"class": "observed"}, *parts)


def _strip(track: ShotTrack, axis: Axis) -> list[tuple[str, float, float]]:
    """Kinds with their places: the shots, or what fills most of each unit of width where they crowd."""
    shots = [s for s in track.shots if s.end > axis.first and s.start < axis.last]
    units = round(axis.right - axis.left)
    if len(shots) <= units / 8:
        return [(s.kind if s.kind in _HEIGHTS else "unknown", axis.x(s.start), axis.x(s.end)) for s in shots]
    names = list(_HEIGHTS)
    filled = np.zeros((len(names), units))
    for shot in shots:
        first, last = axis.x(shot.start) - axis.left, axis.x(shot.end) - axis.left
        kind = names.index(shot.kind) if shot.kind in names else names.index("unknown")
        for unit in range(int(first), min(int(last) + 1, units)):
            filled[kind, unit] += min(last, unit + 1) - max(first, unit)
    best = np.where(filled.any(0), filled.argmax(0), -1)
    edges = [0, *(np.flatnonzero(np.diff(best)) + 1).tolist(), units]
    return [
        (names[best[a]], axis.left + a, axis.left + b) for a, b in pairwise(edges) if a < b and best[a] >= 0
    ]


def _joined(runs: list[tuple[float, float]]) -> list[tuple[float, float]]:
    """Runs that touch, or nearly do, as one."""
    whole: list[tuple[float, float]] = []
    for x, right in runs:
        if whole and x - whole[-1][1] < 1:
            whole[-1] = (whole[-1][0], max(right, whole[-1][1]))
        else:
            whole.append((x, right))
    return whole
