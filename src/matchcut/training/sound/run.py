"""One training of a sound encoder, from recordings to a folder that encodes; and its export to ONNX."""

from __future__ import annotations

import contextlib
import io
import logging
import time
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn

from matchcut import files
from matchcut.encoders.learnt_sound import (
    CARD,
    FILE,
    NETWORK,
    VERSION,
    WEIGHTS,
    load_sound_net,
    mel_frames,
    read_sound_settings,
)
from matchcut.encoders.series import Series, stored_series
from matchcut.encoders.store import FeatureKey, FeatureStore
from matchcut.errors import InputError
from matchcut.models.settings import to_json
from matchcut.models.sound import SoundNet
from matchcut.models.sound_settings import SoundNetSettings
from matchcut.progress import Progress, silent
from matchcut.training.commentary.export import without_notes
from matchcut.training.loop import Loop, seed_of
from matchcut.training.settings import LoopSettings
from matchcut.training.sound.task import Heard, SoundTask, SoundTraining

_OPSET = 18
_SAMPLED = 4000
"""Spectra that means and deviations are taken from."""


def mels_of(path: Path, how: SoundNetSettings, store: FeatureStore) -> Series:
    """A recording's log-mel energies, made once.

    Raises:
        InputError: the file has no sound, or cannot be read.
        OutputError: the store is full.
    """
    told = " ".join(f"{value:g}" for value in (how.bands, how.samples, how.window_s, how.hop_s))
    key = FeatureKey(f"mel-frames-1 {told}", files.content_key(path), 0.0, 0.0, 1 / how.hop_s)

    def make() -> Any:
        blocks = list(mel_frames(path, how))
        if not blocks:
            raise InputError(f"{path}: has no sound", "Leave it out")
        return np.concatenate([block.astype(np.float16) for block in blocks])

    return stored_series(store, key, make, name=path.name)


def train_net(
    training: Sequence[Heard],
    validation: Sequence[Heard],
    network: SoundNetSettings,
    how: SoundTraining,
    loop: LoopSettings,
    folder: Path,
    *,
    device: str = "auto",
    progress: Progress = silent,
) -> tuple[SoundNet, list[dict[str, float]]]:
    """Trains a network; a training that was interrupted goes on from what is in the folder.

    Returns:
        The best network, on the CPU in evaluation mode, and the loop's log.

    Raises:
        InputError: there is nothing to train on.
        SettingsError: the folder holds a training with other settings.
        TrainingError: the loss is no longer a number.
    """
    if not training:
        raise InputError("there is no recording to train on", "Give recordings with sound")
    how = replace(how, seed=loop.seed, batch=loop.batch)
    torch.manual_seed(seed_of(loop.seed, 1))
    net = SoundNet(network)
    rng = np.random.default_rng(seed_of(loop.seed, 11))
    rows = []
    for _ in range(_SAMPLED):
        values = training[int(rng.integers(len(training)))].mels.values
        rows.append(np.asarray(values[int(rng.integers(len(values)))], np.float32))
    sample = torch.from_numpy(np.stack(rows))
    net.standardise(sample.mean(0), sample.std(0))
    whole = Loop(SoundTask(net, training, validation, how), loop, folder, device)
    best = whole.run(progress)
    assert isinstance(best, SoundNet)
    return best.cpu(), whole.place.rows


def save_sound(net: SoundNet, folder: Path, record: Mapping[str, Any], notes: Sequence[str] = ()) -> Path:
    """Writes weights, card and settings; the settings last, so that a folder without them is not whole.

    Args:
        net: the trained network.
        folder: the encoder's.
        record: of the training: how many recordings, settings, figures.
        notes: for the card.
    """
    from safetensors.torch import save

    tensors = {key: value.detach().cpu().contiguous() for key, value in net.state_dict().items()}
    with files.replacing(folder / WEIGHTS) as temporary:
        temporary.write_bytes(save(tensors))
    (folder / NETWORK).unlink(missing_ok=True)  # of other weights
    count = sum(parameter.numel() for parameter in net.parameters())
    files.write_text(folder / CARD, _card(net.how, count, record, notes))
    value = {"version": VERSION, "network": to_json(net.how), "training": dict(record)}
    files.write_json(folder / FILE, value)
    return folder


def _card(how: SoundNetSettings, count: int, record: Mapping[str, Any], notes: Sequence[str]) -> str:
    figures = record.get("figures") or {}
    lines = [
        "# A sound encoder",
        "",
        f"{count:,} numbers; {how.width} numbers a row, {how.rate:g} rows a second, each of {how.patch_s:g} s"
        f" of sound ({how.bands} mel bands every {1000 * how.hop_s:g} ms).",
        "",
        f"Trained on {record.get('recordings', 0)} recordings to tell what lies within"
        f" {', '.join(f'{r:g}' for r in how.radii_s)} s: {', '.join(how.outputs)}. Whistle and Cheer are not"
        " labels: they are what matchcut itself hears (matchcut.observe.sound).",
        "",
        *(f"- on validation, {name}: {value:.4f}" for name, value in figures.items()),
        *(f"- {note}" for note in notes),
        "",
        "Use: `matchcut train spotter --modalities sound=encoder:FOLDER`.",
    ]
    return "\n".join(lines) + "\n"


class _Vectors(nn.Module):
    def __init__(self, net: SoundNet) -> None:
        super().__init__()
        self.net = net

    def forward(self, patches: torch.Tensor) -> torch.Tensor:
        return self.net.vectors(patches)


def export_sound(folder: Path) -> Path:
    """Writes the network as ONNX beside its weights; from then on the folder runs without torch.

    Raises:
        InputError: the folder is no sound encoder's.
    """
    settings = read_sound_settings(folder)
    net = _Vectors(load_sound_net(folder, settings)).eval()
    logging.getLogger("torch.onnx").setLevel(logging.ERROR)
    with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()), torch.inference_mode(False):
        warnings.simplefilter("ignore")
        program = torch.onnx.export(
            net,
            (torch.zeros(2, settings.frames, settings.bands),),
            dynamo=True,
            input_names=["patches"],
            output_names=["vectors"],
            dynamic_shapes=({0: torch.export.Dim("rows", min=1)},),
            opset_version=_OPSET,
            external_data=False,
            verbose=False,
        )
    assert program is not None
    with files.replacing(folder / NETWORK) as temporary:
        temporary.write_bytes(without_notes(program.model_proto).SerializeToString())
    return folder / NETWORK


def made_now() -> str:
    """The day, for the record."""
    return time.strftime("%Y-%m-%d")
