"""What may be chosen about a practice match."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

from matchcut.clock import HALF_S
from matchcut.datasets.boards import FORMS, MORE_FORMS, STOPPAGES, Board, random_board
from matchcut.datasets.practice.faults import FAULTS
from matchcut.errors import SettingsError

_INK, _PAPER = (246, 247, 250), (16, 20, 34)
HOUSE_BOARD = Board(
    "inline", (0.035, 0.045), 15, "", _INK, _PAPER, _PAPER, (232, 235, 240), 1.0, "-", "mm:ss", ("", ""),
    stoppage="announced",
)  # fmt: skip
"""The board of the usual practice match; the teams' codes are put in."""


@dataclass(frozen=True, slots=True)
class PracticeSettings:
    """How a practice match is made.

    Attributes:
        width, height: the picture's size in pixels; even, drawn for 16:9.
        frame_rate: whole frames a second.
        sample_rate: the sound's samples a second.
        clock_start_s: what the match clock shows at the first instant (first half).
        lost_words: the share of commentary words that go missing, in [0, 1].
        misheard_words: the share that are replaced by something that sounds like them, in [0, 1].
        encoder_preset: x264's trade of time for size.
        board: how the scoreboard looks; the teams' codes are put in.
        board_in_replays: whether it stays on the picture during replays.
        opening_s: so long before kick-off the recording begins, with the line-ups; 0 to begin within the half,
            else 10 to 60 and ``clock_start_s`` 0.
        half_time_s: the half is whistled off at the first chance from this recording second on; None if the
            recording ends before. The clock must show 45:00 or more by then.
        faults: what is difficult; see `FAULTS`.
        one_modality: each passage of play shows itself in one of picture, sound and words only; see
            `matchcut.datasets.practice.hiding`. Needs the fault "no board", since a board tells of goals.
        teams: another number is another two teams; None for those of the seed.

    Raises:
        SettingsError: a value is out of its range.
    """

    width: int = 640
    height: int = 360
    frame_rate: int = 25
    sample_rate: int = 32000
    clock_start_s: float = 2040.0
    lost_words: float = 0.0
    misheard_words: float = 0.0
    encoder_preset: str = "veryfast"
    board: Board = HOUSE_BOARD
    board_in_replays: bool = False
    opening_s: float = 0.0
    half_time_s: float | None = None
    faults: frozenset[str] = frozenset()
    one_modality: bool = False
    teams: int | None = None

    def __post_init__(self) -> None:
        if self.width % 2 or self.height % 2 or not (160 <= self.width <= 1920 and 90 <= self.height <= 1080):
            raise SettingsError(
                f"a practice picture is 160x90 to 1920x1080 with even sides, not {self.width}x{self.height}",
                "Choose such a size",
            )
        if not 1 <= self.frame_rate <= 60:
            raise SettingsError(
                f"a practice match has 1 to 60 frames a second, not {self.frame_rate}", "Choose in between"
            )
        if self.sample_rate not in (16000, 22050, 24000, 32000, 44100, 48000):
            raise SettingsError(f"no usual sample rate: {self.sample_rate}", "Choose 32000 or 48000")
        for name in ("lost_words", "misheard_words"):
            share = getattr(self, name)
            if not 0 <= share <= 1:
                raise SettingsError(f"{name} is a share from 0 to 1, not {share}", "Choose in between")
        if not 0 <= self.clock_start_s < HALF_S:
            raise SettingsError(
                f"the piece begins in the first half, from 0 to 45:00, not at {self.clock_start_s} s",
                "Choose an earlier start",
            )
        self._check_broadcast()

    def _check_broadcast(self) -> None:
        if unknown := sorted(set(self.faults) - set(FAULTS)):
            raise SettingsError(f"no such fault: {', '.join(unknown)}", f"There are: {', '.join(FAULTS)}")
        if self.one_modality and "no board" not in self.faults:
            raise SettingsError(
                "a scoreboard tells of goals that are only to be heard or told", 'Add the fault "no board"'
            )
        if self.opening_s and not (10 <= self.opening_s <= 60 and self.clock_start_s == 0):
            raise SettingsError(
                f"an opening lasts 10 to 60 s and ends with the clock at 0, not {self.opening_s} s "
                f"with the clock at {self.clock_start_s} s",
                "Set clock_start_s to 0",
            )
        if self.half_time_s is not None and not (
            math.isfinite(self.half_time_s) and self.half_time_s >= self.opening_s + HALF_S - self.clock_start_s
        ):
            raise SettingsError(
                f"half-time is whistled when the clock shows 45:00 or more, not {self.half_time_s} s into a "
                f"recording that begins at {self.clock_start_s} s",
                "Choose a later half_time_s or clock_start_s",
            )
        if self.board.form not in (*FORMS, *MORE_FORMS) or self.board.stoppage not in STOPPAGES:
            raise SettingsError(
                f"no such board: {self.board.form}, {self.board.stoppage}",
                f"Forms: {', '.join((*FORMS, *MORE_FORMS))}; stoppage: {', '.join(STOPPAGES)}",
            )


def random_settings(seed: int, settings: PracticeSettings | None = None) -> PracticeSettings:
    """The settings with another broadcaster's board: any form, place, font and colours.

    One board in eight has its clock on a plate of its own; ticker and other faults are left out.
    """
    forms = MORE_FORMS if seed % 8 == 7 else FORMS
    board = replace(random_board(seed, forms), ticker=False)
    return replace(settings or PracticeSettings(), board=board, board_in_replays=seed % 6 == 5)


def check_duration(duration_s: float, settings: PracticeSettings) -> None:
    """Refuses lengths that are too short to show anything, or that pass the end of the half.

    Raises:
        SettingsError: the length is out of range.
    """
    longest = settings.opening_s + HALF_S - settings.clock_start_s
    if settings.half_time_s is not None:
        longest = settings.half_time_s + HALF_S
    if not (math.isfinite(duration_s) and 8 + settings.opening_s <= duration_s <= longest):
        raise SettingsError(
            f"a practice match that begins at {settings.clock_start_s:.0f} s lasts "
            f"{8 + settings.opening_s:.0f} to {longest:.0f} s, not {duration_s}",
            "Choose a length in between, or an earlier clock_start_s",
        )
