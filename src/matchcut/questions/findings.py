"""What has been found in a question so far, and the query that it makes."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from matchcut.errors import QuestionError
from matchcut.questions.lexicon import lexicon
from matchcut.questions.query import Asks, EventQuery, Order, Term
from matchcut.questions.timerange import TimeRange, by_the_clock
from matchcut.sport import HIGHLIGHT, Sport

EXAMPLES = 'Ask for example: "every corner in the second half", "the last two goals", "how many fouls"'
"""A remedy for whatever could not be understood."""
_NO_JUDGEMENT = "the surest come first; matchcut does not judge which are the best"
_BY_EXCITEMENT = (
    "the order is that of the scores: how sure an action is, how exciting a moment sounds and looks"
)


@dataclass
class Findings:
    """The parts of a query as they turn up.

    Attributes:
        sport: whose actions are known.
        notes: what the reader must know of how the question was read.
        terms, without: what is asked for and what is left out.
        times, order, asks, min_score, teams: as in `EventQuery`; the order with its skip and count.
        joined: "and", "or" or a comma stands before what comes next.
        negative: what comes next is left out.
        after_term: an action stands just before.
        everything: a word for every action was said.
        best: the best so many were asked for.
        judged: words that judge, which no label does.
        why: what they rest on is asked for.
    """

    sport: Sport
    notes: list[str] = field(default_factory=list)
    terms: list[Term] = field(default_factory=list)
    without: list[Term] = field(default_factory=list)
    times: TimeRange = field(default_factory=TimeRange)
    order: tuple[Order, int, int | None] | None = None
    asks: Asks = "moments"
    min_score: float | None = None
    teams: list[str] = field(default_factory=list)
    joined: bool = False
    negative: bool = False
    after_term: bool = False
    everything: bool = False
    best: bool = False
    judged: list[str] = field(default_factory=list)
    why: bool = False

    def add(self, term: Term) -> None:
        """One more action; two that nothing joins must be one inside the other ("free-kick highlights").

        Raises:
            QuestionError: they are not.
        """
        previous = self.terms[-1] if self.terms else None
        if previous is None or self.joined or previous.note:
            self.terms.append(term)
        elif previous.singular == "highlight" or set(term.labels) < set(previous.labels):
            self.terms[-1] = term
        elif term.singular != "highlight" and not set(previous.labels) <= set(term.labels):
            raise QuestionError(
                f'how "{previous.plural}" and "{term.plural}" belong together is not understood',
                'Ask for one of them, or put "and" between them to get both',
            )

    def add_team(self, team: str) -> None:
        """One more team whose actions are asked for."""
        if team not in self.teams:
            self.teams.append(team)
        self.after_term = False

    def set_order(self, order: Order, skip: int, count: int | None) -> None:
        """A place in the order.

        Raises:
            QuestionError: another one was asked for already, or it counts from below 1.
        """
        if (count is not None and count < 1) or skip < 0:
            raise QuestionError("a place or a number in the question is below 1", "Count from 1")
        new = (order, skip, count)
        if self.order is not None and self.order != new:
            raise QuestionError("the question asks for two orders at once", "Ask for one at a time")
        self.order = new
        self.after_term = False

    def set_min_score(self, score: float) -> None:
        """A lowest score.

        Raises:
            QuestionError: another one was named already.
        """
        if self.min_score is not None and self.min_score != score:
            raise QuestionError("the question names two lowest scores", "Name one")
        self.min_score = score
        self.after_term = False

    def query(self) -> EventQuery:
        """The query that all of it makes.

        Raises:
            QuestionError: nothing is asked for, or nothing is left of it.
        """
        terms = _distinct(self.terms, self.notes)
        if self.negative and not self.without:
            raise QuestionError("what is to be left out is not understood", EXAMPLES)
        if terms and self.without:
            terms = _subtract(terms, self.without)
        bounded = not self.times.is_whole or self.min_score is not None or self.teams
        asked = self.everything or self.without or self.judged or self.best or (bounded and self.order is None)
        if not terms and not asked:
            raise QuestionError("the question names no action", self._actions())
        if not terms and (self.best or self.judged) and "highlights" in self.sport.words:
            terms = [lexicon(self.sport).terms["highlights"]]
        elif self.judged and terms and all(term.singular != "highlight" for term in terms):
            self.notes.append(f'which are "{self.judged[0]}" is not judged')
        if self.best:
            exciting = any(HIGHLIGHT.name in term.labels for term in terms)
            self.notes.append(_BY_EXCITEMENT if exciting else _NO_JUDGEMENT)
        order, skip, count = self.order or (None, 0, None)
        return EventQuery(
            terms=tuple(terms),
            without=() if terms else tuple(_distinct(self.without, [])),
            times=by_the_clock(self.times),
            order=order,
            skip=skip,
            count=count,
            asks=self.asks,
            min_score=self.min_score,
            teams=tuple(self.teams),
            notes=tuple(dict.fromkeys(self.notes)),
            why=self.why,
        )

    def _actions(self) -> str:
        return f"{self.sport.name} has: {', '.join(self.sport.names)}"


def _distinct(terms: Iterable[Term], notes: list[str]) -> list[Term]:
    """The terms without those that an earlier one already holds; a note of theirs is kept."""
    kept: list[Term] = []
    for term in terms:
        if any(set(term.labels) <= set(earlier.labels) for earlier in kept):
            if term.note and term not in kept:
                notes.append(term.note)
        else:
            kept.append(term)
    return kept


def _subtract(terms: list[Term], without: Iterable[Term]) -> list[Term]:
    gone = {label for term in without for label in term.labels}
    left = [replace(t, labels=tuple(label for label in t.labels if label not in gone)) for t in terms]
    left = [term for term in left if term.labels]
    if not left:
        raise QuestionError("the question leaves out everything that it asks for", "Leave out less")
    return left
