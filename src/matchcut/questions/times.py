"""The time phrases of a question: "in the first half", "after the 70th minute", "between 20:00 and 30:00".

A table of patterns over the question's tokens, joined by blanks; the first that fits a place is taken. Where
words leave room, they are read as follows, and `TimeRange.describe` shows it:

- the 36th minute is 35:00 to 36:00, as match reports count; after or before the 70th minute is 70:00
- around, or at, a time is a minute to each side
- early and late, opening and closing stages are ten minutes; just before or after half-time, and the start or
  the end of something, are five
- minutes of the second half that come before 45:00 count from its kick-off: its 10th minute is the 55th
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Literal

from matchcut.clock import parse_time
from matchcut.errors import QuestionError
from matchcut.questions.timerange import TimeRange
from matchcut.questions.words import pattern_words

AROUND_S = 60.0
"""How far to each side "around" reaches."""
STAGE_S = 600.0
"""How long "early", "late" and the opening or closing stages are."""
EDGE_S = 300.0
"""How long the start or the end of a half is, and what "just before half-time" means."""

_N = r"\d{1,3}"
_MIN = r"(?:minutes?|mins?|m)"
_IN = r"(?:(?:in|during|of|from|within|at|on|for|throughout|over|inside|across) )?(?:only )?(?:the )?"
_MATCH = r"(?:match|game|recording|video|broadcast|play|proceedings)"
_BREAK = r"(?:the )?(?:half time(?: break| whistle)?|halftime|break|interval|ht)"
_START = rf"(?:the )?(?:kick ?off|(?:very )?(?:start|beginning)(?: of (?:the )?{_MATCH})?)"
_END = rf"(?:the )?(?:(?:very )?end(?: of (?:the )?{_MATCH})?|full ?time|ft|final whistle|finish)"
_EXTRA = r"(?:extra time|overtime|et)"
_HALF = r"(?:half|period)"
_PERIOD = (
    rf"(?:the )?(?:(?:1st|2nd) {_HALF} of (?:the )?{_EXTRA}|{_EXTRA}"
    rf"|1st (?:and|or) 2nd (?:half|halves|periods)|(?:1st|2nd|opening|last|final) {_HALF}|half (?:1|2)|h1|h2"
    r"|normal time|regular time|regulation(?: time)?)(?! (?:hour|chances?))"
)
_STOPPAGE = r"(?:(?:stoppage|added|injury|additional) time|time added on)"
_ADDED = rf"\d+\+\d+(?: {_MIN})?"
_FACE = r"\d{1,3}:\d{2}(?::\d{2})?(?:\.\d+)?"
_MINUTE = rf"(?:the )?(?:{_MIN} (?:number )?{_N}|{_N}(?:st|nd|rd|th) {_MIN})(?: marks?)?"
_INTO = rf"(?:the )?{_N} {_MIN} (?:into|in to) {_PERIOD}"
_POINT = rf"(?:{_INTO}|{_ADDED}|{_FACE}|{_MINUTE})"
# A bare number is a minute only where the sentence ends or goes on with something that is not counted.
_GOES_ON = r"(?= (?:and|to|or|until|till|on|onwards?|in|of|but|please|with|by|only)\b|$| ,)"
_BARE = rf"(?:the )?{_N}(?:st|nd|rd|th)?{_GOES_ON}"
_MOMENT = rf"(?:{_POINT}|(?:the )?{_N} (?:{_MIN}|seconds?|secs?)(?: marks?)?|{_BREAK}|{_START}|{_END}|{_BARE})"
_AFTER = r"(?:after|since|past|post|beyond|following|later than|starting (?:at|from)|from)"
_BEFORE = r"(?:before|until|till|up (?:to|until|till)|prior to|pre|earlier than|by|ahead of)"
_NEAR = r"(?:around|about|near|close to|circa|approximately|roughly|round)"
_JUST = r"(?:just|right|shortly|immediately|straight|directly)"
_ON_RECORDING = re.compile(
    r" (?:of|in|on|into|by) (?:the|this) (?:recording|video|file|tape|footage|clip|film)\b"
)
_LEAD = r"(?:1st|opening|initial)"
_TAIL = r"(?:last|final|closing|dying)"
_UNIT = r"(?:minutes?|mins?|seconds?|secs?|hours?)"
_OF = rf"(?: (?:of|in) ({_PERIOD}))?(?: (?:of|in) (?:the )?(?:match|game|play)\b)?"


_Kind = Literal["time", "minute", "break", "start", "end"]
_EDGES: dict[_Kind, str] = {"break": _BREAK, "start": _START, "end": _END}


@dataclass(frozen=True)
class _Moment:
    """A point that a phrase names: a time, or an edge of the match."""

    kind: _Kind
    seconds: float = 0.0
    periods: tuple[int, ...] = ()


def find_time(text: str, at: int) -> tuple[int, TimeRange] | None:
    """The time phrase that starts here.

    Args:
        text: the question's tokens, joined by blanks.
        at: where a token starts.

    Returns:
        Where the phrase ends and what it means; None if no time phrase starts here.

    Raises:
        QuestionError: it is a time that makes no sense, such as after the end.

    >>> text = "goals after the 70th minute"
    >>> find_time(text, 6)[1].describe()
    'after 70:00'
    """
    for pattern, build in _RULES:
        match = pattern.match(text, at)
        if match is not None:
            meant = build(match)
            trailing = _ON_RECORDING.match(text, match.end())
            if trailing is not None and not meant.needs_clock:
                return trailing.end(), replace(meant, on="recording")
            return match.end(), meant
    return None


def _moment(phrase: str) -> _Moment:
    """What a phrase that fits `_MOMENT` names."""
    words = phrase.removeprefix("the ")
    for kind, pattern in _EDGES.items():
        if re.fullmatch(pattern, words):
            return _Moment(kind)
    if re.fullmatch(_FACE, words):
        return _Moment("time", parse_time(words))
    if "+" in words:
        base, extra = (int(part) for part in words.split()[0].split("+"))
        period = {45: (1,), 90: (2,), 105: (3,), 120: (4,)}[base]
        return _Moment("minute", 60.0 * (base + extra), period)
    found = re.search(r"\d+", words)
    number = int(found.group()) if found else 0
    into = re.search(rf"(?:into|in to) ({_PERIOD})", words)
    if into:
        return _Moment("time", 60.0 * number, _periods(into.group(1)))
    if re.search(r"\bsec", words):
        return _Moment("time", float(number))
    return _Moment("minute" if re.fullmatch(_MINUTE, words) else "time", 60.0 * number)


def _periods(phrase: str) -> tuple[int, ...]:
    """The periods that a phrase that fits `_PERIOD` names."""
    words = phrase.removeprefix("the ")
    second = re.match(r"2nd|last|final|half 2|h2", words) is not None
    if re.search(_EXTRA, words):
        if re.match(r"1st|2nd", words):
            return (4,) if second else (3,)
        return (3, 4)
    if re.match(r"normal|regul|1st (?:and|or)", words):
        return (1, 2)
    return (2,) if second else (1,)


def _between(first: _Moment | None, last: _Moment | None) -> TimeRange:
    """From one moment to another; either may be missing."""
    if first is not None and first.kind == "end":
        raise QuestionError("nothing comes after the end of the match", "Name a time before it")
    if last is not None and last.kind == "start":
        raise QuestionError("nothing comes before the start of the match", "Name a time after it")
    after = first.seconds if first and first.kind in ("time", "minute") else None
    before = last.seconds if last and last.kind in ("time", "minute") else None
    if after is not None and before is not None and after > before:
        after, before = before, after
    periods: tuple[int, ...] = ()
    if first is not None:
        periods = (2, 3, 4) if first.kind == "break" else first.periods
    if last is not None and not periods:
        periods = (1,) if last.kind == "break" else last.periods
    return TimeRange(after=after, before=before, periods=periods)


def _in(moment: _Moment) -> TimeRange:
    """During a moment: its minute, or a minute to each side of a time."""
    if moment.kind == "minute":
        return TimeRange(after=max(moment.seconds - 60.0, 0.0), before=moment.seconds, periods=moment.periods)
    return _around(moment)


def _around(moment: _Moment) -> TimeRange:
    if moment.kind not in ("time", "minute"):
        edge: dict[str, TimeRange] = {
            "start": TimeRange(first_s=EDGE_S),
            "end": TimeRange(last_s=EDGE_S),
        }
        if moment.kind not in edge:
            raise QuestionError(
                "around half-time is not one stretch of play", 'Say "just before half-time" or "just after"'
            )
        return edge[moment.kind]
    return TimeRange(
        after=max(moment.seconds - AROUND_S, 0.0),
        before=moment.seconds + AROUND_S,
        periods=moment.periods,
    )


def _stretch(match: re.Match[str]) -> TimeRange:
    """The first or last so many minutes, of a period or of everything."""
    which, number, unit, period = match.groups()
    return _edge(re.fullmatch(_LEAD, which) is not None, _length_s(number, unit), period)


def _length_s(number: str | None, unit: str) -> float:
    """How long "ten minutes" is, or "minute", or "minutes" with nobody saying how many."""
    scale = {"s": 1.0, "m": 60.0, "h": 3600.0}[unit[:1] or "m"]
    if number is not None:
        return int(number) * scale
    if unit.endswith("s"):
        return STAGE_S if scale >= 60 else AROUND_S
    return scale


def _edge(at_start: bool, length_s: float, period: str | None) -> TimeRange:
    periods = _periods(period) if period else ()
    if at_start:
        return TimeRange(first_s=length_s, periods=periods)
    return TimeRange(last_s=length_s, periods=periods)


def _by_break(before: bool, length_s: float) -> TimeRange:
    if before:
        return TimeRange(periods=(1,), last_s=length_s)
    return TimeRange(periods=(2,), first_s=length_s)


def _stoppage(match: re.Match[str]) -> TimeRange:
    period = match.group(1) or match.group(2)
    return TimeRange(stoppage=True, periods=_periods(period) if period else ())


_Rule = tuple[str, Callable[[re.Match[str]], TimeRange]]
_TABLE: tuple[_Rule, ...] = (
    (rf"(?:{_IN}){_JUST} (?:before|prior to) {_BREAK}", lambda m: _by_break(True, EDGE_S)),
    (r"on the stroke of half ?time", lambda m: _by_break(True, EDGE_S)),
    (rf"{_JUST} after (?:{_BREAK}|the restart)", lambda m: _by_break(False, EDGE_S)),
    (
        rf"{_IN}(?:last |1st )?(?:({_N}) )?({_MIN}) (before|after|leading up to|following) {_BREAK}",
        lambda m: _by_break(m[3] in ("before", "leading up to"), _length_s(m[1], m[2])),
    ),
    (rf"{_IN}(?:({_PERIOD}) )?{_STOPPAGE}(?: (?:of|in|at the end of) ({_PERIOD}))?", _stoppage),
    (
        rf"(?:(?:at|towards?|near|around|in|by|right at) )?(?:the )?(?:very )?"
        rf"(start|beginning|end|close) of ({_PERIOD})",
        lambda m: _edge(m[1] in ("start", "beginning"), EDGE_S, m[2]),
    ),
    (
        rf"(?:(?:at|towards?|near|around|in|right at) )(?:the )?(?:very )?"
        rf"(start|beginning|end|close)(?: of (?:the )?{_MATCH})?",
        lambda m: _edge(m[1] in ("start", "beginning"), EDGE_S, None),
    ),
    (
        rf"{_IN}(opening|early|closing|final|late|later|latter|dying) (?:stages?|phases?|moments){_OF}",
        lambda m: _edge(m[1] in ("opening", "early"), STAGE_S, m[2]),
    ),
    (rf"{_IN}({_LEAD}|{_TAIL}) (?:({_N}) )?({_UNIT}){_OF}", _stretch),
    # "in the last five" leaves the minutes out; "the last five corners" is not a time.
    (rf"(?:in|during|within|inside|over) the ({_LEAD}|{_TAIL}) ({_N})()(){_GOES_ON}", _stretch),
    (
        rf"(?:between|from|in between|anywhere between) ({_MOMENT}) (?:and|to|until|till|through|up to) "
        rf"({_MOMENT})(?: {_MIN})?(?: marks?)?",
        lambda m: _between(_moment(m[1]), _moment(m[2])),
    ),
    (
        rf"{_IN}(?:{_MIN} )?({_POINT}|{_N}(?:st|nd|rd|th)?(?: {_MIN})?) (?:to|until|till|through) "
        rf"(?:the )?({_POINT}|{_N}(?:st|nd|rd|th)?(?= {_MIN}))(?: {_MIN})?",
        lambda m: _between(_moment(m[1]), _moment(m[2])),
    ),
    (
        rf"{_IN}({_N}) to ({_N}){_GOES_ON}",
        lambda m: _between(_moment(m[1]), _moment(m[2])),
    ),
    (
        rf"{_IN}minutes ({_N}) (?:to|until|till|through|and) ({_N})",
        lambda m: _between(_moment(m[1]), _moment(m[2])),
    ),
    (
        rf"(?:at |right )?{_NEAR} (?:about )?({_MOMENT})",
        lambda m: _around(_moment(m[1])),
    ),
    (
        rf"{_AFTER} ({_MOMENT})(?: (?:onwards?|on|and later|forward))?",
        lambda m: _between(_moment(m[1]), None),
    ),
    (rf"{_AFTER} (?:the )?restart", lambda m: TimeRange(periods=(2, 3, 4))),
    (
        rf"({_POINT}|{_N} {_MIN}) (?:onwards?|and (?:after|later|beyond|on)|or later)",
        lambda m: _between(_moment(m[1]), None),
    ),
    (rf"{_BEFORE} ({_MOMENT})", lambda m: _between(None, _moment(m[1]))),
    (rf"{_IN}(?:at )?({_POINT})", lambda m: _in(_moment(m[1]))),
    (rf"(?:at|on) (?:the )?({_N} {_MIN})(?: marks?)?", lambda m: _around(_moment(m[1]))),
    (rf"{_IN}({_PERIOD})(?: only)?", lambda m: TimeRange(periods=_periods(m[1]))),
    (rf"{_IN}(?:both halves|each half|either half|the whole {_MATCH})", lambda m: TimeRange()),
    (rf"(early|late)(?: on)?{_OF}", lambda m: _edge(m[1] == "early", STAGE_S, m[2])),
    (r"opening exchanges", lambda m: TimeRange(first_s=STAGE_S)),
)
_RULES = tuple((re.compile(rf"(?:{pattern})(?= |$)"), build) for pattern, build in _TABLE)

TIME_WORDS = pattern_words(pattern for pattern, _ in _TABLE)
"""The words that the patterns are made of, for mending typing errors."""
