"""Words to vectors: the text tower of a CLIP or SigLIP checkpoint."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from matchcut.encoders.pretrained import DEFAULT, fingerprint, load_tokenizer, load_tower
from matchcut.models.devices import device_named

if TYPE_CHECKING:
    from torch import nn


@dataclass(frozen=True)
class TextEncoder:
    """Encodes texts. Made by `load_text` or `text_encoder`.

    Attributes:
        name: the checkpoint's, for people.
        identity: changes with any weight.
        width: numbers a vector.
        longest: tokens that the network reads of one text.
        batch: texts a call.
        count: how many tokens a text has, the marks of its beginning and end included.
        network: texts, each of at most ``longest`` tokens (more are left out), to vectors.
    """

    name: str
    identity: str
    width: int
    longest: int
    batch: int
    count: Callable[[str], int]
    network: Callable[[Sequence[str]], NDArray[np.float32]]

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """One vector a text, shape (N, width); what exceeds ``longest`` tokens is not read."""
        # Texts of a length together: a batch is as long as its longest.
        order = sorted(range(len(texts)), key=lambda place: len(texts[place]))
        found = np.empty((len(texts), self.width), np.float32)
        for at in range(0, len(order), self.batch):
            places = order[at : at + self.batch]
            found[places] = self.network([texts[place] for place in places])
        return found

    def pieces(self, text: str) -> list[str]:
        """The text in pieces that the network reads whole, cut between words; none for an empty text."""
        pieces: list[str] = []
        words: list[str] = []
        used = room = self.longest - self.count("")
        for word in text.split():
            cost = self.count(word) - self.count("")
            if words and used + cost > room:
                pieces.append(" ".join(words))
                words, used = [], 0
            used = cost if not words else used + cost
            words.append(word)
        return [*pieces, " ".join(words)] if words else pieces


@contextlib.contextmanager
def one_thread() -> Iterator[None]:
    """One thread for torch on the CPU: of a sentence or two there is nothing to share.

    The threads of a network wait for each other at every layer. Where other programs keep the processors busy,
    that made one sentence take seconds (7 s on four threads, 0.15 s on one, at a load of 10 on 4 processors).
    """
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def load_text(
    name: str = DEFAULT, *, download: bool = False, device: str = "auto", batch: int = 128
) -> TextEncoder:
    """The text tower of a checkpoint; see `load_vision`.

    Raises:
        InputError: there are no such weights, or they are not usable.
        RequiresExtra: torch or transformers is not installed.
    """
    tower = load_tower(name, text=True, download=download)
    return text_encoder(tower, load_tokenizer(name, download), name=name, device=device, batch=batch)


def text_encoder(
    net: nn.Module, tokenizer: Any, *, name: str = "text", device: str = "auto", batch: int = 128
) -> TextEncoder:
    """An encoder around transformers' text tower and tokenizer."""
    import torch

    where = device_named(device)
    config: Any = net.config
    longest = int(config.max_position_embeddings)
    # SigLIP was trained with every text filled up to its longest, CLIP with none.
    padding = "max_length" if str(config.model_type).startswith("siglip") else True
    identity = fingerprint(net, "text")
    tower = net.to(where)

    def run(texts: Sequence[str]) -> NDArray[np.float32]:
        given = tokenizer(
            list(texts), padding=padding, truncation=True, max_length=longest, return_tensors="pt"
        )
        wanted = {key: given[key].to(where) for key in ("input_ids", "attention_mask") if key in given}
        with torch.inference_mode():
            out = tower(**wanted)
        projected = getattr(out, "text_embeds", None)
        found: NDArray[np.float32] = (
            (out.pooler_output if projected is None else projected).float().cpu().numpy()
        )
        return found

    def count(text: str) -> int:
        return len(tokenizer(text)["input_ids"])

    return TextEncoder(name, identity, run([""]).shape[1], longest, batch, count, run)
