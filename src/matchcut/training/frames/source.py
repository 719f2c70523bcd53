"""Where labelled pictures and their prompts come from: a data set's images, or what a trained folder knows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from matchcut import files
from matchcut.datasets.soccernet_frames import SoccerNetFrames
from matchcut.errors import InputError
from matchcut.training.frames.samples import PARTS, FrameData, FrameSample

MODEL = "frames.json"
"""What a trained folder tells of itself."""


@dataclass(frozen=True)
class FrameModel:
    """A trained folder's own account: what `train_frames` wrote beside the weights.

    Attributes:
        prompts: texts of each label, in the labels' order.
        told: everything that is known of the training.
    """

    prompts: Mapping[str, tuple[str, ...]]
    told: Mapping[str, Any]

    @classmethod
    def of(cls, folder: str) -> FrameModel | None:
        """A folder's account; None where it has none (a CLIP model that nobody trained here).

        Raises:
            InputError: it is damaged.
        """
        path = Path(folder) / MODEL
        if not path.exists():
            return None
        value = files.read_json(path)
        try:
            return cls({label: tuple(texts) for label, texts in value["prompts"].items()}, value)
        except (TypeError, KeyError, AttributeError) as error:
            raise InputError(f"{path}: is damaged ({error})", "Train the model again") from error


def frame_data(source: SoccerNetFrames, prompts: Mapping[str, tuple[str, ...]]) -> FrameData:
    """A data set's images of the labels that have prompts.

    Args:
        source: the images.
        prompts: texts of each label, in the order wanted; images of other labels are left out, which the notes
            tell.
    """
    number = {name: place for place, name in enumerate(prompts)}
    by_key = {image.key: image for image in source.images}
    parts = {
        each: [
            FrameSample(image.key, number[image.label], image.game)
            for image in source.images
            if image.split == each and image.label in number
        ]
        for each in PARTS
    }
    notes = list(source.notes)
    if (source.folder / "practice.json").exists():
        notes.append("practice images (synthetic): what is measured on them says nothing about soccer")
    others = sorted({image.label for image in source.images} - set(number))
    if others:
        notes.append(f"images of labels that the model does not know are left out: {', '.join(others)}")
    return FrameData(tuple(prompts), prompts, parts, lambda key: source.pixels(by_key[key]), tuple(notes))
