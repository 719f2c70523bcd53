"""A trained clip classifier as a folder, and what it says of clips.

The folder holds ``weights.safetensors``, ``settings.json`` (network, labels, encoders, sampling) and a card,
``README.md``. It can be copied elsewhere; the encoders' weights are not in it, only which they must be.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from matchcut import files
from matchcut.errors import InputError, SettingsError
from matchcut.models.fusion import FusionNet, FusionSettings
from matchcut.models.settings import from_json, to_json

if TYPE_CHECKING:
    from matchcut.encoders.text import TextEncoder
    from matchcut.encoders.vision import VisionEncoder

WEIGHTS, SETTINGS, CARD = "weights.safetensors", "settings.json", "README.md"


@dataclass(frozen=True)
class ClipModelSettings:
    """What a folder says besides its weights.

    Attributes:
        network: `FusionSettings`, as plain values.
        kinds: names of the classes.
        labels, pitches: of the other heads.
        speed_mean, speed_std: in miles an hour.
        rate: frames a second.
        words: how words are chosen for a clip; see `matchcut.training.clips.prepare.DataSettings`.
        vision, vision_name, text, text_name: identities and names of the encoders; empty where there is none.
        training: settings of the training, for the record.
        version: of this file's shape.
    """

    network: Mapping[str, Any] = field(default_factory=dict)
    kinds: tuple[str, ...] = ()
    labels: tuple[str, ...] = ()
    pitches: tuple[str, ...] = ()
    speed_mean: float = 0.0
    speed_std: float = 1.0
    rate: float = 4.0
    words: str = "masked"
    vision: str = ""
    vision_name: str = ""
    text: str = ""
    text_name: str = ""
    training: Mapping[str, Any] = field(default_factory=dict)
    version: int = 1


@dataclass(frozen=True)
class ClipAnswer:
    """What is said of one clip.

    Attributes:
        kind: its likeliest class.
        kinds: class -> probability; they add up to 1.
        labels: label -> probability; empty without such a head.
        pitches: kind of pitch -> probability.
        speed_mph: of the pitch; None without such a head.
    """

    kind: str
    kinds: dict[str, float]
    labels: dict[str, float]
    pitches: dict[str, float]
    speed_mph: float | None

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        return dict(vars(self))


class ClipClassifier:
    """A trained network with what it needs to know. Made by `load`.

    Args:
        net: in evaluation mode.
        settings: the folder's.
    """

    def __init__(self, net: FusionNet, settings: ClipModelSettings) -> None:
        self.net, self.settings = net.eval(), settings

    def save(self, folder: Path | str, figures: Mapping[str, Any] | None = None) -> Path:
        """Writes the folder.

        Args:
            folder: made as needed.
            figures: measured on the test part, for the card.
        """
        from safetensors.torch import save

        target = Path(folder)
        tensors = {key: value.detach().cpu().contiguous() for key, value in self.net.state_dict().items()}
        with files.replacing(target / WEIGHTS) as temporary:
            temporary.write_bytes(save(tensors))
        files.write_json(target / SETTINGS, to_json(self.settings))
        files.write_text(target / CARD, card(self.settings, figures or {}))
        return target

    @classmethod
    def load(cls, folder: Path | str) -> ClipClassifier:
        """Reads what `save` wrote.

        Raises:
            InputError: there are no weights, or they are damaged or another network's.
            SettingsError: the settings are of another shape.
        """
        source = Path(folder)
        if not (source / SETTINGS).exists() or not (source / WEIGHTS).exists():
            raise InputError(
                f"{source}: holds no trained clip classifier ({SETTINGS} and {WEIGHTS})",
                "Train one with matchcut train clips, or name its folder",
            )
        value = files.read_json(source / SETTINGS)
        if not isinstance(value, dict):
            raise SettingsError(f"{source / SETTINGS}: is no settings file", "Train the model anew")
        settings = from_json(ClipModelSettings, value, str(source / SETTINGS))
        network = from_json(FusionSettings, settings.network, str(source / SETTINGS))
        net = FusionNet(network)
        _give_weights(net, source / WEIGHTS)
        return cls(net, settings)

    def check_encoders(self, vision: VisionEncoder | None, text: TextEncoder | None) -> None:
        """Refuses encoders that the network was not trained with.

        Raises:
            InputError: one is another; the message names both.
        """
        pairs = (
            (vision, self.settings.vision, self.settings.vision_name),
            (text, self.settings.text, self.settings.text_name),
        )
        for given, wanted, name in pairs:
            if given is not None and wanted and given.identity != wanted:
                raise InputError(
                    f"the model was trained on features of {name} ({wanted}), not of {given.name} "
                    f"({given.identity})",
                    f"Name the encoder {name}",
                )

    def answer(
        self,
        video: Sequence[NDArray[np.float32]],
        words: Sequence[NDArray[np.float32]],
        weights: Sequence[NDArray[np.float32]] | None = None,
        batch: int = 128,
    ) -> list[ClipAnswer]:
        """What the network says of clips.

        Args:
            video: each clip's vectors of frames, (T, D); T may be 0.
            words: each clip's vectors of words, (U, E); U may be 0.
            weights: what each piece of words counts, (U,); all 1 if None.
            batch: clips a call.
        """
        import torch

        from matchcut.models.fusion import Clips

        found: list[ClipAnswer] = []
        how = self.net.how
        for at in range(0, len(video), batch):
            frames, seen = _padded(video[at : at + batch], how.video_width)
            said, heard = _padded(words[at : at + batch], how.words_width)
            share = np.ones(said.shape[:2], np.float32)
            for row, own in zip(share, (weights or ())[at : at + batch], strict=False):
                row[: len(own)] = own
            with torch.inference_mode():
                clips = Clips(*(torch.from_numpy(array) for array in (frames, seen, said, heard, share)))
                out = self.net(clips)
            found += [self._one(out, place) for place in range(len(frames))]
        return found

    def _one(self, out: Any, place: int) -> ClipAnswer:
        how = self.settings

        def named(logits: Any, names: tuple[str, ...], each: bool = False) -> dict[str, float]:
            if logits is None:
                return {}
            row = logits[place].float()
            values = (row.sigmoid() if each else row.softmax(-1)).tolist()
            return {name: round(value, 6) for name, value in zip(names, values, strict=True)}

        kinds = named(out.classes, how.kinds)
        speed = None if out.speed is None else float(out.speed[place]) * how.speed_std + how.speed_mean
        return ClipAnswer(
            max(kinds, key=lambda name: kinds[name]) if kinds else "",
            kinds,
            named(out.labels, how.labels, each=True),
            named(out.pitches, how.pitches),
            None if speed is None else round(speed, 2),
        )


def _padded(rows: Sequence[NDArray[np.float32]], width: int) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
    longest = max([1, *(len(row) for row in rows)])
    found, mask = np.zeros((len(rows), longest, width), np.float32), np.zeros((len(rows), longest), np.bool_)
    for place, row in enumerate(rows):
        if len(row):
            if row.shape[1] != width:
                raise InputError(
                    f"vectors have {row.shape[1]} numbers; the model was trained on {width}",
                    "Use the encoder that it was trained with",
                )
            found[place, : len(row)], mask[place, : len(row)] = row, True
    return found, mask


def _give_weights(net: FusionNet, path: Path) -> None:
    from safetensors import SafetensorError
    from safetensors.torch import load

    try:
        weights = load(files.read_bytes(path))
    except SafetensorError as error:
        raise InputError(f"{path}: is damaged ({error})", "Train the model anew, or copy it again") from error
    mine = {key: tuple(value.shape) for key, value in net.state_dict().items()}
    theirs = {key: tuple(value.shape) for key, value in weights.items()}
    if mine != theirs:
        key = min(key for key in mine.keys() | theirs.keys() if mine.get(key) != theirs.get(key))
        raise InputError(
            f"{path}: are another network's weights: {key} has the shape {theirs.get(key)}, "
            f"not {mine.get(key)}",
            "Keep weights and settings of one training together",
        )
    net.load_state_dict(weights)


def card(settings: ClipModelSettings, figures: Mapping[str, Any]) -> str:
    """The card of a folder: what it is, what it was trained with, what it measured."""
    lines = [
        "# A clip classifier made by matchcut", "",
        f"Says which of {len(settings.kinds)} classes a clip shows: {', '.join(settings.kinds)}.", "",
        f"- network: {settings.network}",
        f"- pictures: {settings.vision_name or 'none'} ({settings.vision or '–'}), {settings.rate:g} a second",
        f"- words: {settings.text_name or 'none'} ({settings.text or '–'}), chosen: {settings.words}",
        f"- other heads: {', '.join([*settings.labels, *settings.pitches]) or 'none'}", "",
        "## Training", "", *(f"- {key}: {value}" for key, value in settings.training.items()), "",
    ]  # fmt: skip
    if figures:
        lines += [
            "## Measured on its test part",
            "",
            *(f"- {key}: {value}" for key, value in figures.items()),
            "",
        ]
    lines += [
        "The encoders' weights are not in this folder. Loading it runs no code: there are no pickles.",
        "",
    ]
    return "\n".join(lines)
