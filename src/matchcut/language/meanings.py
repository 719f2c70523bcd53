"""What each action is, in a few words, for models that were not trained on the data sets' labels."""

from __future__ import annotations

from matchcut.sport import Sport

_SOCCER = {
    "Penalty": "a penalty kick is taken",
    "Kick-off": "play starts or restarts from the centre spot",
    "Goal": "a goal is scored",
    "Substitution": "a player is replaced",
    "Offside": "offside is called",
    "Shots on target": "a shot that would go in and is saved, or goes in",
    "Shots off target": "a shot that misses the goal or hits the frame",
    "Clearance": "a goal kick or the goalkeeper's restart from the box is taken",
    "Ball out of play": "the ball leaves the pitch",
    "Throw-in": "a throw-in is taken",
    "Foul": "the referee stops play for a foul",
    "Indirect free-kick": "a free-kick is played on, not at goal",
    "Direct free-kick": "a free-kick is taken at goal or into the box",
    "Corner": "a corner kick is taken",
    "Yellow card": "a yellow card is shown",
    "Red card": "a straight red card is shown",
    "Yellow->red card": "a second yellow card sends a player off",
}
_BASEBALL = {
    "ball": "a pitch outside the zone that is not swung at",
    "strike": "a pitch that counts as a strike",
    "swing": "the batter swings",
    "hit": "the bat hits the ball",
    "foul": "the ball is hit into foul territory",
    "in play": "the ball is hit into the field",
    "bunt": "the batter bunts",
    "hit by pitch": "the pitch hits the batter",
}
_MEANINGS = {"soccer": _SOCCER, "baseball": _BASEBALL}


def meaning(sport: Sport, label: str) -> str:
    """What an action is; its usual word where nobody wrote more.

    >>> from matchcut.sport import soccer
    >>> meaning(soccer, "Corner")
    'a corner kick is taken'
    """
    return _MEANINGS.get(sport.name, {}).get(label) or sport.label(label).singular
