"""Word vectors to start from, learnt from the training transcripts alone, all languages in one space.

Words are near each other if they are said within the same six seconds of a match, in any version of its
transcript. A translation and its original speak at the same time, so "offside" comes near "bandera" without a
dictionary. Positive pointwise mutual information, factored by a randomised singular value decomposition (Levy,
Goldberg: "Neural word embedding as implicit matrix factorization", 2014; Halko, Martinsson and Tropp, 2011).
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from matchcut.training.commentary.corpus import Half

BIN_S = 6
_FIRST_WORD = 2
_LEAST_TOGETHER = 3
_SPARE, _ROUNDS = 20, 4


def word_vectors(halves: Sequence[Half], words: int, width: int, seed: int) -> NDArray[np.float32]:
    """Vectors of standard deviation 0.5, shape (words, width); words that are never said get zeros.

    Args:
        halves: encoded, of the train split.
        words: how many token ids there are.
        width: of the vectors.
        seed: of the random projection.
    """
    together = _together(halves, words)
    association = _positive_information(together, words)
    rank = min(width + _SPARE, words)
    generator = torch.Generator().manual_seed(seed)
    basis = torch.randn(words, rank, generator=generator)
    for _ in range(_ROUNDS):
        # The matrix is symmetric: it is its own transpose.
        basis = torch.linalg.qr(association @ (association @ basis))[0]
    left, values, _ = torch.linalg.svd((association @ basis).T, full_matrices=False)
    vectors = (basis @ left)[:, :width] * values[:width].sqrt()
    found = np.zeros((words, width), np.float32)
    found[:, : vectors.shape[1]] = (vectors * (0.5 / vectors.std().clamp(min=1e-9))).numpy()
    return found


def _together(halves: Sequence[Half], words: int) -> Tensor:
    """How many bins two words share, sparse (words, words)."""
    rows, columns, count = [], [], 0
    for half in halves:
        for keys in _bins(half, words):
            bins, ids = np.divmod(keys, words)
            rows.append(bins + count)
            columns.append(ids)
            count += int(bins.max()) + 1 if len(bins) else 0
    row, column = (
        torch.from_numpy(np.concatenate(part or [np.empty(0, np.int64)])) for part in (rows, columns)
    )
    ones = torch.ones(len(row))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # torch calls its sparse matrices beta
        said = torch.sparse_coo_tensor(torch.stack([row, column]), ones, (count, words)).coalesce()
        flipped = torch.sparse_coo_tensor(torch.stack([column, row]), ones, (words, count)).coalesce()
        counts: Tensor = torch.sparse.mm(flipped.to_sparse_csr(), said.to_sparse_csr())
        plain: Tensor = counts.to_sparse_coo().coalesce()  # type: ignore[no-untyped-call]
    return plain


def _bins(half: Half, words: int) -> Iterator[NDArray[np.int64]]:
    """Each (bin, word) of a half once, as ``bin * words + word``, for two sets of bins half a bin apart."""
    for late in (0, BIN_S // 2):
        keys = [
            ((version.times + late) // BIN_S).astype(np.int64) * words + version.words
            for version in half.versions.values()
        ]
        found = np.unique(np.concatenate(keys)) if keys else np.empty(0, np.int64)
        yield found[found % words >= _FIRST_WORD]


def _positive_information(together: Tensor, words: int) -> Tensor:
    """Positive pointwise mutual information with smoothed context counts, sparse."""
    (row, column), count = together.indices(), together.values()
    apart = (row != column) & (count >= _LEAST_TOGETHER)
    other = torch.where(row != column, count, torch.zeros(()))
    totals = torch.zeros(words, dtype=torch.float64).index_add(0, row, other.double())
    context = totals**0.75
    context /= context.sum().clamp(min=1e-9)
    row, column, count = row[apart], column[apart], count[apart]
    information = torch.log(count.double() / (totals[row] * context[column] + 1e-9) + 1e-12).float()
    # Smoothing made it unsymmetric; the mean of both directions is symmetric again.
    back = torch.log(count.double() / (totals[column] * context[row] + 1e-9) + 1e-12).float()
    value = (information.clamp(min=0) + back.clamp(min=0)) / 2
    keep = value > 0
    indices = torch.stack([row[keep], column[keep]])
    return torch.sparse_coo_tensor(indices, value[keep], (words, words)).coalesce()
