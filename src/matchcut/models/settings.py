"""Settings as small frozen dataclasses: to plain values and back, unknown keys refused."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, fields
from typing import Any, TypeVar

from matchcut.errors import SettingsError

S = TypeVar("S")


def to_json(settings: Any) -> dict[str, Any]:
    """A settings dataclass as plain values."""
    return {key: list(v) if isinstance(v, tuple) else v for key, v in asdict(settings).items()}


def from_json(kind: type[S], given: Mapping[str, Any], name: str = "settings") -> S:
    """Reads what `to_json` wrote; keys that are missing keep their defaults.

    Args:
        kind: a dataclass whose fields all have defaults of their own kind (int, float, bool, str, tuple).
        given: key -> value.
        name: what to call it in messages.

    Raises:
        SettingsError: a key is unknown, or a value is of another kind than its default.
    """
    named(given, name)
    usual: Any = kind()
    known = {field.name: getattr(usual, field.name) for field in fields(usual)}
    unknown = sorted(set(given) - set(known))
    if unknown:
        raise SettingsError(f"{name}: there is no {', '.join(unknown)}", f"There are: {', '.join(known)}")
    values: dict[str, Any] = {}
    for key, value in given.items():
        default = known[key]
        if isinstance(default, tuple) and isinstance(value, list | tuple):
            values[key] = tuple(value)
        elif isinstance(default, float) and isinstance(value, int | float) and not isinstance(value, bool):
            values[key] = float(value)
        elif type(value) is type(default):
            values[key] = value
        else:
            raise SettingsError(
                f"{name}: {key} needs a {type(default).__name__} such as {default!r}, not {value!r}",
                "Correct it",
            )
    return kind(**values)


def named(given: object, name: str = "settings") -> None:
    """Refuses what is no mapping of names to values.

    Raises:
        SettingsError: it is none.
    """
    if not isinstance(given, Mapping) or not all(isinstance(key, str) for key in given):
        raise SettingsError(
            f"{name}: names and values are wanted, not {given!r:.60}", 'Write it as {"name": value}'
        )


def check(name: str, value: float, low: float, high: float = math.inf) -> None:
    """Refuses a number outside its range, both ends included.

    Raises:
        SettingsError: it is.
    """
    if not low <= value <= high:
        told = f"at least {low:g}" if math.isinf(high) else f"from {low:g} to {high:g}"
        raise SettingsError(f"{name} is {told}, not {value}", "Correct it")


def choice(name: str, value: str, known: Mapping[str, object] | tuple[str, ...]) -> None:
    """Refuses a name that is none of those known.

    Raises:
        SettingsError: it is not.
    """
    if value not in known:
        raise SettingsError(f"no such {name}: {value!r}", f"There are: {', '.join(known)}")
