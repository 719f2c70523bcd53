"""matchcut finds the moments that matter in a sports broadcast, says when they happened, and cuts them out.

>>> import matchcut as mc
>>> log = mc.spot("final.mp4", transcript="final.srt")  # doctest: +SKIP
>>> print(mc.ask(log, "Give me all the highlights of free-kicks"))  # doctest: +SKIP
A free-kick occurs at (36:09, 36:24).
>>> mc.reel("final.mp4", log.where(labels="Goal"), "goals.mp4")  # doctest: +SKIP
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

# Loaded at first use: importing matchcut costs no more than the standard library.
_HOME = {
    "Analysis": "analysis",
    "Event": "events",
    "EventLog": "events",
    "Evidence": "events",
    "EventQuery": "questions",
    "FeatureTrack": "tracks",
    "MatchClock": "clock",
    "MatchcutError": "errors",
    "Recording": "recording",
    "ScoreTrack": "tracks",
    "Sport": "sport",
    "SpotSettings": "intake",
    "Transcript": "transcript",
    "Utterance": "transcript",
    "analyse": "pipeline",
    "ask": "questions",
    "baseball": "sport",
    "evaluate_soccernet": "metrics.spotting",
    "find": "finding",
    "predict_soccernet": "prediction",
    "read_events": "datasets.tables",
    "read_transcript": "datasets.transcripts",
    "reel": "export.reel",
    "render_match": "datasets.practice",
    "report": "pipeline",
    "soccer": "sport",
    "spot": "pipeline",
}

__all__ = [*_HOME]

if TYPE_CHECKING:
    from matchcut.analysis import Analysis
    from matchcut.clock import MatchClock
    from matchcut.datasets.practice import render_match
    from matchcut.datasets.tables import read_events
    from matchcut.datasets.transcripts import read_transcript
    from matchcut.errors import MatchcutError
    from matchcut.events import Event, EventLog, Evidence
    from matchcut.export.reel import reel
    from matchcut.finding import find
    from matchcut.intake import SpotSettings
    from matchcut.metrics.spotting import evaluate_soccernet
    from matchcut.pipeline import analyse, report, spot
    from matchcut.prediction import predict_soccernet
    from matchcut.questions import EventQuery, ask
    from matchcut.recording import Recording
    from matchcut.sport import Sport, baseball, soccer
    from matchcut.tracks import FeatureTrack, ScoreTrack
    from matchcut.transcript import Transcript, Utterance


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module 'matchcut' has no attribute {name!r}")
    value = getattr(importlib.import_module(f"matchcut.{_HOME[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *_HOME})
