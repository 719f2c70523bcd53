"""Practice frames: generated images in exactly SoccerNet-v3's layout.

They are synthetic: stick figures, boards and flags. What is measured on them says that the parts work together
(that prompts, losses and augmentation do what they should), and nothing about real matches.
"""

from __future__ import annotations

import io
import zipfile
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from matchcut import files
from matchcut.datasets.practice_frame_pictures import LOOKS, Shot, draw_shot
from matchcut.datasets.practice_frame_subjects import SUBJECTS, Match, match_of
from matchcut.datasets.soccernet_frames import FRAMES, LABELS, SPLITS_FILE
from matchcut.errors import SettingsError
from matchcut.progress import Progress, silent

LEAGUE = "practice_league"
_TOWNS = ("Moorland", "Linden", "Harbour", "Veloz", "Elms", "Pica", "Oakham", "Brook", "Castle", "Ferry")
_SHARES = (0.6, 1.0, 1.0, 1.3, 1.3, 1.5, 1.5, 1.0, 1.2, 0.6)


_LARGEST = 2048


@dataclass(frozen=True, slots=True)
class PracticeFrameSettings:
    """How practice frames are made. Shares are in [0, 1].

    Attributes:
        games: how many games; each is in one split.
        actions: how many actions each has.
        replays: how many replays an action has at most; from none to so many, each as often.
        size: the side of the square images in pixels, at most 2048.
        test_share, valid_share: the shares of the games (at least one each).
        hidden: the share of images in which the camera misses the action, as it does in real replays.
        zoom: how many times as large as usual what tells the label is, from 0.5 to 1.5; the larger the easier.

    Raises:
        SettingsError: a value is out of its range.
    """

    games: int = 24
    actions: int = 30
    replays: int = 4
    size: int = 64
    test_share: float = 0.25
    valid_share: float = 0.125
    hidden: float = 0.03
    zoom: float = 1.0

    def __post_init__(self) -> None:
        lowest = {"games": 3, "actions": 1, "replays": 0, "size": 16}
        for name, least in lowest.items():
            if getattr(self, name) < least:
                raise SettingsError(f"{name} is at least {least}, not {getattr(self, name)}", "Choose more")
        if self.size > _LARGEST:
            raise SettingsError(f"size is at most {_LARGEST}, not {self.size}", "Choose less")
        for name in ("test_share", "valid_share", "hidden"):
            if not 0 <= getattr(self, name) <= 1:
                raise SettingsError(f"{name} is a share from 0 to 1, not {getattr(self, name)}", "Correct it")
        if not 0.5 <= self.zoom <= 1.5:
            raise SettingsError(f"zoom is from 0.5 to 1.5, not {self.zoom}", "Correct it")
        if self.test_share + self.valid_share >= 1:
            raise SettingsError("test and valid leave no game to train on", "Lower their shares")


def write_practice_frames(
    folder: Path | str,
    settings: PracticeFrameSettings | None = None,
    seed: int = 0,
    progress: Progress = silent,
) -> Path:
    """Writes practice frames: zips, labels, ``splits.json``, and ``practice.json``, which says what they are.

    The same settings and seed give the same files.

    Args:
        folder: made if needed; files of these names in it are replaced.
        settings: sizes and shares; the defaults if None.
        seed: decides everything that is random.
        progress: told of games.

    Returns:
        The folder, for `soccernet_frames.read_soccernet_frames`.

    Raises:
        SettingsError: the seed is negative.
        OutputError: something cannot be written.
    """
    chosen, target = settings or PracticeFrameSettings(), Path(folder)
    if seed < 0:
        raise SettingsError(f"a seed is zero or more, not {seed}", "Choose another")
    names = [_game_name(number, np.random.default_rng([seed, number, 1])) for number in range(chosen.games)]
    for number, game in enumerate(names):
        progress(number, chosen.games)
        _write_game(target / game, game, chosen, seed, number)
    files.write_json(target / SPLITS_FILE, _splits(names, chosen))
    head = {"synthetic": True, "seed": seed, "settings": asdict(chosen)}
    files.write_json(target / "practice.json", head)
    progress(chosen.games, chosen.games)
    return target


def _game_name(number: int, rng: np.random.Generator) -> str:
    home, away = rng.choice(_TOWNS, 2, replace=False)
    goals = rng.integers(0, 4, 2)
    month, day = 8 + number // 28 % 5, 1 + number % 28
    return f"{LEAGUE}/2026-2027/2026-{month:02d}-{day:02d} - 18-00 {home} {goals[0]} - {goals[1]} {away}"


def _splits(names: list[str], settings: PracticeFrameSettings) -> dict[str, list[str]]:
    test = max(1, round(settings.test_share * len(names)))
    valid = max(1, round(settings.valid_share * len(names)))
    train = len(names) - test - valid
    return {"train": names[:train], "valid": names[train : train + valid], "test": names[train + valid :]}


def _write_game(folder: Path, game: str, settings: PracticeFrameSettings, seed: int, number: int) -> None:
    rng = np.random.default_rng([seed, number, 2])
    match = match_of(rng)
    labels = list(SUBJECTS)
    drawn = rng.choice(len(labels), settings.actions, p=np.array(_SHARES) / sum(_SHARES))
    positions = np.sort(rng.integers(5_000, 2 * 2_700_000, settings.actions))
    actions: dict[str, Any] = {}
    replays: dict[str, Any] = {}
    with (
        files.replacing(folder / FRAMES) as temporary,
        zipfile.ZipFile(temporary, "w", zipfile.ZIP_STORED) as packed,
    ):
        for place, (kind, position) in enumerate(zip(drawn, positions, strict=True)):
            half, at = 1 + int(position) // 2_700_000, int(position) % 2_700_000
            told = _metadata("action", labels[kind], half, at, game, settings.size)
            views = int(rng.integers(settings.replays + 1))
            again = [f"{place}_{view}.png" for view in range(1, views + 1)]
            actions[f"{place}.png"] = {**told, "linked_replays": again}
            for view, name in enumerate([f"{place}.png", *again]):
                if view:
                    shown = at + 15_000 + 6_000 * view
                    replays[name] = {
                        **_metadata("replay", labels[kind], half, at, game, settings.size, shown),
                        "linked_action": f"{place}.png",
                    }
                key = (seed, number, place, view)
                _add(packed, name, _image(labels[kind], match, key, at / 1000 + 2700 * (half - 1), settings))
    head = {
        "UrlLocal": game + "/", "list_actions": list(actions), "list_replays": list(replays),
        "num_actions": len(actions), "num_replays": len(replays), "synthetic": True,
    }  # fmt: skip
    value = {"GameMetadata": head, "actions": actions, "replays": replays}
    files.write_json(folder / LABELS, value, indent=None)


def _image(
    label: str, match: Match, key: tuple[int, int, int, int], clock_s: float, settings: PracticeFrameSettings
) -> bytes:
    from PIL import Image

    rng = np.random.default_rng([*key, 3])
    replay = key[-1] > 0
    look = LOOKS[int(rng.integers(2 if replay else 3))]
    shot = Shot(look, replay, bool(rng.random() < settings.hidden), settings.zoom)
    action = int(np.random.default_rng([*key[:3], 4]).integers(2**31))
    pixels = draw_shot(label, match, shot, clock_s, settings.size, action, rng)
    out = io.BytesIO()
    Image.fromarray(pixels).save(out, "PNG", compress_level=1)
    return out.getvalue()


def _add(packed: zipfile.ZipFile, name: str, data: bytes) -> None:
    packed.writestr(zipfile.ZipInfo(name, (2026, 1, 1, 0, 0, 0)), data)


def _metadata(
    kind: str, label: str, half: int, at_ms: int, game: str, size: int, shown_ms: int | None = None
) -> dict[str, Any]:
    minutes, seconds = divmod(at_ms // 1000, 60)
    told: dict[str, Any] = {
        "imageType": kind, "label": label, "half": half, "position": at_ms,
        "gameTime": f"{half} - {minutes:02d}:{seconds:02d}", "visibility": "visible", "UrlLocal": game,
        "width": size, "height": size,
    }  # fmt: skip
    if shown_ms is not None:
        told |= {"replayPosition": shown_ms, "replayStart": shown_ms - 2_000, "replayStop": shown_ms + 3_000}
    return {"imageMetadata": told, "bboxes": [], "lines": []}
