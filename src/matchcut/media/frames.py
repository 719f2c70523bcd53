"""Pictures by their presentation time."""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import numpy as np
from numpy.typing import NDArray

from matchcut.errors import InputError, SettingsError
from matchcut.media.opening import EDGE_S, Damage, Source, open_media
from matchcut.media.orientation import orientation

if TYPE_CHECKING:
    from av.packet import Packet
    from av.stream import Stream
    from av.video.frame import VideoFrame
    from av.video.reformatter import VideoReformatter

_BACK_S = 1  # a frame earlier than this before another is of a recording glued to the first

Skip = Literal["DEFAULT", "NONREF", "NONKEY"]
"""What a decoder may leave out: nothing, frames that no other needs, all but key frames."""


@dataclass(frozen=True, slots=True, eq=False)
class Frame:
    """One picture of a recording.

    Attributes:
        time: seconds on the recording at which it is shown.
        image: shape (H, W, 3), 8-bit RGB, the right way up.
    """

    time: float
    image: NDArray[np.uint8]


def read_frames(
    path: Path | str,
    start: float = 0.0,
    end: float | None = None,
    *,
    width: int | None = None,
    height: int | None = None,
    key_frames_only: bool = False,
    damage: Damage | None = None,
) -> Iterator[Frame]:
    """The frames whose presentation time lies in ``[start, end)``, in order.

    Args:
        path: the video.
        start, end: seconds on the recording; to its end if ``end`` is None.
        width, height: size to scale to (in libswscale); of one alone the other follows; none keeps the size.
        key_frames_only: only frames that stand on their own, about a twelfth of the work.
        damage: counts what had to be skipped.

    Raises:
        InputError: the file cannot be read or has no picture.
        SettingsError: a size is not positive.
    """
    from av.video.reformatter import VideoReformatter

    for size in (width, height):
        if size is not None and size < 1:
            raise SettingsError(f"a picture's size is at least 1, not {size}", "Give a positive size")
    damage = damage if damage is not None else Damage()
    scaler = VideoReformatter()
    with open_media(path) as source:
        for time, frame in decoded(source, start, damage, skip="NONKEY" if key_frames_only else "DEFAULT"):
            if end is not None and time >= end - EDGE_S:
                break
            if time >= start - EDGE_S:
                yield Frame(float(time), picture(frame, width, height, scaler))


def thumbnails(path: Path | str, times: Sequence[float], width: int = 240) -> list[bytes | None]:
    """Small pictures of some moments, as JPEG files; None where the recording has no picture.

    Each is the moment's frame or, at most a few frames earlier, one that others are predicted from: the rest
    are not decoded, and a moment costs at most one key-frame distance of work.

    Raises:
        InputError: the file cannot be read or has no picture.
    """
    with open_media(path) as source:
        # Each is packed at once: eighty decoded frames of a broadcast would take a quarter of a gigabyte.
        found = {time: _jpeg(_shown_at(source, time), width) for time in sorted(set(times))}
        return [found[time] for time in times]


def _shown_at(source: Source, time: float) -> VideoFrame | None:
    before: VideoFrame | None = None
    last = Fraction(0)
    for shown, frame in decoded(source, time, Damage(), skip="NONREF"):
        if shown > time + EDGE_S:
            return before or (frame if shown - Fraction(time) < 1 else None)
        before, last = frame, shown
    return before if before is not None and time - last < 1 else None


def _jpeg(frame: VideoFrame | None, width: int) -> bytes | None:
    from PIL import Image

    if frame is None:
        return None
    buffer = io.BytesIO()
    Image.fromarray(picture(frame, width)).save(buffer, "JPEG", quality=82)
    return buffer.getvalue()


def picture(
    frame: VideoFrame,
    width: int | None = None,
    height: int | None = None,
    scaler: VideoReformatter | None = None,
) -> NDArray[np.uint8]:
    """A decoded frame as an RGB array of shape (H, W, 3), scaled, the right way up.

    A ``scaler`` used for all frames of a video saves its set-up for each.
    """
    from av.video.reformatter import VideoReformatter

    turn = orientation(frame)
    shown_width, shown_height = turn.size(frame.width, frame.height)
    if width is None and height is None:
        width, height = shown_width, shown_height
    elif width is None and height is not None:
        width = max(1, round(shown_width * height / shown_height))
    elif height is None and width is not None:
        height = max(1, round(shown_height * width / shown_width))
    stored_width, stored_height = turn.size(width or 1, height or 1)
    # One thread: waking several costs more than a small picture.
    scaler = scaler or VideoReformatter()
    scaled = scaler.reformat(frame, stored_width, stored_height, format="rgb24", threads=1)
    return turn.shown(np.asarray(scaled.to_ndarray(), dtype=np.uint8))


def decoded(
    source: Source, start: float, damage: Damage, *, skip: Skip = "DEFAULT"
) -> Iterator[tuple[Fraction, VideoFrame]]:
    """Decoded frames with their exact times, from the key frame at or before ``start`` on.

    What comes before that key frame in presentation order (the leading pictures of an open group) is left out:
    it would need frames that were not decoded. Damaged packets are skipped and counted.

    Args:
        skip: what the decoder may leave out.

    Raises:
        InputError: there is no picture, or nothing of it can be decoded.
    """
    stream = source.video
    if stream is None:
        raise InputError(f"{source.path}: has no picture", "Name a video")
    step = 1 / (stream.average_rate or stream.guessed_rate or Fraction(25))
    floor: Fraction | None = None
    last: Fraction | None = None
    broken = 0
    started = False
    for packet in source.packets_from(stream.index, start, damage):
        if not started:
            packet.stream.codec_context.skip_frame = skip
            started = True
        if floor is None and packet.is_keyframe and packet.pts is not None:
            floor = source.seconds(packet.pts, packet.time_base)
        if skip == "NONKEY" and packet.size and not packet.is_keyframe:
            continue
        frames = decode(packet)
        if frames is None:
            damage.packets += 1
            broken += 1
            continue
        for frame in frames:
            if frame.pts is not None:
                time = source.seconds(frame.pts, frame.time_base)
            else:
                time = Fraction(0) if last is None else last + step
            if (floor is not None and time < floor) or (last is not None and time < last - _BACK_S):
                continue
            last = time if last is None else max(time, last)
            yield time, frame
    if last is None and broken:
        raise InputError(
            f"{source.path}: no picture could be decoded; {broken} packets are damaged",
            "Copy or download it again",
        )


def decode(packet: Packet[Stream]) -> list[VideoFrame] | None:
    """The frames that a packet completes; None if it is damaged."""
    from av.error import EOFError as EndOfStream
    from av.error import FFmpegError
    from av.video.frame import VideoFrame

    try:
        return [frame for frame in packet.decode() if isinstance(frame, VideoFrame)]
    except EndOfStream:
        return []
    except FFmpegError:
        return None
