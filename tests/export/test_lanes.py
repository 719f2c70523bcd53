"""What was observed is on the page: drawn true to time, light for a whole match, and only ever data."""

from __future__ import annotations

import re
from itertools import pairwise
from xml.etree import ElementTree

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pages import HOSTILE, Page, logs, season_track, tracks
from sights import HALF_TIME, KICK_OFF, board, hostile, match, observations, shots, sound

from matchcut.clock import MatchClock, Period
from matchcut.events import Event, EventLog, Evidence
from matchcut.export.axis import Axis
from matchcut.export.drawing import columns, stretches
from matchcut.export.lanes import observed_lanes
from matchcut.export.readout import observed_notes, with_clock
from matchcut.export.report import report_html
from matchcut.export.score_line import in_sight, score_line
from matchcut.export.table import evidence_text
from matchcut.export.timeline import timeline_svg
from matchcut.observe.observed import Observed
from matchcut.observe.readings import BoardTrack, Count
from matchcut.observe.sound import SoundTrack
from matchcut.recording import Recording
from matchcut.sport import baseball, soccer
from matchcut.tracks import ScoreTrack
from matchcut.transcript import Transcript, Utterance

SVG = "{http://www.w3.org/2000/svg}"
AXIS = Axis(0.0, 6700.0, 168.0, 1216.0)


def drawn(observed: Observed, clock: MatchClock | None = None, axis: Axis = AXIS) -> ElementTree.Element:
    return ElementTree.fromstring(f"<g>{observed_lanes(observed, clock, axis, 0.0).drawing}</g>")


def of_class(root: ElementTree.Element, name: str) -> list[ElementTree.Element]:
    return [e for e in root.iter() if name in e.get("class", "").split()]


def test_the_score_climbs_where_the_board_changed_and_breaks_where_it_was_hidden() -> None:
    home, away = of_class(drawn(Observed(board())), "score")
    stretches_of_away = re.findall(r"M([\d.]+) ([\d.]+)H([\d.]+)(?:V([\d.]+)H([\d.]+))?", away.get("d", ""))
    # Kick-off to the hidden stretch, from there to half-time, then the second half.
    assert len(stretches_of_away) == away.get("d", "").count("M") == 3
    (x, low, step, high, right), (again, level, until, *_), (second, *_) = stretches_of_away
    assert float(x) == pytest.approx(AXIS.x(KICK_OFF), abs=0.5)
    assert float(step) == pytest.approx(AXIS.x(700.0), abs=0.5)
    assert float(high) < float(low), "a goal climbs"
    assert float(right) == pytest.approx(AXIS.x(1000.0), abs=0.5)
    assert float(again) == pytest.approx(AXIS.x(1030.0), abs=0.5)
    assert level == high
    assert float(until) == pytest.approx(AXIS.x(HALF_TIME[0]), abs=0.5)
    assert float(second) == pytest.approx(AXIS.x(HALF_TIME[1]), abs=0.5)
    assert home.get("d", "").count("V") == 1, "the equalizer"


def test_steps_and_teams_are_named() -> None:
    seen = Observed(board(), sound(60.0), shots(60.0))
    root = drawn(seen, MatchClock([Period(1, KICK_OFF, HALF_TIME[0], 0.0)]))
    said = [e.text or "" for e in root.iter("title")]
    assert "10:02 (recording 11:42): board shows 0-1" in said
    assert any(text.endswith("board shows 1-1") for text in said)
    shown = [e.text for e in root.iter("text")]
    assert {"BRA", "GER", "Sound", "Shots"} <= set(shown)


def test_a_goal_that_was_taken_back_points_down() -> None:
    line = score_line(board([(700.0, 0, 1), (760.0, 0, 0)]))
    assert line is not None
    assert [(str(s), s.time) for s in line.steps] == [("0-0", 102.0), ("0-1", 702.0), ("0-0", 762.0)]
    assert line.at(101.0) is None
    assert str(line.at(1e9)) == "0-0"
    root = drawn(Observed(board([(700.0, 0, 1), (760.0, 0, 0)])))
    assert any((e.text or "").endswith("board goes back to 0-0") for e in root.iter("title"))


def test_one_misread_score_makes_no_step() -> None:
    line = score_line(board([(700.0, 8, 1), (702.5, 0, 0)]))
    assert line is not None
    assert [str(step) for step in line.steps] == ["0-0"]


def test_runs_are_a_score_too() -> None:
    counts = [Count(float(t), 0, 0, 0, 1, True, int(t > 50), 0) for t in range(0, 100, 5)]
    line = score_line(BoardTrack(counts=tuple(counts), teams=("BOS", "NYY"), looks=tuple(range(0, 100, 5))))
    assert line is not None
    assert [(step.away, step.home, step.time) for step in line.steps] == [(0, 0, 5.0), (1, 0, 60.0)]
    assert score_line(BoardTrack()) is None


def test_in_sight() -> None:
    looks = [float(t) for t in range(0, 60, 2)]
    seen = [t for t in looks if not 20 <= t < 40 and t != 10]
    assert in_sight(seen, looks) == ((0.0, 18.0), (40.0, 58.0)), "one slip is no gap"
    assert in_sight([0.0, 3.0, 30.0], []) == ((0.0, 3.0), (30.0, 30.0))
    assert in_sight([], looks) == ()


def test_moments_and_whistles_stand_where_they_were() -> None:
    root = drawn(match())
    marks = {float(e.get("cx", "0")) for e in root.iter("circle")}
    assert all(min(abs(x - AXIS.x(t)) for x in marks) < 1 for t in (705.0, 4004.0))
    (ticks,) = of_class(root, "whistle")
    assert re.findall(r"M([\d.]+) ", ticks.get("d", "")) == [f"{AXIS.x(KICK_OFF):g}"], "the unsure is left out"


def test_silence_is_flat() -> None:
    flat = SoundTrack(*(np.full(600, -70.0) for _ in range(3)))
    (area,) = of_class(drawn(Observed(sound=flat)), "loud")
    assert area.get("d") == ""


@settings(max_examples=30, deadline=None)
@given(st.integers(2, 3000), st.floats(1, 1e4))
def test_a_crowded_strip_keeps_each_kinds_share(count: int, length: float) -> None:
    track = shots(float(count), 1.0)
    root = drawn(Observed(shots=track), axis=Axis(0.0, float(count), 168.0, 1216.0))
    filled = {
        kind: sum(
            float(b) - float(a)
            for e in of_class(root, kind)
            for a, b in re.findall(r"M([\d.]+) [\d.]+v[-\d.]+H([\d.]+)", e.get("d", ""))
        )
        for kind in ("long", "close", "off")
    }
    assert sum(filled.values()) == pytest.approx(1048, abs=1 + 0.2 * min(count, 131))
    assert len("".join(e.get("d", "") for e in root.iter())) < 60_000


def test_stoppage_and_half_time_are_marked() -> None:
    log = EventLog([], Recording("a", soccer, 6700.0), "t")
    seen = Observed(board())
    svg = timeline_svg(with_clock(log, seen), observed=seen)
    root = ElementTree.fromstring(svg)
    names = [e.text for e in root.iter(f"{SVG}text")]
    assert {"First half", "Half-time", "Second half"} <= set(names)
    assert any(re.fullmatch(r"\+02:[34]\d", name or "") for name in names), names
    ground = of_class(root, "stoppage")[0]
    right = float(ground.get("x", "0")) + float(ground.get("width", "0"))
    assert float(ground.get("x", "0")) == pytest.approx(AXIS.x(KICK_OFF + 2700), abs=0.5)
    assert right == pytest.approx(AXIS.x(HALF_TIME[0]), abs=1)


def test_the_page_tells_what_was_read() -> None:
    log = EventLog([Event.around("Goal", 700, soccer, score=0.9)], Recording("a", soccer, 6700.0), "t")
    page = Page(report_html(log, observed=match(), notes=["one note"]))
    for wanted in (
        "What was observed",
        "GOAL · MUELLER 11'",
        "announced +02:00, played +02:",
        "Half-time: ",
        "1 whistle at least 50% sure",
        "745 shots: 50% long shots, 25% close-ups, 25% without the pitch",
        "Read on",
        "one note",
        "10:00",  # the goal by the board's clock, which nobody gave
    ):
        assert wanted in page.text, wanted
    nothing = Page(report_html(log, observed=Observed(sound=sound(60))))
    assert "Not looked for: scoreboard, shots." in nothing.text
    assert "What was observed" not in Page(report_html(log)).text


def test_contradictions_are_marked_with_more_than_colour() -> None:
    evidence = (
        Evidence("sound", "the crowd stayed quiet", 0.2, against=True),
        Evidence("commentary", "it is in!", 0.8),
    )
    log = EventLog([Event("Goal", 9, 5, 20, 0.5, evidence)], Recording("a"), "t")
    page = Page(report_html(log, transcript=Transcript([Utterance(8, 9, "the crowd stayed quiet")])))
    told = " ".join(page.text.split())
    assert "✗ against: sound 20% the crowd stayed quiet" in told, "not quoted as if it were in favour"
    assert "commentary 80% it is in!" in told
    assert "✗ disputed" in told
    assert evidence_text(log[0]) == "against: sound: the crowd stayed quiet; commentary: it is in!"
    agreed = EventLog([Event("Goal", 9, 5, 20, 0.5, evidence[1:])], Recording("a"), "t")
    assert "against" not in Page(report_html(agreed)).text


def test_notes_come_once() -> None:
    seen = Observed(BoardTrack(notes=("no board",)), shots=shots(60), notes=("no board", "damaged"))
    assert observed_notes(seen)[:2] == ("no board", "damaged")
    page = Page(report_html(EventLog([], Recording("a"), "t"), observed=seen, notes=["damaged"]))
    assert page.text.count("damaged") == page.text.count("no board") == 1


@pytest.mark.parametrize("text", HOSTILE, ids=lambda t: ascii(t[:12]))
def test_hostile_texts_stay_texts(text: str) -> None:
    log = EventLog([Event("Goal", 9, 5, 20, 0.5)], Recording("a", duration=60.0), "t")
    html = report_html(log, observed=hostile(text))
    page, harmless = Page(html), Page(report_html(log, observed=hostile("x")))
    assert len(page.all("img")) == len(harmless.all("img")) == 0
    assert [tag for tag, _ in page.tags if tag != "path"] == [tag for tag, _ in harmless.tags if tag != "path"]
    assert not re.search("[\x00-\x08\x1b\ud800-\udfff\ufffe]", html)


@settings(max_examples=60, deadline=None)
@given(logs(), observations(), st.lists(tracks(), max_size=1))
def test_any_observations_give_a_balanced_page(
    log: EventLog, seen: Observed, believed: list[ScoreTrack]
) -> None:
    html = report_html(log, tracks=believed, observed=seen)
    page = Page(html)
    assert [row["id"] for row in page.all("tr") if row.get("id")] == [f"e{place}" for place in range(len(log))]
    drawn = "".join(str(a.get(name, "")) for _, a in page.tags for name in ("d", "x", "y", "width", "cx", "cy"))
    assert "nan" not in drawn
    assert "inf" not in drawn


def test_a_whole_match_stays_light() -> None:
    noise = np.random.default_rng(3).normal(0, 4, 67000)
    heard = sound()
    rough = SoundTrack(heard.loudness + noise, heard.crowd + noise, heard.voice, heard.whistles)
    log = EventLog([], Recording("day.mp4", duration=6700.0), "test")
    plain = report_html(log, tracks=[season_track(1.8)])
    full = report_html(log, tracks=[season_track(1.8)], observed=Observed(board(), rough, shots(length=4.0)))
    assert len(full) - len(plain) < 60_000


@settings(max_examples=40, deadline=None)
@given(st.lists(st.floats(-50, 50), min_size=1, max_size=400), st.floats(0.1, 1e4))
def test_columns_keep_the_greatest_and_the_mean(values: list[float], length: float) -> None:
    times, axis = np.linspace(0, length, len(values)), Axis(0.0, length, 0.0, 100.0)
    places, peaks = columns(times, np.array(values), axis, "max")
    assert peaks.max() == pytest.approx(max(values))
    assert all(a < b for a, b in pairwise(places.tolist()))
    _, means = columns(times, np.array(values), axis, "mean")
    assert (means <= peaks + 1e-9).all()
    parts = stretches(places, np.round(peaks, 1), 0.0)
    assert sum(len(part) for part in parts) <= len(places)


def test_baseball_pages_show_runs() -> None:
    counts = [Count(float(t), 0, 0, 1, 3, False, 1 + int(t > 50), 2) for t in range(0, 100, 5)]
    seen = Observed(BoardTrack(counts=tuple(counts), teams=("BOS", "NYY"), looks=tuple(range(0, 100, 5))))
    page = Page(report_html(EventLog([], Recording("a", baseball, 100.0), "t"), observed=seen))
    assert "BOS" in page.text
    assert "NYY" in page.text
    assert "Read on 20 of 20 looks." in page.text
