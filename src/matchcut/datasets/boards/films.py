"""Short films of boards over moving blobs, and the truth."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from matchcut.datasets.boards.board import Board, Says, draw_board, draw_ticker


@dataclass(frozen=True)
class Script:
    """What happens: recording seconds throughout.

    Attributes:
        seconds: length.
        kick_off: when the clock shows ``clock_start``.
        clock_start: what it shows then.
        goals: (moment, side 0 or 1), in time order.
        delay_s: from a goal to the board's update.
        hidden: stretches without a board (replays, full-screen graphics).
        taken_back: (moment, side): a goal given at this moment and taken back 40 s later.
        opening: the score before the recording begins.
    """

    seconds: float
    kick_off: float = 0.0
    clock_start: float = 0.0
    goals: tuple[tuple[float, int], ...] = ()
    delay_s: float = 6.0
    hidden: tuple[tuple[float, float], ...] = ()
    taken_back: tuple[tuple[float, int], ...] = ()
    opening: tuple[int, int] = (0, 0)

    def score_at(self, seconds: float) -> tuple[int, int]:
        """What the board says."""
        score = list(self.opening)
        for moment, side in self.goals:
            score[side] += moment + self.delay_s <= seconds
        for moment, side in self.taken_back:
            score[side] += moment + self.delay_s <= seconds < moment + self.delay_s + 40
        return score[0], score[1]

    def clock_at(self, seconds: float) -> float | None:
        """The match clock; None before kick-off."""
        return None if seconds < self.kick_off else self.clock_start + seconds - self.kick_off

    def says(self, seconds: float) -> Says:
        """What stands on the board."""
        clock = self.clock_at(seconds) or 0.0
        return Says(clock, self.score_at(seconds), 1 if clock < 2700 else 2)


def random_script(seed: int, seconds: float = 180.0) -> Script:
    """A stretch of a match with goals, hidden boards, sometimes a kick-off and a goal that is taken back."""
    rng = random.Random(seed + 10_000)
    kick_off = rng.choice((0.0, 0.0, rng.uniform(20, 50)))
    start = 0.0 if kick_off else rng.choice((0.0, rng.uniform(60, 1500), rng.uniform(2760, 5000)))
    delay = rng.uniform(3, 12)
    goals: list[tuple[float, int]] = []
    for _ in range(rng.choice((0, 1, 1, 2))):
        moment = rng.uniform(kick_off + 25, seconds - 45)
        if all(abs(moment - other) > 40 for other, _ in goals):
            goals.append((moment, rng.randrange(2)))
    hidden = [(m + rng.uniform(2, 6), m + rng.uniform(10, 22)) for m, _ in goals if rng.random() < 0.6]
    for _ in range(rng.randrange(3)):
        at = rng.uniform(kick_off, seconds - 20)
        hidden.append((at, at + rng.uniform(4, 12)))
    back: tuple[tuple[float, int], ...] = ()
    if rng.random() < 0.15 and not goals:
        back = ((rng.uniform(kick_off + 20, seconds - 90), rng.randrange(2)),)
    opening = (0, 0) if start < 60 else (rng.randrange(3), rng.randrange(3))
    return Script(
        seconds, kick_off, float(round(start)), tuple(sorted(goals)), delay, tuple(hidden), back, opening
    )


def frames(
    board: Board, script: Script, seed: int, rate: float = 1.0, size: tuple[int, int] = (640, 360)
) -> Iterator[NDArray[np.uint8]]:
    """The pictures, shape (H, W, 3), ``rate`` of them a second."""
    from PIL import Image

    for number, below in enumerate(moving_pictures(round(script.seconds * rate), seed, rate, size)):
        t = number / rate
        picture = Image.fromarray(below)
        if t >= script.kick_off and not any(a <= t < b for a, b in script.hidden):
            draw_board(picture, board, script.says(t))
        if board.ticker:
            draw_ticker(picture, t)
        yield np.asarray(picture)


def moving_pictures(
    count: int, seed: int, rate: float = 1.0, size: tuple[int, int] = (640, 360)
) -> Iterator[NDArray[np.uint8]]:
    """What lies below the boards: ``count`` pictures of moving blobs, cut now and then, ``rate`` a second."""
    rng = np.random.default_rng(seed)
    shot = _Shot(rng, size)
    for number in range(count):
        if number and rng.random() < 0.12 / rate:
            shot = _Shot(rng, size)
        yield shot.picture(number / rate, rng)


class _Shot:
    """A moving picture: pitch, crowd or close-up with blobs."""

    def __init__(self, rng: np.random.Generator, size: tuple[int, int]) -> None:
        width, height = size
        self.size = size
        self.kind = rng.choice(3, p=(0.6, 0.2, 0.2))
        colours = {0: (60, 130, 50), 1: (120, 100, 90), 2: rng.integers(20, 200, 3)}
        base = np.ones((height, width * 2, 3)) * np.array(colours[int(self.kind)])
        stripes = (np.arange(width * 2) // 60 % 2 * 14)[None, :, None]
        blocks = (
            rng.normal(0, (6, 45, 15)[self.kind], (height // 6 + 1, width // 3 + 1, 3))
            .repeat(6, 0)
            .repeat(6, 1)
        )
        base = base + stripes + blocks[:height, : width * 2]
        for _ in range((24, 5, 4)[self.kind]):
            w, h = (int(x) for x in rng.integers((5, 9), ((12, 26), (60, 90), (200, 260))[self.kind]))
            x, y = int(rng.integers(0, width * 2 - w)), int(rng.integers(0, max(height - h, 1)))
            base[y : y + h, x : x + w] = rng.integers(0, 255, 3)
        self.base = np.clip(base, 0, 255)
        self.speed = float(rng.uniform(-25, 25))
        self.start = float(rng.uniform(0, width))

    def picture(self, seconds: float, rng: np.random.Generator) -> NDArray[np.uint8]:
        width = self.size[0]
        x = int(self.start + self.speed * seconds) % width
        noisy = self.base[:, x : x + width] + rng.normal(0, 3, (self.size[1], width, 1))
        return np.asarray(np.clip(noisy, 0, 255), dtype=np.uint8)


def write_video(
    path: Path | str, pictures: Iterator[NDArray[np.uint8]], rate: int = 1, key_every: int = 4, crf: int = 27
) -> Path:
    """Encodes pictures as H.264 in an MP4 file, a key frame each ``key_every`` frames."""
    import av

    with av.open(str(path), "w") as container:
        stream = None
        for image in pictures:
            if stream is None:
                stream = container.add_stream(
                    "libx264", rate=rate, options={"crf": str(crf), "preset": "veryfast", "bf": "0"}
                )
                stream.width, stream.height = image.shape[1], image.shape[0]
                stream.pix_fmt = "yuv420p"
                stream.gop_size = key_every
                stream.thread_count = 1
            frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(image), format="rgb24")
            container.mux(stream.encode(frame))
        if stream is not None:
            container.mux(stream.encode(None))
    return Path(path)
