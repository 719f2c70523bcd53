"""LoRA: small matrices that learn beside frozen ones, through peft; and what a training keeps of a network."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from matchcut.errors import SettingsError
from matchcut.models.hub import need_language, quiet
from matchcut.models.language import LanguageModel
from matchcut.models.settings import check, choice

_PARTS = {
    "attention": ("q_proj", "k_proj", "v_proj", "o_proj"),
    "all": ("q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"),
}
"""Names of a decoder layer's matrices, the same in Mistral, Llama and Qwen."""

_SIGHT = ("qkv", "proj", "fc1", "fc2", "gate_proj", "up_proj", "down_proj", "linear_fc1", "linear_fc2")


@dataclass(frozen=True)
class LoraSettings:
    """What learns.

    Attributes:
        rank: of the small matrices.
        alpha: their product counts ``alpha / rank`` times.
        dropout: before them, in training.
        layers: "all" adapts attention and feed-forward matrices of the language part, "attention" only those.
        sight: adapt the tower that sees, too. vLLM serves such an adapter only once it is merged.

    Raises:
        SettingsError: a value is out of its range.
    """

    rank: int = 16
    alpha: float = 32.0
    dropout: float = 0.05
    layers: str = "all"
    sight: bool = False

    def __post_init__(self) -> None:
        check("rank", self.rank, 1, 1024)
        check("alpha", self.alpha, 1e-6)
        check("dropout", self.dropout, 0, 0.95)
        choice("layers", self.layers, _PARTS)


def targets(kind: str, how: LoraSettings, sees: bool) -> str:
    """The pattern of the names of the matrices that are adapted.

    >>> import re
    >>> found = targets("qwen2_vl", LoraSettings(layers="attention"), sees=True)
    >>> bool(re.fullmatch(found, "model.language_model.layers.3.self_attn.q_proj"))
    True
    >>> bool(re.fullmatch(found, "model.visual.blocks.3.attn.proj"))
    False
    """
    words = "|".join(_PARTS[how.layers])
    if not sees:
        return rf".*\.layers\.\d+\..*\.(?:{words})"
    pattern = rf".*language_model\.layers\.\d+\..*\.(?:{words})"
    if how.sight:
        pattern = rf"(?:{pattern}|.*visual\.blocks\.\d+\..*\.(?:{'|'.join(_SIGHT)}))"
    return pattern


def add_lora(model: LanguageModel, how: LoraSettings) -> LanguageModel:
    """Puts new adapters into a model, drawn from torch's random numbers; the same model is returned.

    Raises:
        SettingsError: it has no matrices of these names.
        RequiresExtra: peft is not installed.
    """
    need_language("fine-tuning a language model", adapters=True)
    import peft

    kind: Any = peft.LoraConfig
    config = kind(
        r=how.rank,
        lora_alpha=how.alpha,
        lora_dropout=how.dropout,
        target_modules=targets(model.kind, how, model.sees),
        bias="none",
        task_type="CAUSAL_LM",
        base_model_name_or_path=model.name,
    )
    wrap: Any = peft.get_peft_model
    try:
        with quiet():
            model.net = wrap(model.net, config)
    except ValueError as error:
        raise SettingsError(
            f"{model.name}: has no layers that LoRA knows ({' '.join(str(error).split())[:120]})",
            "Name a Mistral, Llama or Qwen model, or one of Qwen's that see",
        ) from error
    return model


class Adapted(nn.Module):
    """A network of which only the adapters are kept: its ``state_dict`` has what learns and nothing else.

    So a checkpoint of the loop holds some megabytes, not the frozen base.

    Args:
        model: with adapters in it.
        save_memory: compute layers again in the backward pass instead of keeping what they gave.
    """

    def __init__(self, model: LanguageModel, save_memory: bool = False) -> None:
        super().__init__()
        self.net = model.net
        self._bare = [model.bare]  # in a list: its weights are registered once
        if save_memory:
            with quiet():
                model.bare.gradient_checkpointing_enable({"use_reentrant": False})

    def forward(self, batch: Mapping[str, Tensor]) -> Tensor:
        """Logits of the tokens that are to be said, float32 (N, vocabulary).

        Args:
            batch: `matchcut.models.chat.Packed.tensors`: "asked" (rows, L) marks the N places whose next token
                is said, the rest is what the network takes. The vocabulary is large: elsewhere it is not
                computed.
        """
        given = dict(batch)
        asked = given.pop("asked")
        bare = self._bare[0]
        hidden = bare.model(**given, use_cache=False).last_hidden_state
        logits: Tensor = bare.get_output_embeddings()(hidden[asked]).float()
        return logits

    def state_dict(self, *args: Any, destination: Any = None, prefix: str = "", keep_vars: bool = False) -> Any:
        """What learns, by name."""
        return {prefix + name: p.detach() for name, p in self.net.named_parameters() if p.requires_grad}

    def load_state_dict(self, state_dict: Mapping[str, Any], strict: bool = True, assign: bool = False) -> Any:
        """Gives the adapters their weights; the names must be all of theirs."""
        mine = dict(self.net.named_parameters())
        with torch.no_grad():
            for name, value in state_dict.items():
                mine[name].copy_(value)
        return None
