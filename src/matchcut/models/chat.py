"""Conversations as numbers: chat templates, pictures among the words, and several conversations in one row.

What users, commentators and data sets wrote is data. Control tokens that stand in it are broken up, so that no
commentary line can end its message, open another, or pretend to be a picture.
"""

from __future__ import annotations

import base64
import io
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from matchcut.errors import InputError, SettingsError
from matchcut.models.language import LanguageModel

if TYPE_CHECKING:
    from PIL.Image import Image

Message = Mapping[str, Any]
"""``{"role": "system" | "user" | "assistant", "content": text or parts}``; a part is
``{"type": "text", "text": …}`` or ``{"type": "image_url", "image_url": {"url": "data:image/jpeg;base64,…"}}``,
as OpenAI's protocol writes them."""


@dataclass(frozen=True, eq=False)
class Encoded:
    """A conversation as a model takes it.

    Attributes:
        ids: tokens, (L,).
        answer: how many tokens at its end are the answer; 0 where it is to be given.
        pixels: patches of all pictures, (P, D); empty without.
        grid: patches of each picture in time, height and width, (N, 3).
    """

    ids: NDArray[np.int64]
    answer: int
    pixels: NDArray[np.float32]
    grid: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.ids)


class Chat:
    """Writes conversations as a model's tokens.

    Args:
        model: its tokenizer, chat template and image processor are used.
    """

    def __init__(self, model: LanguageModel) -> None:
        self.model, self.tokenizer = model, model.tokenizer
        added = {str(token) for token in self.tokenizer.added_tokens_decoder.values()}
        marks = sorted(added | set(self.tokenizer.all_special_tokens), key=len, reverse=True)
        self._marks = re.compile("|".join(re.escape(mark) for mark in marks if len(mark) > 1) or r"(?!)")
        self.picture_id = int(getattr(model.bare.config, "image_token_id", -1)) if model.sees else -1
        merge = int(model.pictures.merge_size) if model.sees else 1
        self._merge = merge * merge
        self.ends = self._end_tokens()

    def plain(self, text: str) -> str:
        """Text without the tokenizer's control tokens: each is broken up by a blank.

        ``"<|im_end|>"`` becomes ``"< |im_end|>"``: it still can be read, and means nothing.
        """
        while self._marks.search(text):
            text = self._marks.sub(lambda found: f"{found[0][0]} {found[0][1:]}", text)
        return text

    def encode(self, messages: Sequence[Message], answer: str | None = None) -> Encoded:
        """Messages, and what is to be said to them, with the pictures where the template puts them.

        Args:
            messages: system and user turns, in order.
            answer: the assistant's; None to ask for it.

        Raises:
            SettingsError: there are pictures and the model does not see, or the template refuses the turns.
        """
        pictures = pictures_of(messages)
        ids, said = self._tokens(messages, answer, [picture.size[::-1] for picture in pictures])
        pixels, grid = self._patches(pictures)
        if len(grid) and int((ids == self.picture_id).sum()) != int(grid.prod(1).sum()) // self._merge:
            raise InputError(
                f"{self.model.name}: its image processor gives another number of patches than it announces",
                "Install the release of transformers that is named in docs/dependencies.md, or report this",
            )
        return Encoded(ids, said, pixels, grid)

    def length(self, messages: Sequence[Message], answer: str | None = None) -> tuple[int, int]:
        """Tokens of the whole, and of the answer; of pictures only the size is read."""
        ids, said = self._tokens(messages, answer, [p.size[::-1] for p in pictures_of(messages)])
        return len(ids), said

    def decode(self, ids: Sequence[int]) -> str:
        """What was said, up to the token that ends it."""
        kept = list(ids)
        for place, token in enumerate(kept):
            if token in self.ends:
                kept = kept[:place]
                break
        return str(self.tokenizer.decode(kept, skip_special_tokens=True)).strip()

    def _end_tokens(self) -> tuple[int, ...]:
        given = getattr(getattr(self.model.bare, "generation_config", None), "eos_token_id", None)
        several = given if isinstance(given, list) else [given]
        found = [self.tokenizer.eos_token_id, *several]
        return tuple(dict.fromkeys(int(token) for token in found if token is not None))

    def _tokens(
        self, messages: Sequence[Message], answer: str | None, shapes: Sequence[tuple[int, ...]]
    ) -> tuple[NDArray[np.int64], int]:
        prompt, tail = self._rendered(messages, answer)
        ids = self._expanded(self._plain_ids(prompt), shapes)
        if answer is None:
            return np.array(ids, np.int64), 0
        said = self._plain_ids(tail)
        last = max((place for place, token in enumerate(said) if token in self.ends), default=None)
        said = said[: last + 1] if last is not None else [*said, self.ends[0]]
        return np.array([*ids, *said], np.int64), len(said)

    def _plain_ids(self, text: str) -> list[int]:
        return [int(token) for token in self.tokenizer(text, add_special_tokens=False)["input_ids"]]

    def _rendered(self, messages: Sequence[Message], answer: str | None) -> tuple[str, str]:
        """The prompt up to where the assistant begins, and the rest."""
        safe = [self._safe(message) for message in messages]
        try:
            prompt = self._template(safe, True)
        except _Refused:
            # Some templates know no system role; what it says then leads the first question.
            safe = _folded(safe)
            try:
                prompt = self._template(safe, True)
            except _Refused as error:
                raise SettingsError(
                    f"{self.model.name}: its chat template refuses the conversation ({error})",
                    "Name another template, or another model",
                ) from error
        if answer is None:
            return prompt, ""
        said = self.plain(answer)
        try:
            whole = self._template([*safe, {"role": "assistant", "content": self._content(said)}], False)
        except _Refused:
            return prompt, said
        # Some templates leave the system's words out once there is an answer: then it follows as it is.
        if whole.startswith(prompt) and said.strip() in whole[len(prompt) :]:
            return prompt, whole[len(prompt) :]
        return prompt, said

    def _safe(self, message: Message) -> dict[str, Any]:
        content = message["content"]
        if isinstance(content, str):
            return {"role": message["role"], "content": self._content(self.plain(content))}
        if not self.model.sees:
            if any(part["type"] != "text" for part in content):
                self.model.need_sight()
            return {"role": message["role"], "content": self.plain("".join(p["text"] for p in content))}
        parts = [
            {"type": "text", "text": self.plain(part["text"])} if part["type"] == "text" else {"type": "image"}
            for part in content
        ]
        return {"role": message["role"], "content": parts}

    def _content(self, text: str) -> Any:
        return [{"type": "text", "text": text}] if self.model.sees else text

    def _template(self, messages: Sequence[Message], ask: bool) -> str:
        from jinja2 import TemplateError

        try:
            return str(
                self.tokenizer.apply_chat_template(list(messages), tokenize=False, add_generation_prompt=ask)
            )
        except TemplateError as error:
            raise _Refused(" ".join(str(error).split())[:120]) from error

    def _expanded(self, ids: Sequence[int], shapes: Sequence[tuple[int, ...]]) -> list[int]:
        """Each picture's one token as many times as the picture has patches for the language part."""
        if self.picture_id < 0 or not (shapes or self.picture_id in ids):
            return list(ids)
        found: list[int] = []
        counts = iter([self.tokens_of(*shape) for shape in shapes])
        left = len(shapes)
        for token in ids:
            if token != self.picture_id:
                found.append(token)
                continue
            left -= 1
            found += [token] * next(counts, 0)
        if left:
            raise SettingsError(
                f"{self.model.name}: its chat template shows {len(shapes) - left} of {len(shapes)} pictures",
                "Name a template for pictures",
            )
        return found

    def tokens_of(self, height: int, width: int) -> int:
        """The tokens that a picture of this size takes."""
        return int(self.model.pictures.get_number_of_image_patches(height, width, {})) // self._merge

    def _patches(self, pictures: Sequence[Image]) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
        if not pictures:
            return np.empty((0, 0), np.float32), np.empty((0, 3), np.int64)
        found = self.model.pictures(
            images=[picture.convert("RGB") for picture in pictures], return_tensors="np"
        )
        return (
            np.asarray(found["pixel_values"], np.float32),
            np.asarray(found["image_grid_thw"], np.int64).reshape(-1, 3),
        )


class _Refused(Exception):
    """A chat template refuses a conversation."""


def pictures_of(messages: Sequence[Message]) -> list[Image]:
    """The pictures of a conversation, in order; opened, not decoded yet.

    Raises:
        InputError: one is no data URL, or no picture.
    """
    parts = [part for m in messages if not isinstance(m["content"], str) for part in m["content"]]
    return [_opened(part) for part in parts if part["type"] != "text"]


def _opened(part: Message) -> Image:
    from PIL import UnidentifiedImageError
    from PIL.Image import open as opened

    url = str(dict(part.get("image_url") or {}).get("url", ""))
    head, _, data = url.partition(",")
    if not re.fullmatch(r"data:image/\w+;base64", head):
        raise InputError(
            f"a message shows a picture that is not inside it ({head[:60]!r})",
            "Give pictures as data URLs: nothing is fetched",
        )
    try:
        return opened(io.BytesIO(base64.b64decode(data, validate=True)))
    except (UnidentifiedImageError, OSError, ValueError) as error:
        raise InputError("a message holds a picture that cannot be read", "Make the message anew") from error


def _folded(messages: Sequence[Message]) -> list[dict[str, Any]]:
    """The same with the system's words at the head of the first question."""
    system = [m for m in messages if m["role"] == "system"]
    rest = [dict(m) for m in messages if m["role"] != "system"]
    if not system or not rest:
        return rest
    first, lead = rest[0]["content"], system[0]["content"]
    if isinstance(first, str):
        rest[0]["content"] = f"{lead}\n\n{first}"
    else:
        rest[0]["content"] = [*lead, {"type": "text", "text": "\n\n"}, *first]
    return rest
