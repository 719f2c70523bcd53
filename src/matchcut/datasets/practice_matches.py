"""Practice matches in SoccerNet's layout: films, labels and transcripts of many, with lists of a split.

They are synthetic (`matchcut.datasets.practice`): what is measured on them says that the parts work together,
that several modalities are joined, and nothing about real matches.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from matchcut import files
from matchcut.clock import HALF_S
from matchcut.datasets.games import HALVES, LABELS
from matchcut.datasets.practice.render import render_video
from matchcut.datasets.practice.settings import PracticeSettings
from matchcut.datasets.practice.teams import draw_teams
from matchcut.errors import SettingsError
from matchcut.events import EventLog
from matchcut.progress import Progress, part, silent
from matchcut.sport import soccer
from matchcut.transcript import Transcript

LEAGUE, VERSION, RECORD = "practice_league/synthetic", "practice_asr", "practice.json"
"""Where the games lie, how their transcripts' version is called, and what says how they were made."""

FILM = PracticeSettings(
    width=192,
    height=108,
    frame_rate=5,
    sample_rate=16000,
    clock_start_s=0.0,
    encoder_preset="ultrafast",
    faults=frozenset({"no board"}),
)
"""Small and rendered quickly. No board: each half has a clock and a score of its own."""

PARTS = ("train", "valid", "test", "train", "train")
"""The part of each match in turn: it stays what it is when there are more of them."""

_MOST = 1000


@dataclass(frozen=True, slots=True)
class PracticeMatchesSettings:
    """How the matches are made.

    Attributes:
        matches: how many; more may be added later.
        half_s: seconds of a half.
        labels: only these are in the labels; all if empty.
        film: size, rates, faults; its ``one_modality`` lets each event show in picture, sound or words alone.

    Raises:
        SettingsError: a value is out of its range.
    """

    matches: int = 10
    half_s: float = 300.0
    labels: tuple[str, ...] = ()
    film: PracticeSettings = field(default=FILM)

    def __post_init__(self) -> None:
        if not 1 <= self.matches <= _MOST:
            raise SettingsError(f"1 to {_MOST} matches are rendered, not {self.matches}", "Choose in between")
        if not (math.isfinite(self.half_s) and 8 <= self.half_s <= HALF_S):
            raise SettingsError(f"a half lasts 8 to {HALF_S:.0f} s, not {self.half_s}", "Choose in between")
        if unknown := sorted(set(self.labels) - set(soccer.names)):
            raise SettingsError(f"no such label: {', '.join(unknown)}", f"There are: {', '.join(soccer.names)}")


def write_practice_matches(
    folder: Path | str,
    settings: PracticeMatchesSettings | None = None,
    seed: int = 0,
    progress: Progress = silent,
) -> dict[str, list[str]]:
    """Renders practice matches in SoccerNet's layout; those that are whole already are left alone.

    Beside ``LEAGUE/SEASON/GAME/`` with ``1.mp4``, ``2.mp4`` and ``Labels-v2.json`` lie the transcripts in
    SoccerNet-Echoes' layout, ``splits.json`` with the lists of train, valid and test, and each list by itself
    (``test.json`` …), for commands that take one. A label says "not shown" where the picture does not tell.

    Args:
        folder: made if needed.
        settings: how many, how long; the defaults if None.
        seed: another seed is other matches.
        progress: told the share that is done.

    Returns:
        Part of the split → games.

    Raises:
        SettingsError: the seed is negative, or the folder holds matches that were made otherwise.
        InputError: what says how they were made cannot be read.
        OutputError: something cannot be written; what is whole stays.
    """
    chosen, target = settings or PracticeMatchesSettings(), Path(folder)
    if seed < 0:
        raise SettingsError(f"a seed is zero or more, not {seed}", "Choose another")
    _record(target, chosen, seed)
    lists: dict[str, list[str]] = {name: [] for name in dict.fromkeys(PARTS)}
    for number in range(chosen.matches):
        share = part(progress, number / chosen.matches, (number + 1) / chosen.matches)
        lists[PARTS[number % len(PARTS)]].append(_match(target, chosen, seed * _MOST + number, share))
    files.write_json(target / "splits.json", lists)
    for name, games in lists.items():
        if games:
            files.write_json(target / f"{name}.json", games)
    return lists


def _record(target: Path, chosen: PracticeMatchesSettings, seed: int) -> None:
    """Writes down how the matches are made, or makes sure that those that are there were made so."""
    film = asdict(chosen.film) | {"faults": sorted(chosen.film.faults)}
    told = {"seed": seed, "half_s": chosen.half_s, "labels": list(chosen.labels), "film": film}
    said = {"synthetic": True, **json.loads(json.dumps(told))}
    path = target / RECORD
    if not path.exists():
        files.write_json(path, said)
    elif (there := files.read_json(path)) != said:
        other = [name for name in said if not isinstance(there, Mapping) or there.get(name) != said[name]]
        raise SettingsError(
            f"{target}: holds practice matches that were made otherwise ({', '.join(other) or 'newer'})",
            "Name another folder",
        )


def _match(target: Path, chosen: PracticeMatchesSettings, number: int, progress: Progress) -> str:
    """Renders a match, unless it is whole; gives its name."""
    home, away = draw_teams(np.random.default_rng([number, 59]))
    name = f"{number:04d} {home.name} - {away.name}"
    game = f"{LEAGUE}/{name}"
    place, spoken = target / game, target / VERSION / game
    # The labels are written last: where they are, the rest is.
    if not (place / LABELS).exists():
        film = replace(chosen.film, teams=number)
        annotations: list[dict[str, str]] = []
        for half in HALVES:
            said, log, _ = render_video(
                place / f"{half}.mp4",
                seed=len(HALVES) * number + half - 1,
                duration_s=chosen.half_s,
                settings=film,
                progress=part(progress, (half - 1) / len(HALVES), half / len(HALVES)),
            )
            files.write_json(spoken / f"{half}_asr.json", _spoken(said), indent=None)
            annotations += _annotations(log, half, chosen.labels)
        files.write_json(place / LABELS, {"UrlLocal": f"{game}/", "annotations": annotations})
    progress(1, 1)
    return game


def _spoken(said: Transcript) -> dict[str, Any]:
    """A transcript as SoccerNet-Echoes writes it."""
    return {"segments": {str(place): [u.start, u.end, u.text] for place, u in enumerate(said)}}


def _annotations(log: EventLog, half: int, labels: tuple[str, ...]) -> Iterator[dict[str, str]]:
    """The events of a half as SoccerNet-v2 writes them."""
    for event in log:
        if labels and event.label not in labels:
            continue
        milliseconds = round(event.time * 1000)
        minutes, seconds = divmod(milliseconds // 1000, 60)
        yield {
            "gameTime": f"{half} - {minutes:02d}:{seconds:02d}",
            "label": event.label,
            "position": str(milliseconds),
            "team": event.team or "not applicable",
            "visibility": "visible" if event.visible else "not shown",
        }
