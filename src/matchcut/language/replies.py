"""What servers answer, in the shapes that servers use: replies, refusals, and what to tell a person of them."""

from __future__ import annotations

import contextlib
import email.utils
import json
import re
import time
from collections.abc import Mapping
from typing import Any

from matchcut.language.answers import Reply
from matchcut.language.budget import tokens_of
from matchcut.language.settings import KEY_VARIABLE, URL_VARIABLE, ServerError, ServerSettings, shown_url


class Failure(Exception):
    """A request that may go well another time.

    Attributes:
        after_s: how long the server asks to be left alone; None if it does not.
        in_doubt: it may have been charged for.
    """

    def __init__(self, reason: str, after_s: float | None = None, in_doubt: bool = False) -> None:
        super().__init__(reason)
        self.after_s, self.in_doubt = after_s, in_doubt


class Refused(Exception):
    """A server that does not take a request as it stands; nothing was charged."""

    def __init__(self, status: int, told: str, code: str, param: str, page: bool) -> None:
        super().__init__(told)
        self.status, self.told, self.code, self.param, self.page = status, told, code, param, page


def made(text: str, finish: str, refusal: str, model: str, usage: Any, messages: list[dict[str, Any]]) -> Reply:
    given = usage if isinstance(usage, dict) else {}
    counts = (given.get("prompt_tokens"), given.get("completion_tokens"))
    detail = given.get("completion_tokens_details")
    reasoning = detail.get("reasoning_tokens") if isinstance(detail, dict) else 0
    tokens = [count for count in counts if type(count) is int and count >= 0]
    if len(tokens) == 2:
        return Reply(text, finish, tokens[0], tokens[1], True, reasoning or 0, refusal, model)
    said = tokens_of([{"content": text}])
    return Reply(text, finish, tokens_of(messages), said, False, 0, refusal, model)


def is_page(body: str, kind: str) -> bool:
    return "text/html" in kind.casefold() or body.lstrip()[:15].casefold().startswith(("<!doctype", "<html"))


def told_by(body: str) -> tuple[str, str, str]:
    """A server's message, code and parameter, in the shapes that servers use."""
    try:
        value = json.loads(body)
    except (ValueError, RecursionError):
        return ("a web page" if body.lstrip().startswith("<") else body), "", ""
    inner = value.get("error", value) if isinstance(value, dict) else value
    if not isinstance(inner, dict):
        return str(inner), "", ""
    told = inner.get("message") or inner.get("detail") or inner
    return str(told), str(inner.get("code") or ""), str(inner.get("param") or "")


def retry_after(headers: Mapping[str, str]) -> float | None:
    """The seconds that a server asks for: a number, or a date."""
    for name, unit in (("retry-after-ms", 1000.0), ("retry-after", 1.0)):
        given = str(headers.get(name, "")).strip()
        if re.fullmatch(r"\d{1,9}(\.\d{1,9})?", given):
            return float(given) / unit
        if given and unit == 1.0:
            with contextlib.suppress(ValueError, TypeError):
                return max(email.utils.parsedate_to_datetime(given).timestamp() - time.time(), 0.0)
    return None


def page_error(settings: ServerSettings) -> ServerError:
    """The error for an address at which a web server answers, and no model."""
    return ServerError(
        f"{shown_url(settings.base_url)}: answers with a web page, not with JSON",
        f"Correct {URL_VARIABLE}: it usually ends with /v1",
    )


def refusal_error(refused: Refused, settings: ServerSettings, name: str, pictures: bool) -> ServerError:
    """What to tell a person of a refusal that no other way of asking would mend."""
    where, told, said = shown_url(settings.base_url), refused.told, refused.told.casefold()
    if refused.status in (401, 403):
        # What a server says of a key may repeat a part of it.
        return ServerError(f"{where}: refuses the key ({refused.status})", f"Correct {KEY_VARIABLE}")
    if refused.code == "insufficient_quota" or refused.status == 402:
        return ServerError(f"{where}: the account has nothing left to spend", "Fill it up, or use another")
    long = refused.code == "context_length_exceeded" or (
        "context" in said and any(word in said for word in ("length", "exceed", "maximum", "size"))
    )
    if long:
        return ServerError(
            f"{name}: is longer than the context of {settings.model} ({told})",
            'Cut shorter chunks: {"chunks": {"length_s": 30}} in --llm-settings',
        )
    if pictures and re.search(r"image|vision|visual|multi-?modal|mmproj|content.{0,40}string", said):
        return ServerError(
            f"{settings.model}: cannot see pictures ({told})",
            "Name one that can with --vlm-model (for predict: --model), or leave the pictures out",
        )
    if refused.page:
        return page_error(settings)
    if refused.status in (404, 405):
        return ServerError(
            f"{where}: knows no such address or model ({refused.status}: {told})",
            f"Correct {URL_VARIABLE} (it usually ends with /v1) or the model's name",
        )
    return ServerError(f"{where}: refuses {name} ({refused.status}: {told})", "Change what it names")
