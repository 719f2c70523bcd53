"""Language models, and those that see too, through transformers: which are supported, how they are loaded.

Nothing is fetched unless it is asked for, no code of a checkpoint is run, and weights are safetensors alone.
"""

from __future__ import annotations

import hashlib
import importlib.util
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from matchcut import files
from matchcut.errors import InputError, RequiresExtra, SettingsError
from matchcut.models.hub import need_language, quiet, told
from matchcut.models.settings import choice

SEEING = ("qwen2_vl", "qwen2_5_vl", "qwen3_vl")
"""Model types that take pictures: Qwen2-VL, Qwen2.5-VL and Qwen3-VL."""

QUANTISED = ("none", "8bit", "4bit")
PRECISIONS = ("auto", "float32", "bfloat16")
ATTENTION = ("sdpa", "eager", "flash_attention_2")

_MODEL_FREE = 8  # values of each tensor that go into a model's identity


@dataclass(frozen=True)
class LoadSettings:
    """How a model is loaded.

    Attributes:
        precision: of the weights: "float32", "bfloat16", or "auto": bfloat16 on a GPU, float32 on a CPU.
        quantise: "8bit" or "4bit" (NF4, twice quantised) by bitsandbytes, on a GPU; "none" leaves the weights.
        attention: "sdpa", "eager" or "flash_attention_2" (if its package is installed).
        template: a file with a chat template (Jinja), where the tokenizer has none; "" takes its own.
        device: "auto", "cpu", "cuda" …

    Raises:
        SettingsError: a value is none of these.
    """

    precision: str = "auto"
    quantise: str = "none"
    attention: str = "sdpa"
    template: str = ""
    device: str = "auto"

    def __post_init__(self) -> None:
        choice("precision", self.precision, PRECISIONS)
        choice("quantise", self.quantise, QUANTISED)
        choice("attention", self.attention, ATTENTION)

    @property
    def where(self) -> str:
        """The device, chosen."""
        if self.device != "auto":
            return self.device
        # Started several times on one machine (accelerate, torchrun), each process has a GPU of its own.
        rank = os.environ.get("LOCAL_RANK", "")
        return f"cuda:{rank or 0}" if torch.cuda.is_available() else "cpu"


@dataclass
class LanguageModel:
    """A loaded model and what belongs to it. Made by `load_language`.

    Attributes:
        net: transformers' network, or peft's around it.
        tokenizer: transformers'.
        pictures: transformers' image processor; None for a model that does not see.
        name: the checkpoint's, for people: a hub's name or a folder.
        kind: its model type: "mistral", "qwen2_vl" …
        context: the most tokens it was made for.
        identity: changes with the checkpoint, not with precision or quantisation.
        how: how it was loaded.
    """

    net: Any
    tokenizer: Any
    pictures: Any
    name: str
    kind: str
    context: int
    identity: str
    how: LoadSettings

    @property
    def sees(self) -> bool:
        """Whether it takes pictures."""
        return self.kind in SEEING

    @property
    def bare(self) -> Any:
        """The network without peft around it; adapters inside it still work."""
        return self.net.get_base_model() if hasattr(self.net, "get_base_model") else self.net

    @property
    def device(self) -> torch.device:
        """Where its weights lie."""
        found: torch.device = next(iter(self.net.parameters())).device
        return found

    def need_sight(self) -> None:
        """Refuses pictures for a model without eyes.

        Raises:
            SettingsError: it has none.
        """
        if not self.sees:
            raise cannot_see(self.name, self.kind)


def cannot_see(name: str, kind: str) -> SettingsError:
    """The error to raise where a model without eyes is given pictures."""
    return SettingsError(
        f"{name}: is a {kind!r} model, which does not see, and was given video",
        "Name a Qwen2-VL, Qwen2.5-VL or Qwen3-VL model, or leave the video out",
    )


def load_language(
    name: str, how: LoadSettings | None = None, *, see: bool = False, download: bool | None = False
) -> LanguageModel:
    """A language model with its tokenizer, in evaluation mode, all weights frozen.

    Args:
        name: a local folder, or a name on the hub.
        how: see `LoadSettings`.
        see: whether it must take pictures.
        download: whether it may be fetched from the hub; None where no option of the user's could allow it.

    Raises:
        InputError: it is not on this machine, is damaged or half-written, is of another kind, or lacks weights.
        SettingsError: it does not see and should; its quantisation needs a GPU; it has no chat template.
        RequiresExtra: transformers or bitsandbytes is not installed.
    """
    need_language("a language model on this machine")
    how = how or LoadSettings()
    options: dict[str, Any] = {"local_files_only": not download, "trust_remote_code": False}
    import transformers

    with quiet(), told(name, download):
        config = transformers.AutoConfig.from_pretrained(name, **options)
    kind = str(config.model_type)
    _check_kind(transformers, config, name, see)
    with quiet(), told(name, download):
        maker: Any = transformers.AutoTokenizer
        tokenizer = maker.from_pretrained(name, **options)
        pictures = _picture_maker(name, options) if kind in SEEING else None
        net, missing = _network(transformers, name, kind, how, options)
    if missing:
        raise InputError(
            f"{name}: has no weights for {len(missing)} parts of the network ({missing[0]} …)",
            "Get the whole checkpoint",
        )
    _give_template(tokenizer, name, how.template)
    if tokenizer.pad_token_id is None:
        tokenizer.pad_token = tokenizer.eos_token
    text: Any = config.get_text_config()
    context = int(getattr(text, "max_position_embeddings", 0) or 4096)
    identity = base_identity(net, kind)
    return LanguageModel(net.eval(), tokenizer, pictures, name, kind, context, identity, how)


def _check_kind(transformers: Any, config: Any, name: str, see: bool) -> None:
    kind = str(config.model_type)
    auto = transformers.models.auto.modeling_auto
    if kind in SEEING:
        return
    if kind not in auto.MODEL_FOR_CAUSAL_LM_MAPPING_NAMES:
        raise InputError(
            f"{name}: is a {kind!r} model, not a language model that is supported",
            "Name one such as Mistral, Llama, Qwen, or a Qwen2-VL, Qwen2.5-VL or Qwen3-VL model",
        )
    if see:
        raise cannot_see(name, kind)


def _picture_maker(name: str, options: dict[str, Any]) -> Any:
    """The image processor that computes with Pillow: torchvision is not needed."""
    from transformers import AutoImageProcessor

    maker: Any = AutoImageProcessor
    return maker.from_pretrained(name, backend="pil", **options)


def picture_step(name: str, download: bool = False) -> int:
    """The pixels on each side that one token of a model's pictures stands for.

    Raises:
        InputError: it is not on this machine.
        SettingsError: it does not see.
    """
    import transformers

    options: dict[str, Any] = {"local_files_only": not download, "trust_remote_code": False}
    with quiet(), told(name, download):
        config = transformers.AutoConfig.from_pretrained(name, **options)
        _check_kind(transformers, config, name, see=True)
        made = _picture_maker(name, options)
        return int(made.patch_size) * int(made.merge_size)


def _network(
    transformers: Any, name: str, kind: str, how: LoadSettings, options: dict[str, Any]
) -> tuple[Any, list[str]]:
    cls = transformers.AutoModelForImageTextToText if kind in SEEING else transformers.AutoModelForCausalLM
    precision = how.precision
    if precision == "auto":
        precision = "float32" if how.where == "cpu" else "bfloat16"
    more: dict[str, Any] = {"dtype": getattr(torch, precision), "attn_implementation": how.attention}
    if how.quantise != "none":
        more |= {"quantization_config": quantisation(how), "device_map": {"": how.where}}
    net, said = cls.from_pretrained(name, output_loading_info=True, use_safetensors=True, **options, **more)
    net.requires_grad_(False)
    if how.quantise == "none":
        net = net.to(how.where)
    wrong = sorted(str(key) for key in (*said["missing_keys"], *said.get("mismatched_keys", ())))
    return net, wrong


def quantisation(how: LoadSettings) -> Any:
    """bitsandbytes' settings.

    Raises:
        SettingsError: there is no GPU.
        RequiresExtra: bitsandbytes is not installed.
    """
    if not how.where.startswith("cuda") or not torch.cuda.is_available():
        raise SettingsError(
            f"a base in {how.quantise[0]} bits needs a GPU (bitsandbytes), and the device is {how.where}",
            'Leave "quantise" out, or run it where there is a GPU',
        )
    if importlib.util.find_spec("bitsandbytes") is None:
        raise RequiresExtra(f"a base in {how.quantise[0]} bits", "quantised")
    from transformers import BitsAndBytesConfig

    kind: Any = BitsAndBytesConfig
    if how.quantise == "8bit":
        return kind(load_in_8bit=True)
    return kind(
        load_in_4bit=True,
        bnb_4bit_quant_type="nf4",
        bnb_4bit_use_double_quant=True,
        bnb_4bit_compute_dtype=torch.bfloat16,
    )


def _give_template(tokenizer: Any, name: str, given: str) -> None:
    """Sets the chat template: the one given, the tokenizer's own, or the processor's."""
    if given:
        tokenizer.chat_template = files.read_text(given)
    elif not tokenizer.chat_template:
        beside = Path(name) / "chat_template.json"
        if beside.is_file():
            tokenizer.chat_template = files.read_json(beside).get("chat_template")
    if not tokenizer.chat_template:
        raise SettingsError(
            f"{name}: its tokenizer has no chat template, so nobody knows how it expects a conversation",
            'Name the model\'s "Instruct" version, or a file with a template ("template" in the settings)',
        )


def base_identity(net: nn.Module, kind: str) -> str:
    """Sixteen hexadecimal digits that tell checkpoints apart, whatever precision they were loaded in.

    Made of what quantisation leaves as it is: shapes of norms, and the first values of norms and of the words'
    embeddings, rounded to bfloat16. Reading all of seven billion weights would take longer than loading them.
    """
    digest = hashlib.blake2b(kind.encode(), digest_size=8)
    words: Any = net
    table = words.get_input_embeddings().weight
    held = [("words", table), *((k, p) for k, p in net.named_parameters() if "norm" in k and p.ndim == 1)]
    for key, value in sorted(held, key=lambda pair: pair[0]):
        digest.update(f"{key}{tuple(value.shape)}".encode())
        digest.update(_start_of(value))
    return digest.hexdigest()


def _start_of(value: Tensor) -> bytes:
    some = value.detach().reshape(-1)[: 64 * _MODEL_FREE].to("cpu", torch.bfloat16)
    return some.view(torch.int16).numpy().tobytes()
