"""One training of a clip classifier, from samples to the best network."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from matchcut.errors import InputError
from matchcut.models.fusion import FusionNet, FusionSettings
from matchcut.progress import Progress, silent
from matchcut.training.clips.prepare import ClipData
from matchcut.training.clips.samples import Sample, collate
from matchcut.training.clips.task import ClipTask, ClipTraining, PairTask
from matchcut.training.loop import Loop, seed_of
from matchcut.training.settings import LoopSettings


def fitted(network: FusionSettings, data: ClipData) -> FusionSettings:
    """The network's settings with the widths and answers that the data have."""
    every = [sample for part in data.parts.values() for sample in part]
    return replace(
        network,
        video_width=max(1, *(sample.video.shape[1] for sample in every)),
        words_width=max(1, *(sample.words.shape[1] for sample in every)),
        classes=len(data.kinds),
        labels=len(data.labels),
        pitches=len(data.pitches),
        speed=any(np.isfinite(sample.speed) for sample in every),
    )


def train_clips(
    data: ClipData,
    network: FusionSettings,
    clips: ClipTraining,
    loop: LoopSettings,
    folder: Path | str,
    *,
    pretraining: int = 0,
    device: str = "auto",
    progress: Progress = silent,
) -> FusionNet:
    """Trains on ``data.parts["train"]`` and returns the network that was best on ``"valid"``.

    Args:
        data: see `prepare_clips`.
        network: widths and answers are taken from the data.
        clips: drawing and varying; seed and batch are the loop's.
        loop: the loop's settings.
        folder: a training that was interrupted goes on from what is in it.
        pretraining: epochs of contrastive pretraining between pictures and words before classification.
        device: "auto", "cpu", "cuda" …
        progress: told of steps.

    Raises:
        InputError: there is nothing to train on, or the folder holds another network's training.
        SettingsError: the folder holds a training with other settings.
        TrainingError: the loss is no longer a number.
    """
    train, valid = data.parts["train"], data.parts["valid"]
    if not train:
        raise InputError("there is no training clip", "Give clips of the training split, and their videos")
    how = replace(clips, seed=loop.seed, batch=loop.batch)
    torch.manual_seed(seed_of(loop.seed, 1))
    net = FusionNet(fitted(network, data))
    if pretraining:
        before = replace(loop, epochs=pretraining, patience=0, choose="validation_loss")
        Loop(PairTask(net, train, valid, how), before, Path(folder) / "pretraining", device).run(progress)
        net.to("cpu")
    Loop(ClipTask(net, train, valid, how), loop, folder, device).run(progress)
    return net.eval()


def answers(
    net: FusionNet, samples: Sequence[Sample], batch: int = 256, device: str = "cpu"
) -> dict[str, NDArray[np.float32]]:
    """What the network says of clips, as probabilities (speeds in standard deviations), by head."""
    found: dict[str, list[NDArray[np.float32]]] = {}
    net = net.to(device).eval()
    with torch.inference_mode():
        for at in range(0, len(samples), batch):
            clips, _ = collate(samples[at : at + batch], net.how.labels, device)
            said = net(clips)
            given = {
                "classes": None if said.classes is None else said.classes.softmax(-1),
                "labels": None if said.labels is None else said.labels.sigmoid(),
                "pitches": None if said.pitches is None else said.pitches.softmax(-1),
                "speed": said.speed,
            }
            for name, value in given.items():
                if value is not None:
                    found.setdefault(name, []).append(value.float().cpu().numpy())
    return {name: np.concatenate(parts) for name, parts in found.items()}
