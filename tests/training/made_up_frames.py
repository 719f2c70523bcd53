"""Pictures of a few kinds that a tiny network learns in seconds."""

from __future__ import annotations

import zlib
from typing import Any

import numpy as np
from numpy.typing import NDArray

from matchcut.training.frames.samples import FrameData, FrameSample

KINDS = ("red above", "blue beside", "green middle")


def draw(name: str) -> NDArray[np.uint8]:
    """One picture; its name is ``KIND/NUMBER``."""
    kind = int(name.split("/")[0])
    rng = np.random.default_rng(zlib.crc32(name.encode()))
    pixels = rng.integers(90, 120, (40, 56, 3)).astype(np.float64)
    place = [(slice(0, 14), slice(None)), (slice(None), slice(0, 18)), (slice(12, 28), slice(18, 38))][kind]
    pixels[(*place, [0, 2, 1][kind])] += rng.integers(60, 120)
    found: NDArray[np.uint8] = np.clip(pixels, 0, 255).astype(np.uint8)
    return found


def frames(count: int = 24, kinds: tuple[str, ...] = KINDS, **changed: Any) -> FrameData:
    """``count`` training pictures, and half as many of the other parts."""

    def some(first: int, many: int) -> list[FrameSample]:
        return [
            FrameSample(f"{n % len(kinds)}/{first + n}", n % len(kinds), f"game {n % 6}") for n in range(many)
        ]

    parts = {"train": some(0, count), "valid": some(1000, count // 2), "test": some(2000, count // 2)}
    prompts = {kind: (f"a photo of {kind}", f"a {kind} in a match") for kind in kinds}
    return FrameData(**({"kinds": kinds, "prompts": prompts, "parts": parts, "read": draw} | changed))
