"""``matchcut evaluate``: predictions scored as a data set's authors do."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from matchcut.cli import ui
from matchcut.cli.clip_tables import clip_tables
from matchcut.cli.options import PATH

if TYPE_CHECKING:
    from matchcut.evaluation import Evaluation
    from matchcut.metrics.intervals import LabelledRates, Rates

METRICS = ("loose", "tight", "at1", "at2", "at3", "at4", "at5")


@click.group()
def evaluate() -> None:
    """Score predictions as a data set's authors do."""


@evaluate.command()
@click.option("--labels", type=PATH, required=True, help="SoccerNet-v2 labels, a folder or a zip.")
@click.option("--predictions", type=PATH, required=True, help="results_spotting.json files, a folder or a zip.")
@click.option(
    "--split",
    default="valid",
    show_default=True,
    help="train, valid, test, challenge, all, or a JSON file of game lists.",
)
@click.option("--metric", type=click.Choice(METRICS), default="loose", show_default=True, help="Tolerances.")
@click.option("--intervals", is_flag=True, help="Score windows by their overlap too.")
@click.option(
    "--window",
    "window_s",
    type=click.FloatRange(0, min_open=True),
    default=15.0,
    show_default=True,
    help="With --intervals: the windows' length in seconds, centred on the moments.",
)
@click.option(
    "--min-score", type=click.FloatRange(0, 1), default=0.0, help="Leave out predictions scored lower."
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON, with SoccerNet's own field names.")
def soccernet(
    labels: Path,
    predictions: Path,
    split: str,
    metric: str,
    intervals: bool,
    window_s: float,
    min_score: float,
    as_json: bool,
) -> None:
    """Score results_spotting.json files by SoccerNet's average-mAP, equal to the official evaluator.

    \b
    loose   full windows of 5, 10 … 60 seconds
    tight   1, 2 … 5 seconds
    atN     N seconds alone
    """
    from matchcut.evaluation import evaluate_soccernet_files

    result = evaluate_soccernet_files(
        labels, predictions, split, metric, window_s if intervals else None, min_score
    )
    ui.notes(_notes(result))
    if as_json:
        ui.show_json(result.to_json())
        return
    ui.show(_spotting_table(result))
    if result.intervals is not None:
        ui.show(_interval_table(result, window_s))


@evaluate.command()
@click.option("--manifests", type=PATH, required=True, help="Folder of MLB-YouTube's JSON files.")
@click.option("--predictions", type=PATH, required=True, help="What matchcut predict clips wrote.")
@click.option(
    "-o", "--output", type=PATH, help="Write figures.json, classes.csv and two pictures into this folder."
)
@click.option(
    "--rounds", type=click.IntRange(min=1), default=1000, show_default=True, help="Draws of the intervals."
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def clips(manifests: Path, predictions: Path, output: Path | None, rounds: int, as_json: bool) -> None:
    """Score predicted classes of clips: accuracy, precision, recall and F1 by class, calibration, intervals.

    Intervals hold 95 % of the draws of a bootstrap, by clip and by whole video. The pictures are the confusion
    matrix and the reliability of the probabilities.
    """
    from matchcut.clips import evaluate_clips

    with ui.progress_bar("Scoring"):
        scores = evaluate_clips(manifests, predictions, rounds=rounds)
    if output is not None:
        scores.save(output)
    ui.notes(scores.notes)
    if as_json:
        ui.show_json(scores.to_json())
        return
    for table in clip_tables(scores):
        ui.show(table)
    if output is not None:
        ui.say(f"{output}: figures.json, classes.csv, confusion.svg, reliability.svg")


@evaluate.command()
@click.argument("model")
@click.option("--images", type=PATH, required=True, help="Folder of SoccerNet-v3's images, or practice ones.")
@click.option("--split", default="test", show_default=True, help="train, valid or test.")
@click.option(
    "--splits", default="auto", show_default=True, help="What decides the splits, as for frames table."
)
@click.option("--prompts", "prompts_file", type=PATH, help="JSON of templates and phrases, where not our own.")
@click.option(
    "-o", "--output", type=PATH, help="Folder for figures, confusion matrix and the best and worst retrievals."
)
@click.option("--download", is_flag=True, help="Fetch the model's weights where they are not here.")
@click.option("--device", default="auto", help="auto, cpu, cuda …")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def frames(model: str, images: Path, prompts_file: Path | None, as_json: bool, **how: Any) -> None:
    """Score an image-text encoder on labelled images: one trained here, or any CLIP (zero-shot).

    Accuracy, macro accuracy and top-k with bootstrap intervals, figures by label, recall@k from image to text
    and from text to image.
    """
    from matchcut.cli.frame_figures import show_figures
    from matchcut.frames import evaluate_frames
    from matchcut.sport import soccer
    from matchcut.sport.prompts import read_prompts

    prompts = None if prompts_file is None else read_prompts(prompts_file, soccer)
    with ui.progress_bar("Encoding") as progress:
        figures, notes = evaluate_frames(model, images, prompts=prompts, progress=progress, **how)
    ui.notes(notes)
    if as_json:
        ui.show_json(figures.to_json())
        return
    show_figures(figures)
    if how["output"] is not None:
        ui.say(f"{how['output']}: figures.json, confusion.svg, retrievals.png")


def _notes(result: Evaluation) -> list[str]:
    said = (
        (len(result.unlabelled), "game{s} of the split {have} no labels and {are} left out"),
        (
            len(result.unpredicted),
            "game{s} {have} no predictions and {are} scored as if nothing had been found",
        ),
        (len(result.ignored), "game{s} {have} predictions but {are} not among those scored, and {are} ignored"),
        (result.below, "prediction{s} {are} below the score floor and left out"),
    )
    one = {"s": "", "have": "has", "are": "is"}
    many = {"s": "s", "have": "have", "are": "are"}
    return [f"{count:,} {what.format(**(one if count == 1 else many))}" for count, what in said if count]


def _spotting_table(result: Evaluation) -> Any:
    from rich.table import Table
    from rich.text import Text

    from matchcut.sport import soccer

    spotting = result.spotting
    # As text: the split may be a file whose name has square brackets.
    title = Text(f"average-mAP, {result.metric}, {result.games} games of {result.split} (in %)")
    table = Table(title=title)
    table.add_column("class")
    for name in ("all", "visible", "unshown", "truths", "not shown", "predictions"):
        table.add_column(name, justify="right")
    for row in zip(
        soccer.names,
        spotting.a_mAP_per_class,
        spotting.a_mAP_per_class_visible,
        spotting.a_mAP_per_class_unshown,
        spotting.truths,
        spotting.truths_unshown,
        spotting.predictions,
        strict=True,
    ):
        name, whole, visible, unshown, *counts = row
        table.add_row(name, *map(_percent, (whole, visible, unshown)), *(f"{count:,}" for count in counts))
    table.add_section()
    means = (spotting.a_mAP, spotting.a_mAP_visible, spotting.a_mAP_unshown)
    sums = (sum(spotting.truths), sum(spotting.truths_unshown), sum(spotting.predictions))
    table.add_row("average-mAP", *map(_percent, means), *(f"{count:,}" for count in sums), style="bold")
    if len(spotting.deltas_s) > 1:
        table.caption = "The mean of “unshown” is scaled by 17/13, as the official evaluator does."
    return table


def _interval_table(result: Evaluation, window_s: float) -> Any:
    from rich.table import Table

    assert result.intervals is not None
    best, at = result.intervals.best_iou, result.intervals.at
    table = Table(title=f"Windows of {window_s:g} s: by best IoU, and F1 counted at thresholds (in %)")
    table.add_column("class")
    for name in ("precision", "recall", "F1", *(f"F1@{threshold:g}" for threshold in at)):
        table.add_column(name, justify="right")

    def row(title: str, rates: Rates, counted: list[Rates], **style: Any) -> None:
        shown = (rates.precision, rates.recall, rates.f1, *(other.f1 for other in counted))
        table.add_row(title, *map(_percent, shown), **style)

    def counted(of: Any) -> list[Rates]:
        every: list[LabelledRates] = list(at.values())
        return [of(rates) for rates in every]

    for name, rates in best.per_label.items():
        row(name, rates, counted(lambda other, name=name: other.per_label[name]))
    table.add_section()
    row("overall (events pooled)", best.overall, counted(lambda other: other.overall), style="bold")
    row("mean over classes", best.mean, counted(lambda other: other.mean))
    return table


def _percent(value: float | None) -> str:
    return "–" if value is None else f"{100 * value:.2f}"
