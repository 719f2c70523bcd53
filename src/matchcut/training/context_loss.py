"""The context-aware loss for spotting (arXiv 1912.01326, section 3.1), with its encoding of time shifts.

Around an event of a class, time is cut at K1 < K2 < 0 < K3 < K4. Far before and far after, the segmentation's
score ``p`` should be 0; just after, from 0 to K3, it should be 1; just before, from K2 to 0, nobody can know,
and nothing is asked; in between, what is asked changes step by step. With the shift ``s`` of a cell from its
event, the loss of the cell is

    -ln(1 - p)                           s <= K1, and s >= K4
    -ln(1 - (K2 - s) / (K2 - K1) * p)    K1 < s <= K2
    0                                    K2 < s < 0
    -ln((s + (K3 - s) * p) / K3)         0 <= s < K3
    -ln(1 - (s - K3) / (K4 - K3) * p)    K3 <= s < K4

and below a hit (``p`` above 0.9 just after) or a miss (``p`` below 0.1 elsewhere) it is cut to nothing:
``max(0, loss + ln 0.9)`` (equation 2, tau).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from matchcut.errors import SettingsError


@dataclass(frozen=True)
class Context:
    """Where time is cut around an event, in seconds.

    Attributes:
        far_before, just_before, just_after, far_after: K1, K2, K3, K4.
        hit: a score just after that is at least this costs nothing.
        miss: a score elsewhere that is at most this costs nothing.

    Raises:
        SettingsError: they are not in order.
    """

    far_before: float = -40.0
    just_before: float = -20.0
    just_after: float = 20.0
    far_after: float = 40.0
    hit: float = 0.9
    miss: float = 0.1

    def __post_init__(self) -> None:
        if not self.far_before < self.just_before < 0 < self.just_after < self.far_after:
            raise SettingsError(f"the cuts of time are not in order: {self}", "Give K1 < K2 < 0 < K3 < K4")
        if not (0 < self.hit <= 1 and 0 <= self.miss < 1):
            raise SettingsError(f"hit and miss are scores from 0 to 1: {self}", "Correct them")


def time_shifts(times: NDArray[np.float64], events: Sequence[float], cut: Context) -> NDArray[np.float64]:
    """Each cell's shift from the event that it is told to mind, in seconds; shape (T,).

    Between two events a cell minds the past one if it lies just after it; else the coming one if it lies just
    before that; else, where one of the two is far away, the other; and where it lies in the steps between of
    both, the one to which it is nearer, measured in the lengths of those steps. Far from both it is far.

    Args:
        times: the cells' seconds, ascending.
        events: seconds of one class's events.
        cut: where time is cut.
    """
    marks = np.sort(np.asarray(events, np.float64))
    after = np.searchsorted(marks, times, "right")
    padded = np.concatenate([[-np.inf], marks, [np.inf]])
    past, coming = times - padded[after], times - padded[after + 1]
    fade = np.clip((past - cut.just_after) / (cut.far_after - cut.just_after), 0, 1)
    rise = np.clip((cut.just_before - coming) / (cut.just_before - cut.far_before), 0, 1)
    minds_past = (past < cut.just_after) | ((coming <= cut.just_before) & (fade < rise))
    shifts = np.where(minds_past, past, coming)
    # Far from everything there is nothing to be told apart: any far shift says the same.
    found: NDArray[np.float64] = np.clip(shifts, cut.far_before, cut.far_after)
    return found


def context_loss(logits: Tensor, shifts: Tensor, cut: Context) -> Tensor:
    """The loss of each cell and class, in the shape of the logits.

    Args:
        logits: of the segmentation, any shape.
        shifts: seconds, of the same shape; see `time_shifts`.
        cut: where time is cut.
    """
    p = torch.sigmoid(logits)
    before, after = cut.just_before - cut.far_before, cut.far_after - cut.just_after
    share = torch.where(shifts < 0, (cut.just_before - shifts) / before, (shifts - cut.just_after) / after)
    share = share.clamp(0, 1)
    least = torch.finfo(p.dtype).tiny
    # 1 - p is taken from the other side of the sigmoid: near p = 1 nothing is lost.
    out = -(share * torch.sigmoid(-logits) + (1 - share)).clamp(min=least).log()
    inside = (shifts.clamp(min=0) + (cut.just_after - shifts) * p) / cut.just_after
    hit = -inside.clamp(min=least).log()
    now = (shifts >= 0) & (shifts < cut.just_after)
    lowest = math.log(cut.hit), math.log(1 - cut.miss)
    found = torch.where(now, (hit + lowest[0]).clamp(min=0), (out + lowest[1]).clamp(min=0))
    return torch.where((shifts > cut.just_before) & (shifts < 0), torch.zeros_like(found), found)
