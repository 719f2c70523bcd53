"""Pictures of a stretch of video for models that see: a few a second, small, each with its true second.

They are kept as JPEG, about 15 kB each: a model that learns for days reads them again and again, and decoding a
minute of video for them takes a second or more.
"""

from __future__ import annotations

import io
import math
import struct
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from matchcut import files
from matchcut.encoders.pictures import grid
from matchcut.encoders.store import FeatureKey, FeatureStore
from matchcut.errors import SettingsError
from matchcut.media.orientation import orientation
from matchcut.media.sample import timed_frames_at

Still = tuple[float, bytes]
"""Seconds from the stretch's start at which a frame is first shown, and a JPEG of it."""

_HEAD = struct.Struct("<dI")


@dataclass(frozen=True)
class StillSettings:
    """Which pictures of a stretch are taken, and how large.

    Attributes:
        rate: pictures a second.
        pixels: the most of a picture. With squares of 28 a token, as in Qwen2-VL, 100,352 are 128 tokens.
        step: width and height are multiples of this: the pixels that one token stands for.
        quality: of the JPEG, from 1 to 95.

    Raises:
        SettingsError: a value is out of its range.
    """

    rate: float = 1.0
    pixels: int = 128 * 28 * 28
    step: int = 28
    quality: int = 90

    def __post_init__(self) -> None:
        if not 0 < self.rate <= 60 or not 1 <= self.quality <= 95 or not 1 <= self.step <= 256:
            raise SettingsError(f"pictures cannot be taken so: {self}", "Correct rate, quality or step")
        if self.pixels < self.step * self.step:
            raise SettingsError(f"a picture has at least {self.step * self.step} pixels", "Correct pixels")

    def size(self, width: int, height: int) -> tuple[int, int]:
        """The size that a frame is scaled to: its shape as nearly as the steps allow, hardly ever larger.

        >>> StillSettings().size(1280, 720), StillSettings(step=32).size(398, 224)
        ((420, 224), (384, 224))
        """
        scale = min(1.0, math.sqrt(self.pixels / (width * height)))
        most = self.pixels // (self.step * self.step)
        wide, high = (max(1, round(side * scale / self.step)) for side in (width, height))
        if wide * high > most:
            wide, high = (max(1, int(side * scale / self.step)) for side in (width, height))
            wide, high = min(wide, most // min(high, most)), min(high, most)
        return wide * self.step, high * self.step

    @property
    def identity(self) -> str:
        """Changes with everything that decides what a picture is, but the rate."""
        return f"stills:{self.pixels}:{self.step}:{self.quality}"


def stills(path: Path | str, start: float, end: float, how: StillSettings) -> list[Still]:
    """The pictures of a stretch, in order; frames that are still shown a step later are not repeated.

    Raises:
        InputError: the file cannot be read, has no picture, or ends before the stretch.
    """
    from av.video.reformatter import Interpolation, VideoReformatter
    from PIL import Image

    scaler = VideoReformatter()
    how_well = Interpolation.BICUBIC | Interpolation.FULL_CHR_H_INT | Interpolation.ACCURATE_RND
    found: list[Still] = []
    last = -math.inf
    for _, second, frame in timed_frames_at(path, grid(start, end, how.rate)):
        if second <= last:
            continue
        last = second
        turn = orientation(frame)
        stored = turn.size(*how.size(*turn.size(frame.width, frame.height)))
        scaled = scaler.reformat(frame, *stored, format="rgb24", interpolation=how_well, threads=1)
        image = turn.shown(np.asarray(scaled.to_ndarray(), dtype=np.uint8))
        buffer = io.BytesIO()
        Image.fromarray(image).save(buffer, "JPEG", quality=how.quality)
        # A frame from before the stretch is what is shown at its start.
        found.append((max(second - start, 0.0), buffer.getvalue()))
    return found


def kept_stills(
    store: FeatureStore, path: Path | str, start: float, end: float, how: StillSettings, content: str = ""
) -> list[Still]:
    """As `stills`, from the store where they are there, and kept in it where not.

    Args:
        content: the file's `matchcut.files.content_key`, where it is known.

    Raises:
        InputError: see `stills`.
        OutputError: they cannot be kept.
    """
    key = FeatureKey(how.identity, content or files.content_key(path), start, end, how.rate)
    held = store.array(key)
    if held is None:
        held = _packed(stills(path, start, end, how))
        store.put(key, held, source=Path(path).name)
    return _unpacked(held)


def _packed(found: Sequence[Still]) -> NDArray[np.uint8]:
    return np.frombuffer(b"".join(_HEAD.pack(s, len(jpeg)) + jpeg for s, jpeg in found), np.uint8)


def _unpacked(held: NDArray[np.uint8]) -> list[Still]:
    data, at = held.tobytes(), 0
    found: list[Still] = []
    while at < len(data):
        second, size = _HEAD.unpack_from(data, at)
        at += _HEAD.size
        found.append((second, data[at : at + size]))
        at += size
    return found
