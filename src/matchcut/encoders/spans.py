"""Many clips to features: decoded in the background, encoded in batches across clips, stored, and resumable."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from matchcut.encoders.pictures import PictureSettings
from matchcut.encoders.reading import Piece, Read, pieces, read_groups
from matchcut.encoders.reading import Span as Span
from matchcut.encoders.store import FeatureKey, FeatureStore, text_key
from matchcut.encoders.text import TextEncoder
from matchcut.encoders.vision import VisionEncoder
from matchcut.errors import MatchcutError, SettingsError
from matchcut.files import content_key
from matchcut.progress import Progress, silent


@dataclass
class Encoded:
    """What became of a run.

    Attributes:
        made, kept: spans encoded now, and found in the store.
        frames: pictures encoded now.
        failed: (span, why) of those that could not be read; they are skipped.
        keys: span -> where its features lie in the store.
    """

    made: int = 0
    kept: int = 0
    frames: int = 0
    failed: list[tuple[Span, str]] = field(default_factory=list)
    keys: dict[Span, FeatureKey] = field(default_factory=dict)


class Keys:
    """The store's keys of spans; a file's content is hashed and its length asked for once.

    Args:
        encoder: an identity.
        rate: pictures a second.
    """

    def __init__(self, encoder: str, rate: float) -> None:
        if not rate > 0:
            raise SettingsError(f"pictures a second must be above 0, not {rate}", "Give a rate such as 4")
        self.encoder, self.rate = encoder, rate
        self._sources: dict[Path, str] = {}
        self._ends: dict[Path, float] = {}

    def of(self, span: Span) -> FeatureKey:
        """The key of one span.

        Raises:
            InputError: the file cannot be read.
        """
        if span.path not in self._sources:
            self._sources[span.path] = content_key(span.path)
        end = span.end
        if end is None:
            if span.path not in self._ends:
                from matchcut.media.probe import probe

                self._ends[span.path] = probe(span.path).duration
            end = self._ends[span.path]
        return FeatureKey(self.encoder, self._sources[span.path], span.start, end, self.rate)


def encode_spans(
    spans: Sequence[Span],
    encoder: VisionEncoder,
    store: FeatureStore,
    rate: float = 4.0,
    progress: Progress = silent,
) -> Encoded:
    """Features of every span that has none in the store yet; an interrupted run goes on where it was.

    Args:
        spans: clips; those whose file cannot be read are skipped and listed in the result.
        encoder: see `load_vision`.
        store: where features are kept.
        rate: pictures a second of a span.
        progress: told of pictures, those of spans that are there already left out.

    Raises:
        OutputError: the store cannot be written to.
        SettingsError: the rate is not positive.
    """
    keys, result = Keys(encoder.identity, rate), Encoded()
    todo = missing(spans, keys, store, result)
    whole = Whole(result, store, progress, sum(piece.whole for piece in todo if not piece.first))
    groups = read_groups(iter(todo), encoder.pictures, encoder.batch, in_turn=encoder.device == "cpu")
    for group in groups:
        for some in _batches(whole.readable(group), encoder.batch):
            vectors = encoder.encode(np.concatenate([pixels for _, pixels in some]))
            at = 0
            for piece, pixels in some:
                whole.add(piece, vectors[at : at + len(pixels)], name=encoder.name)
                at += len(pixels)
    progress(1, 1)
    return result


def keep_pictures(
    spans: Sequence[Span],
    how: PictureSettings,
    store: FeatureStore,
    rate: float = 4.0,
    progress: Progress = silent,
) -> Encoded:
    """As `encode_spans`, but the pictures themselves are kept, 8-bit (T, height, width, 3).

    For networks that are trained on pictures: a clip is decoded and scaled once.
    """
    keys, result = Keys(f"pictures:{how.height}x{how.width}:{how.scaled}:{how.resample}", rate), Encoded()
    todo = missing(spans, keys, store, result)
    whole = Whole(result, store, progress, sum(piece.whole for piece in todo if not piece.first))
    for group in read_groups(iter(todo), how, 1, in_turn=False):
        for piece, pixels in whole.readable(group):
            whole.add(piece, pixels)
    progress(1, 1)
    return result


def encode_texts(
    texts: Iterable[str], encoder: TextEncoder, store: FeatureStore, progress: Progress = silent
) -> dict[str, NDArray[np.float32]]:
    """Each text's vectors, one a piece that the encoder reads whole, shape (pieces, width); stored once.

    An empty text has no pieces.
    """
    found: dict[str, NDArray[np.float32]] = {}
    missing: list[str] = []
    for text in dict.fromkeys(texts):
        kept = store.array(text_key(text, encoder.identity)) if text.strip() else _empty(encoder.width)
        if kept is None:
            missing.append(text)
        else:
            found[text] = kept
    for at in range(0, len(missing), encoder.batch):
        some = missing[at : at + encoder.batch]
        pieces = [encoder.pieces(text) for text in some]
        vectors = encoder.encode([piece for each in pieces for piece in each])
        first = 0
        for text, each in zip(some, pieces, strict=True):
            found[text] = vectors[first : first + len(each)]
            store.put(text_key(text, encoder.identity), found[text], name=encoder.name)
            first += len(each)
        progress(min(at + len(some), len(missing)), len(missing))
    return found


def _empty(width: int) -> NDArray[np.float32]:
    return np.empty((0, width), np.float32)


def missing(
    spans: Sequence[Span],
    keys: Keys,
    store: FeatureStore,
    result: Encoded,
    cut: Callable[[Span, FeatureKey], Iterable[Piece]] = pieces,
) -> list[Piece]:
    """The pieces of the spans that are not in the store yet; each once.

    Args:
        spans: wanted.
        keys: gives the store's.
        store: where features are kept.
        result: takes keys, and spans that are kept or cannot be read.
        cut: a span's pieces.
    """
    todo: list[Piece] = []
    for span in dict.fromkeys(spans):
        try:
            key = keys.of(span)
        except MatchcutError as error:
            result.failed.append((span, str(error)))
            continue
        result.keys[span] = key
        if store.has(key):
            result.kept += 1
        else:
            todo += cut(span, key)
    return todo


class Whole:
    """Puts spans together from their pieces and stores those that are whole; failures go to the result."""

    def __init__(self, result: Encoded, store: FeatureStore, progress: Progress, pictures: int) -> None:
        self.result, self.store, self.progress = result, store, progress
        self.pictures, self.done = pictures, 0
        self.parts: dict[Span, list[NDArray[Any]]] = {}
        progress(0, max(1, pictures))

    def readable(self, group: Iterable[Read]) -> Iterator[tuple[Piece, NDArray[np.uint8]]]:
        """The pieces that could be read, of spans of which everything could so far."""
        for piece, found in group:
            if piece.span not in self.result.keys:
                self._told(piece)
            elif isinstance(found, MatchcutError):
                self.result.failed.append((piece.span, str(found)))
                del self.result.keys[piece.span]
                self.parts.pop(piece.span, None)
                self._told(piece)
            else:
                yield piece, found

    def add(self, piece: Piece, values: NDArray[Any], **notes: str) -> None:
        """What was made of one piece; pieces of a span come in order."""
        if piece.span in self.result.keys:
            parts = self.parts.setdefault(piece.span, [])
            parts.append(values)
            self.result.frames += len(values)
            if piece.first + len(piece.times) == piece.whole:
                whole = np.concatenate(parts)
                self.store.put(self.result.keys[piece.span], whole, source=piece.span.path.name, **notes)
                self.result.made += 1
                del self.parts[piece.span]
        self._told(piece)

    def _told(self, piece: Piece) -> None:
        self.done += len(piece.times)
        self.progress(self.done, max(1, self.pictures))


def _batches(
    given: Iterable[tuple[Piece, NDArray[np.uint8]]], size: int
) -> Iterator[list[tuple[Piece, NDArray[np.uint8]]]]:
    some: list[tuple[Piece, NDArray[np.uint8]]] = []
    for one in given:
        some.append(one)
        if sum(len(pixels) for _, pixels in some) >= size:
            yield some
            some = []
    if some:
        yield some
