"""What one pass over a recording saw and heard, before anybody makes events of it."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from matchcut import files
from matchcut.observe.match_clock import ClockFit, fit_clock
from matchcut.observe.readings import BoardTrack
from matchcut.observe.shots import ShotTrack
from matchcut.observe.sound import SoundTrack

SENSES = ("scoreboard", "sound", "shots")
"""What can be observed of a recording, without any training."""

BOARD, SOUND, SHOTS = "board.json", "sound.npz", "shots.json"


@dataclass(frozen=True)
class Observed:
    """The observations of one recording.

    Attributes:
        board: what was read off the scoreboard; None if nobody looked.
        sound: what was heard; None if nobody listened.
        shots: the shots; None if nobody looked.
        notes: what was damaged, missing or not to be trusted, a sentence each.
    """

    board: BoardTrack | None = None
    sound: SoundTrack | None = None
    shots: ShotTrack | None = None
    notes: tuple[str, ...] = ()

    @property
    def senses(self) -> tuple[str, ...]:
        """Which of `SENSES` were used."""
        given = zip(SENSES, (self.board, self.sound, self.shots), strict=True)
        return tuple(name for name, track in given if track is not None)

    @cached_property
    def clock(self) -> ClockFit | None:
        """The match clock that the board tells; None if nobody looked at it."""
        return None if self.board is None else fit_clock(self.board)

    def save(self, folder: Path) -> None:
        """Writes one file for each sense; the notes are the caller's to keep.

        Raises:
            OutputError: it cannot be written.
        """
        if self.board is not None:
            files.write_json(folder / BOARD, self.board.to_json(), indent=None)
        if self.sound is not None:
            self.sound.save(folder / SOUND)
        if self.shots is not None:
            self.shots.save(folder / SHOTS)

    @classmethod
    def load(cls, folder: Path, senses: Collection[str] = SENSES) -> Observed:
        """Reads what `save` wrote.

        Args:
            folder: where it lies.
            senses: which to read.

        Raises:
            InputError: a file is missing or damaged.
        """
        board = folder / BOARD
        return cls(
            BoardTrack.from_json(files.read_json(board), str(board)) if "scoreboard" in senses else None,
            SoundTrack.load(folder / SOUND) if "sound" in senses else None,
            ShotTrack.load(folder / SHOTS) if "shots" in senses else None,
        )
