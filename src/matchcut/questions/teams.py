"""Teams as people say them and as scoreboards write them: Germany is GER."""

from __future__ import annotations

from collections.abc import Collection, Sequence

_LONGEST = 5
"""A board's name of at most so many letters is taken for an abbreviation."""

_CODES = {
    "esp": "spain", "sui": "switzerland", "kor": "southkorea", "prk": "northkorea", "ksa": "saudiarabia",
    "rsa": "southafrica", "rou": "romania", "isl": "iceland", "mkd": "northmacedonia", "civ": "cotedivoire",
    "cpv": "capeverde", "hol": "netherlands", "drc": "democraticrepublicofthecongo",
}  # fmt: skip
"""FIFA's codes whose letters do not stand in the country's English name in their order."""


def named(said: str, teams: Collection[str]) -> str | None:
    """The one of the teams that is meant by a name; None where none is, or more than one.

    A board's abbreviation fits a name that begins like it and holds its letters in their order; a whole name
    fits if one of its words is said.

    >>> named("Germany", ["BRA", "GER"]), named("Manchester City", ["MUN", "MCI"]), named("Real", ["Real M."])
    ('GER', 'MCI', 'Real M.')
    >>> print(named("Bremen", ["BRA", "BRE"]), named("Salah", ["BRA", "GER"]))
    BRE None
    """
    fitting = [team for team in teams if _fits(said, team)]
    if len(fitting) > 1:
        fitting = [team for team in fitting if _letters(said).startswith(_letters(team))]
    return fitting[0] if len(fitting) == 1 else None


def _fits(said: str, team: str) -> bool:
    name, board = _letters(said), _letters(team)
    if len(name) < 3 or not board:
        return False
    if name == board or name in (_letters(word) for word in team.split()):
        return True
    if len(board) > _LONGEST or len(name) <= len(board):
        return False
    if _CODES.get(board) == name:
        return True
    letters = iter(name)
    return name[0] == board[0] and all(letter in letters for letter in board)


def _letters(text: str) -> str:
    return "".join(c for c in text.casefold() if c.isalnum())


def sides(asked: Collection[str], pair: Sequence[str]) -> set[str]:
    """Everything that a log may write for the teams asked for: "away" is also the second of the pair.

    Args:
        asked: "home", "away" or names.
        pair: home and away as the board names them; "" where unknown.

    >>> sorted(sides(["away"], ("BRA", "GER"))), sorted(sides(["BRA"], ("BRA", "GER")))
    (['away', 'ger'], ['bra', 'home'])
    """
    meant = {team.casefold() for team in asked}
    for side, name in zip(("home", "away"), pair, strict=True):
        if name and meant & {side, name.casefold()}:
            meant |= {side, name.casefold()}
    return meant


def by_team(team: str) -> str:
    """How a sentence says whose it was.

    >>> by_team("GER"), by_team("home")
    ('by GER', 'by the home team')
    """
    return f"by the {team} team" if team in ("home", "away") else f"by {team}"
