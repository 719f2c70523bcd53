"""Whisper's JSON, as OpenAI's, faster-whisper's, WhisperX's and whisper.cpp's programs write it.

The first three write ``{"segments": [{"start", "end", "text", "words"}], "language"}`` or the list alone,
whisper.cpp ``{"transcription": [{"offsets": {"from", "to"}, "text"}]}`` in milliseconds.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from matchcut.datasets.segments import LATEST_S, Segment, seconds, to_transcript
from matchcut.errors import InputError
from matchcut.text import one_line
from matchcut.transcript import Transcript, Word

_SHAPE = 'Write it as {"segments": [{"start": 1.5, "end": 3.0, "text": "…"}]}'

# OpenAI's service spells the language out; these are the ones that its recognizers meet most.
_LANGUAGES = {
    "arabic": "ar",
    "chinese": "zh",
    "dutch": "nl",
    "english": "en",
    "french": "fr",
    "german": "de",
    "italian": "it",
    "japanese": "ja",
    "korean": "ko",
    "polish": "pl",
    "portuguese": "pt",
    "russian": "ru",
    "spanish": "es",
    "turkish": "tr",
    "ukrainian": "uk",
}


def parse_whisper(value: Any, where: str) -> Transcript:
    """The transcript of a Whisper file's value; words keep their own times where the file has them.

    Raises:
        InputError: it has another shape.
    """
    language = None
    if isinstance(value, dict):
        result = value.get("result")
        language = value.get("language", result.get("language") if isinstance(result, dict) else None)
        rows = value.get("segments", value.get("transcription"))
    else:
        rows = value
    if not isinstance(rows, list):
        raise InputError(f"{where}: not Whisper's JSON", _SHAPE)
    return to_transcript(_segments(rows, where), _language(language), where)


def _segments(rows: list[Any], where: str) -> Iterator[Segment]:
    for number, row in enumerate(rows, 1):
        if not isinstance(row, dict) or "text" not in row:
            raise InputError(
                f"{where}: segment {number} must be an object with a text, not {row!r:.60}", _SHAPE
            )
        offsets = row.get("offsets")
        if isinstance(offsets, dict) and "start" not in row:
            start, end = (
                seconds(offsets.get(key), f"{where}: segment {number}: offset {key!r}") / 1000
                for key in ("from", "to")
            )
            yield Segment(start, end, row["text"])
        elif "start" in row and "end" in row:
            yield Segment(row["start"], row["end"], row["text"], _words(row.get("words")))
        else:
            raise InputError(f"{where}: segment {number} has no start and end", _SHAPE)


def _words(rows: Any) -> tuple[Word, ...]:
    """The words that have times; aligners leave them out for some, such as numerals."""
    words = []
    for row in rows if isinstance(rows, list) else ():
        if not isinstance(row, dict):
            continue
        start, end, text = row.get("start"), row.get("end"), row.get("word", row.get("text"))
        if not isinstance(start, int | float) or not isinstance(end, int | float):
            continue
        if isinstance(text, str) and 0 <= start <= end <= LATEST_S:
            words.append(Word(float(start), float(end), one_line(text)))
    return tuple(words)


def _language(name: Any) -> str | None:
    """ISO 639-1 as far as it is known: "en", "en-GB" and "English" are all "en"."""
    if not isinstance(name, str):
        return None
    folded = name.strip().casefold()
    short = folded.replace("_", "-").split("-")[0]
    return _LANGUAGES.get(
        folded, short if 2 <= len(short) <= 3 and short.isascii() and short.isalpha() else None
    )
