"""The words and phrases of questions that are neither actions nor times.

Every word of a question must be known here, as an action or as a time; what is not is an error, since it might
change what was meant.
"""

from __future__ import annotations

import re

from matchcut.questions.words import pattern_words


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


JOINING = frozenset({"and", "or", ",", "plus", "also", "nor", "then", "along", "well", "both", "either"})
"""Between two actions: both are asked for."""

FILLER = JOINING | _words(
    """
    a an the this that these those each every all any some few several many more other another i me my we us
    our you your he him she it its they them their is are was were be been being am do does did done has
    have had can could would will shall should may might must show give gimme find get got getting list tell
    see watch want wanted need needs like fetch pull cut make makes made making create build compile collect
    return display play pick select extract search look looking provide present send let know view print
    produce put bring clip export output name identify locate mark go goes going please thanks thank hi
    hello hey ok okay so now just only simply quickly actually really exactly maybe instead of from for to
    in on at with as up out into here there where when which what whatever whose who whom one ones once
    again match game video recording broadcast footage film stream clips reel reels montage tape timestamp
    timestamps time times window windows file whole full entire complete overall throughout during within
    today tonight take takes taken taking gives given giving award awarded awards occur occurs occurred
    occurring commit committed commits call called calls shown shows seen come comes came appear appears
    receive received receives happens won anyone anybody someone somebody ever team teams side sides player
    players ref referee man men batter batters hitter hitters pitcher pitchers umpire umpires ( ) : = cases
    case instance instances example examples occasion occasions kind kinds type types sort sorts compilation
    collection about possible possibly potential total love wanna gonna pls plz ta cheers mate yet already
    kindly help check checking interested wonder wondering wish hoping hope try able quick there's exact
    guys folks chronologically chronological order hmm um sir else anywhere somewhere
    """
)
"""Words that change nothing."""

EVERYTHING = _words(
    """
    everything anything something events event moments moment actions action incidents incident happened
    happen happening happenings occurrences timeline stuff things thing went
    """
)
"""Words for every action; beside an action's own word they change nothing ("goal moments")."""

JUDGING = _words(
    """
    best better good great greatest nice nicest amazing awesome brilliant beautiful spectacular incredible
    fantastic wonderful stunning superb excellent dangerous important key main big bigger biggest huge major
    notable exciting interesting memorable significant dramatic crucial critical decisive controversial
    worst bad nasty funny top finest massive proper cracking class
    """
)
"""Words that judge; no label does."""

TIME_LEADS = _words(
    """
    after before between until till since around past by near towards toward following prior during within
    """
)
"""Words that a time follows: where one is left over, what follows was not understood."""

EXCEPT = re.compile(
    r"(?:except(?: for)?|excepting|excluding|exclude|but (?:not|no)|but|other than|apart from|aside from"
    r"|leaving out|leave out|without|not|no|minus|skip|skipping|omit|omitting|ignoring|bar|barring)(?= |$)"
)
"""What follows is left out."""

ONLY = re.compile(r"(?:nothing but|not just|not only|but (?:just|only|also)|just|only|instead)(?= |$)")
"""What follows is asked for again."""

COUNTING = re.compile(
    r"(?:how (?:many|often)(?: times)?|count(?: up)?(?: of)?|(?:how )?frequently"
    r"|(?:what is )?(?:the )?(?:total )?(?:number|amount|count|tally|total number)(?: of))(?= |$)"
)
"""The question asks how many."""

WHETHER = re.compile(
    r"(?:was|were|is|are) (?:there|any|anyone|anybody|someone|somebody|either|a|an|the|it|they)\b"
    r"|any\b|(?:did|does|has|have|had) (?!you\b|we\b|i\b)[a-z]+"
)
"""The question, from its first word, asks whether there are any."""

SCORE_LINE = re.compile(
    r"(?:what (?:is|was) (?:the )?|the |(?:the )?(?=final |half time |current ))"
    r"(?:final |half time |current )?(?:score|scoreline|result)"
    r"(?: of the (?:match|game))?(?: (?:at (?:half time|full time|the end)))?$|who (?:won|wins|lost)\b.*"
)
"""The question asks for the score, which a list of moments does not hold."""

_NUMBER = r"(\d*\.?\d+%?)"
_SCORE = r"(?:confidence|score|scores|probability|certainty|likelihood)(?: (?:level|score|value|rating))?"
_LEAST = (
    r"(?:above|over|at least|more than|greater than|higher than|better than|exceeding|from|of|is|at"
    r"|>=|>|=|minimum|min|or more than|at or above)"
)
_OR_MORE = r"(?: (?:or|and) (?:more|higher|above|over|better|up|greater))?"
_SURE = r"(?:sure|certain|confident|likely|probable|confidence|probability|certainty|score|likelihood)"
_MOST = r"(?:of )?(?:an? |the )?"

MIN_SCORE = tuple(
    re.compile(rf"(?:{pattern})(?= |$)")
    for pattern in (
        rf"(?:with |at |of |having |whose )?{_MOST}{_SCORE}(?: is| of| at)? (?:{_LEAST} )?{_NUMBER}{_OR_MORE}",
        rf"(?:with |at |by )?{_MOST}(?:minimum |min ){_SCORE}(?: of)? {_NUMBER}",
        rf"(?:with |at )?{_MOST}(?:{_LEAST} )?{_NUMBER}{_OR_MORE} {_SURE}",
        rf"(?:with )?(?:{_LEAST} )?(\d*\.?\d+%){_OR_MORE}",
        r"(?:with )?(?:above|over|at least|more than|>=|>) (0?\.\d+)",
    )
)
"""A lowest score, as a number."""

MAX_SCORE = re.compile(
    rf"(?:with |at )?{_MOST}(?:{_SCORE}(?: is| of)? )?"
    r"(?:below|under|less than|lower than|at most|no more than|<=|<)"
    rf" (?:\d*\.\d+|\d+%)(?: {_SURE})?(?= |$)|(?:not|less|least|un) ?(?:so |very |really |too |quite )?"
    r"(?:sure|certain|confident)\b|unsure|uncertain|doubtful|unlikely|dubious|low confidence"
)
"""A highest score, which is not supported."""

SURENESS = (
    (re.compile(r"(?:absolutely|completely|totally|very|really|dead|most) (?:sure|confident)(?= |$)"), 0.9),
    (
        re.compile(
            r"(?:absolutely |completely |very )?(?:certain|definite|definitely|certainly|undoubted)(?= |$)"
        ),
        0.9,
    ),
    (
        re.compile(
            r"(?:(?:quite|pretty|fairly|reasonably|highly) )?(?:sure|confident|surely|reliable|reliably)(?= |$)"
            r"|(?:with )?high (?:confidence|certainty|probability|scores?)(?= |$)"
        ),
        0.8,
    ),
    (re.compile(r"(?:very |quite )?(?:likely|probable|probably)(?= |$)"), 0.5),
)
"""A lowest score, in words."""

SUREST = re.compile(
    r"(?:(\d+) )?(?:most (?:likely|certain|sure|confident|probable)|surest|highest scoring)(?: (\d+))?(?= |$)"
)
N_LAST = re.compile(r"(\d+) (1st|earliest|opening|last|final|latest|most recent|closing)(?= |$)")
_JUDGED = r"(?:exciting|important|interesting|memorable|significant|dramatic|spectacular|thrilling)"
BEST = re.compile(
    r"(?:(?:top|best) (\d+)"
    rf"|(\d+) (?:best|top|biggest|greatest|finest|most {_JUDGED}|main|key)"
    rf"|most {_JUDGED} (\d+))(?= |$)"
)
MOST = re.compile(rf"most {_JUDGED}(?= (moment|bit|part|play|action|incident|event|thing)(?= |$)| |$)")
"""All of them by their score, or the one."""
WHY = re.compile(
    r"(?:why|because of what|who says(?: so| that)?|with (?:all )?(?:the |its |their )?(?:evidence|reasons?)"
    r"|how (?:do|did|would|can) you know(?: (?:of|about|that))?"
    r"|(?:what is |and )?(?:the )?(?:evidence|reasons?|proof)(?: (?:for|of|behind))?"
    r"|(?:please )?explain)(?= |$)"
)
"""What the moments rest on is asked for as well."""

_NTH = r"(\d+)(?:st|nd|rd|th)"
LAST_BUT = re.compile(
    rf"(?:penultimate|last but (\d+)|{_NTH}(?: (?:to|from))?(?: the)? (?:last|end|final)|next to last)(?= |$)"
)
FIRST_AND_LAST = re.compile(
    r"(?:1st|earliest) (?:and|or) (?:the )?(?:last|final|latest)|(?:last|final) (?:and|or) (?:the )?1st"
)
FIRST = re.compile(r"(?:very )?(?:1st|earliest|opening|initial)(?: of)?(?: (\d+))?(?= |$)")
LAST = re.compile(r"(?:very )?(?:last|final|latest|most recent|closing|concluding)(?: of)?(?: (\d+))?(?= |$)")
PLACES = re.compile(rf"{_NTH} (?:and|to|through|or)(?: the)? {_NTH}(?= |$)")
PLACE = re.compile(rf"(?:{_NTH}|(?:number|no|nr) (\d+))(?= |$)")
ALL_N = re.compile(r"(?:all|both|every|each)(?: of)?(?: the| those| these)? (\d+)(?= |$)")
CARDINAL = re.compile(r"(\d+)(?= |$)")

HOME = re.compile(r"(?:(?:by|for|from|of) )?(?:the )?(?:home|hosts?)(?: (?:team|side|club))?(?= |$)")
AWAY = re.compile(
    r"(?:(?:by|for|from|of) )?(?:the )?(?:away|visitors?|visiting|guests?)(?: (?:team|side|club))?(?= |$)"
)
LEADING = re.compile(r"(?:(?:by|for|from|of) )?(?:the )?(?=[^ ])")
"""What may stand before a team's name."""
WHO = frozenset({"who", "whose", "whom", "his", "her"})
WHOSE_SIDE = frozenset({"our", "ours", "their", "theirs"})
WHICH_MINUTE = re.compile(
    r"(?:(?:in|at|on|of|and) )?(?:which|what|the|exact|their|each|every) (?:exact )?minutes?"
    r"(?= (?:of the [a-z]|was|were|is|are|did|do|had|has|when|for|in which|on which|[a-z]+ed\b)|$| ,)"
)
"""The minute is asked for, not given."""
EACH = re.compile(r"\b(?:each|every|both|either|per) (?:half|halves|period|teams?|sides?)\b")
"""One answer for each is asked for, which an order cannot give."""
FROM_START_TO_END = re.compile(r"(?:from )?(?:start|beginning|1st) to (?:finish|end|last)(?= |$)")
SAVE_TO = re.compile(r"(?:please )?(?:save|score) (?:me|us|the|all|every)\b")

VOCABULARY = (
    FILLER
    | EVERYTHING
    | JUDGING
    | TIME_LEADS
    | frozenset(
        {"except", "excluding", "without", "confidence", "certain", "likely", "first", "last", "final", "home"}
    )
)
"""Words that a typing error may be meant for."""

WORDS = pattern_words(
    value.pattern
    for value in (*globals().values(), *MIN_SCORE, *(pattern for pattern, _ in SURENESS))
    if isinstance(value, re.Pattern)
)
"""The words that the patterns of this module are made of."""
