"""Pictures of many spans: cut into pieces, which several threads read, and handed on in order.

Reading and encoding want the same processors where the network runs on a CPU: its threads wait for each other
at every layer, so one that shares its processor with a decoder holds all of them up. There, both take turns,
each with all processors. Where the network runs elsewhere, pictures are read while it works.
"""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from matchcut.encoders.pictures import PictureSettings, grid, read_pictures
from matchcut.encoders.store import FeatureKey
from matchcut.errors import MatchcutError

LONGEST = 64
"""Pictures of one piece: a long video is read by all threads, and its pictures are never all in memory."""

AT_ONCE = 512
"""Pictures in memory, about; more where there are more than eight processors to read them."""


@dataclass(frozen=True)
class Span:
    """A stretch of a video: a clip cut out by time, or a whole file.

    Attributes:
        path: the video or GIF.
        start, end: recording seconds; to the file's end if ``end`` is None.
    """

    path: Path
    start: float = 0.0
    end: float | None = None

    def __str__(self) -> str:
        """``game.mp4`` or ``game.mp4 12.5-19.5 s``"""
        return str(self.path) if self.end is None else f"{self.path} {self.start:g}-{self.end:g} s"


@dataclass(frozen=True)
class Piece:
    """Some of a span's moments, one after another.

    Attributes:
        span: whose.
        times: the moments.
        first: the place of the first among all of the span.
        whole: how many the span has.
    """

    span: Span
    times: tuple[float, ...]
    first: int
    whole: int


Read = tuple[Piece, NDArray[np.uint8] | MatchcutError]
"""A piece with its pictures (T, height, width, 3), or why there are none."""


def pieces(span: Span, key: FeatureKey) -> Iterator[Piece]:
    """A span's moments in pieces of about one length, at most `LONGEST` each."""
    times = grid(key.start, key.end, key.rate)
    count = -(-len(times) // LONGEST)
    edges = [len(times) * number // count for number in range(count + 1)]
    for first, last in pairwise(edges):
        yield Piece(span, tuple(times[first:last]), first, len(times))


def read_groups(
    wanted: Iterator[Piece], how: PictureSettings, enough: int, in_turn: bool
) -> Iterator[list[Read]]:
    """Pieces with their pictures, in order, in groups.

    Args:
        wanted: the pieces.
        how: how the network wants its pictures.
        enough: pictures that a group has at least, but for the last.
        in_turn: read nothing while a group is worked on; groups then hold `AT_ONCE` pictures.
    """

    def read(piece: Piece) -> NDArray[np.uint8] | MatchcutError:
        try:
            return read_pictures(piece.span.path, piece.times, how)
        except MatchcutError as error:
            return error

    running: deque[tuple[Piece, Future[NDArray[np.uint8] | MatchcutError]]] = deque()
    threads = processors()
    room = max(AT_ONCE, LONGEST * threads)
    with ThreadPoolExecutor(threads, "pictures") as pool:

        def fill() -> None:
            waiting = sum(len(piece.times) for piece, _ in running)
            while waiting < room and (piece := next(wanted, None)) is not None:
                running.append((piece, pool.submit(read, piece)))
                waiting += len(piece.times)

        fill()
        try:
            while running:
                group: list[Read] = []
                count = 0
                while running and (in_turn or count < enough):
                    piece, future = running.popleft()
                    group.append((piece, future.result()))
                    count += len(piece.times)
                    if not in_turn:
                        fill()
                yield group
                fill()
        finally:
            for _, future in running:
                future.cancel()


def processors() -> int:
    """How many processors this program may use."""
    allowed = getattr(os, "sched_getaffinity", None)
    return len(allowed(0)) if allowed is not None else os.cpu_count() or 1
