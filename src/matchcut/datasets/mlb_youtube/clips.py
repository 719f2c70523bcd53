"""What MLB-YouTube's files hold, as types; all times are seconds on the full-length video."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Literal

from matchcut.datasets.mlb_youtube.labels import fine_class, paper_class
from matchcut.errors import ValidationError
from matchcut.transcript import Transcript

Subset = Literal["training", "testing"]


@dataclass(frozen=True, slots=True)
class Clip:
    """One short clip of a video: a pitch and what came of it, or none (a negative).

    Attributes:
        name: the data set's key, "E40GRXPSLG7N".
        video: the YouTube id of the full-length video.
        start, end: seconds on the video, ``0 <= start < end``.
        labels: its actions in the data set's order; none for a negative.
        subset: the official split; None for negatives, which have none.
        pitch: how it was thrown ("fastball"), where that is known.
        speed: of the pitch in miles an hour, where that is known.

    Raises:
        ValidationError: a time is not finite, negative, or the end is not after the start.
    """

    name: str
    video: str
    start: float
    end: float
    labels: tuple[str, ...] = ()
    subset: Subset | None = None
    pitch: str | None = None
    speed: float | None = None

    def __post_init__(self) -> None:
        check_times(self.name, self.start, self.end)

    @property
    def paper_class(self) -> str:
        """One of `labels.PAPER_CLASSES`; "none" for a negative."""
        return paper_class(self.labels) if self.labels else "none"

    @property
    def fine_class(self) -> str:
        """One of `labels.FINE_CLASSES`; "none" for a negative."""
        return fine_class(self.labels) if self.labels else "none"


@dataclass(frozen=True, slots=True)
class Action:
    """One action of a continuous stretch: its label and seconds on the video."""

    label: str
    start: float
    end: float


@dataclass(frozen=True, slots=True)
class Stretch:
    """A minute or two of a video with its actions.

    Attributes:
        name: the data set's key.
        video: the YouTube id.
        start, end: seconds on the video.
        subset: the official split.
        actions: in the file's order, on the video's time (the file counts from the stretch's start).

    Raises:
        ValidationError: a time is out of its range.
    """

    name: str
    video: str
    start: float
    end: float
    subset: Subset
    actions: tuple[Action, ...]

    def __post_init__(self) -> None:
        check_times(self.name, self.start, self.end)


@dataclass(frozen=True)
class MlbYouTube:
    """What was read.

    Attributes:
        clips: the segmented clips, in the file's order.
        negatives: clips without an action.
        stretches: the continuous ones.
        captions: by video; videos without captions are missing, or empty.
        notes: what was mended or is missing, one sentence each.
    """

    clips: tuple[Clip, ...]
    negatives: tuple[Clip, ...] = ()
    stretches: tuple[Stretch, ...] = ()
    captions: dict[str, Transcript] = field(default_factory=dict)
    notes: tuple[str, ...] = ()

    @property
    def videos(self) -> tuple[str, ...]:
        """The videos of the clips, sorted."""
        return tuple(sorted({clip.video for clip in (*self.clips, *self.negatives)}))


def check_times(name: str, start: float, end: float) -> None:
    """Refuses times that no part of a video can have.

    Raises:
        ValidationError: they are.
    """
    if not (math.isfinite(start) and math.isfinite(end) and 0 <= start < end):
        raise ValidationError(
            f"clip {name}: needs 0 <= start < end in seconds, not {start}, {end}", "Correct its times"
        )
