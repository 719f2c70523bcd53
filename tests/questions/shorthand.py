"""A query as a short text, so that tables of questions stay readable.

``"G C; periods=2; last 2"`` is goals and corners, second half, the last two; ``*`` is everything, ``H`` the
highlights, ``!LabelError`` an error of that kind. The order of the parts after the first does not matter.
"""

from __future__ import annotations

from collections.abc import Collection

from matchcut.clock import format_time
from matchcut.errors import MatchcutError
from matchcut.questions import EventQuery, TimeRange, parse
from matchcut.sport import Sport, soccer

CODES = {
    "Penalty": "P",
    "Kick-off": "KO",
    "Goal": "G",
    "Substitution": "SUB",
    "Offside": "OFF",
    "Shots on target": "SON",
    "Shots off target": "SOFF",
    "Clearance": "CL",
    "Ball out of play": "OUT",
    "Throw-in": "TI",
    "Foul": "F",
    "Indirect free-kick": "IFK",
    "Direct free-kick": "DFK",
    "Corner": "C",
    "Yellow card": "Y",
    "Red card": "R",
    "Yellow->red card": "YR",
    "Highlight": "HL",
    "in play": "in-play",
    "hit by pitch": "hbp",
}
HIGHLIGHTS = "P G SON R YR HL"


def understood(question: str, sport: Sport = soccer, teams: Collection[str] = ()) -> str:
    """What the parser makes of a question, in the shorthand, its parts sorted."""
    try:
        return shorthand(parse(question, sport, teams), sport)
    except MatchcutError as error:
        return f"!{type(error).__name__}"


def normal(expected: str) -> str:
    """The shorthand with its codes and parts sorted, as `understood` gives it."""
    first, *rest = (part.strip() for part in expected.split(";"))
    codes = sorted(" ".join(HIGHLIGHTS if code == "H" else code for code in first.split()).split())
    rest = [
        f"without {' '.join(sorted(part.split()[1:]))}" if part.startswith("without") else part for part in rest
    ]
    return "; ".join([" ".join(codes), *sorted(rest)])


def shorthand(query: EventQuery, sport: Sport = soccer) -> str:
    """A query in the shorthand."""
    codes = {CODES.get(label, label) for term in query.terms for label in term.labels}
    parts = _times(query.times)
    if query.without:
        gone = {CODES.get(label, label) for term in query.without for label in term.labels}
        parts.append(f"without {' '.join(sorted(gone))}")
    if query.order:
        parts.append(f"{query.order} {query.count or 'all'}" + (f" skip {query.skip}" if query.skip else ""))
    if query.asks != "moments":
        parts.append(query.asks)
    if query.min_score is not None:
        parts.append(f"min={query.min_score:g}")
    if query.teams:
        parts.append(f"team={','.join(query.teams)}")
    if query.why:
        parts.append("why")
    return "; ".join([" ".join(sorted(codes)) or "*", *sorted(parts)])


def _times(times: TimeRange) -> list[str]:
    parts = []
    if times.periods:
        parts.append("periods=" + ",".join(map(str, times.periods)))
    if times.stoppage:
        parts.append("stoppage")
    if times.first_s is not None:
        parts.append(f"first_s={times.first_s:g}")
    if times.last_s is not None:
        parts.append(f"last_s={times.last_s:g}")
    if times.after is not None or times.before is not None:
        after = "" if times.after is None else format_time(times.after)
        parts.append(f"{after}-{'' if times.before is None else format_time(times.before)}")
    if times.on == "recording":
        parts.append("recording")
    return parts
