"""The sports: which actions each has, and the words that people use for them.

Labels keep the data sets' own spelling (SoccerNet-v2's seventeen, MLB-YouTube's eight), since files and
leaderboards are compared by it; `Label.words` hold what people say instead. `HIGHLIGHT` stands beside
them and is our own.
"""

from __future__ import annotations

from collections.abc import Mapping

from matchcut.errors import LabelError
from matchcut.sport.baseball_words import baseball
from matchcut.sport.kinds import HIGHLIGHT, Group, Label, Sport, plurals
from matchcut.sport.soccer_words import soccer

__all__ = ["HIGHLIGHT", "SPORTS", "Group", "Label", "Sport", "baseball", "plurals", "soccer", "sport"]

SPORTS: Mapping[str, Sport] = {"soccer": soccer, "baseball": baseball}


def sport(name: str) -> Sport:
    """The sport of this name; "football" is soccer.

    Raises:
        LabelError: there is no such sport.
    """
    found = SPORTS.get({"football": "soccer"}.get(name.casefold(), name.casefold()))
    if found is None:
        raise LabelError(f"there is no sport {name!r}", f"Choose one of: {', '.join(SPORTS)}")
    return found
