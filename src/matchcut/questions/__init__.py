"""Questions in everyday English, and their answers.

>>> from matchcut.events import Event, EventLog
>>> from matchcut.recording import Recording
>>> from matchcut.sport import soccer
>>> log = EventLog([Event("Direct free-kick", 2174, 2169, 2184)], Recording("final.mp4", soccer), "a person")
>>> print(ask(log, "Give me all the highlights of free-kicks"))
A free-kick occurs at (36:09, 36:24).
"""

from __future__ import annotations

from matchcut.events import EventLog
from matchcut.questions.answers import Answer, answer, select
from matchcut.questions.query import EventQuery, Term
from matchcut.questions.question import parse
from matchcut.questions.timerange import TimeRange

__all__ = ["Answer", "EventQuery", "Term", "TimeRange", "answer", "ask", "parse", "select", "understand"]


def understand(log: EventLog, question: str) -> EventQuery:
    """What a question about this log means; the teams that its events name may be asked for.

    Raises:
        LabelError: it asks for an action that the sport does not have; the message lists the nearest.
        QuestionError: it could not be understood.
    """
    teams = {event.team for event in log if event.team} | set(log.recording.teams)
    return parse(question, log.sport, sorted(teams - {"home", "away", ""}, key=lambda name: (-len(name), name)))


def ask(log: EventLog, question: str) -> Answer:
    """The answer to a question in everyday English; see `understand` and `answer`.

    Raises:
        LabelError: it asks for an action that the sport does not have; the message lists the nearest.
        QuestionError: it could not be understood, or only a match clock that nobody knows could tell.
    """
    return answer(log, understand(log, question))
