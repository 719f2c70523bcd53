"""Events as files that people and other programs make: events JSON, CSV, a single SoccerNet file."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

from matchcut import files
from matchcut.clock import format_time, parse_time
from matchcut.datasets.spots import parse_spots
from matchcut.errors import InputError, MatchcutError
from matchcut.events import Event, EventLog
from matchcut.recording import Recording
from matchcut.sport import Sport, soccer
from matchcut.text import one_line

COLUMNS = ("label", "time", "start", "end", "score", "team", "visible", "at", "evidence")
"""What `write_csv` writes; "at" (minutes and seconds) and "evidence" are for people and are not read back."""

_DELIMITERS = (",", ";", "\t")
# A spreadsheet runs a cell that starts so as a formula; the apostrophe marks text. (OWASP, "CSV Injection")
_ACTIVE = ("=", "+", "-", "@", "\t", "\r")
_VISIBLE = {"": None, "yes": True, "true": True, "1": True, "no": False, "false": False, "0": False}


def read_events(path: Path | str, sport: Sport | None = None, half: int | None = None) -> EventLog:
    """Reads events of any kind that is known; the content decides, not the name.

    Known are matchcut's ``events.json``, a bare list of ``{"label", "time", …}``, CSV with a header, and one
    game's SoccerNet ``Labels-v2.json`` or ``results_spotting.json``.

    Args:
        path: the file.
        sport: decides the labels where the file does not say; soccer by default.
        half: which half of a SoccerNet file to take; needed only where both have events.

    Raises:
        InputError: it cannot be read or is of no known kind.
    """
    text = files.read_text(path)
    of = sport or soccer
    if text.lstrip()[:1] not in ("{", "["):
        return _from_csv(text, Path(path), of)
    value = files.parse_json(text, path)
    if isinstance(value, list):
        name = Path(path).name
        return EventLog.from_json({"sport": of.name, "recording": name, "events": value}, str(path))
    for key, producer in (("annotations", "SoccerNet-v2"), ("predictions", Path(path).name)):
        if key in value:
            return _from_soccernet(value, key, path, producer, of, half)
    if "events" not in value:
        raise InputError(
            f"{path}: JSON, but not events",
            'Name a file with "events", "annotations" or "predictions", or a CSV',
        )
    return EventLog.from_json({"sport": of.name, **value}, str(path))


def _from_soccernet(
    value: dict[str, Any], key: str, path: Path | str, producer: str, of: Sport, half: int | None
) -> EventLog:
    halves = parse_spots(value, key, str(path), of)
    full = [number for number, spots in halves.items() if len(spots)]
    if half is None and len(full) == 2:
        raise InputError(
            f"{path}: holds both halves, and a log is of one recording", "Add --half 1 or --half 2"
        )
    chosen = half if half is not None else (full or [1])[0]
    if chosen not in halves:
        raise InputError(f"{path}: SoccerNet has halves 1 and 2, not {chosen}", "Choose one of them")
    url = value.get("UrlLocal")
    game = url.strip("/") if isinstance(url, str) and url.strip("/") else Path(path).resolve().parent.name
    return halves[chosen].to_log(game, chosen, producer, of)


def _from_csv(text: str, path: Path, of: Sport) -> EventLog:
    delimiter = _delimiter(text, path)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    events: list[Event] = []
    try:
        header = [name.strip().casefold() for name in next(reader)]
        for row in reader:
            if any(cell.strip() for cell in row):
                events.append(_row_event(dict(_cells(header, row)), of))
    except csv.Error as error:
        raise InputError(f"{path}: line {reader.line_num}: {error}", "Check the quotes on that line") from error
    except (MatchcutError, ValueError) as error:
        problem = error.problem if isinstance(error, MatchcutError) else str(error)
        remedy = error.remedy if isinstance(error, MatchcutError) else "Correct that line"
        raise InputError(f"{path}: line {reader.line_num}: {problem}", remedy) from error
    return EventLog(events, Recording(path.name, of), path.name)


def _delimiter(text: str, path: Path) -> str:
    """The one that splits the header into a label and a time."""
    header = text.lstrip("\r\n").splitlines()[0] if text.strip() else ""
    for delimiter in _DELIMITERS:
        names = [name.strip(' "').casefold() for name in header.split(delimiter)]
        if {"label", "time"} <= set(names):
            doubled = sorted({name for name in names if name and names.count(name) > 1})
            if doubled:
                raise InputError(f"{path}: two columns are named {doubled[0]!r}", "Rename one")
            return delimiter
    raise InputError(
        f"{path}: neither JSON nor a table whose first line names the columns label and time ({header!r:.60})",
        "Write a first line such as: label,time,score",
    )


def _cells(header: list[str], row: list[str]) -> Iterator[tuple[str, str]]:
    if len(row) > len(header):
        raise ValueError(f"{len(row)} cells under {len(header)} columns")
    for name, cell in zip(header, row, strict=False):
        yield name, cell[1:] if cell[:1] == "'" and cell[1:].startswith((*_ACTIVE, "'")) else cell


def _row_event(cells: dict[str, str], of: Sport) -> Event:
    label = of.label(cells.get("label", "").strip()).name
    time = _seconds(cells.get("time", ""))
    usual = Event.around(label, time, of)
    start, end, score = (cells.get(name, "").strip() for name in ("start", "end", "score"))
    visible = cells.get("visible", "").strip().casefold()
    if visible not in _VISIBLE:
        raise ValueError(f"visible is yes, no or empty, not {visible!r:.60}")
    return Event(
        label,
        time,
        _seconds(start) if start else usual.start,
        _seconds(end) if end else usual.end,
        _score(score) if score else None,
        team=cells.get("team") or None,
        visible=_VISIBLE[visible],
    )


def _seconds(text: str) -> float:
    """A time as `matchcut.clock.parse_time` reads it, also negative and with a decimal comma."""
    plain = text.strip().replace(",", ".")
    if plain.startswith("-"):
        return -parse_time(plain[1:])
    return parse_time(plain)


def _score(text: str) -> float:
    try:
        return float(text.replace(",", "."))
    except ValueError:
        raise ValueError(f"a score is a number from 0 to 1, not {text!r:.60}") from None


def write_csv(log: EventLog, path: Path | str) -> Path:
    """Writes the events as a table with a header, see `COLUMNS`; times in seconds, every digit kept.

    A text that a spreadsheet would run as a formula gets an apostrophe in front; `read_events` takes it off.

    Raises:
        OutputError: it cannot be written.
    """
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow(COLUMNS)
    for event in log:
        said = "; ".join(f"{e.source}: {e.detail}" for e in event.evidence)
        visible = "" if event.visible is None else "yes" if event.visible else "no"
        times = [_plain(value) for value in (event.time, event.start, event.end)]
        score = "" if event.score is None else _plain(event.score)
        writer.writerow(
            [
                guarded(event.label),
                *times,
                score,
                guarded(event.team or ""),
                visible,
                format_time(event.time),
                guarded(said),
            ]
        )
    return files.write_text(path, out.getvalue())


def _plain(value: float) -> str:
    """Every digit, never an exponent, which clocks don't read."""
    return format(Decimal(repr(float(value))), "f")


def guarded(text: str) -> str:
    """Text for a cell, on one line; what a spreadsheet would run as a formula gets an apostrophe in front."""
    line = one_line(text)
    return f"'{line}" if line.startswith((*_ACTIVE, "'")) else line
