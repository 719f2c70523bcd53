"""The chunks of SoccerNet's halves: commentary from SoccerNet-Echoes, truth from SoccerNet-v2."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from matchcut.datasets.chunks import Chunk, ChunkSettings, cut_chunks
from matchcut.datasets.echoes import EchoesArchive
from matchcut.datasets.games import HALVES, game_list
from matchcut.datasets.soccernet import read_labels
from matchcut.errors import InputError
from matchcut.progress import Progress, silent

VERSIONS = ("whisper_v2_en", "whisper_v1_en", "whisper_v3", "whisper_v2", "whisper_v1")
"""Which transcript of a half is taken: the first of these that it has; English where somebody translated it."""


@dataclass(frozen=True)
class SoccerNetChunks:
    """The chunks of a SoccerNet split.

    Attributes:
        chunks: in the order of the split.
        halves: how many halves they come from.
        missing: games of the split without labels or transcripts.
        versions: which transcript was taken → of how many halves.
        silent: how many chunks have no words.
    """

    chunks: tuple[Chunk, ...]
    halves: int
    missing: tuple[str, ...]
    versions: Counter[str]
    silent: int


def soccernet_chunks(
    labels: Path | str | None,
    echoes: Path | str,
    split: str = "valid",
    settings: ChunkSettings | None = None,
    versions: Sequence[str] = VERSIONS,
    games: Sequence[str] | None = None,
    progress: Progress = silent,
) -> SoccerNetChunks:
    """The chunks of a split's halves, with commentary from SoccerNet-Echoes and truth from SoccerNet-v2.

    Args:
        labels: folder or zip of ``Labels-v2.json``; None for chunks without truth.
        echoes: folder or zip of transcripts.
        split: see `matchcut.datasets.games.game_list`.
        settings: how to cut.
        versions: transcript versions, the first that a half has is taken.
        games: only these of the split.
        progress: told games done and in all.

    Raises:
        InputError: a file cannot be used, or no game has both.
    """
    settings = settings or ChunkSettings()
    wanted = [game for game in game_list(split) if games is None or game in set(games)]
    truth = {} if labels is None else read_labels(labels, wanted, missing_ok=True)
    found: list[Chunk] = []
    used: Counter[str] = Counter()
    missing = []
    with EchoesArchive(echoes) as archive:
        for number, game in enumerate(wanted):
            progress(number, len(wanted))
            if not archive.has(game) or (labels is not None and game not in truth):
                missing.append(game)
                continue
            for half in HALVES:
                had = archive.versions_of(game, half)
                version = next((name for name in versions if name in had), None)
                if version is None:
                    continue
                used[version] += 1
                said = archive.transcript(game, half, version)
                log = truth[game][half] if labels is not None else None
                found += cut_chunks(f"{game}/{half}", said, log, None, settings)
    progress(1, 1)
    if not found:
        raise InputError(
            f"{echoes}: holds no transcripts of {', '.join(versions)} for any labelled game of {split!r}",
            "Choose another --split or --version",
        )
    silent_ones = sum(not chunk.lines for chunk in found)
    return SoccerNetChunks(tuple(found), sum(used.values()), tuple(missing), used, silent_ones)
