"""What is wrong with a media file, gathered while it is read."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

from matchcut.clock import format_time

if TYPE_CHECKING:
    from av.packet import Packet
    from av.stream import Stream

Seconds = Callable[[int, Fraction | None], Fraction]

_HOLE_S = 3.0  # no broadcast is without picture or sound for so long
_LEAP_S = 10.0  # times that go back by more are another recording's


@dataclass
class Damage:
    """What had to be skipped while reading one file, and what else is wrong with it.

    Attributes:
        packets: damaged pieces of picture or sound.
        gaps: stretches (start, end) in which the file holds none, in recording seconds.
        remarks: other things to know, such as that the file was cut off.
    """

    packets: int = 0
    gaps: set[tuple[float, float]] = field(default_factory=set)
    remarks: list[str] = field(default_factory=list)

    def remark(self, *sentences: str) -> None:
        """Adds what was not said yet."""
        self.remarks += [sentence for sentence in sentences if sentence not in self.remarks]

    def notes(self, path: Path | str, of: str = "picture or sound") -> tuple[str, ...]:
        """Sentences for the user, or nothing if nothing was wrong; ``of`` names what was read."""
        found = list(self.remarks)
        if self.packets:
            pieces = "1 damaged piece" if self.packets == 1 else f"{self.packets} damaged pieces"
            found.append(f"{pieces} of {of} {'was' if self.packets == 1 else 'were'} skipped")
        gaps = sorted(self.gaps)
        if 0 < len(gaps) <= 3:
            found += [f"it holds nothing from {format_time(a)} to {format_time(b)}" for a, b in gaps]
        elif gaps:
            lost = sum(b - a for a, b in gaps)
            found.append(f"it holds nothing in {len(gaps)} places, {lost:.0f} s in all")
        return tuple(f"{path}: {sentence}" for sentence in found)


class TimeWatch:
    """Looks for holes and leaps in the times of one stream's packets.

    Args:
        stream: whose packets they are.
        seconds: makes recording seconds of ticks and time base.
        damage: where to say what is found.
    """

    def __init__(self, stream: Stream, seconds: Seconds, damage: Damage) -> None:
        self._seconds = seconds
        self._damage = damage
        self._wanted = stream.type in ("video", "audio")
        rate = getattr(stream, "average_rate", None) or 25
        self._hole = max(_HOLE_S, float(5 / rate))
        self._last: float | None = None
        self._base: Fraction | None = None
        self._step, self._first = 0.0, 0.0

    def see(self, packet: Packet[Stream]) -> None:
        """One packet, in the file's order."""
        ticks = packet.dts if packet.dts is not None else packet.pts
        if not self._wanted or ticks is None or not packet.size:
            return
        if packet.is_corrupt:
            self._damage.packets += 1
        if packet.time_base != self._base:  # fractions for each packet would take as long as the decoding
            self._base = packet.time_base
            self._first = float(self._seconds(0, self._base))
            self._step = float(self._seconds(1, self._base)) - self._first
        now = self._first + ticks * self._step
        last, self._last = self._last, now
        if last is None:
            return
        if now - last > self._hole:
            self._damage.gaps.add((round(last), round(now)))
        elif now < last - _LEAP_S:
            self._damage.remark(
                f"its times leap back from {format_time(last)} to {format_time(now)}, as if two recordings were"
                " glued; what was already passed is left out (ffmpeg -i IN -c copy OUT.mkv gives it new times)"
            )
