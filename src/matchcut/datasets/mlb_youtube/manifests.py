"""Reading MLB-YouTube's four JSON files (arXiv 1804.03247 and 1806.08251).

==============  ===================================================================================
segmented       ``{key: {"url", "start", "end", "subset", "labels": [...], "type"?, "speed"?}}``
negative        ``{key: {"ytid", "interval": [start, end]}}``
continuous      ``{key: {"url", "start", "end", "subset", "annotations": [{"label", "segment"}]}}``; segments
                are ``[start, end]`` and count from the stretch's start
captions        ``{video: [{"start", "end", "caption"}]}``
==============  ===================================================================================

In two videos the times of what happened after midnight (UTC) are a day too early, -75,418 s for instance.
Times below zero are therefore moved by a day, and counted in the notes: they then go on where the others end.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar, cast
from urllib.parse import parse_qs, urlsplit

from matchcut import files
from matchcut.datasets.mlb_youtube.clips import Action, Clip, MlbYouTube, Stretch, Subset
from matchcut.datasets.mlb_youtube.labels import checked_labels
from matchcut.errors import InputError, ValidationError
from matchcut.transcript import Transcript, Utterance

T = TypeVar("T")
DAY_S = 86400.0
FILES = {name: f"mlb-youtube-{name}.json" for name in ("segmented", "negative", "continuous", "captions")}
"""The manifests' file names."""


def read_mlb_youtube(folder: Path | str) -> MlbYouTube:
    """Reads the manifests in a folder. The segmented one must be there; a missing other is a note.

    Raises:
        InputError: a file cannot be read or has another shape; the message names the entry.
        LabelError: an action is unknown.
    """
    base = Path(folder)
    notes: list[str] = []
    found: dict[str, Any] = {}
    for name, readers in _READERS.items():
        path = base / FILES[name]
        if name != "segmented" and not path.exists():
            notes.append(f"{path}: is not there, so there are no {_CALLED[name]}")
            continue
        found[name] = readers(path, notes)
    return MlbYouTube(
        found["segmented"],
        found.get("negative", ()),
        found.get("continuous", ()),
        found.get("captions", {}),
        tuple(notes),
    )


def read_segmented(path: Path, notes: list[str]) -> tuple[Clip, ...]:
    """The segmented clips; what was mended goes into ``notes``.

    Raises:
        InputError, LabelError: as `read_mlb_youtube`.
    """
    moved = _Moved(path, notes)

    def clip(name: str, entry: Mapping[str, Any]) -> Clip:
        where = f"{path}: clip {name}"
        start, end = moved(_number(entry, "start", where), _number(entry, "end", where))
        return Clip(
            name,
            video_of(_text(entry, "url", where), where),
            start,
            end,
            checked_labels(_list(entry, "labels", where), where),
            _subset(entry, where),
            _text(entry, "type", where) if "type" in entry else None,
            _number(entry, "speed", where) if "speed" in entry else None,
        )

    clips = _entries(path, clip, "segmented clips")
    moved.note()
    return clips


def read_negative(path: Path, notes: list[str]) -> tuple[Clip, ...]:
    """The clips in which nothing happens.

    Raises:
        InputError: as `read_mlb_youtube`.
    """
    moved = _Moved(path, notes)

    def clip(name: str, entry: Mapping[str, Any]) -> Clip:
        where = f"{path}: clip {name}"
        start, end = moved(*_pair(entry, "interval", where))
        return Clip(name, _text(entry, "ytid", where), start, end)

    clips = _entries(path, clip, "negative clips")
    moved.note()
    return clips


def read_continuous(path: Path, notes: list[str]) -> tuple[Stretch, ...]:
    """The continuous stretches, their actions on the video's time.

    Raises:
        InputError, LabelError: as `read_mlb_youtube`.
    """
    moved = _Moved(path, notes)

    def stretch(name: str, entry: Mapping[str, Any]) -> Stretch:
        where = f"{path}: stretch {name}"
        start, end = moved(_number(entry, "start", where), _number(entry, "end", where))
        actions = []
        for item in _list(entry, "annotations", where):
            if not isinstance(item, Mapping):
                raise _shape(where, "annotations", "objects", item)
            first, last = _pair(item, "segment", where)
            (label,) = checked_labels([item.get("label")], where)
            actions.append(Action(label, start + first, start + last))
        video = video_of(_text(entry, "url", where), where)
        return Stretch(name, video, start, end, _subset(entry, where), tuple(actions))

    stretches = _entries(path, stretch, "continuous stretches")
    moved.note()
    return stretches


def read_captions(path: Path, notes: list[str]) -> dict[str, Transcript]:
    """The captions by video, as they stand in the file (see `words.clean` for what they need).

    Raises:
        InputError: as `read_mlb_youtube`.
    """
    value = _object(path, "captions by video")
    captions = {}
    for video, entries in value.items():
        where = f"{path}: captions of {video}"
        if not isinstance(entries, list):
            raise _shape(where, "captions", "a list", entries)
        said = []
        for entry in entries:
            if not isinstance(entry, Mapping):
                raise _shape(where, "captions", "objects", entry)
            start, end = _number(entry, "start", where), _number(entry, "end", where)
            try:
                said.append(Utterance(start, end, _text(entry, "caption", where).strip()))
            except ValidationError as error:
                raise InputError(f"{where}: {error.problem}", error.remedy) from error
        captions[video] = Transcript(said, source=f"{path.name}, {video}")
    empty = sum(not len(said) for said in captions.values())
    if empty:
        notes.append(f"{path}: {empty} of {len(captions)} videos have no captions")
    return captions


_READERS: dict[str, Callable[[Path, list[str]], Any]] = {
    "segmented": read_segmented,
    "negative": read_negative,
    "continuous": read_continuous,
    "captions": read_captions,
}
_CALLED = {"negative": "negatives", "continuous": "continuous stretches", "captions": "captions"}


def video_of(url: str, where: str) -> str:
    """The video's id in a YouTube address.

    >>> video_of("https://www.youtube.com/watch?v=RHlEdXq2DuI", "here")
    'RHlEdXq2DuI'

    Raises:
        InputError: there is none.
    """
    parts = urlsplit(url)
    named = parse_qs(parts.query).get("v", [""])[0]
    if not named and parts.netloc.endswith("youtu.be"):
        named = parts.path.strip("/")
    if not named:
        raise InputError(f"{where}: no video in the address {url!r}", "Give https://www.youtube.com/watch?v=ID")
    return named


class _Moved:
    """Times before zero moved by a day, and counted."""

    def __init__(self, path: Path, notes: list[str]) -> None:
        self._path, self._notes, self._count = path, notes, 0

    def __call__(self, start: float, end: float) -> tuple[float, float]:
        if -DAY_S < start < 0:
            self._count += 1
            return start + DAY_S, end + DAY_S
        return start, end

    def note(self) -> None:
        if self._count:
            self._notes.append(
                f"{self._path}: {self._count} entries began before their video, a day too early, and were moved"
            )


def _entries(path: Path, make: Callable[[str, Mapping[str, Any]], T], called: str) -> tuple[T, ...]:
    made = []
    for name, entry in _object(path, called).items():
        if not isinstance(entry, Mapping):
            raise _shape(f"{path}: {name}", "the entry", "an object", entry)
        try:
            made.append(make(name, entry))
        except ValidationError as error:
            raise InputError(f"{path}: {error.problem}", error.remedy) from error
    return tuple(made)


def _object(path: Path, called: str) -> dict[str, Any]:
    value = files.read_json(path)
    if not isinstance(value, dict) or not value:
        kind = "an empty object" if value == {} else f"{type(value).__name__}"
        raise InputError(f"{path}: expected an object of {called}, found {kind}", _REMEDY)
    return value


_REMEDY = "Name the folder with MLB-YouTube's own JSON files"


def _shape(where: str, key: str, expected: str, actual: object) -> InputError:
    shown = repr(actual)
    return InputError(
        f"{where}: {key} must be {expected}, not {shown if len(shown) < 60 else shown[:57] + '…'}", _REMEDY
    )


def _value(entry: Mapping[str, Any], key: str, where: str) -> Any:
    if key not in entry:
        raise InputError(f"{where}: has no {key!r}, only {', '.join(map(str, entry)) or 'nothing'}", _REMEDY)
    return entry[key]


def _number(entry: Mapping[str, Any], key: str, where: str) -> float:
    value = _value(entry, key, where)
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise _shape(where, repr(key), "a number", value)
    return float(value)


def _text(entry: Mapping[str, Any], key: str, where: str) -> str:
    value = _value(entry, key, where)
    if not isinstance(value, str):
        raise _shape(where, repr(key), "a text", value)
    return value


def _list(entry: Mapping[str, Any], key: str, where: str) -> list[Any]:
    value = _value(entry, key, where)
    if not isinstance(value, list):
        raise _shape(where, repr(key), "a list", value)
    return value


def _pair(entry: Mapping[str, Any], key: str, where: str) -> tuple[float, float]:
    value = _list(entry, key, where)
    if len(value) != 2 or any(isinstance(v, bool) or not isinstance(v, (int, float)) for v in value):
        raise _shape(where, repr(key), "two numbers", value)
    return float(value[0]), float(value[1])


def _subset(entry: Mapping[str, Any], where: str) -> Subset:
    value = _value(entry, "subset", where)
    if value not in ("training", "testing"):
        raise _shape(where, "'subset'", "'training' or 'testing'", value)
    return cast(Subset, value)
