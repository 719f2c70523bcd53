"""Pictures for the eye that only wants the gist: fewer of them, roughly decoded, small."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from matchcut.errors import InputError
from matchcut.media.frames import decode
from matchcut.media.opening import EDGE_S, Damage, open_media

if TYPE_CHECKING:
    from av.packet import Packet
    from av.stream import Stream
    from av.video.frame import VideoFrame

Planes = NDArray[np.uint8]
"""A small picture as luma and the two colour differences, shape (3, H, W), 8 bits, video range."""


@dataclass(frozen=True, slots=True, eq=False)
class RoughFrame:
    """A frame as it is stored.

    Attributes:
        time: seconds on the recording.
        frame: the picture.
        key: whether it stands on its own; such frames alone are decoded with all care.
    """

    time: float
    frame: VideoFrame
    key: bool


def rough_frames(
    path: Path | str,
    start: float = 0.0,
    *,
    keys_only: bool = False,
    threads: int = 1,
    damage: Damage | None = None,
) -> Iterator[RoughFrame]:
    """Most of a recording's frames at less than half the cost of all of them.

    Frames that no other needs are left out (half of them in usual H.264), and so is the loop filter, but for
    key frames: edges of blocks show, and colours may drift by a few steps between two key frames. The same
    frame comes out the same wherever decoding began.

    Args:
        path: the video.
        start: decoding begins at the key frame at or before this second of the recording.
        keys_only: key frames alone.
        threads: of the decoder; 0 for as many as it likes. Waking several costs more than it saves unless the
            pictures are large.
        damage: counts what had to be skipped.

    Yields:
        Frames whose seconds rise.

    Raises:
        InputError: the file cannot be read, has no picture, or nothing of it could be decoded.
    """
    damage = damage if damage is not None else Damage()
    with open_media(path) as source:
        stream = source.video
        if stream is None:
            raise InputError(f"{path}: has no picture", "Name a video")
        step = float(1 / (stream.average_rate or stream.guessed_rate or 25))
        broken, last = 0, -1.0
        floor: float | None = None
        keys: set[int] = set()  # those whose frames have not come out yet
        opened = False
        tick, origin = stream.time_base or Fraction(1, 1_000_000), source.start
        # Whole numbers divided round as exactly as fractions do, and take a tenth of the time.
        a_tick, first = tick.numerator * origin.denominator, origin.numerator * tick.denominator
        second = tick.denominator * origin.denominator
        for packet in source.packets_from(stream.index, start, damage):
            if not opened:
                _configure(packet, keys_only, threads)
                opened = True
            if packet.is_keyframe and packet.pts is not None:
                keys.add(packet.pts)
                if floor is None:
                    floor = (packet.pts * a_tick - first) / second
            elif keys_only and packet.size:
                continue
            frames = decode(packet)
            if frames is None:
                damage.packets += 1
                broken += 1
                continue
            for frame in frames:
                time = last + step
                if frame.pts is not None:
                    time = (frame.pts * a_tick - first) / second
                # Pictures before the first key frame need what was not decoded; and a stream glued from two may
                # jump back, to moments that were seen already.
                if time <= last or (floor is not None and time < floor - EDGE_S):
                    continue
                last = time
                key = frame.key_frame if frame.pts is None else frame.pts in keys
                if key and frame.pts is not None:
                    keys = {pts for pts in keys if pts > frame.pts}
                yield RoughFrame(time, frame, key)
        if last < 0 and broken:
            raise InputError(
                f"{path}: no picture could be decoded; {broken} packets are damaged",
                "Copy or download it again",
            )


def _configure(packet: Packet[Stream], keys_only: bool, threads: int) -> None:
    context = packet.stream.codec_context
    context.thread_type = "NONE" if threads == 1 else "AUTO"
    context.thread_count = threads
    context.options = {"skip_loop_filter": "nokey"}
    context.skip_frame = "NONKEY" if keys_only else "NONREF"


class Shrinker:
    """Makes small pictures of frames, whatever their size, pixel format or range; averages over areas."""

    def __init__(self, width: int, height: int) -> None:
        from av.video.reformatter import VideoReformatter

        self._size = (width, height)
        self._scaler = VideoReformatter()

    def __call__(self, frame: VideoFrame) -> Planes:
        """The frame's small picture, squeezed to the size whatever its shape, as it is stored."""
        wide, high = self._size
        small = self._scaler.reformat(frame, wide, high, format="yuv444p", interpolation="AREA", threads=1)
        planes = np.empty((3, high, wide), dtype=np.uint8)
        for place, plane in enumerate(small.planes):  # by hand: `to_ndarray` takes as long as the scaling
            planes[place] = np.frombuffer(memoryview(plane), np.uint8).reshape(high, plane.line_size)[:, :wide]
        return planes
