"""What is minimised."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor
from torch.nn import functional


def class_loss(
    logits: Tensor, truth: Tensor, smoothing: float = 0.1, log_prior: Tensor | None = None, adjust: float = 0.0
) -> Tensor:
    """Cross-entropy with smoothed labels and, optionally, adjusted logits.

    Logit adjustment (arXiv 2007.07314): a class's log share, times ``adjust``, is added in training
    alone, so that the network need not learn which classes are rare, and answers as if none were.

    Args:
        logits: (B, C).
        truth: class numbers (B,); -1 where it is unknown, and not counted.
        smoothing: share of the truth that is spread over all classes.
        log_prior: (C,).
        adjust: how much; 1 makes the balanced error least.
    """
    if log_prior is not None and adjust:
        logits = logits + adjust * log_prior.to(logits)
    known = truth >= 0
    if not known.any():
        return logits.sum() * 0
    return functional.cross_entropy(logits[known].float(), truth[known], label_smoothing=smoothing)


def label_loss(logits: Tensor, truth: Tensor, known: Tensor) -> Tensor:
    """Binary cross-entropy over labels, (B, L) each; rows that are not ``known`` (B,) are not counted."""
    if not known.any():
        return logits.sum() * 0
    return functional.binary_cross_entropy_with_logits(logits[known].float(), truth[known])


def speed_loss(said: Tensor, truth: Tensor) -> Tensor:
    """Smooth absolute error of (B,) standardised speeds; NaN where unknown."""
    known = torch.isfinite(truth)
    if not known.any():
        return said.sum() * 0
    return functional.smooth_l1_loss(said[known].float(), truth[known])


def contrastive_loss(one: Tensor, other: Tensor, scale: Tensor) -> Tensor:
    """CLIP's symmetric loss (arXiv 2103.00020, figure 3) of vectors (B, D) that belong together row by row.

    Args:
        scale: what cosines are multiplied with before the softmax.
    """
    cosines = functional.normalize(one, dim=-1) @ functional.normalize(other, dim=-1).T
    truth = torch.arange(len(one), device=one.device)
    return (
        functional.cross_entropy(cosines * scale, truth) + functional.cross_entropy(cosines.T * scale, truth)
    ) / 2


def multi_positive_loss(
    one: Tensor, other: Tensor, groups: Tensor, scale: Tensor, other_groups: Tensor | None = None
) -> Tensor:
    """The symmetric loss in which everything of one group belongs together (SupCon, arXiv 2004.11362, eq. 2).

    Where `contrastive_loss` takes a row's group mates for strangers, each of them is a positive here: for a
    row i with the positives P(i) among the other side's rows

        -1 / |P(i)| * sum over p in P(i) of log softmax_j(scale * cos(i, j))[p]

    averaged over the rows that have positives, and over both directions. With every group of one row on each
    side it is `contrastive_loss`; so it is where the other side's rows of a group are equal vectors (one text
    a label): a softmax cannot tell equal rows apart, whichever of them is called right.

    In a batch of one group alone nothing can be told apart: the loss is 0, and moves nothing.

    Args:
        one, other: vectors (B, D) and (M, D).
        groups: the number of the group of each row of ``one``, (B,).
        scale: what cosines are multiplied with before the softmax.
        other_groups: those of ``other``, (M,); ``groups`` if None. Rows of no group of ``one`` are negatives
            alone.
    """
    cosines = functional.normalize(one, dim=-1) @ functional.normalize(other, dim=-1).T * scale
    same = groups[:, None] == (groups if other_groups is None else other_groups)[None, :]
    if bool(same.all()):
        return cosines.sum() * 0
    parts = []
    for logits, positive in ((cosines, same), (cosines.T, same.T)):
        some = positive.any(1)
        share = positive[some] / positive[some].sum(1, keepdim=True)
        parts.append(functional.cross_entropy(logits[some], share))
    return (parts[0] + parts[1]) / 2


def log_shares(counts: Sequence[int]) -> Tensor:
    """The logarithm of each class's share; a class that never occurs counts as half a sample."""
    values = torch.tensor(counts, dtype=torch.float32).clamp(min=0.5)
    return (values / values.sum()).log()
