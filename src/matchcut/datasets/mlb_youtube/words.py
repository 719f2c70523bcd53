"""Captions made fit for use: trailing words cut off, the useless ones masked, words given times and weights.

What was found in MLB-YouTube's captions (every one of them is 30 seconds):

- Each caption of eight of the fourteen videos ends in the same words, the video's last ("take it away", "you").
  They are cut off; a window in which nobody speaks then turns out to be empty.
- Two videos were recognized in Spanish. Their captions hold Spanish words at random, and are masked.
- Windows without speech are missing in the other six.
"""

from __future__ import annotations

import itertools
import math
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

from matchcut.datasets.mlb_youtube.clips import Clip
from matchcut.datasets.mlb_youtube.language import guess_language, guess_of_all
from matchcut.errors import SettingsError
from matchcut.transcript import Transcript

Kind = Literal["speech", "empty", "foreign"]

STEPS_S = (0.0, 5.0, 10.0, 20.0, 30.0, 60.0)
"""How far the search for a caption is widened, step by step, in seconds to both sides of the clip."""


@dataclass(frozen=True, slots=True)
class Caption:
    """One cleaned caption.

    Attributes:
        start, end: seconds on the video.
        text: without the words that trail every caption of the video.
        kind: "speech" is to be used; "empty" has no words left; "foreign" is in the wrong language.
    """

    start: float
    end: float
    text: str
    kind: Kind

    def timed_words(self) -> list[tuple[float, str]]:
        """The words with their probable moments: evenly spread over the caption, since nobody timed them."""
        words = self.text.split()
        step = (self.end - self.start) / max(len(words), 1)
        return [(self.start + (i + 0.5) * step, word) for i, word in enumerate(words)]


def clean(transcript: Transcript, *, cut: bool = True) -> tuple[Caption, ...]:
    """A video's captions with trailing words cut off and their kinds.

    A caption is foreign if its own words are, or if the video's words together are and its own are not clearly
    English.

    Args:
        transcript: the captions as read.
        cut: cut off the words that trail every caption; False leaves the texts as they are.
    """
    tail = trailing_words([said.text for said in transcript]) if cut else ()
    texts = [" ".join(said.text.split()[: -len(tail)]) if tail else said.text.strip() for said in transcript]
    video_is_english = guess_of_all(texts).is_english is not False
    captions = []
    for said, text in zip(transcript, texts, strict=True):
        own = guess_language(text).is_english
        kind: Kind
        if not any(character.isalpha() for character in text):
            kind = "empty"
        elif own is False or (not video_is_english and not _clearly_english(text)):
            kind = "foreign"
        else:
            kind = "speech"
        captions.append(Caption(said.start, said.end, text, kind))
    return tuple(captions)


def _clearly_english(text: str) -> bool:
    guess = guess_language(text)
    return guess.words >= 8 and guess.english >= 0.25 and guess.english > 2 * guess.foreign


def trailing_words(texts: Iterable[str], share: float = 0.95) -> tuple[str, ...]:
    """The words in which nearly all texts end, the longest such run; none for fewer than three texts.

    >>> trailing_words(["one two take it away", "take it away", "three away take it away"])
    ('take', 'it', 'away')
    """
    split = [text.split() for text in texts]
    if len(split) < 3:
        return ()
    found: tuple[str, ...] = ()
    for length in range(1, max(map(len, split), default=0) + 1):
        ends = Counter(tuple(words[-length:]) for words in split if len(words) >= length)
        run, count = ends.most_common(1)[0] if ends else ((), 0)
        if count < share * len(split):
            break
        found = run
    return found


@dataclass(frozen=True, slots=True)
class Match:
    """The captions of one clip.

    Attributes:
        captions: those found, in time order.
        widened_s: by how much the clip had to be widened to both sides: 0 if a caption overlaps it, None if
            none was found at the widest, or the video has none.
    """

    captions: tuple[Caption, ...]
    widened_s: float | None

    @property
    def text(self) -> str:
        """The words of all captions."""
        return " ".join(caption.text for caption in self.captions if caption.text)

    @property
    def kind(self) -> str:
        """The kind of the best caption: "speech", "foreign", "empty", or "missing" if there is none."""
        kinds = {caption.kind for caption in self.captions}
        return next((kind for kind in ("speech", "foreign", "empty") if kind in kinds), "missing")


def align(
    clip: Clip,
    captions: Iterable[Caption],
    steps_s: tuple[float, ...] = STEPS_S,
    usable: frozenset[str] = frozenset({"speech", "empty", "foreign"}),
) -> Match:
    """The captions that overlap a clip in time, the clip widened step by step until one does.

    Args:
        clip: what to look for.
        captions: of its video.
        steps_s: by how much to widen, rising, beginning with 0.
        usable: the kinds that count; ``{"speech"}`` alone is the masked search.

    Raises:
        SettingsError: the steps do not rise from zero or more.
    """
    if not steps_s or any(not a < b for a, b in itertools.pairwise(steps_s)) or steps_s[0] < 0:
        raise SettingsError(f"the steps rise from zero or more, not {steps_s}", "Sort them")
    known = [caption for caption in captions if caption.kind in usable]
    for step in steps_s:
        found = tuple(c for c in known if c.end > clip.start - step and c.start < clip.end + step)
        if found:
            return Match(found, step)
    return Match((), None)


def captions_of(clip: Clip, captions: Mapping[str, tuple[Caption, ...]]) -> tuple[Caption, ...]:
    """The cleaned captions of a clip's video; none if it has none."""
    return captions.get(clip.video, ())


@dataclass(frozen=True, slots=True)
class WordWindow:
    """Which words belong to a clip, and how much.

    A word at ``t`` weighs ``exp(-|t - (clip end + lag_s)| / scale_s)``, and is left out beyond the window.

    Attributes:
        before_s, after_s: how far before the clip's start and after its end words are taken.
        lag_s: how long after the clip's end the announcers speak of it.
        scale_s: seconds over which a word's weight falls to 1/e; infinite: all weigh 1.

    Raises:
        SettingsError: a value is out of its range.
    """

    before_s: float = 5.0
    after_s: float = 15.0
    lag_s: float = 2.0
    scale_s: float = 8.0

    def __post_init__(self) -> None:
        if not (self.before_s >= 0 and self.after_s >= 0 and math.isfinite(self.lag_s)):
            raise SettingsError(f"a window reaches zero or more seconds, not {self}", "Correct it")
        if not self.scale_s > 0:
            raise SettingsError(f"scale_s is above zero, not {self.scale_s}", "Choose more")


def weighted_words(
    clip: Clip, captions: Iterable[Caption], window: WordWindow | None = None
) -> list[tuple[str, float]]:
    """The words around a clip with their weights in (0, 1], in time order. Only speech is used.

    >>> said = [Caption(0, 10, "low ball outside strike", "speech"), Caption(10, 20, "el la", "foreign")]
    >>> words = weighted_words(Clip("a", "v", 1, 8), said, WordWindow(lag_s=0, scale_s=5))
    >>> [(word, round(weight, 2)) for word, weight in words]
    [('low', 0.26), ('ball', 0.43), ('outside', 0.7), ('strike', 0.86)]
    """
    chosen = window or WordWindow()
    first, last = clip.start - chosen.before_s, clip.end + chosen.after_s
    focus = clip.end + chosen.lag_s
    found = []
    for caption in captions:
        if caption.kind == "speech" and caption.end > first and caption.start < last:
            found += [
                (word, math.exp(-abs(time - focus) / chosen.scale_s))
                for time, word in caption.timed_words()
                if first <= time <= last
            ]
    return found
