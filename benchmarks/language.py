"""Tokens a second, memory and the batch that fits: Qwen2-VL-2B's real shape with random weights, on a GPU.

    python benchmarks/language.py [--chunks 8] [--pictures 60] [--quantise 4bit] [--rounds 5] [-o FILE.json]
    python benchmarks/language.py --device cpu --layers 2 --chunks 1 --pictures 4 --rounds 1   # does it run?

Speed does not depend on what weights are. A chunk is a minute: so many pictures of 308 x 168 pixels
(66 tokens each, the default of ``train language --vision``), a line of time before each, and 700 tokens of
words; the answer has 80 tokens.

*Training* is one step: forward and backward in bfloat16, LoRA of rank 16 on all matrices of the language part,
layers computed again in the backward pass unless ``--keep-layers``, then AdamW. A row holds one chunk after
another, twice as many each time, until the memory is full: "fits" is the largest row that went through.
*Inference* is `LocalSpeaker`'s own call for the same chunks without their answers: so many at once, 80 tokens
said to each. The median of the rounds counts, after one that warms up. Without a GPU nothing is measured, and
it says so.
"""

from __future__ import annotations

import argparse
import json
import platform
import statistics
import sys
import time
from collections.abc import Callable
from datetime import date
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import torch

from matchcut.models.chat import Encoded
from matchcut.models.generate import LocalSpeaker, SayingSettings
from matchcut.models.language import LanguageModel, LoadSettings
from matchcut.models.lora import Adapted, LoraSettings, add_lora
from matchcut.models.packing import pack

GRID = (1, 12, 22)  # patches of 308 x 168 pixels: time, height, width
WORDS, ANSWER, STAMP = 700, 80, 8


def arguments() -> argparse.Namespace:
    """What the user asked for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--device", default="cuda")
    parser.add_argument("--chunks", type=int, default=64, help="at most so many at once")
    parser.add_argument("--pictures", type=int, default=60, help="of a chunk; 0 for words alone")
    parser.add_argument("--layers", type=int, default=28, help="of the language part; fewer to try the script")
    parser.add_argument("--quantise", choices=["none", "8bit", "4bit"], default="none")
    parser.add_argument("--attention", choices=["sdpa", "flash_attention_2"], default="sdpa")
    parser.add_argument("--keep-layers", action="store_true", help="do not compute layers again")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("-o", "--output", type=Path, help="write the figures here, too")
    return parser.parse_args()


def main() -> int:
    given = arguments()
    if given.device.startswith("cuda") and not torch.cuda.is_available():
        print("There is no GPU here: nothing was measured. To see whether the script runs, give --device cpu.")
        return 2
    result = {
        "date": date.today().isoformat(),
        "device": torch.cuda.get_device_name() if given.device.startswith("cuda") else platform.processor(),
        "torch": torch.__version__,
        "model": f"Qwen2-VL-2B's shape, {given.layers} of 28 layers, random weights",
        "quantise": given.quantise,
        "attention": given.attention,
        "chunk": {"pictures": given.pictures, "tokens": len(chunk(given.pictures, 0, ANSWER))},
        "training": grown(given, training(given)),
        "inference": grown(given, inference(given)),
    }
    text = json.dumps(result, indent=2)
    print(text)
    if given.output:
        given.output.write_text(text + "\n", "utf-8")
    return 0


def model(given: argparse.Namespace) -> LanguageModel:
    """Qwen2-VL-2B with random weights, where it is measured."""
    from transformers import Qwen2VLConfig, Qwen2VLForConditionalGeneration

    text = {
        "vocab_size": 151936, "hidden_size": 1536, "intermediate_size": 8960, "num_hidden_layers": given.layers,
        "num_attention_heads": 12, "num_key_value_heads": 2, "max_position_embeddings": 32768,
        "rope_parameters": {"rope_type": "default", "mrope_section": [16, 24, 24], "rope_theta": 1e6},
        "eos_token_id": None,
    }  # fmt: skip
    sight = {"depth": 32, "embed_dim": 1280, "hidden_size": 1536, "num_heads": 16, "mlp_ratio": 4}
    if given.layers < 28:
        sight["depth"] = given.layers
    config = Qwen2VLConfig(text_config=text, vision_config=sight, tie_word_embeddings=True)
    config._attn_implementation = given.attention
    with torch.device(given.device):
        net = Qwen2VLForConditionalGeneration(config).to(torch.bfloat16)
    if given.quantise != "none":
        net = quantised(net, given)
    net.requires_grad_(False)
    words = SimpleNamespace(pad_token_id=0, eos_token_id=1, added_tokens_decoder={}, all_special_tokens=[])
    words.decode = lambda ids, **_: " ".join(map(str, ids))
    eyes = SimpleNamespace(merge_size=2)
    how = LoadSettings(quantise=given.quantise, attention=given.attention, device=given.device)
    return LanguageModel(net.eval(), words, eyes, "Qwen2-VL-2B", "qwen2_vl", 32768, "random", how)


def quantised(net: Any, given: argparse.Namespace) -> Any:
    """The same with matrices in 8 or 4 bits, by way of a folder: so bitsandbytes wants it."""
    import tempfile

    from transformers import Qwen2VLForConditionalGeneration

    from matchcut.models.language import quantisation

    how = quantisation(LoadSettings(quantise=given.quantise, device=given.device))
    with tempfile.TemporaryDirectory() as folder:
        net.to("cpu").save_pretrained(folder)
        return Qwen2VLForConditionalGeneration.from_pretrained(
            folder, quantization_config=how, dtype=torch.bfloat16, device_map={"": given.device}
        )


def chunk(pictures: int, number: int, answer: int) -> Encoded:
    """A minute as tokens; another number is another one."""
    rng = np.random.default_rng(number)
    ids = [rng.integers(1000, 100_000, WORDS)]
    tokens = GRID[1] * GRID[2] // 4
    for _ in range(pictures):
        ids += [rng.integers(1000, 100_000, STAMP), [151652], [151655] * tokens, [151653]]
    ids.append(rng.integers(1000, 100_000, answer))
    patches = pictures * GRID[1] * GRID[2]
    pixels = rng.standard_normal((patches, 3 * 2 * 14 * 14)).astype(np.float32)
    grid = np.array([GRID] * pictures, np.int64).reshape(-1, 3)
    return Encoded(np.concatenate(ids).astype(np.int64), answer, pixels, grid)


def training(given: argparse.Namespace) -> Callable[[int], Callable[[], int]]:
    """From chunks a row to a step of them, which gives the tokens that it worked through."""
    made = add_lora(model(given), LoraSettings())
    net = Adapted(made, save_memory=not given.keep_layers)
    net.train()
    optimizer = torch.optim.AdamW([p for p in net.parameters() if p.requires_grad], lr=1e-4)

    def of(count: int) -> Callable[[], int]:
        row = [chunk(given.pictures, number, ANSWER) for number in range(count)]
        packed = pack(made, [row], given.device)

        def step() -> int:
            optimizer.zero_grad()
            with torch.autocast(torch.device(given.device).type, torch.bfloat16):
                loss = torch.nn.functional.cross_entropy(net(packed.tensors), packed.wanted)
            loss.backward()
            optimizer.step()
            return sum(map(len, row))

        return step

    return of


def inference(given: argparse.Namespace) -> Callable[[int], Callable[[], int]]:
    """From chunks at once to their answers, which gives the tokens read and said."""
    made = model(given)
    made.bare.generation_config.eos_token_id = None
    speaker = LocalSpeaker(made, SayingSettings(ANSWER))
    # Nothing ends an answer early: all have the same length.
    speaker.chat.ends = (151999,)

    def of(count: int) -> Callable[[], int]:
        some = [chunk(given.pictures, number, 0) for number in range(count)]

        def say() -> int:
            said = speaker._together(some)
            return sum(each.tokens_in + each.tokens_out for each in said)

        return say

    return of


def grown(given: argparse.Namespace, of: Callable[[int], Callable[[], int]]) -> dict[str, Any]:
    """Measures 1, 2, 4 … chunks at once until the memory is full or there are enough."""
    rows: list[dict[str, Any]] = []
    count, full = 1, False
    while count <= given.chunks and not full:
        try:
            rows.append({"chunks": count, **timed(given, of(count))})
        except torch.OutOfMemoryError:
            full = True
            torch.cuda.empty_cache()
        count *= 2
    best = max(rows, key=lambda row: row["tokens_a_second"], default={})
    return {"fits": rows[-1]["chunks"] if rows else 0, "memory_full": full, "best": best, "all": rows}


def timed(given: argparse.Namespace, work: Callable[[], int]) -> dict[str, Any]:
    """The median of some rounds."""
    gpu = given.device.startswith("cuda")
    if gpu:
        torch.cuda.reset_peak_memory_stats()
    seconds, tokens = [], 0
    for _ in range(given.rounds + 1):
        began = time.perf_counter()
        tokens = work()
        if gpu:
            torch.cuda.synchronize()
        seconds.append(time.perf_counter() - began)
    middle = statistics.median(seconds[1:])
    found: dict[str, Any] = {"seconds": round(middle, 4), "tokens_a_second": round(tokens / middle, 1)}
    if gpu:
        found["memory_gib"] = round(torch.cuda.max_memory_allocated() / 2**30, 2)
    return found


if __name__ == "__main__":
    sys.exit(main())
