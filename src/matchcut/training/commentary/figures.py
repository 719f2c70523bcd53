"""Every figure of the model card, from a folder of weights and the valid split.

python -m matchcut.training.commentary.figures --labels ZIP --echoes ZIP --splits JSON --out DIR [--weights DIR]
"""

from __future__ import annotations

import argparse
import csv
import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from matchcut.datasets.echoes import EchoesArchive
from matchcut.encoders.store import FeatureStore
from matchcut.files import write_json
from matchcut.metrics.bootstrap import bootstrap
from matchcut.metrics.calibration import calibration
from matchcut.metrics.spotting import metric_deltas
from matchcut.metrics.spotting_draws import DrawnMap
from matchcut.progress import Progress, silent
from matchcut.sport import soccer
from matchcut.spotters.commentary import WEIGHTS, CommentarySpotter
from matchcut.spotters.listening import identity_of, load_listener
from matchcut.spotters.temporal_settings import TemporalSettings
from matchcut.tracks import ScoreTrack
from matchcut.training.commentary.measure import (
    Moments,
    as_truth,
    came_true,
    summary,
    to_grid,
)
from matchcut.training.commentary.ship import groups_of
from matchcut.training.commentary.tune import cross_fit
from matchcut.training.commentary.valid import ALL, GROUPS, Tracks, Valid, spot_everything
from matchcut.training.spotting.tune import cross_moments, decoded

Say = Callable[[str], None]

_ROUNDS = 1000


def shown_of(found: Moments, spotter: CommentarySpotter) -> Moments:
    """Those that a user is shown unless he says otherwise."""
    least = np.array([spotter.settings.decoding[name].min_score for name in soccer.names])
    return found.keep(found.score >= least[found.label])


def moments_of(tracks: Sequence[ScoreTrack], spotter: CommentarySpotter) -> Moments:
    """All moments with the decoding as it ships."""
    how = spotter.settings
    return decoded(tracks, how.decoding, how.suppression).scored(how.decoding)


def table(spotter: CommentarySpotter, tracks: Tracks, valid: Valid) -> list[dict[str, Any]]:
    """For each way of reading: all halves, those with any words, those told in English, and the others."""
    rows = []
    for name, found in sorted(tracks.items()):
        for group, wanted in GROUPS.items():
            chosen = [number for number in found if valid.told[number] in wanted]
            if not chosen:
                continue
            moments = moments_of([found[number] for number in chosen], spotter)
            truth = as_truth([valid.halves[number].truths for number in chosen])
            figures = summary(truth, moments, shown_of(moments, spotter))
            kept = {key: figures[key] for key in ("loose", "tight", "f1_best_iou")}
            rows.append({"transcripts": name, "told in": group, "halves": len(chosen)} | kept)
    return rows


def crossed(tracks: Sequence[ScoreTrack], valid: Valid, spotter: CommentarySpotter) -> tuple[Moments, Moments]:
    """Moments scored by what was fitted on the other half of the games: all of them, and those worth showing.

    Fitted as that kind of weights is: see `matchcut.training.commentary.tune` and `…spotting.tune`.
    """
    groups = groups_of(valid.halves)
    if isinstance(spotter.settings, TemporalSettings):
        found, shown = cross_moments(tracks, valid.truths, groups)
        return found, found.keep(shown)
    return cross_fit([track.scores for track in tracks], valid.truths, groups)


def difference(before: Moments, after: Moments, valid: Valid, rounds: int = _ROUNDS) -> dict[str, Any]:
    """Average-mAP of one spotter less another's, with 95 % of the draws of whole games."""
    games = [half.game for half in valid.halves]
    truth, count = to_grid(as_truth(valid.truths)), len(games)
    result = {}
    for metric in ("loose", "tight"):
        deltas = metric_deltas(metric)
        one, other = (DrawnMap(truth, to_grid(found), deltas, count) for found in (before, after))
        gain = bootstrap(_less(one, other), count, games, rounds=rounds)
        result[metric] = {key: round(getattr(gain, key), 4) for key in ("value", "low", "high")}
    return result | {"rounds": rounds}


def _less(one: DrawnMap, other: DrawnMap) -> Callable[[NDArray[np.int64]], float]:
    return lambda drawn: other.worth(drawn) - one.worth(drawn)


def plot_reliability(found: Moments, true: NDArray[np.bool_], path: Path) -> dict[str, Any]:
    """Draws how often moments of each probability came true; returns the plotted figures."""
    import matplotlib as mpl

    mpl.use("Agg")
    import matplotlib.pyplot as plt

    said = calibration(found.score, true, bins=20)
    figure, (top, bottom) = plt.subplots(
        2, 1, figsize=(6, 7), sharex=True, height_ratios=(3, 1), constrained_layout=True
    )
    top.plot([0, 1], [0, 1], color="0.7", lw=1, label="perfect")
    pairs = zip(said.mean_score, said.hit_rate, said.counts, strict=True)
    points = [(s, h, n) for s, h, n in pairs if s is not None and n >= 20]
    top.plot([s for s, _, _ in points], [h for _, h, _ in points], "o-", ms=4, label="all classes")
    for name in ("Goal", "Corner", "Throw-in", "Ball out of play", "Foul"):
        mine = found.label == soccer.index(name)
        own = calibration(found.score[mine], true[mine], bins=10)
        line = [
            (s, h)
            for s, h, n in zip(own.mean_score, own.hit_rate, own.counts, strict=True)
            if s is not None and n >= 20
        ]
        top.plot([s for s, _ in line], [h for _, h in line], lw=1, alpha=0.8, label=name)
    top.set_ylabel("share that is an event of its own within 15 s")
    title = f"valid, cross-fitted: expected calibration error {said.ece:.3f}"
    top.set_title(title)
    top.legend(fontsize=8)
    bottom.bar([s for s, _, _ in points], [n for _, _, n in points], width=0.04)
    bottom.set_yscale("log")
    bottom.set_ylabel("moments")
    bottom.set_xlabel("score")
    figure.savefig(path, dpi=110)
    plt.close(figure)
    return said.to_json()


def write_rows(path: Path, rows: Sequence[dict[str, Any]]) -> None:
    """Writes rows of the same keys as CSV."""
    with path.open("w", newline="", encoding="utf-8") as stream:
        writer = csv.DictWriter(stream, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def write_figures(
    valid: Valid,
    out: Path,
    weights: Path = WEIGHTS,
    *,
    against: Path | None = None,
    ways: Sequence[str] | None = None,
    store: FeatureStore | None = None,
    progress: Progress = silent,
    say: Say = print,
) -> dict[str, Any]:
    """Measures and writes ``figures.json``, ``versions.csv``, ``per_class.csv`` and ``reliability.png``.

    Args:
        valid: what is measured on.
        out: the folder for the files.
        weights: of the spotter.
        against: weights of another, whose average-mAP is taken off.
        ways: of reading, see `spot_everything`; all by default.
        store: for the states of fronts.
        progress: told of halves.
        say: told each figure of all games as soon as it is known.

    Returns:
        The content of ``figures.json``.
    """
    spotter = CommentarySpotter(load_listener(weights, store=store), identity_of(weights))
    tracks = spot_everything(spotter, valid, ways, progress)
    fused = [tracks[ALL][number] for number in range(len(valid.halves))]
    truth = as_truth(valid.truths)
    moments = moments_of(fused, spotter)
    whole = summary(truth, moments, shown_of(moments, spotter))
    result: dict[str, Any] = {"weights": spotter.identity, "as_shipped_whole": whole}
    say(f"as shipped: {_headline(whole)}")
    if against is not None:
        other = CommentarySpotter.load(against)
        theirs = spot_everything(other, valid, [ALL], progress)[ALL]
        found = moments_of([theirs[number] for number in range(len(fused))], other)
        result["difference"] = {"to": other.identity} | difference(found, moments, valid)
        say(f"less {json.dumps(result['difference'])}")
    cross, shown = crossed(fused, valid, spotter)
    result["cross_fitted"] = {"halves": len(fused)} | summary(truth, cross, shown)
    say(f"cross-fitted: {_headline(result['cross_fitted'])}")
    result["as_shipped"] = table(spotter, tracks, valid)
    for row in result["as_shipped"]:
        say(json.dumps(row))
    out.mkdir(parents=True, exist_ok=True)
    result["reliability"] = plot_reliability(cross, came_true(truth, cross), out / "reliability.png")
    write_json(out / "figures.json", result)
    write_rows(out / "versions.csv", result["as_shipped"])
    for name, held in (("per_class.csv", "cross_fitted"), ("per_class_as_shipped.csv", "as_shipped_whole")):
        per_class: Mapping[str, Any] = result[held]["per_class"]
        write_rows(out / name, [{"class": label} | row for label, row in per_class.items()])
    return result


def _headline(row: Mapping[str, Any]) -> str:
    return json.dumps({key: value for key, value in row.items() if key != "per_class"})


def arguments(description: str) -> argparse.ArgumentParser:
    """The options that the data need."""
    parser = argparse.ArgumentParser(description=description)
    for name in ("labels", "echoes", "splits", "out"):
        parser.add_argument(f"--{name}", type=Path, required=True)
    parser.add_argument("--weights", type=Path, default=WEIGHTS, help="those of the package by default")
    parser.add_argument("--store", type=Path, help="folder of features, where they are wanted again")
    return parser


def main() -> None:
    """Measures, writes the files and prints the figures."""
    parser = arguments((__doc__ or "").splitlines()[0])
    parser.add_argument("--against", type=Path, help="weights whose figures are taken off")
    given = parser.parse_args()
    store = None if given.store is None else FeatureStore(given.store)
    with EchoesArchive(given.echoes) as archive:
        valid = Valid.read(given.labels, archive, given.splits)
        write_figures(valid, given.out, given.weights, against=given.against, store=store)


if __name__ == "__main__":
    main()
