"""Features on disk: made once, found again by what they were made of, never trusted when they are damaged.

A file's name is a hash of everything that decides what is in it: the encoder (its weights), the source (its
content, not its name) and the sampling. Files are safetensors with one tensor; their header says what they are
and holds a checksum. A file that is cut off, changed or made by another encoder counts as not there.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from matchcut import files
from matchcut.errors import InputError
from matchcut.tracks import FeatureTrack

VERSION = 1

KINDS = {"F16": "<f2", "F32": "<f4", "F64": "<f8", "U8": "u1"}
"""What a file's tensor may be made of, by safetensors' names."""


@dataclass(frozen=True)
class FeatureKey:
    """Everything that decides what features are.

    Attributes:
        encoder: `VisionEncoder.identity` or `TextEncoder.identity`; "pictures:…" for pictures themselves.
        source: `matchcut.files.content_key` of the file, or the hash of a text.
        start, end: the stretch in recording seconds.
        rate: rows a second.
    """

    encoder: str
    source: str
    start: float = 0.0
    end: float = 0.0
    rate: float = 1.0

    @property
    def digest(self) -> str:
        """The file's name without its ending."""
        value = [self.encoder, self.source, round(self.start, 4), round(self.end, 4), round(self.rate, 6)]
        return hashlib.sha256(json.dumps(value).encode()).hexdigest()[:32]


class FeatureStore:
    """A folder of features.

    Args:
        folder: made at the first `put`.
    """

    def __init__(self, folder: Path | str) -> None:
        self.folder = Path(folder)

    def path(self, key: FeatureKey) -> Path:
        """Where a key's features lie or would lie."""
        return self.folder / key.digest[:2] / f"{key.digest}.safetensors"

    def has(self, key: FeatureKey) -> bool:
        """Whether whole features of this key are there; reads them, to be sure."""
        return self.array(key) is not None

    def array(self, key: FeatureKey) -> NDArray[Any] | None:
        """The stored array, or None where there is none that can be trusted."""
        path = self.path(key)
        if not path.exists():
            return None
        try:
            found, head = read_values(path)
        except InputError:
            return None  # half-written or damaged: it is made anew, and replaced
        return found if head["key"] == _plain(key) else None

    def get(self, key: FeatureKey) -> FeatureTrack | None:
        """The stored features, or None where there are none that can be trusted."""
        found = self.array(key)
        return None if found is None else FeatureTrack(found, key.rate, key.encoder, key.start)

    def put(self, key: FeatureKey, values: NDArray[Any], **notes: str) -> Path:
        """Stores an array, whole or not at all.

        Args:
            key: what it was made of.
            values: (T, D) features in float32, or 8-bit pictures.
            notes: for people: the encoder's name, the file's.

        Raises:
            OutputError: it cannot be written.
        """
        return write_features(self.path(key), key, values, **notes)


def write_features(path: Path, key: FeatureKey, values: NDArray[Any], **notes: str) -> Path:
    """Writes one feature file; see `FeatureStore.put`."""
    whole = np.ascontiguousarray(values)
    head = {"version": VERSION, "key": _plain(key), "sha256": _checksum(whole), "notes": notes}
    return files.write_bytes(path, packed(whole, {"matchcut": json.dumps(head, sort_keys=True)}))


def read_features(path: Path | str, encoder: str | None = None) -> FeatureTrack:
    """The features of one file.

    Args:
        path: a file of a store.
        encoder: the identity of the encoder that they must be of; any if None.

    Raises:
        InputError: it is missing, half-written, changed, or made by another encoder.
    """
    found, head = read_values(Path(path))
    key = head["key"]
    if encoder is not None and key["encoder"] != encoder:
        raise InputError(
            f"{path}: was made by the encoder {key['encoder']} ({head['notes'].get('name', 'unnamed')}), "
            f"not by {encoder}",
            "Encode again with matchcut encode, or name the encoder that it was made by",
        )
    if found.ndim != 2:
        raise InputError(f"{path}: holds pictures, not features", "Name a feature file")
    return FeatureTrack(found, key["rate"], key["encoder"], key["start"])


def read_values(path: Path) -> tuple[NDArray[Any], dict[str, Any]]:
    """What a file of features holds: its tensor, and its head with ``key`` and ``notes``.

    Raises:
        InputError: it is missing, half-written or changed.
    """
    data = files.read_bytes(path)
    try:
        values, notes = unpacked(data)
        head = json.loads(notes["matchcut"])
        same = head["sha256"] == _checksum(values) and head["version"] == VERSION
        key: Mapping[str, Any] = head["key"]
        FeatureKey(**key)
    except (ValueError, KeyError, TypeError, OverflowError) as error:
        raise InputError(
            f"{path}: is half-written or no feature file ({' '.join(str(error).split())[:100]})",
            "Delete it; matchcut encode makes it anew",
        ) from error
    if not same:
        raise InputError(
            f"{path}: is damaged: its content is not what was written",
            "Delete it; matchcut encode makes it anew",
        )
    return values, head


def packed(values: NDArray[Any], notes: Mapping[str, str]) -> bytes:
    """A file in safetensors' format with one tensor, "values"; needs no package.

    Args:
        values: of one of the kinds in `KINDS`, in one piece.
        notes: for the header's ``__metadata__``.
    """
    kinds = {np.dtype(kind): name for name, kind in KINDS.items()}
    tensor = {
        "dtype": kinds[values.dtype.newbyteorder("<")],
        "shape": list(values.shape),
        "data_offsets": [0, values.nbytes],
    }
    told = json.dumps({"__metadata__": dict(notes), "values": tensor}, separators=(",", ":")).encode()
    told += b" " * (-len(told) % 8)
    return len(told).to_bytes(8, "little") + told + values.astype(values.dtype.newbyteorder("<")).tobytes()


def unpacked(data: bytes) -> tuple[NDArray[Any], dict[str, str]]:
    """What `packed` wrote, or safetensors itself in the same form: the tensor, and the header's notes.

    Raises:
        ValueError, KeyError, TypeError: it is cut off or another kind of file.
    """
    size = int.from_bytes(data[:8], "little")
    if size > len(data) - 8:
        raise ValueError("the header is cut off")
    told = json.loads(data[8 : 8 + size])
    tensor, kind = told["values"], np.dtype(KINDS[told["values"]["dtype"]])
    begin, end = (8 + size + int(offset) for offset in tensor["data_offsets"])
    shape = tuple(int(count) for count in tensor["shape"])
    if not 8 + size <= begin <= end <= len(data) or end - begin != math.prod(shape) * kind.itemsize:
        raise ValueError("the tensor is cut off")
    return np.frombuffer(bytearray(data[begin:end]), kind).reshape(shape), told["__metadata__"]


def _plain(key: FeatureKey) -> dict[str, Any]:
    return asdict(key)


def _checksum(values: NDArray[Any]) -> str:
    return hashlib.sha256(f"{values.dtype}{values.shape}".encode() + values.tobytes()).hexdigest()


def text_key(text: str, encoder: str) -> FeatureKey:
    """The key of a text's features."""
    return FeatureKey(encoder, hashlib.sha256(text.encode("utf-8", "replace")).hexdigest())
