"""What a training on frames is asked to be (method, augmentation, settings), and carrying it out."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from matchcut.encoders.dual import Dual
from matchcut.errors import SettingsError
from matchcut.models.dual import LearningSettings
from matchcut.models.settings import choice, from_json, named, to_json
from matchcut.progress import Progress
from matchcut.training.frames.augment import AheadAugmentation, FreshAugmentation
from matchcut.training.frames.run import PAPER, PROBE, Probe, fine_tune, train_probe
from matchcut.training.frames.samples import FrameData, Pictures, with_copies
from matchcut.training.frames.task import FrameTraining

METHODS = ("full", "layers", "lora", "probe")
"""What learns: the whole encoder, its last layers, low-rank additions, or a linear classifier on vectors."""

AUGMENTATIONS = ("none", "ahead", "fresh")
"""Training pictures as they are, with varied copies made ahead of training (the paper's), or varied anew."""

SETTINGS = ("network", "frames", "loop", "probe", "ahead", "fresh")


class FramePlan:
    """Settings, read and checked.

    Args:
        method: one of `METHODS`.
        augment: one of `AUGMENTATIONS`.
        given: what is not as usual, by part: ``network`` (`LearningSettings`), ``frames`` (`FrameTraining`),
            ``loop`` or, for a probe, ``probe`` (`LoopSettings`), ``ahead`` (`AheadAugmentation`), ``fresh``
            (`FreshAugmentation`).

    Raises:
        SettingsError: a setting is unknown or out of its range.
    """

    def __init__(self, method: str, augment: str, given: Mapping[str, Any] | None = None) -> None:
        given = {} if given is None else given
        named(given)
        choice("way to learn", method, METHODS)
        choice("way to augment", augment, AUGMENTATIONS)
        unknown = sorted(set(given) - set(SETTINGS))
        if unknown:
            raise SettingsError(f"there are no settings of {', '.join(unknown)}", f"Use {', '.join(SETTINGS)}")
        for part, values in given.items():
            named(values, part)
        self.method, self.augment = method, augment
        own = {} if method == "probe" else {"method": method}
        self.network = from_json(LearningSettings, {**given.get("network", {}), **own}, "network")
        self.frames = from_json(FrameTraining, given.get("frames", {}), "frames")
        usual, name = (PROBE, "probe") if method == "probe" else (PAPER, "loop")
        self.loop = from_json(type(usual), {**to_json(usual), **given.get(name, {})}, name)
        self.ahead = from_json(AheadAugmentation, given.get("ahead", {}), "ahead")
        self.fresh = from_json(FreshAugmentation, given.get("fresh", {}), "fresh")
        if method == "probe" and augment == "fresh":
            raise SettingsError(
                "a probe learns from vectors that are made once, so its pictures cannot vary",
                "Use --augment ahead or none",
            )

    def train(
        self, dual: Dual, data: FrameData, pictures: Pictures, folder: Path, device: str, progress: Progress
    ) -> tuple[Dual, Probe | None, dict[str, Any]]:
        """The trained encoder, its probe if that was asked for, and how fast it went."""
        record: dict[str, Any] = {"augment": self.augment}
        if self.augment == "ahead":
            data = with_copies(data, self.ahead, self.loop.seed)
            pictures = Pictures(data.read, dual.pictures, pictures.memory_mb)
            record |= to_json(self.ahead)
        if self.method == "probe":
            probe = train_probe(dual, data, pictures, folder, loop=self.loop, device=device, progress=progress)
            return dual, probe, {"pictures_s": None, "device": device}
        fresh = self.fresh if self.augment == "fresh" else None
        done = fine_tune(
            dual, data, pictures, folder, how=self.frames, learning=self.network, loop=self.loop, fresh=fresh,
            record=record, device=device, progress=progress,
        )  # fmt: skip
        return done.dual, None, {"pictures_s": done.pictures_s, "device": done.device}

    def to_json(self) -> dict[str, Any]:
        """What counted of the settings."""
        kept: dict[str, Any] = {"method": self.method, "augment": self.augment, "loop": to_json(self.loop)}
        if self.method != "probe":
            kept |= {"network": to_json(self.network), "frames": to_json(self.frames)}
        if self.augment != "none":
            kept[self.augment] = to_json(self.ahead if self.augment == "ahead" else self.fresh)
        return kept
