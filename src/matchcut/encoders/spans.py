"""Many clips to features: decoded in the background, encoded in batches across clips, stored, and resumable."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from matchcut.encoders.pictures import PictureSettings, grid, read_pictures
from matchcut.encoders.store import FeatureKey, FeatureStore, text_key
from matchcut.encoders.text import TextEncoder
from matchcut.encoders.vision import VisionEncoder
from matchcut.errors import MatchcutError, SettingsError
from matchcut.files import content_key
from matchcut.progress import Progress, silent

AHEAD = 4
"""Clips that are decoded while one is encoded."""


@dataclass(frozen=True)
class Span:
    """A stretch of a video: a clip cut out by time, or a whole file.

    Attributes:
        path: the video or GIF.
        start, end: recording seconds; to the file's end if ``end`` is None.
    """

    path: Path
    start: float = 0.0
    end: float | None = None

    def __str__(self) -> str:
        """``game.mp4`` or ``game.mp4 12.5-19.5 s``"""
        return str(self.path) if self.end is None else f"{self.path} {self.start:g}-{self.end:g} s"


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
        progress: told of spans.

    Raises:
        OutputError: the store cannot be written to.
        SettingsError: the rate is not positive.
    """
    keys, result = Keys(encoder.identity, rate), Encoded()
    waiting: list[tuple[Span, NDArray[np.uint8]]] = []

    def flush() -> None:
        vectors = encoder.encode(np.concatenate([pixels for _, pixels in waiting]))
        at = 0
        for span, pixels in waiting:
            mine = vectors[at : at + len(pixels)]
            store.put(result.keys[span], mine, name=encoder.name, source=span.path.name)
            at += len(pixels)
            result.made += 1
        result.frames += len(vectors)
        waiting.clear()

    todo = _missing(spans, keys, store, result)
    progress(result.kept, len(spans))
    for span, pixels in _read_ahead(todo, keys, encoder.pictures, result):
        waiting.append((span, pixels))
        if sum(len(each) for _, each in waiting) >= encoder.batch:
            flush()
        progress(result.made + result.kept + len(result.failed), len(spans))
    if waiting:
        flush()
    progress(len(spans), len(spans))
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
    for span, pixels in _read_ahead(_missing(spans, keys, store, result), keys, how, result):
        store.put(result.keys[span], pixels, source=span.path.name)
        result.made += 1
        result.frames += len(pixels)
        progress(result.made + result.kept + len(result.failed), len(spans))
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


def _missing(spans: Sequence[Span], keys: Keys, store: FeatureStore, result: Encoded) -> Iterator[Span]:
    """The spans that are not in the store yet; each once."""
    todo = []
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
            todo.append(span)
    return iter(todo)


def _read_ahead(
    spans: Iterator[Span], keys: Keys, how: PictureSettings, result: Encoded
) -> Iterator[tuple[Span, NDArray[np.uint8]]]:
    """Spans with their pictures, in order, some of them read in the background; failures go to the result."""

    def read(span: Span) -> NDArray[np.uint8]:
        key = keys.of(span)
        return read_pictures(span.path, grid(key.start, key.end, key.rate), how)

    with ThreadPoolExecutor(2) as pool:

        def start(span: Span) -> tuple[Span, Future[NDArray[np.uint8]]]:
            return span, pool.submit(read, span)

        running = [start(span) for span in islice(spans, AHEAD)]
        try:
            while running:
                span, future = running.pop(0)
                try:
                    pixels = future.result()
                except MatchcutError as error:
                    result.failed.append((span, str(error)))
                    del result.keys[span]
                    pixels = None
                running += [start(span) for span in islice(spans, 1)]
                if pixels is not None:
                    yield span, pixels
        finally:
            for _, future in running:
                future.cancel()
