"""SRT and WebVTT: read strictly, mended when asked, written so that they read back."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from matchcut.datasets.subtitles import parse_subtitles, write_srt, write_vtt
from matchcut.datasets.transcripts import read_transcript
from matchcut.errors import InputError
from matchcut.text import one_line
from matchcut.transcript import Transcript, Utterance


def cues(text: str, repair: bool = False) -> list[tuple[float, float, str]]:
    return [(u.start, u.end, u.text) for u in parse_subtitles(text, "x.srt", repair=repair)]


SRT = """1
00:00:01,000 --> 00:00:02,500
<i>And it's a corner</i>
for the <font color="#ffffff">home</font> side &amp; more

2
00:00:02,500 --> 00:00:04,000
{\\an8}Goal!
"""

VTT = """WEBVTT - a match
Kind: captions
Language: en

STYLE
::cue { color: white }

NOTE this is
not said

REGION
id:fred

intro
00:01.000 --> 00:02.500 align:start position:10%
<v Mary><c.yellow>And it's a corner</c>
for the <b>home</b> side &amp; more

00:00:02.500 --> 00:00:04.000
<00:00:02.600>Goal!
"""

SAID = [(1.0, 2.5, "And it's a corner for the home side & more"), (2.5, 4.0, "Goal!")]


def test_both_formats_say_the_same() -> None:
    assert cues(SRT) == SAID
    assert cues(VTT) == SAID


@pytest.mark.parametrize("text", [SRT, VTT])
@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_line_ends_and_marks(text: str, newline: str, mark: str) -> None:
    assert cues(mark + text.replace("\n", newline)) == SAID


@pytest.mark.parametrize("text", [SRT, VTT])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_encodings(tmp_path: Path, text: str, encoding: str) -> None:
    path = tmp_path / "ein Spiel – Köln.srt"
    path.write_bytes(text.replace("Goal", "Tor für Köln").encode(encoding))
    assert read_transcript(path)[1].text == "Tor für Köln!"


@pytest.mark.parametrize(
    ("times", "start", "end"),
    [
        ("00:00:01,5 --> 00:00:02,25", 1.5, 2.25),
        ("00:00:01.500 --> 00:00:02.250", 1.5, 2.25),
        ("0:00:01 --> 0:00:02", 1.0, 2.0),
        ("01:02 --> 01:03", 62.0, 63.0),
        ("1:01:02,003 --> 23:01:02,004", 3662.003, 82862.004),
        ("00:00:01,000-->00:00:02,000  X1:40 X2:600 Y1:20 Y2:50", 1.0, 2.0),
        ("\t00:00:01,000 --> 00:00:02,000\t", 1.0, 2.0),
    ],
)
def test_times(times: str, start: float, end: float) -> None:
    assert cues(f"1\n{times}\nx\n") == [(start, end, "x")]


def test_hours_of_three_digits() -> None:
    with pytest.raises(InputError, match="line 2: a time is more than a day into the recording"):
        cues("1\n100:00:00,000 --> 100:00:01,000\nx\n")
    assert cues("1\n100:00:00,000 --> 100:00:01,000\nx\n\n00:01 --> 00:02\ny", repair=True) == [(1, 2, "y")]
    assert cues("1\n023:00:00,000 --> 023:00:01,000\nx\n") == [(82800, 82801, "x")]


def test_two_speakers_at_once_are_fine_and_counted() -> None:
    said = parse_subtitles("00:01 --> 00:09\na\n\n00:02 --> 00:03\nb\n\n00:09 --> 00:10\nc", "x")
    assert len(said) == 3
    assert said.notes == ("1 utterance overlaps an earlier one",)


def test_what_is_not_said_is_left_out() -> None:
    said = parse_subtitles("hello\n\n1\n00:01 --> 00:02\n<i></i>\n\n2\n00:03 --> 00:04\nyes\n", "x")
    assert [u.text for u in said] == ["yes"]
    assert said.notes == (
        "lines of text outside a subtitle left out: 1",
        "subtitles without text left out: 1",
    )


def test_cues_without_blank_lines_between() -> None:
    assert cues("1\n00:01 --> 00:02\na\n2\n00:03 --> 00:04\nb") == [(1, 2, "a"), (3, 4, "b")]


def test_text_after_a_blank_line_is_kept_in_srt() -> None:
    said = parse_subtitles("1\n00:01 --> 00:02\na\n\nb\n\n2\n00:03 --> 00:04\n3\n\n", "x")
    assert [u.text for u in said] == ["a b", "3"]
    assert "joined" in said.notes[0]


def test_less_and_greater_are_no_tags() -> None:
    assert cues("00:01 --> 00:02\n3 < 4 &lt;i&gt; 5 > 4")[0][2] == "3 < 4 <i> 5 > 4"


WRONG = [
    ("1\n00:05 --> 00:06\na\n\n2\n00:03 --> 00:04\nb", 6, "sort them", [(3, 4, "b"), (5, 6, "a")], "sorted: 1"),
    ("1\n-00:00:05,000 --> 00:06\na", 2, "clamp it to 0", [(0, 6, "a")], "clamped to 0: 1"),
    ("1\n00:00:05,000 --> 00:04\na", 2, "clamp its end", [(5, 5, "a")], "ended before they began, clamped: 1"),
    (
        "1\n00:00:0x,000 --> 00:04\na\n\n00:05 --> 00:06\nb",
        2,
        "leave that subtitle out",
        [(5, 6, "b")],
        "without a readable time left out: 1",
    ),
    (
        "1\n00:00:61,000 --> 00:64\na\n\n00:05 --> 00:06\nb",
        2,
        "leave that subtitle out",
        [(5, 6, "b")],
        "without a readable time left out: 1",
    ),
    (
        "00:05 --> 00:06\nb\n\n00:00:07,000 -> 00:00:08,000\na",
        4,
        "leave that subtitle out",
        [(5, 6, "b")],
        "without a readable time left out: 1",
    ),
]


@pytest.mark.parametrize(("text", "line", "cure", "mended", "note"), WRONG)
def test_wrong_times_are_refused_or_mended(
    text: str, line: int, cure: str, mended: list[tuple[float, float, str]], note: str
) -> None:
    with pytest.raises(InputError, match=f"line {line}: .*add --repair to {cure}"):
        parse_subtitles(text, "x")
    assert cues(text, repair=True) == mended
    notes = parse_subtitles(text, "x", repair=True).notes
    assert any(found.endswith(note) for found in notes)


@pytest.mark.parametrize("text", ["", "WEBVTT", "WEBVTT\n\nNOTE x", "words", "1\n\n2\n\n", "--"])
def test_files_without_subtitles(text: str) -> None:
    with pytest.raises(InputError, match="holds no subtitles"):
        parse_subtitles(text, "x")


@pytest.mark.timeout(20)
@pytest.mark.parametrize(
    "piece", ["{\\", "<a", "1\n", "x\n", "--", ":", "0", "1:00", "NOTE\n", " ", "&", "{a:"]
)
def test_long_files_take_no_longer_than_their_length(piece: str) -> None:
    for head in ("00:01 --> 00:02\n", "WEBVTT\n\n00:01 --> 00:02\nx\n\n"):
        text = parse_subtitles(head + "y\n" + piece * 40_000, "x", repair=True)
        assert len(text) == 1


TIMES = st.tuples(st.integers(0, 86_000_000), st.integers(0, 100_000))
TEXTS = st.one_of(
    st.text(max_size=30),
    st.text(alphabet="<>&{}\\-=ai1:; amplt/#\n\u2028\x85", max_size=20),
    st.sampled_from(["00:01 --> 00:02", "NOTE x", "12", "WEBVTT", "{\\an8}x", "&amp;lt;", "1:02 - > 3"]),
)


@settings(max_examples=120, deadline=None)
@given(
    said=st.lists(st.tuples(TIMES, TEXTS), min_size=1, max_size=6).filter(
        lambda x: any(one_line(t) for _, t in x)
    )
)
@example(said=[((1, 1), "</>&#123;"), ((1, 1), "<3")])
def test_what_is_written_is_read_exactly(
    tmp_path_factory: pytest.TempPathFactory, said: list[tuple[tuple[int, int], str]]
) -> None:
    transcript = Transcript(Utterance(ms / 1000, (ms + more) / 1000, text) for (ms, more), text in said)
    folder = tmp_path_factory.mktemp("round trip")
    want = [(u.start, u.end, one_line(u.text)) for u in transcript if one_line(u.text)]
    for write, name in ((write_srt, "a.srt"), (write_vtt, "a.vtt")):
        back = read_transcript(write(transcript, folder / name))
        assert [(u.start, u.end, u.text) for u in back] == want
