"""A sport's words, keyed so that case, hyphens and blanks do not matter."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from matchcut.questions.query import Term
from matchcut.questions.words import Token, tokenise
from matchcut.sport import Label, Sport


@dataclass(frozen=True)
class Lexicon:
    """What a sport's words mean.

    Attributes:
        terms: by the phrase's tokens without the blanks between them: ``"freekicks"``, ``"2ndyellow"``.
        longest: the most tokens that a phrase has.
        tokens: every single word of the phrases.
    """

    terms: dict[str, Term]
    longest: int
    tokens: frozenset[str]

    def find(self, tokens: list[Token], at: int) -> tuple[int, Term] | None:
        """The longest action that starts here: how many tokens it takes, and what it is."""
        for count in range(min(self.longest, len(tokens) - at), 0, -1):
            term = self.terms.get("".join(token.text for token in tokens[at : at + count]))
            if term is not None:
                return count, term
        return None


@lru_cache(maxsize=8)
def lexicon(sport: Sport) -> Lexicon:
    """The words of a sport.

    >>> from matchcut.sport import soccer
    >>> lexicon(soccer).terms["freekicks"].labels
    ('Direct free-kick', 'Indirect free-kick')
    """
    terms: dict[str, Term] = {}
    known: set[str] = set()
    longest = 1
    for phrase, kind in sport.words.items():
        if isinstance(kind, Label):
            term = Term(kind.singular, kind.plural, (kind.name,))
        else:
            term = Term(kind.singular, kind.plural, kind.labels, kind.note)
        words = [token.text for token in tokenise(phrase)]
        terms["".join(words)] = term
        known.update(words)
        longest = max(longest, len(words), len(phrase.replace("-", " ").split()))
    return Lexicon(terms, longest, frozenset(known | set(terms)))
