"""The match clock from readings, on readings that are made up."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from matchcut.clock import MatchClock, Period
from matchcut.observe.boxes import Box
from matchcut.observe.layout import Layout
from matchcut.observe.match_clock import clock_from, fit_clock
from matchcut.observe.readings import BoardTrack, Reading

LAYOUT = Layout(Box(0, 0, 50, 12), 1.0, 1, (), ("A", "B"), Box(0, 0, 90, 20))


def track(readings: list[Reading], duration: float, layout: Layout = LAYOUT) -> BoardTrack:
    return BoardTrack(tuple(readings), (layout,), ("A", "B"), duration=duration)


def running(start: float, stop: float, zero: float, rate: float = 1.0, every: float = 3.75) -> list[Reading]:
    """What a clock that was at 0 at second ``zero`` shows between two recording seconds."""
    count = int((stop - start) / every)
    times = [start + i * every for i in range(count)]
    return [Reading(round(t, 3), float(int((t - zero) * rate))) for t in times]


def test_one_half() -> None:
    fit = fit_clock(track(running(150, 1200, 141.3), 1200))
    assert fit.clock is not None
    (period,) = fit.clock.periods
    assert period.number == 1
    assert period.start == pytest.approx(141.3, abs=0.3)
    assert period.end == 1200


@given(st.floats(-1500, 600), st.floats(0.996, 1.004), st.integers(0, 10_000))
@settings(max_examples=25, deadline=None)
def test_error_below_a_second_whatever_the_drift(zero: float, rate: float, seed: int) -> None:
    rng = random.Random(seed)
    readings = running(max(zero, 0) + 5, max(zero, 0) + 1100, zero, rate)
    for i in rng.sample(range(len(readings)), len(readings) // 6):  # misread digits
        readings[i] = replace(readings[i], clock_s=float(rng.randrange(6000)))
    clock = clock_from(track(readings, max(zero, 0) + 1100))
    assert clock is not None
    for t in (max(zero, 0) + 10, max(zero, 0) + 500, max(zero, 0) + 1090):
        at = clock.at(t)
        assert at is not None
        assert abs(at.seconds - (t - zero) * rate) < 1.0


def test_two_halves_with_stoppage_time() -> None:
    readings = running(100, 100 + 2700 + 170, 100.4) + running(3900, 3900 + 2820, 3900.2 - 2700)
    fit = fit_clock(track(readings, 7200))
    assert fit.clock is not None
    first, second = fit.clock.periods
    assert (first.number, second.number) == (1, 2)
    assert first.end == pytest.approx(2970, abs=6)
    assert second.start == pytest.approx(3900.2, abs=0.5)
    assert str(fit.clock.at(100.4 + 2700 + 65)) == "45+1:05"
    assert str(fit.clock.at(3900.2 + 70)) == "46:10"
    assert fit.clock.at(3300) is None


def test_a_clock_that_begins_again_in_the_second_half() -> None:
    readings = running(50, 50 + 2730, 50) + running(3700, 3700 + 2700, 3700)
    clock = clock_from(track(readings, 6500))
    assert clock is not None
    assert [p.number for p in clock.periods] == [1, 2]
    assert clock.to_recording(3000.0) == pytest.approx(4000, abs=1)


def test_replays_with_their_old_clock_do_not_count() -> None:
    readings = running(0, 900, 0)
    for i in range(100, 104):
        readings[i] = replace(readings[i], clock_s=readings[i].clock_s - 60)  # type: ignore[operator]
    fit = fit_clock(track(readings, 900))
    assert fit.clock is not None
    assert len(fit.clock.periods) == 1
    assert fit.agreeing > 0.95


def test_highlights_have_no_clock() -> None:
    readings: list[Reading] = []
    for piece in range(20):
        start = piece * 18.0
        readings += running(start, start + 17, start - piece * 250 - 30, every=2.0)
    fit = fit_clock(track(readings, 360))
    assert fit.clock is None
    assert "jumps" in fit.notes[0]


def test_few_readings_of_the_next_half_end_the_one_before() -> None:
    """Two are no half, but they are no stoppage time of the first half either."""
    readings = [*running(0, 60, -2650), Reading(100.0, 2701.0), Reading(112.0, 2713.0)]
    clock = clock_from(track(readings, 120))
    assert clock is not None
    (period,) = clock.periods
    assert period.end == pytest.approx(60, abs=6)
    assert clock.at(106) is None


def test_one_slip_does_not_end_a_half() -> None:
    readings = [*running(0, 90, 0), Reading(95.0, 75.0), Reading(104.0, 704.0)]
    clock = clock_from(track(readings, 120))
    assert clock is not None
    assert clock.periods[-1].end == 120


def test_what_is_said_of_a_clock_that_is_none() -> None:
    """Nothing of a clock where no board was seen, and the words fit the number."""
    assert fit_clock(BoardTrack()).notes == ()
    short = [*running(0, 33, -2664), Reading(70.9, 2701.0), Reading(82.9, 2713.0)]
    assert fit_clock(track(short, 90)).notes == (
        "the clock runs on for 26 of 83 s only: not one continuous match",
    )
    once = [*running(0, 40, 0, every=2.0), *running(60, 100, -900, every=2.0), *running(110, 200, 5000)]
    assert "jumps 0" not in " ".join(fit_clock(track(once, 200)).notes)


def test_a_clock_that_counts_down_is_said() -> None:
    fit = fit_clock(track(running(0, 300, 0), 300, replace(LAYOUT, direction=-1)))
    assert fit.clock is None
    assert "counts down" in fit.notes[0]


def test_nonsense_gives_no_clock() -> None:
    rng = random.Random(3)
    readings = [Reading(t * 4.0, float(rng.randrange(5400))) for t in range(200)]
    assert fit_clock(track(readings, 800)).clock is None
    assert fit_clock(BoardTrack()).clock is None


def test_a_clock_standing_still_is_no_clock() -> None:
    assert fit_clock(track([Reading(t * 4.0, 2700.0) for t in range(60)], 240)).clock is None


def test_a_corrected_clock_stays_one_period() -> None:
    readings = running(0, 600, 0) + running(600, 1200, 5)
    fit = fit_clock(track(readings, 1200))
    assert fit.clock is not None
    assert {p.number for p in fit.clock.periods} == {1}
    at = fit.clock.at(1000)
    assert at is not None
    assert at.seconds == pytest.approx(995, abs=1)


def test_rates_survive_json() -> None:
    clock = MatchClock([Period(1, 141.3, 1200.0, 0.0, 0.9975)])
    assert MatchClock.from_json(clock.to_json()) == clock
    assert clock.to_recording(600.0) == pytest.approx(141.3 + 600 / 0.9975)
