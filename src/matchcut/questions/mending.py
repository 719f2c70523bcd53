"""Typing errors in a question, mended where one word alone can have been meant."""

from __future__ import annotations

from dataclasses import replace

from matchcut.questions import grammar
from matchcut.questions.lexicon import lexicon
from matchcut.questions.times import TIME_WORDS
from matchcut.questions.words import NUMBER_WORDS, Token, mend, numbers
from matchcut.sport import Sport


def mended(tokens: list[Token], sport: Sport) -> tuple[list[Token], list[str]]:
    """The tokens with typing errors mended, and a note for each, so that it shows."""
    words = lexicon(sport)
    known = words.tokens | grammar.VOCABULARY | grammar.WORDS | TIME_WORDS | NUMBER_WORDS
    fixed, notes = [], []
    for at, token in enumerate(tokens):
        name_like = token.possessive or (at > 0 and token.is_capital)
        if not token.is_word or token.text in known or name_like or words.find(tokens, at):
            fixed.append(token)
            continue
        meant = mend(token.text, known)
        if meant is None:
            fixed.append(token)
        else:
            fixed.append(replace(token, text=meant))
            notes.append(f'"{token.raw}" is read as "{meant}"')
    return numbers(fixed), notes
