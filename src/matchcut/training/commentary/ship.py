"""The last step: networks to files that ship, decoding fitted on valid, figures written beside them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from shutil import copyfile
from typing import Any

import numpy as np
from numpy.typing import NDArray

from matchcut.datasets.echoes import EchoesArchive
from matchcut.encoders.words import Vocabulary
from matchcut.errors import InputError
from matchcut.files import read_bytes, write_json
from matchcut.models.settings import to_json
from matchcut.sport import soccer
from matchcut.spotters.commentary import CommentarySpotter
from matchcut.spotters.decoding import LabelDecoding
from matchcut.spotters.settings import VOCABULARY, SpotterSettings
from matchcut.training import state
from matchcut.training.commentary.corpus import CORPUS, Corpus, Half
from matchcut.training.commentary.export import export_network
from matchcut.training.commentary.measure import as_truth, summary
from matchcut.training.commentary.settings import BLENDS, OUTPUTS, TrainingSettings
from matchcut.training.commentary.task import NETWORK, make_network
from matchcut.training.commentary.tune import cross_fit, fit

Tracks = list[NDArray[np.float32]]
WEIGHTS = "weights"


def export_members(out: Path, how: TrainingSettings, folder: Path) -> SpotterSettings:
    """Writes every member's averaged network as ONNX, the vocabulary and settings without fitted decoding.

    Raises:
        InputError: a network is missing, has not been trained to its end, or cannot be read.
    """
    words = len(Vocabulary.load(out / VOCABULARY))
    names = []
    for member in range(how.members):
        kept = out / NETWORK.format(member)
        if not state.load_tensors(kept / state.CHECKPOINT)[1]["place"]["done"]:
            raise InputError(f"{kept}: has not been trained to its end", "Train on: the same command goes on")
        net = make_network(words, how)
        state.load_weights(net, state.load_tensors(kept / state.BEST)[0], kept / state.BEST)
        names.append(export_network(net, folder / f"network-{member}.onnx").name)
    copyfile(out / VOCABULARY, folder / VOCABULARY)
    settings = SpotterSettings(
        networks=tuple(names),
        outputs=OUTPUTS,
        radii_s=how.radii_s,
        radius_weights=how.radius_weights,
        blends=BLENDS,
        decoding=dict.fromkeys(soccer.names, LabelDecoding(1.0, 15.0)),
        training=to_json(how),
    )
    settings.save(folder)
    return settings


def tracks_of(
    spotter: CommentarySpotter,
    archive: EchoesArchive,
    halves: Sequence[Half],
    versions: Sequence[str] | None = None,
    know_half: bool = True,
) -> Tracks:
    """Each half's scores, shape (T, 17), from all versions of its transcript or from some."""
    tracks = []
    for half in halves:
        names = half.versions if versions is None else [v for v in versions if v in half.versions]
        said = [archive.transcript(half.game, half.half, name) for name in sorted(names)]
        tracks.append(spotter.track_many(said, half=half.half if know_half else None).scores)
    return tracks


def groups_of(halves: Sequence[Half]) -> list[int]:
    """0 or 1 for each half: every other game, so that leagues and years stand in both groups."""
    games = {game: place for place, game in enumerate(dict.fromkeys(half.game for half in halves))}
    return [games[half.game] % 2 for half in halves]


def figures(tracks: Tracks, halves: Sequence[Half]) -> dict[str, Any]:
    """Cross-fitted figures: everything fitted on one half of the games and measured on the other."""
    truths = [half.truths for half in halves]
    truth = as_truth(truths)
    found, shown = cross_fit(tracks, truths, groups_of(halves))
    return {"halves": len(halves)} | summary(truth, found, shown)


def ship(out: Path, echoes: Path, how: TrainingSettings) -> dict[str, Any]:
    """Exports, fits the decoding on valid, writes ``out/weights`` and ``out/figures.json``.

    Returns:
        The figures: cross-fitted, and the folder's megabytes.
    """
    folder = out / WEIGHTS
    folder.mkdir(parents=True, exist_ok=True)
    settings = export_members(out, how, folder)
    return finish(folder, settings, Corpus.load(out / CORPUS).of("valid"), echoes, out / "figures.json")


def finish(
    folder: Path, settings: SpotterSettings, halves: Sequence[Half], echoes: Path, report: Path
) -> dict[str, Any]:
    """Fits the decoding of exported networks on these halves, writes it and the figures, and returns those."""
    spotter = CommentarySpotter.load(folder)
    with EchoesArchive(echoes) as archive:
        tracks = tracks_of(spotter, archive, halves)
    fitted = fit(tracks, [half.truths for half in halves])
    replace(settings, decoding=fitted).save(folder)
    size = sum(len(read_bytes(path)) for path in folder.iterdir() if path.is_file())
    result = {"cross_fitted": figures(tracks, halves), "megabytes": round(size / 1e6, 2)}
    write_json(report, result)
    return result
