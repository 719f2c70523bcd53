"""How each label looks: a colour for its group, a shape of its own within the group.

Colour alone never tells labels apart (some people don't see it, some printers don't print it): the name stands
beside every mark, and no two labels share both colour and shape.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from matchcut.sport import Sport

SHAPES: Mapping[str, str] = {
    "circle": "m-5 0a5 5 0 1 0 10 0a5 5 0 1 0-10 0z",
    "diamond": "m0-6l6 6-6 6-6-6z",
    "square": "m-4.5-4.5h9v9h-9z",
    "up": "m0-5.5l6 10.5h-12z",
    "down": "m0 5.5l6-10.5h-12z",
    "star": "m0-7.5l2.2 4.5 4.9.7-3.5 3.5.8 4.9-4.4-2.3-4.4 2.3.8-4.9-3.5-3.5 4.9-.7z",
    "card": "m-3.7-5.5h7.4v11h-7.4z",
    "flag": "m-1.2-6.5l8.2 4-5.8 3.4v5.1h-2.4z",
    "plus": "m-1.8-5.5h3.6v3.7h3.7v3.6h-3.7v3.7h-3.6v-3.7h-3.7v-3.6h3.7z",
    "bar": "m-2-6h4v12h-4z",
}
"""Outlines about 12 units across, as an SVG path drawn from the centre."""


HUES = ("green", "blue", "purple", "amber", "red", "orange", "teal", "slate")
"""The groups' colours; ``timeline.css`` has each for a light and for a dark page, 3:1 against it and more."""


@dataclass(frozen=True, slots=True)
class Style:
    """A label's look.

    Attributes:
        hue: one of `HUES`.
        shape: a key of `SHAPES`.
    """

    hue: str
    shape: str


# In the order in which people look for them; pages list the labels so.
_KNOWN: Mapping[str, Mapping[str, Style]] = {
    "soccer": {
        "Goal": Style("green", "star"),
        "Highlight": Style("amber", "star"),
        "Penalty": Style("green", "diamond"),
        "Shots on target": Style("blue", "circle"),
        "Shots off target": Style("blue", "down"),
        "Corner": Style("purple", "flag"),
        "Direct free-kick": Style("purple", "up"),
        "Indirect free-kick": Style("purple", "diamond"),
        "Yellow card": Style("amber", "card"),
        "Yellow->red card": Style("red", "diamond"),
        "Red card": Style("red", "card"),
        "Foul": Style("orange", "plus"),
        "Offside": Style("orange", "flag"),
        "Substitution": Style("teal", "up"),
        "Kick-off": Style("teal", "circle"),
        "Clearance": Style("slate", "up"),
        "Throw-in": Style("slate", "diamond"),
        "Ball out of play": Style("slate", "bar"),
    },
    "baseball": {
        "hit": Style("green", "star"),
        "Highlight": Style("amber", "star"),
        "in play": Style("green", "diamond"),
        "bunt": Style("green", "bar"),
        "strike": Style("blue", "circle"),
        "swing": Style("blue", "down"),
        "ball": Style("slate", "circle"),
        "foul": Style("orange", "plus"),
        "hit by pitch": Style("red", "diamond"),
        "run": Style("purple", "up"),
        "out": Style("slate", "square"),
    },
}


def style(of: Sport, label: str) -> Style:
    """The look of a label; one that has none yet gets a colour and a shape by its place in the sport."""
    known = _KNOWN.get(of.name, {}).get(label)
    if known is not None:
        return known
    place = of.all_names.index(label) if label in of else len(of.all_names)
    shapes = list(SHAPES)
    return Style(HUES[place % len(HUES)], shapes[(place + place // len(HUES)) % len(shapes)])


def ordered(of: Sport, labels: set[str]) -> list[str]:
    """Labels in the order in which pages show them: known looks first, then the sport's, then by name."""
    names = [name for name in _KNOWN.get(of.name, {}) if name in of]
    names += [name for name in of.all_names if name not in names]
    return [n for n in names if n in labels] + sorted(labels - set(names))
