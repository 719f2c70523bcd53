"""What a speech recognizer says that nobody said: which rule drops or cuts it, and how often it did.

Whisper learnt from subtitled videos. Where it hears nothing it knows, it writes what stands in such files
(credits of subtitle makers, thanks for watching), says its last sentence again and again, or puts a sentence
into an instant. SoccerNet-Echoes is full of it: "Untertitelung des ZDF 2020" 211 times in six games,
"Sous-titres par Jérémy Diaz" 193 times in two, "Das war ein guter Ball" 4,146 times in 45.
"""

from __future__ import annotations

import re
from collections import Counter, deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from matchcut.observe.heard import Heard
from matchcut.text import one_line
from matchcut.transcript import Utterance, Word

LEAST_LOGPROB = -1.5
"""A segment is dropped whose tokens' mean log-probability is lower; Whisper itself doubts below -1."""
FASTEST = 45.0
"""Letters a second that nobody says; commentators in full flow reach about 25."""
SHORT_LETTERS = 12
"""A text this short may stand at an instant."""
MOST_IN_A_ROW = 4
"""A phrase that a segment says more often in a row is cut to this many times: "goal, goal, goal, goal"."""
LONGEST_PHRASE = 12
"""How many words a phrase that repeats may have."""
LOOP_S = 60.0
MOST_A_LOOP = 3
"""A sentence of three words or more is dropped when it was said this often in the last `LOOP_S` seconds, and a
shorter one when it would stand more than this often in a row."""

# Matched against the whole segment in lower case, without punctuation.
_STOCK = re.compile(
    r"(?:"
    # who made the subtitles
    r"(?:.* )?amara org(?: .*)?"
    r"|subtit(?:led|les|ling) (?:by|created by|made by) .*"
    r"|(?:sous titr(?:es|age)|sous titrage) (?:par|réalisés?|st|fr|société) .*|sous titrage st 501"
    r"|untertitel(?:ung)?(?: \d+)?(?: (?:im auftrag|der|des|von|aufgrund) .*)|(?:\w+ )?text im auftrag von .*"
    r"|subtítulos (?:por|realizados por|creados por|en español de) .*"
    r"|legendas? (?:por|pela?|adriana) .*|legendado por .*"
    r"|sottotitoli (?:creati|e revisione|a cura|di) .*"
    r"|ondertitel(?:d|s|ing)? (?:door|ingediend) .*|tv gelderland \d+"
    r"|napisy (?:stworzone|wykonał|przez) .*|titulky vytvořil .*|teksting av .*|tekstet av .*"
    r"|undertekster (?:af|av|fra) .*|altyazı .*"
    r"|(?:субтитры|редактор субтитров|корректор|субтитри) .*|(?:字幕|中文字幕|請不吝點贊|请不吝点赞).*"
    # good-bye
    r"|(?:thanks|thank you)(?: so much| very much)? for (?:watching|viewing)(?: .*)?"
    r"|(?:please )?(?:like and )?(?:don t forget to )?subscribe(?: .*)?|see you (?:in the )?next (?:video|time)"
    r"|gracias por ver(?: el| este)? v[ií]deo|(?:no olvides )?suscr[ií]b[ae]te(?: al canal)?"
    r"|merci d avoir regardé(?: .*)?|abonnez vous(?: .*)?"
    r"|vielen dank fürs? zuschauen(?: .*)?|danke fürs zuschauen(?: .*)?"
    r"|obrigad[oa] por (?:assistir|ver)(?: .*)?|grazie per (?:la visione|aver guardato)(?: .*)?"
    r"|bedankt voor het kijken(?: .*)?|dziękuję za (?:uwagę|oglądanie)|i?̇?zlediğiniz için teşekkür.*"
    r"|спасибо за (?:просмотр|внимание)|продолжение следует|подписывайтесь на канал"
    r"|ご視聴ありがとうございました|시청해주셔서 감사합니다|感谢观看|謝謝觀看"
    r"|اشتركوا في القناة|ترجمة نانسي قنقر"
    r")"
)


@dataclass(frozen=True)
class Rule:
    """A reason to drop or cut a segment, as a note for the user says it of one and of several."""

    one: str
    many: str


EMPTY = Rule("segment without a word left out", "segments without a word left out")
LATE = Rule("segment past the end left out", "segments past the end left out")
UNLIKELY = Rule(
    "segment that the recognizer itself doubts left out",
    "segments that the recognizer itself doubts left out",
)
FAST = Rule("segment faster than speech left out", "segments faster than speech left out")
STOCK = Rule(
    "line of the kind that recognizers invent (credits, thanks for watching) left out",
    "lines of the kind that recognizers invent (credits, thanks for watching) left out",
)
LOOP = Rule("sentence that repeats in a loop left out", "sentences that repeat in a loop left out")
CUT = Rule("phrase that repeats within a segment shortened", "phrases that repeat within segments shortened")
RULES = (EMPTY, LATE, UNLIKELY, FAST, STOCK, LOOP, CUT)


def believable(
    heard: Iterable[Heard], end: float, least_logprob: float = LEAST_LOGPROB
) -> tuple[list[Utterance], list[str]]:
    """The utterances that may have been said, and notes on what was left out.

    Args:
        heard: the segments in order of time, on the recording's seconds.
        end: where the recording ends; what begins before it is clamped to it.
        least_logprob: see `LEAST_LOGPROB`.
    """
    counts: Counter[Rule] = Counter()
    said = list(_believable(heard, end, least_logprob, counts))
    notes = [
        f"{counts[rule]:,} {rule.one if counts[rule] == 1 else rule.many}" for rule in RULES if counts[rule]
    ]
    return said, notes


def _believable(
    heard: Iterable[Heard], end: float, least_logprob: float, counts: Counter[Rule]
) -> Iterator[Utterance]:
    loops = _Loops()
    for raw in heard:
        segment = replace(raw, text=one_line(raw.text))
        rule = _why_not(segment, end, least_logprob)
        if rule is None and loops.caught(segment):
            rule = LOOP
        if rule is not None:
            counts[rule] += 1
            continue
        shorter = without_repeats(segment)
        counts[CUT] += shorter != segment
        yield _utterance(shorter, end)


def _why_not(segment: Heard, end: float, least_logprob: float) -> Rule | None:
    folded = fold(segment.text)
    letters = len(folded.replace(" ", ""))
    if not letters:
        return EMPTY
    if segment.start >= end:
        return LATE
    if segment.logprob is not None and segment.logprob < least_logprob:
        return UNLIKELY
    if letters > SHORT_LETTERS and letters > FASTEST * (segment.end - segment.start):
        return FAST
    return STOCK if _STOCK.fullmatch(folded) else None


def _utterance(segment: Heard, end: float) -> Utterance:
    start = max(segment.start, 0.0)
    stop = min(max(segment.end, start), end)
    words = tuple(
        Word(min(max(w.start, start), stop), min(max(w.end, w.start, start), stop), text)
        for w in segment.words
        if (text := one_line(w.text))
    )
    return Utterance(start, stop, segment.text, words)


class _Loops:
    """Remembers what was said lately, and in a row."""

    def __init__(self) -> None:
        self.lately: deque[tuple[float, str]] = deque()
        self.last, self.in_a_row = "", 0

    def caught(self, segment: Heard) -> bool:
        """Whether a segment is one more turn of a loop."""
        said = fold(segment.text)
        self.in_a_row = self.in_a_row + 1 if said == self.last else 1
        self.last = said
        while self.lately and self.lately[0][0] < segment.start - LOOP_S:
            self.lately.popleft()
        before = sum(text == said for _, text in self.lately)
        # Turns that are dropped count on, so that a loop of ten minutes does not come back every minute.
        self.lately.append((segment.start, said))
        return self.in_a_row > MOST_A_LOOP or (said.count(" ") >= 2 and before >= MOST_A_LOOP)


def fold(text: str) -> str:
    """Text for comparing: lower case, no punctuation.

    >>> fold("Thanks for watching!")
    'thanks for watching'
    """
    return " ".join(re.findall(r"[^\W_]+", text.casefold()))


def without_repeats(segment: Heard) -> Heard:
    """The segment with phrases that repeat in a row cut to `MOST_IN_A_ROW`; its words too where they match.

    >>> without_repeats(Heard(0, 9, "and a goal, goal, goal, goal, goal, goal! Oh")).text
    'and a goal, goal, goal, goal, Oh'
    """
    words = segment.text.split()
    if len(words) == 1 and segment.text.lower() == segment.text.upper():
        # A script without capitals, such as Chinese, has no blanks either. "Gooooool" is one word.
        return replace(segment, text="".join(_kept(segment.text, range(2, LONGEST_PHRASE + 1))))
    places = _places([fold(word) for word in words], range(1, LONGEST_PHRASE + 1))
    if len(places) == len(words):
        return segment
    timed = tuple(segment.words[i] for i in places) if len(segment.words) == len(words) else ()
    return replace(segment, text=" ".join(words[i] for i in places), words=timed)


def _kept(units: str, lengths: range) -> list[str]:
    return [units[i] for i in _places(list(units), lengths)]


def _places(units: Sequence[str], lengths: range) -> list[int]:
    """The places of the units that stay when phrases of these lengths repeat at most so often in a row.

    A part of one more turn goes with the turns that are dropped.
    """
    places = list(range(len(units)))
    for length in lengths:
        kept: list[int] = []
        run = 0  # how many units in a row equal those one phrase earlier
        for number, place in enumerate(places):
            same = number >= length and units[place] == units[places[number - length]]
            run = run + 1 if same else 0
            if run <= length * (MOST_IN_A_ROW - 1):
                kept.append(place)
        places = kept
    return places
