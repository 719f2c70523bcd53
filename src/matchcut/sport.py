"""The sports: which actions each has, and the words that people use for them.

Labels keep the data sets' own spelling (SoccerNet-v2's seventeen, MLB-YouTube's eight), since files and
leaderboards are compared by it; `Label.words` hold what people say instead.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
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
    """A sport: its name, its actions in the data set's order, and the words for several at once."""

    name: str
    labels: tuple[Label, ...]
    groups: tuple[Group, ...]

    @cached_property
    def names(self) -> tuple[str, ...]:
        """The labels' names, in the data set's order."""
        return tuple(label.name for label in self.labels)

    @cached_property
    def _by_name(self) -> Mapping[str, Label]:
        return {label.name: label for label in self.labels}

    @cached_property
    def _by_word(self) -> Mapping[str, Label]:
        words = {}
        for label in self.labels:
            for word in (label.singular, label.plural, *label.words):
                words[_fold(word)] = label
        # A label's own name wins over any other label's synonym.
        words.update({_fold(label.name): label for label in self.labels})
        return words

    def __contains__(self, name: object) -> bool:
        return name in self._by_name

    def label(self, name: str) -> Label:
        """The label of this exact name, or of a name or word that differs in case, hyphens and blanks.

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
        words = {word: label.name for word, label in self._by_word.items()}
        near = dict.fromkeys(words[w] for w in nearest(_fold(name), words, count=5))
        listed = ", ".join(near) if near else ", ".join(self.names)
        lead = "The nearest are" if near else "It has"
        return LabelError(f"{self.name} has no action {name!r}", f"{lead}: {listed}")

    def index(self, name: str) -> int:
        """The place of a label in `names`.

        Raises:
            LabelError: the sport has no such action.
        """
        return self.names.index(self.label(name).name)


def _fold(text: str) -> str:
    """Case, hyphens and blanks do not tell words apart: "Free-Kicks" is "freekicks"."""
    return "".join(c for c in text.casefold() if c.isalnum() or c == ">")


def _label(
    name: str, singular: str, plural: str, words: Iterable[str], before_s: float, after_s: float
) -> Label:
    return Label(name, singular, plural, tuple(words), before_s, after_s)


soccer = Sport(
    name="soccer",
    labels=(
        _label(
            "Penalty",
            "penalty",
            "penalties",
            ("penalty kick", "spot kick", "pen", "pk", "spot-kick", "penalty shot"),
            5,
            10,
        ),
        _label("Kick-off", "kick-off", "kick-offs", ("kickoff", "restart", "restart of play"), 3, 12),
        _label("Goal", "goal", "goals", ("score", "scorer", "finish", "goal scored"), 10, 10),
        _label(
            "Substitution",
            "substitution",
            "substitutions",
            ("sub", "change", "player change", "replacement"),
            5,
            10,
        ),
        _label("Offside", "offside", "offsides", ("offside call", "offside decision", "off-side"), 8, 7),
        _label(
            "Shots on target",
            "shot on target",
            "shots on target",
            ("shot on goal", "save", "goalkeeper save", "effort on target", "on-target shot"),
            8,
            7,
        ),
        _label(
            "Shots off target",
            "shot off target",
            "shots off target",
            ("miss", "missed shot", "shot wide", "wide shot", "effort off target", "off-target shot"),
            8,
            7,
        ),
        _label("Clearance", "clearance", "clearances", ("cleared ball", "goal kick", "goal-kick"), 6, 9),
        _label(
            "Ball out of play",
            "ball out of play",
            "balls out of play",
            ("ball out", "out of play", "out of bounds", "ball going out"),
            6,
            6,
        ),
        _label("Throw-in", "throw-in", "throw-ins", ("throw", "throwin"), 4, 8),
        _label("Foul", "foul", "fouls", ("infringement", "fault", "bad tackle"), 8, 7),
        _label(
            "Indirect free-kick",
            "indirect free-kick",
            "indirect free-kicks",
            ("indirect free kick", "indirect"),
            5,
            10,
        ),
        _label(
            "Direct free-kick",
            "direct free-kick",
            "direct free-kicks",
            ("direct free kick", "free-kick shot"),
            5,
            10,
        ),
        _label("Corner", "corner", "corners", ("corner kick", "corner-kick"), 5, 10),
        _label("Yellow card", "yellow card", "yellow cards", ("yellow", "caution", "yellow-card"), 8, 12),
        _label("Red card", "red card", "red cards", ("straight red", "straight red card", "red"), 10, 15),
        _label(
            "Yellow->red card",
            "second yellow card",
            "second yellow cards",
            ("second yellow", "yellow to red card", "yellow-red card", "second booking"),
            10,
            15,
        ),
    ),
    groups=(
        Group(
            "free-kick",
            "free-kicks",
            ("Indirect free-kick", "Direct free-kick"),
            ("free kick", "fk", "set kick"),
        ),
        Group("booking", "bookings", ("Yellow card", "Red card", "Yellow->red card"), ("card",)),
        Group(
            "sending-off",
            "sendings-off",
            ("Red card", "Yellow->red card"),
            ("dismissal", "ejection", "sent off", "send-off", "sendoff", "expulsion"),
        ),
        Group(
            "set piece",
            "set pieces",
            ("Corner", "Indirect free-kick", "Direct free-kick", "Penalty"),
            ("dead ball", "set play"),
        ),
        Group("shot", "shots", ("Shots on target", "Shots off target"), ("attempt", "effort", "shot at goal")),
        Group(
            "chance",
            "chances",
            ("Goal", "Shots on target", "Shots off target", "Penalty"),
            ("goal chance", "opportunity", "scoring chance", "goalscoring opportunity", "big chance"),
        ),
    ),
)
"""Association football with SoccerNet-v2's seventeen actions."""

baseball = Sport(
    name="baseball",
    labels=(
        _label("ball", "ball", "balls", ("ball four", "pitch outside"), 3, 4),
        _label("strike", "strike", "strikes", ("called strike", "strike call"), 3, 4),
        _label("swing", "swing", "swings", ("swing and miss", "swinging strike", "whiff"), 3, 4),
        _label("hit", "hit", "hits", ("base hit", "contact"), 3, 4),
        _label("foul", "foul", "fouls", ("foul ball", "foul tip"), 3, 4),
        _label("in play", "ball in play", "balls in play", ("in-play", "put in play"), 3, 6),
        _label("bunt", "bunt", "bunts", ("sacrifice bunt", "sac bunt"), 3, 6),
        _label("hit by pitch", "hit by pitch", "hits by pitch", ("hbp", "hit batter", "hit batsman"), 3, 6),
    ),
    groups=(
        Group(
            "home run",
            "home runs",
            ("hit", "in play"),
            ("homer", "dinger", "long ball", "hr"),
            "the labels do not tell home runs from other hits; these are the hits and balls in play",
        ),
        Group("pitch", "pitches", ("ball", "strike", "hit by pitch"), ()),
    ),
)
"""Baseball with MLB-YouTube's eight actions."""

SPORTS: Mapping[str, Sport] = {"soccer": soccer, "baseball": baseball}


def sport(name: str) -> Sport:
    """The sport of this name; "football" is soccer.

    Raises:
        LabelError: there is no such sport.
    """
    found = SPORTS.get({"football": "soccer"}.get(name.casefold(), name.casefold()))
    if found is None:
        raise LabelError(f"there is no sport {name!r}", f"Choose one of: {', '.join(SPORTS)}")
    return found
