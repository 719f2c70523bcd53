"""Learning where a scoreboard stands and how it is laid out, from what is written on a sample of frames.

Nothing is assumed about place, colours or font: first a clock is found by how it behaves, then the score and
the teams around it.
"""

from __future__ import annotations

from bisect import bisect
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from matchcut.observe.board_text import Token, number, tokens
from matchcut.observe.boxes import Box, around, median_box
from matchcut.observe.clock_search import ClockSlot, clocks_in
from matchcut.observe.layout import Layout
from matchcut.observe.ocr import TextReader
from matchcut.observe.period_mark import period_box
from matchcut.observe.score_search import (
    names_stay,
    numbers_beside,
    numbers_over,
    read_number,
    score_boxes,
    team_names,
    with_word,
)
from matchcut.observe.slots import Slot, slots_of

Image = NDArray[np.uint8]

_SLACK_S = 15.0  # two clocks of one match differ by less


def learn_layouts(
    images: Sequence[Image], times: Sequence[float], reader: TextReader
) -> tuple[list[Layout], list[str]]:
    """The scoreboards of a sample of frames, the most seen first, and notes on what was left aside.

    Args:
        images: frames of one size, shape (H, W, 3), RGB, in time order; neighbours in time help.
        times: their recording seconds.
        reader: the OCR.
    """
    if len(images) < 2:
        return [], []
    width = images[0].shape[1]
    scale = max(1.0, min(640 / width, 2.0)) if width < 640 else min(1.0, 720 / width)
    clocks = clocks_in(images, times, reader, scale)
    layouts: list[Layout] = []
    notes: list[str] = []
    taken: set[int] = set()
    taken_clocks: list[ClockSlot] = []
    for clock in clocks:
        fresh = {i: p for i, p in clock.points.items() if i not in taken}
        if len(fresh) < max(2, 0.5 * len(clock.points)):
            note = "a second clock stands beside the board; it is not the match's"
            notes += [note] if clock.step_s == 1 and note not in notes else []
            continue
        if len(clock.points) < 3 and not any(abs(clock.offset_s - other.offset_s) < 15 for other in layouts):
            continue
        layout = _layout_around(clock, images, reader)
        if layout is None:
            notes.append("a board whose names change, as a list of other results does, was left aside")
            continue
        if layouts and not _one_match(clock, taken_clocks):
            notes.append("a board with another clock was left aside: it is of another match")
            continue
        if layouts and layout.teams != ("", "") and not _same_teams(layout.teams, layouts[0].teams):
            notes.append(f"a board of another match was left aside: {' - '.join(layout.teams)}")
            continue
        taken |= clock.slot.frames
        taken_clocks.append(clock)
        layouts.append(layout)
    return layouts, notes


def _one_match(clock: ClockSlot, others: Sequence[ClockSlot]) -> bool:
    """Whether a clock shows what those of the other boards show, wherever they run on over it."""
    known = sorted((t, other.direction * c) for other in others for t, c in other.points.values())
    agreeing = asked = 0
    for t, shown in clock.points.values():
        place = bisect(known, (t, 0.0))
        if not 0 < place < len(known):
            continue
        (u, before), (v, after) = known[place - 1], known[place]
        if abs((v - u) - (after - before)) > _SLACK_S + clock.step_s:
            continue  # half-time, or a cut, lies between
        asked += 1
        agreeing += abs((t - u) - (clock.direction * shown - before)) < _SLACK_S + clock.step_s
    return not asked or agreeing >= 0.5 * asked


def _same_teams(a: tuple[str, str], b: tuple[str, str]) -> bool:
    pairs = [(x.casefold(), y.casefold()) for x, y in zip(a, b, strict=True) if x and y]
    return not pairs or any(x[:3] == y[:3] for x, y in pairs)


def _layout_around(clock: ClockSlot, images: Sequence[Image], reader: TextReader) -> Layout | None:
    """Looks closer at the surroundings of a clock: score and teams; None if the teams change."""
    box = clock.slot.box
    height, width = images[0].shape[:2]
    high = box.height
    near = Box(
        max(box.left - 20 * high, 0.0), max(box.top - 4.5 * high, 0.0),
        min(box.right + 20 * high, float(width)), min(box.bottom + 4.5 * high, float(height)),
    )  # fmt: skip
    chosen = sorted(clock.points)
    chosen = [chosen[round(k)] for k in np.linspace(0, len(chosen) - 1, min(6, len(chosen)))]
    sample = [images[i] for i in dict.fromkeys(chosen)]
    slots = [s for s in slots_of(_tokens_in(near, sample, high, reader)) if len(s.frames) >= 0.4 * len(sample)]
    words = [s for s in slots if s.kind == "word"]
    score = _score(slots, words, box, near, sample, reader)
    if score and not names_stay(words, score):
        return None
    clock_box = _longest(clock.slot)
    parts = [clock_box, *score]
    teams = team_names(words, score)
    cuts = [_best_cut(part, clock_box, words, sample, reader, whole=len(score) == 1) for part in score]
    score, beside = tuple(part for part, _ in cuts), tuple(side for _, side in cuts)
    region = around(parts).grown(8 * high, 1.5 * high)
    return Layout(
        clock=_apart(clock_box, [*score, *(s.box for s in slots if not s.box.meets(clock_box))]),
        step_s=clock.step_s,
        direction=clock.direction,
        score=score,
        teams=teams,
        region=Box(
            max(region.left, 0.0), max(region.top, 0.0), min(region.right, width), min(region.bottom, height)
        ),
        offset_s=clock.offset_s,
        seen=len(clock.points),
        beside=beside,
        period=period_box(slots, clock_box),
    )


def _tokens_in(
    near: Box, images: Sequence[Image], high: float, reader: TextReader, closer: float = 1.0
) -> list[list[Token]]:
    """What is written in one place of each picture, given how high its letters are."""
    scale = min(max(26 / high, 1.0), 3.0) * closer
    found = [reader.lines(near.cut(image), scale) for image in images]
    return [
        [replace(t, box=t.box.moved(near.left, near.top)) for line in lines for t in tokens(line)]
        for lines in found
    ]


def _score(
    slots: list[Slot],
    words: Sequence[Slot],
    clock: Box,
    near: Box,
    images: Sequence[Image],
    reader: TextReader,
) -> tuple[Box, ...]:
    """The score's boxes. Lone digits are easily overlooked, so they are looked for in more ways, if need be."""

    def numbers_closer() -> list[Slot]:
        found = slots_of(_tokens_in(near, images, clock.height, reader, 1.6))
        return [s for s in found if s.kind in ("number", "score") and len(s.frames) >= 0.5 * len(images)]

    ways: tuple[Callable[[], list[Slot]], ...] = (
        list,
        lambda: numbers_beside(words, clock, images, reader, 2.5),
        lambda: numbers_beside(words, clock, images, reader, 4.5),
        numbers_closer,
        lambda: numbers_over(words, clock, images, reader),
    )
    for way in ways:
        for slot in way():
            if not any(slot.box.meets(other.box) for other in slots if other.kind != "word"):
                slots.append(slot)
        score = score_boxes(slots, clock, len(images))
        if score:
            return score
    return ()


def _best_cut(
    part: Box, clock: Box, words: Sequence[Slot], images: Sequence[Image], reader: TextReader, whole: bool
) -> tuple[Box, int]:
    """How a part of the score is read most surely: alone (0), or with the word left (1) or right (-1) of it.

    A lone digit is surest where it stands free, but where words are close the crop would hold a piece of them.
    """
    alone = _with_margin(part, [w.box for w in words])
    if whole:
        return alone, 0
    best = alone, 0
    most = -1.0
    for side in (0, 1, -1):
        box = with_word(part, words, side) if side else alone
        if box is None or (side and box.meets(clock)):
            continue
        reads = [read_number(reader, box.cut(image), box, side) for image in images]
        sure = float(np.mean([confidence if number(text) is not None else 0.0 for text, confidence in reads]))
        if sure > most + 0.01:
            best, most = (box, side), sure
    return best


def _with_margin(part: Box, words: Sequence[Box]) -> Box:
    """A part of the score with some room on both sides, but without the edge of a word beside it."""
    high = part.height
    left, right = part.left - 0.3 * high, part.right + 0.3 * high
    for word in words:
        if abs(word.centre[1] - part.centre[1]) < 0.5 * high:
            if word.centre[0] < part.centre[0]:
                left = max(left, min(word.right + 0.1 * high, part.centre[0] - 0.4 * high))
            else:
                right = min(right, max(word.left - 0.1 * high, part.centre[0] + 0.4 * high))
    return Box(left, part.top, right, part.bottom)


def _longest(slot: Slot) -> Box:
    """Where the slot's text stands when it is longest (12:34 rather than 9:59)."""
    lengths = Counter(len(token.text) for _, token in slot.found)
    longest = max(length for length, count in lengths.items() if count >= 0.2 * len(slot.found))
    return median_box(token.box for _, token in slot.found if len(token.text) == longest)


def _apart(clock: Box, others: Sequence[Box]) -> Box:
    """The clock's box with room for one more digit, but not into what stands beside it."""
    left, right = clock.left - 0.5 * clock.height, clock.right + 0.5 * clock.height
    for box in others:
        if abs(box.centre[1] - clock.centre[1]) < 0.6 * clock.height:
            if box.centre[0] < clock.centre[0]:
                left = max(left, min((box.right + clock.left) / 2, clock.left))
            else:
                right = min(right, max((box.left + clock.right) / 2, clock.right))
    return Box(left, clock.top, right, clock.bottom)
