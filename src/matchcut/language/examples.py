"""Training examples for a fine-tuning tool elsewhere: JSON Lines in the chat format.

Each line is ``{"messages": [system, user, assistant]}``, as OpenAI's fine-tuning, TRL, Axolotl and
LLaMA-Factory take it; nothing else stands in it. The assistant's message is the right answer: learn from that
alone.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from matchcut import files
from matchcut.datasets.chunks import Chunk, draw_pairs
from matchcut.language.prompts import Message, PromptSettings, messages, right_answer
from matchcut.sport import sport


@dataclass(frozen=True)
class Example:
    """One question with its right answer.

    Attributes:
        chunk: what it is about.
        label: the action asked for; None for all.
        messages: system, user, assistant.
    """

    chunk: Chunk
    label: str | None
    messages: tuple[Message, ...]


def examples(
    chunks: Sequence[Chunk],
    settings: PromptSettings,
    negatives: float = 0.0,
    seed: int = 0,
    silent: bool = False,
) -> Iterator[Example]:
    """The examples of labelled chunks, in their order.

    Args:
        chunks: with truth.
        settings: how to ask; worked examples are not given, and no confidence is asked for: truths have none.
        negatives: with the style "pair", how many pairs of absent actions there are for each that happens; with
            "chunk", every chunk is an example, whatever happens in it.
        seed: draws other negatives.
        silent: chunks in which nobody speaks too; from them only guessing could be learnt.

    Raises:
        InputError: a chunk has no truth.
    """
    plain = PromptSettings(settings.style, settings.times, 0, settings.window_s, confidence=False)
    heard = [chunk for chunk in chunks if silent or chunk.lines]
    asked: Iterable[tuple[Chunk, str | None]]
    if settings.style == "pair" and heard:
        names = sport(heard[0].sport).names
        asked = ((pair.chunk, pair.label) for pair in draw_pairs(heard, names, negatives, seed))
    else:
        asked = ((chunk, None) for chunk in heard)
    for chunk, label in asked:
        told = {"role": "assistant", "content": right_answer(chunk, plain, label)}
        yield Example(chunk, label, (*messages(chunk, plain, label), told))


def write_jsonl(path: Path | str, made: Iterable[Example]) -> int:
    """Writes examples, one a line, whole or not at all; gives their number.

    Raises:
        OutputError: it cannot be written.
    """
    count = 0
    with files.replacing(path) as temporary, temporary.open("w", encoding="utf-8", newline="\n") as stream:
        for example in made:
            count += 1
            stream.write(json.dumps({"messages": example.messages}, ensure_ascii=False) + "\n")
    return count
