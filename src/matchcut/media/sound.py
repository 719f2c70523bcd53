"""Sound as samples on the recording's own time, in constant memory."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from matchcut.errors import InputError, SettingsError
from matchcut.media.opening import Damage, Source, open_media

if TYPE_CHECKING:
    from av.audio.fifo import AudioFifo
    from av.audio.frame import AudioFrame
    from av.audio.resampler import AudioResampler
    from av.packet import Packet
    from av.stream import Stream

Samples = NDArray[np.float32]

PREROLL_S = 0.25
"""Decoding begins this much early: a codec's first frames after a seek are not exact."""
JITTER_S = 0.02
"""Timestamps that wander less than this are noise; more is a gap (filled with silence) or an overlap (cut)."""

_FULL_SCALE = {
    "uint8": (128.0, 128.0),
    "int16": (0.0, 2.0**15),
    "int32": (0.0, 2.0**31),
    "int64": (0.0, 2.0**63),
}
"""Of each kind of whole-numbered sample: the value of silence, and how far full scale is from it."""

# PyAV counts planes up to the first null pointer, and from eight on there is none behind the last.
_CHANNELS = 8


def read_sound(
    path: Path | str, rate: int = 16000, block_s: float = 1.0, *, damage: Damage | None = None
) -> Iterator[tuple[float, Samples]]:
    """The sound mixed to mono, block after block, whatever the recording's length.

    Args:
        path: a video or sound file.
        rate: samples a second to resample to.
        block_s: seconds a block; the last may be shorter.
        damage: counts what had to be skipped.

    Yields:
        The block's first second on the recording, and its samples: shape (n,), about [-1, 1]. Blocks follow
        each other without a gap from second 0; where the recording has none, silence stands.

    Raises:
        InputError: the file cannot be read or has no sound.
        SettingsError: the rate or the block is not positive.
    """
    if rate < 1 or round(block_s * rate) < 1:
        raise SettingsError(
            f"sound needs a positive rate and block, not {rate} and {block_s}", "Give positive ones"
        )
    size = round(block_s * rate)
    with open_media(path) as source:
        cursor = SoundCursor(source, rate, "mono", damage if damage is not None else Damage())
        cursor.seek(0.0)
        done = 0
        while len(block := cursor.available(size)[0]):
            yield done / rate, block
            done += len(block)


class SoundCursor:
    """Reads samples at exact places of a recording, as many as asked for; silence where there are none.

    Args:
        source: the open file; it must not be read by anybody else meanwhile.
        rate: samples a second to give.
        layout: "mono" or "stereo".
        damage: counts what had to be skipped.

    Raises:
        InputError: there is no sound.
    """

    def __init__(self, source: Source, rate: int, layout: str, damage: Damage) -> None:
        if source.audio is None:
            raise InputError(f"{source.path}: has no sound", "Name a recording with sound")
        self.rate = rate
        self.channels = {"mono": 1, "stereo": 2}[layout]
        self._source = source
        self._layout = layout
        self._damage = damage
        self._parts: Iterator[Samples] = iter(())
        self._left = self._none()

    def seek(self, seconds: float | Fraction) -> None:
        """Goes to a recording second; the next sample read is the one that sounds then."""
        at = Fraction(seconds)
        self._parts = _resampled(self._placed(at), self.rate, self._layout)
        self._left = self._none()

    def read(self, count: int) -> Samples:
        """The next ``count`` samples, shape (channels, count)."""
        found = self.available(count)
        missing = count - found.shape[1]
        return np.pad(found, ((0, 0), (0, missing))) if missing else found

    def available(self, count: int) -> Samples:
        """As `read`, fewer where the recording ends."""
        gathered = [self._left]
        size = self._left.shape[1]
        while size < count and (part := next(self._parts, None)) is not None:
            gathered.append(part)
            size += part.shape[1]
        whole = np.concatenate(gathered, axis=1) if len(gathered) > 1 else self._left
        self._left = whole[:, count:]
        return whole[:, :count]

    def _none(self) -> Samples:
        return np.zeros((self.channels, 0), dtype=np.float32)

    def _placed(self, start: Fraction) -> Iterator[AudioFrame]:
        """The decoded sound from ``start`` on without gaps or overlaps, by the timestamps."""
        done = 0  # samples given since start, at the recording's own rate
        stream = self._source.audio
        if stream is None:
            return
        placed = _Placer(self._source.start + start)
        for packet in self._source.packets_from(stream.index, float(start) - PREROLL_S, self._damage):
            frames = _decode(packet)
            if frames is None:
                self._damage.packets += 1
                continue
            for frame in frames:
                rate = frame.sample_rate
                place = done
                if frame.pts is not None:
                    place = placed(frame.pts, frame.time_base or Fraction(1, 1_000_000), rate)
                if done and abs(place - done) <= JITTER_S * rate:
                    place = done
                if place + frame.samples <= done:
                    continue
                yield from _silence(place - done, frame)
                yield _without_first(max(done - place, 0), frame)
                done = place + frame.samples


class _Placer:
    """Tells at which sample a timestamp lies, counted from an origin in the container's seconds.

    Exact, by whole numbers alone: fractions would take as long as the decoding.
    """

    def __init__(self, origin: Fraction) -> None:
        self._origin = origin
        self._kind: tuple[Fraction, int] | None = None
        self._factor, self._shift, self._divisor = 0, 0, 1

    def __call__(self, ticks: int, time_base: Fraction, rate: int) -> int:
        if (time_base, rate) != self._kind:
            self._kind = time_base, rate
            a_tick, off = time_base * rate, self._origin * rate
            self._divisor = 2 * a_tick.denominator * off.denominator
            self._factor = 2 * a_tick.numerator * off.denominator
            self._shift = a_tick.denominator * off.denominator - 2 * off.numerator * a_tick.denominator
        return (ticks * self._factor + self._shift) // self._divisor


def _decode(packet: Packet[Stream]) -> list[AudioFrame] | None:
    from av.audio.frame import AudioFrame
    from av.error import EOFError as EndOfStream
    from av.error import FFmpegError

    try:
        return [part for frame in packet.decode() if isinstance(frame, AudioFrame) for part in _readable(frame)]
    except EndOfStream:
        return []
    except FFmpegError:
        return None


def _readable(frame: AudioFrame) -> list[AudioFrame]:
    """The frame, mixed down to stereo where it has so many channels that PyAV would read past their end."""
    from av.audio.resampler import AudioResampler

    if frame.layout.nb_channels < _CHANNELS:
        return [frame]
    return AudioResampler(format="fltp", layout="stereo", rate=frame.sample_rate).resample(frame)


def _silence(count: int, like: AudioFrame) -> Iterator[AudioFrame]:
    """``count`` samples of silence in pieces of at most a second."""
    while count > 0:
        size = min(count, like.sample_rate)
        yield _frame(np.zeros((like.layout.nb_channels, size), dtype=np.float32), like)
        count -= size


def _without_first(count: int, frame: AudioFrame) -> AudioFrame:
    """The frame as planar floats without timestamps, its first samples cut off."""
    if not count and frame.format.name == "fltp":
        frame.pts = None
        return frame
    return _frame(np.ascontiguousarray(_floats(frame)[:, count:], dtype=np.float32), frame)


def _floats(frame: AudioFrame) -> Samples:
    """A frame's samples, shape (channels, n), about [-1, 1].

    By hand, since a resampler sets up a filter graph, which takes longer than the frame lasts.
    """
    samples: NDArray[Any] = frame.to_ndarray()
    if not frame.format.is_planar:
        samples = samples.reshape(-1, frame.layout.nb_channels).T
    middle, full = _FULL_SCALE.get(str(samples.dtype), (0.0, 1.0))
    return (
        ((samples - middle) / full).astype(np.float32) if full != 1 else samples.astype(np.float32, copy=False)
    )


def _frame(samples: Samples, like: AudioFrame) -> AudioFrame:
    from av.audio.frame import AudioFrame

    frame = AudioFrame.from_ndarray(samples, format="fltp", layout=like.layout)
    frame.sample_rate = like.sample_rate
    return frame


def _resampled(frames: Iterator[AudioFrame], rate: int, layout: str) -> Iterator[Samples]:
    """Samples at one rate and layout, even where a broadcast changes its own in the middle."""
    from av.audio.fifo import AudioFifo
    from av.audio.resampler import AudioResampler

    resampler: AudioResampler | None = None
    kind: tuple[int, str] | None = None
    ready = AudioFifo()  # what needs no resampling, taken together: an array for each frame takes long to make
    for frame in frames:
        now = (frame.sample_rate, frame.layout.name)
        if now == (rate, layout):
            if resampler is not None:
                yield from _arrays(resampler.resample(None))
                resampler, kind = None, None
            ready.write(frame)
            if ready.samples >= rate:
                yield from _emptied(ready)
            continue
        yield from _emptied(ready)
        if now != kind:
            if resampler is not None:
                yield from _arrays(resampler.resample(None))
            resampler, kind = AudioResampler(format="fltp", layout=layout, rate=rate), now
        if resampler is not None:
            yield from _arrays(resampler.resample(frame))
    yield from _emptied(ready)
    if resampler is not None:
        yield from _arrays(resampler.resample(None))


def _emptied(ready: AudioFifo) -> Iterator[Samples]:
    if ready.samples:
        frame = ready.read()
        if frame is not None:
            yield from _arrays([frame])


def _arrays(frames: list[AudioFrame]) -> Iterator[Samples]:
    for frame in frames:
        yield frame.to_ndarray().astype(np.float32, copy=False)
