"""Made-up teams and players. Any likeness to real ones is chance."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

Colour = tuple[int, int, int]

_CLUBS = (
    ("Norhaven", "NOR"),
    ("Sudermoor", "SUD"),
    ("Eastmere", "EAS"),
    ("Westvale", "WES"),
    ("Kilnford", "KIL"),
    ("Brackwater", "BRK"),
    ("Thornbridge", "THO"),
    ("Lowenstow", "LOW"),
    ("Castlemarsh", "CAS"),
    ("Vallenburg", "VAL"),
)
_SURNAMES = (
    "Harrowick",
    "Delmasse",
    "Okentu",
    "Brandvik",
    "Solterra",
    "Mirande",
    "Talvik",
    "Penhallow",
    "Duvrais",
    "Ostrander",
    "Kessaly",
    "Varlan",
    "Quillon",
    "Adebori",
    "Fenwright",
    "Marchetta",
    "Lindqvor",
    "Sarrano",
    "Bexley",
    "Tomasque",
    "Ravndal",
    "Ighalu",
    "Corrigane",
    "Petrovane",
    "Haldane",
    "Zubira",
    "Wexford",
    "Nakomba",
    "Esteline",
    "Gravelle",
    "Ormsby",
    "Castellane",
    "Yarrow",
    "Dunmere",
    "Volkova",
    "Aldane",
    "Merrik",
    "Tavish",
    "Rourke",
    "Belmar",
    "Junqueras",
    "Stenhouse",
    "Falk",
    "Obiala",
)
# (shirt, shorts, keeper): the two kits of a match come from different rows of colour.
_KITS: tuple[tuple[Colour, Colour, Colour], ...] = (
    ((205, 30, 42), (245, 245, 245), (40, 190, 90)),
    ((245, 245, 245), (20, 30, 70), (250, 150, 30)),
    ((28, 72, 180), (245, 245, 245), (235, 90, 170)),
    ((250, 210, 40), (20, 60, 150), (120, 120, 130)),
    ((120, 20, 60), (150, 200, 235), (60, 200, 190)),
    ((120, 195, 240), (250, 250, 250), (250, 120, 40)),
)
_CLASHES = {frozenset((0, 4)), frozenset((2, 5)), frozenset((1, 5))}
SQUAD = 16
"""Players of a team: eleven that start, in the order of `ROLES`, and five on the bench."""


@dataclass(frozen=True, slots=True)
class Team:
    """One side: the name that commentators say, the scoreboard's code, colours, and `SQUAD` players."""

    name: str
    code: str
    shirt: Colour
    shorts: Colour
    keeper: Colour
    players: tuple[str, ...]
    numbers: tuple[int, ...]


def draw_teams(rng: np.random.Generator) -> tuple[Team, Team]:
    """Two different teams with kits that a viewer can tell apart."""
    clubs = rng.permutation(len(_CLUBS))[:2]
    names = [_SURNAMES[i] for i in rng.permutation(len(_SURNAMES))[: 2 * SQUAD]]
    pairs = [
        (i, j)
        for i in range(len(_KITS))
        for j in range(len(_KITS))
        if i != j and frozenset((i, j)) not in _CLASHES
    ]
    kits = pairs[int(rng.integers(len(pairs)))]
    teams = []
    for side in range(2):
        name, code = _CLUBS[clubs[side]]
        shirt, shorts, keeper = _KITS[kits[side]]
        bench = tuple(int(n) for n in 12 + rng.permutation(20)[: SQUAD - 11])
        squad = tuple(names[side * SQUAD : (side + 1) * SQUAD])
        teams.append(Team(name, code, shirt, shorts, keeper, squad, (*range(1, 12), *bench)))
    return teams[0], teams[1]
