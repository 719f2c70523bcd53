"""The leaderboard's predictions, written: one ``results_spotting.json`` a game, in a folder tree or a zip."""

from __future__ import annotations

import contextlib
import errno
import json
import shutil
import tempfile
import zipfile
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path, PurePosixPath

from matchcut import files
from matchcut.datasets.games import HALVES, PREDICTIONS, normal
from matchcut.errors import OutputError, ValidationError
from matchcut.events import EventLog

_EPOCH = (1980, 1, 1, 0, 0, 0)
_ZIP_LEVEL = 3


def write_predictions(path: Path | str, logs: Mapping[str, Mapping[int, EventLog]]) -> Path:
    """Writes predictions as SoccerNet's leaderboard and evaluator read them; the same logs give the same bytes.

    Nothing is left half-written. A folder that is there already is replaced only if it holds nothing but
    earlier predictions of these games.

    Args:
        path: a ``.zip``, or else a folder.
        logs: game → half → log. An event without a score (a person's label) is written with confidence 1;
            labels that SoccerNet does not have (highlights) are left out.

    Raises:
        OutputError: it cannot be written, or the folder holds something else.
        ValidationError: a game's name, a half or a time is not one that SoccerNet can have.
    """
    target = Path(path)
    texts = _texts(logs)
    if target.suffix.casefold() == ".zip":
        with files.replacing(target) as temporary, zipfile.ZipFile(temporary, "w") as archive:
            for game, text in texts:
                # A fixed date and system, so that the bytes depend on the predictions alone.
                info = zipfile.ZipInfo(f"{game}/{PREDICTIONS}", _EPOCH)
                info.create_system, info.external_attr = 3, 0o644 << 16
                archive.writestr(info, text.encode(), zipfile.ZIP_DEFLATED, _ZIP_LEVEL)
        return target
    check_target(target, logs)
    with _replacing_folder(target) as temporary:
        for game, text in texts:
            file = temporary / game / PREDICTIONS
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text, encoding="utf-8", newline="\n")
    return target


def _texts(logs: Mapping[str, Mapping[int, EventLog]]) -> Iterator[tuple[str, str]]:
    for game, halves in sorted((_checked(game), halves) for game, halves in logs.items()):
        lines = [line for half in sorted(halves) for line in _lines(game, half, halves[half])]
        inner = ",\n".join(lines)
        yield game, f'{{"UrlLocal": {json.dumps(game, ensure_ascii=False)}, "predictions": [\n{inner}\n]}}\n'


def _lines(game: str, half: int, log: EventLog) -> Iterator[str]:
    """One prediction a line; the text is put together here, since a general encoder takes thrice as long."""
    if half not in HALVES:
        raise ValidationError(f"{game}: SoccerNet has halves 1 and 2, not {half!r}", "Leave it out")
    labels = {name: json.dumps(name, ensure_ascii=False) for name in log.sport.names}
    for event in log.events:
        if event.label not in labels:
            continue  # a highlight: the leaderboard has no such label
        ms = round(event.time * 1000)
        if ms < 0:
            raise ValidationError(
                f"{game}, half {half}: {event.label} at {event.time} s lies before the half", "Leave it out"
            )
        seconds = ms // 1000
        score = 1.0 if event.score is None else float(event.score)
        yield (
            f'{{"gameTime": "{half} - {seconds // 60:02d}:{seconds % 60:02d}", "label": {labels[event.label]}, '
            f'"position": "{ms}", "half": "{half}", "confidence": "{score!r}"}}'
        )


def _checked(game: str) -> str:
    name = normal(game)
    parts = name.split("/")
    if not name.isprintable() or any(part in ("", ".", "..") or ":" in part for part in parts):
        raise ValidationError(f"{game!r} is no game's name", "Write it as LEAGUE/SEASON/GAME")
    return name


def check_target(target: Path, games: Iterable[str]) -> None:
    """Makes sure that predictions of these games may be written there, before anybody works for them.

    Raises:
        OutputError: the folder holds something else, or something else has the name.
    """
    if target.suffix.casefold() == ".zip":
        if target.is_dir():
            raise OutputError(f"{target}: is a folder", "Name another .zip with -o")
        return
    if target.exists() and not target.is_dir():
        raise OutputError(f"{target}: is a file that is no .zip", "Name a new folder or a .zip with -o")
    known = {normal(game) for game in games}
    for file in target.rglob("*"):
        inner = PurePosixPath(file.relative_to(target).as_posix())
        if not file.is_dir() and (inner.name != PREDICTIONS or normal(str(inner.parent)) not in known):
            raise OutputError(
                f"{target}: holds other files, such as {inner}, and would be replaced",
                "Name a new folder or a .zip with -o",
            )


@contextlib.contextmanager
def _replacing_folder(target: Path) -> Iterator[Path]:
    """A temporary folder that takes the target's place when the block ends well, and goes when it doesn't."""
    temporary: Path | None = None
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        if target.exists() and not target.is_dir():
            raise FileExistsError(errno.EEXIST, "is a file", str(target))
        temporary = Path(tempfile.mkdtemp(prefix=files.TEMPORARY, dir=target.parent))
        fresh, old = temporary / "new", temporary / "old"
        fresh.mkdir()
        yield fresh
        try:
            if target.exists():
                target.rename(old)
            fresh.rename(target)
        except BaseException:  # Ctrl-C too
            if old.exists() and not target.exists():
                old.rename(target)
            raise
    except OSError as error:
        raise files.write_error(target, error) from error
    finally:
        if temporary is not None:
            shutil.rmtree(temporary, ignore_errors=True)
