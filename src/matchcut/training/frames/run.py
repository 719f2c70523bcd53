"""A dual encoder fine-tuned on frames, or a linear probe on its vectors: from data to networks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from matchcut.encoders.dual import Dual
from matchcut.errors import InputError
from matchcut.models.dual import LearningSettings, set_learning
from matchcut.progress import Progress, silent
from matchcut.training import state
from matchcut.training.frames.augment import FreshAugmentation
from matchcut.training.frames.samples import FrameData, FrameSample, Pictures
from matchcut.training.frames.task import FrameTask, FrameTraining, ProbeTask, image_vectors
from matchcut.training.loop import Loop, seed_of
from matchcut.training.settings import LoopSettings

PAPER = LoopSettings(epochs=10, batch=8, learning_rate=1e-5, schedule="cosine", patience=0, clip_norm=0.0)
"""The seed paper's training. Which schedule it had is not said; here the rate rises, then falls as a cosine."""

PROBE = LoopSettings(
    epochs=100, batch=256, learning_rate=3e-2, schedule="cosine", patience=0, weight_decay=1e-4
)
"""How a linear probe is trained on stored vectors: seconds."""

PROBE_FILE = "probe.safetensors"


@dataclass(frozen=True)
class FineTuned:
    """What a fine-tuning gave.

    Attributes:
        dual: the best network by its loss on the validation part, in evaluation mode.
        rows: the log, a row an epoch.
        pictures_s: training pictures a second over the epochs of this run, validation included; None where
            nothing was left to train.
        device: where it was trained.
    """

    dual: Dual
    rows: tuple[dict[str, float], ...]
    pictures_s: float | None
    device: str


def fine_tune(
    dual: Dual,
    data: FrameData,
    pictures: Pictures,
    folder: Path | str,
    *,
    how: FrameTraining | None = None,
    learning: LearningSettings | None = None,
    loop: LoopSettings = PAPER,
    fresh: FreshAugmentation | None = None,
    record: Mapping[str, Any] | None = None,
    device: str = "auto",
    progress: Progress = silent,
) -> FineTuned:
    """Trains on ``data.parts["train"]``; chosen by ``"valid"``.

    Args:
        dual: what is begun with; its network is changed.
        data: pictures and prompts.
        pictures: as the network sees them.
        folder: of the training; one that was interrupted goes on.
        how: loss and prompts.
        learning: what of the network learns.
        loop: optimizer, rate, schedule, epochs; its batch and seed count.
        fresh: how pictures are varied, anew in each epoch.
        record: what else decided the training pictures (copies made ahead).
        device: "auto", "cpu", "cuda" …
        progress: told of steps.

    Raises:
        InputError: there is nothing to learn from, all of it has one label, or the folder holds another
            network's training.
        SettingsError: the folder holds a training with other settings.
        TrainingError: the loss is no longer a number.
    """
    data.check_training()
    learning = learning or LearningSettings()
    how = replace(how or FrameTraining(), seed=loop.seed, batch=loop.batch)
    torch.manual_seed(seed_of(loop.seed, 1))
    set_learning(dual.net, learning)
    task = FrameTask(dual, data, pictures, how, learning, fresh, record)
    running = Loop(task, loop, folder, device)
    before = len(running.place.rows)
    net: Any = running.run(progress)
    rows = tuple(running.place.rows)
    seconds = sum(row["seconds"] for row in rows[before:])
    seen = task.seen * (len(rows) - before)
    kept = replace(dual, net=net.to("cpu").eval())
    return FineTuned(kept, rows, round(seen / seconds, 1) if seconds else None, str(running.where.device))


@dataclass(frozen=True, eq=False)
class Probe:
    """A linear classifier on a dual encoder's image vectors.

    Attributes:
        kinds: the labels.
        weight: (labels, D).
        bias: (labels,).
    """

    kinds: tuple[str, ...]
    weight: NDArray[np.float32]
    bias: NDArray[np.float32]

    def scores(self, vectors: NDArray[np.float32]) -> NDArray[np.float32]:
        """Logits (N, labels) of image vectors of length one, (N, D)."""
        found: NDArray[np.float32] = vectors @ self.weight.T + self.bias
        return found

    def save(self, folder: Path | str) -> Path:
        """Writes the probe beside the encoder that it belongs to."""
        tensors = {"weight": torch.from_numpy(self.weight), "bias": torch.from_numpy(self.bias)}
        state.save_tensors(Path(folder) / PROBE_FILE, tensors, {"version": 1, "kinds": list(self.kinds)})
        return Path(folder) / PROBE_FILE


def load_probe(folder: Path | str) -> Probe | None:
    """A model folder's probe; None where it has none.

    Raises:
        InputError: it is damaged.
    """
    path = Path(folder) / PROBE_FILE
    if not path.exists():
        return None
    tensors, head = state.load_tensors(path)
    try:
        kinds, weight, bias = tuple(head["kinds"]), tensors["weight"].numpy(), tensors["bias"].numpy()
    except (KeyError, TypeError) as error:
        raise InputError(f"{path}: is no linear probe ({error})", "Train it again") from error
    return Probe(kinds, weight, bias)


def train_probe(
    dual: Dual,
    data: FrameData,
    pictures: Pictures,
    folder: Path | str,
    *,
    loop: LoopSettings = PROBE,
    device: str = "auto",
    progress: Progress = silent,
) -> Probe:
    """A linear classifier on the vectors of the training pictures; the encoder stays as it is.

    The vectors are standardised for training; the probe that is returned takes them as they are.

    Raises:
        InputError: there is nothing to learn from, or all of it has one label.
    """
    data.check_training()
    net = dual.net.eval()

    def of(samples: Sequence[FrameSample]) -> tuple[Tensor, NDArray[np.int64]]:
        return image_vectors(net, pictures, samples), np.array([s.kind for s in samples], np.int64)

    (x, kinds), (other, others) = of(data.parts["train"]), of(data.parts["valid"])
    mean, std = x.mean(0), x.std(0, correction=0).clamp(min=1e-6)
    layer = nn.Linear(x.shape[1], len(data.kinds))
    nn.init.zeros_(layer.weight)
    nn.init.zeros_(layer.bias)
    task = ProbeTask(layer, ((x - mean) / std, kinds), ((other - mean) / std, others), loop.seed, loop.batch)
    found: Any = Loop(task, loop, folder, device).run(progress).to("cpu")
    weight = found.weight.detach() / std
    bias = found.bias.detach() - weight @ mean
    return Probe(data.kinds, weight.numpy(), bias.numpy())
