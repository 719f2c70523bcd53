"""What settings do to an analysis, made or found."""

from __future__ import annotations

from pathlib import Path

import pytest

from matchcut.clock import MatchClock
from matchcut.errors import InputError, SettingsError
from matchcut.events import Event, EventLog
from matchcut.files import TEMPORARY
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


def test_a_killed_run_does_not_block_its_folder(tmp_path: Path) -> None:
    subtitles = tmp_path / "a.srt"
    subtitles.write_text("1\n00:00:01,000 --> 00:00:02,000\nCorner.\n")
    folder = tmp_path / "a.matchcut"
    folder.mkdir()
    (folder / f"{TEMPORARY}x.json").write_text("half")
    assert analyse(subtitles, folder=folder).folder == folder
    head = folder / "analysis.json"
    head.write_text(head.read_text().replace('"notes": []', '"notes": [7]'))
    with pytest.raises(InputError, match="not the head of an analysis"):
        open_analysis(folder)
