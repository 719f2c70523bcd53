"""The timeline's lane for the sound: how loud it was, how excited the crowd, and the whistles."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

from matchcut.clock import MatchClock
from matchcut.export.axis import Axis, moment_text
from matchcut.export.drawing import area_path, columns, label, line_path, rule, stretches, thinned
from matchcut.export.markup import Markup, element
from matchcut.observe.excitement import ExcitingMoment, excitement, exciting_moments
from matchcut.observe.loudness import FLOOR_LUFS
from matchcut.observe.sound import SoundTrack

HEIGHT = 58.0
SURE_WHISTLE = 0.5
"""Whistles less sure than this are not drawn."""
MOMENTS = 6
"""How many of the most exciting moments are named."""

_LEAST_RISE_DB = 6.0  # the scale of the excitement reaches at least so far


def sound_lane(sound: SoundTrack, clock: MatchClock | None, axis: Axis, top: float) -> tuple[Markup, str]:
    """Loudness as an area, excitement as a line over it, whistles as ticks above both."""
    base, room = top + HEIGHT - 4, HEIGHT - 18
    places, loud = columns(sound.times, sound.loudness, axis, "mean")
    heard = loud[loud > FLOOR_LUFS + 1]
    low, high = (float(np.percentile(heard, 2)) - 4, float(heard.max())) if len(heard) else (FLOOR_LUFS, 0.0)
    low = max(min(low, high - 6), FLOOR_LUFS - 1)
    height = np.where(loud > FLOOR_LUFS + 1, np.clip((loud - low) / (high - low), 0, 1), 0)
    area = stretches(places, np.round(base - height * room, 1), base)
    parts = [
        rule(axis, base),
        label(30, base - 20, "Sound"),
        label(30, base - 5, "crowd: line", "quiet"),
        element("path", {"class": "loud", "fill": "#b9c2cc", "d": area_path(area, base)}),
    ]
    rise = excitement(sound)
    moments = [m for m in exciting_moments(sound, MOMENTS) if axis.first <= m.time <= axis.last]
    scale = max(_LEAST_RISE_DB, float(rise.max(initial=0.0)))
    places, peaks = columns(sound.times, rise, axis, "max")
    line = thinned(places, np.round(base - np.clip(peaks / scale, 0, 1) * room, 1))
    if line:
        parts.append(element("path", {"class": "curve crowd", "d": line_path([line])}))
    parts += _moments(moments, clock, axis, lambda db: round(base - min(max(db / scale, 0), 1) * room, 1))
    parts += _whistles(sound, axis, top + 2)
    meaning = (
        f"Sound: area: loudness, {low:.0f} to {high:.0f} LUFS; line: crowd's excitement, dB above the usual "
        f"(to +{scale:.0f}); ticks on top: whistles."
    )
    return element("g", {"class": "observed hue-orange"}, *parts), meaning


def _moments(
    moments: list[ExcitingMoment], clock: MatchClock | None, axis: Axis, y_of: Callable[[float], float]
) -> Iterator[Markup]:
    """The most exciting moments with their rise, none upon another; the greater come first."""
    used: list[float] = []
    for moment in moments:
        x, y = axis.x(moment.time), y_of(moment.rise_db)
        text = f"+{moment.rise_db:.0f} dB"
        parts = [
            element("title", None, f"{moment_text(moment.time, clock)}: {text} above the usual"),
            element("circle", {"class": "mark", "cx": f"{x:g}", "cy": f"{y:g}", "r": 3}),
        ]
        if all(abs(x - other) > 50 for other in used):
            used.append(x)
            left = x > axis.right - 50
            parts.append(label(x + (-6 if left else 6), y + 3, text, "number", "end" if left else None))
        yield element("g", {"class": "step"}, *parts)


def _whistles(sound: SoundTrack, axis: Axis, y: float) -> Iterator[Markup]:
    sure = [w for w in sound.whistles if w.confidence >= SURE_WHISTLE and axis.first <= w.start <= axis.last]
    places = sorted({axis.x(w.start) for w in sure})
    if places:
        ticks = "".join(f"M{x:g} {y:g}v7" for x in places)
        yield element("path", {"class": "whistle", "stroke": "#1f2328", "d": ticks})
