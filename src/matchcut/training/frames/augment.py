"""Varied images for training: made ahead once, as the paper did, or drawn afresh each epoch, as one should.

The paper resized, flipped, rotated and cropped its images before training, whatever they showed, and trained on
the same copies in each epoch; it hurt. `FreshAugmentation` draws each variation from (seed, epoch, place)
alone, at a set rate, and does not mirror what carries direction or text.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from matchcut.errors import SettingsError
from matchcut.models.settings import check, choice

Pixels = NDArray[np.uint8]

OPERATIONS = ("resize", "flip", "rotate", "crop")
"""What the paper did to its images, one copy each."""

NOT_MIRRORED: Mapping[str, str] = {
    "Substitution": "the board's digits, and the arrows of in and out",
    "Throw-in": "the assistant's flag points to the side that throws",
    "Ball out of play": "the assistant's flag, and which line was crossed",
    "Offside": "the attacking direction, and the lines that the broadcast draws",
    "Shots on target": "words that the broadcast writes beside it",
    "Shots off target": "words that the broadcast writes beside it",
    "Kick-off": "the score and the sides that the teams stand on",
    "ball": "batter's side and count on the board",
    "strike": "batter's side and count on the board",
}
"""Labels whose images carry direction or text, and which. Any other image has a scoreboard that a mirror makes
unreadable, and yet shows the same action; whoever reads text from such images mirrors none."""


@dataclass(frozen=True)
class FreshAugmentation:
    """How images are varied anew each time they are seen.

    Attributes:
        rate: the share of images that are varied; the others are seen as they are. In [0, 1].
        resize: width and height each grow or shrink by up to this share. In [0, 0.5].
        crop: up to this share of each side is cut off. In [0, 0.9].
        rotate_deg: turned by up to so many degrees, either way. In [0, 45].
        flip: the share of the varied images that are mirrored, of labels that may be. In [0, 1].
        colour: brightness, contrast and saturation vary by up to this share. In [0, 0.9].
        not_mirrored: labels whose images are never mirrored; ``("*",)`` is all.

    Raises:
        SettingsError: a value is out of its range.
    """

    rate: float = 0.8
    resize: float = 0.15
    crop: float = 0.15
    rotate_deg: float = 8.0
    flip: float = 0.5
    colour: float = 0.2
    not_mirrored: tuple[str, ...] = tuple(NOT_MIRRORED)

    def __post_init__(self) -> None:
        most = {"rate": 1, "resize": 0.5, "crop": 0.9, "rotate_deg": 45, "flip": 1, "colour": 0.9}
        for name, highest in most.items():
            check(name, getattr(self, name), 0, highest)
        if not all(isinstance(label, str) for label in self.not_mirrored):
            raise SettingsError("not_mirrored lists labels", 'Write it as ["Throw-in", …]')

    def mirrors(self, label: str) -> bool:
        """Whether an image of this label may be mirrored."""
        return self.flip > 0 and label not in self.not_mirrored and "*" not in self.not_mirrored


@dataclass(frozen=True)
class AheadAugmentation:
    """The paper's way: fixed copies of each image, made before training, whatever it shows.

    Attributes:
        operations: one copy each, of `OPERATIONS`.
        resize: the copy is squeezed to so many percent of its sides and enlarged again; in (0, 1].
        rotate_deg: turned by up to so many degrees, corners black. In [0, 180].
        crop: this share of each side is cut off, at a random place. In [0, 0.9].

    Raises:
        SettingsError: a value is out of its range, or there is no such operation.
    """

    operations: tuple[str, ...] = OPERATIONS
    resize: float = 0.5
    rotate_deg: float = 30.0
    crop: float = 0.4

    def __post_init__(self) -> None:
        for operation in self.operations:
            choice("operation", operation, OPERATIONS)
        check("resize", self.resize, 0.05, 1)
        check("rotate_deg", self.rotate_deg, 0, 180)
        check("crop", self.crop, 0, 0.9)

    @property
    def copies(self) -> int:
        """Images that each becomes, itself among them."""
        return 1 + len(self.operations)


def fresh_rng(seed: int, epoch: int, index: int) -> np.random.Generator:
    """What decides how an image is varied: the run's seed, the epoch and the image's place, nothing else."""
    return np.random.default_rng([seed, epoch, index, 5])


def augmented(pixels: Pixels, how: FreshAugmentation, rng: np.random.Generator, label: str = "") -> Pixels:
    """An image varied once, of the same shape.

    The same number of random values is drawn whatever is done, so that what a setting changes is that alone.

    Args:
        pixels: (H, W, 3).
        how: what is varied.
        rng: decides; see `fresh_rng`.
        label: of the image; decides whether it may be mirrored.
    """
    draws = rng.random(11)
    if draws[0] >= how.rate:
        return pixels
    mirror = bool(how.mirrors(label) and draws[1] < how.flip)
    zoom = (1 + how.resize * (2 * draws[2] - 1), 1 + how.resize * (2 * draws[3] - 1))
    angle = math.radians(how.rotate_deg * (2 * draws[4] - 1))
    height, width = pixels.shape[:2]
    # No more is seen than there is: turned by an angle, a smaller part of the picture fills it.
    cos, sin = math.cos(angle), abs(math.sin(angle))
    fits = 1 / max(cos + sin * height / width, cos + sin * width / height)
    kept = (1 - how.crop * draws[5]) * fits
    across, down = min(kept / zoom[0], fits), min(kept / zoom[1], fits)
    # What is left to move within, of each half.
    reach_x, reach_y = (fits - across) / 2 * width, (fits - down) / 2 * height
    shift = (reach_x * (2 * draws[6] - 1), reach_y * (2 * draws[7] - 1))
    found = _mapped(pixels, (-across if mirror else across, down), angle, shift)
    return _recoloured(found, how.colour, draws[8:]) if how.colour else found


def fresh(pixels: Pixels, how: FreshAugmentation, seed: int, epoch: int, index: int, label: str = "") -> Pixels:
    """An image as an epoch sees it; see `augmented`."""
    return augmented(pixels, how, fresh_rng(seed, epoch, index), label)


def ahead(pixels: Pixels, how: AheadAugmentation, seed: int, index: int) -> tuple[Pixels, ...]:
    """An image and its fixed copies, each of the same shape: the same in every epoch.

    Args:
        pixels: (H, W, 3).
        how: which operations.
        seed: of the run.
        index: the image's place.
    """
    return (pixels, *(ahead_copy(pixels, how, seed, index, copy) for copy in range(1, how.copies)))


def ahead_copy(pixels: Pixels, how: AheadAugmentation, seed: int, index: int, copy: int) -> Pixels:
    """One of the images that `ahead` makes; 0 is the image itself."""
    if not copy:
        return pixels
    operation = how.operations[copy - 1]
    draws = np.random.default_rng([seed, index, OPERATIONS.index(operation), 6]).random(3)
    if operation == "flip":
        return np.ascontiguousarray(pixels[:, ::-1])
    if operation == "resize":
        return _squeezed(pixels, how.resize)
    if operation == "rotate":
        return _mapped(pixels, (1, 1), math.radians(how.rotate_deg * (2 * draws[0] - 1)), (0, 0))
    height, width = pixels.shape[:2]
    shift = how.crop / 2 * width * (2 * draws[1] - 1), how.crop / 2 * height * (2 * draws[2] - 1)
    return _mapped(pixels, (1 - how.crop, 1 - how.crop), 0.0, shift)


def _mapped(pixels: Pixels, scale: tuple[float, float], angle: float, shift: tuple[float, float]) -> Pixels:
    """A part of the picture, fitted into its frame; black where it lies outside.

    Args:
        scale: the shares of width and height that are seen; a negative width mirrors.
        angle: radians that what is seen is turned by.
        shift: of its middle, in pixels.
    """
    from PIL import Image

    height, width = pixels.shape[:2]
    c, s = math.cos(angle), math.sin(angle)
    a, b, d, e = c * scale[0], -s * scale[1], s * scale[0], c * scale[1]
    middle_x, middle_y = width / 2, height / 2
    data = (
        a, b, middle_x + shift[0] - a * middle_x - b * middle_y,
        d, e, middle_y + shift[1] - d * middle_x - e * middle_y,
    )  # fmt: skip
    picture = Image.fromarray(pixels).transform(
        (width, height), Image.Transform.AFFINE, data, Image.Resampling.BILINEAR
    )
    return np.asarray(picture)


def _squeezed(pixels: Pixels, share: float) -> Pixels:
    from PIL import Image

    height, width = pixels.shape[:2]
    small = (max(1, round(width * share)), max(1, round(height * share)))
    bilinear = Image.Resampling.BILINEAR
    return np.asarray(Image.fromarray(pixels).resize(small, bilinear).resize((width, height), bilinear))


def _recoloured(pixels: Pixels, colour: float, draws: NDArray[np.float64]) -> Pixels:
    """Another light: saturation about each pixel's grey, brightness, and contrast about the picture's mean."""
    bright, contrast, saturation = (1 + colour * (2 * draws - 1)).astype(np.float32)
    values = pixels.astype(np.float32)
    grey = values.mean(-1, keepdims=True)
    values = (grey + (values - grey) * saturation) * bright
    middle = values.mean()
    found: Pixels = np.clip(middle + (values - middle) * contrast, 0, 255).astype(np.uint8)
    return found
