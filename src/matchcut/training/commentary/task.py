"""The task that the loop trains a network of the commentary spotter with."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from matchcut.encoders.words import FEATURES, STEMS
from matchcut.models.commentary import CommentaryNet, PooledDropout
from matchcut.models.settings import to_json
from matchcut.training.commentary.corpus import Half
from matchcut.training.commentary.loss import output_weights, spotting_loss
from matchcut.training.commentary.samples import draw
from matchcut.training.commentary.settings import OUTPUTS, TrainingSettings
from matchcut.training.loop import Share, seed_of
from matchcut.training.settings import LoopSettings

NETWORK = "network-{}"
"""Each network's folder, in that of the training."""

_RENEWED = 200
"""Steps that dropout's pools of random numbers serve for, at most; each epoch has new ones."""


def make_network(words: int, how: TrainingSettings) -> CommentaryNet:
    """A fresh network for a vocabulary of so many token ids."""
    return CommentaryNet(
        words,
        STEMS,
        how.embedding,
        how.hidden,
        how.width,
        how.dilations,
        FEATURES,
        len(how.radii_s),
        len(OUTPUTS),
        how.dropout,
        how.embedding_dropout,
    )


def loop_settings(how: TrainingSettings, member: int) -> LoopSettings:
    """How the loop trains one network of the ensemble.

    Raises:
        SettingsError: a value is out of its range.
    """
    return LoopSettings(
        seed=how.seed + member,
        epochs=how.epochs,
        batch=how.batch,
        learning_rate=how.learning_rate,
        beta2=0.98,
        weight_decay=how.weight_decay,
        undecayed=("words.", "stems.", "marks."),
        schedule="one-cycle",
        patience=0,
        clip_norm=1.0,
        precision="bfloat16",
        average=how.average,
    )


class CommentaryTask:
    """Spotting in crops of transcripts; see `matchcut.training.loop.Task`.

    Nothing is measured on the way: the last epoch is what ships.

    Args:
        net: the network.
        halves: of the train split, encoded.
        how: the settings.
        seed: of what is drawn; the loop's.
    """

    def __init__(self, net: CommentaryNet, halves: Sequence[Half], how: TrainingSettings, seed: int) -> None:
        self.net: nn.Module = net
        self.halves, self.how, self.seed = halves, how, seed
        self.weights = output_weights(halves, how.rare_weight)
        self.pools = [module for module in net.modules() if isinstance(module, PooledDropout)]

    def steps(self, epoch: int) -> int:
        return self.how.steps if self.halves else 0

    def size(self, epoch: int, step: int) -> int:
        return self.how.batch

    def batch(self, epoch: int, step: int, share: Share, device: torch.device) -> tuple[Any, int]:
        for number, pool in enumerate(self.pools):
            pool.renew(seed_of(self.seed, epoch, step // _RENEWED, number, 5))
        places = share.of(self.how.batch)
        randoms = [np.random.default_rng(seed_of(self.seed, epoch, step, place)) for place in places]
        if not randoms:
            return None, 0
        drawn = draw(self.halves, self.how, randoms)
        arrays = (*drawn.given.named().values(), drawn.targets, drawn.inside)
        *given, targets, inside = (torch.from_numpy(array).to(device) for array in arrays)
        return (given, targets, inside), len(randoms)

    def loss(self, net: nn.Module, batch: Any) -> Tensor:
        given, targets, inside = batch
        return spotting_loss(net(*given), targets, inside, self.weights.to(targets.device))

    def validate(self, net: nn.Module, device: torch.device) -> Mapping[str, float]:
        return {}

    def describe(self) -> Mapping[str, Any]:
        data = [(half.game, half.half, sorted(half.versions), half.truths) for half in self.halves]
        return {
            **{f"commentary.{key}": value for key, value in to_json(self.how).items()},
            "data": hashlib.sha256(repr(data).encode()).hexdigest()[:16],
        }
