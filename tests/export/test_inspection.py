"""An inspection tells what was observed around a moment, what was not, and why."""

from __future__ import annotations

import io
import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pages import HOSTILE, logs, tracks, transcripts
from rich.cells import cell_len
from rich.console import Console
from sights import HALF_TIME, KICK_OFF, hostile, match, observations, shots, sound

from matchcut.analysis import Analysis
from matchcut.cli.main import main
from matchcut.clock import parse_match_time
from matchcut.errors import InputError, SettingsError, ValidationError
from matchcut.events import Event, EventLog, Evidence
from matchcut.export.heard import heard
from matchcut.export.inspection import Inspection, inspection, moment
from matchcut.export.inspection_text import MOST_LINES, inspection_table
from matchcut.observe.excitement import excitement
from matchcut.observe.observed import Observed
from matchcut.observe.readings import BoardTrack, Count, Reading
from matchcut.observe.sound import SoundTrack
from matchcut.recording import Recording
from matchcut.sport import soccer
from matchcut.tracks import ScoreTrack
from matchcut.transcript import Transcript, Utterance

SAID = Transcript([Utterance(698, 701, "and Mueller [b]scores[/b]"), Utterance(6000, 6003, "later")], "en")


def goal_log(**more: object) -> EventLog:
    evidence = (
        Evidence("scoreboard", "score 0-0 → 0-1", 0.98),
        Evidence("sound", "the crowd stayed quiet", 0.2, against=True),
    )
    goal = Event.around("Goal", 699, soccer, score=0.9, evidence=evidence, team="GER")
    return EventLog([goal], Recording("final.mp4", soccer, 6700.0), "test")


def believed() -> ScoreTrack:
    scores = np.zeros((6700, 17), np.float32)
    scores[697, soccer.index("Goal")] = 0.9
    scores[701, soccer.index("Corner")] = 0.3
    scores[5000, soccer.index("Foul")] = 1.0
    return ScoreTrack(soccer.names, scores, 1.0, "commentary")


def whole(time: float = 700.0, around: float = 15.0) -> Inspection:
    return inspection(goal_log(), time, around, tracks=[believed()], transcript=SAID, observed=match())


def printed(seen: Inspection, width: int = 110) -> str:
    stream = io.StringIO()
    Console(file=stream, width=width, force_terminal=True, color_system=None).print(inspection_table(seen))
    return stream.getvalue()


def test_all_that_was_observed() -> None:
    out = " ".join(printed(whole()).split())
    for wanted in (
        "final.mp4 at 11:40 (looking at 11:25 to 11:55)",
        "10:00, first half",
        "BRA 0-0 GER, on the board since 01:42",
        "BRA 0-1 GER from 11:42 (+2.0 s) on",
        "read on 10 of 10 looks",
        "long shot",
        "← here",
        "replay 90%",
        "cut at",
        "most excited: +",
        "“and Mueller [b]scores[/b]”",
        "GOAL · MUELLER 11'",
        "Goal (GER) 90%: 09:59, recording 11:39 (-1.0 s)",
        "scoreboard 98%: score 0-0 → 0-1",
        "✗ against it, sound 20%: the crowd stayed quiet",
        "commentary: Goal 90% at 11:37 (-3.0 s); Corner 30% at 11:41 (+1.0 s)",
    ):
        assert wanted in out, wanted
    assert "later" not in out
    assert "Foul" not in out
    assert "Not known" not in out


def test_what_was_not_observed_and_why() -> None:
    bare = inspection(goal_log(), 700.0)
    assert bare.missing == (
        "match clock: nobody told it, and no board was read",
        "scoreboard and text on screen: nobody looked",
        "sound: nobody listened",
        "shots: nobody looked",
        "words: there is no transcript",
        "scores over time: no spotter's are kept",
    )
    board = BoardTrack(notes=("no scoreboard with a clock was found",), looks=(699.0, 702.0))
    silent = SoundTrack(*(np.zeros(0) for _ in range(3)), notes=("a.mp4: has no sound",))
    seen = Observed(board, silent, shots(), ("packets were damaged",))
    told = inspection(goal_log(), 700.0, observed=seen).missing
    assert "scoreboard: no scoreboard with a clock was found" in told
    assert "sound: a.mp4: has no sound" in told
    assert "packets were damaged" in told
    assert not any(text.startswith("shots") for text in told)


@pytest.mark.parametrize(
    ("time", "why"),
    [
        (50.0, "this is before kick-off"),
        (sum(HALF_TIME) / 2, "this is between two periods"),
        (1015.0, "scoreboard: not in sight on 10 looks"),
    ],
)
def test_moments_without_a_clock_or_a_board(time: float, why: str) -> None:
    seen = whole(time)
    assert any(why in text for text in seen.missing)
    if time != 1015.0:
        assert seen.match_time is None
        assert "first half" not in printed(seen)
    else:
        assert seen.readings == ()
        assert seen.score is not None, "the score is still known from before"


def test_times_as_people_write_them() -> None:
    log, seen = goal_log(), match()
    assert moment(log, "11:40") == 700.0
    assert moment(log, "10:00", seen, by_clock=True) == pytest.approx(700, abs=1)
    assert moment(log, "45+2:10", seen, by_clock=True) == pytest.approx(KICK_OFF + 2830, abs=1)
    assert moment(log, "46:40", seen, by_clock=True) == pytest.approx(HALF_TIME[1] + 100, abs=1), "second half"
    with pytest.raises(InputError, match=r"never shows 90\+9 in it \(it shows 00:00 to 45\+"):
        moment(log, "90+9", seen, by_clock=True)
    with pytest.raises(InputError, match="match clock is not known"):
        moment(log, "45:00", by_clock=True)
    with pytest.raises(InputError, match="counts down"):
        layout = match().board.layouts[0]  # type: ignore[union-attr]
        down = type(layout)(layout.clock, 1.0, -1, layout.score, layout.teams, layout.region)
        moment(log, "45:00", Observed(BoardTrack(layouts=(down,))), by_clock=True)
    with pytest.raises(ValidationError):
        moment(log, "soon")


@pytest.mark.parametrize("text", ["45+", "+2", "44+2", "45+2:61", "45+x", "45:30+2", "45+100:00", "", "4 5"])
def test_no_match_times(text: str) -> None:
    with pytest.raises(ValidationError):
        parse_match_time(text)


def test_times_that_the_recording_does_not_have() -> None:
    for time in (-1.0, 6701.0, float("nan"), float("inf")):
        with pytest.raises(InputError, match=r"final\.mp4: has no"):
            inspection(goal_log(), time)
    for around in (0.0, -1.0, float("nan"), 1e9):
        with pytest.raises(SettingsError, match="time around"):
            inspection(goal_log(), 5.0, around)


def test_sound_is_told_beside_the_usual() -> None:
    at_goal, later = whole(705.0).sound, whole(2000.0).sound
    assert at_goal is not None
    assert later is not None
    assert at_goal.crowd_db == pytest.approx(12, abs=1)
    assert at_goal.rise_at == pytest.approx(705, abs=1)
    assert abs(later.crowd_db) < 1
    assert later.usual == pytest.approx(-28, abs=0.5)
    assert heard(sound(60.0), 100.0, 85.0, 115.0) is None


@settings(max_examples=8, deadline=None)
@given(st.integers(0, 899), st.integers(1, 40))
def test_a_part_of_the_sound_tells_what_the_whole_does(time: int, around: int) -> None:
    levels = np.random.default_rng(7).normal(-25, 5, (3, 9_000)).astype(np.float32)
    track = SoundTrack(*levels)
    told = heard(track, float(time), max(float(time - around), 0.0), float(time + around))
    first, last = max(time - around, 0) * 10, min((time + around) * 10 + 1, 9_000)
    rise = excitement(track)[first:last]
    assert told is not None
    assert told.rise_db == pytest.approx(float(rise.max()), abs=0.06)
    assert told.rise_at == pytest.approx((first + int(rise.argmax())) / 10)


def test_long_lists_are_cut_with_their_number() -> None:
    out = printed(whole(2000.0, 600.0))
    assert f"and {400 - MOST_LINES} more" in " ".join(out.split()), out
    assert len(out.splitlines()) < 8 * MOST_LINES


@settings(max_examples=60, deadline=None)
@given(
    logs(),
    observations() | st.none(),
    transcripts,
    st.lists(tracks(), max_size=2),
    st.floats(0, 1e4),
    st.floats(0.1, 3600),
)
def test_anything_can_be_inspected(
    log: EventLog,
    observed: Observed | None,
    said: Transcript | None,
    tracked: list[ScoreTrack],
    time: float,
    around: float,
) -> None:
    try:
        seen = inspection(log, time, around, tracks=tracked, transcript=said, observed=observed)
    except InputError:
        assert log.recording.duration is not None
        return
    json.dumps(seen.to_json(), allow_nan=False)
    for width in (40, 120):
        out = printed(seen, width)
        assert all(cell_len(line) <= width for line in out.splitlines())
        assert not set("\x1b\x00\x9b\u202e") & set(out)


@pytest.mark.parametrize("text", HOSTILE, ids=lambda t: ascii(t[:12]))
def test_no_text_steers_the_terminal(text: str) -> None:
    evidence = (Evidence(text, text, 0.5, against=True),)
    log = EventLog([Event("Goal", 10, 5, 20, 0.9, evidence, team=text)], Recording(text, duration=60.0), text)
    odd = ScoreTrack((text,), np.ones((60, 1), np.float32), 1.0, text)
    said = Transcript([Utterance(8, 12, text)])
    out = printed(inspection(log, 10.0, tracks=[odd], transcript=said, observed=hostile(text)))
    assert not set("\x1b\x00\x9b\u202e") & set(out)
    out.encode("utf-8")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("inspect") / "final.matchcut"
    Analysis(goal_log(), (believed(),), SAID, match()).save(place)
    return place


def test_the_verb(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["inspect", str(folder), "10:00", "--clock"]) == 0
    out = capsys.readouterr().out
    assert "BRA 0-1 GER" in out
    assert "Goal (GER) 90%" in out
    assert main(["inspect", str(folder), "700", "--json", "--around", "5"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["start"], told["end"]) == (695, 705)
    assert told["match_time"]["text"] == "10:00"
    assert told["score_changes"][0]["away"] == 1
    assert told["events"][0]["evidence"][1]["against"] is True
    assert told["not_observed"] == []


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (["150:00"], "it ends at 111:40"),
        (["90+9", "--clock"], "never shows 90+9"),
        (["noon"], "a time is written as"),
        (["1:00", "--around", "nan"], "above 0"),
        (["1:00", "--frames", "x.png"], "--video"),
    ],
)
def test_the_verb_says_what_is_wrong(
    folder: Path, arguments: list[str], why: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["inspect", str(folder), *arguments]) == 2
    assert why in capsys.readouterr().err


def test_a_board_without_a_clock_is_not_said_to_be_unread() -> None:
    """Baseball has no clock: that is no failure to read the board."""
    seen = Observed(board=BoardTrack(counts=(Count(10.0, 1, 2, 0),), looks=(10.0,), duration=20.0))
    told = inspection(EventLog([], Recording("game.mp4", soccer, 20.0), "test"), 10.0, observed=seen).missing
    assert "match clock: the board shows none" in told


def test_a_look_that_left_the_clock_out_is_no_failure() -> None:
    looks = (
        Reading(9.0, 61.0, None, 0, 1),
        Reading(10.0, None, None, 0, 1),
        Reading(11.0, 63.0),
        Reading(12.0, None),
    )
    seen = Observed(board=BoardTrack(looks, looks=(9.0, 10.0, 11.0, 12.0), duration=20.0))
    text = printed(inspection(EventLog([], Recording("a.mp4", soccer, 20.0), "test"), 10.0, observed=seen))
    for wanted in ("01:01, 0-1, 100%", ": 0-1, 100%", "01:03, score not read", "neither clock nor score read"):
        assert wanted in text
