"""What is to be analysed: the match clock that settings describe, and the files beside a video."""

from __future__ import annotations

import pytest

from matchcut.clock import Period
from matchcut.errors import SettingsError
from matchcut.intake import LONGEST_FIRST_HALF_S, SpotSettings


@pytest.mark.parametrize(
    ("settings", "periods"),
    [
        (SpotSettings(), None),
        (SpotSettings(half=2), [Period(2, 0, 7000, 2700)]),
        (SpotSettings(clock_at_start_s=600), [Period(1, 0, 7000, 600)]),
        (SpotSettings(kick_off_s=100), [Period(1, 100, 100 + LONGEST_FIRST_HALF_S, 0)]),
        (
            SpotSettings(kick_off_s=100, second_half_s=3700),
            [Period(1, 100, 3700, 0), Period(2, 3700, 7000, 2700)],
        ),
        (
            SpotSettings(kick_off_s=-3000, second_half_s=0),
            [Period(1, -3000, 0, 0), Period(2, 0, 7000, 2700)],
        ),
    ],
)
def test_settings_describe_the_match_clock(settings: SpotSettings, periods: list[Period] | None) -> None:
    clock = settings.clock(7000.0)
    assert (None if clock is None else list(clock.periods)) == periods


def test_the_match_clock_is_given_in_one_way() -> None:
    with pytest.raises(SettingsError, match="more than one way"):
        SpotSettings(half=1, kick_off_s=0.0).clock(10.0)


@pytest.mark.parametrize(
    "wrong",
    [{"min_score": float("nan")}, {"min_score": 2.0}, {"offset_s": 1e8}, {"kick_off_s": float("inf")}],
)
def test_settings_out_of_range_are_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(SettingsError, match="Correct"):
        SpotSettings(**wrong)  # type: ignore[arg-type]
