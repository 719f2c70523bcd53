"""How a vision network wants its pictures: read from its processor's own settings, made by libswscale."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from matchcut.errors import InputError
from matchcut.media.opening import Damage
from matchcut.media.orientation import orientation
from matchcut.media.sample import frames_at

if TYPE_CHECKING:
    from av.video.frame import VideoFrame
    from av.video.reformatter import VideoReformatter

_FILTERS = {0: "POINT", 1: "LANCZOS", 2: "BILINEAR", 3: "BICUBIC", 4: "AREA", 5: "BILINEAR"}
"""Pillow's numbers of its filters, which processors name them by, and libswscale's names."""

_WARPED = 384


@dataclass(frozen=True)
class PictureSettings:
    """What becomes of a frame before a network sees it.

    Attributes:
        height, width: pixels that the network sees.
        scaled: the shorter side is scaled to this, then the middle is cut out; None scales both sides to
            ``height`` and ``width`` whatever the picture's shape.
        resample: Pillow's number of the filter, as processors write it: 0 nearest, 1 Lanczos, 2 bilinear,
            3 bicubic, 4 box.
        mean, std: of red, green and blue, after scaling by ``factor``.
        factor: what 8-bit values are multiplied with.
    """

    height: int = 224
    width: int = 224
    scaled: int | None = 224
    resample: int = 3
    mean: tuple[float, float, float] = (0.48145466, 0.4578275, 0.40821073)
    std: tuple[float, float, float] = (0.26862954, 0.26130258, 0.27577711)
    factor: float = 1 / 255

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        return asdict(self)

    @classmethod
    def from_processor(cls, given: Mapping[str, Any], name: str) -> PictureSettings:
        """Reads the settings of a transformers image processor (its ``to_dict``).

        Args:
            given: the settings.
            name: what to call it in messages.

        Raises:
            InputError: it does something to pictures that is not done here.
        """
        size, crop = _edges(given.get("size")), _edges(given.get("crop_size"))
        crops = bool(given.get("do_center_crop"))
        if size is not None and len(size) == 1 and (share := given.get("crop_pct")):
            # ConvNeXt's: the middle is this share of a small picture; a large one is scaled to a square.
            crops, crop = size[0] < _WARPED, size
            size = (int(size[0] / share),) if crops else (size[0], size[0])
        if not given.get("do_resize", True) or size is None or (crops and crop is None):
            raise InputError(
                f"{name}: its processor does not say what size it scales to", "Use another encoder"
            )
        try:
            resample = int(given.get("resample", 3))
            normalises = bool(given.get("do_normalize", True))
            mean = tuple(float(v) for v in given["image_mean"]) if normalises else (0.0, 0.0, 0.0)
            std = tuple(float(v) for v in given["image_std"]) if normalises else (1.0, 1.0, 1.0)
            factor = float(given.get("rescale_factor", 1 / 255)) if given.get("do_rescale", True) else 1.0
        except (KeyError, TypeError, ValueError) as error:
            raise InputError(
                f"{name}: its processor's settings are damaged ({error})", "Get it again"
            ) from error
        if len(mean) != 3 or len(std) != 3 or min(std) <= 0 or resample not in _FILTERS:
            raise InputError(f"{name}: its processor is not for colour pictures", "Use another encoder")
        shown = crop if crops and crop is not None else size
        height, width = (shown[0], shown[0]) if len(shown) == 1 else (shown[0], shown[1])
        if len(size) == 1 and (not crops or size[0] < max(height, width)):
            raise InputError(f"{name}: its processor gives pictures of several shapes", "Use another encoder")
        if len(size) == 2 and size != (height, width):
            raise InputError(f"{name}: its processor crops a picture of a fixed shape", "Use another encoder")
        return cls(height, width, size[0] if len(size) == 1 else None, resample, mean, std, factor)

    def to_processor(self) -> dict[str, Any]:
        """A transformers processor's ``preprocessor_config.json`` of the same; `from_processor` reads it."""
        high, wide = self.height, self.width
        size = {"height": high, "width": wide} if self.scaled is None else {"shortest_edge": self.scaled}
        return {
            "image_processor_type": "CLIPImageProcessor", "do_convert_rgb": True,
            "do_resize": True, "size": size, "resample": self.resample,
            "do_center_crop": self.scaled is not None, "crop_size": {"height": high, "width": wide},
            "do_rescale": True, "rescale_factor": self.factor,
            "do_normalize": True, "image_mean": list(self.mean), "image_std": list(self.std),
        }  # fmt: skip

    def scale_to(self, width: int, height: int) -> tuple[int, int]:
        """The size that a picture is scaled to before it is cut out; (width, height).

        >>> PictureSettings().scale_to(640, 360)
        (398, 224)
        """
        if self.scaled is None:
            return self.width, self.height
        short = min(width, height)
        # Rounded down, as the processors do.
        long = int(self.scaled * max(width, height) / short)
        return (self.scaled, long) if width <= height else (long, self.scaled)

    def picture(self, frame: VideoFrame, scaler: VideoReformatter) -> NDArray[np.uint8]:
        """A decoded frame as the network sees it, 8-bit RGB of shape (height, width, 3), the right way up."""
        from av.video.reformatter import Interpolation

        turn = orientation(frame)
        wide, high = self.scale_to(*turn.size(frame.width, frame.height))
        # Planes ("gbrp") cost a third of pixels ("rgb24"), for the same values.
        # Without "full chroma" every second column of colours would be dropped before scaling.
        how = Interpolation[_FILTERS[self.resample]] | Interpolation.FULL_CHR_H_INT | Interpolation.ACCURATE_RND
        stored = turn.size(wide, high)
        scaled = scaler.reformat(frame, *stored, format="gbrp", interpolation=how, threads=1)
        image = turn.shown(np.asarray(scaled.to_ndarray(), dtype=np.uint8))
        top, left = (high - self.height) // 2, (wide - self.width) // 2
        return image[top : top + self.height, left : left + self.width]

    def normalised(self, pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Pictures as numbers around zero, (N, 3, height, width) from (N, height, width, 3)."""
        scale = np.float32(self.factor) / np.asarray(self.std, np.float32)
        shift = -np.asarray(self.mean, np.float32) / np.asarray(self.std, np.float32)
        values = pixels.astype(np.float32) * scale + shift
        return np.ascontiguousarray(values.transpose(0, 3, 1, 2))


def _edges(value: Any) -> tuple[int, ...] | None:
    """(shortest edge,) or (height, width) of a processor's size; None if it is neither."""
    if isinstance(value, int):
        return (value,)
    if not isinstance(value, Mapping):
        return None
    for keys in (("height", "width"), ("shortest_edge",)):
        if all(isinstance(value.get(key), int) and value[key] > 0 for key in keys):
            return tuple(value[key] for key in keys)
    return None


def grid(start: float, end: float, rate: float) -> list[float]:
    """The moments of a stretch that are looked at: every ``1 / rate`` seconds from ``start``, at least one.

    >>> grid(10.0, 11.0, 2.0)
    [10.0, 10.5]
    """
    count = max(1, math.ceil((end - start) * rate - 1e-6))
    return [start + place / rate for place in range(count)]


def read_pictures(
    path: Path | str, times: Sequence[float], how: PictureSettings, damage: Damage | None = None
) -> NDArray[np.uint8]:
    """The pictures shown at some moments, as the network sees them: (T, height, width, 3), 8-bit RGB.

    Raises:
        InputError: the file cannot be read, has no picture, or ends before the first moment.
    """
    from av.video.reformatter import VideoReformatter

    scaler = VideoReformatter()
    found = np.empty((len(times), how.height, how.width, 3), np.uint8)
    for place, frame in frames_at(path, times, damage):
        found[place] = how.picture(frame, scaler)
    return found
