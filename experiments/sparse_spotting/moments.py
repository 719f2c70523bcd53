"""Pictures of labelled moments, taken from videos, in SoccerNet-v3's layout: what CLIP is fine-tuned on."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from matchcut import files
from matchcut.datasets.games import half_video
from matchcut.datasets.soccernet import read_labels
from matchcut.events import EventLog
from matchcut.media.probe import probe
from matchcut.media.sample import frames_at

AFTER_S = (0.0, 1.0)
"""Each moment is shown, and what is to be seen so much later; the later ones stand where replays do."""


def write_moments(folder: Path, labels: Path, videos: Path, train: Sequence[str], valid: Sequence[str]) -> None:
    """Writes ``Frames-v3.zip`` and ``Labels-v3.json`` of each game, and ``splits.json`` last.

    Args:
        folder: made if need be.
        labels: SoccerNet-v2's.
        videos: folder of ``GAME/1_224p.mkv``.
        train, valid: the games.
    """
    for game, halves in read_labels(labels, games=[*train, *valid], missing_ok=True).items():
        _write_game(folder / game, game, halves, videos)
    files.write_json(folder / "splits.json", {"train": list(train), "valid": list(valid), "test": []})


def _write_game(folder: Path, game: str, halves: dict[int, EventLog], videos: Path) -> None:
    actions: dict[str, Any] = {}
    replays: dict[str, Any] = {}
    with (
        files.replacing(folder / "Frames-v3.zip") as temporary,
        zipfile.ZipFile(temporary, "w") as packed,
    ):
        for half, log in halves.items():
            video = half_video(videos, f"{game}/{half}")
            if video is None:
                continue
            end = probe(video).duration - AFTER_S[-1]
            number = {id(event): len(actions) + place for place, event in enumerate(log)}
            wanted = sorted(
                (
                    (event.time + after, number[id(event)], bool(after), event)
                    for event in log
                    if event.time < end
                    for after in AFTER_S
                ),
                key=lambda one: one[:3],
            )
            for place, frame in frames_at(video, [one[0] for one in wanted]) if wanted else ():
                _, known, later, event = wanted[place]
                told: dict[str, Any] = {
                    "label": event.label,
                    "half": half,
                    "position": round(event.time * 1000),
                }
                picture = io.BytesIO()
                frame.to_image().save(picture, "PNG", compress_level=1)
                packed.writestr(f"{known}_1.png" if later else f"{known}.png", picture.getvalue())
                if later:
                    told["replayPosition"] = told["position"]
                    replays[f"{known}_1.png"] = {"imageMetadata": told, "linked_action": f"{known}.png"}
                else:
                    actions[f"{known}.png"] = {"imageMetadata": told, "linked_replays": []}
    head = {"UrlLocal": game + "/"}
    labels = {"GameMetadata": head, "actions": actions, "replays": replays}
    files.write_json(folder / "Labels-v3.json", labels, indent=None)
