"""Practice matches in SoccerNet's layout, and matches whose events are seen, heard or told alone."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from matchcut.datasets.echoes import EchoesArchive
from matchcut.datasets.games import game_list
from matchcut.datasets.practice import EVERYWHERE, PracticeSettings, practice_truth
from matchcut.datasets.practice.hiding import MODALITIES, hide
from matchcut.datasets.practice.script import Script, Shot
from matchcut.datasets.practice.sound import mix, whistle_hz
from matchcut.datasets.practice_matches import (
    FILM,
    PracticeMatchesSettings,
    write_practice_matches,
)
from matchcut.datasets.soccernet import read_labels
from matchcut.errors import SettingsError
from matchcut.progress import Progress, silent

APART = replace(FILM, one_modality=True)
TINY = PracticeMatchesSettings(2, 8.0, EVERYWHERE, replace(APART, width=160, height=90, frame_rate=2))


def _shown(script: Script, modality: str, start: float, end: float) -> bool:
    """Whether a modality holds anything of what happens in a stretch."""
    if modality == "words":
        return any(start <= cue.t < end for cue in script.cues)
    if modality == "sound":
        signs = [surge.t for surge in script.surges] + [blow.t for blow in script.whistles]
        return any(start <= t < end for t in signs)
    away = {"portrait", "bench"}
    covered = sum(
        max(0.0, min(shot.end, end) - max(shot.start, start)) for shot in script.shots if shot.kind in away
    )
    replays = any(shot.kind == "replay" and start <= shot.at < end for shot in script.shots)
    captions = any(start <= caption.start < end for caption in script.captions)
    return replays or captions or covered < end - start - 1e-6


@given(seed=st.integers(0, 5000))
@settings(max_examples=25, deadline=None)
def test_what_happens_shows_in_one_modality_alone(seed: int) -> None:
    usual, _, _ = practice_truth(seed, 240.0, FILM)
    script, _, log = practice_truth(seed, 240.0, APART)
    assert [(h.label, h.t) for h in script.happenings] == [(h.label, h.t) for h in usual.happenings]
    assert not usual.senses
    assert {sense.modality for sense in script.senses} == set(MODALITIES)
    for sense in script.senses:
        end = min(sense.end, script.duration_s)
        told = [h for h in script.happenings if sense.start <= h.t < end - 3 and h.label in EVERYWHERE]
        for modality in MODALITIES:
            if modality != sense.modality:
                assert not _shown(script, modality, sense.start, end), (sense, modality)
            elif told:
                assert _shown(script, modality, sense.start, end), (sense, modality)
    # Nothing that is labelled shows in all of them.
    assert all(script.sense(event.time) for event in log)
    assert all(event.visible == (script.sense(event.time) == "video") for event in log)


def test_no_replay_is_shown_of_what_is_not_seen() -> None:
    usual, _, _ = practice_truth(4, 240.0, FILM)
    moment = next(h.t for h in usual.happenings if h.label == "Goal")
    usual.shots.append(Shot(235.0, 239.0, "replay", at=moment))  # long after
    hide(usual)
    assert usual.sense(moment) != "video"
    assert not any(shot.kind == "replay" and shot.at == moment for shot in usual.shots)


def test_whistles_are_heard_where_they_are_to_be_heard_and_nowhere_else() -> None:
    script, said, log = practice_truth(4, 300.0, APART)
    rate = FILM.sample_rate
    sound = mix(script, rate, said)

    def whistled(t: float) -> float:
        piece = sound[round((t - 0.2) * rate) : round((t + 1.2) * rate)]
        power = np.abs(np.fft.rfft(piece * np.hanning(len(piece)))) ** 2
        hz = np.fft.rfftfreq(len(piece), 1 / rate)
        tone = np.abs(hz - whistle_hz(script.seed)) < 60
        return float(power[tone].sum() / power[(hz > 2000) & ~tone].sum())

    found = {
        heard: [
            whistled(e.time)
            for e in log.where(labels=["Foul", "Offside"])
            if (script.sense(e.time) == "sound") is heard
        ]
        for heard in (True, False)
    }
    assert found[True]
    assert found[False]
    assert min(found[True]) > 10 * max(found[False])


def test_a_scoreboard_would_tell_of_goals() -> None:
    with pytest.raises(SettingsError, match="scoreboard"):
        PracticeSettings(one_modality=True)


@pytest.fixture(scope="module")
def matches(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("practice matches – später")
    write_practice_matches(folder, TINY)
    return folder


def test_the_layout_is_soccernets(matches: Path) -> None:
    games = game_list(matches / "splits.json")
    labels = read_labels(matches)
    assert len(games) == 2
    assert list(labels) == sorted(games)
    with EchoesArchive(matches) as spoken:
        assert spoken.games == sorted(games)
        assert spoken.versions == ("practice_asr",)
        for number, game in enumerate(sorted(games)):
            for half in (1, 2):
                film = replace(TINY.film, teams=number)
                _, said, log = practice_truth(2 * number + half - 1, TINY.half_s, film)
                truth = log.where(labels=EVERYWHERE)
                read = labels[game][half]
                assert [(e.label, e.time, e.visible, e.team) for e in read] == [
                    (e.label, pytest.approx(e.time, abs=6e-4), e.visible, e.team) for e in truth
                ]
                heard = spoken.transcript(game, half, "practice_asr")
                assert [(u.start, u.text) for u in heard] == [(u.start, u.text) for u in said]
                assert (matches / game / f"{half}.mp4").stat().st_size > 1000


def test_an_interrupted_run_goes_on_and_matches_are_added(matches: Path) -> None:
    films = sorted(matches.rglob("*.mp4"))
    before = {film: film.stat().st_mtime_ns for film in films}
    gone = next(matches.rglob("Labels-v2.json"))
    kept = gone.read_bytes()
    gone.unlink()  # a run that was stopped before the end of its first match

    def stopped(done: float, total: float) -> None:
        if done / total > 0.9:
            raise KeyboardInterrupt

    def go(matches_: int, progress: Progress = silent) -> dict[str, list[str]]:
        return write_practice_matches(matches, replace(TINY, matches=matches_), progress=progress)

    with pytest.raises(KeyboardInterrupt):
        go(3, stopped)
    assert gone.read_bytes() == kept
    lists = go(3)
    again = {film for film in films if film.stat().st_mtime_ns != before[film]}
    assert {film.parent for film in again} == {gone.parent}
    assert {name: len(games) for name, games in lists.items()} == {"train": 1, "valid": 1, "test": 1}
    with pytest.raises(SettingsError, match="made otherwise \\(half_s\\)"):
        write_practice_matches(matches, replace(TINY, half_s=9.0))


def test_settings_that_cannot_be() -> None:
    for how in ({"matches": 0}, {"half_s": 3.0}, {"half_s": float("nan")}, {"labels": ("Gaol",)}):
        with pytest.raises(SettingsError):
            PracticeMatchesSettings(**how)  # type: ignore[arg-type]
    with pytest.raises(SettingsError, match="seed"):
        write_practice_matches("nowhere", TINY, -1)
