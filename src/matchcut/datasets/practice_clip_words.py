"""What is said over practice clips: what happened, talk about nothing, and talk in another language.

The words of talk in another language name actions too, at random: whoever believes them is misled, as by the
transcripts of MLB-YouTube that were recognized in the wrong language.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

SAID: tuple[tuple[str, ...], ...] = (
    ("that one is outside for a ball", "low and away ball", "he lays off it ball", "just misses inside"),
    (
        "called strike on the corner",
        "he is looking at a strike",
        "right down the middle strike",
        "caught him looking",
    ),
    (
        "fouled back to the screen",
        "foul ball out of play",
        "he fouls it off",
        "that one is foul into the seats",
    ),
    (
        "ground ball to short",
        "lines it into left field",
        "fly ball to center",
        "he hits it in play to the right side",
    ),
    ("swing and a miss", "he swings through it", "goes down swinging", "chased that one and missed"),
    ("squares around to bunt", "he shows bunt", "bunts at it", "tries to lay down a bunt"),
    ("that hit him", "hit by the pitch", "it gets him in the back", "he is plunked and takes first base"),
)
"""What announcers say of each of the label sets of `practice_clip_pictures`."""

_TALK = (
    "what a crowd we have here tonight and the series is even",
    "he grew up not far from this park you know",
    "the bullpen has been busy all week and they are tired",
    "we will be right back after this with more from the booth",
    "his manager said before the game that he likes this matchup",
    "it is a beautiful evening at the ballpark and nobody is leaving",
    "remember what he did in game two that was something to see",
    "the rookie has been outstanding since the all star break",
)
_FOREIGN = (
    "el la los una que de del en con por para es fue se su como pero muy hay todo sin hasta",
    "uma em com foi mais isso ele para que por seu ela",
    "des une et est dans pour pas qui sur avec il elle",
    "der das und ist nicht ein den mit auf von zu ich sie wir",
    "il di che per con non sono la del gli un",
)
_SYLLABLES = tuple(a + b for a in "bcdfglmnprstvz" for b in ("a", "e", "i", "o", "u", "an", "el", "or"))
_FOREIGN_NAMES = ("bola", "strike", "foul", "hit", "swing", "toque", "golpe", "ball", "swinging", "ground ball")
_NAMED = (*_FOREIGN_NAMES, *(sentence for said in SAID for sentence in said))


def said_of(kind: int, rng: np.random.Generator) -> str:
    """A sentence that tells of an action."""
    return str(rng.choice(SAID[kind]))


def window_text(
    said: Sequence[tuple[float, str]], seconds: float, words_a_second: float, rng: np.random.Generator
) -> str:
    """The text of a caption: sentences at their times, talk between them, even in pace.

    Args:
        said: seconds from the window's start and sentence, in order.
        seconds: the window's length.
        words_a_second: the announcers' pace.
        rng: chooses the talk.
    """
    words: list[str] = []
    for time, sentence in said:
        _talk(words, round(time * words_a_second), rng)
        words += sentence.split()
    _talk(words, round(seconds * words_a_second), rng)
    return " ".join(words)


def foreign_text(words: int, rng: np.random.Generator) -> str:
    """About so many words of another language, actions named at random among them.

    Half of the words are the small words of one of five languages. The others are made of syllables, hardly any
    of them twice: a language has more words than a training has clips, so which language it is must be known
    beforehand, and can only in part be learnt from the clips.
    """
    small, text = str(rng.choice(_FOREIGN)).split(), list[str]()
    while len(text) < words:
        for _ in range(int(rng.integers(7, 12))):
            made = "".join(rng.choice(_SYLLABLES, int(rng.integers(2, 5))))
            text.append(str(rng.choice(small)) if rng.random() < 0.5 else made)
        text += str(rng.choice(_NAMED)).split()
    return " ".join(text)


def _talk(words: list[str], upto: int, rng: np.random.Generator) -> None:
    while len(words) < upto:
        words += str(rng.choice(_TALK)).split()[: upto - len(words)]
