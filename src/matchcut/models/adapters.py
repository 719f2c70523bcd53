"""Trained adapters as a folder, and the whole model that base and adapter make together.

The folder holds ``adapter_model.safetensors`` and ``adapter_config.json`` as peft and vLLM read them,
``asked.json`` (how it was asked), a card, ``README.md``, and ``matchcut.json``, written last with the weights'
checksum. The base's weights are not in it, only which they must be.
"""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from matchcut import files
from matchcut.errors import InputError, NewerError, OutputError
from matchcut.models.hub import need_language, quiet, told
from matchcut.models.language import LanguageModel, LoadSettings, load_language
from matchcut.models.settings import from_json, to_json

WEIGHTS, CONFIG, HEAD, CARD = "adapter_model.safetensors", "adapter_config.json", "matchcut.json", "README.md"
ASKED = "asked.json"
"""How a fine-tuned model was asked, as ``--llm-settings`` takes it: for whoever serves it elsewhere."""

TRAINING = "training"
"""The folder of the loop's checkpoints and log, inside the adapter's."""

VERSION = 1
_RECORDS = ("prompt", "training", "figures")
_DAMAGED = "Train again into it (a training goes on where it was), or copy it again"


@dataclass(frozen=True)
class AdapterHead:
    """What a folder says besides its weights.

    Attributes:
        base: the checkpoint's name, a hub's or a folder.
        kind: its model type.
        identity: its `matchcut.models.language.base_identity`.
        sha256: of the adapter's weights.
        prompt: how its conversations were written, as plain values; see `matchcut.training.language`.
        training: settings of the training, for the record.
        figures: measured in training.
        version: of this file's shape.
    """

    base: str = ""
    kind: str = ""
    identity: str = ""
    sha256: str = ""
    prompt: Mapping[str, Any] = field(default_factory=dict)
    training: Mapping[str, Any] = field(default_factory=dict)
    figures: Mapping[str, Any] = field(default_factory=dict)
    version: int = VERSION


def is_adapter(folder: Path | str) -> bool:
    """Whether a folder holds an adapter, or one that was begun, rather than a whole model."""
    place = Path(folder)
    held = [(place / name).exists() for name in (CONFIG, WEIGHTS, HEAD, TRAINING)]
    return any(held) and not (place / "config.json").is_file()


def save_adapter(model: LanguageModel, folder: Path | str, head: AdapterHead, card: str) -> Path:
    """Writes the folder; `HEAD` comes last, so that a folder that has it is whole.

    Args:
        model: with peft's network.
        folder: made as needed; what else is in it stays.
        head: base, kind, identity and checksum are filled in.
        card: the text of the card.

    Raises:
        OutputError: it cannot be written.
    """
    from peft import get_peft_model_state_dict
    from safetensors.torch import save

    target = Path(folder)
    _gone(target / HEAD)
    weights: Any = get_peft_model_state_dict
    tensors = {
        key: value.detach().cpu().contiguous()
        for key, value in weights(model.net, save_embedding_layers=False).items()
    }
    data = save(tensors, {"format": "pt"})
    files.write_bytes(target / WEIGHTS, data)
    if head.prompt:
        files.write_json(target / ASKED, dict(head.prompt))
    config = model.net.peft_config["default"].to_dict()
    # A folder is found again from anywhere.
    base = str(Path(model.name).resolve()) if Path(model.name).is_dir() else model.name
    config |= {"base_model_name_or_path": base, "inference_mode": True}
    files.write_json(target / CONFIG, {k: _plain(v) for k, v in sorted(config.items())})
    files.write_text(target / CARD, card)
    whole = replace(
        head,
        base=base,
        kind=model.kind,
        identity=model.identity,
        sha256=hashlib.sha256(data).hexdigest(),
    )
    files.write_json(target / HEAD, to_json(whole))
    return target


def read_adapter(folder: Path | str) -> AdapterHead:
    """What a folder says, after checking that it is whole.

    A folder that peft wrote and we did not has no head of ours: base and checksum are then taken as they are.

    Raises:
        InputError: a part is missing, half-written or changed.
        NewerError: a newer release wrote it.
    """
    source = Path(folder)
    if not source.is_dir():
        raise InputError(f"{source}: there is no such folder", "Name the folder of a trained model")
    for name in (CONFIG, WEIGHTS):
        if not (source / name).is_file():
            raise InputError(f"{source}: is a half-written adapter: {name} is missing", _DAMAGED)
    config = files.read_json(source / CONFIG)
    if not isinstance(config, dict) or config.get("peft_type") != "LORA":
        raise InputError(f"{source / CONFIG}: does not describe a LoRA adapter", "Name a LoRA adapter")
    if not (source / HEAD).is_file():
        if (source / TRAINING).is_dir():
            raise InputError(f"{source}: is a half-written adapter: {HEAD} is missing", _DAMAGED)
        return AdapterHead(base=str(config.get("base_model_name_or_path") or ""))
    given = files.read_json(source / HEAD)
    if not isinstance(given, dict):
        raise InputError(f"{source / HEAD}: not the head of an adapter", _DAMAGED)
    if isinstance(given.get("version"), int) and given["version"] > VERSION:
        raise NewerError(
            f"{source / HEAD}: version {given['version']}, this release reads up to {VERSION}",
            "Update matchcut",
        )
    records = {key: given.pop(key, {}) for key in _RECORDS}
    head = replace(from_json(AdapterHead, given, str(source / HEAD)), **records)
    if hashlib.sha256(files.read_bytes(source / WEIGHTS)).hexdigest() != head.sha256:
        raise InputError(f"{source / WEIGHTS}: is half-written or changed", _DAMAGED)
    return head


def open_model(
    name: str,
    how: LoadSettings | None = None,
    *,
    base: str = "",
    see: bool = False,
    download: bool | None = False,
) -> tuple[LanguageModel, AdapterHead]:
    """A model from whatever a name is: a whole model, or an adapter with its base.

    Args:
        name: a folder, or a name on the hub.
        how: see `LoadSettings`.
        base: where the adapter's base lies, if not where it lay in training.
        see: whether it must take pictures.
        download: whether a base may be fetched; None where no option of the user's could allow it.

    Raises:
        InputError: something is missing or damaged, or the adapter is another base's.
        SettingsError, RequiresExtra: see `load_language`.
    """
    if not is_adapter(name):
        return load_language(name, how, see=see, download=download), _merged_head(Path(name))
    need_language("a fine-tuned model", adapters=True)
    head = read_adapter(name)
    if not (base or head.base):
        raise InputError(f"{name}: does not say which base it is for", "Name the base")
    model = load_language(base or head.base, how, see=see, download=download)
    return attach(model, Path(name), head), head


def attach(model: LanguageModel, folder: Path, head: AdapterHead) -> LanguageModel:
    """Puts a folder's adapter into its base; the same model is returned.

    Raises:
        InputError: it is an adapter for another base, or damaged.
    """
    if head.identity and head.identity != model.identity:
        raise InputError(
            f"{folder}: is an adapter for another base: {head.base} ({head.kind} {head.identity}), not"
            f" {model.name} ({model.kind} {model.identity})",
            "Name the base that it was trained on",
        )
    import peft
    from safetensors import safe_open

    with told(str(folder)), safe_open(folder / WEIGHTS, "pt") as stored:
        names = set(stored.keys())
        shapes = {name: tuple(stored.get_slice(name).get_shape()) for name in names}
    with quiet(), told(str(folder)):
        wrap: Any = peft.PeftModel
        config: Any = peft.LoraConfig.from_pretrained(str(folder))
        try:
            net = wrap(model.net, config)
        except ValueError as error:
            raise _another(folder, model, " ".join(str(error).split())[:100]) from error
        have: Any = peft.get_peft_model_state_dict
        # Embeddings are never learnt; peft would ask the hub whether they might have been.
        mine = {n: tuple(value.shape) for n, value in have(net, save_embedding_layers=False).items()}
        differing = sorted(n for n in mine.keys() | names if mine.get(n) != shapes.get(n))
        if differing:
            raise _another(folder, model, f"{differing[0]} does not fit")
        give: Any = peft.set_peft_model_state_dict
        load: Any = peft.load_peft_weights
        give(net, load(str(folder), device="cpu"))
    model.net = net.to(model.bare.device).eval().requires_grad_(False)
    return model


def _merged_head(folder: Path) -> AdapterHead:
    """What `merge` wrote beside a whole model; nothing for models from elsewhere."""
    given = files.read_json(folder / HEAD) if (folder / HEAD).is_file() else {}
    records: dict[str, Any] = {}
    if isinstance(given, dict):
        records = {key: dict(given.get(key) or {}) for key in _RECORDS}
    return replace(AdapterHead(base=str(folder)), **records)


def _another(folder: Path, model: LanguageModel, why: str) -> InputError:
    return InputError(
        f"{folder}: is an adapter for another base than {model.name} ({why})",
        "Name the base that it was trained on",
    )


def merge(name: str, target: Path | str, *, base: str = "", precision: str = "bfloat16") -> Path:
    """Writes base and adapter as one model that needs neither peft nor matchcut.

    The base is loaded unquantised, on the CPU. The folder appears when it is whole.

    Raises:
        InputError: see `open_model`; or it is no adapter.
        OutputError: the target is there already, or cannot be written.
    """
    place = Path(target)
    if place.exists():
        raise OutputError(f"{place}: is there already", "Name a new folder")
    if not Path(name).is_dir():
        raise InputError(f"{name}: there is no such folder", "Name an adapter's folder")
    if not is_adapter(name):
        raise InputError(f"{name}: is a whole model already, not an adapter", "Name an adapter's folder")
    model, head = open_model(name, LoadSettings(precision=precision, device="cpu"), base=base)
    whole = model.net.merge_and_unload()
    half = place.with_name(f"{files.TEMPORARY}{place.name}")
    try:
        shutil.rmtree(half, ignore_errors=True)
        half.mkdir(parents=True)
        with quiet():
            whole.save_pretrained(half, safe_serialization=True)
            model.tokenizer.save_pretrained(half)
            if model.pictures is not None:
                model.pictures.save_pretrained(half)
        for more in (CARD, ASKED):
            if (Path(name) / more).is_file():
                files.write_text(half / more, files.read_text(Path(name) / more))
        files.write_json(half / HEAD, to_json(replace(head, sha256="", identity="")))
        half.rename(place)
    except OSError as error:
        raise files.write_error(place, error) from error
    finally:
        shutil.rmtree(half, ignore_errors=True)
    return place


def _plain(value: Any) -> Any:
    if isinstance(value, set | frozenset):
        return sorted(value)
    if isinstance(value, dict | list | str | int | float | bool) or value is None:
        return value
    return str(getattr(value, "value", value))


def _gone(path: Path) -> None:
    try:
        path.unlink(missing_ok=True)
    except OSError as error:
        raise files.write_error(path, error) from error
