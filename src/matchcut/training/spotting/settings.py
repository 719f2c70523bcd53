"""How a temporal spotter is trained, besides its network and the loop."""

from __future__ import annotations

from dataclasses import dataclass

from matchcut.errors import SettingsError
from matchcut.models.settings import check, choice

DRAWS = ("chunk", "half")


@dataclass(frozen=True)
class SpotTraining:
    """How stretches are drawn, varied and scored.

    Attributes:
        seed: of drawing; the loop's.
        batch: stretches a step; the loop's.
        draw: "chunk" draws stretches of ``chunk_s`` at random places, "half" whole halves.
        steps: steps an epoch of "chunk"; with "half" every half comes once.
        chunk_s: seconds of a stretch; also what the trained network looks at in one go.
        edge_s: a stretch may begin so long before a half or end so long after it.
        start_share: share of stretches that begin at the kick-off exactly.
        jitter_s: standard deviation of a shift of the features against the truths.
        single: share of stretches that hear one version of a modality that has several.
        unknown_half: share of stretches that are not told where in the match they lie.
        mixup: of Beta(mixup, mixup), by which pairs of stretches are blended (arXiv 1710.09412); 0 for none.
        rare_weight: outputs weigh ``(commonest / count) ** rare_weight`` in the loss.
        context_weight: of the context-aware loss; a network without its segmentation has none.
        context_s: K1 to K4 of that loss.
        shift_weight: of the displacement's loss.
        measure_every: epochs between two measurements of average-mAP on the validation halves.

    Raises:
        SettingsError: a value is out of its range.
    """

    seed: int = 0
    batch: int = 8
    draw: str = "chunk"
    steps: int = 300
    chunk_s: float = 512.0
    edge_s: float = 60.0
    start_share: float = 0.05
    jitter_s: float = 1.0
    single: float = 0.4
    unknown_half: float = 0.3
    mixup: float = 0.0
    rare_weight: float = 0.3
    context_weight: float = 0.03
    context_s: tuple[float, ...] = (-40.0, -20.0, 20.0, 40.0)
    shift_weight: float = 0.3
    measure_every: int = 4

    def __post_init__(self) -> None:
        choice("way of drawing", self.draw, DRAWS)
        for name in ("batch", "steps", "measure_every"):
            check(name, getattr(self, name), 1)
        for name in ("start_share", "single", "unknown_half"):
            check(name, getattr(self, name), 0, 1)
        for name in ("edge_s", "jitter_s", "mixup", "rare_weight", "context_weight", "shift_weight"):
            check(name, getattr(self, name), 0)
        check("chunk_s", self.chunk_s, 2)
        if len(self.context_s) != 4:
            raise SettingsError(
                f"context_s needs K1, K2, K3, K4, not {self.context_s}", "Give four numbers of seconds"
            )
