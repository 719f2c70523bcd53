"""Cutting windows out of a recording and joining them into one MP4.

Joins fall between frames: a part shows the frames whose presentation time lies in its window, with their own
spacing, and its sound is the samples from its first frame's time to the end of its last frame. So picture and
sound have the same length in every part, and nothing can drift (docs/decisions/0030-cut-at-frames.md).
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import accumulate
from pathlib import Path
from typing import TYPE_CHECKING

from matchcut import files
from matchcut.errors import InputError, OutputError, SettingsError, ValidationError
from matchcut.media.encode import AudioWriter, CopyWriter, VideoWriter, open_reel
from matchcut.media.frames import decoded
from matchcut.media.opening import EDGE_S, Damage, Source, open_media
from matchcut.media.orientation import orientation
from matchcut.media.plan import Cue, Part, Stretch, chapter_list, decoding_lead, stretch
from matchcut.media.probe import probe
from matchcut.media.screen import Screen
from matchcut.media.sound import SoundCursor
from matchcut.progress import Progress, silent

if TYPE_CHECKING:
    from av.container import OutputContainer
    from av.packet import Packet
    from av.stream import Stream
    from av.video.frame import VideoFrame

_PRESETS = ("ultrafast", "superfast", "veryfast", "faster", "fast", "medium", "slow", "slower", "veryslow")
_EDGE = Fraction(EDGE_S)
_TELL_S = 0.25  # seconds of reel between two reports of progress


@dataclass(frozen=True, slots=True)
class CutSettings:
    """How a cut is encoded.

    Attributes:
        crf: libx264's quality, 0 (lossless) to 51; 18 is hard to tell from the source.
        preset: libx264's speed, "ultrafast" to "veryslow".
        audio_bit_rate: of stereo sound, in bits a second; mono takes half.
        copy: whether picture that begins and ends on key frames may be copied instead of encoded anew.

    Raises:
        SettingsError: a value is out of its range.
    """

    crf: int = 20
    preset: str = "veryfast"
    audio_bit_rate: int = 160_000
    copy: bool = True

    def __post_init__(self) -> None:
        if not 0 <= self.crf <= 51:
            raise SettingsError(f"crf is 0 to 51, not {self.crf}", "18 to 28 are usual")
        if self.preset not in _PRESETS:
            raise SettingsError(f"there is no preset {self.preset!r}", f"Choose one of: {', '.join(_PRESETS)}")
        if not 16_000 <= self.audio_bit_rate <= 512_000:
            raise SettingsError(
                f"audio_bit_rate is 16,000 to 512,000 bits a second, not {self.audio_bit_rate}", "Use 160000"
            )


@dataclass(frozen=True, slots=True)
class CutResult:
    """What was cut.

    Attributes:
        out: the file.
        parts: one a window, in their order.
        duration: seconds.
        copied: whether the picture was copied rather than encoded anew.
        notes: what the user should know, a sentence each.
    """

    out: Path
    parts: tuple[Part, ...]
    duration: float
    copied: bool
    notes: tuple[str, ...]


def cut(
    source: Path | str,
    windows: Sequence[tuple[float, float]],
    out: Path | str,
    *,
    chapters: Sequence[Cue] = (),
    captions: Sequence[Cue] = (),
    progress: Progress = silent,
    settings: CutSettings | None = None,
) -> CutResult:
    """Cuts windows out of a recording and joins them in the order given.

    Where every window begins and ends on a key frame and the codec allows it, the picture is copied; otherwise
    all of it is encoded anew. Sound is always encoded anew. Sound alone gives sound alone.

    Args:
        source: the recording.
        windows: start and end in seconds on the recording.
        out: the MP4 to write, replaced when it is whole.
        chapters: titles for stretches of the recording; each becomes a chapter from its start on.
        captions: texts to draw on the picture while those stretches are shown.
        progress: told the seconds of reel that are done.
        settings: see `CutSettings`.

    Raises:
        InputError: the recording cannot be read.
        OutputError: the reel cannot be written, or is the recording itself.
        ValidationError: there are no windows, or one is empty or not in the recording.
    """
    path, target = Path(source), Path(out)
    settings = settings or CutSettings()
    info = probe(path)
    _check_target(path, target, picture=info.video is not None)
    wanted = [_clamped(window, info.duration) for window in windows]
    if not wanted:
        raise ValidationError(f"{path}: there is nothing to cut", "Give at least one window")
    with open_media(path) as picture, open_media(path) as sound:
        stretches = [_shown(stretch(picture, start, end), start, end) for start, end in wanted]
        starts = accumulate((s.end - s.start for s in stretches), initial=Fraction(0))
        parts = tuple(
            Part(float(s.start), float(s.end), float(at)) for s, at in zip(stretches, starts, strict=False)
        )
        drawn = captions if info.video is not None else ()
        copied = info.video is not None and settings.copy and not drawn and all(s.copied for s in stretches)
        with (
            files.replacing(target) as temporary,
            open_reel(temporary, target, chapter_list(chapters, parts)) as container,
        ):
            work = _Work(picture, sound, container, stretches, settings, progress)
            if info.video is None:
                work.sound_alone()
            elif copied:
                work.copy()
            else:
                work.encode(drawn)
    duration = parts[-1].at + parts[-1].length
    return CutResult(target, parts, duration, copied, work.damage.notes(path))


class _Work:
    """One cut while it is being made."""

    def __init__(
        self,
        picture: Source,
        sound: Source,
        container: OutputContainer,
        stretches: Sequence[Stretch],
        settings: CutSettings,
        progress: Progress,
    ) -> None:
        self.damage = Damage()
        self._picture = picture
        self._sound = sound
        self._container = container
        self._stretches = stretches
        self._settings = settings
        self._progress = progress
        self._total = float(sum(s.end - s.start for s in stretches))
        self._told = 0.0
        self._audio: AudioWriter | None = None
        self._cursor: SoundCursor | None = None

    def encode(self, captions: Sequence[Cue]) -> None:
        """Every frame decoded and encoded anew."""
        first = self._first_frame(self._stretches[0].start)
        stream = self._picture.video
        if stream is None or first is None:
            raise InputError(f"{self._picture.path}: shows nothing there", "Check the times")
        turn, how = orientation(first), self._settings
        writer = VideoWriter(self._container, stream, first, turn, how.crf, how.preset)
        shown = Screen(writer, turn, captions)
        self._add_sound()
        base = Fraction(0)
        for piece in self._stretches:
            self._begin(piece)
            for number, (time, frame) in enumerate(self._shown(piece)):
                at = base + time - piece.start
                shown.show(frame, time, at, key=number == 0)
                self._reach(at)
            base += piece.end - piece.start
            self._reach(base)
        shown.finish(base)
        self._finish()

    def _first_frame(self, seconds: Fraction) -> VideoFrame | None:
        return next((frame for _, frame in decoded(self._picture, float(seconds), self.damage)), None)

    def _shown(self, piece: Stretch) -> Iterator[tuple[Fraction, VideoFrame]]:
        """The frames of a part and when each appears; the first of them when the part begins, at the latest."""
        before: VideoFrame | None = None
        begun = False
        for time, frame in decoded(self._picture, float(piece.start), self.damage):
            if time < piece.start - _EDGE:
                before = frame
                continue
            late = time >= piece.end - _EDGE
            if not begun and before is not None and (late or time > piece.start + _EDGE):
                yield piece.start, before  # the picture stands still: what the window opens on began before it
            begun = True
            if late:
                return
            yield time, frame
        if not begun and before is not None:
            yield piece.start, before

    def copy(self) -> None:
        """The source's own packets, moved to their place."""
        first = self._first_frame(Fraction(0))
        stream = self._picture.video
        if stream is None or first is None:
            raise InputError(f"{self._picture.path}: shows nothing there", "Check the times")
        turn, index = orientation(first), stream.index
        writer = CopyWriter(self._container, stream, turn)
        lead = decoding_lead(self._stretches)
        self._add_sound()
        base = Fraction(0)
        for piece in self._stretches:
            self._begin(piece)
            shift = base - piece.start
            packets = self._packets_of(index, piece)
            # Decoded in the order in which they lie, at the times of the frames in order of presentation.
            for packet, shown, place in zip(packets, piece.copied, sorted(piece.copied), strict=True):
                writer.write(packet, shown + shift, place + shift - lead)
                self._reach(place + shift)
            base += piece.end - piece.start
            self._reach(base)
        self._finish()

    def _packets_of(self, index: int, piece: Stretch) -> Iterator[Packet[Stream]]:
        """The packets that were planned to be copied."""
        planned = iter(piece.copied)
        expected = next(planned, None)
        for packet in self._picture.packets_from(index, float(piece.start), self.damage):
            if expected is None:
                return
            if packet.pts is not None and self._picture.seconds(packet.pts, packet.time_base) == expected:
                yield packet
                expected = next(planned, None)
        if expected is not None:
            raise InputError(f"{self._picture.path}: changed while it was read", "Try again")

    def sound_alone(self) -> None:
        """A recording without a picture."""
        self._add_sound()
        base = Fraction(0)
        for piece in self._stretches:
            self._begin(piece)
            length = piece.end - piece.start
            for second in range(1, math.ceil(length) + 1):
                self._reach(base + min(Fraction(second), length))
            base += length
        self._finish()

    def _add_sound(self) -> None:
        if self._sound.audio is not None:
            self._audio = AudioWriter(self._container, self._sound.audio, self._settings.audio_bit_rate)
            self._cursor = SoundCursor(self._sound, self._audio.rate, self._audio.layout, self.damage)

    def _begin(self, piece: Stretch) -> None:
        if self._cursor is not None:
            self._cursor.seek(piece.start)

    def _reach(self, seconds: Fraction) -> None:
        """The picture has come to this second of the reel: so does the sound, and whoever watches is told."""
        if self._audio is not None and self._cursor is not None:
            self._audio.write_until(seconds, self._cursor)
        if seconds - Fraction(self._told) >= _TELL_S:
            self._told = float(seconds)
            self._progress(self._told, self._total)

    def _finish(self) -> None:
        if self._audio is not None:
            self._audio.finish()
        self._progress(self._total, self._total)


def _clamped(window: tuple[float, float], duration: float) -> tuple[float, float]:
    start, end = window
    if not (math.isfinite(start) and math.isfinite(end) and start < end):
        raise ValidationError(f"a window needs start < end, not {start} and {end}", "Correct its times")
    if end <= 0 or start >= duration:
        raise ValidationError(
            f"the window from {start:g} to {end:g} s lies outside the recording of {duration:g} s",
            "Check that the times belong to this recording",
        )
    return max(start, 0.0), min(end, duration)


def _shown(piece: Stretch, start: float, end: float) -> Stretch:
    if piece.end <= piece.start:
        raise ValidationError(
            f"the window from {start:g} to {end:g} s is too short to show anything", "Widen it"
        )
    return piece


def _check_target(source: Path, target: Path, picture: bool) -> None:
    allowed = (".mp4", ".m4v") if picture else (".mp4", ".m4a")
    if target.suffix.casefold() not in allowed:
        raise OutputError(
            f"{target}: a reel is an MP4 file", f"Give it a name that ends with {' or '.join(allowed)}"
        )
    if target.exists() and target.samefile(source):
        raise OutputError(f"{target}: is the recording itself", "Name another file")
