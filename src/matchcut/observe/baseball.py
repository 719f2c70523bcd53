"""Baseball boards: inning, outs, balls and strikes, runs; and what their changes tell.

Such a board has no clock. What gives it away is the count: a small "2-1" that stands in one place, never
exceeds three balls and two strikes, and changes all the time. The lines around it hold the rest.

What the changes can tell in MLB-YouTube's labels: a ball or a strike that moves the count. What they cannot:
fouls with two strikes, and whether a count that goes back to 0-0 ended in a hit, a ball in play, a walk or an
out. Outs and runs have no label of their own; they are given as `BoardChange`.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from matchcut.events import Event, Evidence
from matchcut.observe.boxes import Box, around
from matchcut.observe.follow import changed
from matchcut.observe.ocr import TextReader
from matchcut.observe.readings import BoardTrack, Count
from matchcut.observe.slots import places
from matchcut.sport import baseball

Image = NDArray[np.uint8]

_COUNT = re.compile(r"(?<![\w:.-])([0-4OoQ])\s?[-–—]\s?([0-3OoQ])(?![\w:]|[.-]\d)")
_OUTS = re.compile(r"(?<!\w)([0-3OoQ])\s?OUTS?(?!\w)", re.IGNORECASE)
_INNING = re.compile(
    r"(?<!\w)(?:(?P<half>TOP|BOT|BOTTOM|MID|END|[TB▲▼△▽])\s?(?P<a>\d{1,2})(?:ST|ND|RD|TH)?(?!\w)"
    r"|(?P<b>\d{1,2})\s?(?:(?:ST|ND|RD|TH)|(?P<sign>[▲▼△▽])))",
    re.IGNORECASE,
)
_TEAM = re.compile(r"(?<!\w)([^\W\d_]{2,}(?:\s[^\W\d_]{3,})?)\s?(\d{1,2}|(?<=\s)[OoQ])(?!\w|\s?OUT|\s?[-–])")
_DELAY_S = 3.0  # from the pitch to the board


@dataclass(frozen=True, slots=True)
class BoardChange:
    """One thing that a baseball board says happened.

    Attributes:
        kind: "ball", "strike", "out", "run" or "inning".
        seconds: when the board first showed it, on the recording.
        detail: what changed, for a person to read.
        confidence: 0 to 1.
        side: "home" or "away" for a run, else empty.
    """

    kind: str
    seconds: float
    detail: str
    confidence: float
    side: str = ""


def _digit(text: str) -> int:
    return 0 if text in "OoQ" else int(text)


def parse_board(
    lines: Iterable[str], seconds: float = 0.0, confidence: float = 1.0
) -> tuple[Count, dict[str, int]]:
    """What the lines of a board say: the count and so on, and each team's runs in reading order.

    >>> count, runs = parse_board(["NYY 3", "BOS 2", "▲5", "2-1", "1 OUT"])
    >>> (count.balls, count.strikes, count.outs, count.inning, count.top), runs
    ((2, 1, 1, 5, True), {'NYY': 3, 'BOS': 2})
    """
    count = Count(seconds, confidence=confidence)
    runs: dict[str, int] = {}
    for line in lines:
        if outs := _OUTS.search(line):
            count = replace(count, outs=_digit(outs[1]))
            line = line.replace(outs[0], " ")
        if inning := _INNING.search(line):
            half = (inning["half"] or inning["sign"] or "").upper()[:1]
            number = int(inning["a"] or inning["b"])
            if 1 <= number <= 25:
                top = True if half in ("T", "▲", "△") else False if half in ("B", "▼", "▽") else None
                count = replace(count, inning=number, top=top)
            line = line.replace(inning[0], " ")
        if pitches := _COUNT.search(line):
            count = replace(count, balls=_digit(pitches[1]), strikes=_digit(pitches[2]))
            line = line.replace(pitches[0], " ")
        for team in _TEAM.finditer(line):
            if team[1].upper() not in ("OUT", "OUTS", "TOP", "BOT", "BALL", "STRIKE"):
                runs.setdefault(team[1], _digit(team[2]))
    return count, runs


def find_baseball_board(images: Sequence[Image], reader: TextReader) -> list[Box]:
    """The lines of a baseball board on a sample of frames; empty where there is none."""
    if len(images) < 2:
        return []
    height, width = images[0].shape[:2]
    scale = min(1.0, 960 / width)
    found = [[b for b in boxes if b.height < 0.14 * height] for boxes in reader.find_all(images, scale)]
    groups = places(found)
    best: tuple[int, Box] | None = None
    for group in groups:
        reads = reader.read([box.cut(images[i]) for i, box in group[:16]])
        counts = [m.groups() for read in reads if (m := _COUNT.search(read.text)) and read.confidence > 0.6]
        if (
            len(counts) >= 0.5 * len(reads)
            and len(set(counts)) >= 2
            and (best is None or len(counts) > best[0])
        ):
            best = len(counts), around(box for _, box in group)
    if best is None:
        return []
    anchor = best[1]
    reach = anchor.grown(16 * anchor.height, 4 * anchor.height)
    lines: list[Box] = []
    for group in sorted(groups, key=len, reverse=True):
        box = around(box for _, box in group)
        small = box.height < 2.2 * anchor.height and box.meets(reach)
        if small and len(group) >= 0.2 * len(images) and not any(box.overlap(other) > 0.3 for other in lines):
            lines.append(box)
    return [box.grown(0.6 * anchor.height, 0) for box in lines]


@dataclass
class BaseballFollower:
    """Reads a baseball board's lines off one frame after the other, each only when it changed."""

    lines: Sequence[Box]
    reader: TextReader
    counts: list[Count] = field(default_factory=list)
    names: Counter[str] = field(default_factory=Counter)
    runs: list[tuple[int, dict[str, int]]] = field(default_factory=list)
    _seen: dict[int, tuple[Image, str, float]] = field(default_factory=dict)

    def look(self, seconds: float, image: Image) -> Count | None:
        """The board on a frame; None if no count stands there."""
        fresh: list[tuple[int, Image]] = []
        for n, box in enumerate(self.lines):
            crop = box.cut(image)
            seen = self._seen.get(n)
            if seen is None or changed(seen[0], crop):
                fresh.append((n, crop))
        reads = self.reader.read([crop for _, crop in fresh])
        for (n, crop), read in zip(fresh, reads, strict=True):
            self._seen[n] = crop.copy(), read.text, read.confidence
        sure = [(text, conf) for _, text, conf in self._seen.values() if text and conf > 0.6]
        confidence = min((conf for _, conf in sure), default=0.0)
        count, runs = parse_board([text for text, _ in sure], round(seconds, 3), round(confidence, 3))
        if count.balls is None:
            return None
        self.names.update(runs)
        self.runs.append((len(self.counts), runs))
        self.counts.append(count)
        return count

    def finish(self) -> tuple[tuple[str, str], tuple[Count, ...]]:
        """The two teams (the visitors, who stand first, as away) and all readings with their runs."""
        order = [name for name, _ in self.names.most_common(2)]
        if len(order) == 2 and self.runs:
            listed = [list(runs) for _, runs in self.runs if all(name in runs for name in order)]
            if listed:
                order.sort(key=listed[0].index)
        order += [""] * (2 - len(order))
        for place, runs in self.runs:
            away, home = runs.get(order[0]), runs.get(order[1])
            self.counts[place] = replace(self.counts[place], away=away, home=home)
        return (order[1], order[0]), tuple(self.counts)


def board_changes(counts: Sequence[Count]) -> tuple[BoardChange, ...]:
    """What happened by the board: a count must be seen twice, or be followed by its natural next."""
    changes: list[BoardChange] = []
    if not counts:
        return ()
    steady = [c for c, d in zip(counts, [*counts[1:], None], strict=True) if _steady(c, d)]
    for before, now in pairwise(steady):
        sure = min(before.confidence, now.confidence)

        def add(kind: str, detail: str, side: str = "", at: float = now.seconds, sure: float = sure) -> None:
            changes.append(BoardChange(kind, at, detail, sure, side))

        if None not in (before.balls, before.strikes, now.balls, now.strikes):
            step = (now.balls or 0) - (before.balls or 0), (now.strikes or 0) - (before.strikes or 0)
            if step in ((1, 0), (0, 1)):
                add(
                    "ball" if step[0] else "strike",
                    f"count {before.balls}-{before.strikes} → {now.balls}-{now.strikes}",
                )
        if before.outs is not None and now.outs is not None and now.outs == before.outs + 1:
            add("out", f"outs {before.outs} → {now.outs}")
        for side in ("away", "home"):
            runs, after = getattr(before, side), getattr(now, side)
            if runs is not None and after is not None and runs < after <= runs + 4:
                add("run", f"{side} {runs} → {after}", side)
        if before.inning and now.inning and (before.inning, before.top) != (now.inning, now.top):
            add("inning", f"inning {before.inning} → {now.inning}")
            if before.outs == 2 and now.outs == 0 and now.inning - before.inning <= 1:
                add("out", "2 outs, then the sides change")  # boards seldom show the third
    return tuple(changes)


def _steady(count: Count, following: Count | None) -> bool:
    """A reading that the next one confirms (the same, or the count moved on from it)."""
    if following is None or count.balls is None or count.strikes is None:
        return following is None
    if following.balls is None or following.strikes is None:
        return False
    step = following.balls - count.balls, following.strikes - count.strikes
    return step in ((0, 0), (1, 0), (0, 1)) or (following.balls, following.strikes) == (0, 0)


def plays_from(board: BoardTrack) -> tuple[tuple[Event, ...], tuple[str, ...]]:
    """Balls, strikes, outs and runs by the board, and notes on what its changes cannot tell."""
    sides = {"home": board.teams[0], "away": board.teams[1]}
    events = [
        Event.around(
            change.kind, max(change.seconds - _DELAY_S, 0.0), baseball, score=round(0.9 * change.confidence, 3),
            evidence=(Evidence("scoreboard", change.detail, change.confidence),),
            team=(sides[change.side] or change.side) if change.side else None,
        )
        for change in board_changes(board.counts)
        if change.kind in baseball
    ]  # fmt: skip
    notes = ["a count that goes back to 0-0 does not tell how the batter's turn ended"] if events else []
    return tuple(events), tuple(notes)
