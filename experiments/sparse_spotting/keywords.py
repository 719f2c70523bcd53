"""The baseline: an action happens where its name is said. No training, no model, one transcript a half.

The words are those that the sport's labels carry for questions ("corner kick", "booking" …), as whole words in
any case. The moment is where the line begins; the same action is not told twice within 15 seconds.
"""

from __future__ import annotations

import re
from pathlib import Path

from matchcut.clock import HALF_S, MatchClock
from matchcut.datasets.echoes import EchoesArchive
from matchcut.datasets.games import HALVES, game_list
from matchcut.datasets.soccernet import write_predictions
from matchcut.datasets.soccernet_chunks import VERSIONS
from matchcut.events import Event, EventLog
from matchcut.recording import Recording
from matchcut.sport import Label, soccer
from matchcut.transcript import Transcript

APART_S = 15.0
SCORE = 0.5


def patterns() -> dict[str, re.Pattern[str]]:
    """Label -> its words, longest first."""
    words: dict[str, list[str]] = {name: [] for name in soccer.names}
    for word, kind in soccer.words.items():
        if isinstance(kind, Label) and kind.name in words:
            words[kind.name].append(word.casefold())
    return {
        name: re.compile(r"\b(?:" + "|".join(map(re.escape, sorted(said, key=len, reverse=True))) + r")\b")
        for name, said in words.items()
    }


PATTERNS = patterns()


def spotted(said: Transcript, recording: Recording) -> EventLog:
    """The events whose names are said."""
    found: list[Event] = []
    last: dict[str, float] = {}
    for line in said:
        text = line.text.casefold()
        for label, pattern in PATTERNS.items():
            if line.start - last.get(label, -APART_S) >= APART_S and pattern.search(text):
                last[label] = line.start
                found.append(Event.around(label, line.start, soccer, score=SCORE))
    return EventLog(found, recording, "keywords")


def write(echoes: Path, out: Path, split: str = "valid") -> Path:
    """Spots a split and writes its predictions."""
    logs: dict[str, dict[int, EventLog]] = {}
    with EchoesArchive(echoes) as archive:
        for game in game_list(split):
            for half in HALVES:
                had = archive.versions_of(game, half)
                version = next((name for name in VERSIONS if name in had), None)
                if version is None:
                    continue
                said = archive.transcript(game, half, version)
                duration = max(HALF_S, said.end)
                clock = MatchClock.of_half(half, duration)
                recording = Recording(f"{game}/{half}", duration=duration, clock=clock)
                logs.setdefault(game, {})[half] = spotted(said, recording)
    return write_predictions(out, logs)
