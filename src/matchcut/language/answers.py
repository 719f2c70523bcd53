"""Answers kept on disk, each under a hash of all that it depends on: what was answered is never asked again.

A folder holds ``ab/abcdef….json``, one file an answer, and a ledger of what they cost. No key and no question
is in it.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO, Any

from matchcut import files
from matchcut.errors import MatchcutError, OutputError
from matchcut.language.settings import ServerSettings

WAY = 1
"""Raised when the same settings and messages would be sent in another way."""


@dataclass(frozen=True, slots=True)
class Reply:
    """What a server answered.

    Attributes:
        text: what the model said; empty where it refused.
        finish: why it stopped, as the server says: "stop", "length" …
        tokens_in, tokens_out: as the server counted; about, where it did not.
        counted: whether the server counted.
        reasoning: how many of the tokens out were spent on reasoning; 0 if nobody knows.
        refusal: the model's own refusal; empty if there was none.
        model: what answered, as the server names it.
        sure: how probable each label of the answer was when the model wrote it, where it runs on this machine.
    """

    text: str
    finish: str
    tokens_in: int
    tokens_out: int
    counted: bool = True
    reasoning: int = 0
    refusal: str = ""
    model: str = ""
    sure: Sequence[float] = ()


class Answers:
    """The folder. One run at a time may hold it: see `held`.

    Args:
        folder: made when something is kept.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def get(self, key: str) -> Reply | None:
        """The answer kept under a key; None if there is none, or it is damaged."""
        try:
            value = files.read_json(self._place(key))
            return Reply(**value["reply"]) if value["key"] == key else None
        except (MatchcutError, KeyError, TypeError):
            return None

    def put(self, key: str, reply: Reply) -> None:
        """Keeps an answer, whole or not at all.

        Raises:
            OutputError: it cannot be written.
        """
        files.write_json(self._place(key), {"key": key, "reply": asdict(reply)}, indent=None)

    def usage(self, key: str) -> tuple[int, int] | None:
        """The tokens in and out of a kept answer."""
        reply = self.get(key)
        return None if reply is None else (reply.tokens_in, reply.tokens_out)

    def _place(self, key: str) -> Path:
        return self.folder / key[:2] / f"{key}.json"

    @contextlib.contextmanager
    def held(self) -> Iterator[None]:
        """Keeps other runs from asking the same questions at the same time, as far as the system can.

        Raises:
            OutputError: another run holds it, or it cannot be written.
        """
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            stream = (self.folder / "lock").open("w")
        except OSError as error:
            raise files.write_error(self.folder, error) from error
        with stream:
            if not _locked(stream):
                raise OutputError(
                    f"{self.folder}: another run is asking for these answers", "Wait for it, or stop it"
                )
            yield


def _locked(stream: IO[str]) -> bool:
    """Takes the lock if nobody has it; it goes with the process, however that ends."""
    try:
        import fcntl
    except ImportError:  # pragma: no cover - a system without such locks
        return True
    try:
        fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


def answer_key(settings: ServerSettings, messages: list[dict[str, Any]], schema: dict[str, Any] | None) -> str:
    """What an answer is kept by: model and server, every setting that may change the answer, the words."""
    value = [WAY, settings.identity, messages, schema]
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()
