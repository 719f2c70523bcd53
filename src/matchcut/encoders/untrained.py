"""CLIP checkpoints of random weights: the real architecture, without a download.

They know nothing about pictures or words; what is measured with them says how fast, never how well.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from matchcut import files
from matchcut.encoders.pretrained import need_transformers, quiet
from matchcut.errors import SettingsError

SIZES: Mapping[str, Mapping[str, Any]] = {
    "tiny": {
        "vision": {"hidden_size": 32, "intermediate_size": 64, "num_hidden_layers": 2, "num_attention_heads": 2,
                   "image_size": 32, "patch_size": 8},
        "text": {"hidden_size": 32, "intermediate_size": 64, "num_hidden_layers": 2, "num_attention_heads": 2},
        "width": 24,
    },
    "small": {
        "vision": {"hidden_size": 96, "intermediate_size": 384, "num_hidden_layers": 4,
                   "num_attention_heads": 4, "image_size": 64, "patch_size": 8},
        "text": {"hidden_size": 64, "intermediate_size": 256, "num_hidden_layers": 2, "num_attention_heads": 4},
        "width": 64,
    },
    "base": {"vision": {}, "text": {}, "width": 512},
}  # fmt: skip
"""Name -> what differs from ViT-B/32."""


def write_untrained_clip(folder: Path | str, size: str = "tiny", seed: int = 0) -> Path:
    """Writes a folder that `load_vision` and `load_text` take, with random weights.

    Args:
        folder: made as needed.
        size: "tiny" (pictures of 32 pixels), "small" (64: trained on a CPU in minutes), or "base" (ViT-B/32
            at full size).
        seed: of the weights.

    Raises:
        SettingsError: no such size.
        RequiresExtra: transformers is not installed.
    """
    if size not in SIZES:
        raise SettingsError(f"no such size: {size}", f"There are: {', '.join(SIZES)}")
    need_transformers("making a network")
    import torch
    from transformers import CLIPConfig, CLIPModel, CLIPTextConfig, CLIPTokenizer, CLIPVisionConfig

    how, target = SIZES[size], Path(folder)
    vocabulary = _vocabulary()
    first, last = vocabulary["<|startoftext|>"], vocabulary["<|endoftext|>"]
    marks: dict[str, Any] = {"bos_token_id": first, "eos_token_id": last}
    shared: dict[str, Any] = {"projection_dim": how["width"]}
    text = CLIPTextConfig(vocab_size=len(vocabulary), pad_token_id=last, **marks, **shared, **how["text"])
    vision: Any = CLIPVisionConfig(**shared, **how["vision"])
    torch.manual_seed(seed)
    config = CLIPConfig(text_config=text.to_dict(), vision_config=vision.to_dict(), **shared)
    target.mkdir(parents=True, exist_ok=True)
    with quiet():
        CLIPModel(config).save_pretrained(target)
        CLIPTokenizer(vocab=vocabulary, merges=[]).save_pretrained(target)
    side = int(vision.image_size)
    files.write_json(
        target / "preprocessor_config.json",
        {
            "image_processor_type": "CLIPImageProcessor",
            "do_resize": True, "size": {"shortest_edge": side}, "resample": 3,
            "do_center_crop": True, "crop_size": {"height": side, "width": side},
            "do_rescale": True, "rescale_factor": 1 / 255, "do_normalize": True, "do_convert_rgb": True,
            "image_mean": [0.48145466, 0.4578275, 0.40821073],
            "image_std": [0.26862954, 0.26130258, 0.27577711],
        },
    )  # fmt: skip
    return target


def _vocabulary() -> dict[str, int]:
    """One token a character, at the end of a word and within it."""
    letters = [chr(code) for code in range(33, 127)]
    words = [*letters, *(f"{letter}</w>" for letter in letters), "<|startoftext|>", "<|endoftext|>"]
    return {word: number for number, word in enumerate(words)}
