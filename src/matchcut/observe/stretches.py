"""A recording cut into stretches that are looked at and listened to apart from each other.

Each stretch is decoded from a key frame before it on, with so much lead that what is found in it is what a
single pass would have found there.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

from matchcut.media.opening import Damage, open_media
from matchcut.media.probe import MediaInfo
from matchcut.media.rough import RoughFrame, Shrinker, rough_frames
from matchcut.media.sound import SoundCursor
from matchcut.observe.loudness import Spectra
from matchcut.observe.scoreboard import BoardPart, BoardReader, Learnt
from matchcut.observe.shots import ShotFinder
from matchcut.observe.sound import Ears, SoundPart
from matchcut.observe.transitions import HEIGHT, MARGIN_S, SPAN_S, WIDTH

HIGHEST_RATE = 48000
BLOCK_S = 1.0
"""So much sound is worked on at a time: its spectra stay in the processor's cache."""
LEAD_S = 5.0
"""So much of what comes before a stretch is looked at too, for text that stands already."""

QUEUE_BYTES = 24_000_000
"""So much may wait of one stretch while the boards are being learnt."""

_EXACT = {"mov", "matroska", "webm", "mpegts", "wav", "w64"}
"""Containers that find a moment by its time, so that a stretch can be read for itself."""

Tick = Callable[[float], None]
"""Told now and then the recording second that was reached; it may raise to stop the work."""


@dataclass(frozen=True, slots=True)
class Stretch:
    """A stretch of a recording, in seconds; the last has no end."""

    number: int
    start: float
    end: float


def stretches(info: MediaInfo, containers: str, about_s: float = 300.0) -> list[Stretch]:
    """How a recording is cut: by its duration alone, so that any number of processors finds the same.

    They begin at full minutes, and there are usually four of them or a multiple, for as many processors.

    Args:
        info: of the recording.
        containers: FFmpeg's names of its format, with commas between them.
        about_s: how long they are, give or take a half; each costs some seconds of decoding more.
    """
    count = 1
    if set(containers.split(",")) & _EXACT and info.duration > 0:
        count = 4 * max(round(info.duration / (4 * about_s)), 1)
        count = max(1, min(count, int(info.duration // SPAN_S)))
    starts = [SPAN_S * round(number * info.duration / count / SPAN_S) for number in range(count)]
    return [
        Stretch(number, start, end)
        for number, (start, end) in enumerate(zip(starts, [*starts[1:], math.inf], strict=True))
    ]


def look(
    path: Path,
    stretch: Stretch,
    finder: ShotFinder | None,
    board: BoardQueue | None,
    *,
    keys_only: bool,
    threads: int,
    tick: Tick,
) -> tuple[Damage, float]:
    """Decodes a stretch once and shows its frames to whoever is there.

    Args:
        path: the video.
        stretch: which part of it.
        finder, board: who wants to see it.
        keys_only: whether key frames suffice.
        threads: of the decoder.
        tick: told the seconds.

    Returns:
        What was damaged, and the last second that was seen.

    Raises:
        InputError: nothing of it can be read.
    """
    damage, shrink = Damage(), Shrinker(WIDTH, HEIGHT)
    before, last = 0, 0.0
    lead = LEAD_S if board is not None else MARGIN_S
    start = max(stretch.start - lead, 0.0)
    for seen in rough_frames(path, start, keys_only=keys_only, threads=threads, damage=damage):
        if seen.time < stretch.start:
            before = damage.packets
        last = seen.time
        if board is not None:
            board.add(seen)
        if finder is not None and finder.wants(seen.time):
            finder.add(seen.time, shrink(seen.frame))
        tick(last)
        if last >= stretch.end + (MARGIN_S if finder is not None else 0.0):
            break
    damage.packets -= before if stretch.number else 0
    return damage, last


class BoardQueue:
    """The frames of a stretch that are worth a look at the board, on their way to who reads it.

    While nobody knows yet where the boards stand, they wait.

    Args:
        stretch: which part of the recording.
        learnt: where the boards stand.
        reader: makes the one who reads, when that is known.
        every_s: the recording is divided into slots of so many seconds; each gets one look.
        keys_only: whether to look at key frames alone.
    """

    def __init__(
        self,
        stretch: Stretch,
        learnt: Future[Learnt],
        reader: Callable[[Learnt], BoardReader],
        every_s: float,
        keys_only: bool,
    ) -> None:
        self._end, self._every_s, self._keys_only = stretch.end, every_s, keys_only
        self._learnt, self._make = learnt, reader
        self._reader: BoardReader | None = None
        self._waiting: list[RoughFrame] = []
        self._slot = -1

    def add(self, seen: RoughFrame) -> None:
        """Takes the next frame."""
        slot = int(seen.time / self._every_s + 1e-6)
        if slot == self._slot or seen.time >= self._end or not (seen.key or not self._keys_only):
            return
        self._slot = slot
        self._waiting.append(seen)
        size = 2 * seen.frame.width * seen.frame.height
        if self._learnt.done() or size * len(self._waiting) > QUEUE_BYTES:
            self._hand_over()

    def part(self) -> BoardPart:
        """What was read, when all frames were given."""
        return self._hand_over().part()

    def _hand_over(self) -> BoardReader:
        if self._reader is None:
            self._reader = self._make(self._learnt.result())
        for seen in self._waiting:
            self._reader.add(seen.time, seen.frame)
        self._waiting = []
        return self._reader


def hear(path: Path, stretch: Stretch, tick: Tick) -> tuple[SoundPart, Damage]:
    """Listens to a stretch.

    Mono is measured as one channel and anything else as two, as BS.1770-4 has them; surround sound is mixed
    down to two first, so its loudness differs from the standard's by the mix.

    Raises:
        InputError: the file cannot be read or has no sound.
    """
    damage = Damage()
    with open_media(path) as source:
        stream = source.audio
        rate = sound_rate(stream.rate if stream is not None else HIGHEST_RATE)
        mono = stream is not None and stream.layout.nb_channels == 1
        cursor = SoundCursor(source, rate, "mono" if mono else "stereo", damage)
        hop = Spectra(rate).hop
        first = round(stretch.start * rate / hop)
        count = None if math.isinf(stretch.end) else round(stretch.end * rate / hop) - first
        ears = Ears(rate, first)
        at = ears.lead
        until = math.inf if count is None else (first + count) * hop
        cursor.seek(Fraction(at, rate))
        while at < until:
            block = cursor.available(int(min(round(BLOCK_S * rate), until - at)))
            if not block.shape[1]:
                break
            ears.add(block)
            at += block.shape[1]
            tick(at / rate)
    return ears.part(count), damage


def sound_rate(rate: int) -> int:
    """The rate at which a sound of this rate is heard."""
    return min(rate, HIGHEST_RATE)
