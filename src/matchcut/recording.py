"""One continuous recording: a SoccerNet half is one, so is a whole broadcast."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import Any

from matchcut.clock import MatchClock
from matchcut.errors import InputError, ValidationError
from matchcut.sport import Sport, soccer


@dataclass(frozen=True)
class Recording:
    """What was recorded, and where it lies.

    Attributes:
        name: what to call it, such as "final.mp4" or "england_epl/…/1_ResNet".
        sport: decides which labels exist.
        duration: seconds; None where nobody knows yet.
        media: the video or sound file, if there is one.
        transcript: the subtitle or ASR file, if there is one.
        frame_rate: nominal frames a second as a fraction; None without a picture.
        clock: the match clock, where it is known.
        teams: home and away as the scoreboard names them; "" where nobody knows.

    Raises:
        ValidationError: the duration is negative or not finite, or the frame rate is not positive.
    """

    name: str
    sport: Sport = field(default=soccer)
    duration: float | None = None
    media: Path | None = None
    transcript: Path | None = None
    frame_rate: Fraction | None = None
    clock: MatchClock | None = None
    teams: tuple[str, str] = ("", "")

    def __post_init__(self) -> None:
        if self.duration is not None and not (math.isfinite(self.duration) and self.duration >= 0):
            raise ValidationError(f"a duration is zero or more seconds, not {self.duration}", "Correct it")
        if self.frame_rate is not None and self.frame_rate <= 0:
            raise ValidationError(f"a frame rate is above zero, not {self.frame_rate}", "Correct it")

    def to_json(self) -> dict[str, Any]:
        """Plain values for JSON; what is unknown is left out."""
        value: dict[str, Any] = {"name": self.name}
        if self.duration is not None:
            value["duration"] = self.duration
        if self.media is not None:
            value["media"] = str(self.media)
        if self.transcript is not None:
            value["transcript"] = str(self.transcript)
        if self.frame_rate is not None:
            value["frame_rate"] = str(self.frame_rate)
        if self.clock is not None:
            value["clock"] = self.clock.to_json()
        if any(self.teams):
            value["teams"] = list(self.teams)
        return value

    @classmethod
    def from_json(cls, value: Any, of: Sport, name: str = "recording") -> Recording:
        """The recording that `to_json` wrote, or a bare name.

        Args:
            value: the parsed JSON.
            of: the sport.
            name: what to call the file in messages.

        Raises:
            InputError: the value has another shape.
        """
        if isinstance(value, str):
            return cls(value, of)
        if not isinstance(value, Mapping):
            raise InputError(f"{name}: the recording must be an object or a name, not {value!r}", "Correct it")
        try:
            duration = value.get("duration")
            rate = value.get("frame_rate")
            return cls(
                name=str(value.get("name", Path(name).stem)),
                sport=of,
                duration=None if duration is None else float(duration),
                media=_path(value.get("media")),
                transcript=_path(value.get("transcript")),
                frame_rate=None if rate is None else _rate(rate),
                clock=None if value.get("clock") is None else MatchClock.from_json(value["clock"]),
                teams=_teams(value.get("teams")),
            )
        except (TypeError, ValueError, ZeroDivisionError, OverflowError) as error:
            reason = getattr(error, "problem", str(error))
            raise InputError(f"{name}: recording: {reason}", "Correct it") from error


def _rate(value: Any) -> Fraction:
    text = str(value)
    # An exponent could stand for a fraction of a million digits.
    if len(text) > 40 or "e" in text.casefold():
        raise ValueError(f"a frame rate is written as 25 or 30000/1001, not {text[:40]!r}")
    return Fraction(text)


def _teams(value: Any) -> tuple[str, str]:
    if value is None:
        return ("", "")
    if not isinstance(value, list) or len(value) != 2 or not all(isinstance(name, str) for name in value):
        raise TypeError(f"the teams are two names, not {value!r:.60}")
    return (value[0], value[1])


def _path(value: Any) -> Path | None:
    if value is None:
        return None
    if not isinstance(value, str):
        raise TypeError(f"a path is text, not {value!r}")
    return Path(value)
