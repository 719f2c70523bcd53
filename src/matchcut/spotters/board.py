"""What the scoreboard says of events: goals, kick-offs, and which claims of others it contradicts."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

import numpy as np

from matchcut.clock import REGULAR_S, MatchClock, format_time
from matchcut.events import Event, Evidence
from matchcut.observe.goals import BoardGoals, MomentOf, board_goals, when
from matchcut.observe.match_clock import ClockFit
from matchcut.observe.readings import BoardTrack
from matchcut.observe.score_changes import score_text
from matchcut.sport import HIGHLIGHT, soccer
from matchcut.spotters.numbers import CARDS, FusionSettings
from matchcut.spotters.weighing import Statement, log_odds
from matchcut.tracks import ScoreTrack

SOURCE = "scoreboard"
RATE = 2.0

_BEFORE_S, _AFTER_S = 180.0, (40.0, 240.0)  # where the score before and after a claimed goal is looked up
_LEAST = 3  # readings that make a score seen
_EARLY_S, _LATE_S = 20.0, 60.0  # play may be told of so long before a kick-off and after the board's last sight
_WORDS = {
    "Substitution": r"substitut|\bsubs?\b|wechsel|remplac|changement|\bcambio|sostituzion",
    "Yellow card": r"yellow|caution|booked|gelb|jaune|amarill|ammoni|giall",
    "Red card": r"\bred\b|sent off|\brot\b|rote k|rouge|\broj|espuls|ross",
}
_WORDS["Yellow->red card"] = f"{_WORDS['Red card']}|second yellow|2nd yellow|gelb-rot"
_TEXT_S = (20.0, 100.0)
_AT_A_BREAK = ("Substitution", "Penalty", *CARDS)


class Board:
    """A soccer board whose clock can be trusted.

    Args:
        track: what was read.
        fit: the clock that its readings tell; there must be one.
        clock: the recording's match clock, to name moments by.
        moment: when a goal fell, given how the board changed.
        settings: what its statements count.
    """

    def __init__(
        self,
        track: BoardTrack,
        fit: ClockFit,
        clock: MatchClock | None,
        moment: MomentOf,
        settings: FusionSettings,
    ) -> None:
        self.track, self.fit, self.clock, self.settings = track, fit, clock or fit.clock, settings
        self.told: BoardGoals = board_goals(track, fit.clock, moment)
        self.scored = [r for r in track.readings if r.home is not None and r.away is not None]
        shown = Counter((r.home or 0, r.away or 0) for r in self.scored).most_common(1)
        self._usual = shown[0][0] if shown else (0, 0)

    @property
    def notes(self) -> tuple[str, ...]:
        """What cannot be told of the score."""
        return self.told.notes

    def goals(self) -> list[Event]:
        """The goals; none is surer than boards are."""
        most = self.settings.board_surest
        return [replace(goal, score=min(goal.score or 0.0, most)) for goal in self.told.goals]

    def window(self, place: int) -> tuple[float, float]:
        """Between which recording seconds the goal of this place fell."""
        change, goal = self.told.changes[place], self.told.goals[place]
        return min(change.last_before - 10.0, goal.time), max(change.first_after, goal.time)

    def kick_offs(self) -> list[Event]:
        """The kick-offs of periods that the recording contains.

        The clock began to run at them; the sooner after it the board was seen, the surer.
        """
        clock = self.fit.clock
        found = []
        timed = [r.seconds for r in self.track.readings if r.clock_s is not None]
        for number, period in enumerate(clock.periods if clock else ()):
            regular = REGULAR_S.get(period.number, (0.0, 0.0))[0]
            repeated = number > 0 and clock is not None and clock.periods[number - 1].number == period.number
            if repeated or period.start < 0 or abs(period.clock_start - regular) > 2.0:
                continue
            seen = min((t - period.start for t in timed if t >= period.start), default=np.inf)
            sure = 0.95 if seen <= 60 else 0.85 if seen <= 300 else 0.6
            detail = f"the clock starts from {format_time(regular)}: kick-off of the {period.name}"
            told = Evidence(SOURCE, detail, sure)
            found.append(Event.around("Kick-off", period.start, soccer, score=sure, evidence=(told,)))
        return found

    def track_of(self, duration: float) -> ScoreTrack:
        """Goals and kick-offs as probabilities over time."""
        return bells(("Goal", "Kick-off"), [*self.goals(), *self.kick_offs()], duration, SOURCE)

    def says(self, event: Event) -> list[Statement]:
        """What it says of an event that another source claims."""
        said = [*self._score(event), *self._texts(event)]
        if event.label == "Kick-off":
            said += self._kick_off(event)
        return said

    def _score(self, event: Event) -> list[Statement]:
        if event.label != "Goal":
            return []
        weight = log_odds(self.settings.board_misses)
        for change, back in self.told.taken_back:
            if change.last_before - 40.0 <= event.time <= back.first_after:
                at = when(back.first_after, self.clock)
                detail = f"score back from {score_text(back.before)} to {score_text(back.after)} at {at}"
                return [Statement(SOURCE, detail, weight, judged=False)]
        detail = self._unchanged(event.time)
        return [Statement(SOURCE, detail, weight, judged=False)] if detail else []

    def _unchanged(self, time: float) -> str:
        """How the board contradicts a goal that is none of its own; empty where it does not or cannot tell."""
        early, late = time - _BEFORE_S, time + _AFTER_S[1]
        if any(c.last_before <= late and c.first_after >= early for c in self.told.jumps):
            return ""
        before = [r for r in self.scored if early <= r.seconds <= time]
        after = [r for r in self.scored if time + _AFTER_S[0] <= r.seconds <= late]
        as_believed = [(r.home, r.away) == self._score_at(r.seconds) for r in after]
        if len(before) < _LEAST or len(after) < _LEAST or np.mean(as_believed) < 0.8:
            return ""
        own = [c for c in self.told.changes if c.last_before <= late and c.first_after >= early]
        if own:
            nearest = min(own, key=lambda c: abs(c.first_after - time))
            return f"no goal on the board but the one at {when(nearest.first_after, self.clock)}"
        last = after[-1].seconds
        return f"score still {score_text(self._score_at(last))} at {when(last, self.clock)}"

    def _score_at(self, seconds: float) -> tuple[int, int]:
        """The score on the board, slips of the reading left out."""
        back = [change for pair in self.told.taken_back for change in pair]
        changes = sorted((*self.told.changes, *self.told.jumps, *back), key=lambda c: c.first_after)
        passed = [c for c in changes if c.first_after <= seconds]
        if passed:
            return passed[-1].after
        return changes[0].before if changes else self._usual

    def _kick_off(self, event: Event) -> list[Statement]:
        """A kick-off in the middle of a half follows a goal; where the board knows of none, it was none."""
        period = self.clock.period_at(event.time) if self.clock else None
        if period is None or event.time - period.start < 120.0:
            return []
        early, late = event.time - _AFTER_S[1], event.time + _EARLY_S
        seen = [r for r in self.scored if early <= r.seconds <= late]
        changes = (*self.told.changes, *self.told.jumps, *(c for c, _ in self.told.taken_back))
        if len(seen) < _LEAST or any(early <= c.first_after and c.last_before <= late for c in changes):
            return []
        at = when(event.time, self.clock)
        return [Statement(SOURCE, f"the clock runs on at {at} and no goal was scored", self.settings.mid_half)]

    def _texts(self, event: Event) -> list[Statement]:
        rates, pattern = self.settings.text.get(event.label), _WORDS.get(event.label)
        if rates is None or pattern is None:
            return []
        early, late = event.time - _TEXT_S[0], event.time + _TEXT_S[1]
        for text in self.track.texts:
            line = next((line for line in text.lines if re.search(pattern, line.casefold())), None)
            if line is not None and text.start <= late and text.end >= early and len(text.lines) <= 8:
                at = when(max(text.start, 0.0), self.clock)
                return [Statement(SOURCE, f'"{line}" on screen at {at}', rates.made)]
        return []


def outside(time: float, clock: MatchClock | None) -> str:
    """Where a moment lies if nobody plays then, such as "at half-time"; empty in play or where it is not known.

    A clock may know of one half alone: what lies after it is not known to be outside.
    """
    periods = clock.periods if clock else ()
    if not periods:
        return ""
    first, last = periods[0], periods[-1]
    begins = abs(first.clock_start - REGULAR_S.get(first.number, (0.0, 0.0))[0]) < 2
    if begins and time < first.start - _EARLY_S:
        return "before kick-off" if first.number == 1 else f"before the {first.name}"
    if last.number >= 2 and last.clock_at(last.end) >= last.clock_end and time > last.end + _LATE_S:
        return "after the end"
    for one, two in pairwise(periods):
        if one.end + _LATE_S < time < two.start - _EARLY_S and one.number != two.number:
            return "at half-time" if one.number == 1 else "between two periods"
    return ""


def by_the_clock(
    event: Event, clock: MatchClock | None, source: str, settings: FusionSettings
) -> list[Statement]:
    """What the match clock says against an event of play: that nobody plays then.

    Args:
        event: what is claimed.
        clock: the match clock, where known.
        source: who tells the clock.
        settings: what it counts.
    """
    where = "" if event.label in (*_AT_A_BREAK, HIGHLIGHT.name) else outside(event.time, clock)
    if not where:
        return []
    return [Statement(source, f"{format_time(event.time)} of the recording lies {where}", settings.not_in_play)]


def bells(
    labels: tuple[str, ...], events: Sequence[Event], duration: float, source: str, width_s: float = 2.0
) -> ScoreTrack:
    """Events as probabilities on a time grid: a bell around each moment."""
    times = np.arange(max(round(duration * RATE), 1)) / RATE
    scores = np.zeros((len(times), len(labels)), np.float32)
    for event in events:
        bell = (1.0 if event.score is None else event.score) * np.exp(
            -0.5 * ((times - event.time) / width_s) ** 2
        )
        column = labels.index(event.label)
        scores[:, column] = np.maximum(scores[:, column], bell.astype(np.float32))
    return ScoreTrack(labels, scores, RATE, source)
