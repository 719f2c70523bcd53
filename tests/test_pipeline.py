"""What settings do to an analysis, made or found."""

from __future__ import annotations

from pathlib import Path

import pytest

from matchcut.clock import MatchClock
from matchcut.errors import SettingsError
from matchcut.events import Event, EventLog
from matchcut.intake import SpotSettings
from matchcut.pipeline import analyse, open_analysis
from matchcut.recording import Recording


@pytest.fixture
def events(tmp_path: Path) -> Path:
    log = EventLog(
        [Event("Goal", 10, 5, 20, 0.9), Event("Corner", 3000, 2995, 3010, 0.2)], Recording("x"), "me"
    )
    return log.save(tmp_path / "events.json")


def test_what_was_found_already_takes_clock_and_score(events: Path) -> None:
    assert len(open_analysis(events).log) == 2
    shown = open_analysis(events, SpotSettings(half=2, min_score=0.5)).log
    assert [event.label for event in shown] == ["Goal"]
    assert shown.recording.clock == MatchClock.of_half(2, 3010)


@pytest.mark.parametrize("late", [SpotSettings(repair=True), SpotSettings(offset_s=5.0)])
def test_settings_that_come_too_late_are_refused(events: Path, late: SpotSettings) -> None:
    with pytest.raises(SettingsError, match="read already"):
        open_analysis(events, late)


def test_a_sport_that_no_spotter_knows_is_refused(tmp_path: Path) -> None:
    subtitles = tmp_path / "a.srt"
    subtitles.write_text("1\n00:00:01,000 --> 00:00:02,000\nA strike.\n")
    with pytest.raises(SettingsError, match="not trained on baseball"):
        analyse(subtitles, settings=SpotSettings(sport="baseball"))
