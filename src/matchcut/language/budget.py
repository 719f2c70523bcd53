"""What answers cost: prices are the user's settings, tokens are the server's figures, and a cap is kept.

A request is booked before it is sent, at the most that it can cost, and again when it is answered, at what it
did cost. What was sent and never answered (a kill, a dropped connection) stays booked at the most: the server
may have charged for it. The bookings lie in a file, so that a cap holds over interrupted runs too.
"""

from __future__ import annotations

import json
import math
import os
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from matchcut import files
from matchcut.errors import InputError, MatchcutError, SettingsError

PRICES_VARIABLE = "MATCHCUT_PRICES"
PRICES_FILE = Path("matchcut") / "prices.json"

BYTES_A_TOKEN, FEWEST_BYTES_A_TOKEN = 3.5, 2.5
"""UTF-8 bytes of text to a token: about, and at the fewest."""
PICTURE_TOKENS = 1_200
"""What one picture costs at the most, in tokens, by the sizes that are sent."""
MESSAGE_TOKENS = 8
SPARE = 1.1
"""Where a server counts more than was booked, later requests are booked at so much more again."""


class CostError(MatchcutError):
    """The cap is reached: nothing more is sent."""


@dataclass(frozen=True, slots=True)
class Price:
    """What a model costs, in any currency, for a million tokens in and out."""

    input: float
    output: float

    def cost(self, tokens_in: float, tokens_out: float) -> float:
        """The cost of so many tokens.

        >>> Price(2.0, 8.0).cost(1_000_000, 500_000)
        6.0
        """
        return (self.input * tokens_in + self.output * tokens_out) / 1e6


def read_price(model: str, path: Path | str | None = None) -> Price | None:
    """The price of a model by the user's table; None where there is no table, or the model is not in it.

    Args:
        model: its name.
        path: the table, ``{"MODEL": {"input": 0.5, "output": 1.5}}`` a million tokens; the file named by the
            environment's MATCHCUT_PRICES, or ``matchcut/prices.json`` in the user's settings, if not given.

    Raises:
        InputError: the table cannot be read or has another shape.
    """
    named = path or os.environ.get(PRICES_VARIABLE)
    place = Path(named) if named else _settings_folder() / PRICES_FILE
    if not named and not place.is_file():
        return None
    table = files.read_json(place)
    if not isinstance(table, dict):
        raise InputError(f"{place}: not a table of prices", 'Write it as {"MODEL": {"input": 1, "output": 2}}')
    row = table.get(model)
    if row is None:
        return None
    if not isinstance(row, dict) or set(row) != {"input", "output"} or not all(map(_is_price, row.values())):
        raise InputError(
            f"{place}: the price of {model!r} is two numbers of 0 or more a million tokens, not {row!r:.80}",
            'Write it as {"input": 1, "output": 2}',
        )
    return Price(float(row["input"]), float(row["output"]))


def _is_price(value: Any) -> bool:
    known = isinstance(value, int | float) and not isinstance(value, bool)
    return known and math.isfinite(value) and value >= 0


def _settings_folder() -> Path:
    return Path(os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config")


def check_cap(price: Price | None, max_cost: float | None) -> None:
    """Refuses a cap that cannot be kept.

    Raises:
        SettingsError: it is below 0, or nobody told the price.
    """
    if max_cost is not None and not 0 <= max_cost < math.inf:
        raise SettingsError(f"a cap on the cost is 0 or more, not {max_cost}", "Correct --max-cost")
    if max_cost is not None and price is None:
        raise SettingsError(
            "the cost cannot be capped: nobody told what the model costs",
            f"Give --prices FILE (or set {PRICES_VARIABLE}) with its price a million tokens,"
            " 0 for a server of your own",
        )


def tokens_of(messages: list[dict[str, Any]], at_most: bool = False) -> int:
    """About how many tokens messages have; without the model's own tokenizer nobody knows exactly."""
    size, total = 0, 0
    for message in messages:
        total += MESSAGE_TOKENS
        content = message["content"]
        for part in content if isinstance(content, list) else [{"type": "text", "text": content}]:
            if part["type"] == "text":
                size += len(part["text"].encode("utf-8", "replace"))
            else:
                total += PICTURE_TOKENS
    return total + math.ceil(size / (FEWEST_BYTES_A_TOKEN if at_most else BYTES_A_TOKEN))


@dataclass(frozen=True, slots=True)
class Spent:
    """What was booked.

    Attributes:
        requests: answered ones.
        tokens_in, tokens_out: of those, as the server counted, or about where it did not.
        in_doubt: requests that were sent and never answered.
        doubtful_in, doubtful_out: the most tokens that those can have cost.
    """

    requests: int = 0
    tokens_in: int = 0
    tokens_out: int = 0
    in_doubt: int = 0
    doubtful_in: int = 0
    doubtful_out: int = 0

    def cost(self, price: Price) -> float:
        """The most that all of it can have cost."""
        return price.cost(self.tokens_in + self.doubtful_in, self.tokens_out + self.doubtful_out)


class Ledger:
    """The bookings of one model and folder; safe for threads.

    Args:
        path: the file; made when something is booked.
        usage: what an answer that is kept did cost, by its key: settles what a kill left open.
        price: the model's; None if nobody knows.
        max_cost: the cap over everything booked here; None is no cap.

    Raises:
        SettingsError: a cap without a price, or below 0.
    """

    def __init__(
        self,
        path: Path,
        usage: Callable[[str], tuple[int, int] | None],
        price: Price | None = None,
        max_cost: float | None = None,
    ) -> None:
        check_cap(price, max_cost)
        self._path, self._price, self._max_cost = path, price, max_cost
        self._changed = threading.Condition()
        self._open: dict[str, tuple[int, int]] = {}  # as guessed before anything was known
        self._more = (1.0, 1.0)  # what this server counts of the guess, in and out, at the most so far
        self._spent = Spent()
        self._number = 0
        self._load(usage)

    def _load(self, usage: Callable[[str], tuple[int, int] | None]) -> None:
        if not self._path.is_file():
            return
        sent: dict[str, tuple[str, int, int]] = {}
        for line in files.read_text(self._path).splitlines():
            try:
                row = json.loads(line)
                name, state, tokens = row["id"], row["state"], (int(row["in"]), int(row["out"]))
            except (ValueError, KeyError, TypeError):
                continue  # the last line of a run that was killed while it wrote
            if state == "sent":
                sent[name] = (str(row.get("key", "")), *tokens)
            else:
                booked = sent.pop(name, None)
                if state == "done" and booked is not None:
                    self._learn(booked[1:], tokens)
                self._settle(tokens if state == "done" else None, tokens if state == "lost" else None)
        for key, most_in, most_out in sent.values():
            known = usage(key)
            self._settle(known, None if known else (most_in, most_out))

    @property
    def spent(self) -> Spent:
        """What was booked so far, by earlier runs too."""
        with self._changed:
            return self._spent

    @property
    def price(self) -> Price | None:
        """The model's price."""
        return self._price

    def book(self, key: str, tokens_in: int, tokens_out: int) -> str:
        """Books a request before it is sent, and waits while those under way might use up the cap.

        Args:
            key: of the request.
            tokens_in, tokens_out: the most that it can cost.

        Raises:
            CostError: it does not fit under the cap.
        """
        with self._changed:
            while not self._fits(tokens_in, tokens_out):
                if not self._open:
                    raise self._reached()
                self._changed.wait()
            self._number += 1
            name = f"{os.getpid()}-{os.urandom(4).hex()}-{self._number}"
            self._open[name] = (tokens_in, tokens_out)
            most_in, most_out = self.at_most(tokens_in, tokens_out)
            self._write({"id": name, "state": "sent", "key": key, "in": most_in, "out": most_out})
            return name

    def at_most(self, tokens_in: int, tokens_out: int) -> tuple[int, int]:
        """A guess of tokens, raised where this server has counted more than was guessed.

        Tokenizers differ, and some services count a picture as tens of thousands of tokens.
        """
        return math.ceil(tokens_in * self._more[0]), math.ceil(tokens_out * self._more[1])

    def _learn(self, guess: tuple[int, int], counted: tuple[int, int]) -> None:
        over = [count / max(of, 1) for of, count in zip(guess, counted, strict=True)]
        more = [
            max(held, SPARE * ratio if ratio > 1 else 1.0) for held, ratio in zip(self._more, over, strict=True)
        ]
        self._more = (more[0], more[1])

    def _fits(self, tokens_in: int, tokens_out: int) -> bool:
        if self._price is None or self._max_cost is None:
            return True
        held = sum(self._price.cost(*self.at_most(*tokens)) for tokens in self._open.values())
        more = self._price.cost(*self.at_most(tokens_in, tokens_out))
        return self._spent.cost(self._price) + held + more <= self._max_cost + 1e-12

    def _reached(self) -> CostError:
        assert self._price is not None
        return CostError(
            f"the cost would pass the cap of {self._max_cost:g}: {self._spent.cost(self._price):.4g} is spent",
            "Run it again with a higher --max-cost; what was answered is kept and is not asked again",
        )

    def done(self, name: str, tokens_in: int, tokens_out: int) -> None:
        """Books what an answered request did cost."""
        self._end(name, "done", (tokens_in, tokens_out))

    def lost(self, name: str) -> None:
        """Leaves a request booked at the most: the server may have charged for it."""
        self._end(name, "lost", None)

    def free(self, name: str) -> None:
        """Takes a booking back: the server refused the request and charged nothing."""
        self._end(name, "free", (0, 0))

    def _end(self, name: str, state: str, tokens: tuple[int, int] | None) -> None:
        with self._changed:
            guess = self._open.pop(name)
            if state == "done" and tokens is not None:
                self._learn(guess, tokens)
            most = self.at_most(*guess)
            booked = most if tokens is None else tokens
            self._write({"id": name, "state": state, "in": booked[0], "out": booked[1]})
            self._settle(tokens if state == "done" else None, most if state == "lost" else None)
            self._changed.notify_all()

    def _settle(self, done: tuple[int, int] | None, doubtful: tuple[int, int] | None) -> None:
        before = self._spent
        self._spent = Spent(
            before.requests + (done is not None),
            before.tokens_in + (done[0] if done else 0),
            before.tokens_out + (done[1] if done else 0),
            before.in_doubt + (doubtful is not None),
            before.doubtful_in + (doubtful[0] if doubtful else 0),
            before.doubtful_out + (doubtful[1] if doubtful else 0),
        )

    def _write(self, row: Mapping[str, Any]) -> None:
        """One line in one write: a kill leaves whole lines, but for the last."""
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            place = os.open(self._path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
            try:
                os.write(place, (json.dumps(row) + "\n").encode())
            finally:
                os.close(place)
        except OSError as error:
            raise files.write_error(self._path, error) from error
