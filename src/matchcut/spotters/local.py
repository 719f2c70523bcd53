"""Language models on this machine behind the same questions as those behind a server."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from matchcut import files
from matchcut.errors import InputError
from matchcut.language.answers import Reply
from matchcut.language.asking import Asker
from matchcut.language.budget import Price
from matchcut.language.outcomes import Outcome, Question, T
from matchcut.language.parse import SLACK_S, Found, Reading, Unreadable, read_object
from matchcut.language.settings import ServerSettings
from matchcut.models.hub import need_language
from matchcut.models.settings import check, choice, from_json
from matchcut.progress import Progress, silent

if TYPE_CHECKING:
    from matchcut.models.adapters import AdapterHead
    from matchcut.models.generate import Speaker, Spoken

ENGINES = ("transformers", "vllm")
_TOGETHER = 64  # answers are kept after so many questions
_REPAIR = (
    "Your answer cannot be used: {why}. Answer the question again, with the one JSON object and nothing else."
)
_LABEL = re.compile(r'"label"\s*:\s*"((?:[^"\\]|\\.)*)"')


@dataclass(frozen=True)
class LocalSettings:
    """A model on this machine.

    Attributes:
        model: the folder of an adapter that was trained here, or of a whole model.
        engine: what runs it: "transformers", or "vllm" where that is installed.
        base: where an adapter's base lies, if not where it lay in training.
        most_tokens: of an answer.
        batch: questions at once, with transformers.
        load: see `matchcut.models.language.LoadSettings`, as plain values.

    Raises:
        SettingsError: a value is out of its range.
    """

    model: str = ""
    engine: str = "transformers"
    base: str = ""
    most_tokens: int = 512
    batch: int = 8
    load: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        choice("engine", self.engine, ENGINES)
        check("most_tokens", self.most_tokens, 1)
        check("batch", self.batch, 1)

    @property
    def identity(self) -> str:
        """Changes with the weights and with how answers are made; read without loading them."""
        digest = hashlib.sha256(json.dumps([self.engine, self.most_tokens, dict(self.load)]).encode())
        for place in (Path(self.model), Path(self.base)) if self.base else (Path(self.model),):
            kinds = (".safetensors", ".json", ".jinja")
            for path in sorted(path for path in place.glob("*") if path.suffix in kinds):
                digest.update(f"{path.name} {files.content_key(path)}".encode())
        return f"{Path(self.model).name} {digest.hexdigest()[:16]}"

    @property
    def as_server(self) -> ServerSettings:
        """The same in the words of servers: what answers are kept by."""
        return ServerSettings(self.identity, "http://localhost", "none", max_tokens=self.most_tokens)

    def head(self) -> AdapterHead:
        """What the model's folder says of how it was trained; empty for models from elsewhere.

        Raises:
            InputError: it is half-written or damaged.
        """
        need_language("a language model on this machine")
        from matchcut.models.adapters import HEAD, AdapterHead, is_adapter, read_adapter

        if is_adapter(self.model):
            return read_adapter(self.model)
        place = Path(self.model) / HEAD
        given = files.read_json(place) if place.is_file() else {}
        return AdapterHead(prompt=dict(given.get("prompt") or {})) if isinstance(given, dict) else AdapterHead()

    def check(self, see: bool) -> None:
        """Refuses, without loading it, a model that cannot do its work.

        Raises:
            InputError: it is half-written or damaged.
            SettingsError: it must take pictures and does not see.
            RequiresExtra: a package is missing.
        """
        kind = self.head().kind or files.read_json(Path(self.model) / "config.json").get("model_type", "")
        from matchcut.models.language import SEEING, cannot_see

        if see and kind not in SEEING:
            raise cannot_see(self.model, kind)

    def speaker(self, see: bool) -> Speaker:
        """The loaded model.

        Args:
            see: whether it must take pictures.

        Raises:
            InputError, SettingsError, RequiresExtra: see `matchcut.models.adapters.open_model`.
        """
        from matchcut.models.adapters import is_adapter, open_model
        from matchcut.models.by_vllm import VllmSpeaker
        from matchcut.models.generate import LocalSpeaker, SayingSettings
        from matchcut.models.language import LoadSettings

        how = SayingSettings(self.most_tokens, self.batch)
        head = self.head()
        if self.engine == "vllm":
            adapter = Path(self.model) if is_adapter(self.model) else None
            base = (self.base or head.base) if adapter else self.model
            rank = int(dict(head.training.get("lora") or {}).get("rank", 16))
            return VllmSpeaker(base, how, adapter, rank=rank, pictures=256 if see else 0)
        load = from_json(LoadSettings, self.load, "load")
        return LocalSpeaker(open_model(self.model, load, base=self.base, see=see, download=None)[0], how)


class LocalAsker(Asker):
    """Asks a model on this machine; answers are kept as a server's are, and cost nothing but time.

    Args:
        local: the model; loaded at the first question that nobody has answered yet.
        folder: where answers are kept.
        see: whether it must take pictures.
        speaker: something that answers, in place of the model.

    Raises:
        InputError: the model's folder is not there, half-written or damaged.
    """

    def __init__(
        self, local: LocalSettings, folder: Path, see: bool = False, speaker: Speaker | None = None
    ) -> None:
        if not Path(local.model).is_dir() and speaker is None:
            raise InputError(f"{local.model}: there is no such folder", "Name the folder of a model")
        local.head()
        super().__init__(local.as_server, folder, Price(0.0, 0.0))
        self.local, self._see, self._speaker = local, see, speaker

    def check(self, questions: Sequence[Question[Any]]) -> None:
        """Nothing yet: the lengths of questions are known when the model is loaded."""

    def ask(self, questions: Sequence[Question[T]], progress: Progress = silent) -> list[Outcome[T]]:
        """The outcomes, in the order of the questions.

        Raises:
            SettingsError: a question is longer than the model's context, or shows pictures to one that does not
                see.
            InputError, RequiresExtra: the model cannot be loaded.
            OutputError: the answers cannot be kept, or another run is asking for them.
        """
        with self.answers.held():
            first = self._replies([(q.name, q.messages, q.schema) for q in questions], progress)
            found: dict[int, Outcome[T]] = {}
            again: list[tuple[int, str]] = []
            for place, (question, (reply, kept)) in enumerate(zip(questions, first, strict=True)):
                try:
                    found[place] = Outcome(_read(question, reply), kept=kept)
                except Unreadable as error:
                    cut = reply.finish == "length"
                    again.append((place, "it was cut off: it is too long" if cut else str(error)))
            found |= self._mended(questions, first, again, progress)
        progress(1, 1)
        return [found[place] for place in range(len(questions))]

    def _mended(
        self,
        questions: Sequence[Question[T]],
        first: Sequence[tuple[Reply, bool]],
        again: Sequence[tuple[int, str]],
        progress: Progress,
    ) -> dict[int, Outcome[T]]:
        """Asks once more where an answer could not be read, if that still fits into the context."""
        turned = {place: _turns(questions[place], first[place][0], why) for place, why in again}
        kept = {place: self.answers.get(self._key(turned[place], questions[place].schema)) for place in turned}
        fits = [p for p, messages in turned.items() if kept[p] or self._loaded().fits(messages)]
        asked = [(questions[place].name, turned[place], questions[place].schema) for place in fits]
        replies = dict(zip(fits, self._replies(asked, progress), strict=True))
        found: dict[int, Outcome[T]] = {}
        for place, why in again:
            if place in replies:
                reply, before = replies[place]
                found[place] = self._repaired(questions[place], reply, before and first[place][1])
            else:
                self._count(unusable=1)
                found[place] = Outcome(None, why, kept=first[place][1])
        return found

    def _repaired(self, question: Question[T], reply: Reply, kept: bool) -> Outcome[T]:
        try:
            value = _read(question, reply)
        except Unreadable as error:
            self._count(unusable=1)
            return Outcome(None, str(error), kept=kept)
        self._count(repaired=1)
        return Outcome(value, repaired=True, kept=kept)

    def _replies(
        self, asked: Sequence[tuple[str, list[dict[str, Any]], dict[str, Any] | None]], progress: Progress
    ) -> list[tuple[Reply, bool]]:
        """A reply to each, and whether it was kept already; equal questions are answered once."""
        keys = [self._key(messages, schema) for _, messages, schema in asked]
        held = {key: reply for key in keys if (reply := self.answers.get(key)) is not None}
        before = set(held)
        waiting = {key: (row[0], row[1]) for key, row in zip(keys, asked, strict=True) if key not in held}
        left = list(waiting.items())
        for at in range(0, len(left), _TOGETHER):
            some = left[at : at + _TOGETHER]
            said = self._loaded().say([messages for _, (_, messages) in some], [name for _, (name, _) in some])
            for (key, _), spoken in zip(some, said, strict=True):
                held[key] = _reply(spoken)
                self.answers.put(key, held[key])
                booking = self.ledger.book(key, spoken.tokens_in, spoken.tokens_out)
                self.ledger.done(booking, spoken.tokens_in, spoken.tokens_out)
            self._count(requests=len(some))
            progress(at + len(some), len(left))
        return [(held[key], key in before) for key in keys]

    def _loaded(self) -> Speaker:
        if self._speaker is None:
            self._speaker = self.local.speaker(self._see)
        return self._speaker


def _turns(question: Question[T], reply: Reply, why: str) -> list[dict[str, Any]]:
    return [
        *question.messages,
        {"role": "assistant", "content": reply.text[:2000]},
        {"role": "user", "content": _REPAIR.format(why=why)},
    ]


def _reply(spoken: Spoken) -> Reply:
    """What is kept of an answer."""
    sure = [round(spoken.sureness(*found.span(1)), 6) for found in _LABEL.finditer(spoken.text)]
    finish = "stop" if spoken.ended else "length"
    return Reply(spoken.text, finish, spoken.tokens_in, spoken.tokens_out, sure=sure)


def _read(question: Question[T], reply: Reply) -> T:
    """What an answer says; where the model was not asked how sure it is, its own probability of the label is.

    Raises:
        Unreadable: it has another shape.
    """
    value = question.read(reply.text)
    if not isinstance(value, Reading):
        return value
    items = read_object(reply.text)["events"]
    sure = list(zip(items, reply.sure, strict=False))
    return cast("T", replace(value, events=tuple(_surer(one, sure) for one in value.events)))


def _surer(one: Found, told: Sequence[tuple[Mapping[str, Any], float]]) -> Found:
    """The event with the probability of its label; reading moved its times to the chunk's edges at most."""
    if one.confidence is not None:
        return one
    near = (
        chance
        for item, chance in told
        if item["label"] == one.label and abs(max(item["start"], 0) - one.start) <= SLACK_S
    )
    return replace(one, confidence=next(near, None))
