"""A question in everyday English, understood.

No model: the words are read from left to right, and at each place the first of these that fits is taken: a
time (`times`), a score, an action of the sport (`lexicon`), a place in the order, a team, a word that changes
nothing (`grammar`). A word that is none of these might change the meaning, so it is an error, and never
passed over.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field, replace

from matchcut.errors import LabelError, MatchcutError, QuestionError
from matchcut.questions import grammar
from matchcut.questions.lexicon import lexicon
from matchcut.questions.query import Asks, EventQuery, Order, Term
from matchcut.questions.timerange import TimeRange
from matchcut.questions.times import TIME_WORDS, by_the_clock, find_time, merge
from matchcut.questions.words import NUMBER_WORDS, Token, cut, mend, numbers, tokenise
from matchcut.sport import Sport

_EXAMPLES = 'Ask for example: "every corner in the second half", "the last two goals", "how many fouls"'
_NO_JUDGEMENT = "the surest come first; matchcut does not judge which are the best"


def parse(question: str, sport: Sport, teams: Collection[str] = ()) -> EventQuery:
    """What a question means.

    Args:
        question: everyday English; anything else is refused, never obeyed.
        sport: whose actions are known.
        teams: names of teams that may be asked for, besides "home" and "away".

    Raises:
        LabelError: it asks for an action that the sport does not have; the message lists the nearest.
        QuestionError: it is empty, too long, contradicts itself, or holds words that are not understood.

    >>> from matchcut.sport import soccer
    >>> parse("Give me all the highlights of free-kicks", soccer).describe()
    'free-kicks (Direct free-kick, Indirect free-kick), whole recording, in time order'
    >>> parse("the last two corners before half-time", soccer).describe()
    'corners (Corner), the first half, the last 2'
    """
    tokens, notes = _mended(cut(question), sport)
    reading = _Reading(tokens, sport, tuple(teams), question.isupper(), notes)
    try:
        return reading.read()
    except MatchcutError:
        raise
    except (OverflowError, ValueError) as error:
        raise QuestionError(f"a number in the question cannot be used: {error}", _EXAMPLES) from error


def _mended(tokens: list[Token], sport: Sport) -> tuple[list[Token], list[str]]:
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


@dataclass
class _Reading:
    """A question being read: the place, and what is known so far."""

    tokens: list[Token]
    sport: Sport
    team_names: tuple[str, ...]
    shouting: bool
    notes: list[str] = field(default_factory=list)

    terms: list[Term] = field(default_factory=list)
    without: list[Term] = field(default_factory=list)
    times: TimeRange = field(default_factory=TimeRange)
    order: tuple[Order, int, int] | None = None
    asks: Asks = "moments"
    min_score: float | None = None
    teams: list[str] = field(default_factory=list)

    at: int = 0
    joined: bool = False
    negative: bool = False
    after_term: bool = False
    everything: bool = False
    best: bool = False
    judged: list[str] = field(default_factory=list)
    unknown: list[tuple[int, int]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.text = " ".join(token.text for token in self.tokens)
        self.starts = [0]
        for token in self.tokens:
            self.starts.append(self.starts[-1] + len(token.text) + 1)
        self.lexicon = lexicon(self.sport)

    # --- reading -----------------------------------------------------------------------------------------

    def read(self) -> EventQuery:
        """The query, once every token is accounted for."""
        self._opening()
        steps = (
            self._phrase,
            self._time,
            self._score,
            self._exception,
            self._counting,
            self._action,
            self._order,
            self._team,
            self._filler,
        )
        while self.at < len(self.tokens):
            before = self.at
            if not any(step() for step in steps):
                self._pass_over()
            if self.at == before:  # pragma: no cover - every step that succeeds moves on
                raise AssertionError(f"no progress at {self.text!r}")
        self._refuse_unknown()
        return self._query()

    def _match(self, pattern: re.Pattern[str]) -> re.Match[str] | None:
        return pattern.match(self.text, self.starts[self.at])

    def _take(self, pattern: re.Pattern[str]) -> re.Match[str] | None:
        match = self._match(pattern)
        if match is not None:
            self._move_to(match.end())
        return match

    def _move_to(self, end: int) -> None:
        while self.at < len(self.tokens) and self.starts[self.at] < end:
            self.at += 1

    def _opening(self) -> None:
        """What only the first words can say."""
        if grammar.SCORE_LINE.fullmatch(self.text.rstrip(" ,")):
            raise QuestionError("a list of moments does not hold the score", 'Ask for the goals: "every goal"')
        if grammar.WHETHER.match(self.text):
            self.asks = "whether"
        if grammar.SAVE_TO.match(self.text):
            self.at += 1

    # --- the steps: each takes what stands here, or says that it is not its own --------------------------

    def _time(self) -> bool:
        found = find_time(self.text, self.starts[self.at])
        if found is None:
            return False
        if self.negative and not self.without:
            raise QuestionError("leaving out a stretch of time is not understood", "Ask for what is left of it")
        end, meant = found
        either = self.at > 0 and self.tokens[self.at - 1].text in ("and", "or")
        self.times = merge(self.times, meant, either)
        self.negative = False
        self._move_to(end)
        self.after_term = False
        return True

    def _score(self) -> bool:
        if self._match(grammar.MAX_SCORE):
            raise QuestionError(
                "only a lowest score can be asked for, not a highest", 'Ask for example "above 0.8"'
            )
        for pattern in grammar.MIN_SCORE:
            match = self._take(pattern)
            if match is not None:
                self._set_min_score(_score(match[1]))
                return True
        match = self._take(grammar.SUREST)
        if match is not None:
            self._set_order("surest", 0, int(match[1] or match[2] or 1))
            return True
        for pattern, floor in grammar.SURENESS:
            if self._take(pattern):
                self._set_min_score(floor)
                return True
        return False

    def _exception(self) -> bool:
        if self._take(grammar.ONLY):
            self.negative = False
            return True
        if self._take(grammar.EXCEPT):
            self.negative = True
            return True
        return False

    def _counting(self) -> bool:
        if not self._take(grammar.COUNTING):
            return False
        self.asks = "count"
        return True

    def _phrase(self) -> bool:
        """An action of several words: "(the) early bath" is one, not an early time."""
        article = self.tokens[self.at].text in ("the", "a", "an") and self.at + 1 < len(self.tokens)
        found = self.lexicon.find(self.tokens, self.at + article)
        if found is None or found[0] < 2:
            return False
        self.at += article
        return self._action()

    def _action(self) -> bool:
        found = self.lexicon.find(self.tokens, self.at)
        if found is None:
            return False
        count, term = found
        self.at += count
        if self.negative:
            self.without.append(term)
        else:
            self._add(term)
        self.joined, self.after_term = False, True
        return True

    def _order(self) -> bool:
        after_term = self.after_term
        if self._match(grammar.FIRST_AND_LAST):
            raise QuestionError("first and last cannot be asked for at once", "Ask one at a time")
        if self._take(grammar.FROM_START_TO_END) or self._take(grammar.ALL_N):
            return True
        match = self._take(grammar.BEST)
        if match is not None:
            self.best = True
            self._set_order("surest", 0, int(match[1] or match[2]))
            return True
        match = self._take(grammar.LAST_BUT)
        if match is not None:
            skip = int(match[1]) if match[1] else int(match[2]) - 1 if match[2] else 1
            self._set_order("last", skip, 1)
            return True
        match = self._take(grammar.PLACES)
        if match is not None:
            start, end = int(match[1]), int(match[2])
            if end != start + 1 and " to " not in match[0] and "through" not in match[0]:
                raise QuestionError(
                    "places that do not follow each other cannot be asked for at once", _EXAMPLES
                )
            self._set_order("first", start - 1, end - start + 1)
            return True
        match = self._take(grammar.N_LAST)
        if match is not None:
            early = match[2] in ("1st", "earliest", "opening")
            self._set_order("first" if early else "last", 0, int(match[1]))
            return True
        kinds: tuple[tuple[Order, re.Pattern[str]], ...] = (("first", grammar.FIRST), ("last", grammar.LAST))
        for kind, pattern in kinds:
            match = self._take(pattern)
            if match is not None:
                self._set_order(kind, 0, int(match[1] or 1))
                return True
        match = self._take(grammar.PLACE)
        if match is not None:
            self._set_order("first", int(match[1] or match[2]) - 1, 1)
            return True
        match = self._take(grammar.CARDINAL)
        if match is not None:
            number = int(match[1])
            # "goal 2" is the second goal; "2 goals" are the first two.
            self._set_order("first", *((number - 1, 1) if after_term else (0, number)))
            return True
        return False

    def _team(self) -> bool:
        for pattern, team in ((grammar.HOME, "home"), (grammar.AWAY, "away")):
            if self._take(pattern):
                self._add_team(team)
                return True
        for name in self.team_names:
            words = " ".join(token.text for token in tokenise(name)) if name.strip() else ""
            if words and self._take(re.compile(rf"(?:(?:by|for|from|of) )?(?:the )?{re.escape(words)}(?= |$)")):
                self._add_team(name)
                return True
        return False

    def _filler(self) -> bool:
        if self._take(grammar.WHICH_MINUTE):
            self.after_term = False
            return True
        word = self.tokens[self.at].text
        if word in grammar.EVERYTHING:
            self.everything = True
        elif word in grammar.JUDGING:
            self.judged.append(word)
        elif word in grammar.WHO:
            self.notes.append("the log does not name players")
        elif word in grammar.WHOSE_SIDE:
            self.notes.append(f'whose side "{word}" means is not known, so both are given')
        elif word not in grammar.FILLER:
            return False
        if word in grammar.JOINING:
            self.joined = True
        if word == "all":
            self.everything = True
        self.at += 1
        self.after_term = False
        return True

    def _pass_over(self) -> None:
        """Remembers a word that is not understood; neighbours stand together."""
        if self.unknown and self.unknown[-1][1] == self.at:
            self.unknown[-1] = (self.unknown[-1][0], self.at + 1)
        else:
            self.unknown.append((self.at, self.at + 1))
        self.at += 1
        self.after_term = False

    # --- what the steps have found ------------------------------------------------------------------------

    def _add(self, term: Term) -> None:
        """One more action; two that nothing joins must be one inside the other ("free-kick highlights")."""
        previous = self.terms[-1] if self.terms else None
        if previous is None or self.joined or previous.note:
            self.terms.append(term)
        elif previous.singular == "highlight" or set(term.labels) < set(previous.labels):
            self.terms[-1] = term
        elif term.singular != "highlight" and not set(previous.labels) <= set(term.labels):
            self._refuse_unknown()
            raise QuestionError(
                f'how "{previous.plural}" and "{term.plural}" belong together is not understood',
                'Ask for one of them, or put "and" between them to get both',
            )

    def _add_team(self, team: str) -> None:
        if team not in self.teams:
            self.teams.append(team)
        self.after_term = False

    def _set_order(self, order: Order, skip: int, count: int) -> None:
        if count < 1 or skip < 0:
            raise QuestionError("a place or a number in the question is below 1", "Count from 1")
        new = (order, skip, count)
        if self.order is not None and self.order != new:
            raise QuestionError("the question asks for two orders at once", "Ask for one at a time")
        self.order = new
        self.after_term = False

    def _set_min_score(self, score: float) -> None:
        if self.min_score is not None and self.min_score != score:
            raise QuestionError("the question names two lowest scores", "Name one")
        self.min_score = score
        self.after_term = False

    # --- what is left over --------------------------------------------------------------------------------

    def _refuse_unknown(self) -> None:
        lost = [token.raw for start, end in self.unknown for token in self.tokens[start:end]]
        if len(lost) > 3:
            raise QuestionError(f'"{_shortened(" ".join(lost))}" is not understood', _EXAMPLES)
        for start, end in self.unknown:
            run = self.tokens[start:end]
            said = _shortened(" ".join(token.raw for token in run))
            if run[0].text in grammar.TIME_LEADS and not (run[0].text == "by" and len(run) > 1):
                following = self.tokens[end : end + 4] if end - start == 1 else []
                said = _shortened(" ".join(t.raw for t in (*run, *following) if t.raw))
                raise QuestionError(
                    f'"{said}" is not understood as a time',
                    'Write for example "after 20:00", "between 20:00 and 30:00", "in the second half"',
                )
            if self._is_name(start, end):
                raise QuestionError(
                    f'"{said}" is not understood; the log does not know names',
                    self._name_remedy(),
                )
            if self._is_asked_for(start, end):
                raise self._no_action(said)
            raise QuestionError(f'"{said}" is not understood', f"Leave it out. {_EXAMPLES}")

    def _is_name(self, start: int, end: int) -> bool:
        run = self.tokens[start:end]
        capitals = sum(token.is_capital for token in self.tokens)
        titled = self.shouting or capitals > max(3, 0.6 * len(self.tokens))
        return (
            any(
                token.possessive or (token.is_capital and at > 0 and not titled)
                for at, token in enumerate(run, start)
            )
            or run[0].text == "by"
            or (start > 0 and self.tokens[start - 1].text in ("by", "against"))
        )

    def _name_remedy(self) -> str:
        known = [*self.team_names, *(side for side in ("home", "away") if side not in self.team_names)]
        return f"Ask without it, or for a team: {', '.join(known)}"

    def _is_asked_for(self, start: int, end: int) -> bool:
        """Whether these words stand where an action would."""
        around = {t.text for t in self.tokens[max(start - 1, 0) : start] + self.tokens[end : end + 1]}
        return not (self.terms or self.without) or bool(around & {"and", "or", ",", "plus"})

    def _no_action(self, said: str) -> LabelError:
        return self.sport.unknown(said)

    # --- the query ----------------------------------------------------------------------------------------

    def _query(self) -> EventQuery:
        terms = _distinct(self.terms, self.notes)
        if self.negative and not self.without:
            raise QuestionError("what is to be left out is not understood", _EXAMPLES)
        if terms and self.without:
            terms = _subtract(terms, self.without)
        bounded = not self.times.is_whole or self.min_score is not None or self.teams
        asked = self.everything or self.without or self.judged or (bounded and self.order is None)
        if not terms and not asked:
            raise QuestionError("the question names no action", self._actions())
        if not terms and (self.best or self.judged) and "highlights" in self.sport.words:
            terms = [self.lexicon.terms["highlights"]]
        elif self.judged and terms and all(term.singular != "highlight" for term in terms):
            self.notes.append(f'which are "{self.judged[0]}" is not judged')
        if self.best:
            self.notes.append(_NO_JUDGEMENT)
        if self.order is not None and grammar.EACH.search(self.text):
            raise QuestionError("one for each half or team cannot be asked for at once", "Ask one at a time")
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


def _score(text: str) -> float:
    """0.8, 80% and 80 are all 0.8."""
    value = float(text.rstrip("%"))
    if text.endswith("%") or value >= 10:
        value /= 100
    if not 0.0 <= value <= 1.0:
        raise QuestionError(f"a score is from 0 to 1 or from 0% to 100%, not {text}", 'Write for example "0.8"')
    return value


def _shortened(text: str, length: int = 40) -> str:
    return text if len(text) <= length else text[: length - 1].rstrip() + "…"
