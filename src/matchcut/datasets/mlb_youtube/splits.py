"""Who trains and who is tested: the official split, a split by video, and what leaks between parts.

All 20 videos stand in both parts of the official split, so a model may learn a stadium or an announcer by
heart; the split by video keeps whole videos apart. Both have a validation part that comes out of the training
part.
"""

from __future__ import annotations

import hashlib
import itertools
import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from matchcut.datasets.mlb_youtube.clips import Clip, MlbYouTube, Stretch
from matchcut.errors import InputError

Part = Literal["train", "valid", "test"]
PARTS: tuple[Part, ...] = ("train", "valid", "test")

_MOST_COMBINATIONS = 50_000


@dataclass(frozen=True)
class Split:
    """Which part each clip is in.

    Attributes:
        name: "official" or "video".
        part_of: the part of each clip, by its name.
    """

    name: str
    part_of: Mapping[str, Part]

    def clips(self, clips: Iterable[Clip], part: Part) -> tuple[Clip, ...]:
        """The clips of one part, in their order."""
        return tuple(clip for clip in clips if self.part_of.get(clip.name) == part)


def official_split(data: MlbYouTube, valid_share: float = 0.15) -> Split:
    """The subsets of the data set; validation is drawn out of training by the clips' names.

    A clip of training is for validation where the SHA-256 of its name, read as a number, is in the lowest
    ``valid_share`` of all: the same in every run, whatever else is there. Clips that share some time with
    each other go by the name of the first, so that validation does not show training's pictures.

    Negatives carry no subset: each goes with the clip of its video that is nearest in time (of equally near
    ones, the earlier).
    """
    part_of: dict[str, Part] = {}
    for group in _touching(data.clips):
        leader = min(group, key=lambda clip: (clip.start, clip.name))
        for clip in group:
            if clip.subset == "testing":
                part_of[clip.name] = "test"
            else:
                part_of[clip.name] = "valid" if _hash_share(leader.name) < valid_share else "train"
    return Split("official", part_of | _negatives(data, part_of))


def video_split(data: MlbYouTube, test_videos: int | None = None, valid_videos: int | None = None) -> Split:
    """Whole videos for training, validation and test (about 65, 15 and 20 % of them).

    The test videos are those, of all choices of so many, in which the share of every label set and of the
    clips of captioned videos is nearest to the test videos' share of all (least squared error, each weighed
    by 1 / count); then the validation videos likewise out of the rest. Of equal choices the first in the
    order of names.

    Raises:
        InputError: there are too few videos.
    """
    videos = sorted({clip.video for clip in data.clips})
    tested = max(1, round(0.2 * len(videos))) if test_videos is None else test_videos
    checked = max(1, round(0.15 * len(videos))) if valid_videos is None else valid_videos
    if min(tested, checked) < 1 or tested + checked >= len(videos):
        raise InputError(
            f"{len(videos)} videos are too few for {tested} to test, {checked} to validate and some to train",
            "Use the official split, or name fewer",
        )
    counts = _counts(data, videos)
    test = _balanced(videos, counts, tested)
    rest = [video for video in videos if video not in test]
    valid = _balanced(rest, counts, checked)
    side: dict[str, Part] = {v: "test" if v in test else "valid" if v in valid else "train" for v in videos}
    clips = (*data.clips, *data.negatives)
    return Split("video", {clip.name: side.get(clip.video, "train") for clip in clips})


def _counts(data: MlbYouTube, videos: Sequence[str]) -> dict[str, NDArray[np.float64]]:
    kinds = sorted({clip.labels for clip in data.clips})
    counts = {}
    for video in videos:
        own = Counter(clip.labels for clip in data.clips if clip.video == video)
        captioned = len(data.captions.get(video, ())) > 0
        row = [own[kind] for kind in kinds]
        counts[video] = np.array([*row, sum(row) * captioned, sum(row)], dtype=np.float64)
    return counts


def _balanced(videos: Sequence[str], counts: Mapping[str, NDArray[np.float64]], size: int) -> tuple[str, ...]:
    table = np.array([counts[video] for video in videos])
    wanted = table.sum(0) * size / len(videos)
    weight = 1 / np.maximum(wanted, 1)

    def error(chosen: Sequence[int]) -> float:
        return float((((table[list(chosen)].sum(0) - wanted) ** 2) * weight).sum())

    if math.comb(len(videos), size) <= _MOST_COMBINATIONS:
        best = min(itertools.combinations(range(len(videos)), size), key=error)
        return tuple(videos[i] for i in best)
    chosen: list[int] = []
    for _ in range(size):  # too many choices: one after the other
        free = [i for i in range(len(videos)) if i not in chosen]
        share = (len(chosen) + 1) / size
        chosen.append(
            min(free, key=lambda i: float(((table[[*chosen, i]].sum(0) - share * wanted) ** 2 * weight).sum()))
        )
    return tuple(videos[i] for i in sorted(chosen))


def _negatives(data: MlbYouTube, part_of: Mapping[str, Part]) -> dict[str, Part]:
    by_video: dict[str, list[Clip]] = defaultdict(list)
    for clip in sorted(data.clips, key=lambda clip: (clip.start, clip.name)):
        by_video[clip.video].append(clip)
    found: dict[str, Part] = {}
    for negative in data.negatives:
        near = by_video.get(negative.video)
        if near:
            closest = min(near, key=lambda clip: max(clip.start - negative.end, negative.start - clip.end, 0))
            found[negative.name] = part_of[closest.name]
        else:
            found[negative.name] = "train"
    return found


def _hash_share(name: str) -> float:
    return int.from_bytes(hashlib.sha256(name.encode()).digest()[:8]) / 2**64


def _touching(clips: Iterable[Clip]) -> list[list[Clip]]:
    """Clips in groups: those of a video that share some time are together."""
    groups: list[list[Clip]] = []
    reach = -math.inf
    for clip in sorted(clips, key=lambda clip: (clip.video, clip.start)):
        if groups and groups[-1][-1].video == clip.video and clip.start < reach:
            groups[-1].append(clip)
            reach = max(reach, clip.end)
        else:
            groups.append([clip])
            reach = clip.end
    return groups


@dataclass(frozen=True, slots=True)
class Leak:
    """How much of the test's time training has seen.

    Attributes:
        test_s: seconds of video in the test part (each second once).
        shared_s: of these, seconds that lie in training or validation too.
        touched: test entries that share any time with those.
        entries: test entries.
    """

    test_s: float
    shared_s: float
    touched: int
    entries: int

    @property
    def share(self) -> float:
        """The share of the test's time that leaks, in [0, 1]; 0 without a test."""
        return self.shared_s / self.test_s if self.test_s else 0.0


def leak(test: Iterable[Clip | Stretch], training: Iterable[Clip | Stretch]) -> Leak:
    """The time that two sets of clips share, video by video.

    >>> leak([Clip("a", "v", 0, 10)], [Clip("b", "v", 6, 8), Clip("c", "v", 7, 12), Clip("d", "w", 0, 9)])
    Leak(test_s=10.0, shared_s=4.0, touched=1, entries=1)
    """
    tested, seen = list(test), list(training)
    mine, theirs = _union(tested), _union(seen)
    shared = {
        video: [
            (max(a, c), min(b, d)) for a, b in spans for c, d in theirs.get(video, []) if max(a, c) < min(b, d)
        ]
        for video, spans in mine.items()
    }
    touched = sum(
        any(a < entry.end and b > entry.start for a, b in theirs.get(entry.video, [])) for entry in tested
    )
    return Leak(_length(mine), _length(shared), touched, len(tested))


def _union(entries: Iterable[Clip | Stretch]) -> dict[str, list[tuple[float, float]]]:
    found: dict[str, list[tuple[float, float]]] = {}
    for entry in sorted(entries, key=lambda entry: entry.start):
        spans = found.setdefault(entry.video, [])
        if spans and entry.start <= spans[-1][1]:
            spans[-1] = (spans[-1][0], max(spans[-1][1], entry.end))
        else:
            spans.append((entry.start, entry.end))
    return found


def _length(spans: Mapping[str, list[tuple[float, float]]]) -> float:
    return float(sum(b - a for own in spans.values() for a, b in own))
