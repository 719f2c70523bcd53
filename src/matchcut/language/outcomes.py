"""Questions to a language model, and what becomes of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from matchcut.text import counted

T = TypeVar("T")


@dataclass(frozen=True)
class Question(Generic[T]):
    """One question.

    Attributes:
        name: what it is about, for messages.
        messages: the roles and what they say.
        schema: the answer's shape.
        read: reads an answer, or raises `Unreadable`.
    """

    name: str
    messages: list[dict[str, Any]]
    schema: dict[str, Any] | None
    read: Callable[[str], T]


@dataclass(frozen=True)
class Outcome(Generic[T]):
    """What became of a question.

    Attributes:
        value: what the answer says; None if there is no usable one.
        why: why there is none; empty if there is.
        lacking: no answer came; any other that is not usable was answered, and asking again would cost again.
        repaired: the first answer was unreadable, the second was not.
        kept: it was answered by an earlier run; nothing was sent.
    """

    value: T | None
    why: str = ""
    lacking: bool = False
    repaired: bool = False
    kept: bool = False


@dataclass(frozen=True)
class Plan:
    """What questions would cost.

    Attributes:
        questions: how many there are.
        kept: how many of them are answered already.
        tokens_in, tokens_out: about what the others take; out is the most, since nobody knows the answers.
        cost: the most that they cost; None where nobody told the model's price.
    """

    questions: int
    kept: int
    tokens_in: int
    tokens_out: int
    cost: float | None

    def describe(self, model: str) -> str:
        """For a person to read."""
        left = self.questions - self.kept
        told = (
            f"{left} of {counted(self.questions, 'question')} to {model} ({self.kept} answered already):"
            f" about {counted(self.tokens_in, 'token')} in, at most {self.tokens_out:,} out"
        )
        if self.cost is None:
            return f"{told}; what they cost is not known: no price of {model} was given"
        return f"{told}; at most {self.cost:.4g}"


@dataclass(frozen=True)
class Asked:
    """What a run sent.

    Attributes:
        requests: answered ones, repairs included.
        repeated: requests that failed and were sent again.
        repaired, unusable, refused: answers that were mended by asking again, could not be, or were refused.
    """

    requests: int = 0
    repeated: int = 0
    repaired: int = 0
    unusable: int = 0
    refused: int = 0
