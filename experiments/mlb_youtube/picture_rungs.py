"""The ladder's baselines that learn from pictures themselves: C3D and a small VideoMAE, both from scratch."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from matchcut.datasets.mlb_youtube import Clip, find_sources
from matchcut.encoders.pictures import PictureSettings
from matchcut.encoders.spans import Span, keep_pictures
from matchcut.encoders.store import FeatureStore
from matchcut.models.c3d import C3D, C3DSettings
from matchcut.models.pictures import VideoMae
from matchcut.training.clips.pictures import PictureTask, PictureTraining, stored_pictures
from matchcut.training.clips.prepare import ClipData
from matchcut.training.clips.task import ClipTraining
from matchcut.training.loop import Loop, seed_of
from matchcut.training.settings import LoopSettings

FRAMES, SIZE, RATE = 16, 16, 2.5
"""Pictures of a clip, their side, and how many a second are kept: small, for the CPU."""

LOOK = PictureSettings(SIZE, SIZE, None, 4, (0.5, 0.5, 0.5), (0.25, 0.25, 0.25))
VARIED = {"c3d": {}, "c3d-varied": {"colour": 0.3, "crop": 0.15}, "videomae": {}}


def network(name: str, classes: int) -> torch.nn.Module:
    """C3D at a tenth of its width, or VideoMAE's architecture with 4 layers of 64."""
    if name.startswith("c3d"):
        return C3D(C3DSettings(FRAMES, SIZE, width=8, dense=128, dropout=0.3, classes=classes))
    from transformers import VideoMAEConfig, VideoMAEModel

    small: dict[str, Any] = {
        "image_size": SIZE, "patch_size": 4, "num_frames": FRAMES, "hidden_size": 64, "num_hidden_layers": 4,
        "num_attention_heads": 4, "intermediate_size": 128, "tubelet_size": 2,
    }  # fmt: skip
    return VideoMae(VideoMAEModel(VideoMAEConfig(**small)), classes)


def run_pictures(
    name: str,
    data: ClipData,
    clips: Sequence[Clip],
    videos: Path,
    store: FeatureStore,
    loop: LoopSettings,
    folder: Path,
    device: str = "auto",
) -> NDArray[np.float32]:
    """Trains one of `VARIED` and gives its probabilities on the test part, (N, classes)."""
    spans = {s.clip.name: Span(s.path, s.start, s.end) for s in find_sources(clips, videos).found}
    done = keep_pictures(list(spans.values()), LOOK, store, RATE)
    read = stored_pictures(store, {name: done.keys[span] for name, span in spans.items() if span in done.keys})
    held = {s.name: read(s.name) for part in data.parts.values() for s in part}
    torch.manual_seed(seed_of(loop.seed, 1))
    task = PictureTask(
        network(name, len(data.kinds)), data.parts["train"], data.parts["valid"], held.__getitem__, LOOK,
        replace(ClipTraining(), seed=loop.seed, batch=loop.batch), PictureTraining(FRAMES, **VARIED[name]),
        len(data.kinds),
    )  # fmt: skip
    trained = Loop(task, loop, folder, device)
    net = trained.run()
    said: NDArray[np.float32] = task.answer(net, data.parts["test"], trained.where.device).softmax(-1).numpy()
    return said
