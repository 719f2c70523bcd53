"""From MLB-YouTube's manifests and a folder of videos to samples: features made or found, words chosen."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from matchcut.datasets.mlb_youtube import (
    ACTIONS,
    FINE_CLASSES,
    PAPER_CLASSES,
    Clip,
    MlbYouTube,
    WordWindow,
    align,
    clean,
    find_sources,
    multi_hot,
    official_split,
    video_split,
    weighted_words,
)
from matchcut.encoders.spans import Span, encode_spans, encode_texts
from matchcut.encoders.store import FeatureStore
from matchcut.encoders.text import TextEncoder
from matchcut.encoders.vision import VisionEncoder
from matchcut.errors import InputError
from matchcut.models.settings import check, choice
from matchcut.progress import Progress, silent
from matchcut.training.clips.samples import Sample

WORDS = ("none", "all", "masked", "weighted", "weighted-all")
CLASSES = {"paper": PAPER_CLASSES, "fine": FINE_CLASSES}
SPLITS = ("official", "video")
_USABLE = {"all": frozenset({"speech", "empty", "foreign"}), "masked": frozenset({"speech"})}


@dataclass(frozen=True)
class DataSettings:
    """What becomes of a data set.

    Attributes:
        rate: frames a second of a clip.
        words: "none"; "all", every caption found near the clip; "masked", only those that are speech in
            English; "weighted", as masked, the words weighted by their distance from the clip in time;
            "weighted-all", as weighted, but words in a wrong language are taken for speech.
        window: of "weighted": seconds before the clip's start and after its end, the announcers' lag, and the
            seconds over which a word's weight falls to 1/e; see `WordWindow`.
        classes: "paper" (six) or "fine" (seven, swings told apart).
        split: "official" or "video".
        labels, pitches, speed: whether the other truths are kept, for heads of their own.

    Raises:
        SettingsError: a value is out of its range.
    """

    rate: float = 4.0
    words: str = "masked"
    window: tuple[float, ...] = (5.0, 15.0, 2.0, 8.0)
    classes: str = "paper"
    split: str = "official"
    labels: bool = False
    pitches: bool = False
    speed: bool = False

    def __post_init__(self) -> None:
        check("rate", self.rate, 0.05, 60)
        choice("way of choosing words", self.words, WORDS)
        check("the number of values of a window", len(self.window), 4, 4)
        WordWindow(*self.window)
        choice("set of classes", self.classes, CLASSES)
        choice("split", self.split, SPLITS)


@dataclass
class ClipData:
    """Samples of all parts.

    Attributes:
        parts: "train", "valid" and "test".
        kinds: names of the classes; labels, pitches: of the other heads, empty where not wanted.
        speed_mean, speed_std: of the training clips, in miles an hour.
        notes: what was left out and why.
    """

    parts: dict[str, list[Sample]]
    kinds: tuple[str, ...]
    labels: tuple[str, ...] = ()
    pitches: tuple[str, ...] = ()
    speed_mean: float = 0.0
    speed_std: float = 1.0
    notes: list[str] = field(default_factory=list)


def prepare_clips(
    data: MlbYouTube,
    videos: Path | str | None,
    how: DataSettings,
    vision: VisionEncoder | None,
    text: TextEncoder | None,
    store: FeatureStore,
    progress: Progress = silent,
) -> ClipData:
    """Samples of every clip that can be had.

    Args:
        data: what `read_mlb_youtube` gave.
        videos: the folder of videos or cut clips; None for words alone.
        how: the settings.
        vision, text: the encoders; None leaves that modality out.
        store: where features are kept.
        progress: told of clips encoded.

    Raises:
        InputError: no clip is left.
    """
    result = ClipData({"train": [], "valid": [], "test": []}, CLASSES[how.classes])
    split = (official_split if how.split == "official" else video_split)(data)
    frames, clips = _frames(data.clips, videos, how, vision, store, progress, result.notes)
    if not clips:
        raise InputError(
            f"none of {len(data.clips)} clips can be used ({'; '.join(result.notes)[:300]})",
            "Name the folder of the videos",
        )
    words = _words(clips, data, how, text, store)
    training = [clip for clip in clips if split.part_of[clip.name] == "train"]
    if how.labels:
        result.labels = ACTIONS
    if how.pitches:
        result.pitches = tuple(sorted({clip.pitch for clip in training if clip.pitch}))
    speeds = [clip.speed for clip in training if clip.speed is not None]
    if how.speed and len(speeds) > 1:
        result.speed_mean, result.speed_std = float(np.mean(speeds)), max(1e-6, float(np.std(speeds)))
    for clip in clips:
        sample = _sample(clip, frames[clip.name], words[clip.name], how, result)
        result.parts[split.part_of[clip.name]].append(sample)
    result.notes += missing_classes(result)
    return result


def missing_classes(data: ClipData) -> list[str]:
    """A note for every class without a training clip: it can never be answered rightly."""
    seen = {sample.kind for sample in data.parts["train"]}
    lacking = [name for number, name in enumerate(data.kinds) if number not in seen]
    return [f"no training clip shows: {', '.join(lacking)}"] if lacking else []


def _frames(
    clips: Sequence[Clip],
    videos: Path | str | None,
    how: DataSettings,
    vision: VisionEncoder | None,
    store: FeatureStore,
    progress: Progress,
    notes: list[str],
) -> tuple[dict[str, NDArray[np.float32]], list[Clip]]:
    if videos is None or vision is None:
        return {clip.name: np.empty((0, 1), np.float32) for clip in clips}, list(clips)
    sources = find_sources(clips, videos)
    notes += sources.notes()
    spans = {s.clip.name: Span(s.path, s.start, s.end) for s in sources.found}
    done = encode_spans(list(spans.values()), vision, store, how.rate, progress)
    notes += [f"{span} was skipped: {why}" for span, why in done.failed]
    found: dict[str, NDArray[np.float32]] = {}
    for source in sources.found:
        key = done.keys.get(spans[source.clip.name])
        kept = store.array(key) if key is not None else None
        if kept is not None:
            found[source.clip.name] = kept
    return found, [clip for clip in clips if clip.name in found]


def _words(
    clips: Sequence[Clip], data: MlbYouTube, how: DataSettings, text: TextEncoder | None, store: FeatureStore
) -> dict[str, tuple[NDArray[np.float32], NDArray[np.float32]]]:
    """Each clip's vectors of words, and their weights."""
    if text is None or how.words == "none":
        nothing = np.empty((0, 1 if text is None else text.width), np.float32), np.empty(0, np.float32)
        return {clip.name: nothing for clip in clips}
    said = {video: clean(transcript) for video, transcript in data.captions.items()}
    pieces: dict[str, list[tuple[str, float]]] = {}
    for clip in clips:
        captions = said.get(clip.video, ())
        if how.words.startswith("weighted"):
            if how.words == "weighted-all":
                captions = tuple(replace(caption, kind="speech") for caption in captions)
            pieces[clip.name] = phrases(weighted_words(clip, captions, WordWindow(*how.window)))
        else:
            whole = align(clip, captions, usable=_USABLE[how.words]).text
            pieces[clip.name] = [(piece, 1.0) for piece in text.pieces(whole)]
    vectors = encode_texts((piece for each in pieces.values() for piece, _ in each), text, store)
    found = {}
    for name, each in pieces.items():
        rows = [(row, weight) for piece, weight in each for row in vectors[piece]]
        values = np.array([row for row, _ in rows], np.float32).reshape(len(rows), text.width)
        found[name] = values, np.array([weight for _, weight in rows], np.float32)
    return found


def phrases(words: Sequence[tuple[str, float]], length: int = 6) -> list[tuple[str, float]]:
    """Weighted words as phrases that overlap by half, each with its words' mean weight.

    >>> phrases([("low", 0.5), ("and", 0.5), ("away", 1.0)], 2)
    [('low and', 0.5), ('and away', 0.75)]
    """
    step = max(1, length // 2)
    found = []
    for first in range(0, max(1, len(words) - step), step):
        some = words[first : first + length]
        if some:
            found.append((" ".join(word for word, _ in some), sum(weight for _, weight in some) / len(some)))
    return found


def _sample(
    clip: Clip,
    video: NDArray[np.float32],
    words: tuple[NDArray[np.float32], NDArray[np.float32]],
    how: DataSettings,
    data: ClipData,
) -> Sample:
    name = clip.paper_class if how.classes == "paper" else clip.fine_class
    known = how.speed and clip.speed is not None
    return Sample(
        name=clip.name,
        video=video,
        words=words[0],
        weights=words[1],
        kind=data.kinds.index(name) if name in data.kinds else -1,
        labels=multi_hot([clip.labels])[0] if how.labels else np.empty(0, np.float32),
        pitch=data.pitches.index(clip.pitch) if clip.pitch in data.pitches else -1,
        speed=((clip.speed or 0.0) - data.speed_mean) / data.speed_std if known else float("nan"),
    )
