"""Sound of a recording as a temporal spotter's features, by an encoder that ``train sound`` made."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path

from matchcut import files
from matchcut.encoders.learnt_sound import SoundEncoder, load_sound
from matchcut.encoders.series import Series, stored_series
from matchcut.encoders.store import FeatureStore
from matchcut.errors import SettingsError
from matchcut.spotters.looking import PREFIX


class Hearing:
    """A learnt sound encoder, loaded when it is first needed.

    Args:
        name: "encoder:" and the folder.
        rate: rows a second, where somebody named one: it must be the encoder's.
    """

    def __init__(self, name: str, rate: float | None = None) -> None:
        self.name, self.rate = name.removeprefix(PREFIX), rate

    @cached_property
    def encoder(self) -> SoundEncoder:
        """The loaded encoder.

        Raises:
            InputError: the folder holds none, or it is damaged.
            SettingsError: it was trained for another rate than the one named.
        """
        found = load_sound(Path(self.name))
        if self.rate is not None and abs(self.rate - found.settings.rate) > 1e-6:
            raise SettingsError(
                f"{self.name}: gives {found.settings.rate:g} rows a second, not {self.rate:g}",
                "Leave the rate out, or train one for it",
            )
        return found

    @property
    def told(self) -> str:
        """What a spotter's settings say of its features: the folder and the weights' identity."""
        return f"{PREFIX}{self.name} {self.encoder.identity}"

    def series(self, media: Path, store: FeatureStore | None) -> Series:
        """A recording's sound as vectors, kept in the store if there is one.

        Raises:
            InputError: the recording has no sound, or cannot be read.
            OutputError: the store is full.
        """
        if store is None:
            return Series(self.encoder.vectors(media), self.encoder.settings.rate, 0.0, media.name)
        key = self.encoder.key(files.content_key(media))
        return stored_series(store, key, lambda: self.encoder.vectors(media), name=media.name)
