"""What models on this machine say by vLLM, where it is installed."""

from __future__ import annotations

import importlib.util
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from matchcut.errors import SettingsError
from matchcut.models.chat import Message
from matchcut.models.generate import SayingSettings, Spoken
from matchcut.models.hub import told
from matchcut.progress import Progress, silent

_RANKS = (8, 16, 32, 64, 128, 256, 320, 512, 1024)
"""What vLLM reserves room for; the next above an adapter's own is taken."""


class VllmSpeaker:
    """Answers by vLLM in this process, many times as fast on a GPU.

    Args:
        base: the whole model's folder or name.
        how: the settings; vLLM forms its own batches.
        adapter: an adapter's folder; None for the model as it is.
        rank: of the adapter.
        pictures: the most pictures of a conversation.
        context: the most tokens of a conversation with its answer.

    Raises:
        SettingsError: vLLM is not installed.
        InputError: the model cannot be used.
    """

    def __init__(
        self,
        base: str,
        how: SayingSettings | None = None,
        adapter: Path | None = None,
        *,
        rank: int = 16,
        pictures: int = 0,
        context: int = 16384,
    ) -> None:
        self.how = how or SayingSettings()
        if importlib.util.find_spec("vllm") is None:
            raise SettingsError(
                "vLLM is not installed here",
                "Install it in an environment of its own (see docs/serving.md), or leave it to transformers",
            )
        import vllm

        options: dict[str, Any] = {"model": base, "max_model_len": context, "seed": 0}
        if pictures:
            options["limit_mm_per_prompt"] = {"image": pictures}
        self._lora = None
        if adapter is not None:
            from vllm.lora.request import LoRARequest

            options |= {"enable_lora": True, "max_lora_rank": min(known for known in _RANKS if known >= rank)}
            self._lora = LoRARequest("matchcut", 1, str(adapter))
        with told(base):
            self._engine = vllm.LLM(**options)
        self._vllm, self._context = vllm, context

    def fits(self, messages: Sequence[Message]) -> bool:
        """Whether words alone would fit; what pictures take, vLLM knows and tells when it is asked."""
        tokens = self._engine.get_tokenizer()
        texts = [p["text"] for m in messages for p in _parts(m["content"]) if p["type"] == "text"]
        return sum(len(tokens.encode(text)) for text in texts) + self.how.most_tokens <= self._context

    def say(
        self,
        conversations: Sequence[Sequence[Message]],
        names: Sequence[str] = (),
        progress: Progress = silent,
    ) -> list[Spoken]:
        """The answers, in the order of the conversations."""
        sampling = self._vllm.SamplingParams(temperature=0.0, max_tokens=self.how.most_tokens, logprobs=0)
        made = self._engine.chat(
            [list(messages) for messages in conversations], sampling, lora_request=self._lora, use_tqdm=False
        )
        progress(1, 1)
        return [_of_vllm(each) for each in made]


def _parts(content: Any) -> list[dict[str, Any]]:
    return [{"type": "text", "text": content}] if isinstance(content, str) else list(content)


def _of_vllm(made: Any) -> Spoken:
    said = made.outputs[0]
    lead = len(said.text) - len(said.text.lstrip())
    pieces: list[tuple[int, float]] = []
    letters = 0
    for token, chances in zip(said.token_ids, said.logprobs or (), strict=False):
        letters += len(chances[token].decoded_token or "")
        pieces.append((letters - lead, float(chances[token].logprob)))
    ended = said.finish_reason == "stop"
    return Spoken(said.text.strip(), ended, len(made.prompt_token_ids), len(said.token_ids), tuple(pieces))
