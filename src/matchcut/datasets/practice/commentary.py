"""The commentary: speech laid over the match, nearly without a pause, as broadcasts have it."""

from __future__ import annotations

import bisect
from dataclasses import dataclass

import numpy as np

from matchcut.datasets.practice.hiding import touches_in
from matchcut.datasets.practice.phrases import CALLS, CHAT, SPEECH, Speech
from matchcut.datasets.practice.script import Cue, Script
from matchcut.datasets.practice.settings import PracticeSettings
from matchcut.transcript import Transcript, Utterance

_LEAD_UPS = {"direct": "before direct", "penalty": "before penalty"}
_WORDS_A_SECOND = 3.0
_SHORTEST_S = 0.8
_GOAL = 9
_NEWS = 3
"""From this urgency on, something is news; below, it is an aside."""


@dataclass
class _Due:
    """Something waiting to be said: from when on, until when it is worth saying, and how much it matters."""

    start: float
    until: float
    urgent: int
    lines: tuple[str, ...]
    cue: Cue
    after: tuple[str, ...]


def speak(script: Script, settings: PracticeSettings) -> Transcript:
    """The commentary of a match, as a speech recognizer would have heard it.

    Utterances follow each other without overlap and end before the recording does.
    """
    rng = np.random.default_rng([script.seed, 21])
    box = _Box(script, rng)
    said: list[Utterance] = []
    t = float(rng.uniform(0.2, 0.8))
    while t < script.duration_s - _SHORTEST_S:
        text, start = box.next_line(t)
        if text is None:
            t = start
            continue
        words = len(text.split())
        seconds = max(0.45 + words / _WORDS_A_SECOND * float(rng.uniform(0.85, 1.15)), _SHORTEST_S)
        end = min(round(start + seconds, 3), script.duration_s)
        heard = _heard(text, settings, rng)
        if heard:
            said.append(Utterance(round(start, 3), end, heard))
        # Mostly a breath, at times a longer silence.
        t = end + float(rng.uniform(0.05, 0.4) if rng.random() < 0.75 else rng.uniform(0.6, 1.8))
    return Transcript(said, "en", "practice")


class _Box:
    """The commentary box: knows what waits to be said, and fills the time between."""

    def __init__(self, script: Script, rng: np.random.Generator) -> None:
        self.script, self.rng = script, rng
        self.used: dict[tuple[str, ...], list[int]] = {}
        self.last_names: list[str] = []
        self.waiting = [due for cue in script.cues for due in self._due(cue)]
        self.on_ball = [touch for touch in touches_in(script, "words") if touch.actor is not None]
        self.ball_times = [touch.t for touch in self.on_ball]

    def next_line(self, t: float) -> tuple[str | None, float]:
        """What to say at ``t``, and when it starts; None to be silent until then."""
        self.waiting = [due for due in self.waiting if due.until > t]
        ready = [due for due in self.waiting if due.start <= t + 0.25]
        # What must be said soon is not talked over: an aside waits until there is room for it.
        soon = min((due.start for due in self.waiting if due.urgent >= _NEWS and due not in ready), default=1e9)
        ready = [due for due in ready if due.urgent >= _NEWS or t + _longest_s(due.lines) < soon + 0.5]
        if ready:
            best = max(ready, key=lambda due: (due.urgent, -due.start))
            self.waiting.remove(best)
            # A goal is talked about at length, a card or a save nearly always, the rest often.
            thoughts = (
                4 if best.urgent >= _GOAL else int(self.rng.random() < (0.95 if best.urgent >= 5 else 0.75))
            )
            for number in range(thoughts if best.after else 0):
                until = t + 9.0 + 7.0 * number
                self.waiting.append(_Due(t + 1.0 + 4.0 * number, until, 1, best.after, best.cue, ()))
            return self._pick(best.lines).format(**best.cue.slots), max(t, best.start)
        coming = min((due.start for due in self.waiting if due.start > t), default=self.script.duration_s)
        room = coming - t
        if room < 1.2:
            return None, coming
        return self._fill(t, room)

    def _due(self, cue: Cue) -> list[_Due]:
        found = []
        for kind in (cue.kind, _LEAD_UPS.get(cue.kind)):
            speech = SPEECH.get(kind or "")
            if speech is not None and self.rng.random() < speech.chance:
                found.append(self._planned(cue, speech))
        return found

    def _planned(self, cue: Cue, speech: Speech) -> _Due:
        start = cue.t + float(self.rng.uniform(*speech.delay_s))
        return _Due(start, cue.t + speech.stale_s, speech.urgent, speech.calls, cue, speech.after)

    def _fill(self, t: float, room: float) -> tuple[str | None, float]:
        """Who is on the ball, or talk, if there is time for it before the next thing to say."""
        if room > 4.5 and self.rng.random() < 0.42:
            return self._chat(), t
        names = self._names(t)
        if names and names != self.last_names:
            self.last_names = names
            if len(names) == 1:
                return f"{names[0]}.", t
            return self._pick(CALLS).format(a=names[1], b=names[0]), t
        if room > 6.5 and self.rng.random() < 0.6:
            return self._chat(), t
        return None, t + min(room, 0.8)

    def _chat(self) -> str:
        home, away = self.script.teams
        return self._pick(CHAT).format(home=home.name, away=away.name)

    def _names(self, t: float) -> list[str]:
        """Who touched the ball last, the latest first, as far as it is in play."""
        here = bisect.bisect_right(self.ball_times, t + 0.2)
        names: list[str] = []
        for touch in reversed(self.on_ball[max(here - 6, 0) : here]):
            if touch.actor is None or t - touch.t > 4:
                break
            name = self.script.name(touch.actor, touch.t)
            if name not in names:
                names.append(name)
        return names[:2]

    def _pick(self, lines: tuple[str, ...]) -> str:
        """One of the lines, none again before most others have been used."""
        used = self.used.setdefault(lines, [])
        free = [i for i in range(len(lines)) if i not in used]
        chosen = free[int(self.rng.integers(len(free)))]
        used.append(chosen)
        if len(used) > 0.7 * len(lines) or len(used) == len(lines):
            del used[: max(1, len(used) // 2)]
        return lines[chosen]


def _longest_s(lines: tuple[str, ...]) -> float:
    return 0.45 + max(len(line.split()) for line in lines) / _WORDS_A_SECOND


_SOUNDS = {
    "ck": "k",
    "ph": "f",
    "th": "d",
    "ee": "i",
    "ll": "l",
    "or": "aw",
    "ie": "y",
    "v": "w",
    "qu": "kw",
    "ea": "a",
}


def _heard(text: str, settings: PracticeSettings, rng: np.random.Generator) -> str:
    """The text with words lost and misheard, as the settings say."""
    if not (settings.lost_words or settings.misheard_words):
        return text
    words = []
    for word in text.split():
        luck = rng.random()
        if luck < settings.lost_words:
            continue
        if luck < settings.lost_words + settings.misheard_words:
            word = _misheard(word, rng)
        words.append(word)
    return " ".join(words)


def _misheard(word: str, rng: np.random.Generator) -> str:
    fitting = [sound for sound in _SOUNDS if sound in word.lower()]
    if fitting:
        sound = fitting[int(rng.integers(len(fitting)))]
        return word.lower().replace(sound, _SOUNDS[sound], 1)
    vowels = [i for i, letter in enumerate(word) if letter in "aeiou"]
    if not vowels:
        return word
    at = vowels[int(rng.integers(len(vowels)))]
    return word[:at] + "aeiou"[int(rng.integers(5))] + word[at + 1 :]
