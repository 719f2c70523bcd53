"""How far a figure would move with other examples: bootstrap intervals, by example or by group.

Percentile intervals (Efron 1979): examples are drawn with replacement, as many as there are, and the figure
taken again. Clips of one video resemble each other, so drawing whole videos (``groups``) gives wider, more
honest intervals for "what will it do on another game" (a cluster bootstrap: Field and Welsh, JRSS B 2007).
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from matchcut.errors import ValidationError


@dataclass(frozen=True, slots=True)
class Interval:
    """A figure and the range in which ``level`` of the draws lie."""

    value: float
    low: float
    high: float
    level: float
    rounds: int

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        return {name: getattr(self, name) for name in self.__dataclass_fields__}

    def __str__(self) -> str:
        return f"{self.value:.3f} [{self.low:.3f}, {self.high:.3f}]"


def bootstrap(
    figure: Callable[[NDArray[np.int64]], float],
    examples: int,
    groups: Sequence[Hashable] | None = None,
    *,
    rounds: int = 1000,
    level: float = 0.95,
    seed: int = 0,
) -> Interval:
    """The interval of a figure.

    Args:
        figure: from the places of examples (with repeats), shape (N,), to the figure. To compare two models,
        give
            the difference of their figures: the draws are then paired.
        examples: how many there are.
        groups: each example's group, to draw whole groups; None draws single examples.
        rounds: how many draws.
        level: the share of draws inside.
        seed: of the draws.

    >>> right = np.array([1, 1, 1, 0] * 25)
    >>> print(bootstrap(lambda drawn: right[drawn].mean(), 100))
    0.750 [0.660, 0.830]

    Raises:
        ValidationError: there is no example, groups are of another length, or a number is out of its range.
    """
    if examples < 1 or rounds < 1 or not 0 < level < 1:
        raise ValidationError(
            f"a bootstrap needs examples, rounds and a level in (0, 1), not {examples}, {rounds}, {level}",
            "Correct them",
        )
    if groups is not None and len(groups) != examples:
        raise ValidationError(f"{examples} examples but {len(groups)} groups", "Give one group an example")
    rng = np.random.default_rng(seed)
    everything = np.arange(examples, dtype=np.int64)
    if groups is None:
        draws = (rng.integers(0, examples, examples) for _ in range(rounds))
    else:
        places: dict[Hashable, list[int]] = {}
        for place, group in enumerate(groups):
            places.setdefault(group, []).append(place)
        members = [np.array(found, dtype=np.int64) for found in places.values()]
        draws = (
            np.concatenate([members[i] for i in rng.integers(0, len(members), len(members))])
            for _ in range(rounds)
        )
    values = np.array([figure(drawn) for drawn in draws])
    low, high = np.quantile(values, [(1 - level) / 2, (1 + level) / 2])
    return Interval(float(figure(everything)), float(low), float(high), level, rounds)
