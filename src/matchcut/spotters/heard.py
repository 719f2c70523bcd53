"""What the commentary spotter makes of what was said, as one source among others."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from matchcut.events import Event
from matchcut.recording import Recording
from matchcut.spotters.commentary import SOURCE, CommentarySpotter
from matchcut.tracks import ScoreTrack
from matchcut.transcript import Transcript

LEAST = 0.03
"""What the commentary believes less is not carried on: no observation could make anything of it."""
_SPOKEN_S = 12.0
"""So many seconds of speech around a moment, and its silence on something tells."""


@dataclass(frozen=True)
class Commentary:
    """One transcript, heard.

    Attributes:
        track: the spotter's belief over time.
        detections: its moments with calibrated scores and what was said, those below `LEAST` left out.
        transcript: what was said.
        least: each label's own threshold for being shown.
        identity: names the weights that listened.
    """

    track: ScoreTrack
    detections: tuple[Event, ...]
    transcript: Transcript
    least: Mapping[str, float] = field(default_factory=dict)
    identity: str = SOURCE

    @classmethod
    def of(
        cls, spotter: CommentarySpotter, track: ScoreTrack, recording: Recording, transcript: Transcript
    ) -> Commentary:
        """What a spotter heard.

        Args:
            spotter: who listened.
            track: from its `track` or `track_many`.
            recording: what it is of.
            transcript: what was said.
        """
        found = spotter.events(track, recording, transcript, min_score=LEAST)
        least = {label: how.min_score for label, how in spotter.settings.decoding.items()}
        return cls(track, found.events, transcript, least, spotter.identity)

    def threshold(self, label: str, min_score: float | None) -> float:
        """The lowest score of this label that is shown."""
        return self.least.get(label, 0.3) if min_score is None else min_score

    def speaks(self, start: float, end: float) -> bool:
        """Whether so much is said in a stretch that silence on something tells."""
        heard = self.transcript.between(start, end)
        return sum(min(u.end, end) - max(u.start, start) for u in heard) >= _SPOKEN_S
