"""One training of a temporal spotter, from halves to a folder that can spot."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from matchcut.errors import InputError
from matchcut.models.settings import to_json
from matchcut.models.temporal_settings import SpotterNetSettings
from matchcut.models.temporal_spotter import SpotterNet
from matchcut.progress import Progress, silent
from matchcut.sport import soccer
from matchcut.spotters.decoding import LabelDecoding
from matchcut.spotters.stretches import Half, stretch_of
from matchcut.spotters.temporal import TemporalSpotter, check_sources
from matchcut.spotters.temporal_runners import torch_runner
from matchcut.spotters.temporal_settings import TemporalSettings
from matchcut.tracks import ScoreTrack
from matchcut.training.commentary.settings import BLENDS, OUTPUTS, RELATIVES
from matchcut.training.loop import Loop, seed_of
from matchcut.training.settings import LoopSettings
from matchcut.training.spotting import tune
from matchcut.training.spotting.settings import SpotTraining
from matchcut.training.spotting.task import SpotTask

_SAMPLED = 400
"""Stretches of 64 seconds that means and deviations of features are taken from."""


@dataclass(frozen=True)
class Trained:
    """What `train_member` made.

    Attributes:
        net: the best network, in evaluation mode.
        seconds: the training took, over all its runs.
        rows: the loop's log.
    """

    net: SpotterNet
    seconds: float
    rows: list[dict[str, float]]


def relatives() -> dict[int, tuple[int, ...]]:
    """Output → the outputs that stand for several labels and have its events as truths too."""
    found: dict[int, tuple[int, ...]] = {}
    for output, labels in RELATIVES.items():
        for label in labels:
            found[OUTPUTS.index(label)] = (*found.get(OUTPUTS.index(label), ()), OUTPUTS.index(output))
    return found


def settings_of(
    networks: Sequence[SpotterNetSettings], encoders: Mapping[str, str], chunk_s: float
) -> TemporalSettings:
    """Settings of a spotter whose decoding is not fitted yet.

    The widest radius only helps the network to learn; the others count alike (experiments/LOG.md).
    """
    radii = len(networks[0].radii_s)
    counted = max(1, radii - 1)
    weights = tuple(1 / counted if place < counted else 0.0 for place in range(radii))
    return TemporalSettings(
        networks=tuple(networks),
        labels=tuple(soccer.names),
        outputs=OUTPUTS,
        radius_weights=weights,
        decoding=dict.fromkeys(soccer.names, LabelDecoding(1.0, 25.0)),
        encoders=dict(encoders),
        blends=BLENDS,
        chunk_s=chunk_s,
        margin_s=chunk_s / 4,
    )


def fitted_widths(halves: Sequence[Half], network: SpotterNetSettings) -> SpotterNetSettings:
    """The network's settings with the widths that the features have.

    Raises:
        InputError: a modality is in no half, or two halves' features have different dimensions.
    """
    widths = []
    for name in network.modalities:
        found: dict[int, str] = {}
        for half in halves:
            for series in half.sources.get(name, ()):
                found.setdefault(series.width, series.name)
        if not found:
            raise InputError(
                f"no half has the modality {name}", "Leave it out, or give the data that it is made of"
            )
        if len(found) > 1:
            (one, first), (other, second) = sorted(found.items())[:2]
            raise InputError(
                f"{name} has {one} numbers a row in {first} and {other} in {second}",
                "Give features of one encoder",
            )
        widths.append(next(iter(found)))
    return replace(network, widths=tuple(widths), outputs=len(OUTPUTS))


def tracks_of(net: nn.Module, halves: Sequence[Half], settings: TemporalSettings) -> list[ScoreTrack]:
    """Each half's scores by one network."""
    assert isinstance(net, SpotterNet)
    spotter = TemporalSpotter(settings, [torch_runner(net)], "in training")
    return [spotter.track(half) for half in halves]


def train_member(
    training: Sequence[Half],
    validation: Sequence[Half],
    network: SpotterNetSettings,
    how: SpotTraining,
    loop: LoopSettings,
    folder: Path | str,
    encoders: Mapping[str, str],
    *,
    device: str = "auto",
    progress: Progress = silent,
) -> Trained:
    """Trains one network; a training that was interrupted goes on from what is in the folder.

    Args:
        training, validation: halves with truths; validation may be empty.
        network: widths and outputs are taken from the data.
        how: drawing and losses; seed and batch are the loop's.
        loop: the loop's settings.
        folder: for checkpoints and the log.
        encoders: what the features are.
        device: "auto", "cpu", "cuda" …
        progress: told of steps.

    Raises:
        InputError: there is nothing to train on, or features cannot be used.
        SettingsError: the folder holds a training with other settings.
        TrainingError: the loss is no longer a number.
    """
    if not training:
        raise InputError("there is no half to train on", "Give matches of the training split with their labels")
    network = fitted_widths(training, network)
    how = replace(how, seed=loop.seed, batch=loop.batch)
    torch.manual_seed(seed_of(loop.seed, 1))
    net = SpotterNet(network)
    for name, (mean, deviation) in spreads(training, network, loop.seed).items():
        net.standardise(name, mean, deviation)
    settings = settings_of([network], encoders, how.chunk_s)
    for half in (*training, *validation):
        check_sources(half, settings)

    def measure(kept: nn.Module, halves: Sequence[Half]) -> dict[str, float]:
        return tune.quick(tracks_of(kept, halves, settings), [half.truths for half in halves])

    task = SpotTask(net, training, validation, how, loop.epochs, measure, relatives())
    whole = Loop(task, loop, folder, device)
    best = whole.run(progress)
    assert isinstance(best, SpotterNet)
    rows = whole.place.rows
    return Trained(best.cpu(), sum(row["seconds"] for row in rows), rows)


def spreads(halves: Sequence[Half], network: SpotterNetSettings, seed: int) -> dict[str, tuple[Tensor, Tensor]]:
    """Mean and deviation of each modality's numbers, from random stretches."""
    rng = np.random.default_rng(seed_of(seed, 11))
    cells = max(2, round(64 * network.rate))
    found = {}
    for name, width in zip(network.modalities, network.widths, strict=True):
        having = [half for half in halves if half.sources.get(name)]
        count, total, square = 0, np.zeros(width), np.zeros(width)
        for _ in range(_SAMPLED):
            half = having[int(rng.integers(len(having)))]
            first = int(rng.integers(max(1, half.cells(network.rate) - cells)))
            stretch = stretch_of(half, {name: width}, network.rate, first, cells, rng)
            rows = stretch.features[name][stretch.there[name]].astype(np.float64)
            count, total, square = count + len(rows), total + rows.sum(0), square + (rows**2).sum(0)
        mean = total / max(1, count)
        deviation = np.sqrt(np.maximum(square / max(1, count) - mean**2, 0))
        found[name] = tuple(torch.tensor(part, dtype=torch.float32) for part in (mean, deviation))
    return {name: (mean, deviation) for name, (mean, deviation) in found.items()}


def describe(how: SpotTraining, loop: LoopSettings, **more: Any) -> dict[str, Any]:
    """A training's settings, for the record."""
    return {"spotting": to_json(how), "loop": to_json(loop), "made": time.strftime("%Y-%m-%d"), **more}
