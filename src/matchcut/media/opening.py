"""Opening media, and the one place where PyAV's errors become errors with a remedy.

The time rule of the whole package: recording second 0 is the container's start time, and presentation
timestamps are trusted. `Source.seconds` applies it; nobody else subtracts start times.
"""

from __future__ import annotations

import contextlib
import errno
from collections.abc import Generator, Iterator
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

from matchcut import files
from matchcut.errors import InputError
from matchcut.media.damage import Damage as Damage
from matchcut.media.damage import TimeWatch
from matchcut.media.mend import Mended, mended
from matchcut.media.playlist import LocalList, is_segment_list, prepare
from matchcut.media.whole import has_index, promised_size

if TYPE_CHECKING:
    from av.audio.stream import AudioStream
    from av.container import InputContainer
    from av.packet import Packet
    from av.stream import Stream
    from av.video.stream import VideoStream

EDGE_S = 0.0005
"""Two times closer than this are the same: Matroska rounds to a millisecond, start times to a microsecond."""

_PICTURE_FORMATS = {"image2", "tty", "ico"}
_PLAYLISTS = {"hls", "dash", "concat", "sdp", "rtsp"}
_PLAYS = "Check that it plays in a media player; copy or download it again if it doesn't"
_PATIENCE = 200  # read errors in a row before a file is given up
_RESYNC = str(1 << 30)  # bytes of a transport stream in which its next packet is looked for
_UNFINISHED = {".part", ".partial", ".crdownload", ".download", ".ytdl"}


class Source:
    """An open media file.

    Attributes:
        path: where it lies.
        container: PyAV's container; another one after `reopen` (streams of the old one are dead).
        start: the container's start time in seconds, exact.
        notes: what is wrong with the file as a whole: cut off, or still growing. `packets` hands them on.
        is_cut: whether it is shorter than it says.
    """

    def __init__(self, path: Path, is_cut: bool = False, notes: tuple[str, ...] = ()) -> None:
        self.path = path
        self._list: LocalList | None = prepare(path) if is_segment_list(path) else None
        self._mended: Mended | None = mended(path)
        self.is_cut = is_cut or self._mended is not None or (self._list is not None and self._list.missing > 0)
        self.notes = (*notes, *(self._list.notes if self._list else ()))
        if self._mended is not None and not is_cut:
            self.notes = (*self.notes, "some of its fragments are damaged; the others were read")
        self._seen = _state(path)
        try:
            self.container = self._opened()
        except BaseException:
            self.close()
            raise
        self.start = Fraction(self.container.start_time or 0, 1_000_000)
        self._unread = True
        self._threads()

    def reopen(self) -> None:
        """Back to the first packet, by opening the file anew: some formats cannot seek."""
        if self._unread:
            return
        self.container.close()
        self.container = self._opened()
        self._unread = True
        self._threads()

    def close(self) -> None:
        """Closes the file."""
        if hasattr(self, "container"):
            self.container.close()
        for helper in (self._list, self._mended):
            if helper is not None:
                helper.close()

    def _opened(self) -> InputContainer:
        if self._mended is not None:
            self._mended.seek(0)
        return _open(self.path, self._list, self._mended)

    def _threads(self) -> None:
        if self.video is not None:
            self.video.thread_type = "AUTO"  # frame threads too: PyAV's default is slices alone

    @property
    def video(self) -> VideoStream | None:
        """The picture: the first stream that is neither a cover nor of an unknown codec."""
        from av.stream import Disposition

        still = Disposition.attached_pic | Disposition.timed_thumbnails
        for stream in self.container.streams.video:
            if has_decoder(stream) and not stream.disposition & still:
                return stream
        return None

    @property
    def audio(self) -> AudioStream | None:
        """The sound: the stream that is marked as the default one, else the first."""
        from av.stream import Disposition

        usable = [s for s in self.container.streams.audio if has_decoder(s) and s.codec_context.sample_rate]
        marked = [s for s in usable if s.disposition & Disposition.default]
        return next(iter(marked or usable), None)

    def seconds(self, ticks: int, time_base: Fraction | None) -> Fraction:
        """A timestamp as seconds on the recording, exact."""
        return ticks * (time_base or Fraction(1, 1_000_000)) - self.start

    def packets(self, index: int, damage: Damage) -> Generator[Packet[Stream], None, None]:
        """A stream's packets from where the file stands; the last is empty and flushes the decoder.

        Raises:
            InputError: the file cannot be read on.
        """
        from av.error import BlockingIOError as NoSyncError
        from av.error import FFmpegError, InvalidDataError

        failures = 0
        self._unread = False
        watch = TimeWatch(self.container.streams[index], self.seconds, damage)
        damage.remark(*self.notes)
        while True:
            try:
                for packet in self.container.demux(self.container.streams[index]):
                    failures = 0
                    watch.see(packet)
                    yield packet
                self._still_growing(damage)
                return
            except (InvalidDataError, IndexError, NoSyncError) as error:
                # PyAV gives an IndexError for a packet of a stream that turned up after the file was opened.
                damage.packets += 1
                failures += 1
                if failures > _PATIENCE:
                    raise media_error(self.path, error) from error
            except FFmpegError as error:
                raise media_error(self.path, error) from error

    def _still_growing(self, damage: Damage) -> None:
        """Says so, if the file is not what it was when it was opened."""
        now = _state(self.path)
        if now != self._seen:
            damage.remark("the file was still being written while it was read; what was there was read")

    def packets_from(self, index: int, seconds: float, damage: Damage) -> Iterator[Packet[Stream]]:
        """A stream's packets from a key frame at or before a recording second on.

        Some containers seek only roughly, so what the file answers is checked, and asked for again from further
        back if it lies too late.

        Raises:
            InputError: the file cannot be read on.
        """
        for back in (0.0, 1.0, 5.0, 30.0, 180.0):
            if seconds - back <= 0 or not self._seek(index, seconds - back):
                break
            packets = self.packets(index, damage)
            for packet in packets:
                if not packet.is_keyframe:
                    continue
                ticks = packet.dts if packet.pts is None else packet.pts
                if ticks is not None and self.seconds(ticks, packet.time_base) <= seconds + EDGE_S:
                    yield packet
                    yield from packets
                    return
                break
            packets.close()
        self.reopen()
        yield from self.packets(index, damage)

    def _seek(self, index: int, seconds: float) -> bool:
        from av.error import FFmpegError

        stream = self.container.streams[index]
        time_base = stream.time_base or Fraction(1, 1_000_000)
        self._unread = False
        try:
            self.container.seek(round((Fraction(seconds) + self.start) / time_base), stream=stream)
        except FFmpegError:
            return False
        return True


def has_decoder(stream: Stream) -> bool:
    """Whether this build of FFmpeg can decode the stream at all."""
    context: object = stream.codec_context  # PyAV gives None for an unknown codec, whatever its stubs say
    return context is not None


@contextlib.contextmanager
def open_media(path: Path | str) -> Iterator[Source]:
    """An open media file, closed at the end of the block.

    Raises:
        InputError: it is missing, empty, cut off before its index, or not media; the message says which
            and what to do.
    """
    from av.error import FFmpegError

    given = Path(path)
    is_cut, notes = _check(given)
    try:
        source = Source(given, is_cut, notes)
    except FFmpegError as error:
        raise media_error(given, error) from error
    try:
        yield source
    finally:
        source.close()


def _check(path: Path) -> tuple[bool, tuple[str, ...]]:
    """What can be said without opening it as media: whether it was cut off, and notes."""
    files.check_regular(path)
    try:
        if path.is_dir():
            raise IsADirectoryError(errno.EISDIR, "is a folder", str(path))
        size = path.stat().st_size
        promised = promised_size(path)
        readable = promised is None or promised <= size or has_index(path)
    except OSError as error:
        raise files.read_error(path, error) from error
    if size == 0:
        raise InputError(f"{path}: the file is empty", "Copy or download it again")
    notes = []
    if path.suffix.casefold() in _UNFINISHED:
        notes.append(f"its name ends with {path.suffix}: it is not finished; what is there was read")
    if promised is None or promised <= size:
        return False, tuple(notes)
    said = f"was cut off: it has {size:,} of {promised:,} bytes"
    if not readable:
        raise InputError(
            f"{path}: {said}; its index, which comes last, is not there",
            "Copy or download it again, or finish the recording first",
        )
    return True, (*notes, f"{said}; what is there was read")


def _state(path: Path) -> tuple[int, int] | None:
    try:
        state = path.stat()
    except OSError:
        return None
    return state.st_size, state.st_mtime_ns


def _open(path: Path, segments: LocalList | None, shown: Mended | None) -> InputContainer:
    import av

    # "file:" keeps FFmpeg from taking a name with a colon for a protocol, and the list of protocols keeps a
    # playlist in disguise from reaching out.
    options = {"protocol_whitelist": "file,crypto" if segments else "file", "resync_size": _RESYNC}
    name = f"file:{path if segments is None else segments.path}"
    container = av.open(shown or name, mode="r", options=options, metadata_errors="replace")
    names = set(container.format.name.split(","))
    if names & _PICTURE_FORMATS or any(name.endswith("_pipe") for name in names):
        container.close()
        raise InputError(f"{path}: is a picture or plain text, not a video", "Name a video or sound file")
    if names & _PLAYLISTS and segments is None:
        container.close()
        raise InputError(f"{path}: is a playlist, not a video", "Name the video file itself")
    return container


def media_error(path: Path | str, error: Exception) -> InputError:
    """The error to raise for what PyAV could not read."""
    from av.error import DecoderNotFoundError, InvalidDataError

    if isinstance(error, DecoderNotFoundError):
        return InputError(
            f"{path}: its codec is not supported ({error.strerror})", "Convert it to H.264 and AAC"
        )
    if isinstance(error, OSError) and not isinstance(error, InvalidDataError):
        return files.read_error(path, error)
    return InputError(f"{path}: not a video or sound file, or damaged beyond reading", _PLAYS)
