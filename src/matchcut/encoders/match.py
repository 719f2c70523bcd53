"""A whole match as features: frames chosen by its shots, encoded once, kept beside the analysis.

A broadcast changes where a new shot begins; within a long shot it changes slowly. So a frame is taken just
after each shot's beginning, and one every few seconds inside. The work is cut into pieces that are kept when
they are done: a run that is stopped goes on with the next one, and memory does not grow with the match.
"""

from __future__ import annotations

import hashlib
import math
import os
import shutil
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from matchcut.encoders.features import FrameFeatures, features_path, load_features, save_features
from matchcut.encoders.pictures import read_pictures
from matchcut.encoders.store import FeatureKey, FeatureStore
from matchcut.encoders.vision import VisionEncoder
from matchcut.errors import InputError, SettingsError
from matchcut.observe.shots import ShotTrack
from matchcut.progress import Progress, silent

PARTS = "parts"
"""The folder, beside the features, of what a run that was stopped had done."""

PIECE = 64
"""Frames that are decoded and encoded together: 10 MB at CLIP's size."""


@dataclass(frozen=True)
class Sampling:
    """Which frames of a match are looked at.

    Attributes:
        after_cut_s: the first frame of a shot is taken so long after it began, when the passage is over.
        every_s: inside a shot one more every so often.
        apart_s: two frames are at least so far apart; of a shot that is shorter its middle is taken.

    Raises:
        SettingsError: a value is out of its range.
    """

    after_cut_s: float = 0.3
    every_s: float = 2.0
    apart_s: float = 0.4

    def __post_init__(self) -> None:
        if not (0 <= self.after_cut_s <= 60 and 0.02 <= self.every_s <= 3600 and 0 < self.apart_s <= 60):
            raise SettingsError(f"a sampling's value is out of its range: {asdict(self)}", "Correct it")


def sampled(duration: float, shots: ShotTrack | None = None, how: Sampling = Sampling()) -> list[float]:
    """The seconds of a recording at which a frame is taken, ascending.

    Args:
        duration: the recording's seconds.
        shots: where a view begins and ends; without them frames are taken at regular steps alone.
        how: how often.

    >>> from matchcut.observe.shots import Shot
    >>> two = ShotTrack((Shot(0, 5, "long", 1, 1), Shot(5, 6, "close", 1, 1)), ())
    >>> sampled(6.0, two)
    [0.3, 2.3, 4.3, 5.3]
    >>> sampled(6.0)
    [0.0, 2.0, 4.0]
    """
    if shots is None or not shots.shots:
        count = max(1, math.ceil(duration / how.every_s - 1e-6))
        return [round(place * how.every_s, 3) for place in range(count)]
    found: list[float] = []
    later = False  # whether the last one found is not its shot's first
    for shot in shots.shots:
        end = min(shot.end, duration)
        first = min(shot.start + how.after_cut_s, (shot.start + end) / 2)
        for step in range(max(0, math.ceil((end - first) / how.every_s))):
            # Rounded up: down could fall before the cut.
            time = math.ceil((first + step * how.every_s) * 1000 - 1e-6) / 1000
            if time >= end - 1e-6:
                continue
            near = bool(found) and time - found[-1] < how.apart_s - 1.1e-3
            if near and later and step == 0:
                found.pop()  # a view that is new tells more than one more frame of the view before
                near = False
            if not near:
                found.append(time)
                later = step > 0
    return found


def encode_match(
    path: Path,
    times: Sequence[float],
    encoder: VisionEncoder,
    *,
    content: str,
    weights: str = "",
    duration: float = 0.0,
    folder: Path | None = None,
    progress: Progress = silent,
) -> FrameFeatures:
    """The features of some frames of a recording; what the folder holds of them is not made again.

    Args:
        path: the video.
        times: ascending seconds; those after its last frame are left out.
        encoder: see `load_vision`.
        content: changes with the video's content.
        weights: names the checkpoint's files, see `matchcut.encoders.weights`.
        duration: the recording's seconds.
        folder: where features are kept; nothing is kept without one.
        progress: told of frames.

    Raises:
        InputError: the video cannot be read or has no picture.
        OutputError: the folder cannot be written to.
        SettingsError: there are no times.
    """
    if not len(times):
        raise SettingsError("there are no moments to look at", "Sample the recording more often")
    weights = weights or encoder.identity
    kept = None if folder is None else kept_match(folder, times, weights, content)
    if kept is not None:
        progress(len(times), len(times))
        return kept
    store = None if folder is None else FeatureStore(folder / PARTS)
    shown: list[float] = []
    vectors: list[NDArray[np.float32]] = []
    for some, made in _pieces(path, list(times), encoder, content, store, progress):
        shown += some
        vectors.append(made)
    features = FrameFeatures(
        times=np.array(shown),
        vectors=np.concatenate(vectors),
        asked=np.array(times),
        encoder=encoder.identity,
        weights=weights,
        name=encoder.name,
        content=content,
        duration=duration or float(times[-1]),
    )
    if folder is not None:
        save_features(features_path(folder, weights), features)
        shutil.rmtree(folder / PARTS, ignore_errors=True)
    return features


def kept_match(folder: Path, times: Sequence[float], weights: str, content: str) -> FrameFeatures | None:
    """The features of exactly these frames that a folder holds; None where it has others or none."""
    kept = load_features(features_path(folder, weights), weights, content)
    same = kept is not None and len(kept.asked) == len(times) and np.allclose(kept.asked, times, atol=1e-3)
    return kept if same else None


def _pieces(
    path: Path,
    times: list[float],
    encoder: VisionEncoder,
    content: str,
    store: FeatureStore | None,
    progress: Progress,
) -> Iterator[tuple[list[float], NDArray[np.float32]]]:
    """The pieces in order: their moments, and what they look like."""
    pieces = [times[at : at + PIECE] for at in range(0, len(times), PIECE)]
    keys = [_key(encoder.identity, content, piece) for piece in pieces]
    kept = {
        place: found
        for place, key in enumerate(keys)
        if store is not None and (found := store.array(key)) is not None
    }
    todo = [place for place in range(len(pieces)) if place not in kept]
    done = sum(len(pieces[place]) for place in kept)
    progress(done, len(times))

    def read(place: int) -> NDArray[np.uint8] | None:
        return _read(path, pieces[place], encoder)

    reader = _read_ahead(read, todo, encoder.device != "cpu")
    for place, some in enumerate(pieces):
        if place in kept:
            vectors = kept.pop(place)
        else:
            pixels = next(reader)
            if pixels is None:  # the recording ends before these
                return
            vectors = encoder.encode(pixels)
            if store is not None:
                store.put(keys[place], vectors, name=encoder.name, source=path.name)
            done += len(some)
            progress(done, len(times))
        yield some[: len(vectors)], np.asarray(vectors, np.float32)


def _read_ahead(
    read: Callable[[int], NDArray[np.uint8] | None], places: list[int], beside: bool
) -> Iterator[NDArray[np.uint8] | None]:
    """Pieces read by several threads, in order.

    Where the network runs on the same processors, decoding and encoding take turns: a network's threads wait
    for each other, so that one that shares its processor with a decoder holds up all. Else (``beside``) the
    next pieces are decoded while it works.
    """
    width = min(os.cpu_count() or 1, 4)
    groups = [places[at : at + width] for at in range(0, len(places), width)]
    with ThreadPoolExecutor(width) as pool:
        ahead: list[Any] = [pool.submit(read, place) for place in groups[0]] if groups else []
        for number, _ in enumerate(groups):
            later = groups[number + 1] if number + 1 < len(groups) else []
            found = [future.result() for future in ahead]
            ahead = [pool.submit(read, place) for place in later] if beside else []
            while found:
                yield found.pop(0)
            if not beside:
                ahead = [pool.submit(read, place) for place in later]


def _read(path: Path, times: list[float], encoder: VisionEncoder) -> NDArray[np.uint8] | None:
    """The pictures of a piece, as far as the recording goes; None if it ends before."""
    try:
        return read_pictures(path, times, encoder.pictures)
    except InputError as error:
        if times[0] > 1.0 and " ends " in f" {error.problem}":  # cut off: what there is of it was encoded
            return None
        raise


def _key(encoder: str, content: str, times: list[float]) -> FeatureKey:
    moments = hashlib.sha256(np.round(np.array(times), 3).tobytes()).hexdigest()
    return FeatureKey(encoder, f"{content}:{moments}", times[0], times[-1], len(times))
