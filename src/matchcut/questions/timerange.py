"""The stretch of a recording that a question is about."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, replace
from typing import Any, Literal

from matchcut.clock import REGULAR_S, Period, format_time
from matchcut.errors import QuestionError, ValidationError
from matchcut.recording import Recording

PERIOD_START_S = {number: start for number, (start, _) in REGULAR_S.items()}
"""What the match clock shows when a period kicks off, in seconds."""

_NAMES = {
    (1,): "the first half",
    (2,): "the second half",
    (1, 2): "normal time",
    (3,): "the first half of extra time",
    (4,): "the second half of extra time",
    (3, 4): "extra time",
    (2, 3, 4): "everything after half-time",
}

CLOCK_REMEDY = "Give the kick-off (--kick-off 03:12) or the half (--half 2), or ask by recording time"


@dataclass(frozen=True, slots=True)
class TimeRange:
    """A stretch of time, by the match clock or on the recording; without any bound, everything.

    Attributes:
        after, before: bounds in seconds, both included; what the match clock shows, or recording seconds.
        on: whose seconds they are. Where nobody knows the match clock, they are taken on the recording.
        periods: 1 and 2 are the halves, 3 and 4 those of extra time; empty is any.
        stoppage: stoppage time only.
        first_s, last_s: so many seconds from the start, or up to the end, of the periods or of everything.

    Raises:
        ValidationError: a bound is negative or not finite, the range ends before it starts, or there is no
            such period.
    """

    after: float | None = None
    before: float | None = None
    on: Literal["match", "recording"] = "match"
    periods: tuple[int, ...] = ()
    stoppage: bool = False
    first_s: float | None = None
    last_s: float | None = None

    def __post_init__(self) -> None:
        for value in (self.after, self.before, self.first_s, self.last_s):
            if value is not None and not (math.isfinite(value) and value >= 0):
                raise ValidationError(f"a time is zero or more seconds, not {value}", "Correct it")
        if self.after is not None and self.before is not None and self.after > self.before:
            raise ValidationError(
                f"a time range must end after it starts, not run from {format_time(self.after)} "
                f"to {format_time(self.before)}",
                "Swap the two",
            )
        if self.on not in ("match", "recording"):
            raise ValidationError(f"times are on the match or the recording, not {self.on!r}", "Correct it")
        if any(period not in PERIOD_START_S for period in self.periods):
            raise ValidationError(f"periods are 1 to 4, not {self.periods}", "Correct them")

    @property
    def is_whole(self) -> bool:
        """Whether nothing is left out."""
        bounds = (self.after, self.before, self.first_s, self.last_s)
        return not self.periods and not self.stoppage and all(bound is None for bound in bounds)

    @property
    def needs_clock(self) -> bool:
        """Whether only the match clock can tell what is meant."""
        return bool(self.periods) or self.stoppage

    def describe(self) -> str:
        """The range in words.

        >>> TimeRange(after=4200).describe(), TimeRange(periods=(2,), first_s=600).describe()
        ('after 70:00', 'the first 10 minutes of the second half')
        """
        if self.is_whole:
            return "the whole recording"
        within = _NAMES.get(self.periods) or " and ".join(_NAMES[(p,)] for p in self.periods)
        if self.stoppage:
            within = f"stoppage time of {within}" if within else "stoppage time"
        parts = []
        if self.first_s is not None:
            parts.append(f"the first {_length(self.first_s)}")
        if self.last_s is not None:
            parts.append(f"the last {_length(self.last_s)}")
        if self.after is not None and self.before is not None:
            parts.append(f"{format_time(self.after)} to {format_time(self.before)}")
        elif self.after is not None:
            parts.append(f"after {format_time(self.after)}")
        elif self.before is not None:
            parts.append(f"before {format_time(self.before)}")
        text = " and ".join(parts)
        if within:
            text = f"{text} of {within}" if text else within
        return f"{text} of the recording" if self.on == "recording" else text

    def holds(self, seconds: float, recording: Recording, end_s: float) -> bool:
        """Whether a moment of this recording is in the range.

        A moment before kick-off, at half-time or after the end belongs to the period nearest to it. Stoppage
        time stands between its period's last regular second and the next period's first, so that
        "after 46:00" means the second half and not 45+2.

        Args:
            seconds: the moment, on the recording.
            recording: its clock tells match time.
            end_s: where the recording ends, in seconds.

        Raises:
            QuestionError: only the match clock could tell, and nobody knows it.
        """
        clock = recording.clock if self.on == "match" else None
        if clock is None or not clock.periods:
            if self.needs_clock:
                raise QuestionError(
                    f"{self.describe()} cannot be found in {recording.name}: its match clock is not known",
                    CLOCK_REMEDY,
                )
            return self._between(seconds, 0.0, end_s)
        chosen = [p for p in clock.periods if not self.periods or p.number in self.periods]
        period = min(clock.periods, key=lambda p: max(p.start - seconds, seconds - p.end, 0.0))
        if period not in chosen:
            return False
        shown = period.clock_at(min(max(seconds, period.start), period.end))
        in_stoppage = shown >= period.clock_end
        if self.stoppage and not in_stoppage:
            return False
        if in_stoppage and len(self.periods) != 1:
            # Just after the last regular second of its period, before the next one's first.
            shown = math.nextafter(period.clock_end, math.inf)
        start_s = PERIOD_START_S.get(chosen[0].number, 0.0) if self.periods else _clock_at_start(chosen[0])
        last = chosen[-1]
        return self._between(shown, start_s, min(last.clock_end, last.clock_at(last.end)))

    def _between(self, shown: float, start_s: float, end_s: float) -> bool:
        return (
            (self.after is None or shown >= self.after)
            and (self.before is None or shown <= self.before)
            and (self.first_s is None or start_s <= shown <= start_s + self.first_s)
            and (self.last_s is None or shown >= end_s - self.last_s)
        )

    def to_json(self) -> dict[str, Any]:
        """Plain values for JSON; times in seconds."""
        return {**asdict(self), "periods": list(self.periods)}

    @classmethod
    def from_json(cls, value: Any) -> TimeRange:
        """The range that `to_json` wrote.

        Raises:
            ValidationError: the value has another shape.
        """
        known = {field.name for field in fields(cls)}
        if not isinstance(value, Mapping) or set(value) - known:
            raise ValidationError(
                f"a time range is an object of {', '.join(sorted(known))}, not {value!r}", "Write it so"
            )
        for name in ("after", "before", "first_s", "last_s"):
            number = value.get(name)
            if number is not None and (isinstance(number, bool) or not isinstance(number, int | float)):
                raise ValidationError(f"{name} is a number of seconds, not {number!r}", "Correct it")
        periods = value.get("periods", [])
        if not isinstance(periods, list) or not all(type(period) is int for period in periods):
            raise ValidationError(f"periods are a list of numbers, not {periods!r}", "Correct them")
        if not isinstance(value.get("stoppage", False), bool):
            raise ValidationError(f"stoppage is true or false, not {value['stoppage']!r}", "Correct it")
        return cls(**{**value, "periods": tuple(periods)})


def merge(first: TimeRange, second: TimeRange, either: bool) -> TimeRange:
    """Both phrases of one question together.

    Args:
        first, second: what each means.
        either: whether "and" or "or" stands between them, so that two halves are both meant.

    Raises:
        QuestionError: they contradict each other.
    """
    if first.is_whole or second.is_whole:
        return second if first.is_whole else first
    conflict = QuestionError(
        f"the question names two time ranges: {first.describe()}, {second.describe()}", "Ask for one at a time"
    )
    values: dict[str, float | None] = {}
    for name in ("after", "before", "first_s", "last_s"):
        one, other = getattr(first, name), getattr(second, name)
        if one is not None and other is not None and one != other:
            raise conflict
        values[name] = other if one is None else one
    if values["first_s"] is not None and values["last_s"] is not None:
        raise conflict
    after, before = values["after"], values["before"]
    if after is not None and before is not None and after > before:
        raise conflict
    both = tuple(sorted(set(first.periods) & set(second.periods)))
    periods = both or first.periods or second.periods
    if first.periods and second.periods and not both:
        if not either:
            raise conflict
        periods = tuple(sorted({*first.periods, *second.periods}))
    return TimeRange(
        after=after,
        before=before,
        on="recording" if "recording" in (first.on, second.on) else "match",
        periods=periods,
        stoppage=first.stoppage or second.stoppage,
        first_s=values["first_s"],
        last_s=values["last_s"],
    )


def by_the_clock(times: TimeRange) -> TimeRange:
    """Minutes that come before their period's kick-off, counted from it instead.

    >>> by_the_clock(TimeRange(after=600, periods=(2,))).describe()
    'after 55:00 of the second half'
    """
    start_s = PERIOD_START_S[times.periods[0]] if times.periods else 0.0
    bounds = [bound for bound in (times.after, times.before) if bound is not None]
    if not bounds or any(bound >= start_s for bound in bounds) or times.periods == (2, 3, 4):
        return times
    return replace(
        times,
        after=None if times.after is None else times.after + start_s,
        before=None if times.before is None else times.before + start_s,
    )


def describe_coverage(recording: Recording, end_s: float) -> str:
    """What there is of the match: ``"45:00 to 93:12"``, by the match clock where it is known."""
    if recording.clock is None or not recording.clock.periods:
        return f"00:00 to {format_time(end_s)}"
    spans = []
    for period in recording.clock.periods:
        shown = period.clock_at(max(period.end, period.start))
        spans.append(f"{format_time(_clock_at_start(period))} to {format_time(shown)}")
    return " and ".join(spans)


def _clock_at_start(period: Period) -> float:
    """The match clock at the first second of the period that the recording has."""
    return period.clock_at(max(0.0, period.start))


def _length(seconds: float) -> str:
    minutes, rest = divmod(seconds, 60)
    if rest:
        return f"{seconds:g} seconds"
    return "minute" if minutes == 1 else f"{minutes:g} minutes"
