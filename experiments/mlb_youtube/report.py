"""The ladder's runs as a table and as a picture.

python experiments/mlb_youtube/report.py [RUNS.csv]     writes ladder.md and ladder.svg beside it
"""

from __future__ import annotations

import csv
import statistics
import sys
from pathlib import Path
from typing import Any

from rungs import CLAIMS, RUNGS

from matchcut import files
from matchcut.export.markup import Markup, element, joined


def read_runs(path: Path) -> list[dict[str, Any]]:
    """The runs that are done."""
    if not path.exists():
        return []
    with path.open(newline="", encoding="utf-8") as stream:
        return [{**row, "seed": int(row["seed"])} for row in csv.DictReader(stream)]


def of(rows: list[dict[str, Any]], name: str, column: str = "accuracy") -> list[float]:
    """A rung's figures, a seed each."""
    return [
        float(row[column])
        for row in sorted(rows, key=lambda row: row["seed"])
        if row["rung"] == name and row[column] != ""
    ]


def table(rows: list[dict[str, Any]], practice: bool) -> str:
    """The ladder as Markdown: mean and spread (highest less lowest) over the seeds."""
    head = "Practice clips (synthetic; no claim about baseball)." if practice else "MLB-YouTube."
    lines = [
        head, "",
        "| step | seeds | accuracy, mean | lowest–highest | of six classes | weighted F1 | macro F1 "
        "| mAP of labels |",
        "| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |",
    ]  # fmt: skip
    for name, rung in RUNGS.items():
        found = of(rows, name)
        if found:
            f1, macro, six, labels = (
                of(rows, name, key) for key in ("f1_weighted", "f1_macro", "accuracy_six", "map_all")
            )
            told = f"{100 * statistics.mean(labels):.1f}" if labels else ""
            lines.append(
                f"| {rung.title} | {len(found)} | {100 * statistics.mean(found):.1f} | "
                f"{100 * min(found):.1f}–{100 * max(found):.1f} | {100 * statistics.mean(six):.1f} | "
                f"{100 * statistics.mean(f1):.1f} | "
                f"{100 * statistics.mean(macro):.1f} | {told} |"
            )
    lines += [
        "",
        "| claim | margin of the means | larger spread of the two | holds |",
        "| --- | ---: | ---: | --- |",
    ]
    for title, one, other in CLAIMS:
        a, b = of(rows, one), of(rows, other)
        if a and b:
            margin = statistics.mean(a) - statistics.mean(b)
            spread = max(max(a) - min(a), max(b) - min(b))
            holds = "yes" if margin > spread else "no"
            lines.append(f"| {title} | {100 * margin:.1f} | {100 * spread:.1f} | {holds} |")
    return "\n".join(lines) + "\n"


LEFT, RIGHT, STEP = 520, 1000, 20


def picture(rows: list[dict[str, Any]], practice: bool) -> Markup:
    """The accuracies as SVG: a line from the lowest to the highest seed, a dot each, a bar at the mean."""

    def place(share: float) -> str:
        return f"{LEFT + share * (RIGHT - LEFT):.1f}"

    def text(x: float, y: float, words: str, **more: str) -> Markup:
        return element("text", {"x": f"{x:g}", "y": f"{y:g}", **more}, joined([words]))

    names = [name for name in RUNGS if of(rows, name)]
    height = 58 + STEP * len(names)
    what = "practice clips (synthetic)" if practice else "MLB-YouTube"
    parts = [
        element("rect", {"width": RIGHT + 70, "height": height, "fill": "#ffffff"}),
        text(12, 20, f"Accuracy on {what}: every seed, and their mean", **{"font-weight": "bold"}),
    ]
    for tenth in range(0, 11, 2):
        at = place(tenth / 10)
        line = {"x1": at, "x2": at, "y1": 44, "y2": height - 10, "stroke": "#d8dee4"}
        parts += [element("line", line), text(float(at), 38, f"{tenth * 10} %", **{"text-anchor": "middle"})]
    for number, name in enumerate(names):
        found, y = of(rows, name), 58 + STEP * number
        mean = statistics.mean(found)
        colour = "#0969da" if name.startswith("best") else "#57606a"
        span = {"x1": place(min(found)), "x2": place(max(found)), "y1": y, "y2": y, "stroke": colour}
        bar = {"x1": place(mean), "x2": place(mean), "y1": y - 6, "y2": y + 6, "stroke": colour}
        parts += [
            text(LEFT - 12, y + 4, RUNGS[name].title, **{"text-anchor": "end"}),
            element("line", span | {"stroke-width": 2}),
            element("line", bar | {"stroke-width": 3}),
            *(element("circle", {"cx": place(v), "cy": y, "r": 2.5, "fill": colour}) for v in found),
            text(RIGHT + 12, y + 4, f"{100 * mean:.1f}"),
        ]
    box = {"xmlns": "http://www.w3.org/2000/svg", "viewBox": f"0 0 {RIGHT + 70} {height}"}
    return element("svg", box | {"font-family": "sans-serif", "font-size": 12}, *parts)


def write_report(folder: Path, practice: bool) -> None:
    """Writes ``ladder.md`` and ``ladder.svg`` beside ``runs.csv``."""
    rows = read_runs(folder / "runs.csv")
    files.write_text(folder / "ladder.md", table(rows, practice))
    files.write_text(folder / "ladder.svg", picture(rows, practice) + "\n")


if __name__ == "__main__":
    given = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent / "runs.csv"
    write_report(given.parent, practice=True)
