"""What a sport is: its labels, and the words that people use for them, alone and in groups."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from matchcut.errors import LabelError, nearest


@dataclass(frozen=True, slots=True)
class Label:
    """One action of a sport.

    Attributes:
        name: as the data set spells it.
        singular, plural: as a sentence uses it: "a throw-in", "throw-ins".
        words: what people also call it, singular, lower case, British and American, slang.
        before_s, after_s: what to show around the moment, in seconds.
    """

    name: str
    singular: str
    plural: str
    words: tuple[str, ...]
    before_s: float
    after_s: float


@dataclass(frozen=True)
class Group:
    """A word for several labels at once, such as "booking".

    Attributes:
        singular, plural: as a sentence uses it.
        labels: the names of the labels that it stands for.
        words: what people also call it.
        note: what a reader must know when the labels say less, or more, than the word; empty if nothing.
    """

    singular: str
    plural: str
    labels: tuple[str, ...]
    words: tuple[str, ...] = ()
    note: str = ""


@dataclass(frozen=True)
class Sport:
    """A sport: its name, its actions in the data set's order, and the words for several at once.

    Attributes:
        name: "soccer", "baseball".
        labels: the data set's actions: what models learn and metrics score.
        groups: words for several of them.
        extras: labels of our own beside them, which no data set has; a log may hold them.
    """

    name: str
    labels: tuple[Label, ...]
    groups: tuple[Group, ...]
    extras: tuple[Label, ...] = ()

    @cached_property
    def names(self) -> tuple[str, ...]:
        """The data set's labels' names, in its order."""
        return tuple(label.name for label in self.labels)

    @cached_property
    def all_names(self) -> tuple[str, ...]:
        """Every name that an event of this sport may have: `names`, then those of the extras."""
        return (*self.names, *(label.name for label in self.extras))

    @cached_property
    def _by_name(self) -> Mapping[str, Label]:
        return {label.name: label for label in (*self.labels, *self.extras)}

    @cached_property
    def words(self) -> Mapping[str, Label | Group]:
        """Everything that people say for an action or for several, singular and plural, and what it stands for.

        >>> from matchcut.sport import soccer
        >>> soccer.words["corner kicks"].name, soccer.words["sendings-off"].labels
        ('Corner', ('Red card', 'Yellow->red card'))
        """
        words: dict[str, Label | Group] = {}
        kinds: tuple[Label | Group, ...] = (*self.labels, *self.groups)
        for kind in kinds:
            for word in (kind.singular, *kind.words):
                words.setdefault(word, kind)
                for plural in plurals(word):
                    words.setdefault(plural, kind)
            words[kind.plural] = kind
        # A label's own name wins over any other word; a word for several labels over an extra's.
        words.update({label.name: label for label in self.labels})
        for extra in self.extras:
            for word in (extra.singular, extra.plural, *extra.words):
                words.setdefault(word, extra)
        return words

    @cached_property
    def _by_word(self) -> Mapping[str, Label]:
        words = {_fold(word): kind for word, kind in self.words.items() if isinstance(kind, Label)}
        words.update({_fold(label.name): label for label in (*self.labels, *self.extras)})
        return words

    def __contains__(self, name: object) -> bool:
        return name in self._by_name

    def label(self, name: str) -> Label:
        """The label of this exact name, or of a name or word that differs in case, hyphens and blanks.

        >>> from matchcut.sport import soccer
        >>> soccer.label("throw in").name
        'Throw-in'

        Raises:
            LabelError: the sport has no such action; the message lists the nearest ones.
        """
        found = self._by_name.get(name) or self._by_word.get(_fold(name))
        if found is None:
            raise self.unknown(name)
        return found

    def unknown(self, name: str) -> LabelError:
        """The error to raise for an action that this sport does not have."""
        words = {
            _fold(word): kind.name if isinstance(kind, Label) else kind.plural
            for word, kind in self.words.items()
        }
        near = list(dict.fromkeys(words[w] for w in nearest(_fold(name), words, count=12)))[:5]
        listed = ", ".join(near) if near else ", ".join(self.names)
        lead = "The nearest are" if near else "It has"
        return LabelError(f"{self.name} has no action {name!r}", f"{lead}: {listed}")

    def index(self, name: str) -> int:
        """The place of a label in `all_names`; below ``len(names)`` for the data set's.

        Raises:
            LabelError: the sport has no such action.
        """
        return self.all_names.index(self.label(name).name)


def _fold(text: str) -> str:
    """Case, hyphens and blanks do not tell words apart: "Free-Kicks" is "freekicks"."""
    return "".join(c for c in text.casefold() if c.isalnum() or c == ">")


_IRREGULAR = {"man": "men", "batsman": "batsmen", "goalkeeper": "goalkeepers", "foot": "feet"}


def plurals(word: str) -> tuple[str, ...]:
    """The plurals that people write: of the last word and, where there are several, of the first.

    >>> plurals("throw-in"), plurals("hit batsman")
    (('throw-ins', 'throws-in'), ('hit batsmen', 'hits batsman'))
    >>> plurals("penalty"), plurals("miss")
    (('penalties',), ('misses',))
    """
    parts = re.split(r"([ -])", word)
    last = "".join((*parts[:-1], _plural(parts[-1])))
    return (last,) if len(parts) == 1 else (last, "".join((_plural(parts[0]), *parts[1:])))


def _plural(word: str) -> str:
    if word in _IRREGULAR:
        return _IRREGULAR[word]
    if re.search(r"(?:s|x|z|ch|sh)$", word):
        return word + "es"
    if re.search(r"[^aeiou]y$", word):
        return word[:-1] + "ies"
    return word + "s"


HIGHLIGHT = Label("Highlight", "exciting moment", "exciting moments", (), 12, 8)
"""A moment worth watching of which nobody knows what it is; its score says how exciting it is."""

HIGHLIGHT_WORDS = (
    *("best moment", "key moment", "main moment", "big moment", "top moment", "important moment"),
    *("biggest moment", "decisive moment", "exciting moment", "great moment", "key incident", "big incident"),
    *("key event", "main event", "important event", "big event", "key action", "best action", "best bit"),
    *("good bit", "best part", "highlight reel", "best play", "top play", "talking point", "main action"),
)
"""What people call the moments worth watching, in any sport."""
