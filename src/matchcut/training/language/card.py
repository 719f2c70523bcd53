"""The card of an adapter: what it is, what it was made of, how it is used, what is not known of it."""

from __future__ import annotations

from typing import Any

from matchcut.models.adapters import AdapterHead
from matchcut.models.language import LanguageModel


def card(model: LanguageModel, head: AdapterHead) -> str:
    """The text of ``README.md``; its first lines are what model hubs read."""
    lines = [
        "---",
        f"base_model: {model.name}",
        "library_name: peft",
        "pipeline_tag: " + ("image-text-to-text" if model.sees else "text-generation"),
        "tags: [lora, sports, action-spotting]",
        "---",
        "",
        "# A LoRA adapter that spots the moments of matches",
        "",
        f"Made by matchcut on the base `{model.name}` ({model.kind}, identity `{model.identity}`), from"
        f" {head.training.get('samples', 0)} conversations: chunks of broadcasts with what was said"
        + (" and shown" if model.sees else "")
        + ", and the right answers. The loss was taken on the answers alone. The base's weights are not in this"
        " folder; its licence, and that of what it learnt from, hold for the adapter too.",
        "",
        "## How it is asked",
        "",
        *(_items(head.prompt) or ["As in the conversations that were given."]),
        "",
        "## Settings",
        "",
        *[line for name in ("lora", "tuning", "loop", "load") for line in _settings(name, head.training)],
        "## Measured in training",
        "",
        *(_items(head.figures) or ["Nothing."]),
        "",
        "`validation_loss` and `tokens_right` are by token, with the right answer so far given: they tell"
        " little of how well moments are found. Measure that with `matchcut evaluate`. It is uncalibrated.",
        "",
        "Loading this folder runs no code: there are no pickles. `matchcut train merge` writes base and adapter"
        " as one model; docs/serving.md says how vLLM serves it.",
        "",
    ]
    return "\n".join(lines)


def _settings(name: str, training: Any) -> list[str]:
    return [f"### {name}", "", *_items(training.get(name, {})), ""]


def _items(values: Any) -> list[str]:
    return [f"- {key}: {value}" for key, value in values.items()]
