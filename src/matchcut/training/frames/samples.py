"""Labelled pictures and the prompts of their labels, as a dual encoder takes them."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from matchcut.encoders.dual import Dual
from matchcut.encoders.pictures import PictureSettings
from matchcut.errors import InputError, MatchcutError
from matchcut.progress import Progress, silent
from matchcut.training.frames.augment import AheadAugmentation, ahead_copy

Read = Callable[[str], NDArray[np.uint8]]
"""From a picture's name to its pixels, 8-bit RGB (height, width, 3), of any size."""

PARTS = ("train", "valid", "test")
_LONGEST = 8
"""Of a picture longer than so many times its other side only the middle is scaled: it is all that is seen."""


@dataclass(frozen=True)
class FrameSample:
    """One picture: its name, the number of its label, and the game that it is of."""

    name: str
    kind: int
    game: str = ""


@dataclass
class FrameData:
    """Labelled pictures in their parts.

    Attributes:
        kinds: the labels.
        prompts: texts of each label, at least one.
        parts: "train", "valid" and "test".
        read: from a sample's name to its pixels.
        notes: what was left out, and why.

    Raises:
        InputError: a label has no prompt.
    """

    kinds: tuple[str, ...]
    prompts: Mapping[str, Sequence[str]]
    parts: Mapping[str, Sequence[FrameSample]]
    read: Read
    notes: tuple[str, ...] = field(default=())

    def __post_init__(self) -> None:
        without = [kind for kind in self.kinds if not any(text.strip() for text in self.prompts.get(kind, ()))]
        if without:
            raise InputError(
                f"there is no prompt for {', '.join(without)}",
                "Give each label at least one text, or leave it out",
            )

    def check_training(self) -> None:
        """Refuses a training part that nothing can be learnt from.

        Raises:
            InputError: it is empty, or all of it has one label.
        """
        counts = Counter(sample.kind for sample in self.parts["train"])
        if not counts:
            raise InputError("there is no training picture", "Give pictures of the training split")
        if len(counts) == 1:
            only = self.kinds[next(iter(counts))]
            raise InputError(
                f"all {counts.total()} training pictures are of {only!r}: a contrast needs at least two labels",
                "Give pictures of other labels too",
            )


class Pictures:
    """Pictures as a network sees them, kept in memory as far as there is room.

    Args:
        read: see `FrameData`.
        look: how the network wants them.
        memory_mb: how much is kept; the others are read again each time.
    """

    def __init__(self, read: Read, look: PictureSettings, memory_mb: float = 2048.0) -> None:
        self.read, self.look = read, look
        self._kept: dict[str, NDArray[np.uint8]] = {}
        self._room = int(memory_mb * 2**20) // (look.height * look.width * 3)
        self._scaler: Any = None

    def __call__(self, name: str) -> NDArray[np.uint8]:
        """The picture, (height, width, 3) of the network's size.

        Raises:
            InputError: it cannot be read.
        """
        found = self._kept.get(name)
        if found is None:
            found = self.prepare(self.read(name), name)
            if len(self._kept) < self._room:
                self._kept[name] = found
        return found

    def prepare(self, pixels: NDArray[np.uint8], name: str = "a picture") -> NDArray[np.uint8]:
        """Any picture, scaled and cut as `PictureSettings` says.

        Raises:
            InputError: it is not 8-bit RGB.
        """
        from av.video.frame import VideoFrame
        from av.video.reformatter import VideoReformatter

        if pixels.ndim != 3 or pixels.shape[2] != 3 or pixels.dtype != np.uint8 or not pixels.size:
            raise InputError(
                f"{name}: is {pixels.dtype} of the shape {pixels.shape}, not an 8-bit RGB picture", "Convert it"
            )
        if self._scaler is None:
            self._scaler = VideoReformatter()
        high, wide = pixels.shape[:2]
        rows, columns = min(high, _LONGEST * wide), min(wide, _LONGEST * high)
        top, left = (high - rows) // 2, (wide - columns) // 2
        middle = np.ascontiguousarray(pixels[top : top + rows, left : left + columns])
        return np.ascontiguousarray(self.look.picture(VideoFrame.from_ndarray(middle, "rgb24"), self._scaler))

    def usable(
        self, samples: Iterable[FrameSample], progress: Progress = silent
    ) -> tuple[list[FrameSample], list[str]]:
        """The samples whose pictures can be read, and why the others cannot; reads each once."""
        every, found, failed = list(samples), [], []
        for place, sample in enumerate(every):
            try:
                self(sample.name)
                found.append(sample)
            except MatchcutError as error:
                failed.append(f"{sample.name} is left out: {error.problem}")
            progress(place + 1, len(every))
        return found, failed


def only_usable(data: FrameData, pictures: Pictures, progress: Progress = silent) -> FrameData:
    """The data without pictures that cannot be read; what was left out stands in its notes."""
    parts, notes = {}, list(data.notes)
    for part, samples in data.parts.items():
        parts[part], failed = pictures.usable(samples, progress)
        notes += failed
    return replace(data, parts=parts, notes=tuple(notes))


def with_copies(data: FrameData, how: AheadAugmentation, seed: int) -> FrameData:
    """The data with varied copies beside each training picture, the same ones in every epoch: the paper's way.

    The copies' names end with ``#1``, ``#2`` …
    """
    place = {sample.name: number for number, sample in enumerate(data.parts["train"])}
    made = [
        replace(sample, name=f"{sample.name}#{copy}")
        for sample in data.parts["train"]
        for copy in range(1, how.copies)
    ]

    def read(name: str) -> NDArray[np.uint8]:
        plain, _, copy = name.rpartition("#")
        if plain not in place:
            return data.read(name)
        return ahead_copy(data.read(plain), how, seed, place[plain], int(copy))

    return replace(data, parts={**data.parts, "train": [*data.parts["train"], *made]}, read=read)


@dataclass(frozen=True)
class PromptTokens:
    """The tokens of every label's prompts.

    Attributes:
        ids, mask: (prompts of all labels, tokens).
        owner: the number of each prompt's label, (prompts,).
    """

    ids: Tensor
    mask: Tensor
    owner: NDArray[np.int64]

    @classmethod
    def of(cls, data: FrameData, dual: Dual) -> PromptTokens:
        """Tokens of the prompts of all labels."""
        texts = [
            (kind, text) for kind, name in enumerate(data.kinds) for text in data.prompts[name] if text.strip()
        ]
        ids, mask = dual.tokens([text for _, text in texts])
        return cls(ids, mask, np.array([kind for kind, _ in texts]))

    def rows(self, chosen: NDArray[np.int64], device: torch.device | str) -> tuple[Tensor, Tensor]:
        """Tokens of some prompts, no longer than the longest of them."""
        longest = int(self.mask[chosen].sum(1).max())
        return self.ids[chosen, :longest].to(device), self.mask[chosen, :longest].to(device)

    def choose(
        self, kinds: NDArray[np.int64], way: str, rng: np.random.Generator
    ) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
        """Which prompts stand for samples of some labels.

        Args:
            kinds: of the samples, (B,).
            way: one of `WAYS`.
            rng: for "drawn".

        Returns:
            the prompts' numbers (N,), each once, and what each counts for each sample, (B, N); rows sum to 1.
        """
        members = [np.flatnonzero(self.owner == kind) for kind in kinds]
        if way == "first":
            members = [some[:1] for some in members]
        elif way == "drawn":
            members = [some[[int(rng.integers(len(some)))]] for some in members]
        chosen = np.unique(np.concatenate(members))
        share = np.zeros((len(kinds), len(chosen)), np.float32)
        for row, some in zip(share, members, strict=True):
            row[np.searchsorted(chosen, some)] = 1 / len(some)
        return chosen, share


WAYS = ("drawn", "averaged", "first")
"""Which of a label's prompts a step sees: one drawn for each picture, all averaged, or always the first."""


def part_digest(*parts: Sequence[FrameSample]) -> str:
    """Changes with which pictures of which labels are in which part."""
    names = [[(sample.name, sample.kind) for sample in part] for part in parts]
    return hashlib.sha256(repr(names).encode()).hexdigest()[:16]
