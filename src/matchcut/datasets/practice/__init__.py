"""Practice matches: seeded, labelled soccer broadcasts with picture, sound, commentary and truth.

They serve demos, tests and learning checks. Nothing measured on them is a claim about real matches.
"""

from __future__ import annotations

from matchcut.datasets.practice.faults import FAULTS
from matchcut.datasets.practice.hiding import EVERYWHERE
from matchcut.datasets.practice.render import (
    PracticeMatch,
    practice_truth,
    render_match,
    render_video,
)
from matchcut.datasets.practice.settings import HOUSE_BOARD, PracticeSettings, random_settings
from matchcut.datasets.practice.truth import BroadcastTruth

__all__ = [
    "EVERYWHERE",
    "FAULTS",
    "HOUSE_BOARD",
    "BroadcastTruth",
    "PracticeMatch",
    "PracticeSettings",
    "practice_truth",
    "random_settings",
    "render_match",
    "render_video",
]
