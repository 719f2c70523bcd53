"""All clips as one pandas table."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from matchcut.datasets.mlb_youtube.clips import Clip, MlbYouTube
from matchcut.datasets.mlb_youtube.labels import ACTIONS
from matchcut.datasets.mlb_youtube.splits import official_split, video_split
from matchcut.datasets.mlb_youtube.words import align, clean
from matchcut.errors import InputError, RequiresExtra

if TYPE_CHECKING:
    import pandas as pd

COLUMNS = (
    "clip", "video", "start_s", "end_s", "subset", "official", "by_video", "label", "fine_label", "labels",
    "pitch_type", "speed_mph", "caption", "caption_kind", "caption_widened_s", "features",
)  # fmt: skip
"""The columns before the eight of 0 and 1, one an action."""


def clip_table(
    data: MlbYouTube,
    features: Path | str | Callable[[Clip], Path] | None = None,
    *,
    masked: bool = False,
    negatives: bool = False,
) -> pd.DataFrame:
    """One row a clip: caption, labels, pitch type, speed, video, times, parts and the path of its features.

    Args:
        data: what `read_mlb_youtube` gave. features: the folder of ``CLIP.safetensors``, or what gives a
        clip's path; without it the column is empty.
            A path is given whether or not the file is there yet.
        masked: leave captions in a wrong language out (and search on for a usable one).
        negatives: with the clips in which nothing happens, labelled "none".

    Raises:
        RequiresExtra: pandas is not installed.
    """
    try:
        import pandas as pd
    except ImportError as error:
        raise RequiresExtra("a table of clips", "tables") from error
    captions = {video: clean(said) for video, said in data.captions.items()}
    usable = frozenset({"speech"}) if masked else frozenset({"speech", "empty", "foreign"})
    official = official_split(data).part_of
    try:
        by_video = video_split(data).part_of
    except InputError:  # too few videos to keep any apart
        by_video = {}
    rows = []
    for clip in (*data.clips, *(data.negatives if negatives else ())):
        match = align(clip, captions.get(clip.video, ()), usable=usable)
        rows.append(
            (
                clip.name, clip.video, clip.start, clip.end, clip.subset, official[clip.name],
                by_video.get(clip.name), clip.paper_class, clip.fine_class, clip.labels,
                clip.pitch, clip.speed, match.text, match.kind, match.widened_s, _path(clip, features),
                *(int(action in clip.labels) for action in ACTIONS),
            )
        )  # fmt: skip
    return pd.DataFrame(rows, columns=[*COLUMNS, *ACTIONS])


def _path(clip: Clip, features: Path | str | Callable[[Clip], Path] | None) -> str | None:
    if features is None:
        return None
    return str(features(clip) if callable(features) else Path(features) / f"{clip.name}.safetensors")
