"""The commentary spotter: what was said in, moments out, with the weights that come with the package.

    spotter = CommentarySpotter.load()
    track = spotter.track(transcript, duration=recording.duration, half=1)
    log = spotter.events(track, recording, transcript=transcript)

Loading this module loads no onnxruntime; `CommentarySpotter.load` does.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from matchcut.encoders.words import grid_rows
from matchcut.events import Event, EventLog, Evidence
from matchcut.recording import Recording
from matchcut.spotters.decoding import detected
from matchcut.spotters.listening import SOURCE, Listener, identity_of, load_listener
from matchcut.spotters.settings import WEIGHTS, SpotterSettings
from matchcut.spotters.suppression import SUPPRESSIONS
from matchcut.spotters.temporal_settings import TemporalSettings
from matchcut.tracks import ScoreTrack
from matchcut.transcript import Transcript

_HEARD_BEFORE_S, _HEARD_AFTER_S = 1.0, 6.0
_HEARD_LETTERS = 160


class CommentarySpotter:
    """Finds a match's moments from what the commentators say, in any of the languages it was trained on.

    Args:
        listener: the loaded networks and their settings.
        identity: names these very weights, for caches: other weights, other identity.
    """

    def __init__(self, listener: Listener, identity: str) -> None:
        self._listener = listener
        self.identity = identity

    @classmethod
    def load(cls, folder: Path | None = None, threads: int | None = None) -> CommentarySpotter:
        """Loads weights, about half a second.

        Args:
            folder: where they lie: whole networks, or fronts with a temporal spotter in the folder ``along``;
                those of the package by default.
            threads: how many networks may run at once; by default all, or one a processor. The scores do not
                depend on it.

        Raises:
            InputError: a file is missing or damaged.
            SettingsError: the settings have keys that this release does not know.
        """
        place = WEIGHTS if folder is None else Path(folder)
        return cls(load_listener(place, threads), identity_of(place))

    @property
    def settings(self) -> SpotterSettings | TemporalSettings:
        """What the weights say of themselves; both kinds have labels, decoding, suppression."""
        return self._listener.settings

    @property
    def labels(self) -> tuple[str, ...]:
        """The labels that it can give."""
        return self.settings.labels

    def track(
        self, transcript: Transcript, duration: float | None = None, half: int | None = None
    ) -> ScoreTrack:
        """What the words say of every moment, before anyone decides; one row a second, or two.

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
            rate = self._listener.rate
            rows = int(np.ceil(grid_rows(Transcript(()), duration) * rate))
            scores = np.zeros((rows, len(self.labels)), np.float32)
            return ScoreTrack(self.labels, scores, rate, SOURCE, 0.5 / rate)
        return self._listener.hear(spoken, duration, half)

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

    def _decoded(self, track: ScoreTrack, recording: Recording) -> Iterator[Event]:
        weaken = SUPPRESSIONS[self.settings.suppression]
        return detected(track, recording, self.settings.decoding, weaken)


def _heard(transcript: Transcript, time: float) -> str:
    """What was said around a moment; commentators speak after the event."""
    middle = time + (_HEARD_AFTER_S - _HEARD_BEFORE_S) / 2
    return transcript.quote(time - _HEARD_BEFORE_S, time + _HEARD_AFTER_S, middle, _HEARD_LETTERS)


__all__ = ["SOURCE", "WEIGHTS", "CommentarySpotter"]
