"""Writing a reel: the one place that knows the MP4 muxer and its encoders."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from matchcut.errors import OutputError
from matchcut.media.captions import planes
from matchcut.media.orientation import Orientation
from matchcut.media.probe import nominal_rate
from matchcut.media.sound import SoundCursor

if TYPE_CHECKING:
    from av.audio.stream import AudioStream
    from av.container import OutputContainer
    from av.container.core import Chapter
    from av.packet import Packet
    from av.stream import Stream
    from av.video.frame import VideoFrame
    from av.video.stream import VideoStream

_AAC_RATES = {96000, 88200, 64000, 48000, 44100, 32000, 24000, 22050, 16000}
_CHAPTER_BYTES = 255  # the length of a title is one byte (the 'chpl' box)


@contextlib.contextmanager
def open_reel(
    path: Path, name: Path, chapters: Sequence[tuple[float, float, str]]
) -> Iterator[OutputContainer]:
    """An MP4 to write, its index in front of its data so that it plays while it loads.

    Args:
        path: the file to write, a temporary one.
        name: what to call it in messages.
        chapters: start and end in seconds, and title.

    Raises:
        OutputError: an encoder or the muxer refused.
        OSError: the system did (a full disk); `files.replacing` knows the remedies.
    """
    import av
    from av.error import FFmpegError

    container = av.open(f"file:{path}", mode="w", format="mp4", options={"movflags": "faststart"})
    try:
        container.set_chapters([_chapter(number, *chapter) for number, chapter in enumerate(chapters)])
        yield container
        container.close()
    except OSError:
        raise
    except FFmpegError as error:
        raise OutputError(
            f"{name}: could not be encoded ({error.strerror or error})", "Check the video and the settings"
        ) from error
    finally:
        # After a failure nobody needs the trailer, but PyAV would try to write it when it collects garbage.
        with contextlib.suppress(FFmpegError, OSError):
            container.close()


def _chapter(number: int, start: float, end: float, title: str) -> Chapter:
    return {
        "id": number,
        "start": round(start * 1000),
        "end": round(end * 1000),
        "time_base": Fraction(1, 1000),
        "metadata": {"title": _short(title)},
    }


def _short(title: str) -> str:
    return title.encode("utf-8")[:_CHAPTER_BYTES].decode("utf-8", "ignore")


def fine_time_base(time_base: Fraction | None) -> Fraction:
    """A time base fine enough to place joins in which every timestamp of the given one is a whole number."""
    denominator = (time_base or Fraction(1, 90000)).denominator
    while denominator < 10000:
        denominator *= 2
    return Fraction(1, denominator if denominator <= 1_000_000 else 90000)


class VideoWriter:
    """Encodes frames as H.264 with the source's size, shape of pixels, colours and orientation.

    Args:
        container: the reel.
        like: the source's stream.
        first: a decoded frame of it.
        turn: its orientation.
        crf, preset: libx264's.
    """

    def __init__(
        self,
        container: OutputContainer,
        like: VideoStream,
        first: VideoFrame,
        turn: Orientation,
        crf: int,
        preset: str,
    ) -> None:
        from av.video.reformatter import VideoReformatter

        self._container = container
        self.time_base = fine_time_base(like.time_base)
        self.width, self.height = max(first.width // 2 * 2, 2), max(first.height // 2 * 2, 2)
        self.full_range = _is_full_range(first)
        stream = container.add_stream(
            "libx264", rate=nominal_rate(like), options={"crf": str(crf), "preset": preset, "forced-idr": "1"}
        )
        stream.width, stream.height, stream.pix_fmt = self.width, self.height, "yuv420p"
        context = stream.codec_context
        context.thread_type = "FRAME"  # PyAV's default, slices, makes libx264 slower and its files larger
        context.time_base = self.time_base
        if like.sample_aspect_ratio:
            context.sample_aspect_ratio = like.sample_aspect_ratio
        context.color_range = 2 if self.full_range else 1
        if first.format.is_rgb:
            context.colorspace = 6  # what libswscale converts RGB to: BT.601
        else:
            context.colorspace, context.color_trc = first.colorspace, first.color_trc
            context.color_primaries = first.color_primaries
        if turn.matrix:
            stream.set_display_matrix(turn.matrix)
        self._stream = stream
        self._scaler = VideoReformatter()
        self._last = -1

    def prepare(self, frame: VideoFrame) -> VideoFrame:
        """The frame in the reel's format and size; an odd row or column at the edge is cut off."""
        range_ = 2 if self.full_range else 1
        if frame.format.name not in ("yuv420p", "yuvj420p"):
            source_range = 2 if frame.format.is_rgb or self.full_range else 1
            frame = self._scaler.reformat(
                frame, format="yuv420p", src_color_range=source_range, dst_color_range=range_
            )
        if abs(frame.width - self.width) > 1 or abs(frame.height - self.height) > 1:
            frame = frame.reformat(self.width, self.height)  # the broadcast changed its size
        if (frame.width, frame.height, frame.format.name) != (self.width, self.height, "yuv420p"):
            frame = _cropped(frame, self.width, self.height)
        return frame

    def write(self, frame: VideoFrame, tick: int, key: bool) -> None:
        """Encodes a prepared frame to be shown at ``tick`` of `time_base`; one already taken is passed over."""
        if tick <= self._last:
            return
        self._last = tick
        frame.pts, frame.time_base = tick, self.time_base
        # Decoded frames remember how they were coded, and libx264 would obey.
        frame.pict_type = 1 if key else 0
        self._container.mux(self._stream.encode(frame))

    def finish(self, end: int) -> None:
        """Writes what the encoder still holds; the last frame is shown until ``end``."""
        packets = self._stream.encode(None)
        for packet in packets:
            if packet.pts is not None and packet.time_base:
                packet.duration = max(packet.duration or 0, 0)
                if round(packet.pts * packet.time_base / self.time_base) == self._last:
                    packet.duration = round((end - self._last) * self.time_base / packet.time_base)
        self._container.mux(packets)


def _is_full_range(frame: VideoFrame) -> bool:
    return frame.format.name.startswith("yuvj") or (frame.color_range == 2 and not frame.format.is_rgb)


def _cropped(frame: VideoFrame, width: int, height: int) -> VideoFrame:
    """The top left of a 4:2:0 frame, not scaled."""
    from av.video.frame import VideoFrame

    smaller = VideoFrame(width, height, "yuv420p")
    for new, old in zip(planes(smaller), planes(frame), strict=True):
        new[:] = old[: new.shape[0], : new.shape[1]]
    return smaller


class CopyWriter:
    """Puts a source's own H.264 packets into the reel.

    Args:
        container: the reel.
        like: the source's stream.
        turn: its orientation.
    """

    def __init__(self, container: OutputContainer, like: VideoStream, turn: Orientation) -> None:
        self._container = container
        self._stream = container.add_stream_from_template(like)
        self.time_base = like.time_base or Fraction(1, 90000)
        if turn.matrix:
            self._stream.set_display_matrix(turn.matrix)

    def write(self, packet: Packet[Stream], shown: Fraction, decoded: Fraction) -> None:
        """Writes a packet to be shown and decoded at these seconds of the reel."""
        packet.pts, packet.dts = round(shown / self.time_base), round(decoded / self.time_base)
        packet.stream = self._stream
        self._container.mux(packet)


class AudioWriter:
    """Encodes sound as AAC, and is always told how far the picture is: it cannot drift.

    Args:
        container: the reel.
        like: the source's stream.
        bit_rate: bits a second.
    """

    def __init__(self, container: OutputContainer, like: AudioStream, bit_rate: int) -> None:
        self._container = container
        self.rate = like.rate if like.rate in _AAC_RATES else 48000
        self.layout = "mono" if like.layout.nb_channels == 1 else "stereo"
        self._stream = container.add_stream(
            "aac",
            rate=self.rate,
            layout=self.layout,
            bit_rate=bit_rate if self.layout == "stereo" else bit_rate // 2,
        )
        self._written = 0

    def write_until(self, seconds: Fraction, cursor: SoundCursor) -> None:
        """Writes the cursor's next samples so that the sound reaches this second of the reel."""
        from av.audio.frame import AudioFrame

        while (missing := round(seconds * self.rate) - self._written) > 0:
            # A damaged stream can decode to NaN, which the encoder refuses.
            samples = np.nan_to_num(cursor.read(min(missing, self.rate)), posinf=1.0, neginf=-1.0)
            frame = AudioFrame.from_ndarray(samples, format="fltp", layout=self.layout)
            frame.sample_rate, frame.pts, frame.time_base = self.rate, self._written, Fraction(1, self.rate)
            self._written += samples.shape[1]
            self._container.mux(self._stream.encode(frame))

    def finish(self) -> None:
        """Writes what the encoder still holds."""
        self._container.mux(self._stream.encode(None))
