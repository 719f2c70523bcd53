"""Which model answers, where, and how hard one tries: no secret is among these settings."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from matchcut.errors import MatchcutError, SettingsError

KEY_VARIABLE, URL_VARIABLE, MODEL_VARIABLE = "OPENAI_API_KEY", "OPENAI_BASE_URL", "MATCHCUT_MODEL"
"""The environment's names of the key and the address, as OpenAI's own client has them, and of the model."""

HOSTED = "https://api.openai.com/v1"
"""Where questions go if the environment names no server."""

SCHEMA_MODES = ("auto", "json_schema", "json_object", "none")
EFFORTS = ("none", "minimal", "low", "medium", "high", "xhigh")


class ServerError(MatchcutError):
    """A server that cannot be used as it was asked: no retry would help."""


@dataclass(frozen=True)
class ServerSettings:
    """A model behind a server that speaks OpenAI's chat protocol.

    Attributes:
        model: its name there.
        base_url: the server's address, usually ending with ``/v1``.
        schema: how answers are held to their shape: "json_schema" by the server's grammar, "json_object" to any
            JSON, "none" by the words of the prompt alone; "auto" tries them in this order.
        temperature: 0 to be as repeatable as the server can be; None leaves it to the server. Not sent to
            models that are told how much to reason.
        max_tokens: the most tokens of one answer, reasoning included.
        effort: how much a reasoning model shall reason, of `EFFORTS`; None for models that do not.
        seed: sent along where it is not None; None with "effort".
        stream: take answers piece by piece: keeps slow answers from running into time limits on the way.
        timeout_s: how long to wait for the next byte.
        attempts: how often one question is sent at most, before it counts as failed.
        backoff_s: the wait before the second attempt; it doubles each time, with a random quarter on top.
        longest_wait_s: a server that asks to be left alone for longer ends the run.
        concurrency: how many questions are under way at once.
        context: the tokens that the model can take in and give out together; None if nobody knows.

    Raises:
        SettingsError: a value is out of its range, or the address is none.
    """

    model: str
    base_url: str = HOSTED
    schema: str = "auto"
    temperature: float | None = 0.0
    max_tokens: int = 800
    effort: str | None = None
    seed: int | None = 0
    stream: bool = False
    timeout_s: float = 120.0
    attempts: int = 6
    backoff_s: float = 1.0
    longest_wait_s: float = 300.0
    concurrency: int = 4
    context: int | None = None

    def __post_init__(self) -> None:
        if not self.model.strip():
            raise SettingsError(
                "no model was named",
                f"Name it with --language-model (for predict: --model), or set {MODEL_VARIABLE}",
            )
        check_url(self.base_url)
        ranges: dict[str, tuple[float | None, float, float]] = {
            "temperature": (self.temperature, 0, 2),
            "max_tokens": (self.max_tokens, 1, 1_000_000),
            "timeout_s": (self.timeout_s, 0.05, 86_400),
            "attempts": (self.attempts, 1, 100),
            "backoff_s": (self.backoff_s, 0, 3600),
            "longest_wait_s": (self.longest_wait_s, 0, 86_400),
            "concurrency": (self.concurrency, 1, 256),
            "context": (self.context, 16, 100_000_000),
        }
        for name, (value, low, high) in ranges.items():
            if value is not None and not low <= value <= high:
                raise SettingsError(f"{name} is from {low:g} to {high:g}, not {value:g}", "Correct it")
        for name, value_given, known in (
            ("schema", self.schema, SCHEMA_MODES),
            ("effort", self.effort or "none", EFFORTS),
        ):
            if value_given not in known:
                raise SettingsError(f"{name} is one of {', '.join(known)}, not {value_given!r}", "Correct it")

    @property
    def identity(self) -> dict[str, Any]:
        """Everything of the settings that may change an answer: a part of what answers are kept by."""
        return {
            "model": self.model,
            "server": shown_url(self.base_url),
            "schema": self.schema,
            "temperature": None if self.effort else self.temperature,
            "max_tokens": self.max_tokens,
            "effort": self.effort,
            "seed": None if self.effort else self.seed,
        }


def server_settings(
    model: str | None = None, environment: Mapping[str, str] | None = None, **more: Any
) -> ServerSettings:
    """The settings of the server that the environment names.

    Args:
        model: its model; `MODEL_VARIABLE` of the environment if not given.
        environment: the process's own by default.
        more: any other setting.

    Raises:
        SettingsError: no model is named, or a setting is wrong.
    """
    env = os.environ if environment is None else environment
    return ServerSettings(
        model=model or env.get(MODEL_VARIABLE, ""),
        base_url=(env.get(URL_VARIABLE) or HOSTED).strip(),
        **more,
    )


def read_key(base_url: str, environment: Mapping[str, str] | None = None) -> str:
    """The key that the environment holds for a server; servers on this machine need none.

    Raises:
        SettingsError: it is missing, or cannot be a key.
    """
    env = os.environ if environment is None else environment
    key = env.get(KEY_VARIABLE, "").strip()
    if not key:
        if urlsplit(base_url).hostname in ("localhost", "127.0.0.1", "::1"):
            return "none"
        raise SettingsError(
            f"{shown_url(base_url)}: needs a key, and the environment holds none",
            f"Set {KEY_VARIABLE}, or name your own server with {URL_VARIABLE}",
        )
    if not key.isascii() or not key.isprintable() or " " in key:
        # It would be refused deep inside, with the key in the message.
        raise SettingsError(f"{KEY_VARIABLE} holds characters that no key has", "Set it again, without quotes")
    return key


def check_url(url: str) -> None:
    """Refuses what is no address of a server.

    Raises:
        SettingsError: it is not one.
    """
    try:
        parts = urlsplit(url)
        fine = parts.scheme in ("http", "https") and bool(parts.hostname) and (parts.port or 1) > 0
    except ValueError:
        fine = False
    if not fine:
        raise SettingsError(
            f"{shown_url(url)!r} is not the address of a server",
            f"Set {URL_VARIABLE} to one such as http://localhost:8000/v1",
        )


def shown_url(url: str) -> str:
    """An address without a name, a password or a query: those may be secrets.

    >>> shown_url("https://me:secret@host.example:8443/v1?key=abc")
    'https://host.example:8443/v1'
    """
    scheme, mark, rest = url.rpartition("://")
    rest = rest.split("?")[0].split("#")[0]
    host, slash, path = rest.partition("/")
    return f"{scheme}{mark}{host.rpartition('@')[2]}{slash}{path}".rstrip("/")
