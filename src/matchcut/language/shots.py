"""Worked examples for few-shot prompts: three invented stretches, or stretches drawn from labelled games."""

from __future__ import annotations

import random
from collections.abc import Sequence

from matchcut.datasets.chunks import Chunk, Happening
from matchcut.transcript import Utterance


def _made_up(lines: Sequence[tuple[float, float, str]], events: Sequence[tuple[str, float]]) -> Chunk:
    truth = tuple(Happening(label, time, max(time - 7.5, 0.0), min(time + 7.5, 60.0)) for label, time in events)
    return Chunk("an invented match", 0, 60, tuple(Utterance(*line) for line in lines), truth, "soccer", "en")


INVENTED = (
    _made_up(
        (
            (2, 6, "They work it out to the right, looking for the overlap."),
            (8, 11, "And it's behind for a corner."),
            (24, 27, "The corner comes in, headed away."),
            (29, 33, "He hits it first time from the edge of the box, over the bar!"),
            (47, 50, "Here's that effort again."),
        ),
        (("Ball out of play", 7), ("Corner", 24), ("Shots off target", 29), ("Ball out of play", 31)),
    ),
    _made_up(
        (
            (5, 9, "Lovely weather for it here this evening."),
            (15, 20, "You remember he scored twice in this fixture last season."),
            (40, 43, "They are passing it across the back."),
        ),
        (),
    ),
    _made_up(
        (
            (4, 7, "That's a late one, and the whistle goes."),
            (12, 16, "The referee has the yellow card out, no complaints."),
            (38, 41, "He'll take it himself, this free-kick."),
            (42, 46, "Oh, what a goal! Right into the top corner!"),
        ),
        (
            ("Foul", 4),
            ("Yellow card", 12),
            ("Direct free-kick", 41),
            ("Shots on target", 42),
            ("Goal", 43),
        ),
    ),
)
"""Written for this program: nobody said this. A replay and talk of the past are no actions of the stretch."""


def drawn(chunks: Sequence[Chunk], count: int, label: str | None = None, seed: int = 0) -> list[Chunk]:
    """Examples from labelled chunks: with words, half of them (rounded up) with the action or any action.

    Args:
        chunks: of games that are not asked about.
        count: how many; fewer where there are not so many.
        label: the action that is asked for; None is any.
        seed: draws others.
    """
    spoken = [chunk for chunk in chunks if len(chunk.lines) >= 3]
    happens = [chunk for chunk in spoken if (label in chunk.actions if label else chunk.actions)]
    quiet = [chunk for chunk in spoken if not (label in chunk.actions if label else chunk.actions)]
    dice = random.Random(seed)
    dice.shuffle(happens)
    dice.shuffle(quiet)
    wanted = (count + 1) // 2
    chosen = [*happens[:wanted], *quiet[: count - wanted]]
    return sorted(chosen, key=lambda chunk: (chunk.recording, chunk.start))[:count]
