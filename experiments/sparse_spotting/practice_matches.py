"""Practice matches in SoccerNet's layout, and small models of random weights, for `side_by_side.py`.

A game is two pieces of made-up matches (`matchcut.datasets.practice`): ``labels/GAME/Labels-v2.json``,
``echoes/whisper_v2_en/GAME/N_asr.json``, ``videos/GAME/N_224p.mkv``. Games of which only the words are learnt
from are not rendered: a language model needs thousands of minutes before it can read at all.
"""

from __future__ import annotations

import random
import re
import shutil
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from matchcut import files
from matchcut.clock import HALF_S
from matchcut.datasets.games import HALVES
from matchcut.datasets.practice import PracticeSettings, practice_truth, random_settings, render_match
from matchcut.datasets.soccernet_chunks import soccernet_chunks
from matchcut.events import EventLog
from matchcut.language.prompts import CLOSE, OPEN, PromptSettings, messages, right_answer
from matchcut.sport import soccer
from matchcut.transcript import Transcript

VERSION = "whisper_v2_en"
_LORA = {"rank": 64, "alpha": 64, "dropout": 0.0}
_TUNING = {"context": 640, "save_memory": False, "packed": False, "leave_long": True}
_LOOP = {"batch": 16, "learning_rate": 2e-3, "schedule": "cosine", "keep_every": 50}
SETTINGS: dict[str, dict[str, Any]] = {
    "language": {"lora": _LORA, "tuning": _TUNING, "loop": {"epochs": 2, **_LOOP}},
    "language-again": {"lora": _LORA, "tuning": _TUNING, "loop": {"epochs": 1, **_LOOP}},
    "clip": {
        "frames": {"loss": "multi-positive"},
        "loop": {"epochs": 20, "batch": 64, "learning_rate": 1e-3, "schedule": "cosine"},
    },
    "spotter": {
        "network": {"width": 96, "layers": 7},
        "spotting": {"chunk_s": 240.0, "edge_s": 20.0, "unknown_half": 1.0, "steps": 60},
        "loop": {"epochs": 12, "precision": "float32", "keep_every": 0},
    },
}
"""How the small models are trained, where not as usual."""
FILM = PracticeSettings(
    width=256, height=144, frame_rate=5, sample_rate=16000, clock_start_s=0.0, encoder_preset="ultrafast"
)


@dataclass(frozen=True)
class Amounts:
    """How many games, and how long their halves are in seconds.

    Attributes:
        films: rendered, to learn from.
        words: more to learn from, of which only the words are written.
        valid, test: rendered.
        half_s: of each half.
    """

    films: int = 20
    words: int = 500
    valid: int = 6
    test: int = 14
    half_s: float = 240.0


def write_matches(folder: Path, how: Amounts) -> None:
    """Labels, transcripts, films, and the lists ``words.json``, ``films.json``, ``valid.json``, ``test.json``.

    What is there already is not rendered again. All seeds differ: no match is in two lists.
    """
    lists: dict[str, list[str]] = {}
    number = 0
    for part, count in (("films", how.films), ("valid", how.valid), ("test", how.test), ("words", how.words)):
        for _ in range(count):
            game = f"practice/2026-2027/{number:04d} - 18-00 Home 0 - 0 Away"
            lists.setdefault(part, []).append(game)
            _write_game(folder, game, number, how.half_s, part != "words")
            number += 1
    lists["words"] = [*lists.get("films", []), *lists.get("words", [])]
    for part, games in lists.items():
        files.write_json(folder / f"{part}.json", games)


def prepare(work: Path, seeds: Sequence[int], how: Amounts | None = None) -> dict[str, Any]:
    """Matches and bases in a folder: the values of `side_by_side.Data`."""
    data = work / "data"
    write_matches(data, how or Amounts())
    held: dict[str, Any] = {name: data / name for name in ("labels", "echoes", "videos")}
    held |= {part: str(data / f"{part}.json") for part in ("words", "films", "valid", "test")}
    for seed in seeds:
        if not (work / f"base-{seed}" / "tokenizer.json").exists():
            write_base(work / f"base-{seed}", held["labels"], held["echoes"], held["words"], seed)
    return held | {"language": str(work / "base-SEED"), "settings": SETTINGS}


def _write_game(folder: Path, game: str, number: int, half_s: float, film: bool) -> None:
    done = folder / "labels" / game / "Labels-v2.json"
    if done.exists():
        return
    rows: list[dict[str, Any]] = []
    for half in HALVES:
        seed = 2 * number + half
        settings = random_settings(seed, FILM)
        if half == 1:
            settings = replace(settings, opening_s=10.0)
        assert half_s < HALF_S
        _, said, log = practice_truth(seed, half_s, settings)
        rows += _labels(log, half)
        files.write_json(folder / "echoes" / VERSION / game / f"{half}_asr.json", echo(said), indent=None)
        if film:
            made = render_match(folder / "rendering", seed=seed, duration_s=half_s, settings=settings)
            target = folder / "videos" / game / f"{half}_224p.mkv"
            target.parent.mkdir(parents=True, exist_ok=True)
            made.video.replace(target)
            shutil.rmtree(folder / "rendering")
    files.write_json(done, {"UrlLocal": game, "annotations": rows}, indent=None)


def _labels(log: EventLog, half: int) -> list[dict[str, Any]]:
    return [
        {
            "gameTime": f"{half} - {int(one.time) // 60:02d}:{int(one.time) % 60:02d}",
            "label": one.label,
            "position": str(round(one.time * 1000)),
            "team": one.team or "not applicable",
            "visibility": "visible",
        }
        for one in log
        if one.label in soccer.names
    ]


def echo(said: Transcript) -> dict[str, Any]:
    """A transcript as SoccerNet-Echoes writes it."""
    return {"segments": {str(n): [one.start, one.end, one.text] for n, one in enumerate(said)}}


# --- small models of the real architectures ---------------------------------------------------------------

_TEMPLATE = (
    "{{ bos_token }}{% for m in messages %}{% if m['role'] == 'assistant' %}{{ m['content'] }}{{ eos_token }}"
    "{% else %}[INST]{{ m['content'] }}[/INST]{% endif %}{% endfor %}"
)
_MARKS = ("<unk>", "<s>", "</s>", "[INST]", "[/INST]")
_MOST_WORDS = 3000


def write_base(folder: Path, labels: Path, echoes: Path, split: str, seed: int = 0) -> Path:
    """A Mistral of random weights, small enough to learn on one thread, with a tokenizer of the practice words.

    The tokenizer takes what every prompt repeats (instructions, the answer's marks, the actions' names) as one
    token each, and a number as one token. Embeddings stay as they are when adapters learn, so those of
    numbers are made alike where the numbers are near (sines), as a trained model's are.
    """
    import torch
    from transformers import MistralConfig, MistralForCausalLM, PreTrainedTokenizerFast

    from matchcut.models.hub import quiet

    words = tokenizer_of(labels, echoes, split)
    tokens = PreTrainedTokenizerFast(
        tokenizer_object=words, bos_token="<s>", eos_token="</s>", unk_token="<unk>",
        additional_special_tokens=["[INST]", "[/INST]"], chat_template=_TEMPLATE,
    )  # fmt: skip
    torch.manual_seed(seed)
    width = 128
    net = MistralForCausalLM(
        MistralConfig(
            vocab_size=len(tokens), hidden_size=width, intermediate_size=3 * width, num_hidden_layers=4,
            num_attention_heads=4, num_key_value_heads=4, max_position_embeddings=2048, sliding_window=None,
            bos_token_id=tokens.bos_token_id, eos_token_id=tokens.eos_token_id, initializer_range=0.1,
            tie_word_embeddings=True,
        )
    )  # fmt: skip
    with torch.no_grad():
        table = net.get_input_embeddings().weight
        table.normal_(0.0, 0.3)
        for number in range(61):
            turn = number * 2 * torch.pi / (4.0 * 1.5 ** torch.arange(width // 4))
            place = tokens.convert_tokens_to_ids(str(number))
            table[place, : width // 2] = 0.4 * torch.cat([turn.sin(), turn.cos()])
    with quiet():
        net.save_pretrained(folder)
        tokens.save_pretrained(folder)
    return folder


def tokenizer_of(labels: Path, echoes: Path, split: str) -> Any:
    """Byte pairs within words, and whole tokens for what is always said alike."""
    from tokenizers import Regex, Tokenizer, decoders, models, pre_tokenizers, trainers

    chunks = list(soccernet_chunks(labels, echoes, split).chunks)
    chunks = random.Random(0).sample(chunks, min(len(chunks), 1500))
    how = PromptSettings(confidence=False)
    texts = [
        text
        for chunk in chunks
        for text in (*(one["content"] for one in messages(chunk, how)), right_answer(chunk, how))
    ]
    first, question = (one["content"] for one in messages(chunks[0], how))
    opening, _, rest = question.partition("60")
    head, told = rest.split(OPEN)[0] + OPEN, "\n" + CLOSE + rest.split(CLOSE)[1]
    fixed = [*first.splitlines(keepends=True), opening, head, told, "\n[", *soccer.names]
    fixed += ['{"events":[', '{"label":"', '","start":', ',"end":', "},"]
    whole = "|".join(re.escape(one) for one in sorted(set(fixed), key=len, reverse=True))
    made = Tokenizer(models.BPE())
    made.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(rf"{whole}|\d+| ?[^\s\w]| ?\w+|\s"), "isolated"),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    )
    made.decoder = decoders.ByteLevel()
    # What is whole must be learnt first: it is in every text, and a pair of it is as frequent as any.
    weighed = [one for one in (*fixed, *map(str, range(61))) for _ in range(len(texts))]
    made.train_from_iterator(
        [*texts, *weighed],
        trainers.BpeTrainer(
            vocab_size=_MOST_WORDS, special_tokens=list(_MARKS), show_progress=False,
            initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        ),
    )  # fmt: skip
    return made
