"""From trained networks to the folder that spots: decoding fitted, weights, settings, card; and to ONNX."""

from __future__ import annotations

import contextlib
import io
import logging
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from matchcut import files
from matchcut.models.temporal_settings import CLOCK
from matchcut.models.temporal_spotter import SpotterNet, Stretches
from matchcut.spotters.stretches import Half
from matchcut.spotters.temporal import TemporalSpotter
from matchcut.spotters.temporal_runners import NETWORK, WEIGHTS, load_net, torch_runner
from matchcut.spotters.temporal_settings import CARD, TemporalSettings
from matchcut.training.commentary.export import without_notes
from matchcut.training.spotting import tune
from matchcut.training.spotting.recurrent import with_onnx_gru

_OPSET = 18


def fit_and_save(
    nets: Sequence[SpotterNet],
    settings: TemporalSettings,
    validation: Sequence[Half],
    folder: Path,
    record: Mapping[str, Any],
    notes: Sequence[str] = (),
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Fits the decoding on validation and writes the folder; returns the figures, as fitted and cross-fitted.

    Args:
        nets: the members.
        settings: whose decoding is not fitted yet.
        validation: halves with truths; without any the decoding stays as it is.
        folder: the spotter's.
        record: of the training, for the settings.
        notes: for the card.
    """
    figures: dict[str, Any] = {}
    crossed: dict[str, Any] = {}
    if validation:
        spotter = TemporalSpotter(settings, [torch_runner(net.eval()) for net in nets], "being fitted")
        tracks = [spotter.track(half) for half in validation]
        truths = [half.truths for half in validation]
        coarse = tune.Coarse(tracks, truths)
        fitted = tune.fit(tracks, truths, coarse=coarse)
        settings = replace(settings, decoding=fitted.decoding, suppression=fitted.suppression)
        figures = tune.figures(tracks, truths, fitted)
        games = [half.name.rsplit("/", 1)[0] for half in validation]
        order = {game: place for place, game in enumerate(dict.fromkeys(games))}
        if len(order) > 1:
            crossed = tune.cross_fitted(tracks, truths, [order[game] % 2 for game in games], coarse)
    settings = replace(settings, training=dict(record))
    save(nets, settings, folder, figures, crossed, notes)
    return figures, crossed


def save(
    nets: Sequence[SpotterNet],
    settings: TemporalSettings,
    folder: Path,
    figures: Mapping[str, Any],
    crossed: Mapping[str, Any],
    notes: Sequence[str] = (),
) -> Path:
    """Writes weights, settings and card; the settings last, so that a folder without them is not whole.

    What an earlier spotter left there goes: its exported networks would be run in the new ones' place.
    """
    from safetensors.torch import save as packed

    for number, net in enumerate(nets):
        tensors = {key: value.detach().cpu().contiguous() for key, value in net.state_dict().items()}
        with files.replacing(folder / WEIGHTS.format(number)) as temporary:
            temporary.write_bytes(packed(tensors))
    written = {folder / WEIGHTS.format(number) for number in range(len(nets))}
    for kind in (NETWORK, WEIGHTS):
        for stale in set(folder.glob(kind.format("*"))) - written:
            stale.unlink()
    parameters = sum(p.numel() for net in nets for p in net.parameters())
    files.write_text(folder / CARD, card(settings, parameters, figures, crossed, notes))
    settings.save(folder)
    return folder


def card(
    settings: TemporalSettings,
    parameters: int,
    figures: Mapping[str, Any],
    crossed: Mapping[str, Any],
    notes: Sequence[str],
) -> str:
    """What a person should know of the weights."""
    kinds = ", ".join(dict.fromkeys(f"{n.trunk}, {n.fusion} fusion" for n in settings.networks))
    lines = [
        "# A temporal spotter",
        "",
        f"{len(settings.networks)} network(s) ({kinds}), {parameters:,} numbers, one score a label and"
        f" 1/{settings.net.rate:g} s.",
        "",
        "| modality | numbers a row | features |",
        "| --- | --- | --- |",
        *(
            f"| {name} | {width} | {settings.encoders.get(name, '')} |"
            for name, width in settings.widths.items()
        ),
        "",
        f"Labels: {', '.join(settings.labels)}.",
        "",
    ]
    if figures:
        lines += ["| validation | loose | tight | F1 by best IoU |", "| --- | --- | --- | --- |"]
        rows = (("decoding fitted there", figures), ("cross-fitted", crossed))
        lines += [
            f"| {name} | {row['loose']:.3f} | {row['tight']:.3f} | {row['f1_best_iou']:.3f} |"
            for name, row in rows
            if row
        ]
        lines.append("")
    lines += [f"- {note}" for note in notes]
    return "\n".join(lines).rstrip() + "\n"


class Exported(nn.Module):
    """The network as a function of plain tensors: each modality's features, then its masks, clock, inside."""

    def __init__(self, net: SpotterNet) -> None:
        super().__init__()
        self.net = net

    def forward(self, *given: Tensor) -> tuple[Tensor, ...]:
        count = len(self.net.how.modalities)
        said = self.net(Stretches(given[:count], given[count : 2 * count], given[-2], given[-1]))
        near = torch.sigmoid(said.near)
        return (near,) if said.shift is None else (near, said.shift)


def export(folder: Path | str) -> list[Path]:
    """Writes every member as ONNX beside its weights; from then on the folder runs by onnxruntime.

    The exported networks take stretches of the folder's own length, any number at once.

    Raises:
        InputError: the folder is no spotter's.
        SettingsError: the settings are of another shape, or torch is too old for recurrent networks.
    """
    place = Path(folder)
    settings = TemporalSettings.load(place)
    cells = max(2, round(settings.chunk_s * settings.net.rate))
    written = []
    for number in range(len(settings.networks)):
        net = Exported(with_onnx_gru(load_net(place, settings, number))).eval()
        features = [torch.zeros(2, cells, width) for width in settings.widths.values()]
        masks = [torch.ones(2, cells, dtype=torch.bool) for _ in features]
        example = (*features, *masks, torch.zeros(2, cells, CLOCK), torch.ones(2, cells, dtype=torch.bool))
        names = [
            *(f"{n}" for n in settings.widths),
            *(f"{n}_there" for n in settings.widths),
            "clock",
            "inside",
        ]
        batch = torch.export.Dim("batch", min=1)
        logging.getLogger("torch.onnx").setLevel(logging.ERROR)
        with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()), torch.inference_mode(False):
            warnings.simplefilter("ignore")
            program = torch.onnx.export(
                net,
                example,
                dynamo=True,
                input_names=names,
                dynamic_shapes=(tuple({0: batch} for _ in example),),
                opset_version=_OPSET,
                external_data=False,
                verbose=False,
            )
        assert program is not None
        path = place / NETWORK.format(number)
        with files.replacing(path) as temporary:
            temporary.write_bytes(without_notes(program.model_proto).SerializeToString())
        written.append(path)
    return written
