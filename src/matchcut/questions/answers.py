"""From a query to the moments that it means, and to sentences."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from matchcut.clock import format_time, format_window
from matchcut.errors import QuestionError
from matchcut.events import Event, EventLog
from matchcut.questions.query import EventQuery, describe_place
from matchcut.questions.teams import by_team, sides
from matchcut.questions.timerange import CLOCK_REMEDY, describe_coverage
from matchcut.text import one_line

LISTED = 20
"""How many windows an answer to "how many" names before it says how many more there are."""
DOUBTFUL = 0.5
"""Events that score less are said to be doubtful."""
_SAME_S = 5.0
"""Two moments so near, found as two kinds of the thing asked for, are one."""


@dataclass(frozen=True)
class Answer:
    """An answer: sentences, and the events that they rest on.

    Attributes:
        text: what to print.
        query: how the question was understood.
        events: the events named, in the order named; all of them are in the log.
        windows: each event's window as the text writes it: ``(36:09, 36:24)``.
    """

    text: str
    query: EventQuery
    events: tuple[Event, ...]
    windows: tuple[str, ...]

    def __str__(self) -> str:
        return self.text

    def to_json(self) -> dict[str, Any]:
        """Plain values for JSON; times in recording seconds, windows as the text writes them."""
        return {
            "understood": self.query.describe(),
            "query": self.query.to_json(),
            "text": self.text,
            "events": [
                {
                    "label": event.label,
                    "time": event.time,
                    "start": event.start,
                    "end": event.end,
                    "score": event.score,
                    "window": window,
                    **_known(event),
                }
                for event, window in zip(self.events, self.windows, strict=True)
            ],
        }


def _known(event: Event) -> dict[str, Any]:
    """An event's team and evidence as plain values, where there are any."""
    known: dict[str, Any] = {} if event.team is None else {"team": event.team}
    if event.evidence:
        known["evidence"] = [
            {"source": e.source, "detail": e.detail, "score": e.score, "against": e.against}
            for e in event.evidence
        ]
    return known


def select(log: EventLog, query: EventQuery) -> tuple[Event, ...]:
    """The events of the log that the query means, in time order ("surest": by score, highest first).

    Raises:
        QuestionError: only the match clock, or the teams, could tell, and the log does not have them.
    """
    found = _matching(log, query)
    if query.order is None:
        return found
    count = len(found) if query.count is None else query.count
    if query.order == "last":
        end = len(found) - query.skip
        return found[max(end - count, 0) : max(end, 0)]
    if query.order == "surest":
        found = tuple(sorted(found, key=lambda event: (-_rank(event, query), event.time)))
    return found[query.skip : query.skip + count]


def answer(log: EventLog, query: EventQuery) -> Answer:
    """The answer to a query; see `select` for what it rests on.

    Raises:
        QuestionError: only the match clock, or the teams, could tell, and the log does not have them.
    """
    events = select(log, query)
    clock = log.recording.clock
    windows = tuple(format_window(e.start, e.end, clock, e.time) for e in events)
    if not events:
        text = _none_found(log, query)
    elif query.asks == "count":
        text = _count(log, query, events, windows)
    else:
        lines = [
            f"{_an(_singular(log, query, event))}{_whose(event)} occurs at {window}."
            for event, window in zip(events, windows, strict=True)
        ]
        if query.asks == "whether":
            lines[0] = f"Yes. {lines[0]}"
        if query.why:
            lines = ["\n".join((line, *_reasons(e))) for line, e in zip(lines, events, strict=True)]
        text = "\n".join(lines)
    return Answer("\n".join((text, *_notes(log, query, events))), query, events, windows)


def _end_s(log: EventLog) -> float:
    """Where the recording ends; where nobody knows, the end of its last event."""
    duration = log.recording.duration
    return max((event.end for event in log), default=0.0) if duration is None else duration


def _score(event: Event) -> float:
    return 1.0 if event.score is None else event.score


def _rank(event: Event, query: EventQuery) -> float:
    """What "surest" orders by: the score; of highlights how exciting they are, if they are not always."""
    own, thrill = _score(event), _thrill(event)
    if thrill is None or not _asks_for_highlights(query):
        return own
    usual = {label for term in query.terms if term.singular == "highlight" for label in term.labels}
    return max(own, thrill) if event.label in usual else thrill


def _thrill(event: Event) -> float | None:
    """How exciting a named event was, where sound and shots say so."""
    return next((e.score for e in event.evidence if e.source == "excitement"), None)


def _asks_for_highlights(query: EventQuery) -> bool:
    return any(term.singular == "highlight" for term in query.terms)


def _whose(event: Event) -> str:
    """`` by GER``: a goal's team, where it is known."""
    return f" {by_team(one_line(event.team))}" if event.label == "Goal" and event.team else ""


def _reasons(event: Event) -> list[str]:
    """What an event rests on, a line each; what speaks against it first."""
    lines = []
    for e in sorted(event.evidence, key=lambda e: not e.against):
        sure = "" if e.score is None else f" ({e.score:.2f})"
        lines.append(f"  {'against it, ' * e.against}{e.source}{sure}: {one_line(e.detail)}")
    return lines or ["  The log does not say what it rests on."]


def _matching(log: EventLog, query: EventQuery) -> tuple[Event, ...]:
    """Everything that the query means, before its order and count."""
    if query.times.needs_clock:
        # Said even where the log has no such event at all.
        query.times.holds(0.0, log.recording, 0.0)
    wanted = {label for term in query.terms for label in term.labels} or set(log.sport.all_names)
    wanted -= {label for term in query.without for label in term.labels}
    exciting = _asks_for_highlights(query) and not query.without
    found = [
        event
        for event in log
        if (event.label in wanted or (exciting and _thrill(event) is not None))
        and (query.min_score is None or _score(event) >= query.min_score)
        and query.times.holds(event.time, log.recording, _end_s(log))
    ]
    if query.teams and found:
        if not any(event.team for event in found):
            raise QuestionError(
                f"the log of {log.recording.name} does not say which team it was", "Ask without the team"
            )
        teams = sides(query.teams, log.recording.teams)
        known = {event.team for event in log if event.team}
        if not known & {"home", "away"} and teams <= {"home", "away"}:
            raise QuestionError(
                f"which of {', '.join(sorted(known))} is the {' or '.join(sorted(teams))} team is not known",
                "Ask for the team by its name",
            )
        found = [event for event in found if event.team and event.team.casefold() in teams]
    return tuple(event for event in found if not _told_better(event, found, query))


def _told_better(event: Event, found: Sequence[Event], query: EventQuery) -> bool:
    """Whether the same moment is found under another name of the same thing, and surer: one free-kick that may
    be direct or indirect is one free-kick. What a person labelled is never taken for the same."""
    if event.score is None:
        return False
    rank = (event.score, -event.time, event.label)
    for term in query.terms:
        if term.note or term.singular == "highlight" or event.label not in term.labels:
            continue
        for other in found:
            if other.label == event.label or other.label not in term.labels or other.score is None:
                continue
            near = abs(other.time - event.time) <= _SAME_S
            if near and (other.score, -other.time, other.label) > rank:
                return True
    return False


def _singular(log: EventLog, query: EventQuery, event: Event) -> str:
    """The word for an event: the one asked for, unless it would claim more than the label tells."""
    for term in query.terms:
        if event.label in term.labels and not term.note and term.singular != "highlight":
            return term.singular
    return log.sport.label(event.label).singular


def _nouns(log: EventLog, query: EventQuery, plural: bool) -> list[str]:
    """The words for what was asked, singular or plural."""
    nouns = []
    for term in query.terms:
        if term.note:
            labels = (log.sport.label(name) for name in term.labels)
            nouns += [label.plural if plural else label.singular for label in labels]
        else:
            nouns.append(term.plural if plural else term.singular)
    return list(dict.fromkeys(nouns)) or ["events" if plural else "event"]


def _count(log: EventLog, query: EventQuery, events: Sequence[Event], windows: Sequence[str]) -> str:
    """``There are 3 corners: (02:11, 02:26), …``."""
    one = len(events) == 1
    noun = (
        _singular(log, query, events[0]) if one and query.terms else _list(_nouns(log, query, not one), "and")
    )
    named = ", ".join(windows[:LISTED])
    more = f" and {len(windows) - LISTED} more" if len(windows) > LISTED else ""
    return f"There {'is 1' if one else f'are {len(events)}'} {noun}: {named}{more}."


def _none_found(log: EventLog, query: EventQuery) -> str:
    """``No free-kick was found in the second half.``, with what there is of the match."""
    noun = _list(_nouns(log, query, plural=False), "or")
    if query.order is not None and query.skip:
        found = len(_matching(log, query))
        if found:
            have = f"there {'is' if found == 1 else 'are'} only {found}"
            place = describe_place(query.order, query.skip).removeprefix("the ")
            return f"No {place} {noun} was found in {query.times.describe()}: {have}."
    where = query.times.describe()
    if not re.match(r"the|stoppage|normal|extra|everything", where):
        where = f"the time {where}"
    if query.times.on == "match" or log.recording.clock is None:
        covered = describe_coverage(log.recording, _end_s(log))
    else:
        covered = f"00:00 to {format_time(_end_s(log))}"
    whose = f" {_list([by_team(team) for team in query.teams], 'or')}" if query.teams else ""
    text = f"No {noun}{whose} was found in {where}"
    if query.min_score is not None:
        text += f" with a score of {query.min_score:.2f} or more"
    return f"{text} ({log.recording.name} has {covered})."


def _notes(log: EventLog, query: EventQuery, events: Sequence[Event]) -> list[str]:
    """What the reader must know besides."""
    notes = [
        f"Note: {note}." for note in dict.fromkeys((*query.notes, *(t.note for t in query.terms if t.note)))
    ]
    times, clock = query.times, log.recording.clock
    if not times.is_whole and times.on == "match" and clock is None:
        notes.append(
            f"Note: times are by the recording, since the match clock of {log.recording.name} is not known. "
            f"{CLOCK_REMEDY}."
        )
    if query.count is not None and 0 < len(events) < query.count:
        notes.append(f"Note: only {len(events)} of the {query.count} asked for were found.")
    doubtful = sum(event.score is not None and event.score < DOUBTFUL for event in events)
    if doubtful:
        notes.append(
            f"Note: {doubtful} of these score{'s' if doubtful == 1 else ''} below {DOUBTFUL}; "
            'add "that you are sure of" to leave doubtful ones out.'
        )
    return notes


def _an(noun: str) -> str:
    """The noun with its article, at the start of a sentence.

    >>> _an("offside"), _an("corner"), _an("own goal"), _an("extra-base hit")
    ('An offside', 'A corner', 'An own goal', 'An extra-base hit')
    """
    return f"An {noun}" if noun[:1] in "aeiou" else f"A {noun}"


def _list(words: Sequence[str], joining: str) -> str:
    """``goals, corners and fouls``."""
    if len(words) == 1:
        return words[0]
    return f"{', '.join(words[:-1])} {joining} {words[-1]}"
