"""Supervised fine-tuning as a task of the loop: the loss is taken on the answers' tokens alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from matchcut.errors import InputError
from matchcut.models.chat import Chat, Encoded
from matchcut.models.language import LanguageModel
from matchcut.models.lora import Adapted
from matchcut.models.packing import Packed, pack
from matchcut.models.settings import check, to_json
from matchcut.progress import Progress, silent
from matchcut.training.language.rows import batches_of, rows_of
from matchcut.training.language.samples import Samples
from matchcut.training.loop import Share


@dataclass(frozen=True)
class TuningSettings:
    """How conversations become rows of tokens.

    Attributes:
        context: the most tokens of a row, and so of a conversation with its answer.
        packed: several conversations a row, none of which sees another.
        save_memory: compute layers again in the backward pass instead of keeping what they gave: about a third
            slower, and several times the batch.
        leave_long: leave out conversations that are longer than the context, and count them; else refuse them.
        seed: of packing and order; the loop's.
        batch: rows a step; the loop's.

    Raises:
        SettingsError: a value is out of its range.
    """

    context: int = 8192
    packed: bool = True
    save_memory: bool = True
    leave_long: bool = False
    seed: int = 0
    batch: int = 16

    def __post_init__(self) -> None:
        check("context", self.context, 16)
        check("batch", self.batch, 1)


@dataclass(frozen=True)
class Measured:
    """Samples with their lengths in tokens.

    Attributes:
        samples: all of them.
        places: the numbers of those that are used.
        lengths, answers: tokens of each of these, whole and of its answer.
    """

    samples: Samples
    places: tuple[int, ...]
    lengths: tuple[int, ...]
    answers: tuple[int, ...]

    @property
    def left_out(self) -> int:
        """How many are longer than the context."""
        return len(self.samples) - len(self.places)


def measure(
    chat: Chat, samples: Samples, context: int, leave_long: bool = False, progress: Progress = silent
) -> Measured:
    """Counts the tokens of every sample.

    Args:
        context: the most that one may have.
        leave_long: leave longer ones out.
        progress: told of samples.

    Raises:
        InputError: one is longer, and is not to be left out.
    """
    found: list[tuple[int, int, int]] = []
    for place in range(len(samples)):
        sample = samples[place]
        length, answer = chat.length(sample.messages, sample.answer)
        if length <= context:
            found.append((place, length, answer))
        elif not leave_long:
            raise InputError(
                f"{sample.name}: has {length:,} tokens with its answer, and the context has {context:,}",
                "Raise the context (as far as the model's own goes), cut shorter chunks, take fewer or smaller"
                " pictures, or leave long ones out (leave_long)",
            )
        if place % 64 == 0:
            progress(place, len(samples))
    places, lengths, answers = zip(*found, strict=True) if found else ((), (), ())
    return Measured(samples, places, lengths, answers)


class AnswerTask:
    """Learning what is to be answered; see `matchcut.training.loop.Task`.

    A batch is so many rows; its size, for weighing parts, is the number of tokens to be said: whatever the rows
    are cut into, each token counts the same.

    Args:
        model: with adapters.
        training, validation: measured samples; validation may be empty.
        how: the settings.
        told: what else a checkpoint must agree with, as JSON.
    """

    def __init__(
        self,
        model: LanguageModel,
        training: Measured,
        validation: Measured,
        how: TuningSettings,
        told: Mapping[str, Any],
    ) -> None:
        self.model, self.training, self.validation, self.how = model, training, validation, how
        self.chat = Chat(model)
        self.net: nn.Module = Adapted(model, how.save_memory)
        self._told = dict(told)
        self.rows = rows_of(training.lengths, how.context, how.packed, how.seed)
        self.totals = [sum(training.lengths[place] for place in row) for row in self.rows]
        self._tests = rows_of(validation.lengths, how.context, how.packed, how.seed)
        self._plan: tuple[int, list[list[int]]] = (-1, [])
        # One thread: tokenizers do not like two.
        self._pool = ThreadPoolExecutor(1)
        self._ahead: dict[tuple[int, ...], Future[list[list[Encoded]]]] = {}

    @property
    def fill(self) -> float:
        """How full the rows are, in [0, 1]."""
        return sum(self.totals) / max(1, len(self.rows) * self.how.context)

    def steps(self, epoch: int) -> int:
        return len(self._steps(epoch))

    def size(self, epoch: int, step: int) -> int:
        return self._tokens(self._steps(epoch)[step])

    def batch(self, epoch: int, step: int, share: Share, device: torch.device) -> tuple[Any, int]:
        every = self._steps(epoch)
        mine = [every[step][place] for place in share.of(len(every[step]))]
        following = self._next(every, step, share)
        if not mine:
            return None, 0
        encoded = self._encoded(mine)
        if following:
            self._start(following)
        return pack(self.model, encoded.result(), device), self._tokens(mine)

    def loss(self, net: nn.Module, batch: Packed) -> Tensor:
        return nn.functional.cross_entropy(net(batch.tensors), batch.wanted)

    def validate(self, net: nn.Module, device: torch.device) -> Mapping[str, float]:
        if not self._tests:
            return {}
        total, right, tokens = 0.0, 0, 0
        with torch.inference_mode():
            for row in self._tests:
                packed = pack(self.model, self._read(self.validation, [row]), device)
                logits = net(packed.tensors)
                total += float(nn.functional.cross_entropy(logits, packed.wanted, reduction="sum"))
                right += int((logits.argmax(-1) == packed.wanted).sum())
                tokens += len(packed.wanted)
        return {"validation_loss": total / tokens, "tokens_right": right / tokens}

    def describe(self) -> Mapping[str, Any]:
        return {
            "base": self.model.identity,
            **{f"tuning.{key}": value for key, value in to_json(self.how).items()},
            **self._told,
            "data": f"{self.training.samples.digest} {len(self.training.places)}",
            "validation": f"{self.validation.samples.digest} {len(self.validation.places)}",
        }

    def _steps(self, epoch: int) -> list[list[int]]:
        if self._plan[0] != epoch:
            self._plan = (epoch, batches_of(self.totals, self.how.batch, self.how.seed, epoch))
        return self._plan[1]

    def _tokens(self, rows: Sequence[int]) -> int:
        return sum(self.training.answers[place] for row in rows for place in self.rows[row])

    def _next(self, every: Sequence[Sequence[int]], step: int, share: Share) -> list[int]:
        """The rows that are most likely worked on next: the next part, or the next step's first."""
        if share.number + 1 < share.count:
            return [every[step][place] for place in Share(share.number + 1, share.count).of(len(every[step]))]
        if step + 1 < len(every):
            return [every[step + 1][place] for place in Share(0, share.count).of(len(every[step + 1]))]
        return []

    def _encoded(self, rows: Sequence[int]) -> Future[list[list[Encoded]]]:
        self._start(rows)
        found = self._ahead.pop(tuple(rows))
        self._ahead.clear()
        return found

    def _start(self, rows: Sequence[int]) -> None:
        if tuple(rows) not in self._ahead:
            wanted = [self.rows[row] for row in rows]
            self._ahead[tuple(rows)] = self._pool.submit(self._read, self.training, wanted)

    def _read(self, of: Measured, rows: Sequence[Sequence[int]]) -> list[list[Encoded]]:
        return [[self._one(of, place) for place in row] for row in rows]

    def _one(self, of: Measured, place: int) -> Encoded:
        sample = of.samples[of.places[place]]
        return self.chat.encode(sample.messages, sample.answer)
