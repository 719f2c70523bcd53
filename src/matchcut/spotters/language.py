"""A language model as one source among others: chunks asked about, answers as moments and a score track.

    spotter = LanguageSpotter(asker, LanguageSettings())
    heard = spotter.hear(chunks)
    events = heard.detections(recording, transcript)

What a model says reaches an event as a label, a moment and a confidence, never as text: the evidence quotes the
commentary.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import numpy as np

from matchcut.datasets.chunks import Chunk, ChunkSettings
from matchcut.errors import SettingsError
from matchcut.events import Event, Evidence
from matchcut.language.asking import Asker
from matchcut.language.outcomes import Outcome, Plan, Question
from matchcut.language.parse import Found, Reading, read_events
from matchcut.language.prompts import PromptSettings, labels_of, messages
from matchcut.language.schema import events_schema
from matchcut.language.shots import INVENTED
from matchcut.progress import Progress, silent
from matchcut.recording import Recording
from matchcut.sport import Sport, sport
from matchcut.text import counted
from matchcut.tracks import ScoreTrack
from matchcut.transcript import Transcript

SOURCE = "language"
RATE, FIRST_ROW_S = 1.0, 0.5
UNSAID = 0.5
"""The score of an event of which the model does not say how sure it is."""
_SAME_S = 8.0  # two chunks' windows of one action no farther apart are the same moment
_HEARD_BEFORE_S, _HEARD_AFTER_S, _HEARD_LETTERS = 1.0, 6.0, 160


@dataclass(frozen=True)
class LanguageSettings:
    """How a recording is put to a language model.

    Attributes:
        chunks: how it is cut.
        prompts: how a chunk is put.
        share: of the chunks with words, so many are sent at most: the most doubtful; 1 sends all.

    Raises:
        SettingsError: the share is out of its range, or the windows of prompts and chunks differ.
    """

    chunks: ChunkSettings = field(default_factory=ChunkSettings)
    prompts: PromptSettings = field(default_factory=PromptSettings)
    share: float = 0.25

    def __post_init__(self) -> None:
        if not 0 < self.share <= 1:
            raise SettingsError(
                f"a share of the stretches is above 0 and at most 1, not {self.share}", "Correct it"
            )


@dataclass(frozen=True)
class Heard:
    """What a model made of chunks.

    Attributes:
        chunks: those that were put to it.
        readings: what was read of each, in their order; None where there is no usable answer.
        outcomes: of every question.
        model: what answered.
        source: the name in evidence.
    """

    chunks: tuple[Chunk, ...]
    readings: tuple[Reading | None, ...]
    outcomes: tuple[Outcome[Reading], ...]
    model: str
    source: str = SOURCE

    @property
    def looked(self) -> tuple[tuple[float, float], ...]:
        """The stretches with a usable answer, in recording seconds."""
        read = zip(self.chunks, self.readings, strict=True)
        return tuple((chunk.start, chunk.end) for chunk, reading in read if reading is not None)

    @property
    def dropped(self) -> Counter[str]:
        """Hallucinations by kind."""
        return sum((reading.dropped for reading in self.readings if reading), Counter())

    @property
    def unusable(self) -> Counter[str]:
        """Why questions have no usable answer, and how often."""
        return Counter(outcome.why for outcome in self.outcomes if outcome.value is None)

    def moments(self) -> list[tuple[Found, float]]:
        """Each moment once, with its recording second, in time order.

        Of one that two chunks tell, the surer stays, and of equals the one farther from its chunk's edges.
        """
        told: list[tuple[float, float, float, int, Found]] = []
        for number, (chunk, reading) in enumerate(zip(self.chunks, self.readings, strict=True)):
            for one in reading.events if reading else ():
                edge = min(one.time, chunk.length - one.time)
                told.append((-_sure(one), -edge, chunk.start + one.time, number, one))
        kept: list[tuple[float, int, Found]] = []
        for _, _, second, number, one in sorted(told, key=lambda row: row[:4]):
            # Two moments of one chunk are two; what was told twice there was dropped when it was read.
            again = (
                other.label == one.label and chunk != number and abs(at - second) <= _SAME_S
                for at, chunk, other in kept
            )
            if not any(again):
                kept.append((second, number, one))
        return [(one, second) for second, _, one in sorted(kept, key=lambda row: (row[0], row[2].label))]

    def detections(
        self, recording: Recording, transcript: Transcript | None = None, apart_s: float = 0.0
    ) -> tuple[Event, ...]:
        """The moments as events, with the window that their action usually needs, and what was said there.

        Args:
            recording: what the chunks are of.
            transcript: quoted as evidence.
            apart_s: of an action's moments nearer to each other than this, the surest stays: talk about one
                goal is easily taken for several.
        """
        found: list[Event] = []
        for one, second in sorted(self.moments(), key=lambda row: (-_sure(row[0]), row[1])):
            time = round(second if recording.duration is None else min(second, recording.duration), 3)
            if any(event.label == one.label and abs(event.time - time) < apart_s for event in found):
                continue
            quote = "" if transcript is None else _quoted(transcript, time)
            told = Evidence(self.source, quote, _sure(one))
            found.append(Event.around(one.label, time, recording.sport, score=_sure(one), evidence=(told,)))
        return tuple(sorted(found, key=lambda event: (event.time, event.label)))

    def track(self, of: Sport, duration: float) -> ScoreTrack:
        """What the model believes, one row a second: a triangle over each window, as high as its confidence."""
        rows = max(math.ceil(duration * RATE), 1)
        times = FIRST_ROW_S + np.arange(rows) / RATE
        scores = np.zeros((rows, len(of.names)), np.float32)
        for one, second in self.moments():
            half = max((one.end - one.start) / 2, 1 / RATE)
            height = _sure(one) * np.clip(1 - np.abs(times - second) / half, 0, 1)
            column = of.names.index(one.label)
            scores[:, column] = np.maximum(scores[:, column], height)
        return ScoreTrack(of.names, scores, RATE, self.source, FIRST_ROW_S)

    def notes(self) -> tuple[str, ...]:
        """What went wrong, a sentence each."""
        said = []
        if self.dropped:
            kinds = ", ".join(f"{count} {kind}" for kind, count in sorted(self.dropped.items()))
            were = "was" if self.dropped.total() == 1 else "were"
            invented = counted(self.dropped.total(), "invented event")
            said.append(f"{self.source}: {invented} {were} left out ({kinds})")
        if self.unusable:
            have = "has" if self.unusable.total() == 1 else "have"
            said.append(f"{self.source}: {counted(self.unusable.total(), 'question')} {have} no usable answer")
        return tuple(said)


class LanguageSpotter:
    """Puts chunks to a language model.

    Args:
        asker: the model, and where its answers are kept.
        settings: how to ask.
        shots: worked examples (chunks with truth, and their actions where the style is "pair"); invented ones
            if not given.
    """

    def __init__(
        self,
        asker: Asker,
        settings: LanguageSettings | None = None,
        shots: Sequence[tuple[Chunk, str | None]] | None = None,
        source: str = SOURCE,
    ) -> None:
        self.asker, self.settings, self.source = asker, settings or LanguageSettings(), source
        self._shots = shots

    def plan(
        self, chunks: Sequence[Chunk], pictures: Mapping[int, Sequence[dict[str, Any]]] | None = None
    ) -> Plan:
        """What asking about chunks would cost; sends nothing.

        Args:
            chunks, pictures: as for `hear`.

        Raises:
            SettingsError: a chunk is longer than the model's context.
        """
        questions = [question for _, question in self._questions(chunks, pictures or {})]
        self.asker.check(questions)
        return self.asker.plan(questions)

    def hear(
        self,
        chunks: Sequence[Chunk],
        pictures: Mapping[int, Sequence[dict[str, Any]]] | None = None,
        progress: Progress = silent,
    ) -> Heard:
        """What the model makes of chunks.

        Args:
            chunks: to ask about, all of them.
            pictures: place of a chunk -> parts of a message, from `matchcut.language.prompts.picture_parts`.
            progress: told questions answered and in all.

        Raises:
            MatchcutError: see `Asker.ask`; what was answered is kept.
        """
        asked = self._questions(chunks, pictures or {})
        outcomes = self.asker.ask([question for _, question in asked], progress)
        by_chunk: dict[int, list[Outcome[Reading]]] = {}
        for (place, _), outcome in zip(asked, outcomes, strict=True):
            by_chunk.setdefault(place, []).append(outcome)
        readings = tuple(_together(by_chunk.get(place, [])) for place in range(len(chunks)))
        return Heard(tuple(chunks), readings, tuple(outcomes), self.asker.settings.model, self.source)

    def _questions(
        self, chunks: Sequence[Chunk], pictures: Mapping[int, Sequence[dict[str, Any]]]
    ) -> list[tuple[int, Question[Reading]]]:
        how = self.settings.prompts
        asked = []
        for place, chunk in enumerate(chunks):
            of = sport(chunk.sport)
            for label in of.names if how.style == "pair" else (None,):
                known = labels_of(of, label)
                shots = self._shots
                if shots is None:
                    shots = [(one, label) for one in INVENTED]
                put = messages(chunk, how, label, shots, pictures.get(place, ()))
                read = partial(
                    read_events,
                    labels=known,
                    length_s=chunk.length,
                    window_s=how.window_s,
                    confidence=how.confidence,
                )
                name = chunk.name if label is None else f"{chunk.name} ({label})"
                asked.append((place, Question(name, put, events_schema(known, how.confidence), read)))
        return asked


def _sure(one: Found) -> float:
    return UNSAID if one.confidence is None else one.confidence


def _together(outcomes: Sequence[Outcome[Reading]]) -> Reading | None:
    """What all questions about one chunk gave; None where none has a usable answer."""
    read = [outcome.value for outcome in outcomes if outcome.value is not None]
    if not read:
        return None
    events = sorted((one for reading in read for one in reading.events), key=lambda one: (one.time, one.label))
    return Reading(tuple(events), sum((reading.dropped for reading in read), Counter()))


def _quoted(transcript: Transcript, time: float) -> str:
    """What was said around a moment; commentators speak after the event."""
    middle = time + (_HEARD_AFTER_S - _HEARD_BEFORE_S) / 2
    return transcript.quote(time - _HEARD_BEFORE_S, time + _HEARD_AFTER_S, middle, _HEARD_LETTERS)
