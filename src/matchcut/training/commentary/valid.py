"""The valid games as the commentary spotter hears them: which halves, told in what, read in which ways."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from matchcut.clock import HALF_S
from matchcut.datasets.echoes import EchoesArchive
from matchcut.datasets.soccernet import read_labels
from matchcut.progress import Progress, silent
from matchcut.spotters.commentary import CommentarySpotter
from matchcut.tracks import ScoreTrack
from matchcut.training.commentary.corpus import Half, read_splits, truths_of

TRANSLATED = "_en"
"""How the names of translated versions end."""

GROUPS = {
    "anything": ("nothing", "English", "other"),
    "any words": ("English", "other"),
    "English": ("English",),
    "other": ("other",),
}
"""Which halves a row is about, by what their commentary is told in."""


def told_in(archive: EchoesArchive, half: Half) -> str:
    """ "nothing", "English" or "other": SoccerNet-Echoes translates what is not English, and nothing else."""
    versions = archive.versions_of(half.game, half.half)
    if not any(len(archive.transcript(half.game, half.half, version)) for version in versions):
        return "nothing"
    return "other" if any(version.endswith(TRANSLATED) for version in versions) else "English"


Tracks = dict[str, dict[int, ScoreTrack]]
"""Way of reading → number of the half → scores."""

ALL, UNKNOWN = "all", "all, half unknown"


@dataclass(frozen=True)
class Valid:
    """What is measured on.

    Attributes:
        halves: of the valid games, both of each.
        told: what each one's commentary is told in, see `GROUPS`.
        archive: the transcripts.
    """

    halves: tuple[Half, ...]
    told: tuple[str, ...]
    archive: EchoesArchive

    @classmethod
    def read(cls, labels: Path, archive: EchoesArchive, splits: Path) -> Valid:
        """Labels and transcripts of the valid games."""
        games = read_splits(splits)["valid"]
        logs = read_labels(labels, games=games)
        halves = tuple(
            Half(game, half, "valid", list(truths_of(logs[game][half]))) for game in games for half in (1, 2)
        )
        return cls(halves, tuple(told_in(archive, half) for half in halves), archive)

    @property
    def truths(self) -> list[Sequence[tuple[int, float]]]:
        """Each half's."""
        return [half.truths for half in self.halves]


def spot_everything(
    spotter: CommentarySpotter, valid: Valid, ways: Sequence[str] | None = None, progress: Progress = silent
) -> Tracks:
    """Each half by all versions, by all with the half unknown, and by each version alone; or some of these."""
    tracks: Tracks = {}
    for number, half in enumerate(valid.halves):
        progress(number, len(valid.halves))
        versions = valid.archive.transcripts(half.game, half.half)
        said = {name: transcript for name, transcript in versions.items() if len(transcript)}
        heard = list(said.values())
        # As `matchcut predict soccernet` does it.
        duration = max(HALF_S, *(transcript.end for transcript in heard), 0.0)
        makers = {
            ALL: (heard, half.half),
            UNKNOWN: (heard, None),
            **{name: ([transcript], half.half) for name, transcript in said.items()},
        }
        for name, (some, known) in makers.items():
            if ways is None or name in ways:
                tracks.setdefault(name, {})[number] = spotter.track_many(some, duration, known)
    progress(1, 1)
    return tracks
