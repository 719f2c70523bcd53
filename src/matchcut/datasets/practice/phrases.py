"""What the commentators say: our own sentences (``phrases.json``), in the manner of live commentary.

Names in braces are filled in: ``player``, ``team`` (theirs), ``rivals`` (the other side), ``keeper`` (of the
rivals), ``other`` (a second player), ``on`` and ``off`` (a substitution), ``score``.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True, slots=True)
class Speech:
    """How one kind of moment is spoken about.

    Attributes:
        delay_s: the words begin this long after the moment, from and to.
        chance: how often it is spoken of at all.
        urgent: how much it matters; the most urgent due one is spoken first.
        calls: the sentence that tells it.
        after: what is said next, if there is time.
        stale_s: not spoken of when this much later it is still unsaid.
    """

    delay_s: tuple[float, float]
    chance: float
    urgent: int
    calls: tuple[str, ...]
    after: tuple[str, ...] = ()
    stale_s: float = 6.0


_DATA: Any = json.loads(Path(__file__).with_name("phrases.json").read_text(encoding="utf-8"))


def _speech(told: Mapping[str, Any]) -> Speech:
    first, last = told["delay_s"]
    calls, after = tuple(told["calls"]), tuple(told["after"])
    return Speech((first, last), told["chance"], told["urgent"], calls, after, told["stale_s"])


SPEECH: Mapping[str, Speech] = {kind: _speech(told) for kind, told in _DATA["speech"].items()}
CALLS: tuple[str, ...] = tuple(_DATA["calls"])
"""Who is on the ball: ``a`` had it, ``b`` has it now."""
CHAT: tuple[str, ...] = tuple(_DATA["chat"])
"""Talk between the moments."""
