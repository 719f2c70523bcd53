"""SoccerNet-Echoes: what commentators said in SoccerNet's games, by several recognizers (arXiv 2405.07354).

A tree or zip holds ``VERSION/LEAGUE/SEASON/GAME/N_asr.json``, where N is the half and a version is a recognizer
(``whisper_v1``) or its English translation (``whisper_v1_en``).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import cached_property
from pathlib import Path, PurePosixPath
from typing import Any

from matchcut import files
from matchcut.datasets.archives import Archive
from matchcut.datasets.games import GAME_PARTS, HALVES, chosen_games, normal
from matchcut.datasets.segments import Segment, to_transcript
from matchcut.errors import InputError
from matchcut.transcript import Transcript

_FILE = re.compile(r"([12])_asr\.json")
_TRANSLATED = "_en"


class EchoesArchive:
    """The transcripts in a folder or zip, read when asked for. A zip stays open until `close`.

    Args:
        path: a folder or zip that holds versions, or a single version's games.

    Raises:
        InputError: it cannot be read or holds no transcript.
    """

    def __init__(self, path: Path | str) -> None:
        self._archive = Archive(path)
        if not self._members:
            raise InputError(
                f"{path}: holds no N_asr.json",
                "Name a folder or zip with VERSION/LEAGUE/SEASON/GAME/1_asr.json",
            )

    def __enter__(self) -> EchoesArchive:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Closes the zip; nothing can be read after."""
        self._archive.close()

    @cached_property
    def _members(self) -> dict[tuple[str, int], dict[str, str]]:
        """(game, half) → version → path inside."""
        found: dict[tuple[str, int], dict[str, str]] = {}
        for member in self._archive.names:
            *folders, name = PurePosixPath(member).parts
            match = _FILE.fullmatch(name)
            if match is None:
                continue
            game = "/".join(folders[-GAME_PARTS:]) or self._archive.path.resolve().stem
            above = folders[:-GAME_PARTS]
            version = above[-1] if above else self._archive.path.resolve().stem
            versions = found.setdefault((game, int(match.group(1))), {})
            if version in versions:
                raise InputError(
                    f"{self._archive.path}: holds {version} of {game}, half {match.group(1)} twice",
                    "Name one of its folders",
                )
            versions[version] = member
        return found

    @property
    def path(self) -> Path:
        """The folder or zip."""
        return self._archive.path

    @cached_property
    def versions(self) -> tuple[str, ...]:
        """The versions that any game has, sorted."""
        return tuple(sorted({version for found in self._members.values() for version in found}))

    @cached_property
    def games(self) -> list[str]:
        """The games that have a transcript of either half, sorted."""
        return sorted({game for game, _ in self._members})

    def has(self, game: str) -> bool:
        """Whether there is any transcript of a game."""
        return any((normal(game), half) in self._members for half in HALVES)

    def versions_of(self, game: str, half: int) -> tuple[str, ...]:
        """The versions of one half, sorted; empty if there is none."""
        return tuple(sorted(self._members.get((normal(game), half), ())))

    def transcript(self, game: str, half: int, version: str) -> Transcript:
        """One version of one half.

        Raises:
            InputError: it is not there or cannot be read.
        """
        member = self._members.get((normal(game), half), {}).get(version)
        if member is None:
            raise InputError(
                f"{self._archive.path}: has no {version} of {game!r}, half {half}",
                f"It has: {', '.join(self.versions_of(game, half)) or 'nothing of that half'}",
            )
        where = self._archive.where(member)
        text = files.decode_text(self._archive.read(member), where)
        return parse_echoes(files.parse_json(text, where, nan_ok=True), where, language_of(version))

    def transcripts(self, game: str, half: int) -> dict[str, Transcript]:
        """Every version of one half that there is; some are empty, where a recognizer heard nothing.

        Raises:
            InputError: one cannot be read.
        """
        return {version: self.transcript(game, half, version) for version in self.versions_of(game, half)}


def read_echoes(
    path: Path | str, games: Iterable[str] | None = None, *, missing_ok: bool = False
) -> Iterator[tuple[str, int, dict[str, Transcript]]]:
    """Each half of each game with all its versions, one after another.

    Args:
        path: a folder or zip, as for `EchoesArchive`.
        games: read only these, in this order; all by default.
        missing_ok: leave games out that are not there, instead of refusing.

    Raises:
        InputError: a file cannot be used or a game is missing.
    """
    with EchoesArchive(path) as archive:
        for game in chosen_games(archive.games, games, archive._archive, "1_asr.json", missing_ok):
            for half in HALVES:
                if archive.versions_of(game, half):
                    yield game, half, archive.transcripts(game, half)


def language_of(version: str) -> str | None:
    """The language of a version: "en" for translations; None for the others.

    Nothing says which language a broadcast was in, and the league does not tell: England's games were recorded
    with Russian commentary too, Italy's and Spain's with English.
    """
    return "en" if version.endswith(_TRANSLATED) else None


def parse_echoes(value: Any, where: str, language: str | None = None) -> Transcript:
    """The transcript of an ``N_asr.json``'s value, ``{"segments": {"0": [start_s, end_s, text], …}}``.

    Raises:
        InputError: it has another shape.
    """
    segments = value.get("segments") if isinstance(value, dict) else None
    if not isinstance(segments, dict):
        raise InputError(
            f"{where}: not SoccerNet-Echoes' JSON", 'Write it as {"segments": {"0": [start, end, text]}}'
        )
    return to_transcript(_segments(segments, where), language, where)


def _segments(segments: dict[str, Any], where: str) -> Iterator[Segment]:
    for key, row in segments.items():
        if not isinstance(row, list) or len(row) != 3:
            raise InputError(
                f"{where}: segment {key!r} must be [start, end, text], not {row!r:.60}", "Correct that segment"
            )
        yield Segment(*row)
