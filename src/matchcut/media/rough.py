"""Pictures for the eye that only wants the gist: fewer of them, roughly decoded, small."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from matchcut.errors import InputError
from matchcut.media.frames import decode
from matchcut.media.opening import Damage, open_media

if TYPE_CHECKING:
    from av.video.frame import VideoFrame

Planes = NDArray[np.uint8]
"""A small picture as luma and the two colour differences, shape (3, H, W), 8 bits, video range."""


def rough_frames(path: Path | str, *, damage: Damage | None = None) -> Iterator[tuple[float, VideoFrame]]:
    """Most of a recording's frames at less than half the cost of all of them.

    Frames that no other needs are left out (half of them in usual H.264), and so is the loop filter: edges of
    blocks show, and colours may drift by a few steps between two key frames.

    Args:
        path: the video.
        damage: counts what had to be skipped.

    Yields:
        The frame's second on the recording, rising, and the frame as it is stored.

    Raises:
        InputError: the file cannot be read or has no picture.
    """
    damage = damage if damage is not None else Damage()
    with open_media(path) as source:
        stream = source.video
        if stream is None:
            raise InputError(f"{path}: has no picture", "Name a video")
        step = float(1 / (stream.average_rate or stream.guessed_rate or 25))
        broken, last = 0, -1.0
        opened = False
        for packet in source.packets_from(stream.index, 0.0, damage):
            if not opened:
                context = packet.stream.codec_context
                context.options = {"skip_loop_filter": "all"}
                context.skip_frame = "NONREF"
                opened = True
            frames = decode(packet)
            if frames is None:
                damage.packets += 1
                broken += 1
                continue
            for frame in frames:
                time = last + step
                if frame.pts is not None:
                    time = float(source.seconds(frame.pts, frame.time_base))
                if time > last:  # a stream glued from two may jump back: those moments were seen already
                    last = time
                    yield time, frame
        if last < 0 and broken:
            raise InputError(
                f"{path}: no picture could be decoded; {broken} packets are damaged",
                "Copy or download it again",
            )


class Shrinker:
    """Makes small pictures of frames, whatever their size, pixel format or range; averages over areas."""

    def __init__(self, width: int, height: int) -> None:
        from av.video.reformatter import VideoReformatter

        self._size = (width, height)
        self._scaler = VideoReformatter()

    def __call__(self, frame: VideoFrame) -> Planes:
        """The frame's small picture, squeezed to the size whatever its shape, as it is stored."""
        small = self._scaler.reformat(frame, *self._size, format="yuv444p", interpolation="AREA", threads=1)
        return np.asarray(small.to_ndarray(), dtype=np.uint8)
