"""What the report says beside an event: who found it, what was observed, what was said around it."""

from __future__ import annotations

from collections.abc import Callable

from matchcut.events import Event, Evidence
from matchcut.export.markup import Markup, element, one_line
from matchcut.transcript import Transcript

SAID_LIMIT = 240
"""How many characters of what was said around an event are quoted."""
DETAIL_LIMIT = 400
"""How many characters of one observation are shown."""


def words(event: Event, said: str) -> list[Markup]:
    """The paragraphs for one event; an observation that is part of what was said is set off within it.

    Args:
        event: whose evidence to show; what speaks against it says so.
        said: what was said while its window lasted, empty if nobody knows.
    """
    quoted = [e for e in event.evidence if one_line(e.detail) and one_line(e.detail) in said and not e.against]
    apart = [e for e in event.evidence if e not in quoted]
    lines = [_observation(e) for e in sorted(apart, key=lambda e: e.against)]
    if said:
        tags = [part for e in quoted for part in (_source(e), Markup(" "))]
        quote = element("bdi", None, "“", *_set_off(said, [one_line(e.detail) for e in quoted]), "”")
        lines.append(element("p", {"class": "said"}, *tags, quote))
    return lines


def speech(transcript: Transcript | None) -> Callable[[Event], str]:
    """A function that quotes what was said while an event's window lasted, if long then around its moment."""
    if transcript is None:
        return lambda event: ""

    def said(event: Event) -> str:
        return one_line(transcript.quote(event.start, event.end, event.time, SAID_LIMIT), SAID_LIMIT)

    return said


def disputed(event: Event) -> bool:
    """Whether a source speaks against the event."""
    return any(evidence.against for evidence in event.evidence)


def _observation(evidence: Evidence) -> Markup:
    detail = element("bdi", None, one_line(evidence.detail, DETAIL_LIMIT))
    if evidence.against:
        marked = element("b", None, "✗ against:")
        return element("p", {"class": "against"}, marked, " ", _source(evidence), " ", detail)
    return element("p", None, _source(evidence), " ", detail)


def _source(evidence: Evidence) -> Markup:
    sure = "" if evidence.score is None else f" {evidence.score:.0%}"
    kind = "tag against" if evidence.against else "tag"
    return element("bdi", {"class": kind}, one_line(evidence.source, 60) + sure)


def _set_off(text: str, details: list[str]) -> list[str]:
    """The text in pieces, the first place of the first detail in strong type."""
    for detail in details:
        before, found, after = text.partition(detail)
        if found:
            return [before, element("strong", None, found), after]
    return [text]
