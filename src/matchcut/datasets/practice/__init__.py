"""Practice matches: seeded, labelled soccer broadcasts with picture, sound, commentary and truth.

They serve demos, tests and learning checks. Nothing measured on them is a claim about real matches.
"""

from __future__ import annotations

from matchcut.datasets.practice.render import PracticeMatch, practice_truth, render_match
from matchcut.datasets.practice.settings import PracticeSettings

__all__ = ["PracticeMatch", "PracticeSettings", "practice_truth", "render_match"]
