"""The features and labels of labelled matches, from folders and zips in SoccerNet's layout.

Arrays (``LEAGUE/SEASON/GAME/1_ResNET_TF2_PCA512.npy``) are mapped where they lie. Words come from
SoccerNet-Echoes transcripts through the commentary spotter's hidden states, sound from the game's media; both
go into a store, so that they are made once.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from matchcut import files
from matchcut.clock import HALF_S
from matchcut.datasets.archives import Archive
from matchcut.datasets.echoes import EchoesArchive
from matchcut.datasets.games import GAME_PARTS, LABELS, normal
from matchcut.datasets.soccernet import read_labels
from matchcut.encoders.series import RATES, Series, read_array, stored_series
from matchcut.encoders.sound import SoundSettings, sound_key, sound_vectors
from matchcut.encoders.store import FeatureStore
from matchcut.errors import InputError, SettingsError
from matchcut.events import EventLog
from matchcut.spotters.looking import PREFIX, Looking
from matchcut.spotters.sentences import HASHED, Sentences
from matchcut.spotters.states import CommentaryStates, words_series

MODALITIES = ("video", "sound", "words")

STATES, LOG_MEL = "commentary", "log-mel"
"""The features of words and of sound that are made here, rather than read as arrays."""

_MEDIA = ("{}_720p.mkv", "{}_224p.mkv", "{}.mkv", "{}.mp4", "{}_HQ.mkv")
_PICTURES = 2.0  # a second, where nothing is said
_ECHOES = ("1_asr.json", "2_asr.json")


@dataclass(frozen=True)
class Wanted:
    """Which features stand for a modality.

    Attributes:
        modality: its name.
        name: of an array after the half's number, "commentary", "log-mel", or "hashed", or "encoder:" and the
            name of an encoder of pictures or texts; empty to take what is there.
        rate: rows a second of the array; None where the name tells.
    """

    modality: str
    name: str = ""
    rate: float | None = None

    @classmethod
    def parse(cls, text: str) -> Wanted:
        """``video``, ``video=NAME`` or ``video=NAME@2``.

        >>> Wanted.parse("video=mine@4")
        Wanted(modality='video', name='mine', rate=4.0)

        Raises:
            SettingsError: it is written otherwise.
        """
        modality, _, rest = text.strip().partition("=")
        name, _, rate = rest.partition("@")
        try:
            found = cls(modality.strip(), name.strip(), float(rate) if rate else None)
        except ValueError:
            found = cls("")
        if not found.modality or (found.rate is not None and not found.rate > 0):
            raise SettingsError(f"{text!r} names no modality", "Write it as video, or video=NAME@RATE")
        return found


class Matches:
    """Labelled matches and their features.

    Args:
        places: folders and zips; each may hold labels, transcripts, arrays or media.
        wanted: the modalities.
        store: for what is made here; needed for words and sound.
        versions: of transcripts, the only ones to be heard; all if empty.

    Raises:
        InputError: a place cannot be read.
    """

    def __init__(
        self,
        places: Sequence[Path | str],
        wanted: Sequence[Wanted],
        store: FeatureStore | None = None,
        versions: Sequence[str] = (),
    ) -> None:
        self.wanted, self.store, self.versions = tuple(wanted), store, tuple(versions)
        self._labels: list[Path] = []
        self._echoes: list[EchoesArchive] = []
        self._files: dict[str, dict[str, Path]] = {}
        self._states: CommentaryStates | None = None
        self._used: dict[str, str] = {}
        self._encoders: dict[str, Looking] = {}
        self._texts: dict[str, Sentences] = {}
        for place in map(Path, places):
            with Archive(place) as archive:
                names = archive.names
            if any(name.endswith(LABELS) for name in names):
                self._labels.append(place)
            if any(name.endswith(_ECHOES) for name in names):
                self._echoes.append(EchoesArchive(place))
            if place.is_dir():
                self._list(place, names)

    def labels(self, games: Iterable[str]) -> dict[str, dict[int, EventLog]]:
        """Game → half → log, of those games that have labels."""
        found: dict[str, dict[int, EventLog]] = {}
        wanted = list(games)
        for place in self._labels:
            found |= read_labels(place, games=wanted, missing_ok=True)
        return found

    def has(self, game: str) -> bool:
        """Whether there is anything of a game, if only silence."""
        return normal(game) in self._files or any(archive.has(game) for archive in self._echoes)

    def sources(self, game: str, half: int) -> dict[str, tuple[Series, ...]]:
        """Modality → the features of one half; a modality that is missing is not named.

        Raises:
            InputError: a file cannot be used.
            OutputError: the store is full.
        """
        found: dict[str, tuple[Series, ...]] = {}
        for wanted in self.wanted:
            series = self._of(wanted, normal(game), half)
            if series:
                found[wanted.modality] = series
        return found

    def encoders(self) -> dict[str, str]:
        """Modality → what its features are, for a spotter's settings; of arrays those that were read."""
        said: dict[str, str] = {}
        for wanted in self.wanted:
            if wanted.modality == "words" and wanted.name in ("", STATES):
                said["words"] = self._heard().identity
            elif wanted.modality == "words" and _of_text(wanted.name):
                said["words"] = self._sentences(wanted.name).told
            elif wanted.modality == "sound" and wanted.name in ("", LOG_MEL):
                said["sound"] = SoundSettings().identity
            elif wanted.name.startswith(PREFIX):
                said[wanted.modality] = self._looking(wanted).told
            else:
                rate = wanted.rate if wanted.rate is not None else RATES.get(wanted.name)
                told = f"{wanted.name}@{rate:g}" if rate else wanted.name
                said[wanted.modality] = self._used.get(wanted.modality, told)
        return said

    def _of(self, wanted: Wanted, game: str, half: int) -> tuple[Series, ...]:
        lies = self._files.get(game, {})
        if wanted.modality == "words" and (wanted.name in ("", STATES) or _of_text(wanted.name)):
            return self._words(game, half, wanted.name)
        if wanted.modality == "sound" and wanted.name in ("", LOG_MEL):
            media = _media_of(lies, half)
            return () if media is None else (self._sound(media),)
        if wanted.name.startswith(PREFIX):
            media = _media_of(lies, half)
            return () if media is None else (self._looking(wanted).series(media, self._kept()),)
        names = [wanted.name] if wanted.name else list(RATES)
        for name in names:
            path = lies.get(f"{half}_{name}.npy")
            if path is not None:
                series = read_array(path, wanted.rate)
                self._used.setdefault(wanted.modality, f"{name}@{series.rate:g}")
                return (series,)
        return ()

    def _words(self, game: str, half: int, name: str) -> tuple[Series, ...]:
        found = []
        for archive in self._echoes:
            for version in archive.versions_of(game, half):
                if self.versions and version not in self.versions:
                    continue
                said = archive.transcript(game, half, version)
                if len(said) and _of_text(name):
                    found.append(self._sentences(name).series(said, self._kept()))
                elif len(said):
                    found.append(words_series(said, self._heard(), self._kept()))
        return tuple(found)

    def _sound(self, media: Path) -> Series:
        how = SoundSettings()
        key = sound_key(files.content_key(media), how)
        return stored_series(self._kept(), key, lambda: sound_vectors(media, how), name=media.name)

    def _looking(self, wanted: Wanted) -> Looking:
        if wanted.name not in self._encoders:
            self._encoders[wanted.name] = Looking(wanted.name, wanted.rate or _PICTURES)
        return self._encoders[wanted.name]

    def _sentences(self, name: str) -> Sentences:
        return self._texts.setdefault(name, Sentences(name))

    def _heard(self) -> CommentaryStates:
        self._states = self._states or CommentaryStates.load()
        return self._states

    def _kept(self) -> FeatureStore:
        if self.store is None:
            raise SettingsError("features are made and have no place to be kept", "Give --store FOLDER")
        return self.store

    def _list(self, place: Path, names: Iterable[str]) -> None:
        for name in names:
            *folders, last = name.split("/")
            if last.endswith((".npy", ".mkv", ".mp4")) and last[:1] in "12":
                game = "/".join(folders[-GAME_PARTS:]) or place.resolve().stem
                self._files.setdefault(normal(game), {})[last] = place / name


def _of_text(name: str) -> bool:
    """Whether words are to be sentence vectors."""
    return name == HASHED or name.startswith(PREFIX)


def _media_of(lies: Mapping[str, Path], half: int) -> Path | None:
    """A half's film among a game's files."""
    return next((lies[name.format(half)] for name in _MEDIA if name.format(half) in lies), None)


def length_of(name: str, sources: Mapping[str, Sequence[Series]], last_truth: float = 0.0) -> float:
    """A half's seconds by its features; `HALF_S` where it has none.

    Raises:
        InputError: the features cannot be of this half: their rate is wrong, or they are cut off.
    """
    ends = {series.name: series.end for found in sources.values() for series in found}
    if not ends:
        return max(HALF_S, last_truth + 1)
    longest = max(*ends.values(), last_truth + 1)
    if set(sources) <= {"words"}:
        longest = max(longest, HALF_S)
    # Transcripts end where nobody speaks any more: only what was sampled throughout tells of a wrong rate.
    spoken = {series.name for series in sources.get("words", ())}
    for of, end in ends.items():
        if of in spoken:
            continue
        others = [other for key, other in ends.items() if key != of]
        against = max([last_truth, *others]) if others else last_truth
        if against > 600 and not 0.6 * against - 120 <= end <= 1.7 * against + 600:
            raise InputError(
                f"{of}: lasts {end / 60:.1f} minutes at its rate, where {name} lasts about {against / 60:.1f}",
                "Correct the rate (NAME@RATE), or fetch the whole file again",
            )
    return longest


__all__ = ["LOG_MEL", "MODALITIES", "STATES", "Matches", "Wanted", "length_of", "words_series"]
