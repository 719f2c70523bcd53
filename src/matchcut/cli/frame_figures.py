"""Figures of labelled images as tables; what ``train frames`` and ``evaluate frames`` print."""

from __future__ import annotations

from typing import TYPE_CHECKING

from matchcut.cli import ui

if TYPE_CHECKING:
    from matchcut.metrics.retrieval import Retrieval
    from matchcut.training.frames.measure import FrameFigures


def show_figures(figures: FrameFigures) -> None:
    """Prints accuracy with its interval, each label, and retrieval both ways."""
    from rich.table import Table

    told = figures.classification
    table = Table(title=f"{told.examples} images (in %)")
    table.add_column("label")
    for name in ("images", "predicted", "precision", "recall", "F1"):
        table.add_column(name, justify="right")
    for one in told.per_class:
        rates = map(_percent, (one.precision, one.recall, one.f1))
        table.add_row(one.label, str(one.support), str(one.predicted), *rates)
    ui.show(table)
    for title, interval in (
        ("accuracy", figures.accuracy_interval),
        ("macro accuracy", figures.macro_interval),
    ):
        low, high = _percent(interval.low), _percent(interval.high)
        ui.say(f"{title} {_percent(interval.value)} % (95 % by {figures.by}: {low}–{high})")
    ui.say(", ".join(f"top-{k} {_percent(share)} %" for k, share in told.top_k.items() if k > 1))
    ui.say(_retrieval("image to text", figures.image_to_text))
    ui.say(_retrieval("text to image", figures.text_to_image))


def _retrieval(title: str, found: Retrieval) -> str:
    recall = ", ".join(f"recall@{k} {_percent(share)} %" for k, share in found.recall_at.items())
    return f"{title}: {recall}, mean average precision {_percent(found.mean_average_precision)} %"


def _percent(value: float | None) -> str:
    return "–" if value is None else f"{100 * value:.1f}"
