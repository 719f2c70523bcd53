"""The steps of the ladder, each a change to the paper's model, and what is claimed of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from matchcut.datasets.practice_clips import PracticeClipSettings

PRACTICE = PracticeClipSettings(
    videos=60, clips=60, size=48, gap_s=24.0, test_share=0.4, hidden=0.4, missing=0.05, empty=0.05, foreign=0.45
)
"""Two clips in five show the crowd, so words are needed; nearly half of the captions mislead, so masking is."""


@dataclass(frozen=True)
class Rung:
    """A step of the ladder: what differs from the paper's model."""

    title: str
    data: Mapping[str, Any] = field(default_factory=dict)
    network: Mapping[str, Any] = field(default_factory=dict)
    clips: Mapping[str, Any] = field(default_factory=dict)
    loop: Mapping[str, Any] = field(default_factory=dict)
    pretraining: int = 0
    pictures: str = ""


_WEIGHTED = {"words": "weighted"}
_VARIED = {"caption_dropout": 0.3, "scenery": 0.7}
_NEAR = {"words": "weighted-all", "window": (0.0, 6.0, 0.0, 1e9)}


def best(title: str, words: str = "weighted", clips: Mapping[str, Any] = _VARIED, **network: str) -> Rung:
    """The best model, but for what is given."""
    return Rung(title, {"words": words}, {"temporal": "gru", "dropout": 0.1} | network, clips, _ACCURATE)


_ACCURATE = {"choose": "accuracy"}

RUNGS: Mapping[str, Rung] = {
    "majority": Rung("the most frequent class"),
    "c3d": Rung("C3D on the pictures, linear classifier", pictures="c3d"),
    "c3d-varied": Rung("C3D, colour and crop varied", pictures="c3d-varied"),
    "videomae": Rung("VideoMAE (tiny, from scratch) on the pictures", pictures="videomae"),
    "paper": Rung("the paper's model: fusion, mean over time, every caption"),
    "video": Rung("its pictures alone", network={"modalities": "video"}),
    "words": Rung("its words alone", network={"modalities": "words"}),
    "six": Rung("its six classes (all others learn seven: finer labels)", data={"classes": "paper"}),
    "labels": Rung("+ multi-label head", data={"labels": True}),
    "heads": Rung("+ pitch type and speed as extra heads", data={"pitches": True, "speed": True}),
    "near": Rung("+ only the words from the clip's start to 6 s after its end", data=_NEAR),
    "masked": Rung("+ captions in a wrong language masked", data={"words": "masked"}),
    "weighted-all": Rung("+ words weighted by their distance in time", data={"words": "weighted-all"}),
    "weighted": Rung("+ weighted and masked", data=_WEIGHTED),
    "gru": Rung("+ gated recurrent network over time", network={"temporal": "gru"}),
    "transformer": Rung("+ transformer over time", network={"temporal": "transformer"}),
    "pretraining": Rung("+ contrastive pretraining", pretraining=5),
    "dropout": Rung("+ caption dropout", clips={"caption_dropout": 0.3}),
    "jitter": Rung("+ frames jittered in time", clips={"jitter": 0.3}),
    "scenery": Rung("+ noise that is the same in all frames of a clip", clips={"scenery": 0.7}),
    "chosen": Rung("+ epoch chosen by accuracy, not by loss", loop=_ACCURATE),
    "less-dropout": Rung("+ dropout 0.1 instead of 0.3", network={"dropout": 0.1}),
    "balanced": Rung("+ class-balanced sampling", clips={"balanced": True}),
    "adjusted": Rung("+ logit adjustment", clips={"adjust": 1.0}),
    "best": best("best: weighted and masked words, recurrent, trained steadily (see the text)"),
    "best-video": best("best, pictures alone", clips={"scenery": 0.7}, modalities="video"),
    "best-words": best("best, words alone", clips={}, modalities="words"),
    "best-pooled": best("best, mean over time instead", temporal="mean"),
    "best-transformer": best("best, transformer instead", temporal="transformer"),
    "best-unmasked": best("best, words not masked", "weighted-all"),
    "best-scenery": best("best, without the noise alike", clips={"caption_dropout": 0.3}),
    "words-unmasked": best("best, words alone, not masked", "weighted-all", {}, modalities="words"),
}

CLAIMS = (
    ("fusion beats pictures alone", "best", "best-video"),
    ("fusion beats words alone", "best", "best-words"),
    ("temporal beats pooled", "best", "best-pooled"),
    ("temporal beats pooled, transformer", "best-transformer", "best-pooled"),
    ("caption masking beats none, fused", "best", "best-unmasked"),
    ("caption masking beats none, the paper's model with weighted words", "weighted", "weighted-all"),
    ("caption masking beats none, words alone", "best-words", "words-unmasked"),
)
