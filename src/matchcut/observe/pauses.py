"""A long sound in pieces of some minutes, cut where nobody speaks, so that memory stays constant."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate

import numpy as np
from numpy.typing import NDArray

from matchcut.media.sound import SoundCursor

RATE = 16000
"""Samples a second that recognizers want."""

Samples = NDArray[np.float32]
Parts = list[tuple[int, int]]
"""Where somebody speaks: first sample and one past the last, in order, apart from each other."""

_QUIET_S = 0.2
_TAIL_S = 30.0


@dataclass(frozen=True, eq=False)
class Piece:
    """A piece of the sound.

    Attributes:
        start: its first recording second.
        samples: shape (n,), mono, `RATE` a second.
        parts: where somebody speaks in it.
        last: whether the sound ends with it.
    """

    start: float
    samples: Samples
    parts: Parts
    last: bool

    @property
    def end(self) -> float:
        """The recording second at which it ends."""
        return self.start + len(self.samples) / RATE

    @property
    def speech_s(self) -> float:
        """Seconds of speech."""
        return sum(end - begin for begin, end in self.parts) / RATE

    def speech(self) -> Samples:
        """The speech alone, its parts one after another."""
        return np.concatenate([self.samples[begin:end] for begin, end in self.parts])

    def place(self, second: float, *, is_end: bool = False) -> float:
        """The recording second of a second of `speech`.

        Where two parts meet it is the start of the later one, or if ``is_end`` the end of the earlier one.
        """
        ends = list(accumulate(end - begin for begin, end in self.parts))
        # Rounded to a millionth of a sample: just below an edge would be the part before it.
        sample = round(min(max(second, 0.0) * RATE, float(ends[-1])), 6)
        number = min(bisect_right(ends, sample), len(ends) - 1)
        if is_end and number and sample <= ends[number - 1]:
            number -= 1
        before = ends[number - 1] if number else 0
        return self.start + (self.parts[number][0] + sample - before) / RATE


def pieces(
    cursor: SoundCursor, start: float, longest_s: float, find_speech: Callable[[Samples], Parts]
) -> Iterator[Piece]:
    """The sound in pieces that are cut in pauses.

    Args:
        cursor: gives mono at `RATE`; it is moved to ``start``.
        start: the first recording second.
        longest_s: no piece is longer; where there are pauses it is at least half as long.
        find_speech: tells where somebody speaks.
    """
    longest = round(longest_s * RATE)
    cursor.seek(start)
    left = np.zeros(0, np.float32)
    place = round(start * RATE)
    while True:
        more = cursor.available(longest - len(left))[0]
        # A broken decoder may give anything.
        samples = np.concatenate([left, np.nan_to_num(np.clip(more, -1, 1)).astype(np.float32)])
        if not len(samples):
            return
        last = len(samples) < longest
        parts = find_speech(samples)
        cut = len(samples) if last else _cut(samples, parts)
        kept = [(begin, min(end, cut)) for begin, end in parts if begin < cut]
        yield Piece(place / RATE, samples[:cut], kept, last)
        if last:
            return
        left = samples[cut:].copy()
        place += cut


def _cut(samples: Samples, parts: Sequence[tuple[int, int]]) -> int:
    """Where to cut: amid the longest pause of the second half, without one where the end is quietest."""
    half, size = len(samples) // 2, len(samples)
    bounds = [0, *(sample for part in parts for sample in part), size]
    pauses = [
        (max(begin, half), end) for begin, end in zip(bounds[::2], bounds[1::2], strict=True) if end > half
    ]
    begin, end = max(pauses, key=lambda pause: pause[1] - pause[0], default=(0, 0))
    if end - begin >= _QUIET_S * RATE:
        return size if end == size and begin == half else (begin + end) // 2
    step = round(_QUIET_S * RATE)
    first = max(half, size - round(_TAIL_S * RATE))
    loud = [float(np.square(samples[at : at + step]).sum()) for at in range(first, size - step + 1, step)]
    return first + int(np.argmin(loud)) * step + step // 2 if loud else size
