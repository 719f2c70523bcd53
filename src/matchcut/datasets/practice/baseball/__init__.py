"""Practice games of baseball: pitches seen from centre field, with a count board, commentary and truth."""

from __future__ import annotations

from matchcut.datasets.practice.baseball.game import LABELS, Game, Pitch
from matchcut.datasets.practice.baseball.render import GamePainter, game_broadcast, game_truth

__all__ = ["LABELS", "Game", "GamePainter", "Pitch", "game_broadcast", "game_truth"]
