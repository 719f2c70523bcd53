"""Where the parts of a scoreboard stand."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from matchcut.observe.boxes import Box


@dataclass(frozen=True, slots=True)
class Layout:
    """Where the parts of one scoreboard stand, in pixels of the frames that it was learnt from.

    Attributes:
        clock: the box of the clock; None on a board without one.
        step_s: what one step of the clock is worth: 1, or 60 where it shows minutes alone.
        direction: 1 for a clock that counts up, -1 down.
        score: one box that holds both numbers, or two with one each; empty where none was found.
        period: where the board names the period; None if it does not.
        beside: for each box of the score 1 or -1 where it holds a name too and the number stands right or left
            of it, else 0.
        teams: the names beside the score, home (left or above) first; "" where unknown.
        region: the whole board with some air around it.
        offset_s: recording second at which the clock would show 0, by the sample.
        seen: on how many sampled frames.
    """

    clock: Box | None
    step_s: float
    direction: int
    score: tuple[Box, ...]
    teams: tuple[str, str]
    region: Box
    offset_s: float = 0.0
    seen: int = 0
    beside: tuple[int, ...] = ()
    period: Box | None = None

    def to_json(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return {
            "clock": None if self.clock is None else self.clock.to_json(),
            "step_s": self.step_s,
            "direction": self.direction,
            "score": [box.to_json() for box in self.score],
            "teams": list(self.teams),
            "region": self.region.to_json(),
            "offset_s": self.offset_s,
            "seen": self.seen,
            "beside": list(self.beside),
            "period": None if self.period is None else self.period.to_json(),
        }

    @classmethod
    def from_json(cls, value: Any) -> Layout:
        """The layout that `to_json` wrote."""
        return cls(
            None if value["clock"] is None else Box(*value["clock"]),
            float(value["step_s"]),
            int(value["direction"]),
            tuple(Box(*box) for box in value["score"]),
            (str(value["teams"][0]), str(value["teams"][1])),
            Box(*value["region"]),
            float(value["offset_s"]),
            int(value["seen"]),
            tuple(int(side) for side in value["beside"]),
            None if value.get("period") is None else Box(*value["period"]),
        )
