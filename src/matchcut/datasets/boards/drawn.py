"""Boards drawn by lot."""

from __future__ import annotations

import random

from matchcut.datasets.boards.board import CLOCK_STYLES, FORMS, STOPPAGES, Board, _found_faces

_TEAMS = (
    *("BRA", "GER", "ARG", "FRA", "ENG", "ESP", "POR", "NED", "ITA", "USA", "MEX", "JPN", "LIV", "MCI"),
    *("ARS", "CHE", "BAY", "BVB", "PSG", "JUV", "RMA", "FCB", "AJA", "POR", "CEL", "BEN"),
)
_LONG = ("BRAZIL", "GERMANY", "ARSENAL", "CHELSEA", "VALENCIA", "SEVILLA", "PORTO", "BENFICA")


def random_board(seed: int, forms: tuple[str, ...] = FORMS) -> Board:
    """A board of random form, place and colours."""
    rng = random.Random(seed)
    dark = (rng.randrange(0, 70), rng.randrange(0, 70), rng.randrange(0, 70))
    light = (rng.randrange(200, 256), rng.randrange(200, 256), rng.randrange(200, 256))
    strong = rng.choice(
        [(200, 20, 30), (20, 60, 170), (240, 200, 20), (20, 120, 60), (0, 0, 0), (255, 255, 255)]
    )
    ink, paper = (light, dark) if rng.random() < 0.7 else (dark, light)
    boxed = rng.random() < 0.5
    bright = sum(strong) > 380
    form = rng.choice(forms)
    places = [(0.04, 0.05), (0.96, 0.05), (0.5, 0.05), (0.05, 0.93), (0.5, 0.94), (0.95, 0.92)]
    place = (0.5, rng.choice((0.05, 0.93))) if form == "wide" else rng.choice(places)
    if form == "apart" and place[0] == 0.5:
        place = (0.04, place[1])
    faces = ["", *_found_faces()]
    home, away = rng.sample(_LONG if rng.random() < 0.2 else _TEAMS, 2)
    return Board(
        form=form,
        place=place,
        size=rng.choice((11, 12, 13, 14, 16, 18, 20)),
        face=rng.choice(faces),
        ink=ink,
        paper=paper,
        score_ink=((0, 0, 0) if bright else (255, 255, 255)) if boxed else ink,
        score_paper=strong if boxed else paper,
        opacity=rng.choice((1.0, 1.0, 0.9, 0.8)),
        separator=rng.choice(("-", " - ", ":", " : ", "–")),
        clock_style=rng.choices(CLOCK_STYLES, (6, 2, 2, 1))[0],
        teams=(home, away),
        ticker=rng.random() < 0.2 and place[1] < 0.5,
        shadow=rng.random() < 0.2,
        stoppage=rng.choice(STOPPAGES),
    )
