"""The training loop of one network: resumable after every epoch, without pickles."""

from __future__ import annotations

import copy
import csv
import json
import math
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors.torch import load_file, save_file
from torch import Tensor

from matchcut.encoders.words import FEATURES, STEMS
from matchcut.files import read_text, replacing, write_json
from matchcut.models.commentary import CommentaryNet, PooledDropout
from matchcut.training.commentary.corpus import Half
from matchcut.training.commentary.loss import output_weights, spotting_loss
from matchcut.training.commentary.samples import draw
from matchcut.training.commentary.settings import OUTPUTS, TrainingSettings

Check = Callable[[CommentaryNet], dict[str, float]]
"""Measures the averaged network; what it returns stands in the log."""

_EMBEDDINGS = ("words.", "stems.", "marks.")
_WARM, _FIRST, _LAST = 0.1, 1 / 25, 1 / 1250


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


def learning_rate(step: int, how: TrainingSettings) -> float:
    """Up along a cosine in the first tenth of the steps, then down along one ("one cycle")."""
    total = how.epochs * how.steps
    warm = max(1.0, _WARM * total)
    if step < warm:
        share, low, high = step / warm, _FIRST, 1.0
    else:
        share, low, high = (step - warm) / max(1.0, total - warm), 1.0, _LAST
    return how.learning_rate * (low + (high - low) * (1 - math.cos(math.pi * min(share, 1.0))) / 2)


class Trainer:
    """Trains one member of the ensemble and keeps its state in a folder.

    Args:
        halves: of the train split, encoded.
        words: how many token ids there are.
        how: the settings.
        member: which network of the ensemble; its random numbers come from ``seed + member``.
        folder: for checkpoints and the log; a run that was interrupted goes on from its last whole epoch.
        start: word vectors to begin with, shape (words, embedding).
    """

    def __init__(
        self,
        halves: Sequence[Half],
        words: int,
        how: TrainingSettings,
        member: int,
        folder: Path,
        start: NDArray[np.float32] | None = None,
    ) -> None:
        torch.manual_seed(how.seed + member)
        self.halves, self.how, self.member, self.folder = halves, how, member, folder
        self.net = make_network(words, how)
        if start is not None:
            self.net.words.weight.data.copy_(torch.from_numpy(start))
        self.average = copy.deepcopy(self.net)
        self.weights = output_weights(halves, how.rare_weight)
        matrices = [p for n, p in self.net.named_parameters() if p.ndim > 1 and not n.startswith(_EMBEDDINGS)]
        chosen = {id(p) for p in matrices}
        others = [p for p in self.net.parameters() if id(p) not in chosen]
        self.optimizer = torch.optim.AdamW(
            [{"params": matrices, "weight_decay": how.weight_decay}, {"params": others, "weight_decay": 0.0}],
            lr=how.learning_rate,
            betas=(0.9, 0.98),
            fused=True,
        )
        self.epoch = 0
        folder.mkdir(parents=True, exist_ok=True)
        self._resume()

    def run(self, check: Check | None = None, say: Callable[[str], None] = print) -> CommentaryNet:
        """Trains the epochs that are left and returns the averaged network, in evaluation mode."""
        while self.epoch < self.how.epochs:
            began = time.perf_counter()
            row: dict[str, float] = {"epoch": self.epoch + 1, "loss": self._epoch()}
            self.epoch += 1
            if check is not None:
                row |= check(self.average.eval())
            row["seconds"] = round(time.perf_counter() - began, 1)
            self._keep(row)
            say(f"network {self.member}: " + ", ".join(f"{k} {v:.4g}" for k, v in row.items()))
        return self.average.eval()

    def _epoch(self) -> float:
        how = self.how
        # Seeded by the epoch, so that a resumed run draws what an uninterrupted one would have drawn.
        random = np.random.default_rng([how.seed + self.member, self.epoch])
        torch.manual_seed((how.seed + self.member) * 1000 + self.epoch)
        for module in self.net.modules():
            if isinstance(module, PooledDropout):
                module.renew()
        self.net.train()
        total = 0.0
        for number in range(how.steps):
            step = self.epoch * how.steps + number
            for group in self.optimizer.param_groups:
                group["lr"] = learning_rate(step, how)
            batch = draw(self.halves, how, random)
            given = [torch.from_numpy(array) for array in batch.given.named().values()]
            with torch.autocast("cpu", dtype=torch.bfloat16):
                logits = self.net(*given)
            loss = spotting_loss(
                logits, torch.from_numpy(batch.targets), torch.from_numpy(batch.inside), self.weights
            )
            self.optimizer.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            torch.nn.utils.clip_grad_norm_(self.net.parameters(), 1.0)
            self.optimizer.step()
            self._follow(step)
            total += float(loss.detach())
        return total / how.steps

    def _follow(self, step: int) -> None:
        """Moves the averaged network; early on it forgets faster."""
        kept = min(self.how.average, (step + 1) / (step + 10))
        with torch.no_grad():
            for mean, now in zip(self.average.parameters(), self.net.parameters(), strict=True):
                mean.lerp_(now, 1 - kept)

    def _state(self) -> dict[str, Tensor]:
        state = {f"net.{k}": v for k, v in self.net.state_dict().items()}
        state |= {f"average.{k}": v for k, v in self.average.state_dict().items()}
        for name, parameter in self.net.named_parameters():
            for key, value in self.optimizer.state.get(parameter, {}).items():
                state[f"adam.{key}.{name}"] = value
        return {k: v.detach().clone().contiguous() for k, v in state.items()}

    def _keep(self, row: dict[str, float]) -> None:
        with replacing(self.folder / "checkpoint.safetensors") as temporary:
            save_file(self._state(), temporary, {"epoch": str(self.epoch)})
        log = self.folder / "log.csv"
        fresh = not log.exists() or self.epoch == 1
        with log.open("w" if fresh else "a", newline="", encoding="utf-8") as stream:
            writer = csv.DictWriter(stream, list(row))
            if fresh:
                writer.writeheader()
            writer.writerow(row)
        write_json(self.folder / "settings.json", self.how.to_json() | {"epoch": self.epoch})

    def _resume(self) -> None:
        path = self.folder / "checkpoint.safetensors"
        if not path.exists():
            return
        kept = json.loads(read_text(self.folder / "settings.json"))
        self.epoch = int(kept.pop("epoch"))
        if TrainingSettings.from_json(kept) != self.how:
            raise SystemExit(f"{self.folder}: holds a training with other settings. Name another --out.")
        state = load_file(path)
        for prefix, net in (("net.", self.net), ("average.", self.average)):
            net.load_state_dict({k.removeprefix(prefix): v for k, v in state.items() if k.startswith(prefix)})
        for name, parameter in self.net.named_parameters():
            keys = ("step", "exp_avg", "exp_avg_sq")
            if f"adam.step.{name}" in state:
                self.optimizer.state[parameter] = {key: state[f"adam.{key}.{name}"] for key in keys}
