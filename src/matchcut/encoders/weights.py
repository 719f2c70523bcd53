"""Where the weights of an image-text encoder are, what they may be used for, and how to get them.

Nothing here loads them, nor asks the network, but for `fetch_weights`, which the user asks for.
"""

from __future__ import annotations

import hashlib
import importlib.util
from dataclasses import dataclass
from pathlib import Path

from matchcut import files
from matchcut.encoders.pretrained import DEFAULT, need_transformers
from matchcut.errors import InputError, MatchcutError, RequiresExtra

LICENCES = {"openai/clip-": "MIT licence", "laion/clip-": "MIT licence", "google/siglip": "Apache-2.0"}
"""How names begin, in lower case, and what such weights may be used under."""

_ELSEWHERE = "see its own card"
_SIZES_GB = {"openai/clip-vit-base-patch32": 0.6, "openai/clip-vit-large-patch14": 1.7}
_WEIGHTS = ("model.safetensors", "pytorch_model.bin", "model.safetensors.index.json")
_NEEDED = ("config.json", "preprocessor_config.json")
_TOKENIZERS = ("tokenizer.json", "vocab.json", "spiece.model", "tokenizer.model")
_PACKAGES = ("torch", "transformers", "safetensors")


@dataclass(frozen=True)
class WeightsFinding:
    """Whether a checkpoint can be used.

    Attributes:
        model: its name or folder.
        path: the folder of the weights, None if they are not there.
        licence: what they may be used under.
        key: changes with the files; empty where there are none.
        problem: what is missing, empty if nothing.
        remedy: what to do then, empty if nothing.
    """

    model: str
    path: Path | None
    licence: str
    key: str = ""
    problem: str = ""
    remedy: str = ""

    @property
    def ok(self) -> bool:
        """Whether everything is there."""
        return not self.problem


def weights_ready(model: str = DEFAULT) -> WeightsFinding:
    """What there is of a checkpoint on this machine. Looks at the disk alone.

    Args:
        model: a name on the hub, or a folder.
    """
    licence = licence_of(model)
    if any(importlib.util.find_spec(name) is None for name in _PACKAGES):
        return WeightsFinding(
            model,
            None,
            licence,
            problem="torch or transformers is not installed",
            remedy=f"pip install 'matchcut[clip]'; then fetch weights: {fetch_command(model)}",
        )
    folder = _folder(model)
    path = folder if folder is not None else _cached(model)
    if path is None:
        return WeightsFinding(
            model,
            None,
            licence,
            problem=f"the weights of {model} are not on this machine",
            remedy=f"Fetch them once{_size(model)}: {fetch_command(model)}; or name a folder that holds some",
        )
    missing = [name for name in _NEEDED if not (path / name).is_file()]
    missing += [names[0] for names in (_WEIGHTS, _TOKENIZERS) if not any((path / n).is_file() for n in names)]
    if missing:
        there = "there is no such folder" if not path.exists() else f"it has no {', '.join(missing)}"
        again = "Name a folder that transformers or matchcut train saved"
        return WeightsFinding(
            model,
            None,
            licence,
            problem=f"{model}: cannot be used as a checkpoint: {there}",
            remedy=again if folder is not None else f"Fetch it again: {fetch_command(model)}",
        )
    return WeightsFinding(model, path, licence, key=_key(path))


def need_weights(model: str = DEFAULT) -> WeightsFinding:
    """As `weights_ready`, where nothing can be done without them.

    Raises:
        InputError: they are not there.
        RequiresExtra: torch or transformers is not installed.
    """
    need_transformers("looking at the pictures")
    found = weights_ready(model)
    if not found.ok:
        raise InputError(found.problem, found.remedy)
    return found


def fetch_command(model: str = DEFAULT) -> str:
    """The command that fetches a checkpoint."""
    return f"matchcut doctor --fetch-clip {model}"


def fetch_weights(model: str = DEFAULT) -> WeightsFinding:
    """Fetches a checkpoint from the Hugging Face hub into its cache.

    Raises:
        InputError: it cannot be fetched, or is a folder.
        RequiresExtra: transformers is not installed.
    """
    need_transformers("fetching an image-text encoder")
    if importlib.util.find_spec("huggingface_hub") is None:
        raise RequiresExtra("fetching an image-text encoder", "clip")
    if _folder(model) is not None:
        raise InputError(f"{model}: is a folder, not a name on the hub", f"Give a name such as {DEFAULT}")
    from huggingface_hub import snapshot_download

    from matchcut.encoders.pretrained import quiet, told

    wanted = ["*.json", "*.txt", "*.model", "model*.safetensors"]
    with quiet(), told(model, True):
        place = Path(snapshot_download(model, allow_patterns=wanted))
        if not any((place / name).is_file() for name in _WEIGHTS):
            snapshot_download(model, allow_patterns=[*wanted, "pytorch_model.bin"])
    return need_weights(model)


def licence_of(model: str) -> str:
    """What a checkpoint of this name may be used under, as far as it is known here."""
    name = model.casefold()
    return next((told for start, told in LICENCES.items() if name.startswith(start)), _ELSEWHERE)


def _folder(model: str) -> Path | None:
    """The folder that a name is; None if it is a name on the hub."""
    path = Path(model).expanduser()
    looks = model.startswith((".", "/", "~")) or "\\" in model or model.count("/") > 1 or path.is_absolute()
    try:
        return path if looks or path.exists() else None
    except OSError:
        return None


def _cached(model: str) -> Path | None:
    """The folder in the hub's cache that holds its configuration."""
    if importlib.util.find_spec("huggingface_hub") is None:
        return None
    from huggingface_hub import try_to_load_from_cache
    from huggingface_hub.errors import HFValidationError

    try:
        found = try_to_load_from_cache(model, "config.json")
    except (HFValidationError, OSError, ValueError):
        return None
    return Path(found).parent if isinstance(found, str) else None


def _key(path: Path) -> str:
    """A hash of the files that decide what vectors are; large ones by their size and samples."""
    digest = hashlib.sha256()
    for name in (*_NEEDED, *_WEIGHTS):
        try:
            if (path / name).is_file():
                digest.update(f"{name} {files.content_key(path / name)}".encode())
        except MatchcutError:
            continue
    return digest.hexdigest()[:32]


def _size(model: str) -> str:
    return f" ({_SIZES_GB[model]:g} GB, {licence_of(model)})" if model in _SIZES_GB else ""
