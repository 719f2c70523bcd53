"""What may be chosen about a practice match."""

from __future__ import annotations

import math
from dataclasses import dataclass

from matchcut.clock import HALF_S
from matchcut.errors import SettingsError


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


def check_duration(duration_s: float, settings: PracticeSettings) -> None:
    """Refuses lengths that are too short to show anything, or that pass the end of the half.

    Raises:
        SettingsError: the length is out of range.
    """
    longest = HALF_S - settings.clock_start_s
    if not (math.isfinite(duration_s) and 8 <= duration_s <= longest):
        raise SettingsError(
            f"a practice match that begins at {settings.clock_start_s:.0f} s lasts 8 to {longest:.0f} s, "
            f"not {duration_s}",
            "Choose a length in between, or an earlier clock_start_s",
        )
