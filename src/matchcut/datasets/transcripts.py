"""Any transcript file, told apart by its content; and whether a transcript fits a recording."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from matchcut import files
from matchcut.datasets.echoes import parse_echoes
from matchcut.datasets.subtitles import parse_subtitles
from matchcut.datasets.whisper import parse_whisper
from matchcut.errors import InputError
from matchcut.transcript import Transcript, Utterance, Word

KINDS = "SRT, WebVTT, Whisper JSON (also faster-whisper, WhisperX, whisper.cpp) and SoccerNet-Echoes JSON"
"""What `read_transcript` reads, for messages."""

SMALL_OVERRUN_S = 60.0
"""Recognizers run past the end of a recording by up to their window; more than this is another recording's."""


def read_transcript(path: Path | str, *, repair: bool = False, offset_s: float = 0.0) -> Transcript:
    """Reads a subtitle or recognizer's file of any kind that is known; its notes say what was odd.

    Args:
        path: the file; its content decides, not its name.
        repair: mend subtitles with wrong times, instead of refusing them.
        offset_s: seconds to add to every time.

    Raises:
        InputError: it cannot be read or is of no known kind.
    """
    text = files.read_text(path)
    transcript = _parse(text, path, repair)
    return transcript.moved(offset_s) if offset_s else transcript


def _parse(text: str, path: Path | str, repair: bool) -> Transcript:
    start = text.lstrip()[:1]
    if start in ("{", "["):
        return _parse_json(files.parse_json(text, path, nan_ok=True), str(path))
    if not start:
        raise InputError(f"{path}: the file is empty", "Name a file with content")
    if text.startswith("WEBVTT") or "-->" in text:
        return parse_subtitles(text, path, repair=repair)
    raise InputError(f"{path}: not a transcript of a known kind", f"Known are {KINDS}")


def _parse_json(value: Any, where: str) -> Transcript:
    if isinstance(value, dict) and isinstance(value.get("segments"), dict):
        return parse_echoes(value, where)
    if isinstance(value, dict) and not ("segments" in value or "transcription" in value):
        raise InputError(f"{where}: JSON, but not a transcript of a known kind", f"Known are {KINDS}")
    return parse_whisper(value, where)


def check_against(transcript: Transcript, duration: float | None, *, repair: bool = False) -> Transcript:
    """The transcript as far as the recording goes; a note says what was cut off.

    Args:
        transcript: what was said.
        duration: the recording's, in seconds; None if unknown, then nothing is cut.
        repair: also cut off what lies far beyond the end.

    Raises:
        InputError: speech lies more than `SMALL_OVERRUN_S` beyond the end, and ``repair`` is not set.
    """
    if duration is None or transcript.end <= duration:
        return transcript
    over = transcript.end - duration
    if over > SMALL_OVERRUN_S and not repair:
        raise InputError(
            f"{transcript.source}: speech goes on until {transcript.end:.0f} s, "
            f"but the recording ends at {duration:.0f} s",
            "Does it belong to another video? Use --offset to move it, or add --repair to leave the rest out",
        )
    kept = list(_within(transcript, duration))
    lost = len(transcript) - len(kept)
    note = (
        f"the transcript runs {over:.1f} s past the recording: {lost:,} utterances left out, the rest clipped"
    )
    return Transcript(kept, transcript.language, transcript.source, [*transcript.notes, note])


def _within(transcript: Transcript, duration: float) -> Iterator[Utterance]:
    for said in transcript:
        if said.end <= duration:
            yield said
        elif said.start < duration:
            words = tuple(Word(w.start, min(w.end, duration), w.text) for w in said.words if w.start < duration)
            yield Utterance(said.start, duration, said.text, words)
