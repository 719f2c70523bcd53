"""Every number of the fusion, with where it comes from: docs/decisions/0100 says how the measured ones were."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from matchcut.spotters.weighing import Rates

CARDS = ("Yellow card", "Red card", "Yellow->red card")
SHOTS = ("Shots on target", "Shots off target")
FREE_KICKS = ("Direct free-kick", "Indirect free-kick")


def _crowd() -> dict[str, Rates]:
    return {
        "Goal": Rates(0.70, 0.25),
        "Penalty": Rates(0.65, 0.25),
        "Shots on target": Rates(0.50, 0.20),
        "Shots off target": Rates(0.45, 0.20),
        "Red card": Rates(0.50, 0.25),
        "Yellow->red card": Rates(0.50, 0.25),
        "Yellow card": Rates(0.35, 0.20),
    }


def _whistle() -> dict[str, Rates]:
    usual = dict.fromkeys(("Foul", "Offside", *FREE_KICKS, "Penalty", *CARDS), Rates(0.40, 0.20))
    return {**usual, "Kick-off": Rates(0.45, 0.20)}


def _replay() -> dict[str, Rates]:
    often = dict.fromkeys(("Goal", "Penalty", "Red card", "Yellow->red card"), Rates(0.80, 0.35))
    return {**often, **dict.fromkeys((*SHOTS, "Yellow card"), Rates(0.50, 0.25)), "Foul": Rates(0.35, 0.25)}


def _close() -> dict[str, Rates]:
    usual = dict.fromkeys((*SHOTS, *CARDS, "Foul"), Rates(0.70, 0.50))
    return {**usual, "Goal": Rates(0.92, 0.55)}


def _text() -> dict[str, Rates]:
    return {"Substitution": Rates(0.40, 0.08), **dict.fromkeys(CARDS, Rates(0.35, 0.08))}


@dataclass(frozen=True)
class FusionSettings:
    """What observations count.

    Measured on SoccerNet's valid games and on drawn boards:

    Attributes:
        prior: probability that such an event lies within a minute and a half around a moment, for joining two
            sources that both claim it.
        heard_s: the commentary's goal lies so long before and after the true moment in 95 of 100 cases.
        restart_s: a kick-off follows a goal after so many seconds in 90 of 100 cases, the ends given some room.
        unheard: weight of commentary, near a goal on the board, in which nothing sounds like a goal.
        board_misses: share of goals that a board which is seen before and after does not show.
        board_surest: a board's goal is never surer than this by itself.

    Judged by people who have watched many matches, kept modest:

    Attributes:
        crowd, whistle, replay, close, text: how often each is observed, by label.
        not_in_play: weight of a claim of play before kick-off, at half-time or after the end.
        restart: probability of a kick-off where play is shown again after a goal.
        mid_half: weight of a kick-off claimed in the middle of a half without a goal before it.
        most_support, most_doubt: bounds on the judged weights together.
        least_weight: what moves the log-odds by less is not worth telling.
        crowd_db: a rise of the crowd, averaged over three seconds, that counts.
        lower_floor: what fell below its label's threshold by contradiction stays visible down to this.
    """

    prior: Mapping[str, float] = field(default_factory=lambda: {"Goal": 0.058, "Kick-off": 0.09})
    heard_s: tuple[float, float] = (25.0, 25.0)
    restart_s: tuple[float, float] = (25.0, 100.0)
    unheard: float = -1.4
    board_misses: float = 0.04
    board_surest: float = 0.96

    crowd: Mapping[str, Rates] = field(default_factory=_crowd)
    whistle: Mapping[str, Rates] = field(default_factory=_whistle)
    replay: Mapping[str, Rates] = field(default_factory=_replay)
    close: Mapping[str, Rates] = field(default_factory=_close)
    text: Mapping[str, Rates] = field(default_factory=_text)
    not_in_play: float = -2.0
    mid_half: float = -2.0
    restart: float = 0.6
    most_support: float = 1.5
    most_doubt: float = 3.0
    least_weight: float = 0.15
    crowd_db: float = 4.0
    lower_floor: float = 0.05
