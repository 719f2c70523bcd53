"""All sources together: one log in which each event says what it rests on.

Each source claims events of its own (the board goals, the commentary anything, sound and shots the moments
worth watching) and says of the others' events what it saw or heard of them. `fuse` joins the claims of one
moment, adds what was said for and against, and gives each event the probability that follows.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from matchcut.clock import MatchClock
from matchcut.events import Event, EventLog, Evidence
from matchcut.observe.baseball import pitches_from
from matchcut.observe.goals import ScoreChange, moment_of_goal, when
from matchcut.observe.observed import Observed
from matchcut.recording import Recording
from matchcut.sport import Group
from matchcut.spotters import board as boards
from matchcut.spotters.board import Board, bells, by_the_clock
from matchcut.spotters.crowd import Crowd
from matchcut.spotters.heard import Commentary
from matchcut.spotters.highlights import highlights, joined
from matchcut.spotters.numbers import FusionSettings
from matchcut.spotters.views import Views
from matchcut.spotters.weighing import Statement, fused, log_odds
from matchcut.tracks import ScoreTrack

LEAST_OWN = 0.3
"""Events of the board alone are shown from this score on, unless the user says otherwise."""
_KICK_OFF_S = 30.0  # the commentary's kick-off is the clock's if it is so near
_HIDDEN_S = 45.0  # a board that was away for so long tells the moment of a goal worse than the commentary


@dataclass(frozen=True)
class Fusion:
    """What all sources together say.

    Attributes:
        log: the events, with what each rests on.
        tracks: what each source believes over time.
        notes: what was taken back, left out or not to be trusted, a sentence each.
    """

    log: EventLog
    tracks: tuple[ScoreTrack, ...]
    notes: tuple[str, ...]


@dataclass(frozen=True)
class _Claim:
    """An event as its own source claims it, and what the others say of it."""

    event: Event
    said: tuple[Statement, ...] = ()
    least: float = LEAST_OWN


def fuse(
    recording: Recording,
    *,
    observed: Observed | None = None,
    commentary: Commentary | None = None,
    min_score: float | None = None,
    settings: FusionSettings | None = None,
) -> Fusion:
    """Joins what was observed and what was said.

    Args:
        recording: what it is of; its clock names the moments, and the board's is taken if it has none.
        observed: what was read, heard and seen; a sense that was not used says nothing.
        commentary: what was said, from `Commentary.of`.
        min_score: the lowest probability kept; by default each label's own threshold, and what only a
            contradiction put below it stays visible.
        settings: what observations count; the measured and judged numbers by default.
    """
    return _Joining(
        recording, observed or Observed(), commentary, min_score, settings or FusionSettings()
    ).fusion()


class _Joining:
    """The sources of one recording, as far as they can be used."""

    def __init__(
        self,
        recording: Recording,
        observed: Observed,
        commentary: Commentary | None,
        min_score: float | None,
        settings: FusionSettings,
    ) -> None:
        fit = observed.clock
        told = fit.clock if fit else None
        soccer = recording.sport.name == "soccer"
        self.clock: MatchClock | None = recording.clock or (told if soccer else None)
        self.clock_source = boards.SOURCE if told is not None and self.clock == told else "person"
        teams = observed.board.teams if observed.board is not None else ("", "")
        self.recording = replace(
            recording, clock=self.clock, teams=recording.teams if any(recording.teams) else teams
        )
        self.observed, self.commentary, self.min_score = observed, commentary, min_score
        self.settings = settings
        self.notes: list[str] = []
        heard, seen = observed.sound, observed.shots
        self.crowd = Crowd(heard, self.clock, settings) if heard is not None and len(heard) else None
        self.views = Views(seen, self.clock, settings) if seen is not None and seen.shots else None
        self.board: Board | None = None
        if observed.board is not None and fit is not None and soccer:
            if fit.clock is not None:
                self.board = Board(observed.board, fit, self.clock, self._moment, settings)
                self.notes += self.board.notes
            elif observed.board.readings:
                self.notes += [*fit.notes, "no goal was taken from a board whose clock cannot be trusted"]

    def fusion(self) -> Fusion:
        claims = self._one_each(self._board_claims(), self._commentary_claims())
        events = [event for claim in claims if (event := self._weighed(claim)) is not None]
        events += self._pitches()
        if self._is_match():
            events = self._with_highlights(events)
        producer = f"matchcut {' + '.join(self._sources())}"
        return Fusion(
            EventLog(events, self.recording, producer), self._tracks(), tuple(dict.fromkeys(self.notes))
        )

    def _sources(self) -> list[str]:
        names = [self.commentary.identity] if self.commentary else []
        return [*names, *self.observed.senses] or ["without any source"]

    def _moment(self, change: ScoreChange) -> float:
        """When a goal fell, by the shots and the crowd where they are known."""
        play = self.views.play if self.views and self.views.knows_play else ()
        return moment_of_goal(change, play, self.crowd.sudden if self.crowd else ())

    # --- claims ------------------------------------------------------------------------------------------

    def _board_claims(self) -> list[_Claim]:
        if self.board is None:
            return []
        own = [*self.board.goals(), *self.board.kick_offs(), *self._restarts()]
        return [_Claim(event, least=self._least(LEAST_OWN)) for event in own]

    def _restarts(self) -> list[Event]:
        """The kick-offs after the board's goals: where play is shown again after cheering and replays."""
        found: list[Event] = []
        for goal in self.board.goals() if self.board and self.views and self.views.knows_play else ():
            shown = self.views.resumed(goal.time, *self.settings.restart_s) if self.views else None
            if shown is None:
                continue
            at = when(shown, self.clock)
            detail = f"play is shown again at {at}, {shown - goal.time:.0f} s after the goal"
            told = Evidence("shots", detail)
            sport, sure = self.recording.sport, self.settings.restart
            found.append(Event.around("Kick-off", shown, sport, score=sure, evidence=(told,)))
        return found

    def _commentary_claims(self) -> list[_Claim]:
        heard = self.commentary
        if heard is None:
            return []
        of = self.recording.sport
        found = (event for event in heard.detections if event.label in of)
        return [_Claim(event, least=heard.threshold(event.label, self.min_score)) for event in found]

    def _least(self, usual: float) -> float:
        return usual if self.min_score is None else self.min_score

    def _one_each(self, board: Sequence[_Claim], spoken: Sequence[_Claim]) -> list[_Claim]:
        """One claim for each moment: what the board and the commentary both tell becomes one."""
        if self.board is None:
            return list(spoken)
        own = len(self.board.told.goals)
        mine, theirs = list(board), []
        taken: set[int] = set()
        for claim in sorted(spoken, key=lambda c: (-(c.event.score or 0.0), c.event.time)):
            place = self._counterpart(claim.event, mine, own, taken)
            if place is None:
                theirs.append(claim)
                continue
            taken.add(place)
            mine[place] = self._together(mine[place], claim, place < own, place)
        for place in range(own):
            if place not in taken:
                mine[place] = self._unheard(mine[place], place)
        return [*mine, *theirs]

    def _counterpart(
        self, event: Event, mine: Sequence[_Claim], goals: int, taken: Iterable[int]
    ) -> int | None:
        """The place of the board's claim that is of the same moment; None if there is none left."""
        prior = self.settings.prior.get(event.label, 1.0)
        if self.board is None or (event.score or 0.0) <= prior:
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

    def _together(self, board: _Claim, spoken: _Claim, goal: bool, place: int) -> _Claim:
        """The board's claim and the commentary's of one moment: as likely as both together make it."""
        event, heard = board.event, spoken.event
        sure = heard.score or 0.0
        weight = log_odds(sure) - log_odds(self.settings.prior[event.label])
        detail = heard.evidence[0].detail if heard.evidence else ""
        said = Statement("commentary", detail, weight, sure, judged=False)
        if goal and self._heard_better(place, sure):
            event = Event.around(
                event.label,
                heard.time,
                self.recording.sport,
                score=event.score,
                team=event.team,
                evidence=event.evidence,
            )
        return replace(board, event=event, said=(*board.said, said))

    def _heard_better(self, place: int, sure: float) -> bool:
        """Whether the commentary tells a goal's moment better than the board and the shots do."""
        if self.board is None or sure < 0.3:
            return False
        change = self.board.told.changes[place]
        hidden = change.first_after - change.last_before > _HIDDEN_S
        return hidden or self.views is None or not self.views.knows_play

    def _unheard(self, claim: _Claim, place: int) -> _Claim:
        """A goal on the board of which the commentary says nothing, though it speaks."""
        if self.commentary is None or self.board is None:
            return claim
        start, end = self.board.window(place)
        start, end = start - self.settings.heard_s[0], end + self.settings.heard_s[1]
        near = [e for e in self.commentary.detections if e.label == "Goal" and start <= e.time <= end]
        if near or not self.commentary.speaks(claim.event.time, end):
            return claim
        detail = f"nothing said near {when(claim.event.time, self.clock)} sounds like a goal"
        return replace(claim, said=(Statement("commentary", detail, self.settings.unheard, judged=False),))

    # --- what the sources say of them --------------------------------------------------------------------

    def _weighed(self, claim: _Claim) -> Event | None:
        """The event with its fused score and all evidence; None if it is too unlikely to be kept."""
        event, before = claim.event, claim.event.score or 0.0
        said = [*claim.said, *self._statements(event)]
        said = [s for s in said if abs(s.weight) >= self.settings.least_weight]
        score = fused(before, said, self.settings.most_support, self.settings.most_doubt)
        against = [s for s in said if s.weight < 0]
        lowered = self.min_score is None and before >= claim.least and bool(against)
        if score < claim.least and not (lowered and score >= self.settings.lower_floor):
            if before >= claim.least:
                self.notes.append(
                    f"{event.label} at {when(event.time, self.clock)} ({before:.0%} by itself) was left out:"
                    f" {'; '.join(s.detail for s in against)}"
                )
            return None
        ordered = sorted(said, key=lambda s: (-s.weight, s.source, s.detail))
        return replace(event, score=score, evidence=(*event.evidence, *(s.evidence for s in ordered)))

    def _statements(self, event: Event) -> list[Statement]:
        own = {e.source for e in event.evidence}
        said = by_the_clock(event, self.clock, self.clock_source, self.settings)
        if self.board is not None and boards.SOURCE not in own:
            said += self.board.says(event)
        # Where play is shown again the kick-off was some seconds ago: too vague for a whistle.
        if self.crowd is not None and not (event.label == "Kick-off" and own == {"shots"}):
            said += self.crowd.says(event)
        if self.views is not None:
            said += self.views.says(event)
        return said

    # --- baseball, highlights, tracks --------------------------------------------------------------------

    def _pitches(self) -> list[Event]:
        board = self.observed.board
        if board is None or self.recording.sport.name != "baseball" or not board.counts:
            return []
        events, notes = pitches_from(board)
        self.notes += notes
        return [event for event in events if (event.score or 0.0) >= self._least(LEAST_OWN)]

    def _is_match(self) -> bool:
        """Whether anything that was looked at lets this be a match: a board or a pitch."""
        board = self.observed.board
        looked = board is not None and self.views is not None
        a_board = self.board is not None or (board is not None and bool(board.counts))
        if looked and not a_board and self.views is not None and not self.views.knows_play:
            if self.crowd is not None:
                self.notes.append("neither a board nor a pitch was recognized: no exciting moments are given")
            return False
        return True

    def _with_highlights(self, events: Sequence[Event]) -> list[Event]:
        of = self.recording.sport
        found = highlights(self.crowd, self.views, self.clock, of, self._duration())
        if self.min_score is not None:
            found = [event for event in found if (event.score or 0.0) >= (self.min_score or 0.0)]
        group = of.words["highlights"]
        exciting = group.labels if isinstance(group, Group) else ()
        loud = frozenset((*self.settings.crowd, "Kick-off", "Foul", *exciting))
        return joined(found, events, self.views, loud)

    def _duration(self) -> float:
        if self.recording.duration is not None:
            return self.recording.duration
        sound, board = self.observed.sound, self.observed.board
        ends = [sound.duration if sound else 0.0, board.duration if board else 0.0]
        ends += [self.views.shots[-1].end] if self.views else []
        return max(ends)

    def _tracks(self) -> tuple[ScoreTrack, ...]:
        tracks = [self.commentary.track] if self.commentary else []
        if self.board is not None:
            tracks.append(self.board.track_of(self._duration()))
        elif pitches := self._pitches():
            labels = tuple(dict.fromkeys(event.label for event in pitches))
            tracks.append(bells(labels, pitches, self._duration(), boards.SOURCE))
        if self.crowd is not None:
            tracks.append(self.crowd.track_of())
        if self.views is not None:
            tracks.append(self.views.track_of(self._duration()))
        return tuple(tracks)


__all__ = ["Commentary", "Fusion", "FusionSettings", "fuse"]
