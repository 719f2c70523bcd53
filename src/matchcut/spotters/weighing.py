"""How much it counts that a source saw or heard something, or should have and did not.

Every observation is a likelihood ratio: how much oftener it is made where the event happened than where
somebody only believes that it did. Their logarithms are added to the log-odds of the probability that the event
had before (Bayes' rule for sources that are independent given the event).
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

from matchcut.events import Evidence

_SUREST = 1 - 1e-6


@dataclass(frozen=True, slots=True)
class Statement:
    """What one source says of one claimed event.

    Attributes:
        source: "scoreboard", "sound", "shots", "commentary".
        detail: what was observed, for a person to read.
        weight: natural logarithm of its likelihood ratio; below 0 it speaks against the event.
        score: the source's own probability, if it gives one.
        judged: its weight was judged by a person, not measured: such weights together are kept within bounds.
    """

    source: str
    detail: str
    weight: float
    score: float | None = None
    judged: bool = True

    @property
    def evidence(self) -> Evidence:
        """The same as an event keeps it."""
        return Evidence(self.source, self.detail, self.score, against=self.weight < 0)


@dataclass(frozen=True, slots=True)
class Rates:
    """How often an observation is made.

    Attributes:
        hit: where there is such an event, in (0, 1).
        stray: where there is none though somebody says so, in (0, 1).
    """

    hit: float
    stray: float

    @property
    def made(self) -> float:
        """The weight of the observation: 0 or more only where it fits the event."""
        return math.log(self.hit / self.stray)

    @property
    def missing(self) -> float:
        """The weight of looking for it and not finding it."""
        return math.log((1 - self.hit) / (1 - self.stray))

    def within(self, usual: float) -> Rates:
        """The same in a recording in which the observation is made at the share ``usual`` of all moments.

        Where it is made all the time, it tells nothing.

        >>> round(Rates(0.6, 0.2).within(0.0).made, 2), Rates(0.6, 0.2).within(0.9).made
        (1.1, 0.0)
        """
        stray = usual + (1 - usual) * self.stray
        return Rates(self.hit, min(stray, self.hit))


def log_odds(probability: float) -> float:
    """``ln(p / (1 - p))`` of a probability above 0; nothing is surer than a million to one."""
    p = min(probability, _SUREST)
    return math.log(p / (1 - p))


def logistic(odds: float) -> float:
    """The probability of log-odds."""
    return 1 / (1 + math.exp(-odds)) if odds >= 0 else 1 - 1 / (1 + math.exp(odds))


def fused(score: float, statements: Iterable[Statement], most_support: float, most_doubt: float) -> float:
    """The probability of an event after all that was said of it; the order of the statements does not matter.

    Args:
        score: its probability before.
        statements: what was said.
        most_support, most_doubt: how far all judged statements for, and against, can move its log-odds
            together; both above 0.

    >>> fused(0.4, [], 2, 2)
    0.4
    >>> heard = Statement("sound", "crowd +9 dB", 1.1)
    >>> round(fused(0.4, [heard], 2, 2), 2), round(fused(0.4, [heard] * 50, 2, 2), 2)
    (0.67, 0.83)
    """
    said = list(statements)
    if not said or score <= 0:
        return score
    support = math.fsum(s.weight for s in said if s.judged and s.weight > 0)
    doubt = math.fsum(s.weight for s in said if s.judged and s.weight < 0)
    measured = math.fsum(s.weight for s in said if not s.judged)
    return logistic(log_odds(score) + min(support, most_support) + max(doubt, -most_doubt) + measured)
