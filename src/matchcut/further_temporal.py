"""A spotter that ``train spotter`` made, among the further spotters: ``spot --model FOLDER``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from matchcut.analysis import FEATURES
from matchcut.encoders.series import Series, read_array, stored_series
from matchcut.encoders.sound import SoundSettings, sound_key, sound_vectors
from matchcut.encoders.store import FeatureStore
from matchcut.errors import InputError, SettingsError
from matchcut.intake import SpotSettings
from matchcut.spotters.others import Scored, Trust
from matchcut.spotters.sources import words_series
from matchcut.spotters.states import CommentaryStates
from matchcut.spotters.temporal import TemporalSpotter
from matchcut.spotters.temporal_halves import look_through
from matchcut.spotters.temporal_settings import FILE, TemporalSettings

if TYPE_CHECKING:
    from matchcut.further import Given

NAME = "temporal"
TRUST = Trust(calibrated=True)
"""Its scores were calibrated on labelled matches: the validation part of its training."""

LEAST = 0.03
"""What it believes less is not carried on."""

_RESTS = {"words": "commentary", "sound": "sound"}


def folder_of(settings: SpotSettings) -> Path:
    """The trained spotter's folder.

    Raises:
        SettingsError: none was named.
        InputError: it holds none.
    """
    named = settings.models.get(NAME)
    if named is None:
        raise SettingsError("no trained spotter was named", "Give its folder with --model")
    place = Path(named)
    if not (place / FILE).is_file():
        raise InputError(f"{place}: holds no trained spotter", "Name the folder that train spotter wrote")
    return place


def identity(settings: SpotSettings) -> str:
    """Names the weights that the settings ask for."""
    return TemporalSpotter.name_of(folder_of(settings))


def look(given: Given) -> tuple[Scored, tuple[str, ...]]:
    """What the trained spotter makes of a recording, and notes on the modalities that are missing."""
    spotter = TemporalSpotter.load(folder_of(given.settings))
    store = None if given.folder is None else FeatureStore(given.folder / FEATURES)
    sources = {name: _series(name, spotter.settings, given, store) for name in spotter.settings.widths}
    missing = [name for name, found in sources.items() if not found]
    present = [name for name, found in sources.items() if found]
    if not present:
        raise InputError(
            f"{given.recording.name}: has none of what the trained spotter goes by ({', '.join(missing)})",
            "Give a transcript or the arrays beside the video, or leave --model out",
        )
    track = look_through(spotter, sources, given.recording)
    found = spotter.events(track, given.recording, min_score=LEAST).events
    least = {label: how.min_score for label, how in spotter.settings.decoding.items()}
    notes = (f"the trained spotter had no {' and no '.join(missing)} to go by",) if missing else ()
    rests = frozenset(_RESTS[name] for name in present if name in _RESTS)
    return Scored(track, found, TRUST, spotter.identity, rests, least=least), notes


def _series(
    name: str, settings: TemporalSettings, given: Given, store: FeatureStore | None
) -> tuple[Series, ...]:
    """A modality's features of the recording; empty where there are none."""
    said, media = settings.encoders.get(name, ""), given.recording.media
    if name == "words" and said.startswith("commentary-"):
        if given.transcript is None:
            return ()
        states = CommentaryStates.load(layer=said.split(" ")[0].removeprefix("commentary-"))
        if states.identity != said:
            raise InputError(
                f"the trained spotter heard words by {said}, here is {states.identity}",
                "Train it anew with this release",
            )
        return (words_series(given.transcript, states, store),)
    if name == "sound" and said == SoundSettings().identity:
        if media is None:
            return ()
        how = SoundSettings()
        if store is None:
            return (Series(sound_vectors(media, how), how.rate, 0.0, media.name),)
        key = sound_key(given.content, how)
        return (stored_series(store, key, lambda: sound_vectors(media, how), name=media.name),)
    if media is None or "@" not in said:
        return ()
    array, _, rate = said.rpartition("@")
    path = media.with_name(f"{media.stem}_{array}.npy")
    return (read_array(path, float(rate)),) if path.is_file() else ()
