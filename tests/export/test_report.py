"""The report stands alone, holds every event, and takes every text for text."""

from __future__ import annotations

import base64
import hashlib
import io
import re
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pages import HOSTILE, Page, hostile_log, logs, season_track, texts, tracks, transcripts
from PIL import Image

from matchcut.clock import MatchClock
from matchcut.errors import OutputError, ValidationError
from matchcut.events import Event, EventLog, Evidence
from matchcut.export.markup import element, escaped, one_line
from matchcut.export.report import report_html, write_report
from matchcut.export.words import SAID_LIMIT, speech
from matchcut.recording import Recording
from matchcut.sport import soccer
from matchcut.tracks import ScoreTrack
from matchcut.transcript import Transcript, Utterance

SPACE = 'xmlns="http://www.w3.org/2000/svg"'


def jpeg() -> bytes:
    stream = io.BytesIO()
    Image.new("RGB", (32, 18), (20, 120, 40)).save(stream, "JPEG")
    return stream.getvalue()


def small_log() -> EventLog:
    found = [
        Event.around("Corner", 40, soccer, score=0.4, evidence=(Evidence("commentary", "a corner", 0.4),)),
        Event.around("Goal", 90, soccer, score=0.93, team="home"),
        Event.around("Foul", 120, soccer, visible=False),
    ]
    clock = MatchClock.starting_at(2160, 180)
    return EventLog(found, Recording("final.mp4", soccer, 180.0, clock=clock), "matchcut 0.1")


def rows(html: str) -> list[dict[str, str | None]]:
    return [row for row in Page(html).all("tr") if row.get("id")]


def test_shows_what_an_editor_needs() -> None:
    said = Transcript([Utterance(38, 44, "And that is a corner for the visitors"), Utterance(150, 160, "tea")])
    page = Page(
        report_html(
            small_log(),
            transcript=said,
            answer=("every goal?", "A goal occurs at (37:20, 37:40)."),
            notes=["2 lines were mended."],
        )
    )
    for wanted in (
        "final.mp4",
        "3 min 00 s",
        "3 events",
        "matchcut 0.1",
        "36:40",  # the corner by the match clock
        "00:40",  # and on the recording
        "00:35–00:50 15 s",
        "93%",
        "by a person",
        "not shown",
        "home",
        "every goal?",
        "A goal occurs at (37:20, 37:40).",
        "2 lines were mended.",
    ):
        assert wanted in page.text, wanted
    # What was observed is set off within what was said, and what is far away is not quoted.
    assert "“And that is a corner for the visitors”" in page.text
    assert "tea" not in page.text
    assert [row["data-time"] for row in rows(report_html(small_log()))] == ["40.000", "90.000", "120.000"]


def test_nothing_is_asked_of_a_network() -> None:
    html = report_html(small_log(), tracks=[season_track(0.05)], thumbnails={1: jpeg()})
    assert "://" not in html.replace(SPACE, "")
    page = Page(html)
    for tag, attributes in page.tags:
        for name in ("src", "href", "action", "data", "poster", "srcset"):
            value = attributes.get(name)
            assert value is None or value.startswith(("data:", "#e")), (tag, value)
        assert not any(name.startswith("on") or name == "style" for name in attributes), (tag, attributes)
    assert not re.search(r"@import|url\(", html)


def test_the_security_policy_names_exactly_what_the_page_holds() -> None:
    html = report_html(small_log())
    page = Page(html)
    policy = next(m["content"] for m in page.all("meta") if m.get("http-equiv"))
    assert policy is not None
    assert policy.startswith("default-src 'none'")
    held = re.findall(r"<(?:style|script)>(.*?)</(?:style|script)>", html, re.S)
    hashes = {base64.b64encode(hashlib.sha256(text.encode()).digest()).decode() for text in held}
    assert len(hashes) == 3
    assert hashes == set(re.findall(r"'sha256-([^']+)'", policy))


@pytest.mark.parametrize("text", HOSTILE, ids=lambda t: ascii(t[:12]))
def test_hostile_texts_stay_texts(text: str) -> None:
    log = hostile_log(text)
    said = Transcript([Utterance(8, 12, text)])
    odd = ScoreTrack((text, "Goal"), season_track(0.02).scores[:, :2], 1.0, text)
    html = report_html(log, tracks=[odd], transcript=said, answer=(text, text), notes=[text])
    html.encode("utf-8")
    page, harmless = Page(html), Page(report_html(hostile_log("x"), answer=("x", "x"), notes=["x"]))
    for tag in ("script", "style", "img", "title", "html", "body"):
        if tag != "title":  # the timeline's marks have titles of their own
            assert len(page.all(tag)) == len(harmless.all(tag)), tag
    assert one_line(text, 60)[:50] in page.text
    assert not re.search("[\x00-\x08\x1b\ud800-\udfff\ufffe]", html)


@settings(max_examples=60, deadline=None)
@given(logs(), st.lists(tracks(), max_size=3), transcripts, st.lists(texts, max_size=2))
def test_any_log_gives_a_balanced_page_with_every_event(
    log: EventLog, believed: list[ScoreTrack], said: Transcript | None, notes: list[str]
) -> None:
    html = report_html(log, tracks=believed, transcript=said, notes=notes)
    page = Page(html)
    found = [row for row in page.all("tr") if row.get("id")]
    assert [row["id"] for row in found] == [f"e{place}" for place in range(len(log))]
    ids = [attributes["id"] for _, attributes in page.tags if attributes.get("id")]
    assert len(ids) == len(set(ids))
    # Every mark of the timeline leads to a row, every row's label has a filter.
    assert {a["href"] for a in page.all("a")} == {f"#{row['id']}" for row in found}
    boxes = {box["value"] for box in page.all("input") if box.get("type") == "checkbox"}
    assert {row["data-label"] for row in found} == boxes


def test_three_hours_of_all_labels_stay_small() -> None:
    track = season_track(3)
    times = [20.0 * n for n in range(500)]
    found = [
        Event.around(soccer.names[n % 17], t, soccer, score=0.5, evidence=(Evidence("commentary", "x" * 90),))
        for n, t in enumerate(times)
    ]
    said = Transcript(
        [Utterance(2.6 * n, 2.6 * n + 2.5, "what the commentator says here") for n in range(4000)]
    )
    log = EventLog(found, Recording("day.mp4", soccer, 10800.0), "test")
    html = report_html(log, tracks=[track], transcript=said)
    assert len(html.encode()) < 1_500_000


@pytest.mark.parametrize("duration", [None, 0.0, 5400.0])
def test_an_empty_log_says_so(duration: float | None) -> None:
    page = Page(report_html(EventLog([], Recording("quiet.mp4", duration=duration), "test")))
    assert "No events were found." in page.text
    assert not page.all("table")


def test_columns_without_content_are_left_out() -> None:
    bare = EventLog([Event.around("Goal", 9, soccer, score=0.5)], Recording("a.mp4"), "test")
    page = Page(report_html(bare))
    assert "Match clock" not in page.text
    assert "Picture" not in page.text
    assert "at least" in page.text  # nobody knows how long the recording is


def test_thumbnails_have_words_and_their_kind() -> None:
    png = io.BytesIO()
    Image.new("RGB", (8, 8)).save(png, "PNG")
    images = Page(report_html(small_log(), thumbnails={1: jpeg(), 2: png.getvalue()})).all("img")
    assert [i["alt"] for i in images] == ["Frame at 01:30: Goal", "Frame at 02:00: Foul"]
    assert str(images[0]["src"]) == "data:image/jpeg;base64," + base64.b64encode(jpeg()).decode()
    assert str(images[1]["src"]).startswith("data:image/png;base64,")


@pytest.mark.parametrize(
    "wrong", [{3: b"\xff\xd8\xff"}, {-1: b"\xff\xd8\xff"}, {0: b"<svg onload=x>"}, {0: b""}]
)
def test_wrong_thumbnails_are_refused(wrong: dict[int, bytes]) -> None:
    with pytest.raises(ValidationError, match="thumbnail"):
        report_html(small_log(), thumbnails=wrong)


def test_long_speech_is_quoted_around_the_moment() -> None:
    said = Transcript([Utterance(n, n + 1, f"number {n} " + "word " * 8) for n in range(100)])
    text = speech(said)(Event("Goal", 50, 20, 80))
    assert len(text) <= SAID_LIMIT
    assert "number 50" in text
    assert "number 20" not in text


def test_writes_whole_or_not_at_all(tmp_path: Path) -> None:
    path = write_report(tmp_path / "Spiel – é" / "report.html", small_log())
    assert path.read_text(encoding="utf-8") == report_html(small_log())
    (tmp_path / "file").write_text("x")
    with pytest.raises(OutputError, match="cannot be written"):
        write_report(tmp_path / "file" / "report.html", small_log())


def test_markup_escapes_all_but_itself() -> None:
    assert element("p", {"title": '"<'}, "<b>", element("b", None, "&")) == (
        '<p title="&quot;&lt;">&lt;b&gt;<b>&amp;</b></p>'
    )
    assert (
        element("input", {"checked": True, "disabled": False, "max": 0}) == '<input checked="checked" max="0"/>'
    )
    assert escaped("a\x00b") == "a\ufffdb"


def test_an_observation_of_invisible_characters_alone_is_no_quote() -> None:
    event = Event("Goal", 1, 0, 2, 0.5, (Evidence("commentary", "\x00", 0.5),))
    log = EventLog([event], Recording("x"), "me")
    assert "said" in report_html(log, transcript=Transcript([Utterance(0, 2, "what was said")]))
