"""What stands on boards, as text."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from matchcut.observe.board_text import (
    added_seconds,
    clock_seconds,
    minute_seconds,
    number,
    number_beside,
    period_number,
    score_pair,
    tokens,
)
from matchcut.observe.boxes import Box
from matchcut.observe.ocr import Line, Text


def line(text: str) -> Line:
    places = tuple((i + 0.5) / len(text) for i in range(len(text)))
    return Line(Box(0, 0, 10.0 * len(text), 12), Text(text, 0.99, places))


def kinds(text: str) -> list[tuple[str, str]]:
    return [(t.kind, t.text) for t in tokens(line(text))]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("BRA 0-0 GER02:37", [("word", "BRA"), ("score", "0-0"), ("word", "GER"), ("clock", "02:37")]),
        ("BRA O-O GER", [("word", "BRA"), ("score", "O-O"), ("word", "GER")]),
        ("1st 12:34", [("period", "1st"), ("clock", "12:34")]),
        ("45:00 +2", [("clock", "45:00"), ("added", "+2")]),
        ("MAN UTD 2 : 1 CHE", [("word", "MAN UTD"), ("score", "2 : 1"), ("word", "CHE")]),
        ("67'", [("minutes", "67'")]),
        ("ITA 3", [("word", "ITA"), ("number", "3")]),
    ],
)
def test_tokens(text: str, expected: list[tuple[str, str]]) -> None:
    assert kinds(text) == expected


def test_a_token_knows_its_place() -> None:
    clock = list(tokens(line("BRA 0-0 GER 02:37")))[-1]
    assert clock.box.left == pytest.approx(120, abs=8)
    assert clock.box.right == pytest.approx(170, abs=8)


def test_a_score_is_no_clock_and_a_clock_no_score() -> None:
    assert score_pair("12:30") is None
    assert clock_seconds("1:0") is None
    assert score_pair("1:0") == (1, 0)


@given(st.integers(0, 129), st.integers(0, 59))
@settings(max_examples=60, deadline=None)
def test_clocks_survive_look_alikes(minutes: int, seconds: int) -> None:
    text = f"{minutes:02d}:{seconds:02d}"
    disguised = text.replace("0", "O").replace("1", "I").replace("8", "B").replace("5", "S")
    assert clock_seconds(text) == clock_seconds(disguised) == minutes * 60 + seconds


def test_seconds_past_59_are_no_clock() -> None:
    assert clock_seconds("12:60") is None


def test_the_rest() -> None:
    assert minute_seconds("12'") == 660
    assert minute_seconds("0'") is None
    assert added_seconds("+3'") == 180
    assert added_seconds("3") is None
    assert number("O") == 0
    assert number("100") is None
    assert (period_number("2nd"), period_number("ET1"), period_number("FRA")) == (2, 3, None)


def test_a_number_beside_a_word() -> None:
    right = number_beside(line("BRA1"), 1)
    left = number_beside(line("2 GER"), -1)
    assert right is not None
    assert right.text == "1"
    assert left is not None
    assert left.text == "2"
    assert number_beside(line("BRO"), 1) is None
