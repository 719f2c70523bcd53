"""MLB-YouTube's eight actions, and the classes that are made of their combinations.

A clip's truth is a set of actions. Only eight sets occur in the data set, and the order within them never
varies.

- **Multi-label**: which of the eight actions a clip has, as the dataset's authors score it.
- **Paper** (six classes): the last action listed, which is the outcome that the others led to. It gives exactly
  six classes, and "always ball" its 34.1 % on the official test. Why we read the paper so: decision 0150.
- **Fine**: the strike looked at and the swing that missed, which the paper does not tell apart, are two
  classes. `mlb_youtube.outcomes` adds what the captions tell: hit or out.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from matchcut.errors import LabelError, nearest
from matchcut.sport import baseball

ACTIONS: tuple[str, ...] = tuple(label.name for label in baseball.labels)
"""The eight actions, in the order of `sport.baseball`."""

LABEL_SETS: tuple[tuple[str, ...], ...] = (
    ("ball",),
    ("swing", "strike", "hit", "foul"),
    ("strike",),
    ("swing", "strike", "hit", "in play"),
    ("swing", "strike"),
    ("ball", "hit by pitch"),
    ("strike", "foul"),
    ("strike", "bunt"),
)
"""The label sets that occur, the most frequent first, in the data set's order."""

PAPER_CLASSES = ("ball", "strike", "foul", "in play", "hit by pitch", "bunt")
"""The six classes of the single-label task."""

FINE_CLASSES = ("ball", "called strike", "swinging strike", "foul", "in play", "hit by pitch", "bunt")
"""The seven classes that the label sets tell apart."""

FINE_ACTIONS: dict[str, tuple[str, ...]] = {
    "ball": ("ball",),
    "called strike": ("strike",),
    "swinging strike": ("swing", "strike"),
    "foul": ("swing", "strike", "hit", "foul"),
    "in play": ("swing", "strike", "hit", "in play"),
    "hit by pitch": ("ball", "hit by pitch"),
    "bunt": ("strike", "bunt"),
}
"""The label set that each fine class has (a foul tip, "strike + foul", is rare and goes with the fouls)."""


def checked_labels(labels: Iterable[object], where: str) -> tuple[str, ...]:
    """The labels, if each is one of `ACTIONS`, there is at least one, and none twice.

    Raises:
        LabelError: one is not; the message names ``where`` and the nearest known.
    """
    found: list[str] = []
    for label in labels:
        if not isinstance(label, str) or label not in ACTIONS:
            near = nearest(str(label), ACTIONS, 1)
            raise LabelError(
                f"{where}: there is no action {label!r} in baseball",
                f"Did you mean {near[0]!r}?" if near else f"Use one of: {', '.join(ACTIONS)}",
            )
        if label in found:
            raise LabelError(f"{where}: the action {label!r} stands there twice", "Leave one of them out")
        found.append(label)
    if not found:
        raise LabelError(f"{where}: has no action", "Leave the clip out, or make it a negative")
    return tuple(found)


def paper_class(labels: Sequence[str]) -> str:
    """The one class of a clip as the paper has it: its outcome, which the data set lists last.

    The order of `LABEL_SETS` counts, not the order given.

    >>> paper_class(("swing", "strike", "hit", "foul")), paper_class(("strike", "swing"))
    ('foul', 'strike')

    Raises:
        LabelError: no outcome is among the labels ("swing" alone).
    """
    for outcome in ("bunt", "hit by pitch", "in play", "foul", "strike", "ball"):
        if outcome in labels:
            return outcome
    raise LabelError(
        f"{' + '.join(labels) or 'no label'} says what was done, not what came of it",
        f"Add one of: {', '.join(PAPER_CLASSES)}",
    )


def fine_class(labels: Sequence[str]) -> str:
    """The paper's class, strikes told apart by the swing.

    >>> fine_class(("swing", "strike")), fine_class(("strike",))
    ('swinging strike', 'called strike')

    Raises:
        LabelError: as `paper_class`.
    """
    outcome = paper_class(labels)
    if outcome != "strike":
        return outcome
    return "swinging strike" if "swing" in labels else "called strike"


def multi_hot(label_sets: Iterable[Sequence[str]]) -> NDArray[np.float32]:
    """Label sets as 0 and 1, shape (N, 8), columns as `ACTIONS`; a negative is a row of zeros."""
    rows = [[float(action in labels) for action in ACTIONS] for labels in label_sets]
    return np.array(rows, dtype=np.float32).reshape(len(rows), len(ACTIONS))
