"""SoccerNet-v3: images of actions and of their replays, read straight from each game's zip.

A tree holds ``LEAGUE/SEASON/GAME/Frames-v3.zip`` (``7.png`` the action, ``7_1.png`` a replay of it) and
``…/Labels-v3.json``. Whole games are split.
"""

from matchcut.datasets.soccernet_frames.images import FrameImage, Skipped, SoccerNetFrames
from matchcut.datasets.soccernet_frames.labels import FRAMES, LABELS
from matchcut.datasets.soccernet_frames.pixels import rgb_pixels
from matchcut.datasets.soccernet_frames.read import CHECKS, Check, read_soccernet_frames
from matchcut.datasets.soccernet_frames.splits import (
    SPLITS_FILE,
    WAYS,
    hash_split,
    official_splits,
    read_splits,
)
from matchcut.datasets.soccernet_frames.table import count_rows, image_table

__all__ = [
    "CHECKS",
    "FRAMES",
    "LABELS",
    "SPLITS_FILE",
    "WAYS",
    "Check",
    "FrameImage",
    "Skipped",
    "SoccerNetFrames",
    "count_rows",
    "hash_split",
    "image_table",
    "official_splits",
    "read_soccernet_frames",
    "read_splits",
    "rgb_pixels",
]
