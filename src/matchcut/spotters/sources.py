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
from matchcut.media.probe import probe
from matchcut.spotters.hearing import Hearing
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
            name of an encoder of pictures, sound or texts; empty to take what is there.
        rate: rows a second of the array; None where the name tells.
        window_s: seconds of a window, for a video encoder.
    """

    modality: str
    name: str = ""
    rate: float | None = None
    window_s: float | None = None

    @classmethod
    def parse(cls, text: str) -> Wanted:
        """``video``, ``video=NAME``, ``video=NAME@RATE`` or ``video=encoder:NAME@RATE/SECONDS``.

        >>> Wanted.parse("video=mine@4")
        Wanted(modality='video', name='mine', rate=4.0, window_s=None)
        >>> Wanted.parse("video=encoder:a/b@2/4").window_s
        4.0

        Raises:
            SettingsError: it is written otherwise.
        """
        modality, _, rest = text.strip().partition("=")
        name, _, rates = rest.rpartition("@") if "@" in rest else (rest, "", "")
        rate, _, window = rates.partition("/")
        try:
            numbers = [float(number) if number else None for number in (rate, window)]
            found = cls(modality.strip(), name.strip(), *numbers)
        except ValueError:
            found, numbers = cls(""), []
        windowed = found.window_s is not None
        if (
            not found.modality
            or any(number is not None and not number > 0 for number in numbers)
            or (windowed and not found.name.startswith(PREFIX))
        ):
            raise SettingsError(
                f"{text!r} names no modality",
                "Write it as video, video=NAME@RATE, or video=encoder:NAME@RATE/SECONDS for a video encoder",
            )
        return found


class Matches:
    """Labelled matches and their features.

    Args:
        places: folders and zips; each may hold labels, transcripts, arrays or media.
        wanted: the modalities.
        store: for what is made here; needed for words and sound.
        versions: of transcripts, the only ones to be heard; all if empty.
        download: whether encoders' weights may be fetched.

    Raises:
        InputError: a place cannot be read.
    """

    def __init__(
        self,
        places: Sequence[Path | str],
        wanted: Sequence[Wanted],
        store: FeatureStore | None = None,
        versions: Sequence[str] = (),
        download: bool = False,
    ) -> None:
        self.wanted, self.store, self.versions = tuple(wanted), store, tuple(versions)
        self.download = download
        self._labels: list[Path] = []
        self._echoes: list[EchoesArchive] = []
        self._files: dict[str, dict[str, Path]] = {}
        self._states: CommentaryStates | None = None
        self._used: dict[str, str] = {}
        self._encoders: dict[str, Looking | Hearing] = {}
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

    def media(self, game: str, half: int) -> Path | None:
        """A half's film; None where there is none."""
        return _media_of(self._files.get(normal(game), {}), half)

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

    def film_s(self, game: str, half: int) -> float | None:
        """How many seconds the film of a half lasts; None where there is none that can be read."""
        media = _media_of(self._files.get(normal(game), {}), half)
        try:
            return None if media is None else probe(media).duration
        except InputError:
            return None

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
                said[wanted.modality] = self._made(wanted).told
            else:
                rate = wanted.rate if wanted.rate is not None else RATES.get(wanted.name)
                told = f"{wanted.name}@{rate:g}" if rate else wanted.name
                said[wanted.modality] = self._used.get(wanted.modality, told)
        return said

    def _of(self, wanted: Wanted, game: str, half: int) -> tuple[Series, ...]:
        lies = self._files.get(game, {})
        if wanted.modality == "words" and (wanted.name in ("", STATES) or _of_text(wanted.name)):
            return self._words(game, half, wanted.name)
        made = wanted.name.startswith(PREFIX)
        if made or (wanted.modality == "sound" and wanted.name in ("", LOG_MEL)):
            media = _media_of(lies, half)
            if media is None or lacks(media, wanted.modality):
                return ()
            return (self._made(wanted).series(media, self._kept()) if made else self._sound(media),)
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

    def _made(self, wanted: Wanted) -> Looking | Hearing:
        """The encoder of a modality that is made of the game's media."""
        if wanted.modality not in self._encoders:
            self._encoders[wanted.modality] = (
                Hearing(wanted.name, wanted.rate)
                if wanted.modality == "sound"
                else Looking(
                    wanted.name,
                    wanted.rate or _PICTURES,
                    window_s=wanted.window_s,
                    download=self.download,
                )
            )
        return self._encoders[wanted.modality]

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


def lacks(media: Path, modality: str) -> bool:
    """Whether a film has no sound, where sound is the modality, or else no picture: then that is missing.

    Raises:
        InputError: the film cannot be read.
    """
    found = probe(media)
    return (found.audio if modality == "sound" else found.video) is None


def _media_of(lies: Mapping[str, Path], half: int) -> Path | None:
    """A half's film among a game's files."""
    return next((lies[name.format(half)] for name in _MEDIA if name.format(half) in lies), None)


def length_of(
    name: str,
    sources: Mapping[str, Sequence[Series]],
    last_truth: float = 0.0,
    film_s: float | None = None,
) -> float:
    """A half's seconds by its features; where these do not tell, its film's, or at least `HALF_S`.

    Args:
        name: for messages.
        sources: modality → features.
        last_truth: the second of the last label.
        film_s: how long the film is, where there is one.

    Raises:
        InputError: the features cannot be of this half: their rate is wrong, or they are cut off.
    """
    ends = {series.name: series.end for found in sources.values() for series in found}
    least = HALF_S if film_s is None else film_s
    if not ends:
        return max(least, last_truth + 1)
    longest = max(*ends.values(), last_truth + 1)
    if set(sources) <= {"words"}:
        longest = max(longest, least)
    # Transcripts end where nobody speaks any more: only what was sampled throughout tells of a wrong rate.
    spoken = {series.name for series in sources.get("words", ())}
    for of, end in ends.items():
        if of in spoken:
            continue
        others = [other for key, other in ends.items() if key != of]
        against = max([last_truth, *others]) if others else last_truth
        # The last event may be long before the end, but hardly after it; words run for a minute at least.
        early = against > 120 and end < max(0.4 * against, 0.6 * against - 120)
        if early or (against > 600 and end > 1.7 * against + 600):
            raise InputError(
                f"{of}: lasts {end / 60:.1f} minutes at its rate, where {name} lasts about {against / 60:.1f}",
                "Correct the rate (NAME@RATE), or fetch the whole file again",
            )
    return longest


__all__ = ["LOG_MEL", "MODALITIES", "STATES", "Matches", "Wanted", "lacks", "length_of", "words_series"]
