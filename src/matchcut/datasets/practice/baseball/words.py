"""The commentary of a baseball game: our own sentences, from ``words.json``."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np

from matchcut.datasets.practice.baseball.game import Game, Pitch
from matchcut.transcript import Transcript, Utterance

_LINES: Any = json.loads(Path(__file__).with_name("words.json").read_text(encoding="utf-8"))
_WORDS_A_SECOND = 3.0


def speak(game: Game) -> Transcript:
    """What is said of each pitch, some seconds late as people are, and talk in between; nothing overlaps."""
    rng = np.random.default_rng([game.seed, 73])
    due: list[tuple[float, int, str, dict[str, str]]] = []
    for pitch in game.pitches:
        slots = _slots(game, pitch)
        if rng.random() < 0.5:
            due.append((pitch.release - 4.5, 1, "before", slots))
        due.append((pitch.reach + float(rng.uniform(0.6, 1.4)), 3, pitch.outcome, slots))
        if pitch.outcome in ("in play", "bunt"):
            due.append((pitch.reach + 3.2, 2, "out" if pitch.caught else "safe", slots))
        if rng.random() < 0.4:
            due.append((pitch.reach + 5.0, 0, "chat", slots))
    for moment, _, _, _, side in game.scored:
        near = min(game.pitches, key=lambda p: abs(p.reach - moment))
        due.append((moment + 1.6, 2, "run", {**_slots(game, near), "side": side}))
    said: list[Utterance] = []
    free = 0.2
    due.sort()
    for place, (start, urgent, kind, slots) in enumerate(due):
        lines = _LINES[kind]
        text = str(lines[int(rng.integers(len(lines)))]).format(**slots)
        start = max(start, free)
        end = start + 0.5 + len(text.split()) / _WORDS_A_SECOND
        # An aside gives way to what must be told.
        if urgent < 3 and any(s < end for s, u, _, _ in due[place + 1 :] if u == 3):
            continue
        if end < game.duration_s:
            said.append(Utterance(round(start, 3), round(end, 3), text))
            free = end + 0.1
    return Transcript(said, "en", "practice")


def _slots(game: Game, pitch: Pitch) -> dict[str, str]:
    batting, fielding = game.batting(pitch.before), game.fielding(pitch.before)
    return {
        "pitcher": fielding.players[0],
        "batter": batting.players[pitch.batter],
        "team": batting.name,
        "rivals": fielding.name,
        "home": game.teams[0].name,
        "away": game.teams[1].name,
        "balls": str(pitch.before.balls),
        "strikes": str(pitch.before.strikes),
        "ball_number": str(pitch.before.balls + 1),
    }
