"""What is learnt from: conversations with their right answers, read or drawn when they are needed."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from matchcut import files
from matchcut.datasets.chunks import Chunk
from matchcut.encoders.stills import Still
from matchcut.errors import InputError
from matchcut.language.examples import examples
from matchcut.language.prompts import PromptSettings, messages, picture_parts

Message = Mapping[str, Any]
Look = Callable[[Chunk], Sequence[Still]]
"""The pictures of a chunk; none where it cannot be seen."""


@dataclass(frozen=True)
class Sample:
    """One conversation.

    Attributes:
        name: for messages.
        messages: what is said to the model.
        answer: what it should say.
    """

    name: str
    messages: tuple[Message, ...]
    answer: str


class Samples(Protocol):
    """Samples by number; each is made when it is asked for."""

    @property
    def digest(self) -> str:
        """Changes with what is in them."""
        ...

    def __len__(self) -> int: ...

    def __getitem__(self, place: int, /) -> Sample: ...


class Nothing:
    """No samples."""

    digest = ""

    def __len__(self) -> int:
        return 0

    def __getitem__(self, place: int, /) -> Sample:
        raise IndexError(place)


class ChunkSamples:
    """Questions about labelled chunks, with pictures where there is a look at them.

    Args:
        chunks: with truth.
        prompt: how to ask.
        negatives: see `matchcut.language.examples.examples`.
        seed: draws other negatives.
        silent: chunks in which nobody speaks too; always, where they are seen.
        look: gives a chunk's pictures; None for words alone.

    Raises:
        InputError: a chunk has no truth.
    """

    def __init__(
        self,
        chunks: Sequence[Chunk],
        prompt: PromptSettings,
        negatives: float = 0.0,
        seed: int = 0,
        silent: bool = False,
        look: Look | None = None,
    ) -> None:
        self.prompt = PromptSettings(prompt.style, prompt.times, 0, prompt.window_s, confidence=False)
        self.look = look
        self.asked = list(examples(chunks, self.prompt, negatives, seed, silent or look is not None))

    @property
    def digest(self) -> str:
        """Changes with chunks, questions and answers; pictures are known by the chunk's name."""
        found = hashlib.sha256(repr(self.prompt).encode())
        for one in self.asked:
            found.update(json.dumps([one.chunk.name, one.label, one.messages]).encode())
        return found.hexdigest()[:16]

    def __len__(self) -> int:
        return len(self.asked)

    def __getitem__(self, place: int, /) -> Sample:
        one = self.asked[place]
        said: Sequence[Message] = one.messages[:-1]
        if self.look is not None:
            said = messages(one.chunk, self.prompt, one.label, pictures=picture_parts(self.look(one.chunk)))
        name = one.chunk.name + (f", {one.label}" if one.label else "")
        return Sample(name, tuple(said), str(one.messages[-1]["content"]))


class JsonLines:
    """Conversations of a file in the chat format, a line each; see `matchcut chunks prompts`.

    A line is ``{"messages": […]}`` whose last is the assistant's. Lines are read when they are needed: pictures
    inside them would not fit into memory.

    Raises:
        InputError: the file cannot be read, or a line is of another shape.
    """

    def __init__(self, path: Path | str) -> None:
        self.path = Path(path)
        self._places = list(self._lines())
        if not self._places:
            raise InputError(f"{path}: holds no conversation", "Make one with: matchcut chunks prompts")
        for place in range(len(self)):
            self[place]

    @property
    def digest(self) -> str:
        """Changes with the file's content."""
        return files.content_key(self.path)[:16]

    def __len__(self) -> int:
        return len(self._places)

    def __getitem__(self, place: int, /) -> Sample:
        offset, number = self._places[place]
        name = f"{self.path}: line {number}"
        try:
            with self.path.open("rb") as stream:
                stream.seek(offset)
                line = stream.readline()
        except OSError as error:
            raise files.read_error(self.path, error) from error
        value = files.parse_json(files.decode_text(line, name), name)
        turns = value.get("messages") if isinstance(value, dict) else None
        if not isinstance(turns, list) or len(turns) < 2 or not all(_is_message(turn) for turn in turns):
            raise InputError(f'{name}: is no conversation ({{"messages": […]}})', "Correct that line")
        if turns[-1]["role"] != "assistant" or not isinstance(turns[-1]["content"], str):
            raise InputError(f"{name}: does not end with what the assistant says", "Correct that line")
        return Sample(name, tuple(turns[:-1]), turns[-1]["content"])

    def _lines(self) -> Iterator[tuple[int, int]]:
        files.check_regular(self.path)
        offset = 0
        try:
            with self.path.open("rb") as stream:
                for number, line in enumerate(stream, 1):
                    if line.strip():
                        yield offset, number
                    offset += len(line)
        except OSError as error:
            raise files.read_error(self.path, error) from error


def _is_message(turn: Any) -> bool:
    if not isinstance(turn, dict) or turn.get("role") not in ("system", "user", "assistant"):
        return False
    content = turn.get("content")
    if isinstance(content, str):
        return True
    return isinstance(content, list) and all(
        isinstance(part, dict)
        and (
            (part.get("type") == "text" and isinstance(part.get("text"), str))
            or (part.get("type") == "image_url" and isinstance(part.get("image_url"), dict))
        )
        for part in content
    )
