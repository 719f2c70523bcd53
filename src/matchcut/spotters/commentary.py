"""The commentary spotter: what was said in, moments out, with the weights that come with the package.

    spotter = CommentarySpotter.load()
    track = spotter.track(transcript, duration=recording.duration, half=1)
    log = spotter.events(track, recording, transcript=transcript)

Loading this module loads no onnxruntime; `CommentarySpotter.load` does.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from matchcut import files
from matchcut.encoders.fusion import fuse
from matchcut.encoders.words import Vocabulary, grid_rows
from matchcut.errors import InputError
from matchcut.events import Event, EventLog, Evidence
from matchcut.recording import Recording
from matchcut.spotters.decoding import moments, probability
from matchcut.spotters.settings import FILE, VOCABULARY, SpotterSettings
from matchcut.tracks import ScoreTrack
from matchcut.transcript import Transcript

if TYPE_CHECKING:
    from onnxruntime import InferenceSession

WEIGHTS = Path(__file__).parent / "weights" / "commentary"
"""The weights that come with the package."""

SOURCE = "commentary"
RATE = 1.0
FIRST_ROW_S = 0.5
"""A row stands for the second around it: its middle."""

_HEARD_BEFORE_S, _HEARD_AFTER_S = 1.0, 6.0
_HEARD_LETTERS = 160


class CommentarySpotter:
    """Finds a match's moments from what the commentators say, in any of the languages it was trained on.

    Args:
        settings: what the weights' folder says about itself.
        vocabulary: the words it knows.
        networks: the loaded networks.
        identity: names these very weights, for caches: other weights, other identity.
        threads: how many networks may run at once.
    """

    def __init__(
        self,
        settings: SpotterSettings,
        vocabulary: Vocabulary,
        networks: Sequence[InferenceSession],
        identity: str,
        threads: int = 1,
    ) -> None:
        self.settings = settings
        self.vocabulary = vocabulary
        self.identity = identity
        self._networks = tuple(networks)
        self._pool = ThreadPoolExecutor(threads)

    @classmethod
    def load(cls, folder: Path | None = None, threads: int | None = None) -> CommentarySpotter:
        """Loads weights, about half a second.

        Args:
            folder: where they lie; those of the package by default.
            threads: how many networks may run at once; by default all, or one a processor. The scores do not
                depend on it.

        Raises:
            InputError: a file is missing or damaged.
            SettingsError: the settings have keys that this release does not know.
        """
        import onnxruntime as ort

        place = WEIGHTS if folder is None else Path(folder)
        settings = SpotterSettings.load(place)
        vocabulary = Vocabulary.load(place / VOCABULARY)
        options = ort.SessionOptions()
        options.log_severity_level = 3
        # One thread a network: onnxruntime's scattered sums, where words meet the grid, lose additions when
        # several threads share them (seen with 1.31: scores up to 0.02 off, other ones each run). The networks
        # run side by side instead.
        options.intra_op_num_threads = 1
        digest = hashlib.sha256(files.read_bytes(place / FILE))
        digest.update(files.read_bytes(place / VOCABULARY))
        networks = []
        for name in settings.networks:
            data = files.read_bytes(place / name)
            digest.update(data)
            try:
                networks.append(ort.InferenceSession(data, options, providers=["CPUExecutionProvider"]))
            except Exception as error:  # onnxruntime's own kinds share no base class
                reason = str(error).splitlines()[0]
                raise InputError(
                    f"{place / name}: not a network ({reason})", "Install matchcut again"
                ) from error
        at_once = min(len(networks), os.cpu_count() or 1) if threads is None else threads
        return cls(settings, vocabulary, networks, f"commentary {digest.hexdigest()[:12]}", max(at_once, 1))

    @property
    def labels(self) -> tuple[str, ...]:
        """The labels that it can give."""
        return self.settings.labels

    def track(
        self, transcript: Transcript, duration: float | None = None, half: int | None = None
    ) -> ScoreTrack:
        """What the words say of every second, before anyone decides; one row a second.

        A score is the mean, over several radii, of the probability that such an event lies within the radius:
        high where it is sure and near.

        Args:
            transcript: what was said.
            duration: the recording's seconds, where they are known.
            half: 1 or 2 where the recording is that half of a match from its kick-off on; None if unknown.
        """
        return self.track_many([transcript], duration, half)

    def track_many(
        self, transcripts: Sequence[Transcript], duration: float | None = None, half: int | None = None
    ) -> ScoreTrack:
        """As `track`, from several transcripts of one recording (recognizers, translations), weighed equally.

        Without any word all scores are 0: nothing was heard. Only of a recording known to be a half does the
        clock alone say a little: it begins with a kick-off.
        """
        spoken = [transcript for transcript in transcripts if len(transcript)]
        if not spoken and half is None:
            rows = grid_rows(Transcript(()), duration)
            scores = np.zeros((rows, len(self.labels)), np.float32)
            return ScoreTrack(self.labels, scores, RATE, SOURCE, FIRST_ROW_S)
        given = fuse(spoken or [Transcript(())], self.vocabulary, duration, half).named()
        outputs = self._pool.map(lambda network: network.run(None, given)[0], self._networks)
        raw = np.mean(list(outputs), axis=0)
        near = np.tensordot(raw, np.array(self.settings.radius_weights, np.float32), (1, 0))
        scores = np.clip(near @ self._mixing, 0, 1)
        return ScoreTrack(self.labels, scores.astype(np.float32), RATE, SOURCE, FIRST_ROW_S)

    def events(
        self,
        track: ScoreTrack,
        recording: Recording,
        transcript: Transcript | None = None,
        min_score: float | None = None,
    ) -> EventLog:
        """The moments worth showing.

        Args:
            track: from `track` or `track_many`.
            recording: what it is of; its sport gives each moment its window.
            transcript: if given, each event's evidence quotes what was said around it.
            min_score: the lowest probability kept; each label's own threshold by default.
        """
        kept = []
        for event in self._decoded(track, recording):
            if recording.duration is not None and event.time >= recording.duration:
                continue  # words about the last moments; there is nothing to show after the end
            score = event.score or 0.0
            least = self.settings.decoding[event.label].min_score if min_score is None else min_score
            if score >= least:
                heard = _heard(transcript, event.time) if transcript is not None else ""
                kept.append(
                    Event.around(
                        event.label,
                        event.time,
                        recording.sport,
                        score=score,
                        evidence=(Evidence(SOURCE, heard, score),),
                    )
                )
        return EventLog(kept, recording, f"matchcut {self.identity}")

    def detections(self, track: ScoreTrack, recording: Recording) -> EventLog:
        """Every peak of the track, however unlikely: what average precision is measured on."""
        return EventLog(self._decoded(track, recording), recording, f"matchcut {self.identity}")

    @cached_property
    def _mixing(self) -> NDArray[np.float32]:
        """The networks' outputs to labels, shape (outputs, labels)."""
        mixing = np.zeros((len(self.settings.outputs), len(self.labels)), np.float32)
        for column, label in enumerate(self.labels):
            for output, weight in self.settings.blends.get(label, {label: 1.0}).items():
                mixing[self.settings.outputs.index(output), column] = weight
        return mixing

    def _decoded(self, track: ScoreTrack, recording: Recording) -> Iterator[Event]:
        for label, how in self.settings.decoding.items():
            if label not in track.labels or label not in recording.sport:
                continue
            seconds, scores = moments(track.column(label), track.rate, how)
            for second, score in zip(seconds, probability(scores, how), strict=True):
                time = round(float(track.start + second), 3)
                if recording.duration is not None:
                    time = min(time, recording.duration)
                yield Event.around(label, max(time, 0.0), recording.sport, score=float(score))


def _heard(transcript: Transcript, time: float) -> str:
    """What was said around a moment; commentators speak after the event."""
    middle = time + (_HEARD_AFTER_S - _HEARD_BEFORE_S) / 2
    return transcript.quote(time - _HEARD_BEFORE_S, time + _HEARD_AFTER_S, middle, _HEARD_LETTERS)
