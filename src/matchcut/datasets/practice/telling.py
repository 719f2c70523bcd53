"""The truth of a soccer broadcast, told from its script and timeline."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from matchcut.datasets.boards import board_boxes
from matchcut.datasets.practice.picture import board_of, board_shows, hidden_stretches, says, timeline_of
from matchcut.datasets.practice.scene import SLOW
from matchcut.datasets.practice.script import Blow, Script, Surge
from matchcut.datasets.practice.settings import PracticeSettings
from matchcut.datasets.practice.sound import whistle_hz
from matchcut.datasets.practice.timeline import Timeline
from matchcut.datasets.practice.truth import (
    BoardTruth,
    BroadcastTruth,
    PassageTruth,
    ReplayTruth,
    ScoreTruth,
    ShotTruth,
    SwellTruth,
    TextTruth,
    WhistleTruth,
)

_KINDS = {"SUB": "substitution", "YELLOW": "booking", "GOAL": "goal"}
_LEAST_SWELL = 0.3


def broadcast_truth(script: Script, settings: PracticeSettings) -> BroadcastTruth:
    """What the broadcast of a script shows and lets hear."""
    timeline = timeline_of(script, float(settings.frame_rate), settings)
    return BroadcastTruth(
        sport="soccer",
        duration=script.duration_s,
        size=(settings.width, settings.height),
        faults=tuple(sorted(settings.faults)),
        clock=script.clock,
        board=_board(script, settings, timeline),
        opening_score=script.score,
        scores=_scores(script),
        shots=shots_of(timeline),
        passages=passages_of(timeline),
        replays=_replays(timeline),
        whistles=whistles_of(script.whistles, script.seed, settings, script.duration_s),
        swells=swells_of(script.surges, settings, script.duration_s),
        texts=_texts(script, timeline),
    )


def _board(script: Script, settings: PracticeSettings, timeline: Timeline) -> BoardTruth | None:
    board = board_of(script, settings)
    if board is None:
        return None
    hidden = hidden_stretches(script, settings)

    def shows(frame: int) -> bool:
        return board_shows(timeline.at(frame)[0], frame / timeline.rate, hidden, settings)

    shown = stretches(shows, timeline.segments[-1].last, timeline.rate)
    boxes = board_boxes(board, says(script, settings, script.kick_off), settings.width, settings.height)
    return BoardTruth(
        board.teams, board.form, board.clock_style, board.stoppage, tuple(boxes), shown, board.counts_down
    )


def stretches(shows: Callable[[int], bool], frames: int, rate: float) -> tuple[tuple[float, float], ...]:
    """The stretches of a film, in seconds, on whose frames something is so."""
    found: list[tuple[float, float]] = []
    since: int | None = None
    for frame in range(frames + 1):
        now = frame < frames and shows(frame)
        if now and since is None:
            since = frame
        elif not now and since is not None:
            found.append((round(since / rate, 3), round(frame / rate, 3)))
            since = None
    return tuple(found)


def _scores(script: Script) -> tuple[ScoreTruth, ...]:
    changes = []
    for (moment, team), shown in zip(script.scored, script.shown, strict=True):
        home, away = script.score_at(moment, on_screen=False)
        changes.append(ScoreTruth(round(moment, 3), round(shown, 3), home, away, ("home", "away")[team]))
    return tuple(changes)


def shots_of(timeline: Timeline) -> tuple[ShotTruth, ...]:
    """The shots of a timeline."""
    rate = timeline.rate
    return tuple(
        ShotTruth(round(s.first / rate, 3), round(s.last / rate, 3), s.view, s.kind) for s in timeline.segments
    )


def passages_of(timeline: Timeline) -> tuple[PassageTruth, ...]:
    """The passages of a timeline."""
    rate = timeline.rate
    return tuple(
        PassageTruth(round(c.first / rate, 3), round(c.last / rate, 3), c.kind) for c in timeline.changes
    )


def _replays(timeline: Timeline) -> tuple[ReplayTruth, ...]:
    rate = timeline.rate
    return tuple(
        ReplayTruth(round(s.first / rate, 3), round(s.last / rate, 3), round(s.shot.at, 3), SLOW)
        for s in timeline.segments
        if s.kind == "replay" and s.shot is not None
    )


def whistles_of(
    blows: Sequence[Blow], seed: int, settings: PracticeSettings, duration_s: float
) -> tuple[WhistleTruth, ...]:
    """Every blast that is heard."""
    if "no sound" in settings.faults:
        return ()
    told = [
        WhistleTruth(round(start, 3), round(end, 3), round(whistle_hz(seed), 1), blow.cause)
        for blow in blows
        for start, end in blow.blasts_at()
        if start >= 0 and end <= duration_s
    ]
    return tuple(sorted(told, key=lambda w: w.start))


def swells_of(surges: Sequence[Surge], settings: PracticeSettings, duration_s: float) -> tuple[SwellTruth, ...]:
    """Every swell of the crowd that is heard."""
    if "no sound" in settings.faults:
        return ()
    told = []
    for surge in surges:
        start, peak = max(surge.t - 0.6, 0.0), surge.t + 0.5
        if peak < duration_s and surge.strength >= _LEAST_SWELL:
            end = min(peak + 1.5 * surge.fall_s, duration_s)
            told.append(SwellTruth(round(start, 3), round(peak, 3), round(end, 3), surge.strength, surge.cause))
    return tuple(sorted(told, key=lambda s: s.start))


def _texts(script: Script, timeline: Timeline) -> tuple[TextTruth, ...]:
    rate = timeline.rate
    found = [
        TextTruth(
            round(c.start, 3), round(min(c.end, script.duration_s), 3), _KINDS.get(c.badge, "caption"),
            (" ".join(c.title.split()), " ".join(c.detail.split())),
        )
        for c in script.captions
        if c.start < script.duration_s - 0.5
    ]  # fmt: skip
    for segment in timeline.segments:
        if segment.kind == "screen" and segment.shot is not None:
            screen = script.screens[segment.shot.actor]
            start, end = round(segment.first / rate, 3), round(segment.last / rate, 3)
            found.append(TextTruth(start, end, screen.kind, (screen.title, *screen.lines)))
    return tuple(sorted(found, key=lambda text: text.start))
