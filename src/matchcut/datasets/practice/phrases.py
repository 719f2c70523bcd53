"""What the commentators say: our own sentences, in the manner of live commentary.

Names in braces are filled in: ``player``, ``team`` (theirs), ``rivals`` (the other side), ``keeper`` (of the
rivals), ``other`` (a second player), ``on`` and ``off`` (a substitution), ``score``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Speech:
    """How one kind of moment is spoken about.

    Attributes:
        delay_s: the words begin this long after the moment, from and to.
        chance: how often it is spoken of at all.
        urgent: how much it matters; the most urgent due one is spoken first.
        calls: the sentence that tells it.
        after: what is said next, if there is time.
        stale_s: not spoken of when this much later it is still unsaid.
    """

    delay_s: tuple[float, float]
    chance: float
    urgent: int
    calls: tuple[str, ...]
    after: tuple[str, ...] = ()
    stale_s: float = 6.0


SPEECH: Mapping[str, Speech] = {
    "out": Speech(
        (0.8, 2.0),
        0.6,
        2,
        (
            "And that's run out of play, throw to {rivals}.",
            "Overhit by {player} and it's a throw-in.",
            "Can't keep it in, {player}. {rivals} throw.",
            "Out it goes for a throw.",
            "That one has rolled into touch.",
            "Just too heavy, that, and it's gone out for a throw-in to {rivals}.",
            "No, that's out of play.",
            "{player} runs it over the line. Throw-in.",
            "Put out of play, {rivals} will have the throw.",
        ),
        stale_s=4.0,
    ),
    "throw": Speech(
        (0.4, 1.6),
        0.6,
        2,
        (
            "{player} with the throw.",
            "Throw taken quickly by {player}.",
            "{player} takes the throw-in for {team}.",
            "Short throw here from {player}.",
            "Thrown in by {player}.",
            "{team} have the throw-in, {player} looking for options.",
            "Throw-in, {team}.",
        ),
        stale_s=4.0,
    ),
    "substitution": Speech(
        (0.6, 2.0),
        1.0,
        5,
        (
            "And here's the change, {on} is coming on for {off}.",
            "A substitution for {team}. {off} makes way, {on} is on.",
            "So it's {off} who comes off, replaced by {on}.",
            "{off} is going to be replaced by {on}.",
            "First change for {team}, {on} comes on in place of {off}.",
            "And {on} comes on. It's {off} who goes off.",
            "Here comes {on} off the bench, and {off}'s afternoon is over.",
        ),
        (
            "Perhaps a knock, because it's early for a change.",
            "He wasn't moving freely, was he? They've brought on fresh legs.",
            "Bit of a surprise that he comes off, I thought he'd been one of their better players.",
            "A generous round of applause as he leaves the pitch.",
            "{on} gives them something different, a bit more pace on that side.",
        ),
        stale_s=9.0,
    ),
    "offside": Speech(
        (0.8, 2.2),
        1.0,
        4,
        (
            "The flag is up. {player} was offside.",
            "Offside against {player}.",
            "No, he's offside. The flag goes up against {player}.",
            "{player} went too early and he's flagged offside.",
            "And he's caught offside, {player}.",
            "Up goes the flag, offside given.",
            "He's strayed offside there, {player}.",
        ),
        (
            "Yeah, he's just half a yard ahead of the last man when the ball is played.",
            "It's a good flag, he's looking along the line and he's gone a fraction early.",
            "They held their line very well there, the {rivals} defence.",
            "He has to hold his run. He's got the pace, he doesn't need the head start.",
        ),
    ),
    "indirect": Speech(
        (0.8, 2.5),
        0.8,
        3,
        (
            "{player} takes the free kick for {team}.",
            "Free kick played forward by {player}.",
            "Long free kick from {player}.",
            "{player} with the free kick, looking for height up front.",
            "And the free kick from {player} is sent towards the halfway line.",
            "Free kick taken by {player}.",
        ),
        stale_s=5.0,
    ),
    "foul": Speech(
        (0.8, 2.4),
        1.0,
        4,
        (
            "Foul by {player} on {other}.",
            "And that's a foul, {player} catches {other} late.",
            "{other} goes down under the challenge from {player}. Free kick.",
            "The whistle goes. It's a foul by {player}.",
            "Brought down by {player}, and it's a free kick to {rivals}.",
            "That's a clumsy challenge from {player}, the referee has given the free kick.",
            "{other} is tripped by {player}, free kick.",
            "He's fouled by {player}.",
            "Oh, that's late from {player}. {other} is down.",
        ),
        (
            "Yeah, no complaints, he's nowhere near the ball.",
            "He just dangles a leg there and {other} was never going to get out of the way.",
            "Little bit of shirt pulling as well if you look closely.",
            "It's a foul all day long. He's got the wrong side of his man.",
        ),
    ),
    "yellow": Speech(
        (0.5, 2.0),
        1.0,
        6,
        (
            "And it's a yellow card for {player}.",
            "{player} goes into the book.",
            "Out comes the yellow card, {player} is booked.",
            "He's going to be booked, {player}. Yellow card.",
            "The referee reaches for his pocket and it's yellow for {player}.",
            "{player} is shown a yellow card for that challenge.",
            "Yellow card shown to {player}, and he can have no complaints.",
        ),
        (
            "He can't really argue with that, can he? It was a poor challenge.",
            "I think that's a fair decision, it has to be a yellow card.",
            "That could be a problem, he's on a yellow with more than an hour to go.",
            "He'll have to be careful for the rest of this game now.",
        ),
        stale_s=8.0,
    ),
    "direct": Speech(
        (0.1, 0.5),
        1.0,
        5,
        (
            "{player} goes for goal from the free kick!",
            "{player} with the free kick, over the wall!",
            "Here's {player}, curls the free kick in!",
            "Strikes it, {player}, straight from the free kick!",
            "{player} takes it himself, up and over the wall!",
        ),
        stale_s=4.0,
    ),
    "before direct": Speech(
        (-4.5, -3.0),
        1.0,
        3,
        (
            "{player} is standing over this free kick, in a very good position.",
            "A dangerous free kick, this. {keeper} is lining up his wall.",
            "Free kick just outside the box, and {player} fancies this.",
            "Four men in the wall. {player} to take the free kick.",
        ),
        stale_s=-1.2,
    ),
    "miss": Speech(
        (0.8, 1.9),
        1.0,
        5,
        (
            "Oh, just wide from {player}!",
            "{player} puts it over the bar.",
            "{player} shoots, and it's wide of the post.",
            "He drags it wide, {player}.",
            "That's gone over the top. {player} leaning back.",
            "{player} lets fly, but it's off target.",
            "And {player} can't keep it down.",
        ),
        (
            "He should have done better from there, he had time to take a touch.",
            "He snatched at it a little bit. He'll be disappointed not to hit the target.",
            "The idea was right, the execution wasn't, and it's a goal kick.",
            "That's a decent chance. You'd expect him to make the goalkeeper work at least.",
        ),
    ),
    "goal kick": Speech(
        (0.8, 2.5),
        0.6,
        2,
        (
            "{keeper} with the goal kick.",
            "Goal kick taken long by {keeper}.",
            "{keeper} sends the goal kick deep into the other half.",
            "Long from {keeper}.",
            "{keeper} goes long with it.",
        ),
        stale_s=4.0,
    ),
    "save": Speech(
        (0.7, 1.6),
        1.0,
        5,
        (
            "Shot from {player}, saved by {keeper}!",
            "{player} shoots, and {keeper} makes the save!",
            "Good save by {keeper} to deny {player}!",
            "{player}! Oh, it's a fine stop from {keeper}.",
            "{keeper} gets down well to save from {player}.",
            "He's denied by {keeper}!",
        ),
        (
            "That's a really good save, he sees it late and he gets a strong hand to it.",
            "Well struck, it was right in the corner, and the keeper's had to be at his best.",
            "{player} did everything right there. It's just an excellent piece of goalkeeping.",
        ),
        stale_s=5.0,
    ),
    "corner won": Speech(
        (1.0, 3.5),
        0.9,
        3,
        (
            "And that's behind for a corner.",
            "It's a corner to {team}.",
            "{team} have won themselves a corner.",
            "Turned behind for the corner kick.",
            "So a corner for {team}, and the big men come forward.",
        ),
    ),
    "corner": Speech(
        (0.3, 1.4),
        0.95,
        4,
        (
            "{player} swings the corner in.",
            "In comes the corner from {player}.",
            "Here's the corner, {player} delivers.",
            "The corner's whipped in by {player}, towards the near post.",
            "{player}'s corner, it's a good ball in.",
            "Corner kick taken by {player}.",
        ),
        stale_s=3.5,
    ),
    "headed away": Speech(
        (0.6, 1.5),
        0.9,
        3,
        (
            "Headed away by {player}.",
            "{player} gets his head to it and it's cleared.",
            "Cleared at the near post by {player}.",
            "Good header away from {player}.",
        ),
        stale_s=4.0,
    ),
    "penalty given": Speech(
        (0.5, 1.2),
        1.0,
        7,
        (
            "Penalty! The referee points to the spot!",
            "He's given it! It's a penalty to {team}!",
            "And it's a penalty! {team} have a penalty!",
        ),
        (
            "He's got to be so careful in there, he's made the challenge and he hasn't got the ball.",
            "I don't think there's much doubt about it, it's a clear penalty.",
        ),
        stale_s=6.0,
    ),
    "before penalty": Speech(
        (-4.5, -2.5),
        1.0,
        3,
        (
            "{player} puts the ball on the spot. {keeper} waits on his line.",
            "{player} from twelve yards to make it count.",
            "So {player} will take the penalty.",
        ),
        stale_s=-1.2,
    ),
    "penalty": Speech(
        (0.2, 0.6),
        0.5,
        4,
        ("{player} steps up!", "Here's {player} with the penalty!"),
        stale_s=1.5,
    ),
    "goal": Speech(
        (0.3, 1.0),
        1.0,
        9,
        (
            "Goal! {player} scores for {team}!",
            "It's in! {player}! What a finish!",
            "{player} scores! {score}!",
            "Oh, that's brilliant! {player} with the goal!",
            "And it's there! {player} finds the corner, and it's {score}!",
            "He's done it! {player} has scored for {team}!",
        ),
        (
            "{player} scores, and it's {score}.",
            "A wonderful moment for {player}, and just look at those celebrations.",
            "You could sense that goal coming, {team} have been knocking on the door.",
            "{keeper} got nowhere near it. It's {score}.",
            "What a goal that is from {player}, the whole place is on its feet.",
            "The goal gives {team} a real lift, you can hear what it means to them.",
            "That's the goal they've been looking for, and it's {player} who gets it.",
            "He's scored some important goals this season, {player}, and there's another.",
        ),
        stale_s=8.0,
    ),
    "replay": Speech(
        (0.0, 1.5),
        1.0,
        2,
        (
            "Let's have another look. It's a lovely finish, right into the corner.",
            "Watch the movement here from {player}, he gives himself half a yard and that's all he needs.",
            "The goalkeeper has no chance with that, it's hit with real conviction.",
            "Look at the composure. He picks his spot and the keeper's beaten.",
        ),
        (
            "From the defending side, somebody has to get closer to him than that.",
            "They'll be upset with how easy it was.",
        ),
        stale_s=8.0,
    ),
    "kick-off": Speech(
        (0.5, 2.5),
        0.9,
        3,
        (
            "So {team} get us back underway.",
            "And {team} kick off again, with a bit of work to do.",
            "Back underway, then.",
            "{team} restart, and we'll see how they respond to that goal.",
            "Off we go again.",
        ),
    ),
}

CALLS: tuple[str, ...] = (
    "{a}.",
    "{a}.",
    "Here's {a}.",
    "Now {a}.",
    "{a} to {b}.",
    "{a}, into {b}.",
    "{a} finds {b}.",
    "On to {b}.",
    "{a} brings it forward, {b} in support.",
    "It's {a}, then {b}.",
    "{b} gets it back from {a}.",
    "Nicely worked, {a} to {b}.",
    "{a} looking for {b}.",
    "{a} switches it out to {b}.",
)
"""Who is on the ball: ``a`` had it, ``b`` has it now."""

CHAT: tuple[str, ...] = (
    "{home} have been patient this afternoon, they're happy to keep it.",
    "{away} sitting quite deep at the moment, trying to stay compact.",
    "It's been a decent contest so far, hasn't it? Plenty of effort from both sides.",
    "The manager of {home} is out on the edge of his technical area.",
    "You can see what {away} are trying to do, they want to get in behind.",
    "There's not a lot of space in midfield.",
    "These two met here back in the autumn and it was a tight one then as well.",
    "The pitch looks in fantastic condition today.",
    "{home} came into this on the back of three straight wins.",
    "{away} have not been at their best on the road this season.",
    "That's the thing with this team, they never give up on anything.",
    "He's a player who's really come on this year, a manager's dream.",
    "A good atmosphere in here, the away supporters are making themselves heard.",
    "It needs a bit more quality in the final third, I think.",
    "They're moving the ball quickly, but it's all in front of the defence.",
    "Still plenty of football to be played in this half.",
    "The fourth official is having a word with both benches.",
    "He works ever so hard for the team, you hardly notice him but they'd miss him.",
    "I'd like to see the full back get higher up the pitch here.",
    "{home} are having the better of it at the moment.",
    "{away} just starting to grow into this game now.",
    "It was raining heavily this morning, but it's turned into a lovely day.",
)
"""Talk between the moments."""
