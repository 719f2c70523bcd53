"""The shape that answers must have, as JSON Schema; servers that can are told to give nothing else.

Only what every server's strict mode knows: types, enumerations, no further keys, all keys required. Ranges are
checked by `matchcut.language.parse`, whatever the server promised.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

NAME = "events"


def events_schema(labels: Sequence[str], confidence: bool = True) -> dict[str, Any]:
    """The schema of an answer about a chunk: ``{"events": [{"label", "start", "end", "confidence"}]}``.

    Args:
        labels: the actions that may be named.
        confidence: whether each says how sure it is.

    >>> events_schema(["Goal"], False)["properties"]["events"]["items"]["required"]
    ['label', 'start', 'end']
    """
    fields: dict[str, Any] = {
        "label": {"type": "string", "enum": list(labels)},
        "start": {"type": "number"},
        "end": {"type": "number"},
    }
    if confidence:
        fields["confidence"] = {"type": "number"}
    return closed({"events": {"type": "array", "items": closed(fields)}})


def closed(fields: Mapping[str, Any]) -> dict[str, Any]:
    """The schema of an object with these fields, all of them and no others."""
    return {
        "type": "object",
        "properties": dict(fields),
        "required": list(fields),
        "additionalProperties": False,
    }


def nullable(kind: str, **more: Any) -> dict[str, Any]:
    """The schema of a value of a kind, or null."""
    return {"type": [kind, "null"], **more}
