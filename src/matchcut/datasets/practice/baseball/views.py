"""What the camera in centre field sees of a baseball game: pitcher, batter, catcher, umpire, and the ball."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from matchcut.datasets.practice import figures
from matchcut.datasets.practice.baseball.elsewhere import DIRT, GRASS, WALL, Elsewhere, ellipse, people
from matchcut.datasets.practice.baseball.game import FLIGHT_S, WIND_UP_S, Pitch
from matchcut.datasets.practice.baseball.players import SWING_STEPS, player
from matchcut.datasets.practice.figures import Look
from matchcut.datasets.practice.script import Shot

if TYPE_CHECKING:
    from PIL.Image import Image as Picture

SLOW = 0.5
_UMPIRE = Look((40, 44, 56), (92, 94, 100), (20, 20, 24), figures.SKINS[0], figures.HAIRS[0])
_SWING_S = 0.4
# Places in a picture of 640 by 360: feet of the pitcher, of home plate's people; the ball's way.
_MOUND, _PLATE = (212.0, 338.0), (392.0, 214.0)


class Views(Elsewhere):
    """Draws what is seen of a game, without graphics; see `Elsewhere`."""

    def picture(self, shot: Shot | None, t: float) -> Picture:
        """What a shot shows at a moment; None is the camera in centre field."""
        if shot is None:
            return self._plate(t)
        if shot.kind == "replay":
            return self._plate(shot.at + SLOW * (t - shot.start), near=True)
        if shot.kind == "field":
            return self.field(self.game.pitches[shot.actor], t)
        return self.drift(shot, t)

    # --- from centre field -------------------------------------------------------------------

    def _plate(self, t: float, near: bool = False) -> Picture:
        from PIL import Image

        picture = self.keep(("plate", 0.0), self._plate_ground).copy()
        tally = self.game.tally(max(t, 0.0))
        pitch = min(self.game.pitches, key=lambda p: abs(p.reach - t), default=None)
        batting, fielding = self.game.batting(tally), self.game.fielding(tally)
        batter = 0 if pitch is None else pitch.batter
        left = pitch is not None and pitch.left_handed
        self._stand(picture, _UMPIRE, (_PLATE[0], _PLATE[1] - 8), 74, self._umpire(pitch, t), 0, False)
        self._stand(picture, self.look(fielding, 2), (_PLATE[0], _PLATE[1] + 4), 78, "crouch", 0, False)
        if pitch is not None:
            self._ball(picture, pitch, t)
        pose, phase = self._bat(pitch, t)
        feet = (_PLATE[0] + (36 if left else -36), _PLATE[1] + 6)
        self._stand(picture, self.look(batting, 3 + batter), feet, 92, pose, phase, left)
        self._stand(picture, self.look(fielding, 1), _MOUND, 150, self._throw(pitch, t), 0, False)
        if near:
            # A replay is shown nearer.
            w, h = int(0.62 * self.width), int(0.62 * self.height)
            x, y = int(0.27 * self.width), int(0.24 * self.height)
            picture = picture.crop((x, y, x + w, y + h)).resize(
                (self.width, self.height), Image.Resampling.BILINEAR
            )
        return picture

    def _stand(
        self,
        picture: Picture,
        look: Look,
        feet: tuple[float, float],
        high: float,
        pose: str,
        phase: int,
        flip: bool,
    ) -> None:
        sprite, x, y = player(look, round(high * self.scale), pose, phase, flip)
        picture.paste(sprite, (round(feet[0] * self.scale) - x, round(feet[1] * self.scale) - y), sprite)

    def _throw(self, pitch: Pitch | None, t: float) -> str:
        """The pitcher's pose: the wind-up of a pitch, or of none."""
        for feint in self.game.feints:
            if 0 <= t - feint < 1.1:
                return "lift"
        if pitch is None:
            return "set"
        ahead = pitch.release - t
        steps = ((WIND_UP_S, "lift"), (0.4, "cock"), (0.08, "throw"), (-0.15, "follow"))
        pose = "set"
        for before, name in steps:
            if ahead <= before:
                pose = name
        return "set" if t > pitch.reach + 1.4 else pose

    def _bat(self, pitch: Pitch | None, t: float) -> tuple[str, int]:
        """The batter's pose: a swing, a bunt, or a swing for practice."""
        swings = list(self.game.practice_swings)
        if pitch is not None and pitch.swings:
            swings.append(pitch.reach - 3 / SWING_STEPS * _SWING_S)
        if pitch is not None and pitch.outcome == "bunt" and -0.7 < t - pitch.reach < 0.8:
            return "bunt", 0
        for start in swings:
            if 0 <= t - start < _SWING_S + 0.5:
                return "bat", min(int((t - start) / _SWING_S * SWING_STEPS), SWING_STEPS - 1)
        return "bat", 0

    def _umpire(self, pitch: Pitch | None, t: float) -> str:
        if pitch is None or not 0.9 < t - pitch.reach < 2.0:
            return "ready"
        return {"called strike": "strike", "miss": "strike", "foul": "foul"}.get(pitch.outcome, "ready")

    def _ball(self, picture: Picture, pitch: Pitch, t: float) -> None:
        from PIL import ImageDraw

        since = t - pitch.release
        if not -0.05 < since < FLIGHT_S + 1.4:
            return
        hand = (_MOUND[0] + 4, _MOUND[1] - 142)
        inside = pitch.aim[0] * (1 if pitch.left_handed else -1)
        plate = (_PLATE[0] + 24 * inside, _PLATE[1] - 36 - 22 * pitch.aim[1])
        part = since / FLIGHT_S
        if part <= 1:
            x, y = (hand[i] + (plate[i] - hand[i]) * max(part, 0) for i in (0, 1))
            y -= 10 * np.sin(np.pi * max(part, 0))
            size = 3.4 - 1.2 * part
        else:
            after = since - FLIGHT_S
            way = {"foul": (260.0, -330.0), "in play": (-330.0, -210.0), "bunt": (-60.0, 90.0)}.get(
                pitch.outcome
            )
            if way is None:
                way = (40.0, 50.0) if pitch.outcome == "hit by pitch" and after < 0.3 else (0.0, 0.0)
            if pitch.outcome in ("in play", "foul") and (pitch.spot[0] > 0) == (pitch.outcome == "in play"):
                way = (-way[0], way[1])
            x, y = plate[0] + way[0] * after, plate[1] + way[1] * after
            size = 2.2 + (1.6 * after if way[1] < 0 else 0)
        s = self.scale
        draw = ImageDraw.Draw(picture)
        box = [(x - size) * s, (y - size) * s, (x + size) * s, (y + size) * s]
        draw.ellipse(box, fill=(252, 252, 250), outline=(190, 190, 190))

    def _plate_ground(self) -> Picture:
        from PIL import Image, ImageDraw, ImageFilter

        s, rng = self.scale, np.random.default_rng([self.game.seed, 67])
        stand = people(rng, self.width, round(86 * s), self.game.teams, s)
        picture = Image.new("RGB", (self.width, self.height), GRASS)
        picture.paste(stand.filter(ImageFilter.GaussianBlur(1.2 * s)), (0, 0))
        draw = ImageDraw.Draw(picture)
        draw.rectangle([0, 86 * s, self.width, 128 * s], fill=WALL)
        for left in range(20, 640, 150):
            draw.rectangle([left * s, 94 * s, (left + 96) * s, 120 * s], fill=(220, 220, 214))
        for stripe in range(8):
            top = 128 + stripe * 30
            tone = GRASS if stripe % 2 else tuple(int(1.07 * c) for c in GRASS)
            draw.rectangle([0, top * s, self.width, (top + 30) * s], fill=(tone[0], tone[1], tone[2]))
        ellipse(draw, (_PLATE[0], _PLATE[1] - 2), (150, 34), DIRT, s)
        ellipse(draw, (_MOUND[0], _MOUND[1] + 4), (130, 44), DIRT, s)
        x, y = _PLATE
        draw.polygon([((x + dx) * s, (y + dy) * s) for dx, dy in ((-9, 4), (9, 4), (9, 9), (0, 12), (-9, 9))],
                     fill=(245, 245, 245))  # fmt: skip
        for side in (-1, 1):
            a, b = x + side * 20, x + side * 52
            draw.rectangle([min(a, b) * s, (y - 8) * s, max(a, b) * s, (y + 14) * s], outline=(236, 236, 230))
        return picture
