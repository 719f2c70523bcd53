"""The report's section on what was read, heard and seen, whether or not anybody made events of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace
from itertools import pairwise

from matchcut.clock import MatchClock, Period, format_time
from matchcut.events import EventLog
from matchcut.export.markup import Markup, element, one_line
from matchcut.export.score_line import ScoreLine, score_line
from matchcut.export.shots_lane import SURE_REPLAY
from matchcut.export.sound_lane import MOMENTS, SURE_WHISTLE
from matchcut.observe.excitement import exciting_moments
from matchcut.observe.observed import SENSES, Observed
from matchcut.observe.readings import BoardTrack
from matchcut.observe.shots import ShotTrack
from matchcut.observe.sound import SoundTrack

MOST_TEXTS = 250
"""How many texts seen on screen are listed."""
KINDS = {"long": "long shots", "close": "close-ups", "off": "without the pitch", "unknown": "of unknown kind"}
"""What the kinds of shots are called."""


def with_clock(log: EventLog, observed: Observed | None) -> EventLog:
    """The log by the board's match clock, where nobody gave another."""
    if log.recording.clock is not None or observed is None or observed.clock is None:
        return log
    return EventLog(log.events, replace(log.recording, clock=observed.clock.clock), log.producer)


def observed_notes(observed: Observed | None) -> tuple[str, ...]:
    """Everything that was damaged, missing or not to be trusted, each sentence once."""
    if observed is None:
        return ()
    parts = [observed, observed.board, observed.clock, observed.sound, observed.shots]
    return tuple(dict.fromkeys(note for part in parts if part is not None for note in part.notes))


def readout(log: EventLog, observed: Observed | None) -> Markup:
    """The section; nothing if nobody looked.

    Args:
        log: its clock names the moments.
        observed: what to show.
    """
    if observed is None:
        return Markup("")
    clock = log.recording.clock
    parts = [element("h2", {"id": "observed"}, "What was observed")]
    if observed.board is not None:
        parts += _board(observed, observed.board, clock)
    if clock is not None and clock.periods:
        parts += _periods(clock, observed.board)
    if observed.sound is not None and len(observed.sound):
        parts += _sound(observed.sound, clock)
    if observed.shots is not None and observed.shots.shots:
        parts += _shots(observed.shots, clock)
    if observed.board is not None and observed.board.texts:
        parts += _texts(observed.board, clock)
    unused = [name for name in SENSES if name not in observed.senses]
    if unused:
        parts.append(element("p", {"class": "quiet"}, f"Not looked for: {', '.join(unused)}."))
    return element("section", {"class": "read", "aria-labelledby": "observed"}, *parts)


def _board(observed: Observed, board: BoardTrack, clock: MatchClock | None) -> list[Markup]:
    title = element("h3", None, "Scoreboard")
    line = score_line(board, clock)
    looks, reads = len(board.looks), len(board.readings) or len(board.counts)
    if not reads:
        return [title, element("p", None, f"Not read on any of {looks} looks.")]
    facts = [f"Read on {reads} of {looks} looks." if looks else f"Read {reads} times."]
    fit = observed.clock
    if fit is not None and fit.clock is not None:
        facts.append(f"{fit.agreeing:.0%} of its clock's readings lie on one match clock.")
    told = [title, element("p", None, " ".join(facts))]
    if line is None:
        return [*told, element("p", None, "No score was read off it.")]
    return [*told, _score(line, clock)]


def _score(line: ScoreLine, clock: MatchClock | None) -> Markup:
    names = (one_line(team, 40) or other for team, other in zip(line.teams, ("First", "Second"), strict=True))
    heads = [*_time_heads(clock), *(element("bdi", None, name) for name in names)]
    rows = ([*_times(step.time, clock), str(step.home), str(step.away)] for step in line.steps)
    return _table(heads, rows, "The score as the board showed it")


def _periods(clock: MatchClock, board: BoardTrack | None) -> list[Markup]:
    rows = []
    for period in clock.periods:
        over = period.clock_at(period.end) - period.clock_end
        announced = _announced(period, board)
        told = [f"announced +{format_time(announced)}"] if announced else []
        told += [f"played +{format_time(over)}"] if over >= 1 else []
        rows.append(
            [
                period.name.capitalize(),
                format_time(period.start),
                format_time(period.end),
                f"{clock.at(period.start) or '–'} – {clock.at(period.end) or '–'}",
                ", ".join(told) or "–",
            ]
        )
    heads = ["Period", "From (recording)", "To", "Match clock", "Stoppage time"]
    breaks = [
        f"{'Half-time' if (a.number, b.number) == (1, 2) else 'Break'}: {format_time(b.start - a.end)}"
        f" from {format_time(a.end)} of the recording."
        for a, b in pairwise(clock.periods)
        if a.number != b.number and b.start > a.end
    ]
    lines = (element("p", None, text) for text in breaks)
    return [element("h3", None, "Match clock"), _table(heads, rows, "Periods of play"), *lines]


def _announced(period: Period, board: BoardTrack | None) -> float:
    """The stoppage time that the board announced most often in a period, in seconds; 0 if none."""
    readings = board.readings if board is not None else ()
    seen = Counter(r.added_s for r in readings if r.added_s and period.start <= r.seconds <= period.end + 60)
    return next((added for added, _ in seen.most_common(1) if added), 0.0)


def _sound(sound: SoundTrack, clock: MatchClock | None) -> list[Markup]:
    moments = exciting_moments(sound, MOMENTS)
    sure = sum(w.confidence >= SURE_WHISTLE for w in sound.whistles)
    told = [
        element("h3", None, "Sound"),
        element("p", None, f"{_count(sure, 'whistle')} at least {SURE_WHISTLE:.0%} sure."),
    ]
    if not moments:
        return [*told, element("p", None, "The crowd never rose above the usual.")]
    rows = (
        [*_times(m.time, clock), *(f"{db:+.1f} dB" for db in (m.rise_db, m.crowd_db, m.voice_db))]
        for m in moments
    )
    heads = [*_time_heads(clock), "Excitement", "Crowd", "Voices"]
    return [*told, _table(heads, rows, "The most exciting moments by sound, above the usual of five minutes")]


def _shots(track: ShotTrack, clock: MatchClock | None) -> list[Markup]:
    filled = {kind: sum(s.duration for s in track.shots if s.kind == kind) for kind in KINDS}
    whole = sum(filled.values()) or 1.0
    shares = ", ".join(f"{filled[kind] / whole:.0%} {name}" for kind, name in KINDS.items() if filled[kind])
    passages = Counter(p.kind for p in track.passages)
    told = [f"{_count(len(track.shots), 'shot')}: {shares} by time."]
    if passages:
        told.append(f"Between them: {', '.join(_count(n, kind) for kind, n in passages.most_common())}.")
    again = [s for s in track.shots if s.replay >= SURE_REPLAY]
    runs: list[tuple[float, float]] = []
    for shot in again:
        if runs and shot.start - runs[-1][1] < 1.5:
            runs[-1] = (runs[-1][0], shot.end)
        else:
            runs.append((shot.start, shot.end))
    told.append(f"{_count(len(runs), 'replay')}{':' if runs else ' was recognized.'}")
    if runs:
        told.append(", ".join(f"{_moment(a, clock)} ({b - a:.0f} s)" for a, b in runs[:80]) + ".")
    if len(runs) > 80:
        told.append(f"And {len(runs) - 80} more.")
    return [element("h3", None, "Shots"), element("p", None, " ".join(told))]


def _texts(board: BoardTrack, clock: MatchClock | None) -> list[Markup]:
    rows = [
        [
            *_times(seen.start, clock),
            f"{seen.end - seen.start:.0f} s",
            element("bdi", None, one_line(" · ".join(one_line(line) for line in seen.lines), 300)),
        ]
        for seen in board.texts[:MOST_TEXTS]
    ]
    table = _table([*_time_heads(clock), "For", "Text"], rows, "Text that stood on the picture")
    more = len(board.texts) - len(rows)
    parts = [element("summary", None, _count(len(board.texts), "text")), table]
    if more:
        parts.append(element("p", {"class": "quiet"}, f"And {more} more."))
    return [element("h3", None, "Text on screen"), element("details", {"open": True}, *parts)]


def _table(heads: Sequence[str], rows: Iterable[Sequence[str]], label: str) -> Markup:
    cells = (element("th", {"scope": "col"}, head) for head in heads)
    body = (
        element(
            "tr", None, *(element("td", {"class": None if isinstance(c, Markup) else "time"}, c) for c in row)
        )
        for row in rows
    )
    head = element("thead", None, element("tr", None, *cells))
    table = element("table", {"class": "facts-table", "aria-label": label}, head, element("tbody", None, *body))
    return element("div", {"class": "scroll"}, table)


def _time_heads(clock: MatchClock | None) -> list[str]:
    return ["Match clock", "Recording"] if clock else ["Recording"]


def _times(seconds: float, clock: MatchClock | None) -> list[str]:
    return [*([str(clock.at(seconds) or "–")] if clock else []), format_time(seconds)]


def _moment(seconds: float, clock: MatchClock | None) -> str:
    shown = clock.at(seconds) if clock else None
    return str(shown) if shown else format_time(seconds)


def _count(number: int, noun: str) -> str:
    return f"{number or 'no'} {noun}{'' if number == 1 else 's'}"
