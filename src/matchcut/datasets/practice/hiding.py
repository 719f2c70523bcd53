"""Matches in which each passage of play shows itself in one modality only: it is seen, or heard, or told.

The plot stays what it is; chance of its own decides for each passage. What is not seen happens while the camera
looks at players and benches, and there is neither caption nor replay of it. What is not heard has neither
whistle nor roar, and the ball sounds as if it were being passed. Of what is not told the commentators say
nothing: they name players, and talk about something else. The camera looks away in quiet play, too, so that its
doing so tells little.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from matchcut.datasets.practice.script import MIDDLE, Script, Sense, Shot, Touch

MODALITIES = ("video", "sound", "words")
EVERYWHERE = ("Goal", "Corner", "Foul", "Offside", "Substitution", "Yellow card")
"""Labels that have a sign of their own in the picture, in the sound and in the words of a practice match."""

_LEAD_S = 2.5
"""So long before its first labelled moment a passage begins to show itself, or not to."""
_LOOK_S = (2.5, 5.0)
_AWAY = 0.5
_PASS_S = (2.0, 3.1)
"""What lies between two passes in quiet play."""

Stretch = tuple[float, float]


def hide(script: Script) -> None:
    """Takes two of the three modalities from each passage of a script whose edit is done."""
    rng = np.random.default_rng([script.seed, 61])
    drawn: list[str] = []
    for start, end in script.passages:
        moments = [h.t for h in script.happenings if start <= h.t < end]
        if moments:
            # Each comes once before any comes again, so that no match is mostly told.
            drawn = drawn or [MODALITIES[place] for place in rng.permutation(len(MODALITIES))]
            script.senses.append(Sense(max(start, min(moments) - _LEAD_S), end, drawn.pop()))
    script.surges = [surge for surge in script.surges if script.sense(surge.t) in (None, "sound")]
    script.whistles = [blow for blow in script.whistles if script.sense(blow.t) in (None, "sound")]
    script.cues = [cue for cue in script.cues if script.sense(cue.t) in (None, "words")]
    script.captions = [c for c in script.captions if script.sense(c.start) in (None, "video")]
    unseen = [(sense.start, sense.end) for sense in script.senses if sense.modality != "video"]
    quiet = [(a, b) for a, b in _between(script) if b - a >= _LOOK_S[0] and rng.random() < _AWAY]
    _look_away(script, sorted(unseen + quiet), rng)


def touches_in(script: Script, modality: str) -> list[Touch]:
    """The touches as one modality has them: passes in quiet play where what happens does not show in it."""
    hidden = [sense for sense in script.senses if sense.modality != modality]
    if not hidden:
        return script.touches
    rng = np.random.default_rng([script.seed, 67])
    kept = [touch for touch in script.touches if not any(s.start <= touch.t < s.end for s in hidden)]
    for sense in hidden:
        t = sense.start + float(rng.uniform(0, _PASS_S[0]))
        while t < sense.end:
            kept.append(Touch(t, 0.0, MIDDLE, 0.0, int(rng.integers(22)), "roll"))
            t += float(rng.uniform(*_PASS_S))
    return sorted(kept, key=lambda touch: touch.t)


def _between(script: Script) -> list[Stretch]:
    """The stretches in which nothing is to be shown."""
    edges = [0.0, *(t for sense in script.senses for t in (sense.start, sense.end)), script.duration_s]
    return list(zip(edges[::2], edges[1::2], strict=True))


def _look_away(script: Script, stretches: Sequence[Stretch], rng: np.random.Generator) -> None:
    """Shows players and benches meanwhile; what was shown before is cut off, replays of it are left out."""
    for start, end in stretches:
        kept = []
        for shot in script.shots:
            inside = start <= shot.start < end or (shot.kind == "replay" and start <= shot.at < end)
            if not inside:
                kept.append(replace(shot, end=start) if shot.start < start < shot.end else shot)
        script.shots = kept
        t = start
        while t < end:
            until = min(t + float(rng.uniform(*_LOOK_S)), end)
            until = end if end - until < _LOOK_S[0] / 2 else until
            kind = "bench" if rng.random() < 1 / 3 else "portrait"
            actor = int(rng.integers(2 if kind == "bench" else 22))
            script.shots.append(Shot(t, until, kind, actor, float(rng.random())))
            t = until
    script.shots.sort(key=lambda shot: shot.start)
