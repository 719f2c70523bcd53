"""What a reel shows: frames, with captions where there are any."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import TYPE_CHECKING

from matchcut.media.captions import CaptionPainter
from matchcut.media.encode import VideoWriter
from matchcut.media.opening import EDGE_S
from matchcut.media.orientation import Orientation
from matchcut.media.plan import Cue

if TYPE_CHECKING:
    from av.video.frame import VideoFrame

_EDGE = Fraction(EDGE_S)


class Screen:
    """The reel's picture, with captions where there are any.

    Args:
        writer: what encodes the frames.
        turn: which way up they are shown.
        captions: texts for stretches of the recording.
    """

    def __init__(self, writer: VideoWriter, turn: Orientation, captions: Sequence[Cue]) -> None:
        self._writer = writer
        self._painter = CaptionPainter(writer.width, writer.height, turn, writer.full_range)
        self._captions = captions

    def show(self, frame: VideoFrame, time: Fraction, at: Fraction, key: bool) -> None:
        """Shows what the recording showed at ``time`` from second ``at`` of the reel on."""
        prepared = self._writer.prepare(frame)
        texts = [cue.text for cue in self._captions if cue.start <= time + _EDGE < cue.end]
        if texts:
            self._painter.paint(prepared, " · ".join(dict.fromkeys(texts)))
        self._writer.write(prepared, round(at / self._writer.time_base), key)

    def finish(self, end: Fraction) -> None:
        """Writes what is left; the last frame is shown until second ``end``."""
        self._writer.finish(round(end / self._writer.time_base))
