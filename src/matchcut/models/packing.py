"""Several conversations in one row of tokens, none of which sees another."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from matchcut.models.chat import Encoded
from matchcut.models.language import LanguageModel


@dataclass(frozen=True, eq=False)
class Packed:
    """Conversations in rows of equal length, none of which sees another.

    Attributes:
        tensors: what `matchcut.models.lora.Adapted` takes.
        wanted: the tokens that are to be said, (N,), row by row.
    """

    tensors: dict[str, Tensor]
    wanted: Tensor


def pack(model: LanguageModel, rows: Sequence[Sequence[Encoded]], device: torch.device | str = "cpu") -> Packed:
    """Several conversations a row, one after the other; rows are filled up to the longest.

    Positions begin anew with each conversation: that is how transformers knows that they are apart, and what
    fills a row counts as one more of them.
    """
    widest = max(sum(len(each) for each in row) for row in rows)
    ids = torch.full((len(rows), widest), int(model.tokenizer.pad_token_id))
    axes = 4 if model.sees else 1
    positions = torch.zeros((axes, len(rows), widest), dtype=torch.long)
    asked = torch.zeros((len(rows), widest), dtype=torch.bool)
    wanted: list[Tensor] = []
    for number, row in enumerate(rows):
        at = 0
        for each in row:
            tokens = torch.from_numpy(each.ids)
            end = at + len(each)
            ids[number, at:end] = tokens
            positions[:, number, at:end] = _positions(model, each, tokens)
            if each.answer:
                asked[number, end - each.answer - 1 : end - 1] = True
                wanted.append(tokens[-each.answer :])
            at = end
        positions[:, number, at:] = torch.arange(widest - at)
    tensors = {"input_ids": ids, "position_ids": positions if model.sees else positions[0], "asked": asked}
    seen = [each for row in rows for each in row if len(each.grid)]
    if seen:
        tensors["pixel_values"] = torch.from_numpy(np.concatenate([each.pixels for each in seen]))
        tensors["image_grid_thw"] = torch.from_numpy(np.concatenate([each.grid for each in seen]))
    tensors = {key: value.to(device) for key, value in tensors.items()}
    return Packed(tensors, torch.cat(wanted).to(device) if wanted else torch.empty(0, dtype=torch.long))


def _positions(model: LanguageModel, each: Encoded, ids: Tensor) -> Tensor:
    """(1, L), or (4, L) for a model that sees: the place in the text, then in time, height and width."""
    text = torch.arange(len(ids))[None]
    if not model.sees:
        return text
    if not len(each.grid):
        return text.expand(4, -1)
    kinds = (ids == int(model.bare.config.image_token_id)).int()[None]
    found, _ = model.bare.model.get_rope_index(
        ids[None], mm_token_type_ids=kinds, image_grid_thw=torch.from_numpy(each.grid)
    )
    return torch.cat([text, found[:, 0]])
