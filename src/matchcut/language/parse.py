"""Answers read strictly: one JSON object of the agreed shape, or it is unreadable and asked for again.

What is readable may still be wrong. An action that was not offered, a time outside the chunk, the same moment
told twice: each is dropped and counted as a hallucination of its kind. Nothing of an answer is carried on but
labels of the sport, times inside the chunk and a confidence: no text of a model ever reaches an event.
"""

from __future__ import annotations

import json
import math
import re
from collections import Counter
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Any

from matchcut.errors import MatchcutError
from matchcut.files import parse_json

SLACK_S = 0.5
"""So far outside the chunk a time may lie and is moved to its edge: rounding, not invention."""
SAME_S = 2.0
"""Two moments of one action no farther apart are the same moment, told twice."""
MOST_EVENTS = 60
"""An answer that names more events in a chunk runs on without end; the rest are hallucinations."""

OUTSIDE, UNKNOWN, DOUBLED, ENDLESS = "outside the chunk", "unknown action", "told twice", "too many"
KINDS = (OUTSIDE, UNKNOWN, DOUBLED, ENDLESS)
"""The kinds of hallucinations that are counted."""

_FENCE = re.compile(r"```(?:json)?\s*\n(.*)\n\s*```", re.DOTALL)
_THINKING = re.compile(r"\s*<think>.*?</think>", re.DOTALL)


class Unreadable(Exception):
    """An answer that is not of the agreed shape; the message says why, for the model to mend it."""


@dataclass(frozen=True, slots=True)
class Found:
    """One event of an answer.

    Attributes:
        label: one of the labels offered.
        time: the moment, seconds from the chunk's start.
        start, end: the window as answered, inside the chunk.
        confidence: the model's own, in [0, 1]; None where it gave none.
    """

    label: str
    time: float
    start: float
    end: float
    confidence: float | None


@dataclass(frozen=True)
class Reading:
    """What an answer says.

    Attributes:
        events: in time order.
        dropped: hallucinations by kind.
    """

    events: tuple[Found, ...]
    dropped: Counter[str]


def read_events(
    text: str, labels: Collection[str], length_s: float, window_s: float = 15.0, confidence: bool = True
) -> Reading:
    """Reads an answer about a chunk.

    Args:
        text: all that the model said. A ``<think>`` block before it and one code fence round it are taken off;
            anything else beside the object makes it unreadable.
        labels: the actions that were offered.
        length_s: the chunk's seconds.
        window_s: how long windows were asked to be; tells where in a window cut at an edge the moment is.
        confidence: whether each event must say how sure it is.

    >>> read_events('{"events": [{"label": "Goal", "start": 20, "end": 35}]}', ["Goal"], 60, confidence=False)
    ... # doctest: +ELLIPSIS
    Reading(events=(Found(label='Goal', time=27.5, start=20.0, end=35.0, confidence=None),), dropped=Counter())

    Raises:
        Unreadable: it has another shape.
    """
    value = read_object(text)
    if set(value) != {"events"} or not isinstance(value["events"], list):
        raise Unreadable('the object must have the one key "events", a list')
    keys = {"label", "start", "end"} | ({"confidence"} if confidence else set())
    dropped: Counter[str] = Counter()
    kept: list[Found] = []
    for number, item in enumerate(value["events"], 1):
        one = _checked(item, keys, number)
        if number > MOST_EVENTS:
            dropped[ENDLESS] += 1
        elif one["label"] not in labels:
            dropped[UNKNOWN] += 1
        elif not -SLACK_S <= one["start"] <= one["end"] <= length_s + SLACK_S:
            dropped[OUTSIDE] += 1
        else:
            kept.append(_found(one, length_s, window_s))
    return Reading(tuple(_once(kept, dropped)), dropped)


def read_object(text: str) -> dict[str, Any]:
    """The one JSON object that a text is; see `read_events` for what may stand round it.

    Raises:
        Unreadable: it is not one object, or not JSON: keys twice, NaN, text before or after.
    """
    bare = _THINKING.sub("", text, count=1).strip() if "<think>" in text[:200] else text.strip()
    fenced = _FENCE.fullmatch(bare)
    if not bare:
        raise Unreadable("it is empty")
    try:
        value = parse_json(fenced[1] if fenced else bare, "the answer")
    except MatchcutError as error:
        raise Unreadable(error.problem) from error
    if not isinstance(value, dict):
        raise Unreadable(f"it is {type(value).__name__}, not one JSON object")
    return value


def _checked(item: Any, keys: set[str], number: int) -> dict[str, Any]:
    """An event's values, each of its kind.

    Raises:
        Unreadable: a key is missing or new, or a value is of another kind.
    """
    if not isinstance(item, dict) or set(item) != keys:
        raise Unreadable(f"event {number} must be an object with exactly {', '.join(sorted(keys))}")
    if not isinstance(item["label"], str):
        raise Unreadable(f"event {number}: label must be text")
    value: dict[str, Any] = {"label": item["label"]}
    for key in sorted(keys - {"label"}):
        number_given = item[key]
        if isinstance(number_given, bool) or not isinstance(number_given, int | float):
            raise Unreadable(f"event {number}: {key} must be a number, not {json.dumps(number_given)[:40]}")
        try:
            value[key] = float(number_given)
        except OverflowError as error:
            raise Unreadable(f"event {number}: {key} is too large") from error
        if not math.isfinite(value[key]):
            raise Unreadable(f"event {number}: {key} is too large")
    if not 0 <= value.get("confidence", 0.5) <= 1:
        raise Unreadable(f"event {number}: confidence must be from 0 to 1")
    return value


def _found(one: dict[str, Any], length_s: float, window_s: float) -> Found:
    start, end = max(one["start"], 0.0), min(one["end"], length_s)
    start, end = min(start, length_s), max(end, 0.0)
    return Found(one["label"], moment_in(start, end, length_s, window_s), start, end, one.get("confidence"))


def moment_in(start: float, end: float, length_s: float, window_s: float) -> float:
    """The moment of a window: its middle, unless the chunk's edge cut it off.

    >>> moment_in(20, 35, 60, 15), moment_in(0, 9.5, 60, 15), moment_in(50, 60, 60, 15)
    (27.5, 2.0, 57.5)
    """
    middle = (start + end) / 2
    if end - start >= window_s:
        return middle
    if start <= 0 < end < length_s:
        return max(end - window_s / 2, 0.0)
    if end >= length_s > start > 0:
        return min(start + window_s / 2, length_s)
    return middle


def _once(found: list[Found], dropped: Counter[str]) -> Iterator[Found]:
    """In time order, each moment of an action once: the surest, of equals the earliest."""
    taken: list[Found] = []
    for one in sorted(found, key=lambda one: (-(one.confidence or 0.0), one.time, one.label)):
        if any(one.label == other.label and abs(one.time - other.time) <= SAME_S for other in taken):
            dropped[DOUBLED] += 1
        else:
            taken.append(one)
    yield from sorted(taken, key=lambda one: (one.time, one.label))
