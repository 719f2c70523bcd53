"""What the commentary spotter's folder of weights says about itself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from matchcut import files
from matchcut.errors import InputError, SettingsError
from matchcut.spotters.decoding import LabelDecoding

FILE = "settings.json"
VOCABULARY = "vocabulary.txt"


@dataclass(frozen=True)
class SpotterSettings:
    """Everything about the weights that is not in the networks.

    Attributes:
        networks: file names of the networks whose outputs are averaged.
        outputs: the names of the networks' output classes, the sport's labels first.
        radii_s: the radii of the networks' outputs: "an event lies within this many seconds".
        radius_weights: what each radius counts in the track; they add up to 1.
        blends: label → output → weight, where a label's score is not just its own output.
        decoding: label → how its moments are taken; its keys are the labels, in the sport's order.
        training: what the weights were trained with, for the record.
        version: of this file's shape.
    """

    networks: tuple[str, ...]
    outputs: tuple[str, ...]
    radii_s: tuple[float, ...]
    radius_weights: tuple[float, ...]
    blends: Mapping[str, Mapping[str, float]]
    decoding: Mapping[str, LabelDecoding]
    training: Mapping[str, Any]
    version: int = 1

    @property
    def labels(self) -> tuple[str, ...]:
        """The labels that the spotter can give."""
        return tuple(self.decoding)

    def save(self, folder: Path) -> Path:
        """Writes the folder's settings file."""
        value = {field.name: getattr(self, field.name) for field in fields(self)}
        value["decoding"] = {label: how.to_json() for label, how in self.decoding.items()}
        return files.write_json(folder / FILE, value)

    @classmethod
    def load(cls, folder: Path) -> SpotterSettings:
        """Reads what `save` wrote.

        Raises:
            InputError: the file is missing or has another shape.
            SettingsError: a key is unknown or missing.
        """
        value = files.read_json(folder / FILE)
        known = {field.name for field in fields(cls)}
        if not isinstance(value, dict) or set(value) != known:
            keys = sorted(value) if isinstance(value, dict) else type(value).__name__
            raise SettingsError(f"{folder / FILE}: needs the keys {sorted(known)}, not {keys}", "Train it anew")
        try:
            return cls(
                networks=tuple(str(name) for name in value["networks"]),
                outputs=tuple(str(name) for name in value["outputs"]),
                radii_s=tuple(float(radius) for radius in value["radii_s"]),
                radius_weights=tuple(float(weight) for weight in value["radius_weights"]),
                blends={k: {o: float(w) for o, w in v.items()} for k, v in value["blends"].items()},
                decoding={k: LabelDecoding.from_json(v) for k, v in value["decoding"].items()},
                training=dict(value["training"]),
                version=int(value["version"]),
            )
        except (TypeError, ValueError, AttributeError) as error:
            raise InputError(
                f"{folder / FILE}: has another shape ({error})", "Install matchcut again"
            ) from error
