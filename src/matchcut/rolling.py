"""Captions that roll: each repeats what still stands on the screen and adds a little.

YouTube's automatic captions show two lines, the upper one said already, and between two such captions stands
one of ten milliseconds that only moves the lower line up. Live captions of television roll by two or three
lines, or grow word by word. Taken as they stand, everything would be said two or three times, and late. Here
each caption keeps what is new in it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from matchcut.transcript import Utterance, Word

FEWEST = 3
"""Captions roll only if at least this many repeat and add; two lines may be equal by chance."""
SHARE = 0.5
"""Captions roll if at least this share of those with anything new begin with what stood before."""
CLEARED_S = 1.0
"""A caption without anything new is a leftover within this time; later, somebody said it again."""

MOST_LINES = 4
"""No screen holds more lines of captions."""

Said = tuple[str, float | None]
"""A word, and the second at which it is said if the captions tell."""


@dataclass(frozen=True, slots=True)
class Caption:
    """What stands on the screen from one second to another.

    Attributes:
        start, end: recording seconds, ``0 <= start <= end``.
        words: those of all lines.
        line_ends: how many words end with each line, lines without words left out.
    """

    start: float
    end: float
    words: tuple[Said, ...]
    line_ends: tuple[int, ...]

    @classmethod
    def of(cls, start: float, end: float, lines: Iterable[Iterable[Said]]) -> Caption:
        """The caption of these lines."""
        words: list[Said] = []
        ends: list[int] = []
        for line in lines:
            before = len(words)
            words += line
            if len(words) > before:
                ends.append(len(words))
        return cls(start, end, tuple(words), tuple(ends))

    def repeated_from(self, before: Caption) -> int:
        """How many of the first words are the last ones of an earlier caption: whole lines, to its end."""
        texts, earlier = ([text for text, _ in caption.words] for caption in (self, before))
        for begin in (0, *before.line_ends[:-1][-MOST_LINES:]):
            length = len(earlier) - begin
            if 0 < length <= len(texts) and texts[:length] == earlier[begin:]:
                return length
        return 0

    def utterance(self, old: int = 0) -> Utterance:
        """What is said from the word number ``old`` on, with the words' seconds where all of them are told."""
        new = self.words[old:]
        return Utterance(self.start, self.end, " ".join(text for text, _ in new), self._timed(new))

    def _timed(self, new: Sequence[Said]) -> tuple[Word, ...]:
        starts = [second for _, second in new if second is not None]
        bounds = [self.start, *starts, self.end]
        if len(starts) < len(new) or any(later < earlier for earlier, later in pairwise(bounds)):
            return ()
        return tuple(
            Word(start, end, text) for (text, _), start, end in zip(new, starts, bounds[2:], strict=True)
        )


def unrolled(captions: Sequence[Caption]) -> tuple[list[Utterance], int]:
    """What the captions say, each word once, and how many of them only repeated what stood before.

    Captions that do not roll are given as they are: a chant may repeat itself.

    Args:
        captions: in order of their starts, none without words.

    >>> shown = ["and", "that"], ["that", "is"], ["is", "a"], ["a", "goal"]
    >>> captions = [Caption.of(i, i + 1, ([(word, None)] for word in two)) for i, two in enumerate(shown)]
    >>> [u.text for u in unrolled(captions)[0]]
    ['and that', 'is', 'a', 'goal']
    """
    if not _roll(captions):
        return [caption.utterance() for caption in captions], 0
    said: list[Utterance] = []
    before: Caption | None = None
    until = 0.0  # when the screen was last known to show something
    for now in captions:
        old = now.repeated_from(before) if before else 0
        if old == len(now.words) and now.start > until + CLEARED_S:
            old = 0
        if old < len(now.words):
            said.append(now.utterance(old))
        before, until = now, max(now.end, until)
    return said, len(captions) - len(said)


def unrolled_note(repeats: int) -> str:
    """A sentence for the user; empty if nothing was left out."""
    return f"rolling captions, each word kept once: {repeats:,} repeats left out" if repeats else ""


def _roll(captions: Sequence[Caption]) -> bool:
    """Whether most captions that say anything new begin with the end of the one before."""
    rolled = fresh = 0
    for before, now in pairwise(captions):
        old = now.repeated_from(before)
        if old < len(now.words):
            fresh += 1
            rolled += old > 0
    return rolled >= FEWEST and rolled >= SHARE * fresh
