"""Association football: SoccerNet-v2's seventeen actions, and what people call them."""

from __future__ import annotations

from matchcut.sport.kinds import HIGHLIGHT, HIGHLIGHT_WORDS, Group, Label, Sport

_SOCCER_LABELS = (
    Label(
        "Penalty",
        "penalty",
        "penalties",
        (
            *("pen", "pk", "penalty kick", "penalty shot", "penalty awarded", "penalty call", "spot kick"),
            *("kick from the spot", "kick from the penalty spot", "pen kick", "peno"),
        ),
        5,
        10,
    ),
    Label(
        "Kick-off",
        "kick-off",
        "kick-offs",
        ("restart", "restart of play", "centre kick", "center kick", "kicked off", "kicking off"),
        3,
        12,
    ),
    Label(
        "Goal",
        "goal",
        "goals",
        (
            *("score", "scored", "scoring", "scorer", "goalscorer", "finish", "goal scored", "scored goal"),
            *("netted", "ball in the net", "back of the net", "golazo", "goal celebration"),
        ),
        10,
        10,
    ),
    Label(
        "Substitution",
        "substitution",
        "substitutions",
        (
            *("sub", "subbed", "subbed off", "subbed on", "substitute", "substituted", "change", "switch"),
            *("player change", "change of player", "replacement", "replaced", "taken off", "brought on"),
        ),
        5,
        10,
    ),
    Label(
        "Offside",
        "offside",
        "offsides",
        (
            *("offside call", "offside decision", "offside flag", "offside position", "off side"),
            *("caught offside", "flagged offside", "offside trap"),
        ),
        8,
        7,
    ),
    Label(
        "Shots on target",
        "shot on target",
        "shots on target",
        (
            *("shot on goal", "effort on target", "effort on goal", "on-target shot", "on-target effort"),
            *("attempt on target", "on-target attempt", "on target", "sot"),
        ),
        8,
        7,
    ),
    Label(
        "Shots off target",
        "shot off target",
        "shots off target",
        (
            *("miss", "missed", "missed shot", "missed chance", "near miss", "shot wide", "wide shot"),
            *("effort off target", "off-target shot", "off-target effort", "attempt off target", "off target"),
            *("shot over the bar", "shot not on target", "hit the post", "hit the bar", "hit the woodwork"),
            *("missed the target", "wide of the target", "off the target", "wide of the post", "over the bar"),
            *("hit the crossbar", "off-target attempt", "shot missed", "shot against the post"),
        ),
        8,
        7,
    ),
    Label(
        "Clearance",
        "clearance",
        "clearances",
        ("clearing", "cleared", "cleared ball", "goal kick", "defensive clearance", "keeper clearance"),
        6,
        9,
    ),
    Label(
        "Ball out of play",
        "ball out of play",
        "balls out of play",
        (
            *("ball out", "out of play", "out of bounds", "ball going out", "ball out of bounds"),
            *("ball going out of play", "ball goes out", "ball went out", "ball went out of play"),
        ),
        6,
        6,
    ),
    Label("Throw-in", "throw-in", "throw-ins", ("throw", "thrown in", "throwing in", "long throw"), 4, 8),
    Label(
        "Foul",
        "foul",
        "fouls",
        (
            *("fouled", "foul play", "infringement", "fault", "bad tackle", "bad challenge", "reckless tackle"),
            *("offence", "offense", "foul committed", "foul given", "fouling"),
        ),
        8,
        7,
    ),
    Label(
        "Indirect free-kick", "indirect free-kick", "indirect free-kicks", ("indirect", "indirect fk"), 5, 10
    ),
    Label(
        "Direct free-kick",
        "direct free-kick",
        "direct free-kicks",
        ("direct", "direct fk", "free-kick shot", "shot from a free-kick", "free-kick on goal"),
        5,
        10,
    ),
    Label("Corner", "corner", "corners", ("corner kick", "flag kick", "kick from the corner"), 5, 10),
    Label(
        "Yellow card",
        "yellow card",
        "yellow cards",
        ("yellow", "caution", "cautioned", "yellow carded", "yellowcarded"),
        8,
        12,
    ),
    Label(
        "Red card",
        "red card",
        "red cards",
        ("red", "straight red", "straight red card", "direct red", "direct red card", "red carded"),
        10,
        15,
    ),
    Label(
        "Yellow->red card",
        "second yellow card",
        "second yellow cards",
        (
            *("second yellow", "second booking", "second caution", "second bookable offence", "two yellows"),
            *("second bookable offense", "yellow to red card", "yellow-red card", "yellow to red"),
        ),
        10,
        15,
    ),
)

_SOCCER_GROUPS = (
    Group("free-kick", "free-kicks", ("Direct free-kick", "Indirect free-kick"), ("fk", "set kick")),
    Group(
        "booking",
        "bookings",
        ("Yellow card", "Red card", "Yellow->red card"),
        ("booked", "name in the book", "disciplinary action", "disciplinary incident"),
    ),
    Group("card", "cards", ("Yellow card", "Red card", "Yellow->red card"), ("carded", "card shown")),
    Group(
        "sending-off",
        "sendings-off",
        ("Red card", "Yellow->red card"),
        (
            *("dismissal", "dismissed", "ejection", "ejected", "sent off", "send-off", "sending", "expulsion"),
            *("marching orders", "early bath", "expelled", "player off"),
        ),
    ),
    Group(
        "set piece",
        "set pieces",
        ("Corner", "Direct free-kick", "Indirect free-kick", "Penalty"),
        ("dead ball", "set play", "set-piece situation", "dead-ball situation"),
    ),
    Group(
        "shot",
        "shots",
        ("Shots on target", "Shots off target"),
        (
            *("attempt", "effort", "shot at goal", "attempt on goal", "attempt at goal", "goal attempt"),
            *("shots on and off target", "shots on or off target"),
        ),
    ),
    Group(
        "chance",
        "chances",
        ("Goal", "Shots on target", "Shots off target", "Penalty"),
        (
            *("opportunity", "goal chance", "scoring chance", "goalscoring chance", "big chance"),
            *("goal opportunity", "scoring opportunity", "goalscoring opportunity", "clear-cut chance"),
            *("clear chance", "half chance", "golden opportunity", "goal-mouth action"),
        ),
    ),
    Group(
        "highlight",
        "highlights",
        ("Goal", "Penalty", "Shots on target", "Red card", "Yellow->red card", HIGHLIGHT.name),
        HIGHLIGHT_WORDS,
    ),
    Group(
        "save",
        "saves",
        ("Shots on target",),
        ("goalkeeper save", "keeper save", "goalie save", "stop", "saved shot", "shot saved", "saved"),
        "the labels do not tell saves from other shots on target; these are the shots on target",
    ),
    Group(
        "missed penalty",
        "missed penalties",
        ("Penalty",),
        (
            *("penalty miss", "saved penalty", "penalty save", "scored penalty", "penalty scored"),
            *("penalty saved", "penalty missed", "penalty goal", "converted penalty"),
        ),
        "the labels do not tell penalties scored from those missed; these are all the penalties",
    ),
    Group(
        "shoot-out penalty",
        "shoot-out penalties",
        ("Penalty",),
        ("penalty shoot-out", "shoot-out", "kicks from the penalty mark"),
        "the labels do not tell a shoot-out from penalties in play; these are all the penalties",
    ),
    Group(
        "own goal",
        "own goals",
        ("Goal",),
        ("og",),
        "the labels do not tell own goals from other goals; these are all the goals",
    ),
    Group(
        "equalizer",
        "equalizers",
        ("Goal",),
        ("equaliser", "leveller", "leveler", "equalizing goal", "equalising goal", "levelling goal"),
        "the labels do not tell equalizers from other goals; these are all the goals",
    ),
    Group(
        "winning goal",
        "winning goals",
        ("Goal",),
        ("winner", "match winner", "matchwinner", "game winner", "decider", "go-ahead goal"),
        "the labels do not tell winners from other goals; these are all the goals",
    ),
    Group(
        "assist",
        "assists",
        ("Goal",),
        ("goal assist", "assisted goal"),
        "assists are not labelled; these are all the goals",
    ),
    Group(
        "hat-trick",
        "hat-tricks",
        ("Goal",),
        (),
        "the labels do not name scorers; these are all the goals",
    ),
    Group(
        "header",
        "headers",
        ("Goal", "Shots on target", "Shots off target"),
        ("headed goal", "headed shot", "headed effort", "headed chance"),
        "the labels do not tell headers apart; these are all the goals and shots",
    ),
    Group(
        "handball",
        "handballs",
        ("Foul",),
        ("hand ball", "handling", "handling offence", "handling offense"),
        "the labels do not tell handballs from other fouls; these are all the fouls",
    ),
)

soccer = Sport("soccer", _SOCCER_LABELS, _SOCCER_GROUPS, (HIGHLIGHT,))
"""Association football with SoccerNet-v2's seventeen actions."""
