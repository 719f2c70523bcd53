"""Text from elsewhere (subtitles, file names, recognizers), made harmless: shown and written, never obeyed.

One set of rules for everything that is read and shown:

* control characters are never words: a terminal would obey them, and no page may hold them;
* marks that override the direction of writing would turn a line round, and what stands beside it;
* half of a surrogate pair and the two non-characters stand for nothing, and no file can hold them.
"""

from __future__ import annotations

import re

# Control characters (but for those that are blanks anyway, which `str.split` takes).
_CONTROLS = re.compile("[\x00-\x1f\x7f-\x9f]")
_DIRECTION = re.compile("[\u202a-\u202e\u2066-\u2069]")
_NO_CHARACTERS = re.compile("[\ud800-\udfff\ufffe\uffff]")

# On a terminal a tab and a line break are harmless.
_STEERING = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")


def one_line(text: str, limit: int | None = None) -> str:
    """Text on one line with single blanks, as what was said is kept and a table shows it.

    Control characters become blanks, marks of direction go, what is no character becomes U+FFFD.

    Args:
        text: any text.
        limit: the most characters; longer text is cut and ends with "…".

    >>> one_line("  and that\\n is \\x1b[31m a   corner", limit=14)
    'and that is […'
    """
    line = _CONTROLS.sub(" ", text)
    if not line.isascii():
        # A JSON escape can make half of a surrogate pair; two halves side by side make a character.
        whole = line.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
        line = _NO_CHARACTERS.sub("\ufffd", _DIRECTION.sub("", whole))
    line = " ".join(line.split())
    return line if limit is None or len(line) <= limit else line[: limit - 1].rstrip() + "…"


def counted(number: int, thing: str, things: str = "") -> str:
    """How many of a thing there are, in words that fit the number.

    >>> counted(1, "event"), counted(2, "event"), counted(1_500, "stretch", "stretches")
    ('1 event', '2 events', '1,500 stretches')
    """
    return f"{number:,} {thing if number == 1 else things or thing + 's'}"


def plain(text: str) -> str:
    """Text for a terminal, its lines kept: what could steer it becomes U+FFFD.

    >>> plain("goal \\x1b[31m.mp4")
    'goal \ufffd[31m.mp4'
    """
    return _STEERING.sub("\ufffd", text)


def with_escapes(json_text: str) -> str:
    """JSON for a terminal: what could steer it is written as an escape, so that its value stays.

    >>> with_escapes('"\\x9b"')
    '"\\\\u009b"'
    """
    return _STEERING.sub(lambda found: f"\\u{ord(found[0]):04x}", json_text)
