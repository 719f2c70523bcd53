"""What a question means, before anything is looked up."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from matchcut.errors import MatchcutError, ValidationError
from matchcut.questions.timerange import TimeRange

Order = Literal["first", "last", "surest"]
Asks = Literal["moments", "count", "whether"]


@dataclass(frozen=True, slots=True)
class Term:
    """An action, or several under one word, as the question names it.

    Attributes:
        singular, plural: the word in a sentence.
        labels: the labels that it stands for.
        note: what the labels cannot tell of it; empty if nothing.
    """

    singular: str
    plural: str
    labels: tuple[str, ...]
    note: str = ""

    def describe(self) -> str:
        """The word and what it stands for.

        >>> Term("free-kick", "free-kicks", ("Direct free-kick", "Indirect free-kick")).describe()
        'free-kicks (Direct free-kick, Indirect free-kick)'
        """
        return f"{self.plural} ({', '.join(self.labels)})"


@dataclass(frozen=True, slots=True)
class EventQuery:
    """What a question means; `describe` says it in one line, so that a misreading shows.

    Attributes:
        terms: what is asked for, all of them together; empty is every action.
        without: what is left out.
        times: when.
        order: "first" and "last" by time, "surest" by score; None is all, in time order.
        skip: how many of that order to pass over: the third goal is first, skip 2, count 1.
        count: how many to give; None is all. Only with an order, and at least 1; needed with "first", "last".
        asks: for the moments, how many there are, or whether there are any.
        min_score: the lowest score that counts, in [0, 1]; a person's labels always do.
        teams: "home", "away" or names as the log writes them; empty is any.
        why: what each moment rests on is asked for too.
        notes: what the reader must know of how the question was read.

    Raises:
        ValidationError: a value is out of its range, or order and count do not go together.
    """

    terms: tuple[Term, ...] = ()
    without: tuple[Term, ...] = ()
    times: TimeRange = field(default_factory=TimeRange)
    order: Order | None = None
    skip: int = 0
    count: int | None = None
    asks: Asks = "moments"
    min_score: float | None = None
    teams: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    why: bool = False

    def __post_init__(self) -> None:
        if self.order not in (None, "first", "last", "surest"):
            raise ValidationError(f"an order is first, last or surest, not {self.order!r}", "Correct it")
        if self.asks not in ("moments", "count", "whether"):
            raise ValidationError(
                f"a question asks for moments, count or whether, not {self.asks!r}", "Correct it"
            )
        needed = self.order in ("first", "last")
        lone = self.order is None and (self.count is not None or self.skip)
        if lone or (needed and self.count is None):
            raise ValidationError("an order and a count go together", "Give both or neither")
        if self.count is not None and self.count < 1:
            raise ValidationError(f"a count is 1 or more, not {self.count}", "Correct it")
        if self.skip < 0:
            raise ValidationError(f"skip is 0 or more, not {self.skip}", "Correct it")
        if self.min_score is not None and not 0.0 <= self.min_score <= 1.0:
            raise ValidationError(f"a score is from 0 to 1, not {self.min_score}", "Scale it")

    def describe(self) -> str:
        """How the question was understood, in one line.

        >>> kicks = Term("free-kick", "free-kicks", ("Direct free-kick", "Indirect free-kick"))
        >>> EventQuery((kicks,)).describe()
        'free-kicks (Direct free-kick, Indirect free-kick), whole recording, in time order'
        """
        what = " and ".join(term.describe() for term in self.terms) or "all actions"
        parts = [what]
        if self.without:
            parts[0] += " but " + " and ".join(term.describe() for term in self.without)
        if self.teams:
            parts.append("of " + " and ".join(self.teams))
        parts.append("whole recording" if self.times.is_whole else self.times.describe())
        parts.append(self._describe_order())
        if self.min_score is not None:
            parts.append(f"score {self.min_score:.2f} or more")
        if self.why:
            parts.append("with what they rest on")
        if self.asks != "moments":
            parts.append("how many" if self.asks == "count" else "whether there are any")
        notes = dict.fromkeys((*self.notes, *(term.note for term in self.terms if term.note)))
        return "; ".join((", ".join(parts), *(f"note: {note}" for note in notes)))

    def _describe_order(self) -> str:
        if self.order is None:
            return "in time order"
        if self.count is None:
            return "the surest first"
        if self.order == "surest":
            return "the surest one" if self.count == 1 else f"the surest {self.count}"
        if self.skip and self.count == 1:
            return f"{describe_place(self.order, self.skip)} only"
        if self.skip:
            kind = "from the end" if self.order == "last" else "in time order"
            return f"numbers {self.skip + 1} to {self.skip + self.count} {kind}"
        return f"the {self.order} one" if self.count == 1 else f"the {self.order} {self.count}"

    def to_json(self) -> dict[str, Any]:
        """Plain values for JSON; times in seconds."""
        return {
            "terms": [_term_to_json(term) for term in self.terms],
            "without": [_term_to_json(term) for term in self.without],
            "times": self.times.to_json(),
            "order": self.order,
            "skip": self.skip,
            "count": self.count,
            "asks": self.asks,
            "min_score": self.min_score,
            "teams": list(self.teams),
            "notes": list(self.notes),
            "why": self.why,
        }

    @classmethod
    def from_json(cls, value: Any) -> EventQuery:
        """The query that `to_json` wrote.

        Raises:
            ValidationError: the value has another shape.
        """
        known = cls().to_json()
        if not isinstance(value, Mapping) or set(value) - set(known):
            raise ValidationError(f"a query is an object of {', '.join(known)}", "Write it so")
        given = {**known, **value}
        try:
            for name in ("skip", "count"):
                if given[name] is not None and type(given[name]) is not int:
                    raise TypeError(f"{name} is a whole number, not {given[name]!r}")
            return cls(
                terms=tuple(_term_from_json(term) for term in given["terms"]),
                without=tuple(_term_from_json(term) for term in given["without"]),
                times=TimeRange.from_json(given["times"]),
                order=given["order"],
                skip=given["skip"],
                count=given["count"],
                asks=given["asks"],
                min_score=None if given["min_score"] is None else float(given["min_score"]),
                teams=_texts(given["teams"], "teams"),
                notes=_texts(given["notes"], "notes"),
                why=_flag(given["why"], "why"),
            )
        except MatchcutError:
            raise
        except (KeyError, TypeError, ValueError, OverflowError) as error:
            raise ValidationError(f"not a query: {error}", "Write it as EventQuery.to_json does") from error


def describe_place(order: Order, skip: int) -> str:
    """One place in an order: ``the third``, ``the second to last``.

    >>> describe_place("first", 2), describe_place("last", 1), describe_place("first", 20)
    ('the third', 'the second to last', 'number 21')
    """
    ordinals = ("first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth")
    place = f"the {ordinals[skip]}" if skip < len(ordinals) else f"number {skip + 1}"
    if order == "last":
        return f"{place} to last" if skip else "the last"
    return place


def _term_to_json(term: Term) -> dict[str, Any]:
    return {
        "singular": term.singular,
        "plural": term.plural,
        "labels": list(term.labels),
        "note": term.note,
    }


def _term_from_json(value: Any) -> Term:
    if not isinstance(value, Mapping):
        raise TypeError(f"a term is an object, not {value!r}")
    texts = _texts([value["singular"], value["plural"], value.get("note", "")], "a term's words")
    return Term(texts[0], texts[1], _texts(value["labels"], "labels"), texts[2])


def _flag(value: Any, what: str) -> bool:
    if not isinstance(value, bool):
        raise TypeError(f"{what} is true or false, not {value!r}")
    return value


def _texts(value: Any, what: str) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise TypeError(f"{what} must be texts, not {value!r}")
    return tuple(value)
