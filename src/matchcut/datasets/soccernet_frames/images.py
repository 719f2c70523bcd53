"""One image of SoccerNet-v3, and all of them as one list."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from matchcut.datasets.soccernet_frames.pixels import rgb_pixels
from matchcut.datasets.soccernet_frames.zips import Place
from matchcut.errors import InputError
from matchcut.sport import Sport

Kind = Literal["missing", "broken", "unlabelled", "refused"]
KINDS: tuple[Kind, ...] = get_args(Kind)


@dataclass(frozen=True, slots=True)
class FrameImage:
    """One image and what it shows.

    Attributes:
        game: ``LEAGUE/SEASON/GAME``.
        name: the image's name in the game's zip, such as "7.png" or "7_1.png".
        label: the action's.
        split: "train", "valid", "test", "challenge", or as a file of splits names it.
        half: 1 or 2; None where nobody says.
        time: the action's moment in seconds from the half's start; None where nobody says.
        replay: whether it is a replay.
        action: the action's image without suffix, such as "7": all images of one action of a game have it.
        shown: of a replay, when this picture was broadcast, in seconds from the half's start.
    """

    game: str
    name: str
    label: str
    split: str
    half: int | None
    time: float | None
    replay: bool
    action: str
    shown: float | None = None

    @property
    def key(self) -> str:
        """The image's name in the whole data set."""
        return f"{self.game}/{self.name}"


@dataclass(frozen=True, slots=True)
class Skipped:
    """Something that was left out.

    Attributes:
        kind: "missing" (labelled, and not there), "broken", "unlabelled", or "refused" (hostile, encrypted, a
            second copy, or in no split).
        what: the game, or one image of it as ``GAME/NAME``.
        why: what is wrong.
        images: how many images it stands for; 0 where nobody knows.
    """

    kind: Kind
    what: str
    why: str
    images: int = 1


@dataclass(frozen=True, eq=False)
class SoccerNetFrames:
    """The images of a folder; they stay in their zips until `pixels` is asked for one.

    May be pickled, shared by threads and kept through a fork: no file stays open.

    Attributes:
        folder: where they are.
        images: by game, action and replay.
        skipped: what was left out.
        split_by: in words, what decided the splits.
        notes: what else to tell.
    """

    folder: Path
    images: tuple[FrameImage, ...]
    skipped: tuple[Skipped, ...]
    split_by: str
    notes: tuple[str, ...]
    _places: Mapping[str, Place]
    _sport: Sport

    @cached_property
    def labels(self) -> tuple[str, ...]:
        """The labels that any image has, in the sport's order."""
        there = {image.label for image in self.images}
        return tuple(name for name in self._sport.names if name in there)

    @cached_property
    def splits(self) -> tuple[str, ...]:
        """The splits that any image is in, the usual ones first."""
        there = dict.fromkeys(image.split for image in self.images)
        usual = [split for split in ("train", "valid", "test", "challenge") if split in there]
        return (*usual, *sorted(set(there) - set(usual)))

    def of(self, split: str) -> tuple[FrameImage, ...]:
        """The images of a split.

        Raises:
            InputError: there are none.
        """
        found = tuple(image for image in self.images if image.split == split)
        if not found:
            raise InputError(
                f"{self.folder}: has no image in split {split!r}; splits are by {self.split_by}",
                f"There are: {', '.join(self.splits)}",
            )
        return found

    def counts(self, replays: bool | None = None) -> dict[str, dict[str, int]]:
        """Images by split and label, zeros too.

        Args:
            replays: count replays alone, or actions alone; both by default.
        """
        counted = Counter(
            (image.split, image.label) for image in self.images if replays in (None, image.replay)
        )
        return {split: {name: counted[split, name] for name in self.labels} for split in self.splits}

    def skipped_counts(self) -> dict[str, int]:
        """How many images were left out, by kind; what stands for unknown many counts as one."""
        return {kind: sum(max(s.images, 1) for s in self.skipped if s.kind == kind) for kind in KINDS}

    def to_json(self) -> dict[str, Any]:
        """Counts and what was left out, as plain values."""
        counts = {
            split: {
                name: {"actions": self.counts(False)[split][name], "replays": self.counts(True)[split][name]}
                for name in self.labels
            }
            for split in self.splits
        }
        return {
            "images": len(self.images),
            "split_by": self.split_by,
            "counts": counts,
            "left_out": self.skipped_counts(),
            "skipped": [asdict(skip) for skip in self.skipped],
            "notes": list(self.notes),
        }

    def data(self, image: FrameImage) -> bytes:
        """The bytes of an image's file.

        Raises:
            InputError: the zip has changed or is damaged there.
        """
        return self._places[image.key].read()

    def pixels(self, image: FrameImage) -> NDArray[np.uint8]:
        """An image, shape (H, W, 3), RGB, right side up; see `matchcut.datasets.soccernet_frames.pixels`.

        Raises:
            InputError: the zip has changed, or it is no whole image, is animated, too small or too large.
        """
        place = self._places[image.key]
        return rgb_pixels(place.read(), str(place))

    def copies(self) -> tuple[tuple[FrameImage, FrameImage], ...]:
        """Pairs of images of different splits that are the same file (size and checksum): they would leak."""
        first: dict[tuple[int, int], FrameImage] = {}
        found = []
        for image in self.images:
            place = self._places[image.key]
            other = first.setdefault((place.size, place.crc), image)
            if other.split != image.split:
                found.append((other, image))
        return tuple(found)
