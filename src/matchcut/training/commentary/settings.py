"""What one training is made with; stored with the weights."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from matchcut.errors import SettingsError
from matchcut.models.settings import check
from matchcut.sport import soccer

SENT_OFF, CARD, SHOT = "(sent off)", "(any card)", "(goal or shot)"
"""Outputs that stand for several labels: rare labels learn from their commoner relatives."""

RELATIVES: Mapping[str, tuple[str, ...]] = {
    SENT_OFF: ("Red card", "Yellow->red card"),
    CARD: ("Yellow card", "Red card", "Yellow->red card"),
    SHOT: ("Penalty", "Goal", "Shots on target", "Shots off target"),
}

OUTPUTS = (*soccer.names, *RELATIVES)
"""The networks' output classes."""

BLENDS: Mapping[str, Mapping[str, float]] = {
    "Red card": {"Red card": 0.5, SENT_OFF: 0.5},
    "Yellow->red card": {"Yellow->red card": 0.5, SENT_OFF: 0.5},
}
"""58 dismissals in 300 games are too few to tell the two kinds apart; the sum of both is steadier."""


@dataclass(frozen=True)
class TrainingSettings:
    """Everything that decides what comes out, besides the data.

    Attributes:
        seed: of all random numbers; member ``i`` uses ``seed + i``.
        members: how many networks are trained; their outputs are averaged.
        epochs, steps: steps an epoch.
        batch: crops a step.
        crop_s: seconds a crop.
        learning_rate: its highest, reached after a tenth of the steps.
        weight_decay: of the matrices, not of vectors, embeddings and norms.
        average: how much of the moving average of the weights is kept each step; the average is what ships.
        embedding, hidden, width, dilations: see `CommentaryNet`.
        dropout, embedding_dropout: shares dropped.
        word_dropout: share of words that become unknown without a stem.
        stem_dropout: share of words whose stem is dropped, and of words that keep their stem alone.
        single_share: share of crops that see one transcript only; the others see two or more.
        unknown_half: share of crops that don't know where in the match they are.
        jitter_s: standard deviation of a shift of all words of a crop, in seconds.
        rare_weight: classes weigh ``(commonest / count) ** rare_weight`` in the loss.
        radii_s: an output for each: does such an event lie within this many seconds?
        radius_weights: what each radius counts in the track; the widest only helps the network to learn.
        least_games, most_words: a word enters the vocabulary if it was said in this many training games.
        threads: of torch, for each network; the networks are trained side by side, a process each.

    Raises:
        SettingsError: a value is out of its range.
    """

    seed: int = 0
    members: int = 3
    epochs: int = 12
    steps: int = 300
    batch: int = 8
    crop_s: int = 512
    learning_rate: float = 1.6e-3
    weight_decay: float = 0.02
    average: float = 0.998
    embedding: int = 96
    hidden: int = 128
    width: int = 160
    dilations: tuple[int, ...] = (1, 2, 4, 8, 16, 32, 1, 2, 4, 8)
    dropout: float = 0.15
    embedding_dropout: float = 0.2
    word_dropout: float = 0.15
    stem_dropout: float = 0.08
    single_share: float = 0.4
    unknown_half: float = 0.3
    jitter_s: float = 1.0
    rare_weight: float = 0.3
    radii_s: tuple[float, ...] = (1.5, 4.0, 8.0, 15.0, 30.0)
    radius_weights: tuple[float, ...] = (0.25, 0.25, 0.25, 0.25, 0.0)
    least_games: int = 4
    most_words: int = 27_000
    threads: int = 1

    def __post_init__(self) -> None:
        for name in ("members", "epochs", "steps", "batch", "threads", "least_games", "most_words"):
            check(name, getattr(self, name), 1)
        for name in ("embedding", "hidden", "width"):
            check(name, getattr(self, name), 1)
        check("crop_s", self.crop_s, 2)
        for name in ("dropout", "embedding_dropout"):
            check(name, getattr(self, name), 0, 0.99)
        for name in ("word_dropout", "stem_dropout", "single_share", "unknown_half"):
            check(name, getattr(self, name), 0, 1)
        for name in ("jitter_s", "rare_weight"):
            check(name, getattr(self, name), 0)
        if not self.radii_s or len(self.radii_s) != len(self.radius_weights):
            raise SettingsError(
                f"radii_s has {len(self.radii_s)} numbers and radius_weights {len(self.radius_weights)}",
                "Give one weight a radius",
            )
