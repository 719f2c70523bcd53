"""What a practice frame shows: one subject a label, among things that any of them has.

======================  =====================================================  =========================
label                   subject                                                told from
======================  =====================================================  =========================
Corner                  the corner of the lines, its pole, the ball            shapes
Penalty                 a goal far off, the keeper, the ball on the spot       shapes
Goal                    a goal close by, the ball in its net, arms raised      shapes
Shots on target         a goal, the ball anywhere, a board that reads "ON"     text, from "NO"
Shots off target        a goal, the ball anywhere, a board that reads "NO"     text, from "ON"
Throw-in                an assistant whose flag points to the right            direction, from the left
Ball out of play        an assistant whose flag points to the left             direction, from the right
Yellow card             the referee's raised hand with a yellow card           colour, from red
Red card                the referee's raised hand with a red card              colour, from yellow
Substitution            a board of red and green digits, two people            shapes
======================  =====================================================  =========================

In a mirror "ON" reads "NO" and right is left: four of the ten become another label. (Real assistants' flags and
boards mean other things; what counts here is that a mirror changes them.)
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from matchcut.datasets.practice_frame_drawing import DARK, WHITE, Colour, Pen, vivid

BLACK: Colour = (30, 30, 34)
_YELLOW: Colour = (245, 215, 30)
_RED: Colour = (215, 25, 30)


@dataclass(frozen=True, slots=True)
class Match:
    """What all images of a game have in common.

    Attributes:
        kits: the teams' shirts and shorts.
        grass: the pitch's colour.
        stripes: bands a picture, and how strong they are.
        light: 1 in plain daylight.
        teams: the scoreboard's short names.
        board: the scoreboard's colour and its ink's.
    """

    kits: tuple[tuple[Colour, Colour], tuple[Colour, Colour]]
    grass: Colour
    stripes: tuple[float, float]
    light: float
    teams: tuple[str, str]
    board: tuple[Colour, Colour]


def match_of(rng: np.random.Generator) -> Match:
    """A game's looks."""
    shirts = [vivid(rng) if rng.random() < 0.75 else (WHITE, BLACK)[int(rng.integers(2))] for _ in range(2)]
    shorts = [shirt if rng.random() < 0.4 else (WHITE, BLACK)[int(rng.integers(2))] for shirt in shirts]
    green = np.array([58, 128, 50]) + rng.uniform(-24, 24, 3)
    codes = ["".join(rng.choice(list("ABCDEFGHKLMNOPRSTUVW"), 3)) for _ in range(2)]
    board = vivid(rng) if rng.random() < 0.5 else BLACK
    return Match(
        ((shirts[0], shorts[0]), (shirts[1], shorts[1])),
        (int(green[0]), int(green[1]), int(green[2])),
        (float(rng.uniform(2, 7)), float(rng.uniform(4, 16))),
        float(rng.uniform(0.7, 1.2)),
        (codes[0], codes[1]),
        (board, WHITE if sum(board) < 420 else BLACK),
    )


Subject = Callable[[Pen, Match, np.random.Generator], None]


def _goal(pen: Pen, left: float, top: float, right: float, bottom: float) -> None:
    for part in np.linspace(0, 1, 7)[1:-1]:
        x, y = left + part * (right - left), top + part * (bottom - top)
        pen.line([(x, top), (x, bottom)], 0.015, (190, 195, 195))
        pen.line([(left, y), (right, y)], 0.015, (190, 195, 195))
    pen.line([(left, bottom), (left, top), (right, top), (right, bottom)], 0.06, WHITE)


def _corner(pen: Pen, match: Match, rng: np.random.Generator) -> None:
    side = float(rng.choice((-1, 1)))
    pen.line([(-1.2 * side, 0.5), (0.3 * side, 0.5), (0.75 * side, -0.7)], 0.06, WHITE)
    arc = [(0.3 * side - side * 0.45 * np.cos(a), 0.5 - 0.3 * np.sin(a)) for a in np.linspace(0, 1.9, 8)]
    pen.line(arc, 0.05, WHITE)
    pen.line([(0.3 * side, 0.5), (0.3 * side, -0.6)], 0.07, _YELLOW)
    away = float(rng.choice((-1, 1)))
    pen.shape([(0.3 * side, -0.6), (0.3 * side + 0.4 * away, -0.45), (0.3 * side, -0.25)], vivid(rng))
    pen.ball(0.3 * side - 0.25 * side, 0.4)


def _penalty(pen: Pen, match: Match, rng: np.random.Generator) -> None:
    _goal(pen, -0.6, -0.9, 0.6, -0.35)
    pen.line([(-1.1, -0.3), (1.1, -0.3)], 0.04, WHITE)
    pen.person(float(rng.uniform(-0.15, 0.15)), -0.33, 0.5, vivid(rng), BLACK, [(-0.35, -0.75), (0.35, -0.75)])
    pen.disc(0, 0.3, 0.16, WHITE)
    pen.ball(0, 0.22)
    shirt, shorts = match.kits[int(rng.integers(2))]
    pen.person(float(rng.choice((-0.5, 0.5))), 0.95, 0.8, shirt, shorts)


def _in_the_net(pen: Pen, match: Match, rng: np.random.Generator) -> None:
    _goal(pen, -1.0, -0.8, 1.0, 0.45)
    pen.ball(float(rng.uniform(-0.7, 0.7)), float(rng.uniform(-0.5, 0.2)))
    shirt, shorts = match.kits[int(rng.integers(2))]
    for x in (-0.5, 0.35):
        x += float(rng.uniform(-0.15, 0.15))
        pen.person(x, 0.95, 0.9, shirt, shorts, [(x - 0.35, -0.15), (x + 0.35, -0.15)])


def _shot(text: str) -> Subject:
    def draw(pen: Pen, match: Match, rng: np.random.Generator) -> None:
        _goal(pen, -0.75, -0.95, 0.75, -0.15)
        x, y = float(rng.uniform(-0.95, 0.95)), float(rng.uniform(-0.9, -0.1))
        pen.line([(x * 0.4, 0.1), (x, y)], 0.03, WHITE)
        pen.ball(x, y)
        pen.box(-0.75, 0.1, 0.75, 0.95, DARK)
        pen.glyphs(text, -0.48, 0.27, 0.52, _YELLOW if rng.random() < 0.5 else WHITE)

    return draw


def _flag(side: int) -> Subject:
    def draw(pen: Pen, match: Match, rng: np.random.Generator) -> None:
        pen.line([(-1.1, 0.95), (1.1, 0.95)], 0.05, WHITE)
        hand = (0.4 * side, -0.15)
        shirt = BLACK if rng.random() < 0.5 else (_YELLOW, (60, 200, 220))[int(rng.integers(2))]
        pen.person(0, 0.95, 1.5, shirt, BLACK, [(-0.25, 0.35), hand] if side > 0 else [hand, (0.25, 0.35)])
        tip = (0.95 * side, float(rng.uniform(-0.6, -0.2)))
        pen.line([hand, tip], 0.05, WHITE)
        cloth = ((235, 90, 20), _YELLOW, _RED)[int(rng.integers(3))]
        middle = (0.55 * side, hand[1] + 0.27 * (tip[1] - hand[1]))
        pen.shape([middle, tip, (tip[0], tip[1] + 0.4), (middle[0], middle[1] + 0.4)], cloth)
        pen.ball(float(rng.choice((-0.6, 0.6))), 0.85)

    return draw


def _card(colour: Colour) -> Subject:
    def draw(pen: Pen, match: Match, rng: np.random.Generator) -> None:
        side = float(rng.choice((-1, 1)))
        shirt = BLACK if rng.random() < 0.6 else (60, 200, 220)
        hand = (0.3 * side, -0.55)
        pen.person(0, 1.0, 1.5, shirt, BLACK, [hand, (0.3, 0.3)] if side < 0 else [(-0.3, 0.3), hand])
        pen.box(hand[0] - 0.16, -1.0, hand[0] + 0.16, -0.55, colour)
        one, shorts = match.kits[int(rng.integers(2))]
        pen.person(-0.75 * side, 1.0, 1.3, one, shorts)

    return draw


def _change(pen: Pen, match: Match, rng: np.random.Generator) -> None:
    shirt, shorts = match.kits[int(rng.integers(2))]
    for x in (-0.75, 0.75):
        pen.person(x, 1.0, 1.3, shirt, shorts)
    pen.person(0, 1.0, 1.3, BLACK, BLACK, [(-0.4, -0.35), (0.4, -0.35)])
    pen.box(-0.8, -1.0, 0.8, -0.3, DARK)
    colours: list[Colour] = [(60, 230, 80), (240, 60, 50)]
    for x, colour in zip((-0.68, 0.12), colours if rng.random() < 0.5 else colours[::-1], strict=True):
        pen.glyphs("".join(rng.choice(list("1346789"), 2)), x, -0.88, 0.46, colour)


SUBJECTS: dict[str, Subject] = {
    "Penalty": _penalty,
    "Goal": _in_the_net,
    "Substitution": _change,
    "Shots on target": _shot("ON"),
    "Shots off target": _shot("NO"),
    "Ball out of play": _flag(-1),
    "Throw-in": _flag(1),
    "Corner": _corner,
    "Yellow card": _card(_YELLOW),
    "Red card": _card(_RED),
}
"""What is drawn for each label, in SoccerNet's order."""

MIRRORED = {
    "Shots on target": "Shots off target",
    "Shots off target": "Shots on target",
    "Throw-in": "Ball out of play",
    "Ball out of play": "Throw-in",
}
"""What a mirror makes of a label; the others stay."""
