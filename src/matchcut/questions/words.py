"""Questions as words: cleaned, cut into tokens, numbers as digits, typing errors mended.

Nothing here knows what a question means; `matchcut.questions.question` does.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace

from matchcut.errors import QuestionError

MAX_CHARACTERS = 400
"""Longer texts are not questions."""

_UNITS = (
    *("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven"),
    *("twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen"),
)
_TENS = ("twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")
_ORDINALS = (
    *("zeroth", "first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth"),
    *("eleventh", "twelfth", "thirteenth", "fourteenth", "fifteenth", "sixteenth", "seventeenth"),
    *("eighteenth", "nineteenth"),
)
_CARDINAL = {word: value for value, word in enumerate(_UNITS)} | {
    word: 10 * tens for tens, word in enumerate(_TENS, 2)
}
_CARDINAL |= {"hundred": 100, "couple": 2, "pair": 2, "dozen": 12, "fourty": 40}
_ORDINAL = {word: value for value, word in enumerate(_ORDINALS)} | {
    word[:-1] + "ieth": 10 * tens for tens, word in enumerate(_TENS, 2)
}
NUMBER_WORDS = frozenset(_CARDINAL) | frozenset(_ORDINAL)
"""Every word that is read as a number."""

_SAME = str.maketrans(
    {**dict.fromkeys("‘’‚‛`´′ʼ＇", "'"), **dict.fromkeys("‐‑‒–—―−", "-"), **dict.fromkeys('“”„‟«»"″', " ")}
)
_REWRITES = tuple(
    (re.compile(rf"(?i)\b{old}\b"), new)
    for old, new in (
        (r"(?:a |the )?half[ -]an[ -]hour", "30 minutes"),
        (r"half[ -]hour", "30 minutes"),
        (r"three[ -]quarters of an hour", "45 minutes"),
        (r"(?:a )?quarter[ -]of[ -]an[ -]hour", "15 minutes"),
        (r"(?:the )?hour[ -]mark", "60 minutes"),
        (r"an hour", "60 minutes"),
        (r"(before|after|by|until|till|past|around) the hour", r"\1 60 minutes"),
        (r"(?:i am|i'm|we are|we're) after", "give me"),
        (r"(send|hand|bring) over", r"\1"),
        (r"'?n'?", "and"),
        (r"per ?cent", "%"),
        (r"can't|cannot", "can not"),
        (r"won't", "will not"),
        (r"let's", "let us"),
        (r"([a-z]+)n't", r"\1 not"),
        (r"(what|who|when|where|that|there|here|it|how)'s", r"\1 is"),
        (r"([a-z]+)'(?:re|ve|ll|d|m)", r"\1"),
        (r"openers?", "first goal"),
        (r"couple of", "couple"),
        (r"so[ -]called|et cetera|etc", " "),
    )
)
_TOKEN = re.compile(
    r"""
      (?P<clock>[0-9]{1,3}:[0-9]{2}(?::[0-9]{2})?(?:\.[0-9]+)?)(?![0-9:])
    | (?P<added>(?:45|90|105|120)['m]?\s?\+\s?[0-9]{1,2}(?![0-9:]))'?
    | (?P<number>[0-9]*\.?[0-9]+)(?P<suffix>st|nd|rd|th|\s?%|')?(?![0-9])
    | (?P<word>[^\W_]+(?:'[^\W_]+)*)
    | (?P<sign>>=|<=|≥|≤|[<>=&+/,;:()#-])
    """,
    re.VERBOSE | re.IGNORECASE,
)
_SIGNS = {"&": "and", "+": "and", "/": "or", "#": "number", "≥": ">=", "≤": "<=", ";": ","}


@dataclass(frozen=True, slots=True)
class Token:
    """One word, number or sign of a question.

    Attributes:
        text: lower case, without accents; numbers as digits ("70th", "80%", "36:09", "45+2").
        raw: as it was typed.
        possessive: it had an 's.
    """

    text: str
    raw: str
    possessive: bool = False

    @property
    def is_word(self) -> bool:
        """Whether it is made of letters."""
        return self.text.isalpha()

    @property
    def is_capital(self) -> bool:
        """Whether it was typed like a name, and not like VAR."""
        return self.raw[:1].isupper() and (len(self.raw) == 1 or not self.raw.isupper())


def tokenise(question: str) -> list[Token]:
    """The tokens of a question.

    >>> [t.text for t in tokenise("The twenty-first minute’s GOALS, 20:00–30:00 (80 per cent)")]
    ['the', '21st', 'minute', 'goals', ',', '20:00', 'to', '30:00', '(', '80%', ')']

    Raises:
        QuestionError: it is empty or far too long.
    """
    return numbers(cut(question))


def cut(question: str) -> list[Token]:
    """The tokens of a question with its number words as they were written; see `tokenise`."""
    if not isinstance(question, str) or not question.strip():
        raise QuestionError("the question is empty", 'Ask for something: "every corner in the second half"')
    if len(question) > MAX_CHARACTERS:
        raise QuestionError(
            f"the question has {len(question)} characters, more than {MAX_CHARACTERS}",
            "Ask one thing in one sentence",
        )
    tokens = []
    for match in _TOKEN.finditer(_clean(question)):
        tokens.extend(_token(match))
    return _dashes(tokens)


def _clean(question: str) -> str:
    """One case for the rules, accents off, every kind of dash and quote the same; capitals kept for names."""
    text = unicodedata.normalize("NFKC", question).translate(_SAME)
    text = "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c))
    text = re.sub(r"->|→|⇒", " to ", text)
    text = " ".join(re.sub(r"(?<=[a-z])\(e?s\)", "s", text).split())
    for pattern, new in _REWRITES:
        text = pattern.sub(new, text)
    return text


def _token(match: re.Match[str]) -> list[Token]:
    raw = match.group()
    if match["clock"]:
        return [Token(raw, raw)]
    if match["added"]:
        return [Token(re.sub(r"[^0-9+]", "", raw), raw)]
    if match["number"]:
        suffix = (match["suffix"] or "").strip().casefold()
        if suffix == "'":
            return [Token(match["number"], raw), Token("minutes", "")]
        return [Token(match["number"] + suffix, raw)]
    if match["word"]:
        folded = raw.casefold()
        possessive = folded.endswith("'s")
        return [Token(folded.removesuffix("'s").replace("'", ""), raw, possessive)]
    if raw == "-":
        return [Token("-", raw)]
    return [Token(_SIGNS.get(raw, raw), raw)]


def _dashes(tokens: list[Token]) -> list[Token]:
    """A dash between two times is "to"; any other only joins words."""
    kept = []
    for at, token in enumerate(tokens):
        if token.text != "-":
            kept.append(token)
        elif 0 < at < len(tokens) - 1 and tokens[at + 1].text[:1].isdigit():
            left = tokens[at - 1].text
            if left[:1].isdigit() or left == "minutes":
                kept.append(replace(token, text="to"))
    return kept


def numbers(tokens: list[Token]) -> list[Token]:
    """Number words as digits: twenty five is 25, seventy fifth 75th, a hundred and five 105."""
    out: list[Token] = []
    at = 0
    while at < len(tokens):
        value, ordinal, used = _number_at(tokens, at)
        after_number = bool(out) and out[-1].text.isdigit()
        if used == 1 and tokens[at].text == "second" and after_number:
            out.append(replace(tokens[at], text="seconds"))
        elif used:
            raw = " ".join(token.raw for token in tokens[at : at + used])
            out.append(Token(f"{value}{_suffix(value)}" if ordinal else str(value), raw))
        else:
            out.append(tokens[at])
        at += max(used, 1)
    return out


def _number_at(tokens: list[Token], at: int) -> tuple[int, bool, int]:
    """The value of the number words from here, whether it is an ordinal, and how many tokens it took."""
    words = [token.text for token in tokens[at : at + 5]]
    if words[0] == "a" and words[1:2] == ["hundred"]:
        value, ordinal, used = _number_at(tokens, at + 1)
        return value, ordinal, used + 1
    if words[0] == "one" and words[1:2] == ["hundred"]:
        value, ordinal, used = _number_at(tokens, at + 1)
        return value, ordinal, used + 1
    if words[0] == "hundred":
        skip = 2 if words[1:2] == ["and"] else 1
        if at + skip < len(tokens) and tokens[at + skip].text != "hundred":
            value, ordinal, used = _number_at(tokens, at + skip)
            if used and value < 100:
                return 100 + value, ordinal, used + skip
        return 100, False, 1
    first = words[0]
    if first in _TENS and len(words) > 1:
        unit = _CARDINAL.get(words[1], 0)
        if 1 <= unit <= 9 and words[1] not in ("couple", "pair"):
            return _CARDINAL[first] + unit, False, 2
        place = _ORDINAL.get(words[1], 0)
        if 1 <= place <= 9:
            after = words[2:3] == ["half"]
            return (_CARDINAL[first], False, 1) if after else (_CARDINAL[first] + place, True, 2)
    if first in _CARDINAL:
        return _CARDINAL[first], False, 1
    if first in _ORDINAL:
        return _ORDINAL[first], True, 1
    return 0, False, 0


def _suffix(value: int) -> str:
    if value % 100 in (11, 12, 13):
        return "th"
    return {1: "st", 2: "nd", 3: "rd"}.get(value % 10, "th")


def pattern_words(patterns: Iterable[str]) -> frozenset[str]:
    """The words that patterns are made of, with and without their optional last letter.

    >>> sorted(pattern_words(["(?:minutes?|late) on"]))
    ['late', 'minute', 'minutes']
    """
    text = " ".join(patterns)
    whole = re.findall(r"(?<!\\)\b[a-z]{4,}", text)
    return frozenset(whole) | frozenset(re.findall(r"(?<!\\)\b([a-z]{3,})[a-z]\?", text))


def mend(word: str, known: Collection[str]) -> str | None:
    """The one known word that this is with a typing error; None where there is none, or more than one.

    One letter too many, too few, wrong or two swapped; two such errors in words of eight letters and more; in
    words of four, only two swapped. The first letter is taken to be right.

    >>> mend("conrers", ["corners", "cards"]), mend("messi", ["miss", "mess"])
    ('corners', 'mess')
    >>> print(mend("kane", ["save", "pens"]))
    None
    """
    allowed = 2 if len(word) >= 8 else 1
    best: list[str] = []
    best_distance = allowed + 1
    for candidate in known:
        if abs(len(candidate) - len(word)) > allowed or len(word) < 4 or candidate[:1] != word[:1]:
            continue
        if len(word) == 4 and sorted(candidate) != sorted(word):
            continue
        distance = _distance(word, candidate)
        if distance < best_distance:
            best, best_distance = [candidate], distance
        elif distance == best_distance <= allowed:
            best.append(candidate)
    return best[0] if len(best) == 1 else None


def _distance(a: str, b: str) -> int:
    """Edits between two words, two swapped neighbours counting as one (optimal string alignment)."""
    rows = [list(range(len(b) + 1))]
    for i, x in enumerate(a, 1):
        row = [i]
        for j, y in enumerate(b, 1):
            cost = min(rows[-1][j] + 1, row[-1] + 1, rows[-1][j - 1] + (x != y))
            if i > 1 and j > 1 and x == b[j - 2] and a[i - 2] == y:
                cost = min(cost, rows[-2][j - 2] + 1)
            row.append(cost)
        rows.append(row)
    return rows[-1][-1]
