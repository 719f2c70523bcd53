"""Tiny models of the real architectures, with random weights and tokenizers trained here: none is fetched."""

from __future__ import annotations

import base64
import io
from pathlib import Path
from typing import Any

import torch
from PIL import Image

from matchcut.datasets.chunks import Chunk, Happening
from matchcut.language.prompts import PromptSettings, messages, right_answer
from matchcut.transcript import Utterance

MISTRAL_TEMPLATE = (
    "{{ bos_token }}{% for m in messages %}{% if m['role'] == 'system' %}"
    "{{ raise_exception('Only user and assistant roles are supported') }}"
    "{% elif m['role'] == 'user' %}[INST] {{ m['content'] }}[/INST]"
    "{% else %} {{ m['content'] }}{{ eos_token }}{% endif %}{% endfor %}"
)
"""As Mistral's first templates: no system role."""

QWEN_TEMPLATE = (
    "{% for m in messages %}<|im_start|>{{ m['role'] }}\n"
    "{% if m['content'] is string %}{{ m['content'] }}{% else %}{% for c in m['content'] %}"
    "{% if c['type'] == 'image' %}<|vision_start|><|image_pad|><|vision_end|>"
    "{% else %}{{ c['text'] }}{% endif %}{% endfor %}{% endif %}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)
"""Qwen2-VL's, without its numbering of pictures."""

QWEN_TOKENS = (
    "<|endoftext|>", "<|im_start|>", "<|im_end|>", "<|vision_start|>", "<|vision_end|>", "<|image_pad|>",
    "<|video_pad|>",
)  # fmt: skip
MISTRAL_TOKENS = ("<unk>", "<s>", "</s>", "[INST]", "[/INST]")

SPREAD = 0.2
"""Of random weights. As small as in real models, a frozen output layer of this width could never be sure."""

CHUNK = Chunk("a match", 0, 60, (Utterance(3, 6, "red oak"),), (Happening("Corner", 19.5, 12, 27),))


def text() -> list[str]:
    """What the tokenizers learn: the very words of prompts and answers, so that these are few tokens."""
    how = PromptSettings(confidence=False)
    asked = [*messages(CHUNK, how), *messages(CHUNK, PromptSettings("pair", confidence=False), "Corner")]
    words = [message["content"] for message in asked] + ["Picture at second 30.0:"]
    return [*words, right_answer(CHUNK, how)]


def tokenizer(special: tuple[str, ...], template: str | None, **named: str) -> Any:
    """Byte pairs trained on `text`."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
    from transformers import PreTrainedTokenizerFast

    made = Tokenizer(models.BPE())
    made.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    made.decoder = decoders.ByteLevel()
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    trainer = trainers.BpeTrainer(
        vocab_size=1024, special_tokens=list(special), initial_alphabet=alphabet, show_progress=False
    )
    made.train_from_iterator(text() * 4, trainer)
    found = PreTrainedTokenizerFast(
        tokenizer_object=made,
        additional_special_tokens=[t for t in special if t not in named.values()],
        **named,
    )
    found.chat_template = template
    return found


def mistral(folder: Path, seed: int = 0, template: str | None = MISTRAL_TEMPLATE, width: int = 64) -> str:
    """A Mistral of two layers; the folder that transformers loads it from."""
    from transformers import MistralConfig, MistralForCausalLM

    words = tokenizer(MISTRAL_TOKENS, template, bos_token="<s>", eos_token="</s>", unk_token="<unk>")
    torch.manual_seed(seed)
    config = MistralConfig(
        vocab_size=len(words), hidden_size=width, intermediate_size=2 * width, num_hidden_layers=2,
        num_attention_heads=4, num_key_value_heads=2, max_position_embeddings=4096, sliding_window=None,
        bos_token_id=words.bos_token_id, eos_token_id=words.eos_token_id, initializer_range=SPREAD,
    )  # fmt: skip
    return _saved(folder, MistralForCausalLM(config), words)


def qwen(folder: Path, kind: str = "qwen2_vl", seed: int = 0) -> str:
    """A Qwen2-VL, Qwen2.5-VL or Qwen3-VL of two layers and one block of sight."""
    import transformers
    from transformers.models.qwen2_vl.image_processing_pil_qwen2_vl import Qwen2VLImageProcessorPil

    words = tokenizer(QWEN_TOKENS, QWEN_TEMPLATE, eos_token="<|im_end|>", pad_token="<|endoftext|>")
    ids = {name: words.convert_tokens_to_ids(name) for name in QWEN_TOKENS}
    text: dict[str, Any] = {
        "vocab_size": len(words), "hidden_size": 64, "intermediate_size": 128, "num_hidden_layers": 2,
        "num_attention_heads": 4, "num_key_value_heads": 2, "max_position_embeddings": 4096,
        "rope_parameters": {"rope_type": "default", "mrope_section": [2, 3, 3], "rope_theta": 10000.0},
        "initializer_range": SPREAD, "bos_token_id": None, "eos_token_id": ids["<|im_end|>"],
        "pad_token_id": ids["<|endoftext|>"],
    }  # fmt: skip
    sight: dict[str, Any] = {
        "qwen2_vl": {"depth": 1, "embed_dim": 32, "hidden_size": 64, "num_heads": 2, "mlp_ratio": 2},
        "qwen2_5_vl": {
            "depth": 1, "hidden_size": 32, "out_hidden_size": 64, "num_heads": 2, "intermediate_size": 64,
            "window_size": 56, "fullatt_block_indexes": [0],
        },
        "qwen3_vl": {
            "depth": 2, "hidden_size": 32, "out_hidden_size": 64, "num_heads": 2, "intermediate_size": 64,
            "deepstack_visual_indexes": [0], "num_position_embeddings": 64,
        },
    }[kind]  # fmt: skip
    names = {"qwen2_vl": "Qwen2VL", "qwen2_5_vl": "Qwen2_5_VL", "qwen3_vl": "Qwen3VL"}
    if kind == "qwen3_vl":
        text["head_dim"] = 16
    torch.manual_seed(seed)
    config = getattr(transformers, f"{names[kind]}Config")(
        text_config=text,
        vision_config=sight,
        image_token_id=ids["<|image_pad|>"],
        video_token_id=ids["<|video_pad|>"],
        vision_start_token_id=ids["<|vision_start|>"],
        vision_end_token_id=ids["<|vision_end|>"],
        tie_word_embeddings=kind == "qwen2_vl",
    )
    net = getattr(transformers, f"{names[kind]}ForConditionalGeneration")(config)
    patch = 16 if kind == "qwen3_vl" else 14
    Qwen2VLImageProcessorPil(patch_size=patch, min_pixels=784, max_pixels=64 * 784).save_pretrained(folder)
    return _saved(folder, net, words)


def _saved(folder: Path, net: Any, words: Any) -> str:
    from matchcut.models.hub import quiet

    with quiet():
        net.save_pretrained(folder)
        words.save_pretrained(folder)
    return str(folder)


def shown(colour: tuple[int, int, int], width: int = 84, height: int = 56) -> dict[str, Any]:
    """A part of a message: a picture of one colour with a brighter corner."""
    image = Image.new("RGB", (width, height), colour)
    image.paste((255, 255, 255), (0, 0, width // 3, height // 3))
    buffer = io.BytesIO()
    image.save(buffer, "PNG")
    data = base64.b64encode(buffer.getvalue()).decode("ascii")
    return {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{data}"}}


def said(text: str) -> dict[str, Any]:
    """A part of a message: words."""
    return {"type": "text", "text": text}
