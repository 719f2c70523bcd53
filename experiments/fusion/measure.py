"""What the fusion's measured numbers rest on, and how well its probability of a goal can be believed.

    python experiments/fusion/measure.py HEARD.json

`hear.py` makes HEARD.json: what the shipped commentary spotter detects in SoccerNet's 100 valid games, with
their labels. The boards are simulated from the labels with the rates of drawn boards (experiments/boards): no
SoccerNet video is here. So this measures how commentary's goals and a board go together, not how real boards
read.
"""

from __future__ import annotations

import json
import sys
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

from matchcut.clock import MatchClock, Period
from matchcut.events import Event, Evidence
from matchcut.observe.observed import Observed
from matchcut.observe.readings import BoardTrack, Reading
from matchcut.recording import Recording
from matchcut.sport import soccer
from matchcut.spotters.fuse import fuse
from matchcut.spotters.heard import Commentary
from matchcut.tracks import ScoreTrack
from matchcut.transcript import Transcript, Utterance

MISSED, FALSE_PER_H, HIDDEN = 0.02, 0.1, 0.1
"""Goals that the board never shows, false goals an hour, halves without a board: drawn boards missed 2 of 159
and made 2 in 9 hours; hidden boards are a guess."""
NEAR_S = 45.0

Row = dict[str, Any]


def goals(row: Row) -> list[float]:
    return [t for label, t, _ in row["truth"] if label == "Goal"]


def detections(row: Row) -> list[tuple[float, float]]:
    return [(t, p) for label, t, p in row["found"] if label == "Goal"]


def commentary_near(rows: list[Row]) -> None:
    """How likely the commentary thinks a goal is near true goals and elsewhere, and when."""
    rng = np.random.default_rng(0)
    best, offsets, elsewhere, inside = [], [], [], []
    for row in rows:
        for t in goals(row):
            near = [(p, at - t) for at, p in detections(row) if -30 <= at - t <= 60]
            best.append(max(near)[0] if near else 0.0)
            if near and max(near)[0] > 0.3:
                offsets.append(max(near)[1])
        for t in rng.uniform(60, row["duration"] - 120, 40):
            inside.append(any(-30 <= g - t <= 60 for g in goals(row)))
            if not any(abs(g - t) <= 120 for g in goals(row)):
                elsewhere.append(max([p for at, p in detections(row) if -30 <= at - t <= 60], default=0.0))
    print(f"goals {len(best)}; a goal lies in a window of 90 s with probability {np.mean(inside):.3f}")
    print("commentary's moment less the goal's, s, quantiles 2.5 5 25 50 75 95 97.5 %:")
    print("  ", np.round(np.quantile(offsets, [0.025, 0.05, 0.25, 0.5, 0.75, 0.95, 0.975]), 1))
    edges = [0, 0.03, 0.1, 0.3, 0.5, 0.7, 0.9, 1.01]
    with_goal = np.histogram(best, edges)[0] / len(best)
    without = np.histogram(elsewhere, edges)[0] / len(elsewhere)
    prior = np.log(np.mean(inside) / (1 - np.mean(inside)))
    for low, high, a, b in zip(edges, edges[1:], with_goal, without, strict=False):
        middle = min((low + high) / 2, 0.97)
        pooled = np.log(middle / (1 - middle)) - prior
        print(
            f"  best score {low:.2f}-{high:.2f}: near goals {a:.3f}, elsewhere {b:.3f}, "
            f"log ratio {np.log((a + 1e-4) / (b + 1e-4)):+.2f}, as pooled {pooled:+.2f}"
        )
    delays = []
    for row in rows:
        kick_offs = [t for label, t, _ in row["truth"] if label == "Kick-off"]
        delays += [min([k - t for k in kick_offs if 0 < k - t < 240], default=np.inf) for t in goals(row)]
    known = np.array([d for d in delays if np.isfinite(d)])
    print(f"kick-off within 4 min after {len(known) / len(delays):.2f} of goals, after", end=" ")
    print(np.round(np.quantile(known, [0.05, 0.25, 0.5, 0.75, 0.95]), 0), "s")


def simulated(row: Row, rng: np.random.Generator) -> BoardTrack | None:
    """A board that shows the labelled goals, late, now and then not at all, and sometimes one that was none."""
    if rng.random() < HIDDEN:
        return None
    duration = row["duration"]
    shown = [(t + rng.uniform(2, 20), rng.integers(2)) for t in goals(row) if rng.random() >= MISSED]
    shown += [
        (t, rng.integers(2)) for t in rng.uniform(0, duration, rng.poisson(FALSE_PER_H * duration / 3600))
    ]
    away = [(s, s + rng.uniform(5, 60)) for s in rng.uniform(0, duration, 12)]
    readings = []
    for t in np.arange(2.0, duration, 4.0):
        if any(a <= t <= b for a, b in away):
            continue
        home, guests = (sum(t >= at and side == s for at, side in shown) for s in (0, 1))
        if rng.random() < 0.005:
            home = int(rng.integers(10))
        readings.append(Reading(float(t), float(np.floor(t)), None, home, guests, 0.97))
    return BoardTrack(tuple(readings), (), ("HOM", "AWY"), duration=duration)


def heard(row: Row) -> Commentary:
    events = tuple(
        Event.around("Goal", t, soccer, score=p, evidence=(Evidence("commentary", "", p),))
        for t, p in detections(row)
        if p >= 0.03
    )
    track = ScoreTrack(("Goal",), np.zeros((1, 1), np.float32), 1.0, "commentary")
    words = Transcript(Utterance(a, max(b, a), "…") for a, b in row["spoken"])
    return Commentary(track, events, words, {"Goal": 0.3})


def outcomes(rows: list[Row], *, board: bool, words: bool) -> tuple[list[float], list[bool], int]:
    """Scores of all goals given, whether each is one (each true goal once, the surest first), goals in all."""
    rng = np.random.default_rng(7)
    scores, right, total = [], [], 0
    for row in rows:
        track = simulated(row, rng)
        clock = MatchClock([Period(1, 0.0, row["duration"], 0.0)])
        where = Recording("half", duration=row["duration"], clock=clock)
        log = fuse(
            where,
            observed=Observed(track) if board and track is not None else None,
            commentary=heard(row) if words else None,
            min_score=0.0,
        ).log.where("Goal")
        open_goals = goals(row)
        total += len(open_goals)
        for event in sorted(log, key=lambda e: -(e.score or 0)):
            near = [g for g in open_goals if abs(g - event.time) <= NEAR_S]
            if near:
                open_goals.remove(min(near, key=lambda g: abs(g - event.time)))
            scores.append(event.score or 0.0)
            right.append(bool(near))
    return scores, right, total


def reliability(name: str, scores: list[float], right: list[bool], total: int) -> None:
    s, y = np.array(scores), np.array(right, float)
    edges = [0, 0.05, 0.2, 0.5, 0.8, 0.95, 0.99, 1.001]
    print(f"{name}: {len(s)} claims, {total} goals; Brier {np.mean((s - y) ** 2):.4f}", end="; ")
    shown = s >= 0.3
    print(f"at 0.3: precision {y[shown].mean():.3f}, recall {y[shown].sum() / total:.3f}")
    for low, high in pairwise(edges):
        here = (s >= low) & (s < high)
        if here.any():
            print(
                f"   {low:.2f}-{high:.2f}: {here.sum():4d} claims, mean score {s[here].mean():.3f},"
                f" right {y[here].mean():.3f}"
            )


def fitted_by_halves(rows: list[Row]) -> None:
    """How far the pooled weight would have to be scaled, fitted on one half of the games, told on the other."""
    games = sorted({row["game"] for row in rows})
    folds = [{game for n, game in enumerate(games) if n % 2 == k} for k in (0, 1)]
    for k in (0, 1):
        sides = [[row for row in rows if (row["game"] in folds[k]) == inside] for inside in (True, False)]
        fit = outcomes(sides[0], board=True, words=True)
        slope, shift = _logistic_fit(*fit[:2])
        s, y = (np.array(x, float) for x in outcomes(sides[1], board=True, words=True)[:2])
        z = np.log(np.clip(s, 1e-6, 1 - 1e-6) / (1 - np.clip(s, 1e-6, 1 - 1e-6)))
        after = 1 / (1 + np.exp(-(slope * z + shift)))
        losses = [
            -np.mean(y * np.log(p) + (1 - y) * np.log(1 - p)) for p in (np.clip(s, 1e-6, 1 - 1e-6), after)
        ]
        print(
            f"fold {k}: slope {slope:.2f}, shift {shift:+.2f};"
            f" log loss elsewhere {losses[0]:.4f} -> {losses[1]:.4f}"
        )


def _logistic_fit(scores: list[float], right: list[bool]) -> tuple[float, float]:
    s, y = np.clip(np.array(scores), 1e-6, 1 - 1e-6), np.array(right, float)
    z = np.log(s / (1 - s))
    weights = np.array([1.0, 0.0])
    design = np.stack([z, np.ones_like(z)], 1)
    for _ in range(50):
        p = 1 / (1 + np.exp(-design @ weights))
        hessian = design.T @ (design * (p * (1 - p))[:, None]) + 1e-6 * np.eye(2)
        weights = weights + np.linalg.solve(hessian, design.T @ (y - p))
    return float(weights[0]), float(weights[1])


def main(path: str) -> None:
    rows = json.loads(Path(path).read_text())
    commentary_near(rows)
    for name, board, words in (("commentary", False, True), ("board", True, False), ("both", True, True)):
        reliability(name, *outcomes(rows, board=board, words=words))
    fitted_by_halves(rows)


if __name__ == "__main__":
    main(sys.argv[1])
