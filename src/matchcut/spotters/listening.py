"""From transcripts to tracks: by whole networks, or by fronts and a temporal spotter along time."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import numpy as np
from numpy.typing import NDArray

from matchcut import files
from matchcut.encoders.fusion import fuse
from matchcut.encoders.store import FeatureStore
from matchcut.encoders.words import Vocabulary, grid_rows
from matchcut.errors import InputError, SettingsError
from matchcut.spotters.settings import (
    ALONG,
    FILE,
    FIRST_ROW_S,
    RATE,
    VOCABULARY,
    FrontSettings,
    SpotterSettings,
    read_settings,
)
from matchcut.spotters.states import CommentaryStates, words_series
from matchcut.spotters.stretches import Half
from matchcut.spotters.temporal import TemporalSpotter
from matchcut.spotters.temporal_runners import NETWORK
from matchcut.spotters.temporal_settings import TemporalSettings
from matchcut.tracks import ScoreTrack
from matchcut.transcript import Transcript

if TYPE_CHECKING:
    from onnxruntime import InferenceSession

SOURCE = "commentary"

WORDS = "words"
"""The modality that fronts make."""


class Listener(Protocol):
    """From words to a track.

    Attributes:
        settings: what the weights say of themselves.
        rate: rows a second of the tracks.
    """

    rate: float

    @property
    def settings(self) -> SpotterSettings | TemporalSettings: ...

    def hear(self, transcripts: Sequence[Transcript], duration: float | None, half: int | None) -> ScoreTrack:
        """The track of one recording; see `CommentarySpotter.track_many`.

        Args:
            transcripts: with words; none only where the half is known.
            duration: the recording's seconds, where they are known.
            half: 1, 2 or None.
        """
        ...


class Whole:
    """Whole networks, whose scores are averaged.

    Args:
        settings: the folder's.
        vocabulary: the words that they know.
        networks: the loaded networks.
        threads: how many networks may run at once.
    """

    rate = RATE

    def __init__(
        self,
        settings: SpotterSettings,
        vocabulary: Vocabulary,
        networks: Sequence[InferenceSession],
        threads: int,
    ) -> None:
        self.settings, self.vocabulary = settings, vocabulary
        self._networks, self._pool = tuple(networks), ThreadPoolExecutor(threads)

    @classmethod
    def load(cls, place: Path, settings: SpotterSettings, threads: int) -> Whole:
        """Loads the networks; raises as `CommentarySpotter.load`."""
        import onnxruntime as ort

        options = ort.SessionOptions()
        options.log_severity_level = 3
        # One thread a network: onnxruntime's scattered sums, where words meet the grid, lose additions when
        # several threads share them (seen with 1.31: scores up to 0.02 off, other ones each run). The networks
        # run side by side instead.
        options.intra_op_num_threads = 1
        networks = []
        for name in settings.networks:
            data = files.read_bytes(place / name)
            try:
                networks.append(ort.InferenceSession(data, options, providers=["CPUExecutionProvider"]))
            except Exception as error:  # onnxruntime's own kinds share no base class
                reason = str(error).splitlines()[0]
                raise InputError(
                    f"{place / name}: not a network ({reason})", "Install matchcut again"
                ) from error
        return cls(settings, Vocabulary.load(place / VOCABULARY), networks, threads)

    def hear(self, transcripts: Sequence[Transcript], duration: float | None, half: int | None) -> ScoreTrack:
        """See `Listener`: all transcripts on one grid, in one go."""
        given = fuse(transcripts or [Transcript(())], self.vocabulary, duration, half).named()
        outputs = self._pool.map(lambda network: network.run(None, given)[0], self._networks)
        raw = np.mean(list(outputs), axis=0)
        near = np.tensordot(raw, np.array(self.settings.radius_weights, np.float32), (1, 0))
        scores = np.clip(near @ self._mixing, 0, 1)
        return ScoreTrack(self.settings.labels, scores.astype(np.float32), RATE, SOURCE, FIRST_ROW_S)

    @cached_property
    def _mixing(self) -> NDArray[np.float32]:
        """The networks' outputs to labels, shape (outputs, labels)."""
        settings = self.settings
        mixing = np.zeros((len(settings.outputs), len(settings.labels)), np.float32)
        for column, label in enumerate(settings.labels):
            for output, weight in settings.blends.get(label, {label: 1.0}).items():
                mixing[settings.outputs.index(output), column] = weight
        return mixing


class Along:
    """Fronts from words to the grid, and a temporal spotter on top of them.

    Args:
        states: the fronts.
        temporal: knows words alone, made of these states.
        store: for the states, where they are wanted again; they are not kept if None.
    """

    def __init__(
        self, states: CommentaryStates, temporal: TemporalSpotter, store: FeatureStore | None = None
    ) -> None:
        self.states, self.temporal, self.store = states, temporal, store
        self.rate = temporal.rate

    @classmethod
    def load(
        cls, place: Path, settings: FrontSettings, threads: int, store: FeatureStore | None = None
    ) -> Along:
        """Loads fronts and networks; raises as `CommentarySpotter.load`."""
        states = CommentaryStates.load(place, settings.layer, threads)
        temporal = TemporalSpotter.load(place / ALONG, "onnx")
        known = temporal.settings
        if tuple(known.widths) != (WORDS,) or known.encoders.get(WORDS) != states.identity:
            raise SettingsError(
                f"{place / ALONG}: was trained on {known.encoders}, not on words by {states.identity}",
                "Install matchcut again",
            )
        return cls(states, temporal, store)

    @property
    def settings(self) -> TemporalSettings:
        """Those of the temporal spotter."""
        return self.temporal.settings

    def hear(self, transcripts: Sequence[Transcript], duration: float | None, half: int | None) -> ScoreTrack:
        """See `Listener`: each transcript's states, then their mean along time."""
        lasts = max(grid_rows(said, duration) for said in (transcripts or [Transcript(())]))
        series = tuple(words_series(said, self.states, self.store) for said in transcripts)
        known = half if half in (1, 2) else None
        heard = Half("the commentary", known, float(lasts), (), {WORDS: series} if series else {})
        return replace(self.temporal.track(heard), source=SOURCE)


def load_listener(place: Path, threads: int | None = None, store: FeatureStore | None = None) -> Listener:
    """What a folder of weights holds, of either kind.

    Args:
        place: the folder.
        threads: how many networks may run at once; by default all, or one a processor.
        store: for the states of fronts; see `Along`.

    Raises:
        InputError: a file is missing or damaged.
        SettingsError: the settings have keys that this release does not know.
    """
    settings = read_settings(place)
    at_once = min(len(settings.networks), os.cpu_count() or 1) if threads is None else threads
    if isinstance(settings, FrontSettings):
        return Along.load(place, settings, max(at_once, 1), store)
    return Whole.load(place, settings, max(at_once, 1))


def identity_of(place: Path) -> str:
    """Names a folder's weights, for caches: another file, another identity.

    Raises:
        InputError: a file is missing.
    """
    settings = read_settings(place)
    names = [FILE, VOCABULARY, *settings.networks]
    if isinstance(settings, FrontSettings):
        members = range(len(TemporalSettings.load(place / ALONG).networks))
        names += [f"{ALONG}/{name}" for name in (FILE, *map(NETWORK.format, members))]
    digest = hashlib.sha256()
    for name in names:
        digest.update(files.read_bytes(place / name))
    return f"{SOURCE} {digest.hexdigest()[:12]}"


__all__ = ["SOURCE", "Along", "Listener", "Whole", "identity_of", "load_listener"]
