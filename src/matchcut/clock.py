"""Time: seconds on the recording inside, frames and clock faces only at the edges.

This is the only place that rounds time. Seconds count from the recording's first instant (the container's start
time is subtracted by `matchcut.media`).
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction

from matchcut.errors import ValidationError

HALF_S = 2700.0
"""A half of regular time, in seconds."""

REGULAR_S = {1: (0.0, HALF_S), 2: (HALF_S, 5400.0), 3: (5400.0, 6300.0), 4: (6300.0, 7200.0)}
"""What the match clock shows at each period's kick-off and when its regular time is over, in seconds."""

_NAMES = {1: "first half", 2: "second half", 3: "first half of extra time", 4: "second half of extra time"}


def seconds_to_frame(seconds: float, rate: Fraction) -> int:
    """The frame nearest to a time; exact for every frame of the 24/25/30/50/60 families over hours.

    >>> seconds_to_frame(frame_to_seconds(107892, Fraction(30000, 1001)), Fraction(30000, 1001))
    107892
    """
    return round(seconds * rate)


def frame_to_seconds(frame: int, rate: Fraction) -> float:
    """The time at which a frame begins."""
    return float(frame / rate)


def format_time(seconds: float) -> str:
    """Minutes and whole seconds, rounded down as a clock face does; minutes go past 59.

    >>> format_time(2169.9), format_time(5405)
    ('36:09', '90:05')
    """
    if not math.isfinite(seconds):
        raise ValidationError(f"a time must be finite, not {seconds}", "Check where it came from")
    whole = _whole(abs(seconds))
    sign = "-" if seconds < 0 and whole else ""
    return f"{sign}{whole // 60:02d}:{whole % 60:02d}"


def _whole(seconds: float) -> int:
    """Whole seconds, rounded down; a hair below a whole second is that second: 35.99999999 is float noise."""
    return math.floor(seconds + 1e-6)


_CLOCK = re.compile(r"(?:(\d{1,2}):)?(\d{1,3}):(\d{2}(?:[.,]\d+)?)")


def parse_time(text: str) -> float:
    """Seconds from ``"36:09"``, ``"1:02:03.5"`` or plain seconds ``"95.5"``.

    >>> parse_time("36:09"), parse_time("1:02:03.5"), parse_time("95.5")
    (2169.0, 3723.5, 95.5)

    Raises:
        ValidationError: it is none of these.
    """
    stripped = text.strip()
    match = _CLOCK.fullmatch(stripped)
    if match:
        hours, minutes, seconds = match.groups()
        value = float(seconds.replace(",", "."))
        if value < 60 and (hours is None or int(minutes) < 60):
            return int(hours or 0) * 3600 + int(minutes) * 60 + value
    elif re.fullmatch(r"\d+(?:\.\d+)?", stripped):
        return float(stripped)
    raise ValidationError(
        f"a time is written as 36:09, 1:02:03.5 or 95.5 (seconds), not {text!r}", "Write it so"
    )


def parse_match_time(text: str) -> tuple[float, int | None]:
    """What a match clock shows, and the period that the writing tells: stoppage time belongs to one.

    >>> parse_match_time("36:09"), parse_match_time("45+2:10"), parse_match_time("90+3")
    ((2169.0, None), (2830.0, 1), (5580.0, 2))

    Raises:
        ValidationError: it is no time, or added to a minute at which no period ends.
    """
    regular, plus, added = (part.strip() for part in text.partition("+"))
    if not plus:
        return parse_time(text), None
    ends = {f"{end / 60:.0f}": (number, end) for number, (_, end) in REGULAR_S.items()}
    match = re.fullmatch(r"(\d{1,2})(?::(\d{2}(?:\.\d+)?))?", added)
    number, end = ends.get(regular.removesuffix(":00"), (0, 0.0))
    if match is None or number == 0 or float(match[2] or 0) >= 60:
        raise ValidationError(
            f"a time in stoppage time is written as 45+2 or 45+2:10 (45, 90, 105 or 120), not {text!r}",
            "Write it so",
        )
    return end + int(match[1]) * 60 + float(match[2] or 0), number


def format_game_time(half: int, seconds: float) -> str:
    """SoccerNet's way of writing a moment.

    >>> format_game_time(1, 2600.4)
    '1 - 43:20'
    """
    return f"{half} - {format_time(seconds)}"


def parse_game_time(text: str) -> tuple[int, float]:
    """Half and seconds from SoccerNet's ``"1 - 43:20"``.

    Raises:
        ValidationError: it is not written so.
    """
    match = re.fullmatch(r"\s*(\d+)\s*-\s*(\d+):(\d{1,2})\s*", text)
    if match is None:
        raise ValidationError(f"a game time is written as '1 - 43:20', not {text!r}", "Write it so")
    half, minutes, seconds = (int(part) for part in match.groups())
    return half, float(minutes * 60 + seconds)


def format_smpte(seconds: float, rate: Fraction) -> str:
    """SMPTE 12M timecode at the nearest frame; drop-frame (``;``) for 30000/1001 and 60000/1001.

    >>> format_smpte(3600, Fraction(25)), format_smpte(60.06, Fraction(30000, 1001))
    ('01:00:00:00', '00:01:00;02')
    """
    frame = seconds_to_frame(max(seconds, 0.0), rate)
    nominal = round(rate)
    drop = nominal // 15 if rate.denominator == 1001 and nominal % 30 == 0 else 0
    if drop:
        # Two (or four) frame numbers are skipped each minute, but not each tenth.
        per_ten = nominal * 600 - drop * 9
        tens, rest = divmod(frame, per_ten)
        frame += drop * 9 * tens
        if rest >= drop:
            frame += drop * ((rest - drop) // (nominal * 60 - drop))
    whole, part = divmod(frame, nominal)
    separator = ";" if drop else ":"
    return f"{whole // 3600:02d}:{whole // 60 % 60:02d}:{whole % 60:02d}{separator}{part:02d}"


@dataclass(frozen=True, slots=True)
class MatchTime:
    """A moment by the match clock: the period (1 = first half) and the seconds that the clock shows."""

    period: int
    seconds: float

    def __str__(self) -> str:
        """``36:09``, and ``45+2:10`` in stoppage time.

        >>> str(MatchTime(1, 2169)), str(MatchTime(1, 2830)), str(MatchTime(2, 2830))
        ('36:09', '45+2:10', '47:10')
        """
        end = REGULAR_S.get(self.period, (0.0, math.inf))[1]
        if self.seconds >= end:
            minutes, seconds = divmod(_whole(self.seconds - end), 60)
            return f"{int(end // 60)}+{minutes}:{seconds:02d}"
        return format_time(self.seconds)


@dataclass(frozen=True, slots=True)
class Period:
    """One period of play on the recording.

    Attributes:
        number: 1 and 2 are the halves, 3 and 4 those of extra time.
        start: recording seconds at which it kicks off (negative if the recording begins during it).
        end: recording seconds at which it ends.
        clock_start: what the match clock shows at ``start``, in seconds.
        rate: clock seconds that pass in one recording second; a hair off 1 where a recording was converted.
    """

    number: int
    start: float
    end: float
    clock_start: float
    rate: float = 1.0

    def clock_at(self, seconds: float) -> float:
        """What the match clock shows at a recording second."""
        return self.clock_start + (seconds - self.start) * self.rate

    def recording_at(self, clock_seconds: float) -> float:
        """The recording second at which the match clock shows this."""
        return self.start + (clock_seconds - self.clock_start) / self.rate

    @property
    def clock_end(self) -> float:
        """The match clock at which regular time of this period is over (infinite for unknown periods)."""
        return REGULAR_S.get(self.number, (0.0, math.inf))[1]

    @property
    def name(self) -> str:
        """``"first half"`` and so on."""
        return _NAMES.get(self.number, f"period {self.number}")


class MatchClock:
    """Recording seconds to period and match time, and back.

    Args:
        periods: in the recording's order, not overlapping. Two of one number follow each other where the
            clock was corrected or a piece of the recording is missing.

    Raises:
        ValidationError: a period ends before it starts, overlaps the one before, or is not finite.
    """

    def __init__(self, periods: Iterable[Period]) -> None:
        self.periods = tuple(periods)
        before: Period | None = None
        for period in self.periods:
            if not all(math.isfinite(x) for x in (period.start, period.end, period.clock_start)):
                raise ValidationError(f"a period's times must be finite, not {period}", "Check the clock")
            if not 0.5 < period.rate < 2:
                raise ValidationError(f"a clock's rate is about 1, not {period.rate}", "Check the clock")
            if period.end < period.start:
                raise ValidationError(f"a period must end after it starts, not {period}", "Check the clock")
            if before is not None and (period.start < before.end or period.number < before.number):
                raise ValidationError(f"periods must follow each other, not {before}, {period}", "Sort them")
            before = period

    def __repr__(self) -> str:
        return f"MatchClock({list(self.periods)!r})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, MatchClock) and self.periods == other.periods

    def __hash__(self) -> int:
        return hash(self.periods)

    @classmethod
    def of_half(cls, half: int, duration: float) -> MatchClock:
        """The clock of a recording that is one half from its kick-off on, as SoccerNet's are."""
        return cls([Period(half, 0.0, max(duration, 0.0), REGULAR_S.get(half, (0.0, 0.0))[0])])

    @classmethod
    def starting_at(cls, clock_seconds: float, duration: float, period: int | None = None) -> MatchClock:
        """The clock of a piece of one period that shows ``clock_seconds`` at the recording's first instant."""
        if period is None:
            period = next((n for n, (_, end) in REGULAR_S.items() if clock_seconds < end), 4)
        return cls([Period(period, 0.0, max(duration, 0.0), clock_seconds)])

    def period_at(self, seconds: float) -> Period | None:
        """The period that this recording second belongs to; None before, between and after play."""
        for period in self.periods:
            if period.start <= seconds <= period.end:
                return period
        return None

    def at(self, seconds: float) -> MatchTime | None:
        """The match time at a recording second; None before kick-off, at half-time and after the end."""
        period = self.period_at(seconds)
        if period is None:
            return None
        return MatchTime(period.number, period.clock_at(seconds))

    def to_recording(self, clock_seconds: float, period: int | None = None) -> float | None:
        """The recording second at which the match clock shows this; None if the recording does not have it.

        Without ``period``, 46:00 is the second half's if there is one that reaches it, as people mean it.
        """
        candidates = [p for p in self.periods if period is None or p.number == period]
        for chosen in reversed(candidates):
            seconds = chosen.recording_at(clock_seconds)
            if chosen.start <= seconds <= chosen.end:
                return seconds
        return None

    def to_json(self) -> list[dict[str, float | int]]:
        """Plain values for JSON."""
        return [
            {"number": p.number, "start": p.start, "end": p.end, "clock_start": p.clock_start}
            | ({"rate": p.rate} if p.rate != 1 else {})
            for p in self.periods
        ]

    @classmethod
    def from_json(cls, value: object) -> MatchClock:
        """The clock that `to_json` wrote.

        Raises:
            ValidationError: the value has another shape.
        """
        try:
            if not isinstance(value, list):
                raise TypeError("not a list")
            return cls(
                Period(
                    int(v["number"]),
                    float(v["start"]),
                    float(v["end"]),
                    float(v["clock_start"]),
                    float(v.get("rate", 1.0)),
                )
                for v in value
            )
        except (KeyError, TypeError, AttributeError, OverflowError) as error:
            raise ValidationError(
                f"a clock is a list of {{number, start, end, clock_start}}, not {str(value)[:80]}",
                "Write it so",
            ) from error


def format_window(
    start: float, end: float, clock: MatchClock | None = None, moment: float | None = None
) -> str:
    """A window as answers name it: ``(36:09, 36:24)``, by the match clock where it is known.

    Args:
        start, end: recording seconds.
        clock: the recording's match clock, if known.
        moment: the recording second that decides the period (a window may begin before kick-off).

    >>> format_window(2169, 2184.2)
    '(36:09, 36:24)'
    >>> format_window(9, 24, MatchClock.starting_at(2160, 180))
    '(36:09, 36:24)'
    """
    period = clock.period_at((start + end) / 2 if moment is None else moment) if clock else None
    if period is None:
        return f"({format_time(max(start, 0.0))}, {format_time(max(end, 0.0))})"
    # One period for both ends, clamped to its kick-off: "(00:00, 00:08)", never "(-1:-5, 00:08)".
    shown = (str(MatchTime(period.number, period.clock_at(max(t, period.start)))) for t in (start, end))
    return "({}, {})".format(*shown)
