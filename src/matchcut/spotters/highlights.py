"""The moments worth watching, by how they sound and what is shown after them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from matchcut.clock import MatchClock
from matchcut.events import Event, Evidence
from matchcut.observe.excitement import ExcitingMoment
from matchcut.observe.goals import when
from matchcut.sport import HIGHLIGHT, Sport
from matchcut.spotters.board import outside
from matchcut.spotters.crowd import Crowd
from matchcut.spotters.views import Replay, Views
from matchcut.spotters.weighing import logistic

SOURCE = "excitement"
"""Names the evidence that a highlight leaves in the event that it is."""


@dataclass(frozen=True)
class HighlightSettings:
    """How exciting a moment is: weights of a logistic sum, judged on one real broadcast and kept simple.

    Attributes:
        even_db: a rise of the sound by so much, and nothing else known, is exciting with probability `even`.
        even: see there, as log-odds.
        per_db: each dB more.
        replay: a replay is shown after it.
        no_replay: none is, in a recording in which replays are known.
        close: close-ups follow.
        least_db: smaller rises are none.
        least: the lowest score that is given.
        every_s: at most one moment in so many seconds of recording on average, the most exciting ones.
        celebrated_s: what is loud so long after an event without play between belongs to it.
    """

    even_db: float = 3.0
    even: float = -1.0
    per_db: float = 0.6
    replay: float = 1.2
    no_replay: float = -0.3
    close: float = 0.4
    least_db: float = 2.0
    least: float = 0.5
    every_s: float = 90.0
    celebrated_s: float = 75.0


def highlights(
    crowd: Crowd | None,
    views: Views | None,
    clock: MatchClock | None,
    of: Sport,
    duration: float,
    settings: HighlightSettings = HighlightSettings(),
) -> list[Event]:
    """The exciting moments of a recording, the most exciting first.

    Moments within replays are left out (they happened before), and so are those that the match clock says lie
    outside of play.
    """
    found: list[Event] = []
    loud = [
        moment
        for moment in (crowd.moments if crowd else ())
        if moment.rise_db >= settings.least_db
        and not outside(moment.time, clock)
        and not (views and views.within_replay(moment.time))
    ]
    # A replay shows the loudest of what came before it.
    shown: dict[Replay, float] = {}
    for moment in loud:
        replay = views.replay_after(moment.time) if views else None
        if replay is not None:
            shown.setdefault(replay, moment.time)
    again = {time: replay for replay, time in shown.items()}
    for moment in loud:
        found.append(_highlight(moment.time, moment, crowd, again.get(moment.time), views, clock, of, settings))
    for replay in views.replays if views else ():
        time = shown_again(replay, views)
        if replay not in shown and not outside(time, clock):
            found.append(_highlight(time, None, crowd, replay, views, clock, of, settings))
    found = [event for event in found if (event.score or 0.0) >= settings.least]
    found.sort(key=lambda event: (-(event.score or 0.0), event.time))
    return found[: max(1, round(duration / settings.every_s))]


def joined(
    found: Sequence[Event],
    named: Sequence[Event],
    views: Views | None,
    labels: frozenset[str],
    settings: HighlightSettings = HighlightSettings(),
) -> list[Event]:
    """All events, each highlight merged into the named event that it is.

    Args:
        found: highlights, the most exciting first.
        named: the other events.
        views: the shots, which tell whether play went on between two moments.
        labels: what can be exciting by itself; a highlight beside other events stays.
        settings: how long an event is celebrated.
    """
    events = list(named)
    alone: list[Event] = []
    for place, highlight in enumerate(found, 1):
        at = _explains(highlight, events, views, labels, settings)
        if at is None:
            if not any(_same(highlight, other, views, settings) for other in alone):
                alone.append(highlight)
            continue
        event = events[at]
        if any(e.source == SOURCE for e in event.evidence):
            continue  # the same cheering, later on
        stated = {e.source for e in event.evidence if not e.against}
        more = tuple(e for e in highlight.evidence if e.source not in stated)
        rank = Evidence(SOURCE, f"number {place} of {len(found)} exciting moments", highlight.score)
        events[at] = replace(event, evidence=(*event.evidence, *more, rank))
    return [*events, *alone]


def _explains(
    highlight: Event,
    events: Sequence[Event],
    views: Views | None,
    labels: frozenset[str],
    settings: HighlightSettings,
) -> int | None:
    """The place of the named event that a highlight is; None if there is none."""
    fitting = [
        (-(event.score or 1.0), abs(event.time - highlight.time), place)
        for place, event in enumerate(events)
        if event.label in labels
        and (
            event.start - 2 <= highlight.time <= event.end + 2
            or (event.label == "Goal" and _same(highlight, event, views, settings))
        )
    ]
    return min(fitting)[2] if fitting else None


def _same(highlight: Event, event: Event, views: Views | None, settings: HighlightSettings) -> bool:
    """Whether a highlight is still the cheering for an event: no play was shown between the two."""
    if views is None or not views.knows_play:
        return False
    after = highlight.time - event.time
    going_on = any(end > event.time + 8 and start < highlight.time - 3 for start, end in views.play)
    return 0 <= after <= settings.celebrated_s and not going_on


def shown_again(replay: Replay, views: Views | None) -> float:
    """When that happened which a replay shows: at the end of the last play before it."""
    play = views.play if views else []
    ended = [end for _, end in play if replay.start - 40 < end <= replay.start + 1]
    return max(ended[-1] - 3.0 if ended else replay.start - 12.0, 0.0)


def _highlight(
    time: float,
    moment: ExcitingMoment | None,
    crowd: Crowd | None,
    replay: Replay | None,
    views: Views | None,
    clock: MatchClock | None,
    of: Sport,
    settings: HighlightSettings,
) -> Event:
    odds = settings.even
    evidence: list[Evidence] = []
    if moment is not None and crowd is not None:
        odds += settings.per_db * (moment.rise_db - settings.even_db)
        loud = _loudness(crowd, moment)
        detail = f"crowd {moment.crowd_db:+.0f} dB, loudness {loud:+.0f} dB at {when(moment.time, clock)}"
        evidence.append(Evidence("sound", detail))
    elif crowd is not None:
        odds += settings.per_db * (min(crowd.top(time - 5, time + 8), settings.even_db) - settings.even_db)
    seen = []
    if replay is not None:
        odds += settings.replay * replay.sure
        seen.append(f"replay at {when(replay.start, clock)}")
    elif views is not None and views.replays:
        odds += settings.no_replay
    if views is not None and views.knows_play and views.close_share(time + 1, time + 16) >= 0.6:
        odds += settings.close
        seen.append("close-ups after it")
    if seen:
        evidence.append(Evidence("shots", ", ".join(seen)))
    score = round(logistic(odds), 3)
    return Event.around(HIGHLIGHT.name, round(time, 3), of, score=score, evidence=tuple(evidence))


def _loudness(crowd: Crowd, moment: ExcitingMoment) -> float:
    """How far the whole is above its usual loudness around the moment, in dB."""
    rate = crowd.sound.rate
    at = round(moment.time * rate)
    rise = crowd.loud[max(0, at - round(2 * rate)) : at + round(2 * rate) + 1]
    return float(np.mean(rise)) if len(rise) else 0.0
