"""What stretches of a recording gave, kept on disk until all of them are there.

One file for each stretch and sense, plain JSON or arrays (no pickles), each written whole or not at all. One
that is damaged or of another kind counts as missing.
"""

from __future__ import annotations

import contextlib
import io
import json
import shutil
import zipfile
import zlib
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from matchcut import files
from matchcut.errors import InputError
from matchcut.media.opening import Damage
from matchcut.observe.boxes import Box
from matchcut.observe.layout import Layout
from matchcut.observe.readings import Count, Reading, TextSeen
from matchcut.observe.scoreboard import BoardPart, Learnt
from matchcut.observe.shots import ShotPart
from matchcut.observe.sound import SoundPart
from matchcut.observe.transitions import Transition

T = TypeVar("T")

Seen = BoardPart | SoundPart | ShotPart


@dataclass(frozen=True, eq=False)
class Part:
    """What a stretch gave to one sense.

    Attributes:
        seen: what was seen or heard.
        damage: what was wrong with the file there.
        last: the last recording second that was reached.
    """

    seen: Seen
    damage: Damage
    last: float


class Parts:
    """The parts of one observation in a folder; without a folder nothing is kept.

    Args:
        folder: where they lie; made when the first is written.
    """

    def __init__(self, folder: Path | None) -> None:
        self._folder = folder

    def learnt(self) -> Learnt | None:
        """What was learnt of the boards."""
        return self._read("learnt.json", _learnt)

    def put_learnt(self, learnt: Learnt) -> None:
        """Keeps what was learnt of the boards."""
        value = {
            "layouts": [layout.to_json() for layout in learnt.layouts],
            "lines": [box.to_json() for box in learnt.lines],
            "notes": learnt.notes,
        }
        self._write("learnt.json", json.dumps(value).encode())

    def get(self, sense: str, number: int) -> Part | None:
        """A stretch's part; None if it is not there."""
        return self._read(f"{sense}-{number}.npz", lambda data: _part(data, sense))

    def put(self, sense: str, number: int, part: Part) -> None:
        """Keeps a stretch's part."""
        head, arrays = _WRITERS[type(part.seen)](part.seen)
        damage = [part.damage.packets, sorted(part.damage.gaps), part.damage.remarks]
        head = {"seen": head, "damage": damage, "last": part.last}
        stream = io.BytesIO()
        np.savez(stream, head=np.array(json.dumps(head)), **arrays)
        self._write(f"{sense}-{number}.npz", stream.getvalue())

    def clear(self) -> None:
        """Removes them, and those of other observations beside them."""
        if self._folder is not None:
            with contextlib.suppress(OSError):
                shutil.rmtree(self._folder.parent)

    def _read(self, name: str, read: Callable[[bytes], T]) -> T | None:
        if self._folder is None or not (self._folder / name).is_file():
            return None
        try:
            return read(files.read_bytes(self._folder / name))
        except (
            *(InputError, ValueError, KeyError, TypeError, IndexError, AttributeError),
            *(EOFError, OSError, zipfile.BadZipFile, zlib.error),
        ):
            return None

    def _write(self, name: str, data: bytes) -> None:
        if self._folder is not None:
            files.write_bytes(self._folder / name, data)


Written = tuple[dict[str, Any], dict[str, Any]]
"""What JSON holds, and the arrays."""


def _of_board(part: Any) -> Written:
    return asdict(part), {}


def _of_sound(part: Any) -> Written:
    return {"first": part.first, "samples": part.samples}, {"powers": part.powers, "tones": part.tones}


def _of_shots(part: Any) -> Written:
    told = [(t.start, t.end, t.kind, t.score, len(t.strip)) for t in part.transitions]
    strips = [np.zeros((0, 3, 9, 16), np.uint8), *(t.strip for t in part.transitions)]
    return {"transitions": told}, {
        "times": part.times,
        "views": part.views,
        "strips": np.concatenate(strips),
    }


_WRITERS: dict[type, Callable[[Any], Written]] = {
    BoardPart: _of_board,
    SoundPart: _of_sound,
    ShotPart: _of_shots,
}


def _part(data: bytes, sense: str) -> Part:
    with np.load(io.BytesIO(data), allow_pickle=False) as arrays:
        head = json.loads(str(arrays["head"]))
        seen = _READERS[sense](head["seen"], arrays)
    packets, gaps, remarks = head["damage"]
    damage = Damage(packets, {(a, b) for a, b in gaps}, list(remarks))
    return Part(seen, damage, float(head["last"]))


def _board(head: Any, arrays: Any) -> Seen:
    return BoardPart(
        tuple(Reading(**r) for r in head["readings"]),
        tuple(head["looks"]),
        tuple(TextSeen(t["start"], t["end"], tuple(t["lines"])) for t in head["texts"]),
        tuple(Count(**c) for c in head["counts"]),
        tuple((int(place), dict(runs)) for place, runs in head["runs"]),
        dict(head["names"]),
        (int(head["size"][0]), int(head["size"][1])),
    )


def _sound(head: Any, arrays: Any) -> Seen:
    return SoundPart(head["first"], head["samples"], arrays["powers"], arrays["tones"])


def _shots(head: Any, arrays: Any) -> Seen:
    lengths = [length for *_, length in head["transitions"]]
    strips = np.split(arrays["strips"], np.cumsum(lengths)[:-1]) if lengths else []
    told = (
        Transition(start, end, kind, score, strip)
        for (start, end, kind, score, _), strip in zip(head["transitions"], strips, strict=True)
    )
    return ShotPart(arrays["times"], arrays["views"], tuple(told))


_READERS: dict[str, Callable[[Any, Any], Seen]] = {"scoreboard": _board, "sound": _sound, "shots": _shots}


def _learnt(data: bytes) -> Learnt:
    value = json.loads(data)
    return Learnt(
        tuple(Layout.from_json(layout) for layout in value["layouts"]),
        tuple(Box(*box) for box in value["lines"]),
        tuple(value["notes"]),
    )
