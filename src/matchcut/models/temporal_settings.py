"""What a temporal spotter's network is made of; needs no torch, so that an exported network runs without it."""

from __future__ import annotations

from dataclasses import dataclass

from matchcut.models.settings import check, choice

CLOCK = 6
"""Numbers a cell that say where in the match it lies; zeros where nobody knows."""

FUSIONS = ("early", "late")
TRUNK_NAMES = ("vlad", "convolutions", "gru", "transformer")
"""Those of `matchcut.models.temporal_trunks.TRUNKS`."""


@dataclass(frozen=True)
class SpotterNetSettings:
    """What a temporal spotter's network is made of.

    Attributes:
        modalities: their names, each once.
        widths: numbers a cell of each.
        trunk: of `TRUNK_NAMES`.
        fusion: "early" or "late".
        width: of the network; even, and a multiple of 4.
        layers: of the trunk.
        window_s: of "vlad"; for "convolutions" what the widest dilation stays below.
        rate: cells a second.
        dropout: share dropped.
        entry_dropout: share of each modality's own numbers dropped.
        modality_dropout: in training, the share of stretches that lose a modality; one always stays.
        radii_s: an output for each: does an event lie within so many seconds?
        outputs: C.
        context: whether a segmentation for the context-aware loss is put out too, and what it says given to
            the other heads.
        shift_s: how far a cell may say that its event lies away; 0 for no displacement head.

    Raises:
        SettingsError: a value is out of its range.
    """

    modalities: tuple[str, ...] = ("words",)
    widths: tuple[int, ...] = (388,)
    trunk: str = "convolutions"
    fusion: str = "early"
    width: int = 160
    layers: int = 10
    window_s: float = 64.0
    rate: float = 1.0
    dropout: float = 0.15
    entry_dropout: float = 0.1
    modality_dropout: float = 0.2
    radii_s: tuple[float, ...] = (1.5, 4.0, 8.0, 15.0, 30.0)
    outputs: int = 20
    context: bool = False
    shift_s: float = 0.0

    def __post_init__(self) -> None:
        choice("trunk", self.trunk, TRUNK_NAMES)
        choice("fusion", self.fusion, FUSIONS)
        for name in ("dropout", "entry_dropout", "modality_dropout"):
            check(name, getattr(self, name), 0, 0.95)
        for name in ("layers", "outputs"):
            check(name, getattr(self, name), 1)
        check("shift_s", self.shift_s, 0)
        check("rate", self.rate, 0.01)
        check("width", self.width, 8)
        check("what width leaves over 4", self.width % 4, 0, 0)
        check("the number of modalities", len(self.modalities), 1)
        check("the number of radii", len(self.radii_s), 1)
        spare = len(set(self.modalities)) - len(self.modalities) + len(self.widths) - len(self.modalities)
        check("modalities named twice or without a width", spare, 0, 0)
        check("a modality's width", min(self.widths), 1)
        check("a radius", min(self.radii_s), 0)
