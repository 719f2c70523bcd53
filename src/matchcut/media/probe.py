"""What is in a media file, without reading all of it."""

from __future__ import annotations

import itertools
import statistics
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

from matchcut.errors import InputError
from matchcut.media.frames import decoded
from matchcut.media.opening import Damage, Source, has_decoder, open_media
from matchcut.media.orientation import Orientation, orientation

if TYPE_CHECKING:
    from av.subtitles.stream import SubtitleStream
    from av.video.stream import VideoStream

TEXT_CODECS = {"mov_text", "subrip", "ass", "ssa", "webvtt", "text"}
"""Subtitle codecs that hold text; the others hold pictures of it."""


@dataclass(frozen=True, slots=True)
class VideoInfo:
    """The picture.

    Attributes:
        width, height: in pixels, as shown (after the rotation).
        rotation: degrees clockwise by which the stored picture is turned for display: 0, 90, 180, 270.
        rate: nominal frames a second; a recording with a variable frame rate has none that is exact.
        codec: FFmpeg's name of it: "h264".
        key_frame_gap_s: usual seconds between key frames, where the file's index tells it at once.
    """

    width: int
    height: int
    rotation: int
    rate: Fraction
    codec: str
    key_frame_gap_s: float | None


@dataclass(frozen=True, slots=True)
class AudioInfo:
    """The sound: samples a second, channels, FFmpeg's name of the codec."""

    rate: int
    channels: int
    codec: str


@dataclass(frozen=True, slots=True)
class SubtitleInfo:
    """One subtitle stream.

    Attributes:
        number: 1, 2 … in the file's order; what `read_subtitles` takes.
        codec: FFmpeg's name of it.
        language: as the file says it ("eng"), None if it doesn't.
        title: the file's name for it, often empty.
        is_text: whether it holds text, not pictures of text.
        default, forced: how the file marks it.
    """

    number: int
    codec: str
    language: str | None
    title: str
    is_text: bool
    default: bool
    forced: bool

    def __str__(self) -> str:
        """``2 (por, subrip, "Comentários")``"""
        title = f', "{self.title}"' if self.title else ""
        return f"{self.number} ({self.language or 'language unknown'}, {self.codec}{title})"


@dataclass(frozen=True, slots=True)
class MediaInfo:
    """What a media file holds.

    Attributes:
        path: where it lies.
        duration: seconds.
        start_time: the container's start time, in seconds; it is recording second 0.
        video, audio: None where there is none; cover art is not video.
        subtitles: in the file's order.
        notes: what is wrong with the file as a whole (cut off, still being written), a sentence each.
    """

    path: Path
    duration: float
    start_time: float
    video: VideoInfo | None
    audio: AudioInfo | None
    subtitles: tuple[SubtitleInfo, ...]
    notes: tuple[str, ...] = ()


def probe(path: Path | str) -> MediaInfo:
    """What a media file holds.

    Raises:
        InputError: it is missing, empty, cut off before its index, not media, or has neither picture nor sound.
    """
    with open_media(path) as source:
        if source.video is None and source.audio is None:
            raise InputError(
                f"{path}: holds neither picture nor sound that can be decoded", "Name a video or sound file"
            )
        duration = duration_of(source)
        if source.is_cut and not duration:
            raise InputError(
                f"{path}: was cut off before its first picture or sound", "Copy or download it again"
            )
        return MediaInfo(
            path=source.path,
            duration=duration,
            start_time=float(source.start),
            audio=_audio_info(source),
            subtitles=subtitle_infos(source),
            video=_video_info(source),
            notes=tuple(f"{path}: {note}" for note in source.notes),
        )


def subtitle_infos(source: Source) -> tuple[SubtitleInfo, ...]:
    """The subtitle streams of an open file."""
    return tuple(_subtitle_info(n, s) for n, s in enumerate(source.container.streams.subtitles, 1))


def _subtitle_info(number: int, stream: SubtitleStream) -> SubtitleInfo:
    from av.stream import Disposition

    codec = stream.codec_context.codec.canonical_name if has_decoder(stream) else "unknown codec"
    language = stream.language
    return SubtitleInfo(
        number=number,
        codec=codec,
        language=None if language in (None, "", "und") else language,
        title=stream.metadata.get("title", ""),
        is_text=codec in TEXT_CODECS,
        default=bool(stream.disposition & Disposition.default),
        forced=bool(stream.disposition & Disposition.forced),
    )


def _audio_info(source: Source) -> AudioInfo | None:
    stream = source.audio
    if stream is None:
        return None
    return AudioInfo(stream.rate, stream.layout.nb_channels, stream.codec_context.name)


def _video_info(source: Source) -> VideoInfo | None:
    stream = source.video
    if stream is None:
        return None
    gap = _key_frame_gap(stream)
    codec, rate = stream.codec_context.name, nominal_rate(stream)
    width, height = stream.width, stream.height
    # One frame is decoded: it alone knows which way up it is, and that the picture is there at all.
    first = next((frame for _, frame in decoded(source, 0.0, Damage())), None)
    turn = Orientation() if first is None else orientation(first)
    width, height = turn.size(width, height) if first is None else turn.size(first.width, first.height)
    return VideoInfo(width, height, turn.rotation, rate, codec, gap)


def nominal_rate(stream: VideoStream) -> Fraction:
    """The frame rate that the file names, made sane: 25 where it names none or an impossible one."""
    for rate in (stream.guessed_rate, stream.average_rate):
        if rate and 1 <= rate <= 1000:
            return rate
    return Fraction(25)


def _key_frame_gap(stream: VideoStream) -> float | None:
    entries = stream.index_entries
    keys = [entry.timestamp for entry in entries[: min(len(entries), 3000)] if entry.is_keyframe]
    gaps = [b - a for a, b in itertools.pairwise(keys)]
    return float(statistics.median(gaps) * stream.time_base) if gaps and stream.time_base else None


def duration_of(source: Source) -> float:
    """Seconds from the container's start time to its end: of what is there, where the file was cut off."""
    claimed = (source.container.duration or 0) / 1_000_000
    if not claimed or source.is_cut:
        return _last_end(source, 0.0)
    if source.start > 0 and "matroska" in source.container.format.name:
        # Some writers mean the last timestamp, some the length: the last packets tell which.
        return _last_end(source, claimed - float(source.start) - 5.0)
    return claimed


def _last_end(source: Source, start: float) -> float:
    """The end of the last packet, by reading on from ``start``."""
    stream = source.video or source.audio
    if stream is None:
        return 0.0
    end = Fraction(0)
    count = 0
    for packet in source.packets_from(stream.index, start, Damage()):
        count += packet.size > 0
        ticks = packet.dts if packet.pts is None else packet.pts
        if ticks is not None:
            end = max(end, source.seconds(ticks + (packet.duration or 0), packet.time_base))
    if end == 0 and source.video is not None:  # a bare stream without any timestamps
        end = count / nominal_rate(source.video)
    return float(end)
