"""Which stretches are worth asking a language model about: those of which the commentary spotter is least sure.

A model costs money or minutes. Where the commentary spotter is sure that something happens, or that nothing
does, there is little to learn. A chunk's doubt is the sum over the actions of ``p (1 - p) / (m + 0.02)``: ``p``
is the highest score of the action in the chunk, ``m`` the mean of these over the recording's chunks. Without
the division the many throw-ins, always half believed, would hide the one penalty.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from matchcut.datasets.chunks import Chunk
from matchcut.tracks import ScoreTrack

_RARE = 0.02


def doubts(chunks: Sequence[Chunk], track: ScoreTrack) -> NDArray[np.float64]:
    """How doubtful each chunk is, shape (chunks,); 0 or more, comparable within the recording.

    Args:
        chunks: of one recording.
        track: what is believed over time.
    """
    if not len(track) or not chunks:
        return np.zeros(len(chunks))
    times = track.times
    highest = np.zeros((len(chunks), len(track.labels)))
    for row, chunk in enumerate(chunks):
        inside = track.scores[(times >= chunk.start) & (times < chunk.end)]
        if len(inside):
            highest[row] = inside.max(axis=0)
    weight = 1 / (highest.mean(axis=0) + _RARE)
    found: NDArray[np.float64] = (highest * (1 - highest) * weight).sum(axis=1)
    return found


def worth_asking(chunks: Sequence[Chunk], track: ScoreTrack | None, share: float) -> list[int]:
    """The places of the chunks to ask about, in time order: with words, and the most doubtful.

    Args:
        chunks: of one recording.
        track: what is believed over time; None where nobody listened, and then nothing is sure.
        share: of the chunks with words, at most so many, from 0 to 1; rounded up.
    """
    spoken = [place for place, chunk in enumerate(chunks) if chunk.lines]
    if track is None:
        return spoken
    order = np.argsort(-doubts(chunks, track)[spoken], kind="stable")
    count = int(np.ceil(share * len(spoken)))
    return sorted(spoken[place] for place in order[:count])
