"""An inspection for a terminal."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import TYPE_CHECKING

from matchcut.clock import format_time
from matchcut.events import Event
from matchcut.export.inspection import Inspection, ScoreThen
from matchcut.export.markup import one_line
from matchcut.export.table import score_text, window_text
from matchcut.observe.readings import Count, Reading
from matchcut.observe.shots import Passage, Shot

if TYPE_CHECKING:
    from rich.table import Table

MOST_LINES = 24
"""Of longer lists this many lines are shown; ``--json`` has all."""
FAR_S = 100.0
"""From here on a distance in seconds tells nobody anything."""

_KINDS = {
    "long": "long shot",
    "close": "close-up",
    "off": "no pitch in sight",
    "unknown": "shot of unknown kind",
}


def inspection_table(seen: Inspection) -> Table:
    """What is known about a moment: a row for each sense, and what is not known at the end.

    Every text goes in as data, control characters taken out.
    """
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, show_header=False, padding=(0, 2, 0, 0), pad_edge=False)
    table.add_column(no_wrap=True, style="bold")
    table.add_column(overflow="fold")
    for name, lines in _rows(seen):
        for row, line in enumerate(lines):
            table.add_row(name if row == 0 else "", Text(line))
    return table


def _rows(seen: Inspection) -> Iterator[tuple[str, list[str]]]:
    window = f"{format_time(seen.start)} to {format_time(seen.end)}"
    yield "Recording", [f"{one_line(seen.recording, 120)} at {format_time(seen.time)} (looking at {window})"]
    named = (
        ("Match clock", _clock),
        ("Score", _score),
        ("Board", _board),
        ("Shots", _shots),
        ("Sound", _sound),
        ("Whistles", _whistles),
        ("Said", _said),
        ("On screen", _texts),
        ("Events", _events),
        ("Believed", _believed),
        ("Not known", _missing),
    )
    for name, told in named:
        lines = list(told(seen))
        if lines:
            yield name, lines


def _at(seen: Inspection, seconds: float) -> str:
    """A second on the recording, with its distance from the moment if that is short: ``41:20 (+3.5 s)``."""
    away = seconds - seen.time
    return format_time(max(seconds, 0.0)) + (f" ({away:+.1f} s)" if abs(away) < FAR_S else "")


def _clock(seen: Inspection) -> Iterator[str]:
    if seen.match_time is not None and seen.clock is not None:
        period = seen.clock.period_at(seen.time)
        yield f"{seen.match_time}{f', {period.name}' if period else ''}"


def _score(seen: Inspection) -> Iterator[str]:
    if seen.score is not None:
        yield f"{_teams(seen.score)}, on the board since {_at(seen, seen.score.since)}"
    for change in seen.changes:
        if seen.score is None or change.since != seen.score.since:
            yield f"{_teams(change)} from {_at(seen, change.since)} on"


def _teams(score: ScoreThen) -> str:
    home, away = (one_line(team, 40) for team in score.teams)
    return f"{home} {score.home}-{score.away} {away}".strip()


def _board(seen: Inspection) -> Iterator[str]:
    if seen.readings or seen.counts:
        number = len(seen.readings) + len(seen.counts)
        yield f"read on {number} of {seen.looks} looks" if seen.looks else f"read {number} times"
    readings = (f"{_at(seen, r.seconds)}: {_reading(r)}, {r.confidence:.0%} sure" for r in seen.readings)
    counts = (f"{_at(seen, c.seconds)}: {_count(c)}, {c.confidence:.0%} sure" for c in seen.counts)
    yield from _listed([*readings, *counts])


def _reading(reading: Reading) -> str:
    """A clock is read every ten seconds only: most looks are without it, which is not told as a failure."""
    added = f" +{reading.added_s / 60:.0f}" if reading.added_s else ""
    shown = f"{'' if reading.clock_s is None else format_time(reading.clock_s)}{added}".strip()
    clock = [shown] if shown else []
    known = reading.home is not None and reading.away is not None
    score = [f"{reading.home}-{reading.away}"] if known else ["score not read"] if clock else []
    return ", ".join([*clock, *score]) or "neither clock nor score read"


def _count(count: Count) -> str:
    half = {True: "top of ", False: "bottom of "}.get(count.top, "") if count.top is not None else ""
    inning = [] if count.inning is None else [f"{half}inning {count.inning}"]
    pitches = [] if None in (count.balls, count.strikes) else [f"count {count.balls}-{count.strikes}"]
    outs = [] if count.outs is None else [f"{count.outs} out"]
    runs = [] if None in (count.home, count.away) else [f"runs {count.away} (away) {count.home} (home)"]
    return ", ".join([*inning, *pitches, *outs, *runs]) or "nothing read"


def _shots(seen: Inspection) -> Iterator[str]:
    parts: list[tuple[float, str]] = [(s.start, _shot(seen, s)) for s in seen.shots]
    parts += [(p.start, _passage(seen, p)) for p in seen.passages]
    yield from _listed([text for _, text in sorted(parts, key=lambda part: part[0])])


def _shot(seen: Inspection, shot: Shot) -> str:
    here = " ← here" if shot.start <= seen.time < shot.end else ""
    replay = f", replay {shot.replay:.0%}" if shot.replay >= 0.05 else ""
    kind = _KINDS.get(shot.kind, one_line(shot.kind, 20))
    times = f"{format_time(shot.start)} to {format_time(shot.end)}"
    return f"{times}: {kind} ({shot.duration:.1f} s, {shot.confidence:.0%} sure{replay}){here}"


def _passage(seen: Inspection, passage: Passage) -> str:
    return f"  {one_line(passage.kind, 20)} at {_at(seen, passage.start)}, {passage.score:.0%} sure"


def _sound(seen: Inspection) -> Iterator[str]:
    sound = seen.sound
    if sound is None:
        return
    if sound.silent:
        yield "silent throughout"
        return
    yield f"loudness {sound.loudness:.1f} LUFS over the window; usual here {sound.usual:.1f}"
    yield f"at the moment: crowd {sound.crowd_db:+.1f} dB, voices {sound.voice_db:+.1f} dB from the usual"
    yield f"most excited: {sound.rise_db:+.1f} dB at {_at(seen, sound.rise_at)}"


def _whistles(seen: Inspection) -> Iterator[str]:
    blows = (
        f"{_at(seen, w.start)}: {w.end - w.start:.1f} s, {w.frequency / 1000:.2f} kHz, {w.confidence:.0%} sure"
        for w in seen.whistles
    )
    yield from _listed([*blows])


def _said(seen: Inspection) -> Iterator[str]:
    yield from _listed([f"{_at(seen, u.start)}: “{one_line(u.text, 300)}”" for u in seen.said])


def _texts(seen: Inspection) -> Iterator[str]:
    texts = (
        f"{format_time(t.start)} to {format_time(t.end)}: {' · '.join(one_line(x, 80) for x in t.lines)}"
        for t in seen.texts
    )
    yield from _listed([one_line(text, 600) for text in texts])


def _events(seen: Inspection) -> Iterator[str]:
    for event in seen.found.events[:MOST_LINES]:
        yield from _event(seen, event)
    more = len(seen.found) - MOST_LINES
    if more > 0:
        yield f"and {more} more"


def _event(seen: Inspection, event: Event) -> Iterator[str]:
    shown = seen.clock.at(event.time) if seen.clock else None
    match = f"{shown}, " if shown else ""
    team = f" ({one_line(event.team, 40)})" if event.team else ""
    score = "by a person" if event.score is None else score_text(event)
    yield f"{event.label}{team} {score}: {match}recording {_at(seen, event.time)}, to show {window_text(event)}"
    for evidence in event.evidence:
        sure = "" if evidence.score is None else f" {evidence.score:.0%}"
        says = "✗ against it, " if evidence.against else ""
        detail = one_line(evidence.detail, 300)
        yield f"  {says}{one_line(evidence.source, 60)}{sure}{': ' if detail else ''}{detail}"


def _believed(seen: Inspection) -> Iterator[str]:
    for source, group in groupby(seen.believed, key=lambda belief: belief.source):
        told = (f"{one_line(b.label, 40)} {b.score:.0%} at {_at(seen, b.time)}" for b in group)
        yield f"{one_line(source, 60)}: {'; '.join(told)}"


def _missing(seen: Inspection) -> Iterator[str]:
    yield from (one_line(text, 300) for text in seen.missing)


def _listed(lines: Sequence[str]) -> Iterator[str]:
    yield from lines[:MOST_LINES]
    if len(lines) > MOST_LINES:
        yield f"and {len(lines) - MOST_LINES} more"
