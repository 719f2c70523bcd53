"""Where the weights of speech recognition are, what they may be used for, and how to get them.

Nothing here asks the network, but for `fetch`, which the user asks for.
"""

from __future__ import annotations

import hashlib
import importlib.util
import os
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

from matchcut import files
from matchcut.errors import InputError, RequiresExtra, SettingsError, nearest

AUTO = "auto"
PREFERRED = ("small", "turbo", "base", "medium", "large-v3", "large-v2", "large-v1", "tiny")
"""What "auto" takes: the first of these whose weights are there. All know about a hundred languages."""

DEFAULT = PREFERRED[0]

SIZES_GB = {
    "tiny": 0.08,
    "base": 0.15,
    "small": 0.5,
    "medium": 1.5,
    "large-v1": 3.1,
    "large-v2": 3.1,
    "large-v3": 3.1,
    "large": 3.1,
    "turbo": 1.6,
    "large-v3-turbo": 1.6,
    "tiny.en": 0.08,
    "base.en": 0.15,
    "small.en": 0.5,
    "medium.en": 1.5,
    "distil-small.en": 0.3,
    "distil-medium.en": 0.8,
    "distil-large-v2": 1.5,
    "distil-large-v3": 1.5,
    "distil-large-v3.5": 1.5,
}
"""What a model's weights take on the disk, roughly; the names are faster-whisper's."""

LICENCE = "MIT licence"
_ELSEWHERE = "see its own card"
_FILES = ("model.bin", "config.json", "tokenizer.json")
_VOCABULARIES = ("vocabulary.json", "vocabulary.txt")
_SAMPLE = 1 << 20
_CONVERT = (
    "Name a folder made by: ct2-transformers-converter --model DIR --output_dir FOLDER "
    "--copy_files tokenizer.json preprocessor_config.json"
)


@dataclass(frozen=True)
class SpeechFinding:
    """Whether speech can be recognized with a model.

    Attributes:
        model: its name.
        installed: faster-whisper's version, empty if it is not installed.
        path: the folder of the weights, None if they are not there.
        licence: what the weights may be used under.
        problem: what is missing, empty if nothing.
        remedy: what to do then, empty if nothing.
    """

    model: str
    installed: str
    path: Path | None
    licence: str
    problem: str = ""
    remedy: str = ""

    @property
    def name(self) -> str:
        """What to call it: a folder's own name, or the model's."""
        folder = Path(self.model).expanduser()
        return folder.name if self.path == folder else self.model

    @property
    def ok(self) -> bool:
        """Whether everything is there."""
        return not self.problem


def speech_ready(model: str = AUTO) -> SpeechFinding:
    """What there is for recognizing speech with a model. Looks at the disk alone, loads no weights.

    Args:
        model: a size of Whisper as faster-whisper names it, "owner/name" on the Hugging Face hub, a folder, or
            "auto": the first of `PREFERRED` that is there.

    Raises:
        SettingsError: there is no such model.
    """
    if model == AUTO:
        findings = [speech_ready(name) for name in PREFERRED]
        return next((finding for finding in findings if finding.ok), findings[0])
    folder = _folder(model)
    if folder is None:
        _check_name(model)
    licence = LICENCE if model in SIZES_GB else _ELSEWHERE
    installed = version("faster-whisper") if importlib.util.find_spec("faster_whisper") else ""
    if not installed:
        get = "" if folder else f"; then fetch its weights: {fetch_command(model)}"
        return SpeechFinding(
            model,
            "",
            None,
            licence,
            "faster-whisper is not installed",
            f"pip install 'matchcut[speech]'{get}",
        )
    path = folder or _cached(model)
    if path is None:
        return SpeechFinding(
            model,
            installed,
            None,
            licence,
            f"the weights of {model} are not on this machine",
            f"Fetch them once{_size(model)}: {fetch_command(model)}",
        )
    problem, remedy = _problem(path)
    if problem and folder is None:
        remedy = f"Fetch them again: {fetch_command(model)}"
    return SpeechFinding(model, installed, None if problem else path, licence, problem, remedy)


def fetch_command(model: str = DEFAULT) -> str:
    """The command that fetches a model's weights."""
    return f"matchcut doctor --fetch-speech {model}"


def fetch(model: str = DEFAULT) -> SpeechFinding:
    """Fetches a model's weights from the Hugging Face hub into its cache.

    Raises:
        RequiresExtra: faster-whisper is not installed.
        SettingsError: there is no such model.
        InputError: they cannot be fetched.
    """
    model = DEFAULT if model == AUTO else model
    found = speech_ready(model)
    if not found.installed:
        raise RequiresExtra("recognizing speech", "speech")
    if found.ok or _folder(model):
        return found
    from faster_whisper import download_model

    try:
        download_model(model)
    except Exception as error:  # the hub's client and its transport have no common base class
        raise InputError(
            f"the weights of {model} could not be fetched: {_reason(error)}",
            "Check the name and the network, or copy the folder from another machine and name it with --speech",
        ) from error
    return speech_ready(model)


def speech_note(model: str = AUTO) -> str | None:
    """What recognizing speech would add and how to get it, a sentence for the user; None if all is there.

    Raises:
        SettingsError: there is no such model.
    """
    found = speech_ready(model)
    if found.ok:
        return None
    return (
        f"no transcript, and {found.problem}: what the commentators say would add fouls, cards, offsides, "
        f"substitutions and more. {found.remedy}, or give a transcript"
    )


def identity(path: Path) -> str:
    """Names the weights in a folder by their content: the settings, and the network's size and both ends.

    Raises:
        InputError: a file cannot be read.
    """
    digest = hashlib.sha256()
    for name in ("config.json", "tokenizer.json", "preprocessor_config.json"):
        if (path / name).is_file():
            digest.update(files.read_bytes(path / name))
    try:
        with (path / "model.bin").open("rb") as stream:
            size = stream.seek(0, os.SEEK_END)
            digest.update(str(size).encode())
            for place in (0, max(size - _SAMPLE, 0)):
                stream.seek(place)
                digest.update(stream.read(_SAMPLE))
    except OSError as error:
        raise files.read_error(path / "model.bin", error) from error
    return digest.hexdigest()[:12]


def _folder(model: str) -> Path | None:
    """The folder that a model's name is, if it is one or can be nothing else."""
    path = Path(model).expanduser()
    try:
        there = path.exists()
    except (OSError, ValueError):
        there = False
    return (
        path
        if there or model.startswith(("/", "./", "../", "~", ".\\", "..\\")) or path.is_absolute()
        else None
    )


def _check_name(model: str) -> None:
    """Refuses what is neither a known size nor a name on the hub.

    Raises:
        SettingsError: it is neither.
    """
    owner, slash, name = model.partition("/")
    on_hub = bool(slash and owner and name) and all(
        part.replace("-", "").replace("_", "").replace(".", "").isalnum() for part in (owner, name)
    )
    if model not in SIZES_GB and not on_hub:
        near = nearest(model, SIZES_GB)
        raise SettingsError(
            f"there is no speech model {model!r}",
            (f"Did you mean {', '.join(near)}? " if near else "")
            + f"Known are {', '.join(SIZES_GB)}, names on the hub (owner/name) and folders",
        )


def _cached(model: str) -> Path | None:
    """The folder in the hub's cache."""
    from faster_whisper import download_model

    try:
        return Path(download_model(model, local_files_only=True))
    except (OSError, ValueError):  # not there; a cache that cannot be read; a size of another release
        return None


def _problem(path: Path) -> tuple[str, str]:
    """What is missing in a folder of weights and what to do, empty if nothing."""
    if not path.is_dir():
        there = path.exists()
        return f"{path}: {'is a file, not a folder' if there else 'there is no such folder'}", _CONVERT
    missing = [name for name in _FILES if not (path / name).is_file()]
    if not any((path / name).is_file() for name in _VOCABULARIES):
        missing.append(_VOCABULARIES[0])
    if not missing:
        return "", ""
    # Without a tokenizer beside it faster-whisper would ask the hub for one.
    return f"{path}: is no Whisper model of CTranslate2: it has no {', '.join(missing)}", _CONVERT


def _size(model: str) -> str:
    return f" ({SIZES_GB[model]:g} GB, {LICENCE})" if model in SIZES_GB else ""


def _reason(error: Exception) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0][:200]
