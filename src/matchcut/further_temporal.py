"""A spotter that ``train spotter`` made, among the further spotters: ``spot --model FOLDER``."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import numpy as np

from matchcut.analysis import FEATURES
from matchcut.encoders.series import Series, read_array, stored_series
from matchcut.encoders.sound import SoundSettings, sound_key, sound_vectors
from matchcut.encoders.store import FeatureStore
from matchcut.errors import InputError, SettingsError
from matchcut.events import Evidence
from matchcut.intake import SpotSettings
from matchcut.spotters.hearing import Hearing
from matchcut.spotters.looking import PREFIX, Looking
from matchcut.spotters.others import Scored, Trust
from matchcut.spotters.sentences import HASHED, Sentences
from matchcut.spotters.sources import Wanted, lacks, words_series
from matchcut.spotters.states import CommentaryStates
from matchcut.spotters.temporal import TemporalSpotter
from matchcut.spotters.temporal_halves import look_through
from matchcut.spotters.temporal_runners import NETWORK, WEIGHTS
from matchcut.spotters.temporal_settings import FILE, TemporalSettings

if TYPE_CHECKING:
    from matchcut.further import Given

NAME = "temporal"
TRUST = Trust(calibrated=True)
"""Its scores were calibrated on labelled matches: the validation part of its training."""

LEAST = 0.03
"""What it believes less is not carried on."""

_RESTS = {"words": "commentary", "sound": "sound"}


def is_trained(model: str) -> bool:
    """Whether a name is the folder of a trained spotter."""
    place = Path(model)
    networks = (place / name.format(0) for name in (WEIGHTS, NETWORK))
    return (place / FILE).is_file() and any(network.is_file() for network in networks)


def folder_of(settings: SpotSettings, name: str = NAME) -> Path:
    """The trained spotter's folder.

    Args:
        settings: those of the analysis.
        name: the source that it stands for.

    Raises:
        SettingsError: none was named.
        InputError: it holds none.
    """
    named = settings.models.get(name)
    if named is None:
        raise SettingsError("no trained spotter was named", "Give its folder with --model")
    place = Path(named)
    if not (place / FILE).is_file():
        raise InputError(f"{place}: holds no trained spotter", "Name the folder that train spotter wrote")
    return place


def identity(settings: SpotSettings, name: str = NAME) -> str:
    """Names the weights that the settings ask for."""
    return TemporalSpotter.name_of(folder_of(settings, name))


def look(given: Given, name: str = NAME) -> tuple[Scored, tuple[str, ...]]:
    """What the trained spotter makes of a recording, and notes on the modalities that are missing."""
    spotter = TemporalSpotter.load(folder_of(given.settings, name))
    store = None if given.folder is None else FeatureStore(given.folder / FEATURES)
    sources = {key: _series(key, spotter.settings, given, store) for key in spotter.settings.widths}
    missing = [_named(key, spotter.settings, given) for key, found in sources.items() if not found]
    present = [key for key, found in sources.items() if found]
    if not present:
        raise InputError(
            f"{given.recording.name}: has none of what the trained spotter goes by ({', '.join(missing)})",
            "Give what is missing, or leave --model out",
        )
    track = look_through(spotter, sources, given.recording)
    detail = f"by {', '.join(present)}"
    found = tuple(
        replace(event, evidence=(Evidence(name, detail, event.score),))
        for event in spotter.detections(track, given.recording)
        if (event.score or 0.0) >= LEAST
    )
    least = {label: how.min_score for label, how in spotter.settings.decoding.items()}
    notes = (f"the trained spotter had no {' and no '.join(missing)} to go by",) if missing else ()
    rests = frozenset(_RESTS[key] for key in present if key in _RESTS)
    return Scored(replace(track, source=name), found, TRUST, spotter.identity, rests, least=least), notes


def _named(name: str, settings: TemporalSettings, given: Given) -> str:
    """A modality that is missing, with the file of arrays that would be it where it is one."""
    said, media = settings.encoders.get(name, ""), given.recording.media
    array, at, _ = said.rpartition("@")
    if not at or " " in said or said.startswith(PREFIX) or media is None:
        return name
    return f"{name} ({media.stem}_{array}.npy)"


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
    if name == "words" and (said.startswith(PREFIX) or said.split(" ")[0] == HASHED):
        sentences = Sentences(said.split(" ")[0])
        if sentences.told != said:
            raise InputError(f"the trained spotter read by {said}, here is {sentences.told}", "Train it anew")
        return () if given.transcript is None else (sentences.series(given.transcript, store),)
    if media is None:
        return ()
    if said.startswith(PREFIX) or said == SoundSettings().identity:
        return () if lacks(media, name) else (_made(name, said, media, given.content, store),)
    array, _, rate = said.rpartition("@")
    path = media.with_name(f"{media.stem}_{array}.npy")
    if not array or not path.is_file():
        return ()
    series, lasts = read_array(path, float(rate)), given.recording.duration
    if lasts is not None and not 0.75 * lasts - 10 <= series.end <= 1.3 * lasts + 10:
        raise InputError(
            f"{path}: lasts {series.end / 60:.1f} minutes at {rate} rows a second,"
            f" the recording {lasts / 60:.1f}",
            "Give the features of this recording, at the rate that the spotter was trained on",
        )
    return (series,)


def _made(name: str, said: str, media: Path, content: str, store: FeatureStore | None) -> Series:
    """Features that are made of the recording's pictures or sound."""
    if said == SoundSettings().identity:
        how = SoundSettings()
        if store is None:
            return Series(sound_vectors(media, how), how.rate, 0.0, media.name)
        return stored_series(store, sound_key(content, how), lambda: sound_vectors(media, how), name=media.name)
    wanted = Wanted.parse(f"{name}={said.rsplit(' ', 1)[0]}")
    if name == "sound":
        hearing = Hearing(wanted.name)
        if hearing.told != said:
            raise InputError(f"the trained spotter heard by {said}, here is {hearing.told}", "Train it anew")
        return hearing.series(media, store)
    looking = Looking(wanted.name, wanted.rate or 0.0, window_s=wanted.window_s)
    if looking.told != said:
        raise InputError(f"the trained spotter saw by {said}, here is {looking.told}", "Train it anew")
    with TemporaryDirectory() as place:
        found = looking.series(media, store or FeatureStore(place))
        return found if store else replace(found, values=np.array(found.values))
