"""How the observers do on practice broadcasts, where the truth is known to the frame.

    python experiments/practice/measure.py soccer [COUNT] [FIRST_SEED] [SECONDS] [FAULT ...]
    python experiments/practice/measure.py baseball [COUNT] [FIRST_SEED] [SECONDS]

Synthetic: nothing here is a real broadcast. Each seed is another match with another board (form, place, font,
colours); every third soccer match has line-ups and kick-off, every third stoppage time and half-time (and is
twice as long: a clock that runs for less than a minute is not believed).
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from matchcut.datasets.practice import BroadcastTruth, PracticeSettings, random_settings, render_match
from matchcut.datasets.practice.truth import PitchTruth, ReplayTruth, ScoreTruth
from matchcut.events import Event
from matchcut.observe.baseball import plays_from
from matchcut.observe.goals import goals_from
from matchcut.observe.match_clock import fit_clock
from matchcut.observe.readings import BoardTrack
from matchcut.observe.shots import Shot, ShotTrack
from matchcut.observe.sound import SoundTrack
from matchcut.observe.watch import WatchSettings, observe
from matchcut.sport import baseball, soccer

Row = dict[str, float]
CUT_S, GOAL_S, WHISTLE_S, PITCH_S = 0.5, 10.0, 0.3, 5.0


def settings_of(seed: int, seconds: float, faults: Sequence[str]) -> PracticeSettings:
    """Another broadcaster for each seed, and another part of the match."""
    base = PracticeSettings(faults=frozenset(faults))
    if seed % 3 == 1 and "jumping clock" not in faults:
        base = replace(base, clock_start_s=0.0, opening_s=14.0)
    elif seed % 3 == 2 and "jumping clock" not in faults:
        start = 2700.0 - 0.5 * seconds
        base = replace(base, clock_start_s=start, half_time_s=2700.0 - start + 40)
    return random_settings(seed, base)


def matched(found: Sequence[float], true: Sequence[float], within: float) -> int:
    """How many pairs can be made, nearest first in time order, none used twice."""
    left, pairs = sorted(true), 0
    for moment in sorted(found):
        near = [t for t in left if abs(t - moment) <= within]
        if near:
            left.remove(min(near, key=lambda t: abs(t - moment)))
            pairs += 1
    return pairs


def board_row(track: BoardTrack, truth: BroadcastTruth) -> Row:
    """Board, clock, score and goals."""
    fit = fit_clock(track)
    clock = fit.clock
    errors, wrong_half = [], 0
    for t in np.arange(2.0, truth.duration, 2.5):
        true = truth.clock.at(float(t))
        at = clock.at(float(t)) if clock else None
        if true is not None and at is not None:
            errors.append(abs(at.seconds - true.seconds))
            wrong_half += at.period != true.period
    goals, _ = goals_from(track, clock)
    names = {
        **dict.fromkeys((track.teams[0], "home"), "home"),
        **dict.fromkeys((track.teams[1], "away"), "away"),
    }
    # A goal counts if the board has shown its new score for some looks before the film ends.
    due = [s for s in truth.scores if s.shown + 6 < truth.duration] if truth.board else []

    def same(goal: Event, change: ScoreTruth) -> bool:
        return abs(goal.time - change.time) <= GOAL_S and names.get(goal.team or "") == change.side

    hits = sum(any(same(g, s) for g in goals) for s in due)
    right = sum(any(same(g, s) for s in truth.scores) for g in goals)
    scored = [r for r in track.readings if r.home is not None]
    wrong = sum((r.home, r.away) != truth.score_at(r.seconds, on_screen=True) for r in scored)
    seen = [t for t in track.looks if truth.board_shown(t)]
    teams = truth.board is not None and track.teams == truth.board.teams
    return {
        "board": float(bool(track.readings)), "clock": float(clock is not None),
        "clock error": float(np.median(errors)) if errors else -1.0,
        "worst clock error": max(errors, default=-1.0), "wrong half": float(wrong_half),
        "readings": float(len(track.readings)), "looks": float(len(seen)), "scores": float(len(scored)),
        "wrong scores": float(wrong), "teams": float(teams),
        "goals": float(len(due)), "goals found": float(hits), "false goals": float(len(goals) - right),
    }  # fmt: skip


def shot_row(track: ShotTrack, truth: BroadcastTruth) -> Row:
    """Cuts, gradual changes, views and replays."""
    true, found = truth.passages, track.passages
    middle = [(p.start + p.end) / 2 for p in true]
    row = {
        "passages": float(len(true)), "passages found": float(len(found)),
        "passages right": float(matched([(p.start + p.end) / 2 for p in found], middle, CUT_S)),
    }  # fmt: skip
    for kind in ("cut", "dissolve", "wipe"):
        wanted = [(p.start + p.end) / 2 for p in true if p.kind == kind]
        row[f"{kind}s"] = float(len(wanted))
        row[f"{kind}s right"] = float(matched([(p.start + p.end) / 2 for p in found], wanted, CUT_S))
    same = total = 0
    for t in np.arange(1.0, truth.duration, 1.0):
        kind = next((s.kind for s in truth.shots if s.start + 0.5 < t < s.end - 0.5), None)
        shot = track.at(float(t))
        if kind is not None and shot is not None:
            total, same = total + 1, same + (shot.kind == kind)
    row |= {"views": float(total), "views right": float(same)}

    def shared(shot: Shot, replay: ReplayTruth) -> float:
        return (min(shot.end, replay.end) - max(shot.start, replay.start)) / (replay.end - replay.start)

    replays = [s for s in track.shots if s.replay > 0.5]
    row["replays"] = float(len(truth.replays))
    row["replays found"] = float(sum(any(shared(s, r) > 0.5 for s in replays) for r in truth.replays))
    row["false replays"] = float(sum(not any(shared(s, r) > 0 for r in truth.replays) for s in replays))
    return row


def sound_row(track: SoundTrack, truth: BroadcastTruth) -> Row:
    """Whistles."""
    found = [(w.start + w.end) / 2 for w in track.whistles if w.confidence >= 0.3]
    true = [(w.start + w.end) / 2 for w in truth.whistles]
    return {"whistles": float(len(true)), "whistles found": float(len(found)),
            "whistles right": float(matched(found, true, WHISTLE_S))}  # fmt: skip


def pitch_row(track: BoardTrack, truth: BroadcastTruth) -> Row:
    """A baseball board's counts, and the balls and strikes that it tells."""
    events = [event for event in plays_from(track)[0] if event.label in ("ball", "strike")]
    shown = [c for c in track.counts if truth.board_shown(c.seconds)]

    def now(t: float) -> tuple[int, int]:
        last = [c for c in truth.counts if c.start <= t][-1]
        return last.balls, last.strikes

    wrong = sum((c.balls, c.strikes) != now(c.seconds) for c in shown)

    def right(event: Event) -> bool:
        return any(event.label in p.labels and abs(p.reach - event.time) <= PITCH_S for p in truth.pitches)

    # The count moves by one only where the batter's turn goes on.
    told = [p for p, c, d in zip(_pitches(truth), truth.counts, truth.counts[1:], strict=False)
            if (d.balls + d.strikes) == (c.balls + c.strikes) + 1]  # fmt: skip
    hits = sum(any(e.label in p.labels and abs(p.reach - e.time) <= PITCH_S for e in events) for p in told)
    return {
        "board": float(bool(track.counts)), "counts": float(len(shown)), "wrong counts": float(wrong),
        "teams": float(truth.board is not None and track.teams == truth.board.teams),
        "pitches told": float(len(told)), "pitches found": float(hits),
        "pitches false": float(sum(not right(e) for e in events)),
    }  # fmt: skip


def _pitches(truth: BroadcastTruth) -> list[PitchTruth]:
    return [p for p in truth.pitches if p.labels]


def main(sport: str, count: int = 20, first: int = 500, seconds: float = 120.0, *faults: str) -> None:
    rows: list[Row] = []
    with tempfile.TemporaryDirectory() as folder:
        for seed in range(first, first + count):
            of = baseball if sport == "baseball" else soccer
            settings = random_settings(seed) if sport == "baseball" else settings_of(seed, seconds, faults)
            length = 2 * seconds if settings.half_time_s else seconds
            match = render_match(Path(folder), seed=seed, duration_s=length, settings=settings, of=of)
            truth = BroadcastTruth.load(match.broadcast)
            seen = observe(match.video, of=of, settings=WatchSettings(threads=2))
            track = seen.board or BoardTrack()
            row = pitch_row(track, truth) if sport == "baseball" else board_row(track, truth)
            if seen.shots is not None:
                row |= shot_row(seen.shots, truth)
            if sport == "soccer" and seen.sound is not None:
                row |= sound_row(seen.sound, truth)
            rows.append(row)
            board = truth.board
            kind = "" if board is None else f"{board.form}, {board.clock_style}, {board.stoppage}"
            told = {k: round(v, 2) for k, v in row.items()}
            print(seed, kind, told, track.notes, fit_clock(track).notes, flush=True)
    last = first + count - 1
    print(f"\n{count} broadcasts of {seconds:.0f} s, seeds {first} to {last}, {sport}; {', '.join(faults)}")
    for key in rows[0]:
        values = [row[key] for row in rows]
        known = [v for v in values if v >= 0]
        if "error" in key:
            print(
                f"{key}: median {np.median(known):.2f}, largest {max(known):.2f}" if known else f"{key}: none"
            )
        else:
            print(f"{key}: {sum(values):.0f}")


if __name__ == "__main__":
    numbers = [int(x) if x.isdigit() else float(x) for x in sys.argv[2:5]]
    main(sys.argv[1] if len(sys.argv) > 1 else "soccer", *numbers, *sys.argv[5:])  # type: ignore[arg-type]
