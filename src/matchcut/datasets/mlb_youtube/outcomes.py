"""Hit or out: what became of a ball in play, told from what the announcers say next.

MLB-YouTube's "in play" does not tell a base hit from an out. The captions sometimes do. These are weak
labels: rules on words, with no truth to check them by but reading; where the words say neither or both,
nothing is claimed.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Literal

from matchcut.datasets.mlb_youtube.clips import Clip
from matchcut.datasets.mlb_youtube.words import Caption, WordWindow, weighted_words

Outcome = Literal["hit", "out"]

AFTER_PITCH = WordWindow(before_s=0.0, after_s=10.0, lag_s=2.0, scale_s=1e9)
"""The words that are listened to: from the clip's start to 10 s after its end."""

_HIT = re.compile(
    r"\b(base hit|(?:singles?|doubles?|triples?|homers?)(?! play)|home run|grand slam|in(?:to)? for a hit"
    r"|(?:is|that's|that one's|it's) a hit|drops? in|gets? (?:down|through)|in there for|off the wall"
    r"|over the wall|rounding (?:first|second|third)|scores?)\b"
)
_OUT = re.compile(
    r"\b(ground(?:s|ed)? out|groundout|fl(?:ies|ied|y) out|flyout|lin(?:es|ed) out|pop(?:s|ped)? (?:out|up)"
    r"|for the out|double play|makes? the (?:catch|play)|(?:one|two|three|1|2|3) (?:out|away|down|gone)|retired"
    r"|force(?:d|s)?(?: out)?|throws? (?:him )?(?:out|to first)|to first|caught|hauls? it in|side is retired"
    r"|puts? it away)\b"
)


def outcome_of_words(text: str) -> Outcome | None:
    """What some words say became of a ball in play; None where they say neither, or both as often.

    >>> outcome_of_words("ground ball to short he throws to first two out")
    'out'
    >>> outcome_of_words("and that is a base hit into left")
    'hit'
    """
    folded = text.casefold()
    hits, outs = len(_HIT.findall(folded)), len(_OUT.findall(folded))
    if hits == outs:
        return None
    return "hit" if hits > outs else "out"


def play_outcome(clip: Clip, captions: Iterable[Caption]) -> Outcome | None:
    """Whether a ball in play was a hit or an out; None for other clips, and where the words do not tell."""
    if "in play" not in clip.labels:
        return None
    return outcome_of_words(" ".join(word for word, _ in weighted_words(clip, captions, AFTER_PITCH)))


def finest_class(clip: Clip, captions: Mapping[str, Sequence[Caption]]) -> str:
    """The fine class, a ball in play told apart as "hit", "out" or, where nobody says, "in play"."""
    return play_outcome(clip, captions.get(clip.video, ())) or clip.fine_class


def outcome_counts(clips: Iterable[Clip], captions: Mapping[str, Sequence[Caption]]) -> Counter[str]:
    """How many clips there are of each finest class."""
    return Counter(finest_class(clip, captions) for clip in clips)
