"""Practice baseball clips: generated videos and manifests in exactly MLB-YouTube's shape.

They are synthetic: coloured squares, and sentences out of a list. What is measured on them says that the parts
work together (that order in time is used, that words and pictures are joined), and nothing about real baseball.
"""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np

from matchcut import files
from matchcut.datasets.practice_clip_pictures import LABEL_SETS, Image, clip_pictures
from matchcut.datasets.practice_clip_words import foreign_text, said_of, window_text
from matchcut.errors import SettingsError
from matchcut.progress import Progress, silent

CLIP_S, NEGATIVE_S, WINDOW_S = 7.0, 5, 30
"""Seconds of a clip, of a negative and of a caption, as in MLB-YouTube."""

_SHARES = np.array([0.24, 0.19, 0.19, 0.19, 0.11, 0.04, 0.04])
_PITCHES = {"fastball": 93.0, "slider": 84.0, "curveball": 78.0, "changeup": 85.0}
_ALPHABET = tuple("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789")
_TAIL = "more baseball to come from the practice field"


@dataclass(frozen=True, slots=True)
class PracticeClipSettings:
    """How practice clips are made. Shares are in [0, 1].

    Attributes:
        videos: how many full-length videos.
        clips: how many clips each has.
        size: the side of the square picture in pixels, a multiple of 16.
        frame_rate: frames a second inside a clip (between clips there is one a second).
        gap_s: seconds between clips; the larger, the fewer clips share a caption of 30 s.
        test_share: the share of the clips that are the test subset, in every video, as in MLB-YouTube.
        hidden: the share of clips in which the camera shows the crowd: the picture tells nothing.
        wrong: the share of clips of which the announcers say something else.
        missing: the share of captions that are not there.
        empty: the share that hold nothing but the words that trail every caption of their video.
        foreign: the share in another language, which names actions at random.

    Raises:
        SettingsError: a value is out of its range.
    """

    videos: int = 12
    clips: int = 80
    size: int = 64
    frame_rate: int = 8
    gap_s: float = 14.0
    test_share: float = 0.2
    hidden: float = 0.25
    wrong: float = 0.15
    missing: float = 0.06
    empty: float = 0.06
    foreign: float = 0.3

    def __post_init__(self) -> None:
        for name in ("videos", "clips", "frame_rate"):
            if getattr(self, name) < 1:
                raise SettingsError(f"{name} is at least 1, not {getattr(self, name)}", "Choose more")
        if self.size < 16 or self.size % 16:
            raise SettingsError(f"the size is a multiple of 16, not {self.size}", "Choose 64")
        if not (math.isfinite(self.gap_s) and self.gap_s >= 8):
            raise SettingsError(f"the gap is at least 8 s, not {self.gap_s}", "Choose more")
        for name in ("test_share", "hidden", "wrong", "missing", "empty", "foreign"):
            if not 0 <= getattr(self, name) <= 1:
                raise SettingsError(f"{name} is a share from 0 to 1, not {getattr(self, name)}", "Correct it")
        if self.missing + self.empty + self.foreign > 1:
            raise SettingsError("missing, empty and foreign captions are more than all", "Lower them")


@dataclass(frozen=True, slots=True)
class _Pitch:
    name: str
    start: float
    kind: int
    hidden: bool
    sentence: str


def write_practice_clips(
    folder: Path | str,
    settings: PracticeClipSettings | None = None,
    seed: int = 0,
    progress: Progress = silent,
) -> Path:
    """Writes practice clips: four manifests, ``videos/ID.mp4`` and ``practice.json``, which says what they are.

    The same settings and seed give the same manifests and pictures.

    Args:
        folder: made if needed; files of these names in it are replaced.
        settings: rates of noise, sizes; the defaults if None.
        seed: decides everything that is random.
        progress: told the videos done.

    Returns:
        The folder, for `mlb_youtube.read_mlb_youtube`.

    Raises:
        SettingsError: the seed is negative.
        OutputError: something cannot be written.
    """
    chosen, target = settings or PracticeClipSettings(), Path(folder)
    if seed < 0:
        raise SettingsError(f"a seed is zero or more, not {seed}", "Choose another")
    manifests: dict[str, dict[str, Any]] = {
        name: {} for name in ("segmented", "negative", "continuous", "captions")
    }
    for number in range(chosen.videos):
        rng = np.random.default_rng([seed, number])
        video = f"practice-{number:02d}"
        pitches = _pitches(chosen, rng)
        manifests["segmented"] |= {p.name: _segment(p, video, chosen, rng) for p in pitches}
        manifests["negative"] |= {
            _name(rng, 7): {"interval": _between(p, chosen), "ytid": video} for p in pitches[::2]
        }
        manifests["continuous"] |= _continuous(pitches, video, chosen, rng)
        manifests["captions"][video] = _captions(pitches, chosen, rng)
        _write_video(target / "videos" / f"{video}.mp4", pitches, chosen, rng)
        progress(number + 1, chosen.videos)
    for name, manifest in manifests.items():
        files.write_json(target / f"mlb-youtube-{name}.json", manifest, indent=None)
    files.write_json(target / "practice.json", {"synthetic": True, "seed": seed, "settings": asdict(chosen)})
    return target


def _name(rng: np.random.Generator, length: int) -> str:
    return "".join(rng.choice(_ALPHABET, length))


def _pitches(settings: PracticeClipSettings, rng: np.random.Generator) -> list[_Pitch]:
    pitches, start = [], 4.0 + rng.uniform(0, 4)
    for _ in range(settings.clips):
        kind = int(rng.choice(len(LABEL_SETS), p=_SHARES / _SHARES.sum()))
        told = int(rng.choice(len(LABEL_SETS))) if rng.random() < settings.wrong else kind
        hidden = bool(rng.random() < settings.hidden)
        pitches.append(_Pitch(_name(rng, 12), start, kind, hidden, said_of(told, rng)))
        start += CLIP_S + settings.gap_s + rng.uniform(-0.1, 0.1) * settings.gap_s
    return pitches


def _segment(
    pitch: _Pitch, video: str, settings: PracticeClipSettings, rng: np.random.Generator
) -> dict[str, Any]:
    thrown = str(rng.choice(list(_PITCHES)))
    return {
        "subset": "testing" if rng.random() < settings.test_share else "training",
        "end": pitch.start + CLIP_S,
        "url": f"https://www.youtube.com/watch?v={video}",
        "type": thrown,
        "labels": list(LABEL_SETS[pitch.kind]),
        "start": pitch.start,
        "speed": round(_PITCHES[thrown] + float(rng.normal(0, 2)), 1),
    }


def _between(pitch: _Pitch, settings: PracticeClipSettings) -> list[int]:
    start = math.ceil(pitch.start + CLIP_S)
    return [start, start + NEGATIVE_S]


def _continuous(
    pitches: list[_Pitch], video: str, settings: PracticeClipSettings, rng: np.random.Generator
) -> dict[str, Any]:
    """Every five pitches in one stretch; the actions' times count from its start."""
    found = {}
    for first in range(0, len(pitches), 5):
        group = pitches[first : first + 5]
        start = group[0].start - 2.0
        found[_name(rng, 12)] = {
            "url": f"https://www.youtube.com/watch?v={video}",
            "start": start,
            "subset": "testing" if rng.random() < settings.test_share else "training",
            "end": group[-1].start + CLIP_S + 2.0,
            "annotations": [
                {"segment": [p.start - start + 2.0, p.start - start + 5.0], "label": label}
                for p in group
                for label in LABEL_SETS[p.kind]
            ],
        }
    return found


def _captions(
    pitches: list[_Pitch], settings: PracticeClipSettings, rng: np.random.Generator
) -> list[dict[str, Any]]:
    """Windows of 30 s; what is said of a pitch is said in its last second or the three after."""
    said = [(p.start + CLIP_S - 1.0 + rng.uniform(0, 4), p.sentence) for p in pitches]
    end = pitches[-1].start + CLIP_S + 10
    captions = []
    for start in range(0, math.ceil(end), WINDOW_S):
        state = rng.random()
        here = [(time - start, text) for time, text in said if start <= time < start + WINDOW_S]
        if state < settings.missing:
            continue
        if state < settings.missing + settings.empty:
            text = ""
        elif state < settings.missing + settings.empty + settings.foreign:
            text = foreign_text(60, rng)
        else:
            text = window_text(here, WINDOW_S, 2.2, rng)
        captions.append({"start": start, "end": start + WINDOW_S, "caption": f"{text} {_TAIL} ".lstrip()})
    return captions


def _write_video(
    path: Path, pitches: list[_Pitch], settings: PracticeClipSettings, rng: np.random.Generator
) -> None:
    import av
    from av.video.reformatter import VideoReformatter

    base, size = Fraction(1, 1000), settings.size
    scaler = VideoReformatter()
    with (
        files.replacing(path) as temporary,
        av.open(f"file:{temporary}", "w", options={"movflags": "faststart"}) as out,
    ):
        stream = out.add_stream("libx264", rate=settings.frame_rate)
        stream.width, stream.height, stream.pix_fmt = size, size, "yuv420p"
        stream.codec_context.time_base = base
        stream.options = {
            "preset": "ultrafast", "crf": "20", "g": "64", "threads": "1", "forced-idr": "1"
        }  # fmt: skip

        def show(image: Image, time: float, key: bool) -> None:
            frame = scaler.reformat(av.VideoFrame.from_ndarray(image, format="rgb24"), format="yuv420p")
            frame.pts, frame.time_base = round(time * 1000), base
            frame.pict_type = 1 if key else 0  # a key frame where a clip begins, to be found at once
            out.mux(stream.encode(frame))

        grey, now = np.full((size, size, 3), 96, np.uint8), 0.0
        for pitch in pitches:
            while now < pitch.start - 0.02:
                show(grey, now, key=False)
                now += 1.0
            times = np.arange(round(CLIP_S * settings.frame_rate)) / settings.frame_rate
            kind = None if pitch.hidden else pitch.kind
            for time, image in zip(times, clip_pictures(kind, times, size, rng), strict=True):
                show(image, pitch.start + float(time), key=time == 0)
            now = pitch.start + CLIP_S
        for _ in range(12):
            show(grey, now, key=False)
            now += 1.0
        out.mux(stream.encode(None))
