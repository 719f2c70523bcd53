"""The frames shown at chosen moments, decoding no more than these need.

A sampler looks at a few frames a second; a decoder makes thirty to sixty. What no wanted frame depends on is
left out: groups of pictures without a wanted frame altogether, and frames that no other refers to. To know
which these are, the packets' timestamps are read first, which costs next to nothing beside decoding.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

from matchcut.errors import InputError, SettingsError
from matchcut.media.frames import decode, decoded
from matchcut.media.opening import EDGE_S, Damage, Source, open_media

if TYPE_CHECKING:
    from av.video.frame import VideoFrame

_LATE_S = 1.0
"""A moment this much after the last frame is no longer part of the recording."""


@dataclass(frozen=True)
class _Plan:
    """Which packets to decode, by their place in decoding order, and which timestamps are wanted."""

    needed: bytearray
    wanted: dict[int, int]  # timestamp -> place of the packet
    shown: list[int]  # for each moment, the timestamp of its frame


def frames_at(
    path: Path | str, times: Sequence[float], damage: Damage | None = None
) -> Iterator[tuple[int, VideoFrame]]:
    """For each moment, the frame that is shown at it: the last whose time is not after it.

    Args:
        path: the video or GIF.
        times: recording seconds, ascending, at least one.
        damage: counts what had to be skipped.

    Yields:
        (place in ``times``, frame), in order; moments that share a frame get it each.

    Raises:
        InputError: the file cannot be read, has no picture, or ends before the first moment.
        SettingsError: the moments do not ascend.
    """
    return ((place, frame) for place, _, frame in timed_frames_at(path, times, damage))


def timed_frames_at(
    path: Path | str, times: Sequence[float], damage: Damage | None = None
) -> Iterator[tuple[int, float, VideoFrame]]:
    """As `frames_at`, with the recording second at which the frame itself is first shown.

    Where a file has no timestamps, that is the moment asked for.

    Yields:
        (place in ``times``, second, frame), in order.

    Raises:
        InputError, SettingsError: as `frames_at`.
    """
    if not times or any(b < a for a, b in pairwise(times)):
        raise SettingsError("moments to sample must ascend, and there must be one", "Sort them")
    damage = damage if damage is not None else Damage()
    with open_media(path) as source:
        plan = _plan(source, times, damage)
        done = 0
        if plan is not None:
            for place, frame in _planned(source, times, plan):
                done = place + 1
                yield place, _second(source, frame, times[place]), frame
        if done < len(times):
            # No timestamps, or frames that come in two packets: everything is decoded instead.
            for place, frame in _plain(source, times[done:], damage):
                yield place + done, _second(source, frame, times[place + done]), frame


def _second(source: Source, frame: VideoFrame, asked: float) -> float:
    # The stream's own base: a frame that comes out when the decoder is emptied does not know its base.
    if frame.pts is None or source.video is None:
        return asked
    return float(source.seconds(frame.pts, source.video.time_base))


def _plan(source: Source, times: Sequence[float], damage: Damage) -> _Plan | None:
    if source.video is None:
        raise InputError(f"{source.path}: has no picture", "Name a video")
    stamps: list[int] = []
    keys: list[bool] = []
    base = source.video.time_base
    for packet in source.packets_from(source.video.index, times[0], damage):
        if not packet.size:
            continue
        if packet.pts is None:
            return None
        stamps.append(packet.pts)
        keys.append(packet.is_keyframe)
        # Frames are reordered by a few places at most: two seconds on, none shown earlier can follow.
        if source.seconds(packet.pts, base) > times[-1] + 2:
            break
    return _choose([float(source.seconds(stamp, base)) for stamp in stamps], stamps, keys, times, source.path)


def _choose(
    seconds: list[float], stamps: list[int], keys: list[bool], times: Sequence[float], path: Path
) -> _Plan | None:
    order = sorted(range(len(stamps)), key=stamps.__getitem__)
    if not order or not keys[0]:
        return None
    ascending = [seconds[place] for place in order]
    if times[0] > ascending[-1] + _LATE_S:
        raise InputError(
            f"{path}: ends at {ascending[-1]:.1f} s, before the moment {times[0]:.1f} s",
            "Check the times, and whether the video is the whole one",
        )
    shown = [order[max(0, bisect_right(ascending, time + EDGE_S) - 1)] for time in times]
    needed = bytearray(len(stamps))
    last_key = [0] * len(stamps)
    for place in range(1, len(stamps)):
        last_key[place] = place if keys[place] else last_key[place - 1]
    for place in set(shown):
        first = last_key[place]
        if stamps[place] < stamps[first] and first:
            first = last_key[first - 1]  # a leading picture needs the group before its key frame, too
        needed[first : place + 1] = b"\1" * (place + 1 - first)
    return _Plan(needed, {stamps[place]: place for place in shown}, [stamps[place] for place in shown])


def _planned(source: Source, times: Sequence[float], plan: _Plan) -> Iterator[tuple[int, VideoFrame]]:
    """The planned frames in order; stops early if one of them does not come."""
    waiting = 0
    for frame in _needed_frames(source, times[0], plan):
        if frame.pts != plan.shown[waiting]:
            if frame.pts is not None and frame.pts > plan.shown[waiting]:
                return
            continue
        while waiting < len(times) and plan.shown[waiting] == frame.pts:
            yield waiting, frame
            waiting += 1
        if waiting == len(times):
            return


def _needed_frames(source: Source, start: float, plan: _Plan) -> Iterator[VideoFrame]:
    gap = opened = False
    index = source.video.index if source.video is not None else 0
    # Damage was counted when the plan was made.
    for place, packet in enumerate(source.packets_from(index, start, Damage())):
        # Looked up each time: `Source.reopen` may have replaced it.
        if source.video is None:
            return
        context = source.video.codec_context
        if not opened:
            # One thread: several hold frames back, which is dear where groups of pictures are left out.
            context.thread_type, context.thread_count, opened = "NONE", 1, True
        if place >= len(plan.needed) or not packet.size:
            yield from (f for f in context.decode(None) if f.pts in plan.wanted)
            return
        if not plan.needed[place]:
            gap = True
            continue
        if gap:
            # As after a seek: what is still inside comes out, and the decoder begins anew at a key frame.
            yield from (f for f in context.decode(None) if f.pts in plan.wanted)
            context.flush_buffers()
            gap = False
        context.skip_frame = "DEFAULT" if packet.pts in plan.wanted else "NONREF"
        yield from (f for f in decode(packet) or () if f.pts in plan.wanted)


def _plain(source: Source, times: Sequence[float], damage: Damage) -> Iterator[tuple[int, VideoFrame]]:
    waiting = 0
    before: VideoFrame | None = None
    last = 0.0
    for shown, frame in decoded(source, times[0], damage):
        while waiting < len(times) and shown > times[waiting] + EDGE_S:
            yield waiting, before or frame
            waiting += 1
        if waiting == len(times):
            return
        before, last = frame, float(shown)
    if before is None or times[0] > last + _LATE_S:
        raise InputError(
            f"{source.path}: ends before the moment {times[0]:.1f} s",
            "Check the times, and whether the video is the whole one",
        )
    for place in range(waiting, len(times)):
        yield place, before
