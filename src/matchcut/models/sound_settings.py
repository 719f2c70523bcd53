"""What a learnt sound encoder is made of; needs no torch, so that an exported network runs without it."""

from __future__ import annotations

from dataclasses import dataclass

from matchcut.errors import SettingsError
from matchcut.models.settings import check


@dataclass(frozen=True)
class SoundNetSettings:
    """A convolutional network on log-mel patches, one a row of the time grid.

    Attributes:
        rate: rows a second.
        patch_s: seconds that a row hears, centred on its middle.
        bands: mel bands.
        samples: a second of sound.
        window_s, hop_s: of the spectra.
        channels: of the blocks; each halves time and bands.
        width: numbers a row.
        dropout: share of them that is dropped in training.
        radii_s: an output for each: does it happen within so many seconds of the row's middle?
        outputs: what the network is trained to tell, by name.

    Raises:
        SettingsError: a value is out of its range.
    """

    rate: float = 2.0
    patch_s: float = 2.0
    bands: int = 40
    samples: int = 16_000
    window_s: float = 0.032
    hop_s: float = 0.02
    channels: tuple[int, ...] = (16, 32, 48)
    width: int = 64
    dropout: float = 0.3
    radii_s: tuple[float, ...] = (0.5, 1.0, 3.0)
    outputs: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        check("rate", self.rate, 0.1, 20)
        check("patch_s", self.patch_s, 0.1, 30)
        check("bands", self.bands, 8, 128)
        check("samples", self.samples, 4000)
        check("window_s", self.window_s, 0.005, 1)
        check("hop_s", self.hop_s, 0.001, self.window_s)
        check("width", self.width, 1, 4096)
        check("dropout", self.dropout, 0, 0.95)
        if not self.channels or min(self.channels) < 1 or not self.radii_s or min(self.radii_s) <= 0:
            raise SettingsError(
                f"a sound encoder needs blocks and radii above 0, not {self.channels} and {self.radii_s}",
                "Correct them",
            )
        least = 2 ** len(self.channels)
        if min(self.frames, self.bands) < least:
            raise SettingsError(
                f"{len(self.channels)} blocks need {least} spectra and bands at least, not {self.frames} and"
                f" {self.bands}",
                "Take fewer blocks, or longer patches",
            )

    @property
    def frames(self) -> int:
        """Spectra of a patch."""
        return round(self.patch_s / self.hop_s)
