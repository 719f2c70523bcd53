"""One question to a server that speaks OpenAI's chat protocol: the hosted one, vLLM, llama.cpp's, Ollama.

What servers differ in (how the answer's shape is enforced, the name of the limit of tokens, which settings they
take) is found out by what they refuse, once. The key is in no message, no log and no file of ours: what a
server says of it is not repeated.
"""

from __future__ import annotations

import contextlib
import json
import re
import threading
import time
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from matchcut.errors import RequiresExtra
from matchcut.language.answers import Reply
from matchcut.language.replies import (
    Failure,
    Refused,
    is_page,
    made,
    page_error,
    refusal_error,
    retry_after,
    told_by,
)
from matchcut.language.settings import ServerError, ServerSettings, read_key, shown_url
from matchcut.text import one_line

if TYPE_CHECKING:
    from openai import OpenAI

_TRANSPORT = {"httpx", "httpx2", "httpcore", "httpcore2", "h11", "h2", "anyio", "ssl", "socket", "json"}
_DRIPPING = 20.0  # a stream that takes longer than so many time limits never ends
_SECRET = re.compile(r"(?i)\b(?:sk|key|bearer|token)[-_ ]\S{6,}")


class ChatServer:
    """A model behind its server. Safe for threads.

    Args:
        settings: which and how.
        key: for the server; from the environment if not given. Never shown.

    Raises:
        SettingsError: the environment holds no key.
        RequiresExtra: the ``openai`` package is not installed.
    """

    def __init__(self, settings: ServerSettings, key: str | None = None) -> None:
        self.settings = settings
        self._key = read_key(settings.base_url) if key is None else key
        self._client = _client(settings, self._key)
        self._where = shown_url(settings.base_url)
        self._known = threading.Lock()
        modes = {"auto": ["json_schema", "json_object", "none"]}.get(settings.schema, [settings.schema])
        self._modes = modes
        hosted = "api.openai.com" in settings.base_url
        self._limit_name = "max_completion_tokens" if hosted or settings.effort else "max_tokens"
        self._left_out: set[str] = set()

    def __repr__(self) -> str:
        return f"ChatServer({self.settings.model!r} at {self._where})"

    def close(self) -> None:
        """Closes its connections."""
        self._client.close()

    def complete(
        self, messages: list[dict[str, Any]], schema: dict[str, Any] | None, name: str, once: str = ""
    ) -> Reply:
        """Asks once.

        Args:
            messages: the roles and what they say.
            schema: the answer's shape; None for free text.
            name: what the question is about, for messages.
            once: the request's own key: a server that knows ``Idempotency-Key`` answers a repeated one from
                its memory.

        Raises:
            Failure: it may go well another time.
            ServerError: it will not.
        """
        # What a server refuses costs nothing: a few turns find out what it takes.
        for _ in range(6):
            params = self._params(messages, schema)
            try:
                return self._send(params, messages, once)
            except Refused as refused:
                if not self._adapted(refused, params):
                    raise refusal_error(refused, self.settings, name, _has_pictures(messages)) from None
        raise ServerError(f"{self._where}: refuses every way of asking", "Look at the server's own log")

    def _params(self, messages: list[dict[str, Any]], schema: dict[str, Any] | None) -> dict[str, Any]:
        with self._known:
            mode, limit, left_out = self._modes[0], self._limit_name, set(self._left_out)
        settings = self.settings
        params: dict[str, Any] = {"model": settings.model, "messages": messages, limit: settings.max_tokens}
        if settings.effort is not None:
            params["reasoning_effort"] = settings.effort
        else:
            params |= {"temperature": settings.temperature, "seed": settings.seed}
        if schema is not None and mode == "json_schema":
            shape = {"name": "answer", "strict": True, "schema": schema}
            params["response_format"] = {"type": "json_schema", "json_schema": shape}
        elif schema is not None and mode == "json_object":
            params["response_format"] = {"type": "json_object"}
        if settings.stream:
            params |= {"stream": True, "stream_options": {"include_usage": True}}
        return {key: value for key, value in params.items() if value is not None and key not in left_out}

    def _adapted(self, refused: Refused, params: Mapping[str, Any]) -> bool:
        """Whether the next question can be put in a way that this refusal leaves."""
        if refused.status not in (400, 404, 415, 422, 500, 501):
            return False
        said = f"{refused.param} {refused.told}".casefold()
        with self._known:
            shaped = any(word in said for word in ("response_format", "json_schema", "json_object", "grammar"))
            if shaped and "response_format" in params and len(self._modes) > 1:
                kind = params["response_format"]["type"]
                if self._modes[0] == kind:  # another thread may have found out already
                    self._modes = self._modes[1:]
                return True
            if refused.status >= 500:
                return False
            if "max_completion_tokens" in params and "max_completion_tokens" in said:
                self._limit_name = "max_tokens"
                return "max_tokens" not in self._left_out
            if "max_tokens" in params and "max_tokens" in said and "max_completion_tokens" in said:
                self._limit_name = "max_completion_tokens"
                return True
            for name in ("stream_options", "seed", "temperature"):
                if name in params and name in said:
                    self._left_out.add(name)
                    return True
        return False

    def _send(self, params: dict[str, Any], messages: list[dict[str, Any]], once: str) -> Reply:
        headers = {"Idempotency-Key": once} if once else {}
        with self._translated():
            if params.get("stream"):
                return self._streamed(params, messages, headers)
            raw = self._client.chat.completions.with_raw_response.create(**params, extra_headers=headers)
            return self._reply(raw.http_response.text, str(raw.headers.get("content-type", "")), messages)

    @contextlib.contextmanager
    def _translated(self) -> Iterator[None]:
        """The client's many errors as our three."""
        import openai

        try:
            yield
        except (Failure, Refused, ServerError):
            raise
        except openai.APIStatusError as error:
            raise self._by_status(error.status_code, error.response.text, error.response.headers) from None
        except openai.APITimeoutError:
            raise Failure(f"no answer within {self.settings.timeout_s:g} s", in_doubt=True) from None
        except openai.APIConnectionError as error:
            raise Failure(f"cannot be reached ({_cause(error)})", in_doubt=_was_sent(error)) from None
        except openai.OpenAIError as error:
            raise Failure(self._scrubbed(str(error)) or type(error).__name__, in_doubt=True) from None
        except Exception as error:
            if type(error).__module__.split(".")[0] not in _TRANSPORT and not isinstance(error, OSError):
                raise
            raise Failure(f"the answer broke off ({type(error).__name__})", in_doubt=True) from None

    def _by_status(self, status: int, body: str, headers: Mapping[str, str]) -> Exception:
        told, code, param = told_by(body)
        told = self._scrubbed(told)
        if status == 429 and code != "insufficient_quota":
            return Failure(f"too many requests ({told})", retry_after(headers))
        if status in (408, 409, 425) or (status >= 500 and status not in (500, 501)):
            return Failure(f"error {status} ({told})", retry_after(headers))
        if status == 500 and not any(word in told.casefold() for word in ("image", "grammar", "json_schema")):
            return Failure(f"error 500 ({told})", retry_after(headers))
        return Refused(status, told, code, param, is_page(body, str(headers.get("content-type", ""))))

    def _streamed(
        self, params: dict[str, Any], messages: list[dict[str, Any]], headers: dict[str, str]
    ) -> Reply:
        text, finish, refusal, model, usage = [], "", [], "", None
        begun = time.monotonic()
        with self._client.chat.completions.create(**params, extra_headers=headers) as stream:
            kind = str(stream.response.headers.get("content-type", ""))
            if "event-stream" not in kind:
                stream.response.read()
                return self._reply(stream.response.text, kind, messages)
            for piece in stream:
                if time.monotonic() - begun > _DRIPPING * self.settings.timeout_s:
                    raise Failure("the answer does not end", in_doubt=True)
                usage = piece.usage.model_dump() if piece.usage else usage
                model = piece.model or model
                for choice in piece.choices[:1]:
                    text.append(choice.delta.content or "")
                    refusal.append(getattr(choice.delta, "refusal", None) or "")
                    finish = choice.finish_reason or finish
        if not finish:
            raise Failure("the answer broke off", in_doubt=True)
        return made("".join(text), finish, "".join(refusal), str(model), usage, messages)

    def _reply(self, body: str, kind: str, messages: list[dict[str, Any]]) -> Reply:
        if is_page(body, kind):
            raise page_error(self.settings)
        try:
            value = json.loads(body)
            choice = value["choices"][0]
            said = choice["message"]
            text = said.get("content") or ""
            if not isinstance(text, str):
                raise TypeError
        except (ValueError, KeyError, IndexError, TypeError, AttributeError, RecursionError):
            raise Failure("its answer is not of OpenAI's protocol", in_doubt=True) from None
        finish = str(choice.get("finish_reason") or "")
        return made(
            text,
            finish,
            str(said.get("refusal") or ""),
            str(value.get("model") or ""),
            value.get("usage"),
            messages,
        )

    def _scrubbed(self, text: str) -> str:
        """What a server said, on one short line, without anything that looks like a key."""
        line = one_line(text.replace(self._key, "[key]") if len(self._key) > 4 else text, limit=200)
        return _SECRET.sub("[key]", line)


def _client(settings: ServerSettings, key: str) -> OpenAI:
    try:
        import openai
    except ImportError as error:
        raise RequiresExtra("asking a language model", "language") from error
    return openai.OpenAI(
        base_url=settings.base_url, api_key=key, max_retries=0, timeout=openai.Timeout(settings.timeout_s)
    )


def _has_pictures(messages: list[dict[str, Any]]) -> bool:
    return any(isinstance(message["content"], list) for message in messages)


def _was_sent(error: BaseException) -> bool:
    """Whether the request may have reached the server before the connection broke."""
    cause = error.__cause__ or error.__context__
    return "Connect" not in type(cause).__name__ and not isinstance(cause, ConnectionRefusedError)


def _cause(error: BaseException) -> str:
    cause = error.__cause__ or error.__context__
    return one_line(str(cause) or type(cause).__name__, limit=80) if cause is not None else "no connection"
