"""Text subtitles inside a media file."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from matchcut.errors import InputError
from matchcut.media.opening import Damage, Source, open_media
from matchcut.media.probe import MediaInfo, SubtitleInfo, subtitle_infos
from matchcut.rolling import Caption, unrolled, unrolled_note
from matchcut.text import one_line
from matchcut.transcript import Transcript, Utterance

if TYPE_CHECKING:
    from av.packet import Packet
    from av.stream import Stream

_CODES = """
eng=en fre=fr fra=fr ger=de deu=de spa=es ita=it por=pt dut=nl nld=nl rus=ru pol=pl tur=tr ara=ar heb=he gre=el
ell=el swe=sv nor=no nob=nb dan=da fin=fi cze=cs ces=cs slo=sk slk=sk hun=hu rum=ro ron=ro bul=bg ukr=uk srp=sr
hrv=hr slv=sl bos=bs mac=mk mkd=mk alb=sq sqi=sq cat=ca baq=eu eus=eu glg=gl jpn=ja kor=ko chi=zh zho=zh hin=hi
ben=bn tha=th vie=vi ind=id may=ms msa=ms per=fa fas=fa lav=lv lit=lt est=et ice=is isl=is gle=ga wel=cy cym=cy
lat=la swa=sw afr=af
"""
_LANGUAGES = dict(pair.split("=") for pair in _CODES.split())  # ISO 639-2, both its sets of names, to 639-1
_GUESSED_S = 3.0  # how long a line is shown when neither it nor a next line says


def has_subtitles(info: MediaInfo) -> bool:
    """Whether the file has subtitles that `read_subtitles` can read: text, not pictures of text."""
    return any(stream.is_text for stream in info.subtitles)


def read_subtitles(path: Path | str, stream: int | str | None = None) -> Transcript:
    """The lines of a text subtitle stream (MP4's mov_text; SubRip, ASS, WebVTT in Matroska and WebM).

    Without ``stream`` the choice is: the only text stream that is not marked as forced (signs and foreign words
    alone), or of several the only one that is marked as the default.

    Args:
        path: the media file.
        stream: its number among the file's subtitle streams, from 1 (as a number or as text), or its language
            ("eng" or "en").

    Raises:
        InputError: there are none, they are pictures, or the choice is open; the message lists the streams.
    """
    damage = Damage()
    with open_media(path) as source:
        chosen = _choose(source, stream)
        utterances, notes = _utterances(_lines(source, chosen, damage))
    if not utterances:
        raise InputError(
            f"{path}: subtitle stream {chosen} has no lines", "Choose another stream or give a transcript file"
        )
    if damage.packets:
        notes.append(f"{damage.packets} damaged subtitles were left out")
    return Transcript(
        utterances, language_code(chosen.language), f"{path}, subtitle stream {chosen.number}", notes
    )


def language_code(name: str | None) -> str | None:
    """ISO 639-1 where there is one: "eng" and "en-GB" are "en"; another name stays as it is.

    >>> language_code("por"), language_code("en-GB"), language_code("und"), language_code("haw")
    ('pt', 'en', None, 'haw')
    """
    if name is None:
        return None
    main = name.casefold().replace("_", "-").split("-")[0]
    return None if main in ("", "und") else _LANGUAGES.get(main, main)


def _choose(source: Source, wanted: int | str | None) -> SubtitleInfo:
    infos = subtitle_infos(source)
    text = [info for info in infos if info.is_text]
    if not infos:
        raise InputError(
            f"{source.path}: has no subtitles inside", "Give a transcript file (SRT, WebVTT, JSON)"
        )
    if not text:
        raise InputError(
            f"{source.path}: its subtitles are pictures, not text: {_listed(infos)}",
            "Give a transcript file (SRT, WebVTT or Whisper JSON) instead",
        )
    if wanted is not None:
        return _named(source, infos, wanted)
    spoken = [info for info in text if not info.forced] or text
    marked = [info for info in spoken if info.default]
    for candidates in (spoken, marked):
        if len(candidates) == 1:
            return candidates[0]
    raise InputError(
        f"{source.path}: has {len(spoken)} subtitle streams: {_listed(spoken)}",
        f"Choose one by its number or language, with --subtitles {spoken[0].number} (stream= in Python)",
    )


def _named(source: Source, infos: tuple[SubtitleInfo, ...], wanted: int | str) -> SubtitleInfo:
    if isinstance(wanted, int) or wanted.isdecimal():
        found = [info for info in infos if str(info.number) == str(wanted)]
    else:
        found = [
            info for info in infos if info.language and language_code(info.language) == language_code(wanted)
        ]
        found = [info for info in found if info.is_text] or found
    if not found:
        raise InputError(
            f"{source.path}: has no subtitle stream {wanted!r}", f"Choose one of: {_listed(infos)}"
        )
    if not found[0].is_text:
        raise InputError(
            f"{source.path}: subtitle stream {found[0]} holds pictures, not text",
            "Choose a text stream or give a transcript file",
        )
    return found[0]


def _listed(infos: list[SubtitleInfo] | tuple[SubtitleInfo, ...]) -> str:
    return ", ".join(str(info) for info in infos)


def _lines(
    source: Source, info: SubtitleInfo, damage: Damage
) -> Iterator[tuple[float, float | None, list[str]]]:
    """Start, end if known, and lines of text of each subtitle, in the file's order."""
    index = source.container.streams.subtitles[info.number - 1].index
    for packet in source.packets(index, damage):
        if packet.pts is None or not packet.size:
            continue
        lines = _shown(packet)
        if lines is None:
            damage.packets += 1
            continue
        start = float(source.seconds(packet.pts, packet.time_base))
        length = float((packet.duration or 0) * (packet.time_base or 0))
        yield start, start + length if length > 0 else None, lines


def _shown(packet: Packet[Stream]) -> list[str] | None:
    """A packet's lines of text; None if it is damaged."""
    from av.error import FFmpegError
    from av.subtitles.subtitle import AssSubtitle

    try:
        rects = [rect for rect in packet.decode() if isinstance(rect, AssSubtitle)]
    except FFmpegError:
        return None
    return [
        line for rect in rects for line in plain_lines(rect.ass.decode("utf-8", "replace").split(",", 8)[-1])
    ]


def plain_lines(ass: str) -> list[str]:
    r"""The lines of an ASS text field that have words, without its styling.

    >>> plain_lines(r"{\an8}<i>Corner</i>\Nto  {\i1}Brazil{\i0}")
    ['Corner', 'to Brazil']
    """
    without = re.sub(r"\{\\[^}]*\}|</?[a-zA-Z][^>]*>", "", ass).replace(r"\h", " ")
    lines = (one_line(line) for line in re.split(r"\\[Nn]|[\r\n]", without))
    return [line for line in lines if line]


def _utterances(
    shown: Iterator[tuple[float, float | None, list[str]]],
) -> tuple[list[Utterance], list[str]]:
    """What a transcript can hold of the subtitles, and notes about what was mended or left out."""
    found = sorted(shown, key=lambda subtitle: subtitle[0])
    captions = []
    early = 0
    for number, (start, end, lines) in enumerate(found):
        if end is None:
            following = found[number + 1][0] if number + 1 < len(found) else start + _GUESSED_S
            end = min(following, start + _GUESSED_S)
        if end <= 0 and start < 0:
            early += bool(lines)
        elif lines:
            words = ([(word, None) for word in line.split()] for line in lines)
            captions.append(Caption.of(max(start, 0.0), max(end, start, 0.0), words))
    utterances, repeats = unrolled(captions)
    notes = [f"{early} subtitles before the recording's first instant were left out"] if early else []
    return utterances, [*notes, unrolled_note(repeats)] if repeats else notes
