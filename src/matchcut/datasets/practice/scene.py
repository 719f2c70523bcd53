"""What the cameras see: the play from above, people near, the crowd, the bench."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from matchcut.datasets.practice import figures
from matchcut.datasets.practice.camera import Camera, camera_for
from matchcut.datasets.practice.figures import Look
from matchcut.datasets.practice.motion import Motion, smoothed
from matchcut.datasets.practice.pitch import draw_ground
from matchcut.datasets.practice.places import KEEPER
from matchcut.datasets.practice.script import ACTORS, END, FOURTH, MIDDLE, Pose, Script, Shot, team_of
from matchcut.datasets.practice.sound import excitement
from matchcut.datasets.practice.timeline import on_grass

if TYPE_CHECKING:
    from PIL.Image import Image as Picture

Array = NDArray[np.float64]

_WIDE_M, _TIGHT_M = 41.0, 28.0
SLOW = 0.5
"""Replays run at half speed."""
_MAN_M = 1.95
"""Figures are a little larger than life, as they must be to be seen."""


@dataclass
class _View:
    """One zoom of the main camera: its ground, and where it looks at each frame."""

    camera: Camera
    grounds: list[Picture]
    left: Array
    top: Array


class Cameras:
    """Draws what the cameras of one script show, without any graphics.

    Args:
        script: what happens.
        motion: where everybody is, on the frame grid.
        width, height: of the picture.
    """

    def __init__(self, script: Script, motion: Motion, width: int, height: int) -> None:
        self.script, self.motion, self.width, self.height = script, motion, width, height
        self.scale = height / 360
        self.looks = _looks(script)
        self.views: dict[float, _View] = {}
        self.excitement = excitement(script.surges, len(motion.ball), motion.rate)
        self.run = np.cumsum(np.hypot(*motion.speed.transpose(2, 0, 1)), axis=0) / motion.rate
        self.poses: dict[int, list[Pose]] = {}
        for pose in script.poses:
            self.poses.setdefault(pose.actor, []).append(pose)
        self._kept: dict[tuple[str, float], tuple[Picture, ...]] = {}

    def picture(self, shot: Shot | None, t: float) -> Picture:
        """What a shot shows at a moment; None is the main camera."""
        kind = "main" if shot is None else shot.kind
        if shot is None or kind in ("main", "tight"):
            return self._field(t, _WIDE_M if kind == "main" else _TIGHT_M)
        if kind == "replay":
            return self._field(shot.at + SLOW * (t - shot.start), _TIGHT_M)
        if kind == "crowd":
            return self._crowd(shot, t)
        if kind == "bench":
            return self._bench(shot, t)
        return self._close_up(shot, t)

    # --- the main camera ---------------------------------------------------------------------

    def _view(self, metres: float) -> _View:
        """The view at a zoom; its ground is drawn when it is first needed."""
        from PIL import Image

        if metres not in self.views:
            camera = camera_for(self.width, metres)
            home, away = self.script.teams
            grounds = [
                Image.fromarray(g) for g in draw_ground(camera, (home.shirt, away.shirt), self.script.seed)
            ]
            watched = smoothed(self.motion.ball, 0.7 if metres == _WIDE_M else 0.35, self.motion.rate)
            # Near the end of the pitch the camera keeps the box in the picture, not the flag.
            x = np.clip(watched[:, 0], -END + 8, END - 8)
            y = MIDDLE + 0.72 * (watched[:, 1] - MIDDLE)
            column, row, _ = camera.project(x, y, 0.25 * watched[:, 2])
            left = np.clip(column - self.width / 2, 0, camera.width - self.width)
            top = np.clip(row - 0.56 * self.height, 0, camera.height - self.height)
            self.views[metres] = _View(camera, grounds, left, top)
        return self.views[metres]

    def _field(self, t: float, metres: float) -> Picture:
        view = self._view(metres)
        ball, actors, speed = self.motion.row(t)
        frame = min(max(round(t * self.motion.rate), 0), len(view.left) - 1)
        excited = self.excitement[frame]
        # An excited crowd moves more often.
        beat = int(t * (2.0 + 6.0 * excited))
        ground = view.grounds[beat % 2 if excited > 0.3 else 0]
        left, top = round(view.left[frame]), round(view.top[frame])
        picture = ground.crop((left, top, left + self.width, top + self.height))
        columns, rows, scales = view.camera.project(actors[:, 0], actors[:, 1], np.zeros(ACTORS))
        order = [*np.argsort(actors[:, 1])[::-1]]
        ball_drawn = False
        for actor in order:
            if not ball_drawn and actors[actor, 1] < ball[1]:
                self._ball(picture, view, ball, left, top)
                ball_drawn = True
            x, y = columns[actor] - left, rows[actor] - top
            if -40 < x < self.width + 40 and -10 < y < self.height + 90 * self.scale:
                self._person(picture, int(actor), t, frame, speed[actor], x, y, scales[actor])
        if not ball_drawn:
            self._ball(picture, view, ball, left, top)
        return picture

    def _person(
        self, picture: Picture, actor: int, t: float, frame: int, speed: Array, x: float, y: float, scale: float
    ) -> None:
        pose = next((p.kind for p in self.poses.get(actor, ()) if p.start <= t < p.end), None)
        pace = float(np.hypot(*speed))
        moving = pose is None and pace > 0.9
        kind = pose or ("run" if moving else "stand")
        steps = figures.stride(float(self.run[frame, actor])) if moving or kind in ("cheer", "kick") else 0
        right = bool(speed[0] > 0) if pace > 0.4 else self.script.attack[team_of(actor) % 2] > 0
        height = round(_MAN_M * scale)
        sprite, foot_x, foot_y = figures.figure(self.looks[actor], height, kind, steps, right)
        shadow = _blob("shadow", height)
        picture.paste(shadow, (round(x - shadow.width / 2), round(y - shadow.height / 2)), shadow)
        lift = 0.25 * height if kind.startswith("dive") else 0
        picture.paste(sprite, (round(x - foot_x), round(y - foot_y - lift)), sprite)

    def _ball(self, picture: Picture, view: _View, ball: Array, left: int, top: int) -> None:
        x, y, _ = map(float, view.camera.project(ball[0], ball[1], 0.0))
        up_x, up_y, scale = map(float, view.camera.project(ball[0], ball[1], ball[2] + 0.15))
        size = max(round(0.42 * scale), 4)
        shadow, disc = _blob("shadow", size * 2), _blob("disc", size)
        picture.paste(shadow, (round(x - left - shadow.width / 2), round(y - top - shadow.height / 2)), shadow)
        picture.paste(disc, (round(up_x - left - disc.width / 2), round(up_y - top - disc.height / 2)), disc)

    # --- other cameras -----------------------------------------------------------------------

    def _parts(self, shot: Shot, make: Callable[[Shot], tuple[Picture, ...]]) -> tuple[Picture, ...]:
        """The still parts of a shot, drawn when they are first needed; the last few are kept."""
        key = (shot.kind, shot.start)
        if key not in self._kept:
            if len(self._kept) >= 3:
                del self._kept[next(iter(self._kept))]
            self._kept[key] = make(shot)
        return self._kept[key]

    def _close_up(self, shot: Shot, t: float) -> Picture:
        backdrop, person = self._parts(shot, lambda s: (self._backdrop(s), self._portrait(s)))
        part = (t - shot.start) / (shot.end - shot.start)
        shift = round(24 * self.scale * min(max(part, 0.0), 1.0))
        picture = backdrop.crop((shift, 0, shift + self.width, self.height))
        bob = round((6 * np.sin(9 * t) if shot.kind == "cheer" else 2 * np.sin(2 * t)) * self.scale)
        # Beside the scoreboard, not behind it.
        left = (self.width - person.width) // 2 + round(70 * self.scale) + shift // 2
        low = round((34 if shot.kind == "board" else 12) * self.scale)
        picture.paste(person, (left, round(0.04 * self.height) + low + bob), person)
        return picture

    def _backdrop(self, shot: Shot) -> Picture:
        """Grass or stands out of focus."""
        from PIL import Image, ImageFilter

        view = self._view(_TIGHT_M)
        width, height = self.width + round(24 * self.scale), self.height
        left, top = self._somewhere(shot, 0.3), 0
        if on_grass(shot):
            top = view.camera.height - height
        crop = view.grounds[0].crop((left, top, left + self.width // 2, top + height // 2))
        soft = crop.resize((width, height), Image.Resampling.BILINEAR).filter(
            ImageFilter.GaussianBlur(7 * self.scale)
        )
        # Each camera has its own exposure.
        exposure = 0.72 + 0.45 * self._luck(shot)
        return soft.point(lambda value: min(round(value * exposure), 255))

    def _somewhere(self, shot: Shot, spread: float) -> int:
        """A column of the panorama's middle part, another for each shot."""
        room = self._view(_TIGHT_M).camera.width - self.width // 2
        return room // 2 + round((self._luck(shot) - 0.5) * spread * room)

    def _luck(self, shot: Shot) -> float:
        """A number from 0 to 1, another for each shot."""
        return (shot.actor * 37 + shot.start * 101) % 100 / 100

    def _portrait(self, shot: Shot) -> Picture:
        numbers = (0, 0)
        if shot.kind == "board":
            numbers = int(shot.at), round(100 * (shot.at % 1))
        elif shot.actor < 22:
            numbers = (self.script.number(shot.actor, shot.start), 0)
        near = 0.96 if shot.kind in ("board", "card", "flag") else 1.0 + 0.4 * self._luck(shot)
        return figures.portrait(self.looks[shot.actor], round(near * self.height), shot.kind, numbers)

    def _crowd(self, shot: Shot, t: float) -> Picture:
        """A part of the stand from near, standing and sitting by turns."""
        phases = self._parts(shot, self._crowd_parts)
        frame = min(max(round(t * self.motion.rate), 0), len(self.excitement) - 1)
        beat = int(t * (2.0 + 6.0 * self.excitement[frame])) % 2
        shift = round(10 * self.scale * (t - shot.start))
        left = min(max(shift, 0), phases[beat].width - self.width)
        return phases[beat].crop((left, 0, left + self.width, self.height))

    def _crowd_parts(self, shot: Shot) -> tuple[Picture, ...]:
        from PIL import Image

        view = self._view(_TIGHT_M)
        left = self._somewhere(shot, 0.5)
        width, height = self.width // 4 + 8, self.height // 4
        boards = float(view.camera.project(np.array(0.0), np.array(72.5), 1.2)[1]) - 4 * self.scale
        low = max(int(boards), height)
        crops = [g.crop((left, low - height, left + width, low)) for g in view.grounds]
        size = (4 * width, self.height)
        return tuple(crop.resize(size, Image.Resampling.BICUBIC) for crop in crops)

    def _bench(self, shot: Shot, t: float) -> Picture:
        """The team's substitutes and their manager in the dugout."""
        (still,) = self._parts(shot, self._bench_parts)
        shift = round(12 * self.scale * min(max((t - shot.start) / (shot.end - shot.start), 0.0), 1.0))
        return still.crop((shift, 0, shift + self.width, self.height))

    def _bench_parts(self, shot: Shot) -> tuple[Picture, ...]:
        from PIL import Image, ImageDraw

        width = self.width + round(12 * self.scale)
        picture = Image.new("RGB", (width, self.height), (58, 62, 72))
        draw = ImageDraw.Draw(picture)
        for row, tone in ((0.0, (120, 128, 140)), (0.12, (88, 94, 104)), (0.62, (44, 46, 54))):
            draw.rectangle([0, row * self.height, width, self.height], fill=tone)
        team = self.script.teams[shot.actor % 2]
        size = round(0.5 * self.height)
        for seat in range(6):
            look = self.looks[(shot.actor % 2) * 11 + 1 + seat]
            coat = (36, 38, 46) if seat == 0 else team.shirt
            number = 0 if seat == 0 else team.numbers[10 + seat]
            dressed = Look(coat, coat, coat, look.skin, look.hair)
            person = figures.portrait(dressed, size, "portrait", (number, 0))
            left = round((seat + 0.5) / 6 * width - person.width / 2)
            picture.paste(person, (left, round(0.27 * self.height)), person)
        draw.rectangle([0, 0.77 * self.height, width, self.height], fill=(70, 74, 84))
        return (picture,)


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


_CACHE: dict[tuple[str, int], Picture] = {}


def _blob(kind: str, size: int) -> Picture:
    """The ball ("disc"), or the shadow of something of this height."""
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
