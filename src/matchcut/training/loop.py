"""The one loop that trains every network here.

A *task* says what is learnt: it has the network, cuts an epoch into steps, and gives a loss. The loop has the
optimizer, the schedule, precision, accumulation, checkpoints, early stopping and the log.

Every random number of a step comes from the seed, the epoch and the step alone. So a training that was stopped
anywhere and goes on from its checkpoint takes the very steps that it would have taken without the stop, and
ends in the same weights, bit for bit on one CPU.
"""

from __future__ import annotations

import copy
import hashlib
import math
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import torch
from torch import Tensor, nn

from matchcut.errors import InputError, MatchcutError
from matchcut.files import write_error
from matchcut.models.settings import to_json
from matchcut.progress import Progress, silent
from matchcut.training import state
from matchcut.training.devices import Alone, place
from matchcut.training.optimizers import make_optimizer, rate_at
from matchcut.training.settings import LoopSettings
from matchcut.training.stopping import heeding
from matchcut.training.task import Share, Task


class TrainingError(MatchcutError):
    """A training that cannot go on."""


class Loop:
    """Trains a task and keeps everything in a folder; a folder with a checkpoint goes on where that was made.

    Args:
        task: what is learnt.
        how: the settings.
        folder: for ``checkpoint.safetensors``, ``best.safetensors``, ``log.csv`` and ``log.png``.
        device: "auto", "cpu", "cuda" …

    Attributes:
        place: how far the training is.

    Raises:
        InputError: the folder's checkpoint is damaged or another network's.
        OutputError: there can be no such folder.
        SettingsError: it was made with other settings.
    """

    def __init__(self, task: Task, how: LoopSettings, folder: Path | str, device: str = "auto") -> None:
        self.task, self.how, self.folder = task, how, Path(folder)
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise write_error(self.folder, error) from error
        self.where: Alone = place(how.precision, device)
        self.bare = task.net
        optimizer = make_optimizer(task.net, how)
        self.average = copy.deepcopy(task.net).requires_grad_(False) if how.average else None
        self.net, self.optimizer = self.where.prepare(task.net, optimizer)
        self.bare = getattr(self.net, "module", self.net)
        if self.average is not None:
            self.average.to(self.where.device)
        self.place = state.Place()
        self._stop = False
        self._resume()

    @property
    def kept_net(self) -> nn.Module:
        """What is validated and kept: the averaged network where there is one."""
        return self.bare if self.average is None else self.average

    def run(self, progress: Progress = silent) -> nn.Module:
        """Trains what is left and returns the best network, in evaluation mode.

        Ctrl-C is heeded between two steps, after writing a checkpoint. Broken data stop the training after
        writing one too: when they are mended it goes on from there.

        Raises:
            InputError: data turned out to be broken.
            TrainingError: the loss is no longer a number; the last good checkpoint stays.
            KeyboardInterrupt: stopped; another run goes on from here.
            OutputError: the folder cannot be written to.
        """
        now = self.place
        with heeding(lambda: self._stop, self._mark), self._mourning():
            while not now.done:
                began = time.perf_counter()
                mean = self._epoch(progress)
                self._check_weights()
                measured = self.task.validate(self.kept_net.eval(), self.where.device)
                row: dict[str, float] = {"epoch": now.epoch + 1, "training_loss": mean, **measured}
                row["learning_rate"] = self.optimizer.param_groups[0]["lr"]
                row["seconds"] = round(time.perf_counter() - began, 2)
                now.rows.append(row)
                now.epoch, now.step, now.total = now.epoch + 1, 0, 0.0
                self._judge(row)
                self._keep()
        if self.where.rank == 0:
            state.draw_log(self.folder, now.rows)
        self.where.wait()
        return self._best()

    def _epoch(self, progress: Progress) -> float:
        now, steps = self.place, self.task.steps(self.place.epoch)
        if steps < 1:
            raise InputError("there is nothing to train on", "Give clips of the training split")
        self.net.train()
        while now.step < steps:
            number = now.epoch * steps + now.step
            for group in self.optimizer.param_groups:
                group["lr"] = self.how.learning_rate * rate_at(number, steps, self.how)
            now.total += self._take(now.epoch, now.step)
            self._follow(number)
            now.step += 1
            progress(number + 1, self.how.epochs * steps)
            if self._stop:
                self._keep()
                raise KeyboardInterrupt
            if self.how.keep_every and now.step % self.how.keep_every == 0 and now.step < steps:
                self._keep()
        return now.total / steps

    def _take(self, epoch: int, step: int) -> float:
        """One step of the optimizer; returns its loss."""
        where, parts = self.where, self.how.accumulate
        self.optimizer.zero_grad()
        total, samples = 0.0, 0
        for part in range(parts):
            # The part is in the seed: two processes or parts must not drop the same places.
            torch.manual_seed(seed_of(self.how.seed, epoch, step, where.rank * parts + part))
            share = Share(where.rank * parts + part, where.world * parts)
            batch, size = self.task.batch(epoch, step, share, where.device)
            if not size:
                continue
            with where.autocast():
                loss = self.task.loss(self.net, batch)
            value = float(loss.detach())
            if not math.isfinite(value):
                raise self._lost(epoch, step, value)
            where.backward(loss * (size * where.world / self.task.size(epoch, step)))
            total, samples = total + value * size, samples + size
        where.step(self.bare, self.optimizer, self.how.clip_norm)
        return where.mean(total / max(1, samples))

    def _lost(self, epoch: int, step: int, value: float) -> TrainingError:
        kept = self.folder / state.CHECKPOINT
        where = f"the last good checkpoint is {kept}" if kept.exists() else "nothing was kept yet"
        return TrainingError(
            f"the loss became {value} in epoch {epoch + 1}, step {step + 1}; {where}",
            "Lower the learning rate, train in float32, or look for broken features",
        )

    def _follow(self, step: int) -> None:
        """Moves the averaged network; early on it forgets faster."""
        if self.average is None:
            return
        kept = min(self.how.average, (step + 1) / (step + 10))
        with torch.no_grad():
            for mean, now in zip(self.average.parameters(), self.bare.parameters(), strict=True):
                mean.lerp_(now, 1 - kept)
            for held, new in zip(self.average.buffers(), self.bare.buffers(), strict=True):
                held.copy_(new)

    def _judge(self, row: Mapping[str, float]) -> None:
        now = self.place
        found = row.get(self.how.choose)
        if found is not None and self.how.choose == "accuracy":
            found = 1 - found
        if found is None:
            # Either nothing is ever measured, or it was not measured this time: then the best stays the best.
            now.best_epoch = now.best_epoch if now.best is not None else now.epoch
        elif now.best is None or found < now.best:
            now.best, now.best_epoch = found, now.epoch
        if now.best_epoch == now.epoch and self.where.rank == 0:
            state.save_tensors(self.folder / state.BEST, self.kept_net.state_dict(), {"epoch": now.epoch})
        tired = self.how.patience and found is not None and now.epoch - now.best_epoch >= self.how.patience
        now.done = bool(tired) or now.epoch >= self.how.epochs

    def _keep(self) -> None:
        self._check_weights()
        if self.where.rank == 0:
            tensors = {f"net.{key}": value for key, value in self.bare.state_dict().items()}
            if self.average is not None:
                tensors |= {f"average.{key}": value for key, value in self.average.state_dict().items()}
            memory = state.optimizer_tensors(self.bare, self.optimizer)
            tensors |= {f"optimizer.{key}": value for key, value in memory.items()}
            head = {
                "version": state.VERSION,
                "loop": to_json(self.how),
                "task": self.task.describe(),
                "place": vars(self.place),
                "scaler": self.where.scaler.state_dict(),
            }
            state.save_tensors(self.folder / state.CHECKPOINT, tensors, head)
            if self.place.rows:
                state.write_log(self.folder, self.place.rows)
        self.where.wait()

    def _check_weights(self) -> None:
        """Before anything is validated or kept: a step may have spoilt what only the next loss would show."""
        for name, value in self.bare.state_dict().items():
            if value.is_floating_point() and not torch.isfinite(value).all():
                raise self._lost(self.place.epoch, self.place.step - 1, math.nan) from ValueError(name)

    def _resume(self) -> None:
        path = self.folder / state.CHECKPOINT
        if not path.exists():
            return
        tensors, head = state.load_tensors(path)
        if head.get("version") != state.VERSION:
            raise InputError(f"{path}: was written by another version", "Begin in another folder")
        now = self.task.describe()
        state.load_weights(self.bare, _under("net.", tensors), path)
        # A setting that is newer than the checkpoint was then what is its default now.
        kept = to_json(LoopSettings()) | head["loop"] | head["task"]
        state.same_settings(path, kept, to_json(self.how) | dict(now))
        if self.average is not None:
            state.load_weights(self.average, _under("average.", tensors), path)
        state.load_optimizer(self.bare, self.optimizer, _under("optimizer.", tensors))
        if head["scaler"]:
            self.where.scaler.load_state_dict(head["scaler"])
        self.place = state.Place(**head["place"])

    def _best(self) -> nn.Module:
        path = self.folder / state.BEST
        if path.exists():
            state.load_weights(self.kept_net, state.load_tensors(path)[0], path)
        return self.kept_net.eval()

    @contextmanager
    def _mourning(self) -> Iterator[None]:
        """Keeps what was learnt when data cannot be read; several processes would wait for each other."""
        try:
            yield
        except InputError:
            if self.where.world == 1 and (self.place.step or self.place.epoch):
                self._keep()
            raise

    def _mark(self) -> None:
        self._stop = True


def _under(prefix: str, tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    return {key.removeprefix(prefix): value for key, value in tensors.items() if key.startswith(prefix)}


def seed_of(*parts: int) -> int:
    """One seed of several numbers; near numbers give seeds that are far apart."""
    return int.from_bytes(hashlib.blake2b(repr(parts).encode(), digest_size=7).digest(), "big")


__all__ = ["Loop", "Share", "Task", "TrainingError", "seed_of"]
