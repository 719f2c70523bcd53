"""What an earlier run kept in a folder, and for which content and settings it is still true.

The keys, all of them hashes, say what each part was made from:

- ``source``, ``transcript``, ``speech``, ``settings``, ``spotter``: all equal, and the whole analysis is true;
- ``source`` alone: the analysis is of this very file;
- ``further``: the weights of further spotters, where there are any;
- ``commentary``: the words and the weights behind the commentary track.

What was observed keeps its own keys (`matchcut.observe.watch`): it outlives a change of transcript or settings.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from matchcut import inputs
from matchcut.analysis import HEAD, REPORT, TRACKS, Analysis, read_head
from matchcut.errors import InputError, NewerError
from matchcut.intake import SpotSettings
from matchcut.observe.speech import OFF
from matchcut.observe.speech_weights import speech_ready
from matchcut.tracks import ScoreTrack

WAY = 1
"""Raised whenever the same evidence would give other events: analyses made the old way are then made anew."""


class Kept:
    """A folder that may hold an analysis; without a folder nothing is kept.

    Args:
        folder: where it would lie.

    Raises:
        InputError: the folder holds something that only looks like an analysis.
        NewerError: a newer release wrote it.
    """

    def __init__(self, folder: Path | None) -> None:
        self.folder = folder
        held: Any = {}
        if folder is not None and (folder / HEAD).is_file():
            held = read_head(folder)["keys"]
        self._keys: Mapping[str, str] = held

    def whole(self, keys: Mapping[str, str]) -> Analysis | None:
        """The analysis of exactly these keys; None where it is another one, or a part is missing or damaged.

        Raises:
            NewerError: a newer release wrote it.
        """
        if self.folder is None or any(self._keys.get(key) != value for key, value in keys.items()):
            return None
        if not (self.folder / REPORT).is_file():
            return None
        try:
            return Analysis.load(self.folder)
        except NewerError:
            raise
        except InputError:
            return None

    def commentary(self, key: str) -> ScoreTrack | None:
        """The commentary track of this key; None where there is none."""
        if self.folder is None or self._keys.get("commentary") != key:
            return None
        try:
            return ScoreTrack.load(self.folder / TRACKS / "commentary.npz")
        except InputError:
            return None

    def is_of(self, source: Path) -> bool:
        """Whether it is of this file as it is now."""
        return "source" in self._keys and self._keys["source"] == inputs.content_key(source)


def analysis_keys(
    path: Path,
    transcript: Path | None,
    settings: SpotSettings,
    spotter: str,
    further: Mapping[str, str] | None = None,
) -> dict[str, str]:
    """What an analysis is made from; equal keys, equal analysis.

    Args:
        path: the video or the transcript.
        transcript: the transcript that was given; one that lies beside the video counts too.
        settings: all of them.
        spotter: the identity of its weights.
        further: further source -> the identity of its weights.
    """
    media = inputs.kind_of(path) == "media"
    found = transcript or (inputs.sidecar(path) if media else None)
    asked = {key: value for key, value in vars(settings).items() if key not in ("models", "asking")}
    return {
        "source": inputs.content_key(path),
        "transcript": "" if found is None else inputs.content_key(found),
        "speech": "ready" if media and found is None and can_hear(settings) else "",
        "settings": digest([WAY, asked]),
        "spotter": spotter,
        # Left out where there is none: such an analysis is what it was before there were further sources.
        **({"further": digest(dict(further))} if further else {}),
    }


def can_hear(settings: SpotSettings) -> bool:
    """Whether speech would be recognized in a recording without a transcript."""
    return settings.reads and settings.speech != OFF and speech_ready(settings.speech).ok


def digest(value: object) -> str:
    """A hash of plain values."""
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()
