"""Answers are read strictly; what a model invents is dropped and counted, and no text of it gets through."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from matchcut.datasets.chunks import Chunk, cut_chunks
from matchcut.events import Event, EventLog
from matchcut.language.parse import (
    DOUBLED,
    ENDLESS,
    KINDS,
    OUTSIDE,
    UNKNOWN,
    Reading,
    Unreadable,
    moment_in,
    read_events,
)
from matchcut.language.prompts import PromptSettings, right_answer
from matchcut.language.schema import events_schema
from matchcut.recording import Recording
from matchcut.sport import soccer
from matchcut.transcript import Transcript

LABELS = ("Goal", "Corner")


def event(label: Any = "Goal", start: Any = 10, end: Any = 25, **more: Any) -> dict[str, Any]:
    return {"label": label, "start": start, "end": end, "confidence": 0.7} | more


def read(*events: Any, length: float = 60) -> Reading:
    return read_events(json.dumps({"events": list(events)}), LABELS, length)


def test_a_plain_answer() -> None:
    (one,) = read(event()).events
    assert (one.label, one.time, one.start, one.end, one.confidence) == ("Goal", 17.5, 10, 25, 0.7)


@pytest.mark.parametrize(
    "text",
    [
        '{"events": []}',
        '\n ```json\n{"events": []}\n```\n',
        '```\n{"events": []}\n```',
        '<think>Was it {"events": [1]}? No.</think>\n{"events": []}',
    ],
)
def test_what_may_stand_round_an_answer(text: str) -> None:
    assert read_events(text, LABELS, 60) == Reading((), read().dropped)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "empty"),
        ("   ", "empty"),
        ("no goals here", "not JSON"),
        ('{"events": [}', "not JSON"),
        ('{"events": [{"label": "Goal", "st', "not JSON"),
        ('Here you are: {"events": []}', "not JSON"),
        ('{"events": []} I hope this helps', "not JSON"),
        ("[]", "not one JSON object"),
        ("{}", '"events"'),
        ('{"events": {}}', "a list"),
        ('{"events": [], "note": "x"}', '"events"'),
        ('{"events": [], "events": [1]}', "twice"),
        ('{"events": [3]}', "event 1"),
        ('{"events": [{"label": "Goal", "start": 1, "end": 2}]}', "confidence"),
        (json.dumps({"events": [event(extra=1)]}), "exactly"),
        (json.dumps({"events": [event(start="0:10")]}), "start must be a number"),
        (json.dumps({"events": [event(start=True)]}), "start must be a number"),
        (json.dumps({"events": [event(end=None)]}), "end must be a number"),
        (json.dumps({"events": [event(label=None)]}), "label must be text"),
        (json.dumps({"events": [event(), event(confidence=7)]}), "event 2: confidence"),
        ('{"events": [{"label": "Goal", "start": NaN, "end": 2, "confidence": 1}]}', "NaN"),
        ('{"events": [{"label": "Goal", "start": 1e999, "end": 2, "confidence": 1}]}', "too large"),
        ('{"events": [{"label": "Goal", "start": 1' + "0" * 400 + ', "end": 2, "confidence": 1}]}', "too l"),
        ("<html><body>Sign in</body></html>", "not JSON"),
    ],
)
def test_any_other_shape_is_unreadable_and_says_why(text: str, why: str) -> None:
    with pytest.raises(Unreadable, match=why):
        read_events(text, LABELS, 60)


def test_hallucinations_are_dropped_and_counted() -> None:
    found = read(
        event(),
        event(start=11, end=26),  # the same goal again
        event("Slam dunk"),
        event("goal"),  # not spelled as offered
        event(start=-5, end=10),
        event(start=50, end=75),
        event(start=30, end=20),
        event("Corner", start=59.8, end=60.4),
    )
    assert found.dropped == {DOUBLED: 1, UNKNOWN: 2, OUTSIDE: 3}
    assert [(one.label, one.start, one.end) for one in found.events] == [("Goal", 10, 25), ("Corner", 59.8, 60)]


def test_of_one_moment_told_twice_the_surer_stays() -> None:
    (one,) = read(event(confidence=0.2), event(start=11, end=26, confidence=0.9)).events
    assert one.confidence == 0.9


def test_an_answer_without_end_is_cut() -> None:
    many = [event(start=i / 2, end=i / 2 + 1) for i in range(100)]
    assert read(*many).dropped[ENDLESS] == 40


def test_the_moment_of_a_window_that_an_edge_cut() -> None:
    assert moment_in(0, 60, 60, 15) == 30
    assert moment_in(0, 3, 60, 15) == 0
    assert moment_in(58, 60, 60, 15) == 60
    assert moment_in(0, 5, 5, 15) == 2.5


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.tuples(st.sampled_from(soccer.names), st.integers(0, 179)), max_size=12, unique=True),
    st.booleans(),
)
def test_the_right_answer_reads_back_as_the_truth(moments: list[tuple[str, int]], sure: bool) -> None:
    apart = [one for one in moments if not any(one[0] == b[0] and 0 < abs(one[1] - b[1]) < 4 for b in moments)]
    log = EventLog([Event.around(name, at, soccer) for name, at in apart], Recording("r"), "a person")
    how = PromptSettings(confidence=sure)
    for chunk in cut_chunks("r", Transcript(()), log, 180):
        found = read_events(right_answer(chunk, how), soccer.names, chunk.length, 15.0, sure)
        assert not found.dropped
        truth = chunk.truth or ()
        assert [one.label for one in sorted(found.events, key=lambda o: o.label)] == sorted(
            one.label for one in truth
        )
        pairs = zip(
            sorted((o.label, o.time) for o in found.events),
            sorted((o.label, o.time) for o in truth),
            strict=True,
        )
        assert all(abs(one[1] - other[1]) <= 1 for one, other in pairs)


@settings(max_examples=300, deadline=None)
@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8) | st.sampled_from(LABELS),
        lambda inner: (
            st.lists(inner, max_size=4)
            | st.dictionaries(st.sampled_from(["events", "label", "start", "end", "confidence", "x"]), inner)
        ),
        max_leaves=12,
    )
    | st.text(max_size=60)
)
def test_whatever_comes_back_is_readable_or_unreadable_and_never_out_of_range(value: Any) -> None:
    text = value if isinstance(value, str) else json.dumps(value)
    try:
        found = read_events(text, LABELS, 60)
    except Unreadable:
        return
    assert set(found.dropped) <= set(KINDS)
    for one in found.events:
        assert one.label in LABELS
        assert 0 <= one.start <= one.end <= 60
        assert 0 <= one.time <= 60
        assert one.confidence is not None
        assert 0 <= one.confidence <= 1


def test_the_schema_offers_exactly_the_labels_asked_for() -> None:
    item = events_schema(LABELS)["properties"]["events"]["items"]
    assert item["properties"]["label"]["enum"] == list(LABELS)
    assert item["required"] == ["label", "start", "end", "confidence"]
    assert item["additionalProperties"] is False
    assert Chunk("r", 0, 60, ()).actions == ()
