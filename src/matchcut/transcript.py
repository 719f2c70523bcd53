"""What was said, and when."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from matchcut.errors import ValidationError
from matchcut.text import one_line


@dataclass(frozen=True, slots=True)
class Word:
    """One word with its time, in seconds on the recording; only some recognizers give them."""

    start: float
    end: float
    text: str


@dataclass(frozen=True, slots=True)
class Utterance:
    """One stretch of speech or one subtitle.

    Attributes:
        start, end: seconds on the recording; ``0 <= start <= end``.
        text: as said, one line; data, never a command.
        words: the words' own times where the source has them, else empty.

    Raises:
        ValidationError: a time is not finite, negative, or the end lies before the start.
    """

    start: float
    end: float
    text: str
    words: tuple[Word, ...] = ()

    def __post_init__(self) -> None:
        if not (math.isfinite(self.start) and math.isfinite(self.end)):
            raise ValidationError(
                f"an utterance's times must be finite seconds, not {self.start}, {self.end}", "Correct them"
            )
        if not 0 <= self.start <= self.end:
            raise ValidationError(
                f"an utterance needs 0 <= start <= end, not {self.start}, {self.end}", "Correct the times"
            )


class Transcript:
    """Utterances in the order of their start times.

    Utterances may overlap (two speakers, and every speech recognizer).

    Args:
        utterances: in any order.
        language: ISO 639-1 code such as "en", None if nobody said.
        source: where they come from, for messages: a path, "whisper small".
        notes: what a reader mended or left out, one sentence each, to be shown to the user.
    """

    def __init__(
        self,
        utterances: Iterable[Utterance],
        language: str | None = None,
        source: str = "transcript",
        notes: Iterable[str] = (),
    ) -> None:
        self.utterances = tuple(sorted(utterances, key=lambda u: (u.start, u.end)))
        self.language = language
        self.source = source
        self.notes = tuple(notes)

    def __len__(self) -> int:
        return len(self.utterances)

    def __iter__(self) -> Iterator[Utterance]:
        return iter(self.utterances)

    def __getitem__(self, index: int) -> Utterance:
        return self.utterances[index]

    def __eq__(self, other: object) -> bool:
        return (
            isinstance(other, Transcript)
            and self.utterances == other.utterances
            and self.language == other.language
        )

    def __repr__(self) -> str:
        return f"Transcript({len(self)} utterances, {self.end:.0f} s, {self.language or 'language unknown'})"

    @property
    def end(self) -> float:
        """The second at which the last speech ends; 0 if there is none."""
        return max((u.end for u in self.utterances), default=0.0)

    def between(self, start: float, end: float) -> Transcript:
        """The utterances that overlap a window of the recording, with their times unchanged."""
        return self._with(u for u in self.utterances if u.end >= start and u.start <= end)

    def quote(self, start: float, end: float, around: float, limit: int) -> str:
        """What was said in a window, on one line: as many utterances around a moment as fit.

        Args:
            start, end: the window, recording seconds.
            around: the moment; the utterances farthest from it give way first.
            limit: the most characters; at least one utterance is given all the same.

        >>> said = Transcript([Utterance(1, 2, "in"), Utterance(2, 3, "the cross"), Utterance(4, 5, "no")])
        >>> said.quote(0, 9, around=2.5, limit=15)
        'in the cross no'
        """
        heard = [u for u in self.utterances if u.end >= start and u.start <= end]
        texts = [one_line(u.text) for u in heard]
        first, last = 0, len(heard)
        # Thousands may be said at one instant: the length is counted down, not summed up again.
        length = sum(len(text) + 1 for text in texts) - 1
        while last - first > 1 and length > limit:
            if around - heard[first].end > heard[last - 1].start - around:
                length -= len(texts[first]) + 1
                first += 1
            else:
                last -= 1
                length -= len(texts[last]) + 1
        return " ".join(texts[first:last])

    def moved(self, seconds: float) -> Transcript:
        """The same speech ``seconds`` later; what would begin before second 0 is left out and counted.

        Use it where subtitles and video do not start together.
        """
        kept = [u for u in self.utterances if u.start + seconds >= 0]
        lost = len(self) - len(kept)
        note = (f"{lost} utterances would begin before the recording and were left out",) if lost else ()
        return Transcript(
            (
                Utterance(
                    u.start + seconds,
                    u.end + seconds,
                    u.text,
                    tuple(Word(w.start + seconds, w.end + seconds, w.text) for w in u.words),
                )
                for u in kept
            ),
            self.language,
            self.source,
            self.notes + note,
        )

    def _with(self, utterances: Iterable[Utterance]) -> Transcript:
        return Transcript(utterances, self.language, self.source, self.notes)

    def to_json(self) -> dict[str, Any]:
        """Plain values in the shape that Whisper writes, so that other tools read it too."""
        segments = []
        for u in self.utterances:
            segment: dict[str, Any] = {"start": u.start, "end": u.end, "text": u.text}
            if u.words:
                segment["words"] = [{"start": w.start, "end": w.end, "word": w.text} for w in u.words]
            segments.append(segment)
        return {"language": self.language, "segments": segments}
