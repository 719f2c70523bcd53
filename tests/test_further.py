"""Further spotters by name: settings, what is kept, what is made anew."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from matchcut import further, intake
from matchcut.analysis import Analysis
from matchcut.cli.options import spot_settings
from matchcut.errors import SettingsError
from matchcut.events import Event
from matchcut.further import Further, Given
from matchcut.intake import SOURCES, SpotSettings
from matchcut.kept import analysis_keys
from matchcut.pipeline import analyse, open_analysis
from matchcut.sport import soccer
from matchcut.spotters.others import Scored, Trust
from matchcut.tracks import ScoreTrack

WITH = SpotSettings(sources=(*SOURCES, "vision"), models={"vision": "weights"})


@pytest.fixture
def words(tmp_path: Path) -> Path:
    path = tmp_path / "match.srt"
    lines = (f"{n}\n00:{n:02d}:00,000 --> 00:{n:02d}:04,000\nand so it goes on\n" for n in range(1, 10))
    path.write_text("\n".join(lines))
    return path


class Fake:
    """A further spotter that claims a corner at 5:00, and counts how often it looks."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.looks, self.weights = 0, "one"
        monkeypatch.setitem(further.FURTHER, "vision", Further(lambda settings: self.weights, self.look))

    def look(self, given: Given) -> tuple[Scored, tuple[str, ...]]:
        self.looks += 1
        assert given.transcript is not None
        assert given.commentary is not None
        assert given.settings.models == {"vision": "weights"}
        track = ScoreTrack(("Corner",), np.zeros((540, 1), np.float32), 1.0, "vision")
        event = Event.around("Corner", 300.0, soccer, score=0.8)
        given.progress(1.0, 1.0)
        return Scored(track, (event,), Trust(calibrated=True), "fake"), ("it was looked at",)


def test_the_names_are_those_of_the_settings() -> None:
    assert tuple(further.FURTHER) == intake.FURTHER


def test_what_it_claims_is_kept_and_made_anew_for_other_weights(
    words: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fake, folder, told = Fake(monkeypatch), tmp_path / "match.matchcut", []
    made = analyse(words, settings=WITH, folder=folder, progress=lambda done, whole: told.append(done / whole))
    (corner,) = made.log.where("Corner", after=295.0, before=305.0)
    assert corner.score == pytest.approx(0.8)
    assert [e.source for e in corner.evidence] == ["vision"]
    assert "it was looked at" in made.notes
    assert "fake" in made.log.producer
    assert told == sorted(told)
    assert [track.source for track in Analysis.load(folder).tracks] == ["commentary", "vision"]
    analyse(words, settings=WITH, folder=folder)
    assert fake.looks == 1
    fake.weights = "two"
    analyse(words, settings=WITH, folder=folder)
    assert fake.looks == 2
    without = analyse(words, folder=folder)
    assert fake.looks == 2
    assert [track.source for track in without.tracks] == ["commentary"]
    assert len(open_analysis(words, WITH).log.where("Corner")) == 1, "asked with it, it looks for this once"


def test_without_further_spotters_the_keys_are_what_they_were(words: Path) -> None:
    keys = analysis_keys(words, None, SpotSettings(), "weights")
    assert set(keys) == {"source", "transcript", "speech", "settings", "spotter"}
    assert keys == analysis_keys(words, None, SpotSettings(), "weights", {})
    more = analysis_keys(words, None, WITH, "weights", {"vision": "one"})
    assert more["settings"] != keys["settings"]
    assert more["further"] != analysis_keys(words, None, WITH, "weights", {"vision": "two"})["further"]


def test_sources_on_the_command_line() -> None:
    options = dict.fromkeys(
        (
            "min_score",
            "language",
            "subtitles",
            "half",
            "clock_at_start",
            "kick_off",
            "second_half",
            "vision_model",
            "llm_settings",
            "ask_all",
            "prices",
            "max_cost",
        )
    )
    options |= {"sport": "soccer", "speech": "auto", "repair": False, "offset": 0.0}

    def sources(names: str | None, **more: object) -> SpotSettings:
        return spot_settings({**options, "sources": names, **more})

    assert sources(None).sources == SOURCES
    assert sources("vision").sources == (*SOURCES, "vision"), "added: nobody wants to lose the others"
    assert sources("vision, shots").sources == ("shots", "vision")
    assert sources("vision").further == ("vision",)
    assert sources("vision", vision_model="folder").models == {"vision": "folder"}
    with pytest.raises(SettingsError, match="Add it: --with vision"):
        sources(None, vision_model="folder")
    with pytest.raises(SettingsError, match="'smell'"):
        sources("smell")
    with pytest.raises(SettingsError, match="Leave it out"):
        replace(SpotSettings(), models={"smell": "x"})
