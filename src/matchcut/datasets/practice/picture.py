"""The picture of every frame: what the cameras see, put together with the broadcaster's graphics."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from matchcut.clock import HALF_S
from matchcut.datasets.boards import Board, Says, draw_board, draw_ticker
from matchcut.datasets.practice import graphics
from matchcut.datasets.practice.motion import Motion
from matchcut.datasets.practice.scene import Cameras
from matchcut.datasets.practice.script import Script
from matchcut.datasets.practice.settings import PracticeSettings
from matchcut.datasets.practice.timeline import Segment, Timeline

if TYPE_CHECKING:
    from PIL.Image import Image as Picture

_WHITE, _WINE = (250, 250, 250), (120, 20, 30)
_OTHER_BOARD = Board(
    "inline", (0.9, 0.08), 30, "", _WHITE, _WINE, _WINE, _WHITE, 1.0, "-", "mm:ss", ("EVE", "WHU")
)
"""That of the match which is shown as a picture in the picture."""


class Painter:
    """Draws the frames of one script.

    Args:
        script: what happens.
        motion: where everybody is, on the frame grid.
        settings: the picture's size, the board, what is difficult.
    """

    def __init__(self, script: Script, motion: Motion, settings: PracticeSettings) -> None:
        self.script, self.motion, self.settings = script, motion, settings
        self.faults = settings.faults
        self.height = settings.height
        # For a telephone the middle is cut out of a picture as wide as others.
        self.wide = settings.height * 16 // 18 * 2 if "portrait" in settings.faults else settings.width
        self.scale = self.height / 360
        self.cameras = Cameras(script, motion, self.wide, self.height)
        self.timeline = timeline_of(script, motion.rate, settings)
        self.board = board_of(script, settings)
        self.hidden = hidden_stretches(script, settings)
        self.league = script.seed % 3
        self._noise = noise_pictures(settings) if "noise" in settings.faults else None

    def frame(self, number: int) -> NDArray[np.uint8]:
        """The picture of one frame, shape (height, width, 3), RGB."""
        picture = put_together(self.timeline, number, self._composed, self.league)
        return with_noise(np.asarray(picture), self._noise, number)

    def _composed(self, segment: Segment, t: float) -> Picture:
        """A segment's picture with all graphics."""
        if segment.shot is not None and segment.kind == "screen":
            picture = graphics.full_screen(
                self.script.screens[segment.shot.actor], self.settings.width, self.height, self.league
            ).copy()
        else:
            picture = self.cameras.picture(segment.shot, t)
            if self.wide > self.settings.width:
                left = (self.wide - self.settings.width) // 2
                picture = picture.crop((left, 0, left + self.settings.width, self.height))
            self._graphics(picture, segment, t)
        if "ticker" in self.faults or (self.board is not None and self.board.ticker):
            draw_ticker(picture, t)
        return picture

    def _graphics(self, picture: Picture, segment: Segment, t: float) -> None:
        margin = round(18 * self.scale)
        if segment.kind == "replay":
            sign = graphics.replay_sign(self.scale)
            picture.paste(sign, (picture.width - sign.width - margin, round(0.8 * margin)))
        if "picture in picture" in self.faults and 0.3 < t / self.script.duration_s < 0.7:
            self._other_match(picture, t)
        if self.board is not None and board_shows(segment, t, self.hidden, self.settings):
            draw_board(picture, self.board, says(self.script, self.settings, t))
        for caption in self.script.captions:
            if caption.start <= t < caption.end:
                card = graphics.lower_third(caption, min(self.scale, picture.width / 320))
                # It slides in from the left, above a ticker or a board at the foot.
                slide = round(card.width * max(0.0, 1 - (t - caption.start) / 0.3))
                low = round(60 * self.scale) if self._foot_taken() else margin
                picture.paste(card, (margin - slide, self.height - card.height - low), card)

    def _foot_taken(self) -> bool:
        low = self.board is not None and (self.board.place[1] > 0.5 or self.board.ticker)
        return low or "ticker" in self.faults

    def _other_match(self, picture: Picture, t: float) -> None:
        """Another match, small, with a board of its own."""
        small = self.cameras.picture(None, max(self.script.duration_s - t, 0.0))
        draw_board(small, _OTHER_BOARD, Says(4260.0 + t, (2, 1), 2))
        small = small.resize((self.settings.width // 3, self.settings.width * self.height // self.wide // 3))
        down = 0.62 if self.board is None or self.board.place[1] < 0.5 else 0.12
        picture.paste(small, (picture.width - small.width - round(12 * self.scale), round(down * self.height)))


def put_together(
    timeline: Timeline, number: int, composed: Callable[[Segment, float], Picture], league: int
) -> Picture:
    """The picture of a frame: a segment's, or two mixed, or the animation between them."""
    from PIL import Image

    t = number / timeline.rate
    segment, change, other = timeline.at(number)
    picture = composed(segment, t)
    if change is not None and other is not None:
        part = (number - change.first + 0.5) / (change.last - change.first)
        if change.kind == "dissolve":
            share = part if other.first > segment.first else 1 - part
            return Image.blend(picture, composed(other, t), share)
        graphics.animation(picture, part, league)
    return picture


def timeline_of(script: Script, rate: float, settings: PracticeSettings) -> Timeline:
    """The timeline of a script; where the clock jumps, the recording does."""
    jumps = [p.start for p in script.clock.periods[1:]] if "jumping clock" in settings.faults else []
    return Timeline(script.shots, script.seed, rate, round(script.duration_s * rate), jumps)


def board_of(script: Script, settings: PracticeSettings) -> Board | None:
    """The board with the teams' names; None where the settings have none."""
    if "no board" in settings.faults:
        return None
    home, away = script.teams
    long = len(settings.board.teams[0]) > 4
    teams = (home.name.upper(), away.name.upper()) if long else (home.code, away.code)
    down = settings.board.counts_down or "countdown" in settings.faults
    size = min(8, settings.board.size) if "small board" in settings.faults else settings.board.size
    if settings.width < settings.height:
        size = max(round(0.55 * size), 6)  # sizes are measured by the height; a telephone has more of that
    return replace(settings.board, teams=teams, counts_down=down, size=size)


def says(script: Script, settings: PracticeSettings, t: float) -> Says:
    """What the board says at a moment."""
    score = script.score_at(t, on_screen=True)
    # A hair later than the frame, so that a whole second is not missed by rounding.
    at = script.clock.at(min(t + 1e-6, script.duration_s))
    if at is None:
        return Says(None, score, waiting="HT" if t > script.kick_off else "00:00")
    ends = [p for p in script.clock.periods if p.number == at.period]
    regular = HALF_S * at.period
    over = ends[-1].clock_at(ends[-1].end) - regular
    added = max(1, round(over / 60)) if over > 0 and at.seconds >= regular else 0
    return Says(at.seconds, score, at.period, regular, added)


def hidden_stretches(script: Script, settings: PracticeSettings) -> list[tuple[float, float]]:
    """Where the board is away although play is shown."""
    if "board comes and goes" not in settings.faults:
        return []
    rng = np.random.default_rng([script.seed, 53])
    stretches, t = [], float(rng.uniform(4, 10))
    while t < script.duration_s:
        away = float(rng.uniform(4, 14))
        stretches.append((t, min(t + away, script.duration_s)))
        t += away + float(rng.uniform(6, 16))
    return stretches


def board_shows(
    segment: Segment, t: float, hidden: list[tuple[float, float]], settings: PracticeSettings
) -> bool:
    """Whether the board stands on the picture."""
    if segment.kind == "screen" or (segment.kind == "replay" and not settings.board_in_replays):
        return False
    return not any(a <= t < b for a, b in hidden) and t >= max(settings.opening_s - 1.5, 0)


def with_noise(picture: NDArray[np.uint8], noise: NDArray[np.int16] | None, number: int) -> NDArray[np.uint8]:
    """The picture with the noise of its frame, if there is any."""
    if noise is None:
        return picture
    return np.asarray((picture.astype(np.int16) + noise[number % len(noise)]).clip(0, 255), dtype=np.uint8)


def noise_pictures(settings: PracticeSettings) -> NDArray[np.int16]:
    """Some pictures of noise, shape (6, height, width, 1), to take turns."""
    rng = np.random.default_rng(0)
    grain = rng.normal(0, 14, (6, settings.height, settings.width, 1))
    return grain.astype(np.int16)
