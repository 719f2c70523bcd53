"""The lines of the tables, and what is claimed of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Run:
    """A line of the tables: what differs from the paper's choice."""

    title: str
    method: str = "full"
    augment: str = "none"
    frames: Mapping[str, Any] = field(default_factory=dict)
    loop: Mapping[str, Any] = field(default_factory=dict)
    seeds: int = 5  # at most
    kind: str = "clip"


_MANY = {"loss": "multi-positive"}
_OTHERS = {**_MANY, "others": True}

RUNS: Mapping[str, Run] = {
    "zero-shot": Run("zero-shot: the pretrained encoder and the prompts", "none"),
    "probe": Run("linear probe on the pretrained encoder's vectors", "probe"),
    "lora": Run("LoRA, rank 8", "lora"),
    "layers": Run("last layer of each tower", "layers"),
    "paper": Run("full; the paper's loss, images as they are (the paper's basic data)"),
    "paper-ahead": Run(
        "full; the paper's loss, copies made ahead (the paper's augmented data)", augment="ahead"
    ),
    "paper-fresh": Run("full; the paper's loss, fresh augmentation", augment="fresh"),
    "many": Run("full; multi-positive loss, images as they are", frames=_MANY),
    "many-fresh": Run("full; multi-positive loss, fresh augmentation", augment="fresh", frames=_MANY),
    "others": Run("full; multi-positive loss, other labels' prompts as negatives too", frames=_OTHERS),
    "others-fresh": Run("full; the same, fresh augmentation", augment="fresh", frames=_OTHERS),
    "lora-fresh": Run("LoRA; the same, fresh augmentation", "lora", "fresh", _OTHERS, seeds=3),
    "sgd": Run("SGD, AdamW's rate", loop={"optimizer": "sgd"}, seeds=3),
    "momentum": Run("SGD with momentum, AdamW's rate", loop={"optimizer": "momentum"}, seeds=3),
    "adagrad": Run("Adagrad, AdamW's rate", loop={"optimizer": "adagrad"}, seeds=3),
    "sgd-own": Run("SGD, rate × 100", loop={"optimizer": "sgd", "times": 100}, seeds=3),
    "momentum-own": Run("SGD with momentum, rate × 10", loop={"optimizer": "momentum", "times": 10}, seeds=3),
    "adagrad-own": Run("Adagrad, rate × 10", loop={"optimizer": "adagrad", "times": 10}, seeds=3),
    "resnet-zero-shot": Run("ResNet: zero-shot", "none", seeds=3, kind="resnet"),
    "resnet-paper": Run("ResNet: full; the paper's loss, images as they are", seeds=3, kind="resnet"),
    "resnet-others-fresh": Run(
        "ResNet: full; multi-positive, others, fresh", augment="fresh", frames=_OTHERS, seeds=3, kind="resnet"
    ),
}

CLAIMS = (
    ("multi-positive beats the paper's loss", "many", "paper"),
    ("multi-positive beats the paper's loss, both with fresh augmentation", "many-fresh", "paper-fresh"),
    ("with other labels as negatives it beats the paper's loss", "others", "paper"),
    ("the same, both with fresh augmentation", "others-fresh", "paper-fresh"),
    ("fresh augmentation beats copies made ahead", "paper-fresh", "paper-ahead"),
    ("fresh augmentation beats none", "paper-fresh", "paper"),
    ("copies made ahead are worse than none (the paper's finding)", "paper", "paper-ahead"),
    ("full fine-tuning beats zero-shot", "paper", "zero-shot"),
    ("full fine-tuning beats a linear probe", "paper", "probe"),
    ("ours (others, fresh) beats the paper's (its loss, copies made ahead)", "others-fresh", "paper-ahead"),
    ("ours (others, fresh) beats the paper's better one (its loss, basic data)", "others-fresh", "paper"),
)

COLUMNS = (
    "run", "seed", "accuracy", "macro_accuracy", "top_3", "image_to_text_1", "text_to_image_5",
    "text_to_image_map", "best_epoch", "seconds", "pictures_s",
)  # fmt: skip
