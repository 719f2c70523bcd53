"""Captions that roll are told once, at the time they are said; others stay as they are."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from matchcut.datasets.subtitles import parse_subtitles
from matchcut.encoders.words import speak
from matchcut.rolling import CLEARED_S, Caption, unrolled
from matchcut.transcript import Transcript

YOUTUBE = """WEBVTT
Kind: captions
Language: en

00:00:00.160 --> 00:00:02.550 align:start position:0%
~
hello<00:00:00.480><c> and</c><00:00:00.640><c> welcome</c>

00:00:02.550 --> 00:00:02.560 align:start position:0%
hello and welcome
~

00:00:02.560 --> 00:00:04.789 align:start position:0%
hello and welcome
to<00:00:02.720><c> the</c><00:00:02.960><c> match</c>

00:00:04.789 --> 00:00:04.799 align:start position:0%
to the match
~

00:00:04.799 --> 00:00:06.230 align:start position:0%
to the match
goal

00:00:06.230 --> 00:00:06.240 align:start position:0%
goal
~

00:00:06.240 --> 00:00:20.000 align:start position:0%
goal
goal<00:00:07.000><c> it&#39;s</c><00:00:19.500><c> in</c>
""".replace("~", " ")

SAID = [
    (0.16, 2.55, "hello and welcome"),
    (2.56, 4.789, "to the match"),
    (4.799, 6.23, "goal"),
    (6.24, 20.0, "goal it's in"),
]


def said(transcript: Transcript) -> list[tuple[float, float, str]]:
    return [(u.start, u.end, u.text) for u in transcript]


def test_youtubes_captions_say_each_line_once() -> None:
    transcript = parse_subtitles(YOUTUBE, "x.vtt")
    assert said(transcript) == SAID
    assert transcript.notes == ("rolling captions, each word kept once: 3 repeats left out",)


def test_each_word_has_its_second() -> None:
    transcript = parse_subtitles(YOUTUBE, "x.vtt")
    assert [(w.start, w.end, w.text) for w in transcript[1].words] == [
        (2.56, 2.72, "to"),
        (2.72, 2.96, "the"),
        (2.96, 4.789, "match"),
    ]
    assert not transcript[2].words, "a line without stamps tells no seconds"
    spoken = speak(transcript)
    assert dict(zip(spoken.words, spoken.times, strict=True))["in"] == 19.5


def as_srt(text: str) -> str:
    """As converters write the same captions: no stamps, a comma, numbers."""
    blocks = re.sub(r"<[^>]*>", "", text).split("\n\n")[1:]
    blocks = [
        re.sub(r"(\d\d:\d\d)\.(\d{3})", r"\1,\2", b).replace(" align:start position:0%", "") for b in blocks
    ]
    return "\n\n".join(f"{number}\n{block}" for number, block in enumerate(blocks, 1))


@pytest.mark.parametrize("trimmed", [False, True])
def test_the_same_captions_as_srt(trimmed: bool) -> None:
    text = as_srt(YOUTUBE)
    text = re.sub(r"(?m)^ \n", "\n", text) if trimmed else text
    transcript = parse_subtitles(text, "x.srt")
    assert said(transcript) == SAID
    assert len(transcript.notes) == 1


def shown(*texts: str, length: float = 2.0) -> list[Caption]:
    """One caption after another, ``|`` between lines."""
    return [
        Caption.of(
            i * length, (i + 1) * length, ([(w, None) for w in line.split()] for line in text.split("|"))
        )
        for i, text in enumerate(texts)
    ]


def words_of(captions: list[Caption]) -> list[str]:
    return [u.text for u in unrolled(captions)[0]]


def test_three_lines_that_roll() -> None:
    captions = shown("a", "a|b", "a|b|c", "b|c|d", "c|d|e", "d|e")
    assert words_of(captions) == ["a", "b", "c", "d", "e"]


def test_captions_that_grow_word_by_word() -> None:
    assert words_of(shown("HE", "HE SHOOTS", "HE SHOOTS AND", "HE SHOOTS AND|SCORES", "AND THAT")) == [
        "HE",
        "SHOOTS",
        "AND",
        "SCORES",
        "AND THAT",
    ]


@pytest.mark.parametrize(
    "texts",
    [
        ("goal", "goal", "goal", "goal"),
        ("goal|goal", "goal|goal", "goal|goal", "goal|goal"),
        ("olé", "olé olé", "no", "ah", "what|a save", "by him", "again", "he scores"),
        ("a|b", "b|c", "x|y", "z|u", "v|w", "q|r"),
    ],
)
def test_what_does_not_roll_stays(texts: tuple[str, ...]) -> None:
    captions = shown(*texts)
    assert words_of(captions) == [text.replace("|", " ") for text in texts]
    assert unrolled(captions)[1] == 0


def test_what_is_said_again_after_the_screen_was_cleared_stays() -> None:
    rolling = shown("a|b", "b|c", "c|d", "d|e")
    again = Caption.of(8 + CLEARED_S * 2, 12, [[("e", None)]])
    assert [(u.start, u.text) for u in unrolled([*rolling, again])[0]][-1] == (10.0, "e")


def test_stamps_within_words_and_out_of_order() -> None:
    glued = parse_subtitles("WEBVTT\n\n00:01.000 --> 00:03.000\nwe<00:00:02.000>lcome <00:00:02.500>all\n", "x")
    assert [(w.text, w.start) for w in glued[0].words] == [("welcome", 1.0), ("all", 2.5)]
    assert glued[0].text == "welcome all"
    for wrong in ("a <00:00:02.000>b <00:00:01.500>c", "a <00:00:09.000>b", "<00:00:00.100>a"):
        odd = parse_subtitles(f"WEBVTT\n\n00:01.000 --> 00:03.000\n{wrong}\n", "x")
        assert not odd[0].words
        assert odd[0].text == re.sub("<.*?>", "", wrong)


WORDS = st.lists(st.sampled_from(["goal", "no", "yes", "corner", "a", "b"]), min_size=1, max_size=5)


@given(st.lists(WORDS, min_size=6, max_size=25), st.integers(2, 3), st.booleans())
@settings(max_examples=80, deadline=None)
def test_rolled_lines_come_back(lines: list[list[str]], height: int, moves: bool) -> None:
    texts = [f"{number} {' '.join(line)}" for number, line in enumerate(lines)]  # so that each differs
    captions: list[Caption] = []
    for number, _ in enumerate(texts):
        screen = texts[max(0, number + 1 - height) : number + 1]
        rows = [[(word, None) for word in text.split()] for text in screen]
        captions.append(Caption.of(number, number + (0.99 if moves else 1.0), rows))
        if moves:
            captions.append(Caption.of(number + 0.99, number + 1.0, rows[-(height - 1) :]))
    found, repeats = unrolled(captions)
    assert [(u.start, u.text) for u in found] == list(enumerate(texts))
    assert repeats == len(captions) - len(found)


@given(st.lists(st.lists(WORDS, min_size=1, max_size=3), max_size=15))
@settings(max_examples=80, deadline=None)
def test_nothing_new_is_ever_lost(screens: list[list[list[str]]]) -> None:
    captions = [
        Caption.of(i, i + 1, ([(w, None) for w in row] for row in rows)) for i, rows in enumerate(screens)
    ]
    found, repeats = unrolled(captions)
    assert len(found) + repeats == len(captions)
    assert {u.start for u in found} <= {c.start for c in captions}
    assert {w for u in found for w in u.text.split()} == {w for c in captions for w, _ in c.words}
    assert all(u.text for u in found)
