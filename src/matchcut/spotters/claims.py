"""What the board and the commentary both tell of one moment becomes one event."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from matchcut.events import Event
from matchcut.observe.goals import when
from matchcut.spotters.board import Board
from matchcut.spotters.heard import Commentary
from matchcut.spotters.numbers import FusionSettings
from matchcut.spotters.weighing import Statement, log_odds

LEAST_OWN = 0.3
"""Events of the board alone are shown from this score on, unless the user says otherwise."""
_KICK_OFF_S = 30.0  # the commentary's kick-off is the clock's if it is so near


@dataclass(frozen=True)
class Claim:
    """An event as its own source claims it.

    Attributes:
        event: with the source's own score and evidence.
        said: what another source says that claims it too, or should have.
        least: the lowest score at which it is shown.
        counted: the sources whose evidence is in the event's score already, beside its own.
    """

    event: Event
    said: tuple[Statement, ...] = ()
    least: float = LEAST_OWN
    counted: frozenset[str] = frozenset()


@dataclass(frozen=True)
class BoardAndVoice:
    """Joins the claims of a board and of a commentary.

    Attributes:
        board: what was read.
        commentary: what was said; None if nothing was.
        settings: what each counts.
    """

    board: Board
    commentary: Commentary | None
    settings: FusionSettings

    def one_each(self, board: Sequence[Claim], spoken: Sequence[Claim]) -> list[Claim]:
        """One claim for each moment.

        Args:
            board: the board's claims, its goals first.
            spoken: the commentary's.
        """
        own = len(self.board.told.goals)
        mine, theirs = list(board), []
        taken: set[int] = set()
        for claim in sorted(spoken, key=lambda c: (-(c.event.score or 0.0), c.event.time)):
            place = self._counterpart(claim.event, mine, own, taken)
            if place is None:
                theirs.append(claim)
                continue
            taken.add(place)
            mine[place] = self._together(mine[place], claim)
        for place in range(own):
            if place not in taken:
                mine[place] = self._unheard(mine[place], place)
        return [*mine, *theirs]

    def _counterpart(self, event: Event, mine: Sequence[Claim], goals: int, taken: Iterable[int]) -> int | None:
        """The place of the board's claim that is of the same moment; None if there is none left."""
        prior = self.settings.prior.get(event.label, 1.0)
        if (event.score or 0.0) <= prior:
            return None
        fitting = []
        for place, claim in enumerate(mine):
            if claim.event.label != event.label or place in taken:
                continue
            start, end = claim.event.time - _KICK_OFF_S, claim.event.time + _KICK_OFF_S
            if place < goals:
                first, last = self.board.window(place)
                start, end = first - self.settings.heard_s[0], last + self.settings.heard_s[1]
            if start <= event.time <= end:
                fitting.append((abs(event.time - claim.event.time), place))
        return min(fitting)[1] if fitting else None

    def _together(self, board: Claim, spoken: Claim) -> Claim:
        """The board's claim and the commentary's of one moment: as likely as both together make it."""
        heard = spoken.event
        sure = heard.score or 0.0
        weight = log_odds(sure) - log_odds(self.settings.prior[heard.label])
        detail = heard.evidence[0].detail if heard.evidence else ""
        said = Statement("commentary", detail, weight, sure, judged=False)
        return replace(board, said=(*board.said, said))

    def _unheard(self, claim: Claim, place: int) -> Claim:
        """A goal on the board of which the commentary says nothing, though it speaks."""
        if self.commentary is None:
            return claim
        start, end = self.board.window(place)
        start, end = start - self.settings.heard_s[0], end + self.settings.heard_s[1]
        near = [e for e in self.commentary.detections if e.label == "Goal" and start <= e.time <= end]
        if near or not self.commentary.speaks(claim.event.time, end):
            return claim
        detail = f"nothing said near {when(claim.event.time, self.board.clock)} sounds like a goal"
        return replace(claim, said=(Statement("commentary", detail, self.settings.unheard, judged=False),))
