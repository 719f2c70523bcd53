"""Events and the log of them: the one currency.

Ground truth and prediction are the same type, so that every reader, spotter, metric, exporter and page combines
with every other.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from matchcut import files
from matchcut.clock import parse_time
from matchcut.errors import InputError, MatchcutError, NewerError, ValidationError
from matchcut.recording import Recording
from matchcut.sport import Sport, sport

VERSION = 1
"""The version of ``events.json`` that this release writes; it reads every version up to it."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """Who says that an event happened, and what was seen or heard.

    Attributes:
        source: "commentary", "scoreboard", "sound", "vision", "person" …
        detail: what was observed, for a person to read: ``"and that is a corner"``.
        score: the source's own probability, in [0, 1], if it gives one.
        against: it speaks against the event: a source that should have noticed it did not.
    """

    source: str
    detail: str
    score: float | None = None
    against: bool = False


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that happened.

    Attributes:
        label: the action, spelled as the sport spells it.
        time: the moment itself, in seconds on the recording (what point metrics score).
        start, end: what to show, in seconds (what is cut, and scored by overlap); ``start <= time <= end``.
        score: the probability that it truly happened, in [0, 1]; None for a person's label.
        evidence: who says so.
        team: "home", "away" or a name, where it is known.
        visible: whether the broadcast shows it (SoccerNet's visibility); None where nobody said.

    Raises:
        ValidationError: a value is not finite or out of its range; the message gives expected and actual.
    """

    label: str
    time: float
    start: float
    end: float
    score: float | None = None
    evidence: tuple[Evidence, ...] = ()
    team: str | None = None
    visible: bool | None = None

    def __post_init__(self) -> None:
        if not (math.isfinite(self.time) and math.isfinite(self.start) and math.isfinite(self.end)):
            raise ValidationError(
                f"an event's times must be finite seconds, not {self.start}, {self.time}, {self.end}",
                "Check where they came from",
            )
        if not self.start <= self.time <= self.end:
            raise ValidationError(
                f"an event needs start <= time <= end, not {self.start} <= {self.time} <= {self.end}",
                "Widen its window or move its time",
            )
        if self.score is not None and not 0.0 <= self.score <= 1.0:
            raise ValidationError(
                f"a score is a probability from 0 to 1, or None for a person's label, not {self.score}",
                "Scale it",
            )

    @classmethod
    def around(cls, label: str, time: float, of: Sport, **more: Any) -> Event:
        """An event at a moment, with the window that its label usually needs (clamped at second 0)."""
        kind = of.label(label)
        start = min(max(time - kind.before_s, 0.0), time)
        return cls(kind.name, time, start, time + kind.after_s, **more)

    def moved(self, seconds: float) -> Event:
        """The same event ``seconds`` later."""
        return replace(self, time=self.time + seconds, start=self.start + seconds, end=self.end + seconds)


class EventLog:
    """The events of one recording, in time order.

    Args:
        events: in any order.
        recording: what they happened in; its sport decides which labels exist.
        producer: who made the log: "matchcut commentary 0.1.0", "SoccerNet-v2", a person's name.

    Raises:
        LabelError: an event has a label that the sport does not have.
    """

    def __init__(self, events: Iterable[Event], recording: Recording, producer: str) -> None:
        self.events = tuple(sorted(events, key=lambda e: (e.time, e.label)))
        self.recording = recording
        self.producer = producer
        for label in {event.label for event in self.events}:
            if label not in self.sport:
                raise self.sport.unknown(label)

    @property
    def sport(self) -> Sport:
        """The sport that the recording is of."""
        return self.recording.sport

    def __len__(self) -> int:
        return len(self.events)

    def __iter__(self) -> Iterator[Event]:
        return iter(self.events)

    def __getitem__(self, index: int) -> Event:
        return self.events[index]

    def __eq__(self, other: object) -> bool:
        return isinstance(other, EventLog) and (self.events, self.recording, self.producer) == (
            other.events,
            other.recording,
            other.producer,
        )

    def __repr__(self) -> str:
        return f"EventLog({len(self)} events of {self.recording.name!r} by {self.producer!r})"

    @property
    def times(self) -> NDArray[np.float64]:
        """The moments, shape (N,), in seconds."""
        return np.array([event.time for event in self.events], dtype=np.float64)

    @property
    def scores(self) -> NDArray[np.float64]:
        """The scores, shape (N,); 1 for a person's label."""
        return np.array([1.0 if e.score is None else e.score for e in self.events], dtype=np.float64)

    def counts(self) -> dict[str, int]:
        """How many events each label has, in the sport's order, labels without any left out."""
        found = {name: sum(e.label == name for e in self.events) for name in self.sport.all_names}
        return {name: count for name, count in found.items() if count}

    def where(
        self,
        labels: str | Collection[str] | None = None,
        *,
        after: float | str | None = None,
        before: float | str | None = None,
        min_score: float | None = None,
        keep: Callable[[Event], bool] | None = None,
    ) -> EventLog:
        """The log of the events that pass every test given.

        Args:
            labels: one label or several, by name or by a word for it ("throw in").
            after, before: seconds on the recording or "36:09"; the moment is tested, both ends included.
            min_score: the lowest score kept; a person's labels always pass.
            keep: any further test.

        Raises:
            LabelError: the sport has no such label.
            ValidationError: a time is not written as a time.
        """
        wanted = None
        if labels is not None:
            given = [labels] if isinstance(labels, str) else labels
            wanted = {self.sport.label(name).name for name in given}
        first = parse_time(after) if isinstance(after, str) else after
        last = parse_time(before) if isinstance(before, str) else before
        return self.with_events(
            event
            for event in self.events
            if (wanted is None or event.label in wanted)
            and (first is None or event.time >= first)
            and (last is None or event.time <= last)
            and (min_score is None or event.score is None or event.score >= min_score)
            and (keep is None or keep(event))
        )

    def with_events(self, events: Iterable[Event]) -> EventLog:
        """The same recording and producer with other events."""
        return EventLog(events, self.recording, self.producer)

    def to_json(self) -> dict[str, Any]:
        """Plain values for ``events.json``; times in seconds."""
        return {
            "version": VERSION,
            "sport": self.sport.name,
            "recording": self.recording.to_json(),
            "producer": self.producer,
            "events": [_event_to_json(event) for event in self.events],
        }

    @classmethod
    def from_json(cls, value: Any, name: str = "events") -> EventLog:
        """The log that `to_json` wrote.

        Args:
            value: the parsed JSON.
            name: what to call the file in messages.

        Raises:
            InputError: the value has another shape; the message says where.
            LabelError: an event has a label that the sport does not have.
        """
        if not isinstance(value, Mapping) or not isinstance(value.get("events"), list):
            raise InputError(f'{name}: not an events file (an object with "events")', "Name an events.json")
        version = value.get("version", VERSION)
        if not isinstance(version, int) or version > VERSION:
            raise NewerError(
                f"{name}: events version {version!r}, this release reads up to {VERSION}", "Update matchcut"
            )
        of = sport(str(value.get("sport", "soccer")))
        recording = Recording.from_json(value.get("recording", {}), of, name)
        events = []
        for number, item in enumerate(value["events"], 1):
            try:
                _typed(item, dict, "an event")
                events.append(_event_from_json(item, of))
            except MatchcutError as error:
                raise InputError(f"{name}: event {number}: {error.problem}", error.remedy) from error
            except (KeyError, TypeError, ValueError, AttributeError, OverflowError) as error:
                raise InputError(f"{name}: event {number}: {_reason(error)}", "Correct that event") from error
        return cls(events, recording, str(value.get("producer", "unknown")))

    def save(self, path: Path | str) -> Path:
        """Writes ``events.json``, whole or not at all.

        Raises:
            OutputError: it cannot be written.
        """
        return files.write_json(path, self.to_json())

    @classmethod
    def load(cls, path: Path | str) -> EventLog:
        """Reads ``events.json``.

        Raises:
            InputError: it is missing, cut off or of another shape.
        """
        return cls.from_json(files.read_json(path), str(path))


def _event_to_json(event: Event) -> dict[str, Any]:
    value: dict[str, Any] = {
        "label": event.label,
        "time": event.time,
        "start": event.start,
        "end": event.end,
        "score": event.score,
        "evidence": [
            {"source": e.source, "detail": e.detail, "score": e.score}
            | ({"against": True} if e.against else {})
            for e in event.evidence
        ],
    }
    if event.team is not None:
        value["team"] = event.team
    if event.visible is not None:
        value["visible"] = event.visible
    return value


def _event_from_json(item: Mapping[str, Any], of: Sport) -> Event:
    """One event; a file by another program may give the label and the time alone."""
    label = of.label(_typed(item["label"], str, "label")).name
    time = _number(item["time"], "time")
    score = item.get("score")
    usual = Event.around(label, time, of)
    return Event(
        label=label,
        time=time,
        start=_number(item.get("start", usual.start), "start"),
        end=_number(item.get("end", usual.end), "end"),
        score=None if score is None else _number(score, "score"),
        evidence=tuple(
            Evidence(
                _typed(e["source"], str, "evidence source"),
                _typed(e.get("detail", ""), str, "evidence detail"),
                None if e.get("score") is None else _number(e["score"], "evidence score"),
                _typed(e.get("against", False), bool, "evidence against"),
            )
            for e in _typed(item.get("evidence", []), list, "evidence")
        ),
        team=None if item.get("team") is None else _typed(item["team"], str, "team"),
        visible=None if item.get("visible") is None else _typed(item["visible"], bool, "visible"),
    )


_JSON_NAMES = {str: "text", list: "a list", dict: "an object", bool: "true or false"}


def _typed(value: Any, kind: type, what: str) -> Any:
    if not isinstance(value, kind):
        raise TypeError(f"{what} must be {_JSON_NAMES[kind]}, not {value!r:.60}")
    return value


def _number(value: Any, what: str) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise TypeError(f"{what} must be a number, not {value!r}")
    return float(value)


def _reason(error: Exception) -> str:
    if isinstance(error, KeyError):
        return f"{error.args[0]!r} is missing"
    return str(error)
