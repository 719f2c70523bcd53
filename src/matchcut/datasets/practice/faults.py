"""What may be difficult about a practice broadcast."""

from __future__ import annotations

FAULTS = {
    "no board": "the board is never shown",
    "board comes and goes": "the board is away for stretches of play too",
    "small board": "its writing is eight pixels high in a picture of 360",
    "ticker": "other matches' results run along the foot of the picture",
    "picture in picture": "another match with its own board is shown in a corner for a while",
    "countdown": "the clock counts down from 45:00",
    "jumping clock": "a highlights film: the clock jumps every dozen seconds, with a wipe",
    "noise": "the picture is noisy",
    "low bitrate": "the picture is compressed until it smears",
    "portrait": "the picture is cut to 9:16 for a telephone",
    "no sound": "the film has no sound",
    "no commentary": "nobody speaks",
}
"""Each fault and what it is."""
