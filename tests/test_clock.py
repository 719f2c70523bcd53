from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from matchcut.clock import (
    MatchClock,
    MatchTime,
    Period,
    format_game_time,
    format_smpte,
    format_time,
    format_window,
    frame_to_seconds,
    parse_game_time,
    parse_time,
    seconds_to_frame,
)
from matchcut.errors import ValidationError

RATES = [
    Fraction(24000, 1001),
    Fraction(24),
    Fraction(25),
    Fraction(30000, 1001),
    Fraction(30),
    Fraction(50),
    Fraction(60000, 1001),
    Fraction(60),
]


@given(st.sampled_from(RATES), st.integers(0, 3 * 3600 * 60))
def test_every_frame_of_three_hours_comes_back(rate: Fraction, frame: int) -> None:
    assert seconds_to_frame(frame_to_seconds(frame, rate), rate) == frame


@given(st.integers(0, 20_000))
def test_clock_faces_come_back(seconds: int) -> None:
    assert parse_time(format_time(seconds)) == seconds
    assert parse_game_time(format_game_time(2, seconds)) == (2, seconds)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("36:09", 2169),
        ("1:02:03.5", 3723.5),
        ("95.5", 95.5),
        ("120:00", 7200),
        (" 0:07 ", 7),
        ("1:02:03,5", 3723.5),
    ],
)
def test_times_are_read(text: str, seconds: float) -> None:
    assert parse_time(text) == seconds


@pytest.mark.parametrize(
    "text", ["", "abc", "1:60", "1:99:00", "-5", "1:2", "12:34:56:78", "nan", "inf", "٣:٠٠x"]
)
def test_other_texts_are_no_times(text: str) -> None:
    with pytest.raises(ValidationError, match="a time is written as"):
        parse_time(text)


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_no_clock_shows_infinity(value: float) -> None:
    with pytest.raises(ValidationError, match="finite"):
        format_time(value)


@pytest.mark.parametrize("text", ["", "1 43:20", "first - 10:00", "1 - 10"])
def test_other_texts_are_no_game_times(text: str) -> None:
    with pytest.raises(ValidationError, match="game time"):
        parse_game_time(text)


# SMPTE 12M: drop-frame skips ;00 and ;01 at each minute but each tenth, so an hour is an hour.
@pytest.mark.parametrize(
    ("seconds", "rate", "shown"),
    [
        (0, Fraction(25), "00:00:00:00"),
        (3599.96, Fraction(25), "00:59:59:24"),
        (1800 * 1001 / 30000, Fraction(30000, 1001), "00:01:00;02"),
        (1799 * 1001 / 30000, Fraction(30000, 1001), "00:00:59;29"),
        (17982 * 1001 / 30000, Fraction(30000, 1001), "00:10:00;00"),
        (107892 * 1001 / 30000, Fraction(30000, 1001), "01:00:00;00"),
        (3600 * 1001 / 60000, Fraction(60000, 1001), "00:01:00;04"),
        (10, Fraction(24000, 1001), "00:00:10:00"),
    ],
)
def test_smpte(seconds: float, rate: Fraction, shown: str) -> None:
    assert format_smpte(seconds, rate) == shown


WHOLE = MatchClock([Period(1, 100.0, 2900.0, 0.0), Period(2, 3800.0, 6700.0, 2700.0)])


def test_a_broadcast_has_halves_and_stoppage_time() -> None:
    assert WHOLE.at(50) is None
    assert WHOLE.at(3000) is None
    assert str(WHOLE.at(100)) == "00:00"
    assert str(WHOLE.at(2269)) == "36:09"
    assert str(WHOLE.at(2870)) == "45+1:10"
    assert str(WHOLE.at(3800)) == "45:00"
    assert str(WHOLE.at(6560)) == "90+1:00"
    assert WHOLE.to_recording(2769) == 3869.0, "46:09 is the second half's, as people mean it"
    assert WHOLE.to_recording(2769, period=1) == 2869.0
    assert WHOLE.to_recording(9000) is None


@given(st.sampled_from([1, 2]), st.floats(0, 1))
def test_match_time_comes_back(number: int, share: float) -> None:
    period = WHOLE.periods[number - 1]
    seconds = period.start + share * (period.end - period.start)
    shown = WHOLE.at(seconds)
    assert shown is not None
    assert WHOLE.to_recording(shown.seconds, shown.period) == pytest.approx(seconds, abs=1e-6)


@pytest.mark.parametrize(
    "periods",
    [
        [Period(1, 10.0, 5.0, 0.0)],
        [Period(1, 0.0, 10.0, 0.0), Period(2, 5.0, 20.0, 2700.0)],
        [Period(2, 0.0, 10.0, 0.0), Period(1, 20.0, 30.0, 0.0)],
        [Period(1, float("nan"), 10.0, 0.0)],
    ],
)
def test_impossible_periods_are_refused(periods: list[Period]) -> None:
    with pytest.raises(ValidationError):
        MatchClock(periods)


def test_a_clock_survives_json() -> None:
    assert MatchClock.from_json(WHOLE.to_json()) == WHOLE
    for broken in (None, {}, [1], [{"number": 1}], [{"number": "x", "start": 0, "end": 1, "clock_start": 0}]):
        with pytest.raises(ValueError):
            MatchClock.from_json(broken)


def test_windows_are_named_by_one_period() -> None:
    assert format_window(2169, 2184) == "(36:09, 36:24)"
    assert format_window(92, 108, WHOLE, moment=101) == "(00:00, 00:08)"
    assert format_window(2795, 2810, WHOLE, moment=2799) == "(44:55, 45+0:10)"
    assert format_window(3000, 3010, WHOLE) == "(50:00, 50:10)", "outside play: recording time"
    assert str(MatchTime(9, 100)) == "01:40"


def test_float_noise_shows_on_no_clock() -> None:
    assert format_time(2769.9999999) == "46:10"
    assert str(MatchTime(1, 2769.9999999)) == "45+1:10"


def test_a_piece_of_a_half() -> None:
    clock = MatchClock.starting_at(2040, 180)
    assert clock.periods[0].number == 1
    assert str(clock.at(129)) == "36:09"
    assert MatchClock.starting_at(4000, 10).periods[0].number == 2


def test_a_clock_may_run_a_hair_fast_or_slow() -> None:
    clock = MatchClock([Period(1, 100.0, 2900.0, 0.0, rate=0.9975)])
    assert MatchClock.from_json(clock.to_json()) == clock
    shown = clock.at(1100.0)
    assert shown is not None
    assert shown.seconds == pytest.approx(997.5)
    assert clock.to_recording(997.5) == pytest.approx(1100.0)
    assert format_window(1100, 1115, clock) == "(16:37, 16:52)"
    with pytest.raises(ValidationError, match="rate"):
        MatchClock([Period(1, 0.0, 10.0, 0.0, rate=-1.0)])
