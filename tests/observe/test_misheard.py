"""What recognizers invent is left out, what people say stays."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from matchcut.observe.heard import Heard
from matchcut.observe.misheard import LOOP_S, MOST_IN_A_ROW, believable, without_repeats
from matchcut.transcript import Word


def kept(*segments: Heard, end: float = 10_000) -> tuple[list[str], list[str]]:
    said, notes = believable(segments, end)
    return [u.text for u in said], notes


@pytest.mark.parametrize(
    "line",
    [
        "Thanks for watching!",
        "Thank you so much for watching.",
        "Subtitles by the Amara.org community",
        "Untertitelung des ZDF, 2020",
        "Untertitelung aufgrund der Audioqualität nicht möglich",
        "ARD Text im Auftrag von Funk",
        "Sous-titres par Jérémy Diaz",
        "Субтитры делал DimaTorzok",
        "Продолжение следует...",
        "Altyazı M.K.",
        "ご視聴ありがとうございました",
        "¡Suscríbete al canal!",
        "♪ ♪ …",
        "",
    ],
)
def test_stock_lines_go(line: str) -> None:
    texts, notes = kept(Heard(1, 4, line, (), -0.1))
    assert texts == []
    assert len(notes) == 1
    assert notes[0].startswith("1 ")


@pytest.mark.parametrize(
    "line",
    [
        "Thank you.",
        "Goal!",
        "And he was watching for the subtle pass",
        "Gol, gol, gol, gol!",
        "Goooooool de Gerard Piqué",
        "He subscribes to that view of the game",
        "ゴール!",
        "Das war ein guter Ball",
    ],
)
def test_what_people_say_stays(line: str) -> None:
    assert kept(Heard(1, 4, f" {line}\n", (), -0.9)) == ([line], [])


def test_doubted_fast_and_late() -> None:
    texts, notes = kept(
        Heard(0, 2, "sure", (), -0.3),
        Heard(2, 4, "doubted", (), -1.6),
        Heard(4, 4.1, "far too many words for a tenth of a second", (), -0.3),
        Heard(5, 5, "goal", (), None),
        Heard(99, 120, "clamped", (Word(99, 101, "clamped"),), -0.3),
        Heard(100, 120, "late", (), -0.3),
        end=100,
    )
    assert texts == ["sure", "goal", "clamped"]
    assert len(notes) == 3
    said, _ = believable([Heard(99, 120, "clamped", (Word(99, 101, "clamped"),))], 100)
    assert said[0].end == said[0].words[0].end == 100


def test_loops_are_broken() -> None:
    loop = [Heard(i * 3.0, i * 3.0 + 2, "Das war ein guter Ball.", (), -0.2) for i in range(200)]
    texts, notes = kept(*loop)
    assert len(texts) == 3
    assert notes == ["197 sentences that repeat in a loop left out"]
    apart = [Heard(i * LOOP_S, i * LOOP_S + 2, "and it's a corner", (), -0.2) for i in range(3)]
    between = [Heard(i * LOOP_S + 9, i * LOOP_S + 10, "well", (), -0.2) for i in range(3)]
    assert len(kept(*sorted([*apart, *between], key=lambda h: h.start))[0]) == 6
    names = [Heard(i * 2.0, i * 2.0 + 1, ("Messi", "Xavi")[i % 2], (), -0.2) for i in range(20)]
    assert len(kept(*names)[0]) == 20, "two names in turn are a passing game"


def test_repeats_within_a_segment() -> None:
    words = "and it's in " + "oh my word " * 9 + "what a goal"
    timed = tuple(Word(i, i + 1, w) for i, w in enumerate(words.split()))
    shorter = without_repeats(Heard(0, 60, words, timed))
    assert shorter.text == "and it's in " + "oh my word " * MOST_IN_A_ROW + "what a goal"
    assert [w.text for w in shorter.words] == shorter.text.split()
    assert shorter.words[-1] == timed[-1]
    assert without_repeats(Heard(0, 9, words, timed[:3])).words == ()
    assert without_repeats(Heard(0, 9, "哈哈" + "进球" * 9)).text == "哈哈" + "进球" * MOST_IN_A_ROW
    assert without_repeats(Heard(0, 9, "Gooooooooooool")).text == "Gooooooooooool"


@given(st.lists(st.sampled_from(["a", "b", "c"]), max_size=40))
@settings(max_examples=150, deadline=None)
def test_cutting_repeats_loses_no_word_and_is_done_once(words: list[str]) -> None:
    once = without_repeats(Heard(0, 1, " ".join(words))).text.split()
    assert set(once) == set(words) or not words
    assert len(once) <= len(words)
    for length in range(1, 4):
        turns = [once[i : i + length] for i in range(len(once) - length + 1)]
        row = 1
        for i in range(length, len(turns), length):
            row = row + 1 if turns[i] == turns[i - length] else 1
            assert row <= MOST_IN_A_ROW + 1
