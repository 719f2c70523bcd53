"""Several questions under way at once; what happens when one cannot be answered or somebody stops the run."""

from __future__ import annotations

import queue
import threading
from collections.abc import Sequence
from typing import Any, Generic, Protocol

from matchcut.language.answers import Answers
from matchcut.language.budget import CostError
from matchcut.language.outcomes import Outcome, Question, T
from matchcut.language.replies import Failure
from matchcut.language.settings import ServerError, ServerSettings, shown_url
from matchcut.progress import Progress

FAILURES_IN_A_ROW = 5
"""So many questions in a row that fail, each after all its attempts, end the run."""


class Stopped(Exception):
    """Nothing more is to be sent."""


class Answering(Protocol):
    """Who answers one question: `matchcut.language.asking.Asker`."""

    settings: ServerSettings
    answers: Answers

    def place(self, question: Question[Any]) -> str: ...
    def answer(self, question: Question[T]) -> Outcome[T]: ...


class Pool(Generic[T]):
    """Questions worked on at once: the first alone, then several.

    Args:
        asker: answers one.
        questions: all.
        stopping: set when nothing more is to be sent.
        progress: told how many are done.
    """

    def __init__(
        self,
        asker: Answering,
        questions: Sequence[Question[T]],
        stopping: threading.Event,
        progress: Progress,
    ) -> None:
        self.asker, self.questions = asker, questions
        self.stopping, self.progress = stopping, progress
        self.found: dict[int, Outcome[T]] = {}
        self.error: BaseException | None = None
        self.in_a_row = 0
        self.working, self.idle = 0, threading.Event()
        self.state = threading.Lock()
        # Equal questions are asked by one thread, one after another: the second finds the first one's answer.
        self.waiting: queue.SimpleQueue[list[int]] = queue.SimpleQueue()
        groups: dict[str, list[int]] = {}
        for number, question in enumerate(questions):
            groups.setdefault(asker.place(question), []).append(number)
        self.groups = list(groups.values())

    def outcomes(self) -> list[Outcome[T]]:
        """The outcomes, in the order of the questions; see `matchcut.language.asking.Asker.ask`."""
        first = next((g for g in self.groups if self._unanswered(g)), None)
        if first is not None:
            # Whether the address, the key and the model are right is found out with one question.
            self._together([first])
        if self.error is None:
            self._together([group for group in self.groups if group is not first])
        if self.error is not None:
            raise self.error
        self.progress(1, 1)
        return [self.found[number] for number in range(len(self.questions))]

    def _unanswered(self, group: list[int]) -> bool:
        question = self.questions[group[0]]
        return self.asker.answers.get(self.asker.place(question)) is None

    def _together(self, groups: Sequence[list[int]]) -> None:
        for group in groups:
            self.waiting.put(group)
        count = min(self.asker.settings.concurrency, len(groups))
        if not count:
            return
        self.working, self.idle = count, threading.Event()
        started = 0
        try:
            for _ in range(count):
                threading.Thread(target=self._until_done, daemon=True).start()
                started += 1
            self._wait()
        except KeyboardInterrupt:
            # What is under way is paid for: it is waited for and kept. A second Ctrl-C does not wait.
            self.stopping.set()
            self._ended(count - started)
            self._wait()
            raise

    def _wait(self) -> None:
        # Not by joining threads: a join that Ctrl-C interrupts takes its thread for ended (Python 3.11).
        while not self.idle.wait(0.2):
            pass

    def _until_done(self) -> None:
        try:
            while not self.stopping.is_set():
                try:
                    group = self.waiting.get_nowait()
                except queue.Empty:
                    return
                self._work(group)
        finally:
            self._ended(1)

    def _ended(self, count: int) -> None:
        with self.state:
            self.working -= count
            if self.working <= 0:
                self.idle.set()

    def _work(self, group: list[int]) -> None:
        for number in group:
            outcome = self._one(self.questions[number])
            if outcome is None:
                return
            with self.state:
                self.found[number] = outcome
                self.in_a_row = self.in_a_row + 1 if outcome.lacking else 0
                if self.in_a_row >= min(FAILURES_IN_A_ROW, len(self.questions)) and self.error is None:
                    self.error = ServerError(
                        f"{shown_url(self.asker.settings.base_url)}: {outcome.why}",
                        "Check the server and run it again; what was answered is kept",
                    )
                    self.stopping.set()
                done = len(self.found)
            self.progress(done, len(self.questions))

    def _one(self, question: Question[T]) -> Outcome[T] | None:
        try:
            return self.asker.answer(question)
        except Failure as failure:
            return Outcome(None, str(failure), lacking=True)
        except Stopped:
            return None
        except BaseException as error:
            if isinstance(error, KeyboardInterrupt):
                raise
            with self.state:
                if self.error is None or isinstance(self.error, CostError):
                    self.error = error
            self.stopping.set()
            return None
