"""Random crops of random transcripts: what the network learns from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from matchcut.encoders.fusion import NetworkInput, TokenRow, pack
from matchcut.encoders.words import FEATURES, SPEECH_FEATURES, UNKNOWN, place_features
from matchcut.sport import soccer
from matchcut.training.commentary.corpus import Half, Version
from matchcut.training.commentary.settings import OUTPUTS, RELATIVES, TrainingSettings

EDGE_S = 60
"""A crop may begin this long before the half or end this long after it, so that both ends are seen often."""

START_SHARE = 0.05
"""Share of crops that begin at the kick-off exactly."""

HIDE_HALF = 0.3
"""Share of the crops that know their place in the half which do not know which half it is."""


@dataclass(frozen=True)
class Batch:
    """Crops as one input.

    Attributes:
        given: the network's input.
        targets: float32 (B, T, radii, outputs), in [0, 1]: does an event lie within the radius?
        inside: float32 (B, T): 1 where the second belongs to the half.
    """

    given: NetworkInput
    targets: NDArray[np.float32]
    inside: NDArray[np.float32]


def outputs_of(label: int) -> tuple[int, ...]:
    """The outputs that an event of this label is a truth for: its own, and those of its relatives."""
    name = soccer.names[label]
    shared = [OUTPUTS.index(output) for output, labels in RELATIVES.items() if name in labels]
    return (label, *shared)


def draw(halves: Sequence[Half], how: TrainingSettings, randoms: Sequence[np.random.Generator]) -> Batch:
    """Random crops with words dropped, one for each generator; ``how`` has their length and their variation."""
    size, span = len(randoms), how.crop_s
    features = np.zeros((size, span, FEATURES), np.float32)
    targets = np.zeros((size, span, len(how.radii_s), len(OUTPUTS)), np.float32)
    inside = np.zeros((size, span), np.float32)
    rows: list[TokenRow] = []
    for place, random in enumerate(randoms):
        half = halves[int(random.integers(len(halves)))]
        chosen = _some_versions(half, how, random)
        length = max(version.rows for version in chosen)
        start = int(random.integers(-EDGE_S, max(1, length - span + EDGE_S)))
        if random.random() < START_SHARE:
            start = 0
        shift = float(random.normal() * how.jitter_s)
        known = random.random() >= how.unknown_half
        first, last = max(0, -start), max(0, min(span, length - start))
        own = half.half if known else None
        features[place, first:last, SPEECH_FEATURES:] = place_features(start + first, last - first, own)
        for version in chosen:
            _add_speech(features[place], version, start, 1 / len(chosen))
            row = crop(version, start, span, place * span, 1 / len(chosen), shift)
            rows.append(_forgetting(row, how, random))
        inside[place, first:last] = 1
        if known and random.random() < HIDE_HALF:
            features[place, :, FEATURES - 1] = 0
        fill_targets(targets[place], half.truths, start, how.radii_s)
    return Batch(pack(rows, features), targets, inside)


def crop(version: Version, start: int, span: int, cell: int, share: float, shift: float = 0.0) -> TokenRow:
    """The tokens of a transcript from second ``start`` on, the first second being grid cell ``cell``."""
    times = version.times + np.float32(shift)
    inside = (times >= start) & (times < start + span)
    seconds = times[inside].astype(np.float64) - start
    return TokenRow(
        version.words[inside].astype(np.int64),
        version.stems[inside].astype(np.int64),
        version.marks[inside].astype(np.int64),
        np.clip(seconds.astype(np.int64), 0, span - 1) + cell,
        share,
    )


def fill_targets(
    targets: NDArray[np.float32], truths: Sequence[tuple[int, float]], start: int, radii: Sequence[float]
) -> None:
    """Marks the seconds around each truth, for each radius; the last second of a radius counts by its share.

    Args:
        targets: shape (T, radii, outputs), written in place.
        truths: (class, second) of the half.
        start: the second of the first row.
        radii: in seconds.
    """
    span = len(targets)
    reach = int(max(radii)) + 2
    widths = np.asarray(radii, np.float32)
    for label, second in truths:
        at = second - start
        first, last = max(0, int(at) - reach), min(span, int(at) + reach + 1)
        if first >= last:
            continue
        distance = np.abs(np.arange(first, last) + 0.5 - at).astype(np.float32)
        near = np.clip(widths[None] - distance[:, None] + 0.5, 0, 1)
        for output in outputs_of(label):
            np.maximum(targets[first:last, :, output], near, out=targets[first:last, :, output])


def _some_versions(half: Half, how: TrainingSettings, random: np.random.Generator) -> list[Version]:
    names = sorted(half.versions)
    single = len(names) == 1 or random.random() < how.single_share
    count = 1 if single else int(random.integers(2, len(names) + 1))
    return [half.versions[names[place]] for place in random.permutation(len(names))[:count]]


def _add_speech(features: NDArray[np.float32], version: Version, start: int, share: float) -> None:
    first, last = max(0, start), min(version.rows, start + len(features))
    if first < last:
        speech = version.speech[first:last].astype(np.float32)
        features[first - start : last - start, :SPEECH_FEATURES] += speech * np.float32(share)


def _forgetting(row: TokenRow, how: TrainingSettings, random: np.random.Generator) -> TokenRow:
    """The same with some words unknown and some stems gone, so that no single word decides."""
    words, stems = row.words, row.stems
    luck = random.random(len(words))
    words[luck < how.word_dropout + how.stem_dropout] = UNKNOWN
    stems[luck < how.word_dropout] = 0
    stems[luck > 1 - how.stem_dropout] = 0
    return row
