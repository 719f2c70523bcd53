"""SubRip (SRT) and WebVTT, read and written.

Both are blocks of a timing line and text; WebVTT (W3C) adds a header, notes, styles and cue settings, which say
nothing about what was said, and may mark words with their times. Reading is strict where times are wrong,
unless it is asked to repair them.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from matchcut import files
from matchcut.datasets.segments import LATEST_S, overlap_note
from matchcut.errors import InputError
from matchcut.rolling import Caption, Said, unrolled, unrolled_note
from matchcut.text import one_line
from matchcut.transcript import Transcript

_TIME = r"(-?)(?:([0-9]{1,6}):)?([0-9]{1,2}):([0-9]{1,2})(?:[.,]([0-9]{1,9}))?"
_TIMING = re.compile(rf"\s*{_TIME}\s*-->\s*{_TIME}(?:\s.*)?")
# What somebody meant as a timing line: swallowing it as text would lose a cue without a word.
_NEARLY = re.compile(r".*-->|\s*-?[0-9:.,]+\s*[-=–—]+\s*>\s*-?[0-9]")
_TAG = re.compile(r"</?[A-Za-z][^<>]*>|<[0-9:.]+>|</>|\{\\[^{}]*\}|\{[A-Za-z]:[^{}]*\}")
_STAMP = re.compile(
    r"<(?:([0-9]{1,3}):)?([0-9]{1,2}):([0-9]{1,2}(?:\.[0-9]{1,9})?)>"
)  # when the next words are said
_SKIPPED = re.compile(r"(NOTE|STYLE|REGION)(\s|$)")
_NEWLINE = re.compile(r"\r\n|\r|\n")


@dataclass(frozen=True, slots=True)
class _Cue:
    """A cue as the file has it: the number of its timing line, its times in seconds, its lines as they are."""

    line: int
    start: float
    end: float
    text: str

    def caption(self) -> Caption:
        """What it shows, without tags and styling, entities decoded."""
        lines = (_said(line, self.start) for line in _TAG.sub(_only_stamps, self.text).split("\n"))
        return Caption.of(self.start, self.end, lines)


def _only_stamps(tag: re.Match[str]) -> str:
    return tag[0] if _STAMP.fullmatch(tag[0]) else ""


def _said(line: str, start: float) -> list[Said]:
    """A line's words; where it has time stamps each with its second, the first ones with ``start``."""
    first, *pieces = _STAMP.split(line)
    stamped: list[tuple[str, float | None]] = [(first, start if pieces else None)]
    for hours, minutes, seconds, text in zip(*(iter(pieces),) * 4, strict=True):
        stamped.append((text, int(hours or 0) * 3600 + int(minutes) * 60 + float(seconds)))
    said: list[Said] = []
    whole = True  # whether the last word is, or the next piece may go on with it
    for text, second in stamped:
        plain = html.unescape(text)
        words = one_line(plain).split()
        if words and not whole and not plain[0].isspace():
            before, at = said.pop()
            said.append((before + words.pop(0), at))
        said += [(word, second) for word in words]
        whole = plain[-1].isspace() if plain else whole
    return said


def parse_subtitles(
    text: str, name: Path | str, *, repair: bool = False, language: str | None = None
) -> Transcript:
    """The transcript of an SRT or WebVTT file.

    Tags and styling are taken out, entities decoded, a cue's lines joined. Cues that are in order may
    overlap. Captions that roll, as YouTube's automatic ones do, are told once; see `matchcut.rolling`.

    Args:
        text: the whole file.
        name: what to call it in messages.
        repair: sort cues, clamp times and leave out what cannot be mended, and say so in the notes.
        language: what it is in, if known.

    Raises:
        InputError: it has no cues; or, without ``repair``, a timing line cannot be read, or times are negative,
            out of order, or end before they start; the message gives the line.
    """
    lines = _NEWLINE.split(text.removeprefix("\ufeff"))
    mend = _Mend(str(name), repair)
    web = lines[0].startswith("WEBVTT")
    utterances, repeats = unrolled(mend.order(_cues(lines, web, mend)))
    if not utterances:
        raise InputError(f"{name}: holds no subtitles", "Name an SRT or WebVTT file with cues in it")
    notes = [*mend.notes(), unrolled_note(repeats), overlap_note(utterances)]
    return Transcript(utterances, language, str(name), [note for note in notes if note])


class _Mend:
    """What is wrong in a file: refused at once, or mended and counted."""

    def __init__(self, name: str, repair: bool) -> None:
        self.name = name
        self.repair = repair
        self.counts: dict[str, int] = {}

    def wrong(self, line: int, problem: str, cure: str, done: str) -> None:
        """Counts ``done`` when repairing.

        Raises:
            InputError: when not.
        """
        if not self.repair:
            raise InputError(f"{self.name}: line {line}: {problem}", f"Correct it, or add --repair to {cure}")
        self.count(done)

    def count(self, done: str) -> None:
        self.counts[done] = self.counts.get(done, 0) + 1

    def notes(self) -> Iterator[str]:
        """One sentence for each thing that was done."""
        for done, count in self.counts.items():
            yield f"{done}: {count:,}"

    def order(self, cues: Iterator[_Cue]) -> list[Caption]:
        """What the cues with possible times show, in order."""
        kept: list[Caption] = []
        before = 0.0
        for raw in cues:
            cue = self._times(raw)
            if cue is None:
                continue
            caption = cue.caption()
            if not caption.words:
                self.count("subtitles without text left out")
                continue
            if cue.start < before:
                problem = f"begins at {cue.start:g} s, before the subtitle above it ({before:g} s)"
                self.wrong(cue.line, problem, "sort them", "subtitles that were out of order and are sorted")
            before = max(before, cue.start)
            kept.append(caption)
        return sorted(kept, key=lambda caption: caption.start)

    def _times(self, cue: _Cue) -> _Cue | None:
        start, end = cue.start, cue.end
        if min(start, end) < 0:
            self.wrong(
                cue.line, "a time is negative", "clamp it to 0", "subtitles with negative times, clamped to 0"
            )
            start, end = max(start, 0.0), max(end, 0.0)
        if end < start:
            problem = f"ends at {end:g} s, before it begins at {start:g} s"
            self.wrong(cue.line, problem, "clamp its end", "subtitles that ended before they began, clamped")
            end = start
        if end > LATEST_S:
            problem = "a time is more than a day into the recording"
            self.wrong(cue.line, problem, "leave it out", "subtitles more than a day in left out")
            return None
        return _Cue(cue.line, start, end, cue.text)


def _cues(lines: list[str], web: bool, mend: _Mend) -> Iterator[_Cue]:
    """The cues in the order of the file. Text after a blank line still belongs to an SRT cue."""
    place = _after_block(lines, 0) if web else 0
    open_cue: tuple[int, float, float] | None = None
    text: list[str] = []
    blank = True  # whether a blank line was met since the last timing line
    for number, line in enumerate(lines[place:], place):
        if number < place:
            continue
        timing = _TIMING.fullmatch(line)
        fresh = number == 0 or not lines[number - 1].strip()
        if timing or _NEARLY.match(line):
            if open_cue:
                yield _Cue(*open_cue, "\n".join(text))
            open_cue, text, blank = _opened(timing, number + 1, line, mend), [], False
        elif web and line and not line.strip():
            continue  # WebVTT's cues end at an empty line; YouTube's have lines of one blank
        elif not line.strip():
            blank = blank or web or bool(text)
        elif web and fresh and _SKIPPED.match(line):
            place = _after_block(lines, number)
        elif not _is_identifier(lines, number, fresh):
            if open_cue is None or (web and blank):
                mend.count("lines of text outside a subtitle left out")
                continue
            if blank:
                mend.count("lines of text after a blank line joined to the subtitle above them")
            text.append(line)
    if open_cue:
        yield _Cue(*open_cue, "\n".join(text))


def _opened(timing: re.Match[str] | None, line: int, text: str, mend: _Mend) -> tuple[int, float, float] | None:
    if timing is not None:
        groups = timing.groups()
        if all(int(groups[i]) < 60 for i in (2, 3, 7, 8)):
            return line, _seconds(groups[:5]), _seconds(groups[5:])
    problem = f"not a timing line such as 00:01:02,500 --> 00:01:04,000 but {text.strip()!r:.60}"
    mend.wrong(line, problem, "leave that subtitle out", "subtitles without a readable time left out")
    return None


def _seconds(groups: tuple[str | None, ...]) -> float:
    sign, hours, minutes, seconds, part = groups
    whole = int(hours or 0) * 3600 + int(minutes or 0) * 60 + int(seconds or 0)
    value = float(f"{whole}.{part or 0}")
    return -value if sign else value


def _is_identifier(lines: list[str], place: int, fresh: bool) -> bool:
    """Whether a line is a cue's number or name: the line above a timing line, after a blank or all digits."""
    following = lines[place + 1] if place + 1 < len(lines) else ""
    is_above = _TIMING.fullmatch(following) is not None
    return is_above and (fresh or lines[place].strip().isdigit())


def _after_block(lines: list[str], place: int) -> int:
    """Where a header, note or style ends: the first line from ``place`` on that is blank or a timing line."""
    while place < len(lines) and lines[place].strip() and "-->" not in lines[place]:
        place += 1
    return place


def _clean(text: str) -> str:
    return one_line(html.unescape(_TAG.sub("", text)))


def write_srt(transcript: Transcript, path: Path | str) -> Path:
    """Writes SRT, whole or not at all; times to the millisecond.

    Raises:
        OutputError: it cannot be written.
    """
    blocks = [f"{n}\n{times}\n{text}\n" for n, (times, text) in enumerate(_blocks(transcript, ","), 1)]
    return files.write_text(path, "\n".join(blocks))


def write_vtt(transcript: Transcript, path: Path | str) -> Path:
    """Writes WebVTT, whole or not at all; times to the millisecond.

    Raises:
        OutputError: it cannot be written.
    """
    blocks = [f"{times}\n{text}\n" for times, text in _blocks(transcript, ".")]
    return files.write_text(path, "\n".join(["WEBVTT\n", *blocks]))


def _blocks(transcript: Transcript, point: str) -> Iterator[tuple[str, str]]:
    for utterance in transcript:
        text = one_line(utterance.text)
        if text:
            yield f"{_stamp(utterance.start, point)} --> {_stamp(utterance.end, point)}", _escaped(text, point)


def _stamp(seconds: float, point: str) -> str:
    ms = round(seconds * 1000)
    return f"{ms // 3_600_000:02d}:{ms // 60_000 % 60:02d}:{ms // 1000 % 60:02d}{point}{ms % 1000:03d}"


def _escaped(text: str, point: str) -> str:
    """Entities for what a player would take for markup. SRT has none by right: only where it must."""
    if point == "," and _clean(text) == text and not _NEARLY.match(text):
        return text
    return html.escape(text, quote=False).replace("{", "&#123;")
