"""What is not known about a moment, and why: said plainly, so that nobody takes silence for an observation."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from matchcut.clock import MatchClock
from matchcut.events import EventLog
from matchcut.observe.observed import Observed
from matchcut.tracks import ScoreTrack
from matchcut.transcript import Transcript


def gaps(
    log: EventLog,
    observed: Observed | None,
    transcript: Transcript | None,
    tracks: Sequence[ScoreTrack],
    *,
    time: float,
    sights: int,
    looks: int,
    heard: bool,
) -> tuple[str, ...]:
    """A sentence for each thing that is not known.

    Args:
        log: with the match clock, if there is one.
        observed, transcript, tracks: what there is of the recording.
        time: the moment, in seconds on the recording.
        sights: at how many looks within the window a board was read, of ``looks``.
        heard: whether the sound reaches the window.
    """
    told = [
        *_clock(log.recording.clock, observed, time),
        *_board(observed, sights, looks),
        *_sound(observed, heard),
        *_shots(observed),
    ]
    if transcript is None:
        told.append("words: there is no transcript")
    if not tracks:
        told.append("scores over time: no spotter's are kept")
    if observed is not None:
        told += observed.notes
    return tuple(dict.fromkeys(told))


def _why(notes: Sequence[str], otherwise: str) -> str:
    return "; ".join(notes) or otherwise


def _clock(clock: MatchClock | None, observed: Observed | None, time: float) -> Iterator[str]:
    if clock is None or not clock.periods:
        fit = None if observed is None else observed.clock
        board = None if observed is None else observed.board
        read = board is not None and (board.readings or board.counts)
        why = "the board shows none" if read else "nobody told it, and no board was read"
        yield f"match clock: {_why(() if fit is None else fit.notes, why)}"
    elif clock.period_at(time) is None:
        if time < clock.periods[0].start:
            yield "match time: this is before kick-off"
        elif time > clock.periods[-1].end:
            yield "match time: this is after the last period that is known"
        else:
            yield "match time: this is between two periods"


def _board(observed: Observed | None, sights: int, looks: int) -> Iterator[str]:
    board = None if observed is None else observed.board
    if board is None:
        yield "scoreboard and text on screen: nobody looked"
    elif not board.readings and not board.counts:
        yield f"scoreboard: {_why(board.notes, 'none was found')}"
    else:
        if not sights and looks:
            yield f"scoreboard: not in sight on {looks} looks"
        elif not looks and not sights:
            yield "scoreboard: nobody looked during this time"
        yield from (f"scoreboard: {note}" for note in board.notes)


def _sound(observed: Observed | None, heard: bool) -> Iterator[str]:
    sound = None if observed is None else observed.sound
    if sound is None:
        yield "sound: nobody listened"
    elif not len(sound):
        yield f"sound: {_why(sound.notes, 'there is none')}"
    else:
        if not heard:
            yield "sound: it ends before this time"
        yield from (f"sound: {note}" for note in sound.notes)


def _shots(observed: Observed | None) -> Iterator[str]:
    shots = None if observed is None else observed.shots
    if shots is None:
        yield "shots: nobody looked"
    elif not shots.shots:
        yield f"shots: {_why(shots.notes, 'there are none')}"
    else:
        yield from (f"shots: {note}" for note in shots.notes)
