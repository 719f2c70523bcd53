"""The picture of every frame: ground, people, ball and graphics put together."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from matchcut.datasets.practice import figures, graphics
from matchcut.datasets.practice.camera import Camera, camera_for
from matchcut.datasets.practice.figures import Look
from matchcut.datasets.practice.motion import Motion, smoothed
from matchcut.datasets.practice.pitch import draw_ground
from matchcut.datasets.practice.places import KEEPER
from matchcut.datasets.practice.script import ACTORS, END, FOURTH, MIDDLE, Pose, Script, Shot, team_of
from matchcut.datasets.practice.settings import PracticeSettings

_WIDE_M, _TIGHT_M = 41.0, 28.0
_CLOSE_UPS = ("card", "flag", "board", "cheer", "portrait")
_MAN_M = 1.95
"""Figures are a little larger than life, as they must be to be seen."""


@dataclass
class _View:
    """One zoom of the main camera: its ground, and where it looks at each frame."""

    camera: Camera
    grounds: list[Any]
    left: NDArray[np.float64]
    top: NDArray[np.float64]


class Painter:
    """Draws the frames of one script.

    Args:
        script: what happens.
        motion: where everybody is, on the frame grid.
        settings: the picture's size and the clock.
    """

    def __init__(self, script: Script, motion: Motion, settings: PracticeSettings) -> None:
        self.script, self.motion, self.settings = script, motion, settings
        self.scale = settings.width / 640
        self.looks = _looks(script)
        self.views: dict[float, _View] = {}
        self.excitement = excitement(script, len(motion.ball), motion.rate)
        self.run = np.cumsum(np.hypot(*motion.speed.transpose(2, 0, 1)), axis=0) / motion.rate
        self.poses: dict[int, list[Pose]] = {}
        for pose in script.poses:
            self.poses.setdefault(pose.actor, []).append(pose)
        self._close: tuple[Shot, Any, Any] | None = None

    def frame(self, number: int) -> NDArray[np.uint8]:
        """The picture of one frame, shape (height, width, 3), RGB."""
        t = number / self.motion.rate
        shot = next((s for s in reversed(self.script.shots) if s.start <= t < s.end), None)
        if shot is not None and shot.kind in _CLOSE_UPS:
            picture = self._close_up(shot, t)
        elif shot is not None and shot.kind == "replay":
            picture = self._field(shot.at + 0.6 * (t - shot.start), _TIGHT_M)
            sign = graphics.replay_sign(self.scale)
            picture.paste(
                sign, (self.settings.width - sign.width - round(16 * self.scale), round(14 * self.scale))
            )
        else:
            tight = shot is not None and shot.kind == "tight"
            picture = self._field(t, _TIGHT_M if tight else _WIDE_M)
        self._graphics(picture, t)
        return np.asarray(picture)

    # --- the main camera ---------------------------------------------------------------------

    def _view(self, metres: float) -> _View:
        """The view at a zoom; its ground is drawn when it is first needed."""
        from PIL import Image

        if metres not in self.views:
            camera = camera_for(self.settings.width, metres)
            home, away = self.script.teams
            grounds = [
                Image.fromarray(g) for g in draw_ground(camera, (home.shirt, away.shirt), self.script.seed)
            ]
            watched = smoothed(self.motion.ball, 0.7 if metres == _WIDE_M else 0.35, self.motion.rate)
            # Near the end of the pitch the camera keeps the box in the picture, not the flag.
            x = np.clip(watched[:, 0], -END + 8, END - 8)
            y = MIDDLE + 0.72 * (watched[:, 1] - MIDDLE)
            column, row, _ = camera.project(x, y, 0.25 * watched[:, 2])
            left = np.clip(column - self.settings.width / 2, 0, camera.width - self.settings.width)
            top = np.clip(row - 0.56 * self.settings.height, 0, camera.height - self.settings.height)
            self.views[metres] = _View(camera, grounds, left, top)
        return self.views[metres]

    def _field(self, t: float, metres: float) -> Any:
        view = self._view(metres)
        ball, actors, speed = self.motion.row(t)
        frame = min(max(round(t * self.motion.rate), 0), len(view.left) - 1)
        excited = self.excitement[frame]
        # An excited crowd moves more often.
        beat = int(t * (2.0 + 6.0 * excited))
        ground = view.grounds[beat % 2 if excited > 0.3 else 0]
        left, top = round(view.left[frame]), round(view.top[frame])
        picture = ground.crop((left, top, left + self.settings.width, top + self.settings.height))
        columns, rows, scales = view.camera.project(actors[:, 0], actors[:, 1], np.zeros(ACTORS))
        order = [*np.argsort(actors[:, 1])[::-1]]
        ball_drawn = False
        for actor in order:
            if not ball_drawn and actors[actor, 1] < ball[1]:
                self._ball(picture, view, ball, left, top)
                ball_drawn = True
            x, y = columns[actor] - left, rows[actor] - top
            if -40 < x < self.settings.width + 40 and -10 < y < self.settings.height + 90 * self.scale:
                self._person(picture, int(actor), t, frame, speed[actor], x, y, scales[actor])
        if not ball_drawn:
            self._ball(picture, view, ball, left, top)
        return picture

    def _person(
        self, picture: Any, actor: int, t: float, frame: int, speed: Any, x: float, y: float, scale: float
    ) -> None:
        pose = next((p.kind for p in self.poses.get(actor, ()) if p.start <= t < p.end), None)
        pace = float(np.hypot(*speed))
        moving = pose is None and pace > 0.9
        kind = pose or ("run" if moving else "stand")
        steps = figures.stride(float(self.run[frame, actor])) if moving or kind in ("cheer", "kick") else 0
        right = bool(speed[0] > 0) if pace > 0.4 else self.script.attack[team_of(actor) % 2] > 0
        height = round(_MAN_M * scale)
        sprite, foot_x, foot_y = figures.figure(self.looks[actor], height, kind, steps, right)
        shadow = _shadow(height)
        picture.paste(shadow, (round(x - shadow.width / 2), round(y - shadow.height / 2)), shadow)
        lift = 0.25 * height if kind.startswith("dive") else 0
        picture.paste(sprite, (round(x - foot_x), round(y - foot_y - lift)), sprite)

    def _ball(self, picture: Any, view: _View, ball: Any, left: int, top: int) -> None:
        x, y, _ = view.camera.project(ball[0], ball[1], 0.0)
        up_x, up_y, scale = view.camera.project(ball[0], ball[1], ball[2] + 0.15)
        size = max(round(0.42 * float(scale)), 4)
        shadow, disc = _shadow(size * 2), _disc(size)
        picture.paste(shadow, (round(x - left - shadow.width / 2), round(y - top - shadow.height / 2)), shadow)
        picture.paste(disc, (round(up_x - left - disc.width / 2), round(up_y - top - disc.height / 2)), disc)

    # --- close-ups and graphics ---------------------------------------------------------------

    def _close_up(self, shot: Shot, t: float) -> Any:
        width, height = self.settings.width, self.settings.height
        if self._close is None or self._close[0] is not shot:
            self._close = (shot, self._backdrop(shot), self._portrait(shot))
        _, backdrop, person = self._close
        part = (t - shot.start) / (shot.end - shot.start)
        shift = round(24 * self.scale * part)
        picture = backdrop.crop((shift, 0, shift + width, height))
        bob = round((6 * np.sin(9 * t) if shot.kind == "cheer" else 2 * np.sin(2 * t)) * self.scale)
        # Beside the scoreboard, not behind it.
        left = (width - person.width) // 2 + round(70 * self.scale) + shift // 2
        low = round((34 if shot.kind == "board" else 12) * self.scale)
        picture.paste(person, (left, height - person.height + low + bob), person)
        return picture

    def _backdrop(self, shot: Shot) -> Any:
        """Stands and grass out of focus."""
        from PIL import Image, ImageFilter

        view = self._view(_TIGHT_M)
        width, height = self.settings.width + round(24 * self.scale), self.settings.height
        room = view.camera.width - width // 2
        left = room // 2 + round((shot.actor * 37 % 100 - 50) / 100 * 0.3 * room)
        crop = view.grounds[0].crop((left, 0, left + width // 2, height // 2))
        return crop.resize((width, height), Image.Resampling.BILINEAR).filter(
            ImageFilter.GaussianBlur(7 * self.scale)
        )

    def _portrait(self, shot: Shot) -> Any:
        numbers = (0, 0)
        if shot.kind == "board":
            numbers = int(shot.at), round(100 * (shot.at % 1))
        elif shot.actor < 22:
            numbers = (self.script.number(shot.actor, shot.start), 0)
        return figures.portrait(self.looks[shot.actor], round(0.96 * self.settings.height), shot.kind, numbers)

    def _graphics(self, picture: Any, t: float) -> None:
        margin = round(18 * self.scale)
        home, away = self.script.teams
        second = int(np.floor(self.settings.clock_start_s + t + 1e-6))
        goals = self.script.score_at(t, on_screen=True)
        picture.paste(
            graphics.scoreboard(home, away, goals, second, self.scale), (margin, round(14 * self.scale))
        )
        for caption in self.script.captions:
            if caption.start <= t < caption.end:
                card = graphics.lower_third(caption, self.scale)
                # It slides in from the left.
                slide = round(card.width * max(0.0, 1 - (t - caption.start) / 0.3))
                picture.paste(card, (margin - slide, self.settings.height - card.height - margin), card)


def excitement(script: Script, frames: int, rate: float) -> NDArray[np.float64]:
    """How excited the crowd is at each frame, shape (frames,), in [0, 1]."""
    t = np.arange(frames) / rate
    level = np.full(frames, 0.12)
    for moment, strength, fall_s in script.surges:
        rise = np.clip((t - moment + 0.6) / 0.9, 0, 1)
        fall = np.exp(-np.clip(t - moment - 0.8, 0, None) / fall_s)
        level = np.maximum(level, strength * rise * fall)
    return level


def _looks(script: Script) -> list[Look]:
    rng = np.random.default_rng([script.seed, 3])
    looks = []
    for actor in range(ACTORS):
        skin = figures.SKINS[int(rng.integers(4))]
        hair = figures.HAIRS[int(rng.integers(4))]
        if actor >= 22:
            yellow = any(min(team.shirt[:2]) > 180 > team.shirt[2] for team in script.teams)
            dress = figures.OFFICIAL_DARK if yellow or actor == FOURTH else figures.OFFICIAL
            looks.append(Look(dress.shirt, dress.shorts, dress.socks, skin, hair))
            continue
        team = script.teams[team_of(actor)]
        if actor % 11 == KEEPER:
            looks.append(Look(team.keeper, team.keeper, team.keeper, skin, hair))
        else:
            looks.append(Look(team.shirt, team.shorts, team.shirt, skin, hair))
    return looks


_CACHE: dict[tuple[str, int], Any] = {}


def _shadow(height: int) -> Any:
    return _blob("shadow", height)


def _disc(size: int) -> Any:
    return _blob("disc", size)


def _blob(kind: str, size: int) -> Any:
    from PIL import Image, ImageDraw

    if (kind, size) not in _CACHE:
        wide, high = (0.62 * size, 0.2 * size) if kind == "shadow" else (size, size)
        big = Image.new("RGBA", (max(int(4 * wide), 4), max(int(4 * high), 4)), (10, 40, 12, 0))
        colour = (10, 40, 12, 120) if kind == "shadow" else (252, 252, 250, 255)
        draw = ImageDraw.Draw(big)
        draw.ellipse([0, 0, big.width - 1, big.height - 1], fill=colour)
        if kind == "disc":
            draw.arc(
                [0, 0, big.width - 1, big.height - 1],
                20,
                160,
                fill=(150, 155, 150, 255),
                width=max(size // 2, 1),
            )
        _CACHE[kind, size] = big.resize((max(big.width // 4, 1), max(big.height // 4, 1)), Image.Resampling.BOX)
    return _CACHE[kind, size]
