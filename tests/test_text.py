"""Text from elsewhere is shown and written, never obeyed."""

from __future__ import annotations

import json
import unicodedata

from hypothesis import example, given, settings
from hypothesis import strategies as st

from matchcut.export.markup import escaped
from matchcut.text import one_line, plain, with_escapes

ANY = st.text(st.characters(), max_size=30) | st.text(
    "\x00\x1b\x9b\u202e\u2067\ud83d\ude00\uffff\u2028 a\t\n", max_size=12
)


@given(ANY, st.none() | st.integers(1, 20))
@settings(max_examples=200, deadline=None)
@example("\ud83d\ude00\ud800", None)
def test_one_line_holds_nothing_that_could_steer(text: str, limit: int | None) -> None:
    line = one_line(text, limit)
    line.encode("utf-8")
    assert line == " ".join(line.split())
    assert not any(unicodedata.category(c) in ("Cc", "Cs") for c in line)
    assert not set("\u202a\u202e\u2066\u2069\ufffe\uffff") & set(line)
    assert limit is None or len(line) <= limit
    assert one_line(line, limit) == line
    assert plain(line) == line
    assert "\ufffd" in line or "\ufffd" not in escaped(line), "no page refuses it"


@given(ANY)
@settings(max_examples=100, deadline=None)
def test_printable_words_stay(text: str) -> None:
    words = [word for word in text.split() if word.isprintable()]
    kept = one_line(" ".join(words))
    assert kept == " ".join(words)


def test_cases() -> None:
    assert one_line("a\x1b[31m\x07 b\x9bc") == "a [31m b c"
    assert one_line("a\ud800 \U0001f600 \ud83d\ude00") == "a\ufffd \U0001f600 \U0001f600"
    assert one_line("مرحبا \u202eabc\u202c.") == "مرحبا abc."
    assert (
        one_line("Köln – 日本, क्या, \U0001f468\u200d\U0001f469")
        == "Köln – 日本, क्या, \U0001f468\u200d\U0001f469"
    )
    assert one_line("abcdef", 4) == "abc…"
    assert one_line("abcd", 4) == "abcd"


def test_a_terminal_keeps_lines_and_tabs() -> None:
    assert plain("a\tb\nc\x1b[2J\u202e\r") == "a\tb\nc\ufffd[2J\ufffd\ufffd"


@given(st.dictionaries(st.text(max_size=5), st.text('\x00\x1b\x9b\u202eaé\\"\n', max_size=8), max_size=3))
@settings(max_examples=50, deadline=None)
def test_json_with_escapes_means_the_same(value: dict[str, str]) -> None:
    text = with_escapes(json.dumps(value, ensure_ascii=False, indent=2))
    assert json.loads(text) == value
    assert plain(text) == text
