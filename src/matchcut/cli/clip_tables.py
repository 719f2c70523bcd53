"""What `evaluate clips` prints: figures by class, means with intervals, confusion, labels, reliability."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from matchcut.clips import ClipScores
    from matchcut.metrics.bootstrap import Interval
    from matchcut.metrics.calibration import Calibration
    from matchcut.metrics.classification import Classification
    from matchcut.metrics.multilabel import MultilabelScore

_CALLED = {
    "accuracy": "accuracy",
    "f1_weighted": "F1, weighted (the papers' F1)",
    "f1_macro": "F1, macro",
    "map_all": "mAP over the labels, as the data set's authors score it",
}


def clip_tables(scores: ClipScores) -> Iterator[Any]:
    """The tables, one after another."""
    yield _classes(scores.figures)
    yield _means(scores)
    yield _confusion(scores.figures)
    if scores.labels is not None:
        yield _labels(scores.labels)
    if scores.figures.calibration is not None:
        yield _reliability(scores.figures.calibration)


def _table(title: str, first: str, *others: str) -> Any:
    from rich.table import Table

    table = Table(title=title, title_justify="left")
    table.add_column(first)
    for name in others:
        table.add_column(name, justify="right")
    return table


def _classes(figures: Classification) -> Any:
    title = f"{figures.examples:,} clips (in %)"
    table = _table(title, "class", "clips", "predicted", "precision", "recall", "F1")
    for one in figures.per_class:
        rates = map(_percent, (one.precision, one.recall, one.f1))
        table.add_row(one.label, str(one.support), str(one.predicted), *rates)
    table.add_section()
    for title, values in (
        ("weighted", (figures.precision_weighted, figures.recall_weighted, figures.f1_weighted)),
        ("macro", (figures.precision_macro, figures.recall_macro, figures.f1_macro)),
    ):
        table.add_row(title, "", "", *map(_percent, values), style="bold")
    return table


def _means(scores: ClipScores) -> Any:
    table = _table("With 95 % intervals (in %)", "", "", "by clip", "by video")
    for name, by in scores.intervals.items():
        table.add_row(_CALLED[name], _percent(by["clip"].value), _range(by["clip"]), _range(by["video"]))
    for k, share in scores.figures.top_k.items():
        if k > 1:
            table.add_row(f"right class among the {k} likeliest", _percent(share), "", "")
    return table


def _confusion(figures: Classification) -> Any:
    table = _table("Confusion: rows are the truth, columns the predictions", "", *figures.classes)
    for name, row in zip(figures.classes, figures.confusion, strict=True):
        table.add_row(name, *(str(count) if count else "·" for count in row))
    return table


def _labels(labels: MultilabelScore) -> Any:
    table = _table("Labels (average precision in %)", "label", "clips", "AP")
    for name, value in labels.average_precision.items():
        table.add_row(name, str(labels.support[name]), _percent(value))
    table.add_section()
    table.add_row("mean over all (map_all)", "", _percent(labels.map_all), style="bold")
    table.add_row("mean over those with clips", "", _percent(labels.map_present))
    return table


def _reliability(figures: Calibration) -> Any:
    table = _table("Reliability (in %)", "said", "clips", "mean said", "came true")
    for number, count in enumerate(figures.counts):
        if count:
            edges = f"{100 * figures.edges[number]:.0f}–{100 * figures.edges[number + 1]:.0f}"
            said, came = figures.mean_score[number], figures.hit_rate[number]
            table.add_row(edges, str(count), _percent(said), _percent(came))
    table.add_section()
    table.add_row("expected calibration error", "", "", _percent(figures.ece), style="bold")
    table.add_row("Brier score", "", "", _percent(figures.brier))
    return table


def _range(interval: Interval) -> str:
    return f"{100 * interval.low:.2f}–{100 * interval.high:.2f}"


def _percent(value: float | None) -> str:
    return "–" if value is None else f"{100 * value:.2f}"
