"""What a recognizer heard, stretch by stretch, as it is kept until the whole recording is done."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

from matchcut import files
from matchcut.errors import InputError
from matchcut.transcript import Word

VERSION = 1


@dataclass(frozen=True, slots=True)
class Heard:
    """One segment as a recognizer gives it, unchecked.

    Attributes:
        start, end: seconds.
        text: what it believes was said.
        words: with their own times, if it gives them.
        logprob: the mean log-probability of its tokens, at most 0; None if it does not say.
    """

    start: float
    end: float
    text: str
    words: tuple[Word, ...] = ()
    logprob: float | None = None

    def to_json(self) -> list[Any]:
        """Plain values for JSON."""
        words = [[w.start, w.end, w.text] for w in self.words]
        return [self.start, self.end, self.text, words, self.logprob]

    @classmethod
    def from_json(cls, value: Any) -> Heard:
        """What `to_json` gave.

        Raises:
            ValueError, TypeError: the value has another shape.
        """
        start, end, text, words, logprob = value
        return cls(
            float(start),
            float(end),
            str(text),
            tuple(Word(float(s), float(e), str(w)) for s, e, w in words),
            None if logprob is None else float(logprob),
        )


@dataclass(frozen=True, slots=True)
class Stretch:
    """A stretch of the recording that is done.

    Attributes:
        start, end: recording seconds.
        speech_s: how long somebody spoke.
        language: what was taken to be spoken, None if nobody spoke.
        sure: the probability of that language; 0 where it was told, not found.
        heard: on the recording's seconds.
    """

    start: float
    end: float
    speech_s: float
    language: str | None
    sure: float
    heard: tuple[Heard, ...]


class Kept:
    """The stretches that are done, in a file that is written anew, whole, after each of them.

    Args:
        path: the file; None keeps nothing beyond this run.
        made_from: what the stretches depend on. A file made from anything else, or damaged, counts as none.
    """

    def __init__(self, path: Path | None, made_from: Mapping[str, Any]) -> None:
        self.path = path
        self.made_from = dict(made_from)
        self.stretches: list[Stretch] = []
        self.whole = False
        if path is not None and path.is_file():
            try:
                self._read(files.read_json(path))
            except (InputError, ValueError, TypeError, KeyError, AttributeError):
                self.stretches, self.whole = [], False

    @property
    def until(self) -> float:
        """The recording second up to which everything is done."""
        return self.stretches[-1].end if self.stretches else 0.0

    def add(self, stretch: Stretch) -> None:
        """Adds what follows, and writes the file.

        Raises:
            OutputError: it cannot be written.
        """
        self.stretches.append(stretch)
        self._write()

    def finish(self) -> None:
        """Says that the recording ends here.

        Raises:
            OutputError: the file cannot be written.
        """
        self.whole = True
        self._write()

    def _write(self) -> None:
        if self.path is None:
            return
        rows = [
            [s.start, s.end, s.speech_s, s.language, s.sure, [h.to_json() for h in s.heard]]
            for s in self.stretches
        ]
        value = {"version": VERSION, "made_from": self.made_from, "whole": self.whole, "stretches": rows}
        files.write_json(self.path, value, indent=None)

    def _read(self, value: Any) -> None:
        if value["version"] != VERSION or value["made_from"] != self.made_from:
            return
        stretches = [_stretch(row) for row in value["stretches"]]
        bounds = [0.0, *(second for s in stretches for second in (s.start, s.end))]
        if any(not math.isfinite(b) or b < a for a, b in pairwise(bounds)):
            raise ValueError("the stretches are out of order")
        self.stretches, self.whole = stretches, value["whole"] is True


def _stretch(row: Sequence[Any]) -> Stretch:
    start, end, speech_s, language, sure, heard = row
    return Stretch(
        float(start),
        float(end),
        float(speech_s),
        None if language is None else str(language),
        float(sure),
        tuple(Heard.from_json(item) for item in heard),
    )
