"""What the commentary spotter's folder of weights says about itself.

There are two kinds. `SpotterSettings`: whole networks, from words to scores. `FrontSettings`: fronts, from
words to the grid, and in the folder `ALONG` a temporal spotter that looks along time on top of them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

from matchcut import files
from matchcut.errors import InputError, SettingsError
from matchcut.spotters.decoding import LabelDecoding

WEIGHTS = Path(__file__).parent / "weights" / "commentary"
"""The weights that come with the package."""

FILE = "settings.json"
VOCABULARY = "vocabulary.txt"
ALONG = "along"
"""The folder, among the weights, of the temporal spotter that looks along time on top of fronts."""

RATE = 1.0
"""Rows a second of the grid that words are brought onto."""
FIRST_ROW_S = 0.5
"""A row stands for the second around it: its middle."""


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

    @property
    def suppression(self) -> str:
        """What weakens peaks near better ones, of `matchcut.spotters.suppression.SUPPRESSIONS`."""
        return "square"

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
        value = _keys_of(cls, folder / FILE, "Train it anew")
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


@dataclass(frozen=True)
class FrontSettings:
    """Networks that end where the words meet the grid; the rest is the temporal spotter's in `ALONG`.

    Attributes:
        networks: file names of the fronts.
        layer: what they give, of `matchcut.spotters.states.LAYERS`.
        same_states: digest of these files → digest of the whole networks that they were cut from: both give
            the same states, so that features and spotters made with the one fit the other.
        training: what the fronts were trained with, for the record.
        version: of this file's shape.
    """

    networks: tuple[str, ...]
    layer: str
    same_states: Mapping[str, str]
    training: Mapping[str, Any]
    version: int = 2

    def save(self, folder: Path) -> Path:
        """Writes the folder's settings file."""
        return files.write_json(folder / FILE, asdict(self))

    @classmethod
    def load(cls, folder: Path) -> FrontSettings:
        """Reads what `save` wrote.

        Raises:
            InputError: the file is missing or has another shape.
            SettingsError: a key is unknown or missing.
        """
        value = _keys_of(cls, folder / FILE, "Install matchcut again")
        try:
            return cls(
                networks=tuple(str(name) for name in value["networks"]),
                layer=str(value["layer"]),
                same_states={str(k): str(v) for k, v in value["same_states"].items()},
                training=dict(value["training"]),
                version=int(value["version"]),
            )
        except (TypeError, ValueError, AttributeError) as error:
            raise InputError(
                f"{folder / FILE}: has another shape ({error})", "Install matchcut again"
            ) from error


def read_settings(folder: Path) -> SpotterSettings | FrontSettings:
    """Of either kind.

    Raises:
        InputError: the file is missing or has another shape.
        SettingsError: a key is unknown or missing.
    """
    value = files.read_json(folder / FILE)
    fronts = isinstance(value, dict) and "layer" in value
    return FrontSettings.load(folder) if fronts else SpotterSettings.load(folder)


def _keys_of(kind: type[SpotterSettings] | type[FrontSettings], path: Path, remedy: str) -> dict[str, Any]:
    """What a settings file holds, if it is exactly what this kind of settings has."""
    value = files.read_json(path)
    known = {field.name for field in fields(kind)}
    if not isinstance(value, dict) or set(value) != known:
        keys = sorted(value) if isinstance(value, dict) else type(value).__name__
        raise SettingsError(f"{path}: needs the keys {sorted(known)}, not {keys}", remedy)
    return value
