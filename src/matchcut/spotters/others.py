"""Further spotters as sources of the fusion: what they claim, and what they say of the claims of others.

Whoever has a `ScoreTrack` and detections can join: a network that looks at the pictures, a language model, a
network over several modalities. `Scored` is what it hands over; `with_others` joins it with the claims that are
there.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np

from matchcut.clock import MatchClock
from matchcut.errors import SettingsError, ValidationError
from matchcut.events import Event, Evidence
from matchcut.observe.goals import when
from matchcut.observe.observed import SENSES
from matchcut.sport import Sport
from matchcut.spotters import commentary
from matchcut.spotters.claims import Claim
from matchcut.spotters.weighing import Statement, log_odds
from matchcut.tracks import ScoreTrack

TAKEN = (commentary.SOURCE, *SENSES)
"""Names of sources that the fusion knows by itself."""

_USUAL = (0.01, 0.5)  # the probability of an event near any moment lies between these
_TELLING = 0.3  # a source is silent on a label only where it is so much above the usual elsewhere


@dataclass(frozen=True)
class Trust:
    """How far a further source is believed. All of it is judged, and modest.

    Attributes:
        calibrated: whether its detections' scores are probabilities that were measured on labelled matches.
        alone: of a source that is not calibrated, no event that rests on it alone is surer than this.
        least: the lowest score at which an event of its own is shown; `Scored.least` can say so by label.
        near_s: a detection so near to another source's event of the same label is of the same moment.
        most: of a source that is not calibrated, the greatest weight of its support, in log-odds.
        doubt: weight of its seeing nothing where another source claims an event; 0 or below.
        silent: "nothing" is less than this share of what it sees at its surest moment of the label.

    Raises:
        SettingsError: a value is out of its range.
    """

    calibrated: bool = False
    alone: float = 0.5
    least: float = 0.3
    near_s: float = 15.0
    most: float = 1.0
    doubt: float = -0.3
    silent: float = 0.2

    def __post_init__(self) -> None:
        shares = all(0 <= value <= 1 for value in (self.alone, self.least, self.silent))
        if not (shares and 0 < self.near_s < 600 and 0 <= self.most < 10 and -10 < self.doubt <= 0):
            raise SettingsError(f"a source's trust is out of its range: {self}", "Correct it")


@dataclass(frozen=True)
class Scored:
    """What one further spotter makes of a recording.

    Attributes:
        track: what it believes over time; its ``source`` names it in evidence, files and reports.
        detections: its moments with its own scores; evidence of its name is added where there is none.
        trust: how far it is believed.
        identity: names the weights behind it, for the log's producer.
        rests_on: the sources that its scores have taken in already ("sound", "commentary"), so that they are
            not counted twice.
        looked: the stretches in seconds that it looked at; None for all.
        least: the lowest score shown, by label, where it differs from the trust's.

    Raises:
        ValidationError: the name is taken or cannot name a file, or a detection has no score.
    """

    track: ScoreTrack
    detections: tuple[Event, ...]
    trust: Trust = Trust()
    identity: str = ""
    rests_on: frozenset[str] = frozenset()
    looked: tuple[tuple[float, float], ...] | None = None
    least: Mapping[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not self.source.isidentifier() or self.source in TAKEN:
            raise ValidationError(
                f"a further source cannot be called {self.source!r}",
                f"Use a plain word other than {', '.join(TAKEN)}",
            )
        if any(event.score is None for event in self.detections):
            raise ValidationError(f"{self.source}: a detection has no score", "Give each a probability")
        told = tuple(self._with_evidence(event) for event in self.detections)
        object.__setattr__(self, "detections", told)

    @property
    def source(self) -> str:
        """Its name."""
        return self.track.source

    def _with_evidence(self, event: Event) -> Event:
        if any(e.source == self.source for e in event.evidence):
            return event
        return replace(event, evidence=(Evidence(self.source, "", event.score), *event.evidence))

    # --- what its scores mean --------------------------------------------------------------------------------

    @cached_property
    def _medians(self) -> Mapping[str, float]:
        rows = self.track.scores
        middle = np.median(rows, axis=0) if len(rows) else np.zeros(rows.shape[1])
        return {label: float(value) for label, value in zip(self.track.labels, middle, strict=True)}

    def lift(self, label: str, score: float) -> float:
        """How far a score is above what the source usually gives the label here, from 0 to 1.

        A source that believes something all the time tells nothing by it.
        """
        usual = self._medians.get(label, 0.0)
        return max(score - usual, 0.0) / (1 - usual) if usual < 1 else 0.0

    def alone(self, event: Event) -> float:
        """How likely one of its detections is if nobody else says anything."""
        score = event.score or 0.0
        return score if self.trust.calibrated else self.trust.alone * self.lift(event.label, score)

    def weight(self, event: Event) -> float:
        """What one of its detections counts for another source's event, in log-odds; 0 or more."""
        score = event.score or 0.0
        if not self.trust.calibrated:
            return self.trust.most * self.lift(event.label, score)
        scores = [e.score or 0.0 for e in self.detections if e.label == event.label]
        usual = usually(sum(scores), self.trust.near_s, self.track.duration)
        return max(log_odds(score) - log_odds(usual), 0.0) if score > 0 else 0.0

    def statement(self, event: Event) -> Statement:
        """One of its detections as support for another source's event."""
        detail = next((e.detail for e in event.evidence if e.source == self.source), "")
        return Statement(self.source, detail, self.weight(event), event.score, judged=not self.trust.calibrated)

    def doubts(self, event: Event, clock: MatchClock | None) -> Statement | None:
        """Its seeing nothing of another source's event, where it looked and sees such events elsewhere."""
        label, near = event.label, self.trust.near_s
        top = max((self.lift(label, e.score or 0.0) for e in self.detections if e.label == label), default=0.0)
        if top < _TELLING or label not in self.track.labels or not self._looked_at(event.time):
            return None
        first = max(round((event.time - near - self.track.start) * self.track.rate), 0)
        last = round((event.time + near - self.track.start) * self.track.rate) + 1
        here = self.track.column(label)[first : max(last, 0)]
        if not len(here) or self.lift(label, float(here.max())) >= self.trust.silent * top:
            return None
        detail = f"nothing near {when(event.time, clock)} looks to it like {label!r}"
        return Statement(self.source, detail, self.trust.doubt)

    def _looked_at(self, time: float) -> bool:
        if self.looked is None:
            return self.track.start <= time <= self.track.start + self.track.duration
        return any(start <= time <= end for start, end in self.looked)


def usually(expected: float, near_s: float, duration: float) -> float:
    """The probability of an event within ``near_s`` of any moment, where so many are expected in all.

    >>> usually(9.0, 15.0, 2700.0)
    0.1
    """
    share = 2 * near_s * expected / duration if duration > 0 else 0.0
    return min(max(share, _USUAL[0]), _USUAL[1])


def with_others(
    claims: Sequence[Claim],
    others: Sequence[Scored],
    of: Sport,
    duration: float,
    *,
    clock: MatchClock | None = None,
    min_score: float | None = None,
) -> list[Claim]:
    """The claims with what further sources say of them, and with the claims of their own.

    One detection supports one claim at most, the nearest; of a claim and a detection of one moment the surer
    is kept, and the other speaks for it.

    Args:
        claims: of the board and the commentary.
        others: each name once.
        of: the sport; detections of other labels are left out.
        duration: the recording's seconds.
        clock: names the moments.
        min_score: the lowest probability shown, instead of the sources' own.

    Raises:
        ValidationError: two sources have one name.
    """
    names = [other.source for other in others]
    if len(set(names)) < len(names):
        raise ValidationError(f"several sources have one name: {', '.join(names)}", "Name each differently")
    found = list(claims)
    for other in others:
        found = _joined(found, other, of, duration, clock, min_score)
    return found


def _joined(
    claims: list[Claim],
    other: Scored,
    of: Sport,
    duration: float,
    clock: MatchClock | None,
    min_score: float | None,
) -> list[Claim]:
    found, own = list(claims), []
    waiting = set(range(len(claims)))
    for event in sorted(other.detections, key=lambda e: (-(e.score or 0.0), e.time)):
        if event.label not in of:
            continue
        near = [
            (abs(found[at].event.time - event.time), at)
            for at in waiting
            if found[at].event.label == event.label
            and abs(found[at].event.time - event.time) <= other.trust.near_s
        ]
        least = other.least.get(event.label, other.trust.least) if min_score is None else min_score
        mine = Claim(replace(event, score=other.alone(event)), least=least, counted=other.rests_on)
        if not near:
            own.append(mine)
            continue
        at = min(near)[1]
        waiting.discard(at)
        found[at] = _one(found[at], mine, event, other, claims, duration)
    for at in sorted(waiting):
        doubt = other.doubts(found[at].event, clock)
        if doubt is not None:
            found[at] = replace(found[at], said=(*found[at].said, doubt))
    return [*found, *own]


def _one(
    held: Claim, mine: Claim, event: Event, other: Scored, claims: Sequence[Claim], duration: float
) -> Claim:
    """The claim that was there and a further source's of one moment."""
    sources = {e.source for e in held.event.evidence}
    shared = bool(sources & other.rests_on)
    if (held.event.score or 0.0) >= (mine.event.score or 0.0):
        if shared:  # what it has heard there already is not counted again
            return held
        return replace(held, said=(*held.said, other.statement(event)))
    if shared:
        event = replace(mine.event, evidence=(*mine.event.evidence, *held.event.evidence))
        return replace(mine, event=event, said=held.said)
    label, score = held.event.label, held.event.score or 0.0
    expected = sum(c.event.score or 0.0 for c in claims if c.event.label == label)
    usual = usually(expected, other.trust.near_s, duration)
    weight = max(log_odds(score) - log_odds(usual), 0.0) if score > 0 else 0.0
    first = held.event.evidence[0] if held.event.evidence else Evidence("", "")
    spoken = Statement(first.source, first.detail, weight, score, judged=False)
    return replace(mine, said=(*held.said, *((spoken,) if first.source else ())))
