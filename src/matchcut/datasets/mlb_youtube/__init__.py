"""MLB-YouTube: clips of baseball broadcasts with their actions and the announcers' captions."""

from matchcut.datasets.mlb_youtube.clips import Action, Clip, MlbYouTube, Stretch
from matchcut.datasets.mlb_youtube.labels import (
    ACTIONS,
    FINE_CLASSES,
    PAPER_CLASSES,
    fine_class,
    multi_hot,
    paper_class,
)
from matchcut.datasets.mlb_youtube.manifests import read_mlb_youtube
from matchcut.datasets.mlb_youtube.sources import ClipSource, Skipped, Sources, find_sources
from matchcut.datasets.mlb_youtube.splits import (
    PARTS,
    Leak,
    Part,
    Split,
    leak,
    official_split,
    video_split,
)
from matchcut.datasets.mlb_youtube.table import clip_table
from matchcut.datasets.mlb_youtube.words import (
    Caption,
    Match,
    WordWindow,
    align,
    clean,
    weighted_words,
)

__all__ = [
    "ACTIONS",
    "FINE_CLASSES",
    "PAPER_CLASSES",
    "PARTS",
    "Action",
    "Caption",
    "Clip",
    "ClipSource",
    "Leak",
    "Match",
    "MlbYouTube",
    "Part",
    "Skipped",
    "Sources",
    "Split",
    "Stretch",
    "WordWindow",
    "align",
    "clean",
    "clip_table",
    "find_sources",
    "fine_class",
    "leak",
    "multi_hot",
    "official_split",
    "paper_class",
    "read_mlb_youtube",
    "video_split",
    "weighted_words",
]
