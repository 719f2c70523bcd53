"""What a temporal spotter's folder says about itself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

from matchcut import files
from matchcut.errors import InputError, SettingsError
from matchcut.models.settings import check, choice, from_json, to_json
from matchcut.models.temporal_settings import SpotterNetSettings
from matchcut.spotters.decoding import LabelDecoding
from matchcut.spotters.suppression import SUPPRESSIONS

FILE, CARD = "settings.json", "README.md"
VERSION = 1


@dataclass(frozen=True)
class TemporalSettings:
    """Everything of a trained spotter that is not in its weights.

    Attributes:
        networks: of its members, whose probabilities are averaged; they share modalities, grid and outputs.
        labels: what it can spot, in the sport's order.
        outputs: the networks' outputs, the labels first.
        radius_weights: what each radius counts in the track; they add up to 1.
        blends: label → output → weight, where a label's score is not just its own output.
        encoders: modality → the features it was trained on: an array's name and rate, or an encoder's identity.
        decoding: label → how its moments are taken.
        suppression: of `SUPPRESSIONS`.
        chunk_s: seconds that the network looks at in one go.
        margin_s: of these, so many at either end only give context.
        training: what it was trained with, for the record.
        version: of this file's shape.
    """

    networks: tuple[SpotterNetSettings, ...]
    labels: tuple[str, ...]
    outputs: tuple[str, ...]
    radius_weights: tuple[float, ...]
    decoding: Mapping[str, LabelDecoding]
    encoders: Mapping[str, str]
    blends: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    suppression: str = "square"
    chunk_s: float = 512.0
    margin_s: float = 128.0
    training: Mapping[str, Any] = field(default_factory=dict)
    version: int = VERSION

    def __post_init__(self) -> None:
        choice("kind of suppression", self.suppression, SUPPRESSIONS)
        check("the number of networks", len(self.networks), 1)
        check("margin_s", self.margin_s, 0, 0.49 * self.chunk_s)
        one = self.networks[0]
        for other in self.networks[1:]:
            for name in ("modalities", "widths", "rate", "outputs", "radii_s"):
                if getattr(other, name) != getattr(one, name):
                    raise SettingsError(
                        f"networks that differ in {name} cannot be joined:"
                        f" {getattr(one, name)} and {getattr(other, name)}",
                        "Join checkpoints that were trained on the same features and labels",
                    )
        if len(self.outputs) != one.outputs or self.outputs[: len(self.labels)] != self.labels:
            raise SettingsError(
                f"the network has {one.outputs} outputs, not {len(self.outputs)}", "Train it anew"
            )
        if len(self.radius_weights) != len(one.radii_s) or set(self.decoding) != set(self.labels):
            raise SettingsError("radii, labels and decoding do not belong together", "Train it anew")

    @property
    def net(self) -> SpotterNetSettings:
        """What all members share: modalities, widths, rate, radii, outputs."""
        return self.networks[0]

    @property
    def widths(self) -> dict[str, int]:
        """Modality → numbers a cell."""
        return dict(zip(self.net.modalities, self.net.widths, strict=True))

    def save(self, folder: Path) -> Path:
        """Writes the folder's settings file."""
        value = {entry.name: getattr(self, entry.name) for entry in fields(self)}
        value["networks"] = [to_json(network) for network in self.networks]
        value["decoding"] = {label: how.to_json() for label, how in self.decoding.items()}
        return files.write_json(folder / FILE, value)

    @classmethod
    def load(cls, folder: Path) -> TemporalSettings:
        """Reads what `save` wrote.

        Raises:
            InputError: the file is missing or has another shape.
            SettingsError: a key is unknown or missing, or the parts do not belong together.
        """
        path = folder / FILE
        if not path.exists():
            raise InputError(f"{folder}: holds no trained spotter", "Name the folder that train spotter wrote")
        value = files.read_json(path)
        known = {entry.name for entry in fields(cls)}
        if not isinstance(value, dict) or set(value) != known:
            keys = sorted(value) if isinstance(value, dict) else type(value).__name__
            raise SettingsError(f"{path}: needs the keys {sorted(known)}, not {keys}", "Train it anew")
        if value["version"] != VERSION:
            raise SettingsError(f"{path}: is of version {value['version']}", "Update matchcut")
        try:
            return cls(
                networks=tuple(from_json(SpotterNetSettings, given) for given in value["networks"]),
                labels=tuple(str(name) for name in value["labels"]),
                outputs=tuple(str(name) for name in value["outputs"]),
                radius_weights=tuple(float(weight) for weight in value["radius_weights"]),
                decoding={k: LabelDecoding.from_json(v) for k, v in value["decoding"].items()},
                encoders={str(k): str(v) for k, v in value["encoders"].items()},
                blends={k: {o: float(w) for o, w in v.items()} for k, v in value["blends"].items()},
                suppression=str(value["suppression"]),
                chunk_s=float(value["chunk_s"]),
                margin_s=float(value["margin_s"]),
                training=dict(value["training"]),
            )
        except (TypeError, ValueError, AttributeError) as error:
            raise InputError(f"{path}: has another shape ({error})", "Train it anew") from error
