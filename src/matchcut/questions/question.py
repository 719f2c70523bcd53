"""A question in everyday English, understood.

No model: the words are read from left to right, and at each place the first of these that fits is taken: a
time (`times`), a score, an action of the sport (`lexicon`), a place in the order, a team, a word that changes
nothing (`grammar`). A word that is none of these might change the meaning, so it is an error, and never
passed over.
"""

from __future__ import annotations

import re
from collections.abc import Collection

from matchcut.errors import MatchcutError, QuestionError
from matchcut.questions import grammar
from matchcut.questions.findings import EXAMPLES, Findings
from matchcut.questions.leftover import refuse_unknown
from matchcut.questions.lexicon import lexicon
from matchcut.questions.mending import mended
from matchcut.questions.query import EventQuery, Order
from matchcut.questions.teams import named
from matchcut.questions.timerange import merge
from matchcut.questions.times import find_time
from matchcut.questions.words import Token, cut, tokenise
from matchcut.sport import Sport


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
    tokens, notes = mended(cut(question), sport)
    reading = _Reading(tokens, sport, tuple(teams), question.isupper(), notes)
    try:
        return reading.read()
    except MatchcutError:
        raise
    except (OverflowError, ValueError) as error:
        raise QuestionError(f"a number in the question cannot be used: {error}", EXAMPLES) from error


class _Reading(Findings):
    """A question being read: the place, and what was found so far."""

    def __init__(
        self, tokens: list[Token], sport: Sport, teams: tuple[str, ...], shouting: bool, notes: list[str]
    ) -> None:
        super().__init__(sport, notes)
        self.tokens = tokens
        self.team_names = teams
        self.shouting = shouting
        self.at = 0
        self.unknown: list[tuple[int, int]] = []
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
            self._why,
            self._phrase,
            self._time,
            self._score,
            self._exception,
            self._counting,
            self._action,
            self._order,
            self._team,
            self._filler,
            self._other_name,
        )
        while self.at < len(self.tokens):
            before = self.at
            if not any(step() for step in steps):
                self._pass_over()
            if self.at == before:  # pragma: no cover - every step that succeeds moves on
                raise AssertionError(f"no progress at {self.text!r}")
        self._refuse_unknown()
        if self.order is not None and grammar.EACH.search(self.text):
            raise QuestionError("one for each half or team cannot be asked for at once", "Ask one at a time")
        return self.query()

    def _refuse_unknown(self) -> None:
        refuse_unknown(self.tokens, self.unknown, self, self.team_names, self.shouting)

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
                self.set_min_score(_score(match[1]))
                return True
        match = self._take(grammar.SUREST)
        if match is not None:
            self.set_order("surest", 0, int(match[1] or match[2] or 1))
            return True
        for pattern, floor in grammar.SURENESS:
            if self._take(pattern):
                self.set_min_score(floor)
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
            if self.unknown and self.terms and not self.joined:
                self._refuse_unknown()
            self.add(term)
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
            self.set_order("surest", 0, int(match[1] or match[2] or match[3]))
            return True
        match = self._take(grammar.MOST)
        if match is not None:
            self.best = True
            self.set_order("surest", 0, 1 if match[1] else None)
            return True
        match = self._take(grammar.LAST_BUT)
        if match is not None:
            skip = int(match[1]) if match[1] else int(match[2]) - 1 if match[2] else 1
            self.set_order("last", skip, 1)
            return True
        match = self._take(grammar.PLACES)
        if match is not None:
            start, end = int(match[1]), int(match[2])
            if end != start + 1 and " to " not in match[0] and "through" not in match[0]:
                raise QuestionError(
                    "places that do not follow each other cannot be asked for at once", EXAMPLES
                )
            self.set_order("first", start - 1, end - start + 1)
            return True
        match = self._take(grammar.N_LAST)
        if match is not None:
            early = match[2] in ("1st", "earliest", "opening")
            self.set_order("first" if early else "last", 0, int(match[1]))
            return True
        kinds: tuple[tuple[Order, re.Pattern[str]], ...] = (("first", grammar.FIRST), ("last", grammar.LAST))
        for kind, pattern in kinds:
            match = self._take(pattern)
            if match is not None:
                self.set_order(kind, 0, int(match[1] or 1))
                return True
        match = self._take(grammar.PLACE)
        if match is not None:
            self.set_order("first", int(match[1] or match[2]) - 1, 1)
            return True
        match = self._take(grammar.CARDINAL)
        if match is not None:
            number = int(match[1])
            # "goal 2" is the second goal; "2 goals" are the first two.
            self.set_order("first", *((number - 1, 1) if after_term else (0, number)))
            return True
        return False

    def _team(self) -> bool:
        for pattern, team in ((grammar.HOME, "home"), (grammar.AWAY, "away")):
            if self._take(pattern):
                self.add_team(team)
                return True
        for name in self.team_names:
            words = " ".join(token.text for token in tokenise(name)) if name.strip() else ""
            if words and self._take(re.compile(rf"(?:(?:by|for|from|of) )?(?:the )?{re.escape(words)}(?= |$)")):
                self.add_team(name)
                return True
        return False

    def _other_name(self) -> bool:
        """A team by another name than the log's: "Germany" where the board writes GER."""
        match = self._match(grammar.LEADING)
        at = self.at + (match[0].count(" ") if match else 0)
        lead = at > 0 and self.tokens[at - 1].text in ("by", "for", "of", "from", "the")
        for end in range(min(at + 3, len(self.tokens)), at, -1):
            run = self.tokens[at:end]
            # Written like a name, or the one word after "by".
            if not all(token.is_capital or token.possessive for token in run) and not (lead and len(run) == 1):
                continue
            said = " ".join(re.sub("'[sS]$", "", token.raw) for token in run)
            team = named(said, self.team_names)
            if team is not None:
                self.notes.append(f'"{said}" is taken for {team}')
                self.add_team(team)
                self.at = end
                return True
        return False

    def _why(self) -> bool:
        if not self._take(grammar.WHY):
            return False
        self.why = True
        return True

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


def _score(text: str) -> float:
    """0.8, 80% and 80 are all 0.8."""
    value = float(text.rstrip("%"))
    if text.endswith("%") or value >= 10:
        value /= 100
    if not 0.0 <= value <= 1.0:
        raise QuestionError(f"a score is from 0 to 1 or from 0% to 100%, not {text}", 'Write for example "0.8"')
    return value
