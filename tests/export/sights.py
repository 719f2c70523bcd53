"""What the tests of observations share: a made-up match, and any observations at all."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from hypothesis import strategies as st
from pages import texts

from matchcut.observe.boxes import Box
from matchcut.observe.layout import Layout
from matchcut.observe.observed import Observed
from matchcut.observe.readings import BoardTrack, Count, Reading, TextSeen
from matchcut.observe.shots import Passage, Shot, ShotTrack
from matchcut.observe.sound import SoundTrack
from matchcut.observe.whistle import Whistle

HALF_TIME = (2950.0, 3850.0)
KICK_OFF = 100.0


def board(
    goals: Sequence[tuple[float, int, int]] = ((700.0, 0, 1), (4000.0, 1, 1)),
    hidden: Sequence[tuple[float, float]] = ((1000.0, 1030.0),),
    teams: tuple[str, str] = ("BRA", "GER"),
    seen: Sequence[TextSeen] = (),
) -> BoardTrack:
    """A match of two halves with two and a half minutes of stoppage in the first, looked at every 3 s."""
    looks = tuple(float(t) for t in range(0, 6700, 3))
    readings = []
    for look in looks:
        if any(a <= look <= b for a, b in (*hidden, HALF_TIME)) or look < KICK_OFF:
            continue
        clock = look - KICK_OFF if look < HALF_TIME[0] else 2700 + look - HALF_TIME[1]
        home, away = next(((h, a) for t, h, a in reversed(goals) if t <= look), (0, 0))
        added = 120.0 if clock >= 2700 and look < HALF_TIME[0] else None
        readings.append(Reading(look, float(int(clock)), added, home, away, 0.97))
    place = Layout(Box(40, 10, 80, 20), 1.0, 1, (Box(10, 10, 36, 20),), teams, Box(0, 0, 100, 30))
    return BoardTrack(
        tuple(readings), (place,), teams, texts=tuple(seen), looks=looks, size=(320, 180), duration=6700.0
    )


def sound(seconds: float = 6700.0, loud: Sequence[float] = (705.0, 4004.0)) -> SoundTrack:
    """A murmur that swells at some moments, and a whistle at kick-off."""
    times = np.arange(round(seconds * 10)) / 10
    crowd = -30 + 0.5 * np.sin(times / 3)
    for moment in loud:
        crowd += 12 * np.exp(-0.5 * ((times - moment) / 5) ** 2)
    whistles = (Whistle(KICK_OFF, KICK_OFF + 0.8, 3700.0, 0.9), Whistle(50.0, 50.4, 3000.0, 0.2))
    return SoundTrack(crowd + 2, crowd, np.full(len(times), -28.0), whistles)


def shots(seconds: float = 6700.0, length: float = 9.0) -> ShotTrack:
    """Shots of all kinds in turn, one in eight a replay."""
    edges = [*np.arange(0, seconds, length).tolist(), seconds]
    kinds = ("long", "close", "off", "long")
    made = [
        Shot(a, b, kinds[n % 4], 0.9, 3.0, 0.9 if n % 8 == 5 else 0.0)
        for n, (a, b) in enumerate(pairwise(edges))
    ]
    return ShotTrack(tuple(made), tuple(Passage(s.start, s.start, "cut", 0.9) for s in made[1:]))


def match() -> Observed:
    """All of it."""
    return Observed(board(seen=[TextSeen(690.0, 696.0, ("GOAL", "MUELLER 11'"))]), sound(), shots())


def hostile(text: str) -> Observed:
    """Observations in which every text that can come from outside is this one."""
    read = board(teams=(text, text), seen=[TextSeen(5.0, 15.0, (text, text))])
    whole = BoardTrack(
        read.readings, read.layouts, read.teams, (), read.texts, read.looks, (320, 180), 60, (text,)
    )
    heard = SoundTrack(*(np.full(600, -20.0) for _ in range(3)), notes=(text,))
    seen = ShotTrack((Shot(0, 60, text, 1, 1),), (Passage(9, 9, text, 1),), (text,))
    return Observed(whole, heard, seen, (text,))


seconds = st.floats(-100, 8000) | st.sampled_from([0.0, 1e9])
shares = st.floats(0, 1)
numbers = st.none() | st.integers(0, 99)
windows = st.tuples(seconds, seconds).map(sorted)


@st.composite
def observations(draw: st.DrawFn) -> Observed:
    """Any observations, sensible or not."""
    readings = st.builds(
        Reading,
        seconds,
        st.none() | st.floats(0, 1e5),
        st.sampled_from([None, 120.0]),
        numbers,
        numbers,
        shares,
    )
    counts = st.builds(
        Count, seconds, numbers, numbers, numbers, numbers, st.none() | st.booleans(), numbers, numbers, shares
    )
    seen = st.builds(lambda w, lines: TextSeen(*w, tuple(lines)), windows, st.lists(texts, max_size=3))
    read = BoardTrack(
        tuple(sorted(draw(st.lists(readings, max_size=12)), key=lambda r: r.seconds)),
        (),
        draw(st.tuples(texts, texts)),
        tuple(sorted(draw(st.lists(counts, max_size=5)), key=lambda c: c.seconds)),
        tuple(draw(st.lists(seen, max_size=3))),
        tuple(sorted(draw(st.lists(seconds, max_size=12)))),
        duration=draw(st.floats(0, 1e5)),
        notes=tuple(draw(st.lists(texts, max_size=2))),
    )
    length = draw(st.integers(0, 60))
    levels = np.random.default_rng(length).uniform(-75, 0, (3, length))
    blows = st.builds(lambda w, hz, sure: Whistle(*w, hz, sure), windows, st.floats(2000, 5000), shares)
    heard = SoundTrack(*levels, tuple(draw(st.lists(blows, max_size=3))), draw(st.floats(0.1, 10)))
    kinds = st.sampled_from(["long", "close", "off", "unknown"]) | texts
    made = st.builds(lambda w, k, s, r: Shot(*w, k, s, 1.0, r), windows, kinds, shares, shares)
    cuts = st.builds(lambda w, k, s: Passage(*w, k, s), windows, texts, shares)
    shown = ShotTrack(
        tuple(sorted(draw(st.lists(made, max_size=6)), key=lambda s: s.start)),
        tuple(draw(st.lists(cuts, max_size=3))),
    )
    whole = (read, heard, shown)
    some = [part if draw(st.booleans()) else None for part in whole]
    return Observed(*some, tuple(draw(st.lists(texts, max_size=2))))  # type: ignore[arg-type]
