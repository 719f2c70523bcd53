"""Many questions to a server: some at once, repeated where that helps, kept as they come, the cost capped.

A question that was answered is never sent again, by this run or a later one. On Ctrl-C or a termination nothing
new is sent, and what is under way is waited for and kept; after a kill only what was under way is asked again,
under the same ``Idempotency-Key``.
"""

from __future__ import annotations

import hashlib
import random
import threading
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from matchcut.errors import SettingsError
from matchcut.language.answers import Answers, Reply, answer_key
from matchcut.language.budget import Ledger, Price, Spent, tokens_of
from matchcut.language.client import ChatServer
from matchcut.language.outcomes import Asked, Outcome, Plan, Question, T
from matchcut.language.parse import Unreadable
from matchcut.language.pool import Pool, Stopped
from matchcut.language.replies import Failure
from matchcut.language.settings import ServerError, ServerSettings, shown_url
from matchcut.progress import Progress, silent

_REPAIR = (
    "Your answer cannot be used: {why}. Answer the question again, with the one JSON object of the shape that"
    " was asked for, and nothing else."
)
_SHOWN_OF_BAD = 2000


class Asker:
    """Asks a model, and keeps what it answers.

    Args:
        settings: the server.
        folder: where answers are kept.
        price: what the model costs, if somebody told.
        max_cost: the most that everything asked with this folder and model may cost together.

    Raises:
        SettingsError: a cap without a price.
    """

    def __init__(
        self,
        settings: ServerSettings,
        folder: Path,
        price: Price | None = None,
        max_cost: float | None = None,
    ) -> None:
        self.settings = settings
        self._server: ChatServer | None = None
        self.answers = Answers(folder)
        named = hashlib.sha256(f"{settings.model} {shown_url(settings.base_url)}".encode()).hexdigest()[:12]
        self.ledger = Ledger(folder / f"ledger-{named}.jsonl", self.answers.usage, price, max_cost)
        self.asked = Asked()
        self._stopping = threading.Event()
        self._not_before = 0.0
        self._state = threading.Lock()
        self._reached = False

    @property
    def spent(self) -> Spent:
        """What was booked with this folder and model, by earlier runs too."""
        return self.ledger.spent

    def plan(self, questions: Sequence[Question[Any]]) -> Plan:
        """What asking would cost; sends nothing."""
        keys = {self.place(question): question for question in questions}
        left = [question for key, question in keys.items() if self.answers.get(key) is None]
        tokens_in = sum(tokens_of(question.messages) for question in left)
        at_most = sum(tokens_of(question.messages, at_most=True) for question in left)
        tokens_out = len(left) * self.settings.max_tokens
        price = self.ledger.price
        cost = None if price is None else price.cost(*self.ledger.at_most(at_most, tokens_out))
        return Plan(len(keys), len(keys) - len(left), tokens_in, tokens_out, cost)

    def check(self, questions: Sequence[Question[Any]]) -> None:
        """Refuses questions that the model cannot take, before anything is sent.

        Raises:
            SettingsError: one is longer than the context.
        """
        context = self.settings.context
        for question in questions if context is not None else ():
            needed = tokens_of(question.messages) + self.settings.max_tokens
            if context is not None and needed > context:
                raise SettingsError(
                    f"{question.name}: needs about {needed:,} tokens with its answer, and the context of"
                    f" {self.settings.model} has {context:,}",
                    'In --llm-settings, cut shorter chunks ({"chunks": {"length_s": 30}}), or lower max_tokens',
                )

    def ask(self, questions: Sequence[Question[T]], progress: Progress = silent) -> list[Outcome[T]]:
        """The outcomes, in the order of the questions.

        Raises:
            SettingsError: a question is longer than the context; nothing was sent.
            ServerError: the server cannot be used so; what was answered is kept.
            CostError: the cap is reached; what was answered is kept.
            OutputError: the answers cannot be kept, or another run is asking for them.
        """
        self.check(questions)
        self._stopping.clear()
        try:
            with self.answers.held():
                return Pool(self, questions, self._stopping, progress).outcomes()
        finally:
            with self._state:
                if self._server is not None:
                    self._server.close()
                self._server = None

    def _key(self, messages: list[dict[str, Any]], schema: dict[str, Any] | None) -> str:
        """What the answer to these messages is kept by."""
        return answer_key(self.settings, messages, schema)

    def place(self, question: Question[Any]) -> str:
        """What the answer to a question is kept by; equal questions have one place."""
        return self._key(question.messages, question.schema)

    def _count(self, **more: int) -> None:
        with self._state:
            self.asked = replace(self.asked, **{k: getattr(self.asked, k) + v for k, v in more.items()})

    def answer(self, question: Question[T]) -> Outcome[T]:
        """One question: from what is kept, or asked, and once more where the answer is unreadable."""
        reply, kept = self._reply(question.messages, question.schema, question.name)
        try:
            return Outcome(question.read(reply.text), kept=kept)
        except Unreadable as error:
            if reply.refusal or reply.finish == "content_filter":
                self._count(refused=1)
                return Outcome(None, "the model refused", kept=kept)
            why = "it was cut off: it is too long" if reply.finish == "length" else str(error)
        messages = [
            *question.messages,
            {"role": "assistant", "content": reply.text[:_SHOWN_OF_BAD]},
            {"role": "user", "content": _REPAIR.format(why=why)},
        ]
        again, also_kept = self._reply(messages, question.schema, question.name)
        try:
            value = question.read(again.text)
        except Unreadable as error:
            self._count(unusable=1)
            return Outcome(None, str(error), kept=kept and also_kept)
        self._count(repaired=1)
        return Outcome(value, repaired=True, kept=kept and also_kept)

    def _reply(
        self, messages: list[dict[str, Any]], schema: dict[str, Any] | None, name: str
    ) -> tuple[Reply, bool]:
        key = self._key(messages, schema)
        held = self.answers.get(key)
        if held is not None:
            return held, True
        for attempt in range(self.settings.attempts):
            self._wait_for_turn()
            booking = self.ledger.book(key, tokens_of(messages, at_most=True), self.settings.max_tokens)
            try:
                if self._stopping.is_set():
                    raise Stopped
                reply = self._chat().complete(messages, schema, name, once=key)
                # Kept before it is booked as done: a kill between the two costs nothing.
                self.answers.put(key, reply)
            except Failure as failure:
                (self.ledger.lost if failure.in_doubt else self.ledger.free)(booking)
                last = failure
                if not self._again(failure, attempt):
                    break
                continue
            except (ServerError, SettingsError, Stopped):
                self.ledger.free(booking)
                raise
            except BaseException:
                self.ledger.lost(booking)
                raise
            self.ledger.done(booking, reply.tokens_in, reply.tokens_out)
            self._reached = True
            self._count(requests=1)
            return reply, False
        raise last

    def _again(self, failure: Failure, attempt: int) -> bool:
        """Waits before the next attempt; False if there is none.

        Raises:
            ServerError: the server asks for more patience than there is.
        """
        # An address that nobody answers at is a wrong one rather than a busy one.
        most = self.settings.attempts if self._reached else min(self.settings.attempts, 3)
        if attempt + 1 >= most:
            return False
        wait = self.settings.backoff_s * 2**attempt * (1 + 0.25 * random.random())
        if failure.after_s is not None:
            if failure.after_s > self.settings.longest_wait_s:
                raise ServerError(
                    f"{shown_url(self.settings.base_url)}: asks to be left alone for {failure.after_s:.0f} s",
                    "Run it again then; what was answered is kept",
                )
            self._reached = True
            wait = max(wait, failure.after_s)
            # Everybody waits: the next question would be refused as well.
            with self._state:
                self._not_before = max(self._not_before, time.monotonic() + failure.after_s)
        self._count(repeated=1)
        self._stopping.wait(min(wait, self.settings.longest_wait_s))
        return True

    def _wait_for_turn(self) -> None:
        while not self._stopping.is_set():
            with self._state:
                left = self._not_before - time.monotonic()
            if left <= 0:
                return
            self._stopping.wait(left)
        raise Stopped

    def _chat(self) -> ChatServer:
        with self._state:
            if self._server is None:
                self._server = ChatServer(self.settings)
            return self._server
