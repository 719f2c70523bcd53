"""Baseball: MLB-YouTube's eight actions, and what people call them."""

from __future__ import annotations

from matchcut.sport.kinds import HIGHLIGHT, HIGHLIGHT_WORDS, Group, Label, Sport

_ALL_HITS = "these are all the hits and balls in play"

_BASEBALL_LABELS = (
    Label("ball", "ball", "balls", ("ball four", "pitch outside", "outside pitch", "called ball"), 3, 4),
    Label("strike", "strike", "strikes", ("called strike", "strike call", "strike looking"), 3, 4),
    Label(
        "swing",
        "swing",
        "swings",
        (
            "swung",
            "swing and miss",
            "swing and a miss",
            "swings and misses",
            "swinging strike",
            "whiff",
            "cut at the ball",
        ),
        3,
        4,
    ),
    Label("hit", "hit", "hits", ("base hit", "contact", "base knock", "knock"), 3, 4),
    Label("foul", "foul", "fouls", ("foul ball", "foul tip", "fouled", "fouled off"), 3, 4),
    Label("in play", "ball in play", "balls in play", ("put in play", "ball put in play"), 3, 6),
    Label("bunt", "bunt", "bunts", ("bunted", "sacrifice bunt", "sac bunt", "squeeze", "drag bunt"), 3, 6),
    Label(
        "hit by pitch",
        "hit by pitch",
        "hits by pitch",
        ("hbp", "hit by a pitch", "hit batter", "hit batsman", "batter hit", "plunking", "plunked", "beaning"),
        3,
        6,
    ),
)

_BASEBALL_GROUPS = (
    Group(
        "home run",
        "home runs",
        ("hit", "in play"),
        ("homer", "homered", "homerun", "dinger", "long ball", "hr", "tater", "grand slam", "moonshot"),
        f"the labels do not tell home runs from other hits; {_ALL_HITS}",
    ),
    Group(
        "extra-base hit",
        "extra-base hits",
        ("hit", "in play"),
        ("single", "double", "triple", "two-bagger", "three-bagger"),
        f"the labels do not tell how many bases a hit was worth; {_ALL_HITS}",
    ),
    Group(
        "batted ball",
        "batted balls",
        ("in play",),
        ("fly ball", "fly-out", "pop-up", "pop fly", "ground ball", "grounder", "ground-out", "line drive"),
        "the labels do not tell how a ball was batted; these are all the balls in play",
    ),
    Group(
        "walk",
        "walks",
        ("ball",),
        ("base on balls", "walked", "free pass"),
        "walks are not labelled by themselves; these are all the balls",
    ),
    Group(
        "strikeout",
        "strikeouts",
        ("strike",),
        ("struck out", "punchout", "third strike"),
        "strikeouts are not labelled by themselves; these are all the strikes",
    ),
    Group("pitch", "pitches", ("ball", "strike", "hit by pitch"), ("delivery", "pitched ball")),
    Group(
        "highlight",
        "highlights",
        ("hit", "in play", "bunt", "hit by pitch", "run", HIGHLIGHT.name),
        HIGHLIGHT_WORDS,
    ),
)

_OUT = Label("out", "out", "outs", ("batter out", "runner out", "putout", "out made"), 6, 6)
_RUN = Label("run", "run", "runs", ("run scored", "scored run", "rbi", "run batted in"), 8, 8)

baseball = Sport("baseball", _BASEBALL_LABELS, _BASEBALL_GROUPS, (_OUT, _RUN, HIGHLIGHT))
"""Baseball with MLB-YouTube's eight actions, and beside them the outs and runs that a scoreboard tells."""
