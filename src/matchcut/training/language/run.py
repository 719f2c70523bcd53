"""One fine-tuning, from a base and samples to the adapter's folder."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import torch

from matchcut.encoders.stills import StillSettings
from matchcut.errors import InputError, SettingsError
from matchcut.language.prompts import PromptSettings
from matchcut.models.adapters import TRAINING, AdapterHead, save_adapter
from matchcut.models.chat import Chat
from matchcut.models.hub import quiet
from matchcut.models.language import LanguageModel, LoadSettings, load_language
from matchcut.models.lora import LoraSettings, add_lora
from matchcut.models.settings import from_json, to_json
from matchcut.progress import Progress, part, silent
from matchcut.training.language.card import card
from matchcut.training.language.samples import Nothing, Samples
from matchcut.training.language.task import AnswerTask, Measured, TuningSettings, measure
from matchcut.training.loop import Loop, seed_of
from matchcut.training.settings import LoopSettings

_LOOP: dict[str, Any] = {
    "epochs": 3,
    "batch": 16,
    "learning_rate": 1e-4,
    "weight_decay": 0.0,
    "schedule": "cosine",
    "patience": 0,
    "keep_every": 50,
}
TOKENS_A_PICTURE = 72
"""At most, by default: a minute at one a second, with its words, then takes about 5,500 tokens. Less would be
scaled up again by Qwen3-VL's processor."""

_MEASURED = 0.05


@dataclass(frozen=True)
class FineTuning:
    """Everything about a fine-tuning but base and samples.

    Attributes:
        load: how the base is loaded.
        lora: what learns.
        tuning: how samples become rows; seed and batch are the loop's.
        loop: the loop's settings.
        prompt: how questions are asked.
        stills: which pictures of a chunk are shown.
    """

    load: LoadSettings = field(default_factory=LoadSettings)
    lora: LoraSettings = field(default_factory=LoraSettings)
    tuning: TuningSettings = field(default_factory=TuningSettings)
    loop: LoopSettings = field(default_factory=lambda: read_loop({}, LoadSettings()))
    prompt: PromptSettings = field(default_factory=lambda: PromptSettings(confidence=False))
    stills: StillSettings = field(default_factory=lambda: StillSettings(**_shown({})))

    @classmethod
    def read(cls, given: Mapping[str, Any]) -> FineTuning:
        """Settings from what is not as usual, by part: ``{"lora": {"rank": 8}, "loop": {"epochs": 1}}``.

        Raises:
            SettingsError: a part or a key is unknown, or a value is out of its range.
        """
        parts = ("load", "lora", "tuning", "loop", "prompt", "stills")
        unknown = sorted(set(given) - set(parts))
        if unknown or not all(isinstance(part, Mapping) for part in given.values()):
            told = ", ".join(unknown) or "such a shape"
            raise SettingsError(f"there are no settings of {told}", f"There are: {', '.join(parts)}")
        load = from_json(LoadSettings, given.get("load", {}), "load")
        return cls(
            load,
            from_json(LoraSettings, given.get("lora", {}), "lora"),
            from_json(TuningSettings, given.get("tuning", {}), "tuning"),
            read_loop(given.get("loop", {}), load),
            replace(from_json(PromptSettings, given.get("prompt", {}), "prompt"), shots=0, confidence=False),
            from_json(StillSettings, _shown(given.get("stills", {})), "stills"),
        )


def _shown(given: Mapping[str, Any]) -> dict[str, Any]:
    """Settings of pictures, with the usual size for the pixels of a token."""
    step = given.get("step", StillSettings().step)
    return {"pixels": TOKENS_A_PICTURE * step * step} | dict(given) if isinstance(step, int) else dict(given)


def read_loop(given: Mapping[str, Any], load: LoadSettings) -> LoopSettings:
    """The loop's settings with the defaults of fine-tuning: one row at a time, in the precision of the base.

    Raises:
        SettingsError: a key is unknown, a value is out of its range, or weights are to be averaged.
    """
    usual = _LOOP | {"precision": "float32" if load.where == "cpu" else "bfloat16"}
    wanted = usual | dict(given)
    loop = from_json(LoopSettings, {"accumulate": wanted["batch"]} | wanted, "loop")
    if loop.average:
        raise SettingsError("adapters are not averaged: it would take a second base", "Leave average at 0")
    return loop


@dataclass(frozen=True)
class Tuned:
    """What a fine-tuning made.

    Attributes:
        folder: of the adapter.
        model: base and adapter, in evaluation mode.
        figures: measured on the way, for people and the card.
        notes: what was left out, a sentence each.
    """

    folder: Path
    model: LanguageModel
    figures: dict[str, float]
    notes: tuple[str, ...]


def fine_tune(
    base: str,
    folder: Path | str,
    train: Samples,
    valid: Samples | None = None,
    how: FineTuning | None = None,
    *,
    see: bool = False,
    asked: Mapping[str, Any] | None = None,
    download: bool = False,
    progress: Progress = silent,
) -> Tuned:
    """Trains an adapter and writes its folder; a second run goes on where the first was stopped.

    Args:
        base: the model to start from: a folder, or a name on the hub.
        folder: the adapter's; ``training/`` in it holds checkpoints of the adapter alone, and the log.
        train: what is learnt.
        valid: decides which epoch is kept; the last one without it.
        how: the settings.
        see: the samples hold pictures.
        asked: how the samples were asked, for whoever uses the adapter.
        download: whether the base may be fetched.
        progress: told of samples, then of steps.

    Raises:
        InputError: the base cannot be used; a sample is longer than the context; there is nothing to train on;
            the folder holds another network's training.
        SettingsError: settings do not fit each other, the base, or what the folder's training was begun with.
        RequiresExtra: a package is missing.
        TrainingError: the loss is no longer a number.
    """
    how = how or FineTuning.read({})
    target = Path(folder)
    model = load_language(base, how.load, see=see, download=download)
    if how.tuning.context > model.context:
        raise SettingsError(
            f"{base}: was made for {model.context:,} tokens, and the context is {how.tuning.context:,}",
            'Lower "context" of "tuning" in the settings',
        )
    measured = _measured(model, how, train, valid, part(progress, 0, _MEASURED))
    torch.manual_seed(seed_of(how.loop.seed, 1))
    add_lora(model, how.lora)
    tuning = replace(how.tuning, seed=how.loop.seed, batch=how.loop.batch)
    told = {f"lora.{key}": value for key, value in to_json(how.lora).items()} | {
        f"asked.{key}": value for key, value in (asked or {}).items()
    }
    task = AnswerTask(model, *measured, tuning, told)
    loop = Loop(task, how.loop, target / TRAINING, str(model.device))
    try:
        loop.run(part(progress, _MEASURED, 1))
    except torch.OutOfMemoryError as error:
        raise SettingsError(
            f"the memory of {model.device} does not hold rows of {tuning.context:,} tokens,"
            f" {max(1, how.loop.batch // how.loop.accumulate)} at once",
            'Lower "context" of "tuning", raise "accumulate" of "loop" to its "batch", or load the base with'
            ' "quantise": "4bit"',
        ) from error
    figures = _figures(loop, task, model)
    head = AdapterHead(
        prompt=dict(asked or {}),
        training={
            "lora": to_json(how.lora),
            "tuning": to_json(tuning),
            "loop": to_json(how.loop),
            "load": to_json(how.load),
            "samples": len(measured[0].places),
        },
        figures=figures,
    )
    model.net.eval()
    with quiet():
        model.bare.gradient_checkpointing_disable()
    if loop.where.rank == 0:
        save_adapter(model, target, head, card(model, head))
    loop.where.wait()
    left = sum(part.left_out for part in measured)
    notes = (f"{left} conversations are longer than {tuning.context} tokens and were left out",) if left else ()
    return Tuned(target, model, figures, notes)


def _measured(
    model: LanguageModel, how: FineTuning, train: Samples, valid: Samples | None, progress: Progress
) -> tuple[Measured, Measured]:
    chat = Chat(model)
    context, leave = how.tuning.context, how.tuning.leave_long
    learnt = measure(chat, train, context, leave, progress)
    if not learnt.places:
        raise InputError("there is no conversation to learn from", "Give examples, or raise the context")
    return learnt, measure(chat, Nothing() if valid is None else valid, context, leave)


def _figures(loop: Loop, task: AnswerTask, model: LanguageModel) -> dict[str, float]:
    rows = loop.place.rows
    best = next((row for row in rows if row["epoch"] == loop.place.best_epoch), rows[-1])
    figures = {key: value for key, value in best.items() if key not in ("seconds", "learning_rate")}
    learning = sum(p.numel() for p in model.net.parameters() if p.requires_grad)
    return figures | {
        "tokens_an_epoch": float(sum(task.totals)),
        "rows_filled": round(task.fill, 4),
        "weights_that_learn": float(learning),
        "seconds": round(sum(row["seconds"] for row in rows), 1),
    }
