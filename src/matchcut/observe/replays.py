"""Replays, told by the animation that many broadcasters pass over the picture before and after them.

Nothing is known of the animation but that it comes back: within a transition there is a picture that is unlike
what was before and what comes after, and the same picture stands in other transitions of the match.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from matchcut.observe.transitions import LEAD_S, STRIP_S, Transition

ALIKE = 24
"""Blocks whose three planes differ by less than this (of 255) look the same."""
SAME = 0.7
"""Two pictures of which so many blocks look the same are one."""
OTHER = 0.4
"""Two pictures of which fewer blocks look the same are different."""
KNOWN_OTHER = 0.55
"""Where the animation is known already, so many may look as before or after: it covers a part of them."""
APART_S = 5.0
"""Transitions nearer than this, and neighbours, may share a shot's pictures: their likeness tells nothing."""

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class ReplaySettings:
    """What is usual, in seconds and as natural logarithms' standard deviations.

    Attributes:
        replay_s, replay_spread: a replay's usual length.
        live_s, live_spread: the usual time from one replay to the next.
        missed: probability that a wipe was overlooked, so that two stretches in a row are of one kind.
        long_weight: how much a stretch without long shots speaks for a replay.
    """

    replay_s: float = 13.0
    replay_spread: float = 0.7
    live_s: float = 70.0
    live_spread: float = 1.1
    missed: float = 0.05
    long_weight: float = 3.0


def with_wipes(transitions: Sequence[Transition], around: Sequence[tuple[int, int]] = ()) -> list[Transition]:
    """The transitions, those that an animation covers which comes back being one wipe each.

    A wipe's score is the best likeness of its animation to another's. What merely passes over the picture and
    does not come back is no transition.

    Args:
        transitions: in order.
        around: pairs of them, by their places, between which something else speaks for a replay: to these
            the animation need not come back a third time.
    """
    strips = [_passing(t) for t in transitions]
    pictures = [seen for _, seen in strips]
    likeness = _likeness(transitions, pictures)
    partners = np.sort(likeness, axis=1)[:, ::-1]
    firm = [bool(row.size > 1 and row[1] >= SAME) for row in partners]
    for one, two in around:
        like = _alike(pictures[one], pictures[two])
        if like >= SAME:
            firm[one] = firm[two] = True
            partners[[one, two], 0] = np.maximum(partners[[one, two], 0], like)
    known = [pictures[number] for number, sure in enumerate(firm) if sure]
    for number, transition in enumerate(transitions):
        if known and not firm[number]:
            moments, seen = _passing(transition, KNOWN_OTHER)
            like = max(_alike(seen, animation) for animation in known)
            if like >= SAME:
                strips[number], firm[number], partners[number, 0] = (moments, seen), True, like
    wipes: list[Transition] = []
    for number, (transition, (moments, _)) in enumerate(zip(transitions, strips, strict=True)):
        if firm[number] or (any(firm) and partners[number].size and partners[number][0] > SAME + 0.1):
            start, end = float(moments.min()), float(moments.max()) + STRIP_S
            score = float(partners[number][0])
            if wipes and start < wipes[-1].end + STRIP_S:
                last = wipes[-1]
                wipes[-1] = replace(last, end=max(end, last.end), score=max(score, last.score))
            else:
                wipes.append(replace(transition, start=start, end=end, kind="wipe", score=score))
    kept = [
        t
        for t in transitions
        if t.kind != "cover" and not any(w.start - 0.3 < t.end and t.start < w.end + 0.3 for w in wipes)
    ]
    return sorted([*kept, *wipes], key=lambda t: t.start)


def _passing(transition: Transition, other: float = OTHER) -> tuple[Floats, NDArray[np.int16]]:
    """The moments and pictures of a transition that are unlike both what was before and what comes after.

    What stands still throughout (a board, a frame around the picture) is left aside in that.
    """
    strip = transition.strip.reshape(len(transition.strip), 3, -1).astype(np.int16)
    moving = (np.abs(strip - strip[:1]).max(1) >= ALIKE).any(0)
    if moving.mean() < OTHER:
        return np.zeros(0), strip[:0]
    alike = [(np.abs(strip - end).max(1) < ALIKE)[:, moving].mean(1) for end in (strip[:1], strip[-1:])]
    passing = np.flatnonzero((alike[0] < other) & (alike[1] < other))
    moments = np.asarray(transition.start - LEAD_S + passing * STRIP_S, dtype=np.float64)
    return moments, strip[passing]


def _likeness(transitions: Sequence[Transition], pictures: Sequence[NDArray[np.int16]]) -> Floats:
    """For each two transitions the share of blocks that look the same in their most alike pictures."""
    count = len(transitions)
    found = np.zeros((count, count))
    for one in range(count):
        for two in range(one - 1):
            apart = transitions[one].start - transitions[two].start > APART_S
            if apart:
                found[one, two] = found[two, one] = _alike(pictures[one], pictures[two])
    return found


def _alike(one: NDArray[np.int16], two: NDArray[np.int16]) -> float:
    """The share of blocks that look the same in the most alike of these and those pictures."""
    if not len(one) or not len(two):
        return 0.0
    off = np.abs(one[:, None] - two[None]).max(2)
    return float((off < ALIKE).mean(2).max())


def replays(
    wipes: Sequence[Transition], long_share: Sequence[float], settings: ReplaySettings = ReplaySettings()
) -> list[tuple[float, float, float]]:
    """Which of the stretches between wipes are replays: (start, end, probability), in order.

    Live play and replays take turns, unless a wipe was overlooked; replays are short and show few long shots.
    The probabilities come from the forward-backward algorithm over the two states.

    Args:
        wipes: in order.
        long_share: of each stretch between two wipes, the share of its time that long shots fill.
        settings: what is usual.
    """
    if len(wipes) < 2:
        return []
    stay, turn = settings.missed, 1 - settings.missed
    change = np.array([[stay, turn], [turn, stay]])  # rows and columns: live, replay
    gaps = [(a.end, max(b.start, a.end + 0.1)) for a, b in itertools.pairwise(wipes)]
    fits = np.array([_fits(b - a, share, settings) for (a, b), share in zip(gaps, long_share, strict=True)])
    ahead, back = np.zeros((len(gaps), 2)), np.ones((len(gaps), 2))
    state = np.array([0.9, 0.1])  # a recording begins live
    for i, fit in enumerate(fits):
        state = (state @ change) * fit
        ahead[i] = state = state / state.sum()
    state = change @ np.array([0.9, 0.1])  # and ends live
    for i in reversed(range(len(gaps))):
        back[i] = state
        state = change @ (fits[i] * state)
        state = state / state.sum()
    both = ahead * back
    sure = both[:, 1] / both.sum(1)
    return [(a, b, float(p)) for (a, b), p in zip(gaps, sure, strict=True)]


def _fits(length: float, long_share: float, s: ReplaySettings) -> tuple[float, float]:
    """How well a stretch fits live play and a replay."""

    def density(usual: float, spread: float) -> float:
        return math.exp(-0.5 * (math.log(length / usual) / spread) ** 2) / spread + 1e-6

    weight = math.exp(s.long_weight * (0.35 - long_share))
    return density(s.live_s, s.live_spread), density(s.replay_s, s.replay_spread) * weight
