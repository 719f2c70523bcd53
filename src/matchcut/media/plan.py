"""Where each window of a cut begins and ends exactly, and whether its packets can be copied as they are.

Only packets are read, nothing is decoded: presentation times are all that is needed.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from typing import TYPE_CHECKING

from matchcut.media.opening import EDGE_S, Damage, Source
from matchcut.media.probe import nominal_rate
from matchcut.text import one_line

if TYPE_CHECKING:
    from av.packet import Packet
    from av.stream import Stream

HOLD_S = 0.1
"""A window whose nearest frame lies further away than this begins with the frame that is shown already."""
_REORDER = 20  # packets to look at past a window's end; H.264 and HEVC move frames by at most 16


@dataclass(frozen=True, slots=True)
class Cue:
    """A text that belongs to a stretch of the source: a chapter's title, a caption. In seconds."""

    start: float
    end: float
    text: str


@dataclass(frozen=True, slots=True)
class Part:
    """One piece of a reel.

    Attributes:
        start, end: the seconds on the recording that it shows: from its first frame to the end of its last.
        at: the second of the reel at which it begins.
    """

    start: float
    end: float
    at: float

    @property
    def length(self) -> float:
        """Its seconds."""
        return self.end - self.start

    def place(self, seconds: float) -> float:
        """The second of the reel that shows a second of the recording, clamped to this part."""
        return self.at + min(max(seconds - self.start, 0.0), self.length)


@dataclass(frozen=True, slots=True)
class Stretch:
    """One window by its frames.

    Attributes:
        start, end: exact times of its first frame and of the first frame after it.
        copied: the times of its packets in decoding order, if they can be copied as they are; else empty.
    """

    start: Fraction
    end: Fraction
    copied: tuple[Fraction, ...] = ()


def stretch(source: Source, start: float, end: float) -> Stretch:
    """What of the picture the window ``[start, end)`` shows.

    Raises:
        InputError: the file cannot be read.
    """
    stream = source.video
    if stream is None:
        return Stretch(Fraction(start), Fraction(end))
    usual = 1 / nominal_rate(stream)
    seen: list[_Seen] = []
    past = 0
    for packet in source.packets_from(stream.index, start, Damage()):
        if not packet.size:
            continue
        seen.append(_Seen.of(source, packet))
        past += seen[-1].time >= end - EDGE_S
        if past > _REORDER:
            break
    times = sorted({packet.time for packet in seen})
    step = times[-1] - times[-2] if len(times) > 1 else usual
    bounds = edges(times, start, end, step)
    if not source_can_be_copied(source):
        return Stretch(*bounds)
    return Stretch(*bounds, _copyable(seen, *bounds, ended=past == 0))


def edges(times: Sequence[Fraction], start: float, end: float, step: Fraction) -> tuple[Fraction, Fraction]:
    """The exact times at which a window's picture begins and ends.

    They are those of the first frame in the window and of the first one behind it, so that joins fall between
    frames. Where frames are far apart (a picture that stands still) they are the window's own.

    Args:
        times: of frames from before the window to behind it, ascending; no more if the picture ends.
        start, end: the window.
        step: how long the last of the frames is shown.
    """
    inside = [t for t in times if start - EDGE_S <= t < end - EDGE_S]
    after = next((t for t in times if t >= end - EDGE_S), None)
    earlier = any(t < start - EDGE_S for t in times)
    first = inside[0] if inside else None
    if first is None or (first - Fraction(start) > HOLD_S and earlier):
        first = Fraction(start)
    if after is None:
        after = max(times[-1] + step, first) if inside else Fraction(end)
    elif after - Fraction(end) > HOLD_S:
        after = Fraction(end)
    return first, after


def source_can_be_copied(source: Source) -> bool:
    """Whether the picture's packets may stand in an MP4 unchanged: H.264 with its parameters in the header."""
    stream = source.video
    if stream is None or stream.codec_context.name != "h264":
        return False
    header = stream.codec_context.extradata
    return header is not None and len(header) > 6 and header[0] == 1


@dataclass(frozen=True, slots=True)
class _Seen:
    """What the plan needs to know of a packet."""

    time: Fraction
    stands_alone: bool  # a key frame that nothing behind it looks across

    @classmethod
    def of(cls, source: Source, packet: Packet[Stream]) -> _Seen:
        ticks = packet.dts if packet.pts is None else packet.pts
        alone = packet.is_keyframe and packet.pts is not None and _is_idr(packet)
        return cls(source.seconds(ticks or 0, packet.time_base), alone)


def _is_idr(packet: Packet[Stream]) -> bool:
    """Whether an H.264 packet holds an IDR slice: NAL unit type 5 (ITU-T H.264, table 7-1)."""
    header = packet.stream.codec_context.extradata
    if packet.stream.codec_context.name != "h264" or header is None or len(header) < 7 or header[0] != 1:
        return False
    width = (header[4] & 3) + 1
    data = bytes(packet)
    place = 0
    while place + width < len(data):
        length = int.from_bytes(data[place : place + width], "big")
        if data[place + width] & 0x1F == 5:
            return True
        place += width + length
    return False


def _copyable(seen: Sequence[_Seen], start: Fraction, end: Fraction, ended: bool) -> tuple[Fraction, ...]:
    """The packets from the key frame at ``start`` to the one at ``end``, if they are just the window's frames.

    Both must be IDR frames (or the end that of the recording), and between them in decoding order must lie
    exactly the frames that lie between them in presentation order: none of an open group reaches across.
    """
    orders = {packet.time: number for number, packet in enumerate(seen)}
    first = orders.get(start)
    last = len(seen) if ended else orders.get(end)
    if first is None or last is None or not seen[first].stands_alone:
        return ()
    if not ended and not seen[last].stands_alone:
        return ()
    inside = {number for number, packet in enumerate(seen) if start <= packet.time < end}
    times = tuple(packet.time for packet in seen[first:last])
    return times if inside == set(range(first, last)) and len(set(times)) == len(times) else ()


def decoding_lead(stretches: Iterable[Stretch]) -> Fraction:
    """How much earlier than they are shown packets must be decoded.

    With this lead the n-th packet of a stretch can be decoded at the time of its n-th frame: always ascending,
    and never after it is shown. The source's own decoding times are of no use: some containers have none.
    """
    leads = [n - t for s in stretches for n, t in zip(sorted(s.copied), s.copied, strict=True)]
    return max(leads, default=Fraction(0))


def chapter_list(cues: Iterable[Cue], parts: Sequence[Part]) -> list[tuple[float, float, str]]:
    """Chapters of the reel: start and end in its seconds, and a title; each ends where the next begins.

    Cues that begin at one place share a chapter; those that no part shows are left out.
    """
    places: dict[float, list[str]] = {}
    for cue in sorted(cues, key=lambda c: (c.start, c.end)):
        part = next((p for p in parts if cue.start < p.end and cue.end > p.start), None)
        if part is not None:
            places.setdefault(round(part.place(cue.start), 3), []).append(one_line(cue.text))
    starts = sorted(places)
    if starts and starts[0] > 0:  # an MP4's chapters begin at its first instant
        places[0.0] = places.pop(starts[0])
        starts[0] = 0.0
    whole = round(parts[-1].at + parts[-1].length, 3) if parts else 0.0
    return [
        (at, end, " · ".join(dict.fromkeys(places[at]))) for at, end in pairwise([*starts, whole]) if end > at
    ]
