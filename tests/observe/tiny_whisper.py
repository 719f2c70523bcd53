"""A real Whisper of random weights, in the folder layout that faster-whisper reads; no network."""

from __future__ import annotations

import json
import warnings
from pathlib import Path

LANGUAGES = ("en", "de", "es", "pt")
SPECIAL = (
    "<|endoftext|>",
    "<|startoftranscript|>",
    *(f"<|{language}|>" for language in LANGUAGES),
    "<|translate|>",
    "<|transcribe|>",
    "<|startoflm|>",
    "<|startofprev|>",
    "<|nospeech|>",
    "<|notimestamps|>",
)
STAMPS = tuple(f"<|{number * 0.02:.2f}|>" for number in range(1501))
MELS = 80


def build(folder: Path) -> Path:
    """Makes, saves and converts the network; ``folder/ct2`` is what faster-whisper reads."""
    import torch
    from ctranslate2.converters import TransformersConverter
    from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers
    from transformers import PreTrainedTokenizerFast, WhisperConfig, WhisperForConditionalGeneration

    bytes_ = sorted(pre_tokenizers.ByteLevel.alphabet())
    tokenizer = Tokenizer(models.BPE({letter: place for place, letter in enumerate(bytes_)}, []))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.add_special_tokens([AddedToken(token, special=True) for token in (*SPECIAL, *STAMPS)])
    ids = {token: tokenizer.token_to_id(token) for token in SPECIAL}
    torch.manual_seed(7)
    config = WhisperConfig(
        vocab_size=tokenizer.get_vocab_size(),
        num_mel_bins=MELS,
        d_model=16,
        encoder_layers=1,
        decoder_layers=2,
        encoder_attention_heads=2,
        decoder_attention_heads=2,
        encoder_ffn_dim=16,
        decoder_ffn_dim=16,
        pad_token_id=ids["<|endoftext|>"],
        bos_token_id=ids["<|endoftext|>"],
        eos_token_id=ids["<|endoftext|>"],
        decoder_start_token_id=ids["<|startoftranscript|>"],
        suppress_tokens=[],
        begin_suppress_tokens=[ids["<|endoftext|>"]],
    )
    network = WhisperForConditionalGeneration(config)
    with torch.no_grad():
        # Untrained, it would never stop: from the twelfth place on, the end of the text is the likeliest token.
        end = torch.randn(config.d_model)
        network.model.decoder.embed_tokens.weight[ids["<|endoftext|>"]] = end
        network.model.decoder.embed_positions.weight[12:] += 9 * end
    generation = network.generation_config
    generation.lang_to_id = {f"<|{language}|>": ids[f"<|{language}|>"] for language in LANGUAGES}
    generation.alignment_heads = [[1, 0], [1, 1]]
    generation.suppress_tokens = []
    generation.begin_suppress_tokens = [ids["<|endoftext|>"]]
    source = folder / "transformers"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # transformers' own
        network.save_pretrained(source)
        PreTrainedTokenizerFast(
            tokenizer_object=tokenizer,
            eos_token="<|endoftext|>",
            unk_token="<|endoftext|>",
        ).save_pretrained(source)
        extractor = {
            "feature_size": MELS,
            "sampling_rate": 16000,
            "hop_length": 160,
            "chunk_length": 30,
            "n_fft": 400,
        }
        (source / "preprocessor_config.json").write_text(json.dumps(extractor))
        converter = TransformersConverter(
            str(source), copy_files=["tokenizer.json", "preprocessor_config.json"]
        )
        converter.convert(str(folder / "ct2"))
    return folder / "ct2"
