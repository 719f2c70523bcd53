"""All sources together: one log in which each event says what it rests on.

Each source claims events of its own (the board goals, the commentary anything, sound and shots the moments
worth watching) and says of the others' events what it saw or heard of them. `fuse` joins the claims of one
moment, adds what was said for and against, and gives each event the probability that follows. Further spotters
join as `Scored`, under names of their own.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from matchcut.clock import MatchClock
from matchcut.events import Event, EventLog, Evidence
from matchcut.observe.baseball import plays_from
from matchcut.observe.goals import ScoreChange, moment_of_goal, when
from matchcut.observe.observed import Observed
from matchcut.recording import Recording
from matchcut.sport import Group
from matchcut.spotters import board as boards
from matchcut.spotters.board import Board, bells, by_the_clock
from matchcut.spotters.claims import LEAST_OWN, BoardAndVoice, Claim
from matchcut.spotters.crowd import Crowd
from matchcut.spotters.heard import Commentary
from matchcut.spotters.highlights import highlights, joined
from matchcut.spotters.numbers import FusionSettings
from matchcut.spotters.others import Scored, Trust, with_others
from matchcut.spotters.views import Views
from matchcut.spotters.weighing import Statement, fused
from matchcut.tracks import ScoreTrack


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


def fuse(
    recording: Recording,
    *,
    observed: Observed | None = None,
    commentary: Commentary | None = None,
    others: Sequence[Scored] = (),
    min_score: float | None = None,
    settings: FusionSettings | None = None,
) -> Fusion:
    """Joins what was observed and what was said.

    Args:
        recording: what it is of; its clock names the moments, and the board's is taken if it has none.
        observed: what was read, heard and seen; a sense that was not used says nothing.
        commentary: what was said, from `Commentary.of`.
        others: further spotters, each name once.
        min_score: the lowest probability kept; by default each label's own threshold, and what only a
            contradiction put below it stays visible.
        settings: what observations count; the measured and judged numbers by default.

    Raises:
        ValidationError: two of the others have one name.
    """
    return _Joining(
        recording, observed or Observed(), commentary, tuple(others), min_score, settings or FusionSettings()
    ).fusion()


class _Joining:
    """The sources of one recording, as far as they can be used."""

    def __init__(
        self,
        recording: Recording,
        observed: Observed,
        commentary: Commentary | None,
        others: tuple[Scored, ...],
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
        self.observed, self.commentary, self.others = observed, commentary, others
        self.min_score, self.settings = min_score, settings
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
        claims = self._claims()
        events = [event for claim in claims if (event := self._weighed(claim)) is not None]
        if self._is_match():
            events = self._with_highlights(events)
        self._tell_of_others(events)
        producer = f"matchcut {' + '.join(self._sources())}"
        return Fusion(
            EventLog(events, self.recording, producer), self._tracks(), tuple(dict.fromkeys(self.notes))
        )

    def _sources(self) -> list[str]:
        names = [self.commentary.identity] if self.commentary else []
        more = [other.identity or other.source for other in self.others]
        return [*names, *self.observed.senses, *more] or ["without any source"]

    def _moment(self, change: ScoreChange) -> float:
        """When a goal fell, by the shots, the crowd and the commentary where they are known."""
        play = self.views.play if self.views and self.views.knows_play else ()
        heard = self.commentary.detections if self.commentary else ()
        spoken = [(event.time, event.score or 0.0) for event in heard if event.label == "Goal"]
        return moment_of_goal(change, play, self.crowd.sudden if self.crowd else (), spoken)

    # --- claims ------------------------------------------------------------------------------------------

    def _claims(self) -> list[Claim]:
        claims = self._commentary_claims()
        if self.board is not None:
            pair = BoardAndVoice(self.board, self.commentary, self.settings)
            claims = pair.one_each(self._board_claims(), claims)
        # What a baseball board counts is as sure as it is: sound and shots were never asked of it.
        told, least = frozenset({"sound", "shots"}), self._least(LEAST_OWN)
        claims = [*claims, *(Claim(event, least=least, counted=told) for event in self._pitches())]
        of, length = self.recording.sport, self._duration()
        return with_others(claims, self.others, of, length, clock=self.clock, min_score=self.min_score)

    def _board_claims(self) -> list[Claim]:
        if self.board is None:
            return []
        own = [*self.board.goals(), *self.board.kick_offs(), *self._restarts()]
        return [Claim(event, least=self._least(LEAST_OWN)) for event in own]

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

    def _commentary_claims(self) -> list[Claim]:
        heard = self.commentary
        if heard is None:
            return []
        of = self.recording.sport
        found = (event for event in heard.detections if event.label in of)
        return [Claim(event, least=heard.threshold(event.label, self.min_score)) for event in found]

    def _least(self, usual: float) -> float:
        return usual if self.min_score is None else self.min_score

    # --- what the sources say of them --------------------------------------------------------------------

    def _weighed(self, claim: Claim) -> Event | None:
        """The event with its fused score and all evidence; None if it is too unlikely to be kept."""
        event, before = claim.event, claim.event.score or 0.0
        said = [*claim.said, *self._statements(event, claim.counted)]
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

    def _statements(self, event: Event, counted: frozenset[str]) -> list[Statement]:
        own = {e.source for e in event.evidence}
        known = own | counted
        soccer = self.recording.sport.name == "soccer"
        said = by_the_clock(event, self.clock, self.clock_source, self.settings) if soccer else []
        if self.board is not None and boards.SOURCE not in known:
            said += self.board.says(event)
        # Where play is shown again the kick-off was some seconds ago: too vague for a whistle.
        vague = event.label == "Kick-off" and own == {"shots"}
        if self.crowd is not None and not vague and "sound" not in counted:
            said += self.crowd.says(event)
        if self.views is not None and "shots" not in counted:
            said += self.views.says(event)
        return said

    # --- baseball, highlights, tracks --------------------------------------------------------------------

    def _pitches(self) -> list[Event]:
        board = self.observed.board
        if board is None or self.recording.sport.name != "baseball" or not board.counts:
            return []
        events, notes = plays_from(board)
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
        ends += [other.track.start + other.track.duration for other in self.others]
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
        return (*tracks, *(other.track for other in self.others))

    def _tell_of_others(self, events: Sequence[Event]) -> None:
        """Notes further sources that changed nothing, and how many events rest on unmeasured ones alone."""
        used = {e.source for event in events for e in event.evidence}
        self.notes += [
            f"{o.source} changed nothing: no moment that it was asked for stands out"
            for o in self.others
            if o.source not in used
        ]
        guessing = {o.source: o.trust for o in self.others if not o.trust.calibrated}
        alone = [{e.source for e in event.evidence if not e.against} for event in events]
        for names in sorted({tuple(sorted(own)) for own in alone if own and own <= set(guessing)}):
            count = sum(own == set(names) for own in alone)
            rest = "rests" if count == 1 else "rest"
            self.notes.append(
                f"{count} of {len(events)} events {rest} on {' and '.join(names)} alone, whose scores were"
                " never measured on labelled matches: take them for hints"
            )


__all__ = ["Commentary", "Fusion", "FusionSettings", "Scored", "Trust", "fuse"]
