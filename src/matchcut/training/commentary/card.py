"""The model card of weights with a temporal spotter along time: ``card.md`` and what was measured."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from string import Template
from typing import Any

from matchcut import files
from matchcut.models.temporal_settings import SpotterNetSettings
from matchcut.sport import soccer
from matchcut.spotters.settings import VOCABULARY, FrontSettings
from matchcut.spotters.temporal_settings import TemporalSettings

CARD = "MODEL_CARD.md"
TEMPLATE = Path(__file__).with_name("card.md")

_PAPER = {"Goal": "0.3333", "Shots on target": "0.1792", "all": "0.1138"}
"""F1 by best IoU in the third seed paper."""

_COUNTS = {1: "One", 2: "Two", 3: "Three", 4: "Four", 5: "Five"}


def write_card(folder: Path, settings: TemporalSettings, figures: Mapping[str, Any]) -> Path:
    """Writes the card into the folder of weights.

    Args:
        folder: of the weights.
        settings: of what is along time.
        figures: from `matchcut.training.commentary.figures.write_figures`, with "sixteen_bits" and "speed".
    """
    told = {**_networks(folder, settings), **_worth(figures), **_pace(figures["speed"])}
    text = Template(files.read_text(TEMPLATE)).substitute(told)
    return files.write_text(folder / CARD, text)


def _networks(folder: Path, settings: TemporalSettings) -> dict[str, Any]:
    fronts = len(FrontSettings.load(folder).networks)
    size = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file() and path.name != CARD)
    kinds = Counter(_kind(net) for net in settings.networks)
    each = ",\n".join(f"{count} times {kind}" if count > 1 else kind for kind, count in kinds.items())
    count = len(settings.networks)
    weights = zip(settings.net.radii_s, settings.radius_weights, strict=True)
    return {
        "or_half": " or half-second" if any(net.shift_s for net in settings.networks) else "",
        "megabytes": f"{size / 1e6:.1f}",
        "words": f"{len(files.read_text(folder / VOCABULARY).splitlines()):,}",
        "fronts": _COUNTS.get(fronts, str(fronts)),
        "networks": f"{count} networks, whose answers are averaged: {each}"
        if count > 1
        else f"one network: {each}",
        "chunk": f"{settings.chunk_s:g}",
        "margin": f"{settings.margin_s:g}",
        "radii": ", ".join(f"{radius:g}" for radius, weight in weights if weight),
        "suppression": settings.suppression,
    }


def _kind(net: SpotterNetSettings) -> str:
    """In a few words."""
    more = f", displacement of at most {net.shift_s:g} s" if net.shift_s else ""
    more += ", context-aware loss" if net.context else ""
    return f"{net.trunk} ({net.layers} layers, width {net.width}{more})"


def _worth(figures: Mapping[str, Any]) -> dict[str, Any]:
    whole, cross, rows = figures["as_shipped_whole"], figures["cross_fitted"], figures["as_shipped"]
    spoken = next(r for r in rows if (r["transcripts"], r["told in"]) == ("all", "any words"))
    gain, exact = figures["difference"], figures["sixteen_bits"]
    differs = f"a probability differs by {exact['largest']:.4f} at most and {exact['mean']:.1e} in the mean"
    if exact["largest_shift_s"]:
        differs += f", a displacement by {exact['largest_shift_s']:.2f} s at most"
    overall = [
        _row("all 100 games, all transcript versions, as shipped (`matchcut predict soccernet`)", whole),
        _row("the same, decoding and calibration cross-fitted over two halves of the games", cross),
        _row(
            f"only the {spoken['halves']} of {cross['halves']} halves that have any words, as shipped", spoken
        ),
    ]
    return {
        "ece": f"{figures['reliability']['ece']:.3f}",
        "overall": "\n".join(overall),
        "replaced": gain["to"],
        "gain": "; ".join(f"{name} {_interval(gain[name])}" for name in ("loose", "tight")),
        "rounds": gain["rounds"],
        "silent": cross["halves"] - spoken["halves"],
        "halves": cross["halves"],
        "compared": exact["halves"],
        "exact": differs,
        "ways": "\n".join(_row(f"{r['transcripts']} | {r['told in']} | {r['halves']}", r) for r in rows),
        "f1": f"{whole['f1_best_iou']:.3f}",
        "precision": f"{whole['precision_best_iou']:.3f}",
        "recall": f"{whole['recall_best_iou']:.3f}",
        "classes": "\n".join(
            [*(_class(name, whole["per_class"][name]) for name in soccer.names), _class("all", whole)]
        ),
    }


def _interval(of: Mapping[str, float]) -> str:
    return f"{of['value']:+.3f} (95 % {of['low']:+.3f} to {of['high']:+.3f})"


def _row(name: str, row: Mapping[str, Any]) -> str:
    return f"| {name} | {row['loose']:.3f} | {row['tight']:.3f} | {row['f1_best_iou']:.3f} |"


def _class(name: str, row: Mapping[str, Any]) -> str:
    return f"{_row(name, row)} {_PAPER.get(name, '')} | {row['truths']} | {row['shown']} |"


def _pace(pace: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "cores": pace["cores"],
        "half_s": f"{pace['half_s']:.2f}",
        "processor_s": f"{pace['half_processor_s']:.2f}",
        "load_s": f"{pace['load_s']:.2f}",
        "peak": pace["peak_mb"],
    }
