"""What models on this machine say: many conversations at once, by transformers."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import torch
from torch import Tensor

from matchcut.errors import SettingsError
from matchcut.models.chat import Chat, Encoded, Message
from matchcut.models.hub import quiet
from matchcut.models.language import LanguageModel
from matchcut.models.settings import check
from matchcut.progress import Progress, silent


@dataclass(frozen=True)
class SayingSettings:
    """How answers are made; always the likeliest token, so that the same question gets the same answer.

    Attributes:
        most_tokens: of an answer.
        batch: conversations at once; halved as often as the memory of the GPU needs.

    Raises:
        SettingsError: a value is out of its range.
    """

    most_tokens: int = 512
    batch: int = 8

    def __post_init__(self) -> None:
        check("most_tokens", self.most_tokens, 1)
        check("batch", self.batch, 1)


@dataclass(frozen=True)
class Spoken:
    """What a model said to one conversation.

    Attributes:
        text: its answer.
        ended: it ended by itself; else it was cut off at the most tokens.
        tokens_in, tokens_out: of the conversation and of the answer.
        pieces: for each token of the answer, the letters that are said once it is, and the logarithm of its
            probability; empty where nobody knows.
    """

    text: str
    ended: bool
    tokens_in: int
    tokens_out: int
    pieces: tuple[tuple[int, float], ...] = ()

    def sureness(self, start: int, end: int) -> float:
        """How probable the letters from ``start`` to ``end`` were, what is before them given; in [0, 1]."""
        total, before = 0.0, 0
        for until, chance in self.pieces:
            if until > start and before < end:
                total += chance
            before = until
        return min(math.exp(total), 1.0)


class Speaker(Protocol):
    """Something that answers conversations."""

    def fits(self, messages: Sequence[Message]) -> bool:
        """Whether a conversation and its answer are no longer than the context."""
        ...

    def say(
        self,
        conversations: Sequence[Sequence[Message]],
        names: Sequence[str] = (),
        progress: Progress = silent,
    ) -> list[Spoken]: ...


class LocalSpeaker:
    """Answers by transformers.

    Args:
        model: whole, or base and adapter.
        how: the settings.
    """

    def __init__(self, model: LanguageModel, how: SayingSettings | None = None) -> None:
        self.model, self.how, self.chat = model, how or SayingSettings(), Chat(model)

    def fits(self, messages: Sequence[Message]) -> bool:
        """Whether a conversation and its answer are no longer than the model's context."""
        return self.chat.length(messages)[0] + self.how.most_tokens <= self.model.context

    def say(
        self,
        conversations: Sequence[Sequence[Message]],
        names: Sequence[str] = (),
        progress: Progress = silent,
    ) -> list[Spoken]:
        """The answers, in the order of the conversations.

        Args:
            conversations: system and user turns of each.
            names: of each, for messages.
            progress: told of conversations.

        Raises:
            SettingsError: one is longer than the model's context; pictures for a model that does not see.
        """
        lengths = [self.chat.length(messages)[0] for messages in conversations]
        for place, length in enumerate(lengths):
            if length + self.how.most_tokens > self.model.context:
                name = names[place] if names else f"conversation {place + 1}"
                raise SettingsError(
                    f"{name}: has {length:,} tokens and needs {self.how.most_tokens} for the answer;"
                    f" the context of {self.model.name} has {self.model.context:,}",
                    "Cut shorter chunks, or take fewer or smaller pictures",
                )
        # Of like length together, the longest first: what does not fit into memory shows at once.
        order = sorted(range(len(conversations)), key=lambda place: (-lengths[place], place))
        found: dict[int, Spoken] = {}
        at, batch = 0, self.how.batch
        while at < len(order):
            some = order[at : at + batch]
            try:
                encoded = [self.chat.encode(conversations[place]) for place in some]
                found.update(zip(some, self._together(encoded), strict=True))
            except torch.OutOfMemoryError as error:
                if batch == 1:
                    raise SettingsError(
                        "the GPU's memory does not hold one conversation",
                        "Cut shorter chunks, take fewer pictures, or load the model in 4 bits",
                    ) from error
                batch //= 2
                torch.cuda.empty_cache()
                continue
            at += len(some)
            progress(at, len(order))
        return [found[place] for place in range(len(conversations))]

    def _together(self, encoded: Sequence[Encoded]) -> list[Spoken]:
        given = self._padded(encoded)
        width = given["input_ids"].shape[1]
        noted = _Chances()
        with torch.inference_mode(), quiet():
            made = self.model.net.generate(
                **given,
                max_new_tokens=self.how.most_tokens,
                do_sample=False,
                num_beams=1,
                eos_token_id=list(self.chat.ends),
                pad_token_id=self.model.tokenizer.pad_token_id,
                logits_processor=[noted],
            )
        said, chances = made[:, width:].cpu().tolist(), torch.stack(noted.kept, 1).cpu().tolist()
        return [
            self._spoken(len(each), row, chance)
            for each, row, chance in zip(encoded, said, chances, strict=True)
        ]

    def _padded(self, encoded: Sequence[Encoded]) -> dict[str, Tensor]:
        """Conversations as one batch; shorter ones begin later, so that all end together."""
        width = max(len(each) for each in encoded)
        ids = np.full((len(encoded), width), self.model.tokenizer.pad_token_id, np.int64)
        mask = np.zeros_like(ids)
        for row, each in enumerate(encoded):
            ids[row, width - len(each) :] = each.ids
            mask[row, width - len(each) :] = 1
        given = {"input_ids": ids, "attention_mask": mask}
        seen = [each for each in encoded if len(each.grid)]
        if seen:
            given["pixel_values"] = np.concatenate([each.pixels for each in seen])
            given["image_grid_thw"] = np.concatenate([each.grid for each in seen])
            given["mm_token_type_ids"] = ((ids == self.chat.picture_id) & (mask == 1)).astype(np.int64)
        return {key: torch.from_numpy(value).to(self.model.device) for key, value in given.items()}

    def _spoken(self, tokens_in: int, ids: Sequence[int], chances: Sequence[float]) -> Spoken:
        last = next((place for place, token in enumerate(ids) if token in self.chat.ends), None)
        kept = list(ids if last is None else ids[:last])
        whole = str(self.model.tokenizer.decode(kept, skip_special_tokens=True))
        lead = len(whole) - len(whole.lstrip())
        until = [self.model.tokenizer.decode(kept[: n + 1], skip_special_tokens=True) for n in range(len(kept))]
        pieces = tuple((len(text) - lead, float(chance)) for text, chance in zip(until, chances, strict=False))
        tokens_out = len(kept) + (last is not None)
        return Spoken(whole.strip(), last is not None, tokens_in, tokens_out, pieces)


class _Chances:
    """Notes how probable the likeliest token was at each step: all logits together would fill the memory."""

    def __init__(self) -> None:
        self.kept: list[Tensor] = []

    def __call__(self, input_ids: Tensor, scores: Tensor) -> Tensor:
        self.kept.append(scores.float().log_softmax(-1).amax(-1))
        return scores
