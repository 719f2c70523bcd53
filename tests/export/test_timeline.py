"""The timeline is well-formed, small, loses no peak and tells every label from every other."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pages import HOSTILE, hostile_log, logs, season_track, tracks

from matchcut.clock import MatchClock, Period
from matchcut.events import Event, EventLog
from matchcut.export.axis import Axis, recording_span
from matchcut.export.palette import HUES, SHAPES, ordered, style
from matchcut.export.timeline import curve, shown_labels, timeline_css, timeline_svg, write_timeline
from matchcut.recording import Recording
from matchcut.sport import Label, Sport, baseball, soccer
from matchcut.tracks import ScoreTrack

SVG = "{http://www.w3.org/2000/svg}"


def parts(svg: str, tag: str, kind: str) -> list[ElementTree.Element]:
    found = ElementTree.fromstring(svg).iter(f"{SVG}{tag}")
    return [e for e in found if kind in e.get("class", "").split()]


@settings(max_examples=80, deadline=None)
@given(logs(), st.lists(tracks(), max_size=3), st.booleans())
def test_any_log_gives_well_formed_svg_with_a_mark_an_event(
    log: EventLog, believed: list[ScoreTrack], links: bool
) -> None:
    svg = timeline_svg(log, believed, links=links)
    assert len(parts(svg, "a" if links else "g", "moment")) == len(log)
    assert len(parts(svg, "g", "lane")) == len(shown_labels(log, believed))
    drawn = "".join(e.get(name, "") for e in ElementTree.fromstring(svg).iter() for name in ("d", "x", "width"))
    assert "nan" not in drawn
    assert "inf" not in drawn


@pytest.mark.parametrize("text", HOSTILE, ids=lambda t: ascii(t[:12]))
def test_hostile_texts_stay_texts(text: str) -> None:
    track = ScoreTrack((text,), np.ones((60, 1), np.float32), 1.0, text)
    root = ElementTree.fromstring(timeline_svg(hostile_log(text), [track]))
    names = {e.tag.removeprefix(SVG) for e in root.iter()}
    assert names <= {"svg", "style", "g", "rect", "line", "path", "text", "title"}


def test_every_peak_survives_thinning() -> None:
    scores = np.zeros(10800 * 25, dtype=np.float32)
    peaks = {1234: 0.9, 100_001: 0.5, 269_999: 1.0}
    for place, height in peaks.items():
        scores[place] = height
    axis = Axis(0, 10800, 0, 1000)
    points = [p for stretch in curve(np.arange(len(scores)) / 25, scores, axis, 0.0) for p in stretch]
    high = {(x, -y) for x, y in points if y < 0}
    assert high == {(round(i / 270), round(h * 20, 1)) for i, h in peaks.items()}


def test_three_hours_stay_small() -> None:
    log = EventLog([], Recording("day.mp4", duration=10800.0), "test")
    svg = timeline_svg(log, [season_track(3), season_track(3, 2.0, "vision")])
    assert len(svg) < 700_000
    assert len(parts(svg, "path", "area")) == len(parts(svg, "path", "curve")) == 17


def test_only_labels_with_something_to_show_have_lanes() -> None:
    scores = np.zeros((60, 17), dtype=np.float32)
    scores[30, soccer.index("Corner")] = 0.4
    scores[30, soccer.index("Foul")] = 0.05
    log = EventLog([Event.around("Offside", 9, soccer)], Recording("a.mp4", duration=60.0), "test")
    assert shown_labels(log, [ScoreTrack(soccer.names, scores, 1.0, "x")]) == ["Corner", "Offside"]
    empty = ScoreTrack(soccer.names, np.zeros((0, 17), np.float32), 1.0, "x")
    assert shown_labels(log, [empty]) == ["Offside"]


def test_marks_stand_at_their_time_and_score() -> None:
    found = [Event("Goal", t, t - 5, t + 5, s) for t, s in ((0.0, 0.0), (50.0, 0.5), (100.0, 1.0))]
    svg = timeline_svg(EventLog(found, Recording("a.mp4", duration=100.0), "test"))
    places = []
    for moment in parts(svg, "g", "moment"):
        place = moment.findall(f"{SVG}path")[-1].get("d", "")[1:].split("m")[0].split(" ")
        places.append([float(v) for v in place])
    (x0, y0), (x1, y1), (x2, y2) = places
    assert x1 - x0 == pytest.approx(x2 - x1, abs=0.2)
    assert y0 - y1 == pytest.approx(y1 - y2) == pytest.approx(10)


def test_both_clocks_are_shown() -> None:
    clock = MatchClock([Period(1, 300, 3100, 0), Period(2, 4000, 6900, 2700)])
    log = EventLog(
        [Event.around("Goal", 4600, soccer, score=0.8)], Recording("a", soccer, 7000.0, clock=clock), "t"
    )
    svg = timeline_svg(log)
    shown = [t.text for t in ElementTree.fromstring(svg).iter(f"{SVG}text")]
    assert {"First half", "Second half", "Match clock", "Recording", "60:00", "110:00"} <= set(shown)
    assert len(parts(svg, "rect", "shade")) == 2
    assert [t.text for t in ElementTree.fromstring(svg).iter(f"{SVG}title")] == [
        "Goal · 55:00 (recording 76:40) · 80%"
    ]


@settings(max_examples=60, deadline=None)
@given(st.floats(-1e7, 1e7), st.floats(0.5, 1e7))
def test_ticks_are_apart_and_inside(first: float, length: float) -> None:
    axis = Axis(first, first + length, 100, 1100)
    places = [x for x, _ in axis.ticks()]
    assert len(places) <= 14
    assert all(100 <= x <= 1100 for x in places)
    assert all(b - a > 50 for a, b in pairwise(places))


def test_the_span_is_the_duration_or_what_is_known() -> None:
    event = Event("Goal", 50, 45, 70)
    assert recording_span(EventLog([event], Recording("a", duration=60.0), "t")) == (0.0, 60.0)
    assert recording_span(EventLog([event], Recording("a"), "t")) == (0.0, 70.0)
    assert recording_span(EventLog([event], Recording("a"), "t"), [season_track(0.1)]) == (0.0, 360.0)


def test_no_two_labels_look_alike() -> None:
    made_up = Sport("curling", tuple(Label(f"l{n}", "l", "l", (), 1, 1) for n in range(60)), ())
    for of in (soccer, baseball, made_up):
        looks = [style(of, name) for name in of.names]
        assert len(set(looks)) == len(looks)
        assert all(s.hue in HUES and s.shape in SHAPES for s in looks)
        assert sorted(ordered(of, set(of.names))) == sorted(of.names)


def luminance(colour: str) -> float:
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize(("page", "half"), [("#ffffff", 0), ("#0d1117", 1)])
def test_colours_stand_out_from_the_page(page: str, half: int) -> None:
    css = timeline_css().split("@media")[half]
    for hue in HUES:
        colour = css.split(f".hue-{hue} {{ color: ")[1][:7]
        light, dark = sorted((luminance(colour), luminance(page)), reverse=True)
        assert (light + 0.05) / (dark + 0.05) >= 3, (hue, colour)  # WCAG 2.1, 1.4.11


def test_writes_a_picture_that_stands_alone(tmp_path: Path) -> None:
    log = EventLog([Event.around("Goal", 9, soccer)], Recording("a"), "t")
    path = write_timeline(tmp_path / "a.svg", log)
    root = ElementTree.parse(path).getroot()
    assert root.tag == f"{SVG}svg"
    assert path.read_text().count("://") == 1  # the name of the format, not an address to ask
