"""What settings do to an analysis, made or found."""

from __future__ import annotations

from pathlib import Path

import pytest

from matchcut.clock import MatchClock
from matchcut.errors import InputError, NewerError, SettingsError
from matchcut.events import Event, EventLog
from matchcut.files import TEMPORARY
from matchcut.intake import SpotSettings
from matchcut.pipeline import analyse, default_folder, open_analysis
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


@pytest.mark.parametrize(
    "late", [SpotSettings(repair=True), SpotSettings(offset_s=5.0), SpotSettings(subtitles="1")]
)
def test_settings_that_come_too_late_are_refused(events: Path, late: SpotSettings) -> None:
    with pytest.raises(SettingsError, match="read already"):
        open_analysis(events, late)


def test_asking_changes_nothing_that_is_kept(tmp_path: Path) -> None:
    subtitles = tmp_path / "a.srt"
    subtitles.write_text("1\n00:01:00,000 --> 00:01:04,000\nAnd it's a corner kick.\n")
    kept = analyse(subtitles, settings=SpotSettings(min_score=0.01), folder=tmp_path / "a.matchcut")
    before = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    assert len(kept.log) > len(open_analysis(subtitles, SpotSettings(min_score=0.9)).log)
    assert open_analysis(subtitles, SpotSettings(half=2)).log.recording.clock is not None
    moved = open_analysis(subtitles, SpotSettings(offset_s=30.0, min_score=0.01))
    assert moved.transcript is not None
    assert moved.transcript[0].start == 90
    assert {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()} == before
    assert open_analysis(subtitles).log.events == kept.log.events


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


@pytest.mark.parametrize("part", ["events.json", "transcript.json", "tracks/commentary.npz", "report.html"])
@pytest.mark.parametrize("damage", ["cut off", "gone"])
def test_a_damaged_part_is_named_and_made_anew(tmp_path: Path, part: str, damage: str) -> None:
    subtitles = tmp_path / "a.srt"
    subtitles.write_text("1\n00:00:01,000 --> 00:00:02,000\nCorner.\n")
    folder = tmp_path / "a.matchcut"
    whole = analyse(subtitles, folder=folder).log.events
    path = folder / part
    if damage == "gone":
        path.unlink()
    else:
        path.write_bytes(path.read_bytes()[:30])
    if part != "report.html":
        with pytest.raises(InputError, match="Run matchcut spot again"):
            open_analysis(folder)
    assert analyse(subtitles, folder=folder).log.events == whole
    assert open_analysis(folder).log.events == whole


def test_what_a_newer_release_wrote_is_not_overwritten(tmp_path: Path) -> None:
    subtitles = tmp_path / "a.srt"
    subtitles.write_text("1\n00:00:01,000 --> 00:00:02,000\nCorner.\n")
    folder = tmp_path / "a.matchcut"
    analyse(subtitles, folder=folder)
    events = folder / "events.json"
    events.write_text(events.read_text().replace('"version": 1', '"version": 2'))
    with pytest.raises(NewerError, match="Update matchcut"):
        analyse(subtitles, folder=folder)


def test_a_source_that_changed_is_told(tmp_path: Path) -> None:
    subtitles = tmp_path / "a.srt"
    subtitles.write_text("1\n00:00:01,000 --> 00:00:02,000\nCorner.\n")
    folder = tmp_path / "a.matchcut"
    analyse(subtitles, folder=folder)
    assert open_analysis(folder).news == ()
    subtitles.write_text("1\n00:00:01,000 --> 00:00:02,000\nGoal.\n")
    assert "a.srt has changed" in open_analysis(folder).news[0]
    subtitles.unlink()
    assert open_analysis(folder).news == ()


def test_a_question_is_answered_where_nothing_can_be_kept(tmp_path: Path) -> None:
    subtitles = tmp_path / "a.srt"
    subtitles.write_text("1\n00:00:01,000 --> 00:00:02,000\nCorner.\n")
    mine = tmp_path / "a.matchcut"
    mine.write_text("a file of mine")
    made = open_analysis(subtitles)
    assert made.folder is None
    assert "could not be kept" in made.news[-1]
    assert mine.read_text() == "a file of mine"


@pytest.mark.parametrize("name", ["", "."])
def test_no_name_is_no_recording(name: str) -> None:
    with pytest.raises(InputError, match="no analysis"):
        open_analysis(name)
    assert default_folder(Path(name)).name == ".matchcut"
