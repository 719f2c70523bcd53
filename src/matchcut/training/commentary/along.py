"""The commentary spotter's weights from a trained temporal spotter: fronts, what is along time, card, figures.

python -m matchcut.training.commentary.along --spotter DIR --labels ZIP --echoes ZIP --splits JSON --out DIR
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from shutil import copyfile
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

from matchcut import files
from matchcut.clock import HALF_S
from matchcut.datasets.echoes import EchoesArchive
from matchcut.encoders.store import FeatureStore
from matchcut.errors import SettingsError
from matchcut.progress import Progress
from matchcut.spotters.listening import WORDS
from matchcut.spotters.settings import ALONG
from matchcut.spotters.states import CommentaryStates, words_series
from matchcut.spotters.stretches import Half
from matchcut.spotters.temporal import swept
from matchcut.spotters.temporal_runners import NETWORK, WEIGHTS, load_net, onnx_runner, torch_runner
from matchcut.spotters.temporal_settings import CARD, TemporalSettings
from matchcut.training.commentary.card import write_card
from matchcut.training.commentary.export import without_notes
from matchcut.training.commentary.figures import arguments, write_figures
from matchcut.training.commentary.fronts import cut_fronts, in_sixteen_bits
from matchcut.training.commentary.speed import speed
from matchcut.training.commentary.valid import ALL, UNKNOWN, Valid
from matchcut.training.spotting.ship import export

_EVERY = 8


def make_weights(spotter: Path, weights: Path, folder: Path) -> TemporalSettings:
    """Writes a folder of weights: fronts cut from other weights, and the temporal spotter's exported networks.

    Args:
        spotter: the temporal spotter's folder; it is not changed.
        weights: those whose states it was trained on.
        folder: where they go.

    Raises:
        InputError: a file is missing or damaged.
        SettingsError: the spotter knows more than words, or was trained on other states.
    """
    settings = TemporalSettings.load(spotter)
    states = CommentaryStates.load(weights)
    if tuple(settings.widths) != (WORDS,) or settings.encoders.get(WORDS) != states.identity:
        raise SettingsError(
            f"{spotter}: was trained on {dict(settings.encoders)}, not on words by {states.identity} alone",
            "Train it with --modalities words on these weights' states",
        )
    target = folder / ALONG
    target.mkdir(parents=True, exist_ok=True)
    cut_fronts(weights, folder)
    members = range(len(settings.networks))
    with TemporaryDirectory() as temporary:
        place = Path(temporary)
        settings.save(place)
        for number in members:
            copyfile(spotter / WEIGHTS.format(number), place / WEIGHTS.format(number))
        for path in export(place):
            _shrink(path, target / path.name)
    told = spotter / CARD
    files.write_text(target / CARD, files.read_text(told) if told.exists() else "# A temporal spotter\n")
    settings.save(target)
    return settings


def _shrink(source: Path, target: Path) -> None:
    import onnx

    model = in_sixteen_bits(without_notes(onnx.load_model_from_string(files.read_bytes(source))))
    with files.replacing(target) as temporary:
        temporary.write_bytes(model.SerializeToString())


def precision(spotter: Path, folder: Path, valid: Valid, store: FeatureStore | None = None) -> dict[str, Any]:
    """How far what was exported in sixteen bits is from the trained networks, over some halves of valid.

    Returns:
        Over all members and halves: the largest and the mean difference of a probability, the largest of a
        displacement in seconds, and how many halves.
    """
    settings = TemporalSettings.load(spotter)
    states = CommentaryStates.load(folder)
    largest = total = moved = 0.0
    halves = valid.halves[::_EVERY]
    members = range(len(settings.networks))
    trained = [torch_runner(load_net(spotter, settings, number)) for number in members]
    small = [onnx_runner(folder / ALONG / NETWORK.format(number), settings) for number in members]
    for half in halves:
        said = [t for t in valid.archive.transcripts(half.game, half.half).values() if len(t)]
        series = tuple(words_series(transcript, states, store) for transcript in said)
        length = max(HALF_S, *(one.end for one in series), 0.0)
        heard = Half("half", half.half, length, (), {WORDS: series} if series else {})
        pairs = zip(swept(trained, heard, settings), swept(small, heard, settings), strict=True)
        means = []
        for (_, near, away), (_, near_small, away_small) in pairs:
            difference = np.abs(near - near_small)
            largest = max(largest, float(difference.max()))
            means.append(float(difference.mean()))
            if away is not None and away_small is not None:
                moved = max(moved, float(np.abs(away - away_small).max()))
        total += float(np.mean(means))
    return {
        "largest": round(largest, 6),
        "mean": round(total / len(halves), 8),
        "largest_shift_s": round(moved, 5),
        "halves": len(halves),
    }


def main(given_arguments: Sequence[str] | None = None) -> None:
    """Makes the weights in ``OUT/weights``, measures them from its files, and writes figures and card."""
    parser = arguments((__doc__ or "").splitlines()[0])
    parser.add_argument("--spotter", type=Path, required=True, help="a temporal spotter's folder, words alone")
    parser.add_argument("--alone", action="store_true", help="measure each transcript version alone, too")
    given = parser.parse_args(given_arguments)
    folder = given.out / "weights"
    settings = make_weights(given.spotter, given.weights, folder)
    print(f"{folder}: {len(settings.networks)} networks along time", flush=True)
    store = FeatureStore(given.store or given.spotter / "features")
    with EchoesArchive(given.echoes) as archive:
        valid = Valid.read(given.labels, archive, given.splits)
        exact = precision(given.spotter, folder, valid, store)
        print(json.dumps({"sixteen bits": exact}), flush=True)
        longest = max(valid.archive.transcripts(valid.halves[0].game, 1).values(), key=len)
        pace = speed(folder, longest)
        print(json.dumps(pace), flush=True)
        result = write_figures(
            valid,
            given.out,
            folder,
            against=given.weights,
            ways=None if given.alone else (ALL, UNKNOWN),
            store=store,
            progress=_told(),
            say=lambda line: print(line, flush=True),
        )
    result |= {"sixteen_bits": exact, "speed": pace}
    files.write_json(given.out / "figures.json", result)
    print(write_card(folder, settings, result))


def _told() -> Progress:
    """Says how far it is, ten times in all."""
    said = -1

    def tell(done: float, total: float) -> None:
        nonlocal said
        if int(10 * done / total) != said:
            said = int(10 * done / total)
            print(f"{done:g} of {total:g}", flush=True)

    return tell


if __name__ == "__main__":
    main()
